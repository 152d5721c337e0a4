//! How far the map can be trusted, what its signs mean, and where the selected sentence stands in truth and on the map.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout as Split, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span, Text};

use super::super::frame::{fit_line, titled};
use super::super::{Layout, Theme};
use super::{of_what, percent, signs};
use crate::corpus::DocumentIndex;
use crate::engine::Chart;
use crate::engine::chart::Method;
use crate::engine::groups::Grouping;
use crate::phrase;
use crate::state::State;
use crate::text;

/// How many lines say how far the map can be trusted.
const TRUST: u16 = 4;
/// How many are about the selected sentence.
const SENTENCE: u16 = 5;
/// From this width on, what would stand one below the other stands side by side, where there is little height.
const TWO_HALVES: u16 = 60;
const LOW: u16 = 12;

/// From this width on, what is kept is said in full.
const WIDE_ENOUGH: usize = 40;

/// What goes where.
pub(in crate::view) struct Sections {
    trust: Rect,
    legend: Rect,
    sentence: Rect,
    /// The rows of the list, with a line for its title above. Empty where there is no room.
    pub(in crate::view) rows: Rect,
}

/// What is left of the region's room inside its frame.
fn inside(area: Rect, framed: bool) -> Rect {
    if framed {
        area.inner(ratatui::layout::Margin::new(2, 1))
    } else {
        Rect {
            x: area.x + 1,
            y: area.y + 1,
            width: area.width.saturating_sub(2),
            height: area.height.saturating_sub(1),
        }
    }
}

impl Sections {
    /// Divides the region.
    pub(in crate::view) fn of(area: Rect, framed: bool, state: &State) -> Self {
        let inside = inside(area, framed);
        let nothing = Rect { height: 0, ..inside };
        if inside.width >= TWO_HALVES && inside.height < LOW {
            let [left, _, right] =
                Split::horizontal([Constraint::Fill(1), Constraint::Length(2), Constraint::Fill(1)]).areas(inside);
            let [trust, sentence] = Split::vertical([Constraint::Length(TRUST - 1), Constraint::Fill(1)]).areas(left);
            return Self { trust, sentence, legend: right, rows: nothing };
        }
        if inside.height < LOW {
            let [trust, sentence] = Split::vertical([Constraint::Length(TRUST - 1), Constraint::Fill(1)]).areas(inside);
            return Self { trust, sentence, legend: nothing, rows: nothing };
        }
        let (left, right) = if inside.width >= TWO_HALVES {
            let [left, _, right] =
                Split::horizontal([Constraint::Fill(1), Constraint::Length(2), Constraint::Fill(1)]).areas(inside);
            (left, Some(right))
        } else {
            (inside, None)
        };
        let groups = state.map.groups(state.active).map_or(0, |groups| groups.groups.len());
        let legend = u16::try_from(groups.div_ceil(2)).unwrap_or(0) + 1;
        let trust = TRUST + u16::from(state.selection().is_some());
        let [trust, legend, _, sentence, below] = Split::vertical([
            Constraint::Length(trust),
            Constraint::Length(legend),
            Constraint::Length(1),
            Constraint::Length(SENTENCE),
            Constraint::Fill(1),
        ])
        .areas(left);
        // A line for the title and, below other things, one of air above it.
        let (list, above) = right.map_or((below, 2), |right| (right, 1));
        let rows = Rect { y: list.y + above, height: list.height.saturating_sub(above), ..list };
        Self { trust, legend, sentence, rows: if rows.height < 2 { nothing } else { rows } }
    }
}

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, layout: &Layout, state: &State, theme: &Theme) {
    let title = format!(" {} ", text::visible(&state.panel().label));
    titled(frame, area, &title, layout.framed, theme);
    let sections = Sections::of(area, layout.framed, state);
    let Some(chart) = state.map.chart(state.active) else { return };
    put(frame, sections.trust, trust(state, chart, usize::from(sections.trust.width), theme));
    put(frame, sections.legend, legend(state, sections.legend, theme));
    put(frame, sections.sentence, sentence(state, chart, sections.sentence, theme));
    if !sections.rows.is_empty() {
        draw_rows(frame, sections.rows, state, chart, theme);
    }
}

