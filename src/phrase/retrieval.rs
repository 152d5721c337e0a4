//! Where the stages of a pipeline put a document, and its scores written out so that they can be checked by hand.

use super::thousands;
use crate::backend::RerankScore;
use crate::engine::Stage;
use crate::engine::pipeline::{Fusion, FusionTerm, Placement, Provenance, Settings, TermScore};
use crate::text;

/// `places dense #1 · BM25 – · hybrid #1 · rerank #2`
#[must_use]
pub fn places(settings: Settings, provenance: &Provenance) -> String {
    let Provenance { dense, bm25, hybrid, rerank, .. } = *provenance;
    let places = [(Stage::Dense, dense), (Stage::Bm25, bm25), (Stage::Hybrid, hybrid), (Stage::Rerank, rerank)];
    let places = places.into_iter().filter(|(stage, _)| settings.runs(*stage)).map(|(stage, placement)| {
        let rank = placement.map_or_else(|| "–".to_owned(), |Placement { rank, .. }| format!("#{rank}"));
        format!("{} {rank}", stage.name())
    });
    format!("places {}", places.collect::<Vec<_>>().join(" → "))
}

/// `BM25 2.64 = a 1.13 (2 × idf 1.27 × 0.45, in 28) + database 1.50 (idf 3.36 × 0.45, in 3); not here: how, do`
#[must_use]
pub fn bm25(provenance: &Provenance) -> String {
    let words = |terms: &dyn Fn(&TermScore) -> bool| -> Vec<String> {
        let terms = provenance.terms.iter().filter(|term| terms(term));
        terms.map(|term| text::visible(&text::fit(&term.term, 24)).into_owned()).collect()
    };
    let found: Vec<String> = provenance.terms.iter().filter(|term| term.tf > 0).map(term).collect();
    let mut bm25 = match provenance.bm25 {
        Some(Placement { score, .. }) => format!("BM25 {score:.2} = {}", found.join(" + ")),
        None => "BM25 none of its words".to_owned(),
    };
    let absent = [
        ("not here", words(&|term| term.documents > 0 && term.tf == 0)),
        ("in no sentence", words(&|term| term.documents == 0)),
    ];
    for (why, words) in absent.into_iter().filter(|(_, words)| !words.is_empty()) {
        bm25.push_str(&format!("; {why}: {}", words.join(", ")));
    }
    if provenance.terms.is_empty() {
        bm25.push_str(": the query has no words to look for");
    }
    bm25
}

/// What a word adds that the sentence holds.
fn term(term: &TermScore) -> String {
    let TermScore { term, in_query, documents, idf, saturation, contribution, .. } = term;
    let word = text::visible(text::fit(term, 24).as_ref()).into_owned();
    let times = if *in_query > 1 { format!("{in_query} × ") } else { String::new() };
    let documents = thousands(*documents as u64);
    format!("{word} {contribution:.2} ({times}idf {idf:.2} × {saturation:.2}, in {documents})")
}

/// `RRF 0.0323 = 1/(60+1) + 1/(60+3)`
#[must_use]
pub fn fusion(settings: &Settings, terms: [FusionTerm; 2], hybrid: Option<Placement>) -> String {
    let name = match terms {
        [FusionTerm::Score { .. }, _] | [_, FusionTerm::Score { .. }] => "blend",
        _ => "RRF",
    };
    let written = terms.map(|term| match term {
        FusionTerm::Missing => "0".to_owned(),
        FusionTerm::ReciprocalRank { rank, weight, .. } => format!("{weight}/({}+{rank})", settings.k),
        FusionTerm::Score { raw, normalised, weight, .. } => {
            format!("{weight:.2} × {normalised:.3} (of {raw:.3})")
        }
    });
    let values = terms.map(|term| format!("{:.4}", term.value()));
    let score = hybrid.map_or(0.0, |placement| placement.score);
    format!("{name} {score:.4} = {} = {}", written.join(" + "), values.join(" + "))
}

