//! What the screen shows, as text, at the sizes that it is made for.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::{Position, Rect};
use ratatui::style::Color;
use vecscope::backend::{Location, ModelCard, Prompts, Retry, TextInfo, TokenCount, Usage};
use vecscope::corpus::{Corpus, Document, DocumentIndex, bundled};
use vecscope::engine::{Estimate, Progress, Ranked, Ranking, Spent, Timings};
use vecscope::state::compare::Verdict;
use vecscope::state::{Action, Appearance, BackendId, Edit, Effect, Panel, Reply, Screen, State};
use vecscope::view::{self, Layout};

const LOCAL: BackendId = BackendId(0);
const OPENAI: BackendId = BackendId(1);
const SIZES: [(u16, u16); 3] = [(120, 36), (80, 24), (40, 10)];

fn local_card() -> ModelCard {
    ModelCard {
        model: "all-MiniLM-L6-v2".into(),
        engine: "RTen 0.0".into(),
        location: Location::InProcess,
        dimensions: Some(384),
        max_tokens: Some(256),
        usd_per_million_tokens: Some(0.0),
        prompts: Prompts::default(),
    }
}

fn openai_card() -> ModelCard {
    ModelCard {
        model: "text-embedding-3-small".into(),
        engine: "api.openai.com".into(),
        location: Location::Remote("api.openai.com".into()),
        dimensions: Some(1536),
        max_tokens: Some(8192),
        usd_per_million_tokens: Some(0.02),
        prompts: Prompts::default(),
    }
}

fn start(corpus: Corpus) -> State {
    let panels =
        vec![Panel::new("local MiniLM-L6-v2", Duration::ZERO), Panel::new("OpenAI", Duration::from_millis(300))];
    let mut state = State::new(Arc::new(corpus), panels, 2, LOCAL, 10, Appearance::Dark);
    state.start();
    state
}

fn open(state: &mut State, backend: BackendId, card: ModelCard) {
    state.receive(Reply::Opened { backend, card: card.clone(), leaves_machine: None });
    let total = state.corpus.documents.len();
    let spent = Spent { corpus: Usage { tokens: 0, usd: Some(0.0) }, ..Spent::default() };
    state.receive(Reply::Embedded { backend, progress: Progress { done: total, total }, card, spent });
}

fn ready() -> State {
    let mut state = start(bundled::corpus());
    open(&mut state, LOCAL, local_card());
    state
}

/// A ranking by rule: the document numbered `best` first, the others further down the further away they are.
fn ranking(state: &State, query: &str, best: usize) -> Ranking {
    let documents = state.corpus.documents.len();
    let tokens = |total| TokenCount { total, used: total, estimated: false };
    let scored = (0..documents).map(|number| {
        let distance = u16::try_from(number.abs_diff(best)).expect("a small corpus");
        let info = TextInfo { tokens: tokens(9 + number % 7), norm: 5.5 };
        Ranked { document: DocumentIndex(number), score: 0.7 - 0.08 * f32::from(distance).sqrt(), info }
    });
    let query_info = TextInfo { tokens: tokens(2 + query.split(' ').count()), norm: 6.0 };
    let timings = Timings { embed: Duration::from_micros(2_600), rank: Duration::from_micros(12) };
    Ranking::new(query.into(), query_info, scored.collect(), documents, timings)
}

/// Types a text and answers the last search that comes of it.
fn rank(state: &mut State, text: &str, best: usize, card: &ModelCard) {
    let mut effects = Vec::new();
    for character in text.chars() {
        effects.extend(state.act(Action::Edit(Edit::Insert(character))));
    }
    answer(state, effects, best, card);
}

