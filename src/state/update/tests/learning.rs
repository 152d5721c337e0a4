//! Lessons, and a screen for a room.

use super::*;
use crate::lesson::{self, Lesson, Progress};
use crate::state::action::LessonAction;
use crate::state::learn::{Part, Presenting};

/// Two steps: the first about what stands first, the second with a text to begin with.
const LESSON: &str = r#"
    [[lesson]]
    id = "winds"
    title = "Winds"
    teaches = "which wind"
    minutes = 1

    [[lesson.steps]]
    id = "one"
    query = "gale"
    question = "Which?"
    explain = ["a", "b {score:east}", "c"]
    choices = [{ text = "north", when = { first = "north" } }, { text = "east", when = { first = "east" }, answer = true }]
    task = { text = "South!", when = { first = "south", without_words = ["south"] }, hints = ["h", "i"], solution = "s" }

    [[lesson.steps]]
    id = "two"
    query = "storm"
    screen = "pipeline"
    question = "Which?"
    explain = ["a", "b", "c"]
    choices = [{ text = "north", when = { first = "north" } }, { text = "another", answer = true }]
    task = { text = "South!", start = "so", when = { first = "south" }, hints = ["h"], solution = "s" }
"#;

fn lessons() -> Vec<Lesson> {
    lesson::parse(LESSON).expect("a lesson")
}

/// As lessons are about the bundled corpus, the winds are taken for that.
fn on_screen(progress: Progress) -> State {
    let mut state = ready();
    let mut corpus = (*state.corpus).clone();
    corpus.bundled = true;
    state.corpus = Arc::new(corpus);
    state.prepare_lessons(lessons(), progress);
    state.act(Action::ShowScreen(Screen::Learn));
    state
}

fn go(state: &mut State, action: LessonAction) -> Vec<Effect> {
    state.act(Action::Lesson(action))
}

/// Opens the lesson and has its query ranked so.
fn opened(scores: &[f32]) -> State {
    let mut state = on_screen(Progress::default());
    let (backend, ticket, query) = sent(&go(&mut state, LessonAction::Open));
    assert_eq!(query, "gale");
    answer(&mut state, backend, ticket, ranking(&query, scores));
    state
}

fn part(state: &State) -> Option<(usize, Part)> {
    state.learn.open.as_ref().map(|open| (open.step, open.part))
}

#[test]
fn a_step_goes_from_prediction_to_task_and_what_is_true_comes_from_the_ranking() {
    let mut state = opened(&[0.1, 0.9, 0.5, 0.2]);
    assert_eq!((part(&state), state.mode, state.screen), (Some((0, Part::Predict)), Mode::Lesson, Screen::Search));
    assert!(state.is_held_back());
    go(&mut state, LessonAction::Pick(1));
    go(&mut state, LessonAction::Pick(7));
    go(&mut state, LessonAction::GoOn);
    assert!(!state.is_held_back());
    let (open, _, step) = state.learn.current().expect("it is open");
    let predicted = open.predicted.expect("it was");
    assert_eq!((predicted, step.verdict(predicted, &state.evidence())), (1, Some(lesson::Verdict::Held)));
    go(&mut state, LessonAction::GoOn);
    assert_eq!(part(&state), Some((0, Part::Explain)));
    go(&mut state, LessonAction::GoOn);
    assert_eq!((part(&state), state.mode, state.query.text()), (Some((0, Part::Try)), Mode::Typing, ""));
}

#[test]
fn with_another_ranking_another_choice_is_true() {
    let state = opened(&[0.9, 0.1, 0.5, 0.2]);
    let (_, _, step) = state.learn.current().expect("it is open");
    assert_eq!(step.verdict(1, &state.evidence()), Some(lesson::Verdict::Other(0)));
    let state = opened(&[0.1, 0.2, 0.9, 0.2]);
    let (_, _, step) = state.learn.current().expect("it is open");
    assert_eq!(step.verdict(1, &state.evidence()), Some(lesson::Verdict::None), "with this model it is neither");
}

