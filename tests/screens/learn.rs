//! Lessons, and the screen for a room.

use vecscope::lesson::{self, Progress};
use vecscope::state::action::LessonAction;
use vecscope::state::learn::Presenting;

use super::*;

/// The lessons that come with the program, with one begun and one done.
pub(super) fn with_lessons(mut state: State) -> State {
    let lessons = lesson::bundled();
    let mut progress = Progress::default();
    progress.finish(lessons[0].key(0));
    for step in 0..lessons[2].steps.len() {
        progress.finish(lessons[2].key(step));
    }
    state.prepare_lessons(lessons, progress);
    state
}

fn go(state: &mut State, action: LessonAction, best: usize) {
    let effects = state.act(Action::Lesson(action));
    answer(state, effects, best, &local_card());
}

/// The first step of the lesson on negation, whose query is ranked with the sentence numbered `best` first.
fn opened(best: usize) -> State {
    let mut state = with_lessons(ready());
    go(&mut state, LessonAction::OpenNumber(4), best);
    state
}

/// s039 is the sentence numbered 38.
const CONTAINS: usize = 38;

#[test]
fn the_list_says_what_is_done() {
    let mut state = with_lessons(ready());
    state.act(Action::ShowScreen(Screen::Learn));
    assert_screens("learn_list", &mut state);
}

#[test]
fn a_step_is_predicted_seen_explained_and_tried() {
    let mut state = opened(CONTAINS);
    assert_screens("lesson_predict", &mut state);
    let shown = screen(&mut state, (120, 36));
    assert!(!shown.contains("0.700"), "no score is seen before: {shown}");
    go(&mut state, LessonAction::SelectNext, CONTAINS);
    go(&mut state, LessonAction::GoOn, CONTAINS);
    assert_screens("lesson_reveal", &mut state);
    go(&mut state, LessonAction::GoOn, CONTAINS);
    assert_screens("lesson_explain", &mut state);
    go(&mut state, LessonAction::GoOn, CONTAINS);
    go(&mut state, LessonAction::Hint, CONTAINS);
    rank(&mut state, "no nuts", CONTAINS + 5, &local_card());
    assert_screens("lesson_try", &mut state);
    rank(&mut state, " at all", CONTAINS + 1, &local_card());
    assert_screens("lesson_done", &mut state);
}

#[test]
fn a_lesson_is_read_without_colours() {
    let mut state = opened(CONTAINS);
    state.appearance = Appearance::Plain;
    go(&mut state, LessonAction::GoOn, CONTAINS);
    let shown = screen(&mut state, (80, 24));
    assert!(
        shown.contains("✓ Your prediction held.") && shown.contains("● This cake contains nuts.   ← you"),
        "{shown}"
    );
}

#[test]
fn what_another_model_did_otherwise_is_told_as_it_was() {
    let mut state = opened(50);
    go(&mut state, LessonAction::GoOn, 50);
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("With this model, none of the choices is true."), "{shown}");
    go(&mut state, LessonAction::GoOn, 50);
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("With this model it came out otherwise"), "{shown}");
}

#[test]
fn the_stages_of_the_pipeline_are_held_back_as_well() {
    let mut state = with_lessons(pipeline::ready());
    go(&mut state, LessonAction::OpenNumber(3), 2);
    let held = screen(&mut state, (120, 36));
    assert!(held.contains("Pipeline: held back") && !held.contains("○ BM25"), "{held}");
    go(&mut state, LessonAction::GoOn, 2);
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("no sentence holds a") && shown.contains("● Nothing: its column is empty"), "{shown}");
}

#[test]
fn a_switch_names_its_keys_only_where_they_work() {
    let mut state = with_lessons(ready());
    let lesson = state.learn.lessons.iter().position(|lesson| lesson.id == "models").expect("it is there");
    for action in [LessonAction::OpenNumber(lesson), LessonAction::GoOn, LessonAction::GoOn] {
        go(&mut state, action, 0);
        let shown = screen(&mut state, (120, 36));
        assert!(!shown.contains("change it"), "{shown}");
    }
    go(&mut state, LessonAction::GoOn, 0);
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("Alt+↑ ↓ change it"), "{shown}");
}

#[test]
fn a_room_is_shown_a_ranking_step_by_step() {
    let mut state = ready();
    go(&mut state, LessonAction::Present, CONTAINS);
    assert_screens("room_empty", &mut state);
    rank(&mut state, "a cake without nuts", CONTAINS, &local_card());
    assert_screens("room_held", &mut state);
    go(&mut state, LessonAction::GoOn, CONTAINS);
    assert_eq!(state.learn.presenting, Presenting::Order);
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("This cake contains nuts.") && !shown.contains("0.700"), "{shown}");
    go(&mut state, LessonAction::GoOn, CONTAINS);
    assert_screens("room_scores", &mut state);
}

#[test]
fn a_lesson_before_a_room_has_few_and_large_rows() {
    let mut state = opened(CONTAINS);
    go(&mut state, LessonAction::Present, CONTAINS);
    let held = screen(&mut state, (120, 36));
    assert!(!held.contains("0.700"), "{held}");
    go(&mut state, LessonAction::GoOn, CONTAINS);
    assert_screens("lesson_room", &mut state);
}

#[test]
fn a_click_opens_the_lesson_under_it() {
    let mut state = with_lessons(ready());
    state.act(Action::ShowScreen(Screen::Learn));
    for (size, line) in [((120, 36), 3), ((80, 24), 1)] {
        let shown = screen(&mut state, size);
        let second = shown.lines().position(|line| line.contains("Directions, not lengths")).expect("it is listed");
        let layout = Layout::build(Rect::new(0, 0, size.0, size.1), &state).expect("it is large enough");
        let at = Position::new(10, u16::try_from(second).expect("a small screen"));
        assert_eq!(at.y, layout.room.y + 1 + line);
        assert_eq!(layout.click(at, &state), Some(Action::Lesson(LessonAction::OpenNumber(1))));
        assert_eq!(layout.click(Position::new(10, layout.room.bottom() - 1), &state), None);
    }
}

#[test]
fn with_another_corpus_there_is_a_word_in_their_place() {
    let documents = vec![Document { id: "a".into(), topic: None, text: "a text".into() }];
    let mut state =
        with_lessons(start(Corpus { name: "x".into(), bundled: false, documents, blank_lines: Vec::new() }));
    state.act(Action::ShowScreen(Screen::Learn));
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("`vecscope learn` starts them") && !shown.contains("Tiny queries"), "{shown}");
}
