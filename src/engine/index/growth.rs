//! The search by a graph, and the thread that makes the graph.
//!
//! Making one takes minutes for a million vectors. Until it is there the search is the exact one, and says so.

use std::fmt;
use std::mem;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use super::Index;
use super::found::{Found, Rows};
use crate::engine::search::Method;
use crate::store::graph::{self, Graph, GraphError};

/// How far the graph is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum GraphState {
    /// No search has asked for it.
    #[default]
    Unwanted,
    /// It is being made.
    Growing {
        /// How many rows are in it.
        done: usize,
        /// How many there will be.
        total: usize,
    },
    /// It is there.
    Grown,
    /// It cannot be made; the text says why.
    Failed(String),
}

/// Where graphs are kept, and who is told of them.
#[derive(Clone, Default)]
pub struct GraphKeeping {
    /// The folder; `None` to keep none.
    pub folder: Option<PathBuf>,
    /// Told whenever there is more of it, on the thread that makes it.
    pub tell: Option<Arc<dyn Fn(GraphState) + Send + Sync>>,
}

impl fmt::Debug for GraphKeeping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphKeeping").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// The graph of an index, or what there is of it.
#[derive(Debug, Default)]
pub(super) struct Growth {
    pub(super) keeping: GraphKeeping,
    stage: Stage,
}

#[derive(Debug, Default)]
enum Stage {
    #[default]
    Unwanted,
    Growing(Growing),
    Grown(Graph),
    Failed(String),
}

/// The thread, and what it shares.
#[derive(Debug)]
struct Growing {
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    total: usize,
}

#[derive(Debug, Default)]
struct Shared {
    done: AtomicUsize,
    given_up: AtomicBool,
    outcome: Mutex<Option<Result<Option<Graph>, GraphError>>>,
}

impl Drop for Growing {
    /// Nobody wants it any more: whoever changes the vectors has them alone again.
    fn drop(&mut self) {
        self.shared.given_up.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // What it has to say of a panic is said by there being no outcome.
            drop(thread.join());
        }
    }
}

impl Growth {
    /// The vectors change: what there is of a graph is not of them.
    pub(super) fn forget(&mut self) {
        self.stage = Stage::Unwanted;
    }

    /// How far it is.
    pub(super) fn state(&self) -> GraphState {
        match &self.stage {
            Stage::Unwanted => GraphState::Unwanted,
            Stage::Growing(Growing { shared, total, .. }) => {
                GraphState::Growing { done: shared.done.load(Ordering::Relaxed), total: *total }
            }
            Stage::Grown(_) => GraphState::Grown,
            Stage::Failed(reason) => GraphState::Failed(reason.clone()),
        }
    }

    /// The graph, if it is there by now.
    fn graph(&mut self) -> Option<&Graph> {
        if let Stage::Growing(growing) = &self.stage {
            let outcome = growing.shared.outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
            let broke = growing.thread.as_ref().is_some_and(JoinHandle::is_finished);
            match outcome {
                Some(Ok(Some(graph))) => self.stage = Stage::Grown(graph),
                Some(Ok(None)) => self.stage = Stage::Unwanted,
                Some(Err(error)) => self.stage = Stage::Failed(error.to_string()),
                None if broke => self.stage = Stage::Failed("what makes the HNSW index broke".into()),
                None => {}
            }
        }
        if let Stage::Grown(graph) = &self.stage { Some(graph) } else { None }
    }
}

impl Index {
    /// Says where graphs are kept, and who is told of them.
    pub fn keep_graphs(&mut self, keeping: GraphKeeping) {
        self.growth.keeping = keeping;
    }

    /// How far the graph of the vectors is.
    #[must_use]
    pub fn graph_state(&self) -> GraphState {
        self.growth.state()
    }

