//! Vectors kept between runs: taking those that are there, and keeping those that are made.
//!
//! A store that fails never keeps anybody from a ranking: it is told once, and the run goes on without. One that is of one
//! corpus alone, such as a collection on a server, is asked again after a while, and then gets what it has missed.

use std::sync::Arc;

use ndarray::{Array1, ArrayView1};

use super::given::as_compared;
use super::{Estimate, Searcher};
use crate::backend::{BackendError, Job, Location, Role, TextInfo, UnitBatch, beyond_this_machine};
use crate::corpus::DocumentIndex;
use crate::engine::index::Found;
use crate::engine::search::SearchOptions;
use crate::math::vector;
use crate::store::{Row, StoreError, VectorStore};

mod places;

pub(super) use places::Keeping;
use places::Which;

/// From how many documents on the vectors of a corpus are kept together as well.
const SNAPSHOT_FROM: usize = 10_000;

/// Whether a vector that was kept can be one: of this size, and of unit length.
fn is_whole(vector: &[f32], dimensions: usize) -> bool {
    vector.len() == dimensions && vector::is_unit(vector)
}

impl Searcher {
    /// The same searcher with a place where vectors are kept between runs.
    #[must_use]
    pub fn with_store(mut self, store: Box<dyn VectorStore>) -> Self {
        let keeping = self.keeping.get_or_insert_default();
        keeping.behind = store.searches();
        keeping.allowed = !store.location().leaves_machine();
        keeping.store = Some(store);
        self
    }

    /// The same searcher with places where vectors are kept between runs: of the corpus, and of texts beside it and of a
    /// corpus that the first is not for.
    #[must_use]
    pub fn with_stores(mut self, corpus: Option<Box<dyn VectorStore>>, beside: Option<Box<dyn VectorStore>>) -> Self {
        if let Some(store) = beside {
            self.keeping.get_or_insert_default().beside = Some(store);
        }
        match corpus {
            Some(store) => self.with_store(store),
            None => self,
        }
    }

    /// Where the texts of the corpus go, for their vectors or to be kept, as far as that is not this machine.
    #[must_use]
    pub fn receivers(&self) -> Vec<Location> {
        let kept = self.keeping.as_ref().filter(|keeping| keeping.is_fit()).and_then(|keeping| keeping.store.as_ref());
        let kept = kept.map(|store| store.location());
        beyond_this_machine(std::iter::once(self.card().location.clone()).chain(kept))
    }

    /// Takes the vectors of the corpus that are kept; the first call does that, and [`Self::embed_next`] calls it.
    pub fn restore(&mut self) {
        let Some(mut keeping) = self.keeping.take() else { return };
        if !std::mem::replace(&mut keeping.asked, true) {
            if !keeping.is_resting()
                && let Err(error) = keeping.introduce(&self.corpus)
            {
                keeping.failed(Which::Store, &error);
            }
            let mut asked = None;
            // What turns out not to be for this model or this corpus leaves it to the other place.
            while let Some(which) = keeping.of_corpus().filter(|which| asked != Some(*which)) {
                asked = Some(which);
                self.restore_from(&mut keeping, which);
            }
        }
        self.keeping = Some(keeping);
        self.keep_snapshot_if_whole();
    }

