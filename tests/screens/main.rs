//! What the screen shows, as text, at the sizes that it is made for.

use std::sync::Arc;
use std::time::Duration;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::{Position, Rect};
use vecscope::backend::{Location, ModelCard, Prompts, Retry, TextInfo, TokenCount, Usage};
use vecscope::corpus::{Corpus, Document, DocumentIndex, bundled};
use vecscope::engine::{Estimate, Progress, Ranked, Ranking, Spent, Timings};
use vecscope::state::effect::Purpose;
use vecscope::state::{Action, Appearance, BackendId, Edit, Effect, Panel, Reply, Screen, State, StoreCard};
use vecscope::view::{self, Layout};

mod anything;
mod compare;
mod corpus;
mod explaining;
mod filtering;
mod lab;
mod learn;
mod map;
mod pipeline;
mod search;

const LOCAL: BackendId = BackendId(0);
const OPENAI: BackendId = BackendId(1);
const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 10)];

fn local_card() -> ModelCard {
    ModelCard {
        model: "all-MiniLM-L6-v2".into(),
        engine: "RTen 0.0".into(),
        location: Location::InProcess,
        dimensions: Some(384),
        max_tokens: Some(256),
        usd_per_million_tokens: Some(0.0),
        prompts: Prompts::default(),
    }
}

fn openai_card() -> ModelCard {
    ModelCard {
        model: "text-embedding-3-small".into(),
        engine: "api.openai.com".into(),
        location: Location::Remote("api.openai.com".into()),
        dimensions: Some(1536),
        max_tokens: Some(8192),
        usd_per_million_tokens: Some(0.02),
        prompts: Prompts::default(),
    }
}

fn start(corpus: Corpus) -> State {
    let panels =
        vec![Panel::new("local MiniLM-L6-v2", Duration::ZERO), Panel::new("OpenAI", Duration::from_millis(300))];
    let mut state = State::new(Arc::new(corpus), panels, 2, LOCAL, 10, Appearance::Dark);
    state.start();
    state
}

fn open(state: &mut State, backend: BackendId, card: ModelCard) {
    state.receive(Reply::Opened { backend, card: card.clone(), leaves_machine: None });
    let total = state.corpus.documents.len();
    let spent = Spent { corpus: Usage { tokens: 0, usd: Some(0.0) }, ..Spent::default() };
    state.receive(Reply::Embedded {
        backend,
        progress: Progress { done: total, total, ..Progress::default() },
        card,
        spent,
    });
}

fn ready() -> State {
    let mut state = start(bundled::corpus());
    open(&mut state, LOCAL, local_card());
    state
}

/// A ranking by rule: the document numbered `best` first, the others further down the further away they are.
fn ranking(state: &State, query: &str, best: usize) -> Ranking {
    let documents = state.corpus.documents.len();
    let tokens = |total| TokenCount { total, used: total, estimated: false };
    let scored = (0..documents).map(|number| {
        let distance = u16::try_from(number.abs_diff(best)).expect("a small corpus");
        let info = TextInfo { tokens: tokens(9 + number % 7), norm: 5.5 };
        Ranked { document: DocumentIndex(number), score: 0.7 - 0.08 * f32::from(distance).sqrt(), info }
    });
    let query_info = TextInfo { tokens: tokens(2 + query.split(' ').count()), norm: 6.0 };
    let timings = Timings { embed: Duration::from_micros(2_600), rank: Duration::from_micros(12) };
    Ranking::new(query.into(), query_info, scored.collect(), documents, timings)
}

/// Types a text and answers the last search that comes of it.
fn rank(state: &mut State, text: &str, best: usize, card: &ModelCard) {
    let mut effects = Vec::new();
    for character in text.chars() {
        effects.extend(state.act(Action::Edit(Edit::Insert(character))));
    }
    answer(state, effects, best, card);
}

/// Answers the last search among effects, letting pauses pass, and looks at the answer for a while.
fn answer(state: &mut State, effects: Vec<Effect>, best: usize, card: &ModelCard) {
    for effect in effects {
        match effect {
            Effect::StartTimer { timer, .. } => {
                let effects = state.receive(Reply::TimerElapsed(timer));
                answer(state, effects, best, card);
            }
            Effect::Search { backend, ticket, query, options } => {
                let ranking = Arc::new(match state.screen {
                    // Its figures come of vectors.
                    Screen::Lab => lab::ranked(state, &query),
                    _ => filtering::ranked(ranking(state, &query, best), &options),
                });
                let spent = state.panels[backend.0].spent;
                let effects = state.receive(Reply::Ranked { backend, ticket, ranking, card: card.clone(), spent });
                answer(state, effects, best, card);
            }
            Effect::Select { ticket, filter, corpus } => {
                let effects = state.receive(filtering::selected(ticket, &filter, &corpus));
                answer(state, effects, best, card);
            }
            Effect::RunPipeline { .. }
            | Effect::OpenReranker(_)
            | Effect::Rerank { .. }
            | Effect::MatchWords { .. }
            | Effect::RankLabelled { .. }
            | Effect::Measure { .. } => {
                let effects = pipeline::work(state, effect);
                answer(state, effects, best, card);
            }
            Effect::Project { .. }
            | Effect::FindClusters { .. }
            | Effect::Overlay { .. }
            | Effect::EmbedTexts { purpose: Purpose::Axes, .. } => {
                let effects = map::work(state, effect);
                answer(state, effects, best, card);
            }
            Effect::ShareVectors(_) if state.screen == Screen::Map => {
                let effects = map::work(state, effect);
                answer(state, effects, best, card);
            }
            Effect::ShareVectors(_) | Effect::EmbedTexts { .. } | Effect::RunExperiment { .. } => {
                let effects = lab::work(state, effect);
                answer(state, effects, best, card);
            }
            _ => {}
        }
    }
}

fn ranked() -> State {
    let mut state = ready();
    rank(&mut state, "how do I ask", 2, &local_card());
    rank(&mut state, " a database a question", 0, &local_card());
    state
}

fn terminal(state: &State, (width, height): (u16, u16)) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
    let layout = Layout::build(Rect::new(0, 0, width, height), state);
    terminal.draw(|frame| view::draw(frame, layout.as_ref(), state)).expect("a test terminal draws");
    terminal
}

/// Draws as the program does: the list is told its height first.
fn screen(state: &mut State, size: (u16, u16)) -> String {
    let layout = Layout::build(Rect::new(0, 0, size.0, size.1), state);
    if let Some(rows) = layout.as_ref().and_then(Layout::row_count) {
        state.fit_list(rows);
    }
    state.fit_maps(layout.as_ref().is_some_and(|layout| layout.framed));
    terminal(state, size).backend().to_string()
}

fn assert_screens(name: &str, state: &mut State) {
    for size @ (width, height) in SIZES {
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), screen(state, size));
    }
}
