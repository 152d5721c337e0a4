//! ```text
//! ▲ 2 words embed poorly: type a whole sentence
//!  all-MiniLM-L6-v2 · RTen 0.27.0 │ embed 2.6 · exact 0.01 · draw 0.40 ms │ run: $0.00       F1 keys
//! ```

use std::time::Duration;

use ratatui::Frame;
use ratatui::text::{Line, Span};

use super::frame::fit_line;
use super::{Layout, Theme, bar, filter};
use crate::engine::index::GraphState;
use crate::engine::{Method, Progress, Timings};
use crate::phrase;
use crate::state::action::{LessonAction, MapAction};
use crate::state::learn::Presenting;
use crate::state::pitfall::Pitfall;
use crate::state::{Action, Mode, Panel, Phase, Screen, Search, State, keymap};
use crate::text;

pub(super) fn draw(frame: &mut Frame<'_>, layout: &Layout, state: &State, theme: &Theme) {
    if state.is_for_a_room() && state.notice.is_none() && progress(state.panel(), layout.framed, theme).is_none() {
        // What a lesson waits for stands in its frame.
        let keys = if state.is_revealed_by_hand() { room_keys(state) } else { String::new() };
        let held = filter::counts(state).map_or_else(String::new, |held| format!(" {held} ·"));
        let line = Line::styled(format!("{held}{keys}"), theme.dim);
        frame.render_widget(fit_line(line, usize::from(layout.status.width)), layout.status);
        return;
    }
    let warning = warning(state, layout, theme);
    if let Some(area) = layout.warning {
        frame.render_widget(fit_line(warning.clone().unwrap_or_default(), usize::from(area.width)), area);
    }
    let area = layout.status;
    let key = |action| keymap::hint(Mode::Typing, &action);
    let mut keys = format!("{} keys ", key(Action::ToggleHelp));
    if !layout.framed && state.has_two_parts() {
        // Where only one of both is seen, how to see the other.
        let other = match (layout.rows.is_empty(), state.query.is_blank()) {
            _ if state.screen == Screen::Map => {
                if state.explanation_alone {
                    "map"
                } else {
                    "facts"
                }
            }
            (true, _) => "rows",
            (false, true) => "try",
            (false, false) => "why",
        };
        if let Some(key) = state.key(&Action::ToggleExplanation) {
            keys = format!("{key} {other} · {keys}");
        }
    }
    let room = usize::from(area.width).saturating_sub(text::width(&keys) + 1);
    let left = match warning {
        Some(warning) if layout.warning.is_none() => {
            let held = filter::counts(state).map(|held| Span::styled(format!(" {held} ·"), theme.dim));
            fit_line(held.into_iter().chain(warning).collect(), room)
        }
        Some(_) | None => Line::from(Span::styled(fit_parts(&status(state), room), theme.dim)),
    };
    frame.render_widget(left, area);
    frame.render_widget(Line::from(Span::styled(keys, theme.accent)).right_aligned(), area);
}

