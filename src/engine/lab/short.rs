//! Tiny queries: the ranking after each word of a query, and how it settles.

use unicode_segmentation::UnicodeSegmentation;

use super::{Damage, Finding, Sample, Scale, Setting, Trial};
use crate::corpus::DocumentIndex;
use crate::engine::Embedded;
use crate::engine::pipeline::StageRanking;

/// After how many words the ranking is looked at, at the most; then comes the whole query.
pub const MOST_WORDS: usize = 30;

/// After how many words of a query the ranking is looked at, ascending, and after all of them: after each word, or, of a
/// query with too many for that, evenly from the first to the last but one.
///
/// ```
/// use vecscope::engine::lab::short::looked_at;
/// assert_eq!(looked_at(4), [1, 2, 3, 4]);
/// let many = looked_at(100);
/// assert_eq!((many.len(), many[0], many[29], many[30]), (31, 1, 99, 100));
/// ```
#[must_use]
pub fn looked_at(words: usize) -> Vec<usize> {
    let but_last = words.saturating_sub(1);
    let looked = but_last.min(MOST_WORDS);
    // Of one beginning there is nothing to spread.
    let apart = looked.saturating_sub(1).max(1);
    let counts = (0..looked).map(|step| 1 + step * but_last.saturating_sub(1) / apart);
    counts.chain((words > 0).then_some(words)).collect()
}

/// A query's beginnings without the whole of it, see [`looked_at`]: what has to be embedded, as queries. Words are Unicode's.
///
/// ```
/// use vecscope::engine::lab::short::beginnings;
/// assert_eq!(beginnings("Where's the cat?"), ["Where's", "Where's the"]);
/// assert!(beginnings("cat").is_empty());
/// ```
#[must_use]
pub fn beginnings(query: &str) -> Vec<String> {
    let ends: Vec<usize> = query.unicode_word_indices().map(|(start, word)| start + word.len()).collect();
    let counts = looked_at(ends.len());
    let but_last = counts.len().saturating_sub(1);
    counts[..but_last].iter().map(|&words| query[..ends[words - 1]].to_owned()).collect()
}

/// The ranking after each word.
#[derive(Debug, Clone, PartialEq)]
pub struct Settling {
    /// After each word, the whole query last.
    pub steps: Vec<Step>,
    /// After how many words the first k hold the same documents as for the whole query, and do so from there on.
    pub settled: usize,
    /// After how many words the document stands first that stands first for the whole query, and does so from there on.
    pub first_settled: usize,
}

/// The ranking after so many words.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// How many words.
    pub words: usize,
    /// The query up to there.
    pub text: String,
    /// What stands first.
    pub first: Option<DocumentIndex>,
    /// The cosine of that.
    pub score: f32,
    /// How far the ranking is from that of the whole query.
    pub damage: Damage,
    ranking: StageRanking,
}

impl Sample<'_> {
    /// The ranking after each word: `embedded` holds the vectors of [`beginnings`] of the query, or of the first of them.
    #[must_use]
    pub fn settling(&self, embedded: &Embedded) -> Settling {
        let query = &self.ranking.query;
        let correct = self.correct();
        let step = |words: usize, text: String, ranking: StageRanking| {
            let damage = Damage::between(self.corpus, &correct, &ranking, self.k, Scale::Cosine);
            let first = ranking.placed.first();
            let (first, score) = (first.map(|placed| placed.document), first.map_or(0.0, |placed| placed.score));
            Step { words, text, first, score, damage, ranking }
        };
        let all = query.unicode_words().count();
        let mut steps: Vec<Step> = looked_at(all)
            .into_iter()
            .zip(beginnings(query))
            .zip(embedded.unit.rows())
            .map(|((words, text), vector)| step(words, text, self.ranked(&self.each_row(|row| row.dot(&vector)))))
            .collect();
        steps.push(step(all, query.clone(), correct.clone()));
        let settles = |is_there: &dyn Fn(&Step) -> bool| {
            let there = steps.iter().rev().take_while(|step| is_there(step)).count();
            steps[steps.len() - there.max(1)].words
        };
        let whole = &steps[steps.len() - 1];
        Settling {
            settled: settles(&|step| step.damage.overlap >= 1.0),
            first_settled: settles(&|step| step.first == whole.first),
            steps,
        }
    }

    /// The ranking after one of the steps beside that of the whole query.
    #[must_use]
    pub fn first_words(&self, settling: &Settling, words: usize) -> Option<Trial> {
        let step = settling.steps.iter().find(|step| step.words == words)?;
        let of = settling.steps.last()?.words;
        let finding = Finding::Words { words, of };
        Some(self.against(Setting::FirstWords(words), step.ranking.clone(), Scale::Cosine, finding))
    }
}
