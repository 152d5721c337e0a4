//! Two threads that lay corpora flat: one for what takes a moment, and one for t-SNE, which takes as long as it takes and
//! shows how far it is.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::outbox::Outbox;
use crate::corpus::Corpus;
use crate::engine::chart::{NEIGHBOURS, Neighbourhoods, Overlay, Recipe};
use crate::engine::{Chart, Groups, Vectors};
use crate::state::{BackendId, Reply, Ticket};

/// How often a map that still moves is shown.
const PAUSE: Duration = Duration::from_millis(60);
/// Of how many backends true neighbours are kept.
const KEPT: usize = 4;

/// Both threads and what they have to do. Dropping it lets them end.
pub(super) struct Charts {
    desk: Arc<Desk>,
}

enum Job {
    Project { backend: BackendId, ticket: Ticket, vectors: Arc<Vectors>, recipe: Recipe },
    FindClusters { backend: BackendId, vectors: Arc<Vectors> },
    Overlay { moving: Arc<Chart>, fixed: Arc<Chart> },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    Quick,
    Slow,
}

impl Job {
    fn pace(&self) -> Pace {
        match self {
            Self::Project { recipe: Recipe::TSne, .. } => Pace::Slow,
            Self::Project { recipe: Recipe::Principal | Recipe::Axes(_), .. }
            | Self::FindClusters { .. }
            | Self::Overlay { .. } => Pace::Quick,
        }
    }

    /// Whether the other takes the place of this one.
    fn is_replaced_by(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Project { backend, .. }, Self::Project { backend: other, .. })
            | (Self::FindClusters { backend, .. }, Self::FindClusters { backend: other, .. }) => backend == other,
            (Self::Overlay { .. }, Self::Overlay { .. }) => true,
            (Self::Project { .. } | Self::FindClusters { .. } | Self::Overlay { .. }, _) => false,
        }
    }
}

#[derive(Default)]
struct Desk {
    tray: Mutex<Tray>,
    filled: Condvar,
    /// The true neighbours by vectors, which both threads and every way to lay them flat need again.
    neighbours: Mutex<Vec<(Arc<Vectors>, Arc<Neighbourhoods>)>>,
}

#[derive(Default)]
struct Tray {
    jobs: Vec<Job>,
    /// The projection of each backend that somebody waits for.
    wanted: BTreeMap<BackendId, Ticket>,
    stop: bool,
}

impl Charts {
    /// Starts both threads.
    pub(super) fn spawn(corpus: &Arc<Corpus>, replies: &Outbox) -> Self {
        let desk = Arc::new(Desk::default());
        for pace in [Pace::Quick, Pace::Slow] {
            let drafter = Drafter { desk: Arc::clone(&desk), corpus: Arc::clone(corpus), replies: replies.clone() };
            thread::spawn(move || {
                while let Some(job) = drafter.desk.next(pace) {
                    let projected = match job {
                        Job::Project { backend, ticket, .. } => Some((backend, ticket)),
                        Job::FindClusters { .. } | Job::Overlay { .. } => None,
                    };
                    // A panic is a failure of this job, not of the program; the hook has told the log.
                    let done = catch_unwind(AssertUnwindSafe(|| drafter.carry_out(job)));
                    if let (Err(_), Some((backend, ticket))) = (done, projected) {
                        let chart = Err("an error in vecscope: the log has more".into());
                        drafter.reply(Reply::Projected { backend, ticket, chart });
                    }
                }
            });
        }
        Self { desk }
    }

    /// Has a corpus laid flat, in place of whatever is done of it for this backend. Never waits.
    pub(super) fn project(&self, backend: BackendId, ticket: Ticket, vectors: Arc<Vectors>, recipe: Recipe) {
        self.desk.lock().wanted.insert(backend, ticket);
        self.desk.put(Job::Project { backend, ticket, vectors, recipe });
    }

