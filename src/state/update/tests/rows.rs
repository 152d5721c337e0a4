//! Rows: movements, selection, what is shown.

use super::*;

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
fn what_is_copied_is_the_selected_sentence_without_anything_unseen() {
    let mut state = ready();
    state.act(Action::SelectNext);
    assert_eq!(state.act(Action::Copy), [Effect::Copy("east wind".into())]);
    assert_eq!(state.notice.as_deref(), Some("copied east, if the terminal allows it"));
    let documents = vec![Document::new("x", "ls\u{1b}[8m; rm -r")];
    let corpus = Corpus::new("hostile", documents);
    let panels = vec![Panel::new("local", Duration::ZERO)];
    let mut state = State::new(Arc::new(corpus), panels, 2, LOCAL, 10, Appearance::Dark);
    assert_eq!(state.act(Action::Copy), [Effect::Copy("ls␛[8m; rm -r".into())]);
}

#[test]
fn the_selection_moves_under_the_explanation_as_well() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.1, 0.2, 0.9, 0.3]);
    state.act(Action::ToggleExplanation);
    state.act(Action::SelectNext);
    assert!(state.explanation_alone);
    assert_eq!(state.selected_document(), Some(DocumentIndex(3)));
    state.act(Action::ToggleExplanation);
    assert!(!state.explanation_alone);
}
