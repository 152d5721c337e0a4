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

use super::Subject;
use crate::engine::ablation::{self, WordEffect};
use crate::phrase::explanation as phrase;
use crate::state::{Action, Mode, State, keymap};
use crate::text;
use crate::view::{Theme, bar};

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
        Some(effects) => Text::from(table(&effects, area, is_current, subject, theme)),
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

fn table(
    effects: &[WordEffect<'_>],
    area: Rect,
    is_current: bool,
    subject: &Subject<'_>,
    theme: &Theme,
) -> Vec<Line<'static>> {
    let (columns, height) = (usize::from(area.width), usize::from(area.height));
    let style = if is_current { theme.text } else { theme.dim };
    let rank = subject.explanation.rank;
    let verdict = text::wrap(&phrase::carrier(effects, rank), columns, 2);
    // A word that there is no room for is one that does little.
    let room = height.saturating_sub(verdict.len() + 1).max(1);
    let mut order: Vec<usize> = (0..effects.len()).collect();
    order.sort_by(|&a, &b| effects[b].falls_by.abs().total_cmp(&effects[a].falls_by.abs()));
    order.truncate(room);
    order.sort_unstable();
    let longest = effects.iter().map(|effect| text::width(&text::visible(effect.word))).max().unwrap_or(0);
    let widest = longest.clamp(7, WIDEST);
    let most = effects.iter().map(|effect| effect.falls_by.abs()).fold(f32::EPSILON, f32::max);
    let bar_room = columns.saturating_sub(widest + NUMBERS);
    let mut lines = vec![Line::styled(format!("{:<widest$}  cosine  change  rank", "without"), theme.dim)];
    for effect in order.into_iter().map(|at| &effects[at]) {
        let word = text::fit(&text::visible(effect.word), widest).into_owned();
        let padding = " ".repeat(widest - text::width(&word));
        let ranks = if effect.rank == rank { format!("#{rank}") } else { format!("#{rank}→#{}", effect.rank) };
        // To lose it hurts, or helps.
        let bar = bar::solid(effect.falls_by.abs() / most, bar_room.saturating_sub(1));
        let (bar, bar_style) =
            if effect.falls_by >= 0.0 { (bar, theme.bar) } else { ("░".repeat(bar.chars().count()), theme.dim) };
        lines.push(Line::from(vec![
            Span::styled(word + &padding, style),
            Span::styled(format!("  {:>6.3}  {:>+6.3}  ", effect.score, -effect.falls_by), style),
            Span::styled(format!("{ranks:<7}"), if effect.rank == rank { theme.dim } else { theme.accent }),
            Span::styled(format!(" {bar}"), bar_style),
        ]));
    }
    lines.extend(verdict.into_iter().map(|line| Line::styled(line, if is_current { theme.accent } else { theme.dim })));
    lines
}
