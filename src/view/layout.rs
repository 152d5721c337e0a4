//! Where everything is: the one set of rectangles that drawing and the mouse share.
//!
//! ```text
//! wide                                80×24                        40×10
//! header                              header                       query
//! ╭ query ──────────────────────╮     ╭ query ──────────────╮      backends
//! ╰─────────────────── backends ╯     ╰─────────── backends ╯      rows
//! ╭ rows ────────╮╭ why ────────╮     ╭ rows ───────────────╮      …
//! │              ││             │     ╰─────────────────────╯      status
//! │              ││             │     ╭ why ────────────────╮
//! ╰──────────────╯╰─────────────╯     ╰─────────────────────╯
//! warning                             warning
//! status                              status
//! ```
//!
//! The explanation takes the place of the rows where the person asks for it. Rows have two lines where all of a ranking
//! finds room so.

use ratatui::layout::{Constraint, Direction, Layout as Split, Position, Rect};

use super::lab::areas::LabAreas;
use crate::engine::Stage;
use crate::state::learn::Part;
use crate::state::{Action, BackendId, Mode, Screen, State};
use crate::text;

mod pointing;

/// The least width that everything is made for, in columns.
pub const MIN_WIDTH: u16 = 40;
/// The least height that everything is made for, in rows.
pub const MIN_HEIGHT: u16 = 10;

/// From this width on, the explanation stands beside the rows.
const WIDE: u16 = 100;
/// The width of the explanation beside the rows.
const WHY_WIDTH: u16 = 44;
/// From this height on, there is room for the explanation below the rows.
const TALL: u16 = 22;
/// The height of the explanation below the rows, frame included: its lines are more where they are shorter.
const WHY_HEIGHT: u16 = 8;
const NARROW_WHY_HEIGHT: u16 = 9;
/// Below this width the explanation is narrow.
const NARROW: u16 = 80;
/// How many sentences a room is shown.
pub(super) const ROOM_ROWS: usize = 5;
/// The height of a lesson below, frame included.
const LESSON_HEIGHT: u16 = 9;
/// From this height and width on, regions have frames.
const FRAMED_HEIGHT: u16 = 14;
const FRAMED_WIDTH: u16 = 60;

/// The height of the measures below two columns, frame included: all of them, and the most important.
const MEASURES_HEIGHT: u16 = 13;
const FEW_MEASURES_HEIGHT: u16 = 7;
/// The width between two columns, for the lines from one to the other.
const WIDE_GAP: u16 = 11;
const GAP: u16 = 7;
/// The width between two stages of the pipeline, for the line of the sentence that is followed.
const WIDE_STAGE_GAP: u16 = 5;
const STAGE_GAP: u16 = 2;
/// From this width on, a row of four columns has room for an id.
const FOUR_STAGES: u16 = 76;

/// Where the names of screens begin, behind that of the program.
const TABS_START: u16 = 11;

/// The rectangles of one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// The name of the program and what is ranked.
    pub header: Option<Rect>,
    /// The name of each screen.
    pub tabs: Vec<(Screen, Rect)>,
    /// The query with its frame, if any.
    pub query: Rect,
    /// The query's text alone: one row.
    pub query_text: Rect,
    /// The name of each backend.
    pub backends: Vec<(BackendId, Rect)>,
    /// The ranking with its frame, if any.
    pub ranking: Rect,
    /// The rows of the ranking alone. Empty, with its frame, where the explanation stands in their place.
    pub rows: Rect,
    /// How many lines a row has.
    pub row_height: u16,
    /// The two columns of the Compare screen, each with its frame, if any. Empty on other screens, and where the measures
    /// stand in their place; where there is room for one only, the second is empty.
    pub columns: [Rect; 2],
    /// The measures of the Compare screen with their frame, if any.
    pub measures: Option<Rect>,
    /// The columns of the Pipeline screen, each with its frame, if any: all stages, or the one that has the arrow keys
    /// where there is room for one only. Empty on other screens, and where the explanation stands in their place.
    pub stages: Vec<(Stage, Rect)>,
    /// The maps of the Map screen, each with its frame, if any: one, or two where a second stands beside it. Empty on other
    /// screens, and where the facts stand in their place.
    pub maps: Vec<(BackendId, Rect)>,
    /// What the screen is for, where that is neither rows nor columns: all between the query and the warning.
    pub room: Rect,
    /// What the Lab screen has in that room.
    pub lab: Option<LabAreas>,
    /// The explanation with its frame, if any.
    pub why: Option<Rect>,
    /// What to beware of: one row. Without it, that takes the place of the status.
    pub warning: Option<Rect>,
    /// Engine and timings: one row.
    pub status: Rect,
    /// The lesson that is open, with its frame, if any.
    pub lesson: Option<Rect>,
    /// Whether regions have frames.
    pub framed: bool,
}

