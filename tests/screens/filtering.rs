//! The filter on every screen, and what a source says of its documents.

use serde_json::json;
use vecscope::corpus::{Duplicate, filter};
use vecscope::engine::SearchOptions;
use vecscope::state::Ticket;
use vecscope::state::action::FilterAction;

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
