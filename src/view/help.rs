//! The keys that work here, out of the key map itself.

use ratatui::Frame;
use ratatui::text::{Line, Text};
use ratatui::widgets::Paragraph;

use super::Theme;
use super::frame::{centered, clear, key_line, titled};
use crate::state::{State, keymap};

/// The widest that the list of keys gets.
const WIDTH: u16 = 80;

pub(super) fn draw(frame: &mut Frame<'_>, state: &State, theme: &Theme) {
    let narrow = frame.area().width < WIDTH;
    let mut lines = Vec::new();
    for section in keymap::sections(state.resting_mode(), state.place()) {
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(section.title, theme.accent));
        for binding in section.bindings {
            // Where there is no room for all the keys, one is enough.
            let shown = if narrow { 1 } else { binding.chords.len() };
            let keys: Vec<String> = binding.chords.iter().take(shown).map(ToString::to_string).collect();
            lines.push(key_line(&keys.join(" "), binding.help, if narrow { 10 } else { 25 }, theme));
        }
    }
    let height = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let area = centered(frame.area(), WIDTH, height);
    clear(frame, area, theme);
    let inner = titled(frame, area, " keys (Esc closes, ↑ ↓ scroll) ", true, theme);
    let last = lines.len().saturating_sub(usize::from(inner.height));
    let scroll = u16::try_from(state.help_scroll.min(last)).unwrap_or(u16::MAX);
    frame.render_widget(Paragraph::new(Text::from(lines)).scroll((scroll, 0)), inner);
}
