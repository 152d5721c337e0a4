//! `vecscope doctor`: what this installation has, and whether it works.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Instant;

use etcetera::BaseStrategy;

use super::{Session, with_job};
use crate::backend::local::ModelSource;
use crate::backend::openai::OpenAiSettings;
use crate::backend::{BackendError, BackendSpec};
use crate::text;

/// The local model does not work.
const BROKEN: u8 = 2;

pub(super) fn run(session: &Session) -> anyhow::Result<ExitCode> {
    let mut lines = vec![("vecscope", format!("{} ({})", env!("CARGO_PKG_VERSION"), system()))];
    let works = check_local(session, &mut lines);
    lines.push(("simd", ort_rten::simd().to_string()));
    lines.push(("terminal", terminal()));
    lines.push(("config", config_folder()));
    check_openai(session, &mut lines);
    let mut stdout = io::stdout().lock();
    for (name, value) in lines {
        writeln!(stdout, "{name:<10} {}", text::visible(&value))?;
    }
    Ok(if works { ExitCode::SUCCESS } else { ExitCode::from(BROKEN) })
}

fn system() -> String {
    let cores = std::thread::available_parallelism().map_or_else(|_| "?".into(), |cores| cores.to_string());
    format!("{} {}, {cores} cores", env::consts::OS, env::consts::ARCH)
}

/// Loads the local model and embeds a sentence with it.
fn check_local(session: &Session, lines: &mut Vec<(&'static str, String)>) -> bool {
    let local = session.config.backends.iter().find(|spec| matches!(spec, BackendSpec::Local { .. }));
    let Some(spec) = local else { return true };
    let started = Instant::now();
    let tried = spec.open(session.runtime.handle()).and_then(|mut embedder| {
        let loaded = started.elapsed();
        let started = Instant::now();
        with_job(|job| embedder.embed(&["Does it work?"], job))?.normalise(1, embedder.card().dimensions)?;
        Ok((embedder.card().clone(), loaded, started.elapsed()))
    });
    match tried {
        Ok((card, loaded, embedded)) => {
            let (loaded, embedded) = (loaded.as_secs_f64() * 1e3, embedded.as_secs_f64() * 1e3);
            let dimensions = card.dimensions.unwrap_or_default();
            let limit = card.max_tokens.unwrap_or_default();
            lines.push(("model", format!("{}, {}, {dimensions} dimensions, {limit} tokens", card.model, origin(spec))));
            lines.push(("engine", card.engine));
            lines.push(("works", format!("yes: loaded in {loaded:.0} ms, a sentence embedded in {embedded:.1} ms")));
            true
        }
        Err(error) => {
            lines.push(("works", format!("no: {:#}", anyhow::Error::from(error))));
            false
        }
    }
}

fn origin(spec: &BackendSpec) -> String {
    match spec {
        BackendSpec::Local { source: Some(ModelSource::Folder { path, .. }), .. } => format!("from {}", path.display()),
        BackendSpec::Local { .. } | BackendSpec::OpenAi { .. } => "in the program".into(),
    }
}

fn terminal() -> String {
    if !io::stdout().is_terminal() {
        return "none: output does not go to a terminal".into();
    }
    let size = crossterm::terminal::size().map_or_else(|_| "size unknown".into(), |(w, h)| format!("{w}×{h}"));
    let kind = env::var("TERM").unwrap_or_else(|_| "TERM not set".into());
    let colors = crossterm::style::available_color_count();
    let no_color = if env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) { ", NO_COLOR set" } else { "" };
    format!("{kind}, {size}, {colors} colours{no_color}")
}

fn config_folder() -> String {
    etcetera::choose_base_strategy().map_or_else(
        |error| format!("no folder: {error}"),
        |strategy| format!("{} (nothing is read from it yet)", strategy.config_dir().join("vecscope").display()),
    )
}

/// Whether the OpenAI backend could be used, without sending anything.
fn check_openai(session: &Session, lines: &mut Vec<(&'static str, String)>) {
    for spec in &session.config.backends {
        let BackendSpec::OpenAi { base_url, key, model, .. } = spec else { continue };
        let key_state = if key.is_some() { "present" } else { "not set" };
        lines.push(("key", format!("OPENAI_API_KEY {key_state}")));
        let settings = OpenAiSettings::from_values(base_url.as_deref(), key.as_ref(), model.as_deref());
        lines.push((
            "openai",
            match settings {
                Ok(_) => format!("configured for {} (nothing was sent)", base_url.as_deref().unwrap_or("OpenAI")),
                Err(BackendError::NotConfigured(message)) => message,
                Err(error) => error.to_string(),
            },
        ));
    }
}
