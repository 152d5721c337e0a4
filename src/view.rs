//! Pure functions from the state to a frame. One file a region of the screen.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::widgets::{Paragraph, Wrap};

use crate::state::{Mode, Phase, Screen, State};

mod bar;
mod chooser;
mod columns;
mod compare;
mod consent;
mod disagreements;
mod editor;
mod evaluation;
mod filter;
mod footer;
mod frame;
mod header;
mod help;
mod hints;
mod lab;
pub mod layout;
mod learn;
mod lesson;
mod map;
mod pipeline;
mod query;
mod ranking;
mod room;
mod theme;
mod trouble;
mod why;

pub use layout::Layout;
pub use theme::Theme;

use trouble::Trouble;

/// Draws the whole screen, laid out by [`Layout::build`] for the frame's area; without a layout it says what it needs.
pub fn draw(frame: &mut Frame<'_>, layout: Option<&Layout>, state: &State) {
    let theme = Theme::of(state.appearance);
    let area = frame.area();
    frame.buffer_mut().set_style(area, theme.text);
    let Some(layout) = layout else {
        draw_too_small(frame);
        return;
    };
    header::draw(frame, layout, state, &theme);
    query::draw(frame, layout, state, &theme);
    match state.screen {
        _ if state.is_held_back() => lesson::draw_held_back(frame, layout, state, &theme),
        Screen::Search => draw_search(frame, layout, state, &theme),
        Screen::Compare => compare::draw(frame, layout, state, &theme),
        Screen::Pipeline => pipeline::draw(frame, layout, state, &theme),
        Screen::Map => map::draw(frame, layout, state, &theme),
        Screen::Lab => lab::draw(frame, layout, state, &theme),
        Screen::Learn => learn::draw(frame, layout, state, &theme),
    }
    if let Some(area) = layout.lesson {
        lesson::draw(frame, area, layout, state, &theme);
    }
    footer::draw(frame, layout, state, &theme);
    match state.mode {
        Mode::Typing | Mode::Lesson | Mode::Presenting => {}
        Mode::Help => help::draw(frame, state, &theme),
        Mode::Consent => consent::draw(frame, state, &theme),
        Mode::Choosing => chooser::draw(frame, state, &theme),
        Mode::Evaluation => evaluation::draw(frame, state, &theme),
        Mode::Axes => map::axes::draw(frame, state, &theme),
        Mode::Filter => filter::draw(frame, layout, state, &theme),
        Mode::Corpus => editor::draw(frame, layout, state, &theme),
        Mode::Disagreements => disagreements::draw(frame, state, &theme),
    }
}

fn draw_search(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    match &state.panel().phase {
        Phase::NotConfigured(message) => {
            trouble::draw(frame, layout, state, theme, &Trouble::NotConfigured(message));
        }
        Phase::Failed(message) => trouble::draw(frame, layout, state, theme, &Trouble::Failed(message)),
        Phase::Closed
        | Phase::Opening
        | Phase::Downloading(_)
        | Phase::AwaitingConsent(_)
        | Phase::Embedding(_)
        | Phase::Stopped { .. }
        | Phase::Ready => {
            if state.is_for_a_room() {
                room::draw(frame, layout, state, theme);
            } else if !layout.ranking.is_empty() {
                ranking::draw(frame, layout, state, theme);
            }
            if let Some(area) = layout.why {
                why::draw(frame, area, layout, state, theme);
            }
        }
    }
}

/// What is left to say where there is no room for anything.
fn draw_too_small(frame: &mut Frame<'_>) {
    let Rect { width, height, .. } = frame.area();
    let (needed_width, needed_height) = (layout::MIN_WIDTH, layout::MIN_HEIGHT);
    let text = format!("vecscope needs {needed_width}×{needed_height}; this is {width}×{height}. Ctrl+C quits.");
    frame.render_widget(Paragraph::new(text).wrap(Wrap { trim: true }), frame.area());
}
