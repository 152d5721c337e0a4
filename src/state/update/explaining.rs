//! Why the selected sentence stands where it stands, beyond its score.

use std::sync::Arc;

use crate::backend::Role;
use crate::engine::ablation::{self, Ablation};
use crate::engine::{Embedded, Expression};
use crate::state::effect::Purpose;
use crate::state::why::{Asked, Page};
use crate::state::{BackendId, Effect, Screen, State, Ticket};

impl State {
    /// Whether a part of the explanation may be on the screen: where it stands alone there may be room for all.
    #[must_use]
    pub fn explains(&self, page: Page) -> bool {
        self.screen == Screen::Search && (self.why.page == page || self.explanation_alone)
    }

    /// Whether the query without each of its words waits for the person's word, because a server would be asked.
    #[must_use]
    pub fn words_wait(&self) -> bool {
        let is_known = self.why.asked.as_ref().is_some_and(|asked| asked.query == self.query.text());
        !self.panel().typing_pause.is_zero() && !is_known && self.why.allowed.as_deref() != Some(self.query.text())
    }

    /// Lets a server be asked for the query without each of its words.
    pub(super) fn ask_words(&mut self) -> Vec<Effect> {
        if self.explains(Page::Words) {
            self.why.allowed = Some(self.query.text().to_owned());
            self.retry_words();
        } else {
            self.notice = Some("there is nothing to run here".into());
        }
        Vec::new()
    }

    pub(super) fn next_page(&mut self) -> Vec<Effect> {
        self.why.page = self.why.page.next();
        Vec::new()
    }

    /// Asks for what the explanation lacks, once for each query.
    pub(super) fn refresh_why(&mut self) -> Vec<Effect> {
        let mut effects: Vec<Effect> = self.request_ablation().into_iter().collect();
        if self.explains(Page::Matches) && !Expression::is_meant(self.query.text()) && self.is_current() {
            effects.extend(self.selected_document().and_then(|document| self.match_words(document)));
        }
        effects
    }

    fn request_ablation(&mut self) -> Option<Effect> {
        if !self.explains(Page::Words) || self.words_wait() {
            return None;
        }
        let backend = self.active;
        let ranking = self.current_ranking(backend)?;
        let embedded = self.panel().vectors.as_ref()?.embedded;
        let query = ranking.query.clone();
        let selection = self.selection().cloned();
        let of_this = |asked: &Asked| {
            (asked.backend, &asked.query, asked.embedded, &asked.selection) == (backend, &query, embedded, &selection)
        };
        if self.why.asked.as_ref().is_some_and(of_this) {
            return None;
        }
        let texts: Vec<String> = ablation::left_out(&query).into_iter().map(|left| left.rest).collect();
        if texts.is_empty() {
            return None;
        }
        let ticket = self.next_ticket();
        self.why.failed = None;
        self.why.asked = Some(Asked { backend, query, embedded, selection, ticket });
        Some(Effect::EmbedTexts { backend, purpose: Purpose::Words, ticket, role: Role::Query, texts })
    }

    /// Has all documents scored by what is left of the query.
    pub(super) fn words_embedded(
        &mut self,
        backend: BackendId,
        ticket: Ticket,
        embedded: Result<Arc<Embedded>, String>,
    ) -> Vec<Effect> {
        if self.why.asked.as_ref().is_none_or(|asked| asked.ticket != ticket) {
            return Vec::new();
        }
        let rests = match embedded {
            Ok(rests) => rests,
            Err(message) => {
                self.why.failed = Some(message);
                return Vec::new();
            }
        };
        let (Some(ranking), Some(vectors)) = (self.current_ranking(backend), self.panels[backend.0].vectors.as_ref())
        else {
            // The query is another one by now, and asks for its own; if this one comes back, it asks again.
            self.why.asked = None;
            return Vec::new();
        };
        let (ranking, vectors) = (Arc::clone(ranking), Arc::clone(vectors));
        let selection = self.selection().cloned();
        vec![Effect::Ablate { backend, ticket, ranking, rests, vectors, selection }]
    }

    pub(super) fn ablated(
        &mut self,
        backend: BackendId,
        ticket: Ticket,
        ablation: Result<Arc<Ablation>, String>,
    ) -> Vec<Effect> {
        if self.why.asked.as_ref().is_some_and(|asked| asked.ticket == ticket) {
            match ablation {
                Ok(ablation) => self.why.ablation = Some((backend, ablation)),
                Err(message) => self.why.failed = Some(message),
            }
        }
        Vec::new()
    }

    /// What failed is asked for again as soon as it is wanted.
    pub(super) fn retry_words(&mut self) {
        self.why.asked.take_if(|_| self.why.failed.is_some());
        self.why.failed = None;
    }
}
