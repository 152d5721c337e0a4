//! The Lab screen: what is asked for, and when.

use ndarray::{Array2, array};

use super::*;
use crate::backend::spec::{Description, Readiness};
use crate::backend::{Role, TextInfo, TokenCount};
use crate::engine::lab::{Experiment, Job, Metric, Outcome, Refusal, Setting, Switch};
use crate::engine::{Embedded, Vectors};
use crate::math::quantise::Precision;
use crate::state::action::LessonAction;
use crate::state::effect::Purpose;
use crate::state::lab::{Errand, LabAction, Waits};

mod lessons;
mod texts;

const TWIN: BackendId = BackendId(2);

fn description(model: &str, dimensions: usize) -> Description {
    Description {
        kind: "test",
        model: model.into(),
        dimensions: Some(dimensions),
        max_tokens: Some(256),
        usd_per_million_tokens: None,
        prompts: None,
        location: None,
        readiness: Readiness::Ready,
    }
}

/// The Lab screen with the local backend ready; a server with vectors of another size, and the quantised model, closed.
fn in_lab() -> State {
    let mut state = ready();
    state.panels[REMOTE.0].description = Some(description("server", 3));
    let quantised = format!("{}-q", card().model);
    state.panels.push(Panel::new("quantised", Duration::ZERO).described(description(&quantised, 2)));
    let effects = state.act(Action::ShowScreen(Screen::Lab));
    assert_eq!(effects, [Effect::ShareVectors(LOCAL)]);
    give_vectors(&mut state, LOCAL);
    state
}

fn lab(state: &mut State, action: LabAction) -> Vec<Effect> {
    state.act(Action::Lab(action))
}

fn show(state: &mut State, experiment: Experiment) -> Vec<Effect> {
    lab(state, LabAction::ShowExperiment(experiment))
}

fn infos(count: usize) -> Vec<TextInfo> {
    let tokens = TokenCount { total: 102, used: 102, estimated: false };
    vec![TextInfo { tokens, norm: 2.0 }; count]
}

fn give_vectors(state: &mut State, backend: BackendId) -> Vec<Effect> {
    let unit = array![[1.0, 0.0], [0.8, 0.6], [0.6, 0.8], [0.0, 1.0]];
    let documents = (0..4).map(DocumentIndex).collect();
    let vectors = Arc::new(Vectors { unit, documents, infos: infos(4), embedded: 4 });
    state.receive(Reply::Vectors { backend, vectors })
}

/// Answers a search with a ranking that has a vector.
fn ranked(state: &mut State, effects: &[Effect]) -> Vec<Effect> {
    let mut after = Vec::new();
    for effect in effects {
        if let Effect::Search { backend, ticket, query, .. } = effect {
            let mut ranking = ranking(query, &[1.0, 0.8, 0.6, 0.0]);
            ranking.vector = Arc::new(array![1.0, 0.0]);
            after.extend(answer(state, *backend, *ticket, ranking));
        }
    }
    after.retain(|effect| !matches!(effect, Effect::StartTimer { .. }));
    after
}

fn type_and_rank(state: &mut State, text: &str) -> Vec<Effect> {
    let effects = type_text(state, text);
    ranked(state, &effects)
}

#[track_caller]
fn job(effects: &[Effect]) -> (Ticket, Job) {
    match effects {
        [Effect::RunExperiment { ticket, job }] => (*ticket, job.clone()),
        other => unreachable!("{other:?}"),
    }
}

#[track_caller]
fn switch(effects: &[Effect]) -> Switch {
    match job(effects).1 {
        Job::Query { switch, .. } => switch,
        other @ Job::Cutoffs(_) => unreachable!("{other:?}"),
    }
}

fn refused() -> Outcome {
    Outcome::Refused(Refusal::Needs("a test".into()))
}

#[track_caller]
fn texts(effects: &[Effect]) -> (BackendId, Ticket, Role, Vec<String>) {
    match effects {
        [Effect::EmbedTexts { backend, purpose: Purpose::Lab, ticket, role, texts }] => {
            (*backend, *ticket, *role, texts.clone())
        }
        other => unreachable!("{other:?}"),
    }
}

fn embedded(count: usize) -> Arc<Embedded> {
    Arc::new(Embedded { unit: Array2::from_elem((count, 2), 0.5), infos: infos(count) })
}

fn give_texts(state: &mut State, backend: BackendId, ticket: Ticket, count: usize) -> Vec<Effect> {
    let (purpose, spent) = (Purpose::Lab, Spent::default());
    state.receive(Reply::TextsEmbedded { backend, purpose, ticket, embedded: Ok(embedded(count)), spent })
}

