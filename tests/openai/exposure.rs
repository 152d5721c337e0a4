//! What tests of secrets have in common: everything that could show one. The secrets have `Zq7X` and `Seen42` in them.

use std::error::Error;
use std::io::Write;
use std::iter;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use vecscope::backend::BackendError;

/// Everything that can be printed of an error and of its causes.
pub(crate) fn everything(error: &BackendError) -> String {
    let causes = iter::successors(Some(error as &dyn Error), |&error| error.source());
    causes.flat_map(|cause| [cause.to_string(), format!("{cause:?}")]).collect::<Vec<_>>().join("\n")
}

/// Checks that no part of a secret that tells anything is there, in capitals or not.
#[track_caller]
pub(crate) fn assert_hidden(shown: &str) {
    let lower = shown.to_lowercase();
    assert!(!lower.contains("zq7x") && !lower.contains("seen42"), "{shown}");
}

/// Everything that is logged while a test runs, by whichever crate and through whichever facade.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Listens to every record of this process from now on, down to the most talkative level. Once in a process.
    pub(crate) fn of_everything() -> Self {
        let log = Self::default();
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone());
        tracing::subscriber::set_global_default(subscriber.finish()).expect("no other test sets one");
        log::set_logger(Box::leak(Box::new(log.clone()))).expect("no other test sets one");
        log::set_max_level(log::LevelFilter::Trace);
        log
    }

    /// What was logged so far.
    pub(crate) fn written(&self) -> String {
        String::from_utf8(self.0.lock().expect("no test panics here").clone()).expect("logs are text")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no test panics here").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Log {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let _ = writeln!(self.clone(), "{} {}", record.target(), record.args());
    }

    fn flush(&self) {}
}
