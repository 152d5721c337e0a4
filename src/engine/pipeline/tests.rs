use super::*;
use crate::corpus::{Corpus, Document};
use crate::engine::ranking::tests::ranking;
use crate::math::bm25::Params;
use crate::math::words::Folding;

fn lexical(texts: &[&str], folding: Folding) -> Arc<Lexical> {
    let documents = texts.iter().enumerate().map(|(number, &text)| Document::new(number.to_string(), text)).collect();
    let corpus = Corpus::new("test", documents);
    Arc::new(Lexical::new(&corpus, folding))
}

/// Four documents: by words, "cat dog" finds 0 before 1, and not 2 and 3.
const TEXTS: [&str; 4] = ["cat and dog", "a dog", "two birds", "a fish"];

fn run(settings: Settings) -> Run {
    // Dense: 2 1 0 3.
    let dense = ranking("cat dog", &[0.3, 0.5, 0.9, 0.1]);
    Run::first_stages("cat dog", Some(&dense), &lexical(&TEXTS, settings.folding), settings)
}

fn order(run: &Run, stage: Stage) -> Vec<usize> {
    run.order(stage).iter().map(|document| document.0).collect()
}

fn logits(logits: &[f32]) -> Vec<RerankScore> {
    logits.iter().map(|&logit| RerankScore::Logit(logit)).collect()
}

#[test]
fn a_filter_leaves_words_their_weights_and_takes_the_other_documents_away() {
    let lexical = lexical(&TEXTS, Folding::default());
    let all = lexical.rank("cat dog", Params::default(), None);
    let kept: Vec<DocumentIndex> = all.placed.iter().skip(1).map(|placed| placed.document).collect();
    let mut documents = kept.clone();
    documents.sort_unstable();
    let selection = Selection { filter: "f".into(), documents };
    let some = lexical.rank("cat dog", Params::default(), Some(&selection));
    assert!(!some.placed.is_empty());
    assert_eq!(some.placed, all.placed[1..]);
    let among = Among { selection: Some(&selection), left_out: None };
    let run = Run::first_stages_among(among, "cat dog", None, &lexical, Settings::default());
    assert_eq!(run.provenance(all.placed[0].document).bm25, None);
}

#[test]
fn every_stage_has_its_ranking_and_every_document_its_provenance() {
    let mut run = run(Settings { depth: 2, ..Settings::default() });
    assert_eq!(order(&run, Stage::Dense), [2, 1, 0, 3]);
    assert_eq!(order(&run, Stage::Bm25), [0, 1]);
    // 0: 1/63 + 1/61, 1: 1/62 + 1/62, 2: 1/61, 3: 1/64. The sum of unequal parts is the greater.
    assert_eq!(order(&run, Stage::Hybrid), [0, 1, 2, 3]);
    assert_eq!(run.candidates(), [DocumentIndex(0), DocumentIndex(1)]);
    run.rerank(&logits(&[-1.0, 2.0]), Duration::from_millis(3));
    assert_eq!(order(&run, Stage::Rerank), [1, 0, 2, 3]);

    let of_1 = run.provenance(DocumentIndex(1));
    assert_eq!(of_1.dense, Some(Placement { rank: 2, score: 0.5 }));
    assert_eq!(of_1.bm25.map(|placement| placement.rank), Some(2));
    let rank_2 = FusionTerm::ReciprocalRank { rank: 2, weight: 1.0, value: 1.0 / 62.0 };
    assert_eq!(of_1.fusion, Some([rank_2, rank_2]));
    assert!((of_1.hybrid.expect("fused").score - 2.0 / 62.0).abs() < 1e-7);
    assert_eq!(
        (of_1.rerank, of_1.rerank_score),
        (Some(Placement { rank: 1, score: 2.0 }), Some(RerankScore::Logit(2.0)))
    );
    let found: Vec<_> = of_1.terms.iter().map(|term| (term.term.as_str(), term.tf)).collect();
    assert_eq!(found, [("cat", 0), ("dog", 1)]);
    let sum: f64 = of_1.terms.iter().map(|term| term.contribution).sum();
    assert!((sum - f64::from(of_1.bm25.expect("a match").score)).abs() < 1e-6);

    let of_3 = run.provenance(DocumentIndex(3));
    assert_eq!((of_3.bm25, of_3.rerank, of_3.rerank_score), (None, None, None));
    assert_eq!(of_3.fusion.expect("dense has it")[1], FusionTerm::Missing);
}

