//! Reading a corpus: whatever a person has, as documents.
//!
//! | what | where |
//! | --- | --- |
//! | bytes: standard input, gzip, encodings, lines | `input` |
//! | documents, their ids, duplicates, rows that cannot be read | `gathering` |
//! | which column is the text, which the id | `table` |
//! | one format each | `text`, `markdown`, `separated`, `json`, `parquet` |
//! | folders and patterns | `folder` |
//! | vectors that come with the texts | `vectors` |
//!
//! What is not said is guessed, and every guess is a sentence in [`Corpus::notes`]. A row that cannot be read is counted
//! and the first ones are named in [`Corpus::skipped`], or is an error where reading is strict.

use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::{Corpus, Source, bundled};

mod folder;
mod gathering;
mod input;
mod json;
mod markdown;
mod parquet;
mod separated;
mod table;
mod text;
mod vectors;

use super::source::{Format, Split};
use gathering::{File, Gathering};
pub(super) use input::Input;
use input::MAX_JSON_LINE_BYTES;
pub use input::MAX_LINE_BYTES;
pub(super) use json::describe as describe_json_error;

/// Why a corpus cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// The file cannot be opened or read.
    #[error("{name}")]
    Unreadable {
        /// The file as the person named it.
        name: String,
        /// What the system said.
        source: io::Error,
    },
    /// A line is not what it should be.
    #[error("{name}:{line}: {reason}")]
    BadLine {
        /// The file as the person named it.
        name: String,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The source as a whole is not what it should be.
    #[error("{name}: {reason}")]
    Unusable {
        /// The source as the person named it.
        name: String,
        /// What is wrong with it, and what to do.
        reason: String,
    },
}

impl CorpusError {
    fn unusable(name: &str, reason: impl Into<String>) -> Self {
        Self::Unusable { name: name.into(), reason: reason.into() }
    }
}

/// The corpus that a person named, or the bundled one where none was.
///
/// # Errors
/// As [`load`].
pub fn load_or_bundled(source: Option<&Source>) -> Result<Corpus, CorpusError> {
    source.map_or_else(|| Ok(bundled::corpus()), load)
}

/// Reads a corpus from wherever it is: a file, a folder, a pattern, or standard input for `-`.
///
/// # Errors
/// [`CorpusError`], naming the file, and the line where one is at fault: if it cannot be opened or unpacked, if none of
/// its rows can be read, or one of them where reading is strict, and if the vectors that come with it do not fit.
pub fn load(source: &Source) -> Result<Corpus, CorpusError> {
    let path = source.path.as_path();
    let mut gathering = Gathering::new(source);
    let name = if path.as_os_str() == "-" || path.is_file() {
        read_alone(path, &mut gathering)?
    } else if let Some(collection) = folder::collection(path) {
        gathering.note(format!("{} is a collection in BEIR's layout: corpus.jsonl is read", path.display()));
        read_alone(&collection, &mut gathering)?
    } else if path.is_dir() {
        folder::read(path, &mut gathering)?
    } else if folder::is_pattern(path) {
        folder::read_pattern(path, &mut gathering)?
    } else {
        read_alone(path, &mut gathering)?
    };
    let mut corpus = gathering.finish(name)?;
    if let Some(given) = &source.vectors {
        corpus.vectors = Some(Arc::new(vectors::read(given, &corpus)?));
    }
    Ok(corpus)
}

/// Reads one file, or standard input, and says what it is called.
fn read_alone(path: &Path, gathering: &mut Gathering) -> Result<String, CorpusError> {
    let input = Input::open(path)?;
    read_input(path, &input, gathering)?;
    Ok(input.name)
}

fn read_input(path: &Path, input: &Input, gathering: &mut Gathering) -> Result<(), CorpusError> {
    let of_name = if path.as_os_str() == "-" { Some(Format::of_content(&input.bytes)) } else { Format::of_name(path) };
    if of_name.is_none() && gathering.options.format.is_none() && is_web_page(path) {
        let reason = "web pages are not read: convert it to Markdown or text, or say --corpus-format text";
        return Err(CorpusError::unusable(&input.name, reason));
    }
    let format = gathering.options.format.or(of_name).unwrap_or(Format::Text);
    let file = File::alone(path, &input.name);
    read_as(format, Split::Lines, input, &file, gathering)
}

/// What text is split into where nobody says differs: a list alone, prose in folders.
fn read_as(
    format: Format,
    of_text: Split,
    input: &Input,
    file: &File,
    gathering: &mut Gathering,
) -> Result<(), CorpusError> {
    if format != Format::Parquet {
        input.refuse_binary()?;
    }
    if let Some(encoding) = input.encoding.unusual() {
        gathering.note(format!("texts are written in {encoding}"));
    }
    match format {
        Format::Text => text::read(input, file, gathering, of_text),
        Format::Markdown => markdown::read(input, file, gathering),
        Format::Csv => separated::read(input, file, gathering, separated::Delimiter::Guessed),
        Format::Tsv => separated::read(input, file, gathering, separated::Delimiter::Tab),
        Format::Jsonl => json::read_lines(input, file, gathering),
        Format::Json => json::read(input, file, gathering),
        Format::Parquet => parquet::read(input, file, gathering),
    }
}

/// Whose tags would be taken for words.
fn is_web_page(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("html") || ending.eq_ignore_ascii_case("htm"))
}

/// Reads queries, one a line: text, or JSONL, whose text may be called `query`. A query may come twice. The first line
/// that cannot be read is an error.
///
/// # Errors
/// [`CorpusError`], naming the file, and the line where one is at fault.
pub fn queries(path: &Path) -> Result<Vec<String>, CorpusError> {
    let input = Input::open(path)?;
    input.refuse_binary()?;
    let format = if path.as_os_str() == "-" { Some(Format::of_content(&input.bytes)) } else { Format::of_name(path) };
    let is_json = matches!(format, Some(Format::Jsonl | Format::Json));
    let most = if is_json { MAX_JSON_LINE_BYTES } else { MAX_LINE_BYTES };
    let mut queries = Vec::new();
    for (number, line) in input.lines() {
        let bad_line = |reason| CorpusError::BadLine { name: input.name.clone(), line: number, reason };
        let line = input.decode(line, most).map_err(bad_line)?;
        if line.trim().is_empty() {
            continue;
        }
        queries.push(if is_json { parse_query_line(line).map_err(bad_line)? } else { line.to_owned() });
    }
    Ok(queries)
}

fn parse_query_line(line: &str) -> Result<String, String> {
    #[derive(Deserialize)]
    #[serde(expecting = "an object with \"query\" or \"text\" on each line (JSONL)")]
    struct QueryLine {
        query: Option<String>,
        text: Option<String>,
    }
    let QueryLine { query, text } = serde_json::from_str(line).map_err(|error| describe_json_error(&error))?;
    let Some(query) = query.or(text) else { return Err("there is neither \"query\" nor \"text\"".into()) };
    if query.trim().is_empty() { Err("\"query\" is empty".into()) } else { Ok(query) }
}

#[cfg(test)]
mod tests;
