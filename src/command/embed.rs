//! `vecscope embed [FILE]`: vectors for texts, in their order.

use std::io::{self, Cursor, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::bail;
use ndarray::Array2;
use ndarray_npy::WriteNpyExt;
use serde::Serialize;

use super::{NOTHING, Session, embed_all, escape, tell, tell_of, tell_of_restored, with_job};
use crate::backend::{Embedder, Role, TextInfo};
use crate::cli::{EmbedFormat, RoleName};
use crate::corpus::source::ReadOptions;
use crate::corpus::{self, Corpus, Source};
use crate::engine::Searcher;
use crate::engine::vectors::Vectors;
use crate::{phrase, text};

/// One line of `--format jsonl`.
#[derive(Debug, Serialize)]
struct Embedded<'a> {
    text: &'a str,
    /// Before truncation.
    tokens: usize,
    /// After truncation.
    tokens_used: usize,
    /// Before normalising.
    norm: f32,
    embedding: &'a [f32],
}

pub(super) fn run(
    session: &Session,
    file: &Path,
    format: EmbedFormat,
    raw: bool,
    role: RoleName,
) -> anyhow::Result<ExitCode> {
    let role = match role {
        RoleName::Query => Role::Query,
        RoleName::Document => Role::Document,
    };
    if format == EmbedFormat::Npy && session.output.is_terminal {
        bail!("--format npy is binary: send it to a file, e.g. `vecscope embed FILE --format npy > vectors.npy`");
    }
    if session.config.corpus.is_some() {
        bail!("embed takes its texts as FILE, not with --corpus");
    }
    // Whoever matches vectors to lines wants one for each of them.
    let options = ReadOptions { strict: true, keep_duplicates: true, ..session.config.reading.clone() };
    let corpus = corpus::read::load(&Source { options, ..Source::at(file) })?;
    tell_of(&corpus)?;
    if corpus.documents.is_empty() {
        writeln!(io::stderr(), "vecscope: {}: nothing to embed", text::visible(&corpus.name))?;
        return Ok(ExitCode::from(NOTHING));
    }
    if let Some(first) = corpus.blank_lines.first() {
        // Whoever matches vectors to lines by their numbers has to know.
        let (name, lines) = (text::visible(&corpus.name), phrase::counted(corpus.blank_lines.len(), "blank line"));
        writeln!(io::stderr(), "vecscope: {name}: {lines} passed over, the first is line {first}")?;
    }
    let corpus = Arc::new(corpus);
    let embedder = session.open()?;
    let (vectors, infos) = if role == Role::Document && !raw {
        embed_what_is_not_kept(session, embedder, &corpus)?
    } else {
        embed_in_order(session, embedder, &corpus, role, raw)?
    };
    let mut stdout = io::BufWriter::new(io::stdout().lock());
    match format {
        EmbedFormat::Jsonl => write_jsonl(&mut stdout, &corpus, &vectors, &infos)?,
        EmbedFormat::Npy => {
            let mut bytes = Cursor::new(Vec::new());
            vectors.write_npy(&mut bytes)?;
            stdout.write_all(bytes.get_ref())?;
        }
    }
    stdout.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// One vector a text, in the order of the texts, of unit length: those that are kept of documents are taken, and the others
/// kept.
fn embed_what_is_not_kept(
    session: &Session,
    embedder: Box<dyn Embedder>,
    corpus: &Arc<Corpus>,
) -> anyhow::Result<(Array2<f32>, Vec<TextInfo>)> {
    let searcher = Searcher::new(embedder, Arc::clone(corpus));
    let mut searcher = searcher.with_stores(None, session.config.open_cache()?);
    searcher.restore();
    tell(&mut searcher);
    session.ask(&searcher, searcher.estimate())?;
    embed_all(&mut searcher)?;
    tell_of_restored(searcher.progress())?;
    let Vectors { unit, infos, .. } = searcher.all_vectors();
    Ok((unit, infos))
}

/// One vector a text, in the order of the texts: of unit length, or as the model made it. Nothing is kept: of queries and of
/// vectors as they were made there is nothing in the cache.
fn embed_in_order(
    session: &Session,
    mut embedder: Box<dyn Embedder>,
    corpus: &Corpus,
    role: Role,
    raw: bool,
) -> anyhow::Result<(Array2<f32>, Vec<TextInfo>)> {
    let texts = corpus.texts();
    session.may_send(embedder.as_ref(), &texts)?;
    let mut vectors = Array2::zeros((texts.len(), 0));
    let mut infos = vec![None; texts.len()];
    for batch in embedder.plan(&texts) {
        let members: Vec<&str> = batch.iter().map(|&index| texts[index]).collect();
        let embedded = with_job(|job| embedder.embed(&members, role, job))?;
        let as_made = raw.then(|| embedded.vectors.clone());
        // Checked in any case.
        let unit = embedded.normalise(members.len(), embedder.card().dimensions)?;
        let rows = as_made.unwrap_or(unit.vectors);
        if vectors.ncols() == 0 {
            vectors = Array2::zeros((texts.len(), rows.ncols()));
        }
        for ((&index, row), info) in batch.iter().zip(rows.rows()).zip(unit.infos) {
            if row.len() != vectors.ncols() {
                bail!("the model gave vectors of {} and of {} dimensions", vectors.ncols(), row.len());
            }
            vectors.row_mut(index).assign(&row);
            infos[index] = Some(info);
        }
    }
    // Every index is in exactly one batch of a plan, so none is left out.
    Ok((vectors, infos.into_iter().flatten().collect()))
}

fn write_jsonl(out: &mut impl Write, corpus: &Corpus, vectors: &Array2<f32>, infos: &[TextInfo]) -> anyhow::Result<()> {
    for ((document, row), info) in corpus.documents.iter().zip(vectors.rows()).zip(infos) {
        let line = Embedded {
            text: &document.text,
            tokens: info.tokens.total,
            tokens_used: info.tokens.used,
            norm: info.norm,
            embedding: &row.to_vec(),
        };
        writeln!(out, "{}", escape::json(&serde_json::to_string(&line)?))?;
    }
    Ok(())
}