fn put(frame: &mut Frame<'_>, area: Rect, lines: Vec<Line<'static>>) {
    let lines = lines.into_iter().take(usize::from(area.height)).map(|line| fit_line(line, usize::from(area.width)));
    frame.render_widget(lines.collect::<Text<'_>>(), area);
}

/// What the flat picture keeps, and how it was made.
fn trust(state: &State, chart: &Chart, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let line = |said: String, style| Line::styled(said, style);
    let dimensions = chart.vectors.unit.ncols();
    let is_narrow = columns < WIDE_ENOUGH;
    lines.push(match &chart.plane {
        Some(plane) => {
            let [x, y] = plane.explained.map(|share| share * 100.0);
            let explained = if is_narrow { "variance" } else { "variance explained" };
            line(format!("{explained} {x:.1} + {y:.1} = {:.1} %", x + y), theme.text)
        }
        None => line("no axes: nearness alone counts".into(), theme.text),
    });
    let neighbourhoods = &chart.neighbourhoods;
    let near = if is_narrow { "neighbours" } else { "neighbours preserved" };
    lines.push(match &chart.preserved {
        Some(_) if neighbourhoods.k == 0 => line("no neighbours to keep".into(), theme.text),
        Some(preserved) => {
            let chance = percent(neighbourhoods.by_chance());
            line(format!("{near} {} (chance {chance})", percent(preserved.mean)), theme.text)
        }
        None => line(format!("{near}: when it is done"), theme.dim),
    });
    if let Some(what) = of_what(state, chart) {
        let ways = [format!("of {what}, without the filter"), format!("of {what}, no filter")];
        lines.push(line(first_that_fits(ways, columns), theme.text));
    }
    let made = overlay(state, columns).unwrap_or_else(|| how(state, chart, dimensions, columns));
    lines.push(line(made, theme.dim));
    // Its own frame has no room for that where there is room for it here.
    if state.visible().into_iter().any(|backend| super::shows_moved(state, backend)) {
        lines.push(line("dotted: what moved most".into(), theme.dim));
    }
    lines
}

/// How the map was made, and of how many documents, as far as there is room to say it.
fn how(state: &State, chart: &Chart, dimensions: usize, columns: usize) -> String {
    let made = match chart.method {
        Method::Principal => format!("2 of {dimensions} d in {} ms", phrase::milliseconds(chart.time)),
        Method::TSne => format!("from {dimensions} d in {:.1} s", chart.time.as_secs_f64()),
        Method::Axes => "each axis fills the room".into(),
    };
    let (mapped, all) = (chart.vectors.documents.len(), state.corpus.documents.len());
    let count = |number: usize| phrase::thousands(number as u64);
    if mapped < all {
        let (mapped, all) = (count(mapped), count(all));
        let which = format!("the first {mapped} of {all}");
        first_that_fits([format!("{which} · {made}"), which, format!("{mapped} of {all}")], columns)
    } else if chart.neighbourhoods.is_sample() {
        let sample = format!("sample of {}", count(chart.neighbourhoods.rows.len()));
        first_that_fits([format!("by a {sample} · {made}"), format!("{sample} · {made}"), sample], columns)
    } else {
        made
    }
}

/// The first of some ways to say it that there is room for; else the last.
fn first_that_fits<const WAYS: usize>(ways: [String; WAYS], columns: usize) -> String {
    let mut ways = ways.into_iter().peekable();
    while let Some(way) = ways.next() {
        if text::width(&way) <= columns || ways.peek().is_none() {
            return way;
        }
    }
    String::new()
}

/// How far two maps agree, where there are two.
fn overlay(state: &State, columns: usize) -> Option<String> {
    let overlay = state.map.overlay.as_ref()?;
    let shared = |name: &str| overlay.shared.map_or_else(String::new, |share| format!(", {name} {}", percent(share)));
    let ways = match overlay.alignment.map(|alignment| alignment.residual) {
        Some(left) => [
            format!("maps differ {left:.2}{}", shared("same neighbours")),
            format!("maps differ {left:.2}{}", shared("neighbours")),
            format!("maps differ {left:.2}"),
        ],
        None => [
            format!("neither is turned{}", shared("same neighbours")),
            format!("neither is turned{}", shared("neighbours")),
            "neither is turned".into(),
        ],
    };
    Some(first_that_fits(ways, columns))
}

/// Each sign with its group and how many it has, in two columns.
fn legend(state: &State, area: Rect, theme: &Theme) -> Vec<Line<'static>> {
    let columns = usize::from(area.width);
    let title = match state.map.grouping {
        Grouping::Topic => "by topic".into(),
        Grouping::Cluster => {
            first_that_fits(["by cluster: where vectors point", "by cluster"].map(str::to_owned), columns)
        }
    };
    let mut lines = vec![Line::styled(title, theme.accent)];
    let Some(groups) = state.map.groups(state.active) else {
        lines.push(Line::styled("grouping …", theme.dim));
        return lines;
    };
    let column = usize::from(area.width / 2).saturating_sub(1);
    let passing = state.selection().map(|selection| groups.counts(&selection.documents));
    let entry = |at: usize| -> Vec<Span<'static>> {
        let Some(group) = groups.groups.get(at) else { return Vec::new() };
        let style = signs::style(Some(at), state.appearance, theme);
        // A name says more than a number where there is room for one only.
        let counts = usize::from(area.width) >= WIDE_ENOUGH;
        let count = passing.as_ref().map_or(group.count, |passing| passing[at]);
        let count = if counts { format!(" {}", phrase::thousands(count as u64)) } else { String::new() };
        let room = column.saturating_sub(text::width(&count) + 3);
        let name = text::fit(&text::beginning(&group.name, room), room).into_owned();
        let air = " ".repeat(column.saturating_sub(2 + text::width(&name) + text::width(&count)));
        vec![
            Span::styled(format!("{} ", signs::sign(Some(at))), style),
            Span::styled(name, theme.text),
            Span::styled(format!("{count}{air}"), theme.dim),
        ]
    };
    let half = groups.groups.len().div_ceil(2);
    lines.extend((0..half).map(|at| Line::from([entry(at), entry(at + half)].concat())));
    lines
}

