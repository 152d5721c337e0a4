//! A cross-encoder in a folder, whose logits can be computed by hand.

use std::fs;

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use vecscope::backend::local::EngineChoice;
use vecscope::backend::reranker_spec::{CrossEncoderKind, RerankerKind};
use vecscope::backend::spec::Readiness;
use vecscope::backend::{BackendError, RerankMethod, RerankScore, Reranker, RerankerSpec};

use crate::model::{self, Logits, ONE_COLUMN, WEIGHTS};
use crate::onnx::Dim;
use crate::{Lab, reason, rerank};

fn folder(onnx: &[u8], limit: usize) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("onnx")).expect("a folder");
    fs::write(folder.path().join("onnx/model.onnx"), onnx).expect("written");
    for (name, content) in model::files(limit) {
        fs::write(folder.path().join(name), content).expect("written");
    }
    folder
}

fn spec(folder: &TempDir, trusted: bool) -> RerankerSpec {
    let model = CrossEncoderKind::Folder { path: folder.path().into(), trusted };
    let kind = RerankerKind::CrossEncoder { model, engine: EngineChoice::Rten };
    RerankerSpec { name: "tiny".into(), label: "tiny".into(), kind }
}

fn open(folder: &TempDir) -> Result<Box<dyn Reranker>, BackendError> {
    Lab::new().open(&spec(folder, true))
}

#[track_caller]
fn opened(limit: usize) -> Box<dyn Reranker> {
    open(&folder(&model::cross_encoder(&WEIGHTS, ONE_COLUMN), limit)).expect("it is a good model")
}

#[track_caller]
fn refused(onnx: &[u8]) -> String {
    reason(open(&folder(onnx, 512)).err().expect("it is refused"))
}

fn logits(reranker: &mut dyn Reranker, query: &str, documents: &[&str]) -> Vec<f32> {
    let scores = rerank(reranker, query, documents).into_iter().map(|score| match score {
        RerankScore::Logit(logit) => logit,
        RerankScore::Late { .. } => unreachable!("a cross-encoder gives logits"),
    });
    scores.collect()
}

#[test]
fn logits_are_those_of_the_pairs_in_the_order_of_the_documents() {
    let mut reranker = opened(512);
    assert_eq!((reranker.card().method, reranker.card().max_tokens), (RerankMethod::CrossEncoder, 512));
    let documents = ["green blue", "", "red purple redish", "blue"];
    // 1 + 10 × (2 + 4), 1, 1 + 10 × (1 + ½ + 1 + ¼), 1 + 10 × 4: padding counts nowhere, the document ten times.
    assert_eq!(logits(&mut *reranker, "red", &documents), [61.0, 1.0, 28.5, 41.0]);
    // The other way round it is another text.
    assert_eq!(logits(&mut *reranker, "green blue", &["red"]), [16.0]);
    assert_eq!(logits(&mut *reranker, "", &["red", ""]), [10.0, 0.0]);
    assert!(logits(&mut *reranker, "red", &[]).is_empty());
    let matches = reranker.word_matches("red", "blue", &CancellationToken::new()).expect("it says nothing");
    assert_eq!(matches, None);
}

#[test]
fn many_documents_of_any_length_keep_their_places() {
    let texts: Vec<String> = (0..21).map(|number| "green ".repeat(number * 8 % 21)).collect();
    let documents: Vec<&str> = texts.iter().map(String::as_str).collect();
    // Document n holds 8n mod 21 greens, each of which adds 20.
    let mut greens = 0.0;
    let expected = documents.iter().map(|_| {
        let logit = 1.0 + 20.0 * greens;
        greens = (greens + 8.0) % 21.0;
        logit
    });
    assert_eq!(logits(&mut *opened(512), "red", &documents), expected.collect::<Vec<f32>>());
}

#[test]
fn what_is_too_long_is_cut_from_the_longer_of_the_two() {
    // Eight tokens, of which three are special.
    let mut reranker = opened(8);
    assert_eq!(reranker.card().max_tokens, 8);
    let document = "green ".repeat(10);
    // One red, four of the greens: 1 + 10 × 8.
    assert_eq!(logits(&mut *reranker, "red", &[&document]), [81.0]);
    // Both are too long: two reds and three greens.
    assert_eq!(logits(&mut *reranker, "red red red red", &[&document]), [62.0]);
}

