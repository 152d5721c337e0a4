//! The lesson that is open, below the real screen that it talks about.
//!
//! ```text
//! ╭ 5 Negation and two senses · step 1 of 3 · predict ───────────────╮
//! │ Two sentences are about nuts in a cake. Which comes first?       │
//! │ › 1 This cake contains nuts.                                     │
//! │   2 This cake does not contain any nuts.                         │
//! ╰ ↑ ↓ choose · Enter predicts · Ctrl+O skips · Esc leaves ─────────╯
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, BorderType};

use super::frame::{clear, titled};
use super::{Layout, Theme};
use crate::lesson::{self, StageName, Standing, Step, Task, Verdict};
use crate::state::action::LessonAction;
use crate::state::learn::{OpenLesson, Part, Presenting};
use crate::state::{Action, Mode, Phase, Screen, State, keymap};
use crate::text;

/// What stands in the place of what is held back.
pub(super) const HELD: &str = "· · ·";

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, theme: &Theme) {
    let Some((open, lesson, step)) = state.learn.current() else { return };
    let part = match open.part {
        Part::Predict => "predict",
        Part::Reveal => "see",
        Part::Explain => "why",
        Part::Try => "try it",
    };
    let steps = lesson.steps.len();
    let title = format!(" {} {} · step {} of {steps} · {part} ", open.lesson + 1, lesson.title, open.step + 1);
    let inner = if layout.framed {
        let block = Block::bordered()
            .border_type(BorderType::Thick)
            .border_style(theme.accent)
            .title(Line::styled(
                text::fit(&title, usize::from(area.width.saturating_sub(4))).into_owned(),
                theme.accent,
            ))
            .title_bottom(Line::styled(keys(open, area.width), theme.dim));
        let inner = block.inner(area);
        clear(frame, area, theme);
        frame.render_widget(block, area);
        Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner }
    } else {
        clear(frame, area, theme);
        // What it is about is said by the words; how to go on is not.
        let at = format!(" {}.{}", open.lesson + 1, open.step + 1);
        let title = match open.part {
            Part::Predict | Part::Reveal => format!("{at} {part} · Enter goes on "),
            Part::Explain => format!("{at} {part} {}/3 ↓ · Enter goes on ", open.sentence + 1),
            Part::Try if open.solved => format!("{at} ✓ done · Enter goes on "),
            Part::Try => format!("{at} {part} · Alt+I hint · Ctrl+O on "),
        };
        titled(frame, area, &title, false, theme)
    };
    let page = Page { state, theme, width: usize::from(inner.width), height: usize::from(inner.height) };
    let (lines, focus) = match open.part {
        Part::Predict => predict(step, open, page),
        Part::Reveal => (reveal(step, open, page), 0),
        Part::Explain => explain(step, open, page),
        Part::Try => try_it(step, open, page),
    };
    // Air between paragraphs where there is room for it.
    let spare = usize::from(inner.height).saturating_sub(lines.iter().map(Vec::len).sum());
    let spaced = spare + 1 >= lines.len();
    let mut shown: Vec<Line<'static>> = Vec::new();
    let mut focused = 0;
    for (number, paragraph) in lines.into_iter().enumerate() {
        if spaced && number > 0 {
            shown.push(Line::default());
        }
        shown.extend(paragraph);
        if number == focus {
            focused = shown.len();
        }
    }
    let first = focused.saturating_sub(usize::from(inner.height));
    frame.render_widget(shown.into_iter().skip(first).collect::<Text>(), inner);
}

/// What the words of a lesson are made of, and the room that they have.
#[derive(Clone, Copy)]
struct Page<'a> {
    state: &'a State,
    theme: &'a Theme,
    width: usize,
    height: usize,
}

/// The keys that matter now, as far as there is room.
fn keys(open: &OpenLesson, width: u16) -> String {
    let key = |action| keymap::hint(Mode::Lesson, &Action::Lesson(action));
    let typing = |action| keymap::hint(Mode::Typing, &Action::Lesson(action));
    let (on, back) = (key(LessonAction::GoOn), key(LessonAction::GoBack));
    let (leave, skip) = (key(LessonAction::Leave), typing(LessonAction::Skip));
    let keys = match open.part {
        Part::Predict => format!("↑ ↓ choose · {on} predicts · {skip} skips · {leave} leaves"),
        Part::Reveal => format!("{on} says why · {back} back · ↑ ↓ the rows · {leave} leaves"),
        Part::Explain => format!("{on} goes on · {back} back · {leave} leaves"),
        Part::Try if open.solved => format!("{on} or {skip} goes on"),
        Part::Try => format!("{} a hint · {skip} skips · {leave} empties, then leaves", typing(LessonAction::Hint)),
    };
    format!(" {} ", text::fit(&keys, usize::from(width.saturating_sub(6))))
}

