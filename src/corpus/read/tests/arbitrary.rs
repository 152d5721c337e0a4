//! Whatever others write comes back, and whatever stands in a file harms nobody.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;

use ::parquet::column::writer::ColumnWriter;
use ::parquet::data_type::ByteArray;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::writer::SerializedFileWriter;
use ::parquet::schema::parser::parse_message_type;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// A row as somebody has it who writes it down.
#[derive(Debug, Clone)]
struct Written {
    text: String,
    tag: String,
    number: Option<i64>,
    nested: Value,
}

fn text() -> impl Strategy<Value = String> {
    "[\\PC\n\r\t\",;|]{0,30}[a-zé日]".prop_filter("it has letters", |text| !text.trim().is_empty())
}

fn nested() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{1,4}", inner, 0..4)
                .prop_map(|map: BTreeMap<String, Value>| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn rows() -> impl Strategy<Value = Vec<Written>> {
    let row = (text(), "t\\PC{0,8}", any::<Option<i64>>(), nested());
    let row = row.prop_map(|(text, tag, number, nested)| Written { text, tag, number, nested });
    prop::collection::vec(row, 1..12)
}

/// A text as it is shown.
fn shown(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

/// Checks ids, texts, and what stands in the fields `tag`, `number` and `nested`.
#[track_caller]
fn assert_came_back(corpus: &Corpus, rows: &[Written], with_nested: bool) {
    assert_eq!(corpus.skipped, crate::corpus::Skipped::default());
    let expected: Vec<_> = (0..).zip(rows).map(|(at, row)| (format!("row {at}"), shown(&row.text))).collect();
    let found: Vec<_> = corpus.documents.iter().map(|d| (d.id.clone(), d.text.clone())).collect();
    assert_eq!(found, expected);
    for (at, row) in rows.iter().enumerate() {
        assert_eq!(said(corpus, at, "tag"), json!(row.tag));
        assert_eq!(said(corpus, at, "number"), json!(row.number));
        if with_nested {
            assert_eq!(said(corpus, at, "nested"), row.nested);
        }
    }
}

fn apart() -> ReadOptions {
    ReadOptions { keep_duplicates: true, ..ReadOptions::default() }
}

fn as_csv(rows: &[Written], delimiter: u8) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(["id", "text", "number", "tag"]).expect("a vector takes everything");
    for (at, row) in rows.iter().enumerate() {
        let number = row.number.map(|number| number.to_string()).unwrap_or_default();
        writer.write_record([&format!("row {at}"), &row.text, &number, &row.tag]).expect("a vector takes everything");
    }
    writer.into_inner().expect("a vector takes everything")
}

fn as_objects(rows: &[Written]) -> Vec<Value> {
    let object = |(at, row): (usize, &Written)| json!({"id": format!("row {at}"), "text": row.text, "number": row.number, "tag": row.tag, "nested": row.nested});
    rows.iter().enumerate().map(object).collect()
}

fn as_jsonl(rows: &[Written]) -> Vec<u8> {
    as_objects(rows).iter().flat_map(|row| format!("{row}\n").into_bytes()).collect()
}

fn as_parquet(rows: &[Written]) -> Vec<u8> {
    let schema = "message rows { REQUIRED BYTE_ARRAY id (UTF8); REQUIRED BYTE_ARRAY text (UTF8);
                  OPTIONAL INT64 number; REQUIRED BYTE_ARRAY tag (UTF8); }";
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let mut bytes = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, schema, Arc::new(WriterProperties::default())).expect("a writer");
    let mut group = writer.next_row_group().expect("a group");
    for column in 0..4 {
        let of = |at: usize, row: &Written| match column {
            0 => format!("row {at}"),
            1 => row.text.clone(),
            _ => row.tag.clone(),
        };
        let mut writer = group.next_column().expect("sound").expect("there are four");
        match writer.untyped() {
            ColumnWriter::ByteArrayColumnWriter(writer) => {
                let values: Vec<_> =
                    rows.iter().enumerate().map(|(at, row)| ByteArray::from(of(at, row).as_str())).collect();
                writer.write_batch(&values, None, None).expect("written");
            }
            ColumnWriter::Int64ColumnWriter(writer) => {
                let values: Vec<_> = rows.iter().filter_map(|row| row.number).collect();
                let levels: Vec<_> = rows.iter().map(|row| i16::from(row.number.is_some())).collect();
                writer.write_batch(&values, Some(&levels), None).expect("written");
            }
            _ => unreachable!("the schema has two kinds"),
        }
        writer.close().expect("closed");
    }
    group.close().expect("closed");
    writer.close().expect("closed");
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything")
}

/// Something that happens to a file.
#[derive(Debug, Clone)]
enum Mishap {
    Cut(prop::sample::Index),
    Flip(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index),
}

