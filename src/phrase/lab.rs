//! What a switch did, in words made of the figures.

use super::{document, thousands};
use crate::engine::lab::long::Seen;
use crate::engine::lab::misleading::{Answer, Judged};
use crate::engine::lab::{Damage, Scale, ScoreShift, Setting, Shift, Trial};
use crate::text;

mod series;
mod trial;

pub use series::{at, cutoffs, settling, sweep};
pub use trial::sentence;

/// `4 of 10 places changed`, `overlap@10 0.80`, `τ-b 0.912`, `largest shift 0.014 (s031: 0.412 → 0.398)`; or the same in
/// fewer words, where there is little room.
#[must_use]
pub fn damage(damage: &Damage, is_brief: bool) -> Vec<String> {
    let Damage { k, documents, both, changed, overlap, tau_b, shift, .. } = damage;
    let tau = tau_b.map_or_else(|| "not defined".to_owned(), |tau| format!("{tau:.3}"));
    let shift = match shift {
        Shift::Measured(ScoreShift { largest, id, from, to, .. }) => {
            // As many digits as it takes to see a difference.
            let is_seen = *largest >= 0.001;
            let digits = if is_seen { 3 } else { 5 };
            let size = if is_seen || *largest == 0.0 { format!("{largest:.4}") } else { format!("{largest:.1e}") };
            let id = document(text::fit(id, 24).as_ref());
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
    // Where one ranking lacks some of the other's.
    let tau = match both {
        both if both == documents || tau_b.is_none() => tau,
        both if is_brief => format!("{tau} (of {})", thousands(*both as u64)),
        both => format!("{tau} over the {} that both rank", thousands(*both as u64)),
    };
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

/// How much of a needle is seen at a place.
#[must_use]
pub fn seen(seen: Seen) -> &'static str {
    match seen {
        Seen::Whole => "seen",
        Seen::Partly => "cut by the limit",
        Seen::Nothing => "not seen",
    }
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

/// What the rank beside a switched one is.
#[must_use]
pub fn other_rank(setting: Setting) -> &'static str {
    match setting {
        // Neither of the two rankings is the correct one.
        Setting::Words => "its rank by cosine",
        Setting::Metric(_)
        | Setting::Precision(_)
        | Setting::QuantisedModel
        | Setting::Cut(_)
        | Setting::Rotated
        | Setting::OtherModel
        | Setting::FirstWords(_)
        | Setting::NeedleAt(_)
        | Setting::Cutoff(_) => "the rank that it should have",
    }
}

/// ` Only the first 20,000 of the 25,000 sentences are ranked here.`, or nothing where all are.
fn only_first(damage: &Damage) -> String {
    if damage.documents >= damage.corpus {
        return String::new();
    }
    format!(" Only {} are ranked here.", ranked(damage))
}

/// `all 100 sentences`, or `the first 20,000 of the 25,000 sentences`.
fn ranked(damage: &Damage) -> String {
    let [ranked, all] = [damage.documents, damage.corpus].map(|number| thousands(number as u64));
    if damage.documents < damage.corpus {
        format!("the first {ranked} of the {all} sentences")
    } else {
        format!("all {all} sentences")
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
            sentence(&bench.sample(3).metric(Metric::DotProduct).expect("no expression")),
            "2 of the top 3 moved: a dot product is the cosine times both lengths, and those of the sentences go from 1.00 \
             to 5.00 (median 2.00); c rose from #3 to #1, and its vector is longer than most (5.00)."
        );
        assert_eq!(
            sentence(&bench.sample(3).metric(Metric::UnitEuclidean).expect("no expression")),
            "Nothing in the top 3 moved: the distance of unit vectors is √(2 − 2 cosine), so it ranks as the cosine does."
        );
        let alike = Bench::new(&[1.0, 0.0], &[&[1.0, 0.0], &[0.6, 0.8]]);
        let said = sentence(&alike.sample(2).metric(Metric::DotProduct).expect("no expression"));
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
        assert!(of(Precision::F16).ends_with("; it is often said that fp16 shifts them by 1–2 %."));
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
        let other = bench.sample(3).metric(Metric::Euclidean).expect("no expression");
        assert_eq!(damage(&other.damage, true)[3], "another scale");
    }

    #[test]
    fn where_one_ranking_lacks_some_it_says_how_many_the_order_is_of() {
        let bench = three();
        let whole = bench.sample(3).run(Setting::Rotated).expect("it takes nothing besides").damage;
        let few = Damage { both: 1_200, documents: 1_500, tau_b: Some(0.5), ..whole };
        assert_eq!(damage(&few, false)[2], "Kendall τ-b 0.500 over the 1,200 that both rank");
        assert_eq!(damage(&few, true)[2], "τ-b 0.500 (of 1,200)");
    }

    #[test]
    fn neither_of_words_and_vectors_is_the_correct_one() {
        assert_eq!(other_rank(Setting::Words), "its rank by cosine");
        assert_eq!(other_rank(Setting::Rotated), "the rank that it should have");
        assert_eq!(score(-1.25, Scale::Distance), "1.250");
    }

    #[test]
    fn shares_keep_the_digits_that_mean_something() {
        let shown = [0.0, 0.000_000_1, 0.000_35, 0.012, 0.5].map(percent);
        assert_eq!(shown, ["0 %", "less than 0.001 %", "0.035 %", "1.2 %", "50 %"]);
    }
}
