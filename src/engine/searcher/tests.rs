use tokio_util::sync::CancellationToken;

use super::*;
use crate::backend::fake::Fake;
use crate::backend::{Batch, Identity, Location, TokenCount};
use crate::corpus::Document;
use crate::engine::Ranking;

fn corpus(texts: &[&str]) -> Arc<Corpus> {
    let documents = texts.iter().enumerate().map(|(number, &text)| Document::new(number.to_string(), text)).collect();
    Arc::new(Corpus::new("test", documents))
}

pub(super) fn fake(texts: &[&str]) -> Searcher {
    Searcher::new(Box::new(Fake::new(Location::InProcess)), corpus(texts))
}

pub(super) fn with_job<T>(act: impl FnOnce(&mut Job<'_>) -> T) -> T {
    act(&mut Job { cancel: &CancellationToken::new(), notify: &mut |_| {} })
}

fn order(ranking: &Ranking) -> Vec<usize> {
    ranking.ranked.iter().map(|ranked| ranked.document.0).collect()
}

#[test]
fn the_nearest_document_comes_first() {
    let mut searcher = fake(&["zebra", "apple banana", "banana"]);
    with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
    let ranking = with_job(|job| searcher.search("a b", job)).expect("the fake never fails");
    assert_eq!(order(&ranking), [1, 2, 0]);
    assert!((ranking.ranked[0].score - 1.0).abs() < 1e-6);
    assert!((ranking.ranked[1].score - 0.5_f32.sqrt()).abs() < 1e-6);
    assert!((ranking.query_info.norm - 2.0_f32.sqrt()).abs() < 1e-6);
}

#[test]
fn a_corpus_that_is_planned_in_parts_is_embedded_to_its_end() {
    let texts: Vec<String> = (0..8_200).map(|number| format!("text {number}")).collect();
    let mut searcher = fake(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
    assert_eq!(searcher.progress(), Progress { done: 8_200, total: 8_200, restored: 0 });
    assert_eq!(with_job(|job| searcher.embed_next(job)).expect("nothing is left").done, 8_200);
}

#[test]
fn what_is_embedded_so_far_is_ranked_and_known_to_be_a_part() {
    let mut searcher = fake(&["x", "y", "z"]);
    let progress = with_job(|job| searcher.embed_next(job)).expect("the fake never fails");
    assert_eq!(progress, Progress { done: 1, total: 3, ..Progress::default() });
    let ranking = with_job(|job| searcher.search("y", job)).expect("the fake never fails");
    assert_eq!((order(&ranking), ranking.is_complete()), (vec![0], false));
}

#[test]
fn the_share_that_is_done_goes_by_what_the_model_sees() {
    // The fake sees 16 words, so 80 bytes: 4, then 76, then 80 of 400.
    let mut searcher = fake(&["four", &"x".repeat(76), &"y".repeat(400)]);
    let mut shares = vec![searcher.share_done()];
    for _ in 0..3 {
        with_job(|job| searcher.embed_next(job)).expect("the fake never fails");
        shares.push(searcher.share_done());
    }
    for (share, expected) in shares.into_iter().zip([0.0, 0.025, 0.5, 1.0]) {
        assert!((share - expected).abs() < 1e-12, "{share} in place of {expected}");
    }
    assert!((fake(&[]).share_done() - 1.0).abs() < 1e-12);
}

#[test]
fn what_somebody_has_just_written_is_embedded_before_the_rest_of_the_corpus() {
    let mut searcher = fake(&["x", "y", "z"]);
    let next = |searcher: &mut Searcher| {
        with_job(|job| searcher.embed_next(job)).expect("the fake never fails");
        searcher.index.rows().last().expect("one more").0.0
    };
    assert_eq!(next(&mut searcher), 0);
    searcher.take_corpus(corpus(&["x", "y", "z", "new"]), true);
    searcher.take_corpus(corpus(&["another", "x", "y", "z", "new"]), true);
    assert_eq!([next(&mut searcher), next(&mut searcher)], [0, 4], "before y and z");
    assert_eq!(next(&mut searcher), 2);
    // What is opened has nothing that was written just now.
    searcher.take_corpus(corpus(&["z", "x", "y", "w"]), false);
    assert_eq!([next(&mut searcher), next(&mut searcher)], [0, 3]);
}

#[test]
fn an_empty_corpus_ranks_nothing() {
    let mut searcher = fake(&[]);
    with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
    let ranking = with_job(|job| searcher.search("y", job)).expect("the fake never fails");
    assert!(ranking.ranked.is_empty() && ranking.spread.is_none() && ranking.is_complete());
}

/// Answers each call with the next of its prepared batches.
struct Scripted {
    card: ModelCard,
    answers: VecDeque<Result<Batch, BackendError>>,
}

impl Embedder for Scripted {
    fn card(&self) -> &ModelCard {
        &self.card
    }

    fn identity(&self, role: Role) -> Identity {
        Identity { model: "scripted".into(), details: format!("{role:?}") }
    }

    fn plan(&self, texts: &[&str]) -> Vec<Vec<usize>> {
        (0..texts.len()).map(|index| vec![index]).collect()
    }

    fn count(&self, texts: &[&str], _: Role) -> Vec<TokenCount> {
        vec![TokenCount { total: 500_000, used: 500_000, estimated: true }; texts.len()]
    }

    fn embed(&mut self, _: &[&str], _: Role, _: &mut Job<'_>) -> Result<Batch, BackendError> {
        self.answers.pop_front().expect("no call beyond the script")
    }
}

fn scripted(texts: &[&str], answers: Vec<Result<Batch, BackendError>>) -> Searcher {
    let card = ModelCard { usd_per_million_tokens: Some(0.02), ..Fake::new(Location::InProcess).card().clone() };
    let card = ModelCard { dimensions: None, location: Location::Loopback("here".into()), ..card };
    Searcher::new(Box::new(Scripted { card, answers: answers.into() }), corpus(texts))
}

fn answer(vector: &[f32]) -> Batch {
    let vectors = ndarray::Array2::from_shape_vec((1, vector.len()), vector.to_vec()).expect("one row");
    Batch { vectors, tokens: vec![TokenCount::default()], usage: Usage { tokens: 10, usd: Some(0.5) } }
}

#[test]
fn a_failed_batch_stays_next() {
    let mut searcher = scripted(&["x"], vec![Err(BackendError::Cancelled), Ok(answer(&[1.0, 0.0]))]);
    assert!(with_job(|job| searcher.embed_next(job)).is_err());
    assert_eq!(searcher.progress().done, 0);
    assert_eq!(with_job(|job| searcher.embed_next(job)).expect("second try").done, 1);
}

#[test]
fn a_vector_that_is_not_finite_never_enters_the_index_but_its_cost_is_counted() {
    let mut searcher = scripted(&["x"], vec![Ok(answer(&[f32::NAN, 0.0]))]);
    let error = with_job(|job| searcher.embed_next(job)).expect_err("not finite");
    assert!(error.to_string().contains("vector 1 of 1 is not finite: dimension 0"), "{error}");
    assert_eq!((searcher.progress().done, searcher.spent().total().tokens), (0, 10));
}

#[test]
fn a_query_is_embedded_once() {
    let mut searcher = scripted(&["x"], vec![Ok(answer(&[1.0, 0.0])), Ok(answer(&[0.0, 1.0]))]);
    with_job(|job| searcher.embed_all(job)).expect("scripted");
    let first = with_job(|job| searcher.search("q", job)).expect("scripted");
    let second = with_job(|job| searcher.search("q", job)).expect("from memory");
    assert_eq!(first.ranked, second.ranked);
    assert_eq!(second.timings.embed, Duration::ZERO);
    assert_eq!(searcher.spent().total(), Usage { tokens: 20, usd: Some(1.0) });
}

#[test]
fn texts_beside_the_corpus_are_embedded_once_in_each_role_and_come_in_the_order_asked_for() {
    let mut searcher = fake(&["x"]);
    let texts = ["b", "a", "b"].map(String::from);
    let queries = with_job(|job| searcher.embed_texts(&texts, Role::Query, job)).expect("the fake never fails");
    assert_eq!(queries.unit.dim(), (3, 27));
    assert_eq!((queries.unit[[0, 1]], queries.unit[[1, 0]], queries.unit[[2, 1]]), (1.0, 1.0, 1.0));
    let known = |searcher: &Searcher| searcher.known.len();
    assert_eq!(known(&searcher), 2);
    with_job(|job| searcher.embed_texts(&texts, Role::Document, job)).expect("the fake never fails");
    assert_eq!(known(&searcher), 4);
    let none = with_job(|job| searcher.embed_texts(&[], Role::Query, job)).expect("nothing to do");
    assert_eq!(none.unit.nrows(), 0);
}

#[test]
fn an_expression_is_the_sum_of_its_terms_and_each_of_them_is_embedded_once() {
    let texts = ["apple banana", "apple", "cherry"];
    let mut searcher = fake(&texts);
    with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
    // a + b − a = b, up to the lengths: √½ each of “apple banana”, less 1 of “apple”.
    let ranking = with_job(|job| searcher.search("= \"apple banana\" - apple", job)).expect("the fake never fails");
    let half = 0.5_f32.sqrt();
    let expected = ((half - 1.0).powi(2) + half * half).sqrt();
    assert!((ranking.query_info.norm - expected).abs() < 1e-6, "{}", ranking.query_info.norm);
    assert_eq!(order(&ranking), [0, 2, 1]);
    assert_eq!((ranking.query_info.tokens.total, searcher.known.len()), (3, 3));
    let error = with_job(|job| searcher.search("= apple - apple", job)).expect_err("nothing is left");
    assert!(error.to_string().contains("“= apple - apple” has length 0"), "{error}");
    // Beside others it is one without a direction.
    let texts = ["= apple - apple", "apple"].map(String::from);
    let embedded = with_job(|job| searcher.embed_texts(&texts, Role::Query, job)).expect("the rest is fine");
    assert!(embedded.unit.row(0).iter().all(|&number| number == 0.0));
    assert_eq!((embedded.infos[0].norm, embedded.unit[[1, 0]]), (0.0, 1.0));
}

#[test]
fn a_ranking_holds_the_vector_that_it_ranked_by() {
    let mut searcher = fake(&["apple", "banana"]);
    with_job(|job| searcher.embed_all(job)).expect("the fake never fails");
    let ranking = with_job(|job| searcher.search("apple banana", job)).expect("the fake never fails");
    let vectors = searcher.vectors();
    for ranked in &ranking.ranked {
        let vector = vectors.of(ranked.document).expect("embedded");
        assert!((vector.dot(ranking.vector.as_ref()) - ranked.score).abs() < 1e-6);
    }
}

#[test]
fn a_server_gets_texts_in_batches_of_its_own_and_more_texts_than_are_kept_are_embedded_all_the_same() {
    // The fake plans one text a batch; the script has an answer for each call, of one row.
    let answers = [[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]].map(|vector| Ok(answer(&vector))).into();
    let mut searcher = scripted(&["x"], answers);
    searcher.known.resize(NonZeroUsize::MIN);
    let texts = ["p", "q", "r"].map(String::from);
    let embedded = with_job(|job| searcher.embed_texts(&texts, Role::Query, job)).expect("scripted");
    assert_eq!(embedded.unit, ndarray::array![[1.0, 0.0], [0.0, 1.0], [0.6, 0.8]]);
    assert_eq!(searcher.spent().queries.tokens, 30);
}

#[test]
fn a_query_embedded_again_and_again_shows_how_much_the_model_varies() {
    let answers = [[1.0, 0.0], [1.0, 0.0], [0.6, 0.8]].map(|vector| Ok(answer(&vector))).into();
    let mut searcher = scripted(&["x"], answers);
    let repeated = with_job(|job| searcher.repeat("q", 3, job)).expect("scripted");
    assert_eq!(repeated.times, 3);
    assert!((repeated.largest - 0.8).abs() < 1e-6, "{}", repeated.largest);
    assert_eq!((searcher.spent().queries.tokens, searcher.spent().corpus.tokens), (30, 0));
}

#[test]
fn an_estimate_prices_the_tokens_of_all_texts() {
    let estimate = scripted(&["x", "y"], vec![]).estimate();
    assert_eq!(estimate, Estimate { texts: 2, tokens: 1_000_000, estimated: true, usd: Some(0.02) });
}
