//! One thread for the stages of the pipeline that need no model: words, and the fusion.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc::UnboundedSender;

use super::latest::Latest;
use crate::corpus::Corpus;
use crate::engine::pipeline::Settings;
use crate::engine::{Lexical, Ranking, Run};
use crate::state::{Reply, Ticket};

/// One query to run through the stages.
#[derive(Debug)]
pub(super) struct StagesJob {
    pub(super) ticket: Ticket,
    pub(super) query: String,
    /// The ranking of the dense stage, if it is there.
    pub(super) dense: Option<Arc<Ranking>>,
    pub(super) settings: Settings,
}

/// The thread. Dropping it lets it end.
pub(super) struct Stages {
    latest: Arc<Latest<StagesJob>>,
}

impl Stages {
    /// Starts the thread. It takes the corpus apart into words when it is first asked for something.
    pub(super) fn spawn(corpus: Arc<Corpus>, replies: UnboundedSender<Reply>) -> Self {
        let latest = Arc::new(Latest::default());
        let tasks = Arc::clone(&latest);
        thread::spawn(move || {
            let mut known: Option<Arc<Lexical>> = None;
            while let Some(StagesJob { ticket, query, dense, settings }) = tasks.next() {
                // A panic is a failure of this run, not of the program.
                let ran = catch_unwind(AssertUnwindSafe(|| {
                    let lexical = match known.take().filter(|lexical| lexical.folding() == settings.folding) {
                        Some(lexical) => lexical,
                        None => Arc::new(Lexical::new(&corpus, settings.folding)),
                    };
                    let run = Arc::new(Run::first_stages(&query, dense.as_deref(), &lexical, settings));
                    (lexical, run)
                }));
                let Ok((lexical, run)) = ran else { continue };
                known = Some(lexical);
                // Nobody listens any more when the program ends, which is no error.
                drop(replies.send(Reply::Piped { ticket, run }));
            }
        });
        Self { latest }
    }

    /// Asks for a run in place of the one before. Never waits.
    pub(super) fn run(&self, job: StagesJob) {
        self.latest.put(job);
    }
}

impl Drop for Stages {
    fn drop(&mut self) {
        self.latest.stop();
    }
}