impl Layout {
    /// The rectangles for an area; `None` where it is smaller than [`MIN_WIDTH`] × [`MIN_HEIGHT`].
    #[must_use]
    pub fn build(area: Rect, state: &State) -> Option<Self> {
        if area.width < MIN_WIDTH || area.height < MIN_HEIGHT {
            return None;
        }
        let framed = area.width >= FRAMED_WIDTH && area.height >= FRAMED_HEIGHT;
        let below = lesson_height(area, framed, state);
        let above = Rect { height: area.height - below, ..area };
        let mut layout = if framed { Self::framed(above, state) } else { Self::compact(above, state) };
        layout.make_room_for_a_lesson(below);
        match state.screen {
            Screen::Search if state.is_for_a_room() => layout.room(area, state),
            Screen::Search if state.explanation_alone => layout.why = Some(layout.take_room()),
            Screen::Search => {}
            Screen::Compare => layout.compare(area.width, state.explanation_alone),
            Screen::Pipeline => layout.pipeline(area.width, state),
            Screen::Map => layout.map(area.width, state),
            Screen::Learn => layout.room = layout.take_room(),
            Screen::Lab => layout.lab(state),
        }
        let roomy = framed
            && state.screen == Screen::Search
            && state.ranking().is_some()
            && state.row_count() * 2 <= usize::from(layout.rows.height);
        if !state.is_for_a_room() {
            layout.row_height = if roomy { 2 } else { 1 };
        }
        Some(layout)
    }

    /// Puts a lesson between what is ranked and the last lines.
    fn make_room_for_a_lesson(&mut self, height: u16) {
        if height == 0 {
            return;
        }
        let top = self.warning.unwrap_or(self.status).y;
        self.lesson = Some(Rect { y: top, height, ..self.status });
        self.status.y += height;
        if let Some(warning) = &mut self.warning {
            warning.y += height;
        }
    }

    /// Takes away the rows and the explanation, and gives their room.
    fn take_room(&mut self) -> Rect {
        let room = self.why.map_or(self.ranking, |why| self.ranking.union(why));
        (self.why, self.ranking, self.rows) = (None, Rect::ZERO, Rect::ZERO);
        room
    }

    /// A few rows with air between them: a room reads from afar. What only the person at the keys wants to know is left
    /// out.
    fn room(&mut self, area: Rect, state: &State) {
        let room = self.take_room();
        let bottom = area.bottom() - 1;
        if let (Some(lesson), Some(warning)) = (&mut self.lesson, self.warning) {
            lesson.height += warning.height;
        }
        let end = self.lesson.map_or(bottom, |lesson| lesson.y);
        self.ranking = Rect { height: end.saturating_sub(room.y), ..room };
        let margin = u16::from(self.framed);
        self.rows = self.ranking.inner(ratatui::layout::Margin::new(2 * margin, margin));
        // Three with their bars say more than five without.
        let most = if (6..10).contains(&self.rows.height) { 3 } else { ROOM_ROWS };
        let wanted = u16::try_from(state.row_count().clamp(1, most)).unwrap_or(1);
        self.row_height = (self.rows.height / wanted).clamp(1, 5);
        (self.warning, self.header) = (None, None);
        self.tabs.clear();
        self.status = Rect { y: bottom, height: 1, ..self.status };
    }

    /// Divides the room of the rows and the explanation into two columns with the measures below, or gives it all to the
    /// measures. Where it is too narrow for both columns, the one with the arrow keys has it alone.
    fn compare(&mut self, width: u16, measures_alone: bool) {
        let room = self.take_room();
        if measures_alone {
            self.measures = Some(room);
            return;
        }
        let height = match room.height {
            24.. => MEASURES_HEIGHT,
            15.. => FEW_MEASURES_HEIGHT,
            _ => 0,
        };
        let [columns, measures] = Split::vertical([Constraint::Fill(1), Constraint::Length(height)]).areas(room);
        self.measures = (height > 0).then_some(measures);
        if !self.framed {
            self.columns = [columns, Rect::ZERO];
            self.rows = Rect { y: columns.y + 1, height: columns.height.saturating_sub(1), ..columns };
            return;
        }
        let gap = if width >= WIDE { WIDE_GAP } else { GAP };
        let [left, _, right] =
            Split::horizontal([Constraint::Fill(1), Constraint::Length(gap), Constraint::Fill(1)]).areas(columns);
        self.columns = [left, right];
        self.rows = inner(left);
    }

