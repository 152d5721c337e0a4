//! Going to a backend, opening it, and asking it to search.

use std::sync::Arc;
use std::time::Duration;

use crate::state::map::Sides;
use crate::state::{BackendId, Baseline, Effect, Mode, Phase, Screen, Search, State, Ticket, Timer};

impl State {
    /// Puts a backend on the screen: opens it where it is not open, and has it rank the query where it has not.
    pub(in crate::state) fn activate(&mut self, next: BackendId) -> Vec<Effect> {
        if next.0 >= self.panels.len() {
            return Vec::new();
        }
        let mut effects = match self.screen {
            _ if next == self.active => Vec::new(),
            Screen::Search | Screen::Pipeline | Screen::Map | Screen::Lab | Screen::Learn => self.leave_for(next),
            Screen::Compare => self.put_in_column(next),
        };
        self.mode = Mode::Typing;
        effects.extend(self.bring_up(next));
        // Both maps stay, whichever has the arrow keys.
        if let Some(second) = self.second_map().filter(|_| self.screen == Screen::Map) {
            effects.extend(self.bring_up(second));
        }
        effects
    }

    /// Opens a backend that is not open, asks what it waits for, and has it rank the query where it has not.
    pub(super) fn bring_up(&mut self, backend: BackendId) -> Vec<Effect> {
        let panel = &self.panels[backend.0];
        let mut effects = match panel.phase {
            Phase::Closed | Phase::NotConfigured(_) => self.open(backend),
            Phase::AwaitingConsent(_) => {
                self.ask(backend);
                Vec::new()
            }
            Phase::Opening
            | Phase::Downloading(_)
            | Phase::Embedding(_)
            | Phase::Stopped { .. }
            | Phase::Ready
            | Phase::Failed(_) => Vec::new(),
        };
        // A search that is on its way is for the query as it stands.
        let asked = match self.panels[backend.0].search {
            Search::Running => true,
            Search::Idle => self.current_ranking(backend).is_some_and(|ranking| ranking.is_complete()),
            Search::Paused | Search::Failed(_) => false,
        };
        if !self.query.is_blank() && !asked && self.wants_vectors() {
            effects.extend(self.request_search(backend, Duration::ZERO));
        }
        effects
    }

    /// Asks whether the corpus may leave for a backend, which is the one that the answer is about.
    pub(super) fn ask(&mut self, backend: BackendId) {
        if backend != self.active {
            self.follow = self.selected_document();
            self.active = backend;
            self.follow_selection();
        }
        // The question says who asks.
        self.compare.blind = None;
        self.mode = Mode::Consent;
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
        let effects = self.forget_search(self.active);
        self.active = next;
        self.follow = document;
        self.follow_selection();
        effects
    }

    /// Selects the document that was selected before, where it is among the rows.
    pub(super) fn follow_selection(&mut self) {
        if self.screen == Screen::Pipeline {
            return;
        }
        let Some(document) = self.follow else { return };
        let row = match self.ranking() {
            Some(ranking) => ranking.rank_of(document).map_or(0, |rank| rank - 1),
            None => self.row_of_listed(document).unwrap_or(0),
        };
        let rows = self.row_count();
        self.list.select(if row < rows { row } else { 0 }, rows);
    }

    pub(super) fn open(&mut self, backend: BackendId) -> Vec<Effect> {
        self.panel_mut(backend).phase = Phase::Opening;
        vec![Effect::Open(backend)]
    }

