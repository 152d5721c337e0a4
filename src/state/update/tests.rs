//! State + message → state and effects. No I/O, no clock, no thread.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::backend::fake::Fake;
use crate::backend::{Embedder, Location, ModelCard, Retry, Usage};
use crate::corpus::{Corpus, Document, DocumentIndex};
use crate::engine::ranking::tests::ranking;
use crate::engine::{Estimate, Progress, Ranking};
use crate::state::pitfall::Pitfall;
use crate::state::{Baseline, Movement, Panel, Phase, Reply, Search, Ticket, Timer};

const LOCAL: BackendId = BackendId(0);
const REMOTE: BackendId = BackendId(1);
const PAUSE: Duration = Duration::from_millis(300);

fn card() -> ModelCard {
    Fake::new(Location::InProcess).card().clone()
}

/// A corpus of four, both backends closed.
fn closed() -> State {
    let documents = ["north", "east", "south", "west"]
        .map(|text| Document { id: text.into(), topic: None, text: format!("{text} wind") })
        .to_vec();
    let corpus = Arc::new(Corpus { name: "winds".into(), bundled: false, documents });
    let panels = vec![Panel::new("local", Duration::ZERO), Panel::new("remote", PAUSE)];
    State::new(corpus, panels, 2, Appearance::Dark)
}

/// The same with the local backend ready.
fn ready() -> State {
    let mut state = closed();
    assert_eq!(state.start(), [Effect::Open(LOCAL)]);
    open(&mut state, LOCAL);
    state
}

fn open(state: &mut State, backend: BackendId) {
    let effects = state.receive(Reply::Opened { backend, card: card(), leaves_machine: None });
    assert_eq!(effects, [Effect::EmbedCorpus(backend)]);
    let progress = Progress { done: 4, total: 4 };
    state.receive(Reply::Embedded { backend, progress, usage: Usage::default() });
}

fn type_text(state: &mut State, text: &str) -> Vec<Effect> {
    text.chars().flat_map(|character| state.act(Action::Edit(Edit::Insert(character)))).collect()
}

/// The ticket of the last search among effects.
#[track_caller]
fn sent(effects: &[Effect]) -> (BackendId, Ticket, String) {
    let search = effects.iter().rev().find_map(|effect| match effect {
        Effect::Search { backend, ticket, query } => Some((*backend, *ticket, query.clone())),
        _ => None,
    });
    search.unwrap_or_else(|| unreachable!("no search in {effects:?}"))
}

fn answer(state: &mut State, backend: BackendId, ticket: Ticket, ranking: Ranking) -> Vec<Effect> {
    let (ranking, usage) = (Arc::new(ranking), Usage::default());
    state.receive(Reply::Ranked { backend, ticket, ranking, card: card(), usage })
}

/// Types a text, answers its search, and looks at the answer for a while.
fn rank_and_settle(state: &mut State, text: &str, scores: &[f32]) {
    let (backend, ticket, query) = sent(&type_text(state, text));
    answer(state, backend, ticket, ranking(&query, scores));
    state.receive(Reply::TimerElapsed(Timer::Settled(backend, ticket)));
}

fn movements(state: &State) -> Vec<Option<Movement>> {
    (0..4).map(|number| state.movement(DocumentIndex(number))).collect()
}

#[test]
fn every_key_ranks_with_a_local_backend() {
    let mut state = ready();
    let effects = type_text(&mut state, "ab");
    let queries: Vec<_> = effects
        .iter()
        .map(|effect| match effect {
            Effect::Search { backend: LOCAL, query, .. } => query.as_str(),
            other => unreachable!("{other:?}"),
        })
        .collect();
    assert_eq!(queries, ["a", "ab"]);
    assert!(state.act(Action::Edit(Edit::Left)).is_empty(), "moving the cursor ranks nothing");
}

#[test]
fn a_stale_answer_is_dropped() {
    let mut state = ready();
    let (_, old, _) = sent(&type_text(&mut state, "a"));
    let (_, new, _) = sent(&type_text(&mut state, "b"));
    assert!(answer(&mut state, LOCAL, old, ranking("a", &[0.9, 0.1, 0.2, 0.3])).is_empty());
    assert!(state.ranking().is_none());
    answer(&mut state, LOCAL, new, ranking("ab", &[0.1, 0.9, 0.2, 0.3]));
    assert!(state.is_current());
    answer(&mut state, LOCAL, old, ranking("a", &[0.9, 0.1, 0.2, 0.3]));
    assert_eq!(state.ranking().map(|ranking| ranking.query.as_str()), Some("ab"));
}

