//! The line for the corpus: what is open and the name of another one, a sentence, or a file to write to.
//!
//! ```text
//! ╭ corpus ──────────────────────────────────────────────────────────────╮
//! │ ● notes.csv: 1,204 sentences, 31 more are the same                   │
//! │ changed 2 times, not saved                                           │
//! │ fields: author, year                                                 │
//! │ 3 rows skipped: notes.csv:7: not UTF-8 …                             │
//! │                                                                      │
//! │ open › ~/texts/▏                                                     │
//! │ ✗ no file begins like this                                           │
//! │ Enter opens it · Tab completes · Ctrl+G the bundled corpus           │
//! ╰──────────────────────────────────────────────────────────────────────╯
//! ```

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span, Text};

use super::frame::{centered, clear, titled};
use super::query::Window;
use super::{Layout, Theme};
use crate::corpus::{Corpus, Document};
use crate::phrase;
use crate::state::editor::{CorpusAction, Task};
use crate::state::{Action, Mode, State, keymap};
use crate::text;

/// The widest that the panel gets.
const WIDTH: u16 = 84;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let about = if state.editor.task == Task::Open { about(state) } else { Vec::new() };
    let area = match state.editor.task {
        Task::Open => {
            let lines = u16::try_from(about.len() + 1).unwrap_or(u16::MAX);
            centered(frame.area(), WIDTH, lines.saturating_add(5))
        }
        // Over the query, so that the ranking stays in sight.
        Task::Add | Task::Rewrite(_) | Task::Save => {
            let whole = frame.area();
            Rect { y: layout.query.y, height: 5.min(whole.height - layout.query.y), ..whole }
        }
    };
    clear(frame, area, theme);
    let inner = titled(frame, area, &title(state), true, theme);
    let columns = usize::from(inner.width);
    // The line, what is wrong and the keys stay, whatever there is to say.
    let room = usize::from(inner.height).saturating_sub(3);
    let mut lines: Vec<Line<'_>> = about
        .iter()
        .take(room.min(about.len()))
        .map(|line| Line::styled(text::fit(line, columns).into_owned(), theme.text))
        .collect();
    if state.editor.task == Task::Open && lines.len() < room {
        lines.push(Line::default());
    }
    let row = inner.y + u16::try_from(lines.len()).unwrap_or(0);
    lines.push(written(frame, Rect { y: row, height: 1, ..inner }, state, theme));
    lines.push(said(state, columns, theme));
    lines.push(Line::styled(text::fit(&keys(state), columns).into_owned(), theme.dim));
    frame.render_widget(Text::from(lines), inner);
}

fn title(state: &State) -> String {
    match state.editor.task {
        Task::Open => " corpus ".into(),
        Task::Add => " add a sentence ".into(),
        Task::Rewrite(document) => {
            let document = &state.corpus[document];
            let copies = match document.copies() {
                1 => String::new(),
                copies => format!(", all {copies} copies"),
            };
            format!(" edit {}{copies} ", phrase::document(&document.id))
        }
        Task::Save => " save the corpus ".into(),
    }
}

/// What is open: its name and its size, and what there is to know of how it was read.
fn about(state: &State) -> Vec<String> {
    let corpus = &state.corpus;
    let mark = if state.editor.is_unsaved() { "● " } else { "" };
    let mut lines = vec![format!("{mark}{}: {}", text::visible(&corpus.name), sizes(corpus))];
    if state.editor.is_unsaved() {
        let key = keymap::hint(Mode::Typing, &Action::Corpus(CorpusAction::Undo));
        let changes = phrase::counted(state.editor.changes(), "change");
        lines.push(format!("● {changes}, not saved ({key} takes the last one back)"));
    }
    if let Some(store) = state.panel().store.as_ref().filter(|_| state.editor.keeps_all()) {
        lines.push(format!("changes are kept at once in {}", text::visible(&store.name)));
    }
    if !corpus.fields.is_empty() {
        lines.push(format!("fields: {}", text::visible(&corpus.fields.join(", "))));
    }
    lines.extend(corpus.notes.iter().map(|note| text::visible(note).into_owned()));
    if corpus.skipped.rows > 0 {
        lines.push(format!("{} skipped:", phrase::counted(corpus.skipped.rows, "row")));
        lines.extend(corpus.skipped.first.iter().map(|row| format!("  {}", text::visible(row))));
    }
    lines
}

fn sizes(corpus: &Corpus) -> String {
    let sentences = phrase::counted(corpus.documents.len(), "sentence");
    let copies: usize = corpus.documents.iter().map(Document::copies).sum();
    match copies - corpus.documents.len() {
        0 => sentences,
        same => format!("{sentences}, and {} of the same text", phrase::counted_as(same, "copy", "copies")),
    }
}

/// The line as it is written, with the cursor in it.
fn written(frame: &mut Frame<'_>, area: Rect, state: &State, theme: &Theme) -> Line<'static> {
    let prompt = match state.editor.task {
        Task::Open => "open › ",
        Task::Save => "file › ",
        Task::Add | Task::Rewrite(_) => "› ",
    };
    let line = &state.editor.line;
    let taken = u16::try_from(text::width(prompt)).unwrap_or(0);
    let columns = area.width.saturating_sub(taken);
    let window = Window::around_cursor(line.text(), line.cursor(), usize::from(columns));
    let column = u16::try_from(window.cursor).unwrap_or(0).min(columns.saturating_sub(1));
    frame.set_cursor_position(Position::new(area.x + taken + column, area.y));
    let written = match (state.editor.task, line.text().is_empty()) {
        (Task::Open, true) => Span::styled("a file, a folder or a pattern", theme.dim),
        (Task::Add, true) => Span::styled("several lines pasted are several sentences", theme.dim),
        _ => Span::styled(window.text, theme.text),
    };
    Line::from(vec![Span::styled(prompt, theme.accent), written])
}

/// What is wrong, or under way.
fn said(state: &State, columns: usize, theme: &Theme) -> Line<'static> {
    let fit = |said: &str| text::fit(said, columns).into_owned();
    match (&state.editor.trouble, &state.editor.reading, state.editor.task) {
        (Some(trouble), ..) => Line::styled(fit(&format!("✗ {}", text::visible(trouble))), theme.error),
        (None, Some(name), Task::Open) => Line::styled(fit(&format!("reading {} …", text::visible(name))), theme.dim),
        (None, ..) => Line::default(),
    }
}

fn keys(state: &State) -> String {
    let key = |action| keymap::hint(Mode::Corpus, &Action::Corpus(action));
    let (does, leaves) = (key(CorpusAction::Submit), key(CorpusAction::Close));
    let (completes, bundled) = (key(CorpusAction::Complete), key(CorpusAction::OpenBundled));
    match state.editor.task {
        Task::Open if state.corpus.bundled => format!("{does} opens it · {completes} completes · {leaves} leaves"),
        Task::Open => format!("{does} opens it · {completes} completes · {leaves} leaves · {bundled} bundled corpus"),
        Task::Add => format!("{does} adds it · {leaves} leaves"),
        Task::Rewrite(_) => format!("{does} changes it · {leaves} leaves it as it was"),
        Task::Save => format!("{does} writes it (.jsonl .json .csv .tsv .txt) · {leaves} leaves"),
    }
}