#[test]
fn a_task_is_checked_on_every_ranking_and_kept_once() {
    let mut state = opened(&[0.1, 0.9, 0.5, 0.2]);
    for _ in 0..3 {
        go(&mut state, LessonAction::GoOn);
    }
    let (backend, older, _) = sent(&type_text(&mut state, "s"));
    let (_, newer, query) = sent(&type_text(&mut state, "ea"));
    // An answer to what was typed before is dropped, though it would do.
    assert_eq!(answer(&mut state, backend, older, ranking("s", &[0.1, 0.2, 0.9, 0.2])), []);
    let open = |state: &State| state.learn.open.clone().expect("it is open");
    assert!(!open(&state).solved);
    let effects = answer(&mut state, backend, newer, ranking(&query, &[0.1, 0.2, 0.9, 0.2]));
    let mut done = Progress::default();
    done.finish("winds.one".into());
    assert!(effects.contains(&Effect::KeepProgress(done.clone())), "{effects:?}");
    assert!(open(&state).solved);
    assert_eq!(state.learn.unkept(), Some(&done));
    state.receive(Reply::ProgressKept(Ok((done, None))));
    assert_eq!(state.learn.unkept(), None);
    // It stays done, whatever comes; and Enter goes on.
    let (_, ticket, query) = sent(&type_text(&mut state, "x"));
    let effects = answer(&mut state, backend, ticket, ranking(&query, &[0.9, 0.2, 0.1, 0.2]));
    assert!(open(&state).solved && !effects.iter().any(|effect| matches!(effect, Effect::KeepProgress(_))));
    state.act(Action::UseSelected);
    assert_eq!((part(&state), state.screen, state.query.text()), (Some((1, Part::Predict)), Screen::Pipeline, "storm"));
}

#[test]
fn the_sentence_itself_is_no_solution() {
    let mut state = opened(&[0.1, 0.9, 0.5, 0.2]);
    for _ in 0..3 {
        go(&mut state, LessonAction::GoOn);
    }
    let (backend, ticket, query) = sent(&type_text(&mut state, "East WIND!"));
    answer(&mut state, backend, ticket, ranking(&query, &[0.1, 0.2, 0.9, 0.2]));
    assert!(!state.learn.open.as_ref().expect("it is open").solved);
}

#[test]
fn what_could_not_be_kept_is_told_and_kept_for_the_end() {
    let mut state = opened(&[0.1, 0.9, 0.5, 0.2]);
    for _ in 0..3 {
        go(&mut state, LessonAction::GoOn);
    }
    let (backend, ticket, query) = sent(&type_text(&mut state, "sea"));
    answer(&mut state, backend, ticket, ranking(&query, &[0.1, 0.2, 0.9, 0.2]));
    state.receive(Reply::ProgressKept(Ok((Progress::default(), Some("set aside".into())))));
    assert_eq!(state.notice.as_deref(), Some("set aside"));
    assert!(state.learn.unkept().is_some(), "what came after is still to be kept");
    state.receive(Reply::ProgressKept(Err("no room".into())));
    assert_eq!(state.notice.as_deref(), Some("no room"));
    assert!(state.learn.unkept().is_some());
}

#[test]
fn a_lesson_is_left_and_gone_on_with_and_what_it_set_comes_back() {
    let mut state = on_screen(Progress::default());
    state.bar_scale = BarScale::Percentile;
    go(&mut state, LessonAction::Open);
    assert_eq!(state.bar_scale, BarScale::Cosine);
    go(&mut state, LessonAction::GoOn);
    go(&mut state, LessonAction::Leave);
    assert_eq!((part(&state), state.screen, state.mode, state.query.text()), (None, Screen::Learn, Mode::Typing, ""));
    assert_eq!((state.bar_scale, state.list.top_k), (BarScale::Percentile, 2));
    go(&mut state, LessonAction::Open);
    assert_eq!(part(&state), Some((0, Part::Reveal)));
    // Going to the list by its own key leaves it as well.
    go(&mut state, LessonAction::GoOn);
    go(&mut state, LessonAction::GoOn);
    state.act(Action::ShowScreen(Screen::Learn));
    assert_eq!((part(&state), state.bar_scale), (None, BarScale::Percentile));
}

#[test]
fn a_selection_far_down_does_not_outlive_the_rows_of_the_lesson() {
    let mut state = opened(&[0.1, 0.9, 0.5, 0.2]);
    state.act(Action::ToggleAll);
    state.act(Action::SelectLast);
    assert_eq!(state.list.selected, 3);
    state.act(Action::ShowScreen(Screen::Learn));
    assert!(state.list.selected < state.row_count().max(1), "{}", state.list.selected);
}

