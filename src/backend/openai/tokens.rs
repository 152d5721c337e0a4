//! Tokens: how many a text has, and cutting it to what its model sees.

use bpe_openai::cl100k_base;

use super::super::TokenCount;
use super::super::table::{ServerModel, TokenizerName};

/// English prose has about four bytes of UTF-8 a token in every tokenizer in use.
const BYTES_PER_TOKEN: usize = 4;

/// As much of a text as its model sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fitted<'a> {
    /// The text, or its beginning.
    pub(super) text: &'a str,
    /// Its tokens before and after.
    pub(super) tokens: TokenCount,
}

/// Cuts `text` to what `model` sees, or to a person's own `limit`. Where its tokenizer is not known, its tokens are
/// estimated, one for every four bytes, and nothing is cut but at a limit of the person's: its server knows best.
pub(super) fn fit<'a>(text: &'a str, model: Option<&ServerModel>, limit: Option<usize>) -> Fitted<'a> {
    if let Some(ServerModel { tokenizer: Some(TokenizerName::Cl100kBase), max_tokens, .. }) = model {
        return cut(text, limit.or(*max_tokens).unwrap_or(usize::MAX));
    }
    let total = text.len().div_ceil(BYTES_PER_TOKEN);
    let used = total.min(limit.unwrap_or(usize::MAX));
    let kept = if used < total { &text[..text.floor_char_boundary(used * BYTES_PER_TOKEN)] } else { text };
    Fitted { text: kept, tokens: TokenCount { total, used, estimated: true } }
}

/// Cuts `text` after at most `limit` tokens, between characters.
fn cut(text: &str, limit: usize) -> Fitted<'_> {
    // No token is shorter than a byte.
    if text.len() <= limit {
        let total = cl100k_base().count(text);
        return Fitted { text, tokens: TokenCount { total, used: total, estimated: false } };
    }
    let tokens = cl100k_base().encode(text);
    let (mut kept, mut used) = (text, tokens.len());
    let mut length = limit;
    // The beginning of a text may split otherwise than it did in the whole, so it is counted again.
    while used > limit {
        kept = beginning(text, &tokens[..length]);
        used = cl100k_base().count(kept);
        length = length.saturating_sub(used.saturating_sub(limit).max(1));
    }
    Fitted { text: kept, tokens: TokenCount { total: tokens.len(), used, estimated: false } }
}

/// The part of `text` that its first `tokens` spell, without a character that they spell by half.
fn beginning<'a>(text: &'a str, tokens: &[u32]) -> &'a str {
    let bytes = tokens.iter().map(|&token| cl100k_base().bpe.token_len(token)).sum();
    &text[..text.floor_char_boundary(bytes)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::super::ModelTable;
    use super::*;

    fn known(name: &str) -> Option<ServerModel> {
        ModelTable::bundled().server(name)
    }

    #[test]
    fn tokens_are_those_of_openais_own_tokenizer() {
        // Counts as given by tiktoken's cl100k_base, whose documentation uses the first as its example.
        for (text, tokens) in
            [("tiktoken is great!", 6), ("hello world", 2), ("antidisestablishmentarianism", 6), ("", 0)]
        {
            let expected = TokenCount { total: tokens, used: tokens, estimated: false };
            assert_eq!(fit(text, known("text-embedding-3-small").as_ref(), None).tokens, expected, "{text}");
        }
    }

    #[test]
    fn a_text_that_just_fits_is_left_whole_and_one_more_word_is_cut() {
        let model = known("text-embedding-ada-002");
        let whole = " word".repeat(8192);
        assert_eq!(
            fit(&whole, model.as_ref(), None),
            Fitted { text: &whole, tokens: TokenCount { total: 8192, used: 8192, estimated: false } }
        );
        let longer = " word".repeat(8193);
        assert_eq!(
            fit(&longer, model.as_ref(), None),
            Fitted { text: &whole, tokens: TokenCount { total: 8193, used: 8192, estimated: false } }
        );
    }

    #[test]
    fn a_character_of_several_tokens_is_never_cut_in_two() {
        // Three tokens each, so that eight tokens end within the third.
        let text = "𓀀".repeat(20);
        let fitted = cut(&text, 8);
        assert!(fitted.text.chars().all(|c| c == '𓀀') && !fitted.text.is_empty(), "{:?}", fitted.text);
        assert!(fitted.tokens.used <= 8 && fitted.tokens.truncated(), "{:?}", fitted.tokens);
    }

    #[test]
    fn an_unknown_models_tokens_are_estimated_and_nothing_is_cut() {
        let text = "abcde".repeat(10_000);
        let expected = TokenCount { total: 12_500, used: 12_500, estimated: true };
        assert_eq!(fit(&text, known("nomic-embed-text").as_ref(), None), Fitted { text: &text, tokens: expected });
        assert_eq!(fit("a", None, None).tokens.total, 1);
    }

    #[test]
    fn a_limit_of_the_persons_own_cuts_whatever_is_known() {
        let text = "é".repeat(1_000);
        let fitted = fit(&text, None, Some(10));
        assert_eq!(fitted.tokens, TokenCount { total: 500, used: 10, estimated: true });
        assert_eq!(fitted.text, "é".repeat(20));
        let fitted = fit(" word word word", known("text-embedding-3-small").as_ref(), Some(2)).text;
        assert_eq!(fitted, " word word");
        assert_eq!(fit("short", None, Some(10)).text, "short");
    }

    proptest! {
        #[test]
        fn what_is_left_is_a_beginning_that_fits(text in r"[ a-zé\n'0-9日🙂]{0,200}", limit in 1_usize..40) {
            let fitted = cut(&text, limit);
            prop_assert!(text.starts_with(fitted.text));
            prop_assert_eq!(fitted.tokens.total, cl100k_base().count(text.as_str()));
            prop_assert_eq!(fitted.tokens.used, cl100k_base().count(fitted.text));
            prop_assert!(fitted.tokens.used <= limit);
            prop_assert_eq!(fitted.tokens.truncated(), fitted.text.len() < text.len());
        }
    }
}
