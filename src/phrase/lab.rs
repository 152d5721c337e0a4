//! What a switch did, in words made of the figures.

use super::thousands;
use std::cmp::Ordering;

use crate::engine::lab::long::{Seen, Sweep};
use crate::engine::lab::misleading::{Answer, Judged};
use crate::engine::lab::short::Settling;
use crate::engine::lab::threshold::{At, Cutoffs, RULE};
use crate::engine::lab::{Damage, Finding, Metric, Scale, ScoreShift, Setting, Shift, Trial};
use crate::text;

/// `4 of 10 places changed`, `overlap@10 0.80`, `τ-b 0.912`, `largest shift 0.014 (s031: 0.412 → 0.398)`; or the same in
/// fewer words, where there is little room.
#[must_use]
pub fn damage(damage: &Damage, is_brief: bool) -> Vec<String> {
    let Damage { k, changed, overlap, tau_b, shift, .. } = damage;
    let tau = tau_b.map_or_else(|| "not defined".to_owned(), |tau| format!("{tau:.3}"));
    let shift = match shift {
        Shift::Measured(ScoreShift { largest, id, from, to, .. }) => {
            // As many digits as it takes to see a difference.
            let is_seen = *largest >= 0.001;
            let digits = if is_seen { 3 } else { 5 };
            let size = if is_seen || *largest == 0.0 { format!("{largest:.4}") } else { format!("{largest:.1e}") };
            let id = text::visible(text::fit(id, 24).as_ref()).into_owned();
            if is_brief {
                format!("shift {size} ({id})")
            } else {
                format!("largest shift {size} ({id}: {from:.digits$} → {to:.digits$})")
            }
        }
        Shift::OtherScale(_) if is_brief => "another scale".into(),
        Shift::OtherScale(why) => format!("no shift: {why}"),
    };
    let kendall = if is_brief { "τ-b" } else { "Kendall τ-b" };
    vec![
        format!("{changed} of {k} places changed"),
        format!("overlap@{k} {overlap:.2}"),
        format!("{kendall} {tau}"),
        shift,
    ]
}

/// A score as it is shown on its scale.
#[must_use]
pub fn score(score: f32, scale: Scale) -> String {
    match scale {
        Scale::Cosine | Scale::Signs => format!("{score:.3}"),
        Scale::DotProduct | Scale::Bm25 => format!("{score:.2}"),
        // How far apart: less is nearer.
        Scale::Distance => format!("{:.3}", -score),
    }
}

/// What the scores of a scale are called.
#[must_use]
pub fn scale(scale: Scale) -> &'static str {
    match scale {
        Scale::Cosine => "cosine",
        Scale::DotProduct => "dot product",
        Scale::Distance => "distance",
        Scale::Signs => "equal signs",
        Scale::Bm25 => "BM25",
    }
}

/// What happened, in one or two sentences.
#[must_use]
pub fn sentence(trial: &Trial) -> String {
    match &trial.finding {
        Finding::Lengths { query, documents, risen } => {
            let Setting::Metric(metric) = trial.setting else { return String::new() };
            let mut sentence = moved(&trial.damage);
            sentence.push_str(&lengths(metric, *query, documents));
            if let Some(risen) = risen {
                let [_, median, _] = documents;
                let kind = match risen.norm.total_cmp(median) {
                    Ordering::Greater => "longer than most",
                    Ordering::Less => "shorter than most",
                    Ordering::Equal => "the median",
                };
                sentence.push_str(&format!(
                    "; {} rose from #{} to #{}, and its vector is {kind} ({:.2})",
                    text::visible(&risen.id),
                    risen.from,
                    risen.to,
                    risen.norm
                ));
            }
            sentence + "."
        }
        Finding::Bytes([full, coded]) => precision(trial, *full, *coded),
        Finding::QuantisedModel => quantised_model(&trial.damage),
        Finding::Kept { of, query, documents } => cut(trial, *of, *query, *documents),
        Finding::Mixed { alone } => mixed(&trial.damage, *alone),
        Finding::Words { words, of } => format!(
            "After {words} of {of} words: {}{}.",
            moved(&trial.damage).to_lowercase().trim_end_matches(": "),
            if trial.damage.same_first {
                ", and the first is already the right one"
            } else {
                ", and another stands first"
            }
        ),
        Finding::Lexical { found } => format!(
            "Vectors rank all {} sentences, BM25 the {found} that hold a word of the query; of the first {}, both have {:.0} %.",
            trial.damage.documents,
            trial.damage.k,
            trial.damage.overlap * 100.0
        ),
    }
}

