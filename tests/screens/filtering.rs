//! The filter on every screen, and what a source says of its documents.

use serde_json::json;
use vecscope::corpus::{Duplicate, filter};
use vecscope::engine::index::GraphState;
use vecscope::engine::{Method, Recall, SearchOptions};
use vecscope::state::Ticket;
use vecscope::state::action::{FilterAction, MapAction};

use super::*;

/// What a worker would say of a filter.
pub(super) fn selected(ticket: Ticket, written: &str, corpus: &Corpus) -> Reply {
    let selection = filter::select(written, corpus).map(|selection| Arc::new(selection.expect("it is not blank")));
    Reply::Selected { ticket, selection: selection.map_err(|error| error.to_string()) }
}

/// A ranking as options ask for it.
pub(super) fn ranked(mut all: Ranking, options: &SearchOptions) -> Ranking {
    all.method = options.method;
    let Some(selection) = &options.selection else { return all };
    let some = all.ranked.into_iter().filter(|ranked| selection.holds(ranked.document)).collect();
    let mut ranking = Ranking::new(all.query, all.query_info, some, all.documents, all.timings);
    (ranking.embedded, ranking.method) = (all.embedded, options.method);
    ranking
}

/// The bundled sentences as a person's own, with years, languages and duplicates.
fn library() -> Corpus {
    let mut corpus = Corpus { name: "library.csv".into(), bundled: false, ..bundled::corpus() };
    corpus.fields = ["year", "lang", "tags", "source"].map(str::to_owned).into();
    for (number, document) in corpus.documents.iter_mut().enumerate() {
        let lang = if number % 3 == 0 { "de" } else { "en" };
        let tags = json!(["read", format!("shelf {}", number % 7)]);
        document.metadata =
            [json!(1950 + number), json!(lang), tags, json!(format!("https://example.org/{number}"))].into();
    }
    let copy = |id: &str| Duplicate { id: id.into(), metadata: [json!(2024), json!("en")].into() };
    corpus.documents[0].duplicates = [copy("copy-1"), copy("copy-2")].into();
    corpus
}

fn opened() -> State {
    let mut state = start(library());
    open(&mut state, LOCAL, local_card());
    state
}

fn write(state: &mut State, written: &str) {
    let effects = state.act(Action::Filter(FilterAction::Open));
    answer(state, effects, 0, &local_card());
    rank(state, written, 0, &local_card());
}

#[test]
fn a_filter_while_it_is_written() {
    let mut state = opened();
    write(&mut state, "year>=1990 -lang:de");
    assert_screens("filter_written", &mut state);
}

#[test]
fn a_filter_with_something_wrong_in_it() {
    let mut state = opened();
    write(&mut state, "year>=1990 langg:de");
    for size in SIZES {
        let shown = screen(&mut state, size);
        assert!(shown.contains("✗ column 12: no field is called"), "{shown}");
    }
}

#[test]
fn a_query_among_what_a_filter_lets_through() {
    let mut state = opened();
    rank(&mut state, "how do I ask a database", 40, &local_card());
    write(&mut state, "year<1990 lang:en");
    state.act(Action::Filter(FilterAction::Keep));
    assert_screens("filtered", &mut state);
}

#[test]
fn every_screen_says_that_a_filter_holds_or_that_it_does_not() {
    let mut state = opened();
    write(&mut state, "lang:en");
    state.act(Action::Filter(FilterAction::Keep));
    for screen_of in Screen::ALL {
        let effects = state.act(Action::ShowScreen(screen_of));
        answer(&mut state, effects, 0, &local_card());
        rank(&mut state, "a question about it", 0, &local_card());
        for size in SIZES {
            let shown = screen(&mut state, size);
            let says = if screen_of == Screen::Lab { "all 100" } else { "67 of 100" };
            assert!(shown.contains(says), "{screen_of:?} {size:?}\n{shown}");
        }
    }
}

#[test]
fn nothing_that_passes_is_said() {
    let mut state = opened();
    write(&mut state, "lang:xx");
    state.act(Action::Filter(FilterAction::Keep));
    assert!(screen(&mut state, (80, 24)).contains("no sentence passes the filter"));
    rank(&mut state, "a question", 0, &local_card());
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("no sentence passes the filter") && shown.contains("top 0 of 0 of 100"), "{shown}");
}

