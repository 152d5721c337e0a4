//! The filter, and the way of searching: what the screen shows of the corpus, and how it is found.

use std::sync::Arc;
use std::time::Duration;

use crate::corpus::{DocumentIndex, Selection};
use crate::engine::{Method, SearchOptions};
use crate::state::action::FilterAction;
use crate::state::{Action, BackendId, Effect, Mode, Phase, Screen, Search, State, Ticket, keymap};

impl State {
    /// Begins with a filter: as it was written, and the documents that it lets through.
    pub fn prepare_filter(&mut self, selection: Selection) {
        self.filter.line.set(&selection.filter);
        self.filter.asked = Some((selection.filter.clone(), Arc::clone(&self.corpus)));
        self.filter.answered = true;
        self.search.selection = Some(Arc::new(selection));
    }

    /// The filter that holds on the screen as it is. The lab and the lessons look at the whole corpus.
    #[must_use]
    pub fn selection(&self) -> Option<&Arc<Selection>> {
        self.search.selection.as_ref().filter(|_| self.screen != Screen::Lab && self.learn.open.is_none())
    }

    /// What a search is told on the screen as it is. The lab changes one thing at a time, so it begins with an exact
    /// search, and so does a lesson.
    #[must_use]
    pub fn search_options(&self) -> SearchOptions {
        let is_plain = self.screen == Screen::Lab || self.learn.open.is_some();
        let method = if is_plain { Method::Exact } else { self.search.method };
        let depth = self.search.depth.max(self.list.top_k);
        SearchOptions { method, depth, selection: self.selection().cloned() }
    }

    /// Whether a document passes the filter that holds on the screen as it is.
    #[must_use]
    pub fn lets_through(&self, document: DocumentIndex) -> bool {
        self.selection().is_none_or(|selection| selection.holds(document))
    }

    /// How many documents are listed while nothing is ranked.
    #[must_use]
    pub fn listed(&self) -> usize {
        self.selection().map_or(self.corpus.documents.len(), |selection| selection.documents.len())
    }

    /// The document in a row of that list, from 0.
    #[must_use]
    pub fn listed_document(&self, row: usize) -> Option<DocumentIndex> {
        match self.selection() {
            Some(selection) => selection.documents.get(row).copied(),
            None => (row < self.corpus.documents.len()).then_some(DocumentIndex(row)),
        }
    }

    /// The row of a document in that list, from 0.
    #[must_use]
    pub fn row_of_listed(&self, document: DocumentIndex) -> Option<usize> {
        match self.selection() {
            Some(selection) => selection.documents.binary_search(&document).ok(),
            None => Some(document.0),
        }
    }

    /// Whether a backend's ranking was made as a search would be now: with the same filter, by the same way.
    pub(in crate::state) fn is_ranked_as_wanted(&self, backend: BackendId) -> bool {
        let SearchOptions { method, depth, selection } = self.search_options();
        let with = &self.panels[backend.0].ranked_with;
        with.method == method && with.depth >= depth && with.selection == selection
    }

    pub(super) fn act_on_filter(&mut self, action: FilterAction) -> Vec<Effect> {
        match action {
            FilterAction::Open if self.screen == Screen::Lab || self.learn.open.is_some() => {
                self.notice = Some("the whole corpus is looked at here: filters are for the other screens".into());
            }
            FilterAction::Open => self.mode = Mode::Filter,
            // What is wrong stays open to be mended.
            FilterAction::Keep if self.filter.error.is_some() => {}
            FilterAction::Keep => {
                self.filter.line.remember();
                self.mode = Mode::Typing;
            }
            FilterAction::Drop => {
                self.filter.line.remember();
                self.filter.line.set("");
                self.mode = Mode::Typing;
            }
            FilterAction::Previous => {
                self.filter.line.recall_previous();
            }
            FilterAction::Next => {
                self.filter.line.recall_next();
            }
        }
        Vec::new()
    }

    /// Searches by the next way.
    pub(super) fn next_search_method(&mut self) -> Vec<Effect> {
        for panel in &mut self.panels {
            // It was measured of a way that was not ready, whichever that was.
            panel.recall.take_if(|recall| recall.as_ref().is_ok_and(|recall| recall.method == Method::Exact));
        }
        self.search.method = match self.search.method {
            Method::Exact => Method::TwoPass,
            Method::TwoPass => Method::Hnsw,
            Method::Hnsw if self.panel().store.is_some() => Method::Store,
            Method::Hnsw | Method::Store => Method::Exact,
        };
        self.notice = Some(
            match self.search.method {
                Method::Exact => "exact: every sentence is scored",
                Method::TwoPass => "two-pass: all are looked at by one bit a dimension, and the best of those scored",
                Method::Hnsw => "HNSW: a graph of near neighbours is walked",
                Method::Store => "store: Chroma finds the nearest in its own index",
            }
            .into(),
        );
        Vec::new()
    }

