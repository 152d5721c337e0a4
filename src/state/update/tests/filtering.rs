//! The filter, and the way of searching.

use super::*;
use crate::corpus::Selection;
use crate::engine::Method;
use crate::state::action::FilterAction;
use crate::state::effect::Purpose;

pub(super) fn of(filter: &str, documents: &[usize]) -> Arc<Selection> {
    let documents = documents.iter().copied().map(DocumentIndex).collect();
    Arc::new(Selection { filter: filter.into(), documents })
}

/// The ticket and the filter of the last selection among effects.
#[track_caller]
pub(super) fn asked(effects: &[Effect]) -> (Ticket, String) {
    let asked = effects.iter().rev().find_map(|effect| match effect {
        Effect::Select { ticket, filter, .. } => Some((*ticket, filter.clone())),
        _ => None,
    });
    asked.unwrap_or_else(|| unreachable!("nothing is asked for in {effects:?}"))
}

/// Opens the line, writes a filter and answers it.
fn filter(state: &mut State, written: &str, documents: &[usize]) -> Vec<Effect> {
    state.act(Action::Filter(FilterAction::Open));
    let (ticket, asked) = asked(&type_text(state, written));
    assert_eq!(asked, written.trim());
    state.receive(Reply::Selected { ticket, selection: Ok(of(written, documents)) })
}

#[track_caller]
fn selection_of(effects: &[Effect]) -> Option<Vec<usize>> {
    let options = effects.iter().rev().find_map(|effect| match effect {
        Effect::Search { options, .. } => Some(options.clone()),
        _ => None,
    });
    let selection = options.unwrap_or_else(|| unreachable!("no search in {effects:?}")).selection;
    selection.map(|selection| selection.documents.iter().map(|document| document.0).collect())
}

#[test]
fn what_is_written_is_asked_for_on_every_key_and_lists_what_passes() {
    let mut state = ready();
    state.act(Action::Select(3));
    filter(&mut state, "wind", &[1, 3]);
    assert_eq!(state.mode, Mode::Filter);
    assert_eq!((state.row_count(), state.query.text()), (2, ""));
    assert_eq!(state.selected_document(), Some(DocumentIndex(3)), "what was selected stays so where it passes");
    assert_eq!([0, 1, 2].map(|row| state.listed_document(row)), [Some(DocumentIndex(1)), Some(DocumentIndex(3)), None]);
    state.act(Action::Filter(FilterAction::Keep));
    assert_eq!((state.mode, state.row_count()), (Mode::Typing, 2));
    state.act(Action::SelectFirst);
    let (_, _, query) = sent(&state.act(Action::UseSelected));
    assert_eq!(query, "east wind");
}

#[test]
fn a_filter_ranks_the_query_anew_and_the_older_ranking_is_not_current() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.9, 0.8, 0.7, 0.6]);
    let effects = filter(&mut state, "x", &[1, 2]);
    assert_eq!(selection_of(&effects), Some(vec![1, 2]));
    assert!(!state.is_current() && state.ranking().is_some(), "it is still to be seen, as what it is");
    let (backend, ticket, query) = sent(&effects);
    answer(&mut state, backend, ticket, ranking(&query, &[0.8, 0.7]));
    assert!(state.is_current());
    assert_eq!(movements(&state), [None; 4], "ranks among other documents are not compared");
    let effects = state.act(Action::Filter(FilterAction::Drop));
    assert_eq!((selection_of(&effects), state.mode), (None, Mode::Typing));
    assert!(state.filter.line.text().is_empty());
}

#[test]
fn answers_to_an_older_filter_are_dropped() {
    let mut state = ready();
    state.act(Action::Filter(FilterAction::Open));
    let (older, _) = asked(&type_text(&mut state, "a"));
    let (newer, _) = asked(&type_text(&mut state, "b"));
    state.receive(Reply::Selected { ticket: older, selection: Ok(of("a", &[0])) });
    assert!(state.search.selection.is_none() && state.filter.is_near());
    state.receive(Reply::Selected { ticket: newer, selection: Ok(of("ab", &[2])) });
    assert_eq!(state.search.selection, Some(of("ab", &[2])));
    state.act(Action::Filter(FilterAction::Drop));
    state.receive(Reply::Selected { ticket: newer, selection: Ok(of("ab", &[2])) });
    assert!(state.search.selection.is_none());
}

