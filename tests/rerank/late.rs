//! Late interaction: `fixture/minilm.json` holds what `fixture/make.py` gives with ONNX Runtime and numpy, and small
//! models what can be computed by hand.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use vecscope::backend::local::{Adjustments, EngineChoice};
use vecscope::backend::reranker_spec::RerankerKind;
use vecscope::backend::spec::LocalModel;
use vecscope::backend::{Prompt, RerankMethod, RerankerSpec};

use crate::{Lab, model, parts, reason, rerank};

/// What 16-bit token vectors may be off by.
const HALF: f32 = 5e-4;

fn spec(model: LocalModel, adjustments: Adjustments) -> RerankerSpec {
    let kind = RerankerKind::LateInteraction { model, adjustments, engine: EngineChoice::Rten };
    RerankerSpec { name: "late".into(), label: "late".into(), kind }
}

fn folder(onnx: &[u8]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("model.onnx"), onnx).expect("written");
    for (name, content) in model::files(6) {
        fs::write(folder.path().join(name), content).expect("written");
    }
    folder
}

fn of_folder(folder: &Path, adjustments: Adjustments) -> RerankerSpec {
    spec(LocalModel::Folder { path: folder.into(), trusted: true, pooling: None }, adjustments)
}

#[track_caller]
fn assert_close(found: f32, expected: f32, tolerance: f32) {
    assert!((found - expected).abs() < tolerance, "{found} is not {expected}");
}

#[test]
fn scores_of_a_small_model_are_those_computed_by_hand() {
    let folder = folder(&model::embedder(true));
    let mut late = Lab::new().open(&of_folder(folder.path(), Adjustments::default())).expect("a good model");
    assert_eq!((late.card().method, late.card().max_tokens), (RerankMethod::LateInteraction, 6));
    // red (0.6, 0.8), green (0, 1), blue (−1, 0), ##ish (0.8, 0.6)
    let scores = rerank(&mut *late, "red blue", &["green redish", "blue", "purple", ""]);
    // red finds itself; blue finds green, at 0, before red at −0.6 and ##ish at −0.8.
    assert_close(parts(scores[0]).0, 0.5, HALF);
    // The mean of the vectors with [CLS] and [SEP], whose sum is (2, 0): (4, 4) and (9, 9).
    assert_close(parts(scores[0]).1, 1.0, 1e-6);
    // (−0.6 + 1) / 2
    assert_close(parts(scores[1]).0, 0.2, HALF);
    // (4, 4) and (1, 0)
    assert_close(parts(scores[1]).1, 0.5_f32.sqrt(), 1e-6);
    // An unknown word is (0, 0) here, like nothing; and nothing is like nothing.
    assert_close(parts(scores[2]).0, 0.0, 1e-6);
    assert_close(parts(scores[3]).0, 0.0, 1e-6);
    // Six tokens, of which four are not special: the blue at the end is not seen.
    let cut = rerank(&mut *late, "blue", &["red red red red blue"]);
    assert_close(parts(cut[0]).0, -0.6, HALF);
}

#[test]
fn words_are_joined_from_sub_words() {
    let folder = folder(&model::embedder(true));
    let mut late = Lab::new().open(&of_folder(folder.path(), Adjustments::default())).expect("a good model");
    let cancel = CancellationToken::new();
    let matches = late.word_matches("redish blue", "green red", &cancel).expect("it runs").expect("it says");
    assert_eq!(
        (matches.query, matches.document),
        (vec!["redish".into(), "blue".into()], vec!["green".into(), "red".into()])
    );
    // redish against green: 0.8 by red, 0.6 by ##ish; against red: 1 and 0.96.
    let expected = [[0.8, 1.0], [0.0, -0.6]];
    for (place, &cosine) in matches.cosines.indexed_iter() {
        assert_close(cosine, expected[place.0][place.1], HALF);
    }
    assert_eq!(matches.best, [1, 0]);
    // (1 + 0.96) / 3 and 0 / 3
    assert_close(matches.contributions[0], 0.653_333, HALF);
    assert_close(matches.contributions[1], 0.0, HALF);
    let empty = late.word_matches("red", "", &cancel).expect("it runs").expect("it says");
    assert_eq!((empty.cosines.dim(), empty.best, empty.contributions), ((1, 0), vec![], vec![0.0]));
}

#[test]
fn what_a_prompt_adds_is_not_compared() {
    let folder = folder(&model::embedder(true));
    let adjustments = Adjustments { query: Some(Prompt::prefix("green ")), ..Adjustments::default() };
    let mut late = Lab::new().open(&of_folder(folder.path(), adjustments)).expect("a good model");
    // With green in the query it would be (0.8 + 1) / 2.
    assert_close(parts(rerank(&mut *late, "red", &["red"])[0]).0, 1.0, HALF);
    let matches = late.word_matches("red", "red", &CancellationToken::new()).expect("it runs").expect("it says");
    assert_eq!(matches.query, ["red"]);
}

#[test]
fn a_model_that_gives_no_token_vectors_is_refused() {
    let folder = folder(&model::embedder(false));
    let error = Lab::new().open(&of_folder(folder.path(), Adjustments::default())).err().expect("it is refused");
    let reason = reason(error);
    for part in ["no output last_hidden_state", "sentence_embedding"] {
        assert!(reason.contains(part), "{part} is missing in: {reason}");
    }
}

#[cfg(feature = "embedded-model")]
mod embedded {
    use serde::Deserialize;
    use vecscope::backend::spec::{BackendKind, OpenJob};
    use vecscope::backend::{BackendError, BackendSpec, Embedder, Job, RerankScore, Reranker, Role};
    use vecscope::corpus::bundled;

