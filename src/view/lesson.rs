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
use ratatui::layout::{Margin, Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Block, BorderType};

use super::frame::{clear, titled};
use super::{Layout, Theme};
use crate::lesson::{self, StageName, Standing, Step, Task, Verdict};
use crate::state::action::LessonAction;
use crate::state::learn::{OpenLesson, Part, Presenting};
use crate::state::{Action, Mode, Phase, Screen, Search, State, keymap};
use crate::text;

/// What stands in the place of what is held back.
pub(super) const HELD: &str = "· · ·";

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, theme: &Theme) {
    let Some((open, _, step)) = state.learn.current() else { return };
    let inner = inside(area, layout);
    let page = Page { state, theme, width: usize::from(inner.width), height: usize::from(inner.height) };
    let (lines, focus) = match open.part {
        Part::Predict => predict(step, open, page),
        Part::Reveal => (reveal(step, open, page), 0),
        Part::Explain => (explain(step, page), 0),
        Part::Try => try_it(step, open, page),
    };
    // Where sentences have no room, they are shown from the one on that the person went to.
    let count = lines.len();
    let fits = lines.iter().map(Vec::len).sum::<usize>() <= page.height;
    let first = if open.part == Part::Explain && !fits { open.sentence.min(count - 1) } else { 0 };
    let more = if open.part == Part::Explain && !fits { format!(" {}/{count} ↓", first + 1) } else { String::new() };
    let lines: Vec<_> = lines.into_iter().skip(first).collect();
    draw_around(frame, area, layout, state, &more, theme);
    let spaced = is_spaced(&lines, page.height);
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
    let first = focused.saturating_sub(page.height);
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

/// Whether there is room for air between paragraphs.
fn is_spaced(paragraphs: &[Vec<Line<'_>>], height: usize) -> bool {
    let spare = height.saturating_sub(paragraphs.iter().map(Vec::len).sum());
    spare + 1 >= paragraphs.len()
}

/// What is left inside of the frame, or below the title where there is none, with a column of air on both sides.
fn inside(area: Rect, layout: &Layout) -> Rect {
    if layout.framed {
        return area.inner(Margin::new(2, 1));
    }
    Rect { x: area.x + 1, y: area.y + 1, width: area.width.saturating_sub(2), height: area.height.saturating_sub(1) }
}

/// The frame with where in the lesson this is and the keys that matter, or the title alone; `more` says that there is
/// more to read.
fn draw_around(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, more: &str, theme: &Theme) {
    let Some((open, lesson, _)) = state.learn.current() else { return };
    let part = match open.part {
        Part::Predict => "predict",
        Part::Reveal => "see",
        Part::Explain => "why",
        Part::Try => "try it",
    };
    clear(frame, area, theme);
    if !layout.framed {
        // What it is about is said by the words; how to go on is not.
        let at = format!(" {}.{}", open.lesson + 1, open.step + 1);
        let title = match open.part {
            Part::Predict | Part::Reveal | Part::Explain => format!("{at} {part}{more} · Enter goes on "),
            Part::Try if open.solved => format!("{at} ✓ done · Enter goes on "),
            Part::Try => format!("{at} {part} · Alt+I hint · Ctrl+O on"),
        };
        titled(frame, area, &title, false, theme);
        return;
    }
    let (steps, step) = (lesson.steps.len(), open.step + 1);
    let title = format!(" {} {} · step {step} of {steps} · {part}{more} ", open.lesson + 1, lesson.title);
    let title = text::fit(&title, usize::from(area.width.saturating_sub(4))).into_owned();
    let block = Block::bordered()
        .border_type(BorderType::Thick)
        .border_style(theme.accent)
        .title(Line::styled(title, theme.accent))
        .title_bottom(Line::styled(keys(open, !more.is_empty(), area.width), theme.dim));
    frame.render_widget(block, area);
}

/// The keys that matter now, as far as there is room.
fn keys(open: &OpenLesson, has_more: bool, width: u16) -> String {
    let key = |action| keymap::hint(Mode::Lesson, &Action::Lesson(action));
    let typing = |action| keymap::hint(Mode::Typing, &Action::Lesson(action));
    let (on, back) = (key(LessonAction::GoOn), key(LessonAction::GoBack));
    let (leave, skip) = (key(LessonAction::Leave), typing(LessonAction::Skip));
    let keys = match open.part {
        Part::Predict => format!("↑ ↓ choose · {on} predicts · {skip} skips · {leave} leaves"),
        Part::Reveal => format!("{on} says why · {back} back · ↑ ↓ the rows · {leave} leaves"),
        Part::Explain if has_more => format!("{on} goes on · {back} back · ↑ ↓ sentences · {leave} leaves"),
        Part::Explain => format!("{on} goes on · {back} back · {leave} leaves"),
        Part::Try if open.solved => format!("{on} goes on · {back} back · {leave} empties, then leaves"),
        Part::Try => {
            let hint = typing(LessonAction::Hint);
            format!("{hint} a hint · {skip} skips · {back} back · {leave} empties, then leaves")
        }
    };
    format!(" {} ", text::fit(&keys, usize::from(width.saturating_sub(6))))
}

/// A paragraph, broken where it has to be; a sign before its first line, and as much air before the others.
fn paragraph(sign: &str, content: &str, width: usize, style: Style) -> Vec<Line<'static>> {
    let indent = text::width(sign);
    let wrapped = text::wrap(&text::visible(content), width.saturating_sub(indent), 12);
    let before = |number: usize| if number == 0 { sign.to_owned() } else { " ".repeat(indent) };
    let line = |(number, line): (usize, String)| Line::styled(before(number) + &line.replace('\u{a0}', " "), style);
    wrapped.into_iter().enumerate().map(line).collect()
}

/// The question and the choices, and which paragraph has to be seen.
fn predict(step: &Step, open: &OpenLesson, page: Page<'_>) -> (Vec<Vec<Line<'static>>>, usize) {
    let Page { theme, width, .. } = page;
    let question = paragraph("", &step.question, width, theme.text);
    // Choices stand close together.
    let choices: Vec<Line<'static>> = choices(step, open, page).flatten().collect();
    (vec![question, choices], usize::from(open.choice > 0))
}

/// The lines of each choice.
fn choices(step: &Step, open: &OpenLesson, page: Page<'_>) -> impl Iterator<Item = Vec<Line<'static>>> {
    let Page { theme, width, .. } = page;
    step.choices.iter().enumerate().map(move |(number, choice)| {
        let chosen = number == open.choice;
        let sign = format!("{} {} ", if chosen { '›' } else { ' ' }, number + 1);
        paragraph(&sign, &choice.text, width, if chosen { theme.selected } else { theme.text })
    })
}

/// What a click on a lesson does: it selects the choice under it.
pub(super) fn click(layout: &Layout, at: Position, state: &State) -> Option<Action> {
    let (open, _, step) = state.learn.current().filter(|(open, ..)| open.part == Part::Predict)?;
    let inner = inside(layout.lesson?, layout);
    let theme = &Theme::of(state.appearance);
    let page = Page { state, theme, width: usize::from(inner.width), height: usize::from(inner.height) };
    let (paragraphs, focus) = predict(step, open, page);
    let lines: Vec<usize> = choices(step, open, page).map(|lines| lines.len()).collect();
    let (question, count) = (paragraphs[0].len(), lines.iter().sum::<usize>());
    let start = question + usize::from(is_spaced(&paragraphs, page.height));
    // As it is drawn: from the first line on that leaves what has to be seen in sight.
    let focused = if focus == 0 { question } else { start + count };
    let row = usize::from(at.y.checked_sub(inner.y).filter(|_| inner.contains(at))?);
    let mut row = (row + focused.saturating_sub(page.height)).checked_sub(start)?;
    let choice = lines.iter().position(|&lines| {
        let is_here = row < lines;
        row = row.saturating_sub(lines);
        is_here
    })?;
    Some(Action::Lesson(LessonAction::Pick(choice)))
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
        // With a space that nothing is broken at.
        let note = if is_predicted { "   ←\u{a0}you" } else { "" };
        let style = if is_true { theme.accent } else { theme.dim };
        paragraph(mark, &format!("{}{note}", step.choices[number].text), width, style)
    };
    let all: Vec<Line<'static>> = (0..step.choices.len()).flat_map(choice).collect();
    // With little room, what came true is enough.
    lines.push(if all.len() < height { all } else { truth.map(choice).unwrap_or(all) });
    lines
}

/// What a lesson or a room is waiting for.
pub(super) fn waits_for(state: &State) -> String {
    let key = |action| state.key(&action).unwrap_or_default();
    if let Search::Failed(message) = &state.panel().search {
        return format!("{} ({} tries again)", text::visible(message), key(Action::Retry));
    }
    match state.panel().phase {
        Phase::NotConfigured(_) | Phase::Failed(_) => {
            format!("This backend has no ranking; {} chooses another.", key(Action::ToggleChooser))
        }
        Phase::Stopped { .. } => format!("Not all sentences are embedded; {} goes on.", key(Action::Retry)),
        Phase::Embedding(progress) => {
            format!("The sentences are being embedded: {} of {}", progress.done, progress.total)
        }
        Phase::Closed | Phase::Opening | Phase::Downloading(_) | Phase::AwaitingConsent(_) | Phase::Ready => {
            "The ranking is on its way …".into()
        }
    }
}

/// The three sentences, behind a word of warning where they tell of something else than what came out.
fn explain(step: &Step, page: Page<'_>) -> Vec<Vec<Line<'static>>> {
    let Page { state, theme, width, .. } = page;
    let evidence = state.evidence();
    let sentences =
        step.explain.iter().map(|sentence| paragraph("", &lesson::fill(sentence, &evidence), width, theme.text));
    // The sentences are about what happens with the model that comes with the program.
    let otherwise = (step.is_as_written(&evidence) == Some(false)).then(|| {
        let text =
            "With this model it came out otherwise; what is told here is what happens with the one in the program.";
        paragraph("– ", text, width, theme.warning)
    });
    otherwise.into_iter().chain(sentences).collect()
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
        (false, 0) if state.query.is_blank() && state.set_otherwise().is_none() => 0,
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
    if let Some(setting) = state.set_otherwise() {
        let experiment = setting.experiment().name();
        // Where another setting is what there is to try, the switch alone is meant.
        return if task.solution_lab.is_some() {
            format!("not yet: this is about the switch {experiment}")
        } else {
            format!("not yet: this is about {experiment}, set to {}", setting.name())
        };
    }
    match task.standing(&state.evidence()) {
        Standing::Unknown if state.query.is_blank() => "not yet: type, it is checked on every key".into(),
        Standing::Unknown => "not yet".into(),
        Standing::Copied => "that is a sentence of the corpus: use words of your own".into(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_not_broken_in_two() {
        let lines = paragraph("● ", "a choice that is long   ←\u{a0}you", 25, Style::default());
        assert_eq!(lines.iter().map(Line::to_string).collect::<Vec<_>>(), ["● a choice that is long", "  ← you"]);
        let lines = paragraph("● ", "a choice   ←\u{a0}you", 25, Style::default());
        assert_eq!(lines.iter().map(Line::to_string).collect::<Vec<_>>(), ["● a choice   ← you"]);
    }
}
