//! Models so small that what they say can be computed by hand.

use crate::onnx::{Attribute, Dim, FLOAT, INT64, Model};

const BATCH_BY_SEQUENCE: [Dim; 2] = [Dim::Named("batch"), Dim::Named("sequence")];

/// What each token adds to a logit: padding a lot if it were not masked, the special tokens nothing, an unknown one ½,
/// red 1, green 2, blue 4 and the sub-word ##ish ¼. Ten times as much in the document as in the query.
pub(crate) const WEIGHTS: [f32; 8] = [1000.0, 0.5, 0.0, 0.0, 1.0, 2.0, 4.0, 0.25];

/// How a cross-encoder says its logits.
#[derive(Clone, Copy)]
pub(crate) struct Logits {
    /// What it declares, besides the batch.
    pub(crate) declared: &'static [Dim],
    /// Whether there are really two dimensions.
    pub(crate) columns: bool,
}

/// One column, as it should be.
pub(crate) const ONE_COLUMN: Logits = Logits { declared: &[Dim::Fixed(1)], columns: true };

/// The tokenizer's files, with a limit of so many tokens: `[CLS] query [SEP] document [SEP]`, in sub-words.
pub(crate) fn files(limit: usize) -> [(&'static str, String); 4] {
    let tokenizer = r###"{
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [
            { "id": 0, "content": "[PAD]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true },
            { "id": 2, "content": "[CLS]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true },
            { "id": 3, "content": "[SEP]", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true }
        ],
        "normalizer": null,
        "pre_tokenizer": { "type": "WhitespaceSplit" },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                { "SpecialToken": { "id": "[CLS]", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } },
                { "SpecialToken": { "id": "[SEP]", "type_id": 0 } }
            ],
            "pair": [
                { "SpecialToken": { "id": "[CLS]", "type_id": 0 } }, { "Sequence": { "id": "A", "type_id": 0 } },
                { "SpecialToken": { "id": "[SEP]", "type_id": 0 } }, { "Sequence": { "id": "B", "type_id": 1 } },
                { "SpecialToken": { "id": "[SEP]", "type_id": 1 } }
            ],
            "special_tokens": {
                "[CLS]": { "id": "[CLS]", "ids": [2], "tokens": ["[CLS]"] },
                "[SEP]": { "id": "[SEP]", "ids": [3], "tokens": ["[SEP]"] }
            }
        },
        "decoder": null,
        "model": {
            "type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
            "vocab": { "[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "red": 4, "green": 5, "blue": 6, "##ish": 7 }
        }
    }"###;
    [
        ("tokenizer.json", tokenizer.into()),
        ("config.json", r#"{ "pad_token_id": 0, "id2label": { "0": "LABEL_0" } }"#.into()),
        ("special_tokens_map.json", r#"{ "pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]" }"#.into()),
        ("tokenizer_config.json", format!(r#"{{ "model_max_length": {limit}, "pad_token": "[PAD]" }}"#)),
    ]
}

fn inputs() -> Model {
    ["input_ids", "attention_mask", "token_type_ids"]
        .iter()
        .fold(Model::new(), |model, name| model.input(name, INT64, &BATCH_BY_SEQUENCE))
}

/// Adds up the weights of all tokens that the mask lets through, those of the document ten times.
pub(crate) fn cross_encoder(weights: &[f32; 8], logits: Logits) -> Vec<u8> {
    let float = [("to", Attribute::Int(1))];
    let declared = [&[Dim::Named("batch")], logits.declared].concat();
    let keep = [("keepdims", Attribute::Int(i64::from(logits.columns)))];
    inputs()
        .floats("weights", &[8], weights)
        .floats("nine", &[1], &[9.0])
        .floats("one", &[1], &[1.0])
        .ints("axis", &[1], &[1])
        .node("Gather", &["weights", "input_ids"], &["values"])
        .node_with("Cast", &["attention_mask"], &["mask"], &float)
        .node_with("Cast", &["token_type_ids"], &["types"], &float)
        .node("Mul", &["types", "nine"], &["nines"])
        .node("Add", &["nines", "one"], &["factors"])
        .node("Mul", &["values", "mask"], &["seen"])
        .node("Mul", &["seen", "factors"], &["weighed"])
        .node_with("ReduceSum", &["weighed", "axis"], &["logits"], &keep)
        .output("logits", FLOAT, &declared)
        .build()
}

/// Looks up a vector of two numbers for each token, or gives a vector for the text alone.
pub(crate) fn embedder(of_tokens: bool) -> Vec<u8> {
    #[rustfmt::skip]
    let table = [
        100.0, 100.0, // [PAD]
        0.0, 0.0, // [UNK]
        1.0, 1.0, // [CLS]
        1.0, -1.0, // [SEP]
        3.0, 4.0, // red
        0.0, 2.0, // green
        -1.0, 0.0, // blue
        4.0, 3.0, // ##ish
    ];
    let model = inputs().floats("table", &[8, 2], &table);
    if of_tokens {
        return model
            .node("Gather", &["table", "input_ids"], &["last_hidden_state"])
            .output("last_hidden_state", FLOAT, &[Dim::Named("batch"), Dim::Named("sequence"), Dim::Fixed(2)])
            .build();
    }
    model
        .ints("axis", &[1], &[1])
        .node("Gather", &["table", "input_ids"], &["states"])
        .node_with("ReduceSum", &["states", "axis"], &["sentence_embedding"], &[("keepdims", Attribute::Int(0))])
        .output("sentence_embedding", FLOAT, &[Dim::Named("batch"), Dim::Fixed(2)])
        .build()
}
