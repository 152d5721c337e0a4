//! Where everything is on the Lab screen.
//!
//! ```text
//! 1 normalisation  2 precision  3 dimensions …        switches
//! ‹dot product›                                       setting
//! ╭ correct ──────╮     ╭ dot product ──╮             columns, or a curve over the whole width
//! ╰───────────────╯     ╰───────────────╯
//! ╭ what happened ──────────────────────╮             below
//! ╰─────────────────────────────────────╯
//! ```

use ratatui::layout::{Constraint, Layout as Split, Margin, Position, Rect};

use crate::engine::lab::{Experiment, Outcome};
use crate::state::lab::LabAction;
use crate::state::{Action, State};
use crate::text;

/// The rectangles of the Lab screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabAreas {
    /// The name of each experiment.
    pub switches: Vec<(Experiment, Rect)>,
    /// How the chosen one is set: one row.
    pub setting: Rect,
    /// The correct ranking and the switched one, each with its frame, if any. In place of the first there may be what each
    /// word does, or a curve, which may have the room of both. Empty where there is no room.
    pub columns: [Rect; 2],
    /// What happened, with its frame, if any.
    pub below: Option<Rect>,
}

/// The height of what happened, frame included, where there is little room and where there is more.
const FLAT: u16 = 7;
const TALL: u16 = 8;
/// From this height of the rest on, there is room for both; and from this on for more of what happened.
const BOTH: u16 = 12;
const ROOMY: u16 = 24;
/// The width between two columns, for the lines from one to the other.
const GAP: u16 = 7;
const WIDE_GAP: u16 = 11;
/// From this width on, names of switches are whole and the gap is wide.
const WIDE: u16 = 100;

impl LabAreas {
    /// Divides the room of the screen.
    pub(in crate::view) fn build(room: Rect, framed: bool, state: &State) -> Self {
        let [switches, setting, rest] =
            Split::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Fill(1)]).areas(room);
        let mut areas = Self {
            switches: place_switches(switches, state.lab.experiment),
            setting,
            columns: [Rect::ZERO; 2],
            below: Some(rest),
        };
        let experiment = state.lab.experiment;
        let is_introduced = state.query.is_blank() && experiment != Experiment::Threshold;
        if state.explanation_alone || is_introduced {
            return areas;
        }
        let height = match rest.height {
            ROOMY.. => TALL,
            BOTH.. if framed => FLAT,
            _ => 0,
        };
        let [above, below] = Split::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(rest);
        areas.below = (height > 0).then_some(below);
        areas.columns = columns(above, framed, experiment, state.lab.beside.is_some());
        areas
    }

    /// What a click at a place means, if anything: a switch, a sentence in either column, or the query up to a word.
    pub(in crate::view) fn click(&self, at: Position, framed: bool, state: &State) -> Option<Action> {
        if let Some((experiment, _)) = self.switches.iter().find(|(_, area)| area.contains(at)) {
            return Some(Action::Lab(LabAction::ShowExperiment(*experiment)));
        }
        let column = self.columns.iter().position(|column| column.contains(at))?;
        let rows = rows_of(self.columns[column], framed);
        let from_top = usize::from(at.y.checked_sub(rows.y).filter(|_| at.y < rows.bottom())?);
        let row = state.list.first + from_top;
        match (column, state.lab.experiment, state.lab.outcome()) {
            (0, Experiment::Short, Some(Outcome::Settling(settling, _))) => {
                let first = super::words::first_step(state, settling, usize::from(rows.height));
                let step = settling.steps.get(first + from_top)?;
                Some(Action::Lab(LabAction::ShowWords(step.words)))
            }
            (0, Experiment::Short | Experiment::Long | Experiment::Threshold, _) | (_, Experiment::Threshold, _) => {
                None
            }
            (0, _, _) => (row < state.row_count()).then_some(Action::Select(row)),
            (_, _, _) => (row < state.list.top_k).then_some(Action::Lab(LabAction::SelectSwitched(row))),
        }
    }

    /// The rows of the ranking that has the arrow keys: those of the correct one, else those of the switched.
    #[must_use]
    pub fn rows(&self, framed: bool) -> Rect {
        let column = if self.columns[1].is_empty() { self.columns[0] } else { self.columns[1] };
        rows_of(column, framed)
    }
}

/// What is left of a column inside its frame or below its title.
pub(in crate::view) fn rows_of(column: Rect, framed: bool) -> Rect {
    if column.is_empty() {
        return Rect::ZERO;
    }
    if framed { column.inner(Margin::new(1, 1)) } else { Rect { y: column.y + 1, height: column.height - 1, ..column } }
}

fn columns(above: Rect, framed: bool, experiment: Experiment, beside: bool) -> [Rect; 2] {
    let share = |[left, right]: [u16; 2], gap: u16| -> [Rect; 2] {
        let [left, _, right] =
            Split::horizontal([Constraint::Fill(left), Constraint::Length(gap), Constraint::Fill(right)]).areas(above);
        [left, right]
    };
    let gap = if above.width >= WIDE { WIDE_GAP } else { GAP };
    match experiment {
        Experiment::Threshold if beside && framed => share([1, 1], 1),
        // Where only one finds room: what each word does, and of two rankings the switched one.
        Experiment::Short if framed && above.width >= WIDE => share([1, 1], 1),
        Experiment::Short if framed => share([3, 2], 1),
        Experiment::Long | Experiment::Threshold | Experiment::Short => [above, Rect::ZERO],
        Experiment::Normalisation
        | Experiment::Precision
        | Experiment::Dimensions
        | Experiment::Mixing
        | Experiment::Misleading => {
            if framed {
                share([1, 1], gap)
            } else {
                [Rect::ZERO, above]
            }
        }
    }
}

/// How a switch is written: its number, and its name as far as there is room for it.
pub(in crate::view) fn switch_label(experiment: Experiment, chosen: bool, width: u16) -> String {
    let number = Experiment::ALL.iter().position(|&it| it == experiment).unwrap_or(0) + 1;
    let name = match (width, experiment) {
        _ if chosen => experiment.name(),
        (WIDE.., _) => experiment.name(),
        (..72, _) => "",
        (_, Experiment::Normalisation) => "norm",
        (_, Experiment::Precision) => "bits",
        (_, Experiment::Dimensions) => "dims",
        (_, Experiment::Mixing) => "mix",
        (_, Experiment::Threshold) => "cut-off",
        (_, Experiment::Misleading) => "mislead",
        (_, Experiment::Short | Experiment::Long) => experiment.name(),
    };
    match (chosen, name) {
        (true, _) => format!("●{number} {name}"),
        (false, "") => number.to_string(),
        (false, _) => format!("{number} {name}"),
    }
}

fn place_switches(row: Rect, chosen: Experiment) -> Vec<(Experiment, Rect)> {
    let mut x = row.x + 1;
    Experiment::ALL
        .into_iter()
        .map(|experiment| {
            let label = switch_label(experiment, experiment == chosen, row.width);
            let width = u16::try_from(text::width(&label)).unwrap_or(0);
            let area = Rect { x, width, ..row }.intersection(row);
            x = x.saturating_add(width + 2);
            (experiment, area)
        })
        .collect()
}
