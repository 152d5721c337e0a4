//! Vectors kept between runs: whoever embedded a text once does not embed it again.
//!
//! A store keeps vectors under the [`Identity`] of the model that made them and the text they stand for. It never guesses:
//! what it gives back is what was put, of exactly that model.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::backend::{Identity, Location, TextInfo};
use crate::corpus::{Corpus, DocumentIndex};

pub mod chroma;
mod files;
pub mod graph;
mod key;
pub mod snapshot;
pub mod sqlite;
mod wanted;

pub use chroma::{ChromaRecords, ChromaStore};
pub use key::TextKey;
pub use snapshot::Snapshot;
pub use sqlite::SqliteStore;

/// A vector and what is known of its text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row<'a> {
    /// The text.
    pub text: &'a str,
    /// Its unit vector.
    pub vector: &'a [f32],
    /// Its tokens, and the length of its vector before normalising.
    pub info: TextInfo,
}

/// Takes a vector that was found: the place of its text among those asked for, its unit vector, and what is known of it.
pub type Take<'a> = dyn FnMut(usize, &[f32], TextInfo) + 'a;

/// A place for vectors. Owned by one thread; several programs may use what is behind it at once.
pub trait VectorStore: Send {
    /// What to call it to a person, and where it is.
    fn describe(&self) -> String;

    /// Gives the vectors of those texts that are kept, in whatever order.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read. What was given before that is good.
    fn get(&mut self, model: &Identity, texts: &[&str], take: &mut Take<'_>) -> Result<(), StoreError>;

    /// Keeps vectors, all of them or none, in the place of older ones of the same texts. When it returns they outlive
    /// the program, however that ends.
    ///
    /// # Errors
    /// [`StoreError`] where they could not be kept.
    fn put(&mut self, model: &Identity, rows: &[Row<'_>]) -> Result<(), StoreError>;

    /// The vectors of most of the texts of a large corpus where they were kept together, and so are there at once. The
    /// documents have the places of their texts.
    fn snapshot(&mut self, _model: &Identity, _texts: &[&str]) -> Option<Snapshot> {
        None
    }

    /// Keeps the vectors of a large corpus together, which are kept one by one already, for the next start to be quick. That
    /// it cannot be done is no error.
    fn keep_snapshot(&mut self, _model: &Identity, _corpus: &Arc<Corpus>, _snapshot: Snapshot) {}

    /// Where a corpus goes that is kept there: whoever it belongs to is asked first. One whose changes go where it came
    /// from, because somebody asked for just that, says [`Location::InProcess`].
    fn location(&self) -> Location {
        Location::InProcess
    }

    /// Whether it takes vectors at all, or only gives those that are there.
    fn keeps(&self) -> bool {
        true
    }

    /// Whether queries are kept too, or only what is a document.
    fn keeps_queries(&self) -> bool {
        true
    }

    /// What is asked of it from now on, and has to be waited for, is given up when this is cancelled; never where there is
    /// nothing to cancel.
    fn give_up_with(&mut self, _cancel: Option<&CancellationToken>) {}

    /// Told whose vectors it is to keep: before anything else, and whenever that changes. `is_edit` says that it is the
    /// corpus of before, changed by hand. Nothing is changed there yet. A place for any texts has no use for it.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] where it holds something else, and where it cannot be read.
    fn take_corpus(&mut self, _corpus: &Arc<Corpus>, _is_edit: bool) -> Result<(), StoreError> {
        Ok(())
    }

    /// Takes out what is no longer in the corpus, and changes what the corpus now says of the rest. Not where vectors of
    /// another model than this are.
    ///
    /// # Errors
    /// [`StoreError`] where it could not be changed.
    fn mirror(&mut self, _model: &Identity) -> Result<(), StoreError> {
        Ok(())
    }

    /// Those documents of the corpus whose vectors should be there and are not, where it is of one corpus.
    fn lacking(&self) -> Vec<DocumentIndex> {
        Vec::new()
    }

    /// Whether it finds the nearest vectors itself.
    fn searches(&self) -> bool {
        false
    }

    /// The documents of the corpus whose vectors are nearest to a vector, at the most so many, the nearest first. It may
    /// miss some.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot search, and [`StoreError::Cancelled`].
    fn nearest(
        &mut self,
        _model: &Identity,
        _vector: &[f32],
        _most: usize,
        _cancel: &CancellationToken,
    ) -> Result<Vec<Near>, StoreError> {
        Err(StoreError::Unfit { place: self.describe(), reason: "does not search".into() })
    }
}

/// A document that a store found near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Which document.
    pub document: DocumentIndex,
    /// Its similarity in the space of the vectors.
    pub score: f32,
}

/// Why vectors cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// What is behind it failed.
    #[error("cannot {operation} {place}")]
    Failed {
        /// What was tried.
        operation: &'static str,
        /// Where.
        place: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The vectors are of another size than those that are kept under the same identity.
    #[error("{place} has vectors of {kept} dimensions, and these have {given}: they come from different models")]
    WrongSize {
        /// Where.
        place: String,
        /// The size of what is there.
        kept: usize,
        /// The size of what was to be put there.
        given: usize,
    },
    /// What is there is none of ours, or damaged. It is kept beside a new one, which is empty and can be used at once.
    #[error(
        "{place} cannot be used: {reason}. {}a new one begins",
        .aside.as_ref().map_or_else(String::new, |aside| format!("It was set aside as {aside}, and "))
    )]
    SetAside {
        /// Where it was.
        place: String,
        /// Where it is now; `None` where another program has put it there.
        aside: Option<String>,
        /// What is wrong with it.
        reason: String,
    },
    /// It holds as much as it may, all of it in use.
    #[error("{place} is as large as it may be ({limit} bytes), and all of it is in use: --cache-limit allows more")]
    Full {
        /// Where.
        place: String,
        /// The most bytes.
        limit: u64,
    },
    /// It was there and is not any more.
    #[error("{place} is not there, or was deleted; it is made anew with the vectors of the corpus")]
    Gone {
        /// Where it was.
        place: String,
    },
    /// What is there is not for this.
    #[error("{place} {reason}")]
    Unfit {
        /// Where.
        place: String,
        /// Why, and what to do.
        reason: String,
    },
    /// Nobody wants the answer any more.
    #[error("cancelled")]
    Cancelled,
}

impl StoreError {
    /// Whether the store can be used after it as before.
    #[must_use]
    pub fn leaves_it_usable(&self) -> bool {
        matches!(self, Self::SetAside { .. })
    }
}
