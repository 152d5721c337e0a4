//! The points, lines and names of one map.

use std::collections::HashSet;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::widgets::canvas::{Canvas, Line as Stroke, Points};

use super::super::Theme;
use super::labels::Labels;
use super::signs;
use super::window::Window;
use crate::corpus::DocumentIndex;
use crate::engine::chart::Method;
use crate::engine::{Chart, Ranking};
use crate::math::plane::Place;
use crate::phrase;
use crate::state::map::Lines;
use crate::state::{BackendId, Search, State};
use crate::text;

/// The place of what is looked for.
const QUERY: char = '◎';
/// Where there are so many cells a point, each is drawn as a sign.
const CELLS_A_SIGN: usize = 4;
/// From so many on, as long as signs do not cover most points; else points are dots, eight to a cell.
const CELLS_A_SIGN_AT_LEAST: usize = 2;
/// The dots of a dotted line are so far apart, in columns.
const DOTTED: f64 = 1.5;
/// Of so many documents what has moved is drawn.
const MOVED: usize = 10;
/// The longest names, and shorter ones where there is no room for those.
const NAME: usize = 30;
const SHORT_NAME: usize = 16;
const SHORTEST_NAME: usize = 8;

/// One map, as it is drawn.
struct Plot<'a> {
    state: &'a State,
    backend: BackendId,
    chart: &'a Chart,
    window: &'a Window,
    theme: &'a Theme,
    /// The ranking of the query as it stands.
    ranking: Option<&'a Ranking>,
    query: Option<Place>,
    selected: Option<DocumentIndex>,
}

pub(super) fn draw(
    frame: &mut Frame<'_>,
    state: &State,
    backend: BackendId,
    chart: &Chart,
    window: &Window,
    theme: &Theme,
) {
    if window.area.is_empty() {
        return;
    }
    let ranking = state.current_ranking(backend).map(AsRef::as_ref);
    // While a newer one is on its way, the place of the last query that is known; a query that failed has none.
    let is_coming = backend == state.active && !matches!(state.panels[backend.0].search, Search::Failed(_));
    let shown = ranking.or_else(|| state.map.trail.last().filter(|_| is_coming).map(AsRef::as_ref));
    let query = shown.and_then(|ranking| chart.place(ranking)).map(|place| laid(state, backend, place));
    let selected = state.selected_document();
    let plot = Plot { state, backend, chart, window, theme, ranking, query, selected };
    plot.draw_canvas(frame);
    plot.draw_points(frame);
}

/// Where a place of a backend's map lies on the screen's: the second map is laid over the first, unless it stands alone.
pub(in crate::view) fn laid(state: &State, backend: BackendId, place: Place) -> Place {
    match &state.map.overlay {
        Some(overlay) if backend != state.active => overlay.alignment.map_or(place, |alignment| alignment.apply(place)),
        Some(_) | None => place,
    }
}

