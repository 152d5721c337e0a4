//! ```text
//!            database  question
//! ask           ░         [▓]     → question .61
//! database     [█]         ░      → database .83
//! ```
//!
//! The words of the query down, those of the sentence across; a shade, or hundredths, for the cosine of both; the best of
//! each query word in [ ].

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};

use crate::backend::WordMatches;
use crate::corpus::DocumentIndex;
use crate::engine::Expression;
use crate::state::pipeline::Matches;
use crate::state::{Action, Mode, Screen, State, keymap};
use crate::text;
use crate::view::Theme;

/// The widest that a word of the query is shown.
const LABEL: usize = 12;
/// The narrowest column: a shade in its brackets, or two digits.
const SHADE: usize = 3;
const NUMBER: usize = 5;
/// The most and the fewest lines that words take when they are written downwards.
const TALLEST_HEADER: usize = 7;
const LEAST_HEADER: usize = 4;
/// Room for the best match at the end of a row.
const BEST: usize = 18;

pub(in crate::view) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, document: DocumentIndex, theme: &Theme) {
    // Elsewhere the key does something else.
    let is_own = state.screen == Screen::Pipeline;
    let key = if is_own { keymap::hint(Mode::Typing, &Action::ToggleNumbers) } else { String::new() };
    let of_this = |matches: &&Matches| matches.document == document && matches.query == state.query.text();
    let say = |message: &str| {
        let lines = text::wrap(message, usize::from(area.width), usize::from(area.height));
        lines.into_iter().map(|line| Line::styled(line, theme.dim)).collect()
    };
    let lines = match state.pipeline.matches.as_ref().filter(of_this).map(|matches| &matches.words) {
        Some(Ok(words)) => lines(words, area, (state.pipeline.numbers, &key), theme),
        Some(Err(message)) => say(&text::visible(message)),
        None if Expression::is_meant(state.query.text()) => say("an expression is a sum of vectors: no words match"),
        None if state.pipeline.word_matcher().is_none() => say("how words match needs a model with token vectors"),
        None => Vec::new(),
    };
    frame.render_widget(Text::from(lines), area);
}

/// `numbers` in place of shades, and the key that changes between them, where there is one.
fn lines(words: &WordMatches, area: Rect, (numbers, key): (bool, &str), theme: &Theme) -> Vec<Line<'static>> {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let visible = |word: &String| text::visible(word).into_owned();
    let (query, document): (Vec<String>, Vec<String>) =
        (words.query.iter().map(visible).collect(), words.document.iter().map(visible).collect());
    if query.is_empty() || document.is_empty() {
        return vec![Line::styled("there are no words to match", theme.dim)];
    }
    let label = query.iter().map(|word| text::width(word)).max().unwrap_or(0).min(LABEL);
    let room = width.saturating_sub(label + 1);
    let cell = if numbers { NUMBER } else { SHADE };
    let plan = Plan::of(words, &document, cell, room, height.saturating_sub(query.len() + 1));
    let mut lines = plan.header(&document, label, theme);
    let rows = height.saturating_sub(lines.len() + 1);
    for (row, word) in query.iter().enumerate().take(rows) {
        let mut spans = vec![Span::styled(format!("{} ", padded(word, label)), theme.text)];
        let best = words.best.get(row).copied();
        for (&column, &width) in plan.columns.iter().zip(&plan.widths) {
            let shown = shown(words.cosines[[row, column]], best == Some(column), numbers);
            let style = if best == Some(column) { theme.accent } else { theme.bar };
            spans.push(Span::styled(padded(&shown, width), style));
        }
        if let Some(best) = best.filter(|_| plan.has_room_for_best) {
            let name = text::fit(&document[best], BEST - 8).into_owned();
            spans.push(Span::styled(format!(" → {name} {:.2}", words.cosines[[row, best]]), theme.dim));
        }
        lines.push(Line::from(spans));
    }
    lines.push(Line::styled(
        text::fit(&note(words, &plan, rows, &query, (numbers, key)), width).into_owned(),
        theme.dim,
    ));
    lines
}

/// What the shades mean, and what is left out.
fn note(words: &WordMatches, plan: &Plan, rows: usize, query: &[String], (numbers, key): (bool, &str)) -> String {
    let score: f32 = words.contributions.iter().sum();
    let scale = if numbers { "hundredths".into() } else { "░ .2 ▒ .35 ▓ .5 █ .7".to_owned() };
    let mut note = format!("mean {score:.3}");
    if plan.columns.len() < words.document.len() {
        note.push_str(&format!(" · {} of {} words", plan.columns.len(), words.document.len()));
    }
    if rows < query.len() {
        note.push_str(&format!(" · {rows} of {} of the query", query.len()));
    }
    note.push_str(&format!(" · {scale}"));
    if !key.is_empty() {
        note.push_str(&format!(" ({key})"));
    }
    note
}

/// Which words of the sentence are shown, and how.
struct Plan {
    /// In the order of the sentence.
    columns: Vec<usize>,
    widths: Vec<usize>,
    /// How many lines their names take; 1 where they are written across.
    header: usize,
    /// Whether the best match can stand at the end of each row.
    has_room_for_best: bool,
}

