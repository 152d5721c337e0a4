//! The Lab screen, on vectors by rule and by the true engine.

use ndarray::{Array1, Array2};
use vecscope::engine::lab::{Bench, Experiment};
use vecscope::engine::{Embedded, Vectors};
use vecscope::state::lab::LabAction;

use super::*;

pub(super) const DIMENSIONS: usize = 64;

/// A vector by rule: neighbours in the corpus are alike, and none is of the same length as another.
fn vector(place: usize) -> (Array1<f32>, f32) {
    let at = |x: usize| f32::from(u16::try_from(x).expect("small"));
    let wave =
        |d: usize| (at(place) * 0.11 + at(d) * 0.7).sin() + 0.6 * (at(place) * 0.31 * (1.0 + at(d) / 40.0)).cos();
    let raw = Array1::from_shape_fn(DIMENSIONS, wave);
    let norm = raw.dot(&raw).sqrt();
    (raw / norm, 4.0 + 2.0 * (at(place) * 0.7).sin())
}

fn info(place: usize) -> TextInfo {
    let total = 12 + place % 9;
    TextInfo { tokens: TokenCount { total, used: total, estimated: false }, norm: vector(place).1 }
}

/// The vectors of the corpus.
fn vectors(state: &State) -> Vectors {
    let documents: Vec<DocumentIndex> = (0..state.corpus.documents.len()).map(DocumentIndex).collect();
    let mut unit = Array2::zeros((0, DIMENSIONS));
    for document in &documents {
        unit.push_row(vector(document.0).0.view()).expect("of one size");
    }
    let infos = documents.iter().map(|document| info(document.0)).collect();
    Vectors { unit, embedded: documents.len(), documents, infos }
}

/// Where a text lies in the corpus, by what a model sees of it.
fn place(text: &str) -> usize {
    text.chars().take(900).map(|character| character as usize).sum::<usize>() % 97
}

/// Does what the workers of the lab do, with the true engine over these vectors; gives what comes of it.
pub(super) fn work(state: &mut State, effect: Effect) -> Vec<Effect> {
    match effect {
        Effect::ShareVectors(backend) => {
            let vectors = Arc::new(vectors(state));
            state.receive(Reply::Vectors { backend, vectors })
        }
        Effect::RunExperiment { ticket, job } => {
            let outcome = Bench::new(Arc::clone(&state.corpus)).run(&job);
            state.receive(Reply::ExperimentRun { ticket, outcome })
        }
        Effect::EmbedTexts { backend, purpose, ticket, texts, .. } => {
            let mut unit = Array2::zeros((0, DIMENSIONS));
            for text in &texts {
                unit.push_row(vector(place(text)).0.view()).expect("of one size");
            }
            let seen = TokenCount { total: 530, used: 256, estimated: false };
            let infos = vec![TextInfo { tokens: seen, norm: 1.0 }; texts.len()];
            let (embedded, spent) = (Ok(Arc::new(Embedded { unit, infos })), state.panels[backend.0].spent);
            state.receive(Reply::TextsEmbedded { backend, purpose, ticket, embedded, spent })
        }
        _ => Vec::new(),
    }
}

/// The ranking of a query by these vectors.
pub(super) fn ranked(state: &State, query: &str) -> Ranking {
    let own = vector(place(query)).0;
    let scored = (0..state.corpus.documents.len()).map(|number| Ranked {
        document: DocumentIndex(number),
        score: vector(number).0.dot(&own),
        info: info(number),
    });
    let tokens = TokenCount { total: 10, used: 10, estimated: false };
    let timings = Timings { embed: Duration::from_micros(2_600), rank: Duration::from_micros(12) };
    let info = TextInfo { tokens, norm: 6.0 };
    let mut ranking = Ranking::new(query.into(), info, scored.collect(), state.corpus.documents.len(), timings);
    ranking.vector = Arc::new(own);
    ranking
}

/// Does everything that comes of effects.
fn settle(state: &mut State, effects: Vec<Effect>) {
    for effect in effects {
        let next = match effect {
            Effect::Search { backend, ticket, query, .. } => {
                let ranking = Arc::new(ranked(state, &query));
                let (card, spent) = (local_card(), state.panels[backend.0].spent);
                state.receive(Reply::Ranked { backend, ticket, ranking, card, spent })
            }
            effect => work(state, effect),
        };
        settle(state, next);
    }
}

fn act(state: &mut State, action: Action) {
    let effects = state.act(action);
    settle(state, effects);
}

fn show(state: &mut State, experiment: Experiment) {
    act(state, Action::Lab(LabAction::ShowExperiment(experiment)));
}

fn in_lab() -> State {
    let mut state = ready();
    act(&mut state, Action::ShowScreen(Screen::Lab));
    state
}

/// With a query typed.
fn typed() -> State {
    let mut state = in_lab();
    act(&mut state, Action::Paste("how do I ask a database a question".into()));
    state
}

