//! ```text
//! ╭ why #2 · s001 · databases ──── 1/4 score (F7) ╮
//! │ SQL is the language for putting …              │
//! │                                                │
//! │ cosine 0.612 = q·d, angle 52.3°                │
//! │ |q| 5.87→1  |d| 6.02→1  raw q·d 21.63          │
//! │ z +3.1 · 0.104 (1.0 σ) behind #1               │
//! │ 0.152 (1.5 σ) ahead of #3                      │
//! │   ▂▆                                           │
//! │ ▁▄██▇▅▃▂▁▁    ▁        ▁  all 100              │
//! │                        ↑  above 98 %           │
//! │ -0.08 to 0.61, mean 0.07                       │
//! ╰─────────────────────────── 13 tokens, none cut ╯
//! ```
//!
//! One part at a time: the score with its angle, the query without each of its words, the words that match, the largest
//! dimensions. Alone on a large screen, all of them.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout as Split, Rect};
use ratatui::text::{Line, Span, Text};

use super::frame::titled;
use super::pipeline::heatmap;
use super::{Layout, Theme, bar, hints};
use crate::backend::TokenCount;
use crate::corpus::metadata::written;
use crate::corpus::{Document, DocumentIndex};
use crate::engine::explanation::Explanation;
use crate::math::distribution::Distribution;
use crate::phrase;
use crate::state::why::Page;
use crate::state::{Action, Mode, State, keymap};
use crate::text;

mod angle;
mod dimensions;
mod score;
mod words;

/// From this size on, all parts are shown where the explanation stands alone.
const ALL_WIDTH: u16 = 96;
const ALL_HEIGHT: u16 = 24;
/// The width of the words and the dimensions beside the rest.
const TABLE: u16 = 46;

/// The sentence that is explained.
struct Subject<'a> {
    explanation: Explanation,
    spread: &'a Distribution,
    /// Whether the spread is that of a sample.
    is_sample: bool,
    index: DocumentIndex,
    about: &'a Document,
    /// What its source says of it: names, and values with them.
    said: Vec<(String, String)>,
    /// Its length in tokens, where that has no place in the frame.
    loose_tokens: Option<String>,
}

impl<'a> Subject<'a> {
    fn of(state: &'a State) -> Option<Self> {
        let ranking = state.ranking()?;
        let (explanation, spread) = (Explanation::of(ranking, state.list.selected)?, ranking.spread.as_ref()?);
        let index = state.selected_document()?;
        let is_sample = ranking.sampled.is_some();
        let (about, facts) = (&state.corpus[index], said(state, index));
        Some(Self { explanation, spread, is_sample, index, about, said: facts, loose_tokens: None })
    }
}

/// What the source says of a document, fit for the screen, and which others have the same text.
fn said(state: &State, document: DocumentIndex) -> Vec<(String, String)> {
    let about = &state.corpus[document];
    let shown = |text: &str| text::visible(text).into_owned();
    let ids: Vec<&str> = about.duplicates.iter().map(|copy| copy.id.as_str()).collect();
    let copies =
        (!ids.is_empty()).then(|| (format!("×{}", about.copies()), shown(&format!("also {}", ids.join(", ")))));
    let fields = state.corpus.said(&about.metadata).map(|(name, value)| (shown(name), shown(&written(value))));
    // Where there is room for one line, the fields say more.
    fields.chain(copies).collect()
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, theme: &Theme) {
    let Some(mut subject) = Subject::of(state) else {
        if state.query.is_blank() {
            hints::draw(frame, area, layout, state, theme);
        } else {
            titled(frame, area, " why ", layout.framed, theme);
        }
        return;
    };
    let title = title(subject.about, &subject.explanation);
    let inner = titled(frame, area, &title, layout.framed, theme);
    let has_all = state.explanation_alone && inner.width >= ALL_WIDTH && inner.height >= ALL_HEIGHT;
    if !has_all {
        draw_page_name(frame, area, &title, state.why.page, theme);
    }
    let knows_limit = state.panel().card.as_ref().is_some_and(|card| card.max_tokens.is_some());
    let tokens = tokens(subject.explanation.tokens, knows_limit);
    if layout.framed {
        let line = Line::from(Span::styled(format!(" {} ", text::fit(&tokens, usize::from(inner.width))), theme.dim));
        let bottom = Rect { x: inner.x, y: area.bottom() - 1, width: inner.width + 1, height: 1 };
        frame.render_widget(line.right_aligned(), bottom);
    } else {
        subject.loose_tokens = Some(tokens);
    }
    if has_all {
        draw_all(frame, inner, state, &subject, theme);
        return;
    }
    if state.why.page == Page::Score {
        score::draw(frame, inner, &subject, true, theme);
        return;
    }
    let below = draw_text(frame, inner, &subject, theme);
    draw_page(frame, below, state, &subject, theme);
}

