//! The Pipeline screen.

use ndarray::Array2;
use vecscope::backend::{RerankMethod, RerankScore, RerankerCard, WordMatches};
use vecscope::corpus::Duplicate;
use vecscope::engine::pipeline::Among;
use vecscope::engine::{Lexical, Run, Stage};
use vecscope::math::relevance::Measures;
use vecscope::state::RerankerId;
use vecscope::state::evaluation::Outcome;
use vecscope::state::pipeline::{Matches, RerankerPanel, RerankerPhase};

use super::*;

/// Everything is open, with a late interaction that is there and a cross-encoder that is not.
pub(super) fn ready() -> State {
    let mut state = super::ready();
    let panel = |label: &str, method, phase| RerankerPanel { label: label.into(), method, phase };
    state.pipeline.rerankers = vec![
        panel("late interaction", RerankMethod::LateInteraction, RerankerPhase::Closed),
        panel("ms-marco", RerankMethod::CrossEncoder, RerankerPhase::Absent("cross-encoder/ms-marco".into())),
    ];
    state
}

/// Does what the workers of the pipeline do, with a reranker that turns the order round, and words that match by rule.
pub(super) fn work(state: &mut State, effect: Effect) -> Vec<Effect> {
    match effect {
        Effect::RunPipeline { ticket, query, dense, selection, settings } => {
            let lexical = Arc::new(Lexical::new(&state.corpus, settings.folding));
            let among = Among { selection: selection.as_deref(), left_out: None };
            let run = Run::first_stages_among(among, &query, dense.as_deref(), &lexical, settings).timed(TIME);
            state.receive(Reply::Piped { ticket, run: Arc::new(run) })
        }
        Effect::OpenReranker(reranker) => {
            let method = state.pipeline.rerankers[reranker.0].method;
            let card = RerankerCard { model: "m".into(), engine: "e".into(), method, max_tokens: 256 };
            state.receive(Reply::RerankerOpened { reranker, opened: Ok(card) })
        }
        Effect::Rerank { ticket, reranker, run } => {
            let is_late = state.pipeline.rerankers[reranker.0].method == RerankMethod::LateInteraction;
            let score = |at: u16| {
                let share = f32::from(at) / 100.0;
                let late = RerankScore::Late { late: share + 0.2, cosine: share };
                if is_late { late } else { RerankScore::Logit(share * 10.0 - 3.0) }
            };
            let scores: Vec<RerankScore> = (0..).zip(run.candidates()).map(|(at, _)| score(at)).collect();
            let mut run = (*run).clone();
            run.rerank(&scores, TIME);
            state.receive(Reply::Reranked { ticket, reranker, run: Ok(Arc::new(run)) })
        }
        Effect::MatchWords { reranker, query, document } => {
            let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
            let words = matched(words(&query), words(&state.corpus[document].text));
            state.receive(Reply::WordsMatched(Matches { reranker, query, document, words: Ok(Arc::new(words)) }))
        }
        Effect::RankLabelled { backend, ticket, query } => {
            let ranking = Ok(Arc::new(ranking(state, &query, query.len())));
            let spent = state.panels[backend.0].spent;
            state.receive(Reply::LabelledRanked { backend, ticket, ranking, spent })
        }
        Effect::Measure { ticket, number, plan, .. } => {
            let value = |stage: usize| 1.0 / f64::from(u8::try_from(1 + number * (stage + 1) % 5).expect("small"));
            let measures = |stage: usize| Measures {
                ndcg: value(stage),
                reciprocal_rank: value(stage) / 2.0,
                recall: 0.9,
                average_precision: value(stage) / 4.0,
                success: 1.0,
            };
            let measures = (0..plan.stages().len()).map(measures).collect();
            state.receive(Reply::Measured { ticket, measures: Ok(measures) })
        }
        Effect::SumUp { ticket, plan, systems } => {
            let outcome = Outcome::of(&plan, &systems);
            state.receive(Reply::SummedUp { ticket, outcome })
        }
        _ => Vec::new(),
    }
}

const TIME: Duration = Duration::from_micros(1_234);

/// Words match the better the closer their places are.
fn matched(query: Vec<String>, document: Vec<String>) -> WordMatches {
    let cosines = Array2::from_shape_fn((query.len(), document.len()), |(row, column)| {
        1.0 / (1.0 + f32::from(u16::try_from(row.abs_diff(column)).expect("a few words")))
    });
    let best: Vec<usize> = (0..query.len()).map(|row| row.min(document.len() - 1)).collect();
    let contributions = vec![0.1; query.len()];
    WordMatches { query, document, cosines, best, contributions }
}

fn piped() -> State {
    let mut state = ready();
    state.act(Action::ShowScreen(Screen::Pipeline));
    rank(&mut state, "how do I ask a database a question", 2, &local_card());
    state
}

