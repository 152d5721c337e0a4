//! The Compare screen: both columns, staleness, votes and disagreements.

use std::collections::BTreeMap;

use super::*;
use crate::engine::index::Neighbours;
use crate::engine::searcher::Repeated;
use crate::state::Screen;
use crate::state::action::FilterAction;
use crate::state::compare::{Found, Verdict};
use crate::state::keymap::{Chord, Key, Place, action};

/// Both backends ready, side by side, nothing typed.
fn comparing() -> State {
    let mut state = ready();
    assert_eq!(state.act(Action::ShowScreen(Screen::Compare)), [Effect::Open(REMOTE)]);
    open(&mut state, REMOTE);
    state
}

/// Types, and answers both columns.
fn rank_both(state: &mut State, text: &str, left: &[f32], right: &[f32]) {
    let effects = type_text(state, text);
    let (backend, ticket, query) = sent(&effects);
    assert_eq!(backend, LOCAL);
    answer(state, LOCAL, ticket, ranking(&query, left));
    let (_, ticket, _) = sent(&state.receive(Reply::TimerElapsed(typing_pause(&effects))));
    answer(state, REMOTE, ticket, ranking(&query, right));
    state.receive(Reply::TimerElapsed(Timer::Settled(REMOTE, ticket)));
}

const LEFT: [f32; 4] = [0.9, 0.8, 0.2, 0.1];
const RIGHT: [f32; 4] = [0.1, 0.8, 0.9, 0.2];

#[test]
fn the_fast_column_does_not_wait_for_the_slow_one() {
    let mut state = comparing();
    let effects = type_text(&mut state, "a");
    let (backend, ticket, _) = sent(&effects);
    assert_eq!(backend, LOCAL);
    answer(&mut state, LOCAL, ticket, ranking("a", &LEFT));
    assert!(state.current_ranking(LOCAL).is_some() && state.current_ranking(REMOTE).is_none());
    assert_eq!(state.compare.now, None, "one column alone is not compared");
    assert_eq!(state.panels[1].search, Search::Paused, "the other says that it waits");
    let (_, ticket, _) = sent(&state.receive(Reply::TimerElapsed(typing_pause(&effects))));
    answer(&mut state, REMOTE, ticket, ranking("a", &RIGHT));
    let now = state.compare.now.as_ref().expect("both are there");
    assert_eq!((now.agreement.overlap, now.agreement.same_first), (0.5, false));
    // The next key makes the comparison old.
    type_text(&mut state, "b");
    assert_eq!(state.compare.now, None);
}

#[test]
fn a_query_that_both_ranked_and_that_was_looked_at_goes_into_the_means() {
    let mut state = comparing();
    rank_both(&mut state, "a", &LEFT, &RIGHT);
    rank_both(&mut state, "b", &LEFT, &LEFT);
    let means = state.compare.means(2, None).expect("two queries");
    assert_eq!((means.queries, means.overlap, means.same_first), (2, 0.75, 1));
    let (_, _, query) = sent(&state.act(Action::HistoryPrevious));
    assert_eq!(query, "a", "what was looked at is in the history");
}

#[test]
fn tab_gives_the_arrow_keys_to_the_other_column_and_keeps_the_sentence() {
    let mut state = comparing();
    rank_both(&mut state, "a", &LEFT, &RIGHT);
    state.act(Action::SelectNext);
    assert_eq!((state.active, state.selected_document()), (LOCAL, Some(DocumentIndex(1))));
    assert!(state.act(Action::SwapBackend).is_empty(), "both are ranked already");
    assert_eq!((state.active, state.selected_document()), (REMOTE, Some(DocumentIndex(1))));
    state.act(Action::SelectIn(LOCAL, 0));
    assert_eq!((state.active, state.selected_document()), (LOCAL, Some(DocumentIndex(0))));
}

#[test]
fn another_backend_takes_the_place_of_the_one_with_the_arrow_keys() {
    let mut state = comparing();
    state.panels.push(Panel::new("third", Duration::ZERO));
    state.act(Action::SwapBackend);
    state.act(Action::ToggleChooser);
    state.act(Action::Scroll(9));
    assert_eq!(state.act(Action::Choose), [Effect::Open(BackendId(2))]);
    assert_eq!((state.compare.pair, state.active, state.mode), ([LOCAL, BackendId(2)], BackendId(2), Mode::Typing));
}

