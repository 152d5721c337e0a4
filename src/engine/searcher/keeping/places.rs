//! The places where vectors are kept, and how using them went.

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::backend::{Identity, Job, TextInfo};
use crate::corpus::Corpus;
use crate::engine::index::Index;
use crate::store::{Row, StoreError, VectorStore};

/// How long a store that failed is left alone.
const REST: Duration = Duration::from_secs(5);

/// Where vectors are kept, and how that went.
#[derive(Default)]
pub(in crate::engine::searcher) struct Keeping {
    /// For the corpus; `None` after it failed.
    pub(super) store: Option<Box<dyn VectorStore>>,
    /// For texts beside the corpus, and for a corpus that `store` is not for; `None` where `store` takes everything.
    pub(super) beside: Option<Box<dyn VectorStore>>,
    /// Whether what is kept of the corpus was taken.
    pub(super) asked: bool,
    /// What `store` is to the corpus.
    pub(super) standing: Standing,
    /// Whether `store` may have missed something.
    pub(super) behind: bool,
    /// Whether what was not there before may go there: somebody was asked, or it is on this machine.
    pub(super) allowed: bool,
    /// Until when it is left alone, as it has just failed.
    pub(super) rests: Option<Instant>,
    /// Documents whose vectors were kept from before.
    pub(super) restored: usize,
    /// How many of the corpus' vectors are kept together as well.
    pub(super) in_snapshot: usize,
    /// What a person has to be told of it.
    pub(super) trouble: Vec<String>,
}

/// What a store is to the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Standing {
    /// It was not told of it yet.
    #[default]
    Unknown,
    /// It knows the one of which this is an edit.
    Edited,
    /// It keeps its vectors.
    Known,
    /// It is for another corpus, or for another model.
    Unfit,
}

/// One of the two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Store,
    Beside,
}

impl Keeping {
    pub(in crate::engine::searcher) fn restored(&self) -> usize {
        self.restored
    }

    /// Where vectors of the corpus are kept, if they are.
    pub(super) fn of_corpus(&self) -> Option<Which> {
        let fits = self.store.as_ref().is_some_and(|store| self.is_fit() && store.keeps());
        if fits { Some(Which::Store) } else { self.beside.as_ref().map(|_| Which::Beside) }
    }

    /// Where texts beside the corpus are kept, if they are.
    pub(super) fn of_texts(&self) -> Option<Which> {
        let fits = self.store.as_ref().is_some_and(|store| store.keeps_queries());
        if fits { Some(Which::Store) } else { self.beside.as_ref().map(|_| Which::Beside) }
    }

    /// That store, if it can be used now.
    pub(super) fn get(&mut self, which: Which) -> Option<&mut Box<dyn VectorStore>> {
        match which {
            Which::Store if !self.is_fit() || self.is_resting() => None,
            Which::Store => self.store.as_mut(),
            Which::Beside => self.beside.as_mut(),
        }
    }

    /// What is asked of the store from now on is given up with a job; never where there is none.
    pub(super) fn give_up_with(&mut self, job: Option<&Job<'_>>) {
        self.store.iter_mut().for_each(|store| store.give_up_with(job.map(|job| job.cancel)));
    }

    pub(super) fn is_fit(&self) -> bool {
        self.standing != Standing::Unfit
    }

    pub(super) fn is_resting(&self) -> bool {
        self.rests.is_some_and(|until| Instant::now() < until)
    }

    /// Leaves the store alone for a while.
    pub(super) fn rest(&mut self) {
        self.rests = Some(Instant::now() + REST);
    }

    /// It may be asked again.
    pub(super) fn rest_no_longer(&mut self) {
        self.rests = self.rests.map(|_| Instant::now());
    }

    /// Whether the store is of one corpus, whose every change it is told of.
    pub(super) fn follows(&self) -> bool {
        self.store.as_ref().is_some_and(|store| store.searches())
    }