/// The one thing that a person should know first, if there is any.
fn warning(state: &State, layout: &Layout, theme: &Theme) -> Option<Line<'static>> {
    let panel = state.panel();
    let line = |text: String, style| Some(Line::from(Span::styled(text, style)));
    if let Some(notice) = &state.notice {
        return line(format!(" {}", text::visible(notice)), theme.warning);
    }
    if state.compare.is_masked() {
        // What a backend says of itself would give it away.
        let failed = state.visible().iter().any(|id| matches!(state.panels[id.0].search, Search::Failed(_)));
        let key = keymap::hint(Mode::Typing, &Action::Retry);
        return if failed { line(format!(" ✗ a column failed ({key} tries again)"), theme.error) } else { None };
    }
    if let Some(retry) = &panel.retry {
        return line(format!(" … {}", phrase::retrying(retry)), theme.warning);
    }
    if let Search::Failed(message) = &panel.search {
        let key = keymap::hint(Mode::Typing, &Action::Retry);
        return line(format!(" ✗ {} ({key} tries again)", text::visible(message)), theme.error);
    }
    if let Some((backend, message)) = state.map_failure() {
        let key = keymap::hint(Mode::Typing, &Action::Retry);
        let whose = &state.panels[backend.0].label;
        let whose = if backend == state.active { String::new() } else { format!(" by {}", text::visible(whose)) };
        let (what, why) = (state.map.method.short_name(), text::visible(message));
        return line(format!(" ✗ no {what}{whose}: {why} ({key} tries again)"), theme.error);
    }
    if let Phase::Stopped { progress, reason } = &panel.phase {
        let key = keymap::hint(Mode::Typing, &Action::Retry);
        let (done, total) = (phrase::thousands(progress.done as u64), phrase::thousands(progress.total as u64));
        return match reason {
            Some(reason) => {
                line(format!(" ✗ {done} of {total} embedded ({key} goes on): {}", text::visible(reason)), theme.error)
            }
            None => line(format!(" stopped: {done} of {total} embedded ({key} goes on)"), theme.warning),
        };
    }
    if let Some(progress) = progress(panel, layout.framed, theme) {
        return Some(progress);
    }
    // The list of lessons shows no ranking that they could be about.
    if state.screen == Screen::Learn {
        return line(hint(state), theme.dim);
    }
    let pitfalls: Vec<String> = state.pitfalls().into_iter().map(describe).collect();
    if !pitfalls.is_empty() {
        return line(format!(" ▲ {}", pitfalls.join(" ▲ ")), theme.warning);
    }
    // In a lesson they wait until there is something to try.
    if state.screen == Screen::Pipeline && layout.warning.is_some() && state.mode != Mode::Lesson {
        return line(pipeline_keys(), theme.dim);
    }
    if state.screen == Screen::Map && layout.warning.is_some() {
        return line(map_keys(), theme.dim);
    }
    // Where there is room, what to try stands in a panel of its own.
    let is_told = layout.why.is_some() || layout.lab.is_some();
    if state.query.is_blank() && !is_told { line(hint(state), theme.dim) } else { None }
}

/// What is going on, in fewer words where there is little room.
fn progress(panel: &Panel, roomy: bool, theme: &Theme) -> Option<Line<'static>> {
    const WIDTH: usize = 20;
    match &panel.phase {
        Phase::Opening if panel.typing_pause.is_zero() => Some(Line::styled(" loading the model …", theme.dim)),
        Phase::Opening => Some(Line::styled(format!(" preparing {} …", text::visible(&panel.label)), theme.dim)),
        Phase::Downloading(download) => {
            let key = keymap::hint(Mode::Typing, &Action::Stop);
            #[expect(clippy::cast_precision_loss, reason = "a share of bytes, drawn as a bar")]
            let share = download.done as f32 / download.total.max(1) as f32;
            Some(Line::from(vec![
                Span::styled(format!(" fetching {} ", text::visible(&phrase::download(download))), theme.dim),
                Span::styled(format!("{:<WIDTH$}", bar::solid(share, WIDTH)), theme.bar),
                Span::styled(format!(" {key} stops"), theme.dim),
            ]))
        }
        Phase::Embedding(progress) => Some(embedding(panel, *progress, roomy, theme)),
        Phase::Ready => match panel.search {
            Search::Paused => Some(Line::styled(" waiting for you to pause …", theme.dim)),
            // An answer from this process comes before anyone could read this.
            Search::Running if !panel.typing_pause.is_zero() => {
                Some(Line::styled(format!(" asking {} …", text::visible(&panel.label)), theme.dim))
            }
            Search::Idle | Search::Running | Search::Failed(_) => None,
        },
        Phase::Closed
        | Phase::AwaitingConsent(_)
        | Phase::Stopped { .. }
        | Phase::NotConfigured(_)
        | Phase::Failed(_) => None,
    }
}

