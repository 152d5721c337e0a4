//! Where the vectors of a corpus are kept between runs: in a file of the cache, or on a Chroma server.

use std::sync::Arc;

use anyhow::Context as _;
use tokio::runtime::Handle;

use super::Config;
use crate::backend::Location;
use crate::cli::chroma::StoreName;
use crate::corpus::{self, Corpus};
use crate::state::StoreCard;
use crate::store::chroma::{self, ChromaSettings, Reading, Server};
use crate::store::{ChromaRecords, ChromaStore, VectorStore};

/// The option, as error messages call the URL.
const URL: &str = "--chroma-url";

/// Where Chroma listens where nobody says otherwise.
const DEFAULT_URL: &str = "http://localhost:8000";

/// Where the vectors of the corpus are kept, if that is more than the cache. Its `Debug` shows no token.
#[derive(Debug, Clone)]
pub struct Collected {
    /// The server.
    settings: ChromaSettings,
    /// The collection.
    collection: String,
    /// What is done with it.
    purpose: Purpose,
}

#[derive(Debug, Clone)]
enum Purpose {
    /// It keeps a corpus and its vectors.
    Keep,
    /// It is the corpus, which may be changed or not.
    Browse { writes: bool },
}

/// Where vectors are kept.
#[derive(Default)]
pub struct Stores {
    /// Those of the corpus.
    pub corpus: Option<Box<dyn VectorStore>>,
    /// Those of texts beside it, where the first does not keep them.
    pub beside: Option<Box<dyn VectorStore>>,
}

impl Config {
    /// What `--store` asks for.
    pub(super) fn collected(&self, store: Option<StoreName>, url: Option<&str>) -> anyhow::Result<Option<Collected>> {
        if store.unwrap_or_default() == StoreName::Sqlite {
            if url.is_some() {
                anyhow::bail!("{URL} is for --store chroma");
            }
            return Ok(None);
        }
        let Some(collection) = self.chroma.collection.clone() else {
            anyhow::bail!("--store chroma needs --collection NAME: where the corpus is kept");
        };
        if self.corpus.as_ref().is_some_and(|source| source.vectors.is_some()) {
            anyhow::bail!("--vectors and --store chroma: vectors that come with the texts are not kept");
        }
        let settings = self.chroma.settings(URL, url.unwrap_or(DEFAULT_URL))?;
        Ok(Some(Collected { settings, collection, purpose: Purpose::Keep }))
    }

    /// Has a collection be the corpus, and be changed with it where it `writes`.
    pub(crate) fn browse(&mut self, settings: ChromaSettings, collection: &str, writes: bool) {
        let collection = collection.to_owned();
        self.collected = Some(Collected { settings, collection, purpose: Purpose::Browse { writes } });
    }

    /// What is known of the store of a backend's vectors; `None` where it is the cache.
    #[must_use]
    pub fn store_card(&self, backend: &str) -> Option<StoreCard> {
        let Collected { settings, collection, purpose } = self.collected_for(backend)?;
        let (location, keeps_changes) = match purpose {
            // What a file holds is read from the file the next time.
            Purpose::Keep => (settings.location(), self.corpus.is_none()),
            // Changes go where the corpus came from, and only if they were asked for.
            Purpose::Browse { writes } => (Location::InProcess, *writes),
        };
        Some(StoreCard { name: format!("{collection} at {}", settings.host()), location, keeps_changes })
    }

    /// A collection holds vectors of one model: of the backend to begin with.
    fn collected_for(&self, backend: &str) -> Option<&Collected> {
        self.collected.as_ref().filter(|_| self.chosen_backend().name == backend)
    }

    /// The vector cache, where it is wanted.
    ///
    /// # Errors
    /// Where there is no place for it.
    pub fn open_cache(&self) -> anyhow::Result<Option<Box<dyn VectorStore>>> {
        Ok(if self.cache.wanted { Some(Box::new(self.cache.open()?)) } else { None })
    }

    /// Where the vectors that a backend makes of a corpus are kept between runs, for one thread.
    ///
    /// # Errors
    /// Where there is no place for them, or nobody answers there.
    pub fn open_stores(&self, backend: &str, corpus: &Arc<Corpus>, runtime: &Handle) -> anyhow::Result<Stores> {
        let Some(Collected { settings, collection, purpose }) = self.collected_for(backend) else {
            return Ok(Stores { corpus: self.open_cache()?, beside: None });
        };
        let server = Server::connect(settings.clone(), runtime.clone())?;
        let store: Box<dyn VectorStore> = match purpose {
            Purpose::Keep => Box::new(ChromaStore::new(server, collection)),
            Purpose::Browse { writes } => {
                let found = server.collection(collection)?;
                let found = found.with_context(|| format!("the collection {collection} was deleted meanwhile"))?;
                Box::new(ChromaRecords::new(server, found, Arc::clone(corpus), *writes))
            }
        };
        Ok(Stores { corpus: Some(store), beside: self.open_cache()? })
    }

    /// The corpus that was named; else what the collection holds that is to keep one; else the bundled one.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn read_corpus(&self, runtime: &Handle) -> anyhow::Result<Corpus> {
        let Some(Collected { settings, collection, purpose: Purpose::Keep }) = &self.collected else {
            return Ok(corpus::read::load_or_bundled(self.corpus.as_ref())?);
        };
        // Whether anybody is there is said before anything else is done.
        let server = Server::connect(settings.clone(), runtime.clone())?;
        if self.corpus.is_some() {
            return Ok(corpus::read::load_or_bundled(self.corpus.as_ref())?);
        }
        let kept = server.collection(collection)?.filter(|found| found.dimensions.is_some());
        match kept.as_ref().map(|found| (found, found.corpus())) {
            None => {
                let (host, there) = (server.host(), server.what_it_has()?);
                anyhow::bail!("{host} has no collection {collection} with a corpus; {there}. --corpus FILE makes one")
            }
            Some((found, Some(name))) => {
                let mut corpus = chroma::read(&server, found, Reading { vectors_of: None, progress: &mut |_, _| {} })?;
                corpus.notes.push(format!("{name}, as the collection {collection} at {} holds it", server.host()));
                name.clone_into(&mut corpus.name);
                Ok(corpus)
            }
            Some((_, None)) => anyhow::bail!(
                "the collection {collection} at {} was not made by vecscope; `vecscope browse` opens it, and another \
                 --collection keeps a corpus",
                server.host()
            ),
        }
    }
}
