//! Texts that would steer a terminal: titles, colours, cursor moves, reordered writing. None of it gets through.

use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::lab::{Folder, assert_says, run, vecscope};
use crate::mock::Server;

/// Sets a title, clears the screen in seven bits and in eight, rings, moves back, and turns the writing round.
const HOSTILE: &str = "x\u{1b}]0;stolen\u{7}\u{1b}[2J\u{9b}2J\u{90}q\u{9c}\r\u{8}\0\u{7f}\u{202e}y\u{2066}z";

/// Checks what is shown: line breaks are the only control characters, and nothing reorders.
#[track_caller]
fn assert_harmless(shown: &str) {
    let steers = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
    };
    assert!(!shown.chars().any(steers), "{shown:?}");
}

fn hostile_corpus() -> String {
    let line = |id: &str, text: &str| json!({ "id": id, "text": text }).to_string();
    [line(HOSTILE, &format!("first {HOSTILE}")), line("plain", "second")].join("\n")
}

#[test]
fn a_hostile_corpus_and_query_are_shown_as_marks() {
    let mut command =
        vecscope(&["search", HOSTILE.trim_start_matches('x').replace('\0', "").as_str(), "--corpus", "-"]);
    let table = run(command.write_stdin(hostile_corpus())).succeeded();
    assert_harmless(&table);
    assert_says(&table, &["first x␛]0;stolen␇␛[2J⟨U+009B⟩2J", "␈␀␡⟨U+202E⟩y"]);
}

#[test]
fn json_escapes_what_steers_and_still_means_the_same() {
    let query = HOSTILE.replace('\0', "");
    let mut command = vecscope(&["search", &query, "--corpus", "-", "--format", "json"]);
    let printed = run(command.write_stdin(hostile_corpus())).succeeded();
    assert_harmless(&printed);
    let report: Value = serde_json::from_str(&printed).expect("one JSON value");
    assert_eq!(report["query"], query);
    let results = report["results"].as_array().expect("results");
    let found = results.iter().find(|found| found["id"] == HOSTILE).expect("the id is as it was given");
    assert_eq!(found["text"], format!("first {}", HOSTILE.replace('\r', " ")));
}

#[test]
fn embeddings_name_hostile_texts_escaped() {
    let printed = run(vecscope(&["embed"]).write_stdin(hostile_corpus())).succeeded();
    assert_harmless(&printed);
    let first: Value = serde_json::from_str(printed.lines().next().expect("a line")).expect("JSON");
    assert_eq!(first["text"], format!("first {}", HOSTILE.replace('\r', " ")));
}

#[test]
fn messages_about_hostile_files_are_harmless() {
    let folder = Folder::new();
    let twice = [hostile_corpus(), hostile_corpus()].join("\n");
    let message =
        run(&mut vecscope(&["search", "q", "--strict", "--corpus", &folder.file("twice.jsonl", twice)])).refused();
    assert_harmless(&message);
    assert_says(&message, &["twice.jsonl:3:", "␛]0;stolen"]);

    let missing = folder.join("\u{1b}[31mred\u{202e}.txt");
    let missing = missing.to_str().expect("the path is UTF-8");
    let message = run(&mut vecscope(&["search", "q", "--corpus", missing])).refused();
    assert_harmless(&message);
    assert_says(&message, &["␛[31mred⟨U+202E⟩.txt"]);
    let model = run(&mut vecscope(&["search", "q", "--model-dir", missing])).refused();
    assert_harmless(&model);
    let doctor = run(&mut vecscope(&["doctor", "--model-dir", missing]));
    assert_harmless(&doctor.stdout);
    assert_harmless(&doctor.stderr);
}

#[cfg(unix)]
#[test]
fn an_empty_file_with_a_hostile_name_is_harmless() {
    let folder = Folder::new();
    let path = folder.file("\u{1b}]0;stolen\u{7}.txt", "");
    for ran in [run(&mut vecscope(&["search", "q", "--corpus", &path])), run(&mut vecscope(&["embed", &path]))] {
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        assert_harmless(&ran.stderr);
    }
}

#[test]
fn an_argument_in_the_wrong_place_is_harmless() {
    // A query of two words that somebody forgot to quote.
    let message = run(&mut vecscope(&["search", "a", "\u{1b}]0;stolen\u{7}\u{9b}2J\u{202e}"])).refused();
    assert_harmless(&message);
}

#[test]
fn a_hostile_server_is_quoted_in_marks() {
    let body = json!({ "error": { "message": format!("no {HOSTILE}") } });
    let server = Server::start(ResponseTemplate::new(400).set_body_json(body));
    let message =
        run(&mut vecscope(&["search", "q", "--backend", "openai", "--base-url", &server.base_url()])).refused();
    assert_harmless(&message);
    assert_says(&message, &["400", "no x␛]0;stolen␇␛[2J⟨U+009B⟩2J"]);
}

#[test]
fn a_server_that_is_tried_again_is_quoted_in_marks_and_without_the_key() {
    let key = "sk-proj-Zq7XnotTobeSeen42";
    let body = format!("{HOSTILE} {key}");
    let server = Server::start(ResponseTemplate::new(503).insert_header("Retry-After", "0").set_body_string(body));
    let mut command = vecscope(&["search", "q", "--backend", "openai", "--base-url", &server.base_url()]);
    let message = run(command.env("OPENAI_API_KEY", key)).refused();
    assert_harmless(&message);
    assert!(!message.contains("Zq7X") && !message.contains("Seen42"), "{message}");
    // Each wait is told, and in the end what came of it.
    assert_says(&message, &["try 2 of 5", "try 5 of 5", "tried 5 times", "␛]0;stolen"]);
}
