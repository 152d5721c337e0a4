//! The Map screen.

use ndarray::{Array1, array};

use super::*;
use crate::backend::{Role, TextInfo, TokenCount};
use crate::engine::chart::{Chart, Method, Overlay, Recipe};
use crate::engine::groups::Grouping;
use crate::engine::{Embedded, Groups, Vectors};
use crate::math::neighbourhood::Neighbourhoods;
use crate::state::action::{Direction, MapAction, Nearer};
use crate::state::effect::Purpose;
use crate::state::map::{Lines, Sides, TRAIL, Viewport};

const INFO: TextInfo = TextInfo { tokens: TokenCount { total: 1, used: 1, estimated: false }, norm: 1.0 };

fn vectors(embedded: usize) -> Arc<Vectors> {
    let unit = array![[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]];
    let documents = (0..4).map(DocumentIndex).collect();
    Arc::new(Vectors { unit, documents, infos: vec![INFO; 4], embedded })
}

fn drawn(vectors: &Arc<Vectors>, recipe: &Recipe) -> Arc<Chart> {
    let neighbourhoods = Arc::new(Neighbourhoods::of(&vectors.unit, 2));
    let chart = Chart::draw(vectors, &neighbourhoods, recipe, &mut |_, _| true);
    Arc::new(chart.expect("a plane").expect("nobody stops it"))
}

/// The Map screen with the vectors of the local backend there, and what was asked for then.
fn on_map() -> (State, Vec<Effect>) {
    let mut state = ready();
    let effects = state.act(Action::ShowScreen(Screen::Map));
    assert_eq!(effects, [Effect::ShareVectors(LOCAL)]);
    let effects = state.receive(Reply::Vectors { backend: LOCAL, vectors: vectors(4) });
    (state, effects)
}

fn map(state: &mut State, action: MapAction) -> Vec<Effect> {
    state.act(Action::Map(action))
}

/// The projection among effects.
#[track_caller]
fn project(effects: &[Effect]) -> (BackendId, Ticket, Recipe) {
    let found = effects.iter().find_map(|effect| match effect {
        Effect::Project { backend, ticket, recipe, .. } => Some((*backend, *ticket, recipe.clone())),
        _ => None,
    });
    found.unwrap_or_else(|| unreachable!("no projection in {effects:?}"))
}

/// Answers a projection.
fn answer_map(state: &mut State, effects: &[Effect]) -> Vec<Effect> {
    let (backend, ticket, recipe) = project(effects);
    let chart = drawn(state.panels[backend.0].vectors.as_ref().expect("they are there"), &recipe);
    state.receive(Reply::Projected { backend, ticket, chart: Ok(chart) })
}

/// Types a text and answers its search, with a vector.
fn rank_with(state: &mut State, text: &str, vector: [f32; 2]) {
    let (backend, ticket, query) = sent(&type_text(state, text));
    let mut ranking = ranking(&query, &[0.9, 0.5, 0.1, 0.2]);
    ranking.vector = Arc::new(Array1::from(vector.to_vec()));
    answer(state, backend, ticket, ranking);
}

#[test]
fn a_corpus_is_laid_flat_once_and_again_where_more_of_it_is_embedded() {
    let (mut state, effects) = on_map();
    let (backend, _, recipe) = project(&effects);
    assert_eq!((backend, recipe), (LOCAL, Recipe::Principal));
    // The winds have no topics: they are grouped by their vectors.
    assert!(matches!(effects[0], Effect::FindClusters { backend: LOCAL, .. }), "{effects:?}");
    assert_eq!(type_text(&mut state, "a").iter().filter(|it| matches!(it, Effect::Project { .. })).count(), 0);
    assert_eq!(answer_map(&mut state, &effects), []);
    assert_eq!(state.map.chart(LOCAL).map(|chart| chart.method), Some(Method::Principal));
    let again = state.receive(Reply::Vectors { backend: LOCAL, vectors: vectors(5) });
    project(&again);
}

