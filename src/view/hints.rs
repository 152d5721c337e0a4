//! What to try, while nothing is typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Wrap};

use super::frame::titled;
use super::{Layout, Theme};
use crate::state::{Action, Mode, Screen, State, keymap};

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, theme: &Theme) {
    let inner = titled(frame, area, " three things to try ", layout.framed, theme);
    let lines: Vec<Line<'_>> = three_things(state)
        .into_iter()
        .zip(1..)
        .flat_map(|((what, why), number)| {
            let what =
                Line::from(vec![Span::styled(format!("{number} "), theme.dim), Span::styled(what, theme.accent)]);
            [what, Line::styled(format!("  {why}"), theme.dim)]
        })
        .collect();
    frame.render_widget(Paragraph::new(Text::from(lines)).wrap(Wrap { trim: false }), inner);
}

/// What to type or press, and what there is to see.
fn three_things(state: &State) -> [(String, &'static str); 3] {
    let key = |action| keymap::hint(Mode::Typing, &action);
    if state.screen == Screen::Pipeline {
        let switch = format!("{} on a column", key(Action::ToggleStage));
        return if state.corpus.bundled {
            [
                ("INV-20481".into(), "vectors mix up two numbers, words do not"),
                ("stellar birthplace".into(), "no sentence has either word: only vectors find it"),
                (switch, "switches a stage off: what does it pay?"),
            ]
        } else {
            [
                ("a name, a number, a code".into(), "is what BM25 finds and vectors blur"),
                ("a question in your own words".into(), "is what vectors find and BM25 misses"),
                (switch, "switches a stage off: what does it pay?"),
            ]
        };
    }
    if state.corpus.bundled {
        return [
            ("how do I ask a database a question".into(), "meaning ranks, not shared words"),
            ("a cake without nuts".into(), "and whether cosine hears the “without”"),
            ("= crane - bird".into(), "arithmetic on vectors: which crane is left?"),
        ];
    }
    [
        ("type a whole sentence".into(), "one or two words say little to a model"),
        (format!("{} on a row", key(Action::UseSelected)), "ranks everything by that sentence"),
        (key(Action::SwapBackend), "ranks with the other backend"),
    ]
}
