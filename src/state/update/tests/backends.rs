//! Backends: opening, consent, swapping, faults.

use super::*;

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

#[test]
fn a_yes_sends_the_corpus_and_the_query() {
    let mut state = asking();
    let effects = state.act(Action::Confirm);
    assert_eq!(effects[..2], [Effect::AllowCorpus(REMOTE), Effect::EmbedCorpus(REMOTE)]);
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
fn a_letter_of_the_query_is_no_consent() {
    use crate::state::keymap::{Chord, Key, Place, action};
    for letter in "yYqx ".chars() {
        let chord = Chord { ctrl: false, alt: false, shift: false, key: Key::Char(letter) };
        assert_ne!(action(Mode::Consent, Place::Search, false, chord), Some(Action::Confirm), "{letter:?}");
    }
    let yes = Chord { ctrl: true, alt: false, shift: false, key: Key::Char('y') };
    assert_eq!(action(Mode::Consent, Place::Search, false, yes), Some(Action::Confirm));
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

/// The remote backend on the screen with a query, one of four documents embedded and ranked.
fn embedding() -> State {
    let mut state = ready();
    state.act(Action::SwapBackend);
    state.receive(Reply::Opened { backend: REMOTE, card: card(), leaves_machine: None });
    embedded(&mut state, 1);
    let timer = typing_pause(&type_text(&mut state, "a"));
    let (_, ticket, query) = sent(&state.receive(Reply::TimerElapsed(timer)));
    answer(&mut state, REMOTE, ticket, ranking(&query, &[0.1]));
    state
}

fn embedded(state: &mut State, done: usize) {
    let progress = Progress { done, total: 4, ..Progress::default() };
    state.receive(Reply::Embedded { backend: REMOTE, progress, card: card(), spent: Spent::default() });
}

#[test]
fn a_failed_batch_keeps_what_was_ranked_and_goes_on_from_there() {
    let mut state = embedding();
    state.receive(Reply::EmbeddingFailed { backend: REMOTE, message: "gone".into() });
    let progress = Progress { done: 1, total: 4, ..Progress::default() };
    assert_eq!(state.panel().phase, Phase::Stopped { progress, reason: Some("gone".into()) });
    assert!(state.is_current(), "the ranking is still there");
    let timer = typing_pause(&type_text(&mut state, "b"));
    assert_eq!(sent(&state.receive(Reply::TimerElapsed(timer))).2, "ab", "what is embedded can be searched");
    assert_eq!(state.act(Action::Retry), [Effect::EmbedCorpus(REMOTE)]);
    assert_eq!(state.panel().phase, Phase::Embedding(progress));
}

#[test]
fn with_nothing_embedded_a_failed_batch_is_a_failed_backend() {
    let mut state = ready();
    state.act(Action::SwapBackend);
    state.receive(Reply::Opened { backend: REMOTE, card: card(), leaves_machine: None });
    state.receive(Reply::EmbeddingFailed { backend: REMOTE, message: "gone".into() });
    assert_eq!(state.panel().phase, Phase::Failed("gone".into()));
}

#[test]
fn embedding_stops_and_goes_on_as_the_person_says() {
    let mut state = embedding();
    assert_eq!(state.act(Action::Stop), [Effect::StopEmbedding(REMOTE)]);
    assert!(state.act(Action::Stop).is_empty(), "it stopped");
    // The batch that was on its way comes all the same; it does not start anything again.
    embedded(&mut state, 2);
    let progress = Progress { done: 2, total: 4, ..Progress::default() };
    assert_eq!(state.panel().phase, Phase::Stopped { progress, reason: None });
    assert_eq!(state.act(Action::Retry), [Effect::EmbedCorpus(REMOTE)]);
    embedded(&mut state, 4);
    assert_eq!(state.panel().phase, Phase::Ready);
    assert!(state.act(Action::Stop).is_empty(), "nothing is embedded any more");
}

#[test]
fn a_query_typed_while_nothing_is_embedded_is_asked_when_embedding_goes_on() {
    let mut state = ready();
    state.act(Action::SwapBackend);
    state.receive(Reply::Opened { backend: REMOTE, card: card(), leaves_machine: None });
    state.act(Action::Stop);
    assert!(type_text(&mut state, "a").is_empty(), "there is nothing to rank");
    let effects = state.act(Action::Retry);
    assert_eq!(effects[0], Effect::EmbedCorpus(REMOTE));
    assert_eq!(sent(&effects).2, "a");
}