#[test]
fn answers_to_an_older_wish_are_dropped() {
    let (mut state, first) = on_map();
    let second = map(&mut state, MapAction::NextMethod);
    assert_eq!(project(&second).2, Recipe::TSne);
    answer_map(&mut state, &first);
    assert!(state.map.chart(LOCAL).is_none(), "that of principal components is not wanted any more");
    let (_, old, _) = project(&first);
    let chart = drawn(&vectors(4), &Recipe::Principal);
    state.receive(Reply::Projecting { backend: LOCAL, ticket: old, epochs: 3, chart: Arc::clone(&chart) });
    assert!(state.map.chart(LOCAL).is_none());
    // What still moves is seen.
    let (_, ticket, _) = project(&second);
    state.receive(Reply::Projecting { backend: LOCAL, ticket, epochs: 3, chart });
    assert_eq!(state.map.sheets[&LOCAL].epochs, Some(3));
    // And taken back where something else is wanted.
    let third = map(&mut state, MapAction::NextMethod);
    assert_eq!(project(&third).2, Recipe::Principal);
    assert_eq!(state.map.sheets[&LOCAL].epochs, None);
}

#[test]
fn a_map_that_was_made_is_not_made_again() {
    let (mut state, effects) = on_map();
    answer_map(&mut state, &effects);
    let effects = map(&mut state, MapAction::NextMethod);
    let (_, ticket, _) = project(&effects);
    state.receive(Reply::Projecting {
        backend: LOCAL,
        ticket,
        epochs: 1,
        chart: drawn(&vectors(4), &Recipe::Principal),
    });
    assert_eq!(map(&mut state, MapAction::NextMethod), [Effect::StopProjecting(LOCAL)]);
    assert_eq!(state.map.chart(LOCAL).map(|chart| chart.method), Some(Method::Principal));
}

#[test]
fn axes_are_embedded_as_queries_and_then_laid() {
    let (mut state, effects) = on_map();
    answer_map(&mut state, &effects);
    map(&mut state, MapAction::OpenAxes);
    assert_eq!(state.mode, Mode::Axes);
    type_text(&mut state, "cold > hot");
    assert_eq!((state.query.text(), state.map.axes.text()), ("", "cold > hot"), "the query is left alone");
    assert_eq!(map(&mut state, MapAction::SubmitAxes), []);
    assert!(state.map.axes_error.as_deref().is_some_and(|error| error.contains("arrow")) && state.mode == Mode::Axes);
    state.act(Action::Edit(Edit::DeleteToStart));
    state.act(Action::Paste("cold -> hot".into()));
    let effects = map(&mut state, MapAction::SubmitAxes);
    let [Effect::EmbedTexts { backend: LOCAL, purpose: Purpose::Axes, ticket, role: Role::Query, texts }] =
        &effects[..]
    else {
        unreachable!("{effects:?}")
    };
    assert_eq!((texts.clone(), state.mode), (vec!["cold".to_owned(), "hot".to_owned()], Mode::Typing));
    let embedded = Arc::new(Embedded { unit: array![[1.0, 0.0], [0.0, 1.0]], infos: vec![INFO; 2] });
    let reply = |ticket, embedded| Reply::TextsEmbedded {
        backend: LOCAL,
        purpose: Purpose::Axes,
        ticket,
        embedded,
        spent: Spent::default(),
    };
    assert_eq!(state.receive(reply(Ticket::numbered(1), Ok(Arc::clone(&embedded)))), [], "a stale one");
    let effects = state.receive(reply(*ticket, Ok(Arc::clone(&embedded))));
    assert_eq!(project(&effects).2, Recipe::Axes(embedded));
    answer_map(&mut state, &effects);
    assert_eq!(state.map.chart(LOCAL).map(|chart| chart.method), Some(Method::Axes));
    // Nothing written goes back.
    map(&mut state, MapAction::OpenAxes);
    state.act(Action::Edit(Edit::DeleteToStart));
    map(&mut state, MapAction::SubmitAxes);
    assert_eq!((state.map.method, state.map.phrases.clone()), (Method::Principal, None));
}

