//! Lessons, and the screen for a room.

use vecscope::lesson::{self, Progress};
use vecscope::state::action::LessonAction;
use vecscope::state::lab::LabAction;
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
    let documents = vec![Document::new("a", "a text")];
    let mut state = with_lessons(start(Corpus::new("x", documents)));
    state.act(Action::ShowScreen(Screen::Learn));
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("`vecscope learn` starts them") && !shown.contains("Tiny queries"), "{shown}");
}

#[test]
fn only_keys_that_work_are_shown_in_a_lesson() {
    let mut state = opened(CONTAINS);
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("F6 ⇄") && !shown.contains("Tab ⇄"), "{shown}");
    state.act(Action::Lesson(LessonAction::GoOn));
    state.act(Action::ShowBackend(OPENAI));
    state.receive(Reply::NotConfigured { backend: OPENAI, message: "OPENAI_API_KEY is not set".into() });
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("OPENAI_API_KEY is not set") && shown.contains("F6 chooses another"), "{shown}");
    assert!(!shown.contains("Tab goes to"), "{shown}");
}

#[test]
fn the_keys_of_a_task_stand_first_in_the_list_of_keys() {
    let mut state = opened(CONTAINS);
    for _ in 0..3 {
        go(&mut state, LessonAction::GoOn, CONTAINS);
    }
    state.act(Action::ToggleHelp);
    let shown = screen(&mut state, (80, 24));
    for line in ["Enter PgDn               go on, once the task is done", "PgUp                     back to the three"]
    {
        assert!(shown.contains(line), "{shown}");
    }
    assert!(shown.find("a hint, and another") < shown.find("rank with the other backend"), "{shown}");
}

#[test]
fn sentences_that_have_no_room_are_announced() {
    let mut state = opened(CONTAINS);
    go(&mut state, LessonAction::GoOn, CONTAINS);
    go(&mut state, LessonAction::GoOn, CONTAINS);
    let shown = screen(&mut state, (60, 14));
    assert!(shown.contains("why 1/3 ↓"), "{shown}");
    go(&mut state, LessonAction::SelectNext, CONTAINS);
    let shown = screen(&mut state, (60, 14));
    assert!(shown.contains("why 2/3 ↓"), "{shown}");
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("· why ━"), "all of them are there: {shown}");
}

#[test]
fn a_room_without_a_ranking_is_told_why_and_not_that_it_is_held_back() {
    let mut state = ready();
    go(&mut state, LessonAction::Present, CONTAINS);
    state.act(Action::SwapBackend);
    state.act(Action::Paste("a cake".into()));
    state.receive(Reply::Opened { backend: OPENAI, card: openai_card(), leaves_machine: None });
    let spent = Spent::default();
    let progress = vecscope::engine::Progress { done: 40, total: 100, ..Default::default() };
    state.receive(Reply::Embedded { backend: OPENAI, progress, card: openai_card(), spent });
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("The sentences are being embedded: 40 of 100") && !shown.contains("held back"), "{shown}");
    state.receive(Reply::NotConfigured { backend: OPENAI, message: "OPENAI_API_KEY is not set".into() });
    go(&mut state, LessonAction::GoOn, CONTAINS);
    state.act(Action::Edit(Edit::Insert('s')));
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("OPENAI_API_KEY is not set"), "{shown}");
    assert!(!shown.contains("held back") && !shown.contains("reveal"), "{shown}");
}

#[test]
fn a_task_of_the_lab_says_which_switch_it_is_about() {
    let mut state = with_lessons(ready());
    state.act(Action::Lesson(LessonAction::OpenNumber(1)));
    for _ in 0..3 {
        state.act(Action::Lesson(LessonAction::GoOn));
    }
    state.act(Action::Lab(LabAction::NextExperiment));
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("not yet: this is about normalisation, set to dot product"), "{shown}");
    assert!(!shown.contains("Enter takes"), "Enter takes no query here: {shown}");
}

#[test]
fn a_choice_is_selected_by_a_click_on_any_of_its_lines() {
    let mut state = with_lessons(ready());
    go(&mut state, LessonAction::OpenNumber(0), 0);
    let mut clicked = 0;
    for (size, chosen) in SIZES.into_iter().flat_map(|size| [(size, 0), (size, 2)]) {
        state.act(Action::Lesson(LessonAction::Pick(chosen)));
        let shown = screen(&mut state, size);
        let layout = Layout::build(Rect::new(0, 0, size.0, size.1), &state).expect("it is large enough");
        for (choice, text) in ["More than 1,", "1.000", "About 0.9"].into_iter().enumerate() {
            let sign = format!("{} {text}", choice + 1);
            let Some(row) = shown.lines().position(|line| line.contains(&sign)) else { continue };
            let at = Position::new(8, u16::try_from(row).expect("a small screen"));
            assert_eq!(layout.click(at, &state), Some(Action::Lesson(LessonAction::Pick(choice))), "{size:?} {shown}");
            clicked += 1;
        }
        let question = shown.lines().position(|line| line.contains("Now the query is one of"));
        let question = question.map(|row| Position::new(8, u16::try_from(row).expect("a small screen")));
        assert_eq!(question.and_then(|at| layout.click(at, &state)), None);
    }
    assert!(clicked > 12, "most of them are in sight: {clicked}");
}
