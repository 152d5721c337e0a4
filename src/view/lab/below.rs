//! What happened, in words; or what an experiment is about, while nothing is typed.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Paragraph, Wrap};

use crate::corpus::bundled;
use crate::engine::lab::misleading::Case;
use crate::engine::lab::threshold::{Cutoffs, RULE};
use crate::engine::lab::{Experiment, Outcome, Trial};
use crate::phrase;
use crate::state::lab::{Errand, LabAction, Waits};
use crate::state::{Action, BackendId, Mode, Phase, State, keymap};
use crate::text;
use crate::view::Theme;
use crate::view::frame::titled;

pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, framed: bool, state: &State, theme: &Theme) {
    let is_introduced = state.query.is_blank() && state.lab.experiment != Experiment::Threshold;
    let title = if is_introduced { state.lab.experiment.name() } else { "what happened" };
    let inner = titled(frame, area, &format!(" {title} "), framed, theme);
    let mut lines =
        if is_introduced { introduction(state, theme) } else { happened(state, usize::from(inner.width), theme) };
    if !framed && is_introduced {
        // Where there is room for little, what to press comes first.
        lines.rotate_right(1);
    }
    frame.render_widget(Paragraph::new(Text::from(lines)).wrap(Wrap { trim: true }), inner);
}

fn line(words: impl Into<String>, style: Style) -> Line<'static> {
    Line::styled(words.into(), style)
}

/// What the switch is about, and a query to begin with.
fn introduction(state: &State, theme: &Theme) -> Vec<Line<'static>> {
    let experiment = state.lab.experiment;
    let mut lines = vec![line(experiment.about(), theme.accent)];
    lines.extend(claim(experiment).into_iter().map(|claim| line(claim, theme.text)));
    if let Some(query) = state.prepared_query() {
        lines.push(Line::default());
        // In a lesson, Enter takes nothing.
        let Some(key) = state.key(&Action::UseSelected) else {
            lines.push(line("Type a query", theme.dim));
            return lines;
        };
        let shown = text::fit(&text::beginning(&query, 60), 60).into_owned();
        lines.push(Line::from(vec![
            Span::styled(format!("Type a query, or {key} takes “"), theme.dim),
            Span::styled(shown, theme.text),
            Span::styled("”", theme.dim),
        ]));
    }
    lines
}

/// What is said of it, and what to look for.
fn claim(experiment: Experiment) -> [&'static str; 2] {
    match experiment {
        Experiment::Normalisation => [
            "The claim: dot product equals cosine only for vectors of unit length.",
            "Look for sentences whose vectors are long: they rise whatever they say.",
        ],
        Experiment::Precision => [
            "It is often said that fp16 shifts similarities by 1–2 %: see for yourself.",
            "Look at the largest shift, from f16 down to one bit a dimension.",
        ],
        Experiment::Dimensions => [
            "The claim: some models may be cut short, if vectors are normalised again.",
            "Look at how many dimensions it takes until the first sentences change.",
        ],
        Experiment::Mixing => [
            "The claim: vectors of two models cannot be compared, even where they have the same size.",
            "Look at the overlap beside what chance gives, and at τ near 0.",
        ],
        Experiment::Short => [
            "The claim: one or two words embed poorly; use whole sentences.",
            "Look at which sentence stands first after each word, and when that settles.",
        ],
        Experiment::Long => [
            "The claim: what lies beyond a model's limit of tokens is not seen.",
            "Look at the score as the sentence that ranks first moves through a long text.",
        ],
        Experiment::Threshold => [
            "The claim to beware of: a cosine of 0.8 means relevant.",
            "Look at precision and recall as the cut-off moves, and at another model.",
        ],
        Experiment::Misleading => [
            "Cosine hears what a sentence is about, less so “not”, numbers, order and other languages.",
            "Look at both columns: BM25 is right where words tell, and misled where they do not.",
        ],
    }
}