/// A paragraph, broken where it has to be; a sign before its first line, and as much air before the others.
fn paragraph(sign: &str, content: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    let indent = text::width(sign);
    let wrapped = text::wrap(&text::visible(content), width.saturating_sub(indent), 12);
    let before = |number: usize| if number == 0 { sign.to_owned() } else { " ".repeat(indent) };
    wrapped.into_iter().enumerate().map(|(number, line)| Line::styled(before(number) + &line, style)).collect()
}

/// The question and the choices, and which paragraph has to be seen.
fn predict(step: &Step, open: &OpenLesson, page: Page<'_>) -> (Vec<Vec<Line<'static>>>, usize) {
    let Page { theme, width, .. } = page;
    let question = paragraph("", &step.question, width, theme.text);
    let choices = step.choices.iter().enumerate().map(|(number, choice)| {
        let chosen = number == open.choice;
        let sign = format!("{} {} ", if chosen { '›' } else { ' ' }, number + 1);
        paragraph(&sign, &choice.text, width, if chosen { theme.selected } else { theme.text })
    });
    // Choices stand close together.
    let choices: Vec<Line<'static>> = choices.flatten().collect();
    (vec![question, choices], usize::from(open.choice > 0))
}

/// Whether the prediction held.
fn reveal(step: &Step, open: &OpenLesson, page: Page<'_>) -> Vec<Vec<Line<'static>>> {
    let Page { state, theme, width, height } = page;
    let evidence = state.evidence();
    let Some(truth) = step.truth(&evidence) else {
        return vec![paragraph("… ", &waits_for(state), width, theme.dim)];
    };
    let verdict = open.predicted.and_then(|predicted| step.verdict(predicted, &evidence));
    let (sign, style, said) = match verdict {
        Some(Verdict::Held) => ("✓ ", theme.up, "Your prediction held."),
        Some(Verdict::Other(_)) => ("✗ ", theme.down, "It came out otherwise."),
        Some(Verdict::None) | None if truth.is_none() => {
            ("– ", theme.dim, "With this model, none of the choices is true.")
        }
        Some(Verdict::None) | None => ("– ", theme.dim, "What came out:"),
    };
    let mut lines = vec![paragraph(sign, said, width, style)];
    let choice = |number: usize| {
        let (is_true, is_predicted) = (Some(number) == truth, Some(number) == open.predicted);
        let mark = match (is_true, is_predicted) {
            (true, _) => "● ",
            (false, true) => "○ ",
            (false, false) => "  ",
        };
        let note = if is_predicted { "   ← you" } else { "" };
        let style = if is_true { theme.accent } else { theme.dim };
        paragraph(mark, &format!("{}{note}", step.choices[number].text), width, style)
    };
    let all: Vec<Line<'static>> = (0..step.choices.len()).flat_map(choice).collect();
    // With little room, what came true is enough.
    lines.push(if all.len() < height { all } else { truth.map(choice).unwrap_or(all) });
    lines
}

/// What a lesson is waiting for.
fn waits_for(state: &State) -> String {
    match state.panel().phase {
        Phase::NotConfigured(_) | Phase::Failed(_) => {
            "This backend has no ranking; Esc leaves, and Tab on the Search screen takes another.".into()
        }
        Phase::Stopped { .. } => {
            "Not all sentences are embedded; Esc leaves, and Ctrl+R on the Search screen goes on.".into()
        }
        Phase::Embedding(progress) => {
            format!("The sentences are being embedded: {} of {}", progress.done, progress.total)
        }
        Phase::Closed | Phase::Opening | Phase::Downloading(_) | Phase::AwaitingConsent(_) | Phase::Ready => {
            "The ranking is on its way …".into()
        }
    }
}

/// The three sentences; where they have no room, from the one on that the person went to.
fn explain(step: &Step, open: &OpenLesson, page: Page<'_>) -> (Vec<Vec<Line<'static>>>, usize) {
    let Page { state, theme, width, height } = page;
    let evidence = state.evidence();
    let mut all: Vec<_> = step
        .explain
        .iter()
        .map(|sentence| paragraph("", &lesson::fill(sentence, &evidence), width, theme.text))
        .collect();
    // The sentences are about what happens with the model that comes with the program.
    if step.is_as_written(&evidence) == Some(false) {
        let otherwise =
            "With this model it came out otherwise; what is told here is what happens with the one in the program.";
        all.insert(0, paragraph("– ", otherwise, width, theme.warning));
    }
    let fits = all.iter().map(Vec::len).sum::<usize>() <= height;
    let first = if fits { 0 } else { open.sentence };
    (all.into_iter().skip(first).collect(), 0)
}

/// The task, how near it is, and the hints; and which paragraph has to be seen.
fn try_it(step: &Step, open: &OpenLesson, page: Page<'_>) -> (Vec<Vec<Line<'static>>>, usize) {
    let Page { state, theme, width, .. } = page;
    let mut lines = vec![paragraph("", &step.task.text, width, theme.text)];
    if open.solved {
        lines.push(paragraph("✓ ", "Done. Enter goes on; or play with it.", width, theme.up));
    } else {
        let standing = standing(&step.task, state, width.saturating_sub(2));
        lines.push(paragraph("○ ", &standing, width, theme.dim));
    }
    let shown = step.task.hints.iter().take(open.hints).enumerate();
    lines.extend(shown.map(|(number, hint)| paragraph(&format!("hint {}: ", number + 1), hint, width, theme.dim)));
    // Where there is no room for all: the task, until something is typed for it.
    let focus = match (open.solved, open.hints) {
        (true, _) => 1,
        (false, 0) if state.query.is_blank() => 0,
        (false, _) => lines.len() - 1,
    };
    (lines, focus)
}

/// How near the task is, in a line.
fn standing(task: &Task, state: &State, width: usize) -> String {
    let quoted = |text: &str, after: &str| {
        let room = width.saturating_sub(text::width(after) + "not yet: “”".chars().count());
        format!("not yet: “{}”{after}", text::fit(text, room))
    };
    match task.standing(&state.evidence()) {
        Standing::Unknown if state.query.is_blank() => "not yet: type, it is checked on every key".into(),
        Standing::Unknown => "not yet".into(),
        Standing::Copied => "that is the sentence itself: use words of your own".into(),
        Standing::Words => "not yet: mind the words that the task asks for, or asks to leave out".into(),
        Standing::At(stage, text, rank, score) => {
            quoted(text, &format!(" is #{rank}{} with {}", place(stage), lesson::written(stage, score)))
        }
        Standing::Unranked(stage, text) => quoted(text, &format!(" is not found{}", place(stage))),
        Standing::First(stage, text, score) => {
            quoted(text, &format!(" is first{} with {}", place(stage), lesson::written(stage, score)))
        }
        Standing::Nothing(stage) => format!("not yet: nothing is found{}", place(stage)),
        Standing::Damage { same, changed, k } => {
            format!("not yet: {same} of {k} are still among the first, {changed} places changed")
        }
    }
}

/// Of which ranking something is said, where there are several.
fn place(stage: StageName) -> &'static str {
    match stage {
        StageName::Dense => "",
        StageName::Bm25 => " in BM25",
        StageName::Hybrid => " in the hybrid",
        StageName::Rerank => " in the rerank",
        StageName::Lab => " with the switch",
    }
}

