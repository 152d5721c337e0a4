//! Which documents a person wants to see, written in a small language.
//!
//! Terms stand with spaces between them, or with `and`, and a document has to fulfil all of them. `or` has less weight: `a b
//! or c` is fulfilled by what has both of a and b, or c.
//!
//! | term | is fulfilled by documents |
//! | --- | --- |
//! | `snake` | with “snake” in the text, the id, the topic or any field |
//! | `lang:en` | whose field `lang` is “en”; `=` means the same |
//! | `title:data*`, `title:*base*` | whose field is like that, with anything in the place of `*` |
//! | `title~base` | in whose field “base” appears |
//! | `year>=1990`, `<`, `<=`, `>` | whose field is so large; dates as `2024-05-01` compare, too |
//! | `lang!=en`, `-lang:en`, `not lang:en` | that do not fulfil `lang:en`, also those without the field |
//! | `year:*` | that have the field at all |
//!
//! Fields are those of the source, and `id`, `topic` and `text`, which win over columns of the same name. Case never
//! matters, and spaces may stand around signs. Numbers are compared as numbers: `10` is `10.0`. Of a list, one element has to
//! fulfil the term. Quotes hold what has spaces or signs in it, and the words `and`, `or` and `not`: `"10:30"`,
//! `author:"Ada Lovelace"`; `*` means itself in them. A document that stands for several passes if one of those does.

use std::cmp::Ordering;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::metadata::written;
use super::{Corpus, Document, DocumentIndex, Selection};

/// Why a filter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {reason}")]
pub struct FilterError {
    /// Where in the filter, in characters from 1.
    pub column: usize,
    /// What is wrong there, and what would be right.
    pub reason: String,
}

/// A filter that was understood.
#[derive(Debug, Clone)]
pub struct Filter {
    written: String,
    /// One of these has to be fulfilled, which is that all of its terms are; none where the filter is blank.
    alternatives: Vec<Vec<Term>>,
}

/// What a corpus holds of a filter; `None` where the filter is blank, and so lets everything through.
///
/// # Errors
/// [`FilterError`], naming the place.
pub fn select(filter: &str, corpus: &Corpus) -> Result<Option<Selection>, FilterError> {
    let filter = Filter::parse(filter, &corpus.fields)?;
    Ok((!filter.alternatives.is_empty()).then(|| filter.select(corpus)))
}

/// The fields that a filter can name: those that every document has, and those of the source. A column that is called as
/// one of the former cannot be named: the document's own wins.
pub fn names(fields: &[String]) -> impl Iterator<Item = &str> {
    let others = fields.iter().map(String::as_str).filter(|field| own(field).is_none());
    OWN.into_iter().map(|(name, _)| name).chain(others)
}

/// What is looked at, and what has to be true of it.
#[derive(Debug, Clone)]
struct Term {
    negated: bool,
    place: Place,
    test: Test,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Anywhere,
    Id,
    Topic,
    Text,
    Field(usize),
}

/// What every document has.
const OWN: [(&str, Place); 3] = [("id", Place::Id), ("topic", Place::Topic), ("text", Place::Text)];

/// The place of that name that every document has.
fn own(name: &str) -> Option<Place> {
    OWN.into_iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, place)| place)
}

#[derive(Debug, Clone)]
enum Test {
    /// Text that is like this or, where it is a number, the same number.
    Is(Regex, Option<f64>),
    /// Text in which this appears.
    Contains(Regex),
    /// On this side of a bound.
    Compares(Comparison, Bound),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Below,
    AtMost,
    Above,
    AtLeast,
}

#[derive(Debug, Clone)]
struct Bound {
    number: Option<f64>,
    text: String,
}

impl Filter {
    /// Understands a filter for documents that have these fields beside their own.
    ///
    /// # Errors
    /// [`FilterError`], naming the place.
    pub fn parse(filter: &str, fields: &[String]) -> Result<Self, FilterError> {
        let mut parser = Parser { filter, at: 0, fields };
        let mut alternatives = Vec::new();
        if let Some(first) = parser.term()? {
            let mut terms = vec![first];
            loop {
                let word = ["and", "or"].into_iter().find(|word| parser.takes(word));
                match (parser.term()?, word) {
                    (Some(term), Some("or")) => alternatives.push(std::mem::replace(&mut terms, vec![term])),
                    (Some(term), _) => terms.push(term),
                    (None, Some(word)) => {
                        return parser.error(parser.at, format!("what comes after {word} is missing"));
                    }
                    (None, None) => break,
                }
            }
            alternatives.push(terms);
        }
        Ok(Self { written: filter.trim().to_owned(), alternatives })
    }