#[test]
fn a_query_is_tried_as_soon_as_it_is_ranked_and_once() {
    let mut state = in_lab();
    assert_eq!(state.lab.waits, Some(Waits::Query));
    let effects = type_and_rank(&mut state, "w");
    assert_eq!(switch(&effects), Switch::Setting(Setting::Metric(Metric::DotProduct)));
    assert_eq!((state.lab.waits.as_ref(), state.experiment_is_near()), (None, true));
    assert_eq!(state.act(Action::SelectNext), [], "another row is no other experiment");
    let (ticket, _) = job(&effects);
    state.receive(Reply::ExperimentRun { ticket, outcome: refused() });
    assert!(!state.experiment_is_near() && state.lab.outcome() == Some(&refused()));
    // What it is about has changed.
    assert_eq!(switch(&lab(&mut state, LabAction::RaiseParam)), Switch::Setting(Setting::Metric(Metric::Euclidean)));
    let (_, changed) = job(&state.act(Action::GrowTopK));
    assert!(matches!(changed, Job::Query { k: 3, .. }));
}

#[test]
fn an_answer_to_an_older_setting_is_dropped() {
    let mut state = in_lab();
    let (older, _) = job(&type_and_rank(&mut state, "w"));
    let (newer, _) = job(&lab(&mut state, LabAction::NextExperiment));
    state.receive(Reply::ExperimentRun { ticket: older, outcome: refused() });
    assert_eq!(state.lab.outcome(), None);
    state.receive(Reply::ExperimentRun { ticket: newer, outcome: refused() });
    assert_eq!(state.lab.outcome(), Some(&refused()));
    // It is of this switch, and shown under no other.
    show(&mut state, Experiment::Dimensions);
    assert_eq!(state.lab.outcome(), None);
}

#[test]
fn nothing_is_asked_for_on_another_screen() {
    let mut state = in_lab();
    type_and_rank(&mut state, "w");
    state.act(Action::ShowScreen(Screen::Search));
    let effects = type_and_rank(&mut state, "x");
    assert_eq!(effects, []);
    assert!(matches!(&state.act(Action::ShowScreen(Screen::Lab))[..], [Effect::RunExperiment { .. }]));
}

#[test]
fn choices_go_round_and_numbers_stop_at_their_ends() {
    let mut state = in_lab();
    lab(&mut state, LabAction::PreviousExperiment);
    assert_eq!(state.lab.experiment, Experiment::Misleading);
    lab(&mut state, LabAction::NextExperiment);
    lab(&mut state, LabAction::LowerParam);
    assert_eq!(state.lab.metric, Metric::UnitEuclidean);
    show(&mut state, Experiment::Precision);
    let mut set = |action| {
        lab(&mut state, action);
        state.lab.precision
    };
    let coarser = [Precision::Bf16, Precision::Int8, Precision::Int4, Precision::Binary].map(Some);
    assert_eq!(coarser.map(|_| set(LabAction::LowerParam)), coarser, "from 16 bits down");
    assert_eq!(
        [set(LabAction::LowerParam), set(LabAction::LowerParam)],
        [None, None],
        "the quantised model is the last"
    );
    assert_eq!(set(LabAction::RaiseParam), Some(Precision::Binary));
    for _ in 0..9 {
        set(LabAction::RaiseParam);
    }
    assert_eq!(state.lab.precision, Some(Precision::F32));
    show(&mut state, Experiment::Threshold);
    for _ in 0..30 {
        lab(&mut state, LabAction::RaiseParam);
    }
    assert_eq!(state.lab.setting(), Setting::Cutoff(100));
    show(&mut state, Experiment::Long);
    lab(&mut state, LabAction::LowerParam);
    assert_eq!(state.lab.place, 0);
    show(&mut state, Experiment::Dimensions);
    lab(&mut state, LabAction::NextParam);
    lab(&mut state, LabAction::RaiseParam);
    assert!(!state.lab.cut.renormalised);
    lab(&mut state, LabAction::NextParam);
    lab(&mut state, LabAction::RaiseParam);
    assert_eq!(state.lab.cut.kept, 64, "vectors of two dimensions have nothing to be cut down to");
}

#[test]
fn the_quantised_model_is_opened_by_a_press_and_then_ranks_beside() {
    let mut state = in_lab();
    type_and_rank(&mut state, "w");
    show(&mut state, Experiment::Precision);
    // Below 16 bits there are four more.
    for _ in 0..4 {
        lab(&mut state, LabAction::LowerParam);
    }
    let effects = lab(&mut state, LabAction::LowerParam);
    assert_eq!(state.lab.setting(), Setting::QuantisedModel);
    assert!(effects.is_empty(), "{effects:?}");
    assert_eq!(state.lab.waits, Some(Waits::Press(Errand::Open(TWIN))));
    assert_eq!(lab(&mut state, LabAction::Run), [Effect::Open(TWIN)]);
    assert_eq!(state.lab.waits, Some(Waits::Backend(TWIN)));

    let opened = state.receive(Reply::Opened { backend: TWIN, card: card(), leaves_machine: None });
    assert_eq!(opened, [Effect::EmbedCorpus(TWIN)]);
    let (progress, spent) = (Progress { done: 4, total: 4, ..Progress::default() }, Spent::default());
    let effects = state.receive(Reply::Embedded { backend: TWIN, progress, card: card(), spent });
    assert!(effects.contains(&Effect::ShareVectors(TWIN)));
    assert_eq!(sent(&effects).0, TWIN);
    assert!(matches!(switch(&ranked(&mut state, &effects)), Switch::Quantised(_)));
    // From now on both rank what is typed.
    let effects = type_text(&mut state, "x");
    let asked: Vec<BackendId> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Search { backend, .. } => Some(*backend),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [LOCAL, TWIN]);
}