#[test]
fn leaving_for_the_search_screen_takes_back_what_only_the_other_column_waits_for() {
    let mut state = comparing();
    let timer = typing_pause(&type_text(&mut state, "a"));
    state.receive(Reply::TimerElapsed(timer));
    assert_eq!(state.act(Action::ShowScreen(Screen::Search)), [Effect::CancelSearch(REMOTE)]);
    assert_eq!((state.active, state.visible()), (LOCAL, vec![LOCAL]));
}

#[test]
fn a_column_that_asks_for_consent_keeps_the_other_and_a_no_leaves_it_empty() {
    let mut state = ready();
    state.act(Action::ShowScreen(Screen::Compare));
    state.receive(Reply::Opened { backend: REMOTE, card: card(), leaves_machine: Some(ESTIMATE) });
    assert_eq!((state.mode, state.active), (Mode::Consent, REMOTE));
    assert!(state.act(Action::Decline).is_empty(), "nothing is sent");
    assert_eq!((state.screen, &state.panels[1].phase), (Screen::Compare, &Phase::Closed));
    assert_eq!(state.act(Action::Retry), [Effect::Open(REMOTE)], "asked again, it asks again");
}

#[test]
fn both_columns_are_asked_about_one_after_the_other() {
    let mut state = ready();
    state.panels[0].phase = Phase::Closed;
    state.act(Action::ShowScreen(Screen::Compare));
    for backend in [LOCAL, REMOTE] {
        state.receive(Reply::Opened { backend, card: card(), leaves_machine: Some(ESTIMATE) });
    }
    assert_eq!((state.mode, state.active), (Mode::Consent, LOCAL));
    state.act(Action::Decline);
    assert_eq!((state.mode, state.active), (Mode::Consent, REMOTE), "a no is for one of them");
    state.act(Action::Decline);
    assert_eq!(state.mode, Mode::Typing);
}

#[test]
fn a_no_to_the_first_backend_of_all_is_not_asked_again_at_once() {
    let mut state = closed();
    state.panels[0].typing_pause = PAUSE;
    state.start();
    state.receive(Reply::Opened { backend: LOCAL, card: card(), leaves_machine: Some(ESTIMATE) });
    assert!(state.act(Action::Decline).is_empty());
    assert_eq!((state.mode, &state.panel().phase), (Mode::Typing, &Phase::Closed));
}

#[test]
fn the_pair_of_the_config_stays_when_another_backend_was_on_the_screen() {
    let mut state = ready();
    state.panels.push(Panel::new("third", Duration::ZERO));
    state.prepare_compare([REMOTE, BackendId(2)], 1);
    state.act(Action::ShowScreen(Screen::Compare));
    assert_eq!((state.compare.pair, state.active), ([REMOTE, BackendId(2)], REMOTE));
}

#[test]
fn a_column_without_a_ranking_selects_nothing() {
    let mut state = comparing();
    state.act(Action::SwapBackend);
    let (_, ticket, _) = sent(&type_text(&mut state, "a"));
    answer(&mut state, LOCAL, ticket, ranking("a", &LEFT));
    assert_eq!((state.active, state.selected_document(), state.rows_of(LOCAL)), (REMOTE, None, 2));
    assert!(state.act(Action::UseSelected).is_empty());
}

#[test]
fn in_blind_mode_a_vote_shows_the_names_and_the_next_query_hides_them() {
    let mut state = comparing();
    rank_both(&mut state, "a", &LEFT, &RIGHT);
    state.act(Action::ToggleBlind);
    assert_eq!(state.place(), Place::Blind);
    state.act(Action::Vote(Verdict::Left));
    assert!(state.compare.votes.is_empty(), "the names of this query were seen");
    rank_both(&mut state, "b", &LEFT, &RIGHT);
    assert_eq!(state.active, state.compare.columns()[0], "the arrow keys do not show who is who");
    state.act(Action::ToggleChooser);
    assert_eq!(state.mode, Mode::Typing, "the list would show the names");
    let columns = state.compare.columns();
    state.act(Action::Vote(Verdict::Left));
    assert_eq!((state.place(), state.compare.votes.len()), (Place::Compare, 1));
    assert_eq!(state.compare.votes[0].columns, columns);
    type_text(&mut state, "c");
    assert_eq!((state.place(), state.active), (Place::Blind, state.compare.columns()[0]));
    state.act(Action::Vote(Verdict::Right));
    assert!(state.notice.is_some() && state.compare.votes.len() == 1, "nothing is ranked yet");
}

