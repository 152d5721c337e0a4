//! A corpus as it comes together: documents, their ids, and what could not be read.

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::path::Path;

use hashbrown::{DefaultHashBuilder, HashTable};
use indexmap::{IndexMap, IndexSet};
use serde_json::Value;

use super::{CorpusError, MAX_LINE_BYTES};
use crate::corpus::source::{ReadOptions, Source};
use crate::corpus::{Corpus, Document, Duplicate, Skipped};

/// The metadata field that says which file of a folder a document is from.
const FILE: &str = "file";

/// How many notes are kept at the most; a folder of a thousand tables has no thousand things to say.
const MOST_NOTES: usize = 12;

/// One file of a source.
#[derive(Debug)]
pub(super) struct File<'a> {
    /// What messages call it.
    pub(super) name: &'a str,
    /// What the ids of parts of its texts begin with; empty for standard input.
    stem: String,
    /// Whether it is one of many, so that all its ids begin with `stem`.
    is_one_of_many: bool,
}

impl<'a> File<'a> {
    /// A file that is the whole corpus.
    pub(super) fn alone(path: &Path, name: &'a str) -> Self {
        let stem = match path.file_name() {
            Some(stem) if path.as_os_str() != "-" => stem.to_string_lossy().into_owned(),
            _ => String::new(),
        };
        Self { name, stem, is_one_of_many: false }
    }

    /// A file of a folder, with its path in there.
    pub(super) fn one_of_many(relative: String, name: &'a str) -> Self {
        Self { name, stem: relative, is_one_of_many: true }
    }

    /// The id of what is a row of the file: the number alone, unless there are more files.
    pub(super) fn row_id(&self, number: usize) -> String {
        if self.is_one_of_many { self.part_id(number) } else { number.to_string() }
    }

    /// The id of a part of a text that begins on a line.
    pub(super) fn part_id(&self, line: usize) -> String {
        if self.stem.is_empty() { line.to_string() } else { format!("{}:{line}", self.stem) }
    }

    /// An id of the file's own: two files may use the same.
    pub(super) fn own_id(&self, id: String) -> String {
        if self.is_one_of_many { format!("{}:{id}", self.stem) } else { id }
    }
}

/// What was read so far.
#[derive(Debug)]
pub(super) struct Gathering {
    pub(super) options: ReadOptions,
    documents: Vec<Document>,
    /// Where each of the documents stands.
    lines: Vec<usize>,
    /// The documents by their ids; `None` as long as these are the numbers of lines that follow one another, so that none
    /// can be there twice.
    ids: Option<HashTable<usize>>,
    hasher: DefaultHashBuilder,
    fields: IndexSet<String>,
    blank_lines: Vec<usize>,
    skipped: Skipped,
    /// With how often each was said.
    notes: IndexMap<String, usize>,
}

impl Gathering {
    pub(super) fn new(source: &Source) -> Self {
        let mut options = source.options.clone();
        // Vectors are told from each other by their numbers alone.
        options.strict |= source.vectors.is_some();
        options.keep_duplicates |= source.vectors.is_some();
        Self {
            options,
            documents: Vec::new(),
            lines: Vec::new(),
            ids: None,
            hasher: DefaultHashBuilder::default(),
            fields: IndexSet::new(),
            blank_lines: Vec::new(),
            skipped: Skipped::default(),
            notes: IndexMap::new(),
        }
    }

    /// Something that the person wants to know of the source.
    pub(super) fn note(&mut self, note: String) {
        *self.notes.entry(note).or_default() += 1;
    }

    /// A line on which nothing stands.
    pub(super) fn blank(&mut self, file: &File, line: usize) {
        if !file.is_one_of_many {
            self.blank_lines.push(line);
        }
    }

    /// A row that cannot be read.
    ///
    /// # Errors
    /// If reading is strict.
    pub(super) fn bad(&mut self, file: &File, line: usize, reason: String) -> Result<(), CorpusError> {
        self.fail(CorpusError::BadLine { name: file.name.into(), line, reason })
    }

    /// A file, or a row of one, that cannot be read.
    ///
    /// # Errors
    /// If reading is strict.
    pub(super) fn fail(&mut self, error: CorpusError) -> Result<(), CorpusError> {
        if self.options.strict {
            return Err(error);
        }
        self.skipped.rows += 1;
        if self.skipped.first.len() < Skipped::MOST_NAMED {
            self.skipped.first.push(match &error {
                CorpusError::Unreadable { name, source } => format!("{name}: {source}"),
                CorpusError::BadLine { .. } | CorpusError::Unusable { .. } => error.to_string(),
            });
        }
        Ok(())
    }

    /// The place of a metadata field.
    pub(super) fn field(&mut self, name: &str) -> usize {
        match self.fields.get_index_of(name) {
            Some(place) => place,
            None => self.fields.insert_full(name.to_owned()).0,
        }
    }

    /// The name of a metadata field.
    pub(super) fn field_name(&self, place: usize) -> &str {
        &self.fields[place]
    }

    /// Metadata of which nothing is said yet but the file.
    pub(super) fn metadata(&mut self, file: &File) -> Vec<Value> {
        if !file.is_one_of_many {
            return Vec::new();
        }
        let place = self.field(FILE);
        let mut metadata = Vec::with_capacity(self.fields.len());
        set(&mut metadata, place, Value::String(file.stem.clone()));
        metadata
    }

