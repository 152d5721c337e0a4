//! Why a sentence stands where it stands: what is asked for, of whom, and when.

use ndarray::{Array1, array};

use super::*;
use crate::backend::{Role, TextInfo, TokenCount};
use crate::engine::ablation;
use crate::engine::{Ablation, Embedded, Vectors};
use crate::state::effect::Purpose;
use crate::state::why::Page;

const INFO: TextInfo = TextInfo { tokens: TokenCount { total: 3, used: 3, estimated: false }, norm: 1.0 };

/// Four documents in a plane, one for each direction.
fn vectors() -> Arc<Vectors> {
    let unit = array![[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]];
    let documents = (0..4).map(DocumentIndex).collect();
    Arc::new(Vectors { unit, documents, infos: vec![INFO; 4], embedded: 4 })
}

/// Types a text, and ranks it by a vector.
fn rank_by(state: &mut State, backend: BackendId, text: &str, vector: [f32; 2]) -> Vec<Effect> {
    let (_, ticket, query) = sent(&type_text(state, text));
    let mut ranking = ranking(&query, &[vector[1], vector[0], -vector[1], -vector[0]]);
    ranking.vector = Arc::new(Array1::from(vector.to_vec()));
    answer(state, backend, ticket, ranking)
}

/// The search screen with the words of the query left out one by one, and the documents' vectors there.
fn explaining() -> State {
    let mut state = ready();
    let effects = state.act(Action::NextPage);
    assert_eq!((state.why.page, effects), (Page::Words, vec![Effect::ShareVectors(LOCAL)]));
    assert_eq!(state.receive(Reply::Vectors { backend: LOCAL, vectors: vectors() }), []);
    state
}

#[track_caller]
fn asked(effects: &[Effect]) -> (Ticket, Vec<String>) {
    let texts = effects.iter().find_map(|effect| match effect {
        Effect::EmbedTexts { purpose: Purpose::Words, ticket, role: Role::Query, texts, .. } => {
            Some((*ticket, texts.clone()))
        }
        _ => None,
    });
    texts.unwrap_or_else(|| unreachable!("no texts in {effects:?}"))
}

fn by_rule(rows: usize) -> Arc<Embedded> {
    let unit = ndarray::Array2::from_shape_fn((rows, 2), |(row, column)| if row % 2 == column { 1.0 } else { 0.0 });
    Arc::new(Embedded { unit, infos: vec![INFO; rows] })
}

fn came(state: &mut State, ticket: Ticket, embedded: Result<Arc<Embedded>, String>) -> Vec<Effect> {
    let spent = Spent::default();
    state.receive(Reply::TextsEmbedded { backend: LOCAL, purpose: Purpose::Words, ticket, embedded, spent })
}

#[test]
fn nothing_is_asked_for_while_the_score_alone_is_shown() {
    let mut state = ready();
    let effects = rank_by(&mut state, LOCAL, "cold north", [0.0, 1.0]);
    assert!(effects.iter().all(|effect| matches!(effect, Effect::StartTimer { .. })), "{effects:?}");
}

#[test]
fn each_word_is_left_out_once_and_the_answer_is_that_of_the_newest_query() {
    let mut state = explaining();
    let (ticket, texts) = asked(&rank_by(&mut state, LOCAL, "cold north", [0.0, 1.0]));
    assert_eq!(texts, ["north", "cold"]);
    assert_eq!(state.act(Action::SelectNext), [], "the words are the same for every sentence");
    let effects = came(&mut state, ticket, Ok(by_rule(2)));
    let [Effect::Ablate { backend: LOCAL, ticket: same, ranking, rests, vectors, selection: None }] =
        effects.as_slice()
    else {
        unreachable!("{effects:?}")
    };
    assert_eq!((*same, ranking.query.as_str(), rests.unit.nrows(), vectors.embedded), (ticket, "cold north", 2, 4));
    let ablation = |query: &str| {
        let words = ablation::left_out(query);
        let rests = by_rule(words.len());
        Arc::new(Ablation::new(query.into(), words, array![0.0, 1.0].view(), &rests, &super::explaining::vectors()))
    };
    state.receive(Reply::Ablated { backend: LOCAL, ticket, ablation: Ok(ablation("cold north")) });
    // Another query: what was left of the older one is no answer any more.
    let (newer, texts) = asked(&rank_by(&mut state, LOCAL, " wind", [0.0, 1.0]));
    assert_eq!(texts, ["north wind", "cold wind", "cold north"]);
    assert_eq!(came(&mut state, ticket, Ok(by_rule(2))), []);
    let query = |state: &State| state.why.ablation.as_ref().map(|(_, ablation)| ablation.query.clone());
    state.receive(Reply::Ablated { backend: LOCAL, ticket, ablation: Ok(ablation("stale")) });
    assert_eq!(query(&state).as_deref(), Some("cold north"), "the one before stays until the newest is there");
    state.receive(Reply::Ablated { backend: LOCAL, ticket: newer, ablation: Ok(ablation("cold north wind")) });
    assert_eq!(query(&state).as_deref(), Some("cold north wind"));
}