/// The Map screen with a filter.
fn mapped(written: &str) -> State {
    let mut state = opened();
    let effects = state.act(Action::ShowScreen(Screen::Map));
    answer(&mut state, effects, 0, &local_card());
    write(&mut state, written);
    let effects = state.act(Action::Filter(FilterAction::Keep));
    answer(&mut state, effects, 0, &local_card());
    state
}

#[test]
fn the_map_counts_what_passes_and_says_what_is_of_all() {
    let mut state = mapped("lang:de");
    let shown = screen(&mut state, (120, 36));
    // The first ten have a German one in the first place and in every third from there, the second ten in the third.
    for said in ["● databases 4 ", "■ programming 3 ", "preserved 37 % · of all 100", "of all 100, without the filter"]
    {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert!(shown.contains("of 10 true nearest of all ") && shown.contains("of 10 nearest of all it keeps"), "{shown}");
    for size in [(80, 24), (40, 10)] {
        let shown = screen(&mut state, size);
        assert!(shown.contains("near 37 % · of all"), "{shown}");
    }
    state.act(Action::ToggleExplanation);
    assert!(screen(&mut state, (40, 10)).contains("of all 100, without the filter"));
    let mut state = mapped("");
    assert!(!screen(&mut state, (120, 36)).contains("of all"));
}

#[test]
fn the_map_ranks_and_joins_what_passes() {
    let dots = |shown: &str| shown.chars().filter(|sign| ('\u{2801}'..='\u{28ff}').contains(sign)).count();
    let mut state = mapped("id:s002");
    // From one sentence alone there is no line to another.
    for _ in 0..2 {
        state.act(Action::Map(MapAction::NextLines));
        let shown = screen(&mut state, (120, 36));
        assert_eq!(dots(&shown), 0, "{shown}");
    }
    map::with_query(&mut state, "how do", 14);
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("1st by cosine, 1st on the map"), "{shown}");
}

#[test]
fn the_pointer_finds_no_point_that_is_not_seen() {
    let mut state = mapped("");
    let all = Layout::build(Rect::new(0, 0, 120, 36), &state).expect("it is large enough");
    screen(&mut state, (120, 36));
    let cells = || (1..75).flat_map(|x| (5..32).map(move |y| Position::new(x, y)));
    let pointed = |state: &State| -> Vec<DocumentIndex> {
        let found = cells().filter_map(|at| match all.point(at, state) {
            Some(Action::Map(MapAction::Point(document))) => document,
            _ => None,
        });
        found.collect()
    };
    let is_sport = |state: &State, document: &DocumentIndex| state.corpus[*document].topic.as_deref() == Some("sport");
    assert!(pointed(&state).iter().any(|document| !is_sport(&state, document)));
    let other = pointed(&state).into_iter().find(|document| !is_sport(&state, document));
    state.act(Action::Map(MapAction::Point(other)));
    write(&mut state, "topic:sport");
    state.act(Action::Filter(FilterAction::Keep));
    assert_eq!(state.map.pointed, None, "what it pointed at is not there any more");
    let found = pointed(&state);
    assert!(!found.is_empty() && found.iter().all(|document| is_sport(&state, document)));
}

#[test]
fn what_is_of_the_whole_corpus_says_so() {
    let mut state = pipeline::ready();
    state.act(Action::ShowScreen(Screen::Pipeline));
    state.act(Action::ToggleEvaluation);
    for size in SIZES {
        assert!(!screen(&mut state, size).contains("without the f"));
    }
    state.act(Action::Dismiss);
    write(&mut state, "topic:sport");
    state.act(Action::Filter(FilterAction::Keep));
    state.act(Action::ToggleEvaluation);
    for size in SIZES {
        let shown = screen(&mut state, size);
        assert!(shown.contains("40 labelled queries, without the f"), "{shown}");
    }
}

#[test]
fn two_models_are_compared_on_what_passes() {
    let mut state = opened();
    state.act(Action::ShowScreen(Screen::Compare));
    open(&mut state, OPENAI, openai_card());
    write(&mut state, "lang:de");
    state.act(Action::Filter(FilterAction::Keep));
    rank(&mut state, "a question about it", 0, &local_card());
    state.act(Action::ToggleExplanation);
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("of the 34 sentences that pass the filter") && shown.contains("by chance: 0.29"), "{shown}");
    state.act(Action::ToggleDisagreements);
    for size in [(120, 36), (80, 24)] {
        let shown = screen(&mut state, size);
        assert!(shown.contains("only what passes the filter is listed; its nearest are among all 100"), "{shown}");
    }
}

