//! Why a sentence stands where it stands, in words.

use crate::backend::WordMatches;
use crate::engine::Contributions;
use crate::engine::ablation::WordEffect;
use crate::text;

/// What is to be kept in mind of single dimensions.
pub const NO_DIMENSION: &str =
    "No dimension means anything by itself: turn the whole space and every number here changes, but no cosine does.";

/// A change of rank or cosine below this is none.
const LEAST: f32 = 0.001;

/// Which word carries a sentence's rank: the one without which it falls the furthest, in ranks and then in cosine.
#[must_use]
pub fn carrier(effects: &[WordEffect<'_>], rank: usize) -> String {
    let worst = effects.iter().max_by(|a, b| a.rank.cmp(&b.rank).then(a.falls_by.total_cmp(&b.falls_by)));
    let Some(worst) = worst.filter(|worst| worst.rank > rank || worst.falls_by >= LEAST) else {
        return "no word carries it: without any of them it scores as high or higher".into();
    };
    let word = text::visible(worst.word);
    if worst.rank > rank {
        return format!("“{word}” carries it: without it, #{rank} → #{}", worst.rank);
    }
    // The furthest in cosine, where no rank falls.
    let then = if worst.rank == rank { format!("still #{rank}") } else { format!("even #{}", worst.rank) };
    format!("“{word}” gives it the most, {:.3}, but it is {then} without", worst.falls_by)
}

/// `words ask → questions 0.61 · database → database 0.85`
#[must_use]
pub fn best_matches(words: &WordMatches) -> String {
    let best = words
        .query
        .iter()
        .zip(&words.best)
        .enumerate()
        .map(|(row, (word, &best))| format!("{word} → {} {:.2}", words.document[best], words.cosines[[row, best]]));
    text::visible(&format!("words {}", best.collect::<Vec<_>>().join(" · "))).into_owned()
}

/// `+1.021 − 0.371 = 0.650; of 384 dimensions the largest 57 make half of that`
#[must_use]
pub fn contributions(parts: &Contributions) -> String {
    let Contributions { added, taken, dimensions, half, .. } = parts;
    format!(
        "all add {added:.3} and take {:.3}: {:.3}. Half of it takes {half} of {dimensions} dimensions",
        taken.abs(),
        added + taken
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(word: &str, falls_by: f32, rank: usize) -> WordEffect<'_> {
        WordEffect { word, score: 0.5 - falls_by, falls_by, rank }
    }

    #[test]
    fn the_word_without_which_a_sentence_falls_the_furthest_carries_it() {
        let effects = [effect("how", 0.3, 1), effect("database", 0.2, 9), effect("a", -0.1, 1)];
        assert_eq!(carrier(&effects, 1), "“database” carries it: without it, #1 → #9");
    }

    #[test]
    fn where_no_rank_falls_the_cosine_decides() {
        let effects = [effect("how", 0.05, 2), effect("database", 0.2, 2), effect("a", -0.1, 1)];
        assert_eq!(carrier(&effects, 2), "“database” gives it the most, 0.200, but it is still #2 without");
        let effects = [effect("how", -0.05, 2), effect("a", 0.0, 1)];
        assert_eq!(carrier(&effects, 2), "no word carries it: without any of them it scores as high or higher");
    }
}
