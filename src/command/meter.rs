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
        self.line(|| {
            const WIDTH: u64 = 20;
            let filled = download.done * WIDTH / download.total.max(1);
            let bar: String = (0..WIDTH).map(|cell| if cell < filled { '█' } else { '░' }).collect();
            format!("{bar} {}", phrase::download(download))
        });
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

    /// Shows how many of something are done since `started`, and how long the rest will take, by the share from 0 to 1 of
    /// the work that is done.
    pub(super) fn progress(
        &mut self,
        what: &str,
        (done, total): (usize, usize),
        share: impl FnOnce() -> f64,
        started: Instant,
    ) {
        self.line(|| {
            let left = phrase::time_left(share(), started.elapsed());
            let left = left.map_or_else(String::new, |left| format!(", {left}"));
            format!("{what}: {} of {}{left} …", phrase::thousands(done as u64), phrase::thousands(total as u64))
        });
    }

    /// Takes the line away: it is not part of any result.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.spoke) {
            drop(write!(io::stderr(), "\r\x1b[K"));
        }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        self.end();
    }
}
