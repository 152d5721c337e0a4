use ndarray::{Array1, Array2, array};
use tokenizers::Encoding;

use super::*;
use crate::backend::Prompt;

/// What a tokenizer that cuts at these places says of a text: start, end, word.
fn written(text: &Text<'_>, tokens: &[(usize, usize, u32)]) -> Vec<Written> {
    let tokens = tokens.iter().enumerate();
    tokens.filter_map(|(token, &(start, end, word))| Written::new(text, token, start..end, Some(word))).collect()
}

fn joined(whole: &str, tokens: &[(usize, usize, u32)]) -> (Vec<usize>, Vec<String>) {
    let text = Text::new(whole, &Prompt::Nothing);
    join(whole, &written(&text, tokens))
}

#[test]
fn sub_words_are_joined_as_they_are_written() {
    // "Crème" is five letters and six bytes.
    let (word_of, words) = joined("Crème brûlée", &[(0, 3, 0), (3, 6, 0), (7, 15, 1)]);
    assert_eq!((word_of, words), (vec![0, 0, 1], vec!["Crème".to_owned(), "brûlée".to_owned()]));
}

#[test]
fn spaces_and_punctuation_part_words_where_the_tokenizer_does_not() {
    // As if it were all one word: a space in front of a token, and marks.
    let (word_of, words) = joined("say don't !", &[(0, 3, 0), (3, 7, 0), (7, 8, 0), (8, 9, 0), (9, 11, 0)]);
    assert_eq!(words, ["say", "don", "'", "t", "!"]);
    assert_eq!(word_of, [0, 1, 2, 3, 4]);
}

#[test]
fn a_mark_over_a_letter_is_no_word_of_its_own() {
    // e, U+0301, t
    let (word_of, words) = joined("e\u{301}t", &[(0, 1, 0), (1, 3, 0), (3, 4, 0)]);
    assert_eq!((word_of, words), (vec![0, 0, 0], vec!["e\u{301}t".to_owned()]));
}

#[test]
fn one_character_of_several_tokens_is_one_word() {
    let (word_of, words) = joined("a 🗼", &[(0, 1, 0), (2, 6, 1), (2, 6, 1), (3, 5, 1)]);
    assert_eq!((word_of, words), (vec![0, 1, 1, 1], vec!["a".to_owned(), "🗼".to_owned()]));
}

#[test]
fn a_prompt_and_a_lone_space_are_left_out() {
    let text = Text::new("who ?", &Prompt::prefix("query: "));
    assert_eq!((text.whole.as_ref(), text.prefix), ("query: who ?", 7));
    // query | : | " who", which begins with the prompt's space | " " | ?
    let written = written(&text, &[(0, 5, 0), (5, 6, 1), (6, 10, 2), (10, 11, 3), (11, 12, 4)]);
    assert_eq!(written.iter().map(|written| written.token).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(join(&text.whole, &written).1, ["who", "?"]);
}

/// Tokens of `[CLS] a b [SEP]`.
fn encoding() -> Encoding {
    let tokens = ["[CLS]", "a", "b", "[SEP]"].map(String::from).to_vec();
    let words = vec![None, Some(0), Some(1), None];
    let offsets = vec![(0, 0), (0, 1), (2, 3), (0, 0)];
    Encoding::new(
        vec![1, 2, 3, 4],
        vec![0; 4],
        tokens,
        words,
        offsets,
        vec![1, 0, 0, 1],
        vec![1; 4],
        Vec::new(),
        [].into(),
    )
}

fn text_tokens(states: &Array2<f32>, pooled: &Array1<f32>) -> Result<TextTokens, String> {
    let text = Text::new("a b", &Prompt::Nothing);
    TextTokens::new(&text, &encoding(), &[0, 1, 2, 3], states.view(), pooled.view())
}

#[test]
fn unit_vectors_are_kept_of_what_is_written() {
    let states = array![[9.0, 9.0], [3.0, 4.0], [0.0, 0.0], [7.0, 7.0], [5.0, 5.0]];
    let tokens = text_tokens(&states, &array![0.0, 2.0]).expect("finite");
    // 16 bits keep eleven of a number's: 0.6 and 0.8 are off by less than 2⁻¹².
    assert!((&tokens.vectors() - &array![[0.6, 0.8], [0.0, 0.0]]).iter().all(|off: &f32| off.abs() < 2.5e-4));
    assert_eq!(tokens.pooled, array![0.0, 1.0]);
    assert_eq!((tokens.word_of, tokens.words), (vec![0, 1], vec!["a".to_owned(), "b".to_owned()]));
}

#[test]
fn what_cannot_be_compared_is_named() {
    let broken = array![[1.0, 0.0], [1.0, f32::NAN], [1.0, 0.0], [1.0, 0.0]];
    let error = text_tokens(&broken, &array![1.0, 0.0]).expect_err("not finite");
    assert!(error.contains("token 2 is not finite"), "{error}");
    let good = Array2::ones((4, 2));
    let error = text_tokens(&good, &array![0.0, 0.0]).expect_err("no direction");
    assert!(error.contains("a text's vector has length 0"), "{error}");
    let error = text_tokens(&Array2::ones((3, 2)), &array![1.0, 0.0]).expect_err("a row is missing");
    assert!(error.contains("for 4 tokens"), "{error}");
}

fn of_size(dimensions: usize) -> Arc<TextTokens> {
    let tokens = text_tokens(&Array2::ones((4, dimensions)), &Array1::ones(dimensions));
    Arc::new(tokens.expect("finite"))
}

#[test]
fn the_store_keeps_to_its_budget_and_lets_go_of_what_was_not_asked_for_the_longest() {
    let text = |name: &'static str| Text::new(name, &Prompt::Nothing);
    let tokens = of_size(1000);
    // 2 × 1000 × 2 bytes of tokens and 1000 × 4 of the text's vector, and what is small beside them.
    assert!((8_000..8_500).contains(&tokens.bytes()), "{}", tokens.bytes());
    let store = TokenStore::with_budget(3 * 8_500);
    for name in ["one", "two", "three"] {
        store.put(&text(name), &tokens);
    }
    assert!(store.get(&text("one")).is_some());
    store.put(&text("four"), &tokens);
    let there = ["one", "two", "three", "four"].map(|name| store.get(&text(name)).is_some());
    assert_eq!(there, [true, false, true, true]);
    // What is put in a second time takes no more room, and what would fill all of it is not kept.
    store.put(&text("four"), &tokens);
    store.put(&text("huge"), &of_size(10_000));
    let there = ["one", "three", "four", "huge"].map(|name| store.get(&text(name)).is_some());
    assert_eq!(there, [true, true, true, false]);
    let shelf = store.shelf.lock().expect("nobody panics with it");
    assert_eq!(shelf.bytes, 3 * tokens.bytes() + "one".len() + "three".len() + "four".len());
}

#[test]
fn the_same_words_behind_a_prompt_are_another_text() {
    let store = TokenStore::default();
    store.put(&Text::new("a b", &Prompt::Nothing), &of_size(4));
    let prompted = Text::new("b", &Prompt::prefix("a "));
    assert_eq!(prompted.whole, "a b");
    assert!(store.get(&prompted).is_none());
}
