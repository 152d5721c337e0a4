//! The Pipeline screen.

use super::*;
use crate::backend::hub::Download;
use crate::backend::{RerankMethod, RerankScore, RerankerCard};
use crate::engine::pipeline::Settings;
use crate::engine::{Lexical, Run, Stage};
use crate::math::bm25::Params;
use crate::state::RerankerId;
use crate::state::pipeline::{Matches, Param, RerankerPanel, RerankerPhase};

const LATE: RerankerId = RerankerId(0);
const CROSS: RerankerId = RerankerId(1);

fn reranker_card(method: RerankMethod) -> RerankerCard {
    RerankerCard { model: "m".into(), engine: "e".into(), method, max_tokens: 256 }
}

/// The Pipeline screen with a late interaction that is there and a cross-encoder that is not; the local backend ready.
fn on_screen() -> State {
    let mut state = ready();
    let panel = |label: &str, method, phase| RerankerPanel { label: label.into(), method, phase };
    state.pipeline.rerankers = vec![
        panel("late", RerankMethod::LateInteraction, RerankerPhase::Closed),
        panel("cross", RerankMethod::CrossEncoder, RerankerPhase::Absent("some/model".into())),
    ];
    assert_eq!(state.act(Action::ShowScreen(Screen::Pipeline)), []);
    state
}

/// Runs what a worker would, with the logits of a reranker that likes documents the more the later they come; gives what
/// is left to do.
fn work(state: &mut State, effects: Vec<Effect>) -> Vec<Effect> {
    let mut left = Vec::new();
    for effect in effects {
        let next = match effect {
            Effect::Search { backend, ticket, query, .. } => {
                answer(state, backend, ticket, ranking(&query, &[0.1, 0.4, 0.3, 0.2]))
            }
            Effect::RunPipeline { ticket, query, dense, settings, .. } => {
                let lexical = Arc::new(Lexical::new(&state.corpus, settings.folding));
                let run = Arc::new(Run::first_stages(&query, dense.as_deref(), &lexical, settings));
                state.receive(Reply::Piped { ticket, run })
            }
            Effect::OpenReranker(reranker) => {
                let method = state.pipeline.rerankers[reranker.0].method;
                state.receive(Reply::RerankerOpened { reranker, opened: Ok(reranker_card(method)) })
            }
            Effect::Rerank { ticket, reranker, run } => {
                let scores: Vec<RerankScore> =
                    (0_u8..).zip(run.candidates()).map(|(at, _)| RerankScore::Logit(f32::from(at))).collect();
                let mut run = (*run).clone();
                run.rerank(&scores, Duration::from_millis(2));
                state.receive(Reply::Reranked { ticket, reranker, run: Ok(Arc::new(run)) })
            }
            other => {
                left.push(other);
                Vec::new()
            }
        };
        left.extend(work(state, next));
    }
    left.retain(|effect| !matches!(effect, Effect::StartTimer { .. }));
    left
}

/// Changes a parameter of BM25, and does what comes of it up to the reranking, which is asked for.
fn until_rerank(state: &mut State) -> Ticket {
    state.act(Action::NextStage);
    let effects = state.act(Action::RaiseParam);
    let Some(Effect::RunPipeline { ticket, query, dense, settings, .. }) = effects.into_iter().next() else {
        unreachable!("a parameter changed")
    };
    let lexical = Arc::new(Lexical::new(&state.corpus, settings.folding));
    let run = Arc::new(Run::first_stages(&query, dense.as_deref(), &lexical, settings));
    assert!(matches!(state.receive(Reply::Piped { ticket, run })[..], [Effect::Rerank { .. }]));
    ticket
}

fn type_and_work(state: &mut State, text: &str) -> Vec<Effect> {
    let effects = type_text(state, text);
    work(state, effects)
}

fn rows(state: &State, stage: Stage) -> Vec<usize> {
    state.pipeline.rows(stage).iter().map(|placed| placed.document.0).collect()
}

#[test]
fn a_query_goes_through_all_stages_and_then_the_words_are_matched() {
    let mut state = on_screen();
    let left = type_and_work(&mut state, "south");
    assert_eq!(rows(&state, Stage::Dense), [1, 2, 3, 0]);
    assert_eq!(rows(&state, Stage::Bm25), [2]);
    assert_eq!(rows(&state, Stage::Hybrid), [2, 1, 3, 0]);
    assert_eq!(rows(&state, Stage::Rerank), [0, 3, 1, 2]);
    // Of the sentence that is followed: the first of the column with the keys.
    let asked = Effect::MatchWords { reranker: LATE, query: "south".into(), document: DocumentIndex(1) };
    assert_eq!(left.last(), Some(&asked));
}

