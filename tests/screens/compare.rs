//! The Compare screen.

use vecscope::state::compare::Verdict;

use super::*;

fn compared() -> State {
    let mut state = ready();
    state.act(Action::ShowScreen(Screen::Compare));
    open(&mut state, OPENAI, openai_card());
    for character in "how do I ask".chars() {
        let effects = state.act(Action::Edit(Edit::Insert(character)));
        answer_each(&mut state, effects);
    }
    state
}

/// Answers every search, each backend in its own way.
fn answer_each(state: &mut State, effects: Vec<Effect>) {
    for effect in effects {
        let (best, card) = match &effect {
            Effect::Search { backend: LOCAL, .. } => (0, local_card()),
            _ => (4, openai_card()),
        };
        answer(state, vec![effect], best, &card);
    }
}

#[test]
fn two_backends_side_by_side() {
    let mut state = compared();
    state.act(Action::SelectNext);
    assert_screens("compared", &mut state);
    state.act(Action::ToggleExplanation);
    assert_screens("compared_measures", &mut state);
}

#[test]
fn a_column_that_waits_says_so_and_keeps_its_older_ranking() {
    let mut state = compared();
    for effect in state.act(Action::Edit(Edit::Insert('s'))) {
        if matches!(effect, Effect::Search { backend: LOCAL, .. }) {
            answer(&mut state, vec![effect], 7, &local_card());
        }
    }
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("OpenAI · 1536 d · stale: waits for a pause"), "{shown}");
    assert!(shown.contains("overlap@10    –"), "old and new are not compared: {shown}");
}

#[test]
fn blind_columns_show_no_name_no_score_and_no_token_count() {
    let mut state = compared();
    state.act(Action::ToggleBlind);
    assert!(screen(&mut state, (120, 36)).contains("this query was seen with the names"));
    let effects = state.act(Action::Edit(Edit::Insert('s')));
    answer_each(&mut state, effects);
    for size in [(120, 36), (80, 24), (40, 10)] {
        let shown = screen(&mut state, size);
        for giveaway in ["MiniLM", "OpenAI", "openai", "384", "1536", "0.700", "tokens", "RTen"] {
            assert!(!shown.contains(giveaway), "{giveaway} at {size:?}: {shown}");
        }
        assert!(shown.contains("● A"), "the arrow keys begin on the left: {shown}");
    }
    assert!(screen(&mut state, (80, 24)).contains("which is better?"));
    insta::assert_snapshot!("blind_120x36", screen(&mut state, (120, 36)));
    // Nor does a column that is asked, or that failed.
    let mut waiting = compared();
    waiting.act(Action::ToggleBlind);
    let effects = waiting.act(Action::Edit(Edit::Insert('s')));
    for effect in effects {
        let Effect::StartTimer { timer, .. } = effect else { continue };
        for effect in waiting.receive(Reply::TimerElapsed(timer)) {
            let shown = screen(&mut waiting, (120, 36));
            assert!(!shown.contains("OpenAI") && shown.contains("both columns come together"), "{shown}");
            let Effect::Search { backend, ticket, .. } = effect else { continue };
            waiting.receive(Reply::SearchFailed { backend, ticket, message: "no answer from api.openai.com".into() });
            let shown = screen(&mut waiting, (120, 36));
            assert!(!shown.contains("openai") && shown.contains("a column failed"), "{shown}");
        }
    }
    state.act(Action::Vote(Verdict::Tie));
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("1 ties, 0 neither"), "{shown}");
}

#[test]
fn the_list_of_backends_and_of_disagreements_are_drawn_at_any_size() {
    let mut state = compared();
    for action in [Action::ToggleChooser, Action::ToggleDisagreements] {
        state.act(action.clone());
        for size in [(120, 36), (80, 24), (40, 10), (5, 2)] {
            screen(&mut state, size);
        }
        state.act(Action::Dismiss);
    }
    state.act(Action::ToggleChooser);
    assert!(screen(&mut state, (80, 24)).contains("choose a backend"));
}

#[test]
fn clicks_find_the_rows_of_both_columns_and_the_screens() {
    let mut state = compared();
    for (width, height) in [(120, 36), (80, 24)] {
        screen(&mut state, (width, height));
        let layout = Layout::build(Rect::new(0, 0, width, height), &state).expect("large enough");
        for (column, backend) in layout.columns.into_iter().zip([LOCAL, OPENAI]) {
            let row = Position::new(column.x + 3, layout.rows.y + 2);
            assert_eq!(layout.click(row, &state), Some(Action::SelectIn(backend, 2)));
        }
        let (_, search) = layout.tabs[0];
        assert_eq!(layout.click(search.as_position(), &state), Some(Action::ShowScreen(Screen::Search)));
    }
}
