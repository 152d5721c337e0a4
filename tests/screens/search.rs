//! The Search screen, and what can stand over any.

use ndarray::Array2;
use ratatui::style::Color;
use vecscope::corpus::GivenVectors;
use vecscope::math::space::Space;

use super::*;

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
    let (progress, card) = (Progress { done: 100, total: 100, ..Progress::default() }, openai_card());
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
fn by_what_is_ranked_is_said_where_there_is_little_room_for_the_rest() {
    let mut corpus = Corpus { bundled: false, ..bundled::corpus() };
    let vectors = Array2::ones((corpus.documents.len(), 384));
    corpus.vectors = Some(Arc::new(GivenVectors { backend: "local".into(), vectors, space: Space::Euclidean }));
    for (name, at_80, at_120) in [
        ("doc", "  doc · 100 sentences · l2 ", "  doc · 100 sentences · 384 d · ≤256 tokens · l2 "),
        ("vectors.npy", "  vectors.npy · 100 · l2 ", "  vectors.npy · 100 sentences · 384 d · ≤256 tokens · l2 "),
        (
            "a-rather-long-name.npy",
            "  a-rather-long-name… · l2 ",
            "  a-rather-long-name.npy · 100 sentences · 384 d · l2 ",
        ),
    ] {
        let mut state = start(Corpus { name: name.into(), ..corpus.clone() });
        open(&mut state, LOCAL, local_card());
        for (size, said) in [((80, 24), at_80), ((120, 36), at_120)] {
            let shown = screen(&mut state, size);
            let header = shown.lines().next().expect("a header").trim_matches('"');
            assert!(header.ends_with(said), "{size:?}: {header}");
        }
        assert!(screen(&mut state, (60, 24)).lines().next().is_some_and(|header| header.contains("l2")));
    }
}

#[test]
fn the_question_before_a_corpus_leaves() {
    let documents = vec![Document::new("1", "a private note")];
    let mut state = start(Corpus::new("notes.txt", documents));
    open(&mut state, LOCAL, local_card());
    state.act(Action::SwapBackend);
    let estimate = Estimate { texts: 1, tokens: 5, estimated: false, usd: Some(0.000_000_1) };
    state.receive(Reply::Opened { backend: OPENAI, card: openai_card(), leaves_machine: Some(estimate) });
    assert_screens("consent", &mut state);
}

#[test]
fn the_question_before_a_corpus_is_kept_elsewhere() {
    let mut state = start(Corpus::new("notes.txt", vec![Document::new("1", "a private note")]));
    let (name, location) = ("notes at chroma.example".into(), Location::Remote("chroma.example".into()));
    state.panels[LOCAL.0].store = Some(StoreCard { name, location, keeps_changes: false });
    let estimate = Estimate { texts: 1, tokens: 5, estimated: false, usd: Some(0.0) };
    state.receive(Reply::Opened { backend: LOCAL, card: local_card(), leaves_machine: Some(estimate) });
    let shown = screen(&mut state, (80, 24));
    for part in ["1 text and its vectors", "to chroma.example", "The vectors of what you type later go there too."] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn what_is_going_on_stands_above_the_status() {
    let mut state = start(bundled::corpus());
    assert!(screen(&mut state, (80, 24)).contains("loading the model"));
    state.receive(Reply::Opened { backend: LOCAL, card: local_card(), leaves_machine: None });
    let progress = Progress { done: 32, total: 100, ..Progress::default() };
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
fn how_fast_a_corpus_is_embedded_and_how_long_that_still_takes_is_said() {
    let mut state = start(bundled::corpus());
    state.receive(Reply::Opened { backend: LOCAL, card: local_card(), leaves_machine: None });
    for (done, seconds) in [(30, 1), (40, 2), (60, 6)] {
        let progress = Progress { done, restored: 20, total: 100 };
        let spent = Spent { corpus_time: Duration::from_secs(seconds), ..Spent::default() };
        state.receive(Reply::Embedded { backend: LOCAL, progress, card: local_card(), spent });
    }
    // 30 texts in 5 seconds, and 40 are left.
    let shown = screen(&mut state, (120, 36));
    assert!(shown.contains("embedding 60 of 100 (20 kept from before) ████████████ "), "{shown}");
    assert!(shown.contains(" 6.0 texts/s · about 7 s left · Ctrl+X stops"), "{shown}");
    assert!(screen(&mut state, (40, 10)).contains("60 of 100 ███▋"), "3.6 columns");
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
    let document = Document { topic: Some(hostile.into()), ..Document::new(hostile, hostile) };
    let mut state = start(Corpus::new(hostile, vec![document]));
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
    let mut state = start(Corpus::new("empty.txt", Vec::new()));
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
    let (progress, spent) = (Progress { done: 40, total: 100, ..Progress::default() }, Spent::default());
    state.receive(Reply::Embedded { backend: LOCAL, progress, card: local_card(), spent });
    state.receive(Reply::EmbeddingFailed { backend: LOCAL, message: "the server is gone".into() });
    let shown = screen(&mut state, (80, 24));
    assert!(shown.contains("SQL is the language"), "{shown}");
    assert!(shown.contains("✗ 40 of 100 embedded (Ctrl+R goes on): the server is gone"), "{shown}");
}

/// Both backends side by side on one query.

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