#[test]
fn only_the_same_model_with_quantised_weights_is_its_twin() {
    let mut state = in_lab();
    assert_eq!(state.quantised_twin(), Some(TWIN));
    let quantised = format!("{}-q", card().model);
    // A model of that name with other vectors is another model.
    state.panels[TWIN.0].description = Some(description(&quantised, 3));
    assert_eq!(state.quantised_twin(), None);
    state.panels[TWIN.0].description = Some(description("another-q", 2));
    assert_eq!(state.quantised_twin(), None);
    type_and_rank(&mut state, "w");
    // The quantised model.
    state.lab.precision = None;
    show(&mut state, Experiment::Precision);
    assert!(matches!(state.lab.waits, Some(Waits::Never(_))), "{:?}", state.lab.waits);
}

#[test]
fn of_a_long_query_one_goes_from_word_to_word_that_is_looked_at() {
    let mut state = in_lab();
    show(&mut state, Experiment::Short);
    let query = vec!["w"; 80].join(" ");
    let effects = type_and_rank(&mut state, &query);
    let (_, ticket, _, asked) = texts(&effects);
    assert_eq!(asked.len(), 30);
    // After 1, 3 and 6 words: the second is not looked at.
    assert!(matches!(switch(&give_texts(&mut state, LOCAL, ticket, 30)), Switch::FirstWords(_, 3)));
    lab(&mut state, LabAction::RaiseParam);
    assert_eq!(state.lab.setting(), Setting::FirstWords(3));
    lab(&mut state, LabAction::RaiseParam);
    assert_eq!(state.lab.setting(), Setting::FirstWords(6));
    lab(&mut state, LabAction::ShowWords(80));
    lab(&mut state, LabAction::RaiseParam);
    assert_eq!(state.lab.setting(), Setting::FirstWords(80));
}

#[test]
fn models_of_other_sizes_are_refused_and_of_equal_sizes_only_mixed_by_a_press() {
    let mut state = in_lab();
    type_and_rank(&mut state, "w");
    let effects = show(&mut state, Experiment::Mixing);
    assert_eq!(switch(&effects), Switch::Setting(Setting::Rotated), "the stand-in is always at hand");
    let (ticket, _) = job(&effects);
    state.receive(Reply::ExperimentRun { ticket, outcome: refused() });
    assert_eq!(state.lab.outcome(), Some(&refused()));
    assert_eq!(lab(&mut state, LabAction::RaiseParam), []);
    let Some(Waits::Never(reason)) = &state.lab.waits else { unreachable!("{:?}", state.lab.waits) };
    assert!(reason.contains("2 numbers") && reason.contains("other model 3"), "{reason}");
    assert_eq!(lab(&mut state, LabAction::Run), []);
    assert_eq!(state.lab.outcome(), None, "the noise of the stand-in is not that of this one");

    lab(&mut state, LabAction::RaiseParam);
    assert_eq!(state.lab.waits, Some(Waits::Press(Errand::Mix(TWIN))));
    assert_eq!(lab(&mut state, LabAction::Run), [Effect::Open(TWIN)]);
    let (progress, spent) = (Progress { done: 4, total: 4, ..Progress::default() }, Spent::default());
    let card = ModelCard { dimensions: Some(2), ..card() };
    state.receive(Reply::Opened { backend: TWIN, card: card.clone(), leaves_machine: None });
    state.receive(Reply::Embedded { backend: TWIN, progress, card, spent });
    assert_eq!(state.lab.waits, Some(Waits::Backend(TWIN)));
    assert!(matches!(switch(&give_vectors(&mut state, TWIN)), Switch::Mixed(_)));
    // What was agreed to once is not asked again.
    lab(&mut state, LabAction::RaiseParam);
    let effects = lab(&mut state, LabAction::LowerParam);
    assert!(matches!(switch(&effects), Switch::Mixed(_)));
}