/// How much of the corpus is embedded, how fast, and how long it will still take.
fn embedding(panel: &Panel, progress: Progress, roomy: bool, theme: &Theme) -> Line<'static> {
    let width = if roomy { 20 } else { 6 };
    #[expect(clippy::cast_precision_loss, reason = "a share of documents, drawn as a bar")]
    let share = progress.done as f32 / progress.total.max(1) as f32;
    let count = |number: usize| phrase::thousands(number as u64);
    let (done, total) = (count(progress.done), count(progress.total));
    let kept =
        if progress.restored > 0 { format!(" ({} kept from before)", count(progress.restored)) } else { String::new() };
    let key = keymap::hint(Mode::Typing, &Action::Stop);
    let pace = panel.pace.per_second().map(|pace| phrase::pace(pace, "text"));
    let left = panel.pace.time_for(progress.total - progress.done).map(phrase::left);
    let (before, told) = if roomy {
        (format!(" embedding {done} of {total}{kept} "), [pace, left, Some(format!("{key} stops"))])
    } else {
        // What is left says more than how fast it goes.
        (format!(" {done} of {total} "), [left, pace, None])
    };
    let told: Vec<String> = told.into_iter().flatten().collect();
    Line::from(vec![
        Span::styled(before, theme.dim),
        Span::styled(format!("{:<width$}", bar::solid(share, width)), theme.bar),
        Span::styled(format!(" {}", told.join(" · ")), theme.dim),
    ])
}

fn describe(pitfall: Pitfall) -> String {
    match pitfall {
        Pitfall::ShortQuery(0) => "not a word in it: a model has little to go by".into(),
        Pitfall::ShortQuery(1) => "one word embeds poorly: type a whole sentence".into(),
        Pitfall::ShortQuery(words) => format!("{words} words embed poorly: type a whole sentence"),
        Pitfall::Expression => "arithmetic on vectors: only dense understands it; the others see words".into(),
        Pitfall::QueryTruncated(tokens) => format!(
            "the query has {} tokens; the model sees the first {}",
            phrase::thousands(tokens.total as u64),
            phrase::thousands(tokens.used as u64)
        ),
        Pitfall::DocumentsTruncated { documents, best, limit } => format!(
            "{}{} longer than {} tokens: the rest is not seen",
            best.map_or_else(String::new, |best| format!("of the best {}, ", phrase::thousands(best as u64))),
            if documents == 1 {
                "1 text is".into()
            } else {
                format!("{} texts are", phrase::thousands(documents as u64))
            },
            phrase::thousands(limit as u64)
        ),
        Pitfall::Incomplete { ranked, documents } => format!(
            "{} of {} texts ranked so far",
            phrase::thousands(ranked as u64),
            phrase::thousands(documents as u64)
        ),
    }
}

/// What the person before a room presses next.
fn room_keys(state: &State) -> String {
    let key = |mode, action| keymap::hint(mode, &Action::Lesson(action));
    let back = format!("{} ends this view", key(Mode::Typing, LessonAction::Present));
    let next = keymap::sections(state.resting_mode(), state.place())
        .into_iter()
        .flat_map(|section| section.bindings)
        .find(|binding| binding.action == Action::Lesson(LessonAction::GoOn));
    match (next, state.learn.presenting) {
        _ if !state.query.is_blank() && !state.has_whole_ranking() => format!(" {back}"),
        (_, Presenting::Off | Presenting::Scores) => format!(" type another query, or Esc · PgUp holds back · {back}"),
        (Some(next), _) if !state.query.is_blank() => format!(" {}: {} · {back}", next.chords[0], next.help),
        (Some(_) | None, _) => format!(" {back}"),
    }
}

/// How stages are set in place.
fn pipeline_keys() -> String {
    let key = |action| keymap::hint(Mode::Typing, &action);
    format!(
        " {} column · {} on/off · {} ‹parameter› · {} {} change it · {} measure",
        key(Action::NextStage),
        key(Action::ToggleStage),
        key(Action::NextParam),
        key(Action::RaiseParam),
        key(Action::LowerParam),
        key(Action::ToggleEvaluation)
    )
}

/// What there is to see besides.
fn map_keys() -> String {
    let key = |action| keymap::hint(Mode::Typing, &Action::Map(action));
    format!(
        " {} PCA/t-SNE · {} axes by meaning · {} lines · {} clusters · {} two maps",
        key(MapAction::NextMethod),
        key(MapAction::OpenAxes),
        key(MapAction::NextLines),
        key(MapAction::SwapGrouping),
        key(MapAction::ToggleSides)
    )
}

