use tokio_util::sync::CancellationToken;

use super::*;
use crate::backend::{RerankMethod, RerankScore, RerankerCard, WordMatches};
use crate::corpus::{Document, bundled};
use crate::engine::ranking::tests::ranking;
use crate::math::words::Folding;

fn corpus(texts: &[&str]) -> Corpus {
    let documents = (0..).zip(texts).map(|(number, &text): (usize, _)| Document::new(format!("d{number}"), text));
    Corpus::new("test", documents.collect())
}

fn query(id: &str, text: &str) -> Query {
    Query { id: id.into(), text: text.into() }
}

fn judgement(query: &str, document: &str, relevance: i32) -> Judgement {
    Judgement { query: query.into(), document: document.into(), relevance }
}

/// Scores documents by their length in bytes, the longest highest; or gives too few scores.
struct ByLength {
    card: RerankerCard,
    missing: usize,
    asked: Vec<usize>,
}

impl ByLength {
    fn new(missing: usize) -> Self {
        let method = RerankMethod::CrossEncoder;
        let card = RerankerCard { model: "length".into(), engine: "rule".into(), method, max_tokens: 100 };
        Self { card, missing, asked: Vec::new() }
    }
}

impl Reranker for ByLength {
    fn card(&self) -> &RerankerCard {
        &self.card
    }

    #[expect(clippy::cast_precision_loss, reason = "short texts")]
    fn rerank(&mut self, _: &str, documents: &[&str], _: &CancellationToken) -> Result<Vec<RerankScore>, BackendError> {
        self.asked.push(documents.len());
        let scores = documents.iter().map(|document| RerankScore::Logit(document.len() as f32));
        Ok(scores.skip(self.missing).collect())
    }

    fn word_matches(&mut self, _: &str, _: &str, _: &CancellationToken) -> Result<Option<WordMatches>, BackendError> {
        Ok(None)
    }
}

/// By words, "cat dog" finds 0 before 1, and not 2 and 3.
const TEXTS: [&str; 4] = ["cat and dog", "a dog", "two birds", "a fish"];

/// Runs a query whose dense ranking is 2 1 0 3.
fn run(plan: &Plan, text: &str, reranker: Option<&mut dyn Reranker>) -> Result<Run, BackendError> {
    let corpus = corpus(&TEXTS);
    let lexical = Arc::new(Lexical::new(&corpus, plan.settings().folding));
    let dense = ranking(text, &[0.3, 0.5, 0.9, 0.1]);
    let dense = plan.settings().runs(Stage::Dense).then_some(&dense);
    let job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
    let query = JudgedQuery { id: "q".into(), text: text.into(), judgements: Judgements::new(), own_document: None };
    plan.run(&query, dense, (&corpus, &lexical), reranker, &job)
}

fn plan(stages: &[Stage]) -> Plan {
    Plan::new(stages, Settings::default(), 10).expect("a plan")
}

#[track_caller]
fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} in place of {expected}");
}

#[test]
fn what_cannot_be_used_is_counted_and_a_missing_document_is_missed() {
    let corpus = corpus(&["a", "b"]);
    let queries = [query("q1", "one"), query("q2", "two"), query("q3", "three")];
    let judgements = [
        judgement("q3", "d1", 1),
        judgement("q3", "gone", 2),
        judgement("q3", "lost", 1),
        judgement("q1", "d0", 0),
        judgement("nobody", "d0", 1),
    ];
    let judged = Judged::new(&corpus, &queries, &judgements);
    let ids: Vec<_> = judged.queries.iter().map(|query| query.id.as_str()).collect();
    assert_eq!((ids, judged.judgements()), (vec!["q1", "q3"], 4));
    assert_eq!((judged.unjudged_queries, judged.stray_judgements, judged.missing_documents), (1, 1, 2));
    // Found is one of three that are relevant; and the ideal has a 2 first.
    let of_q3 = relevance::measures(&[1, 0], &judged.queries[1].judgements, 10);
    assert_near(of_q3.recall, 1.0 / 3.0);
    assert_near(of_q3.ndcg, 1.0 / (2.0 + 1.0 / 3_f64.log2() + 1.0 / 4_f64.log2()));
    assert_eq!(relevance::relevant(&judged.queries[0].judgements), 0, "judged, and not relevant");
}

