//! The panel of the evaluation.

use super::*;
use crate::backend::{RerankMethod, RerankerCard};
use crate::corpus::bundled;
use crate::engine::Stage;
use crate::engine::evaluation::Plan;
use crate::math::relevance::Measures;
use crate::state::evaluation::Outcome;
use crate::state::pipeline::{RerankerPanel, RerankerPhase};

fn measures(ndcg: f64) -> Measures {
    Measures { ndcg, reciprocal_rank: 0.5, recall: 0.5, average_precision: 0.5, success: 1.0 }
}

/// The Pipeline screen over the bundled corpus, everything ready.
fn on_screen() -> State {
    let panels = vec![Panel::new("local", Duration::ZERO), Panel::new("remote", PAUSE)];
    let mut state = State::new(Arc::new(bundled::corpus()), panels, 2, LOCAL, 2, Appearance::Dark);
    let card_of_reranker =
        RerankerCard { model: "m".into(), engine: "e".into(), method: RerankMethod::LateInteraction, max_tokens: 256 };
    let phase = RerankerPhase::Ready(card_of_reranker);
    state.pipeline.rerankers =
        vec![RerankerPanel { label: "late".into(), method: RerankMethod::LateInteraction, phase }];
    state.start();
    open(&mut state, LOCAL);
    let progress = Progress { done: 100, total: 100, ..Progress::default() };
    state.receive(Reply::Embedded { backend: LOCAL, progress, card: card(), spent: Spent::default() });
    state.act(Action::ShowScreen(Screen::Pipeline));
    state
}

/// Does one step of what a worker would, every stage with an nDCG of its own; gives what comes next.
fn step(state: &mut State, effect: Effect) -> Vec<Effect> {
    match effect {
        Effect::RankLabelled { backend, ticket, query } => {
            let ranking = Ok(Arc::new(ranking(&query, &[0.5; 100])));
            state.receive(Reply::LabelledRanked { backend, ticket, ranking, spent: Spent::default() })
        }
        Effect::Measure { ticket, plan, dense, .. } => {
            assert_eq!(dense.is_some(), plan.stages().contains(&Stage::Dense));
            let measures = (1_u8..).zip(plan.stages()).map(|(at, _)| measures(f64::from(at) / 10.0)).collect();
            state.receive(Reply::Measured { ticket, measures: Ok(measures) })
        }
        Effect::SumUp { ticket, plan, systems } => {
            let outcome = Outcome::of(&plan, &systems);
            state.receive(Reply::SummedUp { ticket, outcome })
        }
        other => unreachable!("{other:?}"),
    }
}

/// Takes an evaluation to its end, and counts the steps.
fn run(state: &mut State, effects: Vec<Effect>) -> usize {
    let (mut next, mut steps) = (effects, 0);
    while let Some(effect) = next.pop() {
        assert!(next.is_empty(), "one step at a time");
        next = step(state, effect);
        steps += 1;
    }
    steps
}

fn plan(state: &State) -> &Plan {
    &state.evaluation.as_ref().expect("it was opened").plan
}

#[test]
fn every_labelled_query_is_ranked_and_measured_and_summed_up() {
    let mut state = on_screen();
    let effects = state.act(Action::ToggleEvaluation);
    assert_eq!(state.mode, Mode::Evaluation);
    let queries = bundled::queries().len();
    assert_eq!(run(&mut state, effects), 2 * queries + 1);
    let evaluation = state.evaluation.as_ref().expect("it was opened");
    let outcome = evaluation.outcome.as_ref().expect("it is done");
    let means: Vec<String> = outcome.summaries.iter().map(|summary| format!("{:.1}", summary.means[0].mean)).collect();
    assert_eq!(means, ["0.1", "0.2", "0.3", "0.4"]);
    let pairs: Vec<_> = outcome.differences.iter().map(|difference| (difference.from, difference.to)).collect();
    let expected = [
        (Stage::Dense, Stage::Hybrid),
        (Stage::Bm25, Stage::Hybrid),
        (Stage::Hybrid, Stage::Rerank),
        (Stage::Dense, Stage::Rerank),
    ];
    assert_eq!(pairs, expected);
}

