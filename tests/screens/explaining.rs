//! Why a sentence stands where it stands, with vectors of the fake backend: words are alike by their first letters.

use tokio_util::sync::CancellationToken;
use vecscope::backend::Job;
use vecscope::backend::fake::Fake;
use vecscope::engine::Searcher;
use vecscope::engine::ablation::{self, Ablation};

use super::*;

/// Runs what the state asks for with a searcher, and what comes of it.
fn truly(state: &mut State, searcher: &mut Searcher, effects: Vec<Effect>) {
    let cancel = CancellationToken::new();
    for effect in effects {
        let mut job = Job { cancel: &cancel, notify: &mut |_| {} };
        let (backend, card, spent) = (LOCAL, local_card(), Spent::default());
        let effects = match effect {
            Effect::Search { ticket, query, .. } => {
                let mut ranking = searcher.search(&query, &mut job).expect("the fake never fails");
                ranking.timings = Timings::default();
                let ranking = Arc::new(ranking);
                state.receive(Reply::Ranked { backend, ticket, ranking, card, spent })
            }
            Effect::ShareVectors(_) => state.receive(Reply::Vectors { backend, vectors: Arc::new(searcher.vectors()) }),
            Effect::EmbedTexts { purpose, ticket, role, texts, .. } => {
                let embedded = searcher.embed_texts(&texts, role, &mut job).expect("the fake never fails");
                state.receive(Reply::TextsEmbedded {
                    backend,
                    purpose,
                    ticket,
                    embedded: Ok(Arc::new(embedded)),
                    spent,
                })
            }
            Effect::Ablate { ticket, ranking, rests, vectors, .. } => {
                let words = ablation::left_out(&ranking.query);
                let query = ranking.query.clone();
                let ablation = Ok(Arc::new(Ablation::new(query, words, ranking.vector.view(), &rests, &vectors)));
                state.receive(Reply::Ablated { backend, ticket, ablation })
            }
            effect => pipeline::work(state, effect),
        };
        truly(state, searcher, effects);
    }
}

fn explained(query: &str) -> (State, Searcher) {
    let mut state = pipeline::ready();
    let mut searcher = Searcher::new(Box::new(Fake::new(Location::InProcess)), Arc::clone(&state.corpus));
    let cancel = CancellationToken::new();
    searcher.embed_all(&mut Job { cancel: &cancel, notify: &mut |_| {} }).expect("the fake never fails");
    let effects = state.act(Action::Paste(query.into()));
    truly(&mut state, &mut searcher, effects);
    (state, searcher)
}

fn page(state: &mut State, searcher: &mut Searcher) {
    let effects = state.act(Action::NextPage);
    truly(state, searcher, effects);
}

/// “The museum is never open on Mondays.” has all of these letters.
const QUERY: &str = "museums never open";

#[test]
fn the_parts_of_the_explanation_one_after_the_other() {
    let (mut state, mut searcher) = explained(QUERY);
    page(&mut state, &mut searcher);
    assert_screens("why_words", &mut state);
    page(&mut state, &mut searcher);
    insta::assert_snapshot!("why_matches_80x24", screen(&mut state, (80, 24)));
    page(&mut state, &mut searcher);
    insta::assert_snapshot!("why_dimensions_80x24", screen(&mut state, (80, 24)));
    page(&mut state, &mut searcher);
    assert!(screen(&mut state, (80, 24)).contains("1/4 score (F7)"));
}

#[test]
fn all_parts_where_there_is_room_for_them() {
    let (mut state, mut searcher) = explained(QUERY);
    let effects = state.act(Action::ToggleExplanation);
    truly(&mut state, &mut searcher, effects);
    insta::assert_snapshot!("why_all_120x36", screen(&mut state, (120, 36)));
    for _ in 0..3 {
        page(&mut state, &mut searcher);
    }
    insta::assert_snapshot!("why_dimensions_alone_40x10", screen(&mut state, (40, 10)));
}

#[test]
fn an_obtuse_angle_has_its_foot_on_the_other_side() {
    let (mut state, mut searcher) = explained("= museum - python");
    let effects = state.act(Action::ToggleAll);
    truly(&mut state, &mut searcher, effects);
    state.act(Action::SelectLast);
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("cosine -0."), "{shown}");
    insta::assert_snapshot!("why_obtuse_120x36", shown);
}

#[test]
fn what_cannot_be_said_says_why() {
    let (mut state, mut searcher) = explained("python");
    page(&mut state, &mut searcher);
    assert!(screen(&mut state, (120, 36)).contains("one word: without it, nothing is left"));
    let (mut state, mut searcher) = explained("= king - man");
    page(&mut state, &mut searcher);
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("+ king") && shown.contains("− man"), "{shown}");
    page(&mut state, &mut searcher);
    assert!(screen(&mut state, (120, 36)).contains("an expression is a sum of vectors: no"));
}

#[test]
fn an_older_query_is_dimmed_until_the_newest_is_there() {
    let (mut state, mut searcher) = explained(QUERY);
    page(&mut state, &mut searcher);
    state.act(Action::Edit(Edit::Insert('!')));
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("without"), "what was known stays: {shown}");
}
