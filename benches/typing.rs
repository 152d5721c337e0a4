//! The path from a key to its frame, part by part: `cargo bench`.

use std::sync::Arc;
use std::time::Duration;

use divan::{Bencher, black_box};
use ndarray::Array2;
use ratatui::backend::TestBackend;
use ratatui::{Frame, Terminal};
use tokio_util::sync::CancellationToken;
use vecscope::backend::local::{Adjustments, Engine, EngineChoice, LateReranker, LoadedModel, Local, ModelSource};
use vecscope::backend::{Embedder, Job, ModelTable, Reranker, Role, TextInfo, TokenCount, UnitBatch, Usage};
use vecscope::corpus::{DocumentIndex, bundled};
use vecscope::engine::index::Index;
use vecscope::engine::{Progress, Ranking, SearchOptions, Searcher, Spent};
use vecscope::math::neighbourhood::Neighbourhoods;
use vecscope::math::plane::Plane;
use vecscope::math::tsne;
use vecscope::state::{Action, Appearance, BackendId, Edit, Effect, Panel, Reply, State};
use vecscope::view::{self, Layout};

const QUERY: &str = "how do I ask a database a question";
const DIMENSIONS: usize = 384;

fn main() {
    divan::main();
}

fn loaded() -> LoadedModel {
    let engine = Engine::start(&EngineChoice::Rten).expect("RTen is part of the program");
    LoadedModel::load(&ModelSource::Embedded, &engine, &ModelTable::bundled(), &Adjustments::default())
        .expect("the model is part of the program")
}

fn local() -> Local {
    Local::sharing(Arc::new(loaded()))
}

