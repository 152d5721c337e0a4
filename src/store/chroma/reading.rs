//! A whole collection as a corpus, page by page.

use std::sync::Arc;

use indexmap::IndexSet;
use ndarray::Array2;

use super::records::{Fields, document};
use super::wire::Record;
use super::{Collection, Include, Server};
use crate::backend::BackendError;
use crate::corpus::{Corpus, Document, GivenVectors, Skipped};

/// About how many bytes a page should have: with one page at a time in memory, little beside the corpus itself.
const PAGE_BYTES: usize = 8 << 20;
/// What JSON takes for a number of a vector.
const BYTES_PER_NUMBER: usize = 12;
/// What is expected of a text and what is said of it.
const BYTES_PER_TEXT: usize = 1_000;
/// The most records that Chroma's cloud gives at once.
const CLOUD_RECORDS: usize = 300;

/// How a collection is to be read.
pub struct Reading<'a> {
    /// The backend that embeds queries for its vectors, if they are wanted.
    pub vectors_of: Option<&'a str>,
    /// Told how many records have come, and of how many.
    pub progress: &'a mut dyn FnMut(usize, usize),
}

/// Reads a collection. What has no vector that can be compared is passed over and named in [`Corpus::skipped`].
///
/// # Errors
/// Where it cannot be read to its end.
pub fn read(server: &Server, collection: &Collection, reading: Reading<'_>) -> Result<Corpus, BackendError> {
    let Reading { vectors_of, progress } = reading;
    let expected = server.count(collection)?;
    let dimensions = collection.dimensions.unwrap_or(0);
    let with_vectors = vectors_of.is_some();
    let mut include = vec![Include::Documents, Include::Metadatas];
    if with_vectors {
        include.push(Include::Embeddings);
    }
    let limit = server.page_size(if with_vectors { dimensions } else { 0 });
    let mut read = Read { dimensions: with_vectors.then_some(dimensions), ..Read::default() };
    let mut offset = 0;
    loop {
        let page = server.page(collection, (offset, limit), &include)?;
        // However few a server gives at once, only none is the end.
        if page.ids.is_empty() {
            break;
        }
        offset += page.ids.len();
        page.into_records().for_each(|record| read.take(record));
        progress(offset, expected);
        if offset >= expected && offset >= server.count(collection)? {
            break;
        }
    }
    let mut corpus = read.into_corpus(collection, vectors_of);
    if offset < expected {
        corpus.notes.push(format!("{} says that it has {expected} records, and gave {offset}", server.host()));
    }
    Ok(corpus)
}

impl Server {
    /// How many records to ask for at once, with vectors of so many dimensions.
    pub(super) fn page_size(&self, dimensions: usize) -> usize {
        let fitting = PAGE_BYTES / (dimensions * BYTES_PER_NUMBER + BYTES_PER_TEXT);
        fitting.clamp(1, if self.is_in_the_cloud() { CLOUD_RECORDS } else { usize::MAX })
    }
}

/// What was read so far.
#[derive(Debug, Default)]
struct Read {
    /// The length of the vectors that every record has to have; `None` where vectors are not wanted.
    dimensions: Option<usize>,
    /// Which were read: one that is put in meanwhile can move others to a later page.
    ids: IndexSet<String>,
    documents: Vec<(Document, Option<f64>)>,
    numbers: Vec<f32>,
    fields: Fields,
    without_text: usize,
    skipped: Skipped,
}

impl Read {
    fn take(&mut self, record: Record) {
        if !self.ids.insert(record.id.clone()) {
            return;
        }
        match self.dimensions.map(|dimensions| record.vector(dimensions)).transpose() {
            Ok(vector) => self.numbers.extend(vector.into_iter().flatten()),
            Err(reason) => {
                self.skipped.rows += 1;
                if self.skipped.first.len() < Skipped::MOST_NAMED {
                    self.skipped.first.push(format!("the record {} {reason}", record.id));
                }
                return;
            }
        }
        let Record { id, document: text, metadata, .. } = record;
        self.without_text += usize::from(text.as_ref().is_none_or(|text| text.trim().is_empty()));
        self.documents.push(document(id, text, metadata, &mut self.fields));
    }

    fn into_corpus(self, collection: &Collection, backend: Option<&str>) -> Corpus {
        let Self { dimensions, mut documents, numbers, fields, without_text, skipped, .. } = self;
        let mut notes = Vec::new();
        match without_text {
            0 => {}
            1 => notes.push("1 record has no text, and is shown by its id".into()),
            some => notes.push(format!("{some} records have no text, and are shown by their ids")),
        }
        let vectors = backend.map(|backend| GivenVectors {
            backend: backend.to_owned(),
            vectors: Array2::from_shape_vec((documents.len(), dimensions.unwrap_or(0)), numbers)
                .expect("each document has a vector of so many numbers"),
            space: collection.space,
        });
        if vectors.is_none() {
            let all = documents.len();
            documents.retain(|(_, place)| place.is_some());
            match all - documents.len() {
                0 => {}
                1 => notes.push("1 record of somebody else's is left out".into()),
                others => notes.push(format!("{others} records of somebody else's are left out")),
            }
            // As in the corpus that they came from; vectors would have to be moved along.
            documents.sort_by(|(_, a), (_, b)| a.unwrap_or(f64::MAX).total_cmp(&b.unwrap_or(f64::MAX)));
        }
        let documents = documents.into_iter().map(|(document, _)| document).collect();
        Corpus {
            fields: fields.into_names(),
            skipped,
            notes,
            vectors: vectors.map(Arc::new),
            ..Corpus::new(collection.name.clone(), documents)
        }
    }
}