    /// The documents of a corpus that it lets through. The fields of the corpus have to be those that it was understood for.
    #[must_use]
    pub fn select(&self, corpus: &Corpus) -> Selection {
        let documents = (0..).zip(&corpus.documents).filter(|(_, document)| self.lets_through(document));
        Selection {
            filter: self.written.clone(),
            documents: documents.map(|(number, _)| DocumentIndex(number)).collect(),
        }
    }

    fn lets_through(&self, document: &Document) -> bool {
        let copies = document.duplicates.iter().map(|copy| (copy.id.as_str(), copy.metadata.as_ref()));
        let mut copies = std::iter::once((document.id.as_str(), document.metadata.as_ref())).chain(copies);
        copies.any(|(id, metadata)| {
            self.alternatives.iter().any(|terms| terms.iter().all(|term| term.holds(document, id, metadata)))
        })
    }
}

impl Term {
    fn holds(&self, document: &Document, id: &str, metadata: &[Value]) -> bool {
        let topic = || document.topic.as_deref();
        let held = match self.place {
            Place::Id => self.test.holds_for_text(id),
            Place::Text => self.test.holds_for_text(&document.text),
            Place::Topic => topic().is_some_and(|topic| self.test.holds_for_text(topic)),
            Place::Field(number) => metadata.get(number).is_some_and(|value| self.test.holds(value)),
            Place::Anywhere => {
                self.test.holds_for_text(&document.text)
                    || self.test.holds_for_text(id)
                    || topic().is_some_and(|topic| self.test.holds_for_text(topic))
                    || metadata.iter().any(|value| self.test.holds(value))
            }
        };
        held != self.negated
    }
}

impl Test {
    fn holds(&self, value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Array(elements) => elements.iter().any(|element| self.holds(element)),
            Value::String(text) => self.holds_for_text(text),
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => self.holds_for_text(&written(value)),
        }
    }

    fn holds_for_text(&self, text: &str) -> bool {
        match self {
            Self::Is(like, number) => {
                like.is_match(text) || number.is_some_and(|number| as_number(text) == Some(number))
            }
            Self::Contains(part) => part.is_match(text),
            Self::Compares(comparison, bound) => {
                bound.compared_with(text).is_some_and(|ordering| comparison.allows(ordering))
            }
        }
    }
}

