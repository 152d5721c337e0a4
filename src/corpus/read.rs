//! Reading a corpus: UTF-8 text with one document a line, or JSONL.
//!
//! Which of the two it is follows from the file's ending (`.jsonl`, `.ndjson` and `.json` against any other); standard
//! input is JSONL when its first line that is not blank begins with `{`. Blank lines are passed over. A document's id
//! is its `id` or `_id` field, else the number of its line.
//!
//! The `corpus.jsonl` of a BEIR collection can be read as it is: a `title` stands before the text, with a space between.
//! Such collections have documents that are empty; a line that has an `_id` but neither title nor text is passed over as
//! a blank one is.

use std::collections::HashMap;
use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::{Corpus, Document, Source, bundled};

/// The longest line that is read, in bytes. A longer one is no sentence, and would take a model seconds to tokenise
/// only to be cut after a few hundred tokens.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

/// The longest line of JSONL, in bytes: other fields stand beside the text, and its letters may be written as escapes.
const MAX_JSON_LINE_BYTES: usize = 16 * MAX_LINE_BYTES;

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
}

/// How a source writes its documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Jsonl,
}

impl Format {
    /// The longest line, in bytes.
    fn most_bytes(self) -> usize {
        match self {
            Self::Text => MAX_LINE_BYTES,
            Self::Jsonl => MAX_JSON_LINE_BYTES,
        }
    }
}

/// The corpus that a person named, or the bundled one where none was.
///
/// # Errors
/// As [`load`].
pub fn load_or_bundled(source: Option<&Source>) -> Result<Corpus, CorpusError> {
    source.map_or_else(|| Ok(bundled::corpus()), load)
}

/// Reads a corpus from wherever it is.
///
/// # Errors
/// [`CorpusError`], naming the file, and the line where one is at fault.
pub fn load(source: &Source) -> Result<Corpus, CorpusError> {
    read(&source.path)
}

/// Reads the corpus at `path`, or standard input for `-`.
///
/// # Errors
/// [`CorpusError`], naming the file, and the line where one is at fault.
pub fn read(path: &Path) -> Result<Corpus, CorpusError> {
    let Opened { name, bytes, format } = Opened::open(path)?;
    parse(&name, &bytes, format)
}

/// A file, or standard input, read whole.
pub(super) struct Opened {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    format: Format,
}

impl Opened {
    pub(super) fn open(path: &Path) -> Result<Self, CorpusError> {
        let from_stdin = path.as_os_str() == "-";
        let name = if from_stdin { "standard input".into() } else { path.display().to_string() };
        let bytes = if from_stdin { read_stdin() } else { fs::read(path) }
            .map_err(|source| CorpusError::Unreadable { name: name.clone(), source })?;
        let format = if from_stdin { format_of_content(&bytes) } else { format_of_name(path) };
        Ok(Self { name, bytes, format })
    }
}

/// The lines of a source, numbered from 1.
pub(super) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let bytes = without_bom(bytes);
    // The line break at the end of the last line begins no further one.
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    (1..).zip(bytes.split(|&byte| byte == b'\n'))
}