    /// Divides the room of the rows and the explanation into a column for each stage with the explanation below, or gives
    /// it all to the explanation. Where it is too narrow, the column that has the arrow keys has it alone.
    fn pipeline(&mut self, width: u16, state: &State) {
        let room = self.take_room();
        if state.explanation_alone {
            self.why = Some(room);
            return;
        }
        if !self.framed {
            self.stages = vec![(state.pipeline.focus, room)];
            self.rows = Rect { y: room.y + 1, height: room.height.saturating_sub(1), ..room };
            return;
        }
        let below = if room.height >= 14 { room.height / 2 } else { 0 };
        let [columns, why] = Split::vertical([Constraint::Fill(1), Constraint::Length(below)]).areas(room);
        self.why = (below > 0).then_some(why);
        if width < FOUR_STAGES {
            self.stages = vec![(state.pipeline.focus, columns)];
            self.rows = inner(columns);
            return;
        }
        let gap = if width >= WIDE { WIDE_STAGE_GAP } else { STAGE_GAP };
        let areas: [Rect; 4] = Split::horizontal([Constraint::Fill(1); 4]).spacing(gap).areas(columns);
        self.stages = Stage::ALL.into_iter().zip(areas).collect();
        let focused = self.stages.iter().find(|(stage, _)| *stage == state.pipeline.focus);
        self.rows = focused.map_or(Rect::ZERO, |(_, area)| inner(*area));
    }

    /// Divides the room of the rows and the explanation as the experiment wants it.
    fn lab(&mut self, state: &State) {
        self.room = self.take_room();
        let areas = LabAreas::build(self.room, self.framed, state);
        self.rows = areas.rows(self.framed);
        self.lab = Some(areas);
    }

    /// How many rows there is room for; `None` where none are shown.
    #[must_use]
    pub fn row_count(&self) -> Option<usize> {
        (!self.rows.is_empty()).then(|| usize::from(self.rows.height / self.row_height))
    }

    fn framed(area: Rect, state: &State) -> Self {
        let below = area.width < WIDE && area.height >= TALL;
        let why_height = match below {
            false => 0,
            true if area.width < NARROW => NARROW_WHY_HEIGHT,
            true => WHY_HEIGHT,
        };
        let [header, query, main, why_below, warning, status] = Split::vertical([
            Constraint::Length(1),
            Constraint::Length(3),
            Constraint::Fill(1),
            Constraint::Length(why_height),
            Constraint::Length(1),
            Constraint::Length(1),
        ])
        .areas(area);
        let beside = area.width >= WIDE;
        let [ranking, why_beside] = Split::new(
            Direction::Horizontal,
            [Constraint::Fill(1), Constraint::Length(if beside { WHY_WIDTH } else { 0 })],
        )
        .areas(main);
        let why = if beside { Some(why_beside) } else { below.then_some(why_below) };
        let backends = right_aligned(Rect { y: query.bottom() - 1, height: 1, ..query }, state, 2);
        Self {
            header: Some(header),
            tabs: tabs(header),
            query,
            query_text: inner(query),
            backends,
            ranking,
            rows: inner(ranking),
            row_height: 1,
            columns: [Rect::ZERO; 2],
            measures: None,
            stages: Vec::new(),
            maps: Vec::new(),
            room: Rect::ZERO,
            lab: None,
            why,
            warning: Some(warning),
            status,
            lesson: None,
            framed: true,
        }
    }

