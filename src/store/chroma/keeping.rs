//! A collection as the place where the vectors of a corpus are kept, and searched.
//!
//! A record stands for a text: its id is the text's [`TextKey`], its document the text, its metadata what the corpus says
//! of it and what is known of its embedding. Whoever else uses the collection finds what every collection has. It holds
//! vectors of one model, which is written down with it, and those of one corpus. They come back as they were put but for
//! the last bit: in the space of cosines Chroma scales them to unit length itself.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::collection::{CORPUS, DETAILS, MODEL};
use super::records::{add_info, changes, info_of, metadata_of};
use super::{Collection, Include, Records, Server};
use crate::backend::{BackendError, Identity, Location};
use crate::corpus::{Corpus, DocumentIndex};
use crate::store::{Near, Row, StoreError, Take, TextKey, VectorStore};

/// A collection that keeps vectors.
pub struct ChromaStore {
    server: Server,
    name: String,
    /// `None` before it is made.
    collection: Option<Collection>,
    corpus: Arc<Corpus>,
    /// Where the texts of the corpus stand in it.
    places: HashMap<TextKey, DocumentIndex>,
    /// The texts that are known to have their vectors there.
    there: HashSet<TextKey>,
}

impl ChromaStore {
    /// The collection of this name, whether it is there yet or not. Nothing is asked of the server yet.
    #[must_use]
    pub fn new(server: Server, name: &str) -> Self {
        Self {
            server,
            name: name.to_owned(),
            collection: None,
            corpus: Arc::new(Corpus::new("", Vec::new())),
            places: HashMap::new(),
            there: HashSet::new(),
        }
    }

    /// The collection of this name for the texts of a corpus, whether it is there yet or not.
    ///
    /// # Errors
    /// Where it cannot be read, and where it was not made here or holds another corpus.
    pub fn open(server: Server, name: &str, corpus: &Arc<Corpus>) -> Result<Self, StoreError> {
        let mut store = Self::new(server, name);
        store.take_corpus(corpus, false)?;
        Ok(store)
    }

    /// Makes the collection say what the corpus says: takes out what is no longer in it, and changes what is said of what
    /// is. Gives how many records it took out, and how many it changed.
    fn bring_up_to_date(&self, collection: &Collection) -> Result<(usize, usize), BackendError> {
        let (mut gone, mut changed) = (Vec::new(), Records::default());
        let limit = self.server.page_size(0);
        let mut offset = 0;
        loop {
            let page = self.server.page(collection, (offset, limit), &[Include::Metadatas])?;
            if page.ids.is_empty() {
                break;
            }
            offset += page.ids.len();
            for record in page.into_records() {
                let Some(&place) = TextKey::parse(&record.id).and_then(|key| self.places.get(&key)) else {
                    gone.push(record.id);
                    continue;
                };
                let changes = changes(&record.metadata, &metadata_of(&self.corpus, place));
                if !changes.is_empty() {
                    changed.ids.push(record.id);
                    changed.metadatas.push(Some(changes));
                }
            }
        }
        self.server.delete(collection, &gone)?;
        let number = changed.ids.len();
        for records in changed.parts(self.server.most_records) {
            self.server.update(collection, &records)?;
        }
        Ok((gone.len(), number))
    }