#[test]
fn a_stale_failure_and_a_stale_timer_do_nothing() {
    let mut state = ready();
    let (_, old, _) = sent(&type_text(&mut state, "a"));
    type_text(&mut state, "b");
    state.receive(Reply::SearchFailed { backend: LOCAL, ticket: old, message: "late".into() });
    assert_eq!(state.panel().search, Search::Running);
    state.receive(Reply::TimerElapsed(Timer::Settled(LOCAL, old)));
    assert!(state.act(Action::HistoryPrevious).is_empty(), "an unsettled query is not in the history");
}

#[test]
fn keys_are_taken_while_the_model_loads() {
    let mut state = closed();
    state.start();
    let (_, ticket, query) = sent(&type_text(&mut state, "early"));
    assert_eq!(query, "early");
    open(&mut state, LOCAL);
    answer(&mut state, LOCAL, ticket, ranking("early", &[0.4, 0.3, 0.2, 0.1]));
    assert!(state.is_current());
}

#[test]
fn an_empty_query_lists_the_corpus_and_forgets_the_search() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.1, 0.9, 0.2, 0.3]);
    type_text(&mut state, "b");
    let effects = state.act(Action::Dismiss);
    assert_eq!(effects, [Effect::CancelSearch(LOCAL)]);
    assert!(state.ranking().is_none() && state.baseline.is_none());
    assert_eq!(state.row_count(), 4);
    assert!(type_text(&mut state, "  ").is_empty(), "white space is no query");
}

#[test]
fn an_empty_corpus_is_never_searched() {
    let corpus = Corpus { name: "nothing".into(), bundled: false, documents: Vec::new() };
    let mut state = State::new(Arc::new(corpus), vec![Panel::new("local", Duration::ZERO)], 10, Appearance::Dark);
    state.start();
    open(&mut state, LOCAL);
    assert!(type_text(&mut state, "a").is_empty());
    assert!(state.act(Action::UseSelected).is_empty());
    assert_eq!((state.row_count(), state.selected_document()), (0, None));
}

#[test]
fn movements_are_counted_from_where_the_person_paused_last() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.9, 0.8, 0.1, 0.2]);
    assert_eq!(movements(&state), [None; 4], "there is nothing to compare the first ranking with");
    // Two quick keys: both are compared with "a", not with each other.
    for (text, scores) in [("b", [0.1, 0.9, 0.2, 0.3]), ("c", [0.8, 0.9, 0.1, 0.2])] {
        let (_, ticket, query) = sent(&type_text(&mut state, text));
        answer(&mut state, LOCAL, ticket, ranking(&query, &scores));
    }
    let expected = [Movement::Down(1), Movement::Up(1), Movement::New, Movement::New];
    assert_eq!(movements(&state), expected.map(Some));
    assert!(matches!(&state.baseline, Some(Baseline::Earlier(earlier)) if earlier.query == "a"));
}

#[test]
fn a_swap_counts_movements_from_the_other_backend_and_keeps_the_document_selected() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.9, 0.8, 0.1, 0.2]);
    state.act(Action::SelectNext);
    assert_eq!(state.selected_document(), Some(DocumentIndex(1)));
    let effects = state.act(Action::SwapBackend);
    assert_eq!(effects[0], Effect::Open(REMOTE));
    let (backend, ticket, query) = sent(&effects);
    assert_eq!((backend, query.as_str()), (REMOTE, "a"));
    open(&mut state, REMOTE);
    answer(&mut state, REMOTE, ticket, ranking("a", &[0.3, 0.8, 0.9, 0.1]));
    assert!(matches!(&state.baseline, Some(Baseline::Backend(label, _)) if label == "local"));
    assert_eq!(state.movement(DocumentIndex(1)), Some(Movement::Same));
    assert_eq!(state.movement(DocumentIndex(2)), Some(Movement::New));
    assert_eq!(state.selected_document(), Some(DocumentIndex(1)));
    // Back again: the ranking is still there, and nothing is asked for twice.
    assert!(state.act(Action::SwapBackend).is_empty());
    assert!(state.is_current());
    assert_eq!(state.selected_document(), Some(DocumentIndex(1)));
}

