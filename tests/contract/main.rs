//! What every backend holds to, whatever it is: one suite, run over all of them.

use std::sync::Arc;

use ndarray::Array2;
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use vecscope::backend::fake::Fake;
use vecscope::backend::local::model_files::PoolingName;
use vecscope::backend::local::{Adjustments, Engine, EngineChoice, Local, ModelSource};
use vecscope::backend::openai::{Given, OpenAi, OpenAiSettings, Service, SettingNames};
use vecscope::backend::{BackendError, Embedder, Job, Location, ModelTable, Prompt, Role, UnitBatch};
use vecscope::corpus::{Corpus, Document};
use vecscope::engine::Searcher;
use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

/// Texts of very different lengths, in several scripts, two of them equal.
const TEXTS: [&str; 7] = [
    "a short one",
    "Embeddings put texts that mean the same near each other, whatever words they use for it.",
    "猫が窓辺で眠っている。",
    "x",
    "A much longer sentence, with a clause in the middle of it that goes on for a while, and then one more thing to \
     say before it comes to an end, so that it needs several times as many tokens as the others do.",
    "a short one",
    "¿Dónde está la estación de tren? 🚂",
];

/// How far a vector computed in other company may be off: batches are padded, and sums come in another order.
const TOLERANCE: f32 = 1e-5;

fn embed(embedder: &mut dyn Embedder, texts: &[&str], role: Role) -> UnitBatch {
    let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
    let batch = embedder.embed(texts, role, &mut job).expect("these texts can be embedded");
    let dimensions = embedder.card().dimensions;
    batch.normalise(texts.len(), dimensions).expect("the vectors are good")
}