impl Plan {
    /// All words across where they fit, else downwards; of too many, those that match best.
    fn of(words: &WordMatches, document: &[String], cell: usize, room: usize, lines: usize) -> Self {
        let widths: Vec<usize> = document.iter().map(|word| (text::width(word) + 1).max(cell)).collect();
        let across = widths.iter().sum::<usize>();
        if across <= room {
            let columns = (0..document.len()).collect();
            return Self { columns, widths, header: 1, has_room_for_best: across + BEST <= room };
        }
        // A letter or two downwards say less than three across.
        let (cell, downwards) = if lines < LEAST_HEADER { (cell.max(NUMBER), false) } else { (cell, true) };
        let strength = |column: usize| words.cosines.column(column).iter().copied().fold(f32::MIN, f32::max);
        let mut columns: Vec<usize> = (0..document.len()).collect();
        columns.sort_by(|&a, &b| {
            let is_best = |column| words.best.contains(&column);
            is_best(b).cmp(&is_best(a)).then(strength(b).total_cmp(&strength(a)))
        });
        columns.truncate((room / cell).max(1));
        columns.sort_unstable();
        let longest = columns.iter().map(|&column| document[column].chars().count()).max().unwrap_or(1);
        let header = if downwards { longest.min(TALLEST_HEADER).min(lines) } else { 1 };
        let has_room_for_best = columns.len() * cell + BEST <= room;
        Self { widths: vec![cell; columns.len()], columns, header, has_room_for_best }
    }

    fn header(&self, document: &[String], label: usize, theme: &Theme) -> Vec<Line<'static>> {
        let indent = " ".repeat(label + 1);
        if self.header == 1 {
            let words = self.columns.iter().zip(&self.widths).map(|(&column, &width)| {
                let word: String = document[column].chars().take(width - 1).collect();
                padded(&word, width)
            });
            return vec![Line::styled(indent + &words.collect::<String>(), theme.dim)];
        }
        let letter = |column: usize, line: usize| {
            let letters: Vec<char> = document[column].chars().collect();
            let shown = letters.len().min(self.header);
            let at = (line + shown).checked_sub(self.header)?;
            // The last line is an ellipsis where there is more.
            if at + 1 == self.header && letters.len() > self.header { Some('…') } else { letters.get(at).copied() }
        };
        let lines = (0..self.header).map(|line| {
            let letters = self.columns.iter().zip(&self.widths).map(|(&column, &width)| {
                let letter = letter(column, line).map(String::from).unwrap_or_default();
                padded(&format!(" {letter}"), width)
            });
            Line::styled(indent.clone() + &letters.collect::<String>(), theme.dim)
        });
        lines.collect()
    }
}

fn shown(cosine: f32, is_best: bool, numbers: bool) -> String {
    let inside = if numbers {
        format!("{:.0}", (cosine * 100.0).clamp(-99.0, 100.0))
    } else {
        match cosine {
            ..0.2 => " ",
            0.2..0.35 => "░",
            0.35..0.5 => "▒",
            0.5..0.7 => "▓",
            _ => "█",
        }
        .into()
    };
    if is_best { format!("[{inside}]") } else { format!(" {inside} ") }
}

/// As wide as `width` columns, cut or filled up.
fn padded(word: &str, width: usize) -> String {
    let word = text::fit(word, width);
    let padding = width.saturating_sub(text::width(&word));
    format!("{word}{}", " ".repeat(padding))
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::state::Appearance;

    fn words() -> WordMatches {
        WordMatches {
            query: vec!["ask".into(), "database".into()],
            document: vec!["relational".into(), "database".into(), "question".into()],
            cosines: array![[0.1, 0.25, 0.61], [0.4, 1.0, 0.3]],
            best: vec![2, 1],
            contributions: vec![0.3, 0.5],
        }
    }

    fn drawn(width: u16, height: u16, numbers: bool) -> Vec<String> {
        let theme = Theme::of(Appearance::Plain);
        let lines = lines(&words(), Rect::new(0, 0, width, height), (numbers, "F2"), &theme);
        lines.iter().map(|line| line.to_string().trim_end().to_owned()).collect()
    }

    #[test]
    fn words_stand_across_where_they_fit() {
        assert_eq!(
            drawn(80, 8, false),
            [
                "         relational database question",
                "ask                  ░       [▓]       → question 0.61",
                "database  ▒         [█]       ░        → database 1.00",
                "mean 0.800 · ░ .2 ▒ .35 ▓ .5 █ .7 (F2)",
            ]
        );
        assert_eq!(padded(&shown(-0.12, true, true), NUMBER), "[-12]");
        assert!(drawn(80, 8, true)[2].starts_with("database  40        [100]"), "{:?}", drawn(80, 8, true));
    }

    #[test]
    fn words_stand_downwards_where_they_do_not_and_the_best_stay() {
        let narrow = drawn(8 + 1 + 7, 12, false);
        // Two columns, those that a word of the query matches best.
        assert_eq!(narrow[0], "          d  q");
        assert_eq!(narrow[6], "          …  …");
        assert_eq!(narrow[7..9], ["ask       ░ [▓]", "database [█] ░"]);
        // As wide as three words written across, and not a column less.
        assert_eq!((drawn(9 + 29, 12, false).len(), drawn(9 + 28, 12, false).len()), (4, 10));
    }
}
