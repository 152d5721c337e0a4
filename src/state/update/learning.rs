//! The lessons: which step, and what is checked.

use crate::state::{Effect, State};

impl State {
    /// Asks for whatever is wanted and was not asked for yet.
    pub(super) fn refresh_lesson(&mut self) -> Vec<Effect> {
        Vec::new()
    }
}