#[test]
fn a_model_with_several_labels_is_refused() {
    let three = Logits { declared: &[Dim::Fixed(3)], columns: true };
    let declared = refused(&model::cross_encoder(&WEIGHTS, three));
    assert!(declared.contains("its logits are declared as [?, 3]"), "{declared}");
    let folder = folder(&model::cross_encoder(&WEIGHTS, ONE_COLUMN), 512);
    let labels = r#"{ "pad_token_id": 0, "id2label": { "0": "no", "1": "yes", "2": "perhaps" } }"#;
    fs::write(folder.path().join("config.json"), labels).expect("written");
    let configured = reason(open(&folder).err().expect("it is refused"));
    assert!(configured.contains("its config.json has 3 labels"), "{configured}");
}

#[test]
fn a_model_that_is_no_cross_encoder_is_refused_by_what_it_gives() {
    let onnx = model::cross_encoder(&WEIGHTS, ONE_COLUMN);
    // The same length, so that the file stays a model.
    let at = onnx.windows(6).rposition(|bytes| bytes == b"logits").expect("its output is the last to be named");
    let renamed = [&onnx[..at], b"vector", &onnx[at + 6..]].concat();
    let error = refused(&renamed);
    assert!(error.contains("it gives no logits, but vector"), "{error}");
}

#[test]
fn logits_of_one_dimension_are_refused_declared_or_not() {
    let flat = refused(&model::cross_encoder(&WEIGHTS, Logits { declared: &[], columns: false }));
    assert!(flat.contains("its logits are declared as [?], not as [pairs, 1]"), "{flat}");
    let lying = refused(&model::cross_encoder(&WEIGHTS, Logits { columns: false, ..ONE_COLUMN }));
    assert!(lying.contains("cannot rerank with"), "{lying}");
}

#[test]
fn numbers_that_are_none_are_refused() {
    let error = refused(&model::cross_encoder(&[f32::NAN; 8], ONE_COLUMN));
    assert!(error.contains("cannot rerank with") && error.contains("NaN"), "{error}");
    // Only blue is broken, which does not show before it is read.
    let mut weights = WEIGHTS;
    weights[6] = f32::INFINITY;
    let mut reranker = open(&folder(&model::cross_encoder(&weights, ONE_COLUMN), 512)).expect("it begins well");
    assert_eq!(logits(&mut *reranker, "red", &["green"]), [21.0]);
    let error = reranker.rerank("red", &["green", "blue"], &CancellationToken::new()).expect_err("it is not finite");
    assert!(reason(error).contains("unusable scores: one is inf"));
}

#[test]
fn a_model_without_logits_is_refused() {
    let error = refused(&model::embedder(true));
    assert!(error.contains("logits"), "{error}");
}

#[test]
fn an_unknown_model_is_not_loaded_unless_it_is_trusted() {
    let folder = folder(&model::cross_encoder(&WEIGHTS, ONE_COLUMN), 512);
    let error = reason(Lab::new().open(&spec(&folder, false)).err().expect("nobody vouches for it"));
    for part in ["onnx/model.onnx", "sha256", "trust = true"] {
        assert!(error.contains(part), "{part} is missing in: {error}");
    }
}

#[test]
fn a_missing_file_is_named() {
    for name in ["onnx/model.onnx", "tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"]
    {
        let folder = folder(&model::cross_encoder(&WEIGHTS, ONE_COLUMN), 512);
        fs::remove_file(folder.path().join(name)).expect("it was there");
        let error = reason(open(&folder).err().expect("it is incomplete"));
        assert!(error.contains(name), "{error}");
    }
    let folder = folder(&model::cross_encoder(&WEIGHTS, ONE_COLUMN), 512);
    assert_eq!(spec(&folder, true).describe(&Lab::new().context).readiness, Readiness::Ready);
    fs::remove_dir_all(folder.path()).expect("it was there");
    let description = spec(&folder, true).describe(&Lab::new().context);
    assert!(matches!(description.readiness, Readiness::NotConfigured(reason) if reason.contains("is not a folder")));
}

#[test]
fn it_can_be_cancelled() {
    let cancel = CancellationToken::new();
    cancel.cancel();
    let error = opened(512).rerank("red", &["blue"], &cancel).expect_err("it is cancelled");
    assert!(matches!(error, BackendError::Cancelled), "{error}");
}