impl Comparison {
    fn allows(self, ordering: Ordering) -> bool {
        match self {
            Self::Below => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Above => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

impl Bound {
    /// Where a text stands beside the bound. Text that begins with a digit and text that does not are not compared: that
    /// “n/a” comes after 1990 means nothing.
    fn compared_with(&self, text: &str) -> Option<Ordering> {
        if let (Some(bound), Some(number)) = (self.number, as_number(text)) {
            return number.partial_cmp(&bound);
        }
        let is_digit = |text: &str| text.starts_with(|first: char| first.is_ascii_digit());
        (is_digit(text) == is_digit(&self.text)).then(|| text.to_lowercase().cmp(&self.text))
    }
}

/// A number that is written as a person writes one. `nan` and `inf` are words.
fn as_number(text: &str) -> Option<f64> {
    let text = text.trim();
    let begins = text.trim_start_matches(['-', '+']).starts_with(|first: char| first.is_ascii_digit() || first == '.');
    begins.then(|| text.parse().ok()).flatten()
}

/// Reads a filter from left to right.
struct Parser<'a> {
    filter: &'a str,
    /// In bytes.
    at: usize,
    fields: &'a [String],
}

/// A word or what stands in quotes.
struct Word<'a> {
    text: &'a str,
    quoted: bool,
}

#[derive(Clone, Copy)]
enum Operator {
    Is,
    IsNot,
    Contains,
    Compares(Comparison),
}

/// The longer ones first.
const OPERATORS: [(&str, Operator); 9] = [
    ("!=", Operator::IsNot),
    (">=", Operator::Compares(Comparison::AtLeast)),
    ("<=", Operator::Compares(Comparison::AtMost)),
    (">", Operator::Compares(Comparison::Above)),
    ("<", Operator::Compares(Comparison::Below)),
    (":", Operator::Is),
    ("=", Operator::Is),
    ("~", Operator::Contains),
    ("≠", Operator::IsNot),
];

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.filter[self.at..]
    }

    fn error<T>(&self, at: usize, reason: impl Into<String>) -> Result<T, FilterError> {
        let column = self.filter[..at].chars().count() + 1;
        Err(FilterError { column, reason: reason.into() })
    }

    fn skip_spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Takes a word of the language, if it comes next with a space after it: at the end, it may be the beginning of another.
    fn takes(&mut self, word: &str) -> bool {
        self.skip_spaces();
        let rest = self.rest();
        let is_next = rest.get(..word.len()).is_some_and(|next| next.eq_ignore_ascii_case(word))
            && rest[word.len()..].starts_with(char::is_whitespace);
        // What follows says whether it is the name of a field.
        let is_field = || {
            let after = rest[word.len()..].trim_start();
            OPERATORS.iter().any(|(sign, _)| after.starts_with(sign))
        };
        let takes = is_next && !is_field();
        if takes {
            self.at += word.len();
        }
        takes
    }

    /// The next term; `None` at the end.
    fn term(&mut self) -> Result<Option<Term>, FilterError> {
        let mut negated = false;
        loop {
            self.skip_spaces();
            if self.rest().starts_with('-') {
                self.at += 1;
            } else if !self.takes("not") {
                break;
            }
            negated = !negated;
        }
        if self.rest().is_empty() {
            return if negated { self.error(self.at, "what must not be is missing") } else { Ok(None) };
        }
        let start = self.at;
        let first = self.word(true)?;
        let after = self.rest().trim_start();
        let Some((sign, operator)) = OPERATORS.into_iter().find(|(sign, _)| after.starts_with(sign)) else {
            let test = Test::Contains(self.like(start, &first, false)?);
            return Ok(Some(Term { negated, place: Place::Anywhere, test }));
        };
        let place = self.place(start, first.text)?;
        self.skip_spaces();
        self.at += sign.len();
        self.skip_spaces();
        let start = self.at;
        let value = self.word(false)?;
        if value.text.is_empty() && !value.quoted {
            return self.error(start, format!("what comes after {sign} is missing"));
        }
        let test = match operator {
            Operator::Is | Operator::IsNot => {
                Test::Is(self.like(start, &value, true)?, as_number(value.text).filter(|_| !value.quoted))
            }
            Operator::Contains => Test::Contains(self.like(start, &value, false)?),
            Operator::Compares(comparison) => {
                let bound = Bound { number: as_number(value.text), text: value.text.to_lowercase() };
                Test::Compares(comparison, bound)
            }
        };
        let negated = negated != matches!(operator, Operator::IsNot);
        Ok(Some(Term { negated, place, test }))
    }

    /// What stands in quotes, or what reaches to the next space or, where a field may stand, to the next sign.
    fn word(&mut self, may_be_field: bool) -> Result<Word<'a>, FilterError> {
        let (start, rest) = (self.at, self.rest());
        if let Some(inside) = rest.strip_prefix('"') {
            let Some(end) = inside.find('"') else {
                return self.error(start, "the quote that begins here has no end");
            };
            self.at += end + 2;
            return Ok(Word { text: &inside[..end], quoted: true });
        }
        let is_sign = |at: usize| OPERATORS.iter().any(|(sign, _)| rest[at..].starts_with(sign));
        let end = rest
            .char_indices()
            .find(|&(at, character)| character.is_whitespace() || (may_be_field && is_sign(at)))
            .map_or(rest.len(), |(at, _)| at);
        self.at += end;
        Ok(Word { text: &rest[..end], quoted: false })
    }

    fn place(&self, at: usize, name: &str) -> Result<Place, FilterError> {
        let field = |same: &dyn Fn(&str) -> bool| self.fields.iter().position(|field| same(field)).map(Place::Field);
        let place = own(name)
            .or_else(|| field(&|field| field == name))
            .or_else(|| field(&|field| field.to_lowercase() == name.to_lowercase()));
        match place {
            Some(place) => Ok(place),
            None if name.is_empty() => self.error(at, "the name of a field is missing"),
            None => {
                let names = names(self.fields).collect::<Vec<_>>().join(", ");
                self.error(
                    at,
                    format!("no field is called “{name}”: there are {names}; text with signs goes in quotes"),
                )
            }
        }
    }

    /// Finds text that is like a word, whatever its case, as a whole or as a part.
    fn like(&self, at: usize, word: &Word<'_>, whole: bool) -> Result<Regex, FilterError> {
        let mut pattern = if word.quoted {
            regex::escape(word.text)
        } else {
            word.text.split('*').map(regex::escape).collect::<Vec<_>>().join(".*")
        };
        if whole {
            pattern = format!("^{pattern}$");
        }
        RegexBuilder::new(&pattern)
            .case_insensitive(true)
            .dot_matches_new_line(true)
            .build()
            .or_else(|_| self.error(at, "this is too long to be looked for"))
    }
}

#[cfg(test)]
mod tests;