#[test]
fn axes_that_fail_say_why_and_are_asked_for_again_on_request() {
    let (mut state, effects) = on_map();
    answer_map(&mut state, &effects);
    map(&mut state, MapAction::OpenAxes);
    state.act(Action::Paste("cold -> hot".into()));
    let effects = map(&mut state, MapAction::SubmitAxes);
    let Effect::EmbedTexts { ticket, .. } = effects[0] else { unreachable!("{effects:?}") };
    let (backend, purpose, spent) = (LOCAL, Purpose::Axes, Spent::default());
    let embedded = Err("the server is gone".to_owned());
    assert_eq!(state.receive(Reply::TextsEmbedded { backend, purpose, ticket, embedded, spent }), []);
    assert_eq!(state.map.sheets[&LOCAL].failed.as_deref(), Some("the server is gone"));
    assert!(matches!(state.act(Action::Retry)[..], [Effect::EmbedTexts { .. }]));
    // Two phrases that mean the same have no difference.
    state.act(Action::Edit(Edit::DeleteToStart));
    let effects = submit(&mut state, "cold -> cold");
    let embedded = Ok(Arc::new(Embedded { unit: array![[1.0, 0.0], [1.0, 0.0]], infos: vec![INFO; 2] }));
    let Effect::EmbedTexts { ticket, .. } = effects[0] else { unreachable!("{effects:?}") };
    let effects = state.receive(Reply::TextsEmbedded { backend, purpose, ticket, embedded, spent });
    let (_, ticket, _) = project(&effects);
    state.receive(Reply::Projected { backend, ticket, chart: Err("the same vector".into()) });
    // The older map stands, and why it does.
    assert_eq!(state.map_failure(), Some((LOCAL, "the same vector")));
    assert_eq!(state.map.chart(LOCAL).map(|chart| chart.method), Some(Method::Principal));
    project(&state.act(Action::Retry));
}

fn submit(state: &mut State, axes: &str) -> Vec<Effect> {
    map(state, MapAction::OpenAxes);
    state.act(Action::Edit(Edit::DeleteToStart));
    state.act(Action::Paste(axes.into()));
    map(state, MapAction::SubmitAxes)
}

#[test]
fn after_axes_that_failed_the_next_method_is_that_after_the_map_that_stands() {
    let (mut state, effects) = on_map();
    answer_map(&mut state, &effects);
    let fail = |state: &mut State, effects: &[Effect]| {
        let Effect::EmbedTexts { ticket, .. } = effects[0] else { unreachable!("{effects:?}") };
        let (embedded, purpose, spent) = (Err("the server is gone".to_owned()), Purpose::Axes, Spent::default());
        state.receive(Reply::TextsEmbedded { backend: LOCAL, purpose, ticket, embedded, spent });
        assert!(state.map_failure().is_some());
    };
    let effects = submit(&mut state, "cold -> hot");
    fail(&mut state, &effects);
    // Of principal components, t-SNE; what failed is not told of it.
    let effects = map(&mut state, MapAction::NextMethod);
    assert_eq!((project(&effects).2, state.map_failure()), (Recipe::TSne, None));
    answer_map(&mut state, &effects);
    // Then the axes are tried again, and from t-SNE, which stands, it goes to principal components.
    let effects = map(&mut state, MapAction::NextMethod);
    fail(&mut state, &effects);
    map(&mut state, MapAction::NextMethod);
    assert_eq!(state.map.method, Method::Principal);
    assert_eq!(state.map.chart(LOCAL).map(|chart| chart.method), Some(Method::Principal));
    // The same phrases again are asked for again.
    let effects = submit(&mut state, "cold -> hot");
    fail(&mut state, &effects);
    assert!(state.act(Action::ShowScreen(Screen::Search)).is_empty() && state.map_failure().is_none());
}

#[test]
fn the_trail_is_where_the_newest_queries_were() {
    let (mut state, effects) = on_map();
    answer_map(&mut state, &effects);
    for number in 0..TRAIL + 3 {
        rank_with(&mut state, if number % 2 == 0 { "a" } else { "b" }, [0.6, 0.8]);
    }
    assert_eq!(state.map.trail.len(), TRAIL);
    assert_eq!(state.map.trail.last().map(|last| last.query.as_str()), Some(state.query.text()));
    // A letter that is not answered yet adds nothing.
    type_text(&mut state, "x");
    assert_eq!(state.map.trail.len(), TRAIL);
    state.act(Action::Dismiss);
    assert!(state.map.trail.is_empty());
}

#[test]
fn the_arrows_go_through_the_whole_ranking_and_a_click_selects_in_it() {
    let (mut state, _) = on_map();
    assert_eq!((state.row_count(), state.selected_document()), (4, Some(DocumentIndex(0))));
    map(&mut state, MapAction::Take(DocumentIndex(2)));
    assert_eq!(state.selected_document(), Some(DocumentIndex(2)));
    rank_with(&mut state, "a", [0.6, 0.8]);
    assert_eq!((state.list.top_k, state.row_count()), (2, 4));
    // Last of the ranking is the third.
    state.act(Action::SelectLast);
    assert_eq!(state.selected_document(), Some(DocumentIndex(2)));
    map(&mut state, MapAction::Take(DocumentIndex(3)));
    assert_eq!((state.list.selected, state.selected_document()), (2, Some(DocumentIndex(3))));
}