/// The damage, the sentence, and what is waited for.
fn happened(state: &State, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = match state.lab.outcome() {
        Some(Outcome::Trial(trial)) => of_trial(state, trial, width, theme),
        Some(Outcome::Settling(settling, trial)) => {
            let first = settling.steps.last().and_then(|step| step.first);
            let first = first.map_or("nothing", |first| state.corpus[first].id.as_str());
            let mut lines = Vec::new();
            if let Some(trial) = trial {
                lines.extend(damage_lines(trial, width, theme));
                lines.push(line(phrase::lab::sentence(trial), theme.text));
            }
            lines.push(line(phrase::lab::settling(settling, first), theme.text));
            lines
        }
        Some(Outcome::Sweep(sweep)) => {
            let limit = state.lab.haystack.as_ref().map_or(0, |haystack| haystack.limit);
            let mut lines = vec![line(phrase::lab::sweep(sweep, limit), theme.text)];
            // Of an older needle there is only the curve.
            let needle = state.lab.haystack.as_ref().map(|haystack| &state.corpus[haystack.needle].id);
            if needle == Some(&sweep.id) {
                lines.extend(around(state, width, theme));
            }
            lines
        }
        Some(Outcome::Cutoffs(models)) => of_cutoffs(state, models, theme),
        Some(Outcome::Refused(refusal)) => vec![line(refusal.to_string(), theme.warning)],
        None => Vec::new(),
    };
    if let Some(waiting) = &state.lab.waits {
        let style = match waiting {
            Waits::Failed(_) => theme.error,
            Waits::Press(_) | Waits::Never(_) => theme.warning,
            Waits::Query | Waits::Backend(_) | Waits::Texts(..) => theme.dim,
        };
        let at = if lines.is_empty() || matches!(waiting, Waits::Texts(..)) { lines.len() } else { 0 };
        let words = waits(state, waiting);
        if !words.is_empty() {
            lines.insert(at, line(words, style));
        }
    }
    lines
}

fn of_trial(state: &State, trial: &Trial, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    /// Below this width the sentence comes first: there is room for little else.
    const NARROW: usize = 50;
    let mut lines = damage_lines(trial, width, theme);
    let case = bundled::cases().iter().find(|case| case.query == trial.query && state.corpus.bundled);
    let judged = case.filter(|_| state.lab.experiment == Experiment::Misleading);
    let judged = judged.and_then(|case| Some((case, trial.judge(&state.corpus, case)?)));
    match judged {
        Some((case, judged)) => {
            lines.insert(0, line(phrase::lab::judged(trial, &judged, [&case.right, &case.wrong]), theme.accent));
            // The reason is that of the bundled model.
            let is_as_said = judged.answers == [case.cosine, case.bm25];
            let why = if is_as_said { case.why.clone() } else { otherwise(case) };
            lines.insert(1, line(why, theme.text));
        }
        None if width < NARROW => lines.insert(0, line(phrase::lab::sentence(trial), theme.text)),
        None => lines.push(line(phrase::lab::sentence(trial), theme.text)),
    }
    lines
}

/// What is said of a pair where this model answers otherwise than the bundled one.
fn otherwise(case: &Case) -> String {
    let [cosine, bm25] = [case.cosine, case.bm25].map(phrase::lab::answer);
    format!("With the bundled model, cosine {cosine} and BM25 {bm25}. {}", case.why)
}

/// Below this width, figures are said in fewer words.
const BRIEF: usize = 96;

/// The figures of the damage, as many on a line as there is room for.
fn damage_lines(trial: &Trial, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines: Vec<String> = Vec::new();
    for part in phrase::lab::damage(&trial.damage, width < BRIEF) {
        match lines.last_mut() {
            Some(last) if text::width(last) + 3 + text::width(&part) <= width => {
                last.push_str(" · ");
                last.push_str(&part);
            }
            _ => lines.push(part),
        }
    }
    lines.into_iter().map(|words| line(words, theme.accent)).collect()
}

fn of_cutoffs(state: &State, models: &[Cutoffs], theme: &Theme) -> Vec<Line<'static>> {
    let beside = state.lab.beside.filter(|beside| *beside != state.active);
    let ids: Vec<BackendId> = std::iter::once(state.active).chain(beside).collect();
    let named: Vec<(&str, &Cutoffs)> = ids.iter().map(|id| state.panels[id.0].label.as_str()).zip(models).collect();
    let mut lines = Vec::new();
    let cutoff = f32::from(state.lab.cutoff) / 100.0;
    for (name, cutoffs) in &named {
        let name = if named.len() > 1 { format!("{}: ", text::visible(name)) } else { String::new() };
        lines.push(line(format!("{name}{}", phrase::lab::at(&cutoffs.curve.at(cutoff))), theme.accent));
    }
    lines.push(line(phrase::lab::cutoffs(&named), theme.text));
    if let Some((_, own)) = named.first() {
        let about = format!(
            "{} labelled queries × the corpus = {} pairs, {} of them relevant (whatever has a grade is); {RULE} is the rule of thumb.",
            own.queries,
            phrase::thousands(own.pairs as u64),
            own.curve.relevant()
        );
        lines.push(line(about, theme.dim));
    }
    lines
}