impl Plot<'_> {
    fn place_of(&self, document: DocumentIndex) -> Option<Place> {
        Some(laid(self.state, self.backend, self.chart.place_of(document)?))
    }

    fn group_of(&self, document: DocumentIndex) -> Option<usize> {
        self.state.map.groups(self.backend)?.of(document)
    }

    fn style_of(&self, document: DocumentIndex) -> Style {
        signs::style(self.group_of(document), self.state.appearance, self.theme)
    }

    /// The first documents of the ranking, from the first.
    fn top(&self) -> impl Iterator<Item = DocumentIndex> + '_ {
        let ranked = self.ranking.into_iter().flat_map(|ranking| &ranking.ranked);
        ranked.take(self.state.list.top_k).map(|ranked| ranked.document)
    }

    /// Every document with its cell, as far as it is in the window.
    fn cells(&self) -> Vec<(DocumentIndex, (u16, u16))> {
        let documents = self.chart.vectors.documents.iter();
        // The corpus is laid flat as a whole; of a filter, those alone that it lets through are seen.
        let placed = documents.zip(&self.chart.places).filter(|&(&document, _)| self.state.lets_through(document));
        placed
            .filter_map(|(&document, &place)| {
                Some((document, self.window.cell(laid(self.state, self.backend, place))?))
            })
            .collect()
    }

    /// Whether each point is drawn as a sign.
    fn is_sparse(&self, seen: &[(DocumentIndex, (u16, u16))]) -> bool {
        let cells = usize::from(self.window.area.width) * usize::from(self.window.area.height);
        if seen.len() * CELLS_A_SIGN <= cells {
            return true;
        }
        let distinct = || seen.iter().map(|&(_, cell)| cell).collect::<HashSet<_>>().len();
        seen.len() * CELLS_A_SIGN_AT_LEAST <= cells && distinct() * 2 >= seen.len()
    }

    /// Lines and, where there are many points, these too: in dots of braille.
    fn draw_canvas(&self, frame: &mut Frame<'_>) {
        let Rect { width, height, .. } = self.window.area;
        let (strokes, moved, dots) = (self.strokes(), self.moved(), self.dots());
        let moved_color = self.theme.down.fg.unwrap_or(Color::Reset);
        let canvas = Canvas::default()
            .marker(Marker::Braille)
            .x_bounds([0.0, f64::from(width)])
            .y_bounds([0.0, f64::from(height)])
            .background_color(self.theme.text.bg.unwrap_or(Color::Reset))
            .paint(|context| {
                for (coords, color) in &dots {
                    context.draw(&Points { coords, color: *color });
                }
                context.layer();
                context.draw(&Points { coords: &moved, color: moved_color });
                for stroke in &strokes {
                    context.draw(stroke);
                }
            });
        frame.render_widget(canvas, self.window.area);
    }

    /// Rows go down, the canvas goes up.
    fn on_canvas(&self, place: Place) -> (f64, f64) {
        let [column, row] = self.window.spot(place);
        (column, f64::from(self.window.area.height) - row)
    }

    fn stroke(&self, from: Place, to: Place, style: Style) -> Stroke {
        let ((x1, y1), (x2, y2)) = (self.on_canvas(from), self.on_canvas(to));
        Stroke { x1, y1, x2, y2, color: style.fg.unwrap_or(Color::Reset) }
    }

    fn strokes(&self) -> Vec<Stroke> {
        let mut strokes = Vec::new();
        let joined = |from: DocumentIndex, to: DocumentIndex| Some((self.place_of(from)?, self.place_of(to)?));
        // No line goes to what is not seen.
        let is_seen = |document: &DocumentIndex| self.state.lets_through(*document);
        let nearest = |document| {
            let nearest = self.chart.nearest_of(document).unwrap_or_default();
            nearest.into_iter().filter(is_seen).collect::<Vec<_>>()
        };
        match self.state.map.lines {
            Lines::Query => {
                // The farthest first, so that the nearest is on top.
                let top: Vec<DocumentIndex> = self.top().collect();
                for document in top.into_iter().rev() {
                    if let Some((query, place)) = self.query.zip(self.place_of(document)) {
                        strokes.push(self.stroke(query, place, self.theme.bar));
                    }
                }
            }
            Lines::Selected => {
                let selected = self.selected.into_iter();
                let pairs =
                    selected.flat_map(|document| nearest(document).into_iter().map(move |near| (document, near)));
                let ends = pairs.filter_map(|(from, to)| joined(from, to));
                strokes.extend(ends.map(|(from, to)| self.stroke(from, to, self.theme.bar)));
            }
            Lines::Everyone => {
                for &document in self.chart.vectors.documents.iter().filter(|&document| is_seen(document)) {
                    let first = nearest(document).first().copied();
                    if let Some((from, to)) = first.and_then(|first| joined(document, first)) {
                        strokes.push(self.stroke(from, to, self.theme.dim));
                    }
                }
            }
            Lines::Off => {}
        }
        strokes.extend(self.trail());
        strokes
    }

    /// On the second map, dotted lines from where a document lies on the first to where it lies here.
    fn moved(&self) -> Vec<(f64, f64)> {
        let shown = self.state.map.overlay.as_ref().filter(|_| super::shows_moved(self.state, self.backend));
        let Some(overlay) = shown else { return Vec::new() };
        let farthest = overlay.moved.iter().filter(|&&(document, _)| self.state.lets_through(document)).take(MOVED);
        let ends =
            farthest.filter_map(|&(document, _)| Some((overlay.fixed.place_of(document)?, self.place_of(document)?)));
        ends.flat_map(|(from, to)| dotted(self.on_canvas(from), self.on_canvas(to))).collect()
    }

    /// Where the query was.
    fn trail(&self) -> Vec<Stroke> {
        if self.backend != self.state.active {
            return Vec::new();
        }
        let places: Vec<Place> = self.state.map.trail.iter().filter_map(|ranking| self.chart.place(ranking)).collect();
        places.windows(2).map(|pair| self.stroke(pair[0], pair[1], self.theme.new)).collect()
    }

    /// The points by colour, where there are too many for a sign each.
    fn dots(&self) -> Vec<(Vec<(f64, f64)>, Color)> {
        let seen = self.cells();
        if self.is_sparse(&seen) {
            return Vec::new();
        }
        let mut by_colour: Vec<(Vec<(f64, f64)>, Color)> = Vec::new();
        for (document, _) in seen {
            let Some(place) = self.place_of(document) else { continue };
            let (spot, color) = (self.on_canvas(place), self.style_of(document).fg.unwrap_or(Color::Reset));
            match by_colour.iter_mut().find(|(_, known)| *known == color) {
                Some((spots, _)) => spots.push(spot),
                None => by_colour.push((vec![spot], color)),
            }
        }
        by_colour
    }

    /// Points as signs, the more important over the others, and their names.
    fn draw_points(&self, frame: &mut Frame<'_>) {
        let seen = self.cells();
        let mut labels = Labels::new(self.window.area.width, self.window.area.height);
        let is_sparse = self.is_sparse(&seen);
        if is_sparse {
            for &(document, cell) in &seen {
                labels.point(cell.0, cell.1);
                self.put(frame, cell, signs::sign(self.group_of(document)), self.style_of(document));
            }
        }
        let mut marked: Vec<(DocumentIndex, (u16, u16))> = Vec::new();
        let important = self.top().chain(self.state.map.pointed).chain(self.selected);
        for document in important {
            if let Some(cell) = self.place_of(document).and_then(|place| self.window.cell(place)) {
                labels.keep(cell.0, cell.1);
                let style = self.style_of(document).add_modifier(Modifier::BOLD);
                self.put(frame, cell, signs::sign(self.group_of(document)), style);
                marked.push((document, cell));
            }
        }
        if let Some((_, cell)) =
            self.selected.and_then(|selected| marked.iter().find(|(document, _)| *document == selected))
        {
            let at = Rect { x: self.window.area.x + cell.0, y: self.window.area.y + cell.1, width: 1, height: 1 };
            frame.buffer_mut().set_style(at, self.theme.selected);
        }
        let query = self.query.map(|place| self.window.nearest_cell(place));
        if let Some(cell) = query {
            labels.keep(cell.0, cell.1);
            self.put(frame, cell, QUERY, self.theme.accent);
        }
        self.draw_ends(frame, &mut labels);
        self.draw_names(frame, &mut labels, &marked, query);
        if self.query.is_none() {
            self.draw_group_names(frame, &mut labels, is_sparse);
        }
    }

    fn put(&self, frame: &mut Frame<'_>, (column, row): (u16, u16), sign: char, style: Style) {
        let (x, y) = (self.window.area.x + column, self.window.area.y + row);
        if let Some(cell) = frame.buffer_mut().cell_mut((x, y)) {
            cell.set_char(sign).set_style(style);
        }
    }

    /// The phrases at both ends of axes that have a meaning.
    fn draw_ends(&self, frame: &mut Frame<'_>, labels: &mut Labels) {
        let Some(phrases) = self.state.map.phrases.as_ref().filter(|_| self.chart.method == Method::Axes) else {
            return;
        };
        let Rect { width, height, .. } = self.window.area;
        let most = usize::from(width) / 3;
        let name =
            |phrase: &str, mark: &str| text::fit(&format!("{mark} {}", text::visible(phrase)), most).into_owned();
        let middle = height / 2;
        let (from, to) = (name(&phrases.x[0], "←"), name(&phrases.x[1], "→"));
        let mut ends = vec![(0, middle, from), (width.saturating_sub(to_cells(&to)), middle, to)];
        if let Some([bottom, top]) = &phrases.y {
            let (bottom, top) = (name(bottom, "↓"), name(top, "↑"));
            ends.push((width.saturating_sub(to_cells(&bottom)) / 2, height.saturating_sub(1), bottom));
            ends.push((width.saturating_sub(to_cells(&top)) / 2, 0, top));
        }
        for (column, row, text) in ends {
            for at in column..column.saturating_add(to_cells(&text)) {
                labels.keep(at, row);
            }
            self.write(frame, usize::from(column), usize::from(row), &text, self.theme.accent);
        }
    }

    fn draw_names(
        &self,
        frame: &mut Frame<'_>,
        labels: &mut Labels,
        marked: &[(DocumentIndex, (u16, u16))],
        query: Option<(u16, u16)>,
    ) {
        if let Some((column, row)) = query
            && let Some(label) = labels.place(column, row, &["query".to_owned()])
        {
            self.write(frame, label.column, label.row, &label.text, self.theme.accent);
        }
        // What the person points at or has selected comes first, then the ranking in its order.
        let rank = |document| self.ranking.and_then(|ranking| ranking.rank_of(document));
        let mut named: Vec<_> = marked.to_vec();
        named.sort_by_key(|&(document, _)| {
            let chosen = self.selected == Some(document) || self.state.map.pointed == Some(document);
            (!chosen, rank(document))
        });
        named.dedup_by_key(|(document, _)| *document);
        for (document, (column, row)) in named {
            let style = if self.selected == Some(document) { self.theme.selected } else { self.theme.text };
            if let Some(label) = labels.place(column, row, &self.names(document, rank(document))) {
                self.write(frame, label.column, label.row, &label.text, self.theme.text.patch(style));
            }
        }
    }

    /// The rank in the top k, the id, and as much of the text as there is room for.
    fn names(&self, document: DocumentIndex, rank: Option<usize>) -> [String; 3] {
        let about = &self.state.corpus[document];
        let rank = rank.filter(|&rank| rank <= self.state.list.top_k);
        let number = rank.map_or_else(String::new, |rank| format!("{rank} "));
        let whole = format!("{number}{}", super::name(about, NAME));
        let shortest = match (phrase::is_number(&about.id), rank) {
            (true, Some(rank)) => rank.to_string(),
            (true, None) => text::fit(&whole, SHORTEST_NAME).into_owned(),
            (false, _) => format!("{number}{}", text::fit(&text::visible(&about.id), SHORT_NAME)),
        };
        let name = |most: usize| text::fit(&whole, most).into_owned();
        [name(NAME), name(SHORT_NAME.max(text::width(&shortest))), shortest]
    }

    /// The name of each group in the middle of its points, while nothing else is to be said; with its sign where points have
    /// none.
    fn draw_group_names(&self, frame: &mut Frame<'_>, labels: &mut Labels, has_signs: bool) {
        let Some(groups) = self.state.map.groups(self.backend) else { return };
        let mut sums = vec![([0.0; 2], 0.0); groups.groups.len()];
        let seen = self.chart.vectors.documents.iter().filter(|&&document| self.state.lets_through(document));
        for &document in seen {
            if let (Some(group), Some(place)) = (groups.of(document), self.place_of(document)) {
                let (sum, count) = &mut sums[group];
                *sum = [sum[0] + place[0], sum[1] + place[1]];
                *count += 1.0;
            }
        }
        for (at, ((sum, count), group)) in sums.into_iter().zip(&groups.groups).enumerate() {
            let Some((column, row)) = self.window.cell(sum.map(|sum: f64| sum / count)) else { continue };
            let name = text::fit(&text::visible(&group.name), SHORT_NAME).into_owned();
            let name = if has_signs { name } else { format!("{} {name}", signs::sign(Some(at))) };
            if let Some(label) = labels.place(column, row, &[name]) {
                let style = signs::style(Some(at), self.state.appearance, self.theme).add_modifier(Modifier::ITALIC);
                self.write(frame, label.column, label.row, &label.text, style);
            }
        }
    }

    fn write(&self, frame: &mut Frame<'_>, column: usize, row: usize, text: &str, style: Style) {
        let Rect { x, y, .. } = self.window.area;
        let (column, row) = (u16::try_from(column).unwrap_or(0), u16::try_from(row).unwrap_or(0));
        // Whatever lies below shows nothing of itself.
        frame.buffer_mut().set_string(x + column, y + row, text, self.theme.text.patch(style));
    }
}

/// The dots of a line on the canvas. A row is as high as two columns are wide.
fn dotted(from: (f64, f64), to: (f64, f64)) -> Vec<(f64, f64)> {
    let (across, up) = (to.0 - from.0, to.1 - from.1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a number of dots, at most some hundreds"
    )]
    let steps = (across.hypot(2.0 * up) / DOTTED).clamp(1.0, 1e3) as u16;
    let share = |step: u16| f64::from(step) / f64::from(steps);
    (0..=steps).map(|step| (from.0 + across * share(step), from.1 + up * share(step))).collect()
}

fn to_cells(text: &str) -> u16 {
    u16::try_from(text::width(text)).unwrap_or(u16::MAX)
}
