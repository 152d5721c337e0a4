//! State + message → state and effects. No I/O, no clock, no thread.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::backend::fake::Fake;
use crate::backend::{Embedder, Location, ModelCard, Retry};
use crate::corpus::{Corpus, Document, DocumentIndex};
use crate::engine::ranking::tests::ranking;
use crate::engine::{Estimate, Progress, Ranking, Spent};
use crate::state::pitfall::Pitfall;
use crate::state::{BackendId, Baseline, Movement, Panel, Phase, Reply, Search, Ticket, Timer};

mod backends;
mod comparing;
mod corpus;
mod evaluating;
mod explaining;
mod filtering;
mod keeping;
mod lab;
mod learning;
mod mapping;
mod pipeline;
mod rows;
mod typing;

const LOCAL: BackendId = BackendId(0);
const REMOTE: BackendId = BackendId(1);
const PAUSE: Duration = Duration::from_millis(300);

fn card() -> ModelCard {
    Fake::new(Location::InProcess).card().clone()
}

/// A corpus of four, both backends closed.
fn closed() -> State {
    let documents = ["north", "east", "south", "west"].map(|text| Document::new(text, format!("{text} wind"))).to_vec();
    let corpus = Arc::new(Corpus::new("winds", documents));
    let panels = vec![Panel::new("local", Duration::ZERO), Panel::new("remote", PAUSE)];
    State::new(corpus, panels, 2, LOCAL, 2, Appearance::Dark)
}

/// The same with the local backend ready.
fn ready() -> State {
    let mut state = closed();
    assert_eq!(state.start(), [Effect::Open(LOCAL)]);
    open(&mut state, LOCAL);
    state
}

fn open(state: &mut State, backend: BackendId) {
    let effects = state.receive(Reply::Opened { backend, card: card(), leaves_machine: None });
    assert_eq!(effects, [Effect::EmbedCorpus(backend)]);
    let progress = Progress { done: 4, total: 4, ..Progress::default() };
    state.receive(Reply::Embedded { backend, progress, card: card(), spent: Spent::default() });
}

fn type_text(state: &mut State, text: &str) -> Vec<Effect> {
    text.chars().flat_map(|character| state.act(Action::Edit(Edit::Insert(character)))).collect()
}

/// The ticket of the last search among effects.
#[track_caller]
fn sent(effects: &[Effect]) -> (BackendId, Ticket, String) {
    let search = effects.iter().rev().find_map(|effect| match effect {
        Effect::Search { backend, ticket, query, .. } => Some((*backend, *ticket, query.clone())),
        _ => None,
    });
    search.unwrap_or_else(|| unreachable!("no search in {effects:?}"))
}

fn answer(state: &mut State, backend: BackendId, ticket: Ticket, ranking: Ranking) -> Vec<Effect> {
    let (ranking, spent) = (Arc::new(ranking), Spent::default());
    state.receive(Reply::Ranked { backend, ticket, ranking, card: card(), spent })
}

/// Types a text, answers its search, and looks at the answer for a while.
fn rank_and_settle(state: &mut State, text: &str, scores: &[f32]) {
    let (backend, ticket, query) = sent(&type_text(state, text));
    answer(state, backend, ticket, ranking(&query, scores));
    state.receive(Reply::TimerElapsed(Timer::Settled(backend, ticket)));
}

fn movements(state: &State) -> Vec<Option<Movement>> {
    (0..4).map(|number| state.movement(DocumentIndex(number))).collect()
}

#[track_caller]
fn typing_pause(effects: &[Effect]) -> Timer {
    match effects.last() {
        Some(Effect::StartTimer { timer, after: PAUSE }) => *timer,
        other => unreachable!("{other:?}"),
    }
}

const ESTIMATE: Estimate = Estimate { texts: 4, tokens: 12, estimated: false, usd: Some(0.1) };

/// The remote backend on the screen, asking whether the corpus may go.
fn asking() -> State {
    let mut state = ready();
    type_text(&mut state, "a");
    state.act(Action::SwapBackend);
    let effects = state.receive(Reply::Opened { backend: REMOTE, card: card(), leaves_machine: Some(ESTIMATE) });
    assert_eq!(effects, [Effect::CancelSearch(REMOTE)], "nothing is sent before a yes");
    assert_eq!((state.mode, &state.panel().phase), (Mode::Consent, &Phase::AwaitingConsent(ESTIMATE)));
    state
}
