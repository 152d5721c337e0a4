//! The tries of one request.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff};

use super::super::BackendError;
use super::super::http::retry::{ATTEMPTS, Failure, backoff};

/// How often a request was tried, and how long to wait before the next time.
#[derive(Debug)]
pub(super) struct Tries {
    first: Duration,
    waits: ExponentialBackoff,
    made: usize,
}

impl Tries {
    /// The first try, and the wait after it.
    pub(super) fn new(first: Duration) -> Self {
        Self { first, waits: backoff(first).build(), made: 1 }
    }

    /// Begins to count anew, because the last try has brought something.
    pub(super) fn reset(&mut self) {
        *self = Self::new(self.first);
    }

    /// Waits until another try is due.
    ///
    /// # Errors
    /// That of the failure, if there is no other try.
    pub(super) async fn wait(&mut self, failure: Failure) -> Result<(), BackendError> {
        let Some(wait) = failure.wait(self.waits.next()) else { return Err(failure.after(self.made)) };
        self.made += 1;
        let reason = failure.error.to_string();
        tracing::warn!(reason, ?wait, attempt = self.made, attempts = ATTEMPTS, "trying again");
        tokio::time::sleep(wait).await;
        Ok(())
    }
}