    use super::*;

    #[derive(Deserialize)]
    struct Pair {
        query: String,
        document: String,
        tokens: [usize; 2],
        late: f32,
        cosine: f32,
    }

    fn pairs() -> Vec<Pair> {
        serde_json::from_str(include_str!("fixture/minilm.json")).expect("the fixture is valid")
    }

    fn minilm(lab: &Lab) -> Box<dyn Reranker> {
        lab.open(&spec(LocalModel::Embedded, Adjustments::default())).expect("the model is part of the program")
    }

    fn embedder(lab: &Lab) -> Box<dyn Embedder> {
        let kind = BackendKind::Local { model: LocalModel::Embedded, engine: EngineChoice::Rten };
        let spec =
            BackendSpec { name: "local".into(), label: "local".into(), kind, adjustments: Adjustments::default() };
        let mut job = OpenJob { cancel: &CancellationToken::new(), progress: &mut |_| {} };
        spec.open(&lab.context, &mut job).expect("the model is part of the program")
    }

    fn embed(embedder: &mut dyn Embedder, texts: &[&str], role: Role) -> ndarray::Array2<f32> {
        let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        embedder.embed(texts, role, &mut job).expect("these can be embedded").vectors
    }

    #[test]
    fn scores_are_those_of_another_program() {
        let lab = Lab::new();
        let mut late = minilm(&lab);
        assert_eq!((late.card().model.as_str(), late.card().max_tokens), ("all-MiniLM-L6-v2", 256));
        let pairs = pairs();
        assert!(pairs.len() > 10 && pairs.iter().any(|pair| pair.tokens.contains(&254)), "long texts are among them");
        for pair in &pairs {
            let (found, cosine) = parts(rerank(&mut *late, &pair.query, &[&pair.document])[0]);
            assert_close(found, pair.late, HALF);
            assert_close(cosine, pair.cosine, 2e-5);
        }
        // All documents at once, in company that pads them, give the same.
        let documents: Vec<&str> = pairs.iter().map(|pair| pair.document.as_str()).collect();
        let fresh = Lab::new();
        let scores = rerank(&mut *minilm(&fresh), &pairs[0].query, &documents);
        assert_eq!(scores.len(), documents.len());
        assert_close(parts(scores[0]).0, pairs[0].late, HALF);
    }

    #[test]
    fn words_are_those_of_the_text_and_their_contributions_sum_to_the_score() {
        let lab = Lab::new();
        let mut late = minilm(&lab);
        let (query, document) = ("Crème brûlée", "CREME BRULEE, said the café's menu; naïve?");
        let cancel = CancellationToken::new();
        let matches = late.word_matches(query, document, &cancel).expect("it runs").expect("it says");
        assert_eq!(matches.query, ["Crème", "brûlée"]);
        let words = ["CREME", "BRULEE", ",", "said", "the", "café", "'", "s", "menu", ";", "naïve", "?"];
        assert_eq!(matches.document, words);
        assert_eq!(matches.best, [0, 1]);
        assert_eq!(matches.cosines.dim(), (2, 12));
        let sum: f32 = matches.contributions.iter().sum();
        assert_close(sum, parts(rerank(&mut *late, query, &[document])[0]).0, 1e-6);
    }

    #[test]
    fn what_the_embedder_makes_stays_what_it_was_and_is_what_the_reranker_takes() {
        let corpus = bundled::corpus();
        let texts: Vec<&str> = corpus.documents.iter().take(24).map(|document| document.text.as_str()).collect();
        let query = "how do I ask a database a question";
        let alone = Lab::new();
        let mut plain = embedder(&alone);
        let (documents, queries) =
            (embed(&mut *plain, &texts, Role::Document), embed(&mut *plain, &[query], Role::Query));

        let shared = Lab::new();
        let mut embedding = embedder(&shared);
        let mut late = minilm(&shared);
        assert_eq!(embed(&mut *embedding, &texts, Role::Document), documents);
        assert_eq!(embed(&mut *embedding, &[query], Role::Query), queries);
        let kept = rerank(&mut *late, query, &texts);
        let computed = rerank(&mut *minilm(&alone), query, &texts);
        for (kept, computed) in kept.iter().zip(&computed) {
            let (kept, computed) = (parts(*kept), parts(*computed));
            assert_close(kept.0, computed.0, HALF);
            assert_close(kept.1, computed.1, 1e-5);
        }
        // Once more, now that all are kept: the very same.
        assert_eq!(rerank(&mut *late, query, &texts), kept);
    }

    #[test]
    fn nothing_is_matched_by_nothing() {
        let lab = Lab::new();
        let mut late = minilm(&lab);
        for (query, document) in [("", "bread"), ("bread", ""), ("", ""), (" \n", "bread")] {
            let (found, cosine) = parts(rerank(&mut *late, query, &[document])[0]);
            assert!(found.abs() < 1e-6, "{query:?} {document:?}: {found}");
            assert!(cosine.is_finite(), "{query:?} {document:?}");
        }
        assert!(rerank(&mut *late, "bread", &[]).is_empty());
        let twice = rerank(&mut *late, "bread", &["an oven", "bread", "an oven"]);
        assert_eq!(twice[0], twice[2], "the same text has the same score");
        assert!(matches!(twice[1], RerankScore::Late { late, .. } if (late - 1.0).abs() < HALF));
    }

    #[test]
    fn it_can_be_cancelled() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        let lab = Lab::new();
        let error = minilm(&lab).rerank("bread", &["an oven"], &cancel).expect_err("it is cancelled");
        assert!(matches!(error, BackendError::Cancelled), "{error}");
    }
}
