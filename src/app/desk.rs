//! A thread that does the newest job of one kind, whatever that is: one for each thing on the screen that takes time and
//! needs no model.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use super::latest::Latest;
use super::outbox::Outbox;
use super::worker::panic_message;
use crate::state::Reply;

/// What there is to say of a job that broke, made of why.
pub(super) type Broken = Box<dyn FnOnce(String) -> Reply>;

/// The thread and its place for one job. Dropping it lets the thread end.
pub(super) struct Desk<T> {
    latest: Arc<Latest<T>>,
}

impl<T: Send + 'static> Desk<T> {
    /// Starts the thread. `work` may keep what the next job needs again; `broken` is what there is to say of a job whose
    /// work panicked.
    pub(super) fn spawn(
        replies: Outbox,
        mut work: impl FnMut(T) -> Reply + Send + 'static,
        broken: impl Fn(&T) -> Broken + Send + 'static,
    ) -> Self {
        let latest = Arc::new(Latest::default());
        let jobs = Arc::clone(&latest);
        thread::spawn(move || {
            while let Some(job) = jobs.next() {
                let broken = broken(&job);
                // A panic is a failure of this job, not of the program.
                let done = catch_unwind(AssertUnwindSafe(|| work(job)));
                let reply = done.unwrap_or_else(|panic| broken(format!("it broke: {}", panic_message(&*panic))));
                replies.send(reply);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_breaks_is_answered_and_the_next_one_is_done() {
        let (replies, mut inbox) = Outbox::open();
        let work = |number: usize| match number {
            0 => unreachable!("broken on purpose"),
            _ => Reply::Saved(Ok(number.to_string())),
        };
        let desk = Desk::spawn(replies, work, |_| Box::new(|reason| Reply::Saved(Err(reason))));
        desk.put(0);
        let (_, broken) = inbox.blocking_recv().expect("an answer");
        assert!(matches!(&broken, Reply::Saved(Err(reason)) if reason.contains("broken on purpose")), "{broken:?}");
        desk.put(7);
        let (_, done) = inbox.blocking_recv().expect("an answer");
        assert_eq!(done, Reply::Saved(Ok("7".into())));
    }
}