#[test]
fn everything_can_be_skipped_and_gone_back_to() {
    let mut state = opened(&[0.1, 0.9, 0.5, 0.2]);
    go(&mut state, LessonAction::Skip);
    assert_eq!(state.learn.open.as_ref().and_then(|open| open.predicted), None);
    for _ in 0..3 {
        go(&mut state, LessonAction::Skip);
    }
    assert_eq!(part(&state), Some((1, Part::Predict)));
    go(&mut state, LessonAction::GoBack);
    assert_eq!((part(&state), state.query.text(), state.screen), (Some((0, Part::Explain)), "gale", Screen::Search));
    go(&mut state, LessonAction::GoBack);
    go(&mut state, LessonAction::GoBack);
    go(&mut state, LessonAction::GoBack);
    assert_eq!(part(&state), Some((0, Part::Predict)), "there is nothing before");
    for _ in 0..8 {
        go(&mut state, LessonAction::Skip);
    }
    assert_eq!((part(&state), state.screen), (None, Screen::Learn));
    assert_eq!(state.learn.progress, Progress::default(), "what was skipped is not done");
}

#[test]
fn a_lesson_begins_with_the_first_step_that_is_not_done() {
    let mut progress = Progress::default();
    progress.finish("winds.one".into());
    let mut state = on_screen(progress);
    go(&mut state, LessonAction::Open);
    assert_eq!(part(&state), Some((1, Part::Predict)));
}

#[test]
fn the_keys_of_what_was_open_come_back_with_it() {
    let mut state = opened(&[0.1, 0.9, 0.5, 0.2]);
    state.act(Action::ToggleHelp);
    assert_eq!(state.mode, Mode::Help);
    state.act(Action::ToggleHelp);
    assert_eq!(state.mode, Mode::Lesson);
    for _ in 0..3 {
        go(&mut state, LessonAction::GoOn);
    }
    go(&mut state, LessonAction::Hint);
    go(&mut state, LessonAction::Hint);
    go(&mut state, LessonAction::Hint);
    assert_eq!(state.learn.open.as_ref().map(|open| open.hints), Some(2), "there are no more");
    type_text(&mut state, "x");
    state.act(Action::Dismiss);
    assert_eq!((state.query.text(), part(&state)), ("", Some((0, Part::Try))));
    state.act(Action::Dismiss);
    assert_eq!((part(&state), state.screen), (None, Screen::Learn));
}

#[test]
fn lessons_are_about_the_bundled_corpus_alone() {
    let mut state = ready();
    state.prepare_lessons(lessons(), Progress::default());
    state.act(Action::ShowScreen(Screen::Learn));
    assert_eq!(go(&mut state, LessonAction::Open), []);
    assert!(part(&state).is_none() && state.notice.is_some());
}

#[test]
fn a_room_is_shown_the_order_and_then_the_scores_and_nothing_of_the_next_query() {
    let mut state = ready();
    go(&mut state, LessonAction::Present);
    go(&mut state, LessonAction::GoOn);
    assert_eq!(state.learn.presenting, Presenting::Held, "there is nothing to reveal");
    let (backend, ticket, query) = sent(&type_text(&mut state, "gale"));
    assert!(!state.is_held_back(), "there is nothing to hold back yet");
    go(&mut state, LessonAction::GoOn);
    // A press of the key that comes before the ranking counts.
    assert_eq!((state.learn.presenting, state.mode), (Presenting::Order, Mode::Presenting));
    go(&mut state, LessonAction::GoOn);
    assert_eq!(state.learn.presenting, Presenting::Order, "there are no scores yet");
    go(&mut state, LessonAction::GoBack);
    answer(&mut state, backend, ticket, ranking(&query, &[0.1, 0.9, 0.5, 0.2]));
    assert!(state.is_held_back());
    go(&mut state, LessonAction::GoOn);
    assert_eq!((state.learn.presenting, state.mode), (Presenting::Order, Mode::Presenting));
    go(&mut state, LessonAction::GoOn);
    go(&mut state, LessonAction::GoOn);
    assert_eq!(state.learn.presenting, Presenting::Scores);
    go(&mut state, LessonAction::GoBack);
    assert_eq!(state.learn.presenting, Presenting::Order);
    // The first character of another query takes the place of this one.
    type_text(&mut state, "st");
    assert_eq!((state.query.text(), state.mode, state.learn.presenting), ("st", Mode::Typing, Presenting::Held));
    // So does what is left of a query when a key takes a character away.
    go(&mut state, LessonAction::GoOn);
    state.act(Action::Edit(Edit::DeleteLeft));
    assert_eq!((state.query.text(), state.mode, state.learn.presenting), ("s", Mode::Typing, Presenting::Held));
    go(&mut state, LessonAction::Present);
    assert!(!state.is_held_back());
}

