//! OpenAI, Voyage, and any server that speaks OpenAI's `POST /embeddings`.
//!
//! A synchronous [`Embedder`] over asynchronous HTTP: each call blocks its thread on the runtime whose handle it was
//! given, and cancelling a job drops its request at once. The key goes into one header of requests to the one host
//! it was given for, encrypted unless that is this machine; redirects are not followed, and it is taken out of
//! whatever a server says before that becomes an error or a log record.
//!
//! Texts for OpenAI's own models are counted and cut with their tokenizer. Of any other model nothing is known before
//! it has answered, so its texts go as they are, fewer at a time.

use ndarray::Array2;
use serde::Serialize;
use tokio::runtime::Handle;

use super::identity::{PIPELINE, Told};
use super::table::{ServerModel, TokenizerName};
use super::{BackendError, Batch, Embedder, Identity, Job, ModelCard, Role, TokenCount, Usage};

mod endpoint;
mod http;
mod pack;
mod refusal;
mod settings;
mod tokens;
mod wire;

pub use super::http::Timing;
pub use settings::{Given, OpenAiSettings, Service, SettingNames};

use http::Client;
use pack::pack;
use tokens::{Fitted, fit};
use wire::{Answer, Encoding, Request, decode};

/// What JSON takes for a number at the most, with white space around it.
const BYTES_PER_NUMBER: usize = 40;
/// The most numbers expected of a vector whose length is not known.
const MOST_DIMENSIONS: usize = 16_384;
/// What an answer may have around its numbers.
const ANSWER_FRAME: usize = 1 << 20;
/// The longest answer that is read at all.
const LONGEST_ANSWER: usize = 512 << 20;

/// An embedding backend over HTTP. Its `Debug` shows nothing of the key.
#[derive(Debug)]
pub struct OpenAi {
    client: Client,
    handle: Handle,
    card: ModelCard,
    service: Service,
    known: Option<ServerModel>,
    /// The most tokens of one text, where the person set it.
    max_tokens: Option<usize>,
    /// The length of vectors to ask for, not the one learnt.
    dimensions: Option<usize>,
    encoding: Encoding,
    /// Where embeddings are asked for: it holds no secret.
    url: String,
}

#[derive(Serialize)]
struct Details<'a> {
    pipeline: u32,
    service: Service,
    url: &'a str,
    /// The length of vectors that is asked for.
    dimensions: Option<usize>,
    /// At how many tokens texts are cut before they are sent, and what counts them.
    cut: Option<(usize, Option<TokenizerName>)>,
    told: Told<'a>,
}

impl OpenAi {
    /// A backend that sends nothing before it has something to embed.
    ///
    /// `handle` is of a multi-threaded runtime with I/O and time, which must outlive the backend. Calls of
    /// [`Embedder::embed`] come from a thread that is not one of the runtime's own: they block.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] if the system's certificates cannot be used.
    pub fn new(settings: OpenAiSettings, handle: Handle) -> Result<Self, BackendError> {
        let client = Client::new(&settings)?;
        let (card, encoding) = (card(&settings), settings.endpoint.encoding());
        let url = settings.endpoint.url().to_string();
        let OpenAiSettings { service, known, max_tokens, dimensions, .. } = settings;
        Ok(Self { client, handle, card, service, known, max_tokens, dimensions, encoding, url })
    }

    fn ask(&self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<Answer, BackendError> {
        let Self { card, service, encoding, dimensions, .. } = self;
        let request = Request::new(*service, &card.model, texts, *encoding, *dimensions, card.prompts.of(role));
        let limit = longest_answer(texts.len(), self.card.dimensions);
        let answer = self.client.post(&request, limit, job.notify);
        let body = self.handle.block_on(job.cancel.run_until_cancelled(answer)).ok_or(BackendError::Cancelled)??;
        decode(&body, texts.len()).map_err(|reason| self.client.bad_answer(&reason))
    }

    /// As much of a text, prefix included, as is sent.
    fn fit<'a>(&self, text: &'a str) -> Fitted<'a> {
        fit(text, self.known.as_ref(), self.max_tokens)
    }

    /// Learns the length of the vectors from the first answer, and holds every later one to it.
    fn check_dimensions(&mut self, columns: usize) -> Result<(), BackendError> {
        let expected = *self.card.dimensions.get_or_insert(columns);
        if columns == expected {
            return Ok(());
        }
        let ModelCard { model, engine, .. } = &self.card;
        let wanted = match self.dimensions {
            // llama.cpp, for one, takes no notice of the wish.
            Some(asked) => format!("where {asked} were asked for"),
            None => format!("which has {expected}"),
        };
        Err(BackendError::BadVectors(format!("{engine} gave vectors of {columns} dimensions for {model}, {wanted}")))
    }
}

impl Embedder for OpenAi {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn identity(&self, role: Role) -> Identity {
        let tokenizer = self.known.as_ref().and_then(|known| known.tokenizer);
        // Without its tokenizer, a model's own limit is its server's business.
        let limit = self.max_tokens.or_else(|| self.known.as_ref().filter(|_| tokenizer.is_some())?.max_tokens);
        let details = Details {
            pipeline: PIPELINE,
            service: self.service,
            url: &self.url,
            dimensions: self.dimensions,
            cut: limit.map(|limit| (limit, tokenizer)),
            told: self.card.prompts.of(role).into(),
        };
        Identity::new(&self.card.model, &details)
    }

    fn plan(&self, texts: &[&str]) -> Vec<Vec<usize>> {
        let prompt = self.card.prompts.of(Role::Document);
        let prompted: Vec<_> = texts.iter().map(|text| prompt.apply(text)).collect();
        pack(prompted.iter().map(|text| self.fit(text)), self.known.as_ref())
    }

