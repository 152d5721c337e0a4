//! Packing texts into requests that a server takes.

use super::super::table::{RequestLimits, ServerModel};
use super::tokens::Fitted;

/// What a server takes of which nothing is known: text-embeddings-inference takes 32 texts and 2 MB in a request, and
/// works on 16 384 tokens at a time.
const COMPATIBLE: RequestLimits = RequestLimits { texts: 32, tokens: 16_384 };
/// The most bytes of UTF-8 in a request, before JSON adds its own: for a server of which nothing is known, and for one
/// whose limits are, where it is as many as 300 000 tokens of prose have several times over.
const COMPATIBLE_BYTES: usize = 1 << 20;
const KNOWN_BYTES: usize = 8 << 20;

/// Packs texts in their order into requests for `model`, and says by index which text is in which. A text that is too
/// large by itself goes alone.
pub(super) fn pack<'a>(texts: impl Iterator<Item = Fitted<'a>>, model: Option<&ServerModel>) -> Vec<Vec<usize>> {
    let known = model.and_then(|model| model.request);
    let limits = known.unwrap_or(COMPATIBLE);
    let most_bytes = if known.is_some() { KNOWN_BYTES } else { COMPATIBLE_BYTES };
    let mut requests: Vec<Vec<usize>> = Vec::new();
    let (mut tokens, mut bytes) = (0, 0);
    for (index, fitted) in texts.enumerate() {
        // What is estimated may be twice as much, and a request over the limit is refused whole.
        let weight = if fitted.tokens.estimated && known.is_some() { 2 } else { 1 } * fitted.tokens.used;
        tokens += weight;
        bytes += fitted.text.len();
        match requests.last_mut() {
            Some(last) if last.len() < limits.texts && tokens <= limits.tokens && bytes <= most_bytes => {
                last.push(index);
            }
            _ => {
                requests.push(vec![index]);
                (tokens, bytes) = (weight, fitted.text.len());
            }
        }
    }
    requests
}

#[cfg(test)]
mod tests {
    use super::super::super::ModelTable;
    use super::super::super::TokenCount;
    use super::*;

    fn sizes(tokens: &[usize], text: &str, model: &str) -> Vec<usize> {
        let texts =
            tokens.iter().map(|&used| Fitted { text, tokens: TokenCount { total: used, used, estimated: false } });
        let requests = pack(texts, ModelTable::bundled().server(model).as_ref());
        assert_eq!(requests.concat(), (0..tokens.len()).collect::<Vec<_>>(), "each text once, in order");
        requests.iter().map(Vec::len).collect()
    }

    #[test]
    fn a_request_to_openai_holds_2048_texts_and_300_000_tokens() {
        let model = "text-embedding-3-large";
        assert!(sizes(&[], "", model).is_empty());
        assert_eq!(sizes(&[1; 2048], "", model), [2048]);
        assert_eq!(sizes(&vec![1; 4097], "", model), [2048, 2048, 1]);
        assert_eq!(sizes(&[100_000; 7], "", model), [3, 3, 1]);
        assert_eq!(sizes(&[299_999, 1, 1], "", model), [2, 1]);
        assert_eq!(sizes(&[8192; 37], "", model), [36, 1]);
    }

    #[test]
    fn a_request_is_bounded_in_bytes() {
        let megabyte = "x".repeat(1 << 20);
        assert_eq!(sizes(&[1; 17], &megabyte, "text-embedding-3-small"), [8, 8, 1]);
        assert_eq!(sizes(&[1; 2], &megabyte, "unknown"), [1, 1]);
    }

    #[test]
    fn compatible_servers_are_sent_less_and_a_text_too_large_goes_alone() {
        assert_eq!(sizes(&[1; 70], "", "unknown"), [32, 32, 6]);
        assert_eq!(sizes(&[1, 50_000, 1, 1], "", "unknown"), [1, 1, 2]);
    }
}
