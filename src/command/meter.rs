//! Progress of what takes long, on standard error where somebody is there to read it.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::backend::hub::Download;
use crate::{phrase, text};

/// A line that is written over and over. Nothing is written before it has taken a while.
pub(super) struct Meter {
    talks: bool,
    next: Instant,
    spoke: bool,
}

impl Meter {
    /// Nothing is shown yet.
    pub(super) fn new() -> Self {
        const PATIENCE: Duration = Duration::from_millis(300);
        Self { talks: io::stderr().is_terminal(), next: Instant::now() + PATIENCE, spoke: false }
    }

    /// Shows how far a download is.
    pub(super) fn show(&mut self, download: &Download) {
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = download.done as f64 / download.total.max(1) as f64;
        self.line(|| format!("{} {}", bar(share), phrase::download(download)));
    }

    /// Shows a line, unless the last one was just shown.
    pub(super) fn line(&mut self, line: impl FnOnce() -> String) {
        const PAUSE: Duration = Duration::from_millis(100);
        let now = Instant::now();
        if !self.talks || now < self.next {
            return;
        }
        (self.next, self.spoke) = (now + PAUSE, true);
        // What cannot be shown is done all the same.
        drop(write!(io::stderr(), "\r\x1b[K{}", text::visible(&line())));
    }

    /// Shows how many of something are done, how many a second since `started`, when there were `at_first`, and how long
    /// the rest will take, by the share from 0 to 1 of the work that is done.
    pub(super) fn progress(
        &mut self,
        what: &str,
        (at_first, done, total): (usize, usize, usize),
        share: impl FnOnce() -> f64,
        started: Instant,
    ) {
        self.line(|| {
            let (share, elapsed) = (share(), started.elapsed());
            let left = phrase::time_left(share, elapsed).map_or_else(String::new, |left| format!(", {left}"));
            let counted = |count: usize| phrase::thousands(count as u64);
            #[expect(clippy::cast_precision_loss, reason = "shown in whole numbers")]
            let rate = (done - at_first) as f64 / elapsed.as_secs_f64().max(1e-3);
            format!("{} {what}: {} of {}, {rate:.0}/s{left} …", bar(share), counted(done), counted(total))
        });
    }

    /// Takes the line away: it is not part of any result.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.spoke) {
            drop(write!(io::stderr(), "\r\x1b[K"));
        }
    }
}

/// A share from 0 to 1 in a few cells.
fn bar(share: f64) -> String {
    const WIDTH: u32 = 20;
    let filled = share * f64::from(WIDTH);
    (0..WIDTH).map(|cell| if f64::from(cell + 1) <= filled { '█' } else { '░' }).collect()
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.end();
    }
}