    /// Another corpus is there, or an edit of the one before.
    pub(super) fn forget_corpus(&mut self, is_edit: bool) {
        self.asked = false;
        let is_here = self.store.as_ref().is_some_and(|store| !store.location().leaves_machine());
        self.allowed = is_here || self.allowed && is_edit;
        // What does not fit one corpus may fit the next.
        self.standing = match self.standing {
            _ if !is_edit => Standing::Unknown,
            Standing::Known => Standing::Edited,
            standing => standing,
        };
        self.behind = self.follows();
    }

    /// Has the store know the corpus.
    pub(super) fn introduce(&mut self, corpus: &Arc<Corpus>) -> Result<(), StoreError> {
        let is_edit = self.standing == Standing::Edited;
        if let Some(store) = self.store.as_mut().filter(|_| is_edit || self.standing == Standing::Unknown) {
            store.take_corpus(corpus, is_edit)?;
            self.standing = Standing::Known;
        }
        Ok(())
    }

    /// Whether the store has missed something, may be asked now, and may hold it.
    pub(super) fn can_catch_up(&self) -> bool {
        let may_hold = || self.allowed || self.store.as_ref().is_some_and(|store| store.lacking().is_empty());
        self.behind && self.is_fit() && !self.is_resting() && may_hold()
    }

    /// Has the store hold what it has missed.
    pub(super) fn catch_up(
        &mut self,
        corpus: &Arc<Corpus>,
        index: &Index,
        identity: &Identity,
    ) -> Result<(), StoreError> {
        const TOGETHER: usize = 1_000;
        self.introduce(corpus)?;
        let Some(store) = &mut self.store else { return Ok(()) };
        if !self.allowed && !store.lacking().is_empty() {
            // What is lacking is only known now.
            return Ok(());
        }
        for documents in store.lacking().chunks(TOGETHER) {
            let vectors = documents.iter().filter_map(|&document| {
                let (unit, info) = index.unit_of(document)?;
                Some((corpus[document].text.as_str(), unit, info))
            });
            let vectors: Vec<(&str, Vec<f32>, TextInfo)> = vectors.collect();
            let rows = vectors.iter().map(|(text, vector, info)| Row { text, vector, info: *info });
            store.put(identity, &rows.collect::<Vec<_>>())?;
        }
        // Last, so that nothing is gone whose successor is not there.
        store.mirror(identity)?;
        self.behind = false;
        if self.rests.take().is_some() {
            self.trouble.push(format!("{} answers again, and has everything", store.describe()));
        }
        Ok(())
    }

    /// Notes what went wrong. A store is given up unless it can be used all the same, or may be there again later.
    pub(super) fn failed(&mut self, which: Which, error: &StoreError) {
        if matches!(error, StoreError::Cancelled) {
            return;
        }
        let mut told = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            told = format!("{told}: {error}");
            cause = error.source();
        }
        tracing::warn!("{told}");
        match (which, error) {
            (_, error) if error.leaves_it_usable() => {}
            (Which::Beside, _) => {
                self.beside = None;
                told.push_str(". Vectors are not kept in this run");
            }
            (Which::Store, StoreError::Unfit { .. } | StoreError::WrongSize { .. }) if self.follows() => {
                self.standing = Standing::Unfit;
            }
            (Which::Store, StoreError::Gone { .. }) => {
                // It is made anew at once, and that is told.
                (self.behind, self.rests) = (true, Some(Instant::now()));
            }
            (Which::Store, _) if self.follows() => {
                let is_known = self.rests.is_some();
                (self.behind, self.rests) = (true, Some(Instant::now() + REST));
                if is_known {
                    return;
                }
                told.push_str(". It is asked again later, and gets what it has missed");
            }
            (Which::Store, _) => {
                self.store = None;
                told.push_str(". Vectors are not kept in this run");
            }
        }
        self.trouble.push(told);
    }

    pub(super) fn damaged(&mut self, which: Which, vectors: usize) {
        let store = match which {
            Which::Store => &self.store,
            Which::Beside => &self.beside,
        };
        let place = store.as_ref().map_or_else(String::new, |store| store.describe());
        let (number, are) =
            if vectors == 1 { ("1 vector".into(), "is") } else { (format!("{vectors} vectors"), "are") };
        self.trouble.push(format!("{number} of {place} {are} damaged, and made anew"));
    }
}