/// The text around the needle, the needle marked.
fn around(state: &State, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    let Some(haystack) = &state.lab.haystack else { return Vec::new() };
    let (text, needle) = haystack.text(&state.corpus, Some(state.lab.place));
    let side = width.max(20);
    let before = &text[text.floor_char_boundary(needle.start.saturating_sub(side))..needle.start];
    let after = &text[needle.end..text.ceil_char_boundary((needle.end + side).min(text.len()))];
    let shown = text::beginning(&text[needle.clone()], width * 2).into_owned();
    let ellipsis = |is_cut: bool| if is_cut { "…" } else { "" };
    let (cut_before, cut_after) = (before.len() < needle.start, needle.end + after.len() < text.len());
    vec![Line::from(vec![
        Span::styled(format!("{}{}", ellipsis(cut_before), text::visible(before)), theme.dim),
        Span::styled(format!("▶{shown}◀"), theme.accent),
        Span::styled(format!("{}{}", text::visible(after), ellipsis(cut_after)), theme.dim),
    ])]
}

/// What is waited for, in words.
pub(super) fn waits(state: &State, waits: &Waits) -> String {
    let key = keymap::hint(Mode::Typing, &Action::Lab(LabAction::Run));
    let label = |backend: &BackendId| text::visible(&state.panels[backend.0].label).into_owned();
    match waits {
        Waits::Query => "type a query".into(),
        Waits::Backend(backend) if *backend == state.active => String::new(),
        Waits::Backend(backend) => {
            format!("{}: {}", label(backend), super::nothing_to_show(state, &state.panels[backend.0]))
        }
        Waits::Texts(done, all) => format!("embedding: {done} of {all} texts so far …"),
        Waits::Never(reason) => text::visible(reason).into_owned(),
        Waits::Failed(message) => {
            format!("✗ {} ({} tries again)", text::visible(message), keymap::hint(Mode::Typing, &Action::Retry))
        }
        Waits::Press(Errand::Open(backend)) => {
            format!("{} is not open. {key} {}.", label(backend), opens(state, *backend))
        }
        Waits::Press(Errand::Mix(backend)) => format!(
            "Both give vectors of one size, so no program would complain: {key} ranks with the query from {} and the corpus \
             from {}{}.",
            text::visible(&state.panel().label),
            label(backend),
            match state.panels[backend.0].phase {
                Phase::Closed => format!(", and first {}", opens(state, *backend)),
                _ => String::new(),
            }
        ),
        Waits::Press(Errand::Embed { backend, texts, assumed_limit, .. }) => {
            embeds(state, *backend, texts, *assumed_limit, &key)
        }
    }
}

fn embeds(state: &State, backend: BackendId, texts: &[String], limit: Option<usize>, key: &str) -> String {
    let panel = &state.panels[backend.0];
    let label = text::visible(&panel.label);
    let bytes: usize = texts.iter().map(String::len).sum();
    let size =
        format!("{}, {} KB", phrase::counted(texts.len(), "text"), phrase::thousands(bytes.div_ceil(1000) as u64));
    let known = panel.card.as_ref().and_then(|card| card.max_tokens);
    let why = match (limit, known) {
        (Some(assumed), None) => format!("The limit of {label} is not known; this takes {assumed} tokens for it. "),
        (Some(limit), Some(_)) => {
            format!("{label} reads {} tokens: that takes long texts. ", phrase::thousands(limit as u64))
        }
        (None, _) => String::new(),
    };
    let does = if panel.typing_pause.is_zero() { format!("embeds {size}") } else { format!("sends {size} to {label}") };
    format!("{why}{key} {does}.")
}

/// What making a backend ready takes.
fn opens(state: &State, backend: BackendId) -> String {
    use crate::backend::spec::Readiness;
    let readiness = state.panels[backend.0].description.as_ref().map(|description| &description.readiness);
    match readiness {
        Some(Readiness::Downloads(repository)) => {
            format!("fetches it from the Hugging Face hub ({}) and embeds the corpus", text::visible(repository))
        }
        Some(Readiness::NotConfigured(message)) => format!("tries it, but {}", text::visible(message)),
        Some(Readiness::Ready) | None => "opens it and embeds the corpus".into(),
    }
}
