//! A collection of somebody else's, opened as the corpus: searched, and changed where that was asked for.
//!
//! Its records keep their ids, and those that nobody changes here stay as they are. What is changed goes there at once: a
//! new text as a record of its own, a changed one in the place of the one before, and who is deleted is deleted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::keeping::failed;
use super::records::said_of;
use super::{Collection, Include, Records, Server};
use crate::backend::{BackendError, Identity};
use crate::corpus::{Corpus, DocumentIndex};
use crate::math::space::Space;
use crate::store::{Near, Row, StoreError, Take, TextKey, VectorStore};

/// A collection whose records are the corpus.
pub struct ChromaRecords {
    server: Server,
    collection: Collection,
    /// Whether it may be changed.
    writes: bool,
    corpus: Arc<Corpus>,
    /// Whether the corpus is still the one that was read from it.
    is_open: bool,
    /// Whether the corpus was changed, and the collection was not.
    is_ahead: bool,
    /// Where the records stand in the corpus.
    places: HashMap<String, DocumentIndex>,
    /// The text of each record, as far as it is known here.
    there: HashMap<String, Arc<str>>,
    /// New records that were sent, and may be there: nobody waited for the answer, or none came.
    sent: HashSet<String>,
}

/// A record of a document or of one of its duplicates.
struct Wanted<'a> {
    id: &'a str,
    said: &'a [Value],
    document: DocumentIndex,
}

impl ChromaRecords {
    /// A collection and the corpus that was read from it; `writes` says that it may be changed.
    #[must_use]
    pub fn new(server: Server, collection: Collection, corpus: Arc<Corpus>, writes: bool) -> Self {
        let mut records = Self {
            server,
            collection,
            writes,
            corpus,
            is_open: true,
            is_ahead: false,
            places: HashMap::new(),
            there: HashMap::new(),
            sent: HashSet::new(),
        };
        records.there = wanted(&records.corpus)
            .map(|record| (record.id.to_owned(), Arc::from(records.corpus[record.document].text.as_str())))
            .collect();
        records.find_places();
        records
    }

    fn find_places(&mut self) {
        // A collection that was made here has another id for a document than the corpus.
        let is_ours = self.collection.corpus().is_some();
        let id = |record: &Wanted<'_>| {
            if is_ours { TextKey::of(&self.corpus[record.document].text).to_string() } else { record.id.to_owned() }
        };
        self.places = wanted(&self.corpus).map(|record| (id(&record), record.document)).collect();
    }

    fn place(&self) -> String {
        format!("the collection {} at {}", self.collection.name, self.server.host())
    }

    fn failed(&self, operation: &'static str, source: BackendError) -> StoreError {
        match source {
            BackendError::Refused { status: 404, .. } => StoreError::Unfit {
                place: self.place(),
                reason: "is not there any more: somebody has deleted it. What was read of it is still here".into(),
            },
            source => failed(operation, self.place(), source),
        }
    }

    /// Whether the record says this text already.
    fn has(&self, id: &str, text: &str) -> bool {
        self.there.get(id).is_some_and(|there| **there == *text)
    }

    /// New records must not take the place of others that somebody put there meanwhile under the same ids.
    fn check_unused(&self, new: &[String]) -> Result<(), StoreError> {
        if new.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = new.iter().map(String::as_str).collect();
        let page = self.server.records(&self.collection, &ids, &[Include::Documents]);
        match page.map_err(|source| self.failed("read", source))?.ids.first() {
            Some(id) => Err(StoreError::Unfit {
                place: self.place(),
                reason: format!("has a record {id} that somebody has put there meanwhile; open it again"),
            }),
            None => Ok(()),
        }
    }
}

/// The records that the corpus is to have.
fn wanted(corpus: &Corpus) -> impl Iterator<Item = Wanted<'_>> {
    (0..).map(DocumentIndex).zip(&corpus.documents).flat_map(|(index, document)| {
        let duplicates = document.duplicates.iter().map(|duplicate| (duplicate.id.as_str(), &*duplicate.metadata));
        std::iter::once((document.id.as_str(), &*document.metadata)).chain(duplicates).map(move |(id, said)| Wanted {
            id,
            said,
            document: index,
        })
    })
}

impl VectorStore for ChromaRecords {
    fn describe(&self) -> String {
        self.place()
    }

    fn keeps(&self) -> bool {
        self.writes
    }

    fn keeps_queries(&self) -> bool {
        false
    }

    fn searches(&self) -> bool {
        true
    }

    fn give_up_with(&mut self, cancel: Option<&CancellationToken>) {
        self.server.give_up_with(cancel);
    }

