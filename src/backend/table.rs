//! Prices, limits and prompts of models: one dated table, `assets/models.toml`, and what a person's config puts before it.

use serde::{Deserialize, Serialize};

use super::prompt::{Prompt, Prompts};

/// What is known of models before they are asked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelTable {
    /// The day on which prices and limits were last compared with what is published, e.g. `2026-11-24`.
    pub as_of: String,
    /// Models that servers run.
    #[serde(default, rename = "server")]
    servers: Vec<ServerModel>,
    /// Models that run in this process.
    #[serde(default, rename = "local")]
    locals: Vec<LocalLimit>,
    /// What models want in front of a text.
    #[serde(default, rename = "prompt")]
    prompts: Vec<PromptRule>,
}

/// A person's own entries, which go before those of the table.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overrides {
    /// As [`ServerModel`].
    #[serde(default)]
    pub server: Vec<ServerModel>,
    /// As [`LocalLimit`].
    #[serde(default)]
    pub local: Vec<LocalLimit>,
    /// As [`PromptRule`].
    #[serde(default)]
    pub prompt: Vec<PromptRule>,
}

/// A model that a server runs.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerModel {
    /// Its name in a request.
    pub name: String,
    /// The length of its vectors, unless a request asks for another.
    pub dimensions: Option<usize>,
    /// The most tokens of one text that it sees.
    pub max_tokens: Option<usize>,
    /// US dollars per million tokens.
    pub usd_per_million_tokens: Option<f64>,
    /// The tokenizer that its tokens are counted with; without one they are estimated.
    pub tokenizer: Option<TokenizerName>,
    /// The most that one request may hold.
    pub request: Option<RequestLimits>,
}

/// A tokenizer that is part of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum TokenizerName {
    /// `OpenAI`'s for its embedding models.
    #[serde(rename = "cl100k_base")]
    Cl100kBase,
}

/// The most that one request may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestLimits {
    /// Texts.
    pub texts: usize,
    /// Tokens of all texts together.
    pub tokens: usize,
}

/// How much of a text a local model sees.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LocalLimit {
    /// The model's short name.
    pub name: String,
    /// The most tokens of one text.
    pub max_tokens: usize,
}

/// What models want in front of a text, by a part of their name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromptRule {
    /// A part of the model's name.
    pub name: String,
    /// In front of a query.
    #[serde(default)]
    pub query: String,
    /// In front of a document.
    #[serde(default)]
    pub document: String,
    /// In the request in place of a prefix.
    pub input_type: Option<InputTypes>,
}

/// The values of the request's field `input_type`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputTypes {
    /// For queries.
    pub query: String,
    /// For documents.
    pub document: String,
}

impl ModelTable {
    /// The table that comes with the program.
    ///
    /// # Panics
    /// Never: a test reads it.
    #[must_use]
    pub fn bundled() -> Self {
        toml::from_str(include_str!("../../assets/models.toml")).expect("the bundled table is well formed")
    }

    /// The table with a person's own entries before its own.
    #[must_use]
    pub fn with(mut self, overrides: Overrides) -> Self {
        self.servers.splice(0..0, overrides.server);
        self.locals.splice(0..0, overrides.local);
        self.prompts.splice(0..0, overrides.prompt);
        self
    }

    /// What is known of the model of this name, whichever server runs it. What one entry leaves open, a later one of
    /// the same name may say.
    #[must_use]
    pub fn server(&self, name: &str) -> Option<ServerModel> {
        let mut entries = self.servers.iter().filter(|model| model.name == name);
        let mut model = entries.next()?.clone();
        for entry in entries {
            model.dimensions = model.dimensions.or(entry.dimensions);
            model.max_tokens = model.max_tokens.or(entry.max_tokens);
            model.usd_per_million_tokens = model.usd_per_million_tokens.or(entry.usd_per_million_tokens);
            model.tokenizer = model.tokenizer.or(entry.tokenizer);
            model.request = model.request.or(entry.request);
        }
        Some(model)
    }

    /// How many tokens of a text the local model of this short name sees, where that is known.
    #[must_use]
    pub fn max_tokens(&self, name: &str) -> Option<usize> {
        self.locals.iter().find(|local| local.name == name).map(|local| local.max_tokens)
    }

    /// What the model of this name wants in front of its texts.
    #[must_use]
    pub fn prompts(&self, name: &str) -> Prompts {
        let name = name.to_lowercase();
        let rule = self.prompts.iter().find(|rule| name.contains(&rule.name.to_lowercase()));
        rule.map_or_else(Prompts::default, |rule| match &rule.input_type {
            Some(InputTypes { query, document }) => {
                Prompts { query: Prompt::InputType(query.clone()), document: Prompt::InputType(document.clone()) }
            }
            None => Prompts { query: Prompt::prefix(&rule.query), document: Prompt::prefix(&rule.document) },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_table_knows_the_models_of_the_exercise() {
        let table = ModelTable::bundled();
        let openai = table.server("text-embedding-3-small").expect("known");
        assert_eq!((openai.dimensions, openai.max_tokens), (Some(1536), Some(8192)));
        assert_eq!(openai.usd_per_million_tokens, Some(0.02));
        assert_eq!(table.server("text-embedding-3-large").and_then(|model| model.dimensions), Some(3072));
        assert_eq!(table.server("mystery"), None);
        assert_eq!(table.max_tokens("all-mpnet-base-v2"), Some(384));
        assert_eq!(table.max_tokens("mystery"), None);
    }

    #[test]
    fn models_are_told_what_their_makers_say() {
        let table = ModelTable::bundled();
        let prompts = |name| table.prompts(name).to_string();
        assert_eq!(prompts("multilingual-e5-small"), "query “query: ”, document “passage: ”");
        assert_eq!(
            prompts("Xenova/bge-small-en-v1.5"),
            "query “Represent this sentence for searching relevant passages: ”"
        );
        assert_eq!(prompts("nomic-embed-text:latest"), "query “search_query: ”, document “search_document: ”");
        assert_eq!(prompts("voyage-4"), "query input_type=query, document input_type=document");
        for plain in ["all-MiniLM-L6-v2", "all-mpnet-base-v2", "text-embedding-3-small", "bge-m3"] {
            assert_eq!(prompts(plain), "no prefix", "{plain}");
        }
    }

    #[test]
    fn a_persons_entries_go_before_the_tables_and_leave_the_rest_as_it_is() {
        let overrides = r#"
            [[server]]
            name = "text-embedding-3-small"
            usd_per_million_tokens = 0.01
            [[prompt]]
            name = "e5-small"
            query = "q: "
            [[local]]
            name = "all-MiniLM-L6-v2"
            max_tokens = 512
        "#;
        let table = ModelTable::bundled().with(toml::from_str(overrides).expect("well formed"));
        let model = table.server("text-embedding-3-small").expect("known");
        assert_eq!((model.usd_per_million_tokens, model.dimensions), (Some(0.01), Some(1536)));
        assert_eq!(table.prompts("multilingual-e5-small").to_string(), "query “q: ”");
        assert_eq!(table.max_tokens("all-MiniLM-L6-v2"), Some(512));
    }
}