#[test]
fn nothing_is_asked_for_twice() {
    let mut state = on_screen();
    type_and_work(&mut state, "south");
    assert_eq!(state.act(Action::ToggleNumbers), []);
    assert_eq!(state.act(Action::NextParam), []);
    // Another place in the list is another sentence to match, and nothing else.
    let moved = state.act(Action::SelectNext);
    assert_eq!(moved, [Effect::MatchWords { reranker: LATE, query: "south".into(), document: DocumentIndex(2) }]);
    // A parameter runs the stages anew over the same vectors.
    state.act(Action::NextStage);
    let changed = state.act(Action::RaiseParam);
    assert!(
        matches!(&changed[..], [Effect::RunPipeline { dense: Some(_), settings, .. }] if settings.bm25 == Params { k1: 1.3, b: 0.75 })
    );
}

#[test]
fn an_answer_to_an_older_query_is_dropped() {
    let mut state = on_screen();
    type_and_work(&mut state, "south");
    let settled = state.pipeline.run.clone();
    state.act(Action::NextStage);
    let older = state.act(Action::RaiseParam);
    let newer = state.act(Action::RaiseParam);
    assert_eq!(work(&mut state, older), []);
    assert_eq!(state.pipeline.run, settled, "the answer to the step before is not shown");
    work(&mut state, newer);
    assert_eq!(state.pipeline.run.as_ref().map(|run| run.settings.bm25.k1), Some(1.4));
}

#[test]
fn a_rerank_of_older_settings_is_known_to_be_old() {
    let mut state = on_screen();
    type_and_work(&mut state, "south");
    assert!(state.pipeline.rerank_is_current());
    state.act(Action::NextStage);
    let effects = state.act(Action::RaiseParam);
    assert!(!state.pipeline.rerank_is_current() && !rows(&state, Stage::Rerank).is_empty(), "it stands there, dimmed");
    work(&mut state, effects);
    assert!(state.pipeline.rerank_is_current());
    // Nothing to rerank is not shown as what was reranked before.
    state.act(Action::PreviousStage);
    let effects = state.act(Action::ToggleStage);
    work(&mut state, effects);
    state.act(Action::Dismiss);
    type_and_work(&mut state, "zebra");
    assert!(rows(&state, Stage::Bm25).is_empty() && rows(&state, Stage::Rerank).is_empty());
}

#[test]
fn words_do_not_wait_for_a_server() {
    let mut state = on_screen();
    state.act(Action::SwapBackend);
    open(&mut state, REMOTE);
    let effects = type_text(&mut state, "south");
    typing_pause(&effects.iter().filter(|e| matches!(e, Effect::StartTimer { .. })).cloned().collect::<Vec<_>>());
    work(&mut state, effects);
    assert_eq!(rows(&state, Stage::Bm25), [2]);
    assert!(rows(&state, Stage::Dense).is_empty() && rows(&state, Stage::Hybrid).is_empty());
}

#[test]
fn a_model_that_is_not_there_is_fetched_only_when_the_person_says_so() {
    let mut state = on_screen();
    type_and_work(&mut state, "south");
    state.act(Action::PreviousStage);
    assert_eq!((state.pipeline.focus, state.pipeline.chosen(Stage::Rerank)), (Stage::Rerank, Param::Reranker));
    let effects = state.act(Action::RaiseParam);
    assert_eq!(state.pipeline.reranker, CROSS);
    assert!(
        !effects.iter().any(|effect| matches!(effect, Effect::OpenReranker(_) | Effect::Rerank { .. })),
        "{effects:?}"
    );
    assert!(rows(&state, Stage::Rerank).is_empty(), "what another reranker said is not shown");

    assert_eq!(state.act(Action::FetchReranker), [Effect::OpenReranker(CROSS)]);
    let download = Download { file: "model.onnx".into(), done: 1, total: 2 };
    state.receive(Reply::RerankerDownloading { reranker: CROSS, download });
    assert_eq!(state.act(Action::Stop), [Effect::StopOpeningReranker]);
    state.receive(Reply::RerankerOpened { reranker: CROSS, opened: Err("it was stopped".into()) });
    assert!(matches!(&state.pipeline.rerankers[1].phase, RerankerPhase::Failed(_)));
    let again = state.act(Action::Retry);
    assert_eq!(again, [Effect::OpenReranker(CROSS)]);
    work(&mut state, again);
    assert_eq!(rows(&state, Stage::Rerank).len(), 4);
}

