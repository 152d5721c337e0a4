//! The Map screen in a real terminal, with the true model.

use crate::mock::{Letters, Server};
use crate::terminal::{ESCAPE, F1, F7, F8, F9, QUESTION, explorer};

const MAP: &str = "\u{1b}4";
const ALT_S: &str = "\u{1b}s";
const SHIFT_RIGHT: &str = "\u{1b}[1;2C";

#[test]
fn a_query_finds_its_place_and_its_true_nearest_by_components_t_sne_and_meaning() {
    let mut terminal = explorer(&[]);
    terminal.send(MAP);
    terminal.shows(&["variance explained", "neighbours preserved", "by topic", "databases", "s001"]);
    terminal.send(QUESTION);
    terminal.shows(&["query", "1st by cosine", "on the map", "lines: the query to its true nearest"]);
    terminal.send(F9);
    terminal.shows(&["lines: the selected sentence"]);
    terminal.send(F7);
    terminal.shows(&["t-SNE", "no axes", "query between its five nearest"]);
    terminal.send(F8);
    terminal.shows(&["axes by meaning", "cold -> hot"]);
    terminal.send("question -> answer");
    terminal.send("\r");
    terminal.shows(&["axes by meaning", "← question", "→ answer"]);
    terminal.send("\u{1b}=");
    terminal.shows(&["×1.4"]);
    // With shift, an arrow moves the map and not the cursor; what is typed goes to the end of the query.
    terminal.send(SHIFT_RIGHT);
    terminal.send("?");
    terminal.shows(&["a database a question?"]);
    terminal.send(F1);
    terminal.shows(&["lines to true neighbours", "Shift+←"]);
    terminal.send(ESCAPE);
    terminal.shows_no(&["lines to true neighbours"]);
    terminal.quit();
}

#[test]
fn another_models_map_is_laid_over_the_first() {
    let server = Server::start(Letters);
    let mut terminal = explorer(&["--base-url", &server.base_url(), "--embed-model", "letters"]);
    terminal.send(MAP);
    terminal.shows(&["neighbours preserved"]);
    terminal.send(ALT_S);
    terminal.shows(&["maps differ 0.", "same neighbours"]);
    terminal.send(ALT_S);
    terminal.shows_no(&["maps differ"]);
    terminal.quit();
}
