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
    // `_id` goes before `id`, wherever both are.
    let is_own = |name: &str| OWN.iter().chain(&["_id"]).any(|own| own.eq_ignore_ascii_case(name));
    let mut names: Vec<String> = Vec::with_capacity(corpus.fields.len());
    for field in &corpus.fields {
        let numbered = (2..).map(|number| format!("{field} {number}"));
        let mut candidates = std::iter::once(field.clone()).chain(numbered);
        let free = candidates.find(|name| !is_own(name) && !names.contains(name));
        names.extend(free);
    }
    names
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
        writeln!(out, "{}", row.document.text)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::corpus::{Duplicate, Source, read};

    fn written(corpus: &Corpus, format: Format) -> String {
        let mut out = Vec::new();
        write(corpus, &mut out, format).expect("memory takes everything");
        String::from_utf8(out).expect("UTF-8")
    }

    /// A document with everything, one with nothing but a text, and one with a duplicate.
    fn corpus() -> Corpus {
        let full = Document {
            topic: Some("greek".into()),
            metadata: Box::new([json!("Ann, \"A\""), json!(3)]),
            ..Document::new("a", "alpha, the first")
        };
        let duplicate = Duplicate { id: "c2".into(), metadata: Box::new([Value::Null, json!([1, 2])]) };
        let doubled = Document { duplicates: Box::new([duplicate]), ..Document::new("c", "gamma") };
        let documents = vec![full, Document::new("b", "beta"), doubled];
        Corpus { fields: vec!["author".into(), "n".into()], ..Corpus::new("letters", documents) }
    }

    #[test]
    fn every_format_has_all_that_it_can_hold() {
        let corpus = corpus();
        assert_eq!(
            written(&corpus, Format::Csv),
            "id,topic,text,author,n\na,greek,\"alpha, the first\",\"Ann, \"\"A\"\"\",3\nb,,beta,,\nc,,gamma,,\nc2,,gamma,,\"[1,2]\"\n"
        );
        assert_eq!(written(&corpus, Format::Text), "alpha, the first\nbeta\ngamma\ngamma\n");
        let lines: Vec<Value> = written(&corpus, Format::Jsonl)
            .lines()
            .map(|line| serde_json::from_str(line).expect("an object a line"))
            .collect();
        let array: Vec<Value> = serde_json::from_str(&written(&corpus, Format::Json)).expect("an array");
        assert_eq!(lines, array);
        let first = json!({"id": "a", "topic": "greek", "text": "alpha, the first", "author": "Ann, \"A\"", "n": 3});
        assert_eq!((&lines[0], lines.len()), (&first, 4));
        assert_eq!(lines[3], json!({"id": "c2", "text": "gamma", "n": [1, 2]}));
    }

    #[test]
    fn a_field_that_is_called_as_a_text_is_no_text() {
        let document = Document { metadata: Box::new([json!("x"), json!("y")]), ..Document::new("1", "the text") };
        let fields = vec!["Text".into(), "_id".into()];
        let corpus = Corpus { fields, ..Corpus::new("c", vec![document]) };
        assert_eq!(written(&corpus, Format::Csv), "id,text,Text 2,_id 2\n1,the text,x,y\n");
    }

    #[test]
    fn the_ending_says_the_format() {
        assert_eq!(format_of("a/b.JSONL"), Ok(Format::Jsonl));
        assert_eq!(format_of("b.tsv"), Ok(Format::Tsv));
        for name in ["b", "b.pdf", ".jsonl", "b.csv.gz", ""] {
            assert!(format_of(name).expect_err(name).contains(".jsonl"), "{name}");
        }
    }

    #[test]
    fn what_text_alone_loses_is_known() {
        assert!(loses("a.txt", &corpus()) && !loses("a.csv", &corpus()));
        let plain = Corpus::new("lines", vec![Document::new("1", "one"), Document::new("2", "two")]);
        assert!(!loses("a.txt", &plain));
    }

    #[test]
    fn a_file_is_replaced_whole_and_only_where_that_is_allowed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("letters.txt");
        assert_eq!(save(&corpus(), &path, Format::Text, false).expect("a free place"), Some(4));
        let one = Corpus::new("one", vec![Document::new("1", "one")]);
        assert_eq!(save(&one, &path, Format::Text, false).expect("it is there"), None);
        assert_eq!(fs::read_to_string(&path).expect("as it was").lines().count(), 4);
        assert_eq!(save(&one, &path, Format::Text, true).expect("it may"), Some(1));
        assert_eq!(fs::read_to_string(&path).expect("the new one"), "one\n");
        let names = || fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names(), 1, "nothing is left beside it");
        // What cannot be written leaves what was there.
        save(&one, &path, Format::Parquet, true).expect_err("it is only read");
        assert_eq!((fs::read_to_string(&path).expect("as it was"), names()), ("one\n".into(), 1));
        let error = save(&one, folder.path(), Format::Text, true).expect_err("a folder");
        assert_eq!(error.to_string(), "this is a folder");
        save(&one, &folder.path().join("nowhere/x.txt"), Format::Text, false).expect_err("no such folder");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_written_through_and_a_private_file_stays_private() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("a.txt"), folder.path().join("link.txt"));
        fs::write(&path, "old").expect("a free place");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("its own file");
        std::os::unix::fs::symlink(&path, &link).expect("a free place");
        save(&corpus(), &link, Format::Text, true).expect("it may");
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&path).expect("the new one").lines().count(), 4);
        assert_eq!(fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o600);
    }

    /// Texts as they may be in a corpus: anything but line breaks, and not blank.
    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z \"',;\t\\\\{}\\[\\]=-]{1,12}x", "[\u{feff}é日\u{202e} ]{0,3}[a-z] ?", "\\PC{0,6}y",]
    }

    fn corpora() -> impl Strategy<Value = Corpus> {
        let value = prop_oneof![
            Just(Value::Null),
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            "[a-z ,\"]{0,5}z".prop_map(Value::from),
        ];
        let row = (prop::collection::vec(value, 2), prop::option::of("[a-z]{1,5}"), 0_usize..3);
        let texts = prop::collection::btree_set(text(), 1..8);
        (texts, prop::collection::vec(row, 8)).prop_map(|(texts, rows)| {
            let documents =
                texts.into_iter().zip(rows).enumerate().map(|(number, (text, (metadata, topic, copies)))| {
                    let duplicates = (0..copies).map(|copy| Duplicate {
                        id: format!("d{number}-{copy}"),
                        metadata: metadata.iter().rev().cloned().collect(),
                    });
                    let (duplicates, metadata) = (duplicates.collect(), metadata.clone().into());
                    Document { topic, metadata, duplicates, ..Document::new(format!("d{number}"), text) }
                });
            let documents = documents.collect();
            Corpus { fields: vec!["author".into(), "year".into()], ..Corpus::new("made", documents) }
        })
    }

    type Said = (String, Option<String>, String, Vec<(String, String)>);

    /// What a corpus says, whatever order its fields have: id, topic, text and the fields as a table would have them.
    fn said(corpus: &Corpus) -> Vec<Said> {
        let fields = |metadata: &[Value]| {
            let cells = corpus.fields.iter().cloned().zip(metadata.iter().map(cell));
            let mut cells: Vec<_> = cells.filter(|(_, cell)| !cell.is_empty()).collect();
            cells.sort();
            cells
        };
        let row = |row: Row<'_>| {
            let Document { topic, text, .. } = row.document;
            (row.id.to_owned(), topic.clone(), text.clone(), fields(row.metadata))
        };
        rows(corpus).map(row).collect()
    }

    fn read_again(corpus: &Corpus, ending: &str) -> Corpus {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(format!("made.{ending}"));
        let format = format_of(&path.to_string_lossy()).expect("an ending");
        let rows = corpus.documents.iter().map(Document::copies).sum();
        assert_eq!(save(corpus, &path, format, false).expect("a free place"), Some(rows));
        read::load(&Source::at(path)).expect("what was written can be read")
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(corpus in corpora()) {
            for ending in ["jsonl", "json", "csv", "tsv"] {
                let again = read_again(&corpus, ending);
                prop_assert_eq!(again.skipped.rows, 0, "{}: {:?}", ending, again.skipped.first);
                prop_assert_eq!(said(&again), said(&corpus), "{}", ending);
                prop_assert_eq!(again.documents.len(), corpus.documents.len(), "duplicates are found again");
            }
        }

        #[test]
        fn texts_are_read_again_as_they_were(corpus in corpora()) {
            let again = read_again(&corpus, "txt");
            let texts = |corpus: &Corpus| -> Vec<(String, usize)> {
                corpus.documents.iter().map(|document| (document.text.clone(), document.copies())).collect()
            };
            prop_assert_eq!(texts(&again), texts(&corpus));
        }
    }
}
