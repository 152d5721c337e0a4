//! Text from strangers, made fit for a terminal. Knows nobody else in the program.
//!
//! A corpus, a query, a paste or a server's error can hold anything. Everything of theirs goes through [`visible`]
//! before it reaches a terminal, on the screen and in the tables of the headless commands alike.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// `text` with every character that could steer a terminal or hide itself shown as a mark.
///
/// Control characters become Unicode's control pictures (`␛` for escape), those beyond ASCII and the ones that
/// reorder or hide text become their code point in brackets. What is left takes up the width that it seems to.
///
/// ```
/// # use vecscope::text::visible;
/// assert_eq!(visible("plain"), "plain");
/// assert_eq!(visible("\u{1b}[31mred\n"), "␛[31mred␊");
/// assert_eq!(visible("abc\u{202e}cba"), "abc⟨U+202E⟩cba");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\0'..='\u{1f}' => shown.extend(char::from_u32(0x2400 + u32::from(character))),
            '\u{7f}' => shown.push('␡'),
            _ if steers(character) => shown.push_str(&format!("⟨U+{:04X}⟩", u32::from(character))),
            _ => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character could steer a terminal, reorder the text around it, or hide.
///
/// Joiners and variation selectors stay: scripts and emoji need them.
#[must_use]
pub fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// The columns that `text` takes up in a terminal.
#[must_use]
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` cut to at most `columns`, never inside a grapheme cluster, with an ellipsis where something is missing.
///
/// ```
/// # use vecscope::text::fit;
/// assert_eq!(fit("a longer line", 8), "a longe…");
/// assert_eq!(fit("日本語", 4), "日…");
/// ```
#[must_use]
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    // Cluster by cluster and no further than there is room for: a megabyte on one line costs no more than what is
    // shown of it.
    let mut taken = 0;
    let mut end_with_ellipsis = 0;
    for (start, cluster) in text.grapheme_indices(true) {
        if taken + cluster.width() > columns {
            return if columns == 0 {
                Cow::Borrowed("")
            } else {
                Cow::Owned(format!("{}…", &text[..end_with_ellipsis]))
            };
        }
        taken += cluster.width();
        if taken < columns {
            end_with_ellipsis = start + cluster.len();
        }
    }
    Cow::Borrowed(text)
}

/// `text` broken between words into at most `lines` of at most `columns`, with an ellipsis where something is missing.
///
/// ```
/// # use vecscope::text::wrap;
/// assert_eq!(wrap("one two three four", 9, 2), ["one two", "three…"]);
/// ```
#[must_use]
pub fn wrap(text: &str, columns: usize, lines: usize) -> Vec<String> {
    if columns == 0 || lines == 0 {
        return Vec::new();
    }
    if lines == 1 {
        return vec![fit(text, columns).into_owned()];
    }
    let options = textwrap::Options::new(columns)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let mut wrapped: Vec<String> = textwrap::wrap(text, options).into_iter().map(Cow::into_owned).collect();
    if wrapped.len() > lines {
        wrapped.truncate(lines);
        if let Some(last) = wrapped.last_mut() {
            *last = fit(&format!("{last}…"), columns).into_owned();
        }
    }
    wrapped
}

/// As much of `text` from its start as could be seen in so many columns, and a little more, made [`visible`]: a megabyte
/// on one line costs no more than what is shown of it.
#[must_use]
pub fn beginning(text: &str, columns: usize) -> Cow<'_, str> {
    visible(&text[..text.floor_char_boundary(columns * 16 + 64)])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        let hostile = "\u{1b}]0;title\u{7}\u{9b}2J\r\n\t\0\u{7f}\u{85}\u{feff}x\u{2066}y\u{200b}";
        let shown = visible(hostile);
        assert_eq!(shown, "␛]0;title␇⟨U+009B⟩2J␍␊␉␀␡⟨U+0085⟩⟨U+FEFF⟩x⟨U+2066⟩y⟨U+200B⟩");
    }

    #[test]
    fn scripts_and_emoji_that_need_joiners_are_left_alone() {
        for text in ["👩‍👩‍👧", "नमस्ते", "می‌خواهم", "e\u{301}", "❤️"] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn a_cluster_is_never_cut() {
        assert_eq!(fit("👩‍👩‍👧👩‍👩‍👧", 3), "👩‍👩‍👧…");
        assert_eq!(fit("👩‍👩‍👧x", 2), "…");
        assert_eq!(fit("e\u{301}e\u{301}", 1), "…");
        assert_eq!(fit("e\u{301}e\u{301}", 2), "e\u{301}e\u{301}");
        assert_eq!(fit("abc", 0), "");
    }

    #[test]
    fn wrapped_lines_break_between_words_and_say_when_there_is_more() {
        assert_eq!(wrap("a short text", 20, 3), ["a short text"]);
        assert_eq!(wrap("a text of words", 7, 3), ["a text", "of", "words"]);
        assert_eq!(wrap("a text of words", 7, 1), ["a text…"]);
        assert_eq!(wrap("unbreakable", 4, 2), ["unbr", "eak…"]);
        assert_eq!(wrap("日本語の文章", 4, 2), ["日本", "語…"]);
        assert_eq!(wrap("", 4, 2), [""]);
        assert!(wrap("text", 0, 2).is_empty());
    }

    proptest! {
        #[test]
        fn no_wrapped_line_is_too_wide(text in "\\PC{0,60}", columns in 2_usize..20, lines in 1_usize..4) {
            let wrapped = wrap(&text, columns, lines);
            prop_assert!(wrapped.len() <= lines);
            for line in wrapped {
                prop_assert!(width(&line) <= columns, "{line:?} takes {}", width(&line));
            }
        }

        #[test]
        fn a_fitted_text_fits_and_a_text_that_fits_is_kept(text in "\\PC{0,40}", columns in 0_usize..40) {
            let fitted = fit(&text, columns);
            // Some sequences are narrower together than apart, so the sum over clusters is what is held to.
            let sum: usize = fitted.graphemes(true).map(width).sum();
            prop_assert!(sum <= columns, "{fitted:?} takes {sum}");
        }

        #[test]
        fn visible_text_has_no_control_characters(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(char::is_control));
        }
    }
}
