//! What goes over the wire: the request, and reading the answer without trusting it.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ndarray::{Array2, ArrayView1};
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::super::Prompt;
use super::settings::Service;

/// A request for embeddings.
#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    /// The model's name.
    pub(super) model: &'a str,
    /// The texts.
    pub(super) input: &'a [&'a str],
    /// How the answer is to write its numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encoding_format: Option<Encoding>,
    /// The length of the vectors, where it is not to be the model's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dimensions: Option<usize>,
    /// The same, as Voyage calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_dimension: Option<usize>,
    /// Whether the texts are queries or documents, for Voyage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_type: Option<&'a str>,
}

impl<'a> Request<'a> {
    /// A request in the words of a service.
    pub(super) fn new(
        service: Service,
        model: &'a str,
        input: &'a [&'a str],
        encoding: Encoding,
        dimensions: Option<usize>,
        prompt: &'a Prompt,
    ) -> Self {
        let input_type = match prompt {
            Prompt::InputType(kind) => Some(kind.as_str()),
            Prompt::Nothing | Prompt::Prefix(_) => None,
        };
        let plain = Self { model, input, encoding_format: None, dimensions: None, output_dimension: None, input_type };
        match service {
            Service::OpenAi => Self { encoding_format: Some(encoding), dimensions, ..plain },
            // It has no word for numbers as JSON: they are what it gives when nothing is asked for.
            Service::Voyage => Self {
                encoding_format: Some(encoding).filter(|&encoding| encoding == Encoding::Base64),
                output_dimension: dimensions,
                ..plain
            },
        }
    }
}

/// How an answer writes its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    /// As JSON numbers.
    Float,
    /// As base64 of little-endian 32-bit floats.
    Base64,
}

/// What a server answered.
#[derive(Debug, PartialEq)]
pub(super) struct Answer {
    /// One row a text, in the order of the request: texts × dimensions. Numbers may be infinite, or none at all.
    pub(super) vectors: Array2<f32>,
    /// The tokens billed, where the server says.
    pub(super) tokens: Option<u64>,
}

#[derive(Deserialize)]
struct Body {
    data: Vec<Embedding>,
    usage: Option<Spent>,
}

#[derive(Deserialize)]
struct Embedding {
    index: usize,
    embedding: Numbers,
}

#[derive(Deserialize)]
struct Spent {
    total_tokens: Option<u64>,
    prompt_tokens: Option<u64>,
}

/// Reads the answer to a request for `texts` embeddings, whichever encoding it comes in.
///
/// # Errors
/// Says what is wrong with it: not the JSON it should be, or not exactly one embedding for each text.
pub(super) fn decode(body: &[u8], texts: usize) -> Result<Answer, String> {
    let Body { data, usage } = serde_json::from_slice(body).map_err(|error| {
        format!("{error}. It begins with: {}", String::from_utf8_lossy(&body[..body.len().min(200)]))
    })?;
    if data.len() != texts {
        return Err(format!("{} embeddings came back for {texts} texts", data.len()));
    }
    let dimensions = data.first().map_or(0, |first| first.embedding.0.len());
    let mut vectors = Array2::zeros((texts, dimensions));
    let mut seen = vec![false; texts];
    for Embedding { index, embedding: Numbers(numbers) } in data {
        match seen.get_mut(index) {
            None => return Err(format!("an embedding came back for text {index}, but the last text is {}", texts - 1)),
            Some(true) => return Err(format!("two embeddings came back for text {index}")),
            Some(unseen) => *unseen = true,
        }
        if numbers.is_empty() || numbers.len() != dimensions {
            return Err(format!("the embedding of text {index} has {} numbers, another {dimensions}", numbers.len()));
        }
        vectors.row_mut(index).assign(&ArrayView1::from(&numbers));
    }
    let tokens = usage.and_then(|spent| spent.total_tokens.or(spent.prompt_tokens));
    Ok(Answer { vectors, tokens })
}

/// The numbers of one embedding, in either encoding.
struct Numbers(Vec<f32>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EitherEncoding).map(Self)
    }
}

struct EitherEncoding;