    fn count(&self, texts: &[&str], role: Role) -> Vec<TokenCount> {
        let prompt = self.card.prompts.of(role);
        texts.iter().map(|text| self.fit(&prompt.apply(text)).tokens).collect()
    }

    fn embed(&mut self, texts: &[&str], role: Role, job: &mut Job<'_>) -> Result<Batch, BackendError> {
        if texts.is_empty() {
            let vectors = Array2::zeros((0, self.card.dimensions.unwrap_or(0)));
            return Ok(Batch { vectors, tokens: Vec::new(), usage: usage(&self.card, 0) });
        }
        if let Some(index) = texts.iter().position(|text| text.is_empty()) {
            return Err(BackendError::EmptyText { number: index + 1, texts: texts.len() });
        }
        let prompt = self.card.prompts.of(role);
        let prompted: Vec<_> = texts.iter().map(|text| prompt.apply(text)).collect();
        let fitted = prompted.iter().map(|text| self.fit(text));
        let (texts, tokens): (Vec<&str>, Vec<TokenCount>) =
            fitted.map(|Fitted { text, tokens }| (text, tokens)).unzip();
        let answer = self.ask(&texts, role, job)?;
        self.check_dimensions(answer.vectors.ncols())?;
        // Servers that bill say how much; the others leave it to the count.
        let counted = tokens.iter().map(|count| count.used as u64).sum();
        let usage = usage(&self.card, answer.tokens.unwrap_or(counted));
        Ok(Batch { vectors: answer.vectors, tokens, usage })
    }
}

/// What is known before the server has answered.
fn card(settings: &OpenAiSettings) -> ModelCard {
    let OpenAiSettings { endpoint, model, known, max_tokens, prompts, dimensions, .. } = settings;
    let known = known.as_ref();
    ModelCard {
        model: model.clone(),
        engine: endpoint.host().into(),
        location: endpoint.location(),
        dimensions: dimensions.or(known.and_then(|known| known.dimensions)),
        max_tokens: max_tokens.or(known.and_then(|known| known.max_tokens)),
        // Nobody bills for this machine's own work.
        usd_per_million_tokens: if endpoint.loopback() {
            Some(0.0)
        } else {
            known.and_then(|known| known.usd_per_million_tokens)
        },
        prompts: prompts.clone(),
    }
}

/// What `tokens` cost, as far as the price is known.
fn usage(card: &ModelCard, tokens: u64) -> Usage {
    #[expect(clippy::cast_precision_loss, reason = "nobody is billed 2^53 tokens")]
    let usd = card.usd_per_million_tokens.map(|price| price * tokens as f64 / 1e6);
    Usage { tokens, usd }
}

/// The most bytes that an honest answer has.
fn longest_answer(texts: usize, dimensions: Option<usize>) -> usize {
    let numbers = texts.saturating_mul(dimensions.unwrap_or(MOST_DIMENSIONS));
    numbers.saturating_mul(BYTES_PER_NUMBER).saturating_add(ANSWER_FRAME).min(LONGEST_ANSWER)
}

#[cfg(test)]
mod tests {
    use super::super::{Location, Prompts};
    use super::*;

    fn settings(base_url: Option<&str>, model: Option<&str>) -> OpenAiSettings {
        OpenAiSettings::from_values(base_url, Some(&"sk-test".into()), model).expect("the settings are valid")
    }

    #[test]
    fn the_card_of_openais_own_models_is_complete_before_anything_is_sent() {
        for (model, name, dimensions, price) in [
            (None, "text-embedding-3-small", 1536, 0.02),
            (Some(" "), "text-embedding-3-small", 1536, 0.02),
            (Some("text-embedding-3-large"), "text-embedding-3-large", 3072, 0.13),
            (Some(" text-embedding-ada-002\n"), "text-embedding-ada-002", 1536, 0.10),
        ] {
            let expected = ModelCard {
                model: name.into(),
                engine: "api.openai.com".into(),
                location: Location::Remote("api.openai.com".into()),
                dimensions: Some(dimensions),
                max_tokens: Some(8192),
                usd_per_million_tokens: Some(price),
                prompts: Prompts::default(),
            };
            assert_eq!(card(&settings(None, model)), expected);
        }
    }

    #[test]
    fn of_an_unknown_model_the_card_claims_nothing() {
        let card = card(&settings(Some("https://example.com:8443/v1"), Some("mystery")));
        assert_eq!((card.dimensions, card.max_tokens, card.usd_per_million_tokens), (None, None, None));
        assert_eq!(card.location, Location::Remote("example.com:8443".into()));
        assert_eq!(usage(&card, 7), Usage { tokens: 7, usd: None });
    }

    #[test]
    fn tokens_cost_what_the_table_says_and_nothing_on_this_machine() {
        let cost = |base_url, tokens| usage(&card(&settings(base_url, None)), tokens).usd;
        assert_eq!(cost(None, 1_000_000), Some(0.02));
        assert_eq!(cost(None, 50), Some(0.000_001));
        assert_eq!(cost(None, 0), Some(0.0));
        assert_eq!(cost(Some("http://localhost:4000"), 1_000_000), Some(0.0));
    }

    #[test]
    fn an_answer_may_be_as_long_as_its_numbers_and_no_longer_than_memory() {
        assert_eq!(longest_answer(2, Some(100)), 8000 + ANSWER_FRAME);
        assert_eq!(longest_answer(2048, Some(3072)), 2048 * 3072 * 40 + ANSWER_FRAME);
        assert_eq!(longest_answer(usize::MAX, None), LONGEST_ANSWER);
    }
}