#[test]
fn a_reranking_that_fails_leaves_the_other_stages() {
    let mut state = on_screen();
    let effects = type_text(&mut state, "south");
    let opened = work(&mut state, effects.into_iter().filter(|e| !matches!(e, Effect::Rerank { .. })).collect());
    assert!(opened.iter().all(|effect| !matches!(effect, Effect::Rerank { .. })));
    // Again, with the answer of a reranker that fails.
    let ticket = until_rerank(&mut state);
    state.receive(Reply::Reranked { ticket, reranker: LATE, run: Err("out of memory".into()) });
    assert_eq!(state.pipeline.rerank_failed.as_deref(), Some("out of memory"));
    assert!(rows(&state, Stage::Rerank).is_empty());
    assert_eq!(rows(&state, Stage::Hybrid), [2, 1, 3, 0]);
}

#[test]
fn one_sentence_is_followed_from_column_to_column() {
    let mut state = on_screen();
    type_and_work(&mut state, "south");
    state.act(Action::SelectNext);
    assert_eq!(state.selected_document(), Some(DocumentIndex(2)));
    for (stage, row) in [(Stage::Bm25, 0), (Stage::Hybrid, 0), (Stage::Rerank, 3), (Stage::Dense, 1)] {
        state.act(Action::NextStage);
        assert_eq!((state.pipeline.focus, state.list.selected), (stage, row));
        assert_eq!(state.selected_document(), Some(DocumentIndex(2)));
    }
    // A column that does not have it keeps it in sight all the same.
    state.act(Action::SelectNext);
    state.act(Action::NextStage);
    assert_eq!((state.selected_document(), state.list.selected), (Some(DocumentIndex(3)), 0));
    // A click chooses sentence and column.
    state.act(Action::SelectInStage(Stage::Hybrid, 3));
    assert_eq!((state.pipeline.focus, state.selected_document()), (Stage::Hybrid, Some(DocumentIndex(0))));
    // A new query begins anew.
    type_and_work(&mut state, " wind");
    assert_eq!(state.pipeline.followed, None);
}

#[test]
fn a_column_shows_the_followed_sentence_even_below_its_window() {
    let mut state = on_screen();
    state.fit_list(2);
    type_and_work(&mut state, "south");
    assert_eq!(state.stage_window(Stage::Dense, 2), [0, 1]);
    state.act(Action::SelectInStage(Stage::Rerank, 0));
    // The first of the last column is the last of the first.
    assert_eq!(state.stage_window(Stage::Dense, 2), [0, 3]);
    assert_eq!(state.stage_window(Stage::Rerank, 2), [0, 1]);
}

#[test]
fn stages_are_switched_off_and_one_stays() {
    let mut state = on_screen();
    type_and_work(&mut state, "south");
    state.act(Action::NextStage);
    let effects = state.act(Action::ToggleStage);
    work(&mut state, effects);
    assert!(rows(&state, Stage::Bm25).is_empty() && rows(&state, Stage::Hybrid).is_empty());
    assert_eq!(rows(&state, Stage::Rerank), [0, 3, 2, 1], "the best of dense");
    state.act(Action::PreviousStage);
    assert_eq!(state.act(Action::ToggleStage), []);
    assert!(state.notice.as_deref().is_some_and(|notice| notice.contains("has to stay on")), "{:?}", state.notice);
    assert!(state.pipeline.settings.runs(Stage::Dense));
}

#[test]
fn an_empty_query_empties_the_columns_and_what_comes_late_is_dropped() {
    let mut state = on_screen();
    let effects = type_text(&mut state, "s");
    let (backend, ticket, query) = sent(&effects);
    let effects = answer(&mut state, backend, ticket, ranking(&query, &[0.1, 0.4, 0.3, 0.2]));
    state.act(Action::Dismiss);
    work(&mut state, effects);
    assert!(state.pipeline.run.is_none() && state.selected_document().is_none() && state.row_count() == 0);
}