/// The selected sentence: where it stands in truth, and where on the map.
fn sentence(state: &State, chart: &Chart, area: Rect, theme: &Theme) -> Vec<Line<'static>> {
    let Some(document) = state.map.pointed.or_else(|| state.selected_document()) else { return Vec::new() };
    let about = &state.corpus[document];
    let group = state.map.groups(state.active).and_then(|groups| groups.of(document));
    let mut heading = vec![
        Span::styled(format!("{} ", signs::sign(group)), signs::style(group, state.appearance, theme)),
        Span::styled(phrase::document(&about.id), theme.accent),
    ];
    if let Some(topic) = &about.topic {
        heading.push(Span::styled(format!(" · {}", text::visible(topic)), theme.dim));
    }
    let mut lines = vec![Line::from(heading)];
    if let Some((rank, _, on_map)) = ranks(state, chart, document) {
        let map = ordinal(on_map);
        lines.push(Line::styled(format!("{} by cosine, {map} on the map", ordinal(rank)), theme.text));
    }
    if let Some(kept) = chart.kept_of(document).filter(|_| chart.neighbourhoods.k > 0) {
        let k = chart.neighbourhoods.k;
        let all = if state.selection().is_some() { " of all" } else { "" };
        lines.push(Line::styled(format!("keeps {kept} of {k} true nearest{all}"), theme.text));
    }
    let left = usize::from(area.height).saturating_sub(lines.len());
    let columns = usize::from(area.width);
    let wrapped = text::wrap(&text::beginning(&about.text, columns * left), columns, left);
    lines.extend(wrapped.into_iter().map(|line| Line::styled(line, theme.dim)));
    lines
}

