//! ```text
//!      ⢀⠤d
//!    ⢀⠔⠁┊
//!  ⢀⠔⠁49.5°
//! ━━━━━━━━━━q
//!  cosine
//! ```
//!
//! The angle between query and document, to scale. However many dimensions there are, two vectors lie in one plane: this
//! is that plane. Both have length 1, so the shadow of the one on the other is the cosine.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::canvas::{Canvas, Line as Stroke, Points};

use crate::engine::explanation::Explanation;
use crate::text;
use crate::view::Theme;

/// Braille dots in a cell.
const ACROSS: f64 = 2.0;
const DOWN: f64 = 4.0;
/// A colon and a cosine.
const NUMBER: usize = 8;
/// Room for the names at the ends.
const MARGIN: f64 = 5.0;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, explanation: &Explanation, theme: &Theme) {
    let [drawing, caption] = [
        Rect { height: area.height.saturating_sub(1), ..area },
        Rect { y: area.bottom().saturating_sub(1), height: 1, ..area },
    ];
    let (width, height) = (f64::from(drawing.width) * ACROSS, f64::from(drawing.height) * DOWN);
    let radians = f64::from(explanation.angle).to_radians();
    let (sin, cos) = radians.sin_cos();
    // An obtuse angle needs room on both sides.
    let sides = if cos < 0.0 { 2.0 } else { 1.0 };
    let radius = ((width - 2.0 * MARGIN) / sides).min(height - 2.0 * MARGIN).max(1.0);
    let origin = (if cos < 0.0 { MARGIN + radius } else { 1.0 }, 2.0);
    let at = |x: f64, y: f64| (origin.0 + x * radius, origin.1 + y * radius);
    let color = |style: ratatui::style::Style| style.fg.unwrap_or(Color::Reset);
    let (plain, dim, accent) = (color(theme.bar), color(theme.border), color(theme.accent));
    let stroke = |from: (f64, f64), to: (f64, f64), color| Stroke { x1: from.0, y1: from.1, x2: to.0, y2: to.1, color };
    let end = at(cos, sin);
    let arc: Vec<(f64, f64)> = steps(radians).map(|angle| at(0.3 * angle.cos(), 0.3 * angle.sin())).collect();
    let circle: Vec<(f64, f64)> =
        steps(std::f64::consts::FRAC_PI_2 * sides).step_by(3).map(|angle| at(angle.cos(), angle.sin())).collect();
    let shadow = dotted(end, at(cos, 0.0));
    let canvas = Canvas::default()
        .marker(Marker::Braille)
        .background_color(theme.text.bg.unwrap_or(Color::Reset))
        .x_bounds([0.0, width])
        .y_bounds([0.0, height])
        .paint(|context| {
            context.draw(&Points { coords: &circle, color: dim });
            context.draw(&Points { coords: &shadow, color: dim });
            context.draw(&stroke(at(0.0, 0.0), at(1.0, 0.0), plain));
            context.draw(&Points { coords: &arc, color: accent });
            context.draw(&stroke(at(0.0, 0.0), end, plain));
            context.layer();
            // The shadow, as thick as a line can be drawn.
            context.draw(&stroke((origin.0, origin.1 - 1.0), (end.0, origin.1 - 1.0), accent));
            context.draw(&stroke(origin, (end.0, origin.1), accent));
            let name = |text: &str| Line::from(Span::styled(text.to_owned(), theme.accent));
            context.print(at(1.0, 0.0).0 + ACROSS, origin.1, name("q"));
            context.print(end.0 + ACROSS * if cos < 0.0 { -2.0 } else { 0.5 }, end.1 + 1.0, name("d"));
            let middle = radians / 2.0;
            let (x, y) = at(0.36 * middle.cos(), 0.36 * middle.sin());
            context.print(x + 1.0, y, name(&format!("{:.1}°", explanation.angle)));
        });
    frame.render_widget(canvas, drawing);
    let notes = ["d's shadow on q is the cosine", "d's shadow on q", "shadow"];
    let room = usize::from(caption.width).saturating_sub(NUMBER);
    if let Some(note) = notes.into_iter().find(|note| text::width(note) <= room) {
        let note = format!("{note}: {:.3}", explanation.cosine);
        frame.render_widget(Span::styled(note, theme.dim), caption);
    }
}

/// Angles from 0 to one, close enough for a curve of dots.
fn steps(to: f64) -> impl Iterator<Item = f64> {
    const STEPS: u32 = 90;
    (0..=STEPS).map(move |step| to * f64::from(step) / f64::from(STEPS))
}

/// A dotted line from one point to another.
fn dotted(from: (f64, f64), to: (f64, f64)) -> Vec<(f64, f64)> {
    const GAP: f64 = 3.0;
    let (x, y) = (to.0 - from.0, to.1 - from.1);
    let length = x.hypot(y);
    let places = std::iter::successors(Some(0.0), |place| Some(place + GAP)).take_while(|&place| place < length);
    places.map(|place| (from.0 + x * place / length, from.1 + y * place / length)).collect()
}
