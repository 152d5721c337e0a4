//! From one backend to the other and back.

use std::io::Read;
use std::net::TcpListener;

use crate::mock::{DIMENSIONS, Letters, Server, inputs};
use crate::terminal::{DOWN, QUESTION, TAB, Terminal, explorer, program};

/// Score and text of every row of the ranking, without the marks for movement.
fn rows(screen: &str) -> Vec<(String, String)> {
    screen
        .lines()
        .skip_while(|line| !line.contains("╭ top "))
        .skip(1)
        .take_while(|line| !line.starts_with('╰'))
        .filter_map(|line| {
            let row = line.split("││").next()?;
            let mut words = row.split_whitespace().skip_while(|word| !is_score(word));
            let score = words.next()?.to_owned();
            let text = words.filter(|word| !word.chars().all(|c| ('▏'..='█').contains(&c) || c == '│'));
            Some((score, text.collect::<Vec<_>>().join(" ")))
        })
        .collect()
}

fn is_score(word: &str) -> bool {
    word.split_once('.').is_some_and(|(_, decimals)| decimals.len() == 3) && word.parse::<f32>().is_ok()
}

#[test]
fn without_a_key_tab_says_what_to_set_and_tab_goes_back_to_the_ranking() {
    let mut terminal = explorer(&[]);
    terminal.send(QUESTION);
    let before = rows(&terminal.shows(&["why #1 · s00", "10 tokens", "top 10 of 100"]));
    assert_eq!(before.len(), 10, "{before:?}");
    terminal.send(TAB);
    terminal.shows(&["● OpenAI", "OpenAI is not set up", "OPENAI_API_KEY is not set", "Nothing was sent"]);
    terminal.send(TAB);
    let screen = terminal.shows(&["● local", "why #1 · s00", QUESTION]);
    assert_eq!(rows(&screen), before);
    terminal.quit();
}

#[test]
fn the_selected_sentence_stays_selected_on_the_way_there_and_back() {
    let mut terminal = explorer(&[]);
    terminal.send("bread");
    terminal.shows(&["│ bread ", "top 10 of 100", "why #1 · "]);
    terminal.send(DOWN);
    terminal.send(DOWN);
    let screen = terminal.shows(&["why #3 · "]);
    let id = screen.split("why #3 · ").nth(1).and_then(|rest| rest.split(' ').next()).expect("an id");
    terminal.send(TAB);
    terminal.shows(&["OpenAI is not set up"]);
    terminal.send(TAB);
    terminal.shows(&["● local", &format!("why #3 · {id} ")]);
    terminal.quit();
}

#[test]
fn a_ranking_left_half_done_is_whole_in_the_end() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = folder.path().join("many.txt");
    // Enough to be embedding still when the keys below are read.
    let lines: Vec<_> = (0..600).map(|number| format!("sentence {number} of a great many")).collect();
    std::fs::write(&corpus, lines.join("\n")).expect("a file can be written");
    let mut terminal = explorer(&["--corpus", corpus.to_str().expect("the path is UTF-8")]);
    terminal.send("bread");
    terminal.glimpse("the beginning of a ranking", |screen| {
        let text = screen.contents();
        text.contains(" of 600 ") && text.contains("╭ top 10 of ") && !text.contains("top 10 of 600")
    });
    terminal.send(TAB);
    terminal.send(TAB);
    terminal.shows(&["● local", "top 10 of 600", "all 600"]);
    terminal.quit();
}

#[test]
fn another_backend_ranks_the_same_query_and_shows_what_moved() {
    let server = Server::start(Letters);
    let mut terminal = explorer(&["--base-url", &server.base_url(), "--embed-model", "letters"]);
    terminal.send(QUESTION);
    let local = rows(&terminal.shows(&["why #1 · s00", "384 d", "top 10 of 100"]));
    for round in 0..2 {
        terminal.send(TAB);
        let dimensions = format!("{DIMENSIONS} d");
        let screen = terminal.shows(&["● letters", &dimensions, "why #", "top 10 of 100", "against local MiniLM"]);
        assert_ne!(rows(&screen), local);
        let moved = screen.contains('▲') || screen.contains('▼');
        assert!(moved && screen.contains(" new "), "round {round}:\n{screen}");
        terminal.send(TAB);
        let screen = terminal.shows(&["● local", "384 d", "against letters"]);
        assert_eq!(rows(&screen), local, "round {round}");
    }
    terminal.quit();
    let sent: Vec<String> = server.requests().iter().flat_map(inputs).collect();
    assert_eq!(sent.iter().filter(|text| *text == QUESTION).count(), 1, "a query is sent once in a run");
    assert_eq!(sent.len(), 101, "and so is each text of the corpus");
}

