//! The lab in a lesson.

use super::*;

/// One step about the raw dot product.
const LESSON: &str = r#"
    [[lesson]]
    id = "lengths"
    title = "Lengths"
    teaches = "lengths"
    minutes = 1

    [[lesson.steps]]
    id = "raw"
    query = "gale"
    screen = "lab"
    lab = { experiment = "normalisation", setting = "dot product" }
    question = "Which?"
    explain = ["a", "b", "c"]
    choices = [{ text = "the same", when = { same_first = true }, answer = true }, { text = "another" }]
    task = { text = "Again!", when = { same_first = true }, hints = ["h"], solution = "s" }
"#;

/// What the bench makes of a job.
fn run(state: &mut State, effects: &[Effect]) -> Vec<Effect> {
    let (ticket, job) = job(effects);
    let outcome = crate::engine::lab::Bench::new(Arc::clone(&state.corpus)).run(&job);
    state.receive(Reply::ExperimentRun { ticket, outcome })
}

#[test]
fn a_task_is_about_the_switch_of_its_step_and_no_other() {
    let mut state = in_lab();
    let mut corpus = (*state.corpus).clone();
    corpus.bundled = true;
    state.corpus = Arc::new(corpus);
    state.prepare_lessons(crate::lesson::parse(LESSON).expect("a lesson"), crate::lesson::Progress::default());
    state.act(Action::ShowScreen(Screen::Learn));
    lab(&mut state, LabAction::ShowExperiment(Experiment::Precision));
    for action in [LessonAction::Open, LessonAction::GoOn, LessonAction::GoOn, LessonAction::GoOn] {
        state.act(Action::Lesson(action));
    }
    assert_eq!((state.screen, state.lab.experiment, state.query.text()), (Screen::Lab, Experiment::Normalisation, ""));
    let is_solved = |state: &State| state.learn.open.as_ref().expect("it is open").solved;
    lab(&mut state, LabAction::NextExperiment);
    let effects = type_and_rank(&mut state, "a wind");
    assert_eq!(run(&mut state, &effects), [], "half precision leaves the first in its place, but is not the task");
    assert!(!is_solved(&state) && state.evidence().trial.is_none());
    assert_eq!(state.set_otherwise(), Some(Setting::Metric(Metric::DotProduct)));
    // Nor is another setting of the same switch.
    lab(&mut state, LabAction::PreviousExperiment);
    let effects = lab(&mut state, LabAction::RaiseParam);
    assert_eq!(run(&mut state, &effects), []);
    assert!(!is_solved(&state));
    let effects = lab(&mut state, LabAction::LowerParam);
    let effects = run(&mut state, &effects);
    assert!(is_solved(&state) && matches!(effects[..], [Effect::KeepProgress(_)]), "{effects:?}");
    state.act(Action::Lesson(LessonAction::Leave));
    assert_eq!(state.lab.experiment, Experiment::Precision, "what the lesson set is put back");
}