    fn restore_from(&mut self, keeping: &mut Keeping, which: Which) {
        self.take_snapshot(keeping, which);
        let is_unit = self.given_unit == Some(true);
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
            let info = as_compared(info, is_unit);
            if is_whole && index.push(document, ArrayView1::from(vector), info).is_ok() {
                restored += 1;
            } else {
                damaged += 1;
            }
        };
        let Some(store) = keeping.get(which) else { return };
        let got = store.get(&self.embedder.identity(Role::Document), &texts, &mut take);
        // What came from there may go back there.
        let is_whole = got.is_ok() && which == Which::Store && store.lacking().is_empty();
        keeping.allowed |= is_whole;
        keeping.restored += restored;
        self.pending = None;
        if damaged > 0 {
            keeping.damaged(which, damaged);
        }
        if let Err(error) = got {
            keeping.failed(which, &error);
        }
    }

    /// Takes the vectors of a large corpus that were kept together, all at once.
    fn take_snapshot(&mut self, keeping: &mut Keeping, which: Which) {
        if !self.index.is_empty() || self.given_unit.is_some() || self.corpus.documents.len() < SNAPSHOT_FROM {
            return;
        }
        let identity = self.embedder.identity(Role::Document);
        let snapshot = keeping.get(which).and_then(|store| store.snapshot(&identity, &self.corpus.texts()));
        let size = self.card().dimensions;
        let Some(snapshot) = snapshot.filter(|snapshot| size.is_none_or(|size| size == snapshot.dimensions)) else {
            return;
        };
        let damaged = self.index.take(snapshot);
        keeping.restored += self.index.len();
        keeping.in_snapshot = self.index.len();
        if damaged > 0 {
            keeping.damaged(which, damaged);
            // It is written again.
            keeping.in_snapshot = 0;
        }
    }

    /// Keeps the vectors of a large corpus together, once all of them are there, unless most were kept so already.
    pub(super) fn keep_snapshot_if_whole(&mut self) {
        const ENOUGH: f64 = 0.9;
        let documents = self.corpus.documents.len();
        if documents < SNAPSHOT_FROM || self.given_unit.is_some() || !self.progress().is_complete() {
            return;
        }
        let identity = self.embedder.identity(Role::Document);
        let Some(keeping) = &mut self.keeping else { return };
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        let share = keeping.in_snapshot as f64 / documents as f64;
        let Some(which) = keeping.of_corpus().filter(|_| share < ENOUGH) else { return };
        keeping.in_snapshot = documents;
        if let (Some(store), Some(snapshot)) = (keeping.get(which), self.index.snapshot()) {
            store.keep_snapshot(&identity, &self.corpus, snapshot);
        }
    }

    /// Whether a store that is of this corpus has missed something and may be asked now: not where it was seen a moment ago
    /// not to answer.
    pub(super) fn can_catch_up(&self) -> bool {
        self.keeping.as_ref().is_some_and(Keeping::can_catch_up) && self.progress().is_complete()
    }

    /// Has a store hold what it has missed, where all of the corpus is embedded: what is not may not have to leave this
    /// machine yet.
    pub(super) fn catch_up_if_whole(&mut self, job: &Job<'_>) {
        if !self.can_catch_up() {
            return;
        }
        let Some(mut keeping) = self.keeping.take() else { return };
        let identity = self.embedder.identity(Role::Document);
        keeping.give_up_with(Some(job));
        if let Err(error) = keeping.catch_up(&self.corpus, &self.index, &identity) {
            keeping.failed(Which::Store, &error);
            if matches!(error, StoreError::Gone { .. }) {
                // It was made anew, and is gone again.
                keeping.rest();
            }
        }
        keeping.give_up_with(None);
        self.keeping = Some(keeping);
    }

    /// The same before a command ends, even where the store did not answer a moment ago: there is no later.
    pub fn catch_up_at_last(&mut self, job: &Job<'_>) {
        self.keeping.iter_mut().for_each(Keeping::rest_no_longer);
        self.catch_up_if_whole(job);
    }

    /// The corpus may be kept wherever it is kept: whoever it belongs to was asked, or has said so beforehand.
    pub fn allow_keeping(&mut self) {
        if let Some(keeping) = &mut self.keeping {
            keeping.allowed = true;
        }
    }

    /// The nearest documents as the store finds them; `None` where there is none that searches, where it fails, which is
    /// told, and where only some documents are to be looked at.
    ///
    /// # Errors
    /// [`BackendError::Cancelled`].
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub(super) fn find_in_store(
        &mut self,
        unit: ArrayView1<'_, f32>,
        norm: f32,
        options: &SearchOptions,
        job: &Job<'_>,
    ) -> Result<Option<Found>, BackendError> {
        let vector = self.index.as_compared(unit, norm);
        let most = options.depth.min(self.index.len());
        let identity = self.embedder.identity(Role::Document);
        let Some(keeping) = self.keeping.as_mut().filter(|_| options.selection.is_none() && most > 0) else {
            return Ok(None);
        };
        if keeping.behind {
            // It would miss what it does not hold.
            return Ok(None);
        }
        let Some(store) = keeping.get(Which::Store).filter(|store| store.searches()) else { return Ok(None) };
        match store.nearest(&identity, &vector, most, job.cancel) {
            Ok(near) => Ok(Some(self.index.found_elsewhere(&vector, &near)).filter(|found| !found.ranked.is_empty())),
            Err(StoreError::Cancelled) => Err(BackendError::Cancelled),
            Err(error) => {
                keeping.failed(Which::Store, &error);
                Ok(None)
            }
        }
    }

    /// Takes what is kept of the corpus that took the place of another.
    pub(super) fn restore_more(&mut self, is_edit: bool) {
        if let Some(keeping) = &mut self.keeping {
            keeping.forget_corpus(is_edit);
            keeping.in_snapshot = keeping.in_snapshot.min(self.index.len());
        }
        self.restore();
    }

    /// What a person has to be told of the place where vectors are kept, once.
    pub fn take_trouble(&mut self) -> Option<String> {
        let trouble = std::mem::take(&mut self.keeping.as_mut()?.trouble);
        (!trouble.is_empty()).then(|| trouble.join("; "))
    }

    /// Whether a store that is of this corpus may have missed something.
    #[must_use]
    pub fn is_behind(&self) -> bool {
        self.keeping.as_ref().is_some_and(|keeping| keeping.behind || !keeping.is_fit())
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
        if let Some(which) = keeping.of_texts().filter(|_| self.keeps_texts())
            && let Some(store) = keeping.get(which)
        {
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
                keeping.damaged(which, damaged);
            }
            if let Err(error) = got {
                keeping.failed(which, &error);
            }
        }
        self.keeping = Some(keeping);
    }

    /// Keeps texts beside the corpus that were embedded, where that saves anybody something.
    pub(super) fn keep_texts(&mut self, texts: &[&str], role: Role, embedded: &UnitBatch) {
        if self.keeps_texts()
            && let Some(which) = self.keeping.as_ref().and_then(Keeping::of_texts)
        {
            self.keep_in(which, texts, role, embedded);
        }
    }

    /// What this process makes of a few words is made again before it is found.
    fn keeps_texts(&self) -> bool {
        self.card().location != Location::InProcess
    }

    /// Keeps vectors of the corpus that were just made.
    pub(super) fn keep(&mut self, texts: &[&str], embedded: &UnitBatch, job: &Job<'_>) {
        if let Some(which) = self.keeping.as_ref().and_then(Keeping::of_corpus) {
            self.keeping.iter_mut().for_each(|keeping| keeping.give_up_with(Some(job)));
            self.keep_in(which, texts, Role::Document, embedded);
            self.keeping.iter_mut().for_each(|keeping| keeping.give_up_with(None));
        }
    }

    fn keep_in(&mut self, which: Which, texts: &[&str], role: Role, embedded: &UnitBatch) {
        /// A store that was set aside has a new one in its place.
        const TRIES: usize = 2;
        let identity = self.embedder.identity(role);
        let Some(keeping) = &mut self.keeping else { return };
        let is_unit = self.given_unit == Some(true) && which == Which::Store && keeping.follows();
        let vectors = embedded.vectors.as_standard_layout();
        let rows = texts.iter().zip(vectors.rows()).zip(&embedded.infos).filter_map(|((text, row), &info)| {
            let info = as_compared(info, is_unit);
            Some(Row { text, vector: row.to_slice()?, info })
        });
        let rows: Vec<Row<'_>> = rows.collect();
        for _ in 0..TRIES {
            let Some(store) = keeping.get(which) else { break };
            match store.put(&identity, &rows) {
                Ok(()) => return,
                Err(error) => keeping.failed(which, &error),
            }
        }
        keeping.behind |= which == Which::Store && keeping.follows();
    }
}

#[cfg(test)]
mod tests;
