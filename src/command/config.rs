//! `vecscope config`: where the config file is, and what is in it.

use std::io::{self, Write};
use std::process::ExitCode;

use super::Session;
use crate::config::file;
use crate::text;

/// Prints the built-in config: also where the person's own is broken.
///
/// # Errors
/// Where it cannot be written.
pub fn print_default() -> io::Result<()> {
    io::stdout().lock().write_all(file::DEFAULT.as_bytes())
}

pub(super) fn run(session: &Session, default: bool) -> anyhow::Result<ExitCode> {
    if default {
        print_default()?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut stdout = io::stdout().lock();
    let (path, state) = match &session.config.config_file {
        Some(path) => (path.clone(), "read"),
        None => (file::default_path()?, "not there: everything is as built in"),
    };
    writeln!(stdout, "{} ({state})", text::visible(&path.display().to_string()))?;
    let names: Vec<&str> = session.config.backends.iter().map(|spec| spec.name.as_str()).collect();
    writeln!(stdout, "backends: {}", text::visible(&names.join(", ")))?;
    writeln!(stdout, "`vecscope config --default` prints what can be set")?;
    Ok(ExitCode::SUCCESS)
}
