//! Text embedding and reranking with fastembed.

use fastembed::{
    InitOptionsUserDefined, Pooling, RerankInitOptionsUserDefined, TextEmbedding, TextRerank, TokenizerFiles,
    UserDefinedEmbeddingModel, UserDefinedRerankingModel,
};

use crate::environment;
use crate::onnx::{Attribute, Dim, FLOAT, INT64, Model};

const BATCH_BY_SEQUENCE: [Dim; 2] = [Dim::Named("batch"), Dim::Named("sequence")];

/// Splits at spaces, and knows these words: `[PAD]` is 0, `red` is 2, and so
/// on.
fn tokenizer() -> TokenizerFiles {
    let tokenizer = r#"{
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [],
        "normalizer": null,
        "pre_tokenizer": { "type": "WhitespaceSplit" },
        "post_processor": null,
        "decoder": null,
        "model": {
            "type": "WordLevel",
            "vocab": { "[PAD]": 0, "[UNK]": 1, "red": 2, "green": 3, "blue": 4 },
            "unk_token": "[UNK]"
        }
    }"#;
    TokenizerFiles {
        tokenizer_file: tokenizer.into(),
        config_file: br#"{ "pad_token_id": 0 }"#.to_vec(),
        special_tokens_map_file: br#"{ "pad_token": "[PAD]" }"#.to_vec(),
        tokenizer_config_file: br#"{ "model_max_length": 16, "pad_token": "[PAD]" }"#.to_vec(),
    }
}

fn inputs() -> Model {
    Model::new().input("input_ids", INT64, &BATCH_BY_SEQUENCE).input("attention_mask", INT64, &BATCH_BY_SEQUENCE)
}

/// Looks up a vector of two numbers for each token.
fn embedder() -> Vec<u8> {
    #[rustfmt::skip]
    let table = [
        100.0, 100.0, // [PAD], which must not count
        0.0, 0.0, // [UNK]
        3.0, 4.0, // red
        0.0, 2.0, // green
        -1.0, 0.0, // blue
    ];
    inputs()
        .input("token_type_ids", INT64, &BATCH_BY_SEQUENCE)
        .floats("table", &[5, 2], &table)
        .node("Gather", &["table", "input_ids"], &["last_hidden_state"])
        .output("last_hidden_state", FLOAT, &[Dim::Named("batch"), Dim::Named("sequence"), Dim::Fixed(2)])
        .build()
}

/// Adds up a number for each token that the mask lets through.
fn reranker() -> Vec<u8> {
    inputs()
        .floats("weights", &[5, 1], &[100.0, 0.0, 1.0, 2.0, 4.0])
        .ints("axis", &[1], &[2])
        .node("Gather", &["weights", "input_ids"], &["values"])
        .node_with("Cast", &["attention_mask"], &["mask"], &[("to", Attribute::Int(1))])
        .node("Unsqueeze", &["mask", "axis"], &["mask column"])
        .node("Mul", &["values", "mask column"], &["masked"])
        .node_with(
            "ReduceMean",
            &["masked"],
            &["mean"],
            &[("axes", Attribute::Ints(&[1])), ("keepdims", Attribute::Int(0))],
        )
        .floats("ten", &[1], &[10.0])
        .node("Mul", &["mean", "ten"], &["logits"])
        .output("logits", FLOAT, &[Dim::Named("batch"), Dim::Fixed(1)])
        .build()
}

#[track_caller]
fn assert_close(actual: &[f32], expected: &[f32]) {
    assert_eq!(actual.len(), expected.len());
    for (actual, expected) in actual.iter().zip(expected) {
        assert!((actual - expected).abs() < 1e-6, "{actual} != {expected}");
    }
}

#[test]
fn embeds_texts() {
    let model = UserDefinedEmbeddingModel::new(embedder(), tokenizer()).with_pooling(Pooling::Mean);
    let options = InitOptionsUserDefined::new().with_environment(environment());
    let mut model = TextEmbedding::try_new_from_user_defined(model, options).unwrap();

    let texts = ["red", "red green", "blue purple"];
    let vectors = model.embed(texts, None).unwrap();

    assert_eq!(vectors.len(), 3);
    // (3, 4) of length 5; padded, but padding does not count.
    assert_close(&vectors[0], &[0.6, 0.8]);
    // The mean (1.5, 3) of (3, 4) and (0, 2), of length 1.5 * sqrt 5.
    let length = 5_f32.sqrt();
    assert_close(&vectors[1], &[1.0 / length, 2.0 / length]);
    // The mean (-0.5, 0) of (-1, 0) and an unknown word's (0, 0).
    assert_close(&vectors[2], &[-1.0, 0.0]);
}

#[test]
fn embeds_the_same_in_any_batches() {
    let model = UserDefinedEmbeddingModel::new(embedder(), tokenizer()).with_pooling(Pooling::Mean);
    let options = InitOptionsUserDefined::new()
        .with_environment(environment())
        .with_intra_threads(1)
        .with_session_config("ort_rten.prepack_weights", "0");
    let mut model = TextEmbedding::try_new_from_user_defined(model, options).unwrap();

    let texts = ["red", "red green", "blue purple", "green green blue red"];
    let together = model.embed(texts, None).unwrap();
    let one_by_one = model.embed(texts, Some(1)).unwrap();
    for (a, b) in together.iter().zip(&one_by_one) {
        assert_close(a, b);
    }
}

#[test]
fn reranks_documents() {
    let model = UserDefinedRerankingModel::new(reranker(), tokenizer());
    let options = RerankInitOptionsUserDefined::new().with_environment(environment());
    let mut model = TextRerank::try_new_from_user_defined(model, options).unwrap();

    let documents = ["red", "blue blue", "green"];
    let results = model.rerank("red", documents, true, None).unwrap();

    // The query's 1 and the documents' 1, 8 and 2, over the three tokens that
    // every pair is padded to, times ten.
    let ranked: Vec<usize> = results.iter().map(|result| result.index).collect();
    assert_eq!(ranked, [1, 2, 0]);
    let scores: Vec<f32> = results.iter().map(|result| result.score).collect();
    assert_close(&scores, &[30.0, 10.0, 20.0 / 3.0]);
    assert_eq!(results[0].document.as_deref(), Some("blue blue"));
}
