//! A model that is chosen on the screen is fetched there, from a hub on this machine.

use std::fs;

use crate::hub::Hub;
use crate::model::{self, ONE_COLUMN, WEIGHTS};
use crate::terminal::{CTRL_G, DOWN, ENTER, F6, PIPELINE, Terminal, program};

#[test]
fn a_chosen_model_is_fetched_and_ranks() {
    let hub = Hub::start(false);
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let config = home.path().join("config.toml");
    let content = "[backends.hub]\nkind = \"fastembed\"\nlabel = \"from the hub\"\nmodel = \"all-MiniLM-L6-v2\"\n";
    fs::write(&config, content).expect("a file can be written");
    let mut command = program(&["--config", &config.to_string_lossy()]);
    command.env("HF_ENDPOINT", hub.endpoint()).env("HF_HOME", home.path());
    let mut terminal = Terminal::run(command);
    terminal.send("how do I ask a database a question");
    let own = terminal.shows(&["why #1 · s001", "cosine 0.650"]);
    assert!(own.contains("● local MiniLM"), "{own}");
    terminal.send(F6);
    terminal.shows(&["choose a backend", "from the hub"]);
    // It stands last.
    terminal.send(&DOWN.repeat(20));
    terminal.shows(&["Enter fetches it from the Hugging Face hub: Qdrant/all-MiniLM-L6-v2-onnx"]);
    terminal.send(ENTER);
    terminal.shows(&["● from the hub", "cosine 0.650", "against local MiniLM"]);
    terminal.quit();
    assert_eq!(hub.fetched().len(), 5, "{:?}", hub.fetched());
}

#[test]
fn without_a_network_the_reason_is_shown_and_the_local_model_still_ranks() {
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let mut command = program(&["--backend", "bge-small"]);
    command.env("HF_ENDPOINT", "http://127.0.0.1:1").env("HF_HOME", home.path());
    let mut terminal = Terminal::run(command);
    terminal.shows(&["bge-small does not work", "127.0.0.1:1", "Ctrl+R tries again"]);
    terminal.send("\t");
    terminal.send("bread");
    terminal.shows(&["● local MiniLM", "why #1 · "]);
    terminal.quit();
}

#[test]
fn a_cross_encoder_is_fetched_when_the_person_says_so_and_reranks() {
    let files = model::files(512).into_iter().map(|(name, content)| (name, content.into_bytes()));
    let encoder = ("onnx/model.onnx", model::cross_encoder(&WEIGHTS, ONE_COLUMN));
    let hub = Hub::with("cross-encoder/ms-marco-MiniLM-L6-v2", files.chain([encoder]).collect(), false);
    let home = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = home.path().join("colours.txt");
    fs::write(&corpus, "red green\nblueish\ngrey\n").expect("a file can be written");
    let mut command = program(&["--corpus", &corpus.to_string_lossy(), "--reranker", "ms-marco"]);
    command.env("HF_ENDPOINT", hub.endpoint()).env("HF_HOME", home.path());
    let mut terminal = Terminal::run(command);
    terminal.send(PIPELINE);
    terminal.send("red");
    terminal.shows(&["○ rerank", "not on this machine", "rerank –", "RRF 0.0"]);
    assert!(hub.fetched().is_empty(), "nothing is fetched unasked: {:?}", hub.fetched());
    terminal.send(CTRL_G);
    // 1 for the query, and ten times 1 + 2 for its document.
    terminal.shows(&["43.50 blueish", "31.00 red green", "rerank logit 31.00 = probability 100.0 %"]);
    terminal.send("dish");
    // A word that it does not know, ½, in place of one that it does: 1.
    terminal.shows(&["43.00 blueish"]);
    terminal.quit();
    assert_eq!(hub.fetched().len(), 5, "{:?}", hub.fetched());
}