/// Reads queries: as [`read`] does, but the text of a JSONL line may be called `query`, and a query may come twice.
///
/// # Errors
/// [`CorpusError`], naming the file, and the line where one is at fault.
pub fn queries(path: &Path) -> Result<Vec<String>, CorpusError> {
    let Opened { name, bytes, format } = Opened::open(path)?;
    let mut queries = Vec::new();
    for (number, line) in lines(&bytes) {
        let bad_line = |reason| CorpusError::BadLine { name: name.clone(), line: number, reason };
        let line = decode(line, format.most_bytes()).map_err(bad_line)?;
        if line.trim().is_empty() {
            continue;
        }
        queries.push(match format {
            Format::Text => line.to_owned(),
            Format::Jsonl => parse_query_line(line).map_err(bad_line)?,
        });
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

fn read_stdin() -> io::Result<Vec<u8>> {
    if io::stdin().is_terminal() {
        writeln!(io::stderr(), "reading texts from the terminal, one a line; Ctrl+D ends them")?;
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn format_of_name(path: &Path) -> Format {
    let ending = path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        Some("jsonl" | "ndjson" | "json") => Format::Jsonl,
        _ => Format::Text,
    }
}

fn format_of_content(bytes: &[u8]) -> Format {
    if without_bom(bytes).trim_ascii_start().starts_with(b"{") { Format::Jsonl } else { Format::Text }
}

fn without_bom(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

fn parse(name: &str, bytes: &[u8], format: Format) -> Result<Corpus, CorpusError> {
    let (mut documents, mut blank_lines) = (Vec::new(), Vec::new());
    let mut line_of_id = HashMap::new();
    for (number, bytes) in lines(bytes) {
        let bad_line = |reason| CorpusError::BadLine { name: name.into(), line: number, reason };
        let line = decode(bytes, format.most_bytes()).map_err(bad_line)?;
        if line.trim().is_empty() {
            blank_lines.push(number);
            continue;
        }
        let document = match format {
            Format::Text => Some(Document::new(number.to_string(), line)),
            Format::Jsonl => parse_json_line(line, number).map_err(bad_line)?,
        };
        let Some(document) = document else {
            blank_lines.push(number);
            continue;
        };
        if let Some(earlier) = line_of_id.insert(document.id.clone(), number) {
            return Err(bad_line(format!("the id \"{}\" was already used on line {earlier}", document.id)));
        }
        documents.push(document);
    }
    Ok(Corpus { blank_lines, ..Corpus::new(name, documents) })
}

/// A line as text, without what ends it.
pub(super) fn decode(bytes: &[u8], most: usize) -> Result<&str, String> {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    if bytes.len() > most {
        return Err(format!("a line of {} bytes; a document may have up to {most}", bytes.len()));
    }
    str::from_utf8(bytes).map_err(|error| {
        let offset = error.valid_up_to();
        format!("not UTF-8: byte {} of the line is 0x{:02X}", offset + 1, bytes[offset])
    })
}

/// One line of a JSONL corpus. Other fields may stand beside these and are not looked at.
#[derive(Deserialize)]
#[serde(expecting = "an object with \"text\" on each line (JSONL)")]
struct JsonLine {
    text: Option<String>,
    title: Option<String>,
    id: Option<Value>,
    #[serde(rename = "_id")]
    beir_id: Option<JsonId>,
    topic: Option<Value>,
}

/// People number their documents with and without quotes.
#[derive(Deserialize)]
#[serde(untagged, expecting = "\"id\" must be a string or a number")]
pub(super) enum JsonId {
    Text(String),
    Number(serde_json::Number),
}

impl JsonId {
    /// The number without its sign of being one.
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(id) => id,
            Self::Number(id) => id.to_string(),
        }
    }
}

/// The document on a line; `None` for an empty one of a BEIR collection.
fn parse_json_line(line: &str, number: usize) -> Result<Option<Document>, String> {
    let line: JsonLine = serde_json::from_str(line).map_err(|error| describe_json_error(&error))?;
    let JsonLine { text, title, id, beir_id, topic } = line;
    let from_beir = beir_id.is_some();
    if text.is_none() && title.is_none() {
        return Err("missing field `text`".into());
    }
    let parts: Vec<String> = title.into_iter().chain(text).filter(|part| !part.trim().is_empty()).collect();
    if parts.is_empty() {
        return if from_beir { Ok(None) } else { Err("\"text\" is empty".into()) };
    }
    let id = match (beir_id, id) {
        // Beside an `_id`, an `id` is one field among others.
        (Some(id), _) => id.into_text(),
        (None, Some(id)) => JsonId::deserialize(id).map_err(|error| error.to_string())?.into_text(),
        (None, None) => number.to_string(),
    };
    // What a topic is called; anything else of that name is none.
    let topic = match topic {
        Some(Value::String(topic)) => Some(topic),
        Some(Value::Number(topic)) => Some(topic.to_string()),
        _ => None,
    };
    // A line break inside a text would tear the screen's rows and the one-text-a-line formats.
    let text = parts.join(" ").replace(['\r', '\n'], " ");
    if text.len() > MAX_LINE_BYTES {
        return Err(format!("a text of {} bytes; a document may have up to {MAX_LINE_BYTES}", text.len()));
    }
    Ok(Some(Document { topic, ..Document::new(id, text) }))
}

/// serde's own words without its position, which counts from the start of this one line.
pub(super) fn describe_json_error(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    if error.is_data() { reason.into() } else { format!("not JSON: {reason} at column {}", error.column()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<Corpus, CorpusError> {
        parse("notes.txt", bytes, Format::Text)
    }

    fn jsonl(bytes: &str) -> Result<Corpus, CorpusError> {
        parse("notes.jsonl", bytes.as_bytes(), Format::Jsonl)
    }

    fn ids_and_texts(corpus: &Corpus) -> Vec<(&str, &str)> {
        corpus.documents.iter().map(|d| (d.id.as_str(), d.text.as_str())).collect()
    }

    #[track_caller]
    fn assert_refused(result: Result<Corpus, CorpusError>, message: &str) {
        assert_eq!(result.expect_err(message).to_string(), message);
    }

    #[test]
    fn text_is_one_document_a_line_and_blank_lines_keep_their_number() {
        let corpus = text(b"\xEF\xBB\xBFfirst\r\n\n  \t\nfourth\n").expect("valid");
        assert_eq!(ids_and_texts(&corpus), [("1", "first"), ("4", "fourth")]);
    }

    #[test]
    fn an_empty_source_is_an_empty_corpus() {
        assert!(text(b"").expect("valid").documents.is_empty());
        assert!(text(b"\n\n \n").expect("valid").documents.is_empty());
    }

    #[test]
    fn jsonl_takes_ids_of_both_kinds_and_none() {
        let corpus = jsonl(
            "{\"id\":\"a\",\"text\":\"one\",\"topic\":\"t\"}\n{\"id\":7,\"text\":\"two\"}\n{\"text\":\"three\\nlines\",\"x\":[1]}\n",
        )
        .expect("valid");
        assert_eq!(ids_and_texts(&corpus), [("a", "one"), ("7", "two"), ("3", "three lines")]);
        assert_eq!(corpus.documents[0].topic.as_deref(), Some("t"));
    }

    #[test]
    fn a_line_of_a_collection_has_a_title_before_its_text() {
        let corpus = jsonl(
            "{\"_id\":\"a\",\"title\":\"On wings\",\"text\":\"They lift.\"}\n{\"_id\":7,\"title\":\"\",\"text\":\"Only text\"}\n\
             {\"_id\":\"c\",\"title\":\"Only\\ntitle\",\"text\":\" \"}\n{\"_id\":\"d\",\"title\":\"No text\"}\n\
             {\"_id\":\"e\",\"title\":\"\",\"text\":\"\"}\n{\"_id\":\"f\",\"title\":null,\"text\":\"Null\"}\n",
        )
        .expect("valid");
        let expected =
            [("a", "On wings They lift."), ("7", "Only text"), ("c", "Only title"), ("d", "No text"), ("f", "Null")];
        assert_eq!((ids_and_texts(&corpus), corpus.blank_lines.clone()), (expected.into(), vec![5]));
        assert_refused(jsonl("{\"_id\":\"a\"}"), "notes.jsonl:1: missing field `text`");
        assert_refused(jsonl("{\"id\":\"a\",\"title\":\" \"}"), "notes.jsonl:1: \"text\" is empty");
        assert_refused(
            jsonl("{\"_id\":1,\"text\":\"x\"}\n{\"_id\":\"1\",\"text\":\"y\"}"),
            "notes.jsonl:2: the id \"1\" was already used on line 1",
        );
    }

    #[test]
    fn what_is_wrong_is_named_with_file_and_line() {
        assert_refused(text(b"fine\nbad \xFF byte"), "notes.txt:2: not UTF-8: byte 5 of the line is 0xFF");
        assert_refused(
            text(&[b"ok\n".to_vec(), vec![b'x'; MAX_LINE_BYTES + 1]].concat()),
            "notes.txt:2: a line of 1048577 bytes; a document may have up to 1048576",
        );
        assert_refused(jsonl("{\"id\":\"a\"}"), "notes.jsonl:1: missing field `text`");
        assert_refused(jsonl("\n{\"text\":\" \"}"), "notes.jsonl:2: \"text\" is empty");
        assert_refused(
            jsonl("{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"a\",\"text\":\"y\"}"),
            "notes.jsonl:2: the id \"a\" was already used on line 1",
        );
        let error = jsonl("{\"text\": oops}").expect_err("not JSON").to_string();
        assert!(error.starts_with("notes.jsonl:1: not JSON: expected"), "{error}");
    }

    #[test]
    fn fields_that_are_called_like_ours_do_no_harm() {
        let corpus = jsonl(
            "{\"_id\":\"d1\",\"id\":{\"x\":1},\"text\":\"cats\",\"topic\":12}\n{\"_id\":\"d2\",\"id\":7,\"text\":\"dogs\",\"topic\":[]}",
        );
        let corpus = corpus.expect("valid");
        assert_eq!(ids_and_texts(&corpus), [("d1", "cats"), ("d2", "dogs")]);
        assert_eq!(corpus.documents[0].topic.as_deref(), Some("12"));
        assert_eq!(corpus.documents[1].topic, None);
        assert_refused(jsonl("{\"id\":[1],\"text\":\"x\"}"), "notes.jsonl:1: \"id\" must be a string or a number");
    }

    #[test]
    fn a_line_of_json_may_be_longer_than_its_text() {
        let metadata = "m".repeat(2 * MAX_LINE_BYTES);
        let long = jsonl(&format!("{{\"text\":\"short\",\"metadata\":\"{metadata}\"}}"));
        assert_eq!(ids_and_texts(&long.expect("valid")), [("1", "short")]);
        assert_refused(
            jsonl(&format!("{{\"text\":\"{metadata}\"}}")),
            "notes.jsonl:1: a text of 2097152 bytes; a document may have up to 1048576",
        );
    }

    #[test]
    fn standard_input_is_jsonl_when_it_looks_like_it() {
        assert_eq!(format_of_content(b"\xEF\xBB\xBF \n {\"text\":1}"), Format::Jsonl);
        assert_eq!(format_of_content(b"plain {text}"), Format::Text);
        assert_eq!(format_of_name(Path::new("a/B.JSONL")), Format::Jsonl);
        assert_eq!(format_of_name(Path::new("a/b.txt")), Format::Text);
    }

    #[test]
    fn a_missing_file_and_a_directory_say_which() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let missing = folder.path().join("missing.txt");
        let error = format!("{:#}", anyhow::Error::from(read(&missing).expect_err("missing")));
        assert!(error.contains("missing.txt: No such file"), "{error}");
        let error = format!("{:#}", anyhow::Error::from(read(folder.path()).expect_err("a directory")));
        assert!(error.contains("Is a directory"), "{error}");
    }
}
