//! `vecscope doctor`: what this installation has, and whether it works.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;
use tokio_util::sync::CancellationToken;

use super::{Session, with_job};
use crate::backend::spec::{BackendKind, LocalModel, Readiness};
use crate::backend::{BackendSpec, RerankScore, Role};
use crate::config::file;
use crate::text;

/// The local model or the reranker does not work.
const BROKEN: u8 = 2;

pub(super) fn run(session: &Session) -> anyhow::Result<ExitCode> {
    let mut lines = vec![("vecscope", format!("{} ({})", env!("CARGO_PKG_VERSION"), system()))];
    let works = check_local(session, &mut lines);
    let reranks = check_reranker(session, &mut lines);
    lines.push(("simd", ort_rten::simd().to_string()));
    lines.push(("terminal", terminal()));
    lines.push(("config", config_file()));
    lines.push((
        "models",
        match &session.config.hub {
            Ok(hub) => hub.cache.display().to_string(),
            Err(reason) => reason.clone(),
        },
    ));
    check_servers(session, &mut lines);
    let mut stdout = io::stdout().lock();
    for (name, value) in lines {
        writeln!(stdout, "{name:<10} {}", text::visible(&value))?;
    }
    Ok(if works && reranks { ExitCode::SUCCESS } else { ExitCode::from(BROKEN) })
}

fn system() -> String {
    let cores = std::thread::available_parallelism().map_or_else(|_| "?".into(), |cores| cores.to_string());
    format!("{} {}, {cores} cores", env::consts::OS, env::consts::ARCH)
}

/// Loads the local model and embeds a sentence with it.
fn check_local(session: &Session, lines: &mut Vec<(&'static str, String)>) -> bool {
    let Ok(spec) = session.config.backend_named("local") else { return true };
    let is_here = |model: &LocalModel| matches!(model, LocalModel::Embedded | LocalModel::Folder { .. });
    if !matches!(&spec.kind, BackendKind::Local { model, .. } if is_here(model)) {
        lines.push(("works", "not tried: `local` would be fetched or asked over a network".into()));
        return true;
    }
    let started = Instant::now();
    let tried = session.open_backend(spec).and_then(|mut embedder| {
        let loaded = started.elapsed();
        let started = Instant::now();
        with_job(|job| embedder.embed(&["Does it work?"], Role::Query, job))?
            .normalise(1, embedder.card().dimensions)?;
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
            lines.push(("works", format!("no: {error:#}")));
            false
        }
    }
}

/// Loads the chosen reranker and scores a pair with it, unless it would have to be fetched.
fn check_reranker(session: &Session, lines: &mut Vec<(&'static str, String)>) -> bool {
    let spec = session.config.chosen_reranker();
    let (works, state) = match spec.describe(&session.context()).readiness {
        Readiness::Ready => match try_reranker(session) {
            Ok(state) => (true, state),
            Err(error) => (false, format!("no: {error:#}")),
        },
        Readiness::Downloads(repository) => (true, format!("not tried: it would be fetched from {repository}")),
        Readiness::NotConfigured(reason) => (true, reason),
    };
    lines.push(("reranker", format!("{}: {state}", spec.name)));
    works
}

fn try_reranker(session: &Session) -> anyhow::Result<String> {
    let (query, document) = ("Does it work?", "It works.");
    let mut reranker = session.open_reranker()?;
    let started = Instant::now();
    let scores = reranker.rerank(query, &[document], &CancellationToken::new())?;
    let milliseconds = started.elapsed().as_secs_f64() * 1e3;
    let score = match scores[..] {
        [RerankScore::Late { late, cosine }] => format!("late interaction {late:.2}, cosine {cosine:.2}"),
        [RerankScore::Logit(logit)] => format!("logit {logit:.2}"),
        _ => bail!("{} scores came back for one document", scores.len()),
    };
    let model = &reranker.card().model;
    Ok(format!("yes: {model} gives “{query}” and “{document}” {score} in {milliseconds:.1} ms"))
}

fn origin(spec: &BackendSpec) -> String {
    match &spec.kind {
        BackendKind::Local { model: LocalModel::Folder { path, .. }, .. } => format!("from {}", path.display()),
        BackendKind::Local { model: LocalModel::Catalogue(model), .. } => format!("from {}", model.repository),
        BackendKind::Local { model: LocalModel::Embedded, .. } | BackendKind::Server(_) => "in the program".into(),
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

fn config_file() -> String {
    match file::default_path() {
        Ok(path) if path.exists() => path.display().to_string(),
        Ok(path) => format!("{} (not there: everything is as built in)", path.display()),
        Err(error) => format!("{error:#}"),
    }
}

/// Whether backends on servers could be used, without sending anything.
fn check_servers(session: &Session, lines: &mut Vec<(&'static str, String)>) {
    for spec in &session.config.backends {
        let BackendKind::Server(server) = &spec.kind else { continue };
        let key_state = if server.key.is_some() { "present" } else { "not set" };
        let key = format!("{} {key_state}", server.names.key);
        let state = match server.settings(&session.config.table) {
            Ok(settings) => format!("configured for {} (nothing was sent)", settings.location()),
            Err(error) => error.to_string(),
        };
        lines.push(("server", format!("{}: {key}; {state}", spec.name)));
    }
}
