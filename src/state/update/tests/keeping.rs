//! A corpus whose vectors a collection keeps.

use super::corpus::{add, corpus, notice, read};
use super::*;
use crate::engine::Method;
use crate::state::StoreCard;
use crate::state::editor::CorpusAction;

/// A collection as the place of the first backend's vectors.
fn collected(keeps_changes: bool) -> State {
    let mut state = ready();
    let (name, location) = ("notes at chroma.example".into(), Location::Remote("chroma.example".into()));
    state.panels[LOCAL.0].store = Some(StoreCard { name, location, keeps_changes });
    state.prepare_editor();
    state
}

#[test]
fn what_a_collection_keeps_at_once_need_not_be_saved_unless_it_has_missed_something() {
    let mut state = collected(true);
    add(&mut state, "east wind");
    assert!(state.editor.is_unsaved(), "it has no vector yet");
    let total = state.corpus.documents.len();
    let progress = Progress { done: total, restored: 0, total };
    state.receive(Reply::Resumed { backend: LOCAL, card: card(), progress, leaves_machine: None });
    assert!(!state.editor.is_unsaved());
    let trouble =
        |backend, message: &str, is_behind| Reply::StoreTrouble { backend, message: Some(message.into()), is_behind };
    state.receive(trouble(REMOTE, "a cache of another backend is damaged", true));
    assert_eq!(state.act(Action::Quit), [Effect::Quit]);
    state.receive(trouble(LOCAL, "nobody answers", true));
    assert_eq!((notice(&state), state.editor.is_unsaved()), ("nobody answers", true));
    assert_eq!(state.act(Action::Quit), []);
    state.receive(trouble(REMOTE, "that other cache is new", false));
    assert!(state.editor.is_unsaved());
    state.receive(trouble(LOCAL, "it answers again", false));
    assert!(!state.editor.is_unsaved());
    // Another corpus is kept nowhere.
    assert_eq!(corpus(&mut state, CorpusAction::Open), []);
    type_text(&mut state, "x.txt");
    corpus(&mut state, CorpusAction::Submit);
    read(&mut state, "x.txt", false);
    add(&mut state, "hail");
    assert!(state.editor.is_unsaved());
    // Nor are changes of a file, of which the collection has but a copy.
    let mut state = collected(false);
    add(&mut state, "east wind");
    assert!(state.editor.is_unsaved());
}

#[test]
fn the_store_is_one_of_the_ways_to_search_where_there_is_one() {
    let methods = |state: &mut State| {
        [(); 4].map(|()| {
            state.act(Action::NextMethod);
            state.search.method
        })
    };
    let way = [Method::TwoPass, Method::Hnsw, Method::Exact, Method::TwoPass];
    assert_eq!(methods(&mut ready()), way);
    let way = [Method::TwoPass, Method::Hnsw, Method::Store, Method::Exact];
    assert_eq!(methods(&mut collected(true)), way);
}

#[test]
fn texts_go_to_whoever_embeds_them_and_to_whoever_keeps_them() {
    let state = collected(true);
    assert_eq!(state.panels[LOCAL.0].receivers(), [Location::Remote("chroma.example".into())]);
    assert_eq!(ready().panels[LOCAL.0].receivers(), []);
}
