//! The parts of the explanation in a real terminal, with the true model.

use crate::terminal::{DOWN, F4, F7, QUESTION, explorer};

#[test]
fn the_explanation_goes_from_the_score_to_words_matches_and_dimensions() {
    let mut terminal = explorer(&[]);
    terminal.send(QUESTION);
    terminal.shows(&["why #1", "cosine 0.6", "d's shadow on q"]);
    terminal.send(F7);
    let shown = terminal.shows(&["without", "database", "“database”"]);
    assert!(shown.contains("2/4"), "{shown}");
    // The words are the same for the next sentence, what they do is not.
    terminal.send(DOWN);
    terminal.shows(&["why #2", "“database” carries it: without it, #2"]);
    terminal.send(F7);
    terminal.shows(&["3/4", "psql"]);
    terminal.send(F7);
    terminal.shows(&["4/4", "of 384", "No dimension means anything"]);
    // Alone, all of them.
    terminal.send(F4);
    terminal.shows(&["words left out", "words that match", "dimensions", "d's shadow on q"]);
    terminal.quit();
}

#[test]
fn arithmetic_on_vectors_is_ranked_while_it_is_typed() {
    let mut terminal = explorer(&[]);
    terminal.send("= ");
    terminal.shows(&["100 sentences", "three things to try"]);
    terminal.send("a big snake");
    terminal.shows(&["top 10", "python"]);
    terminal.send(F7);
    terminal.send(" - \"a programming language\"");
    terminal.shows(&["+ a big snake", "− a program"]);
    terminal.quit();
}