    /// Nobody waits any more for this backend's projection.
    pub(super) fn stop(&self, backend: BackendId) {
        self.desk.lock().wanted.remove(&backend);
    }

    /// Has one map laid over another, in place of whatever pair waits for it.
    pub(super) fn overlay(&self, moving: Arc<Chart>, fixed: Arc<Chart>) {
        self.desk.put(Job::Overlay { moving, fixed });
    }

    /// Has documents grouped.
    pub(super) fn find_clusters(&self, backend: BackendId, vectors: Arc<Vectors>) {
        self.desk.put(Job::FindClusters { backend, vectors });
    }
}

impl Drop for Charts {
    fn drop(&mut self) {
        let mut tray = self.desk.lock();
        tray.stop = true;
        tray.wanted.clear();
        self.desk.filled.notify_all();
    }
}

impl Desk {
    fn put(&self, job: Job) {
        let mut tray = self.lock();
        tray.jobs.retain(|waiting| !waiting.is_replaced_by(&job));
        tray.jobs.push(job);
        self.filled.notify_all();
    }

    /// Waits for the next job of a pace; `None` when the thread is to end.
    fn next(&self, pace: Pace) -> Option<Job> {
        let mut tray = self.lock();
        loop {
            if tray.stop {
                return None;
            }
            if let Some(at) = tray.jobs.iter().position(|job| job.pace() == pace) {
                return Some(tray.jobs.remove(at));
            }
            tray = self.filled.wait(tray).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn is_wanted(&self, backend: BackendId, ticket: Ticket) -> bool {
        self.lock().wanted.get(&backend) == Some(&ticket)
    }

    fn neighbours(&self, vectors: &Arc<Vectors>) -> Arc<Neighbourhoods> {
        // Whoever comes second waits, rather than find out the same.
        let mut kept = self.neighbours.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, known)) = kept.iter().find(|(of, _)| Arc::ptr_eq(of, vectors)) {
            return Arc::clone(known);
        }
        let found = Arc::new(Neighbourhoods::of(&vectors.unit, NEIGHBOURS));
        kept.truncate(KEPT - 1);
        kept.insert(0, (Arc::clone(vectors), Arc::clone(&found)));
        found
    }

    fn lock(&self) -> MutexGuard<'_, Tray> {
        self.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one thread has.
struct Drafter {
    desk: Arc<Desk>,
    corpus: Arc<Corpus>,
    replies: Outbox,
}

impl Drafter {
    fn carry_out(&self, job: Job) {
        match job {
            Job::Project { backend, ticket, vectors, recipe } => self.project(backend, ticket, &vectors, &recipe),
            Job::FindClusters { backend, vectors } => {
                let groups = Arc::new(Groups::by_cluster(&self.corpus, &vectors));
                self.reply(Reply::Clustered { backend, groups });
            }
            Job::Overlay { moving, fixed } => self.reply(Reply::Overlaid(Arc::new(Overlay::new(&moving, &fixed)))),
        }
    }

    fn project(&self, backend: BackendId, ticket: Ticket, vectors: &Arc<Vectors>, recipe: &Recipe) {
        if !self.desk.is_wanted(backend, ticket) {
            return;
        }
        let neighbours = self.desk.neighbours(vectors);
        let mut shown = Instant::now();
        let mut watch = |epochs: usize, so_far: &dyn Fn() -> Chart| {
            if shown.elapsed() >= PAUSE {
                shown = Instant::now();
                self.reply(Reply::Projecting { backend, ticket, epochs, chart: Arc::new(so_far()) });
            }
            self.desk.is_wanted(backend, ticket)
        };
        match Chart::draw(vectors, &neighbours, recipe, &mut watch).transpose() {
            None => {}
            Some(chart) => {
                let chart = chart.map(Arc::new).map_err(|flat| flat.to_string());
                self.reply(Reply::Projected { backend, ticket, chart });
            }
        }
    }

