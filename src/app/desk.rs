//! A thread that does the newest job of one kind, whatever that is: one for each thing on the screen that takes time and
//! needs no model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use tokio::sync::mpsc::UnboundedSender;

use super::latest::Latest;
use crate::state::Reply;

/// The thread and its place for one job. Dropping it lets the thread end.
pub(super) struct Desk<T> {
    latest: Arc<Latest<T>>,
}

impl<T: Send + 'static> Desk<T> {
    /// Starts the thread. `work` may keep what the next job needs again.
    pub(super) fn spawn(replies: UnboundedSender<Reply>, mut work: impl FnMut(T) -> Reply + Send + 'static) -> Self {
        let latest = Arc::new(Latest::default());
        let jobs = Arc::clone(&latest);
        thread::spawn(move || {
            while let Some(job) = jobs.next() {
                // A panic is a failure of this job, not of the program; the hook has told the log.
                let Ok(reply) = catch_unwind(AssertUnwindSafe(|| work(job))) else { continue };
                // Nobody listens any more when the program ends, which is no error.
                drop(replies.send(reply));
            }
        });
        Self { latest }
    }

    /// Asks for a job in place of the one before. Never waits.
    pub(super) fn put(&self, job: T) {
        self.latest.put(job);
    }
}

impl<T> Drop for Desk<T> {
    fn drop(&mut self) {
        self.latest.stop();
    }
}
