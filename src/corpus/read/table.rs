//! Rows of named values: which column is the text, which the id, and what becomes of the others.

use std::collections::HashMap;

use serde_json::Value;

use super::CorpusError;
use super::gathering::{File, Gathering, set};
use super::text::split;
use crate::corpus::Document;

/// Columns whose name says that they hold the texts, the likeliest first.
const TEXTS: [&str; 8] = ["text", "sentence", "content", "body", "passage", "document", "abstract", "description"];
/// Columns whose name says that they hold ids.
const IDS: [&str; 8] = ["_id", "id", "doc_id", "docid", "document_id", "uuid", "key", "pid"];
/// Columns whose name says what a text is about.
const TOPICS: [&str; 3] = ["topic", "category", "label"];
/// BEIR's names of an id, and of what stands before the text.
const BEIR_ID: &str = "_id";
const BEIR_TITLE: &str = "title";

/// The longest list of numbers that is kept as metadata: a longer one is a vector, and a million of them no memory holds.
const LONGEST_LIST: usize = 64;

/// What is known of a column from the first rows.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Column {
    pub(super) name: String,
    /// The mean length of its texts, in bytes; `None` if it holds anything else.
    pub(super) mean_bytes: Option<f64>,
}

impl Column {
    /// From the values of some rows; a row says nothing of a column beyond its end.
    pub(super) fn of_sample(names: impl IntoIterator<Item = String>, rows: &[Vec<Option<Value>>]) -> Vec<Self> {
        let mean = |column: usize| {
            let mut lengths = Vec::new();
            for row in rows {
                match row.get(column) {
                    Some(Some(Value::String(text))) => lengths.push(text.len()),
                    None | Some(None | Some(Value::Null)) => {}
                    Some(Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => return None,
                }
            }
            mean_of(lengths.iter().sum(), lengths.len())
        };
        names.into_iter().enumerate().map(|(column, name)| Self { name, mean_bytes: mean(column) }).collect()
    }
}

/// A mean; `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "lengths of texts are far below 2^52")]
pub(super) fn mean_of(sum: usize, count: usize) -> Option<f64> {
    (count > 0).then(|| sum as f64 / count as f64)
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Text,
    /// Before the text, in BEIR's layout.
    Title,
    Id,
    /// A topic, and a metadata field as well where it goes by another name.
    Topic(Option<usize>),
    Field(usize),
}

/// Which column is what.
#[derive(Debug)]
pub(super) struct Table {
    roles: Vec<Role>,
    text: String,
    id: Option<String>,
    /// Whether ids are unique in all of the corpus, as the person says.
    id_is_chosen: bool,
    /// Whether it is in BEIR's layout, whose documents may be empty.
    is_beir: bool,
    /// Vectors and the like, of which a note was made.
    left_out: Vec<usize>,
}

/// Whether a column may hold the ids, once it is known by its name.
pub(super) type MayBeId<'a> = &'a mut dyn FnMut(usize) -> Result<(), String>;

impl Table {
    /// Takes the columns that the person names, else those that look like it. `what` is what a column is called, and
    /// `may_be_id` looks whether a column's values are unique, and says why not.
    pub(super) fn new(
        file: &File,
        columns: &[Column],
        what: &str,
        gathering: &mut Gathering,
        may_be_id: MayBeId<'_>,
    ) -> Result<Self, CorpusError> {
        let id = match &gathering.options.id_field {
            Some(name) => Some(named(columns, name).ok_or_else(|| no_column(file, columns, what, name))?),
            None => guessed_id(columns, what, gathering, may_be_id),
        };
        let text = match &gathering.options.text_field {
            Some(name) => named(columns, name).ok_or_else(|| no_column(file, columns, what, name))?,
            None => guessed_text(columns, id).ok_or_else(|| no_texts(file, columns, what))?,
        };
        let text_name = &columns[text].name;
        let is_beir = id.is_some_and(|id| columns[id].name == BEIR_ID);
        let topic = TOPICS
            .iter()
            .find_map(|topic| columns.iter().position(|column| column.name.eq_ignore_ascii_case(topic)))
            .filter(|&topic| topic != text && Some(topic) != id);
        if gathering.options.text_field.is_none() && !text_name.eq_ignore_ascii_case(TEXTS[0]) {
            gathering.note(format!("texts are the {what} “{text_name}”; --text-field names another"));
        }
        let mut roles = Vec::with_capacity(columns.len());
        for (place, Column { name, .. }) in columns.iter().enumerate() {
            roles.push(if place == text {
                Role::Text
            } else if Some(place) == id {
                Role::Id
            } else if is_beir && name == BEIR_TITLE && gathering.options.text_field.is_none() {
                Role::Title
            } else if Some(place) == topic {
                let is_plain = name.eq_ignore_ascii_case(TOPICS[0]);
                Role::Topic((!is_plain).then(|| gathering.field(name)))
            } else {
                Role::Field(gathering.field(name))
            });
        }
        Ok(Self {
            roles,
            text: text_name.clone(),
            id: id.map(|id| columns[id].name.clone()),
            id_is_chosen: gathering.options.id_field.is_some(),
            is_beir,
            left_out: Vec::new(),
        })
    }

