//! ```text
//!  dim       q       d     q·d
//!  217  +0.112  +0.145  +0.0162  ███
//!   14  −0.090  +0.101  −0.0091  ░░
//! +1.021 − 0.371 = 0.650. The 57 largest of 384 make half …
//! One dimension means nothing: turn the space, and …
//! ```

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span, Text};

use super::{Subject, signed_bar};
use crate::engine::Contributions;
use crate::phrase::explanation as phrase;
use crate::state::State;
use crate::text;
use crate::view::Theme;

/// What stands before a bar.
const NUMBERS: usize = 31;
/// Below this height there is a line for each thing.
const SMALL: usize = 8;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, state: &State, subject: &Subject<'_>, theme: &Theme) {
    let (columns, height) = (usize::from(area.width), usize::from(area.height));
    let vectors = state.panel().vectors.as_ref();
    let parts = state
        .ranking()
        .zip(vectors)
        .and_then(|(ranking, vectors)| Contributions::of(ranking.vector.view(), vectors.of(subject.index)?, height));
    let Some(parts) = parts else { return };
    let style = if state.is_current() { theme.text } else { theme.dim };
    let sum = text::wrap(&phrase::contributions(&parts), columns, if height < SMALL { 1 } else { 2 });
    let caution = text::wrap(phrase::NO_DIMENSION, columns, if height < SMALL { 1 } else { 3 });
    // The caution is what is to be learned here: it stays, whatever has to go.
    let room = height.saturating_sub(sum.len() + caution.len() + 1);
    let most = parts.largest.first().map_or(f32::EPSILON, |part| part.product.abs());
    let mut lines = Vec::new();
    if room > 0 {
        lines.push(Line::styled(format!("{:>5} {:>7} {:>7} {:>8}", "dim", "q", "d", "q·d"), theme.dim));
    }
    for part in parts.largest.iter().take(room) {
        lines.push(Line::from(vec![
            Span::styled(
                format!("{:>5} {:>+7.3} {:>+7.3} {:>+8.4}", part.dimension, part.query, part.document, part.product),
                style,
            ),
            Span::raw("  "),
            signed_bar(part.product, most, columns.saturating_sub(NUMBERS), theme),
        ]));
    }
    lines.extend(sum.into_iter().map(|line| Line::styled(line, theme.accent)));
    lines.extend(caution.into_iter().map(|line| Line::styled(line, theme.dim)));
    frame.render_widget(Text::from(lines), area);
}
