//! The Map screen.

use ndarray::{Array1, Array2};
use vecscope::engine::chart::{Chart, NEIGHBOURS, Overlay, Recipe};
use vecscope::engine::{Embedded, Groups, Vectors};
use vecscope::math::neighbourhood::Neighbourhoods;
use vecscope::state::action::{MapAction, Nearer};
use vecscope::state::effect::Purpose;

use super::lab::DIMENSIONS;
use super::*;

const INFO: TextInfo = TextInfo { tokens: TokenCount { total: 9, used: 9, estimated: false }, norm: 5.5 };

/// In how many dimensions the sentences lie.
const USED: usize = 12;

/// Vectors by rule: ten documents of a topic around a direction of their own, in twelve dimensions. `turn` makes another
/// model of it.
fn vectors(documents: usize, turn: usize) -> Arc<Vectors> {
    // As many as the vectors of the lab have: both screens see the same backend.
    let mut unit = Array2::from_shape_fn((documents, DIMENSIONS), |(row, column)| {
        if column >= USED {
            return 0.0;
        }
        let stray =
            f32::from(u16::try_from((row * 131 + column * 71 + row * column * (3 + turn)) % 97).expect("small"));
        let own = if column == (row / 10 + turn) % USED { 0.9 } else { 0.0 };
        own + stray / 150.0 - 0.32
    });
    for mut row in unit.rows_mut() {
        let norm = row.dot(&row).sqrt();
        row /= norm;
    }
    let rows = (0..documents).map(DocumentIndex).collect();
    Arc::new(Vectors { unit, documents: rows, infos: vec![INFO; documents], embedded: documents })
}

/// Does what the backends' workers and the threads of the map do.
pub(super) fn work(state: &mut State, effect: Effect) -> Vec<Effect> {
    match effect {
        Effect::ShareVectors(backend) => {
            let vectors = vectors(state.corpus.documents.len(), backend.0);
            state.receive(Reply::Vectors { backend, vectors })
        }
        Effect::Project { backend, ticket, vectors, recipe } => {
            let neighbourhoods = Arc::new(Neighbourhoods::of(&vectors.unit, NEIGHBOURS));
            // t-SNE is not of interest here, and slow: what it starts from will do.
            let plain = Chart::draw(&vectors, &neighbourhoods, &Recipe::Principal, &mut |_, _| true);
            let chart = if recipe == Recipe::TSne {
                let places = plain.expect("a plane").expect("nobody stops it").places;
                let mut chart = Chart::new(&vectors, &neighbourhoods, recipe.method(), None, places);
                chart.preserved = Some(neighbourhoods.preserved(&vectors.unit, &chart.places));
                Ok(Arc::new(chart))
            } else {
                let chart = Chart::draw(&vectors, &neighbourhoods, &recipe, &mut |_, _| true);
                let chart = chart.map(|chart| {
                    let mut chart = chart.expect("nobody stops it");
                    chart.time = TIME;
                    Arc::new(chart)
                });
                chart.map_err(|flat| flat.to_string())
            };
            state.receive(Reply::Projected { backend, ticket, chart })
        }
        Effect::Overlay { moving, fixed } => state.receive(Reply::Overlaid(Arc::new(Overlay::new(&moving, &fixed)))),
        Effect::FindClusters { backend, vectors } => {
            let groups = Arc::new(Groups::by_cluster(&state.corpus, &vectors));
            state.receive(Reply::Clustered { backend, groups })
        }
        Effect::EmbedTexts { backend, purpose: Purpose::Axes, ticket, texts, .. } => {
            let mut unit = Array2::zeros((texts.len(), DIMENSIONS));
            for (row, text) in texts.iter().enumerate() {
                unit[[row, (text.len() * 2 + row) % USED]] = 1.0;
            }
            let embedded = Ok(Arc::new(Embedded { infos: vec![INFO; texts.len()], unit }));
            let spent = state.panels[backend.0].spent;
            state.receive(Reply::TextsEmbedded { backend, purpose: Purpose::Axes, ticket, embedded, spent })
        }
        _ => Vec::new(),
    }
}

const TIME: Duration = Duration::from_micros(1_900);

fn act(state: &mut State, action: Action) {
    let effects = state.act(action);
    answer(state, effects, 0, &local_card());
}

fn map(state: &mut State, action: MapAction) {
    act(state, Action::Map(action));
}

fn mapped() -> State {
    let mut state = ready();
    act(&mut state, Action::ShowScreen(Screen::Map));
    state
}

