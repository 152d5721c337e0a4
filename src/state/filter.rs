//! The filter: the line in which it is written, and which documents it lets through.

use std::sync::Arc;

use super::{QueryLine, Ticket};
use crate::corpus::Corpus;

/// What is known of the filter. The documents that it lets through stand in [`State::search`](super::State::search).
#[derive(Debug, Default)]
pub struct Filter {
    /// What was written.
    pub line: QueryLine,
    /// What is wrong with it, where something is: the documents are then those of the filter before.
    pub error: Option<String>,
    /// What was asked for last, and of which corpus.
    pub(super) asked: Option<(String, Arc<Corpus>)>,
    /// Of what was asked for last; answers to anything else are dropped.
    pub(super) ticket: Ticket,
    /// Whether it was answered.
    pub(super) answered: bool,
}

impl Filter {
    /// Whether the answer to what is written is on its way.
    #[must_use]
    pub fn is_near(&self) -> bool {
        self.asked.is_some() && !self.answered
    }
}
