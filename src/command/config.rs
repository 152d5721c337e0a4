//! `vecscope config`: where the config file is, and what is in it.

use std::io::{self, Write};
use std::process::ExitCode;

use super::Session;
use crate::config::file;
use crate::text;

pub(super) fn run(session: &Session, default: bool) -> anyhow::Result<ExitCode> {
    let mut stdout = io::stdout().lock();
    if default {
        stdout.write_all(file::DEFAULT.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    // Whoever asked for another file has named it; that it is good is why the program came so far.
    let path = file::default_path()?;
    let state = if path.exists() { "read" } else { "not there: everything is as built in" };
    writeln!(stdout, "{} ({state})", text::visible(&path.display().to_string()))?;
    let names: Vec<&str> = session.config.backends.iter().map(|spec| spec.name.as_str()).collect();
    writeln!(stdout, "backends: {}", text::visible(&names.join(", ")))?;
    writeln!(stdout, "`vecscope config --default` prints what can be set")?;
    Ok(ExitCode::SUCCESS)
}