/// Types a query whose vector is that of a document, so that it lies on it.
pub(super) fn with_query(state: &mut State, text: &str, document: usize) {
    for character in text.chars() {
        for effect in state.act(Action::Edit(Edit::Insert(character))) {
            let Effect::Search { backend, ticket, query, options } = effect else { continue };
            let mut ranking = filtering::ranked(ranking(state, &query, document), &options);
            let vector =
                state.panels[backend.0].vectors.as_ref().expect("they are there").unit.row(document).to_owned();
            // A little aside of it, and more with each letter.
            let aside = Array1::from_shape_fn(DIMENSIONS, |at| if at == query.len() % USED { 0.4 } else { 0.0 });
            ranking.vector = Arc::new(vector + aside);
            let (card, spent) = (local_card(), state.panels[backend.0].spent);
            state.receive(Reply::Ranked { backend, ticket, ranking: Arc::new(ranking), card, spent });
        }
    }
}

#[test]
fn the_corpus_by_topic() {
    assert_screens("map", &mut mapped());
}

#[test]
fn a_query_its_trail_and_its_true_nearest() {
    let mut state = mapped();
    with_query(&mut state, "how do", 14);
    state.act(Action::SelectNext);
    assert_screens("map_query", &mut state);
    act(&mut state, Action::ToggleExplanation);
    assert_screens("map_facts", &mut state);
}

#[test]
fn lines_clusters_and_a_closer_look() {
    let mut state = mapped();
    map(&mut state, MapAction::NextLines);
    map(&mut state, MapAction::SwapGrouping);
    map(&mut state, MapAction::Zoom(Nearer::In));
    map(&mut state, MapAction::Centre);
    insta::assert_snapshot!("map_closer", screen(&mut state, (120, 36)));
    map(&mut state, MapAction::NextLines);
    map(&mut state, MapAction::ShowAll);
    insta::assert_snapshot!("map_everyone", screen(&mut state, (80, 24)));
}

#[test]
fn axes_by_meaning_are_written_and_laid() {
    let mut state = mapped();
    map(&mut state, MapAction::OpenAxes);
    state.act(Action::Paste("cold -> hot, cheap ->".into()));
    map(&mut state, MapAction::SubmitAxes);
    assert_screens("map_axes_line", &mut state);
    state.act(Action::Paste(" expensive".into()));
    map(&mut state, MapAction::SubmitAxes);
    assert_screens("map_axes", &mut state);
}

/// The Map screen with two maps, both there.
fn two_maps() -> State {
    let mut state = mapped();
    let effects = state.act(Action::Map(MapAction::ToggleSides));
    answer(&mut state, effects, 0, &openai_card());
    let effects = state.receive(Reply::Opened { backend: OPENAI, card: openai_card(), leaves_machine: None });
    answer(&mut state, effects, 0, &openai_card());
    let (progress, spent) = (Progress { done: 100, total: 100, ..Progress::default() }, Spent::default());
    let effects = state.receive(Reply::Embedded { backend: OPENAI, progress, card: openai_card(), spent });
    answer(&mut state, effects, 0, &openai_card());
    state
}

#[test]
fn of_two_maps_with_axes_by_meaning_neither_is_turned() {
    let mut state = two_maps();
    map(&mut state, MapAction::OpenAxes);
    state.act(Action::Paste("cold -> hot".into()));
    map(&mut state, MapAction::SubmitAxes);
    insta::assert_snapshot!("map_two_axes", screen(&mut state, (120, 36)));
    assert!(screen(&mut state, (80, 24)).contains("neither is turned"));
}

#[test]
fn lines_of_what_moved_most_are_named_and_go_with_the_others() {
    let mut state = two_maps();
    for size in [(120, 36), (80, 24)] {
        assert!(screen(&mut state, size).contains("dotted: "), "{}", screen(&mut state, size));
    }
    for _ in 0..3 {
        map(&mut state, MapAction::NextLines);
    }
    for size in [(120, 36), (80, 24)] {
        let shown = screen(&mut state, size);
        let dots = shown.chars().filter(|sign| ('\u{2801}'..='\u{28ff}').contains(sign)).count();
        assert_eq!((shown.contains("dotted"), dots), (false, 0), "{shown}");
        // The signs of the legend are on the map too.
        assert!("●■▲◆○□△◇★☆".chars().all(|sign| shown.matches(sign).count() > 2), "{shown}");
    }
}

