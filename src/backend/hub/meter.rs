//! How far a download is, told often enough to move on a screen and no more often.

use std::time::{Duration, Instant};

/// The least time between two reports: 20 a second.
const INTERVAL: Duration = Duration::from_millis(50);

/// How far a download is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The file that is on its way.
    pub file: String,
    /// Bytes that are there, of all files that were missing, with what an earlier download has left. Never decreases.
    pub done: u64,
    /// Bytes of all files that were missing.
    pub total: u64,
}

/// Adds up the bytes of several files.
pub(super) struct Meter<'a> {
    report: &'a mut dyn FnMut(Download),
    /// The most that each file has ever had: a file that has to begin again does not make less of the whole.
    counts: Vec<u64>,
    total: u64,
    current: (usize, String),
    reported: Option<Instant>,
}

impl<'a> Meter<'a> {
    /// A meter of files, given by their sizes and by how much of each is there.
    pub(super) fn new(report: &'a mut dyn FnMut(Download), files: impl Iterator<Item = (u64, u64)>) -> Self {
        let (sizes, counts): (Vec<_>, Vec<_>) = files.unzip();
        let total = sizes.into_iter().fold(0, u64::saturating_add);
        Self { report, counts, total, current: (0, String::new()), reported: None }
    }

    /// Turns to the file of this number, and says so.
    pub(super) fn begin(&mut self, number: usize, path: &str) {
        self.current = (number, path.into());
        self.tell(Instant::now());
    }

    /// The current file has so many bytes.
    pub(super) fn at(&mut self, bytes: u64) {
        self.count(bytes);
        let now = Instant::now();
        if self.reported.is_none_or(|last| now.duration_since(last) >= INTERVAL) {
            self.tell(now);
        }
    }

    /// The current file is there, with so many bytes.
    pub(super) fn end(&mut self, bytes: u64) {
        self.count(bytes);
        self.tell(Instant::now());
    }

    fn count(&mut self, bytes: u64) {
        if let Some(count) = self.counts.get_mut(self.current.0) {
            *count = bytes.max(*count);
        }
    }

    fn tell(&mut self, now: Instant) {
        self.reported = Some(now);
        let done = self.counts.iter().fold(0, |sum: u64, &count| sum.saturating_add(count));
        (self.report)(Download { file: self.current.1.clone(), done, total: self.total });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_only_grows_and_ends_at_the_total() {
        let mut told = Vec::new();
        let mut report = |download: Download| told.push((download.file, download.done, download.total));
        let mut meter = Meter::new(&mut report, [(10, 4), (5, 2)].into_iter());
        meter.begin(0, "a");
        meter.at(6);
        // The server has no notion of parts, and begins again.
        meter.at(0);
        meter.begin(0, "a");
        meter.end(10);
        meter.begin(1, "b");
        meter.end(5);
        // On a busy machine some of the steps between are told as well.
        assert!(told.is_sorted_by_key(|(_, done, _)| *done), "{told:?}");
        let told: Vec<_> = told.iter().map(|(file, done, total)| (file.as_str(), *done, *total)).collect();
        assert_eq!((told[0], told[told.len() - 1]), (("a", 6, 15), ("b", 15, 15)));
        assert!(told.ends_with(&[("a", 8, 15), ("a", 12, 15), ("b", 12, 15), ("b", 15, 15)]), "{told:?}");
    }

    #[test]
    fn many_small_steps_are_few_reports() {
        let mut reports = 0_u128;
        let mut report = |_| reports += 1;
        let start = Instant::now();
        let mut meter = Meter::new(&mut report, [(100_000, 0)].into_iter());
        meter.begin(0, "a");
        for bytes in 0..100_000 {
            meter.at(bytes);
        }
        meter.end(100_000);
        let most = 3 + start.elapsed().as_millis() / INTERVAL.as_millis();
        assert!((2..=most).contains(&reports), "{reports} reports");
    }
}
