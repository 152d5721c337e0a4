//! What a switch did to one ranking, in a sentence or two.

use std::cmp::Ordering;

use super::percent;
use crate::engine::lab::{Damage, Finding, Metric, Setting, Shift, Trial};
use crate::text;

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
