//! `vecscope cache`: which vectors are kept between runs, and removing some.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::bail;
use bytesize::ByteSize;

use super::{Session, escape};
use crate::cli::TableFormat;
use crate::cli::cache::{CacheArgs, CacheCommand};
use crate::store::sqlite::{CacheReport, Removed};
use crate::{phrase, text};

const DAY: i64 = 24 * 60 * 60;

/// What was not used for so many days is taken for something that nobody will ask for again.
const LONG: usize = 90;

pub(super) fn run(session: &Session, arguments: &CacheArgs) -> anyhow::Result<ExitCode> {
    let mut cache = session.config.cache.open()?;
    let mut stdout = io::stdout().lock();
    match &arguments.command {
        None => {
            let report = cache.report()?;
            match arguments.format {
                TableFormat::Json => {
                    writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&report)?))?;
                }
                TableFormat::Table => write_table(&mut stdout, &report, session)?,
            }
        }
        Some(CacheCommand::Prune { older_than, to }) => {
            let mut removed = Removed::default();
            if let Some(days) = older_than.or(to.is_none().then_some(LONG)) {
                let seconds = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY);
                removed = removed.plus(cache.remove_unused_for(seconds)?);
            }
            if let Some(size) = to {
                removed = removed.plus(cache.shrink_to(size.as_u64())?);
            }
            writeln!(stdout, "{}", told(removed))?;
        }
        Some(CacheCommand::Clear { model }) => {
            if let Some(name) = model {
                let models = cache.report()?.models;
                if !models.is_empty() && models.iter().all(|kept| kept.model != *name) {
                    let names: Vec<&str> = models.iter().map(|kept| kept.model.as_str()).collect();
                    bail!("there are no vectors of {name}; there are those of: {}", names.join(", "));
                }
            }
            writeln!(stdout, "{}", told(cache.clear(model.as_deref())?))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn told(removed: Removed) -> String {
    let Removed { vectors, bytes } = removed;
    let vectors = phrase::counted(usize::try_from(vectors).unwrap_or(usize::MAX), "vector");
    format!("{vectors} removed, {} freed", size(bytes))
}

fn size(bytes: u64) -> String {
    ByteSize::b(bytes).display().iec().to_string()
}

fn write_table(out: &mut impl Write, report: &CacheReport, session: &Session) -> anyhow::Result<()> {
    let CacheReport { path, bytes, snapshot_bytes, graph_bytes, models } = report;
    let path = text::visible(path);
    if models.is_empty() && snapshot_bytes + graph_bytes == 0 {
        writeln!(out, "{path}: no vectors are kept")?;
        return Ok(());
    }
    let limit = session.config.cache.limit().display().iec().to_string();
    writeln!(out, "{path}: {} of at most {limit}", size(*bytes))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let width = models.iter().map(|kept| text::width(&text::visible(&kept.model))).max().unwrap_or(0);
    for kept in models {
        let name = text::visible(&kept.model);
        let padding = " ".repeat(width - text::width(&name));
        let vectors = phrase::thousands(kept.vectors);
        let (dimensions, size) = (kept.dimensions, size(kept.bytes));
        let used = match (now - kept.last_used) / DAY {
            ..=0 => "used today".into(),
            1 => "used yesterday".into(),
            days => format!("used {days} days ago"),
        };
        writeln!(out, "{name}{padding}  {vectors:>11} × {dimensions:<4} {size:>10}  {used}")?;
    }
    for (what, bytes) in [("snapshots of large corpora", *snapshot_bytes), ("HNSW indexes", *graph_bytes)] {
        if bytes > 0 {
            writeln!(out, "{what}, made of these: {}", size(bytes))?;
        }
    }
    Ok(())
}