    /// Has a backend rank the query, after a pause.
    pub(super) fn request_search(&mut self, backend: BackendId, pause: Duration) -> Vec<Effect> {
        if !self.panels[backend.0].takes_queries() || self.corpus.documents.is_empty() {
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
        let (query, options) = (self.query.text().to_owned(), self.search_options());
        let panel = self.panel_mut(backend);
        panel.search = Search::Running;
        panel.asked_with = options.clone();
        Effect::Search { backend, ticket, query, options }
    }

    /// Stops waiting for a backend.
    pub(super) fn forget_search(&mut self, backend: BackendId) -> Vec<Effect> {
        let ticket = self.next_ticket();
        let panel = self.panel_mut(backend);
        panel.ticket = ticket;
        panel.retry = None;
        match std::mem::replace(&mut panel.search, Search::Idle) {
            Search::Running => vec![Effect::CancelSearch(backend)],
            Search::Idle | Search::Paused | Search::Failed(_) => Vec::new(),
        }
    }

    /// Tries again what failed last, with every backend on the screen: to open it, to embed the corpus, or to search.
    pub(super) fn retry(&mut self) -> Vec<Effect> {
        self.retry_reranker();
        self.retry_words();
        self.retry_map();
        self.retry_lab();
        self.used().into_iter().flat_map(|backend| self.retry_with(backend)).collect()
    }

    /// The backends that something on the screen comes from.
    pub(super) fn used(&self) -> Vec<BackendId> {
        if self.screen == Screen::Lab { self.lab_backends() } else { self.visible() }
    }

    pub(super) fn retry_with(&mut self, backend: BackendId) -> Vec<Effect> {
        let panel = &self.panels[backend.0];
        let (types, failed_search) = (!self.query.is_blank(), matches!(panel.search, Search::Failed(_)));
        let (mut effects, searches) = match panel.phase {
            Phase::Closed | Phase::Failed(_) | Phase::NotConfigured(_) => (self.open(backend), types),
            Phase::Stopped { progress, .. } => {
                self.panel_mut(backend).phase = Phase::Embedding(progress);
                // With nothing embedded, a query was not even asked for.
                (vec![Effect::EmbedCorpus(backend)], failed_search || (progress.done == 0 && types))
            }
            Phase::Opening | Phase::Downloading(_) | Phase::AwaitingConsent(_) | Phase::Embedding(_) | Phase::Ready => {
                (Vec::new(), failed_search)
            }
        };
        if searches {
            effects.extend(self.request_search(backend, Duration::ZERO));
        }
        effects
    }

    /// Stops what takes long with the backends on the screen: fetching a model, or embedding the corpus. A retry goes on
    /// from there.
    pub(super) fn stop(&mut self) -> Vec<Effect> {
        let reranker = self.stop_reranker();
        self.used().into_iter().filter_map(|backend| self.stop_with(backend)).chain(reranker).collect()
    }

    fn stop_with(&mut self, backend: BackendId) -> Option<Effect> {
        let panel = self.panel_mut(backend);
        match panel.phase {
            Phase::Downloading(_) => Some(Effect::StopOpening(backend)),
            Phase::Embedding(progress) => {
                panel.phase = Phase::Stopped { progress, reason: None };
                panel.retry = None;
                Some(Effect::StopEmbedding(backend))
            }
            _ => None,
        }
    }

    /// Sends the corpus away, or sends nothing and goes back to the first backend, or leaves the column empty.
    pub(super) fn answer_consent(&mut self, yes: bool) -> Vec<Effect> {
        let backend = self.active;
        let Phase::AwaitingConsent(estimate) = self.panel().phase else { return Vec::new() };
        self.mode = Mode::Typing;
        if !yes {
            let label = self.panel().label.clone();
            self.panel_mut(backend).phase = Phase::Closed;
            // Beside another map it would be asked for again.
            self.map.sides = Sides::One;
            // Where nothing leaves this process, there is no question.
            let here = (0..self.in_tab).map(BackendId).find(|id| self.panels[id.0].typing_pause.is_zero());
            let effects = match (self.screen, here) {
                (Screen::Search | Screen::Pipeline | Screen::Map | Screen::Lab | Screen::Learn, Some(here))
                    if here != backend =>
                {
                    self.activate(here)
                }
                _ => Vec::new(),
            };
            self.ask_next();
            self.notice = Some(format!("nothing was sent to {label}"));
            return effects;
        }
        let progress = crate::engine::Progress { done: 0, total: estimate.texts, ..Default::default() };
        self.panel_mut(backend).phase = Phase::Embedding(progress);
        let mut effects = vec![Effect::AllowCorpus(backend), Effect::EmbedCorpus(backend)];
        if !self.query.is_blank() {
            effects.extend(self.request_search(backend, Duration::ZERO));
        }
        self.ask_next();
        effects
    }

    /// The other column may have a question of its own.
    fn ask_next(&mut self) {
        let other = self.visible().into_iter().find(|id| matches!(self.panels[id.0].phase, Phase::AwaitingConsent(_)));
        if let Some(other) = other {
            self.ask(other);
        }
    }

    pub(super) fn next_ticket(&mut self) -> Ticket {
        self.last_ticket.0 += 1;
        self.last_ticket
    }
}
