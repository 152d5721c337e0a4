//! The sign and the colour of each group. The sign says it all; the colour says it sooner.

use ratatui::style::{Color, Style};

use super::super::Theme;
use crate::state::Appearance;

/// One sign a group, the most different first; the same that the picture of `vecscope map` has.
const SIGNS: [char; 12] = ['●', '■', '▲', '◆', '○', '□', '△', '◇', '★', '☆', '+', '×'];
/// What is in no group.
const NONE: char = '·';

/// Numbers of the 256-colour palette, for a dark background and for a light one.
const DARK: [u8; 12] = [81, 214, 120, 213, 227, 141, 209, 80, 252, 180, 75, 156];
const LIGHT: [u8; 12] = [25, 130, 28, 126, 94, 55, 160, 30, 238, 95, 19, 64];

pub(super) fn sign(group: Option<usize>) -> char {
    group.and_then(|group| SIGNS.get(group).copied()).unwrap_or(NONE)
}

pub(super) fn style(group: Option<usize>, appearance: Appearance, theme: &Theme) -> Style {
    let palette = match appearance {
        Appearance::Dark => DARK,
        Appearance::Light => LIGHT,
        Appearance::Plain => return theme.text,
    };
    group.and_then(|group| palette.get(group)).map_or(theme.dim, |&number| Style::new().fg(Color::Indexed(number)))
}