#[test]
fn which_lines_there_are_is_told_apart_where_there_is_little_room() {
    let mut state = mapped();
    map(&mut state, MapAction::NextMethod);
    with_query(&mut state, "how do", 14);
    for said in ["lines: query ", "lines: selected ", "lines: all "] {
        let shown = screen(&mut state, (80, 24));
        assert!(shown.contains(said), "{said}: {shown}");
        map(&mut state, MapAction::NextLines);
    }
}

#[test]
fn axes_that_failed_are_told_over_the_map_that_stands() {
    let mut state = mapped();
    map(&mut state, MapAction::OpenAxes);
    state.act(Action::Paste("cold -> cold".into()));
    let effects = state.act(Action::Map(MapAction::SubmitAxes));
    let Effect::EmbedTexts { backend, ticket, .. } = effects[0] else { unreachable!("{effects:?}") };
    let (embedded, spent) = (Err("the server is gone".into()), Spent::default());
    state.receive(Reply::TextsEmbedded { backend, purpose: Purpose::Axes, ticket, embedded, spent });
    for size in [(120, 36), (80, 24), (40, 10)] {
        let shown = screen(&mut state, size);
        assert!(shown.contains("PCA") && shown.contains("✗ no axes"), "{shown}");
    }
    assert!(screen(&mut state, (80, 24)).contains("the server is gone"));
}

#[test]
fn where_there_is_no_room_for_two_maps_that_is_said() {
    let mut state = mapped();
    screen(&mut state, (40, 10));
    assert_eq!(state.act(Action::Map(MapAction::ToggleSides)), []);
    assert!(screen(&mut state, (40, 10)).contains("no room for 2 maps"));
}

#[test]
fn a_query_that_failed_has_no_place() {
    let mut state = mapped();
    with_query(&mut state, "how do", 14);
    assert!(screen(&mut state, (80, 24)).contains('◎'));
    let effects = state.act(Action::Edit(Edit::Insert('x')));
    let Some(Effect::Search { backend, ticket, .. }) =
        effects.into_iter().find(|it| matches!(it, Effect::Search { .. }))
    else {
        unreachable!("it is searched")
    };
    assert!(screen(&mut state, (80, 24)).contains('◎'), "that of before, while the next is on its way");
    state.receive(Reply::SearchFailed { backend, ticket, message: "it is nothing".into() });
    assert!(!screen(&mut state, (80, 24)).contains('◎'));
}

#[test]
fn ids_that_are_only_numbers_are_not_read_as_ranks() {
    let mut corpus = bundled::corpus();
    for (number, document) in corpus.documents.iter_mut().enumerate() {
        document.id = (number + 1_500).to_string();
    }
    let mut state = start(corpus);
    open(&mut state, LOCAL, local_card());
    act(&mut state, Action::ShowScreen(Screen::Map));
    with_query(&mut state, "how do", 14);
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("sentence 1514"), "the selected one is named in full: {shown}");
    let map: Vec<String> = shown.lines().map(|line| line.chars().take(76).collect()).collect();
    assert!(!map.iter().any(|line| line.contains(" 15")), "{shown}");
}

#[test]
fn one_sentence_alone_has_no_neighbours_to_keep() {
    let mut corpus = bundled::corpus();
    corpus.documents.truncate(1);
    let mut state = start(corpus);
    open(&mut state, LOCAL, local_card());
    act(&mut state, Action::ShowScreen(Screen::Map));
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("no neighbours to keep") && !shown.contains("preserved"), "{shown}");
}

#[test]
fn two_maps_side_by_side() {
    let mut state = mapped();
    let effects = state.act(Action::Map(MapAction::ToggleSides));
    assert_eq!(effects, [Effect::Open(OPENAI)]);
    let effects = state.receive(Reply::Opened { backend: OPENAI, card: openai_card(), leaves_machine: None });
    answer(&mut state, effects, 0, &openai_card());
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("0 of 100 embedded; the map comes"), "{shown}");
    let (progress, spent) = (Progress { done: 100, total: 100, ..Progress::default() }, Spent::default());
    let effects = state.receive(Reply::Embedded { backend: OPENAI, progress, card: openai_card(), spent });
    answer(&mut state, effects, 0, &openai_card());
    assert_screens("map_two", &mut state);
}

#[test]
fn what_is_missing_is_said_in_the_place_of_the_map() {
    let mut state = start(bundled::corpus());
    state.act(Action::ShowScreen(Screen::Map));
    state.receive(Reply::Opened { backend: LOCAL, card: local_card(), leaves_machine: None });
    let (progress, spent) = (Progress { done: 32, total: 100, ..Progress::default() }, Spent::default());
    state.receive(Reply::Embedded { backend: LOCAL, progress, card: local_card(), spent });
    assert_screens("map_embedding", &mut state);
    state.receive(Reply::Failed { backend: LOCAL, message: "the model is broken".into() });
    assert!(screen(&mut state, (80, 24)).contains("the model is broken"));
}

