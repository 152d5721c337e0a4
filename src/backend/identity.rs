//! What a vector depends on beside its text.

use std::fmt;

/// Everything on which a vector depends beside its text: the model and its weights, how tokens are cut and pooled, and
/// what goes before the text. Two vectors may be compared only where this is equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// What to call the model.
    pub model: String,
    /// All that it depends on, written always in the same way.
    pub details: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.model, self.details)
    }
}
