//! What came of several rankings, texts or cut-offs in a row.

use super::only_first;
use crate::engine::lab::long::{Seen, Sweep};
use crate::engine::lab::short::Settling;
use crate::engine::lab::threshold::{At, Cutoffs, RULE};
use crate::phrase::{document, thousands};
use crate::text;

/// How a query settled; `first` names what stands first for the whole of it.
#[must_use]
pub fn settling(settling: &Settling, first: &str) -> String {
    let Some(whole) = settling.steps.last() else { return String::new() };
    let (words, k, first) = (whole.words, whole.damage.k, text::visible(first));
    if words < 2 {
        return "One word: there is nothing to settle. Type a whole sentence.".into();
    }
    let before = |at: usize| settling.steps.iter().rev().map(|step| step.words).find(|&words| words < at).unwrap_or(0);
    let when = |at: usize| match at {
        1 => "from the first word on".to_owned(),
        // Of a long query not every word is looked at, and of what lies between two of them nothing is known.
        _ if before(at) + 1 < at => format!("from somewhere between word {} and word {at} on", before(at)),
        _ if at == words => "only with the last word".to_owned(),
        _ => format!("from word {at} on"),
    };
    // What two words are worth, of longer queries.
    let two = settling.steps.iter().find(|step| step.words == 2 && words > 2).map(|step| {
        let found = step.damage.overlap * 100.0;
        if step.damage.same_first {
            format!(" Two words find it, and {found:.0} % of the {k}.")
        } else {
            format!(" Two words put another first, and find {found:.0} % of the {k}.")
        }
    });
    format!(
        "{first}, first for the whole query, leads for good {}; the same {k} are in the top {k} {}.{}{}{}",
        when(settling.first_settled),
        when(settling.settled),
        two.unwrap_or_default(),
        if settling.steps.len() < words {
            format!(" It was looked at after {} of the {words} words.", settling.steps.len())
        } else {
            String::new()
        },
        only_first(&whole.damage)
    )
}

/// What becomes of a needle's score.
#[must_use]
pub fn sweep(sweep: &Sweep, limit: usize) -> String {
    let mean = |seen: Seen| {
        let scores: Vec<f32> =
            sweep.points.iter().filter(|point| point.seen == seen).map(|point| point.score).collect();
        #[expect(clippy::cast_precision_loss, reason = "a dozen places")]
        let count = scores.len() as f32;
        (!scores.is_empty()).then(|| scores.iter().sum::<f32>() / count)
    };
    let [total, used] = sweep.tokens;
    let id = document(&sweep.id);
    let mut sentence =
        format!("Alone {id} scores {:.3}; in a text of {total} tokens, of which the model sees {used}, ", sweep.alone);
    sentence += &match (mean(Seen::Whole), mean(Seen::Nothing)) {
        (Some(seen), Some(unseen)) => format!(
            "the text scores {seen:.3} on average while {id} is seen, and {unseen:.3} once it lies beyond token {limit}: {}.",
            if (unseen - sweep.without).abs() < 5e-4 {
                format!("what it scores without it ({:.3})", sweep.without)
            } else {
                format!("without it, it scores {:.3}", sweep.without)
            }
        ),
        (Some(seen), None) => format!("it scores {seen:.3} on average so far (without {id}: {:.3}).", sweep.without),
        (None, _) => format!("it scores {:.3} without {id}.", sweep.without),
    };
    sentence
}

/// `≥ 0.35: 96 found, 71 of them relevant · precision 0.74 · recall 0.57 · F1 0.64`
#[must_use]
pub fn at(at: &At) -> String {
    let precision =
        at.precision.map_or_else(|| "– (nothing is found)".to_owned(), |precision| format!("{precision:.2}"));
    format!(
        "≥ {:.2}: {} found, {} relevant · precision {precision} · recall {:.2} · F1 {:.2}",
        at.cutoff, at.found, at.hits, at.recall, at.f1
    )
}