#[test]
fn after_a_swap_the_next_query_is_not_compared_with_the_other_backend() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.9, 0.8, 0.1, 0.2]);
    let (_, ticket, _) = sent(&state.act(Action::SwapBackend));
    open(&mut state, REMOTE);
    answer(&mut state, REMOTE, ticket, ranking("a", &[0.3, 0.8, 0.9, 0.1]));
    let timer = typing_pause(&type_text(&mut state, "b"));
    let (_, ticket, query) = sent(&state.receive(Reply::TimerElapsed(timer)));
    answer(&mut state, REMOTE, ticket, ranking(&query, &[0.3, 0.8, 0.9, 0.1]));
    assert!(state.baseline.is_none(), "{:?}", state.baseline);
}

#[track_caller]
fn typing_pause(effects: &[Effect]) -> Timer {
    match effects.last() {
        Some(Effect::StartTimer { timer, after: PAUSE }) => *timer,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn a_remote_backend_waits_for_a_pause_in_typing() {
    let mut state = ready();
    state.act(Action::SwapBackend);
    open(&mut state, REMOTE);
    let first = typing_pause(&type_text(&mut state, "a"));
    let second = typing_pause(&type_text(&mut state, "b"));
    assert!(state.receive(Reply::TimerElapsed(first)).is_empty(), "typing went on");
    let (_, ticket, query) = sent(&state.receive(Reply::TimerElapsed(second)));
    assert_eq!(query, "ab");
    // A further key takes back what is on its way.
    let effects = type_text(&mut state, "c");
    assert_eq!(effects[0], Effect::CancelSearch(REMOTE));
    answer(&mut state, REMOTE, ticket, ranking("ab", &[0.1, 0.2, 0.3, 0.4]));
    assert!(state.ranking().is_none());
}

#[test]
fn leaving_a_remote_backend_takes_back_its_search() {
    let mut state = ready();
    state.act(Action::SwapBackend);
    open(&mut state, REMOTE);
    let timer = typing_pause(&type_text(&mut state, "a"));
    assert_eq!(sent(&state.act(Action::SwapBackend)).0, LOCAL);
    assert!(state.receive(Reply::TimerElapsed(timer)).is_empty());
    assert_eq!(state.panels[1].search, Search::Idle);
}

const ESTIMATE: Estimate = Estimate { texts: 4, tokens: 12, estimated: false, usd: Some(0.1) };

/// The remote backend on the screen, asking whether the corpus may go.
fn asking() -> State {
    let mut state = ready();
    type_text(&mut state, "a");
    state.act(Action::SwapBackend);
    let effects = state.receive(Reply::Opened { backend: REMOTE, card: card(), leaves_machine: Some(ESTIMATE) });
    assert_eq!(effects, [Effect::CancelSearch(REMOTE)], "nothing is sent before a yes");
    assert_eq!((state.mode, &state.panel().phase), (Mode::Consent, &Phase::AwaitingConsent(ESTIMATE)));
    state
}

#[test]
fn a_yes_sends_the_corpus_and_the_query() {
    let mut state = asking();
    let effects = state.act(Action::Confirm);
    assert_eq!(effects[0], Effect::EmbedCorpus(REMOTE));
    assert_eq!(sent(&effects).2, "a");
    assert_eq!(state.mode, Mode::Typing);
}

#[test]
fn a_no_sends_nothing_and_returns_to_the_first_backend() {
    let mut state = asking();
    let effects = state.act(Action::Decline);
    assert!(effects.iter().all(|effect| matches!(effect, Effect::Search { backend: LOCAL, .. })), "{effects:?}");
    assert_eq!((state.active, state.mode), (LOCAL, Mode::Typing));
    assert_eq!(state.notice.as_deref(), Some("nothing was sent to remote"));
    // Asked again, it asks again.
    assert!(state.act(Action::SwapBackend).contains(&Effect::Open(REMOTE)));
}

#[test]
fn a_question_that_comes_late_waits_for_its_backend() {
    let mut state = ready();
    state.act(Action::SwapBackend);
    state.act(Action::SwapBackend);
    state.receive(Reply::Opened { backend: REMOTE, card: card(), leaves_machine: Some(ESTIMATE) });
    assert_eq!(state.mode, Mode::Typing, "the other backend is on the screen");
    state.act(Action::SwapBackend);
    assert_eq!(state.mode, Mode::Consent);
}

#[test]
fn without_a_key_the_local_ranking_is_never_lost() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.9, 0.8, 0.1, 0.2]);
    state.act(Action::SwapBackend);
    state.receive(Reply::NotConfigured { backend: REMOTE, message: "set a key".into() });
    assert!(matches!(&state.panel().phase, Phase::NotConfigured(message) if message == "set a key"));
    assert!(type_text(&mut state, "b").is_empty(), "there is nobody to ask");
    state.act(Action::Edit(Edit::DeleteLeft));
    assert!(state.act(Action::SwapBackend).is_empty());
    assert!(state.is_current());
}