/// What stands where the screen will be, until it is revealed.
pub(super) fn draw_held_back(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    let parts =
        [layout.ranking, layout.room].into_iter().chain(layout.columns).chain(layout.measures).chain(layout.why);
    let parts = parts.chain(layout.stages.iter().map(|(_, area)| *area)).filter(|area| !area.is_empty());
    let Some(room) = parts.reduce(Rect::union) else { return };
    let title = format!(" {}: held back until you predict ", state.screen.name());
    let title = if state.learn.open.is_some() { title } else { " the ranking is there, and held back ".into() };
    let inner = titled(frame, room, &title, layout.framed, theme);
    let rows =
        if state.is_for_a_room() { usize::from(inner.height / layout.row_height) } else { usize::from(inner.height) };
    let most = if state.learn.presenting == Presenting::Off { 10 } else { super::layout::ROOM_ROWS };
    let step = if state.is_for_a_room() { usize::from(layout.row_height) } else { 1 };
    for (number, row) in inner.rows().step_by(step).take(rows.min(most)).enumerate() {
        let line =
            Line::from(vec![Span::styled(format!("{:>2}  ", number + 1), theme.dim), Span::styled(HELD, theme.dim)]);
        // On a screen of several columns there is nothing to count.
        if matches!(state.screen, Screen::Search | Screen::Pipeline | Screen::Learn) || number == 0 {
            frame.render_widget(line, row);
        }
    }
}
