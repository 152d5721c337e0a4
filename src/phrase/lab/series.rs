//! What came of several rankings, texts or cut-offs in a row.

use crate::engine::lab::long::{Seen, Sweep};
use crate::engine::lab::short::Settling;
use crate::engine::lab::threshold::{At, Cutoffs, RULE};
use crate::phrase::thousands;
use crate::text;

/// How a query settled; `first` names what stands first for the whole of it.
#[must_use]
pub fn settling(settling: &Settling, first: &str) -> String {
    let Some(whole) = settling.steps.last() else { return String::new() };
    let (words, k, first) = (whole.words, whole.damage.k, text::visible(first));
    if words < 2 {
        return "One word: there is nothing to settle. Type a whole sentence.".into();
    }
    let when = |at: usize| match at {
        1 => "from the first word on".to_owned(),
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
        "{first}, first for the whole query, leads for good {}; the same {k} are in the top {k} {}.{}",
        when(settling.first_settled),
        when(settling.settled),
        two.unwrap_or_default()
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
    let id = text::visible(&sweep.id);
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
            "{RULE} finds {found} of {} pairs and so {:.0} % of what is relevant. ",
            thousands(first.pairs as u64),
            rule.recall * 100.0
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