/// Answers the last search among effects, letting pauses pass, and looks at the answer for a while.
fn answer(state: &mut State, effects: Vec<Effect>, best: usize, card: &ModelCard) {
    for effect in effects {
        match effect {
            Effect::StartTimer { timer, .. } => {
                let effects = state.receive(Reply::TimerElapsed(timer));
                answer(state, effects, best, card);
            }
            Effect::Search { backend, ticket, query } => {
                let ranking = Arc::new(ranking(state, &query, best));
                let spent = state.panels[backend.0].spent;
                let effects = state.receive(Reply::Ranked { backend, ticket, ranking, card: card.clone(), spent });
                answer(state, effects, best, card);
            }
            _ => {}
        }
    }
}

fn ranked() -> State {
    let mut state = ready();
    rank(&mut state, "how do I ask", 2, &local_card());
    rank(&mut state, " a database a question", 0, &local_card());
    state
}

fn terminal(state: &State, (width, height): (u16, u16)) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a test terminal");
    let layout = Layout::build(Rect::new(0, 0, width, height), state);
    terminal.draw(|frame| view::draw(frame, layout.as_ref(), state)).expect("a test terminal draws");
    terminal
}

/// Draws as the program does: the list is told its height first.
fn screen(state: &mut State, size: (u16, u16)) -> String {
    let layout = Layout::build(Rect::new(0, 0, size.0, size.1), state);
    if let Some(rows) = layout.and_then(|layout| layout.row_count()) {
        state.fit_list(rows);
    }
    terminal(state, size).backend().to_string()
}

fn assert_screens(name: &str, state: &mut State) {
    for size @ (width, height) in SIZES {
        insta::assert_snapshot!(format!("{name}_{width}x{height}"), screen(state, size));
    }
}

#[test]
fn nothing_typed() {
    assert_screens("nothing_typed", &mut ready());
}

#[test]
fn a_ranking_with_movements() {
    assert_screens("ranked", &mut ranked());
}

#[test]
fn the_spread_of_a_query_and_a_row_further_down() {
    let mut state = ranked();
    state.act(Action::SwapBarScale);
    state.act(Action::ToggleAll);
    screen(&mut state, (80, 24));
    state.act(Action::SelectLast);
    insta::assert_snapshot!(screen(&mut state, (80, 24)));
}

#[test]
fn another_backend_against_the_first() {
    let mut state = ranked();
    let effects = state.act(Action::SwapBackend);
    open(&mut state, OPENAI, openai_card());
    let spent = Spent { corpus: Usage { tokens: 1_204, usd: Some(0.000_024_08) }, ..Spent::default() };
    let (progress, card) = (Progress { done: 100, total: 100 }, openai_card());
    state.receive(Reply::Embedded { backend: OPENAI, progress, card, spent });
    answer(&mut state, effects, 13, &openai_card());
    assert_screens("swapped", &mut state);
}

#[test]
fn the_list_of_keys() {
    let mut state = ranked();
    state.act(Action::ToggleHelp);
    assert_screens("keys", &mut state);
}

#[test]
fn a_backend_without_a_key() {
    let mut state = ranked();
    state.act(Action::SwapBackend);
    let message = "OPENAI_API_KEY is not set; nothing was sent".into();
    state.receive(Reply::NotConfigured { backend: OPENAI, message });
    assert_screens("no_key", &mut state);
}

#[test]
fn the_question_before_a_corpus_leaves() {
    let documents = vec![Document { id: "1".into(), topic: None, text: "a private note".into() }];
    let mut state = start(Corpus { name: "notes.txt".into(), bundled: false, documents, blank_lines: Vec::new() });
    open(&mut state, LOCAL, local_card());
    state.act(Action::SwapBackend);
    let estimate = Estimate { texts: 1, tokens: 5, estimated: false, usd: Some(0.000_000_1) };
    state.receive(Reply::Opened { backend: OPENAI, card: openai_card(), leaves_machine: Some(estimate) });
    assert_screens("consent", &mut state);
}