#[test]
fn the_bundled_queries_keep_their_grades() {
    let (corpus, labelled) = (bundled::corpus(), bundled::queries());
    let judged = Judged::bundled(&corpus, &labelled);
    assert_eq!((judged.queries.len(), judged.missing_documents, judged.unjudged_queries), (labelled.len(), 0, 0));
    let (id, &grade) = labelled[0].relevant.first_key_value().expect("judged");
    let place = corpus.documents.iter().position(|document| document.id == *id).expect("it is there");
    assert_eq!(judged.queries[0].judgements[&place], i32::from(grade));
    assert_eq!(judged.judgements(), labelled.iter().map(|query| query.relevant.len()).sum::<usize>());
}

#[test]
fn stages_that_make_no_plan_are_named() {
    use Stage::{Bm25, Dense, Hybrid, Rerank};
    let refused = |stages: &[Stage]| Plan::new(stages, Settings::default(), 10).expect_err("no plan").to_string();
    assert_eq!(refused(&[]), "no stage is named");
    assert_eq!(refused(&[Dense, Bm25, Dense]), "dense is named twice");
    assert_eq!(refused(&[Hybrid, Hybrid]), "hybrid is named twice");
    assert!(refused(&[Bm25, Dense]).starts_with("dense stands after BM25; "));
    assert!(refused(&[Rerank, Hybrid]).starts_with("hybrid stands after rerank; "));
    assert!(refused(&[Rerank]).starts_with("there is nothing before rerank"));
}

#[test]
fn a_plan_runs_what_its_stages_are_made_of_and_compares_with_what_is_measured() {
    use Stage::{Bm25, Dense, Hybrid, Rerank};
    let of = |stages: &[Stage]| {
        let plan = plan(stages);
        let last = *stages.last().expect("one at least");
        (plan.settings().on, plan.settings().reranked(), plan.before(last))
    };
    assert_eq!(of(&[Hybrid]), ([true, true, true, false], Some(Hybrid), vec![]));
    assert_eq!(of(&[Dense, Bm25]), ([true, true, false, false], Some(Dense), vec![Dense]));
    assert_eq!(of(&[Dense, Rerank]), ([true, false, false, true], Some(Dense), vec![Dense]));
    assert_eq!(of(&[Bm25, Rerank]), ([false, true, false, true], Some(Bm25), vec![Bm25]));
    assert_eq!(of(&[Hybrid, Rerank]), ([true; 4], Some(Hybrid), vec![Hybrid]));
    assert_eq!(of(&[Dense, Bm25, Rerank]), ([true; 4], Some(Hybrid), vec![Dense, Bm25]));
    let all = plan(&Stage::ALL);
    assert_eq!(Stage::ALL.map(|stage| all.before(stage)), [vec![], vec![], vec![Dense, Bm25], vec![Hybrid, Dense]]);
}

#[test]
fn every_stage_is_measured_by_its_own_order() {
    let mut reranker = ByLength::new(0);
    let plan = Plan::new(&Stage::ALL, Settings { depth: 3, ..Settings::default() }, 2).expect("a plan");
    let run = run(&plan, "cat dog", Some(&mut reranker)).expect("the fakes never fail");
    assert_eq!(reranker.asked, [3]);
    // Dense 2 1 0 3, BM25 0 1, hybrid 0 1 2 3, and of its first three by length 0 2 1, then 3.
    let judgements = Judgements::from([(2, 1), (3, 1), (9, 1)]);
    let measures = plan.measures(&run, &corpus(&TEXTS), &judgements);
    let ideal = 1.0 + 1.0 / 3_f64.log2();
    for (measures, [ndcg, mrr, recall, average, success]) in measures.iter().zip([
        [1.0 / ideal, 1.0, 1.0 / 3.0, (1.0 + 2.0 / 4.0) / 3.0, 1.0],
        [0.0; 5],
        [0.0, 0.0, 0.0, (1.0 / 3.0 + 2.0 / 4.0) / 3.0, 0.0],
        [1.0 / 3_f64.log2() / ideal, 0.5, 1.0 / 3.0, (1.0 / 2.0 + 2.0 / 4.0) / 3.0, 0.0],
    ]) {
        let expected = [ndcg, mrr, recall, average, success];
        for (measure, expected) in Measure::ALL.into_iter().zip(expected) {
            assert_near(measure.of(measures), expected);
        }
    }
    assert_eq!(relevant_ranks(&run.order(Stage::Dense), &judgements, 10), [1, 4]);
    assert_eq!(relevant_ranks(&run.order(Stage::Dense), &judgements, 1), [1]);
}