#[test]
fn nobody_judged_a_corpus_of_ones_own() {
    let mut state = in_lab();
    assert_eq!(show(&mut state, Experiment::Threshold), []);
    assert!(matches!(&state.lab.waits, Some(Waits::Never(reason)) if reason.contains("bundled corpus")));
    show(&mut state, Experiment::Misleading);
    lab(&mut state, LabAction::RaiseParam);
    assert!(state.notice.is_some() && state.query.is_blank());
}

/// The bundled corpus, with vectors and rankings out of thin air.
fn with_bundled_corpus() -> State {
    let corpus = Arc::new(crate::corpus::bundled::corpus());
    let mut state = State::new(corpus, vec![Panel::new("local", Duration::ZERO)], 1, LOCAL, 10, Appearance::Dark);
    state.start();
    state.receive(Reply::Opened { backend: LOCAL, card: card(), leaves_machine: None });
    let (progress, spent) = (Progress { done: 100, total: 100, ..Progress::default() }, Spent::default());
    state.receive(Reply::Embedded { backend: LOCAL, progress, card: card(), spent });
    state.act(Action::ShowScreen(Screen::Lab));
    state
}

#[test]
fn with_nothing_typed_enter_takes_a_prepared_query_and_pairs_go_one_after_the_other() {
    let mut state = with_bundled_corpus();
    state.act(Action::UseSelected);
    assert_eq!(state.query.text(), "how do I ask a database a question");
    show(&mut state, Experiment::Misleading);
    let cases = crate::corpus::bundled::cases();
    lab(&mut state, LabAction::RaiseParam);
    assert_eq!(state.query.text(), cases[0].query);
    lab(&mut state, LabAction::LowerParam);
    assert_eq!(state.query.text(), cases[cases.len() - 1].query);
    lab(&mut state, LabAction::RaiseParam);
    assert_eq!(state.query.text(), cases[0].query);
    // The query before is in the history, as after any.
    state.act(Action::HistoryPrevious);
    assert_eq!(state.query.text(), cases[cases.len() - 1].query);
}

#[test]
fn cutoffs_need_no_query_and_all_labelled_ones() {
    let mut state = with_bundled_corpus();
    let unit = Array2::from_shape_fn((100, 2), |(row, column)| if row % 2 == column { 1.0 } else { 0.0 });
    let documents = (0..100).map(DocumentIndex).collect();
    let vectors = Arc::new(Vectors { unit, documents, infos: infos(100), embedded: 100 });
    state.receive(Reply::Vectors { backend: LOCAL, vectors });
    let (_, ticket, role, asked) = texts(&show(&mut state, Experiment::Threshold));
    assert_eq!((role, asked.len(), state.query.is_blank()), (Role::Query, 40, true));
    let effects = give_texts(&mut state, LOCAL, ticket, 40);
    assert!(matches!(job(&effects).1, Job::Cutoffs(models) if models.len() == 1));
    assert_eq!(lab(&mut state, LabAction::RaiseParam), [], "the slider needs no new figures");
}

#[test]
fn a_sentence_is_selected_in_either_column() {
    let mut state = in_lab();
    let (ticket, job) = job(&type_and_rank(&mut state, "w"));
    let mut bench = crate::engine::lab::Bench::new(Arc::clone(&state.corpus));
    let outcome = bench.run(&job);
    state.receive(Reply::ExperimentRun { ticket, outcome });
    // The dot product of vectors that are all of one length ranks as the cosine.
    lab(&mut state, LabAction::SelectSwitched(1));
    assert_eq!(state.selected_document(), Some(DocumentIndex(1)));
    lab(&mut state, LabAction::SelectSwitched(3));
    assert_eq!(state.selected_document(), Some(DocumentIndex(1)), "the correct column has two rows");
    assert!(state.notice.as_ref().is_some_and(|notice| notice.contains("#4")));
}

#[test]
fn what_came_of_one_backend_is_not_shown_under_another() {
    let mut state = in_lab();
    let effects = type_and_rank(&mut state, "north wind");
    let (ticket, _) = job(&effects);
    state.receive(Reply::ExperimentRun { ticket, outcome: refused() });
    assert!(state.lab.outcome().is_some());
    state.act(Action::ShowBackend(REMOTE));
    state.receive(Reply::NotConfigured { backend: REMOTE, message: "there is no key".into() });
    assert_eq!((state.active, state.lab.outcome()), (REMOTE, None));
    // An answer that was on its way is not the other's, either.
    state.receive(Reply::ExperimentRun { ticket, outcome: refused() });
    assert_eq!(state.lab.outcome(), None);
}

#[test]
fn a_model_is_not_mixed_with_itself() {
    let mut state = in_lab();
    show(&mut state, Experiment::Mixing);
    state.lab.other = Some(LOCAL);
    let effects = type_and_rank(&mut state, "north wind");
    assert!(matches!(switch(&effects), Switch::Setting(Setting::Rotated)), "{effects:?}");
}