    /// Starts to make the graph of the vectors, unless it is there or on its way.
    pub fn grow_graph(&mut self) {
        if !matches!(self.growth.stage, Stage::Unwanted) || self.is_empty() {
            return;
        }
        let (space, dimensions, total) = (self.space, self.dimensions, self.len());
        let (numbers, keeping) = (Arc::clone(&self.numbers), self.growth.keeping.clone());
        let shared = Arc::new(Shared::default());
        let mine = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let tell = |state| keeping.tell.iter().for_each(|tell| tell(GraphState::clone(&state)));
            let go_on = |done| {
                mine.done.fetch_max(done, Ordering::Relaxed);
                let wanted = !mine.given_up.load(Ordering::Relaxed);
                if wanted {
                    tell(GraphState::Growing { done: mine.done.load(Ordering::Relaxed), total });
                }
                wanted
            };
            let rows = graph::Rows { space, dimensions, numbers: &numbers };
            let outcome = Graph::of(rows, keeping.folder.as_deref(), &go_on);
            let state = match &outcome {
                Ok(Some(_)) => GraphState::Grown,
                Ok(None) => GraphState::Unwanted,
                Err(error) => GraphState::Failed(error.to_string()),
            };
            *mine.outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
            if state != GraphState::Unwanted {
                tell(state);
            }
        });
        self.growth.stage = Stage::Growing(Growing { thread: Some(thread), shared, total });
    }

    /// Waits for the graph, if it is on its way.
    pub fn wait_for_graph(&mut self) {
        if let Stage::Growing(growing) = &mut self.growth.stage
            && let Some(thread) = growing.thread.take()
        {
            // What became of it stands in its outcome.
            drop(thread.join());
        }
        self.growth.graph();
    }

    /// The best `depth` of some rows, as far as a walk through the graph comes by them.
    pub(super) fn by_graph(&mut self, query: &[f32], rows: &Rows, depth: usize) -> Found {
        /// Of fewer rows, one in so many, the walk would pass by most of what it sees.
        const SPARSE: usize = 10;
        self.grow_graph();
        let mut growth = mem::take(&mut self.growth);
        let enough = rows.len() * SPARSE >= self.len();
        let mask = rows.mask();
        let found = growth.graph().filter(|_| enough).map(|graph| graph.nearest(query, depth, mask.as_deref()));
        self.growth = growth;
        match found {
            Some(Ok(mut near)) => {
                near.sort_unstable();
                let near = Rows::Some(near, self.len());
                let scores = self.scores_of(query, &near);
                let scored = scores.into_iter().enumerate().map(|(place, score)| (score, near.at(place)));
                let ranked = self.best_of(scored, depth);
                let (spread, sampled) = self.sampled_spread(query, rows);
                Found { ranked, spread, sampled, among: rows.len(), method: Method::Hnsw }
            }
            Some(Err(error)) => {
                self.growth.stage = Stage::Failed(error.to_string());
                self.exact(query, rows, depth)
            }
            None => self.exact(query, rows, depth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::index::tests::{crowd, numbers_of};

    #[test]
    fn it_is_the_exact_search_until_the_graph_is_there_and_finds_nearly_the_same_then() {
        let (mut index, queries) = crowd(2_000, 64);
        let all = Rows::All(2_000);
        let early = index.by_graph(&queries[0], &all, 10);
        // On a fast machine it may be there at once.
        assert!([Method::Exact, Method::Hnsw].contains(&early.method));
        index.wait_for_graph();
        assert_eq!(index.graph_state(), GraphState::Grown);
        let mut hits = 0;
        for query in &queries {
            let exact = numbers_of(&index.exact(query, &all, 2_000).ranked[..10]);
            let found = index.by_graph(query, &all, 10);
            assert_eq!((found.method, found.among, found.ranked.len()), (Method::Hnsw, 2_000, 10));
            assert_eq!(found.sampled, Some(1_000));
            hits += numbers_of(&found.ranked).iter().filter(|number| exact.contains(number)).count();
        }
        assert!(hits * 100 >= queries.len() * 10 * 95, "{hits} of {}", queries.len() * 10);
    }

    #[test]
    fn of_few_selected_rows_all_are_looked_at() {
        let (mut index, queries) = crowd(500, 32);
        index.grow_graph();
        index.wait_for_graph();
        let half = Rows::Some((0..250).collect(), 500);
        let found = index.by_graph(&queries[0], &half, 5);
        assert_eq!((found.method, found.among), (Method::Hnsw, 250));
        assert_eq!(found.sampled, None, "the spread is that of all");
        assert!(numbers_of(&found.ranked).iter().all(|&number| number < 250));
        let few = Rows::Some((0..20).collect(), 500);
        assert_eq!(index.by_graph(&queries[0], &few, 5).method, Method::Exact);
    }

    #[test]
    fn a_vector_that_comes_later_is_in_the_next_graph() {
        let (mut index, queries) = crowd(300, 32);
        index.grow_graph();
        let info = index.infos[0];
        index.push(crate::corpus::DocumentIndex(300), queries[0][..].into(), info).expect("same size");
        assert_eq!(index.graph_state(), GraphState::Unwanted);
        index.grow_graph();
        index.wait_for_graph();
        assert_eq!(numbers_of(&index.by_graph(&queries[0], &Rows::All(301), 1).ranked), [300]);
    }

    #[test]
    fn whoever_asked_is_told_when_it_is_there() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let (mut index, _) = crowd(300, 32);
        let ears = Arc::clone(&told);
        let tell = move |state| ears.lock().expect("not poisoned").push(state);
        index.keep_graphs(GraphKeeping { folder: None, tell: Some(Arc::new(tell)) });
        index.grow_graph();
        index.wait_for_graph();
        let told = told.lock().expect("not poisoned");
        assert_eq!(told.first(), Some(&GraphState::Growing { done: 0, total: 300 }));
        assert_eq!(told.last(), Some(&GraphState::Grown));
    }
}
