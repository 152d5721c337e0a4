//! Token vectors, kept: late interaction needs those of a document again for every query.
//!
//! They are kept as 16-bit floats. That halves what they take, 0.75 kB a token of 384 dimensions, and moves a cosine by
//! less than 0.001, which no ranking of texts rests on; they are computed with as 32-bit floats.

use std::mem::size_of;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use half::f16;
use half::slice::HalfFloatSliceExt;
use lru::LruCache;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2};
use tokenizers::Encoding;
use unicode_normalization::char::is_combining_mark;

use super::loaded::Text;
use crate::math::vector;

/// How much is kept of one model: the tokens of about 7,000 abstracts. It grows only with what goes through the model
/// after something first asked for token vectors.
const BUDGET: usize = 1024 * 1024 * 1024;

/// What is kept of one text.
#[derive(Debug)]
pub(super) struct TextTokens {
    /// Tokens × dimensions, row by row, each row of unit length.
    halves: Vec<f16>,
    /// The text's own vector, of unit length.
    pub(super) pooled: Array1<f32>,
    /// The word that each token is a part of.
    pub(super) word_of: Vec<usize>,
    /// The words as they are written in the text.
    pub(super) words: Vec<String>,
}

impl TextTokens {
    /// What there is to keep of a text: `encoding` are its tokens, `places` those rows of `states` (places × dimensions)
    /// that are theirs, `pooled` is the text's vector.
    ///
    /// Special tokens are left out, and so is what stands for nothing written: a prompt's words, a lone space.
    ///
    /// # Errors
    /// Says what cannot be compared: numbers that are not finite, a text's vector without a direction.
    #[expect(clippy::needless_pass_by_value, reason = "a view is passed as a slice would be")]
    pub(super) fn new(
        text: &Text<'_>,
        encoding: &Encoding,
        places: &[usize],
        states: ArrayView2<'_, f32>,
        pooled: ArrayView1<'_, f32>,
    ) -> Result<Self, String> {
        if places.len() != encoding.len() || states.nrows() < places.len() {
            return Err(format!("{} token vectors came back for {} tokens", places.len(), encoding.len()));
        }
        let written: Vec<Written> = (0..encoding.len())
            .filter(|&token| encoding.get_special_tokens_mask()[token] == 0)
            .filter_map(|token| {
                let (start, end) = encoding.get_offsets()[token];
                Written::new(text, token, start..end, encoding.get_word_ids()[token])
            })
            .collect();
        let mut halves = vec![f16::ZERO; written.len() * states.ncols()];
        for (row, written) in halves.chunks_exact_mut(states.ncols().max(1)).zip(&written) {
            let state = states.row(places[written.token]);
            let mut unit = state.to_owned();
            // A vector without a length is like nothing: it stays 0.
            if state.iter().any(|&number| number != 0.0) {
                vector::normalise(unit.view_mut()).map_err(|reason| format!("token {} {reason}", written.token + 1))?;
            }
            row.iter_mut().zip(&unit).for_each(|(half, &number)| *half = f16::from_f32(number));
        }
        let mut pooled = pooled.to_owned();
        vector::normalise(pooled.view_mut()).map_err(|reason| format!("a text's vector {reason}"))?;
        let (word_of, words) = join(&text.whole, &written);
        Ok(Self { halves, pooled, word_of, words })
    }

    /// The vectors: tokens × dimensions, each of unit length up to what 16 bits keep of it.
    pub(super) fn vectors(&self) -> Array2<f32> {
        let shape = (self.word_of.len(), self.pooled.len());
        Array2::from_shape_vec(shape, self.halves.to_f32_vec()).unwrap_or_else(|_| Array2::zeros((0, shape.1)))
    }

    /// About how much memory it takes.
    fn bytes(&self) -> usize {
        let words = self.words.iter().map(|word| size_of::<String>() + word.len()).sum::<usize>();
        size_of::<Self>()
            + self.halves.len() * size_of::<f16>()
            + self.pooled.len() * size_of::<f32>()
            + self.word_of.len() * size_of::<usize>()
            + words
    }
}

