//! What comes of keys: queries, answers, history.

use super::*;

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
    let corpus = Corpus::new("nothing", Vec::new());
    let mut state =
        State::new(Arc::new(corpus), vec![Panel::new("local", Duration::ZERO)], 2, LOCAL, 10, Appearance::Dark);
    state.start();
    open(&mut state, LOCAL);
    assert!(type_text(&mut state, "a").is_empty());
    assert!(state.act(Action::UseSelected).is_empty());
    assert_eq!((state.row_count(), state.selected_document()), (0, None));
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
fn a_new_query_selects_the_first_row_again() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.1, 0.2, 0.9, 0.3]);
    state.act(Action::SelectNext);
    type_text(&mut state, "b");
    assert_eq!(state.list.selected, 0);
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
    let expected = [Pitfall::QueryTruncated(cut), Pitfall::DocumentsTruncated { documents: 1, best: None, limit: 5 }];
    assert_eq!(state.pitfalls(), expected);
}