#[test]
fn what_failed_can_be_tried_again() {
    let mut state = ready();
    let (_, ticket, _) = sent(&type_text(&mut state, "a"));
    state.receive(Reply::SearchFailed { backend: LOCAL, ticket, message: "no".into() });
    assert_eq!(state.panel().search, Search::Failed("no".into()));
    assert_eq!(sent(&state.act(Action::Retry)).2, "a");
    state.receive(Reply::Failed { backend: LOCAL, message: "broken".into() });
    let effects = state.act(Action::Retry);
    assert_eq!(effects[0], Effect::Open(LOCAL));
    assert_eq!(sent(&effects).2, "a");
    assert!(ready().act(Action::Retry).is_empty(), "nothing failed");
}

#[test]
fn a_wait_is_shown_until_it_is_over() {
    let mut state = ready();
    let (_, ticket, query) = sent(&type_text(&mut state, "a"));
    let retry = Retry { reason: "busy".into(), wait: Duration::from_secs(2), attempt: 2, attempts: 5 };
    state.receive(Reply::Retrying { backend: LOCAL, retry: retry.clone() });
    assert_eq!(state.panel().retry, Some(retry));
    answer(&mut state, LOCAL, ticket, ranking(&query, &[0.1, 0.2, 0.3, 0.4]));
    assert_eq!(state.panel().retry, None);
}

#[test]
fn enter_ranks_by_the_selected_sentence_and_history_goes_back() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.1, 0.2, 0.9, 0.3]);
    let (_, _, query) = sent(&state.act(Action::UseSelected));
    assert_eq!(query, "south wind");
    let (_, _, query) = sent(&state.act(Action::HistoryPrevious));
    assert_eq!(query, "a");
    let (_, _, query) = sent(&state.act(Action::HistoryNext));
    assert_eq!(query, "south wind");
    // From the list of the corpus as well.
    state.act(Action::Dismiss);
    state.act(Action::Select(3));
    assert_eq!(sent(&state.act(Action::UseSelected)).2, "west wind");
}

#[test]
fn top_k_bounds_the_rows_and_the_selection() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.1, 0.2, 0.9, 0.3]);
    assert_eq!(state.row_count(), 2);
    state.act(Action::SelectLast);
    assert_eq!(state.list.selected, 1);
    state.act(Action::ShrinkTopK);
    assert_eq!((state.row_count(), state.list.selected), (1, 0));
    state.act(Action::ShrinkTopK);
    assert_eq!(state.row_count(), 1);
    state.act(Action::ToggleAll);
    assert_eq!(state.row_count(), 4);
    state.act(Action::GrowTopK);
    assert_eq!(state.row_count(), 4);
}

#[test]
fn a_new_query_selects_the_first_row_again() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.1, 0.2, 0.9, 0.3]);
    state.act(Action::SelectNext);
    type_text(&mut state, "b");
    assert_eq!(state.list.selected, 0);
}

#[test]
fn help_opens_closes_and_never_hides_a_question() {
    let mut state = ready();
    state.act(Action::ToggleHelp);
    assert_eq!(state.mode, Mode::Help);
    state.act(Action::Scroll(2));
    assert_eq!(state.help_scroll, 2);
    state.act(Action::Dismiss);
    assert_eq!(state.mode, Mode::Typing);
    let mut state = asking();
    state.act(Action::ToggleHelp);
    assert_eq!(state.mode, Mode::Consent);
}