/// A token and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Written {
    /// Which token.
    token: usize,
    /// Where it is in the text, in bytes, without spaces around it.
    span: Range<usize>,
    /// Whether a space belongs to it, in front.
    spaced: bool,
    /// The word that the tokenizer cut it from.
    word: Option<u32>,
}

impl Written {
    /// `None` for a token that stands for nothing written.
    fn new(text: &Text<'_>, token: usize, span: Range<usize>, word: Option<u32>) -> Option<Self> {
        let whole = &text.whole;
        let start = whole.floor_char_boundary(span.start).max(text.prefix);
        let end = whole.ceil_char_boundary(span.end);
        let part = whole.get(start..end)?;
        let trimmed = part.trim_start();
        let start = end - trimmed.len();
        let span = start..start + trimmed.trim_end().len();
        (!span.is_empty()).then_some(Self { token, span, spaced: trimmed.len() < part.len(), word })
    }

    /// Whether it goes on with the word that `before` is a part of.
    fn continues(&self, before: &Self, whole: &str) -> bool {
        let overlaps = self.span.start < before.span.end;
        let gap = whole.get(before.span.end..self.span.start).unwrap_or_default();
        let marks = |written: &Self| whole[written.span.clone()].chars().all(is_mark);
        self.word == before.word
            && (overlaps || !self.spaced && !gap.contains(char::is_whitespace) && !marks(self) && !marks(before))
    }
}

/// Punctuation and symbols. A mark that is written over a letter is part of it.
fn is_mark(character: char) -> bool {
    !character.is_alphanumeric() && !is_combining_mark(character)
}

/// Joins tokens to words: the word of each token, and the words. Not every tokenizer knows where a word ends, so spaces
/// and punctuation part words as well.
fn join(whole: &str, written: &[Written]) -> (Vec<usize>, Vec<String>) {
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut word_of = Vec::with_capacity(written.len());
    for (place, token) in written.iter().enumerate() {
        let goes_on = place > 0 && token.continues(&written[place - 1], whole);
        match spans.last_mut() {
            Some(word) if goes_on => word.end = word.end.max(token.span.end),
            _ => spans.push(token.span.clone()),
        }
        word_of.push(spans.len() - 1);
    }
    (word_of, spans.into_iter().map(|span| whole[span].to_owned()).collect())
}

/// What is kept of texts, as long as there is room: the one that was not asked for the longest goes first.
#[derive(Debug)]
pub(super) struct TokenStore {
    budget: usize,
    shelf: Mutex<Shelf>,
}

#[derive(Debug)]
struct Shelf {
    texts: LruCache<Text<'static>, Arc<TextTokens>>,
    bytes: usize,
}

impl Default for TokenStore {
    fn default() -> Self {
        Self::with_budget(BUDGET)
    }
}

impl TokenStore {
    /// A store that takes so many bytes at the most.
    fn with_budget(budget: usize) -> Self {
        Self { budget, shelf: Mutex::new(Shelf { texts: LruCache::unbounded(), bytes: 0 }) }
    }

    /// What is kept of a text.
    pub(super) fn get(&self, text: &Text<'_>) -> Option<Arc<TextTokens>> {
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.texts.get(&text.clone().into_owned()).cloned()
    }

    /// Keeps what there is of a text.
    pub(super) fn put(&self, text: &Text<'_>, tokens: &Arc<TextTokens>) {
        let size = |text: &Text<'_>, tokens: &TextTokens| text.whole.len() + tokens.bytes();
        let added = size(text, tokens);
        // It would push everything out, and not fit in the end.
        if added > self.budget {
            return;
        }
        let mut shelf = self.shelf.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((text, old)) = shelf.texts.push(text.clone().into_owned(), Arc::clone(tokens)) {
            shelf.bytes -= size(&text, &old);
        }
        shelf.bytes += added;
        while shelf.bytes > self.budget
            && let Some((text, old)) = shelf.texts.pop_lru()
        {
            shelf.bytes -= size(&text, &old);
        }
    }
}

#[cfg(test)]
mod tests;