#[test]
fn of_one_word_nothing_is_asked() {
    let mut state = explaining();
    let effects = rank_by(&mut state, LOCAL, "north", [0.0, 1.0]);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::EmbedTexts { .. })), "{effects:?}");
}

#[test]
fn a_server_is_asked_on_a_press_alone() {
    let mut state = explaining();
    open(&mut state, REMOTE);
    state.act(Action::SwapBackend);
    state.receive(Reply::Vectors { backend: REMOTE, vectors: vectors() });
    let timer = typing_pause(&type_text(&mut state, "cold north"));
    let (_, ticket, query) = sent(&state.receive(Reply::TimerElapsed(timer)));
    let effects = answer(&mut state, REMOTE, ticket, ranking(&query, &[0.1, 0.2, 0.3, 0.4]));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::EmbedTexts { .. })), "{effects:?}");
    assert!(state.words_wait());
    let (ticket, texts) = asked(&state.act(Action::AskWords));
    assert_eq!((texts.len(), state.words_wait()), (2, false));
    // It fails, and is tried again by the same key.
    let message = Err("the server is gone".to_owned());
    state.receive(Reply::TextsEmbedded {
        backend: REMOTE,
        purpose: Purpose::Words,
        ticket,
        embedded: message,
        spent: Spent::default(),
    });
    assert_eq!(state.why.failed.as_deref(), Some("the server is gone"));
    let (newer, _) = asked(&state.act(Action::AskWords));
    assert_ne!(newer, ticket);
    assert_eq!(state.why.failed, None);
}

#[test]
fn with_more_of_the_corpus_embedded_the_ranks_are_others() {
    let mut state = explaining();
    asked(&rank_by(&mut state, LOCAL, "cold north", [0.0, 1.0]));
    let more = Arc::new(Vectors { embedded: 5, ..(*vectors()).clone() });
    asked(&state.receive(Reply::Vectors { backend: LOCAL, vectors: more }));
}

#[test]
fn vectors_are_asked_for_once_no_more_of_the_corpus_is_on_its_way() {
    let mut state = closed();
    state.start();
    state.receive(Reply::Opened { backend: LOCAL, card: card(), leaves_machine: None });
    assert_eq!(state.act(Action::NextPage), []);
    let batch = |done| Reply::Embedded {
        backend: LOCAL,
        progress: Progress { done, total: 4, ..Progress::default() },
        card: card(),
        spent: Spent::default(),
    };
    assert_eq!(state.receive(batch(2)), []);
    assert_eq!(state.act(Action::Stop), [Effect::StopEmbedding(LOCAL), Effect::ShareVectors(LOCAL)]);
    assert_eq!(state.act(Action::Retry), [Effect::EmbedCorpus(LOCAL)]);
    assert_eq!(state.receive(batch(4)), [Effect::ShareVectors(LOCAL)], "there are more now");
}

#[test]
fn an_expression_without_a_term_is_no_query_yet() {
    let mut state = ready();
    assert_eq!(type_text(&mut state, "= "), []);
    assert_eq!(sent(&type_text(&mut state, "king")).2, "= king");
    assert!(!state.pitfalls().contains(&Pitfall::ShortQuery(1)), "one term of a sum is not a short query");
}

#[test]
fn an_answer_that_comes_while_another_query_is_typed_is_asked_for_again_when_its_own_comes_back() {
    let mut state = explaining();
    let (ticket, _) = asked(&rank_by(&mut state, LOCAL, "cold north", [0.0, 1.0]));
    state.act(Action::Edit(Edit::Insert('s')));
    assert_eq!(came(&mut state, ticket, Ok(by_rule(2))), []);
    // Its ranking is still there.
    let (again, texts) = asked(&state.act(Action::Edit(Edit::DeleteLeft)));
    assert_eq!((again == ticket, texts), (false, vec!["north".to_owned(), "cold".to_owned()]));
}
