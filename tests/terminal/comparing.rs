//! The Compare screen in a real terminal, with a server beside the local model.

use std::fs;

use crate::mock::{Letters, Server, inputs};
use crate::terminal::{ENTER, ESCAPE, F6, F7, F8, F9, QUESTION, TAB, explorer};

const COMPARE: &str = "\x1b2";
const SEARCH: &str = "\x1b1";
const VOTE_TIE: &str = "\x1bt";

#[test]
fn two_backends_stand_side_by_side_and_are_measured() {
    let server = Server::start(Letters);
    let mut terminal = explorer(&["--base-url", &server.base_url(), "--embed-model", "letters"]);
    terminal.send(COMPARE);
    terminal.send(QUESTION);
    let screen = terminal.shows(&["● local MiniLM-L6-v2 · 384 d", "○ letters · 27 d", "overlap@10", "mean of 1 query"]);
    assert!((screen.contains('▲') || screen.contains('▼')) && screen.contains("→#"), "what moved is marked: {screen}");
    terminal.send(TAB);
    terminal.shows(&["○ local MiniLM-L6-v2 · 384 d", "● letters · 27 d"]);
    terminal.send(F8);
    terminal.shows(&["identical 5 times"]);
    // What they disagree about becomes the query.
    terminal.send(F7);
    terminal.shows(&["disagree most", "› 0."]);
    terminal.send(ENTER);
    terminal.shows_no(&["disagree most"]);
    terminal.shows(&["mean of 2 queries"]);
    terminal.send(F6);
    terminal.shows(&["choose a backend", "Voyage", "mpnet-base-v2"]);
    terminal.send(ESCAPE);
    terminal.shows_no(&["choose a backend"]);
    terminal.send(SEARCH);
    terminal.shows(&["top 10 of 100", "why #"]);
    terminal.quit();
    let sent: Vec<String> = server.requests().iter().flat_map(inputs).collect();
    assert_eq!(sent.iter().filter(|text| *text == QUESTION).count(), 1 + 5, "once, and five times for F8");
}

#[test]
fn a_blind_vote_hides_the_names_until_it_is_given() {
    let server = Server::start(Letters);
    let mut terminal = explorer(&["--base-url", &server.base_url(), "--embed-model", "letters"]);
    terminal.send(COMPARE);
    terminal.send(QUESTION);
    terminal.shows(&["○ letters · 27 d", "mean of 1 query"]);
    terminal.send(F9);
    terminal.shows(&["this query was seen with the names", "blind: names and scores are hidden"]);
    terminal.send("s");
    terminal.shows(&["which is better?", "● A", "SQL is the language"]);
    terminal.shows_no(&["MiniLM", "letters"]);
    terminal.send(VOTE_TIE);
    terminal.shows(&["letters", "MiniLM", "1 ties"]);
    terminal.quit();
}

#[test]
fn a_backend_of_the_config_is_among_the_choices() {
    let server = Server::start(Letters);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let config = folder.path().join("config.toml");
    let content = format!(
        "tab = [\"local\", \"mine\"]\n[backends.mine]\nkind = \"openai-compatible\"\nlabel = \"my own\"\n\
         base_url = \"{}\"\nmodel = \"letters\"\n",
        server.base_url()
    );
    fs::write(&config, content).expect("a file can be written");
    let mut terminal = explorer(&["--config", &config.to_string_lossy()]);
    terminal.send("bread");
    terminal.shows(&["why #1", "○ my own"]);
    terminal.send(TAB);
    terminal.shows(&["● my own", "27 d", "against local"]);
    terminal.quit();
}