#[test]
fn with_nothing_typed_a_switch_says_what_it_is_about() {
    let mut state = in_lab();
    assert_screens("lab_nothing_typed", &mut state);
    act(&mut state, Action::UseSelected);
    assert_eq!(state.query.text(), "how do I ask a database a question");
}

#[test]
fn a_switched_ranking_beside_the_correct_one() {
    let mut state = typed();
    act(&mut state, Action::SelectNext);
    assert_screens("lab_normalisation", &mut state);
    act(&mut state, Action::ToggleExplanation);
    assert_screens("lab_normalisation_happened", &mut state);
}

#[test]
fn fewer_bits_fewer_dimensions_and_strangers() {
    let mut state = typed();
    show(&mut state, Experiment::Precision);
    insta::assert_snapshot!("lab_precision", screen(&mut state, (120, 36)));
    show(&mut state, Experiment::Dimensions);
    // Of 64 dimensions there are not 64 to be left over.
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("nothing to cut down to 64"), "{shown}");
    act(&mut state, Action::Lab(LabAction::LowerParam));
    act(&mut state, Action::Lab(LabAction::NextParam));
    act(&mut state, Action::Lab(LabAction::RaiseParam));
    insta::assert_snapshot!("lab_dimensions", screen(&mut state, (120, 36)));
    show(&mut state, Experiment::Mixing);
    insta::assert_snapshot!("lab_mixing", screen(&mut state, (80, 24)));
    act(&mut state, Action::Lab(LabAction::RaiseParam));
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("Ctrl+G") && shown.contains("OpenAI"), "{shown}");
}

#[test]
fn the_ranking_after_each_word() {
    let mut state = typed();
    show(&mut state, Experiment::Short);
    assert_screens("lab_short", &mut state);
}

#[test]
fn a_needle_in_a_long_text() {
    let mut state = typed();
    show(&mut state, Experiment::Long);
    act(&mut state, Action::Lab(LabAction::RaiseParam));
    assert_screens("lab_long", &mut state);
}

#[test]
fn precision_and_recall_by_cutoff() {
    let mut state = in_lab();
    show(&mut state, Experiment::Threshold);
    for _ in 0..20 {
        act(&mut state, Action::Lab(LabAction::LowerParam));
    }
    assert_screens("lab_threshold", &mut state);
    act(&mut state, Action::Lab(LabAction::NextParam));
    act(&mut state, Action::Lab(LabAction::RaiseParam));
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("beside OpenAI") && shown.contains("OpenAI is not open. Ctrl+G opens it"), "{shown}");
}

#[test]
fn pairs_on_which_cosine_misleads() {
    let mut state = in_lab();
    show(&mut state, Experiment::Misleading);
    act(&mut state, Action::Lab(LabAction::RaiseParam));
    assert_screens("lab_misleading", &mut state);
    act(&mut state, Action::Paste(" zebra".into()));
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("what you type; 19 prepared pairs"), "{shown}");
}

#[test]
fn clicks_find_switches_rows_and_words() {
    let mut state = typed();
    for (width, height) in [(120, 36), (80, 24), (40, 10)] {
        screen(&mut state, (width, height));
        let layout = Layout::build(Rect::new(0, 0, width, height), &state).expect("it is large enough");
        let areas = layout.lab.as_ref().expect("the areas of the lab");
        for (experiment, area) in &areas.switches {
            let click = layout.click(Position::new(area.x, area.y), &state);
            assert_eq!(click, Some(Action::Lab(LabAction::ShowExperiment(*experiment))), "{width}");
        }
        let [left, right] = areas.columns;
        let at = Position::new(right.x + 4, layout.rows.y + 2);
        assert_eq!(layout.click(at, &state), Some(Action::Lab(LabAction::SelectSwitched(2))), "{width}");
        if !left.is_empty() {
            let at = Position::new(left.x + 4, layout.rows.y + 2);
            assert_eq!(layout.click(at, &state), Some(Action::Select(2)), "{width}");
        }
    }
    show(&mut state, Experiment::Short);
    screen(&mut state, (120, 36));
    let layout = Layout::build(Rect::new(0, 0, 120, 36), &state).expect("it is large enough");
    let left = layout.lab.as_ref().expect("the areas of the lab").columns[0];
    let click = layout.click(Position::new(left.x + 4, left.y + 1 + 4), &state);
    assert_eq!(click, Some(Action::Lab(LabAction::ShowWords(5))));
}

#[test]
fn without_colour_everything_is_told_by_signs() {
    let mut state = typed();
    state.appearance = Appearance::Plain;
    show(&mut state, Experiment::Threshold);
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("⠒ recall") && shown.contains("• precision") && shown.contains('█'), "{shown}");
    show(&mut state, Experiment::Normalisation);
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains('▲') && shown.contains('▼') && shown.contains("●1 normalisation"), "{shown}");
}