#[test]
fn another_backends_map_is_laid_beside_and_both_follow_the_query() {
    let (mut state, effects) = on_map();
    answer_map(&mut state, &effects);
    rank_with(&mut state, "a", [0.6, 0.8]);
    let effects = map(&mut state, MapAction::ToggleSides);
    assert_eq!((&effects[0], state.visible()), (&Effect::Open(REMOTE), vec![LOCAL, REMOTE]));
    assert_eq!(sent(&effects).0, REMOTE, "the query is ranked as soon as there is anything to rank");
    open(&mut state, REMOTE);
    let effects = state.receive(Reply::Vectors { backend: REMOTE, vectors: vectors(4) });
    let effects = answer_map(&mut state, &effects);
    assert!(state.map.overlay.is_none(), "it is laid elsewhere");
    answer_overlay(&mut state, &effects);
    let overlay = state.map.overlay.clone().expect("both are there");
    assert!(overlay.alignment.is_some_and(|alignment| alignment.residual < 1e-9));
    // A key goes to both.
    let effects = type_text(&mut state, "b");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Search { backend: LOCAL, .. })), "{effects:?}");
    typing_pause(&effects);
    // Swapped, the first is the second: it is laid over the other.
    let effects = state.act(Action::SwapBackend);
    assert_eq!((state.visible(), state.map.overlay.is_none()), (vec![REMOTE, LOCAL], true));
    state.receive(Reply::Overlaid(Arc::clone(&overlay)));
    assert!(state.map.overlay.is_none(), "that is the other way round");
    answer_overlay(&mut state, &effects);
    assert!(state.map.overlay.as_ref().is_some_and(|new| Arc::ptr_eq(&new.moving, &overlay.fixed)));
    assert_eq!(state.panels[LOCAL.0].search, Search::Running, "its map has the query on it too");
    map(&mut state, MapAction::ToggleSides);
    assert_eq!((state.map.sides, state.map.overlay.is_none()), (Sides::One, true));
}

/// Lays the maps over each other that an effect wants to be.
fn answer_overlay(state: &mut State, effects: &[Effect]) {
    let pair = effects.iter().find_map(|effect| match effect {
        Effect::Overlay { moving, fixed } => Some((moving, fixed)),
        _ => None,
    });
    let (moving, fixed) = pair.unwrap_or_else(|| unreachable!("nothing to lay over another in {effects:?}"));
    let overlay = Arc::new(Overlay::new(moving, fixed));
    assert_eq!(state.receive(Reply::Overlaid(overlay)), []);
}

/// Two maps, both of principal components.
fn two_maps() -> State {
    let (mut state, effects) = on_map();
    answer_map(&mut state, &effects);
    map(&mut state, MapAction::ToggleSides);
    open(&mut state, REMOTE);
    let effects = state.receive(Reply::Vectors { backend: REMOTE, vectors: vectors(4) });
    let effects = answer_map(&mut state, &effects);
    answer_overlay(&mut state, &effects);
    state
}

#[test]
fn while_both_maps_move_the_second_stays_laid_over_the_first() {
    let mut state = two_maps();
    let effects = map(&mut state, MapAction::NextMethod);
    let tickets: Vec<(BackendId, Ticket)> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Project { backend, ticket, .. } => Some((*backend, *ticket)),
            _ => None,
        })
        .collect();
    let frame = |state: &mut State, at: usize, epochs| {
        let (backend, ticket) = tickets[at];
        let chart = drawn(state.panels[backend.0].vectors.as_ref().expect("they are there"), &Recipe::TSne);
        state.receive(Reply::Projecting { backend, ticket, epochs, chart })
    };
    let effects = frame(&mut state, 0, 1);
    // One of components is not laid over t-SNE.
    assert_eq!((effects.len(), state.map.overlay.is_none()), (0, true));
    assert!(state.map.stands_alone(LOCAL, REMOTE));
    let effects = frame(&mut state, 1, 1);
    assert!(!state.map.stands_alone(LOCAL, REMOTE));
    // The answer is of a moment ago.
    let newer = frame(&mut state, 0, 2);
    answer_overlay(&mut state, &effects);
    let first = state.map.overlay.clone().expect("a moment ago will do");
    answer_overlay(&mut state, &newer);
    assert!(state.map.overlay.as_ref().is_some_and(|overlay| !Arc::ptr_eq(overlay, &first)));
}