fn farthest(a: &Array2<f32>, b: &Array2<f32>) -> f32 {
    assert_eq!(a.dim(), b.dim());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn holds_the_contract(name: &str, embedder: &mut dyn Embedder) {
    let together = embed(embedder, &TEXTS, Role::Document);
    let (rows, dimensions) = together.vectors.dim();
    assert_eq!(rows, TEXTS.len(), "{name}: one vector a text");
    assert_eq!(embedder.card().dimensions, Some(dimensions), "{name}: the card says how long vectors are");
    for (text, row) in TEXTS.iter().zip(together.vectors.rows()) {
        assert!((row.dot(&row) - 1.0).abs() < 1e-5, "{name}: {text:?} has a vector of unit length");
    }
    assert!(together.infos.iter().all(|info| info.norm > 0.0), "{name}: norms are of vectors");

    let alone: Vec<UnitBatch> = TEXTS.iter().map(|text| embed(embedder, &[text], Role::Document)).collect();
    let views: Vec<_> = alone.iter().map(|batch| batch.vectors.view()).collect();
    let alone = ndarray::concatenate(ndarray::Axis(0), &views).expect("rows of one length");
    let off = farthest(&together.vectors, &alone);
    assert!(off <= TOLERANCE, "{name}: a batch is its texts one by one, in their order, but is off by {off}");

    let again = embed(embedder, &TEXTS, Role::Document);
    assert!(
        farthest(&together.vectors, &again.vectors) <= f32::EPSILON,
        "{name}: the same texts have the same vectors"
    );
    let row = |row: usize| together.vectors.select(ndarray::Axis(0), &[row]);
    let equal = farthest(&row(0), &row(5));
    assert!(equal <= TOLERANCE, "{name}: equal texts are off by {equal}");

    let nothing = embed(embedder, &[], Role::Query);
    assert_eq!((nothing.vectors.nrows(), nothing.infos.len()), (0, 0), "{name}: nothing gives nothing");

    let mut planned: Vec<usize> = embedder.plan(&TEXTS).concat();
    planned.sort_unstable();
    assert_eq!(planned, (0..TEXTS.len()).collect::<Vec<_>>(), "{name}: every text is in one batch");
    assert!(embedder.plan(&[]).concat().is_empty(), "{name}: nothing needs no batch");

    for role in [Role::Query, Role::Document] {
        let counts = embedder.count(&TEXTS, role);
        let infos = embed(embedder, &TEXTS, role).infos;
        assert!(counts.iter().zip(&infos).all(|(count, info)| *count == info.tokens), "{name}: counts are those used");
        assert!(counts.iter().all(|count| count.used <= count.total), "{name}: no more is seen than there is");
    }
    let long = "word ".repeat(40_000);
    let count = embedder.count(&[&long], Role::Document)[0];
    match embedder.card().max_tokens {
        Some(limit) if !count.estimated => {
            assert!(count.truncated() && count.used <= limit, "{name}: {count:?} for a limit of {limit}");
        }
        _ => assert!(!count.truncated(), "{name}: an unknown limit cuts nothing: {count:?}"),
    }
    let seen = embed(embedder, &[&long], Role::Document);
    assert_eq!(seen.infos[0].tokens, count, "{name}: a long text is cut and not refused");

    let cancelled = CancellationToken::new();
    cancelled.cancel();
    let mut job = Job { cancel: &cancelled, notify: &mut |_| {} };
    let error = embedder.embed(&TEXTS, Role::Query, &mut job).expect_err("nobody waits");
    assert!(matches!(error, BackendError::Cancelled), "{name}: {error}");
    let after = embed(embedder, &TEXTS, Role::Document);
    assert!(farthest(&together.vectors, &after.vectors) <= f32::EPSILON, "{name}: it is as good as before");
}

/// A server that counts letters: vectors follow from texts and from nothing else.
struct Letters;

fn letters(text: &str) -> Vec<f32> {
    let mut vector = vec![0.0; 32];
    for byte in text.bytes() {
        vector[usize::from(byte % 32)] += 1.0;
    }
    vector
}

impl Respond for Letters {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let texts = body["input"].as_array().expect("texts");
        let embedding = |(index, text): (usize, &Value)| json!({ "index": index, "embedding": letters(text.as_str().expect("a text")) });
        // In no order: the index says which is which.
        let data: Vec<Value> = texts.iter().enumerate().map(embedding).rev().collect();
        ResponseTemplate::new(200).set_body_json(json!({ "data": data, "usage": { "total_tokens": 7 } }))
    }
}

struct Served {
    runtime: Arc<Runtime>,
    server: MockServer,
}

fn served() -> Served {
    let runtime = Arc::new(
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime"),
    );
    let server = runtime.block_on(async {
        let server = MockServer::start().await;
        Mock::given(method("POST")).and(path("/v1/embeddings")).respond_with(Letters).mount(&server).await;
        server
    });
    Served { runtime, server }
}

impl Served {
    fn backend(&self, service: Service, model: &str, key: Option<&str>) -> OpenAi {
        let settings = self.settings(service, model, key);
        OpenAi::new(settings, self.runtime.handle().clone()).expect("a client")
    }

    fn settings(&self, service: Service, model: &str, key: Option<&str>) -> OpenAiSettings {
        let base_url = format!("{}/v1", self.server.uri());
        let key = key.map(SecretString::from);
        let given = Given { service, base_url: Some(&base_url), key: key.as_ref(), model: Some(model) };
        let names = SettingNames::backend("test", "KEY");
        OpenAiSettings::new(given, names, &ModelTable::bundled()).expect("good settings")
    }

    /// The bodies of all requests so far.
    fn bodies(&self) -> Vec<Value> {
        let requests = self.runtime.block_on(self.server.received_requests()).expect("requests are recorded");
        requests.iter().map(|request| serde_json::from_slice(&request.body).expect("JSON")).collect()
    }
}

fn rten() -> Engine {
    Engine::start(&EngineChoice::Rten).expect("RTen is part of the program")
}

#[test]
fn the_fake() {
    holds_the_contract("fake", &mut Fake::new(Location::InProcess));
}