#[test]
fn what_is_known_is_not_measured_again_and_another_setting_is() {
    let mut state = on_screen();
    let effects = state.act(Action::ToggleEvaluation);
    run(&mut state, effects);
    state.act(Action::Dismiss);
    assert_eq!(state.mode, Mode::Typing);
    assert_eq!(state.act(Action::ToggleEvaluation), []);
    state.act(Action::ToggleEvaluation);
    // Without dense, no backend is asked.
    state.act(Action::ToggleStage);
    let effects = state.act(Action::ToggleEvaluation);
    assert_eq!(plan(&state).stages(), [Stage::Bm25, Stage::Rerank]);
    assert_eq!(run(&mut state, effects), bundled::queries().len() + 1);
}

#[test]
fn a_reranker_that_would_have_to_be_fetched_is_left_out() {
    let mut state = on_screen();
    state.pipeline.rerankers[0].phase = RerankerPhase::Absent("some/model".into());
    state.act(Action::ToggleEvaluation);
    assert_eq!(plan(&state).stages(), [Stage::Dense, Stage::Bm25, Stage::Hybrid]);
}

#[test]
fn an_answer_to_an_older_evaluation_is_dropped_and_a_failure_ends_it() {
    let mut state = on_screen();
    let first = state.act(Action::ToggleEvaluation);
    state.act(Action::ToggleEvaluation);
    state.act(Action::NextStage);
    state.act(Action::RaiseParam);
    let second = state.act(Action::ToggleEvaluation);
    assert_eq!(step(&mut state, first[0].clone()), []);
    let Effect::RankLabelled { backend, ticket, .. } = second[0].clone() else { unreachable!("dense is on") };
    let ranking = Err("the server is gone".to_owned());
    assert_eq!(state.receive(Reply::LabelledRanked { backend, ticket, ranking, spent: Spent::default() }), []);
    let failed = state.evaluation.as_ref().and_then(|evaluation| evaluation.failed.clone());
    assert_eq!(failed.as_deref(), Some("the server is gone"));
    // Opened again, it is tried again.
    state.act(Action::ToggleEvaluation);
    assert!(matches!(state.act(Action::ToggleEvaluation)[..], [Effect::RankLabelled { .. }]));
}

#[test]
fn the_query_on_which_stages_differ_most_comes_first_and_can_be_taken() {
    let mut state = on_screen();
    state.act(Action::ToggleEvaluation);
    let evaluation = state.evaluation.as_mut().expect("it was opened");
    evaluation.measured = vec![vec![measures(0.5), measures(0.6)], vec![measures(1.0), measures(0.2)]];
    let listed: Vec<usize> = evaluation.listed().iter().map(|(number, _)| *number).collect();
    assert_eq!(listed, [0, 1], "nothing moves under the person's hand while they are measured");
    evaluation.outcome = Some(Outcome { summaries: Vec::new(), differences: Vec::new() });
    let listed: Vec<usize> = evaluation.listed().iter().map(|(number, _)| *number).collect();
    assert_eq!(listed, [1, 0]);
    state.act(Action::Scroll(1));
    state.act(Action::Choose);
    assert_eq!((state.mode, state.query.text()), (Mode::Typing, bundled::queries()[0].query.as_str()));
}

#[test]
fn a_corpus_without_labelled_queries_says_where_to_measure() {
    let mut state = ready();
    state.act(Action::ShowScreen(Screen::Pipeline));
    assert_eq!(state.act(Action::ToggleEvaluation), []);
    assert_eq!(state.mode, Mode::Typing);
    assert!(state.notice.as_deref().is_some_and(|notice| notice.contains("vecscope eval")), "{:?}", state.notice);
}

#[test]
fn a_backend_that_breaks_ends_its_evaluation() {
    let mut state = on_screen();
    state.act(Action::ToggleEvaluation);
    state.receive(Reply::Failed { backend: LOCAL, message: "the backend broke".into() });
    let failed = state.evaluation.as_ref().and_then(|evaluation| evaluation.failed.clone());
    assert_eq!(failed.as_deref(), Some("the backend broke"));
}