#[test]
fn a_paste_is_one_query_and_says_when_it_was_cut() {
    let mut state = ready();
    assert_eq!(sent(&state.act(Action::Paste("two\nlines".into()))).2, "two lines");
    state.act(Action::Paste("x".repeat(100_000)));
    assert_eq!(state.notice.as_deref(), Some("the paste was cut: a query may have 64 KiB"));
    state.act(Action::Edit(Edit::End));
    assert_eq!(state.notice, None);
}

#[test]
fn pitfalls_are_named_when_they_are_there() {
    let mut state = ready();
    assert!(state.pitfalls().is_empty());
    rank_and_settle(&mut state, "one two", &[0.1, 0.2, 0.9, 0.3]);
    assert_eq!(state.pitfalls(), [Pitfall::ShortQuery(2)]);
    let (_, ticket, query) = sent(&type_text(&mut state, " three"));
    let mut long = ranking(&query, &[0.1, 0.2, 0.9]);
    long.query_info.tokens.total = 300;
    long.ranked[0].info.tokens.total = 9;
    let (cut, documents) = (long.query_info.tokens, long.documents);
    assert_eq!(documents, 3);
    answer(&mut state, LOCAL, ticket, long);
    let expected = [Pitfall::QueryTruncated(cut), Pitfall::DocumentsTruncated { documents: 1, limit: 5 }];
    assert_eq!(state.pitfalls(), expected);
}

#[test]
fn a_query_is_not_compared_with_itself() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.9, 0.8, 0.1, 0.2]);
    let (_, ticket, query) = sent(&type_text(&mut state, "b"));
    answer(&mut state, LOCAL, ticket, ranking(&query, &[0.1, 0.9, 0.2, 0.3]));
    let (_, ticket, query) = sent(&state.act(Action::Edit(Edit::DeleteLeft)));
    answer(&mut state, LOCAL, ticket, ranking(&query, &[0.9, 0.8, 0.1, 0.2]));
    assert!(state.baseline.is_none());
}

#[test]
fn a_letter_of_the_query_is_no_consent() {
    use crate::state::keymap::{Chord, Key, action};
    for letter in "yYqx ".chars() {
        let chord = Chord { ctrl: false, alt: false, key: Key::Char(letter) };
        assert_ne!(action(Mode::Consent, false, chord), Some(Action::Confirm), "{letter:?}");
    }
    let yes = Chord { ctrl: true, alt: false, key: Key::Char('y') };
    assert_eq!(action(Mode::Consent, false, yes), Some(Action::Confirm));
}

#[test]
fn a_row_that_was_chosen_while_the_answer_was_on_its_way_stays_chosen() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.9, 0.8, 0.1, 0.2]);
    let (_, ticket, _) = sent(&state.act(Action::SwapBackend));
    open(&mut state, REMOTE);
    answer(&mut state, REMOTE, ticket, ranking("a", &[0.1, 0.2, 0.8, 0.9]));
    state.act(Action::SelectNext);
    assert_eq!(state.selected_document(), Some(DocumentIndex(2)));
    // More of the corpus is ranked for the same query.
    answer(&mut state, REMOTE, ticket, ranking("a", &[0.1, 0.2, 0.9, 0.8]));
    assert_eq!((state.selected_document(), state.list.selected), (Some(DocumentIndex(2)), 0));
}

#[test]
fn movements_against_another_backend_end_with_the_query() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.9, 0.8, 0.1, 0.2]);
    let (_, ticket, _) = sent(&state.act(Action::SwapBackend));
    open(&mut state, REMOTE);
    answer(&mut state, REMOTE, ticket, ranking("a", &[0.1, 0.2, 0.8, 0.9]));
    // Typed on, ranked there only; back at the first backend its ranking of "a" is all there is for a moment.
    state.act(Action::SwapBackend);
    assert!(state.baseline().is_some());
    let (_, ticket, query) = sent(&type_text(&mut state, "b"));
    answer(&mut state, LOCAL, ticket, ranking(&query, &[0.1, 0.2, 0.8, 0.9]));
    state.act(Action::SwapBackend);
    assert_eq!(state.ranking().map(|ranking| ranking.query.as_str()), Some("a"));
    assert!(state.baseline().is_none(), "the ranking on the screen is still that of the older query");
}