fn mishaps() -> impl Strategy<Value = Vec<Mishap>> {
    let at = any::<prop::sample::Index>;
    let inserted = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..4),
        prop::sample::select(vec![b"\"".to_vec(), b"\n".to_vec(), b",".to_vec(), b"{".to_vec(), b"\0".to_vec()]),
    ];
    let mishap = prop_oneof![
        at().prop_map(Mishap::Cut),
        (at(), any::<u8>()).prop_map(|(at, bits)| Mishap::Flip(at, bits)),
        (at(), inserted).prop_map(|(at, bytes)| Mishap::Insert(at, bytes)),
        at().prop_map(Mishap::Remove),
    ];
    prop::collection::vec(mishap, 1..4)
}

fn after(mut bytes: Vec<u8>, mishaps: &[Mishap]) -> Vec<u8> {
    for mishap in mishaps.iter().filter(|_| !bytes.is_empty()).cloned().collect::<Vec<_>>() {
        if bytes.is_empty() {
            break;
        }
        match mishap {
            Mishap::Cut(at) => bytes.truncate(at.index(bytes.len())),
            Mishap::Flip(at, bits) => {
                let at = at.index(bytes.len());
                bytes[at] ^= bits;
            }
            Mishap::Insert(at, new) => {
                let at = at.index(bytes.len());
                bytes.splice(at..at, new);
            }
            Mishap::Remove(at) => drop(bytes.remove(at.index(bytes.len()))),
        }
    }
    bytes
}

/// What means something in one format or another.
const SIGNS: &[u8] = b"ab \n\r\",;\t#-|`{}[]:.\xC3";

const NAMES: [&str; 8] = ["x.txt", "x.md", "x.csv", "x.tsv", "x.jsonl", "x.json", "x.parquet", "-"];

/// Reads it as each format, whole and in parts; a format of one document a line has to account for each of them.
fn read_in_every_way(bytes: &[u8]) {
    for name in NAMES {
        for split in [None, Some(Split::Sentences), Some(Split::Paragraphs)] {
            let result = read_as_told(name, bytes, ReadOptions { split, ..apart() });
            let Ok(corpus) = result else { continue };
            let ids: std::collections::HashSet<_> = corpus.documents.iter().map(|document| &document.id).collect();
            assert_eq!(ids.len(), corpus.documents.len(), "{name}");
            assert!(corpus.documents.iter().all(|d| !d.text.contains(['\n', '\r']) && !d.text.trim().is_empty()));
            if split.is_none() && matches!(name, "x.txt" | "x.jsonl") {
                let lines = Input::new(name, bytes.to_vec()).expect("it was read").lines().count();
                let found = corpus.documents.len() + corpus.blank_lines.len() + corpus.skipped.rows;
                // A file of no bytes has one line, on which nothing stands.
                assert_eq!(found, lines, "{name}");
            }
        }
    }
}

proptest! {
    #[test]
    fn lines_of_text_come_back(lines in prop::collection::vec("\\PC{0,30}[a-zé日]", 1..20)) {
        for end in ["\n", "\r\n"] {
            let corpus = read_as_told("x.txt", lines.join(end).as_bytes(), apart()).expect("valid");
            prop_assert_eq!(corpus.texts(), lines.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let units: Vec<u8> = format!("\u{feff}{}", lines.join("\n")).encode_utf16().flat_map(u16::to_be_bytes).collect();
        let corpus = read_as_told("x.txt", &units, apart()).expect("valid");
        prop_assert_eq!(corpus.texts(), lines.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn tables_come_back(rows in rows()) {
        let read = |name: &str, bytes: &[u8]| read_as_told(name, bytes, apart()).expect("valid");
        assert_came_back(&read("x.csv", &as_csv(&rows, b',')), &rows, false);
        assert_came_back(&read("x.csv", &as_csv(&rows, b';')), &rows, false);
        assert_came_back(&read("x.tsv", &as_csv(&rows, b'\t')), &rows, false);
        assert_came_back(&read("x.jsonl", &as_jsonl(&rows)), &rows, true);
        assert_came_back(&read("x.jsonl.gz", &packed(&as_jsonl(&rows))), &rows, true);
        let pretty = serde_json::to_vec_pretty(&as_objects(&rows)).expect("a vector takes everything");
        assert_came_back(&read("x.json", &pretty), &rows, true);
        assert_came_back(&read("x.parquet", &as_parquet(&rows)), &rows, false);
    }

    #[test]
    fn bytes_of_any_kind_are_documents_or_blank_or_passed_over(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_in_every_way(&bytes);
        let words: Vec<u8> = bytes.iter().map(|&byte| SIGNS[usize::from(byte) % SIGNS.len()]).collect();
        read_in_every_way(&words);
    }

    #[test]
    fn what_happens_to_a_file_harms_nobody(rows in rows(), mishaps in mishaps()) {
        let csv = as_csv(&rows, b',');
        for whole in [packed(&csv), csv, as_jsonl(&rows), as_parquet(&rows)] {
            read_in_every_way(&after(whole, &mishaps));
        }
    }
}