fn hint(state: &State) -> String {
    let key = |action| keymap::hint(Mode::Typing, &action);
    if state.screen == Screen::Learn {
        let key = |action| key(Action::Lesson(action));
        let (open, present) = (key(LessonAction::Open), key(LessonAction::Present));
        return format!(" ↑ ↓ select · {open} opens a lesson · {present} larger, for a room");
    }
    if state.learn.open.is_some() {
        return String::new();
    }
    if state.corpus.bundled {
        return " try: how do I ask a database a question".into();
    }
    format!(" type to rank; {} takes a sentence as the query", key(Action::UseSelected))
}

/// A part of the status line.
struct Part {
    /// The ways to say it, from the longest to the shortest.
    ways: Vec<String>,
    /// The columns that are kept for it, whatever comes before it; 0 where it may be left out.
    kept: usize,
}

impl From<String> for Part {
    fn from(said: String) -> Self {
        Self { ways: vec![said], kept: 0 }
    }
}

/// What is on the screen and what it took, the most important first.
fn status(state: &State) -> Vec<Part> {
    let panel = state.panel();
    let mut parts: Vec<Part> = Vec::new();
    if state.compare.is_masked() {
        let key = keymap::hint(Mode::Typing, &Action::ToggleBlind);
        return vec![format!("blind: names and scores are hidden until you vote ({key} shows them)").into()];
    }
    if let (Some(told), Some(counts)) = (filter::told(state), filter::counts(state)) {
        // With a sign that something is cut.
        parts.push(Part { ways: vec![told], kept: text::width(&counts) + 2 });
    }
    // What was measured was asked for by hand, and how much a way may miss is worth more than who it is that ranks.
    parts.extend(measured(state));
    parts.push(match &panel.card {
        Some(card) => text::visible(&format!("{} · {}", card.model, card.engine)).into_owned().into(),
        None => text::visible(&panel.label).into_owned().into(),
    });
    // What it may miss says more than what it took.
    parts.extend(searching(state).map(Part::from));
    let usage = Part::from(phrase::usage(state.usage()));
    let timings = state.ranking().map(|ranking| {
        let Timings { embed, rank } = ranking.timings;
        let embed = if embed.is_zero() { "known".into() } else { phrase::milliseconds(embed) };
        let (rank, draw) = (phrase::milliseconds(rank), phrase::milliseconds(state.draw_time));
        Part::from(format!("embed {embed} · {} {rank} · draw {draw} ms", ranking.method))
    });
    // What costs money comes before what costs time.
    if state.usage().tokens > 0 {
        parts.push(usage);
        parts.extend(timings);
    } else {
        parts.extend(timings);
        parts.push(usage);
    }
    parts
}

/// What was found of the way of searching in use when it was measured.
fn measured(state: &State) -> Option<Part> {
    let asked = state.search_options().method;
    if asked == Method::Exact {
        return None;
    }
    let measured = state.panel().recall.as_ref()?;
    let ways = match measured {
        Ok(recall) if recall.method == asked => {
            // It is measured on the whole corpus.
            let all = if state.selection().is_some() { " (no filter)" } else { "" };
            phrase::recall(recall).map(|way| format!("{way}{all}")).into()
        }
        Ok(recall) if recall.method == Method::Exact => {
            let again = state.key(&Action::MeasureRecall).map_or_else(String::new, |key| format!(" ({key} again)"));
            let short = format!("{asked} was not {}", if asked == Method::TwoPass { "needed" } else { "ready" });
            vec![format!("recall not measured: {short}{again}"), format!("{short}{again}"), short]
        }
        // It is of a way that was in use before.
        Ok(_) => return None,
        Err(reason) => {
            vec![format!("recall not measured: {}", text::visible(reason)), "recall not measured".into()]
        }
    };
    let kept = ways.last().map_or(0, |shortest| text::width(shortest));
    Some(Part { ways, kept })
}

