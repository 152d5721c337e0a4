//! Whole corpora, from bytes to documents.

use serde_json::json;

use super::*;
use crate::corpus::source::ReadOptions;
use crate::corpus::source::VectorsFile;

mod arbitrary;
mod folders;
mod tables;
mod texts;

/// What a file of some name and content is read as.
fn read_as_told(name: &str, content: &[u8], options: ReadOptions) -> Result<Corpus, CorpusError> {
    let mut gathering = Gathering::new(&Source { options, ..Source::at(name) });
    read_input(Path::new(name), &Input::new(name, content.to_vec())?, &mut gathering)?;
    gathering.finish(name.into())
}

fn read(name: &str, content: impl AsRef<[u8]>) -> Result<Corpus, CorpusError> {
    read_as_told(name, content.as_ref(), ReadOptions::default())
}

fn strictly(name: &str, content: impl AsRef<[u8]>) -> Result<Corpus, CorpusError> {
    read_as_told(name, content.as_ref(), ReadOptions { strict: true, ..ReadOptions::default() })
}

fn split(name: &str, content: &str, split: Split) -> Corpus {
    let options = ReadOptions { split: Some(split), ..ReadOptions::default() };
    read_as_told(name, content.as_bytes(), options).expect("readable")
}

fn ids_and_texts(corpus: &Corpus) -> Vec<(&str, &str)> {
    corpus.documents.iter().map(|d| (d.id.as_str(), d.text.as_str())).collect()
}

/// What is said of a document in a field.
#[track_caller]
fn said(corpus: &Corpus, document: usize, field: &str) -> serde_json::Value {
    let place = corpus.fields.iter().position(|name| name == field).expect("a field of that name");
    corpus.documents[document].metadata.get(place).cloned().unwrap_or_default()
}

#[track_caller]
fn assert_refused(result: Result<Corpus, CorpusError>, message: &str) {
    assert_eq!(result.expect_err(message).to_string(), message);
}

#[test]
fn a_row_that_cannot_be_read_is_counted_and_named_and_the_others_are_read() {
    let corpus = read("notes.txt", b"fine\nbad \xFF byte\nalso fine\n").expect("two are fine");
    assert_eq!(ids_and_texts(&corpus), [("1", "fine"), ("3", "also fine")]);
    assert_eq!(
        (corpus.skipped.rows, &corpus.skipped.first[..]),
        (1, &["notes.txt:2: not UTF-8: byte 5 of the line is 0xFF".to_owned()][..])
    );
}

#[test]
fn only_the_first_rows_are_named_but_all_are_counted() {
    let content = format!("fine\n{}", "{\"text\":1}\n".repeat(9));
    let corpus = read("notes.jsonl", format!("{{\"text\":\"fine\"}}\n{content}")).expect("one is fine");
    assert_eq!((corpus.documents.len(), corpus.skipped.rows, corpus.skipped.first.len()), (1, 10, 5));
    assert_eq!(corpus.skipped.first[1], "notes.jsonl:3: \"text\" is a number; a string is wanted");
}

#[test]
fn where_no_row_can_be_read_the_first_says_why() {
    assert_refused(
        read("x.jsonl", "{\"text\":1}\n{\"text\":2}\n"),
        "x.jsonl: none of its 2 rows can be read. The first: x.jsonl:1: \"text\" is a number; a string is wanted",
    );
    assert_refused(
        read("x.txt", b"\xFF"),
        "x.txt: nothing in it can be read: x.txt:1: not UTF-8: byte 1 of the line is 0xFF",
    );
}

