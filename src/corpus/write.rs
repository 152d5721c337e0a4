//! Writing a corpus to a file, so that it can be read again.
//!
//! JSON and JSONL take everything: a document is an object with its id, its topic if it has one, its text and its other
//! fields; duplicates are objects of their own. CSV and TSV have the same as columns, with a line of names above. Text has
//! nothing but the texts, each on a line of its own, once for each of its duplicates.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::source::Format;
use super::{Corpus, Document};

/// What a document has beside its other fields, in this order.
const OWN: [&str; 3] = ["id", "topic", "text"];

/// The format that the ending of a file's name stands for.
///
/// # Errors
/// The endings there are, where it is none of them.
pub fn format_of(name: &str) -> Result<Format, &'static str> {
    let ending = Path::new(name).extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        Some("jsonl" | "ndjson") => Ok(Format::Jsonl),
        Some("json") => Ok(Format::Json),
        Some("csv") => Ok(Format::Csv),
        Some("tsv") => Ok(Format::Tsv),
        Some("txt") => Ok(Format::Text),
        _ => Err("the name has to end in .jsonl, .json, .csv, .tsv or .txt"),
    }
}

/// Whether a file of this name would have less of the corpus than there is.
#[must_use]
pub fn loses(name: &str, corpus: &Corpus) -> bool {
    let is_plain = |(document, line): (&Document, usize)| {
        document.topic.is_none() && document.copies() == 1 && document.id == line.to_string()
    };
    format_of(name) == Ok(Format::Text) && !(corpus.fields.is_empty() && corpus.documents.iter().zip(1..).all(is_plain))
}

/// Writes a corpus to the file at `path`, all of it or nothing. Gives how many rows were written; `None` where there is
/// such a file and it may not be replaced.
///
/// # Errors
/// Where it cannot be written.
pub fn save(corpus: &Corpus, path: &Path, format: Format, replace: bool) -> io::Result<Option<usize>> {
    if !replace && path.try_exists()? {
        return Ok(None);
    }
    // A link is written through, and what is no file, as a pipe is, has nothing to be put in its place.
    let target = if path.is_symlink() { fs::canonicalize(path)? } else { path.to_owned() };
    let beside = beside(&target)?;
    let written = OpenOptions::new().write(true).create_new(true).open(&beside).and_then(|file| {
        let rows = write_file(corpus, file, format)?;
        if let Ok(before) = fs::metadata(&target) {
            fs::set_permissions(&beside, before.permissions())?;
        }
        fs::rename(&beside, &target)?;
        Ok(Some(rows))
    });
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written
}

/// A file beside another one, to be put in its place when it is whole.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let Some(name) = path.file_name().filter(|_| !path.is_dir()) else {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "this is a folder"));
    };
    let mut beside = std::ffi::OsString::from(".");
    beside.push(name);
    beside.push(format!(".{}.new", std::process::id()));
    Ok(path.with_file_name(beside))
}

fn write_file(corpus: &Corpus, file: File, format: Format) -> io::Result<usize> {
    let mut file = BufWriter::new(file);
    let rows = write(corpus, &mut file, format)?;
    file.into_inner()?.sync_all()?;
    Ok(rows)
}

/// Writes a corpus, and gives how many rows it has: one for each document and each duplicate.
///
/// # Errors
/// Where it cannot be written; or for a format that corpora are only read from.
pub fn write(corpus: &Corpus, out: &mut impl Write, format: Format) -> io::Result<usize> {
    match format {
        Format::Jsonl => write_jsonl(corpus, out)?,
        Format::Json => write_json(corpus, out)?,
        Format::Csv => write_table(corpus, out, b',')?,
        Format::Tsv => write_table(corpus, out, b'\t')?,
        Format::Text => write_text(corpus, out)?,
        Format::Markdown | Format::Parquet => {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "this format is only read"));
        }
    }
    Ok(corpus.documents.iter().map(Document::copies).sum())
}

/// One document or duplicate.
struct Row<'a> {
    id: &'a str,
    document: &'a Document,
    metadata: &'a [Value],
}

fn rows(corpus: &Corpus) -> impl Iterator<Item = Row<'_>> {
    corpus.documents.iter().flat_map(|document| {
        let duplicates = document.duplicates.iter();
        let duplicates = duplicates.map(move |copy| Row { id: &copy.id, document, metadata: &copy.metadata });
        std::iter::once(Row { id: &document.id, document, metadata: &document.metadata }).chain(duplicates)
    })
}

/// The names of the other fields; one that would be taken for what every document has gets a number.
fn field_names(corpus: &Corpus) -> Vec<String> {
    let mut names: Vec<String> = OWN.map(str::to_owned).into();
    for field in &corpus.fields {
        let mut name = field.clone();
        for number in 2.. {
            if !names.contains(&name) {
                break;
            }
            name = format!("{field} {number}");
        }
        names.push(name);
    }
    names.split_off(OWN.len())
}

fn object(row: &Row<'_>, fields: &[String]) -> Value {
    let mut object = Map::new();
    object.insert("id".into(), json!(row.id));
    if let Some(topic) = &row.document.topic {
        object.insert("topic".into(), json!(topic));
    }
    object.insert("text".into(), json!(row.document.text));
    for (field, value) in fields.iter().zip(row.metadata).filter(|(_, value)| !value.is_null()) {
        object.insert(field.clone(), value.clone());
    }
    Value::Object(object)
}

fn write_jsonl(corpus: &Corpus, out: &mut impl Write) -> io::Result<()> {
    let fields = field_names(corpus);
    for row in rows(corpus) {
        writeln!(out, "{}", object(&row, &fields))?;
    }
    Ok(())
}

fn write_json(corpus: &Corpus, out: &mut impl Write) -> io::Result<()> {
    let fields = field_names(corpus);
    write!(out, "[")?;
    for (number, row) in rows(corpus).enumerate() {
        let comma = if number == 0 { "" } else { "," };
        write!(out, "{comma}\n{}", object(&row, &fields))?;
    }
    writeln!(out, "\n]")
}

fn write_table(corpus: &Corpus, out: &mut impl Write, delimiter: u8) -> io::Result<()> {
    let has_topics = corpus.documents.iter().any(|document| document.topic.is_some());
    let mut table = csv::WriterBuilder::new().delimiter(delimiter).from_writer(out);
    let own = OWN.iter().filter(|name| has_topics || **name != "topic").map(|name| (*name).to_owned());
    let fields = field_names(corpus);
    table.write_record(own.chain(fields.iter().cloned()))?;
    for row in rows(corpus) {
        let mut record = vec![row.id.to_owned()];
        record.extend(has_topics.then(|| row.document.topic.clone().unwrap_or_default()));
        record.push(row.document.text.clone());
        let values = row.metadata.iter().map(cell).chain(std::iter::repeat_with(String::new));
        record.extend(values.take(fields.len()));
        table.write_record(record)?;
    }
    table.flush()
}

/// A value as a table has it: a string as it is, anything else as JSON writes it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn write_text(corpus: &Corpus, out: &mut impl Write) -> io::Result<()> {
    // What begins as a byte order mark does would be taken for one.
    if corpus.documents.first().is_some_and(|document| document.text.starts_with('\u{feff}')) {
        write!(out, "\u{feff}")?;
    }
    for row in rows(corpus) {
        // Of a carriage return at the end of a line, a reader would make a part of the line break.
        let end = if row.document.text.ends_with('\r') { "\r\n" } else { "\n" };
        write!(out, "{}{end}", row.document.text)?;
    }
    Ok(())
}
