//! Vectors kept between runs: taking those that are there, and keeping those that are made.
//!
//! A store that fails never keeps anybody from a ranking: it is told once, and the run goes on without.

use std::error::Error;
use std::sync::Arc;

use ndarray::{Array1, ArrayView1};

use super::{Estimate, Searcher};
use crate::backend::{Location, Role, TextInfo, UnitBatch};
use crate::corpus::DocumentIndex;
use crate::store::{Row, StoreError, VectorStore};

/// A store, and how it was used.
pub(super) struct Keeping {
    /// `None` after it failed.
    store: Option<Box<dyn VectorStore>>,
    /// Whether what is kept of the corpus was taken.
    asked: bool,
    /// Documents whose vectors were kept from before.
    restored: usize,
    /// What a person has to be told of it.
    trouble: Vec<String>,
}

impl Keeping {
    pub(super) fn restored(&self) -> usize {
        self.restored
    }

    /// Notes what went wrong. The store is given up unless it can be used all the same.
    fn failed(&mut self, error: &StoreError) {
        let mut told = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            told = format!("{told}: {error}");
            cause = error.source();
        }
        tracing::warn!("{told}");
        if !error.leaves_it_usable() {
            self.store = None;
            told.push_str(". Vectors are not kept in this run");
        }
        self.trouble.push(told);
    }

    fn damaged(&mut self, vectors: usize) {
        let place = self.store.as_ref().map_or_else(String::new, |store| store.describe());
        let (number, are) =
            if vectors == 1 { ("1 vector".into(), "is") } else { (format!("{vectors} vectors"), "are") };
        self.trouble.push(format!("{number} of {place} {are} damaged, and made anew"));
    }
}

/// Whether a vector that was kept can be one: of this size, and of unit length.
fn is_whole(vector: &[f32], dimensions: usize) -> bool {
    /// What single precision leaves of a length of 1.
    const ROUNDING: f32 = 1e-3;
    let view = ArrayView1::from(vector);
    vector.len() == dimensions && (view.dot(&view) - 1.0).abs() < ROUNDING
}

impl Searcher {
    /// The same searcher with a place where vectors are kept between runs.
    #[must_use]
    pub fn with_store(mut self, store: Box<dyn VectorStore>) -> Self {
        self.keeping = Some(Keeping { store: Some(store), asked: false, restored: 0, trouble: Vec::new() });
        self
    }

    /// Takes the vectors of the corpus that are kept; the first call does that, and [`Self::embed_next`] calls it.
    pub fn restore(&mut self) {
        let Some(mut keeping) = self.keeping.take() else { return };
        if let Some(store) = keeping.store.as_mut().filter(|_| !keeping.asked) {
            keeping.asked = true;
            let missing = self.missing();
            let corpus = Arc::clone(&self.corpus);
            let texts: Vec<&str> = missing.iter().map(|&number| corpus.documents[number].text.as_str()).collect();
            let (mut size, mut damaged, mut restored) = (self.card().dimensions, 0, 0);
            let index = &mut self.index;
            let mut take = |place: usize, vector: &[f32], info: TextInfo| {
                let dimensions = *size.get_or_insert(vector.len());
                if restored == 0 {
                    index.reserve(texts.len(), dimensions);
                }
                let document = DocumentIndex(missing[place]);
                let is_whole = is_whole(vector, dimensions);
                if is_whole && index.push(document, ArrayView1::from(vector), info).is_ok() {
                    restored += 1;
                } else {
                    damaged += 1;
                }
            };
            let got = store.get(&self.embedder.identity(Role::Document), &texts, &mut take);
            keeping.restored += restored;
            self.pending = None;
            if damaged > 0 {
                keeping.damaged(damaged);
            }
            if let Err(error) = got {
                keeping.failed(&error);
            }
        }
        self.keeping = Some(keeping);
    }

    /// What a person has to be told of the place where vectors are kept, once.
    pub fn take_trouble(&mut self) -> Option<String> {
        let trouble = std::mem::take(&mut self.keeping.as_mut()?.trouble);
        (!trouble.is_empty()).then(|| trouble.join("; "))
    }

    /// Whether a person has to be told something of the place where vectors are kept.
    #[must_use]
    pub fn has_trouble(&self) -> bool {
        self.keeping.as_ref().is_some_and(|keeping| !keeping.trouble.is_empty())
    }

    /// What embedding texts beside the corpus would take, of those that are not known or kept.
    pub fn estimate_texts(&mut self, texts: &[&str], role: Role) -> Estimate {
        self.make_room(texts.len());
        self.restore_texts(texts, role);
        let unknown: Vec<&str> = texts.iter().copied().filter(|text| !self.knows(text, role)).collect();
        Estimate::of(self.embedder.as_ref(), &unknown)
    }

    /// Takes the vectors of texts beside the corpus that are kept.
    pub(super) fn restore_texts(&mut self, texts: &[&str], role: Role) {
        let Some(mut keeping) = self.keeping.take() else { return };
        if let Some(store) = keeping.store.as_mut().filter(|_| self.keeps_texts()) {
            let unknown: Vec<&str> = texts.iter().copied().filter(|text| !self.knows(text, role)).collect();
            let (mut size, mut damaged) = (self.card().dimensions, 0);
            let known = &mut self.known;
            let mut take = |place: usize, vector: &[f32], info| {
                if is_whole(vector, *size.get_or_insert(vector.len())) {
                    let vector = Arc::new(Array1::from(vector.to_vec()));
                    known.put((role, unknown[place].to_owned()), (vector, info));
                } else {
                    damaged += 1;
                }
            };
            let got = store.get(&self.embedder.identity(role), &unknown, &mut take);
            if damaged > 0 {
                keeping.damaged(damaged);
            }
            if let Err(error) = got {
                keeping.failed(&error);
            }
        }
        self.keeping = Some(keeping);
    }

    /// Keeps texts beside the corpus that were embedded, where that saves anybody something.
    pub(super) fn keep_texts(&mut self, texts: &[&str], role: Role, embedded: &UnitBatch) {
        if self.keeps_texts() {
            self.keep(texts, role, embedded);
        }
    }

    /// What this process makes of a few words is made again before it is found.
    fn keeps_texts(&self) -> bool {
        self.card().location != Location::InProcess
    }

    /// Keeps vectors that were just made.
    pub(super) fn keep(&mut self, texts: &[&str], role: Role, embedded: &UnitBatch) {
        /// A store that was set aside has a new one in its place.
        const TRIES: usize = 2;
        let Some(keeping) = &mut self.keeping else { return };
        let identity = self.embedder.identity(role);
        let vectors = embedded.vectors.as_standard_layout();
        let rows = texts.iter().zip(vectors.rows()).zip(&embedded.infos);
        let rows: Vec<Row<'_>> =
            rows.filter_map(|((text, row), &info)| Some(Row { text, vector: row.to_slice()?, info })).collect();
        for _ in 0..TRIES {
            let Some(store) = &mut keeping.store else { return };
            match store.put(&identity, &rows) {
                Ok(()) => return,
                Err(error) => keeping.failed(&error),
            }
        }
    }
}

#[cfg(test)]
mod tests;
