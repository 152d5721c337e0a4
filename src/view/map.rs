//! The Map screen.

use ratatui::Frame;

use super::frame::titled;
use super::{Layout, Theme};
use crate::state::State;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, _state: &State, theme: &Theme) {
    titled(frame, layout.room, " map ", layout.framed, theme);
}