    /// Has the way of searching in use measured, with each backend on the screen that has embedded the corpus.
    pub(super) fn measure_recall(&mut self) -> Vec<Effect> {
        let SearchOptions { method, .. } = self.search_options();
        if method == Method::Exact {
            let key = keymap::hint(Mode::Typing, &Action::NextMethod);
            self.notice = Some(format!("an exact search misses nothing ({key} searches by another way)"));
            return Vec::new();
        }
        let ready: Vec<BackendId> =
            self.visible().into_iter().filter(|id| self.panels[id.0].phase == Phase::Ready).collect();
        self.notice =
            Some(if ready.is_empty() { "the corpus has to be embedded first" } else { "measuring recall …" }.into());
        let (k, query) = (self.list.top_k, self.query.text().to_owned());
        ready.into_iter().map(|backend| Effect::MeasureRecall { backend, method, k, query: query.clone() }).collect()
    }

    /// Asks which documents the filter lets through, where that was not asked yet: of another corpus, anew.
    pub(super) fn refresh_filter(&mut self) -> Option<Effect> {
        let written = self.filter.line.text().trim().to_owned();
        let asked = self.filter.asked.as_ref();
        let is_other_corpus = asked.is_some_and(|(_, corpus)| !Arc::ptr_eq(corpus, &self.corpus));
        if !is_other_corpus && asked.map_or("", |(filter, _)| filter) == written {
            return None;
        }
        let ticket = self.next_ticket();
        if is_other_corpus {
            // The documents have other numbers by now.
            self.select_documents(None);
        }
        (self.filter.ticket, self.filter.error) = (ticket, None);
        self.filter.asked = (!written.is_empty()).then(|| (written.clone(), Arc::clone(&self.corpus)));
        self.filter.answered = false;
        if written.is_empty() {
            self.select_documents(None);
            return None;
        }
        Some(Effect::Select { ticket, filter: written, corpus: Arc::clone(&self.corpus) })
    }

    pub(super) fn selected(&mut self, ticket: Ticket, selection: Result<Arc<Selection>, String>) -> Vec<Effect> {
        if ticket == self.filter.ticket && self.filter.asked.is_some() {
            self.filter.answered = true;
            match selection {
                Ok(selection) => self.select_documents(Some(selection)),
                Err(message) => self.filter.error = Some(message),
            }
        }
        Vec::new()
    }

    /// Looks at these documents alone, or at all.
    fn select_documents(&mut self, selection: Option<Arc<Selection>>) {
        if self.search.selection == selection {
            return;
        }
        if self.follow.is_none() && self.ranking().is_none() {
            self.follow = self.selected_document();
        }
        self.search.selection = selection;
        // Of other documents, ranks say nothing.
        (self.baseline, self.settled) = (None, None);
        // What is not there any more is not pointed at.
        self.map.pointed = self.map.pointed.filter(|&document| self.lets_through(document));
        if self.mode == Mode::Disagreements {
            self.collect_disagreements();
        }
        match self.follow.and_then(|document| self.row_of_listed(document)) {
            Some(row) if self.ranking().is_none() => self.list.select(row, self.row_count()),
            _ => self.list.select(self.list.selected, self.row_count()),
        }
    }

    /// Has the backends on the screen rank the query anew, where it was ranked by other documents or in another way than
    /// is wanted now.
    pub(super) fn refresh_search(&mut self) -> Vec<Effect> {
        if self.query.is_blank() || !self.wants_vectors() {
            return Vec::new();
        }
        let wanted = self.search_options();
        let mut effects = Vec::new();
        for backend in self.visible() {
            let panel = &self.panels[backend.0];
            let asked = match panel.search {
                Search::Idle if panel.ranking.is_some() => &panel.ranked_with,
                Search::Running => &panel.asked_with,
                // What waits is told when it is sent, and what failed is tried again by hand.
                Search::Idle | Search::Paused | Search::Failed(_) => continue,
            };
            let is_as_wanted =
                asked.method == wanted.method && asked.depth >= wanted.depth && asked.selection == wanted.selection;
            if !is_as_wanted {
                effects.extend(self.request_search(backend, Duration::ZERO));
            }
        }
        effects
    }
}
