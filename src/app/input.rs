//! From what the terminal says to what the person means.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Position;

use crate::state::action::{MapAction, Nearer};
use crate::state::keymap::{self, Chord, Key};
use crate::state::{Action, Mode, State};
use crate::view::Layout;

/// Rows that one notch of the wheel moves.
const WHEEL_ROWS: isize = 3;

/// What an event asks for, if anything.
pub(super) fn action(event: &Event, state: &State, layout: Option<&Layout>) -> Option<Action> {
    match event {
        Event::Key(key) if key.kind != KeyEventKind::Release => {
            keymap::action(state.mode, state.place(), state.query.text().is_empty(), chord(*key)?)
        }
        Event::Mouse(mouse) => mouse_action(*mouse, state, layout?),
        Event::Paste(text)
            if matches!(state.mode, Mode::Typing | Mode::Axes | Mode::Filter | Mode::Corpus | Mode::Presenting) =>
        {
            Some(Action::Paste(text.clone()))
        }
        Event::Key(_) | Event::Paste(_) | Event::Resize(..) | Event::FocusGained | Event::FocusLost => None,
    }
}

fn chord(event: KeyEvent) -> Option<Chord> {
    let mut ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let mut alt = event.modifiers.contains(KeyModifiers::ALT);
    // Beside a character it is part of the character, and beside most other keys few terminals send it.
    let shift = event.modifiers.contains(KeyModifiers::SHIFT)
        && matches!(event.code, KeyCode::Up | KeyCode::Down | KeyCode::Left | KeyCode::Right);
    let key = match event.code {
        KeyCode::Char(character) => {
            // Both together are how AltGr arrives on some systems: what it types is text.
            if ctrl && alt {
                (ctrl, alt) = (false, false);
            }
            Key::Char(if ctrl || alt { character.to_ascii_lowercase() } else { character })
        }
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Esc,
        KeyCode::Tab => Key::Tab,
        KeyCode::BackTab => Key::BackTab,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Delete => Key::Delete,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::F(number) => Key::Function(number),
        _ => return None,
    };
    Some(Chord { ctrl, alt, shift, key })
}

fn mouse_action(event: MouseEvent, state: &State, layout: &Layout) -> Option<Action> {
    let at = Position::new(event.column, event.row);
    match event.kind {
        MouseEventKind::Down(MouseButton::Left) => layout.click(at, state),
        MouseEventKind::ScrollDown => Some(layout.wheel(at, Nearer::Out, state).unwrap_or(Action::Scroll(WHEEL_ROWS))),
        MouseEventKind::ScrollUp => Some(layout.wheel(at, Nearer::In, state).unwrap_or(Action::Scroll(-WHEEL_ROWS))),
        MouseEventKind::Moved => layout.point(at, state),
        MouseEventKind::Drag(MouseButton::Left) => layout.drag(at, state),
        MouseEventKind::Up(MouseButton::Left) if state.map.grabbed.is_some() => Some(Action::Map(MapAction::LetGo)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Chord> {
        chord(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn capitals_are_text_and_control_keys_have_no_case() {
        let capital = key(KeyCode::Char('W'), KeyModifiers::SHIFT);
        assert_eq!(capital, Some(Chord { ctrl: false, alt: false, shift: false, key: Key::Char('W') }));
        let control = key(KeyCode::Char('W'), KeyModifiers::CONTROL | KeyModifiers::SHIFT);
        assert_eq!(control, Some(Chord { ctrl: true, alt: false, shift: false, key: Key::Char('w') }));
    }

    #[test]
    fn what_altgr_types_is_text() {
        let at = key(KeyCode::Char('@'), KeyModifiers::CONTROL | KeyModifiers::ALT);
        assert_eq!(at, Some(Chord { ctrl: false, alt: false, shift: false, key: Key::Char('@') }));
    }
}