    /// How many texts it keeps vectors of.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn count(&self) -> Result<usize, StoreError> {
        let Some(collection) = &self.collection else { return Ok(0) };
        self.server.count(collection).map_err(|source| self.failed("read", source))
    }

    fn place(&self) -> String {
        format!("the collection {} at {}", self.name, self.server.host())
    }

    fn failed(&self, operation: &'static str, source: BackendError) -> StoreError {
        match source {
            BackendError::Cancelled => StoreError::Cancelled,
            source => StoreError::Failed { operation, place: self.place(), source: source.into() },
        }
    }

    /// The same; a collection that was deleted meanwhile is made anew with what is put there next.
    fn lost(&mut self, operation: &'static str, source: BackendError) -> StoreError {
        if matches!(source, BackendError::Refused { status: 404, .. }) {
            self.collection = None;
            self.there.clear();
            return StoreError::Gone { place: self.place() };
        }
        self.failed(operation, source)
    }

    fn unfit(&self, reason: String) -> StoreError {
        StoreError::Unfit { place: self.place(), reason }
    }

    /// Whether it was made here, for this corpus.
    fn check_owner(&self, collection: &Collection) -> Result<(), StoreError> {
        if collection.identity().is_none() {
            let reason = "was not made by vecscope, which leaves it as it is; `vecscope browse` opens it, and another \
                          --collection keeps a corpus";
            return Err(self.unfit(reason.into()));
        }
        let kept = collection.metadata.get(CORPUS).and_then(Value::as_str).unwrap_or_default();
        if file_name(kept) == file_name(&self.corpus.name) {
            return Ok(());
        }
        Err(self
            .unfit(format!("holds the corpus {kept}, and this is {}; choose another --collection", self.corpus.name)))
    }

    /// Whether its vectors are of this model.
    fn check_model(&self, collection: &Collection, model: &Identity) -> Result<(), StoreError> {
        match collection.identity() {
            Some(kept) if kept == *model => Ok(()),
            Some(kept) if kept.model != model.model => Err(self.unfit(format!(
                "holds vectors of {}, and these are of {}; choose another --collection, or the backend of that model",
                kept.model, model.model
            ))),
            Some(kept) => {
                Err(self
                    .unfit(format!("holds vectors of {kept}, and these are of {model}; choose another --collection")))
            }
            None => self.check_owner(collection),
        }
    }

    /// The collection, made if need be.
    fn make(&mut self, model: &Identity) -> Result<Collection, StoreError> {
        let collection = if let Some(collection) = &self.collection {
            collection.clone()
        } else {
            let said =
                [(MODEL, json!(model.model)), (DETAILS, json!(model.details)), (CORPUS, json!(self.corpus.name))];
            let metadata: Map<String, Value> = said.map(|(key, value)| (key.to_owned(), value)).into_iter().collect();
            self.server.create(&self.name, &metadata).map_err(|source| self.failed("make", source))?
        };
        // Another program may have made it just now, for something else.
        self.check_owner(&collection)?;
        self.check_model(&collection, model)?;
        self.collection = Some(collection.clone());
        Ok(collection)
    }

    /// The size of the vectors that are to be put there must be the size of those that are.
    fn check_sizes(&self, collection: &Collection, rows: &[Row<'_>]) -> Result<(), StoreError> {
        let kept = collection.dimensions.or(rows.first().map(|row| row.vector.len())).unwrap_or(0);
        match rows.iter().map(|row| row.vector.len()).find(|&given| given != kept) {
            Some(given) => Err(StoreError::WrongSize { place: self.place(), kept, given }),
            None => Ok(()),
        }
    }
}

impl VectorStore for ChromaStore {
    fn describe(&self) -> String {
        self.place()
    }

    fn location(&self) -> Location {
        self.server.location()
    }

    fn take_corpus(&mut self, corpus: &Arc<Corpus>, _is_edit: bool) -> Result<(), StoreError> {
        let places = (0..).map(DocumentIndex).zip(&corpus.documents);
        self.places = places.map(|(index, document)| (TextKey::of(&document.text), index)).collect();
        self.corpus = Arc::clone(corpus);
        let found = self.server.collection(&self.name).map_err(|source| self.failed("read", source))?;
        if let Some(collection) = &found {
            self.check_owner(collection)?;
        }
        if found.as_ref().map(|found| &found.id) != self.collection.as_ref().map(|known| &known.id) {
            self.there.clear();
        }
        self.collection = found;
        Ok(())
    }