#[test]
fn what_is_wrong_is_said_and_the_filter_before_holds() {
    let mut state = ready();
    filter(&mut state, "a", &[0, 1]);
    let (ticket, _) = asked(&type_text(&mut state, ":"));
    state.receive(Reply::Selected { ticket, selection: Err("column 3: it is missing".into()) });
    assert_eq!(state.filter.error.as_deref(), Some("column 3: it is missing"));
    assert_eq!(state.row_count(), 2);
    state.act(Action::Filter(FilterAction::Keep));
    assert_eq!(state.mode, Mode::Filter, "it stays open to be mended");
    state.act(Action::Edit(Edit::DeleteLeft));
    assert_eq!(state.filter.error, None);
}

#[test]
fn a_filter_that_was_dropped_comes_back_from_the_history() {
    let mut state = ready();
    filter(&mut state, "a", &[0]);
    state.act(Action::Filter(FilterAction::Drop));
    state.act(Action::Filter(FilterAction::Open));
    let (_, written) = asked(&state.act(Action::Filter(FilterAction::Previous)));
    assert_eq!(written, "a");
}

#[test]
fn another_corpus_is_filtered_anew_and_no_number_of_the_older_one_is_left() {
    let mut state = ready();
    filter(&mut state, "wind", &[1, 3]);
    let documents = vec![Document::new("calm", "no wind")];
    state.corpus = Arc::new(Corpus::new("calm", documents));
    let effects = state.act(Action::Redraw);
    assert!(state.search.selection.is_none());
    let (ticket, written) = asked(&effects);
    assert_eq!(written, "wind");
    state.receive(Reply::Selected { ticket, selection: Ok(of("wind", &[0])) });
    assert_eq!((state.row_count(), state.selected_document()), (1, Some(DocumentIndex(0))));
}

#[test]
fn another_backend_ranks_by_the_filter_and_a_ranking_from_before_it_is_made_anew() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.9, 0.8, 0.7, 0.6]);
    state.act(Action::SwapBackend);
    open(&mut state, REMOTE);
    let (backend, ticket, _) = sent(
        &state
            .act(Action::ShowBackend(LOCAL))
            .into_iter()
            .chain(state.act(Action::ShowBackend(REMOTE)))
            .collect::<Vec<_>>(),
    );
    answer(&mut state, backend, ticket, ranking("a", &[0.9, 0.8, 0.7, 0.6]));
    filter(&mut state, "x", &[2]);
    state.act(Action::Filter(FilterAction::Keep));
    let effects = state.act(Action::ShowBackend(LOCAL));
    assert_eq!((sent(&effects).0, selection_of(&effects)), (LOCAL, Some(vec![2])));
}

#[test]
fn the_lab_and_lessons_look_at_the_whole_corpus_exactly() {
    let mut state = ready();
    state.search.method = Method::TwoPass;
    filter(&mut state, "x", &[2]);
    state.act(Action::Filter(FilterAction::Keep));
    let effects = type_text(&mut state, "a");
    assert_eq!(selection_of(&effects), Some(vec![2]));
    let effects = state.act(Action::ShowScreen(Screen::Lab));
    assert_eq!(selection_of(&effects), None);
    assert_eq!(state.search_options().method, Method::Exact);
    state.act(Action::Filter(FilterAction::Open));
    assert_eq!(state.mode, Mode::Typing);
    assert!(state.notice.as_deref().is_some_and(|notice| notice.contains("whole corpus")));
    let effects = state.act(Action::ShowScreen(Screen::Search));
    assert_eq!(selection_of(&effects), Some(vec![2]));
}