/// What is to be known of the way of searching in use: why it is not the one that was asked for, that it may miss something,
/// or that the exact one takes long.
fn searching(state: &State) -> Option<String> {
    /// From so long on, a person feels it on every key.
    const LONG: Duration = Duration::from_millis(50);
    let (panel, ranking) = (state.panel(), state.ranking()?);
    let key = |action| state.key(&action).map_or_else(String::new, |key| format!(" ({key})"));
    let asked = panel.ranked_with.method;
    if ranking.method != Method::Exact {
        let is_measured = measured(state).is_some();
        return (!is_measured)
            .then(|| format!("{} · recall not measured{}", ranking.method, key(Action::MeasureRecall)));
    }
    match (asked, &panel.graph) {
        (Method::Exact, _) if ranking.timings.rank > LONG => {
            Some(format!("every sentence is scored{}", key(Action::NextMethod).replace(')', " is faster)")))
        }
        (Method::Exact, _) => None,
        (Method::Hnsw, GraphState::Growing { done, total }) => Some(format!(
            "exact until the graph is there: {} of {}",
            phrase::thousands(*done as u64),
            phrase::thousands(*total as u64)
        )),
        (Method::Hnsw, GraphState::Failed(reason)) => {
            Some(format!("exact, as there is no graph: {}", text::visible(reason)))
        }
        _ if !ranking.is_complete() => Some(format!("exact: {asked} begins when all are embedded")),
        (Method::Hnsw, _) if panel.ranked_with.selection.is_none() => Some("exact: the graph is not ready".into()),
        (Method::Store, _) if panel.ranked_with.selection.is_some() => Some("exact: the store knows no filter".into()),
        (Method::Store, _) => Some("exact: the store did not search".into()),
        (Method::Hnsw | Method::TwoPass, _) => {
            Some(format!("exact: {asked} not needed for {}", phrase::counted(ranking.among, "sentence")))
        }
    }
}

/// Those of the parts that there is room for, each as long as may be; the first is cut rather than left out, and so is what
/// room is kept for.
fn fit_parts(parts: &[Part], room: usize) -> String {
    const BETWEEN: &str = " │ ";
    let mut line = String::from(" ");
    for (position, Part { ways, kept }) in parts.iter().enumerate() {
        let separator = if position == 0 { "" } else { BETWEEN };
        let later = parts[position + 1..].iter().filter(|later| later.kept > 0);
        let later: usize = later.map(|later| later.kept + text::width(BETWEEN)).sum();
        let left = room.saturating_sub(text::width(&line) + text::width(separator) + later);
        let said = ways.iter().find(|way| text::width(way) <= left).cloned();
        let cut = || ways.last().map(|shortest| text::fit(shortest, left.max(*kept)).into_owned());
        if let Some(said) = said.or_else(|| if position == 0 || *kept > 0 { cut() } else { None }) {
            line.push_str(separator);
            line.push_str(&said);
        }
    }
    text::fit(&line, room).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_line_leaves_out_what_does_not_fit() {
        let parts = ["model · engine", "embed 2 ms", "$0.00"].map(|said| Part::from(said.to_owned()));
        assert_eq!(fit_parts(&parts, 80), " model · engine │ embed 2 ms │ $0.00");
        assert_eq!(fit_parts(&parts, 30), " model · engine │ embed 2 ms");
        assert_eq!(fit_parts(&parts, 26), " model · engine │ $0.00");
        assert_eq!(fit_parts(&parts, 10), " model · …");
    }

    #[test]
    fn what_room_is_kept_for_is_said_shorter_and_makes_others_shorter() {
        let part = |ways: &[&str], kept| Part { ways: ways.iter().map(|&way| way.to_owned()).collect(), kept };
        let parts = [
            part(&["2 of 9: lang:en and more"], 7),
            part(&["recall 0.998 of 9 queries", "recall 0.998"], 12),
            part(&["model"], 0),
        ];
        assert_eq!(fit_parts(&parts, 80), " 2 of 9: lang:en and more │ recall 0.998 of 9 queries │ model");
        assert_eq!(fit_parts(&parts, 48), " 2 of 9: lang:en and more │ recall 0.998 │ model");
        assert_eq!(fit_parts(&parts, 30), " 2 of 9: lang:… │ recall 0.998");
        assert_eq!(fit_parts(&parts, 20), " 2 of 9… │ recall 0…");
    }
}
