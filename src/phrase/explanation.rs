//! Why a sentence stands where it stands, in words.

use crate::backend::WordMatches;
use crate::engine::Contributions;
use crate::engine::ablation::Effects;
use crate::text;

/// What is to be kept in mind of single dimensions.
pub const NO_DIMENSION: &str =
    "No dimension means anything by itself: turn the whole space and every number here changes, but no cosine does.";

/// A change of rank or cosine below this is none.
const LEAST: f32 = 0.001;

/// Which word carries a sentence's rank: the one without which it falls the furthest, in ranks and then in cosine.
#[must_use]
pub fn carrier(effects: &Effects<'_>) -> String {
    let Effects { ref words, of, rank, .. } = *effects;
    let known = words.iter().filter_map(|effect| Some((effect.word, effect.without?)));
    let worst = known.max_by(|(_, a), (_, b)| a.rank.cmp(&b.rank).then(a.falls_by.total_cmp(&b.falls_by)));
    let verdict = match worst {
        Some((word, without)) if without.rank > rank => {
            format!("“{}” carries it: without it, #{rank} → #{}", text::visible(word), without.rank)
        }
        // The furthest in cosine, where no rank falls.
        Some((word, without)) if without.falls_by >= LEAST => {
            let then = if without.rank == rank { format!("still #{rank}") } else { format!("even #{}", without.rank) };
            format!("“{}” gives it the most, {:.3}, but it is {then} without", text::visible(word), without.falls_by)
        }
        Some(_) | None => "no word carries it: without any of them it scores as high or higher".into(),
    };
    if words.len() < of { format!("of the first {} of {of} words, {verdict}", words.len()) } else { verdict }
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

/// `+0.604 − 0.124 = 0.480. The 47 largest of 384 make half of all that is added and taken`
#[must_use]
pub fn contributions(parts: &Contributions) -> String {
    let Contributions { added, taken, dimensions, half, .. } = parts;
    let (taken, sum) = (taken.abs(), added + taken);
    format!(
        "+{added:.3} − {taken:.3} = {sum:.3}. The {half} largest of {dimensions} make half of all that is added and taken"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ablation::{Without, WordEffect};

    fn effects<'a>(words: &[(&'a str, f32, usize)], of: usize, rank: usize) -> Effects<'a> {
        let words = words.iter().map(|&(word, falls_by, rank)| WordEffect {
            word,
            without: Some(Without { score: 0.5 - falls_by, falls_by, rank }),
        });
        Effects { words: words.collect(), of, rank, documents: 100 }
    }

    #[test]
    fn the_word_without_which_a_sentence_falls_the_furthest_carries_it() {
        let mut effects = effects(&[("how", 0.3, 1), ("database", 0.2, 9), ("a", -0.1, 1)], 3, 1);
        assert_eq!(carrier(&effects), "“database” carries it: without it, #1 → #9");
        effects.words[1].without = None;
        effects.of = 30;
        let verdict = "of the first 3 of 30 words, “how” gives it the most, 0.300, but it is still #1 without";
        assert_eq!(carrier(&effects), verdict);
    }

    #[test]
    fn where_no_rank_falls_the_cosine_decides() {
        let words = [("how", 0.05, 2), ("database", 0.2, 2), ("a", -0.1, 1)];
        let verdict = "“database” gives it the most, 0.200, but it is still #2 without";
        assert_eq!(carrier(&effects(&words, 3, 2)), verdict);
        let words = [("how", -0.05, 2), ("a", 0.0, 1)];
        assert_eq!(
            carrier(&effects(&words, 2, 2)),
            "no word carries it: without any of them it scores as high or higher"
        );
    }

    #[test]
    fn what_is_added_less_what_is_taken_is_the_cosine() {
        let parts = Contributions { largest: Vec::new(), added: 0.604, taken: -0.124, dimensions: 384, half: 47 };
        let said = "+0.604 − 0.124 = 0.480. The 47 largest of 384 make half of all that is added and taken";
        assert_eq!(contributions(&parts), said);
    }
}