#[test]
fn the_stages_of_a_pipeline_rank_what_passes() {
    let mut state = ready();
    state.act(Action::ShowScreen(Screen::Pipeline));
    filter(&mut state, "x", &[2]);
    state.act(Action::Filter(FilterAction::Keep));
    let (backend, ticket, query) = sent(&type_text(&mut state, "a"));
    let effects = answer(&mut state, backend, ticket, ranking(&query, &[0.5]));
    let run = effects.iter().find_map(|effect| match effect {
        Effect::RunPipeline { selection, .. } => selection.clone(),
        _ => None,
    });
    assert_eq!(run, Some(of("x", &[2])));
}

#[test]
fn words_are_left_out_among_what_passes() {
    let mut state = ready();
    state.act(Action::NextPage);
    filter(&mut state, "x", &[1, 2]);
    state.act(Action::Filter(FilterAction::Keep));
    let (backend, ticket, query) = sent(&type_text(&mut state, "north wind"));
    answer(&mut state, backend, ticket, ranking(&query, &[0.5, 0.4]));
    let unit = ndarray::Array2::eye(2);
    let vectors = crate::engine::Vectors { unit: unit.clone(), documents: Vec::new(), infos: Vec::new(), embedded: 4 };
    let effects = state.receive(Reply::Vectors { backend, vectors: Arc::new(vectors) });
    let [Effect::EmbedTexts { purpose: Purpose::Words, ticket, .. }] = effects.as_slice() else {
        unreachable!("{effects:?}")
    };
    let embedded = Ok(Arc::new(crate::engine::Embedded { unit, infos: Vec::new() }));
    let (ticket, purpose, spent) = (*ticket, Purpose::Words, Spent::default());
    let effects = state.receive(Reply::TextsEmbedded { backend, purpose, ticket, embedded, spent });
    assert!(
        matches!(effects.as_slice(), [Effect::Ablate { selection: Some(selection), .. }] if **selection == *of("x", &[1, 2])),
        "{effects:?}"
    );
}

#[test]
fn another_way_of_searching_ranks_anew_and_is_measured_by_hand() {
    let mut state = ready();
    rank_and_settle(&mut state, "a", &[0.9, 0.8, 0.7, 0.6]);
    assert!(state.act(Action::MeasureRecall).is_empty(), "an exact search misses nothing");
    let effects = state.act(Action::NextMethod);
    assert!(
        matches!(
            effects.as_slice(),
            [Effect::Search { options, .. }] if options.method == Method::TwoPass
        ),
        "{effects:?}"
    );
    assert!(!state.is_current(), "what is on the screen was found in another way");
    let (backend, ticket, query) = sent(&effects);
    answer(&mut state, backend, ticket, ranking(&query, &[0.9, 0.8, 0.7, 0.6]));
    assert!(state.is_current());
    let effects = state.act(Action::MeasureRecall);
    let wanted = Effect::MeasureRecall { backend: LOCAL, method: Method::TwoPass, k: 2, query: "a".into() };
    assert_eq!(effects, [wanted]);
}

#[test]
fn more_rows_than_a_ranking_holds_are_asked_for_once() {
    let documents: Vec<_> = (0..30_000).map(|number| Document::new(number.to_string(), "text")).collect();
    let panels = vec![Panel::new("local", Duration::ZERO)];
    let mut state = State::new(Arc::new(Corpus::new("many", documents)), panels, 1, LOCAL, 10, Appearance::Dark);
    state.start();
    state.receive(Reply::Opened { backend: LOCAL, card: card(), leaves_machine: None });
    rank_and_settle(&mut state, "a", &[0.9, 0.8]);
    assert!(state.act(Action::GrowTopK).is_empty(), "what there is holds more");
    let effects = state.act(Action::ToggleAll);
    let depth = effects.iter().find_map(|effect| match effect {
        Effect::Search { options, .. } => Some(options.depth),
        _ => None,
    });
    assert_eq!(depth, Some(20_000));
}