#[cfg(feature = "embedded-model")]
#[test]
fn the_model_in_the_program() {
    let mut local = Local::load(&ModelSource::Embedded, &rten(), &ModelTable::bundled(), &Adjustments::default())
        .expect("the model is part of the program");
    holds_the_contract("local", &mut local);
}

#[test]
fn a_model_in_a_folder_with_prefixes_and_another_pooling() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/model").into();
    let source = ModelSource::Folder { path, trusted: false, pooling: Some(PoolingName::Cls) };
    let adjustments = Adjustments {
        query: Some(Prompt::prefix("query: ")),
        document: Some(Prompt::prefix("passage: ")),
        max_tokens: Some(64),
    };
    let table = ModelTable::bundled();
    let mut folder = Local::load(&source, &rten(), &table, &adjustments).expect("a known model");
    assert_eq!(folder.card().max_tokens, Some(64));
    holds_the_contract("model-dir", &mut folder);
    // The prefix is part of what is embedded, and pooling makes another vector.
    let mut plain = Local::load(&source, &rten(), &table, &Adjustments::default()).expect("a known model");
    let prefixed = embed(&mut folder, &["who?"], Role::Query).vectors;
    assert!(farthest(&prefixed, &embed(&mut plain, &["query: who?"], Role::Query).vectors) <= f32::EPSILON);
    assert!(farthest(&prefixed, &embed(&mut plain, &["who?"], Role::Query).vectors) > 0.01);
    assert!(farthest(&prefixed, &embed(&mut folder, &["who?"], Role::Document).vectors) > 0.01);
    let mean = ModelSource::Folder {
        path: concat!(env!("CARGO_MANIFEST_DIR"), "/assets/model").into(),
        trusted: false,
        pooling: None,
    };
    let mut mean = Local::load(&mean, &rten(), &table, &Adjustments::default()).expect("a known model");
    assert!(
        farthest(&embed(&mut mean, &["who?"], Role::Query).vectors, &embed(&mut plain, &["who?"], Role::Query).vectors)
            > 0.01
    );
}

#[test]
fn a_server_with_a_model_that_nobody_knows() {
    let served = served();
    holds_the_contract("openai-compatible", &mut served.backend(Service::OpenAi, "mystery", None));
    assert!(served.bodies().iter().all(|body| body.get("input_type").is_none()));
}

#[test]
fn openais_own_model_at_another_length() {
    let served = served();
    let mut settings = served.settings(Service::OpenAi, "text-embedding-3-small", None);
    settings.dimensions = Some(32);
    let mut openai = OpenAi::new(settings, served.runtime.handle().clone()).expect("a client");
    holds_the_contract("openai", &mut openai);
    assert!(served.bodies().iter().all(|body| body["dimensions"] == 32));
}

#[test]
fn a_server_with_a_model_that_wants_prefixes_is_sent_them() {
    let served = served();
    let mut nomic = served.backend(Service::OpenAi, "nomic-embed-text", None);
    holds_the_contract("nomic", &mut nomic);
    embed(&mut nomic, &["who?"], Role::Query);
    assert_eq!(served.bodies().last().expect("a request")["input"], json!(["search_query: who?"]));
    embed(&mut nomic, &["she"], Role::Document);
    assert_eq!(served.bodies().last().expect("a request")["input"], json!(["search_document: she"]));
}

#[test]
fn voyage_is_told_what_a_text_is_and_gets_the_text_as_it_is() {
    let served = served();
    let mut voyage = served.backend(Service::Voyage, "voyage-mystery", Some("pa-key"));
    holds_the_contract("voyage", &mut voyage);
    embed(&mut voyage, &["who?"], Role::Query);
    let body = served.bodies().pop().expect("a request");
    assert_eq!((&body["input"], &body["input_type"]), (&json!(["who?"]), &json!("query")));
    assert!(body.get("encoding_format").is_none() && body.get("dimensions").is_none(), "{body}");
    embed(&mut voyage, &["she"], Role::Document);
    assert_eq!(served.bodies().pop().expect("a request")["input_type"], json!("document"));
}

