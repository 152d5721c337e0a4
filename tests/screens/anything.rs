//! Whatever is done, a frame can be drawn.

use proptest::prelude::*;
use vecscope::engine::lab::Experiment;
use vecscope::state::action::LessonAction;
use vecscope::state::compare::Verdict;
use vecscope::state::lab::LabAction;

use super::*;

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => any::<char>().prop_map(|character| Action::Edit(Edit::Insert(character))),
        1 => "\\PC{0,80}".prop_map(Action::Paste),
        1 => Just(Action::SelectNext),
        1 => Just(Action::SelectLast),
        1 => Just(Action::SelectPageUp),
        1 => (-9_isize..9).prop_map(Action::Scroll),
        1 => Just(Action::ToggleAll),
        1 => Just(Action::ShrinkTopK),
        1 => Just(Action::SwapBackend),
        1 => Just(Action::SwapBarScale),
        1 => Just(Action::UseSelected),
        1 => Just(Action::ToggleExplanation),
        1 => Just(Action::ShowScreen(Screen::Compare)),
        1 => Just(Action::ShowScreen(Screen::Search)),
        2 => Just(Action::ShowScreen(Screen::Pipeline)),
        2 => Just(Action::ShowScreen(Screen::Lab)),
        2 => (0..Experiment::ALL.len()).prop_map(|at| Action::Lab(LabAction::ShowExperiment(Experiment::ALL[at]))),
        1 => Just(Action::Lab(LabAction::NextExperiment)),
        1 => Just(Action::Lab(LabAction::NextParam)),
        1 => Just(Action::Lab(LabAction::RaiseParam)),
        1 => Just(Action::Lab(LabAction::LowerParam)),
        1 => Just(Action::Lab(LabAction::Run)),
        1 => (0_usize..12).prop_map(|row| Action::Lab(LabAction::SelectSwitched(row))),
        1 => (0_usize..12).prop_map(|words| Action::Lab(LabAction::ShowWords(words))),
        1 => Just(Action::NextStage),
        1 => Just(Action::ToggleStage),
        1 => Just(Action::NextParam),
        1 => Just(Action::RaiseParam),
        1 => Just(Action::LowerParam),
        1 => Just(Action::FetchReranker),
        1 => Just(Action::ToggleEvaluation),
        1 => Just(Action::ToggleNumbers),
        1 => Just(Action::ToggleBlind),
        1 => Just(Action::Vote(Verdict::Left)),
        1 => Just(Action::ToggleChooser),
        1 => Just(Action::Choose),
        1 => Just(Action::ToggleDisagreements),
        1 => Just(Action::HistoryPrevious),
        1 => Just(Action::ShowScreen(Screen::Learn)),
        6 => lesson_action().prop_map(Action::Lesson),
        1 => Just(Action::ToggleHelp),
        1 => Just(Action::Dismiss),
        1 => Just(Action::Edit(Edit::WordLeft)),
        1 => Just(Action::Edit(Edit::DeleteWordLeft)),
    ]
}

fn lesson_action() -> impl Strategy<Value = LessonAction> {
    prop_oneof![
        3 => (0_usize..10).prop_map(LessonAction::OpenNumber),
        4 => Just(LessonAction::GoOn),
        2 => Just(LessonAction::Skip),
        2 => Just(LessonAction::GoBack),
        1 => Just(LessonAction::SelectNext),
        1 => Just(LessonAction::SelectPrevious),
        1 => (0_usize..5).prop_map(LessonAction::Pick),
        1 => Just(LessonAction::Open),
        1 => Just(LessonAction::Leave),
        1 => Just(LessonAction::Hint),
        2 => Just(LessonAction::Present),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_done_at_whatever_size_a_frame_is_drawn(
        steps in prop::collection::vec((action(), 1_u16..140, 1_u16..50, 0_usize..100), 1..24),
    ) {
        let mut state = learn::with_lessons(pipeline::ready());
        for (action, width, height, best) in steps {
            let effects = state.act(action);
            answer(&mut state, effects, best, &local_card());
            screen(&mut state, (width, height));
            prop_assert!(state.row_count() == 0 || state.list.selected < state.row_count());
        }
    }
}