#[test]
fn typing_is_sent_to_a_server_only_after_a_pause() {
    let server = Server::start(Letters);
    let mut terminal = explorer(&["--backend", "openai", "--base-url", &server.base_url(), "--embed-model", "letters"]);
    terminal.shows(&["● letters", "run: 100 tokens"]);
    // All at once, as fast as the program can read.
    terminal.send(QUESTION);
    terminal.shows(&[QUESTION, "why #1 · ", "tokens"]);
    terminal.quit();
    let sent: Vec<String> = server.requests().iter().flat_map(inputs).collect();
    let queries: Vec<_> = sent.iter().filter(|text| QUESTION.starts_with(text.as_str())).collect();
    assert!(queries.len() < QUESTION.len() / 4, "{queries:?}");
    assert_eq!(queries.last().map(|text| text.as_str()), Some(QUESTION));
}

#[test]
fn a_corpus_of_ones_own_does_not_leave_the_machine_without_a_yes() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = folder.path().join("private.txt");
    std::fs::write(&corpus, "one secret\nanother secret\na third one\n").expect("a file can be written");
    let corpus = corpus.to_str().expect("the path is UTF-8");
    let mut command = program(&["--corpus", corpus, "--base-url", "https://example.invalid/v1"]);
    command.env("OPENAI_API_KEY", "sk-dummy-0123456789");
    let mut terminal = Terminal::run(command);
    terminal.send("secret");
    terminal.shows(&["│ secret ", "why #1 · ", "private.txt"]);
    terminal.send(TAB);
    terminal.shows(&["send the corpus away?", "3 texts", "tokens", "example.invalid", "send nothing and go back"]);
    // Text is no answer.
    terminal.send("x\r ");
    terminal.send("n");
    let screen = terminal.shows(&["● local", "top 3 of 3", "why #", "nothing was sent"]);
    assert!(!screen.contains("send the corpus away?"), "{screen}");
    // It asks anew each time, and leaving is possible from there too.
    terminal.send(TAB);
    terminal.shows(&["send the corpus away?"]);
    terminal.quit();
}

#[test]
fn a_refusal_is_shown_in_place_and_the_other_backend_still_works() {
    let message = serde_json::json!({ "error": { "message": "no \u{1b}]0;stolen\u{7} such model" } });
    let server = Server::start(wiremock::ResponseTemplate::new(404).set_body_json(message));
    let mut terminal = explorer(&["--base-url", &server.base_url(), "--embed-model", "nonesuch"]);
    terminal.send("bread");
    terminal.shows(&["│ bread ", "top 10 of 100", "why #1 · "]);
    terminal.send(TAB);
    terminal.shows(&["nonesuch does not work", "404", "EMBED_MODEL", "no ␛]0;stolen␇ such model", "tries again"]);
    terminal.send(TAB);
    terminal.shows(&["● local", "why #1 · "]);
    terminal.quit();
    crate::hostile::assert_clean(&terminal.written());
}

#[test]
fn an_engine_that_cannot_be_had_is_named_in_place() {
    let mut terminal = explorer(&["--onnxruntime", "/nonexistent/lib.so"]);
    terminal.shows(&["does not work", "ONNX Runtime", "/nonexistent/lib.so", "ORT_DYLIB_PATH"]);
    terminal.quit();
}

#[test]
fn a_server_that_never_answers_keeps_nobody() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let url = format!("http://{}/v1", listener.local_addr().expect("it is bound"));
    let mut terminal = explorer(&["--base-url", &url, "--embed-model", "silent"]);
    terminal.send("bread");
    terminal.shows(&["│ bread ", "top 10 of 100", "why #1 · "]);
    terminal.send(TAB);
    let (mut connection, _) = listener.accept().expect("the program connects");
    connection.read_exact(&mut [0; 16]).expect("it asks");
    terminal.shows(&["● silent"]);
    // Keys work all the while.
    terminal.send(" and butter");
    terminal.shows(&["│ bread and butter "]);
    terminal.send(TAB);
    terminal.shows(&["● local", "3 words ·", "why #1 · "]);
    terminal.quit();
}
