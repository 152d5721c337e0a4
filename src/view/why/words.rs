//! ```text
//! without     cosine  change   rank
//! database    0.212   −0.438   #1→#9  ████████
//! question    0.583   −0.067   #1     █▎
//! how         0.655   +0.005   #1     ░
//! “database” carries it: without it, #9
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};

use super::{Subject, signed_bar};
use crate::engine::ablation::{self, Effects, Without, WordEffect};
use crate::phrase::{explanation as phrase, thousands};
use crate::state::{Action, Mode, State, keymap};
use crate::text;
use crate::view::Theme;

/// The widest that a word is shown.
const WIDEST: usize = 14;
/// What stands between the word and its bar.
const NUMBERS: usize = 25;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, subject: &Subject<'_>, theme: &Theme) {
    let columns = usize::from(area.width);
    let say = |message: String| {
        let lines = text::wrap(&message, columns, usize::from(area.height));
        lines.into_iter().map(|line| Line::styled(line, theme.dim)).collect::<Text<'_>>()
    };
    let shown = state.why.ablation.as_ref().filter(|(backend, _)| *backend == state.active);
    let is_current = shown.is_some_and(|(_, ablation)| ablation.query == state.query.text());
    let effects = shown.and_then(|(_, ablation)| ablation.of(subject.index));
    let text = match effects {
        _ if ablation::left_out(state.query.text()).is_empty() => {
            say("one word: without it, nothing is left to rank by".into())
        }
        _ if state.words_wait() => say(waiting(state)),
        _ if state.why.failed.is_some() && !is_current => {
            say(text::visible(state.why.failed.as_deref().unwrap_or_default()).into_owned())
        }
        Some(effects) => Text::from(table(&effects, subject.spread.count, area, is_current, theme)),
        None if is_current => say("this text is beyond those whose vectors are kept".into()),
        None => Text::default(),
    };
    frame.render_widget(text, area);
}

/// What a press would send.
fn waiting(state: &State) -> String {
    let texts = ablation::left_out(state.query.text()).len();
    let (key, panel) = (keymap::hint(Mode::Typing, &Action::AskWords), state.panel());
    format!("{key} sends the query to {} {texts} times, each time without one word", text::visible(&panel.label))
}

fn table(effects: &Effects<'_>, ranked: usize, area: Rect, is_current: bool, theme: &Theme) -> Vec<Line<'static>> {
    let (columns, height) = (usize::from(area.width), usize::from(area.height));
    let (words, rank) = (&effects.words, effects.rank);
    let style = if is_current { theme.text } else { theme.dim };
    let mut verdict = text::wrap(&phrase::carrier(effects), columns, 3);
    // Ranks among a part are other ranks than those of the list.
    if effects.documents < ranked {
        verdict.push(format!("among the first {}", thousands(effects.documents as u64)));
    }
    // A word that there is no room for is one that does little.
    let room = height.saturating_sub(verdict.len() + 1).max(1);
    let weight = |effect: &WordEffect<'_>| effect.without.map_or(f32::MAX, |without| without.falls_by.abs());
    let mut order: Vec<usize> = (0..words.len()).collect();
    order.sort_by(|&a, &b| weight(&words[b]).total_cmp(&weight(&words[a])));
    order.truncate(room);
    order.sort_unstable();
    let longest = words.iter().map(|effect| text::width(&text::visible(effect.word))).max().unwrap_or(0);
    let widest = longest.clamp(7, WIDEST);
    let falls = words.iter().filter_map(|effect| effect.without).map(|without| without.falls_by.abs());
    let most = falls.fold(f32::EPSILON, f32::max);
    let bar_room = columns.saturating_sub(widest + NUMBERS + 1);
    let mut lines = vec![Line::styled(format!("{:<widest$}  cosine  change  rank", "without"), theme.dim)];
    for effect in order.into_iter().map(|at| &words[at]) {
        let word = text::fit(&text::visible(effect.word), widest).into_owned();
        let word = Span::styled(format!("{word}{}", " ".repeat(widest - text::width(&word))), style);
        let Some(Without { score, falls_by, rank: then }) = effect.without else {
            lines.push(Line::from(vec![word, Span::styled("  nothing is left", theme.dim)]));
            continue;
        };
        let ranks = if then == rank { format!("#{rank}") } else { format!("#{rank}→#{then}") };
        lines.push(Line::from(vec![
            word,
            Span::styled(format!("  {score:>6.3}  {:>+6.3}  ", -falls_by), style),
            Span::styled(format!("{ranks:<7} "), if then == rank { theme.dim } else { theme.accent }),
            signed_bar(falls_by, most, bar_room, theme),
        ]));
    }
    lines.extend(verdict.into_iter().map(|line| Line::styled(line, if is_current { theme.accent } else { theme.dim })));
    lines
}