/// The rank of a document by cosine with the cosine, and its rank on the map by its distance from the query.
fn ranks(state: &State, chart: &Chart, document: DocumentIndex) -> Option<(usize, f32, usize)> {
    let ranking = state.current_ranking(state.active)?;
    let rank = ranking.rank_of(document)?;
    let on_map = chart.rank_on_map(chart.place(ranking)?, document, |other| state.lets_through(other))?;
    Some((rank, ranking.ranked[rank - 1].score, on_map))
}

/// The ranking, or the corpus while nothing is ranked.
fn draw_rows(frame: &mut Frame<'_>, area: Rect, state: &State, chart: &Chart, theme: &Theme) {
    let ranked = state.ranking();
    let title = match ranked {
        Some(_) => "rank  cosine  on the map".to_owned(),
        None if chart.neighbourhoods.k == 0 => "all sentences".to_owned(),
        None => {
            let all = if state.selection().is_some() { " of all" } else { "" };
            format!("how many of {} nearest{all} it keeps", chart.neighbourhoods.k)
        }
    };
    frame.render_widget(Line::styled(title, theme.accent), Rect { y: area.y - 1, height: 1, ..area });
    let rows = state.list.first..state.row_count();
    for (row, area) in rows.zip(area.rows()) {
        let listed = || state.listed_document(row).unwrap_or(DocumentIndex(row));
        let document = ranked.map_or_else(listed, |ranking| ranking.ranked[row].document);
        let group = state.map.groups(state.active).and_then(|groups| groups.of(document));
        let numbers = match (ranks(state, chart, document), ranked) {
            (Some((rank, cosine, on_map)), _) => format!("{rank:>3} {cosine:>6.3} {:>5} ", format!("#{on_map}")),
            (None, Some(ranking)) => format!("{:>3} {:>6.3}       ", row + 1, ranking.ranked[row].score),
            (None, None) => chart.kept_of(document).map_or_else(|| "   ".into(), |kept| format!("{kept:>2} ")),
        };
        let about = &state.corpus[document];
        let is_selected = row == state.list.selected;
        let left = usize::from(area.width).saturating_sub(text::width(&numbers) + 4);
        let name = super::name(about, left);
        let in_top = ranked.is_none() || row < state.list.top_k;
        let line = Line::from(vec![
            Span::styled(if is_selected { "›" } else { " " }, theme.accent),
            Span::styled(
                format!("{} ", signs::sign(group)),
                signs::style(group, state.appearance, theme).add_modifier(Modifier::BOLD),
            ),
            Span::styled(numbers, theme.dim),
            Span::styled(text::fit(&name, left).into_owned(), if in_top { theme.text } else { theme.dim }),
        ]);
        frame.render_widget(line, area);
        if is_selected {
            frame.buffer_mut().set_style(area, theme.selected);
        }
    }
}

/// `1st`, `2nd`, `3rd`, `11th`, `21st`.
fn ordinal(number: usize) -> String {
    let ending = match (number % 100, number % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{}{ending}", phrase::thousands(number as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinals_end_as_they_are_said() {
        let said: Vec<String> = [1, 2, 3, 4, 11, 12, 21, 102, 113].map(ordinal).into();
        assert_eq!(said, ["1st", "2nd", "3rd", "4th", "11th", "12th", "21st", "102nd", "113th"]);
    }

    #[test]
    fn what_has_no_room_is_said_shorter_and_never_cut() {
        let fit = |columns| first_that_fits(["the first 2 of 3 · 4 ms".into(), "the first 2 of 3".into()], columns);
        assert_eq!([23, 22, 3].map(fit), ["the first 2 of 3 · 4 ms", "the first 2 of 3", "the first 2 of 3"]);
    }
}