fn with_job<T>(act: impl FnOnce(&mut Job<'_>) -> T) -> T {
    act(&mut Job { cancel: &CancellationToken::new(), notify: &mut |_| {} })
}

/// The bundled corpus, embedded.
fn searcher() -> Searcher {
    let mut searcher = Searcher::new(Box::new(local()), Arc::new(bundled::corpus()));
    with_job(|job| searcher.embed_all(job)).expect("the bundled corpus can be embedded");
    searcher
}

#[divan::bench(args = ["python", QUERY])]
fn embed_query(bencher: Bencher<'_, '_>, query: &str) {
    let mut local = local();
    bencher.bench_local(|| with_job(|job| local.embed(&[query], Role::Query, job)).expect("a query can be embedded"));
}

#[divan::bench(sample_count = 10)]
fn embed_bundled_corpus(bencher: Bencher<'_, '_>) {
    let mut searcher = Some(searcher());
    bencher.bench_local(|| {
        let mut emptied = searcher.take().expect("put back below").emptied();
        with_job(|job| emptied.embed_all(job)).expect("the bundled corpus can be embedded");
        searcher = Some(emptied);
    });
}

fn late() -> LateReranker {
    LateReranker::new(Arc::new(loaded())).expect("the model gives token vectors")
}

/// Reranks fifty documents, each this many bundled ones long.
fn rerank_fifty(late: &mut LateReranker, joined: usize) {
    let corpus = bundled::corpus();
    let bundled: Vec<&str> = corpus.documents.iter().map(|document| document.text.as_str()).collect();
    let texts: Vec<String> = (0..50).map(|first| bundled[first..first + joined].join(" ")).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    late.rerank(QUERY, &texts, &CancellationToken::new()).expect("these can be reranked");
}

#[divan::bench(args = [1, 10])]
fn rerank_50_kept(bencher: Bencher<'_, '_>, joined: usize) {
    let mut late = late();
    rerank_fifty(&mut late, joined);
    bencher.bench_local(|| rerank_fifty(&mut late, joined));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn rerank_50_computed(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(late).bench_local_refs(|late| rerank_fifty(late, 1));
}

/// Scores and sorts made-up vectors: what ranking costs against the number of documents.
#[divan::bench(args = [100, 1_000, 10_000, 100_000])]
fn rank(bencher: Bencher<'_, '_>, documents: usize) {
    let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
    let vectors = Array2::from_shape_fn((documents, DIMENSIONS), |(row, column)| {
        f32::from(u16::try_from((row * 31 + column * 17) % 1_009).expect("below 1009")) / 1_009.0 - 0.5
    });
    let query = vectors.row(0).to_owned();
    let mut index = Index::default();
    let numbers: Vec<_> = (0..documents).map(DocumentIndex).collect();
    let batch = UnitBatch { vectors, infos: vec![info; documents], usage: Usage::default() };
    index.add(&numbers, batch).expect("vectors of one size");
    bencher.bench_local(|| {
        let found = index.search(query.view(), 1.0, &SearchOptions::default()).expect("vectors of one size");
        let progress = Progress { done: documents, total: documents, restored: 0 };
        Ranking::found(String::new(), info, Arc::default(), found, progress)
    });
}

/// Made-up vectors laid flat, with the place of each.
#[divan::bench(args = [(100, 384), (1_000, 384), (10_000, 384), (10_000, 1_536)], sample_count = 10)]
fn principal_components(bencher: Bencher<'_, '_>, (documents, dimensions): (usize, usize)) {
    let vectors = spread(documents, dimensions);
    bencher.bench_local(|| Plane::principal(&vectors).project_all(&vectors));
}

/// How much a map keeps is found out by these.
#[divan::bench(args = [100, 1_000, 10_000], sample_count = 5)]
fn true_neighbours(bencher: Bencher<'_, '_>, documents: usize) {
    let vectors = spread(documents, DIMENSIONS);
    bencher.bench_local(|| Neighbourhoods::of(&vectors, 10));
}

#[divan::bench(args = [100, 1_000], sample_count = 3)]
fn t_sne(bencher: Bencher<'_, '_>, documents: usize) {
    let vectors = spread(documents, DIMENSIONS);
    let start = Plane::principal(&vectors).project_all(&vectors);
    bencher.bench_local(|| tsne::places(&vectors, &start, &mut |_, _| true));
}

/// Unit vectors without order whose components grow weaker, as those of texts do.
fn spread(documents: usize, dimensions: usize) -> Array2<f32> {
    let mut state = 1_u32;
    let mut vectors = Array2::from_shape_fn((documents, dimensions), |(_, column)| {
        // A linear congruential generator (Numerical Recipes) is random enough here.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let number = f32::from(u16::try_from(state >> 16).expect("16 bits")) / 65_536.0 - 0.5;
        number / f32::from(u16::try_from(column + 1).expect("a dimension")).sqrt()
    });
    for mut row in vectors.rows_mut() {
        let norm = row.dot(&row).sqrt();
        row /= norm;
    }
    vectors
}

/// The screen with a ranking on it.
fn state(searcher: &mut Searcher) -> State {
    let panels = vec![Panel::new("bench", Duration::ZERO)];
    let mut state = State::new(Arc::new(bundled::corpus()), panels, 2, BackendId(0), 10, Appearance::Dark);
    state.start();
    let (backend, card) = (BackendId(0), searcher.card().clone());
    state.receive(Reply::Opened { backend, card: card.clone(), leaves_machine: None });
    let progress = Progress { done: 100, total: 100, ..Progress::default() };
    state.receive(Reply::Embedded { backend, progress, card, spent: Spent::default() });
    for letter in QUERY.chars() {
        press(&mut state, searcher, Edit::Insert(letter));
    }
    state
}

fn draw_all(frame: &mut Frame<'_>, state: &State) {
    view::draw(frame, Layout::build(frame.area(), state).as_ref(), state);
}

/// A key, up to the ranking that it asks for.
fn press(state: &mut State, searcher: &mut Searcher, edit: Edit) {
    for effect in state.act(Action::Edit(edit)) {
        let Effect::Search { backend, ticket, query, .. } = effect else { continue };
        let ranking = Arc::new(with_job(|job| searcher.search(&query, job)).expect("a query can be ranked"));
        let (card, spent) = (searcher.card().clone(), searcher.spent());
        state.receive(Reply::Ranked { backend, ticket, ranking, card, spent });
    }
}

#[divan::bench(args = [(120, 36), (80, 24), (40, 10)])]
fn draw(bencher: Bencher<'_, '_>, (width, height): (u16, u16)) {
    let state = state(&mut searcher());
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
    bencher.bench_local(|| terminal.draw(|frame| draw_all(frame, black_box(&state))).map(drop));
}

/// A key to its frame. Every query is a new one, so that none is answered from memory.
#[divan::bench]
fn keystroke(bencher: Bencher<'_, '_>) {
    let mut searcher = searcher();
    let mut state = state(&mut searcher);
    let mut terminal = Terminal::new(TestBackend::new(120, 36)).expect("a test terminal");
    let mut number = 0_u32;
    bencher.bench_local(|| {
        let letter = char::from(b'a' + u8::try_from(number % 26).expect("below 26"));
        number += 1;
        if number.is_multiple_of(8) {
            state.act(Action::Edit(Edit::DeleteWordLeft));
            state.act(Action::Paste(format!("{number} ")));
        }
        press(&mut state, &mut searcher, Edit::Insert(letter));
        terminal.draw(|frame| draw_all(frame, &state)).map(drop)
    });
}