#[test]
fn the_stages_side_by_side_and_a_sentence_followed_through_them() {
    let mut state = piped();
    let effects = state.act(Action::NextStage);
    answer(&mut state, effects, 2, &local_card());
    assert_screens("pipeline", &mut state);
    let effects = state.act(Action::ToggleExplanation);
    answer(&mut state, effects, 2, &local_card());
    state.act(Action::ToggleNumbers);
    assert_screens("pipeline_sentence", &mut state);
}

#[test]
fn a_blend_and_a_cross_encoder_that_is_not_there() {
    let mut state = piped();
    for action in [Action::NextStage, Action::NextStage, Action::RaiseParam, Action::NextStage, Action::RaiseParam] {
        let effects = state.act(action);
        answer(&mut state, effects, 2, &local_card());
    }
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("Ctrl+G fetches it") && shown.contains("blend alpha 0.5"), "{shown}");
    let effects = state.act(Action::FetchReranker);
    answer(&mut state, effects, 2, &local_card());
    insta::assert_snapshot!("pipeline_cross_encoder", screen(&mut state, (120, 36)));
}

#[test]
fn stages_that_are_off_and_words_that_are_nowhere_say_so() {
    let mut state = ready();
    state.act(Action::ShowScreen(Screen::Pipeline));
    assert_screens("pipeline_nothing_typed", &mut state);
    rank(&mut state, "zebra", 2, &local_card());
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("no sentence holds a") && shown.contains("in no sentence: zebra"), "{shown}");
    for action in [Action::PreviousStage, Action::ToggleStage] {
        let effects = state.act(action);
        answer(&mut state, effects, 2, &local_card());
    }
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("rerank off") && shown.contains("F7 switches it on"), "{shown}");
}

#[test]
fn the_panel_of_the_evaluation() {
    let mut state = ready();
    state.act(Action::ShowScreen(Screen::Pipeline));
    let mut next = state.act(Action::ToggleEvaluation);
    while let Some(effect) = next.pop() {
        if matches!(effect, Effect::SumUp { .. }) {
            let shown = screen(&mut state, (80, 24));
            assert!(shown.contains("40 of 40 ██"), "it is being summed up: {shown}");
        }
        next = work(&mut state, effect);
    }
    state.act(Action::Scroll(1));
    assert_screens("evaluation", &mut state);
}

#[test]
fn a_sentence_that_stands_there_several_times_says_so_in_every_column() {
    let mut corpus = bundled::corpus();
    let copy = |id: &str| Duplicate { id: id.into(), metadata: [].into() };
    corpus.documents[2].duplicates = [copy("copy-1"), copy("copy-2")].into();
    let mut state = ready();
    state.corpus = Arc::new(corpus);
    state.act(Action::ShowScreen(Screen::Pipeline));
    rank(&mut state, "why does my query take so long", 2, &local_card());
    // In the first rows of four columns, and with the followed sentence below.
    let shown = screen(&mut state, (120, 36));
    assert_eq!(shown.matches("×3 Why").count(), 5, "{shown}");
    // Where a column has room for ids alone, they are not cut for it.
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("×3 Why") && shown.contains("0.700 s003") && !shown.contains("s0…"), "{shown}");
    assert!(screen(&mut state, (40, 10)).contains("×3 Why"));
    let mut corpus = (*state.corpus).clone();
    corpus.documents[2].id = "3".into();
    state.corpus = Arc::new(corpus);
    assert!(screen(&mut state, (80, 24)).contains("0.700 ×3 3"));
}

#[test]
fn where_four_columns_have_no_room_for_a_sentence_there_is_one() {
    let mut state = piped();
    let shown = screen(&mut state, (62, 20));
    assert!(shown.contains("● dense") && !shown.contains("○ hybrid"), "{shown}");
    assert!(shown.contains("Why does my query take so long on a table with a"), "{shown}");
}

#[test]
fn clicks_find_the_rows_of_every_column() {
    let mut state = piped();
    for (width, height) in [(120, 36), (80, 24)] {
        screen(&mut state, (width, height));
        let layout = Layout::build(Rect::new(0, 0, width, height), &state).expect("it is large enough");
        assert_eq!(layout.stages.len(), 4);
        for (stage, area) in &layout.stages {
            let at = Position::new(area.x + 4, layout.rows.y + 2);
            assert_eq!(layout.click(at, &state), Some(Action::SelectInStage(*stage, 2)), "{stage:?}");
        }
        let gap = Position::new(layout.stages[0].1.right(), layout.rows.y);
        assert_eq!(layout.click(gap, &state), None);
    }
    // The last row of a column is that of the followed sentence, where it lies further down.
    state.act(Action::SelectInStage(Stage::Dense, 30));
    screen(&mut state, (120, 36));
    let layout = Layout::build(Rect::new(0, 0, 120, 36), &state).expect("it is large enough");
    let (_, rerank) = layout.stages[3];
    let shown = state.stage_window(Stage::Rerank, usize::from(layout.rows.height));
    let last = Position::new(rerank.x + 4, layout.rows.bottom() - 1);
    assert_eq!(layout.click(last, &state), Some(Action::SelectInStage(Stage::Rerank, shown[shown.len() - 1])));
    assert!(state.pipeline.reranker == RerankerId(0));
}