    /// A column that the first rows did not have.
    pub(super) fn add_column(&mut self, name: &str, gathering: &mut Gathering) {
        self.roles.push(Role::Field(gathering.field(name)));
    }

    /// How many columns are known.
    pub(super) fn width(&self) -> usize {
        self.roles.len()
    }

    /// A row that begins on a line; `number` is its id where it has none.
    pub(super) fn add(
        &mut self,
        file: &File,
        gathering: &mut Gathering,
        (number, line): (usize, usize),
        cells: Vec<Option<Value>>,
    ) -> Result<(), CorpusError> {
        match self.row(file, gathering, number, cells) {
            Ok(Some((document, metadata))) => add_split(file, gathering, line, document, metadata),
            Ok(None) => {
                gathering.blank(file, line);
                Ok(())
            }
            Err(reason) => gathering.bad(file, line, reason),
        }
    }

    /// The document of a row; `None` for an empty one in BEIR's layout.
    fn row(
        &mut self,
        file: &File,
        gathering: &mut Gathering,
        number: usize,
        cells: Vec<Option<Value>>,
    ) -> Result<Option<(Document, Vec<Value>)>, String> {
        let (mut text, mut title, mut id, mut topic) = (None, None, None, None);
        let mut metadata = gathering.metadata(file);
        for (column, cell) in cells.into_iter().enumerate() {
            let Some(value) = cell.filter(|value| !value.is_null()) else { continue };
            match self.roles[column] {
                Role::Text => text = Some(string(&self.text, value)?),
                Role::Title => title = Some(string(BEIR_TITLE, value)?),
                Role::Id => id = Some(value),
                Role::Topic(field) => {
                    topic = topic_of(&value);
                    // What is no topic is not lost.
                    if let Some(field) = field.or_else(|| topic.is_none().then(|| gathering.field(TOPICS[0]))) {
                        set(&mut metadata, field, value);
                    }
                }
                Role::Field(field) => match length_of_vector(&value) {
                    Some(length) => self.leave_out(column, length, field, gathering),
                    None => set(&mut metadata, field, value),
                },
            }
        }
        if text.is_none() && title.is_none() {
            return Err(format!("missing field `{}`", self.text));
        }
        let mut parts = title.into_iter().chain(text).filter(|part| !part.trim().is_empty());
        let Some(mut text) = parts.next() else {
            return if self.is_beir && id.is_some() { Ok(None) } else { Err(format!("\"{}\" is empty", self.text)) };
        };
        for part in parts {
            text.push(' ');
            text.push_str(&part);
        }
        let id = match id.map(|id| self.id_of(id)).transpose()? {
            Some(id) if !id.is_empty() => {
                if self.id_is_chosen {
                    id
                } else {
                    file.own_id(id)
                }
            }
            _ => file.row_id(number),
        };
        Ok(Some((Document { topic, ..Document::new(id, text) }, metadata)))
    }

    /// People number their documents with and without quotes.
    fn id_of(&self, value: Value) -> Result<String, String> {
        match value {
            Value::String(id) => Ok(id),
            Value::Number(id) => Ok(id.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                Err(format!("\"{}\" must be a string or a number", self.id.as_deref().unwrap_or("id")))
            }
        }
    }