/// Answers the first requests in turn, then the last one for ever.
struct InTurn(std::sync::Mutex<Vec<ResponseTemplate>>);

impl Respond for InTurn {
    fn respond(&self, _: &Request) -> ResponseTemplate {
        let mut answers = self.0.lock().expect("nobody panics with it");
        if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() }
    }
}

fn answers(answers: Vec<ResponseTemplate>) -> Served {
    let served = served();
    served.runtime.block_on(async {
        served.server.reset().await;
        let respond = InTurn(std::sync::Mutex::new(answers));
        Mock::given(method("POST")).and(path("/v1/embeddings")).respond_with(respond).mount(&served.server).await;
    });
    served
}

fn vectors(rows: &[&[f64]]) -> ResponseTemplate {
    let data: Vec<Value> =
        rows.iter().enumerate().map(|(index, row)| json!({ "index": index, "embedding": row })).collect();
    ResponseTemplate::new(200).set_body_json(json!({ "data": data, "usage": { "total_tokens": 2 } }))
}

/// A whole corpus goes through the engine with faults on the way: nothing bad enters its index.
#[test]
fn no_server_gets_a_bad_vector_into_an_index() {
    let good: &[f64] = &[0.6, 0.8];
    let faults: [(&str, Vec<ResponseTemplate>, &str); 5] = [
        ("too few", vec![vectors(&[good])], "1 embeddings came back for 2 texts"),
        ("too many", vec![vectors(&[good, good, good])], "3 embeddings came back for 2 texts"),
        ("no length", vec![vectors(&[good, &[0.0, 0.0]])], "vector 2 of 2 has length 0"),
        ("too large", vec![vectors(&[good, &[1e300, 0.0]])], "vector 2 of 2 is not finite"),
        ("unequal", vec![vectors(&[good, &[1.0, 0.0, 0.0]])], "text 1 has 3 numbers"),
    ];
    for service in [Service::OpenAi, Service::Voyage] {
        for (name, answer, reason) in &faults {
            let served = answers(answer.clone());
            let embedder = served.backend(service, "mystery", Some("key"));
            let error = index_of_two(embedder).err().expect(name).to_string();
            assert!(error.contains(reason), "{service:?}, {name}: {error}");
        }
        let wrong = answers(vec![vectors(&[good, good]), vectors(&[&[1.0, 0.0, 0.0]])]);
        let Ok(mut searcher) = index_of_two(wrong.backend(service, "mystery", Some("key"))) else {
            unreachable!("the corpus is good")
        };
        let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        let error = searcher.search("q", &mut job).expect_err("a query of another size").to_string();
        assert!(error.contains("3 dimensions"), "{service:?}: {error}");
    }
}

fn index_of_two(embedder: OpenAi) -> Result<Searcher, BackendError> {
    let document = |text: &str| Document::new(text, text);
    let documents = vec![document("a"), document("b")];
    let corpus = Corpus::new("two", documents);
    let mut searcher = Searcher::new(Box::new(embedder), Arc::new(corpus));
    let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
    let embedded = searcher.embed_all(&mut job);
    assert!(embedded.is_ok() || searcher.progress().done == 0, "nothing of a bad answer is kept");
    embedded.map(|()| searcher)
}

#[test]
fn a_refused_key_is_named_as_the_person_named_it() {
    for service in [Service::OpenAi, Service::Voyage] {
        let served = answers(vec![ResponseTemplate::new(401)]);
        let mut backend = served.backend(service, "mystery", Some("secret-value"));
        let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        let error = backend.embed(&["a"], Role::Query, &mut job).expect_err("it is refused").to_string();
        assert!(error.contains("the key in KEY") && error.contains("the backend \"test\""), "{error}");
        assert!(!error.contains("secret-value"), "{error}");
    }
}
