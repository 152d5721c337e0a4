//! Colours. Nothing is said by colour alone: there is always a sign, a word or a weight beside it.

use ratatui::style::{Color, Modifier, Style};

use crate::state::Appearance;

/// The style of everything that is drawn. Dark and light bring their own background, so that either can be read in
/// any terminal, and a projector can be switched to the one that suits the room.
#[derive(Debug, Clone, Copy)]
pub struct Theme {
    /// Ordinary text, and the background of everything.
    pub text: Style,
    /// What matters less.
    pub dim: Style,
    /// Frames.
    pub border: Style,
    /// Titles, the active backend, keys.
    pub accent: Style,
    /// Bars.
    pub bar: Style,
    /// The selected row, over whatever else it has.
    pub selected: Style,
    /// Moved up.
    pub up: Style,
    /// Moved down.
    pub down: Style,
    /// New in the top k.
    pub new: Style,
    /// Something to beware of.
    pub warning: Style,
    /// Something that went wrong.
    pub error: Style,
}

impl Theme {
    /// The styles for an appearance.
    #[must_use]
    pub fn of(appearance: Appearance) -> Self {
        match appearance {
            Appearance::Dark => Self::coloured([252, 233, 245, 240, 80, 74, 237, 114, 209, 221, 221, 210]),
            Appearance::Light => Self::coloured([235, 231, 241, 247, 25, 32, 254, 28, 130, 91, 130, 160]),
            Appearance::Plain => Self::plain(),
        }
    }

    /// From the numbers of the 256-colour palette, which terminals share.
    fn coloured(palette: [u8; 12]) -> Self {
        let [text, background, dim, border, accent, bar, selected, up, down, new, warning, error] = palette;
        let foreground = |number| Style::new().fg(Color::Indexed(number));
        Self {
            text: foreground(text).bg(Color::Indexed(background)),
            dim: foreground(dim),
            border: foreground(border),
            accent: foreground(accent).add_modifier(Modifier::BOLD),
            bar: foreground(bar),
            selected: Style::new().bg(Color::Indexed(selected)).add_modifier(Modifier::BOLD),
            up: foreground(up),
            down: foreground(down),
            new: foreground(new),
            warning: foreground(warning),
            error: foreground(error).add_modifier(Modifier::BOLD),
        }
    }

    fn plain() -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        Self {
            text: plain,
            dim: plain.add_modifier(Modifier::DIM),
            border: plain.add_modifier(Modifier::DIM),
            accent: bold,
            bar: plain,
            selected: plain.add_modifier(Modifier::REVERSED),
            up: plain,
            down: plain,
            new: plain,
            warning: bold,
            error: bold,
        }
    }
}