    fn mirror(&mut self) -> Result<(), StoreError> {
        let Some(collection) = self.collection.clone() else { return Ok(()) };
        let (gone, changed) = self.bring_up_to_date(&collection).map_err(|source| self.lost("change", source))?;
        tracing::info!(place = self.place(), gone, changed, "mirrors the corpus");
        Ok(())
    }

    fn lacking(&self) -> Vec<DocumentIndex> {
        let mut lacking: Vec<DocumentIndex> =
            self.places.iter().filter(|(key, _)| !self.there.contains(*key)).map(|(_, &place)| place).collect();
        lacking.sort_unstable();
        lacking
    }

    fn get(&mut self, model: &Identity, texts: &[&str], take: &mut Take<'_>) -> Result<(), StoreError> {
        let Some(collection) = self.collection.clone() else { return Ok(()) };
        self.check_model(&collection, model)?;
        let mut wanted: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, text) in texts.iter().enumerate() {
            wanted.entry(TextKey::of(text).to_string()).or_default().push(place);
        }
        let dimensions = collection.dimensions.unwrap_or(0);
        if dimensions == 0 {
            return Ok(());
        }
        let ids: Vec<&str> = wanted.keys().map(String::as_str).collect();
        for ids in ids.chunks(self.server.page_size(dimensions)) {
            let page = self.server.records(&collection, ids, &[Include::Embeddings, Include::Metadatas]);
            for record in page.map_err(|source| self.lost("read", source))?.into_records() {
                let vector = record.vector(dimensions);
                // What somebody else has put there, or changed, is embedded again.
                if let (Some(places), Ok(vector), Some(info)) =
                    (wanted.get(&record.id), vector, info_of(&record.metadata))
                {
                    self.there.extend(TextKey::parse(&record.id));
                    for &place in places {
                        take(place, &vector, info);
                    }
                }
            }
        }
        Ok(())
    }

    fn put(&mut self, model: &Identity, rows: &[Row<'_>]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let collection = self.make(model)?;
        self.check_sizes(&collection, rows)?;
        for rows in rows.chunks(self.server.most_records) {
            let mut records = Records::default();
            for &Row { text, vector, info } in rows {
                let key = TextKey::of(text);
                let mut metadata =
                    self.places.get(&key).map(|&place| metadata_of(&self.corpus, place)).unwrap_or_default();
                add_info(&mut metadata, info);
                records.ids.push(key.to_string());
                records.embeddings.push(vector);
                records.documents.push(text);
                records.metadatas.push(Some(metadata));
            }
            self.server.upsert(&collection, &records).map_err(|source| self.lost("write to", source))?;
            self.there.extend(rows.iter().map(|row| TextKey::of(row.text)));
        }
        if let Some(collection) = &mut self.collection {
            collection.dimensions = rows.first().map(|row| row.vector.len());
        }
        Ok(())
    }

    fn searches(&self) -> bool {
        true
    }

    fn keeps_queries(&self) -> bool {
        false
    }

    fn nearest(
        &mut self,
        model: &Identity,
        vector: &[f32],
        most: usize,
        cancel: &CancellationToken,
    ) -> Result<Vec<Near>, StoreError> {
        let Some(collection) = self.collection.clone() else {
            return Err(StoreError::Gone { place: self.place() });
        };
        self.check_model(&collection, model)?;
        let found =
            self.server.query(&collection, vector, most, cancel).map_err(|source| self.lost("search", source))?;
        // What somebody else has put there has an id of another kind.
        let near = |(id, distance): (String, f32)| {
            let &document = self.places.get(&TextKey::parse(&id)?)?;
            Some(Near { document, score: collection.space.of_distance(distance) })
        };
        Ok(found.into_iter().filter_map(near).collect())
    }
}

/// The last part of a path: a corpus may be named from another folder.
fn file_name(name: &str) -> &str {
    Path::new(name).file_name().and_then(|name| name.to_str()).unwrap_or(name)
}