    /// Says once of a column that it is left out.
    fn leave_out(&mut self, column: usize, length: usize, field: usize, gathering: &mut Gathering) {
        if !self.left_out.contains(&column) {
            self.left_out.push(column);
            let name = gathering.field_name(field);
            gathering.note(format!("lists of {length} numbers in “{name}” are left out"));
        }
    }
}

/// Adds a text that stands for itself, with no columns; `number` is its id.
pub(super) fn add_text(
    file: &File,
    gathering: &mut Gathering,
    (number, line): (usize, usize),
    text: String,
) -> Result<(), CorpusError> {
    if text.trim().is_empty() {
        return gathering.bad(file, line, "the text is empty".into());
    }
    let metadata = gathering.metadata(file);
    add_split(file, gathering, line, Document::new(file.row_id(number), text), metadata)
}

/// Adds a document, or its parts where the person wants these.
fn add_split(
    file: &File,
    gathering: &mut Gathering,
    line: usize,
    document: Document,
    metadata: Vec<Value>,
) -> Result<(), CorpusError> {
    let parts = gathering.options.split.map_or_else(Vec::new, |how| split(&document.text, how));
    if parts.len() < 2 {
        return gathering.add(file, line, document, metadata);
    }
    for (number, part) in (1..).zip(parts) {
        let id = format!("{}#{number}", document.id);
        let part = Document { topic: document.topic.clone(), ..Document::new(id, part) };
        gathering.add(file, line, part, metadata.clone())?;
    }
    Ok(())
}

/// Whether values are all there and all different; else why not.
pub(super) fn all_differ(values: impl Iterator<Item = (usize, Option<String>)>) -> Result<(), String> {
    let mut line_of = HashMap::new();
    for (line, value) in values {
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            return Err(format!("line {line} has none"));
        };
        if let Some(earlier) = line_of.insert(value, line) {
            return Err(format!("lines {earlier} and {line} have the same"));
        }
    }
    Ok(())
}

/// The column of a name: exactly that, else in whatever letters.
fn named(columns: &[Column], name: &str) -> Option<usize> {
    let exact = columns.iter().position(|column| column.name == name);
    exact.or_else(|| columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)))
}

/// The column whose name says that it is the id, if its values are unique.
fn guessed_id(columns: &[Column], what: &str, gathering: &mut Gathering, may_be_id: MayBeId<'_>) -> Option<usize> {
    let id = IDS.iter().find_map(|id| named(columns, id))?;
    let name = &columns[id].name;
    match may_be_id(id) {
        Ok(()) => {
            if !IDS[..2].contains(&name.as_str()) {
                gathering.note(format!("ids are the {what} “{name}”; --id-field names another"));
            }
            Some(id)
        }
        Err(reason) => {
            gathering.note(format!("the {what} “{name}” holds no ids, as {reason}: rows are known by their numbers"));
            None
        }
    }
}

/// The column that is called as texts are, else that of the longest texts.
fn guessed_text(columns: &[Column], id: Option<usize>) -> Option<usize> {
    let texts = || columns.iter().enumerate().filter(|&(place, _)| Some(place) != id);
    let of_name = TEXTS.iter().find_map(|text| {
        let named = |&(_, column): &(usize, &Column)| {
            column.name.eq_ignore_ascii_case(text) && column.mean_bytes.is_some_and(|mean| mean > 0.0)
        };
        texts().find(named)
    });
    let longest = || {
        let by_length = |column: &Column| column.mean_bytes.filter(|&mean| mean > 0.0);
        let known = texts().filter(|(_, column)| by_length(column).is_some());
        known.max_by(|(_, a), (_, b)| by_length(a).unwrap_or(0.0).total_cmp(&by_length(b).unwrap_or(0.0)))
    };
    // A column that is called so and holds none says in each of its rows what is wrong with it.
    let called_so = || texts().find(|(_, column)| column.name.eq_ignore_ascii_case(TEXTS[0]));
    of_name.or_else(called_so).or_else(longest).map(|(place, _)| place)
}

fn no_column(file: &File, columns: &[Column], what: &str, name: &str) -> CorpusError {
    CorpusError::unusable(file.name, format!("there is no {what} “{name}”, only {}", names(columns)))
}

fn no_texts(file: &File, columns: &[Column], what: &str) -> CorpusError {
    let reason = match columns {
        [] => format!("there is no {what} in it"),
        _ => format!("no {what} holds texts; there are {}. --text-field names one", names(columns)),
    };
    CorpusError::unusable(file.name, reason)
}

fn names(columns: &[Column]) -> String {
    const MOST: usize = 20;
    let mut names: Vec<_> = columns.iter().take(MOST).map(|column| format!("“{}”", column.name)).collect();
    if columns.len() > MOST {
        names.push(format!("and {} more", columns.len() - MOST));
    }
    names.join(", ")
}

fn string(name: &str, value: Value) -> Result<String, String> {
    let is = match value {
        Value::String(text) => return Ok(text),
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    Err(format!("\"{name}\" is {is}; a string is wanted"))
}

/// What a topic is called; a list or an object is none.
fn topic_of(value: &Value) -> Option<String> {
    match value {
        Value::String(topic) if topic.is_empty() => None,
        Value::String(topic) => Some(topic.clone()),
        Value::Number(topic) => Some(topic.to_string()),
        Value::Bool(topic) => Some(topic.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// How many numbers a value holds that is a vector.
fn length_of_vector(value: &Value) -> Option<usize> {
    let list = value.as_array().filter(|list| list.len() > LONGEST_LIST)?;
    list.iter().all(Value::is_number).then_some(list.len())
}