#[test]
fn a_room_is_shown_what_is_wrong_and_offered_nothing_to_reveal() {
    let mut state = ready();
    go(&mut state, LessonAction::Present);
    let (backend, ticket, query) = sent(&type_text(&mut state, "gale"));
    answer(&mut state, backend, ticket, ranking(&query, &[0.1, 0.9, 0.5, 0.2]));
    assert!(state.is_held_back());
    state.act(Action::SwapBackend);
    state.receive(Reply::NotConfigured { backend: REMOTE, message: "set a key".into() });
    assert!(!state.is_held_back(), "there is no ranking to be held back");
    go(&mut state, LessonAction::GoOn);
    assert_eq!((state.learn.presenting, state.mode), (Presenting::Held, Mode::Typing));
    assert!(state.notice.is_some());
}

#[test]
fn a_task_is_gone_back_from_and_its_sentences_are_not_taken_as_queries() {
    let mut state = opened(&[0.1, 0.9, 0.5, 0.2]);
    for _ in 0..3 {
        go(&mut state, LessonAction::GoOn);
    }
    let (backend, ticket, query) = sent(&type_text(&mut state, "mine"));
    answer(&mut state, backend, ticket, ranking(&query, &[0.9, 0.2, 0.1, 0.2]));
    for action in [Action::UseSelected, Action::Lesson(LessonAction::GoOn)] {
        state.act(action);
        assert_eq!((part(&state), state.query.text()), (Some((0, Part::Try)), "mine"));
        assert!(state.notice.as_ref().is_some_and(|notice| notice.contains("not done yet")));
    }
    go(&mut state, LessonAction::GoBack);
    assert_eq!((part(&state), state.mode, state.query.text()), (Some((0, Part::Explain)), Mode::Lesson, "gale"));
    go(&mut state, LessonAction::GoOn);
    assert_eq!(part(&state), Some((0, Part::Try)));
    state.act(Action::HistoryPrevious);
    assert_eq!(state.query.text(), "mine", "what was tried is not lost");
    let (_, ticket, query) = sent(&type_text(&mut state, "!"));
    answer(&mut state, backend, ticket, ranking(&query, &[0.1, 0.2, 0.9, 0.2]));
    go(&mut state, LessonAction::GoOn);
    assert_eq!(part(&state), Some((1, Part::Predict)));
    // Whoever goes back over a task that is done may go on again.
    go(&mut state, LessonAction::GoBack);
    go(&mut state, LessonAction::GoOn);
    go(&mut state, LessonAction::GoOn);
    assert_eq!(part(&state), Some((1, Part::Predict)));
}

#[test]
fn the_list_takes_no_text_and_says_that_a_view_for_a_room_is_on() {
    let mut state = on_screen(Progress::default());
    assert_eq!(type_text(&mut state, "x"), []);
    state.act(Action::Paste("y".into()));
    assert!(state.query.is_blank() && state.notice.as_ref().is_some_and(|notice| notice.contains("Alt+1")));
    go(&mut state, LessonAction::Present);
    assert!(state.notice.as_ref().is_some_and(|notice| notice.contains("room: on")));
    go(&mut state, LessonAction::Present);
    assert!(state.notice.as_ref().is_some_and(|notice| notice.contains("room: off")));
    state.act(Action::ShowScreen(Screen::Search));
    go(&mut state, LessonAction::Present);
    assert_eq!(state.notice, None, "it is seen there");
}

#[test]
fn labelled_queries_are_measured_in_a_lesson_on_the_pipeline_too() {
    let mut state = opened(&[0.1, 0.9, 0.5, 0.2]);
    for _ in 0..4 {
        go(&mut state, LessonAction::Skip);
    }
    assert_eq!((state.screen, state.mode), (Screen::Pipeline, Mode::Lesson));
    state.act(Action::ToggleEvaluation);
    assert_eq!(state.mode, Mode::Evaluation);
    state.act(Action::Dismiss);
    assert_eq!((part(&state), state.mode), (Some((1, Part::Predict)), Mode::Lesson));
}

#[test]
fn what_a_lesson_looks_at_is_not_looked_at_when_it_is_left() {
    let mut state = opened(&[0.1, 0.9, 0.5, 0.2]);
    assert_eq!(state.pipeline.focus, crate::engine::Stage::Dense);
    for _ in 0..4 {
        go(&mut state, LessonAction::Skip);
    }
    state.act(Action::NextStage);
    assert_ne!(state.pipeline.focus, crate::engine::Stage::Dense);
    go(&mut state, LessonAction::Leave);
    assert_eq!(state.pipeline.focus, crate::engine::Stage::Dense);
}
