//! What a switch did to one ranking, in a sentence or two.

use std::cmp::Ordering;

use super::{only_first, percent, ranked};
use crate::engine::lab::{Damage, Finding, Metric, Setting, Shift, Trial};
use crate::math::quantise::Precision;
use crate::phrase::{document, thousands};

/// What happened, in one or two sentences.
#[must_use]
pub fn sentence(trial: &Trial) -> String {
    // How a query settles is told of all its words together, and BM25's sentence tells it by itself.
    let is_told = matches!(trial.finding, Finding::Words { .. } | Finding::Lexical { .. });
    let rest = if is_told { String::new() } else { only_first(&trial.damage) };
    of_finding(trial) + &rest
}

fn of_finding(trial: &Trial) -> String {
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
                    document(&risen.id),
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
            match trial.damage.changed {
                0 => format!("nothing in the top {} moved", trial.damage.k),
                changed => format!("{changed} of the top {} moved", trial.damage.k),
            },
            if trial.damage.same_first {
                ", and the first is already the right one"
            } else {
                ", and another stands first"
            }
        ),
        Finding::Lexical { found } => format!(
            "Vectors rank {}, BM25 the {} that hold a word of the query; of the first {}, both have {:.0} %.",
            ranked(&trial.damage),
            thousands(*found as u64),
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
    // To the digits that are shown; of one sentence alone, the query says whether it is the model.
    let shown = |length: &f32| format!("{length:.2}");
    let alike = shown(least) == shown(greatest) && shown(least) == shown(&query);
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
    if trial.setting == Setting::Precision(Precision::F16) {
        sentence.push_str("; it is often said that fp16 shifts them by 1–2 %");
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
    let figures = format!(
        "{:.0} % of the top {} are the same, where chance alone gives {:.0} %, and the order of all sentences has τ-b {} \
         with the right one (0 is none)",
        damage.overlap * 100.0,
        damage.k,
        damage.chance() * 100.0,
        damage.tau_b.map_or_else(|| "not defined".into(), |tau| format!("{tau:.2}"))
    );
    let verdict = Verdict::of(damage);
    let related = verdict == Verdict::Related;
    let judged = match verdict {
        Verdict::TooFew => "Too few sentences to tell: ",
        Verdict::Related => "No strangers, it seems: ",
        Verdict::Noise => "Noise: ",
    };
    let why = match alone {
        Some(alone) => format!(
            "The other model is this one with its space rotated: alone it gives the same cosines (off by {alone:.0e} at the \
             most){}.",
            match verdict {
                Verdict::Related => "; these vectors leave some of the order even so",
                Verdict::Noise | Verdict::TooFew => ", but its numbers mean something else",
            }
        ),
        None if related => "Their spaces have something in common.".into(),
        None if verdict == Verdict::TooFew => "Take a larger corpus.".into(),
        None => "Equal sizes only mean that nothing stops you.".into(),
    };
    format!("{judged}{figures}. {why}")
}

/// Whether two orders have something to do with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// So few are ranked that chance alone may give anything.
    TooFew,
    /// Their τ-b is more than chance gives.
    Related,
    /// It is not.
    Noise,
}

impl Verdict {
    /// Below so many, three standard deviations are nearly half of what τ can be.
    const LEAST: usize = 20;

    /// Of n unrelated sentences, τ has the standard deviation √(2(2n + 5) / (9n(n − 1))) around 0 (Kendall 1938): beyond three
    /// of them it is in one of a thousand.
    fn of(damage: &Damage) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "a count of sentences")]
        let n = damage.both as f64;
        if damage.both < Self::LEAST || damage.k >= damage.both {
            return Self::TooFew;
        }
        let deviation = (2.0 * (2.0 * n + 5.0) / (9.0 * n * (n - 1.0))).sqrt();
        if damage.tau_b.is_some_and(|tau| tau > 3.0 * deviation) { Self::Related } else { Self::Noise }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Lexical;
    use crate::engine::lab::tests::Bench;
    use crate::math::words::Folding;

    fn damage(both: usize, k: usize, tau: f64) -> Damage {
        let shift = Shift::OtherScale("it does not matter");
        Damage {
            k,
            documents: both,
            both,
            corpus: both,
            changed: k,
            overlap: 0.3,
            tau_b: Some(tau),
            same_first: false,
            shift,
        }
    }

    #[test]
    fn strangers_are_told_from_relatives_by_what_chance_gives() {
        // Of 100, three standard deviations are 3 · √(2 · 205 / (9 · 100 · 99)) = 0.2035.
        assert_eq!(Verdict::of(&damage(100, 10, 0.20)), Verdict::Noise);
        assert_eq!(Verdict::of(&damage(100, 10, 0.21)), Verdict::Related);
        assert_eq!(Verdict::of(&damage(100, 10, -0.9)), Verdict::Noise);
        // Of 20, they are 3 · √(2 · 45 / (9 · 20 · 19)) = 0.4867.
        assert_eq!(Verdict::of(&damage(20, 10, 0.48)), Verdict::Noise);
        assert_eq!(Verdict::of(&damage(20, 10, 0.49)), Verdict::Related);
        for (both, k) in [(19, 10), (5, 5), (30, 30)] {
            assert_eq!(Verdict::of(&damage(both, k, 0.9)), Verdict::TooFew, "{both} {k}");
        }
        let said = mixed(&damage(5, 5, 0.4), Some(0.0));
        assert!(said.starts_with("Too few sentences to tell: ") && !said.contains("Noise"), "{said}");
    }

    #[test]
    fn where_not_all_are_ranked_it_says_so() {
        let bench = Bench::new(&[2.0, 0.0], &[&[1.0, 0.0], &[1.6, 1.2], &[3.0, 4.0]]).asked("text").keeping(2);
        let words = bench.sample(3).words(&Lexical::new(bench.corpus(), Folding::default())).expect("no expression");
        assert_eq!(
            sentence(&words),
            "Vectors rank the first 2 of the 3 sentences, BM25 the 2 that hold a word of the query; of the first 2, both have \
             100 %."
        );
        let rotated = sentence(&bench.sample(3).rotated());
        assert!(rotated.ends_with(" Only the first 2 of the 3 sentences are ranked here."), "{rotated}");
        let large = Damage { corpus: 25_000, ..damage(20_000, 10, 1.0) };
        assert_eq!(only_first(&large), " Only the first 20,000 of the 25,000 sentences are ranked here.");
        assert_eq!(only_first(&damage(100, 10, 1.0)), "");
    }
}