#[test]
fn words_that_nothing_holds_and_a_depth_beyond_the_corpus_are_no_trouble() {
    let folding = Folding { stop_words: true, ..Folding::default() };
    let settings = Settings { folding, depth: 1000, ..Settings::default() };
    let judgements = Judgements::from([(2, 1)]);
    for text in ["zebra", "a and the", "?"] {
        let all = Plan::new(&Stage::ALL, settings, 1000).expect("a plan");
        let mut reranker = ByLength::new(0);
        let run_of_all = run(&all, text, Some(&mut reranker)).expect("the fakes never fail");
        let found: Vec<f64> =
            all.measures(&run_of_all, &corpus(&TEXTS), &judgements).iter().map(|found| found.reciprocal_rank).collect();
        // By words there is nothing; "two birds" is shorter than "cat and dog" only.
        assert_eq!(found, [1.0, 0.0, 1.0, 0.5], "{text}");
        let by_words = Plan::new(&[Stage::Bm25, Stage::Rerank], settings, 10).expect("a plan");
        let run = run(&by_words, text, Some(&mut reranker)).expect("the fakes never fail");
        assert!(
            by_words.measures(&run, &corpus(&TEXTS), &judgements).iter().all(|found| found.recall == 0.0),
            "{text}"
        );
        assert_eq!(reranker.asked, [4, 0]);
    }
}

#[test]
fn a_reranker_that_gives_too_few_scores_is_refused() {
    let error = run(&plan(&Stage::ALL), "cat", Some(&mut ByLength::new(1))).expect_err("too few");
    assert!(error.to_string().contains("3 scores for 4 documents"), "{error}");
}

/// A system with these values of nDCG, and nothing else.
fn system(ndcg: &[f64]) -> System {
    let none = Measures { ndcg: 0.0, reciprocal_rank: 0.0, recall: 0.0, average_precision: 0.0, success: 0.0 };
    System { name: "s".into(), measures: ndcg.iter().map(|&ndcg| Measures { ndcg, ..none }).collect() }
}

#[test]
fn systems_are_summed_up_and_compared_measure_by_measure() {
    let (worse, better) = (system(&[0.1, 0.2, 0.3]), system(&[0.2, 0.4, 0.6]));
    let summary = worse.summary().expect("there are queries");
    assert_near(summary.means[0].mean, 0.2);
    assert!(summary.means[0].low >= 0.1 && summary.means[0].high <= 0.3, "{summary:?}");
    assert_eq!((summary.means[4].mean, summary.means[4].high), (0.0, 0.0));
    let [ndcg, others @ ..] = compare(&worse, &better).expect("pairs");
    assert_near(ndcg.difference, 0.2);
    // All three are better: only that and its opposite are as far from 0.
    assert_eq!((ndcg.p, ndcg.exact), (0.25, true));
    assert!(others.iter().all(|other| other.difference == 0.0 && (other.p - 1.0).abs() < 1e-12));
    assert_near(compare(&better, &worse).expect("pairs")[0].difference, -0.2);
    assert!(compare(&worse, &system(&[0.1])).is_none() && system(&[]).summary().is_none());
}