#[test]
fn strict_reading_stops_at_the_first_row_that_cannot_be_read() {
    assert_refused(strictly("notes.txt", b"fine\nbad \xFF byte"), "notes.txt:2: not UTF-8: byte 5 of the line is 0xFF");
    assert_refused(
        strictly("notes.txt", [b"ok\n".to_vec(), vec![b'x'; MAX_LINE_BYTES + 1]].concat()),
        "notes.txt:2: a line of 1048577 bytes; a document may have up to 1048576",
    );
    assert_refused(
        strictly("notes.jsonl", "{\"id\":\"b\",\"text\":\"x\"}\n{\"id\":\"a\"}"),
        "notes.jsonl:2: missing field `text`",
    );
    assert_refused(strictly("notes.jsonl", "\n{\"text\":\" \"}"), "notes.jsonl:2: \"text\" is empty");
    assert_refused(
        strictly("notes.jsonl", "{\"id\":\"a\",\"text\":\"x\"}\n{\"id\":\"a\",\"text\":\"y\"}"),
        "notes.jsonl:2: the id \"a\" was already used on line 1",
    );
    let error = strictly("notes.jsonl", "{\"text\":\"x\"}\n{\"text\": oops}").expect_err("not JSON").to_string();
    assert!(error.starts_with("notes.jsonl:2: not JSON: expected"), "{error}");
}

#[test]
fn an_id_is_used_once_whether_or_not_it_looks_like_the_number_of_a_line() {
    // Each id with its own text.
    let skipped = |ids: &[&str]| {
        let rows: Vec<String> =
            ids.iter().map(|id| json!({"id": id, "text": format!("of {id}")}).to_string()).collect();
        let corpus = read("x.jsonl", rows.join("\n")).expect("valid");
        (corpus.documents.len(), corpus.skipped.first)
    };
    let used = |line: usize, id: &str, earlier: usize| {
        format!("x.jsonl:{line}: the id \"{id}\" was already used on line {earlier}")
    };
    assert_eq!(skipped(&["1", "2", "3"]), (3, vec![]));
    assert_eq!(skipped(&["1", "2", "x", "2", "5", "5"]), (4, vec![used(4, "2", 2), used(6, "5", 5)]));
    assert_eq!(skipped(&["2", "2"]), (1, vec![used(2, "2", 1)]));
    assert_eq!(skipped(&["1", "02", "3", "02"]), (3, vec![used(4, "02", 2)]));
    assert_eq!(skipped(&["1", "3", "3"]), (2, vec![used(3, "3", 2)]));
}

#[test]
fn a_text_that_is_there_again_is_one_document_with_duplicates() {
    let rows = [
        json!({"id": "a", "text": "same", "n": 1}),
        json!({"id": "b", "text": "other"}),
        json!({"id": "c", "text": "same", "n": 2}),
        json!({"id": "d", "text": "same"}),
    ];
    let content = rows.map(|row| row.to_string()).join("\n");
    let corpus = read("x.jsonl", &content).expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("a", "same"), ("b", "other")]);
    let duplicates: Vec<_> = corpus.documents[0].duplicates.iter().map(|d| (d.id.as_str(), &d.metadata[..])).collect();
    assert_eq!(duplicates, [("c", &[json!(2)][..]), ("d", &[])]);
    assert_eq!(corpus.documents[0].copies() + corpus.documents[1].copies(), 4);
    assert_eq!(corpus.notes, ["2 repeated texts are shown once, with ×n"]);
    let keep = ReadOptions { keep_duplicates: true, ..ReadOptions::default() };
    let apart = read_as_told("x.jsonl", content.as_bytes(), keep).expect("valid");
    assert_eq!(apart.documents.len(), 4);
    assert_eq!(apart.notes, [""; 0]);
}

#[test]
fn texts_of_different_topics_stay_apart_so_that_no_topic_is_lost() {
    let corpus =
        read("x.jsonl", "{\"text\":\"a\",\"topic\":\"x\"}\n{\"text\":\"a\",\"topic\":\"y\"}\n").expect("valid");
    assert_eq!(corpus.documents.len(), 2);
}