#[test]
fn votes_are_written_with_the_names_of_the_columns() {
    let mut state = comparing();
    assert!(state.act(Action::SaveVotes).is_empty());
    rank_both(&mut state, "a", &LEFT, &RIGHT);
    state.act(Action::ToggleBlind);
    rank_both(&mut state, "b", &LEFT, &RIGHT);
    state.act(Action::Vote(Verdict::BothBad));
    let [Effect::Save { content, .. }] = &state.act(Action::SaveVotes)[..] else { unreachable!("it is written") };
    let vote: serde_json::Value = serde_json::from_str(content).expect("one line of JSON");
    assert_eq!((&vote["query"], &vote["verdict"], &vote["top_k"]), (&"ab".into(), &"both-bad".into(), &2.into()));
    let names = [vote["left"].as_str(), vote["right"].as_str()].map(|name| name.expect("a name").to_owned());
    assert!(names == ["local", "remote"] || names == ["remote", "local"], "{names:?}");
    state.receive(Reply::Saved(Ok("vecscope-votes.jsonl".into())));
    assert_eq!(state.notice.as_deref(), Some("written to vecscope-votes.jsonl"));
}

#[test]
fn disagreements_are_of_sentences_and_of_queries_and_become_the_query() {
    let mut state = comparing();
    rank_both(&mut state, "a", &LEFT, &RIGHT);
    let effects = state.act(Action::ToggleDisagreements);
    assert_eq!(effects, [Effect::FindNeighbours(LOCAL, 10), Effect::FindNeighbours(REMOTE, 10)]);
    let neighbours = |lists: [[usize; 2]; 2]| {
        let lists = lists.iter().enumerate().map(|(n, list)| (DocumentIndex(n), list.to_vec()));
        Arc::new(Neighbours { lists: lists.collect::<BTreeMap<_, _>>() })
    };
    state.receive(Reply::Neighbours { backend: LOCAL, neighbours: neighbours([[1, 2], [0, 2]]) });
    state.receive(Reply::Neighbours { backend: REMOTE, neighbours: neighbours([[1, 2], [3, 3]]) });
    let sentences: Vec<_> = state
        .compare
        .found
        .iter()
        .map(|found| match found {
            Found::Sentence(disagreement) => Some(disagreement.document.0),
            Found::Query(..) => None,
        })
        .collect();
    assert_eq!(sentences, [Some(1), None, Some(0)], "the least agreement first");
    let (_, _, query) = sent(&state.act(Action::Choose));
    assert_eq!((query.as_str(), state.mode), ("east wind", Mode::Typing));
}

#[test]
fn disagreements_are_among_what_passes_a_filter() {
    let mut state = comparing();
    rank_both(&mut state, "a", &LEFT, &RIGHT);
    state.act(Action::Filter(FilterAction::Open));
    let (ticket, _) = filtering::asked(&type_text(&mut state, "x"));
    state.act(Action::Filter(FilterAction::Keep));
    state.act(Action::ToggleDisagreements);
    for backend in [LOCAL, REMOTE] {
        let lists = [(DocumentIndex(0), vec![1, 2]), (DocumentIndex(1), vec![backend.0])];
        state.receive(Reply::Neighbours { backend, neighbours: Arc::new(Neighbours { lists: lists.into() }) });
    }
    let listed = |state: &State| -> Vec<Option<usize>> {
        let listed = state.compare.found.iter().map(|found| match found {
            Found::Sentence(disagreement) => Some(disagreement.document.0),
            Found::Query(..) => None,
        });
        listed.collect()
    };
    assert_eq!(listed(&state), [Some(1), None, Some(0)]);
    // The filter is found out while the list is open. The query was ranked among all.
    state.receive(Reply::Selected { ticket, selection: Ok(filtering::of("x", &[0])) });
    assert_eq!(listed(&state), [Some(0)]);
    assert_eq!((state.compare.means(2, Some("x")), state.compare.means(2, None).is_some()), (None, true));
}

#[test]
fn how_much_vectors_vary_is_tried_with_both_models() {
    let mut state = comparing();
    rank_both(&mut state, "a", &LEFT, &RIGHT);
    assert_eq!(state.act(Action::Repeat), [Effect::Repeat(LOCAL, "a".into()), Effect::Repeat(REMOTE, "a".into())]);
    let repeated = Ok(Repeated { times: 5, largest: 0.0 });
    state.receive(Reply::Repeated { backend: LOCAL, repeated: repeated.clone(), spent: Spent::default() });
    assert_eq!(state.panels[0].repeated, Some(repeated));
}

#[test]
fn votes_have_keys_only_while_names_are_hidden() {
    let left = Chord { ctrl: false, alt: true, shift: false, key: Key::Char('l') };
    assert_eq!(action(Mode::Typing, Place::Blind, false, left), Some(Action::Vote(Verdict::Left)));
    assert_eq!(action(Mode::Typing, Place::Compare, false, left), None);
}