/// Which part is shown, at the right end of the title, where there is room for it.
fn draw_page_name(frame: &mut Frame<'_>, area: Rect, title: &str, page: Page, theme: &Theme) {
    let key = keymap::hint(Mode::Typing, &Action::NextPage);
    let number = format!("{}/{}", page.number(), Page::ALL.len());
    let room = usize::from(area.width).saturating_sub(text::width(title) + 3);
    let names = [format!(" {number} {} ({key}) ", page.name()), format!(" {number} {key} ")];
    if let Some(name) = names.into_iter().find(|name| text::width(name) <= room) {
        let area = Rect { width: area.width.saturating_sub(1), height: 1, ..area };
        frame.render_widget(Line::styled(name, theme.dim).right_aligned(), area);
    }
}

/// A bar for what adds, and a shaded one for what takes away, as long as its share of the most.
fn signed_bar(value: f32, most: f32, width: usize, theme: &Theme) -> Span<'static> {
    let bar = bar::solid(value.abs() / most, width);
    if value >= 0.0 { Span::styled(bar, theme.bar) } else { Span::styled("░".repeat(bar.chars().count()), theme.dim) }
}

/// The sentence in two lines at the most, with air below where there is room; gives what is left.
fn draw_text(frame: &mut Frame<'_>, area: Rect, subject: &Subject<'_>, theme: &Theme) -> Rect {
    let lines = match area.height {
        0..8 => 1,
        8..14 => 2,
        _ => 3,
    };
    let columns = usize::from(area.width);
    let text = text::wrap(&text::beginning(&subject.about.text, columns * lines), columns, lines);
    let air = u16::from(area.height >= 8);
    let used = u16::try_from(text.len()).unwrap_or(u16::MAX) + air;
    frame.render_widget(Text::from_iter(text).style(theme.text), area);
    Rect { y: area.y + used, height: area.height.saturating_sub(used), ..area }
}

fn draw_page(frame: &mut Frame<'_>, area: Rect, state: &State, subject: &Subject<'_>, theme: &Theme) {
    match state.why.page {
        Page::Score => score::draw(frame, area, subject, false, theme),
        Page::Words => words::draw(frame, area, state, subject, theme),
        Page::Matches => heatmap::draw(frame, area, state, subject.index, theme),
        Page::Dimensions => dimensions::draw(frame, area, state, subject, theme),
    }
}

/// Score and angle beside the words, matches beside the dimensions.
fn draw_all(frame: &mut Frame<'_>, area: Rect, state: &State, subject: &Subject<'_>, theme: &Theme) {
    let below = draw_text(frame, area, subject, theme);
    let rows: [Rect; 2] = Split::vertical([Constraint::Fill(1); 2]).spacing(1).areas(below);
    let [top, bottom] =
        rows.map(|row| Split::horizontal([Constraint::Fill(1), Constraint::Length(TABLE)]).spacing(2).areas::<2>(row));
    let under = |frame: &mut Frame<'_>, page: Page, area: Rect| {
        frame.render_widget(Line::styled(page.name(), theme.accent), area);
        Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
    };
    let at = under(frame, Page::Score, top[0]);
    score::draw(frame, at, subject, false, theme);
    let at = under(frame, Page::Words, top[1]);
    words::draw(frame, at, state, subject, theme);
    let at = under(frame, Page::Matches, bottom[0]);
    heatmap::draw(frame, at, state, subject.index, theme);
    let at = under(frame, Page::Dimensions, bottom[1]);
    dimensions::draw(frame, at, state, subject, theme);
}

fn title(document: &Document, explanation: &Explanation) -> String {
    let mut title = format!(" why #{} · {}", explanation.rank, text::visible(&document.id));
    if let Some(topic) = &document.topic {
        title.push_str(&format!(" · {}", text::visible(topic)));
    }
    title.push(' ');
    title
}

/// The length of the text, and whether its end was cut off where the model's limit is known.
fn tokens(tokens: TokenCount, knows_limit: bool) -> String {
    let total = phrase::tokens(tokens);
    if tokens.truncated() {
        format!("{total}, cut after {}", phrase::thousands(tokens.used as u64))
    } else if knows_limit {
        format!("{total}, none cut")
    } else {
        total
    }
}