#[test]
fn what_is_going_on_stands_above_the_status() {
    let mut state = start(bundled::corpus());
    assert!(screen(&mut state, (80, 24)).contains("loading the model"));
    state.receive(Reply::Opened { backend: LOCAL, card: local_card(), leaves_machine: None });
    let progress = Progress { done: 32, total: 100 };
    state.receive(Reply::Embedded { backend: LOCAL, progress, card: local_card(), spent: Spent::default() });
    assert!(screen(&mut state, (80, 24)).contains("embedding 32 of 100 ██████▍"));
    let retry =
        Retry { reason: "429 slow\u{1b}[31m down".into(), wait: Duration::from_secs(2), attempt: 2, attempts: 5 };
    state.receive(Reply::Retrying { backend: LOCAL, retry });
    assert!(screen(&mut state, (80, 24)).contains("try 2 of 5 in 2.0 s: 429 slow␛[31m down"));
    state.receive(Reply::Failed { backend: LOCAL, message: "the model is broken".into() });
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("local MiniLM-L6-v2 does not work") && shown.contains("the model is broken"), "{shown}");
}

#[test]
fn a_ranking_of_an_older_query_says_so() {
    let mut state = ranked();
    state.act(Action::Edit(Edit::Insert('?')));
    assert!(screen(&mut state, (120, 36)).contains("top 10 of 100 for “how do I ask a database…”"));
}

#[test]
fn hostile_text_is_shown_as_marks() {
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}txet";
    let document = Document { id: hostile.into(), topic: Some(hostile.into()), text: hostile.into() };
    let mut state =
        start(Corpus { name: hostile.into(), bundled: false, documents: vec![document], blank_lines: Vec::new() });
    open(&mut state, LOCAL, ModelCard { model: hostile.into(), engine: hostile.into(), ..local_card() });
    state.act(Action::Paste(hostile.into()));
    for size in SIZES {
        let shown = screen(&mut state, size);
        assert!(!shown.chars().any(|character| character != '\n' && vecscope::text::steers(character)), "{shown:?}");
        assert!(shown.contains("␛]0;owned␇␛[2J⟨U+009B⟩"), "{shown}");
    }
}

#[test]
fn an_empty_corpus_says_so() {
    let mut state =
        start(Corpus { name: "empty.txt".into(), bundled: false, documents: Vec::new(), blank_lines: Vec::new() });
    open(&mut state, LOCAL, local_card());
    state.act(Action::Edit(Edit::Insert('a')));
    for size in SIZES {
        assert!(screen(&mut state, size).contains("the corpus is empty"));
    }
}

#[test]
fn no_colour_means_no_colour_and_the_selection_is_still_seen() {
    let mut state = ranked();
    state.appearance = Appearance::Plain;
    let terminal = terminal(&state, (120, 36));
    let buffer = terminal.backend().buffer();
    assert!(buffer.content().iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    let layout = Layout::build(buffer.area, &state).expect("a large screen");
    assert_eq!(buffer[layout.rows.as_position()].symbol(), "›");
}

#[test]
fn the_explanation_alone() {
    let mut state = ranked();
    state.act(Action::ToggleExplanation);
    state.act(Action::SelectNext);
    assert_screens("explanation_alone", &mut state);
    let layout = Layout::build(Rect::new(0, 0, 40, 10), &state).expect("large enough");
    assert_eq!(layout.row_count(), None);
    assert_eq!(layout.click(Position::new(5, 5), &state), None, "no rows are there to be clicked");
}

#[test]
fn all_of_a_short_ranking_has_two_lines_a_row_and_a_long_one_has_one() {
    let area = Rect::new(0, 0, 120, 36);
    let mut state = ranked();
    assert_eq!(Layout::build(area, &state).expect("large enough").row_height, 2);
    for _ in 0..20 {
        state.act(Action::GrowTopK);
    }
    assert_eq!(Layout::build(area, &state).expect("large enough").row_height, 1);
}

#[test]
fn a_corpus_that_failed_half_way_is_still_ranked() {
    let mut state = ranked();
    state.receive(Reply::Opened { backend: LOCAL, card: local_card(), leaves_machine: None });
    let (progress, spent) = (Progress { done: 40, total: 100 }, Spent::default());
    state.receive(Reply::Embedded { backend: LOCAL, progress, card: local_card(), spent });
    state.receive(Reply::EmbeddingFailed { backend: LOCAL, message: "the server is gone".into() });
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("SQL is the language"), "{shown}");
    assert!(shown.contains("✗ 40 of 100 embedded (Ctrl+R goes on): the server is gone"), "{shown}");
}