impl<'de> Visitor<'de> for EitherEncoding {
    type Value = Vec<f32>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of numbers or base64")
    }

    fn visit_str<E: Error>(self, base64: &str) -> Result<Vec<f32>, E> {
        let bytes = STANDARD.decode(base64).map_err(|error| E::custom(format!("not base64: {error}")))?;
        let (numbers, rest) = bytes.as_chunks::<4>();
        if !rest.is_empty() {
            return Err(E::custom(format!("{} bytes of base64 are not whole 32-bit numbers", bytes.len())));
        }
        Ok(numbers.iter().map(|&number| f32::from_le_bytes(number)).collect())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Vec<f32>, A::Error> {
        let mut numbers = Vec::new();
        while let Some(number) = array.next_element()? {
            numbers.push(number);
        }
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use serde_json::json;

    use super::*;

    fn floats(rows: &[(usize, &[f32])]) -> Vec<u8> {
        let data: Vec<_> = rows.iter().map(|(index, row)| json!({ "index": index, "embedding": row })).collect();
        json!({ "data": data }).to_string().into_bytes()
    }

    #[test]
    fn embeddings_go_where_their_index_says_in_either_encoding() {
        let base64 = STANDARD.encode([1.5_f32, -2.0].map(f32::to_le_bytes).as_flattened());
        let body = json!({
            "object": "list",
            "data": [
                { "object": "embedding", "index": 2, "embedding": [5, 6e-1] },
                { "object": "embedding", "index": 0, "embedding": base64 },
                { "object": "embedding", "index": 1, "embedding": [0.1, 0.25] },
            ],
            "usage": { "prompt_tokens": 7, "total_tokens": 9 },
        });
        let answer = decode(body.to_string().as_bytes(), 3).expect("it is an answer");
        assert_eq!(answer, Answer { vectors: array![[1.5, -2.0], [0.1, 0.25], [5.0, 0.6]], tokens: Some(9) });
    }

    #[test]
    fn usage_may_be_half_there_or_missing() {
        for (usage, tokens) in [
            (json!({ "prompt_tokens": 7 }), Some(7)),
            (json!({ "total_tokens": 0 }), Some(0)),
            (json!({}), None),
            (json!(null), None),
        ] {
            let body = json!({ "data": [{ "index": 0, "embedding": [1] }], "usage": usage }).to_string();
            assert_eq!(decode(body.as_bytes(), 1).expect("it is an answer").tokens, tokens, "{body}");
        }
    }

    #[test]
    fn not_a_number_gets_through_base64_for_the_caller_to_refuse() {
        let base64 = STANDARD.encode(f32::NAN.to_le_bytes());
        let body = json!({ "data": [{ "index": 0, "embedding": base64 }] }).to_string();
        let answer = decode(body.as_bytes(), 1).expect("it is an answer");
        assert!(answer.vectors[[0, 0]].is_nan());
    }

    #[test]
    fn anything_but_one_embedding_a_text_is_refused() {
        for (rows, reason) in [
            (&[(0, &[1.0][..])][..], "1 embeddings came back for 2 texts"),
            (&[(0, &[1.0]), (1, &[1.0]), (2, &[1.0])], "3 embeddings came back for 2 texts"),
            (&[(1, &[1.0]), (1, &[1.0])], "two embeddings came back for text 1"),
            (&[(0, &[1.0]), (2, &[1.0])], "an embedding came back for text 2, but the last text is 1"),
            (&[(0, &[1.0]), (1, &[1.0, 2.0])], "the embedding of text 1 has 2 numbers, another 1"),
            (&[(0, &[]), (1, &[])], "the embedding of text 0 has 0 numbers"),
        ] {
            let error = decode(&floats(rows), 2).expect_err(reason);
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn anything_but_numbers_is_refused() {
        for (body, reason) in [
            (r#"{"data":[{"index":0,"embedding":[1,null]}]}"#, "invalid type: null"),
            (r#"{"data":[{"index":0,"embedding":[1,"NaN"]}]}"#, r#"invalid type: string "NaN""#),
            (r#"{"data":[{"index":0,"embedding":[NaN]}]}"#, "expected value"),
            (r#"{"data":[{"index":0,"embedding":[1e999]}]}"#, "number out of range"),
            (r#"{"data":[{"index":0,"embedding":"AAAA!"}]}"#, "not base64"),
            (r#"{"data":[{"index":0,"embedding":"AAAA"}]}"#, "3 bytes of base64"),
            (r#"{"data":[{"index":0,"embedding":1}]}"#, "an array of numbers or base64"),
            (r#"{"data":[{"embedding":[1]}]}"#, "missing field `index`"),
            (r#"{"data":[{"index":-1,"embedding":[1]}]}"#, "invalid value: integer `-1`"),
            (r#"{"error":{"message":"no"}}"#, r#"missing field `data` at line 1 column 26. It begins with: {"error""#),
            ("<html>", "It begins with: <html>"),
            ("", "EOF"),
        ] {
            let error = decode(body.as_bytes(), 1).expect_err(body);
            assert!(error.contains(reason), "{error}");
        }
    }

    #[test]
    fn dimensions_are_only_asked_for_where_they_are_set() {
        let written = |dimensions| {
            // Already in front of the text.
            let prompt = Prompt::prefix("query: ");
            let request = Request::new(Service::OpenAi, "m", &["a"], Encoding::Float, dimensions, &prompt);
            serde_json::to_value(request).expect("it can be written")
        };
        assert_eq!(written(None), json!({ "model": "m", "input": ["a"], "encoding_format": "float" }));
        assert_eq!(written(Some(256))["dimensions"], 256);
    }

    #[test]
    fn voyage_is_asked_in_its_own_words() {
        let prompt = Prompt::InputType("query".into());
        let request = Request::new(Service::Voyage, "voyage-4", &["a"], Encoding::Float, Some(512), &prompt);
        let expected = json!({ "model": "voyage-4", "input": ["a"], "output_dimension": 512, "input_type": "query" });
        assert_eq!(serde_json::to_value(request).expect("it can be written"), expected);
    }
}
