//! The Map screen: what is projected, and what is asked for.

use std::sync::Arc;

use crate::engine::Embedded;
use crate::state::{BackendId, Effect, State, Ticket};

impl State {
    /// Asks for whatever is wanted and was not asked for yet.
    pub(super) fn refresh_map(&mut self) -> Vec<Effect> {
        Vec::new()
    }

    pub(super) fn axes_embedded(
        &mut self,
        _backend: BackendId,
        _ticket: Ticket,
        _embedded: Result<Arc<Embedded>, String>,
    ) -> Vec<Effect> {
        Vec::new()
    }
}
