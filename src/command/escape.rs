//! Machine-readable output that is safe to look at.

use std::borrow::Cow;

use crate::text;

/// JSON in which every character that could steer a terminal is an escape sequence of JSON's own. It means the same.
pub(super) fn json(serialised: &str) -> Cow<'_, str> {
    // Outside of strings JSON has line breaks at the most, so whatever steers stands in a string.
    let is_fine = |character: char| character == '\n' || !text::steers(character);
    if serialised.chars().all(is_fine) {
        return Cow::Borrowed(serialised);
    }
    let mut escaped = String::with_capacity(serialised.len() + 16);
    for character in serialised.chars() {
        if is_fine(character) {
            escaped.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped_and_still_means_the_same() {
        let hostile = "a\u{1b}[2J\u{9b}\u{202e}\u{e0041}é👩‍👧";
        let serialised = serde_json::to_string_pretty(&[hostile]).expect("a string");
        let escaped = json(&serialised);
        assert!(!escaped.chars().any(|character| character != '\n' && character.is_control()), "{escaped:?}");
        assert!(escaped.contains("\\u009b") && escaped.contains("\\u202e") && escaped.contains("é👩‍👧"), "{escaped}");
        let back: Vec<String> = serde_json::from_str(&escaped).expect("still JSON");
        assert_eq!(back, [hostile]);
    }
}
