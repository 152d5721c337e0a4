//! Signals from outside: asked to end, or to stop for a while.

use std::io;
use std::process::ExitCode;

/// A signal that the program takes notice of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// SIGTERM.
    Terminate,
    /// SIGHUP.
    HangUp,
    /// SIGINT from outside; the key is an action.
    Interrupt,
    /// SIGTSTP from outside; the key is an action.
    Stop,
}

impl Signal {
    /// What a shell gives a program that the signal ended: 128 + its number.
    pub(super) fn exit_code(self) -> ExitCode {
        ExitCode::from(match self {
            Self::HangUp => 129,
            Self::Interrupt => 130,
            Self::Terminate => 143,
            Self::Stop => 148,
        })
    }
}

#[cfg(unix)]
pub(super) use unix::{Signals, stop_this_process};

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    use super::{Signal, io};

    /// Listens for signals for as long as it lives.
    pub(in crate::app) struct Signals {
        terminate: Stream,
        hang_up: Stream,
        interrupt: Stream,
        stop: Stream,
    }

    impl Signals {
        /// Takes over the signals; needs a tokio runtime.
        pub(in crate::app) fn listen() -> io::Result<Self> {
            let stop = SignalKind::from_raw(nix::sys::signal::Signal::SIGTSTP as i32);
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                hang_up: signal(SignalKind::hangup())?,
                interrupt: signal(SignalKind::interrupt())?,
                stop: signal(stop)?,
            })
        }

        /// The next signal.
        pub(in crate::app) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.terminate.recv() => Signal::Terminate,
                _ = self.hang_up.recv() => Signal::HangUp,
                _ = self.interrupt.recv() => Signal::Interrupt,
                _ = self.stop.recv() => Signal::Stop,
            }
        }
    }

    /// Stops this process and those it was started with, such as cargo, until they get SIGCONT: as the key does in a
    /// shell. SIGSTOP, because SIGTSTP is listened for.
    pub(in crate::app) fn stop_this_process() {
        use nix::sys::signal::{Signal, kill};
        use nix::unistd::Pid;
        // Process 0 stands for the whole process group. It cannot fail for a signal that exists and our own group.
        let _ = kill(Pid::from_raw(0), Signal::SIGSTOP);
    }
}

#[cfg(not(unix))]
pub(super) use elsewhere::{Signals, stop_this_process};

#[cfg(not(unix))]
mod elsewhere {
    use super::{Signal, io};

    /// Listens for Ctrl+C from outside; there is nothing else to listen for.
    pub(in crate::app) struct Signals;

    impl Signals {
        pub(in crate::app) fn listen() -> io::Result<Self> {
            Ok(Self)
        }

        pub(in crate::app) async fn next(&mut self) -> Signal {
            drop(tokio::signal::ctrl_c().await);
            Signal::Interrupt
        }
    }

    /// There is no shell to go back to.
    pub(in crate::app) fn stop_this_process() {}
}
