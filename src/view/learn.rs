//! ```text
//! ╭ lessons ─────────────────────────────────────────── 2 of 9 done ─╮
//! │› ● 1  What is compared            4 min  3 of 3                  │
//! │       Meaning ranks, not shared words; what a cosine is.         │
//! │  ◐ 2  Directions, not lengths     4 min  1 of 2                  │
//! ╰ Enter opens · ↑ ↓ select · Alt+P for a room ─────────────────────╯
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span, Text};

use super::frame::{fit_line, titled};
use super::{Layout, Theme};
use crate::lesson::Lesson;
use crate::lesson::progress::Extent;
use crate::phrase;
use crate::state::action::LessonAction;
use crate::state::learn::Presenting;
use crate::state::{Action, State};
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let learn = &state.learn;
    let all = |lesson: &&Lesson| learn.progress.extent(lesson) == Extent::All;
    let done = learn.lessons.iter().filter(all).count();
    let room = if learn.presenting == Presenting::Off { "" } else { "· for a room " };
    let title = format!(" lessons: {done} of {} done {room}", learn.lessons.len());
    let inner = titled(frame, layout.room, &title, layout.framed, theme);
    if !state.corpus.bundled {
        let message = "The lessons are about the corpus that comes with vecscope, and another one is open. \
                       `vecscope learn` starts them. Here Alt+O, then Ctrl+G, opens it.";
        let lines = text::wrap(message, usize::from(inner.width), usize::from(inner.height));
        frame.render_widget(Text::from_iter(lines).style(theme.text), inner);
        return;
    }
    let (first, height) = window(inner, state);
    draw_what_it_teaches(frame, inner, height, state, theme);
    let places = inner.rows().step_by(usize::from(height));
    for ((number, lesson), row) in learn.lessons.iter().enumerate().skip(first).zip(places) {
        let area = Rect { height, ..row }.intersection(inner);
        draw_lesson(frame, area, (number, lesson), state, theme);
    }
}

fn draw_lesson(frame: &mut Frame<'_>, area: Rect, (number, lesson): (usize, &Lesson), state: &State, theme: &Theme) {
    let steps = lesson.steps.len();
    let done = (0..steps).filter(|&step| state.learn.progress.has(lesson, step)).count();
    let selected = number == state.learn.selected;
    let (mark, width) = (phrase::extent(done, steps), usize::from(area.width));
    let title_width = state.learn.lessons.iter().map(|lesson| text::width(&lesson.title)).max().unwrap_or(0);
    let line = Line::from(vec![
        Span::styled(if selected { "› " } else { "  " }, theme.accent),
        Span::styled(format!("{mark} {}  ", number + 1), theme.accent),
        Span::styled(format!("{:<title_width$}  ", lesson.title), theme.text),
        Span::styled(format!("{done} of {} · {} min", phrase::counted(steps, "step"), lesson.minutes), theme.dim),
    ]);
    let teaches = Line::from(Span::styled(format!("       {}", lesson.teaches), theme.dim));
    let lines = [fit_line(line, width), fit_line(teaches, width)].into_iter().take(usize::from(area.height.min(2)));
    frame.render_widget(lines.collect::<Text>(), area);
    if selected {
        let marked = Rect { height: area.height.min(2), ..area };
        frame.buffer_mut().set_style(marked, theme.selected);
    }
}

/// Where the list has one line for each lesson, what the selected one teaches stands at the bottom.
fn draw_what_it_teaches(frame: &mut Frame<'_>, inner: Rect, height: u16, state: &State, theme: &Theme) {
    let used = u16::try_from(state.learn.lessons.len()).unwrap_or(u16::MAX);
    let (Some(lesson), 2..) = (state.learn.lessons.get(state.learn.selected), inner.height.saturating_sub(used)) else {
        return;
    };
    if height == 1 {
        let last = Rect { y: inner.bottom() - 1, height: 1, ..inner };
        let teaches = text::fit(&lesson.teaches, usize::from(inner.width)).into_owned();
        frame.render_widget(Line::styled(teaches, theme.accent), last);
    }
}

/// The first lesson that is shown, and how many lines each has: air between them where there is room.
fn window(inner: Rect, state: &State) -> (usize, u16) {
    let count = state.learn.lessons.len().max(1);
    let height = (usize::from(inner.height) / count).clamp(1, 3);
    // Where not even a line for each is there, those around the selected one are.
    let shown = (usize::from(inner.height) / height).max(1);
    ((state.learn.selected + 1).saturating_sub(shown), u16::try_from(height).unwrap_or(1))
}

/// What a click on the list does: it opens the lesson under it.
pub(super) fn click(layout: &Layout, at: Position, state: &State) -> Option<Action> {
    let margin = u16::from(layout.framed);
    let inner = Rect { y: layout.room.y + 1, height: layout.room.height.saturating_sub(1 + margin), ..layout.room };
    let (first, height) = window(inner, state);
    let row = usize::from(at.y.checked_sub(inner.y)? / height);
    let number = first + row;
    (inner.contains(at) && number < state.learn.lessons.len())
        .then_some(Action::Lesson(LessonAction::OpenNumber(number)))
}