/// `Nothing in the top 10 moved: ` or `4 of the top 10 moved: `
fn moved(damage: &Damage) -> String {
    match damage.changed {
        0 => format!("Nothing in the top {} moved: ", damage.k),
        changed => format!("{changed} of the top {} moved: ", damage.k),
    }
}

fn lengths(metric: Metric, query: f32, [least, median, greatest]: &[f32; 3]) -> String {
    // To the digits that are shown.
    let alike = format!("{least:.2}") == format!("{greatest:.2}");
    match metric {
        Metric::UnitEuclidean => {
            "the distance of unit vectors is √(2 − 2 cosine), so it ranks as the cosine does".into()
        }
        _ if alike => {
            format!("this model gives all vectors one length ({median:.2}), so there is nothing to normalise")
        }
        Metric::DotProduct => format!(
            "a dot product is the cosine times both lengths, and those of the sentences go from {least:.2} to {greatest:.2} \
             (median {median:.2})"
        ),
        Metric::Euclidean => format!(
            "a distance counts a difference in length as one in meaning: the query is {query:.2} long, the sentences \
             {least:.2} to {greatest:.2}"
        ),
    }
}

fn precision(trial: &Trial, full: usize, coded: usize) -> String {
    let name = trial.setting.name();
    let mut sentence = format!("{}in {name}, a vector takes {coded} bytes of {full}", moved(&trial.damage));
    match &trial.damage.shift {
        Shift::Measured(shift) if shift.largest == 0.0 => sentence.push_str(", and no cosine changes"),
        Shift::Measured(shift) => sentence.push_str(&format!(
            ", and no cosine of the top {} is off by more than {} of itself",
            trial.damage.k,
            percent(shift.relative)
        )),
        Shift::OtherScale(_) => {
            sentence.push_str(", and a sentence scores the share of signs that are equal, less that of the others");
        }
    }
    if name == "f16" {
        sentence.push_str("; the exercise says 1–2 % for fp16");
    }
    sentence + "."
}

fn quantised_model(damage: &Damage) -> String {
    let shift = match &damage.shift {
        Shift::Measured(shift) => format!(
            "its cosines are off by up to {:.3} ({} of itself among the top {}), {:.3} on average",
            shift.largest,
            percent(shift.relative),
            damage.k,
            shift.mean
        ),
        Shift::OtherScale(why) => (*why).to_owned(),
    };
    format!(
        "{}{shift}. It is meant to be the same model with coarser weights: only therefore may its cosines be held against \
         these.",
        moved(damage)
    )
}

fn cut(trial: &Trial, of: usize, query: f32, documents: f32) -> String {
    let Setting::Cut(cut) = trial.setting else { return String::new() };
    let kept = cut.kept;
    let scaled = if cut.renormalised {
        "scaled to unit length again, scores are cosines of what is left"
    } else {
        "not renormalised, scores are no cosines any more and shrink with what is lost"
    };
    format!(
        "{}the first {kept} of {of} dimensions hold {} of the query's squared length and {} of a sentence's; {scaled}.",
        moved(&trial.damage),
        percent(query),
        percent(documents)
    )
}

fn mixed(damage: &Damage, alone: Option<f32>) -> String {
    /// From this τ-b on, the two are no strangers: of 100 unrelated ones it is beyond ±0.2 in three of a thousand.
    const RELATED: f64 = 0.3;
    let figures = format!(
        "{:.0} % of the top {} are the same, where chance alone gives {:.0} %, and the order of all sentences has τ-b {} \
         with the right one (0 is none)",
        damage.overlap * 100.0,
        damage.k,
        damage.chance() * 100.0,
        damage.tau_b.map_or_else(|| "not defined".into(), |tau| format!("{tau:.2}"))
    );
    let related = damage.tau_b.is_some_and(|tau| tau >= RELATED);
    let judged = if related { "No strangers, it seems: " } else { "Noise: " };
    let why = match alone {
        Some(alone) => format!(
            "The other model is this one with its space rotated: alone it gives the same cosines (off by {alone:.0e} at the \
             most){}.",
            if related {
                "; these vectors leave some of the order even so"
            } else {
                ", but its numbers mean something else"
            }
        ),
        None if related => "Their spaces have something in common.".into(),
        None => "Equal sizes only mean that nothing stops you.".into(),
    };
    format!("{judged}{figures}. {why}")
}

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

/// How much of a needle is seen at a place.
#[must_use]
pub fn seen(seen: Seen) -> &'static str {
    match seen {
        Seen::Whole => "seen",
        Seen::Partly => "cut by the limit",
        Seen::Nothing => "not seen",
    }
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

