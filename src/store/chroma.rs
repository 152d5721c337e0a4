//! Chroma, a vector database, over version 2 of its HTTP interface.
//!
//! Chroma's own crate was tried: it needs `protoc` to be built and brings 200 crates, a web server and a benchmark
//! harness among them, where this program is to be built with a Rust toolchain and a C compiler. What is needed of the
//! interface is a dozen requests of JSON.
//!
//! [`Server`] is a synchronous client, as the backends are: each call blocks its thread on the runtime whose handle it
//! was given. The token goes to the one host it was given for, encrypted unless that is this machine.

mod collection;
mod http;
mod keeping;
mod reading;
mod records;
mod settings;
mod theirs;
mod wire;

pub use crate::backend::http::Timing;
pub use collection::Collection;
pub use keeping::ChromaStore;
pub use reading::{Reading, read};
pub use settings::{ChromaSettings, Given};
pub use theirs::ChromaRecords;

use std::ops::Range;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::backend::{BackendError, Location};
use http::{Client, Verb};
use wire::{Checklist, CollectionBody, Found, Page};

/// How long a person waits for a ranking, or for the vector of a text: then it is made here.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a server may take for one record more.
const A_RECORD: Duration = Duration::from_millis(20);
/// The most that Chroma's cloud finds for a query.
const CLOUD_RESULTS: usize = 300;
/// What Chroma says the most records of one request are, where it does not say.
const FEW_RECORDS: usize = 100;

/// A Chroma server, and a database on it. Its `Debug` shows nothing of the token.
#[derive(Debug)]
pub struct Server {
    client: Client,
    /// The most records of one request.
    most_records: usize,
}

/// What of a record is wanted beside its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Include {
    Documents,
    Metadatas,
    Embeddings,
    Distances,
}

impl Include {
    fn name(self) -> &'static str {
        match self {
            Self::Documents => "documents",
            Self::Metadatas => "metadatas",
            Self::Embeddings => "embeddings",
            Self::Distances => "distances",
        }
    }

    fn names(wanted: &[Self]) -> Vec<&'static str> {
        wanted.iter().map(|include| include.name()).collect()
    }
}

/// Records to put into a collection, in parallel.
#[derive(Debug, Default, serde::Serialize)]
struct Records<'a> {
    ids: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    embeddings: Vec<&'a [f32]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    documents: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    metadatas: Vec<Option<Map<String, Value>>>,
}

impl Records<'_> {
    /// The same in parts of so many records at the most.
    fn parts(&self, most: usize) -> impl Iterator<Item = Self> + '_ {
        fn part<T: Clone>(all: &[T], range: &Range<usize>) -> Vec<T> {
            all.get(range.clone()).unwrap_or_default().to_vec()
        }
        (0..self.ids.len()).step_by(most).map(move |start| {
            let range = start..(start + most).min(self.ids.len());
            Self {
                ids: part(&self.ids, &range),
                embeddings: part(&self.embeddings, &range),
                documents: part(&self.documents, &range),
                metadatas: part(&self.metadatas, &range),
            }
        })
    }
}

impl Server {
    /// Finds out whether a Chroma server that speaks this interface is there.
    ///
    /// `handle` is of a multi-threaded runtime with I/O and time, which must outlive the server. Calls come from a
    /// thread that is not one of the runtime's own: they block.
    ///
    /// # Errors
    /// Where nobody answers, where it is something else than Chroma, or one that is too old.
    pub fn connect(settings: ChromaSettings, handle: Handle) -> Result<Self, BackendError> {
        let client = Client::new(settings, handle)?;
        let checklist: Result<Checklist, _> = client.send(Verb::Get, &["pre-flight-checks"], NOTHING);
        match checklist {
            Ok(checklist) => {
                let most_records = checklist.max_batch_size.unwrap_or(FEW_RECORDS).max(1);
                Ok(Self { client, most_records })
            }
            Err(BackendError::Refused { status: 404 | 405, .. } | BackendError::BadAnswer { .. }) => {
                Err(client.no_interface())
            }
            Err(error) => Err(error),
        }
    }

    /// What is asked from now on is given up when this is cancelled; never where there is nothing to cancel.
    pub fn give_up_with(&mut self, cancel: Option<&CancellationToken>) {
        self.client.cancel = cancel.cloned().unwrap_or_default();
    }

    /// The host, as shown to a person.
    #[must_use]
    pub fn host(&self) -> &str {
        self.client.host()
    }

    /// Where what is kept there goes.
    #[must_use]
    pub fn location(&self) -> Location {
        self.client.settings().location()
    }

    /// Chroma's own cloud has limits of its own.
    fn is_in_the_cloud(&self) -> bool {
        self.host().ends_with("trychroma.com")
    }

    /// All collections of the database, by name.
    ///
    /// # Errors
    /// Where it cannot be read, and where there is no such tenant or database.
    pub fn collections(&self) -> Result<Vec<Collection>, BackendError> {
        /// Of one request.
        const MOST: usize = 100;
        let mut collections = Vec::new();
        loop {
            let query = format!("limit={MOST}&offset={}", collections.len());
            let page: Vec<CollectionBody> = self.client.list(&self.client.in_database(&["collections"]), &query)?;
            let last = page.len() < MOST;
            for body in page {
                collections.push(Collection::from_body(body).map_err(|reason| self.client.bad_answer(&reason))?);
            }
            if last {
                break;
            }
        }
        if collections.is_empty() {
            self.check_database()?;
        }
        collections.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(collections)
    }