    fn compact(area: Rect, state: &State) -> Self {
        let [query, backends, rows, status] =
            Split::vertical([Constraint::Length(1), Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)])
                .areas(area);
        // The prompt.
        let query_text = Rect { x: query.x + 2, width: query.width - 2, ..query };
        Self {
            header: None,
            tabs: Vec::new(),
            query,
            query_text,
            backends: right_aligned(backends, state, 1),
            ranking: rows,
            rows,
            row_height: 1,
            columns: [Rect::ZERO; 2],
            measures: None,
            stages: Vec::new(),
            maps: Vec::new(),
            room: Rect::ZERO,
            lab: None,
            why: None,
            warning: None,
            status,
            lesson: None,
            framed: false,
        }
    }

    /// Selects the row of a stage that was clicked. Only the column that has the arrow keys is scrolled.
    fn click_stage(&self, at: Position, state: &State) -> Option<Action> {
        let (stage, _) = *self.stages.iter().find(|(_, area)| area.contains(at))?;
        let rows = state.stage_window(stage, usize::from(self.rows.height));
        let row = rows.get(usize::from(at.y.checked_sub(self.rows.y)?))?;
        Some(Action::SelectInStage(stage, *row))
    }

    /// What a click at a place means, if anything.
    #[must_use]
    pub fn click(&self, at: Position, state: &State) -> Option<Action> {
        if state.mode == Mode::Lesson {
            return super::lesson::click(self, at, state);
        }
        if state.mode != Mode::Typing {
            return None;
        }
        if let Some((backend, _)) = self.backends.iter().find(|(_, area)| area.contains(at)) {
            return Some(Action::ShowBackend(*backend));
        }
        if let Some((screen, _)) = self.tabs.iter().find(|(_, area)| area.contains(at)) {
            return Some(Action::ShowScreen(*screen));
        }
        if state.screen == Screen::Learn {
            return super::learn::click(self, at, state);
        }
        let row = state.list.first + usize::from(at.y.saturating_sub(self.rows.y) / self.row_height);
        if state.screen == Screen::Compare {
            let column = self.columns.iter().position(|column| column.contains(at))?;
            let backend = if self.framed { state.compare.columns()[column] } else { state.active };
            let is_row = (self.rows.y..self.rows.bottom()).contains(&at.y) && row < state.rows_of(backend);
            return is_row.then_some(Action::SelectIn(backend, row));
        }
        if state.screen == Screen::Pipeline {
            return self.click_stage(at, state);
        }
        if let Some(action) = self.press_map(at, state) {
            return Some(action);
        }
        if state.screen == Screen::Lab {
            return self.lab.as_ref()?.click(at, self.framed, state);
        }
        (self.rows.contains(at) && row < state.row_count()).then_some(Action::Select(row))
    }
}

/// How a backend is written where one is chosen: a mark and its label.
pub(super) fn backend_label(state: &State, backend: BackendId) -> String {
    let mark = if backend == state.active { '●' } else { '○' };
    if state.compare.is_masked() {
        return format!("{mark} {}", if state.compare.columns()[0] == backend { 'A' } else { 'B' });
    }
    format!("{mark} {}", text::visible(&state.panels[backend.0].label))
}

/// One rectangle for each backend's label, at the right end of a row, `margin` columns from its edge. Where they do not
/// fit, long ones are cut so that each keeps its share.
fn right_aligned(row: Rect, state: &State, margin: u16) -> Vec<(BackendId, Rect)> {
    const GAP: u16 = 3;
    let offered = state.offered();
    let count = u16::try_from(offered.len()).unwrap_or(u16::MAX);
    let room = row.width.saturating_sub(2 * margin + GAP * count.saturating_sub(1));
    let wanted: Vec<u16> = offered
        .iter()
        .map(|&backend| u16::try_from(text::width(&backend_label(state, backend))).unwrap_or(u16::MAX))
        .collect();
    let fits = wanted.iter().map(|&width| usize::from(width)).sum::<usize>() <= usize::from(room);
    let widths = wanted.into_iter().map(|width| if fits { width } else { width.min(room / count) });
    let total = widths.clone().fold(0_u16, |sum, width| sum.saturating_add(width).saturating_add(GAP));
    let mut x = row.right().saturating_sub(total.saturating_sub(GAP)).saturating_sub(margin).max(row.x);
    widths
        .zip(offered)
        .map(|(width, backend)| {
            let area = Rect { x, width, ..row }.intersection(row);
            x = x.saturating_add(width).saturating_add(GAP);
            (backend, area)
        })
        .collect()
}

/// The names of the screens, from the left, behind the program's own.
fn tabs(header: Rect) -> Vec<(Screen, Rect)> {
    let mut x = header.x + TABS_START;
    Screen::ALL
        .into_iter()
        .map(|screen| {
            let width = u16::try_from(text::width(screen.name())).unwrap_or(0);
            let area = Rect { x, width, ..header }.intersection(header);
            x += width + 2;
            (screen, area)
        })
        .collect()
}

/// The height of the lesson that is open, frame included. Where there is little room, it has all of it while there is
/// nothing else to see, and a few lines where there is.
fn lesson_height(area: Rect, framed: bool, state: &State) -> u16 {
    let Some(open) = &state.learn.open else { return 0 };
    match (framed, open.part) {
        (false, Part::Predict | Part::Explain) => area.height.saturating_sub(4),
        (false, Part::Reveal | Part::Try) => area.height / 2,
        (true, _) if area.height < 20 => area.height.saturating_sub(9),
        (true, _) if area.height < TALL + LESSON_HEIGHT => LESSON_HEIGHT,
        (true, _) => LESSON_HEIGHT + 2,
    }
}

fn inner(framed: Rect) -> Rect {
    framed.inner(ratatui::layout::Margin::new(1, 1))
}
