//! What `--per-query` writes: a JSON line for each query and system.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;

use super::escape;
use super::report::ByMeasure;
use crate::corpus::Corpus;
use crate::engine::evaluation::{self, JudgedQuery, Measure};
use crate::engine::{Run, Stage};
use crate::math::relevance::Measures;

/// One line.
#[derive(Debug, Serialize)]
struct Line<'a> {
    query_id: &'a str,
    query: &'a str,
    system: &'a str,
    measures: ByMeasure<f64>,
    /// The first of the ranks at which relevant documents stand.
    relevant_ranks: Vec<usize>,
    top: Vec<Found<'a>>,
}

#[derive(Debug, Serialize)]
struct Found<'a> {
    id: &'a str,
    /// On the stage's own scale; `None` below what a reranker read.
    score: Option<f32>,
}

/// A file of lines. One that an error keeps from being finished is removed, as it would look like the whole; an interrupt
/// leaves it.
pub(super) struct PerQuery {
    path: PathBuf,
    /// `None` once it is finished.
    file: Option<BufWriter<File>>,
}

impl PerQuery {
    /// Makes the file, which must not be there yet.
    pub(super) fn create(path: &Path) -> anyhow::Result<Self> {
        match OpenOptions::new().write(true).create_new(true).open(path) {
            Ok(file) => Ok(Self { path: path.to_owned(), file: Some(BufWriter::new(file)) }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                bail!("--per-query: {} is there already, and would be overwritten", path.display())
            }
            Err(error) => Err(error).with_context(|| format!("--per-query: {}", path.display())),
        }
    }

    /// Writes what a stage, with its name in the report, made of a query.
    pub(super) fn write(
        &mut self,
        query: &JudgedQuery,
        (system, stage): (&str, Stage),
        run: &Run,
        measures: &Measures,
        (corpus, most): (&Corpus, usize),
    ) -> anyhow::Result<()> {
        let order = evaluation::order(run, stage, corpus);
        let score = |document| run.stage(stage)?.placement(document).map(|placement| placement.score);
        let found = order.iter().take(most).map(|&document| Found { id: &corpus[document].id, score: score(document) });
        let line = Line {
            query_id: &query.id,
            query: &query.text,
            system,
            measures: ByMeasure::of(Measure::ALL.map(|measure| measure.of(measures))),
            relevant_ranks: evaluation::relevant_ranks(&order, &query.judgements, most),
            top: found.collect(),
        };
        let written = match &mut self.file {
            Some(file) => writeln!(file, "{}", escape::json(&serde_json::to_string(&line)?)),
            None => Ok(()),
        };
        written.with_context(|| self.path.display().to_string())
    }

    /// Writes out what is left.
    pub(super) fn finish(mut self) -> anyhow::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.flush().with_context(|| self.path.display().to_string())?;
        self.file = None;
        Ok(())
    }
}

impl Drop for PerQuery {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // The reason why it is not finished is the one to tell.
            drop(fs::remove_file(&self.path));
        }
    }
}