/// Both backends side by side on one query.
fn compared() -> State {
    let mut state = ready();
    state.act(Action::ShowScreen(Screen::Compare));
    open(&mut state, OPENAI, openai_card());
    for character in "how do I ask".chars() {
        let effects = state.act(Action::Edit(Edit::Insert(character)));
        answer_each(&mut state, effects);
    }
    state
}

/// Answers every search, each backend in its own way.
fn answer_each(state: &mut State, effects: Vec<Effect>) {
    for effect in effects {
        let (best, card) = match &effect {
            Effect::Search { backend: LOCAL, .. } => (0, local_card()),
            _ => (4, openai_card()),
        };
        answer(state, vec![effect], best, &card);
    }
}

#[test]
fn two_backends_side_by_side() {
    let mut state = compared();
    state.act(Action::SelectNext);
    assert_screens("compared", &mut state);
    state.act(Action::ToggleExplanation);
    assert_screens("compared_measures", &mut state);
}

#[test]
fn a_column_that_waits_says_so_and_keeps_its_older_ranking() {
    let mut state = compared();
    for effect in state.act(Action::Edit(Edit::Insert('s'))) {
        if matches!(effect, Effect::Search { backend: LOCAL, .. }) {
            answer(&mut state, vec![effect], 7, &local_card());
        }
    }
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("OpenAI · 1536 d · stale: waits for a pause"), "{shown}");
    assert!(shown.contains("overlap@10    –"), "old and new are not compared: {shown}");
}

#[test]
fn blind_columns_show_no_name_no_score_and_no_token_count() {
    let mut state = compared();
    state.act(Action::ToggleBlind);
    assert!(screen(&mut state, (120, 36)).contains("this query was seen with the names"));
    let effects = state.act(Action::Edit(Edit::Insert('s')));
    answer_each(&mut state, effects);
    for size in [(120, 36), (80, 24), (40, 10)] {
        let shown = screen(&mut state, size);
        for giveaway in ["MiniLM", "OpenAI", "openai", "384", "1536", "0.700", "tokens", "RTen"] {
            assert!(!shown.contains(giveaway), "{giveaway} at {size:?}: {shown}");
        }
        assert!(shown.contains("● A"), "the arrow keys begin on the left: {shown}");
    }
    assert!(screen(&mut state, (80, 24)).contains("which is better?"));
    insta::assert_snapshot!("blind_120x36", screen(&mut state, (120, 36)));
    // Nor does a column that is asked, or that failed.
    let mut waiting = compared();
    waiting.act(Action::ToggleBlind);
    let effects = waiting.act(Action::Edit(Edit::Insert('s')));
    for effect in effects {
        let Effect::StartTimer { timer, .. } = effect else { continue };
        for effect in waiting.receive(Reply::TimerElapsed(timer)) {
            let shown = screen(&mut waiting, (120, 36));
            assert!(!shown.contains("OpenAI") && shown.contains("both columns come together"), "{shown}");
            let Effect::Search { backend, ticket, .. } = effect else { continue };
            waiting.receive(Reply::SearchFailed { backend, ticket, message: "no answer from api.openai.com".into() });
            let shown = screen(&mut waiting, (120, 36));
            assert!(!shown.contains("openai") && shown.contains("a column failed"), "{shown}");
        }
    }
    state.act(Action::Vote(Verdict::Tie));
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("1 ties, 0 neither"), "{shown}");
}