#[test]
fn a_stage_that_is_off_is_passed_over() {
    let stages = |stages: &[Stage]| {
        let mut run = run(Settings::default().only(stages));
        let count = run.candidates().len();
        run.rerank(&logits(&[0.0, 1.0, 2.0, 3.0][..count]), Duration::ZERO);
        (order(&run, Stage::Hybrid), order(&run, Stage::Rerank))
    };
    // From the last to the first of what was before.
    assert_eq!(stages(&[Stage::Dense, Stage::Bm25, Stage::Rerank]), (vec![], vec![3, 0, 1, 2]));
    assert_eq!(stages(&[Stage::Bm25, Stage::Hybrid, Stage::Rerank]), (vec![], vec![1, 0]));
    assert_eq!(
        stages(&[Stage::Dense, Stage::Bm25, Stage::Hybrid, Stage::Rerank]),
        (vec![0, 1, 2, 3], vec![3, 2, 1, 0])
    );
    assert_eq!(stages(&[Stage::Rerank]), (vec![], vec![]));
    let without = run(Settings::default().only(&[Stage::Bm25]));
    assert!(without.candidates().is_empty() && without.stage(Stage::Dense).is_none());
    assert_eq!(without.provenance(DocumentIndex(0)).dense, None);
}

#[test]
fn while_the_vectors_are_on_their_way_there_are_the_words() {
    let run = Run::first_stages("cat dog", None, &lexical(&TEXTS, Folding::default()), Settings::default());
    assert_eq!(order(&run, Stage::Bm25), [0, 1]);
    assert!(run.stage(Stage::Dense).is_none() && run.stage(Stage::Hybrid).is_none() && run.candidates().is_empty());
}

#[test]
fn words_that_nothing_holds_leave_the_other_stages_as_they_were() {
    let settings = Settings { folding: Folding { stop_words: true, ..Folding::default() }, ..Settings::default() };
    for query in ["zebra", "a and the", "…", ""] {
        let dense = ranking(query, &[0.3, 0.5, 0.9, 0.1]);
        for fusion in [Fusion::ReciprocalRank, Fusion::Blend] {
            let settings = Settings { fusion, ..settings };
            let run = Run::first_stages(query, Some(&dense), &lexical(&TEXTS, settings.folding), settings);
            assert!(order(&run, Stage::Bm25).is_empty(), "{query}");
            assert_eq!(order(&run, Stage::Hybrid), [2, 1, 0, 3], "{query}");
        }
    }
}

#[test]
fn ties_and_duplicates_keep_the_order_of_the_corpus_in_every_stage() {
    let dense = ranking("dog", &[0.5, 0.5, 0.5]);
    let lexical = lexical(&["dog", "dog", "dog"], Folding::default());
    for fusion in [Fusion::ReciprocalRank, Fusion::Blend] {
        let settings = Settings { fusion, depth: 1000, ..Settings::default() };
        let mut run = Run::first_stages("dog", Some(&dense), &lexical, settings);
        // n beyond the corpus is the corpus.
        assert_eq!(run.candidates().len(), 3);
        run.rerank(&logits(&[0.0, 0.0, 0.0]), Duration::ZERO);
        for stage in Stage::ALL {
            assert_eq!(order(&run, stage), [0, 1, 2], "{stage:?}, {fusion:?}");
        }
    }
}

#[test]
fn a_blend_shows_the_scores_that_it_is_made_of() {
    let run = run(Settings { fusion: Fusion::Blend, alpha: 0.75, ..Settings::default() });
    let of_1 = run.provenance(DocumentIndex(1)).fusion.expect("dense has it");
    // (0.5 − 0.1) / (0.9 − 0.1), and the last of BM25's list.
    let FusionTerm::Score { raw, normalised, weight, value } = of_1[0] else { unreachable!("a blend") };
    assert_eq!((raw, weight), (0.5, 0.75));
    assert!((normalised - 0.5).abs() < 1e-6 && (value - 0.375).abs() < 1e-6);
    assert!(of_1[1].value().abs() < 1e-9);
    // 2: 0.75, 0: 0.75 × 0.25 + 0.25.
    assert_eq!(order(&run, Stage::Hybrid), [2, 0, 1, 3]);
}

#[test]
fn late_interaction_is_ranked_by_its_blend() {
    let mut run = run(Settings { depth: 2, late_weight: 0.5, ..Settings::default() });
    let late = |late, cosine| RerankScore::Late { late, cosine };
    run.rerank(&[late(0.9, 0.1), late(0.6, 0.6)], Duration::ZERO);
    assert_eq!(order(&run, Stage::Rerank)[..2], [1, 0]);
    run.settings.late_weight = 1.0;
    run.rerank(&[late(0.9, 0.1), late(0.6, 0.6)], Duration::ZERO);
    assert_eq!(order(&run, Stage::Rerank)[..2], [0, 1]);
}

#[test]
fn an_empty_corpus_has_empty_stages() {
    let mut run =
        Run::first_stages("q", Some(&ranking("q", &[])), &lexical(&[], Folding::default()), Settings::default());
    run.rerank(&[], Duration::ZERO);
    assert!(Stage::ALL.into_iter().all(|stage| run.order(stage).is_empty()));
}
