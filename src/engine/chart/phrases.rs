//! Axes by meaning, as a person writes them.

/// The phrases between which one axis or two lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrases {
    /// Where the axis across begins and ends.
    pub x: [String; 2],
    /// Where the axis up begins and ends, if that has a meaning too.
    pub y: Option<[String; 2]>,
}

impl Phrases {
    /// Reads `cold -> hot` or `cold -> hot, cheap -> expensive`; an arrow may be `→` too.
    ///
    /// ```
    /// use vecscope::engine::chart::Phrases;
    /// let phrases = Phrases::parse("cold -> hot, cheap → expensive").expect("two axes");
    /// assert_eq!(phrases.x, ["cold", "hot"]);
    /// assert_eq!(phrases.y, Some(["cheap".to_owned(), "expensive".to_owned()]));
    /// assert!(Phrases::parse("cold, hot").is_err());
    /// ```
    ///
    /// # Errors
    /// What is missing, in words for whoever wrote it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.replace('→', "->");
        let parts: Vec<&str> = text.split("->").collect();
        let (x, y) = match parts[..] {
            [from, to] => ([from, to], None),
            [from, middle, end] => {
                let (to, start) = middle.split_once(',').ok_or("between two axes there is a comma")?;
                ([from, to], Some([start, end]))
            }
            _ => return Err("an axis is written as two phrases with an arrow: cold -> hot".into()),
        };
        let phrases = Self { x: trimmed(x), y: y.map(trimmed) };
        if phrases.texts().iter().any(String::is_empty) {
            return Err("a phrase is missing beside an arrow".into());
        }
        Ok(phrases)
    }

    /// All phrases, in the order in which they are embedded.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.x.iter().chain(self.y.iter().flatten()).cloned().collect()
    }
}

fn trimmed(pair: [&str; 2]) -> [String; 2] {
    pair.map(|phrase| phrase.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comma_in_a_phrase_is_no_second_axis() {
        let phrases = Phrases::parse("small, cheap -> large").expect("one axis");
        assert_eq!((phrases.x, phrases.y), (["small, cheap".to_owned(), "large".to_owned()], None));
    }

    #[test]
    fn what_is_missing_is_said() {
        for (text, reason) in [
            ("", "two phrases"),
            ("cold", "two phrases"),
            ("cold ->", "missing"),
            ("cold -> hot, -> b", "missing"),
            ("a -> b -> c", "comma"),
            ("a -> b, c -> d, e -> f", "two phrases"),
        ] {
            let error = Phrases::parse(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