/// `rerank 0.655 = 0.5 × late interaction 0.701 + 0.5 × cosine 0.609`
#[must_use]
pub fn rerank(settings: &Settings, score: RerankScore) -> String {
    let weight = settings.late_weight;
    match score {
        RerankScore::Late { late, cosine } => format!(
            "rerank {:.3} = {weight} × late interaction {late:.3} + {} × cosine {cosine:.3}",
            score.value(weight),
            // Not 0.19999999.
            ((1.0 - weight) * 1e4).round() / 1e4
        ),
        RerankScore::Logit(logit) => {
            let probability = score.probability().unwrap_or_default() * 100.0;
            format!("rerank logit {logit:.2} = probability {probability:.1} %")
        }
    }
}

/// How two rankings become one, in a few words.
#[must_use]
pub fn fusion_name(settings: &Settings) -> String {
    match settings.fusion {
        Fusion::ReciprocalRank => format!("RRF k {} ({}, {})", settings.k, settings.weights[0], settings.weights[1]),
        Fusion::Blend => format!("blend alpha {}", settings.alpha),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fusion_is_written_out_so_that_it_can_be_checked_by_hand() {
        let settings = Settings::default();
        let terms = [
            FusionTerm::ReciprocalRank { rank: 1, weight: 1.0, value: 1.0 / 61.0 },
            FusionTerm::ReciprocalRank { rank: 3, weight: 1.0, value: 1.0 / 63.0 },
        ];
        let hybrid = Some(Placement { rank: 1, score: 0.032_266 });
        assert_eq!(fusion(&settings, terms, hybrid), "RRF 0.0323 = 1/(60+1) + 1/(60+3) = 0.0164 + 0.0159");
        let half = [FusionTerm::ReciprocalRank { rank: 2, weight: 0.5, value: 0.5 / 62.0 }, FusionTerm::Missing];
        assert_eq!(fusion(&settings, half, None), "RRF 0.0000 = 0.5/(60+2) + 0 = 0.0081 + 0.0000");
    }

    #[test]
    fn words_say_what_they_add_or_why_they_add_nothing() {
        let cat = TermScore {
            term: "cat".into(),
            in_query: 2,
            documents: 3,
            idf: 3.5,
            tf: 1,
            saturation: 0.5,
            contribution: 3.5,
        };
        let dog = TermScore { term: "dog".into(), tf: 0, saturation: 0.0, contribution: 0.0, ..cat.clone() };
        let yak = TermScore { term: "yak".into(), documents: 0, ..dog.clone() };
        let nothing = Provenance {
            dense: None,
            bm25: None,
            terms: Vec::new(),
            hybrid: None,
            fusion: None,
            rerank: None,
            rerank_score: None,
        };
        let found = Provenance {
            bm25: Some(Placement { rank: 1, score: 3.5 }),
            terms: vec![yak.clone(), cat, dog.clone()],
            ..nothing.clone()
        };
        let expected = "BM25 3.50 = cat 3.50 (2 × idf 3.50 × 0.50, in 3); not here: dog; in no sentence: yak";
        assert_eq!(bm25(&found), expected);
        let missed = Provenance { terms: vec![dog, yak], ..nothing.clone() };
        assert_eq!(bm25(&missed), "BM25 none of its words; not here: dog; in no sentence: yak");
        assert_eq!(bm25(&nothing), "BM25 none of its words: the query has no words to look for");
    }

    #[test]
    fn the_weights_of_a_rerank_are_those_that_were_set() {
        let settings = |late_weight| Settings { late_weight, ..Settings::default() };
        let score = RerankScore::Late { late: 0.6, cosine: 0.4 };
        assert_eq!(
            rerank(&settings(0.25), score),
            "rerank 0.450 = 0.25 × late interaction 0.600 + 0.75 × cosine 0.400"
        );
        assert_eq!(rerank(&settings(0.8), score), "rerank 0.560 = 0.8 × late interaction 0.600 + 0.2 × cosine 0.400");
    }

    #[test]
    fn a_logit_comes_with_its_probability() {
        assert_eq!(rerank(&Settings::default(), RerankScore::Logit(0.0)), "rerank logit 0.00 = probability 50.0 %");
    }
}
