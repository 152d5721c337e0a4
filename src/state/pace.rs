//! How fast a corpus is embedded: from what workers say of how long it has taken so far.

use std::collections::VecDeque;
use std::time::Duration;

/// The pace of the last seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pace {
    /// How long it had taken, and how many documents were embedded then; the newest last.
    marks: VecDeque<(Duration, usize)>,
}

/// Over how much of the past the pace is taken.
const WINDOW: Duration = Duration::from_secs(10);
/// In less than this there is no pace yet.
const TOO_SHORT: Duration = Duration::from_millis(500);

impl Pace {
    /// So many documents were embedded after so long. What was not embedded but found in a cache is no part of either.
    pub(super) fn note(&mut self, spent: Duration, embedded: usize) {
        // A corpus that begins anew.
        if self.marks.back().is_some_and(|&(time, count)| spent < time || embedded < count) {
            self.marks.clear();
        }
        self.marks.push_back((spent, embedded));
        while self.marks.get(1).is_some_and(|&(time, _)| spent.saturating_sub(time) >= WINDOW) {
            self.marks.pop_front();
        }
    }

    /// Documents a second; `None` where it is too early to say.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a number of documents")]
    pub fn per_second(&self) -> Option<f64> {
        let (&(from, before), &(to, after)) = (self.marks.front()?, self.marks.back()?);
        let took = to.saturating_sub(from);
        (took >= TOO_SHORT && after > before).then(|| (after - before) as f64 / took.as_secs_f64())
    }

    /// How long so many more will take.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a number of documents")]
    pub fn time_for(&self, documents: usize) -> Option<Duration> {
        Duration::try_from_secs_f64(documents as f64 / self.per_second()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_pace_is_that_of_the_last_ten_seconds() {
        let mut pace = Pace::default();
        pace.note(Duration::from_millis(100), 32);
        assert_eq!(pace.per_second(), None, "it is too early");
        for second in 1..=20_u64 {
            pace.note(seconds(second), usize::try_from(1_000 + 50 * second).expect("small"));
        }
        for second in 21..=40_u64 {
            pace.note(seconds(second), usize::try_from(2_000 + 10 * (second - 20)).expect("small"));
        }
        assert_eq!(pace.per_second(), Some(10.0));
        assert_eq!(pace.time_for(600), Some(seconds(60)));
    }

    #[test]
    fn what_begins_anew_has_a_pace_of_its_own() {
        let mut pace = Pace::default();
        pace.note(seconds(1), 100);
        pace.note(seconds(2), 200);
        pace.note(seconds(0), 10);
        assert_eq!((pace.per_second(), pace.time_for(5)), (None, None));
    }
}
