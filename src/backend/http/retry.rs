//! When to try again, and how long to wait before.

use std::time::{Duration, SystemTime};

use backon::ExponentialBuilder;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use crate::backend::BackendError;

/// How many tries a request gets.
pub(crate) const ATTEMPTS: usize = 5;
/// The longest that a server's `Retry-After` is obeyed. A server that asks for more is not waited for at all.
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// A try that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Why.
    pub(crate) error: BackendError,
    /// Whether another try may go better.
    pub(crate) again: Again,
}

/// Whether another try may go better than the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Again {
    /// It will not.
    Never,
    /// It may, after a while.
    Backoff,
    /// It may, but not before the server is ready.
    After(Duration),
}

impl Again {
    /// What a refusal with this status leaves to hope for.
    pub(crate) fn of(status: StatusCode, headers: &HeaderMap) -> Self {
        if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
            retry_after(headers, SystemTime::now()).map_or(Self::Backoff, Self::After)
        } else {
            Self::Never
        }
    }

    /// `Never` in place of a wait that is too long, and what to say about it.
    pub(crate) fn within_reason(self) -> (Self, Option<String>) {
        match self {
            Self::After(wait) if wait > LONGEST_WAIT => {
                let (wait, most) = (wait.as_secs(), LONGEST_WAIT.as_secs());
                let said = format!("it asks to wait {wait} s, and vecscope waits {most} s at the most");
                (Self::Never, Some(said))
            }
            again => (again, None),
        }
    }
}

impl Failure {
    /// How long to wait before the next try, given the wait that is due by itself. `None`: there is no next try.
    pub(crate) fn wait(&self, backoff: Option<Duration>) -> Option<Duration> {
        match self.again {
            Again::Never => None,
            Again::Backoff => backoff,
            Again::After(ready) => backoff.map(|backoff| backoff.max(ready)),
        }
    }

    /// The error to report when this was the last of so many tries.
    pub(crate) fn after(self, tries: usize) -> BackendError {
        let mut error = self.error;
        if let BackendError::Network { reason, .. } | BackendError::Refused { reason, .. } = &mut error
            && tries > 1
        {
            *reason = format!("{reason} (tried {tries} times)");
        }
        error
    }
}

/// Waits that double from `first` on, each lengthened at random up to twofold.
pub(crate) fn backoff(first: Duration) -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(first)
        .with_max_delay(LONGEST_WAIT)
        .with_max_times(ATTEMPTS - 1)
        .with_jitter()
}

/// How long a server asks to wait, be it in seconds or until a date. A date gone by asks for no wait at all.
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use backon::BackoffBuilder;

    use super::*;

    #[test]
    fn a_server_says_how_long_to_wait_in_seconds_or_with_a_date() {
        let now = httpdate::parse_http_date("Sun, 22 Nov 2026 11:00:00 GMT").expect("it is a date");
        let seconds = |n| Some(Duration::from_secs(n));
        for (value, wait) in [
            ("7", seconds(7)),
            ("0", seconds(0)),
            ("Sun, 22 Nov 2026 11:01:30 GMT", seconds(90)),
            ("Sunday, 22-Nov-26 11:00:02 GMT", seconds(2)),
            ("Sun, 22 Nov 2026 10:59:59 GMT", seconds(0)),
            ("-1", None),
            ("soon", None),
            ("99999999999999999999999", None),
        ] {
            let headers = [(RETRY_AFTER, value.parse().expect("it can be a header"))].into_iter().collect();
            assert_eq!(retry_after(&headers, now), wait, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[test]
    fn waits_double_with_chance_added_and_end_after_the_last_try() {
        let waits: Vec<_> = backoff(Duration::from_millis(100)).build().collect();
        assert_eq!(waits.len(), ATTEMPTS - 1);
        for (wait, least) in waits.into_iter().zip([100, 200, 400, 800]) {
            assert!((least..=2 * least).contains(&wait.as_millis()), "{wait:?} after {least} ms");
        }
        let first: HashSet<_> = (0..32).filter_map(|_| backoff(Duration::from_secs(1)).build().next()).collect();
        assert!(first.len() > 1, "many clients would come back at once, after {first:?}");
    }

    #[test]
    fn the_longer_of_both_waits_is_kept_but_never_past_the_last_try() {
        let failure = |again| Failure { error: BackendError::Cancelled, again };
        let (short, long) = (Duration::from_secs(1), Duration::from_secs(9));
        assert_eq!(failure(Again::After(long)).wait(Some(short)), Some(long));
        assert_eq!(failure(Again::After(short)).wait(Some(long)), Some(long));
        assert_eq!(failure(Again::After(short)).wait(None), None);
        assert_eq!(failure(Again::Backoff).wait(Some(short)), Some(short));
        assert_eq!(failure(Again::Never).wait(Some(short)), None);
    }
}