    /// A document that begins on a line. Line breaks within its text become spaces.
    ///
    /// # Errors
    /// If it cannot be one and reading is strict.
    pub(super) fn add(
        &mut self,
        file: &File,
        line: usize,
        mut document: Document,
        mut metadata: Vec<Value>,
    ) -> Result<(), CorpusError> {
        document.text = on_one_line(document.text);
        if document.text.len() > MAX_LINE_BYTES {
            let (bytes, most) = (document.text.len(), MAX_LINE_BYTES);
            return self.bad(file, line, format!("a text of {bytes} bytes; a document may have up to {most}"));
        }
        if let Some(earlier) = self.take_id(&document.id, line) {
            let reason = format!("the id \"{}\" was already used on line {}", document.id, self.lines[earlier]);
            return self.bad(file, line, reason);
        }
        while metadata.last().is_some_and(Value::is_null) {
            metadata.pop();
        }
        document.metadata = metadata.into_boxed_slice();
        self.lines.push(line);
        self.documents.push(document);
        Ok(())
    }

    /// Notes the id of the next document, unless another one has it: then says which.
    fn take_id(&mut self, id: &str, line: usize) -> Option<usize> {
        let is_after = self.lines.last().is_none_or(|&last| last < line);
        if self.ids.is_none() && is_after && is_number(id, line) {
            return None;
        }
        let hash = |id: &str| self.hasher.hash_one(id);
        let documents = &self.documents;
        let hash_of = |&place: &usize| hash(&documents[place].id);
        let ids = self.ids.get_or_insert_with(|| {
            let mut ids = HashTable::with_capacity(documents.len() + 1);
            for place in 0..documents.len() {
                ids.insert_unique(hash_of(&place), place, hash_of);
            }
            ids
        });
        if let Some(&earlier) = ids.find(hash(id), |&other| documents[other].id == id) {
            return Some(earlier);
        }
        ids.insert_unique(hash(id), documents.len(), hash_of);
        None
    }

    /// The corpus that came together.
    ///
    /// # Errors
    /// If nothing in it could be read.
    pub(super) fn finish(mut self, name: String) -> Result<Corpus, CorpusError> {
        if self.documents.is_empty()
            && let Some(first) = self.skipped.first.first()
        {
            let reason = match self.skipped.rows {
                1 => format!("nothing in it can be read: {first}"),
                rows => format!("none of its {rows} rows can be read. The first: {first}"),
            };
            return Err(CorpusError::Unusable { name, reason });
        }
        let mut documents = std::mem::take(&mut self.documents);
        if !self.options.keep_duplicates {
            let before = documents.len();
            documents = self.merge_duplicates(documents);
            match before - documents.len() {
                0 => {}
                1 => self.note("1 text is there twice; it is shown once, with ×2".into()),
                more => self.note(format!("{more} repeated texts are shown once, with ×n")),
            }
        }
        let more = self.notes.len().saturating_sub(MOST_NOTES);
        let mut notes: Vec<String> = self.notes.into_iter().take(MOST_NOTES).map(counted).collect();
        if more > 0 {
            notes.push(format!("and {more} more notes like these"));
        }
        Ok(Corpus {
            fields: self.fields.into_iter().collect(),
            blank_lines: self.blank_lines,
            skipped: self.skipped,
            notes,
            ..Corpus::new(name, documents)
        })
    }

    /// The documents, those of the same text and topic as one.
    fn merge_duplicates(&self, documents: Vec<Document>) -> Vec<Document> {
        let hash = |document: &Document| self.hasher.hash_one(&document.text);
        let is_same = |a: &Document, b: &Document| a.text == b.text && a.topic == b.topic;
        let mut firsts = HashTable::with_capacity(documents.len());
        // Of each document that is not the first of its text: which is.
        let mut first_of = HashMap::new();
        for (place, document) in documents.iter().enumerate() {
            let of_text = hash(document);
            match firsts.find(of_text, |&other: &usize| is_same(&documents[other], document)) {
                Some(&first) => drop(first_of.insert(place, first)),
                None => drop(firsts.insert_unique(of_text, place, |&other| hash(&documents[other]))),
            }
        }
        if first_of.is_empty() {
            return documents;
        }
        let mut duplicates = HashMap::<usize, Vec<Duplicate>>::new();
        let mut kept = Vec::with_capacity(documents.len() - first_of.len());
        for (place, document) in documents.into_iter().enumerate() {
            match first_of.get(&place) {
                Some(&first) => {
                    let duplicate = Duplicate { id: document.id, metadata: document.metadata };
                    duplicates.entry(first).or_default().push(duplicate);
                }
                None => kept.push((place, document)),
            }
        }
        let with_duplicates = |(place, mut document): (usize, Document)| {
            if let Some(duplicates) = duplicates.remove(&place) {
                document.duplicates = duplicates.into_boxed_slice();
            }
            document
        };
        kept.into_iter().map(with_duplicates).collect()
    }
}

/// A note, and how often it was said.
fn counted((note, times): (String, usize)) -> String {
    if times == 1 { note } else { format!("{note} ({times} files)") }
}

/// Sets what metadata says at a place.
pub(super) fn set(metadata: &mut Vec<Value>, place: usize, value: Value) {
    if metadata.len() <= place {
        metadata.resize(place + 1, Value::Null);
    }
    metadata[place] = value;
}

/// Whether an id is written as the number of a line is.
fn is_number(id: &str, line: usize) -> bool {
    !id.starts_with(['+', '0']) && id.parse() == Ok(line)
}

/// A text without line breaks: one inside would tear the screen's rows and the formats of one text a line.
fn on_one_line(text: String) -> String {
    if text.contains(['\r', '\n']) { text.replace(['\r', '\n'], " ") } else { text }
}
