//! What a model wants to know of a text besides the text: whether it is a query or a document.

use std::borrow::Cow;
use std::fmt;

/// What a text is to its model. Models made for retrieval embed the two differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// What is looked for.
    Query,
    /// What can be found.
    Document,
}

/// How a text is marked as what it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Prompt {
    /// It is given as it is.
    #[default]
    Nothing,
    /// These words go before it.
    Prefix(String),
    /// This goes into the request's field `input_type`.
    InputType(String),
}

impl Prompt {
    /// The prefix that is written in a configuration; an empty one is none.
    #[must_use]
    pub fn prefix(words: impl Into<String>) -> Self {
        let words = words.into();
        if words.is_empty() { Self::Nothing } else { Self::Prefix(words) }
    }

    /// A text with its prefix.
    #[must_use]
    pub fn apply<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self {
            Self::Prefix(words) => Cow::Owned(format!("{words}{text}")),
            Self::Nothing | Self::InputType(_) => Cow::Borrowed(text),
        }
    }
}

/// How queries and documents are marked for one model.
///
/// ```
/// # use vecscope::backend::prompt::{Prompt, Prompts, Role};
/// let e5 = Prompts { query: Prompt::prefix("query: "), document: Prompt::prefix("passage: ") };
/// assert_eq!(e5.of(Role::Query).apply("who?"), "query: who?");
/// assert_eq!(e5.to_string(), "query “query: ”, document “passage: ”");
/// assert_eq!(Prompts::default().to_string(), "no prefix");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prompts {
    /// For queries.
    pub query: Prompt,
    /// For documents.
    pub document: Prompt,
}

impl Prompts {
    /// How a text of this role is marked.
    #[must_use]
    pub fn of(&self, role: Role) -> &Prompt {
        match role {
            Role::Query => &self.query,
            Role::Document => &self.document,
        }
    }

    /// Whether the model is told anything at all.
    #[must_use]
    pub fn any(&self) -> bool {
        *self != Self::default()
    }
}

impl fmt::Display for Prompts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (role, prompt) in [("query", &self.query), ("document", &self.document)] {
            match prompt {
                Prompt::Nothing => continue,
                Prompt::Prefix(words) => write!(f, "{separator}{role} “{words}”")?,
                Prompt::InputType(kind) => write!(f, "{separator}{role} input_type={kind}")?,
            }
            separator = ", ";
        }
        if separator.is_empty() { f.write_str("no prefix") } else { Ok(()) }
    }
}
