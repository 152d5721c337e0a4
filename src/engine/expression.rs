//! Vector arithmetic in the query line: `= king - man + woman`.
//!
//! The query's vector is then the sum of the unit vectors of the terms, each with its sign, scaled to unit length. A term
//! is a word or several; `+` and `-` are operators where a space stands before them, so that `well-known` is one word.
//! What stands in double quotes is one term, whatever it holds.

use std::fmt;

/// What an expression begins with.
const PREFIX: char = '=';

/// Whether there is nothing in a query to rank by: white space alone, or an expression that has no term yet.
#[must_use]
pub fn is_blank(query: &str) -> bool {
    query.trim().is_empty() || Expression::is_meant(query) && Expression::parse(query).is_none()
}

/// A sum of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression {
    /// Its terms, at least one, in the order in which they are written.
    pub terms: Vec<Term>,
}

/// One text of a sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Whether it is taken away.
    pub negative: bool,
    /// What is embedded.
    pub text: String,
}

impl Term {
    /// 1, or −1 for a term that is taken away.
    #[must_use]
    pub fn sign(&self) -> f32 {
        if self.negative { -1.0 } else { 1.0 }
    }
}

impl Expression {
    /// Reads a query; `None` where it is no expression, or one without a term. What is still being typed is read as far as
    /// it goes: an operator without a term says nothing, and a quote that is not closed goes on to the end.
    ///
    /// ```
    /// use vecscope::engine::expression::Expression;
    /// let expression = Expression::parse("= king - man + \"a woman\"").unwrap();
    /// let terms: Vec<_> = expression.terms.iter().map(|term| (term.sign(), term.text.as_str())).collect();
    /// assert_eq!(terms, [(1.0, "king"), (-1.0, "man"), (1.0, "a woman")]);
    /// assert_eq!(Expression::parse("king - man"), None);
    /// ```
    #[must_use]
    pub fn parse(query: &str) -> Option<Self> {
        let mut rest = query.trim_start().strip_prefix(PREFIX)?.trim_start();
        let mut terms = Vec::new();
        let mut term = Term { negative: false, text: String::new() };
        while !rest.is_empty() {
            if let Some((negative, after)) = operator(rest) {
                finish(&mut terms, std::mem::replace(&mut term, Term { negative, text: String::new() }));
                rest = after.trim_start();
                continue;
            }
            let (word, after) = word(rest);
            if !term.text.is_empty() && !word.is_empty() {
                term.text.push(' ');
            }
            term.text.push_str(word);
            rest = after.trim_start();
        }
        finish(&mut terms, term);
        (!terms.is_empty()).then_some(Self { terms })
    }

    /// Whether a query is meant as an expression, complete or not.
    #[must_use]
    pub fn is_meant(query: &str) -> bool {
        query.trim_start().starts_with(PREFIX)
    }

    /// The same without one of its terms; `None` where nothing is left.
    #[must_use]
    pub fn without(&self, number: usize) -> Option<Self> {
        let mut terms = self.terms.clone();
        terms.remove(number);
        (!terms.is_empty()).then_some(Self { terms })
    }
}

impl fmt::Display for Expression {
    /// As it is typed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}")?;
        for (number, term) in self.terms.iter().enumerate() {
            match (number, term.negative) {
                (_, true) => f.write_str(" -")?,
                (0, false) => {}
                (_, false) => f.write_str(" +")?,
            }
            let is_plain = term.text.split_whitespace().all(|word| operator(word).is_none() && !word.starts_with('"'));
            if is_plain { write!(f, " {}", term.text)? } else { write!(f, " \"{}\"", term.text)? }
        }
        Ok(())
    }
}

/// Keeps a term that says something.
fn finish(terms: &mut Vec<Term>, term: Term) {
    if !term.text.trim().is_empty() {
        terms.push(term);
    }
}

/// Whether the operator that a text begins with takes away, and what follows it. Keyboards and word processors write
/// several dashes.
fn operator(text: &str) -> Option<(bool, &str)> {
    if let Some(after) = text.strip_prefix('+') {
        return Some((false, after));
    }
    text.strip_prefix(['-', '−', '–']).map(|after| (true, after))
}

/// The word or the quoted phrase that a text begins with, and what follows it.
fn word(text: &str) -> (&str, &str) {
    if let Some(quoted) = text.strip_prefix(['"', '“', '”']) {
        return match quoted.split_once(['"', '“', '”']) {
            Some((phrase, after)) => (phrase.trim(), after),
            None => (quoted.trim(), ""),
        };
    }
    text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(query: &str) -> Vec<String> {
        let terms = Expression::parse(query).map(|expression| expression.terms).unwrap_or_default();
        terms.into_iter().map(|term| format!("{}{}", if term.negative { '-' } else { '+' }, term.text)).collect()
    }

    #[test]
    fn terms_are_parted_by_operators_that_a_space_stands_before() {
        assert_eq!(parsed("= king - man + woman"), ["+king", "-man", "+woman"]);
        assert_eq!(parsed("=ice cream -sugar"), ["+ice cream", "-sugar"]);
        assert_eq!(parsed("= well-known + C++"), ["+well-known", "+C++"]);
        assert_eq!(parsed("= - winter"), ["-winter"]);
        assert_eq!(parsed("= Paris − France – rain"), ["+Paris", "-France", "-rain"]);
    }

    #[test]
    fn what_stands_in_quotes_is_one_term() {
        assert_eq!(parsed("= \"pros + cons\" - \"- 5 °C\""), ["+pros + cons", "-- 5 °C"]);
        assert_eq!(parsed("= “a small town” + sea"), ["+a small town", "+sea"]);
        assert_eq!(parsed("= the \"big\" apple"), ["+the big apple"]);
    }

    #[test]
    fn what_is_still_being_typed_is_read_as_far_as_it_goes() {
        assert_eq!(parsed("= king -"), ["+king"]);
        assert_eq!(parsed("= king - \"an old m"), ["+king", "-an old m"]);
        assert_eq!(parsed("= king - + woman"), ["+king", "+woman"]);
        for nothing in ["", "=", "  = ", "= - +", "= \"\"", "a = b"] {
            assert_eq!(Expression::parse(nothing), None, "{nothing}");
        }
        assert!(Expression::is_meant(" =") && is_blank(" =") && is_blank(" ") && !is_blank("= a") && !is_blank("- a"));
    }

    #[test]
    fn a_term_can_be_left_out() {
        let expression = Expression::parse("= king - man").expect("two terms");
        assert_eq!(expression.without(0).map(|left| left.to_string()).as_deref(), Some("= - man"));
        assert_eq!(Expression::parse("= king").expect("one term").without(0), None);
    }

    proptest! {
        #[test]
        fn an_expression_that_is_written_is_read_as_the_same(
            terms in prop::collection::vec((any::<bool>(), "[a-z+-]{1,6}( [a-z+-]{1,6}){0,2}"), 1..5),
        ) {
            let terms = terms.into_iter().map(|(negative, text)| Term { negative, text }).collect();
            let expression = Expression { terms };
            prop_assert_eq!(Expression::parse(&expression.to_string()), Some(expression));
        }

        #[test]
        fn whatever_is_typed_is_read_without_a_panic(query in "[= +\\-\"“a-zé−]{0,24}") {
            if let Some(expression) = Expression::parse(&query) {
                prop_assert!(expression.terms.iter().all(|term| !term.text.trim().is_empty()));
            }
        }
    }
}
