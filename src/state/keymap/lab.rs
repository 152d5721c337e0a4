//! What keys do on the Lab screen.

use super::table::{anywhere, moving};
use super::{Key, Section, alt, ctrl, plain, table};
use crate::state::Action;
use crate::state::lab::LabAction;

pub(super) fn lab_keys() -> Section {
    let lab = Action::Lab;
    let mut bindings = vec![
        table::bind([plain(Key::Tab)], lab(LabAction::NextExperiment), "the next switch"),
        table::bind([plain(Key::BackTab)], lab(LabAction::PreviousExperiment), "the switch before"),
        table::bind(
            [alt(Key::Up), ctrl(Key::Up)],
            lab(LabAction::RaiseParam),
            "raise the ‹setting›, or its next value",
        ),
        table::bind([alt(Key::Down), ctrl(Key::Down)], lab(LabAction::LowerParam), "lower it, or the value before"),
        table::bind([plain(Key::Function(8))], lab(LabAction::NextParam), "the next ‹setting› of this switch"),
        table::bind([ctrl(Key::Char('g'))], lab(LabAction::Run), "run what waits for a press: it says what"),
        table::bind([plain(Key::Function(4))], Action::ToggleExplanation, "what happened alone, or the rankings too"),
        table::bind([ctrl(Key::Char('t'))], Action::ToggleAll, "all rows, or the top k"),
    ];
    bindings.extend(moving());
    bindings.extend(anywhere());
    Section { title: "lab", bindings }
}
