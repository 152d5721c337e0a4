//! Long texts: a needle sentence at every place of a text that is longer than the model reads.

use super::Sample;
use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::{Embedded, Vectors};

/// At how many places the needle is tried, the beginning and the end among them.
pub const PLACES: usize = 12;

/// How many times the model's limit the text is long.
const TIMES_LIMIT: usize = 2;

/// Of a text longer than this there are more tokens than anyone wants to send for it.
const MOST_TOKENS: usize = 40_000;

/// A needle and the text that it is hidden in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Haystack {
    /// The sentence that is hidden.
    pub needle: DocumentIndex,
    /// The sentences around it, in order. Where the corpus has too few, they come again.
    pub fillers: Vec<DocumentIndex>,
    /// The most tokens that the model sees.
    pub limit: usize,
    /// The tokens of the needle, and of each filler, without those that a model puts around a text.
    needle_tokens: usize,
    filler_tokens: Vec<usize>,
}

/// Why there is no text to hide a sentence in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoHaystack {
    /// The sentence is not among those whose vectors are kept.
    #[error(
        "the sentence to hide is not among the first {} of the corpus: of the others no vectors are kept here",
        grouped(*.0)
    )]
    Beyond(usize),
    /// There is nothing to put around it.
    #[error("the corpus has no other sentence to make a long text of")]
    Alone,
    /// The text would have too many tokens.
    #[error(
        "the model reads {} tokens: a text twice as long is more than the {} that are made of the corpus at the most",
        grouped(*.0),
        grouped(MOST_TOKENS)
    )]
    TooLong(usize),
}

/// With a comma before the last three digits: what is counted here has no more than six.
fn grouped(number: usize) -> String {
    if number < 1000 { number.to_string() } else { format!("{},{:03}", number / 1000, number % 1000) }
}

/// How much of the needle the model sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// All of it.
    Whole,
    /// Its beginning.
    Partly,
    /// Nothing.
    Nothing,
}

/// The score with the needle at one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// How many sentences stand before the needle.
    pub sentences: usize,
    /// How many tokens these are, about: words at the edges may be cut otherwise in the whole text.
    pub tokens: usize,
    /// How much of the needle is seen, by that count.
    pub seen: Seen,
    /// The cosine of the query and the whole text.
    pub score: f32,
}

/// What becomes of the score as the needle moves.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// The needle's id.
    pub id: String,
    /// The cosine of the query and the needle alone.
    pub alone: f32,
    /// The cosine of the query and the text without the needle.
    pub without: f32,
    /// How many tokens the text has with the needle, the model's own around it included, and how many it sees.
    pub tokens: [usize; 2],
    /// The score at each place, from the beginning on: as many as are embedded yet.
    pub points: Vec<Point>,
}

/// The tokens that most models put around a text: one before and one behind.
const AROUND: usize = 2;

impl Haystack {
    /// Hides a document among the others, taken in steps through the corpus so that they are of all topics, until there are
    /// twice as many tokens as the model sees.
    ///
    /// # Errors
    /// [`NoHaystack`] where there are no others, where the needle has no vector, and where the text would have more than
    /// 40,000 tokens.
    pub fn around(needle: DocumentIndex, vectors: &Vectors, limit: usize) -> Result<Self, NoHaystack> {
        /// Has no divisor in common with a hundred, so that it comes by every sentence of such a corpus.
        const STRIDE: usize = 37;
        let tokens = |row: usize| vectors.infos[row].tokens.total.saturating_sub(AROUND).max(1);
        let count = vectors.documents.len();
        let needle_row = vectors.row_of(needle).ok_or(NoHaystack::Beyond(count))?;
        let wanted = limit.saturating_mul(TIMES_LIMIT);
        if count < 2 {
            return Err(NoHaystack::Alone);
        }
        if wanted > MOST_TOKENS {
            return Err(NoHaystack::TooLong(limit));
        }
        let (mut fillers, mut filler_tokens, mut sum) = (Vec::new(), Vec::new(), 0);
        let stride = if count.is_multiple_of(STRIDE) { 1 } else { STRIDE };
        for step in 1.. {
            let row = (needle_row + step * stride) % count;
            if sum >= wanted {
                break;
            }
            if row != needle_row {
                fillers.push(vectors.documents[row]);
                filler_tokens.push(tokens(row));
                sum += tokens(row);
            }
        }
        Ok(Self { needle, fillers, limit, needle_tokens: tokens(needle_row), filler_tokens })
    }

    /// How many sentences stand before the needle at a place, from 0 to [`PLACES`] − 1.
    #[must_use]
    pub fn before(&self, place: usize) -> usize {
        self.fillers.len() * place.min(PLACES - 1) / (PLACES - 1)
    }

    /// The text with the needle at a place, or without it, and where in it the needle lies, in bytes.
    #[must_use]
    pub fn text(&self, corpus: &Corpus, place: Option<usize>) -> (String, std::ops::Range<usize>) {
        let (mut text, mut needle) = (String::new(), 0..0);
        let before = place.map(|place| self.before(place));
        for number in 0..=self.fillers.len() {
            if before == Some(number) {
                needle.start = text.len() + usize::from(!text.is_empty());
                append(&mut text, &corpus[self.needle].text);
                needle.end = text.len();
            }
            if let Some(&filler) = self.fillers.get(number) {
                append(&mut text, &corpus[filler].text);
            }
        }
        (text, needle)
    }

    /// What has to be embedded, as documents: the text without the needle, then with it at each place.
    #[must_use]
    pub fn texts(&self, corpus: &Corpus) -> Vec<String> {
        let places = std::iter::once(None).chain((0..PLACES).map(Some));
        places.map(|place| self.text(corpus, place).0).collect()
    }
}

/// Sentences stand on one line, a space between them.
fn append(text: &mut String, sentence: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(sentence);
}

impl Sample<'_> {
    /// What becomes of the score: `embedded` holds the vectors of [`Haystack::texts`], or of the first of them. `None` until
    /// the first is there.
    #[must_use]
    pub fn sweep(&self, haystack: &Haystack, embedded: &Embedded) -> Option<Sweep> {
        let scores: Vec<f32> =
            embedded.unit.rows().into_iter().map(|row| row.dot(self.ranking.vector.as_ref())).collect();
        let (&without, with) = scores.split_first()?;
        let points = with.iter().take(PLACES).enumerate().map(|(place, &score)| {
            let sentences = haystack.before(place);
            let tokens: usize = haystack.filler_tokens[..sentences].iter().sum();
            // Of what the model sees, the tokens around the text are a part.
            let room = haystack.limit.saturating_sub(AROUND);
            let seen = match tokens {
                _ if tokens + haystack.needle_tokens <= room => Seen::Whole,
                _ if tokens < room => Seen::Partly,
                _ => Seen::Nothing,
            };
            Point { sentences, tokens, seen, score }
        });
        let counted = embedded.infos.get(1).or(embedded.infos.first())?.tokens;
        Some(Sweep {
            id: self.corpus[haystack.needle].id.clone(),
            alone: self.correct().placement(haystack.needle).map_or(0.0, |placement| placement.score),
            without,
            tokens: [counted.total, counted.used],
            points: points.collect(),
        })
    }
}