/// Which of a pair two rankings put first: `s040 is right, s039 is not. Cosine is misled (#2, #1); BM25 is misled (#2, #1).`
#[must_use]
pub fn judged(trial: &Trial, judged: &Judged, [right, wrong]: [&str; 2]) -> String {
    let places = |ranking: &crate::engine::pipeline::StageRanking| {
        let rank = |document| ranking.placement(document).map_or_else(|| "–".to_owned(), |it| format!("#{}", it.rank));
        format!("{}, {}", rank(judged.right), rank(judged.wrong))
    };
    let [cosine, bm25] = judged.answers;
    format!(
        "{right} is right, {wrong} is not. Cosine {} ({}); BM25 {} ({}).",
        answer(cosine),
        places(&trial.correct),
        answer(bm25),
        places(&trial.switched)
    )
}

/// What an answer is, after the name of who gave it.
#[must_use]
pub fn answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Right => "is right",
        Answer::Misled => "is misled",
        Answer::Undecided => "cannot tell them apart",
    }
}

/// A share in percent, with the digits that mean something.
fn percent(share: f32) -> String {
    let percent = share * 100.0;
    match percent {
        0.0 => "0 %".into(),
        p if p < 0.001 => "less than 0.001 %".into(),
        p if p < 0.1 => format!("{p:.3} %"),
        p if p < 10.0 => format!("{p:.1} %"),
        p => format!("{p:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::lab::tests::Bench;
    use crate::engine::lab::{Cut, Metric};
    use crate::math::quantise::Precision;

    /// Cosines 1, 0.8, 0.6; lengths 1, 2, 5.
    fn three() -> Bench {
        Bench::new(&[2.0, 0.0], &[&[1.0, 0.0], &[1.6, 1.2], &[3.0, 4.0]])
    }

    #[test]
    fn a_sentence_is_made_of_the_figures() {
        let bench = three();
        assert_eq!(
            sentence(&bench.sample(3).metric(Metric::DotProduct)),
            "2 of the top 3 moved: a dot product is the cosine times both lengths, and those of the sentences go from 1.00 \
             to 5.00 (median 2.00); c rose from #3 to #1, and its vector is longer than most (5.00)."
        );
        assert_eq!(
            sentence(&bench.sample(3).metric(Metric::UnitEuclidean)),
            "Nothing in the top 3 moved: the distance of unit vectors is √(2 − 2 cosine), so it ranks as the cosine does."
        );
        let alike = Bench::new(&[1.0, 0.0], &[&[1.0, 0.0], &[0.6, 0.8]]);
        let said = sentence(&alike.sample(2).metric(Metric::DotProduct));
        assert!(said.contains("gives all vectors one length (1.00), so there is nothing to normalise"), "{said}");
    }

    #[test]
    fn precision_says_what_it_saves_and_what_it_costs() {
        let bench = three();
        let of = |precision| sentence(&bench.sample(3).precision(precision));
        assert_eq!(
            of(Precision::F32),
            "Nothing in the top 3 moved: in f32, a vector takes 8 bytes of 8, and no cosine changes."
        );
        // 0.6 in 4 bits is 5 × 0.8 / 7, which is off by 4.8 % of itself.
        assert!(
            of(Precision::Int4)
                .contains("5 bytes of 8, and no cosine of the top 3 is off by more than 4.8 % of itself")
        );
        assert!(of(Precision::F16).ends_with("; the exercise says 1–2 % for fp16."));
    }

    #[test]
    fn damage_is_told_at_length_or_in_brief() {
        let bench = three();
        let trial = bench.sample(3).cut(Cut { kept: 1, renormalised: true }).expect("one of two");
        let long = [
            "0 of 3 places changed",
            "overlap@3 1.00",
            "Kendall τ-b not defined",
            "largest shift 0.4000 (c: 0.600 → 1.000)",
        ];
        assert_eq!(damage(&trial.damage, false), long);
        assert_eq!(damage(&trial.damage, true), [long[0], long[1], "τ-b not defined", "shift 0.4000 (c)"]);
        let other = bench.sample(3).metric(Metric::Euclidean);
        assert_eq!(damage(&other.damage, true)[3], "another scale");
    }

    #[test]
    fn shares_keep_the_digits_that_mean_something() {
        let shown = [0.0, 0.000_000_1, 0.000_35, 0.012, 0.5].map(percent);
        assert_eq!(shown, ["0 %", "less than 0.001 %", "0.035 %", "1.2 %", "50 %"]);
    }

    #[test]
    fn a_cutoff_that_finds_nothing_has_no_precision() {
        let nothing = At { cutoff: 0.8, found: 0, hits: 0, precision: None, recall: 0.0, f1: 0.0 };
        assert_eq!(
            at(&nothing),
            "≥ 0.80: 0 found, 0 relevant · precision – (nothing is found) · recall 0.00 · F1 0.00"
        );
    }
}