    /// Which collections there are, in words for whoever has named another.
    ///
    /// # Errors
    /// As [`Self::collections`].
    pub fn what_it_has(&self) -> Result<String, BackendError> {
        let names: Vec<String> = self.collections()?.into_iter().map(|collection| collection.name).collect();
        Ok(if names.is_empty() { "it has none".into() } else { format!("it has {}", names.join(", ")) })
    }

    /// A collection by its name; `None` where there is none.
    ///
    /// # Errors
    /// Where it cannot be read, and where there is no such tenant or database.
    pub fn collection(&self, name: &str) -> Result<Option<Collection>, BackendError> {
        let path = self.client.in_database(&["collections", name]);
        match self.client.send_within::<CollectionBody>(PATIENCE, Verb::Get, &path, NOTHING) {
            Ok(body) => Collection::from_body(body).map(Some).map_err(|reason| self.client.bad_answer(&reason)),
            Err(BackendError::Refused { status: 404, .. }) => {
                self.check_database()?;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// How many records a collection has.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn count(&self, collection: &Collection) -> Result<usize, BackendError> {
        let path = self.client.in_database(&["collections", &collection.id, "count"]);
        self.client.send(Verb::Get, &path, NOTHING)
    }

    /// Makes a collection, or finds the one that somebody made meanwhile.
    fn create(&self, name: &str, metadata: &Map<String, Value>) -> Result<Collection, BackendError> {
        let body = json!({
            "name": name,
            "metadata": metadata,
            "configuration": { "hnsw": { "space": "cosine" } },
            "get_or_create": true,
        });
        let path = self.client.in_database(&["collections"]);
        let body: CollectionBody = self.client.send_within(PATIENCE, Verb::Post, &path, Some(&body))?;
        Collection::from_body(body).map_err(|reason| self.client.bad_answer(&reason))
    }

    /// A page of a collection, in the collection's own order.
    fn page(
        &self,
        collection: &Collection,
        (offset, limit): (usize, usize),
        include: &[Include],
    ) -> Result<Page, BackendError> {
        let body = json!({ "offset": offset, "limit": limit, "include": Include::names(include) });
        let path = self.client.in_database(&["collections", &collection.id, "get"]);
        let page: Page = self.client.send_within(patience(limit), Verb::Post, &path, Some(&body))?;
        page.check().map_err(|reason| self.client.bad_answer(&reason))?;
        Ok(page)
    }

    /// Those of the records of these ids that are there, in whatever order.
    fn records(&self, collection: &Collection, ids: &[&str], include: &[Include]) -> Result<Page, BackendError> {
        let body = json!({ "ids": ids, "include": Include::names(include) });
        let path = self.client.in_database(&["collections", &collection.id, "get"]);
        let page: Page = self.client.send_within(patience(ids.len()), Verb::Post, &path, Some(&body))?;
        page.check().map_err(|reason| self.client.bad_answer(&reason))?;
        Ok(page)
    }

    /// Puts records into a collection, in the place of those that have the same ids.
    fn upsert(&self, collection: &Collection, records: &Records<'_>) -> Result<(), BackendError> {
        self.write(collection, "upsert", records.ids.len(), records)
    }

    /// Changes what is said of records that are there.
    fn update(&self, collection: &Collection, records: &Records<'_>) -> Result<(), BackendError> {
        self.write(collection, "update", records.ids.len(), records)
    }

    fn write(
        &self,
        collection: &Collection,
        verb: &str,
        records: usize,
        body: &impl serde::Serialize,
    ) -> Result<(), BackendError> {
        let path = self.client.in_database(&["collections", &collection.id, verb]);
        self.client.send_within::<Value>(patience(records), Verb::Post, &path, Some(body)).map(drop)
    }

    /// Takes records out of a collection.
    fn delete(&self, collection: &Collection, ids: &[String]) -> Result<(), BackendError> {
        for ids in ids.chunks(self.most_records.min(FEW_RECORDS)) {
            self.write(collection, "delete", ids.len(), &json!({ "ids": ids }))?;
        }
        Ok(())
    }

    /// The ids of the records nearest to a vector, and their distances in the collection's space, the nearest first.
    fn query(
        &self,
        collection: &Collection,
        vector: &[f32],
        most: usize,
        cancel: &CancellationToken,
    ) -> Result<Vec<(String, f32)>, BackendError> {
        let include = Include::names(&[Include::Distances]);
        let most = if self.is_in_the_cloud() { most.min(CLOUD_RESULTS) } else { most };
        let body = json!({ "query_embeddings": [vector], "n_results": most, "include": include });
        let path = self.client.in_database(&["collections", &collection.id, "query"]);
        let found: Found = self.client.send_until(cancel, PATIENCE, Verb::Post, &path, Some(&body))?;
        found.nearest().map_err(|reason| self.client.bad_answer(&reason))
    }

    /// Whether tenant and database are there: of those that are not, a server may say that they have no collections.
    fn check_database(&self) -> Result<(), BackendError> {
        let path = self.client.in_database(&[]);
        match self.client.send::<Value>(Verb::Get, &path, NOTHING) {
            Err(BackendError::Refused { host, status: 404, reason }) => {
                let settings = self.client.settings();
                let (tenant, database) = (settings.tenant(), settings.database());
                let reason = format!("there is no database {database} of the tenant {tenant}; {reason}");
                Err(BackendError::Refused { host, status: 404, reason })
            }
            // One that keeps people from looking at it lets them use it all the same.
            _ => Ok(()),
        }
    }
}

/// How long so many records are waited for.
fn patience(records: usize) -> Duration {
    PATIENCE + A_RECORD * u32::try_from(records).unwrap_or(u32::MAX)
}

/// A request without a body.
const NOTHING: Option<&()> = None;
