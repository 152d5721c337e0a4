//! The vectors behind a ranking: who wants them, and texts that are embedded beside the corpus.

use std::sync::Arc;

use crate::engine::Embedded;
use crate::state::effect::Purpose;
use crate::state::why::Page;
use crate::state::{BackendId, Effect, Screen, State, Ticket};

impl State {
    /// Asks for the vectors of each backend's documents that something on the screen computes with, once no more of them
    /// are on their way, and again where more were embedded since.
    pub(super) fn refresh_vectors(&mut self) -> Vec<Effect> {
        let corpus = self.corpus.documents.len();
        let mut effects = Vec::new();
        for backend in self.computed_with() {
            let panel = self.panel_mut(backend);
            if let Some(documents) = panel.settled_documents(corpus)
                && documents != panel.vectors_asked
            {
                panel.vectors_asked = documents;
                effects.push(Effect::ShareVectors(backend));
            }
        }
        effects
    }

    /// The backends whose vectors something on the screen computes with.
    fn computed_with(&self) -> Vec<BackendId> {
        match self.screen {
            Screen::Map => self.visible(),
            Screen::Lab => self.lab_backends(),
            Screen::Search if self.explains(Page::Words) || self.explains(Page::Dimensions) => self.visible(),
            Screen::Search | Screen::Compare | Screen::Pipeline | Screen::Learn => Vec::new(),
        }
    }

    pub(super) fn texts_embedded(
        &mut self,
        backend: BackendId,
        purpose: Purpose,
        ticket: Ticket,
        embedded: Result<Arc<Embedded>, String>,
    ) -> Vec<Effect> {
        match purpose {
            Purpose::Words => self.words_embedded(backend, ticket, embedded),
            Purpose::Axes => self.axes_embedded(backend, ticket, embedded),
            Purpose::Lab => self.lab_embedded(backend, ticket, embedded),
        }
    }
}