/// Why a rule of thumb is none.
#[must_use]
pub fn cutoffs(models: &[(&str, &Cutoffs)]) -> String {
    let Some((_, first)) = models.first() else { return String::new() };
    let rule = first.curve.at(RULE);
    let mut sentence = match rule.found {
        0 => {
            format!("{RULE} finds nothing: no cosine of any query is as high ({:.2} is the highest). ", first.range[1])
        }
        found => format!(
            "{RULE} finds {} of {} pairs, {} of them relevant: {:.0} % of the {} that are. ",
            thousands(found as u64),
            thousands(first.pairs as u64),
            thousands(rule.hits as u64),
            rule.recall * 100.0,
            thousands(first.curve.relevant() as u64)
        ),
    };
    let bests = models.iter().map(|(name, cutoffs)| {
        let best = cutoffs.curve.best();
        format!("{:.2} for {} (F1 {:.2})", best.cutoff, text::visible(name), best.f1)
    });
    sentence += &format!("The best cut-off is {}", bests.collect::<Vec<_>>().join(" and "));
    sentence += match models {
        [_] => ": it has to be found for each model and corpus.",
        [(_, a), (_, b), ..] if (a.curve.best().cutoff - b.curve.best().cutoff).abs() >= 0.005 => {
            ": what is high for one model is not for another."
        }
        _ => ": here they are alike.",
    };
    sentence
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::backend::{TextInfo, TokenCount};
    use crate::engine::Embedded;
    use crate::engine::lab::tests::Bench;
    use crate::math::cutoff::Curve;

    #[test]
    fn a_cutoff_that_finds_nothing_has_no_precision() {
        let nothing = At { cutoff: 0.8, found: 0, hits: 0, precision: None, recall: 0.0, f1: 0.0 };
        assert_eq!(
            at(&nothing),
            "≥ 0.80: 0 found, 0 relevant · precision – (nothing is found) · recall 0.00 · F1 0.00"
        );
    }

    #[test]
    fn what_is_found_is_not_taken_for_what_is_relevant() {
        let curve = Curve::new(vec![(0.9, true), (0.85, false), (0.3, true), (0.1, false)]).expect("two are relevant");
        let said = cutoffs(&[("m", &Cutoffs { curve, queries: 40, pairs: 4000, range: [0.1, 0.9] })]);
        assert!(said.starts_with("0.8 finds 2 of 4,000 pairs, 1 of them relevant: 50 % of the 2 that are. "), "{said}");
    }

    /// How a query of so many words settles where after as many steps, and from there on, another sentence is first.
    fn settled(words: usize, changes_at_step: usize) -> String {
        let query: Vec<String> = (1..=words).map(|word| format!("w{word}")).collect();
        let bench = Bench::new(&[1.0, 0.0], &[&[1.0, 0.0], &[0.0, 1.0]]).asked(&query.join(" "));
        let steps = crate::engine::lab::short::looked_at(words).len() - 1;
        let at = |(step, column): (usize, usize)| f32::from(u8::from((step < changes_at_step) == (column == 1)));
        let tokens = TokenCount { total: 3, used: 3, estimated: false };
        let infos = vec![TextInfo { tokens, norm: 1.0 }; steps];
        let embedded = Embedded { unit: Array2::from_shape_fn((steps, 2), at), infos };
        settling(&bench.sample(1).settling(&embedded), "a")
    }

    #[test]
    fn of_words_that_were_not_looked_at_nothing_is_said() {
        assert!(settled(9, 3).starts_with("a, first for the whole query, leads for good from word 4 on; "));
        assert!(settled(9, 8).contains("leads for good only with the last word"));
        let long = settled(80, 15);
        assert!(long.contains("leads for good from somewhere between word 38 and word 41 on"), "{long}");
        assert!(long.ends_with(" It was looked at after 31 of the 80 words."), "{long}");
        assert!(settled(80, 30).contains("leads for good only with the last word"), "the last but one is looked at");
    }
}
