//! Going to a backend, opening it, and asking it to search.

use std::sync::Arc;
use std::time::Duration;

use crate::state::{BackendId, Baseline, Effect, Mode, Phase, Search, State, Ticket, Timer};

impl State {
    /// Puts a backend on the screen: opens it where it is not open, and has it rank the query where it has not.
    pub(in crate::state) fn activate(&mut self, next: BackendId) -> Vec<Effect> {
        if next.0 >= self.panels.len() {
            return Vec::new();
        }
        let mut effects = if next == self.active { Vec::new() } else { self.leave_for(next) };
        self.mode = Mode::Typing;
        match self.panel().phase {
            Phase::Closed | Phase::NotConfigured(_) => effects.extend(self.open()),
            Phase::AwaitingConsent(_) => self.mode = Mode::Consent,
            Phase::Opening
            | Phase::Downloading(_)
            | Phase::Embedding(_)
            | Phase::Stopped { .. }
            | Phase::Ready
            | Phase::Failed(_) => {}
        }
        let ranked = self.is_current()
            && self.ranking().is_some_and(|ranking| ranking.is_complete())
            && self.panel().search == Search::Idle;
        if !self.query.is_blank() && !ranked {
            effects.extend(self.request_search(Duration::ZERO));
        }
        effects
    }

    /// Swaps the backend on the screen. What was ranked by the one before is what movements are counted from, and its
    /// selected document stays selected.
    fn leave_for(&mut self, next: BackendId) -> Vec<Effect> {
        let document = if self.row_count() == 0 { self.follow } else { self.selected_document() };
        self.baseline = self
            .ranking()
            .filter(|_| self.is_current())
            .map(|ranking| Baseline::Backend(self.panel().label.clone(), Arc::clone(ranking)));
        self.settled = None;
        let effects = self.forget_search();
        self.active = next;
        self.follow = document;
        self.follow_selection();
        effects
    }

    /// Selects the document that was selected before, where it is among the rows.
    pub(super) fn follow_selection(&mut self) {
        let Some(document) = self.follow else { return };
        let row = match self.ranking() {
            Some(ranking) => ranking.rank_of(document).map_or(0, |rank| rank - 1),
            None => document.0,
        };
        let rows = self.row_count();
        self.list.select(if row < rows { row } else { 0 }, rows);
    }

    fn open(&mut self) -> Vec<Effect> {
        self.panel_mut(self.active).phase = Phase::Opening;
        vec![Effect::Open(self.active)]
    }

    /// Has the backend on the screen rank the query, after a pause.
    pub(super) fn request_search(&mut self, pause: Duration) -> Vec<Effect> {
        let backend = self.active;
        if !self.panel().takes_queries() || self.corpus.documents.is_empty() {
            return Vec::new();
        }
        let ticket = self.next_ticket();
        let panel = self.panel_mut(backend);
        panel.ticket = ticket;
        panel.retry = None;
        if pause.is_zero() {
            return vec![self.send_search(backend, ticket)];
        }
        // What is on its way answers an older query: nobody waits for it any more.
        let running = panel.search == Search::Running;
        panel.search = Search::Paused;
        let timer = Effect::StartTimer { timer: Timer::TypingPause(backend, ticket), after: pause };
        if running { vec![Effect::CancelSearch(backend), timer] } else { vec![timer] }
    }

    pub(super) fn send_search(&mut self, backend: BackendId, ticket: Ticket) -> Effect {
        let query = self.query.text().to_owned();
        self.panel_mut(backend).search = Search::Running;
        Effect::Search { backend, ticket, query }
    }

    /// Stops waiting for the backend on the screen.
    pub(super) fn forget_search(&mut self) -> Vec<Effect> {
        let (backend, ticket) = (self.active, self.next_ticket());
        let panel = self.panel_mut(backend);
        panel.ticket = ticket;
        panel.retry = None;
        match std::mem::replace(&mut panel.search, Search::Idle) {
            Search::Running => vec![Effect::CancelSearch(backend)],
            Search::Idle | Search::Paused | Search::Failed(_) => Vec::new(),
        }
    }

    /// Tries again what failed last: to open the backend, to embed the corpus, or to search.
    pub(super) fn retry(&mut self) -> Vec<Effect> {
        let failed_search = matches!(self.panel().search, Search::Failed(_));
        match self.panel().phase {
            Phase::Failed(_) | Phase::NotConfigured(_) => {
                let mut effects = self.open();
                if !self.query.is_blank() {
                    effects.extend(self.request_search(Duration::ZERO));
                }
                effects
            }
            Phase::Stopped { progress, .. } => {
                let backend = self.active;
                self.panel_mut(backend).phase = Phase::Embedding(progress);
                let mut effects = vec![Effect::EmbedCorpus(backend)];
                // With nothing embedded, a query was not even asked for.
                if failed_search || (progress.done == 0 && !self.query.is_blank()) {
                    effects.extend(self.request_search(Duration::ZERO));
                }
                effects
            }
            Phase::Closed
            | Phase::Opening
            | Phase::Downloading(_)
            | Phase::AwaitingConsent(_)
            | Phase::Embedding(_)
            | Phase::Ready => {
                if failed_search {
                    self.request_search(Duration::ZERO)
                } else {
                    Vec::new()
                }
            }
        }
    }

    /// Stops what takes long with the backend on the screen: fetching its model, or embedding the corpus. A retry goes
    /// on from there.
    pub(super) fn stop(&mut self) -> Vec<Effect> {
        let backend = self.active;
        let panel = self.panel_mut(backend);
        match panel.phase {
            Phase::Downloading(_) => vec![Effect::StopOpening(backend)],
            Phase::Embedding(progress) => {
                panel.phase = Phase::Stopped { progress, reason: None };
                panel.retry = None;
                vec![Effect::StopEmbedding(backend)]
            }
            _ => Vec::new(),
        }
    }

    /// Sends the corpus away, or goes back to the first backend without sending anything.
    pub(super) fn answer_consent(&mut self, yes: bool) -> Vec<Effect> {
        let Phase::AwaitingConsent(estimate) = self.panel().phase else { return Vec::new() };
        self.mode = Mode::Typing;
        if !yes {
            let label = self.panel().label.clone();
            self.panel_mut(self.active).phase = Phase::Closed;
            let effects = self.activate(BackendId(0));
            self.notice = Some(format!("nothing was sent to {label}"));
            return effects;
        }
        let backend = self.active;
        let progress = crate::engine::Progress { done: 0, total: estimate.texts };
        self.panel_mut(backend).phase = Phase::Embedding(progress);
        let mut effects = vec![Effect::AllowCorpus(backend), Effect::EmbedCorpus(backend)];
        if !self.query.is_blank() {
            effects.extend(self.request_search(Duration::ZERO));
        }
        effects
    }

    fn next_ticket(&mut self) -> Ticket {
        self.last_ticket.0 += 1;
        self.last_ticket
    }
}
