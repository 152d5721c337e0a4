//! The Pipeline screen in a real terminal, with the true reranker.

use crate::mock::{Letters, Server};
use crate::terminal::{ALT_UP, BACK_TAB, DOWN, ESCAPE, F1, F2, F4, F7, F8, PIPELINE, QUESTION, TAB, explorer};

#[test]
fn a_sentence_is_followed_through_four_stages_and_they_are_set_in_place() {
    let mut terminal = explorer(&[]);
    terminal.send(PIPELINE);
    terminal.send(QUESTION);
    // What the stages say of the first, down to its words.
    let shown = terminal.shows(&[
        "● dense",
        "○ BM25",
        "○ hybrid",
        "○ rerank",
        "s001 · databases",
        "places dense #1 → BM25 #4 → hybrid #1 → rerank #1",
        "RRF 0.0320 = 1/(60+1) + 1/(60+4)",
        "rerank 0.6",
    ]);
    assert!(shown.contains("in no sentence: ask, question"), "{shown}");
    // The next sentence, through the next column.
    terminal.send(DOWN);
    terminal.shows(&["s014 · programming", "places dense #2 → BM25 #5"]);
    terminal.send(TAB);
    terminal.send(ALT_UP);
    terminal.shows(&["● BM25", "‹k1 1.3›"]);
    // Without words the hybrid has nothing to fuse, and the rerank reads the best of dense.
    terminal.send(F7);
    terminal.shows(&["BM25 off", "places dense #2 → rerank #2", "needs both dense"]);
    terminal.send(BACK_TAB);
    terminal.send(F7);
    terminal.shows(&["one of dense and BM25 has to stay on"]);
    // How words match, alone and as numbers.
    terminal.send(F4);
    terminal.send(F2);
    terminal.shows(&["Open a", "psql", "hundredths", "database 0."]);
    terminal.send(F1);
    terminal.shows(&["pipeline", "switch this stage on or off", "the next parameter of this stage"]);
    terminal.send(ESCAPE);
    terminal.shows_no(&["switch this stage on or off"]);
    terminal.quit();
}

#[test]
fn words_are_ranked_while_a_server_is_slow_and_a_model_that_is_missing_is_named() {
    let server = Server::start(Letters);
    let mut terminal = explorer(&["--base-url", &server.base_url(), "--embed-model", "letters", "--backend", "openai"]);
    terminal.send(PIPELINE);
    terminal.send("bread");
    terminal.shows(&["● letters", "rerank 0."]);
    // The reranker's model is its own, whatever the dense stage runs.
    terminal.send(BACK_TAB);
    terminal.send(ALT_UP);
    terminal.shows(&["● rerank", "‹ms-marco", "not on this machine", "Ctrl+G"]);
    terminal.send(F8);
    terminal.shows(&["‹top 50›"]);
    terminal.quit();
}