    fn reply(&self, reply: Reply) {
        self.replies.send(reply);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::backend::{TextInfo, TokenCount};
    use crate::corpus::{DocumentIndex, bundled};
    use crate::engine::Embedded;
    use crate::engine::chart::Method;

    fn vectors(count: usize) -> Arc<Vectors> {
        let unit = Array2::from_shape_fn((count, 3), |(row, column)| if row % 3 == column { 0.8 } else { 0.424_264 });
        let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
        let documents = (0..count).map(DocumentIndex).collect();
        Arc::new(Vectors { unit, documents, infos: vec![info; count], embedded: count })
    }

    #[test]
    fn every_backend_gets_its_own_map_and_its_groups() {
        let (replies, mut inbox) = Outbox::open();
        let charts = Charts::spawn(&Arc::new(bundled::corpus()), &replies);
        let vectors = vectors(60);
        for backend in [BackendId(0), BackendId(1)] {
            charts.project(backend, Ticket::numbered(7), Arc::clone(&vectors), Recipe::Principal);
        }
        charts.find_clusters(BackendId(1), vectors);
        let mut seen = Vec::new();
        while seen.len() < 3 {
            seen.push(match inbox.blocking_recv().expect("the threads live").1 {
                Reply::Projected { backend, chart, .. } => (backend.0, chart.expect("a plane").places.len()),
                Reply::Clustered { backend, groups } => {
                    (10 + backend.0, groups.groups.iter().map(|group| group.count).sum())
                }
                other => unreachable!("{other:?}"),
            });
        }
        seen.sort_unstable();
        assert_eq!(seen, [(0, 60), (1, 60), (11, 60)]);
    }

    #[test]
    fn t_sne_that_nobody_wants_any_more_makes_room_for_what_is_wanted() {
        let (replies, mut inbox) = Outbox::open();
        let charts = Charts::spawn(&Arc::new(bundled::corpus()), &replies);
        let vectors = vectors(90);
        charts.project(BackendId(0), Ticket::numbered(1), Arc::clone(&vectors), Recipe::TSne);
        charts.project(BackendId(0), Ticket::numbered(2), vectors, Recipe::Principal);
        loop {
            match inbox.blocking_recv().expect("the threads live").1 {
                // What was seen of it on its way.
                Reply::Projecting { ticket, .. } => assert_eq!(ticket, Ticket::numbered(1)),
                Reply::Projected { ticket, chart, .. } => {
                    assert_eq!(ticket, Ticket::numbered(2), "the first was given up");
                    assert_eq!(chart.expect("a plane").method, Method::Principal);
                    break;
                }
                other => unreachable!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_panic_is_a_failure_of_its_map_and_the_next_is_made() {
        let (replies, mut inbox) = Outbox::open();
        let charts = Charts::spawn(&Arc::new(bundled::corpus()), &replies);
        let vectors = vectors(12);
        // Phrases by another model: their vectors are too short.
        let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
        let phrases = Embedded { unit: ndarray::array![[1.0, 0.0], [0.0, 1.0]], infos: vec![info; 2] };
        charts.project(BackendId(0), Ticket::numbered(1), Arc::clone(&vectors), Recipe::Axes(Arc::new(phrases)));
        let Some((_, Reply::Projected { ticket, chart: Err(message), .. })) = inbox.blocking_recv() else {
            unreachable!("it has no map")
        };
        assert_eq!((ticket, message.contains("log")), (Ticket::numbered(1), true));
        charts.project(BackendId(0), Ticket::numbered(2), vectors, Recipe::Principal);
        let Some((_, Reply::Projected { chart: Ok(chart), .. })) = inbox.blocking_recv() else { unreachable!("a map") };
        charts.overlay(Arc::clone(&chart), Arc::clone(&chart));
        let Some((_, Reply::Overlaid(overlay))) = inbox.blocking_recv() else { unreachable!("both maps") };
        assert!(Arc::ptr_eq(&overlay.moving, &chart) && Arc::ptr_eq(&overlay.fixed, &chart));
    }
}