#[test]
fn the_ending_says_the_format_and_a_packed_file_has_the_one_below() {
    let of = |name: &str| Format::of_name(Path::new(name));
    assert_eq!(of("a/B.JSONL"), Some(Format::Jsonl));
    assert_eq!(of("a/b.txt"), Some(Format::Text));
    assert_eq!(of("b.Csv.GZ"), Some(Format::Csv));
    assert_eq!(of("b.md"), Some(Format::Markdown));
    assert_eq!(of("b.rs"), None);
    assert_eq!(of(".csv"), None);
    assert_eq!(of("README"), None);
}

#[test]
fn standard_input_says_its_format_by_what_it_begins_with() {
    assert_eq!(Format::of_content(b" \n {\"text\":1}"), Format::Jsonl);
    assert_eq!(Format::of_content(b"plain {text}"), Format::Text);
    assert_eq!(Format::of_content(b"[\n {\"text\":1}]"), Format::Json);
    assert_eq!(Format::of_content(b"[\"one\", \"two\"]"), Format::Json);
    assert_eq!(Format::of_content(b"[draft] a note"), Format::Text);
    assert_eq!(Format::of_content(b"PAR1\x15\x04"), Format::Parquet);
    assert_eq!(Format::of_content(b""), Format::Text);
}

#[test]
fn a_missing_file_and_a_web_page_say_which() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let missing = folder.path().join("missing.txt");
    let error = format!("{:#}", anyhow::Error::from(load(&Source::at(missing)).expect_err("missing")));
    assert!(error.contains("missing.txt: No such file"), "{error}");
    let error = read("page.html", "<p>x</p>").expect_err("a web page").to_string();
    assert!(error.starts_with("page.html: web pages are not read"), "{error}");
}

#[test]
fn what_is_binary_is_said_to_be() {
    let error = read("x.txt", b"\x7FELF\x02\x01\x01\0\0\0").expect_err("binary").to_string();
    assert!(error.starts_with("x.txt: it looks binary: byte 8 is NUL"), "{error}");
}

#[test]
fn vectors_come_with_their_texts_row_by_row() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = |name: &str| folder.path().join(name);
    std::fs::write(path("x.txt"), "one\ntwo\none\n").expect("written");
    let source = |vectors: &str| Source {
        vectors: Some(VectorsFile { path: path(vectors), backend: "local".into() }),
        ..Source::at(path("x.txt"))
    };
    let three = ndarray::array![[1.0_f32, 0.0], [0.5, 2.0], [0.0, -3.0]];
    ndarray_npy::write_npy(path("three.npy"), &three).expect("written");
    ndarray_npy::write_npy(path("wide.npy"), &three.mapv(f64::from).t()).expect("written");
    ndarray_npy::write_npy(path("columns.npy"), &three.mapv(f64::from).t().to_owned().reversed_axes())
        .expect("written");
    ndarray_npy::write_npy(path("whole.npy"), &ndarray::array![[1_i64], [2], [3]]).expect("written");
    ndarray_npy::write_npy(path("none.npy"), &ndarray::array![[1.0_f32], [f32::NAN], [0.0]]).expect("written");
    for name in ["three.npy", "columns.npy"] {
        let corpus = load(&source(name)).expect("they fit");
        // A repeated text has a vector of its own.
        assert_eq!(ids_and_texts(&corpus), [("1", "one"), ("2", "two"), ("3", "one")]);
        let given = corpus.vectors.expect("vectors");
        assert_eq!((given.backend.as_str(), &given.vectors), ("local", &three));
    }
    for (name, reason) in [
        ("wide.npy", "2 vectors, but 3 texts in"),
        ("whole.npy", "float32 or float64 are wanted, not"),
        ("none.npy", "row 1 (counted from 0) holds a number that is not finite"),
        ("x.txt", "no array of texts × dimensions"),
    ] {
        let error = load(&source(name)).expect_err(reason).to_string();
        assert!(error.contains(name) && error.contains(reason), "{error}");
    }
}