#[test]
fn many_points_are_dots_and_those_that_matter_are_signs() {
    let mut corpus = bundled::corpus();
    let documents = corpus.documents.clone();
    corpus.documents =
        (0..1_500).map(|number| Document { id: format!("d{number}"), ..documents[number % 100].clone() }).collect();
    let mut state = start(corpus);
    open(&mut state, LOCAL, local_card());
    act(&mut state, Action::ShowScreen(Screen::Map));
    insta::assert_snapshot!("map_many", screen(&mut state, (80, 24)));
}

#[test]
fn a_topic_has_a_sign_of_its_own_without_colour_too() {
    let mut state = mapped();
    let coloured = screen(&mut state, (120, 36));
    state.appearance = Appearance::Plain;
    assert_eq!(coloured, screen(&mut state, (120, 36)));
    let signs: Vec<char> = "●■▲◆○□△◇★☆".chars().collect();
    assert!(signs.iter().all(|&sign| coloured.matches(sign).count() > 1), "{coloured}");
}

#[test]
fn the_pointer_names_selects_drags_and_looks_nearer() {
    let mut state = mapped();
    let layout = |state: &State| Layout::build(Rect::new(0, 0, 120, 36), state).expect("it is large enough");
    let now = layout(&state);
    let shown = screen(&mut state, (120, 36));
    // Any sign of money, wherever it lies.
    let sign_in = |line: &str| line.chars().take(70).position(|sign| sign == '▲');
    let found = shown.lines().enumerate().find_map(|(row, line)| Some((row, sign_in(line)?)));
    // A line begins with a quotation mark.
    let (row, column) = found.map(|(row, column)| (row, column - 1)).expect("it is on the map");
    let at = Position::new(u16::try_from(column).expect("small"), u16::try_from(row).expect("small"));
    let Some(Action::Map(MapAction::Point(Some(document)))) = now.point(at, &state) else { unreachable!("{shown}") };
    assert_eq!(state.corpus[document].topic.as_deref(), Some("money"));
    map(&mut state, MapAction::Point(Some(document)));
    assert_eq!(now.point(at, &state), None, "it is named already");
    let id = state.corpus[document].id.clone();
    assert!(screen(&mut state, (120, 36)).lines().any(|line| line.chars().take(72).collect::<String>().contains(&id)));
    let Some(Action::Map(MapAction::Take(taken))) = now.click(at, &state) else { unreachable!("{shown}") };
    map(&mut state, MapAction::Take(taken));
    assert_eq!(state.selected_document(), Some(document));
    // An empty corner is taken hold of, and the map follows.
    let corner = Position::new(2, 6);
    assert_eq!(now.drag(corner, &state), None);
    assert_eq!(now.click(corner, &state), Some(Action::Map(MapAction::Grab((2, 6)))));
    map(&mut state, MapAction::Zoom(Nearer::In));
    map(&mut state, MapAction::Grab((2, 6)));
    let Some(drag) = layout(&state).drag(Position::new(9, 6), &state) else { unreachable!("it is held") };
    act(&mut state, drag);
    assert!(state.map.viewport.offset[0] < 0.0, "what was on the left comes into sight");
    act(&mut state, Action::Map(MapAction::LetGo));
    // The wheel leaves what is under the pointer there.
    let under = |state: &State| match layout(state).wheel(at, Nearer::In, state) {
        Some(Action::Map(MapAction::ZoomAt(Nearer::In, place))) => place,
        other => unreachable!("{other:?}"),
    };
    let before = under(&state);
    for _ in 0..3 {
        let place = under(&state);
        map(&mut state, MapAction::ZoomAt(Nearer::In, place));
    }
    let moved = [0, 1].map(|axis| under(&state)[axis] - before[axis]);
    assert!(moved.iter().all(|moved| moved.abs() < 10), "{moved:?} millionths");
    assert_eq!(layout(&state).wheel(Position::new(110, 20), Nearer::In, &state), None, "the list scrolls");
    // A row of the list is selected by a click too.
    let rows = layout(&state).rows;
    assert_eq!(
        layout(&state).click(Position::new(rows.x, rows.y + 1), &state),
        Some(Action::Select(state.list.first + 1))
    );
}