#[test]
fn matches_of_another_sentence_are_dropped() {
    let mut state = on_screen();
    type_and_work(&mut state, "south");
    let matches = |document| Matches { reranker: LATE, query: "south".into(), document, words: Err("none".into()) };
    state.receive(Reply::WordsMatched(matches(DocumentIndex(3))));
    assert_eq!(state.pipeline.matches, None);
    state.receive(Reply::WordsMatched(matches(DocumentIndex(1))));
    assert_eq!(state.pipeline.matches, Some(matches(DocumentIndex(1))));
}

#[test]
fn the_screen_costs_nothing_while_it_is_not_shown() {
    let mut state = on_screen();
    type_and_work(&mut state, "south");
    state.act(Action::ShowScreen(Screen::Search));
    let effects = type_text(&mut state, "x");
    let left = work(&mut state, effects);
    assert_eq!(left, [], "neither stages nor words");
    assert_eq!(state.pipeline.settings, Settings::default());
    // Coming back, the query of now is run.
    let effects = state.act(Action::ShowScreen(Screen::Pipeline));
    assert!(matches!(&effects[0], Effect::RunPipeline { query, dense: Some(_), .. } if query == "southx"));
}

#[test]
fn a_reranker_that_breaks_says_so_and_is_asked_again_for_everything() {
    let mut state = on_screen();
    type_and_work(&mut state, "south");
    assert!(!rows(&state, Stage::Rerank).is_empty());
    state.receive(Reply::RerankerOpened { reranker: LATE, opened: Err("the reranker broke".into()) });
    assert!(rows(&state, Stage::Rerank).is_empty(), "what it said before is not in the way of the reason");
    let again = state.act(Action::Retry);
    assert_eq!(again, [Effect::OpenReranker(LATE)]);
    let left = work(&mut state, again);
    assert_eq!(rows(&state, Stage::Rerank).len(), 4);
    assert!(matches!(left[..], [Effect::MatchWords { .. }]), "{left:?}");
}

#[test]
fn without_the_dense_stage_no_query_goes_to_a_backend() {
    let mut state = on_screen();
    let off = state.act(Action::ToggleStage);
    assert_eq!(off, []);
    let effects = type_text(&mut state, "south");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Search { .. })), "{effects:?}");
    work(&mut state, effects);
    assert_eq!(rows(&state, Stage::Rerank), [2]);
    // On again, the query of now is asked for; and a search that is on its way is taken back when it goes off.
    let on = state.act(Action::ToggleStage);
    assert_eq!(sent(&on).2, "south");
    assert!(state.act(Action::ToggleStage).contains(&Effect::CancelSearch(LOCAL)));
}

#[test]
fn words_are_matched_for_the_sentence_of_the_query_as_it_stands() {
    let mut state = on_screen();
    type_and_work(&mut state, "south");
    let next_key = type_text(&mut state, "x");
    assert!(matches!(next_key[..], [Effect::Search { .. }]), "{next_key:?}");
}

#[test]
fn a_growing_corpus_does_not_take_the_reranker_off_its_work() {
    let mut state = on_screen();
    let effects = type_text(&mut state, "south");
    let (backend, ticket, query) = sent(&effects);
    let ranked = |state: &mut State, scores: &[f32]| answer(state, backend, ticket, ranking(&query, scores));
    let first = ranked(&mut state, &[0.1, 0.2]);
    assert!(first.iter().any(|effect| matches!(effect, Effect::RunPipeline { .. })));
    // Before the first is through, another batch: no new run, which would cancel it.
    let second = ranked(&mut state, &[0.1, 0.2, 0.9]);
    assert!(!second.iter().any(|effect| matches!(effect, Effect::RunPipeline { .. })), "{second:?}");
    // When the first is through, the newest is taken up by itself.
    work(&mut state, first);
    assert_eq!(rows(&state, Stage::Dense), [2, 1, 0]);
}

#[test]
fn a_reranking_that_nobody_waits_for_is_taken_back() {
    for leave in [Action::Dismiss, Action::ShowScreen(Screen::Search)] {
        let mut state = on_screen();
        type_and_work(&mut state, "north");
        until_rerank(&mut state);
        assert!(state.act(leave.clone()).contains(&Effect::CancelRerank), "{leave:?}");
        assert!(!state.act(Action::ToggleNumbers).contains(&Effect::CancelRerank), "once");
    }
}