#[test]
fn where_there_is_no_room_for_two_maps_no_other_backend_is_opened() {
    let (mut state, effects) = on_map();
    answer_map(&mut state, &effects);
    state.fit_maps(false);
    assert_eq!(map(&mut state, MapAction::ToggleSides), []);
    assert_eq!((state.map.sides, state.visible()), (Sides::One, vec![LOCAL]));
    assert!(state.notice.as_deref().is_some_and(|notice| notice.contains("no room")));
    state.fit_maps(true);
    assert!(map(&mut state, MapAction::ToggleSides).contains(&Effect::Open(REMOTE)));
    // Where the room has become less, one can go back all the same.
    state.fit_maps(false);
    map(&mut state, MapAction::ToggleSides);
    assert_eq!(state.map.sides, Sides::One);
}

#[test]
fn whoever_says_no_to_sending_the_corpus_is_not_asked_again_for_the_second_map() {
    let (mut state, _) = on_map();
    map(&mut state, MapAction::ToggleSides);
    state.receive(Reply::Opened { backend: REMOTE, card: card(), leaves_machine: Some(ESTIMATE) });
    assert_eq!(state.mode, Mode::Consent);
    let effects = state.act(Action::Decline);
    assert!(!effects.contains(&Effect::Open(REMOTE)), "{effects:?}");
    assert_eq!((state.map.sides, state.active, state.mode), (Sides::One, LOCAL, Mode::Typing));
}

#[test]
fn one_looks_nearer_aside_and_back_at_the_whole() {
    let (mut state, effects) = on_map();
    answer_map(&mut state, &effects);
    map(&mut state, MapAction::Zoom(Nearer::In));
    map(&mut state, MapAction::Pan(Direction::Right));
    let [right, up] = state.map.viewport.offset;
    assert!(right > 0.0 && up.abs() < 1e-12 && state.map.viewport.zoom > 1.0);
    map(&mut state, MapAction::Pan(Direction::Left));
    assert!(state.map.viewport.offset[0].abs() < 1e-12);
    map(&mut state, MapAction::Grab((3, 4)));
    map(&mut state, MapAction::Drag { to: (5, 4), by: [-100_000, 0] });
    assert!((state.map.viewport.offset[0] + 0.1).abs() < 1e-9 && state.map.grabbed == Some((5, 4)));
    map(&mut state, MapAction::LetGo);
    assert_eq!(state.map.grabbed, None);
    map(&mut state, MapAction::ShowAll);
    assert_eq!(state.map.viewport, Viewport::WHOLE);
    // The first document lies at an end of the map; in the middle of the window it is half an extent away.
    map(&mut state, MapAction::Centre);
    let [across, up] = state.map.viewport.offset;
    assert!((across.abs().max(up.abs()) - 0.5).abs() < 1e-6, "{across} {up}");
    map(&mut state, MapAction::ZoomAt(Nearer::Out, [0, 0]));
    map(&mut state, MapAction::ZoomAt(Nearer::Out, [0, 0]));
    map(&mut state, MapAction::ZoomAt(Nearer::Out, [0, 0]));
    assert_eq!(state.map.viewport, Viewport::WHOLE);
}

#[test]
fn signs_are_given_by_topic_or_by_cluster() {
    let (mut state, effects) = on_map();
    let Effect::FindClusters { vectors, .. } = &effects[0] else { unreachable!("{effects:?}") };
    assert!(state.map.groups(LOCAL).is_none());
    let groups = Arc::new(Groups::by_cluster(&state.corpus, vectors));
    state.receive(Reply::Clustered { backend: LOCAL, groups: Arc::clone(&groups) });
    assert_eq!(state.map.groups(LOCAL), Some(&groups));
    // There are no topics to swap to.
    map(&mut state, MapAction::SwapGrouping);
    assert_eq!(state.map.grouping, Grouping::Cluster);
    assert!(state.notice.as_deref().is_some_and(|notice| notice.contains("no topics")));
    let lines: Vec<Lines> = (0..4)
        .map(|_| {
            map(&mut state, MapAction::NextLines);
            state.map.lines
        })
        .collect();
    assert_eq!(lines, [Lines::Selected, Lines::Everyone, Lines::Off, Lines::Query]);
}

#[test]
fn elsewhere_nothing_is_laid_flat() {
    let mut state = ready();
    assert_eq!(state.receive(Reply::Vectors { backend: LOCAL, vectors: vectors(4) }), []);
    state.act(Action::ShowScreen(Screen::Map));
    let effects = state.act(Action::ShowScreen(Screen::Search));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Project { .. })), "{effects:?}");
}
