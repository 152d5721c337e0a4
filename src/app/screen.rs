//! The terminal, taken and always given back.

use std::io::{self, BufWriter, Stdout, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// Written to in one go, so that a frame never shows half drawn.
type Output = BufWriter<Stdout>;

/// Whether the terminal is ours, so that it is given back once and only then.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal in raw mode on its alternate screen. Dropping it gives the terminal back.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Output>>,
}

impl Screen {
    /// Takes the terminal.
    pub(super) fn open() -> io::Result<Self> {
        take()?;
        let output = BufWriter::with_capacity(1 << 16, io::stdout());
        match Terminal::new(CrosstermBackend::new(output)) {
            Ok(terminal) => Ok(Self { terminal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// What frames are drawn on.
    pub(super) fn terminal(&mut self) -> &mut Terminal<CrosstermBackend<Output>> {
        &mut self.terminal
    }

    /// Gives a text to the terminal's clipboard (OSC 52), where the terminal allows it.
    pub(super) fn copy(&mut self, text: String) -> io::Result<()> {
        execute!(self.terminal.backend_mut(), CopyToClipboard::to_clipboard_from(text))
    }

    /// Gives the terminal back while `pause` runs.
    pub(super) fn suspended(&mut self, pause: impl FnOnce()) -> io::Result<()> {
        self.terminal.backend_mut().flush()?;
        give_back();
        pause();
        take()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // What ratatui has not written yet must not follow the way back.
        drop(self.terminal.backend_mut().flush());
        give_back();
    }
}

/// Gives the terminal back before a panic of this thread is reported, so that the report can be read. A panic of a
/// worker is caught there and shown on the screen; here it goes to the log.
pub(super) fn install_panic_hook() {
    let main = thread::current().id();
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if thread::current().id() == main {
            give_back();
            report(panic);
        } else {
            tracing::error!("{panic}");
        }
    }));
}

fn take() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    let taken = execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, EnableMouseCapture, cursor::Hide);
    if taken.is_err() {
        give_back();
    }
    taken
}

/// Leaves nothing behind; what fails here cannot be reported anywhere.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        drop(execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, cursor::Show));
        drop(terminal::disable_raw_mode());
    }
}