    fn take_corpus(&mut self, corpus: &Arc<Corpus>, is_edit: bool) -> Result<(), StoreError> {
        // Another corpus is nobody's wish to delete all that is there.
        self.is_open &= is_edit || Arc::ptr_eq(corpus, &self.corpus);
        if !self.is_open {
            let reason = "is not what is open any more".into();
            return Err(StoreError::Unfit { place: self.place(), reason });
        }
        self.is_ahead |= is_edit && !self.writes;
        self.corpus = Arc::clone(corpus);
        self.find_places();
        Ok(())
    }

    fn mirror(&mut self, _: &Identity) -> Result<(), StoreError> {
        if !self.writes {
            return Ok(());
        }
        let known = self.there.keys().chain(&self.sent);
        let gone: Vec<String> = known.filter(|id| !self.places.contains_key(*id)).cloned().collect();
        self.server.delete(&self.collection, &gone).map_err(|source| self.failed("change", source))?;
        self.there.retain(|id, _| self.places.contains_key(id));
        self.sent.retain(|id| self.places.contains_key(id));
        Ok(())
    }

    fn lacking(&self) -> Vec<DocumentIndex> {
        if !self.writes {
            return Vec::new();
        }
        let lacking = wanted(&self.corpus).filter(|record| !self.has(record.id, &self.corpus[record.document].text));
        let mut lacking: Vec<DocumentIndex> = lacking.map(|record| record.document).collect();
        lacking.dedup();
        lacking
    }

    /// The vectors came with the corpus.
    fn get(&mut self, _: &Identity, _: &[&str], _: &mut Take<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    fn put(&mut self, _: &Identity, rows: &[Row<'_>]) -> Result<(), StoreError> {
        let kept = self.collection.dimensions.unwrap_or(0);
        if let Some(given) = rows.iter().map(|row| row.vector.len()).find(|&given| given != kept) {
            return Err(StoreError::WrongSize { place: self.place(), kept, given });
        }
        let by_text: HashMap<&str, &Row<'_>> = rows.iter().map(|row| (row.text, row)).collect();
        let as_they_are = |row: &Row<'_>| match self.collection.space {
            Space::Cosine => row.vector.to_vec(),
            Space::InnerProduct | Space::Euclidean => row.vector.iter().map(|x| x * row.info.norm).collect(),
        };
        let vectors: HashMap<&str, Vec<f32>> = by_text.iter().map(|(text, row)| (*text, as_they_are(row))).collect();
        let corpus = Arc::clone(&self.corpus);
        let (mut new, mut again, mut changed) = (Records::default(), Records::default(), Records::default());
        let mut seen = HashSet::new();
        for Wanted { id, said, document } in wanted(&corpus) {
            let text = corpus[document].text.as_str();
            let Some(vector) = vectors.get(text).filter(|_| !self.has(id, text) && seen.insert(id)) else { continue };
            let is_new = !self.there.contains_key(id);
            let records = match (is_new, self.sent.contains(id)) {
                (true, false) => &mut new,
                (true, true) => &mut again,
                (false, _) => &mut changed,
            };
            records.ids.push(id.to_owned());
            records.embeddings.push(vector);
            records.documents.push(text);
            if is_new {
                let said = said_of(&corpus.fields, said);
                // An empty one is refused.
                records.metadatas.push((!said.is_empty()).then_some(said));
            }
        }
        for ids in new.ids.chunks(self.server.page_size(0)) {
            self.check_unused(ids)?;
        }
        self.sent.extend(new.ids.iter().cloned());
        for (records, verb) in [(&new, "add"), (&again, "upsert"), (&changed, "update")] {
            for records in records.parts(self.server.most_records) {
                self.server
                    .write(&self.collection, verb, records.ids.len(), &records)
                    .map_err(|source| self.failed("write to", source))?;
                let texts = records.documents.iter().map(|text| Arc::from(*text));
                self.there.extend(records.ids.iter().cloned().zip(texts));
                self.sent.retain(|id| !self.there.contains_key(id));
            }
        }
        Ok(())
    }

    fn nearest(
        &mut self,
        _: &Identity,
        vector: &[f32],
        most: usize,
        cancel: &CancellationToken,
    ) -> Result<Vec<Near>, StoreError> {
        if self.is_ahead {
            // It would find what was there before.
            return Ok(Vec::new());
        }
        let found = self.server.query(&self.collection, vector, most, cancel);
        let found = found.map_err(|source| self.failed("search", source))?;
        let space = self.collection.space;
        let mut near: Vec<Near> = Vec::with_capacity(found.len());
        let mut seen = HashSet::new();
        for (id, distance) in found {
            // What somebody has put there meanwhile is not of this corpus.
            if let Some(&document) = self.places.get(&id).filter(|document| seen.insert(**document)) {
                near.push(Near { document, score: space.of_distance(distance) });
            }
        }
        Ok(near)
    }
}