#[test]
fn the_list_of_backends_and_of_disagreements_are_drawn_at_any_size() {
    let mut state = compared();
    for action in [Action::ToggleChooser, Action::ToggleDisagreements] {
        state.act(action.clone());
        for size in [(120, 36), (80, 24), (40, 10), (5, 2)] {
            screen(&mut state, size);
        }
        state.act(Action::Dismiss);
    }
    state.act(Action::ToggleChooser);
    assert!(screen(&mut state, (80, 24)).contains("choose a backend"));
}

#[test]
fn clicks_find_the_rows_of_both_columns_and_the_screens() {
    let mut state = compared();
    for (width, height) in [(120, 36), (80, 24)] {
        screen(&mut state, (width, height));
        let layout = Layout::build(Rect::new(0, 0, width, height), &state).expect("large enough");
        for (column, backend) in layout.columns.into_iter().zip([LOCAL, OPENAI]) {
            let row = Position::new(column.x + 3, layout.rows.y + 2);
            assert_eq!(layout.click(row, &state), Some(Action::SelectIn(backend, 2)));
        }
        let (_, search) = layout.tabs[0];
        assert_eq!(layout.click(search.as_position(), &state), Some(Action::ShowScreen(Screen::Search)));
    }
}

#[test]
fn clicks_find_rows_and_backends() {
    let mut state = ranked();
    for (width, height) in SIZES {
        screen(&mut state, (width, height));
        let layout = Layout::build(Rect::new(0, 0, width, height), &state).expect("large enough");
        // Any line of the fourth row.
        for line in 0..layout.row_height {
            let row = Position::new(layout.rows.x + 5, layout.rows.y + 3 * layout.row_height + line);
            assert_eq!(layout.click(row, &state), Some(Action::Select(3)));
        }
        let (_, openai) = layout.backends[1];
        assert_eq!(layout.click(openai.as_position(), &state), Some(Action::ShowBackend(OPENAI)));
        assert_eq!(layout.click(Position::new(0, height - 1), &state), None);
    }
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => any::<char>().prop_map(|character| Action::Edit(Edit::Insert(character))),
        1 => "\\PC{0,80}".prop_map(Action::Paste),
        1 => Just(Action::SelectNext),
        1 => Just(Action::SelectLast),
        1 => Just(Action::SelectPageUp),
        1 => (-9_isize..9).prop_map(Action::Scroll),
        1 => Just(Action::ToggleAll),
        1 => Just(Action::ShrinkTopK),
        1 => Just(Action::SwapBackend),
        1 => Just(Action::SwapBarScale),
        1 => Just(Action::UseSelected),
        1 => Just(Action::ToggleExplanation),
        1 => Just(Action::ShowScreen(Screen::Compare)),
        1 => Just(Action::ShowScreen(Screen::Search)),
        1 => Just(Action::ToggleBlind),
        1 => Just(Action::Vote(Verdict::Left)),
        1 => Just(Action::ToggleChooser),
        1 => Just(Action::Choose),
        1 => Just(Action::ToggleDisagreements),
        1 => Just(Action::HistoryPrevious),
        1 => Just(Action::ToggleHelp),
        1 => Just(Action::Dismiss),
        1 => Just(Action::Edit(Edit::WordLeft)),
        1 => Just(Action::Edit(Edit::DeleteWordLeft)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_is_done_at_whatever_size_a_frame_is_drawn(
        steps in prop::collection::vec((action(), 1_u16..140, 1_u16..50, 0_usize..100), 1..24),
    ) {
        let mut state = ready();
        for (action, width, height, best) in steps {
            let effects = state.act(action);
            answer(&mut state, effects, best, &local_card());
            screen(&mut state, (width, height));
            prop_assert!(state.row_count() == 0 || state.list.selected < state.row_count());
        }
    }
}
