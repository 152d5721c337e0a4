//! The OpenAI backend in a script: against a server on this machine, and against none at all.

use std::fs;

use serde_json::json;
use wiremock::ResponseTemplate;

use crate::lab::{Folder, Ran, THREE, assert_says, run, vecscope};
use crate::mock::{DIMENSIONS, Letters, Server, inputs};

const KEY: &str = "sk-proj-Zq7XnotTobeSeen42";

/// Checks that no part of the key that tells anything is there, in capitals or not.
#[track_caller]
fn assert_hidden(shown: &str) {
    let lower = shown.to_lowercase();
    assert!(!lower.contains("zq7x") && !lower.contains("seen42"), "{shown}");
}

fn search(server: &Server, arguments: &[&str]) -> Ran {
    let mut command = vecscope(&["search", "bread", "--backend", "openai", "--base-url", &server.base_url()]);
    run(command.args(arguments))
}

#[test]
fn a_server_on_this_machine_needs_no_key_and_no_question() {
    let server = Server::start(Letters);
    let report = search(&server, &["--embed-model", "letters", "--format", "json"]).json();
    assert_eq!((&report["backend"], &report["model"]), (&json!("openai"), &json!("letters")));
    assert_eq!(report["dimensions"], DIMENSIONS);
    let host = server.base_url().trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    assert_eq!(report["engine"], host);

    let requests = server.requests();
    assert!(requests.iter().all(|request| !request.headers.contains_key("authorization")));
    let mut sent: Vec<String> = requests.iter().flat_map(inputs).collect();
    assert_eq!(sent.pop().as_deref(), Some("bread"), "the query goes last");
    assert_eq!(sent.len(), 100, "each text goes once");

    let folder = Folder::new();
    let path = folder.file("three.txt", THREE);
    search(&server, &["--corpus", &path, "--embed-model", "letters"]).succeeded();
}

#[test]
fn settings_come_from_the_environment_and_options_go_before_it() {
    let server = Server::start(Letters);
    let mut command = vecscope(&["embed", "--backend", "openai"]);
    command.env("OPENAI_BASE_URL", server.base_url()).env("EMBED_MODEL", "from-env").env("OPENAI_API_KEY", KEY);
    let lines = run(command.write_stdin(THREE)).json_lines();
    assert_eq!(lines.len(), 3);
    let request = server.requests().pop().expect("a request");
    assert_eq!(request.headers["authorization"], format!("Bearer {KEY}"));
    assert_says(&String::from_utf8_lossy(&request.body), &["from-env"]);

    run(command.args(["--embed-model", "from-option"]).write_stdin(THREE)).json_lines();
    let request = server.requests().pop().expect("a request");
    assert_says(&String::from_utf8_lossy(&request.body), &["from-option"]);
}

#[test]
fn without_a_key_nothing_is_sent_to_openai() {
    for (name, blank) in [("OPENAI_API_KEY", ""), ("OPENAI_API_KEY", "  ")] {
        let message = run(vecscope(&["search", "q", "--backend", "openai"]).env(name, blank)).refused();
        assert_says(&message, &["OPENAI_API_KEY", "api.openai.com", "othing was sent"]);
    }
    let message = run(&mut vecscope(&["search", "q", "--backend", "openai"])).refused();
    assert_says(&message, &["OPENAI_API_KEY is not set", "othing was sent"]);
}

#[test]
fn a_corpus_of_ones_own_does_not_leave_the_machine_unasked() {
    let folder = Folder::new();
    let path = folder.file("three.txt", THREE);
    let elsewhere = ["--backend", "openai", "--base-url", "https://example.invalid/v1"];
    for command in [["search", "q", "--corpus", &path].as_slice(), &["embed", &path], &["bench", "--corpus", &path]] {
        let mut command = vecscope(command);
        command.args(elsewhere).env("OPENAI_API_KEY", KEY);
        let message = run(&mut command).refused();
        assert_says(&message, &["3 texts", "tokens", "example.invalid", "nothing was sent", "--yes"]);
        assert_hidden(&message);
    }
}

#[test]
fn a_key_does_not_go_over_a_network_unencrypted() {
    let mut command = vecscope(&["search", "q", "--backend", "openai", "--base-url", "http://192.0.2.1/v1", "--yes"]);
    let message = run(command.env("OPENAI_API_KEY", KEY)).refused();
    assert_says(&message, &["https", "othing was sent"]);
    assert_hidden(&message);
}

#[test]
fn the_key_is_nowhere_to_be_seen_even_if_the_server_repeats_it() {
    let folder = Folder::new();
    let echo = json!({ "error": { "message": format!("Incorrect API key provided: {KEY}. Bearer {KEY}") } });
    let answers = [
        ResponseTemplate::new(401).set_body_json(&echo),
        ResponseTemplate::new(200).set_body_string(format!("{{\"data\": \"{KEY}")),
    ];
    for (number, answer) in answers.into_iter().enumerate() {
        let server = Server::start(answer);
        let log = folder.join(&format!("{number}.log"));
        let mut command = vecscope(&["search", "q", "--backend", "openai", "--base-url", &server.base_url()]);
        command.arg("--log-file").arg(&log).env("VECSCOPE_LOG", "trace").env("OPENAI_API_KEY", KEY);
        let message = run(&mut command).refused();
        assert_hidden(&message);
        let log = fs::read_to_string(&log).expect("a log was written");
        // It is a log of everything, or it would prove nothing.
        assert_says(&log, &["TRACE", "DEBUG", "start"]);
        assert_hidden(&log);
        let request = server.requests().pop().expect("a request");
        assert_eq!(request.headers["authorization"], format!("Bearer {KEY}"), "the server did get the key");
    }
}

#[test]
fn a_refusal_says_which_variable_to_look_at() {
    let server = Server::start(ResponseTemplate::new(401));
    assert_says(&search(&server, &[]).refused(), &["401", "OPENAI_API_KEY is not set"]);
    let mut command = vecscope(&["search", "q", "--backend", "openai", "--base-url", &server.base_url()]);
    let message = run(command.env("OPENAI_API_KEY", KEY)).refused();
    assert_says(&message, &["401", "does not accept the key in OPENAI_API_KEY"]);
    let server = Server::start(ResponseTemplate::new(404));
    assert_says(&search(&server, &["--embed-model", "nonesuch"]).refused(), &["404", "EMBED_MODEL", "nonesuch"]);
}

#[test]
fn an_answer_that_is_none_is_refused() {
    for (body, parts) in
        [(json!({ "data": [] }), ["0 embeddings", "100 texts"]), (json!("hello"), ["cannot read the answer", "hello"])]
    {
        let server = Server::start(ResponseTemplate::new(200).set_body_json(body));
        let known = ["--embed-model", "text-embedding-3-small"];
        assert_says(&search(&server, &known).refused(), &parts);
    }
}

#[test]
fn a_server_that_is_not_there_is_named() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it is bound");
    drop(listener);
    let url = format!("http://{address}/v1");
    let ran = run(&mut vecscope(&["search", "q", "--backend", "openai", "--base-url", &url]));
    assert_says(&ran.refused(), &["no answer from", &address.to_string()]);
}
