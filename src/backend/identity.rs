//! What a vector depends on beside its text.

use std::fmt;

use serde::Serialize;

use super::Prompt;

/// Of what the program itself does between a text and its vector: counted up whenever a change of the program changes
/// vectors, so that those of an older version are not taken for its own.
pub(super) const PIPELINE: u32 = 1;

/// Everything on which a vector depends beside its text: the model and its weights, how tokens are cut and pooled, and
/// what goes before the text. Two vectors may be compared only where this is equal.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    /// What to call the model.
    pub model: String,
    /// All that it depends on, written always in the same way.
    pub details: String,
}

impl Identity {
    /// Of a model, and of all that it depends on. Fields are written in the order in which they are declared.
    pub(super) fn new(model: &str, details: &impl Serialize) -> Self {
        let details = serde_json::to_string(details).expect("strings and numbers can be written as JSON");
        Self { model: model.to_owned(), details }
    }
}

/// What a model is told of a text, as it is written into an identity.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Told<'a> {
    /// Nothing.
    Nothing,
    /// By these words before it.
    Prefix(&'a str),
    /// By the request's field.
    InputType(&'a str),
}

impl<'a> From<&'a Prompt> for Told<'a> {
    fn from(prompt: &'a Prompt) -> Self {
        match prompt {
            Prompt::Nothing => Self::Nothing,
            Prompt::Prefix(words) => Self::Prefix(words),
            Prompt::InputType(kind) => Self::InputType(kind),
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.model, self.details)
    }
}
