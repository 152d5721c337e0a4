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
use super::records::{add_info, changes, info_of, metadata_of, order, place_of};
use super::wire::Record;
use super::{Collection, Include, Records, Server};
use crate::backend::{BackendError, Identity, Location};
use crate::corpus::{Corpus, DocumentIndex};
use crate::store::{Near, Row, StoreError, Take, TextKey, VectorStore};

/// The ids of what is to go, and what is to be said otherwise.
type Changes = (Vec<String>, Records<'static>);

/// What records say of their documents.
struct Said {
    corpus: Arc<Corpus>,
    places: HashMap<TextKey, DocumentIndex>,
    order: Vec<f64>,
}

/// A collection that keeps vectors.
pub struct ChromaStore {
    server: Server,
    name: String,
    /// `None` before it is made.
    collection: Option<Collection>,
    corpus: Arc<Corpus>,
    /// Which document each text of the corpus is.
    places: HashMap<TextKey, DocumentIndex>,
    /// Where each document stands, as records say it.
    order: Vec<f64>,
    /// What the records say: those of a corpus and of an order, once they were seen to say that.
    said: Option<Said>,
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
            order: Vec::new(),
            said: None,
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
    fn bring_up_to_date(&mut self, collection: &Collection) -> Result<Result<(usize, usize), usize>, BackendError> {
        // Where this fails half way, all of it is done again.
        let (gone, changed) = match self.said.as_ref().map(|said| self.changes_since(said)) {
            Some(changes) => changes,
            None => match self.changes_of(collection)? {
                Ok(changes) => changes,
                Err(others) => return Ok(Err(others)),
            },
        };
        self.server.delete(collection, &gone)?;
        for records in changed.parts(self.server.most_records) {
            self.server.update(collection, &records)?;
        }
        for key in gone.iter().filter_map(|id| TextKey::parse(id)) {
            self.there.remove(&key);
        }
        self.said =
            Some(Said { corpus: Arc::clone(&self.corpus), places: self.places.clone(), order: self.order.clone() });
        Ok(Ok((gone.len(), changed.ids.len())))
    }

    /// What has to be taken out of a collection, and what is to be said otherwise, by what it says itself. Where more than
    /// half would go, it is most likely another corpus of the same name: only how many there are.
    fn changes_of(&mut self, collection: &Collection) -> Result<Result<Changes, usize>, BackendError> {
        let mut gone = Vec::new();
        let mut kept: Vec<(DocumentIndex, Record)> = Vec::new();
        let limit = self.server.page_size(0);
        let mut offset = 0;
        loop {
            let page = self.server.page(collection, (offset, limit), &[Include::Metadatas])?;
            if page.ids.is_empty() {
                break;
            }
            offset += page.ids.len();
            for record in page.into_records() {
                match TextKey::parse(&record.id).and_then(|key| self.places.get(&key)) {
                    Some(&index) => kept.push((index, record)),
                    None if place_of(&record.metadata).is_some() => gone.push(record.id),
                    // Somebody else's, who uses the collection as well.
                    None => {}
                }
            }
        }
        if gone.len() > kept.len() {
            return Ok(Err(gone.len()));
        }
        let mut places = vec![None; self.corpus.documents.len()];
        for (index, record) in &kept {
            places[index.0] = place_of(&record.metadata);
        }
        self.order = order(&places);
        let mut changed = Records::default();
        for (index, record) in kept {
            let changes = changes(&record.metadata, &self.metadata_of(index));
            if !changes.is_empty() {
                changed.ids.push(record.id);
                changed.metadatas.push(Some(changes));
            }
        }
        Ok(Ok((gone, changed)))
    }

    /// The same by what was said, which takes no look at the server.
    fn changes_since(&self, said: &Said) -> Changes {
        let gone = said.places.keys().filter(|key| !self.places.contains_key(*key));
        let gone = gone.map(ToString::to_string).collect();
        let mut changed = Records::default();
        for (key, &index) in &self.places {
            let Some(&before) = said.places.get(key) else { continue };
            let before = metadata_of(&said.corpus, before, said.order[before.0]);
            let changes = changes(&before, &self.metadata_of(index));
            if !changes.is_empty() {
                changed.ids.push(key.to_string());
                changed.metadatas.push(Some(changes));
            }
        }
        (gone, changed)
    }

    fn metadata_of(&self, index: DocumentIndex) -> Map<String, Value> {
        metadata_of(&self.corpus, index, self.order[index.0])
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
        failed(operation, self.place(), source)
    }

    /// The same; a collection that was deleted meanwhile is made anew with what is put there next.
    fn lost(&mut self, operation: &'static str, source: BackendError) -> StoreError {
        if matches!(source, BackendError::Refused { status: 404, .. }) {
            self.collection = None;
            self.forget();
            return StoreError::Gone { place: self.place() };
        }
        self.failed(operation, source)
    }

    /// Nothing is known of what is there.
    fn forget(&mut self) {
        self.there.clear();
        self.said = None;
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

    fn give_up_with(&mut self, cancel: Option<&CancellationToken>) {
        self.server.give_up_with(cancel);
    }

    fn take_corpus(&mut self, corpus: &Arc<Corpus>, is_edit: bool) -> Result<(), StoreError> {
        let places = (0..).map(DocumentIndex).zip(&corpus.documents);
        self.places = places.map(|(index, document)| (TextKey::of(&document.text), index)).collect();
        self.corpus = Arc::clone(corpus);
        let known = self.said.as_ref().filter(|_| is_edit);
        let mut places = vec![None; corpus.documents.len()];
        for (key, index) in &self.places {
            places[index.0] = known.and_then(|said| said.places.get(key).map(|before| said.order[before.0]));
        }
        self.order = order(&places);
        if known.is_some() {
            return Ok(());
        }
        let found = self.server.collection(&self.name).map_err(|source| self.failed("read", source))?;
        if let Some(collection) = &found {
            self.check_owner(collection)?;
        }
        if found.as_ref().map(|found| &found.id) != self.collection.as_ref().map(|known| &known.id) {
            self.there.clear();
        }
        (self.collection, self.said) = (found, None);
        Ok(())
    }

    fn mirror(&mut self, model: &Identity) -> Result<(), StoreError> {
        let Some(collection) = self.collection.clone() else { return Ok(()) };
        self.check_model(&collection, model)?;
        let (gone, changed) = match self.bring_up_to_date(&collection).map_err(|source| self.lost("change", source))? {
            Ok(done) => done,
            Err(others) => {
                return Err(self.unfit(format!(
                    "holds {others} texts that are not in {}, more than are: choose another --collection, or delete this one",
                    self.corpus.name
                )));
            }
        };
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
                let mut metadata = self.places.get(&key).map(|&index| self.metadata_of(index)).unwrap_or_default();
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

/// What a server did not do, of a place that is named with it.
pub(super) fn failed(operation: &'static str, place: String, source: BackendError) -> StoreError {
    let source: Box<dyn std::error::Error + Send + Sync> = match source {
        BackendError::Cancelled => return StoreError::Cancelled,
        BackendError::Network { reason, .. } => reason.into(),
        source => source.into(),
    };
    StoreError::Failed { operation, place, source }
}

/// The last part of a path: a corpus may be named from another folder.
fn file_name(name: &str) -> &str {
    Path::new(name).file_name().and_then(|name| name.to_str()).unwrap_or(name)
}
