//! JSON: an object or a text on each line (JSONL), or an array of them.

use std::fmt;

use indexmap::IndexSet;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::CorpusError;
use super::gathering::{File, Gathering};
use super::input::{Input, MAX_JSON_LINE_BYTES, line_feeds};
use super::table::{Column, Table, add_text, all_differ};
use crate::corpus::source::Format;

/// How many rows are looked at for what their fields are for.
const SAMPLE: usize = 200;

/// Reads JSONL.
pub(super) fn read_lines(input: &Input, file: &File, gathering: &mut Gathering) -> Result<(), CorpusError> {
    let rows = || input.lines().map(|(line, bytes)| (line, line, input.decode(bytes, MAX_JSON_LINE_BYTES)));
    read_rows(rows, file, gathering)
}

/// Reads an array; or JSONL, as many call that JSON.
pub(super) fn read(input: &Input, file: &File, gathering: &mut Gathering) -> Result<(), CorpusError> {
    if Format::of_content(&input.bytes) == Format::Jsonl {
        return read_lines(input, file, gathering);
    }
    let bad_line = |line, reason| CorpusError::BadLine { name: file.name.into(), line, reason };
    let text = str::from_utf8(&input.bytes).map_err(|error| {
        let before = &input.bytes[..error.valid_up_to()];
        let line_start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let line = 1 + line_feeds(before);
        bad_line(line, input.undecodable(&input.bytes[line_start..], before.len() - line_start))
    })?;
    if text.trim().is_empty() {
        return Ok(());
    }
    let elements: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|error| bad_line(error.line().max(1), describe(&error)))?;
    let mut places = Vec::with_capacity(elements.len());
    let (mut counted, mut line) = (0, 1);
    for element in &elements {
        // An element is a part of the text, and only its address says which.
        let start = element.get().as_ptr().addr() - text.as_ptr().addr();
        line += line_feeds(&text.as_bytes()[counted..start]);
        counted = start;
        places.push(line);
    }
    let rows = || (1..).zip(places.iter().zip(&elements)).map(|(number, (&line, raw))| (number, line, Ok(raw.get())));
    read_rows(rows, file, gathering)
}

/// Reads rows, each with its number, its line, and itself or why it is no text.
fn read_rows<'a, R: Iterator<Item = (usize, usize, Result<&'a str, String>)>>(
    rows: impl Fn() -> R,
    file: &File,
    gathering: &mut Gathering,
) -> Result<(), CorpusError> {
    let mut names = Names::new();
    let of_first: Vec<_> = rows()
        .filter_map(|(_, _, row)| row.ok().filter(|row| !row.trim().is_empty()))
        .take(SAMPLE)
        .filter_map(|row| match parse(row, &mut names) {
            Ok(Row::Object(cells)) => Some(cells),
            Ok(Row::Text(_)) | Err(_) => None,
        })
        .collect();
    // An array of texts has no fields.
    let mut table = None;
    if !of_first.is_empty() {
        let columns = Column::of_sample(names.iter().cloned(), &of_first);
        let mut may_be_id = |column: usize| match names[column].as_str() {
            // These say what they are.
            "id" | "_id" => Ok(()),
            name => all_differ(rows().filter_map(|(_, line, row)| Some((line, value_of(row.ok()?, name).ok()?)))),
        };
        table = Some(Table::new(file, &columns, "field", gathering, &mut may_be_id)?);
    }
    for (number, line, row) in rows() {
        let row = match row {
            Ok(row) if row.trim().is_empty() => {
                gathering.blank(file, line);
                continue;
            }
            Ok(row) => parse(row, &mut names).map_err(|error| describe(&error)),
            Err(reason) => Err(reason),
        };
        match row {
            Err(reason) => gathering.bad(file, line, reason)?,
            Ok(Row::Text(text)) => add_text(file, gathering, (number, line), text)?,
            Ok(Row::Object(cells)) => {
                let table = if let Some(table) = &mut table {
                    table
                } else {
                    let columns = Column::of_sample(names.iter().cloned(), std::slice::from_ref(&cells));
                    table.insert(Table::new(file, &columns, "field", gathering, &mut |_| Ok(()))?)
                };
                while table.width() < names.len() {
                    table.add_column(&names[table.width()], gathering);
                }
                table.add(file, gathering, (number, line), cells)?;
            }
        }
    }
    Ok(())
}

/// The value of one field of a row, if it is an object.
fn value_of(row: &str, name: &str) -> Result<Option<String>, serde_json::Error> {
    let object: serde_json::Map<String, Value> = serde_json::from_str(row)?;
    Ok(match object.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => None,
    })
}

/// The names of fields, in the order in which they came up.
type Names = IndexSet<String>;

/// What stands on a line, or in a place of an array.
enum Row {
    /// Values in the order of the names.
    Object(Vec<Option<Value>>),
    Text(String),
}

/// Reads a row, and puts to the names those that are new. A row that cannot be read has none.
fn parse(row: &str, names: &mut Names) -> Result<Row, serde_json::Error> {
    let known = names.len();
    let mut deserializer = serde_json::Deserializer::from_str(row);
    let parsed = RowSeed(names).deserialize(&mut deserializer).and_then(|row| deserializer.end().map(|()| row));
    if parsed.is_err() {
        names.truncate(known);
    }
    parsed
}

struct RowSeed<'a>(&'a mut Names);

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = Row;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object with the text in a field, or a string")
    }

    fn visit_str<E>(self, text: &str) -> Result<Row, E> {
        Ok(Row::Text(text.to_owned()))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Row, M::Error> {
        let mut cells: Vec<Option<Value>> = vec![None; self.0.len()];
        while let Some(place) = map.next_key_seed(NameSeed(self.0))? {
            if cells.len() <= place {
                cells.resize(place + 1, None);
            }
            if cells[place].replace(map.next_value()?).is_some() {
                return Err(M::Error::custom(format_args!("duplicate field `{}`", self.0[place])));
            }
        }
        Ok(Row::Object(cells))
    }
}

/// The place of a name.
struct NameSeed<'a>(&'a mut Names);

impl<'de> DeserializeSeed<'de> for NameSeed<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NameSeed<'_> {
    type Value = usize;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<usize, E> {
        Ok(self.0.get_index_of(name).unwrap_or_else(|| self.0.insert_full(name.to_owned()).0))
    }
}

/// serde's own words without its position, which counts from the start of this one row.
pub(in crate::corpus) fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let reason = text.split(" at line ").next().unwrap_or(&text);
    if error.is_data() { reason.into() } else { format!("not JSON: {reason} at column {}", error.column()) }
}