#[test]
fn the_map_shows_the_points_of_what_passes() {
    let mut state = opened();
    let effects = state.act(Action::ShowScreen(Screen::Map));
    answer(&mut state, effects, 0, &local_card());
    let signs = |state: &mut State| screen(state, (120, 36)).chars().filter(|sign| "●■▲◆".contains(*sign)).count();
    let all = signs(&mut state);
    write(&mut state, "lang:de");
    state.act(Action::Filter(FilterAction::Keep));
    let some = signs(&mut state);
    assert!(some < all, "{some} of {all}");
}

/// The last line of the screen.
fn status(state: &mut State, size: (u16, u16)) -> String {
    screen(state, size).lines().last().expect("a line").to_owned()
}

#[test]
fn what_was_measured_of_a_way_of_searching_is_said_with_little_room_too() {
    let documents = ["apple", "pear", "plum"].map(|text| Document::new(text, text));
    let mut state = start(Corpus::new("fruit.txt", documents.into()));
    open(&mut state, LOCAL, local_card());
    let recall = |method, share| Recall {
        method,
        k: 10,
        queries: 100,
        recall: share,
        exact: Duration::from_millis(41),
        time: Duration::from_micros(3_100),
    };
    let act = |state: &mut State, action| {
        let effects = state.act(action);
        answer(state, effects, 0, &local_card());
    };
    let measured = |state: &mut State, recall| {
        state.receive(Reply::RecallMeasured { backend: LOCAL, recall: Ok(recall) });
    };
    act(&mut state, Action::NextMethod);
    // With nothing typed as with a query.
    measured(&mut state, recall(Method::TwoPass, 0.9989));
    let whole = "two-pass · recall@10 0.998 of 100 queries · 3.1 ms for 41.0 exact";
    for typed in ["", "a red apple"] {
        rank(&mut state, typed, 0, &local_card());
        for size in [(120, 36), (80, 24)] {
            let line = status(&mut state, size);
            assert!(line.contains(whole), "{line}");
        }
    }
    let line = status(&mut state, (40, 10));
    assert!(line.contains(" recall@10 0.998"), "{line}");
    // A filter has its place beside it, and is none of what is measured.
    write(&mut state, "apple");
    act(&mut state, Action::Filter(FilterAction::Keep));
    for (size, said) in [((120, 36), "41.0 exact (no filter)"), ((80, 24), "two-pass · recall@10 0.998 (no filter)")] {
        let line = status(&mut state, size);
        assert!(line.contains("1 of 3: apple") && line.contains(said), "{line}");
    }
    // What is measured of one way says nothing of the next; and of one that is not ready, nothing is measured.
    act(&mut state, Action::NextMethod);
    assert!(!status(&mut state, (120, 36)).contains("0.998"));
    measured(&mut state, recall(Method::Exact, 1.0));
    for size in [(120, 36), (80, 24)] {
        let line = status(&mut state, size);
        assert!(line.contains("HNSW was not ready (Alt+Y again)") && !line.contains("1.000"), "{line}");
    }
}

#[test]
fn a_search_that_is_exact_all_the_same_says_why() {
    let mut state = opened();
    for _ in 0..2 {
        state.act(Action::NextMethod);
    }
    let exactly = |state: &mut State, some: bool| {
        let mut effects = state.act(Action::Edit(Edit::Insert('a')));
        effects.retain(|effect| matches!(effect, Effect::Search { .. }));
        let Some(Effect::Search { backend, ticket, query, options }) = effects.pop() else { unreachable!("none") };
        assert_eq!(options.selection.is_some(), some);
        let mut ranking = ranked(ranking(state, &query, 0), &options);
        ranking.method = Method::Exact;
        let (ranking, card, spent) = (Arc::new(ranking), local_card(), state.panels[backend.0].spent);
        state.receive(Reply::Ranked { backend, ticket, ranking, card, spent });
    };
    exactly(&mut state, false);
    assert!(status(&mut state, (80, 24)).contains("exact: the graph is not ready"));
    state.receive(Reply::GraphGrown { backend: LOCAL, graph: GraphState::Growing { done: 40, total: 100 } });
    assert!(status(&mut state, (120, 36)).contains("exact until the graph is there: 40 of 100"));
    state.receive(Reply::GraphGrown { backend: LOCAL, graph: GraphState::Grown });
    write(&mut state, "id:s001");
    state.act(Action::Filter(FilterAction::Keep));
    exactly(&mut state, true);
    let line = status(&mut state, (120, 36));
    assert!(line.contains("exact: HNSW not needed for 1 sentence"), "{line}");
}
