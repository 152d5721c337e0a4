//! The filter, as a person writes it.

use crate::terminal::{ENTER, ESCAPE, QUESTION, explorer};

/// Alt and G.
const ALT_G: &str = "\x1bg";

#[test]
fn a_filter_selects_while_it_is_written_ranks_when_it_is_kept_and_is_dropped() {
    let mut terminal = explorer(&[]);
    terminal.shows(&["100 sentences", "SQL is the language"]);
    terminal.send(ALT_G);
    terminal.shows(&["filter · all 100", "fields: id, topic, text"]);
    terminal.send("topic:sport");
    terminal.shows(&["filter · 10 of 100", "She picked the lighter bat"]);
    terminal.send(" colour:");
    terminal.shows(&["✗ column 13: no field is called “colour”"]);
    // Ctrl+U: all of it away.
    terminal.send("\x15topic:databases");
    terminal.shows(&["10 of 100: topic:databases"]);
    terminal.send(ENTER);
    terminal.send(QUESTION);
    terminal.shows(&["top 10 of 10 of 100 · exact · topic:databases", "why #1 · s00"]);
    terminal.send(ALT_G);
    terminal.send(ESCAPE);
    terminal.shows(&["top 10 of 100 · exact"]);
    terminal.quit();
}

#[test]
fn a_filter_on_the_command_line_holds_from_the_start() {
    let mut terminal = explorer(&["--filter", "topic:space"]);
    terminal.shows(&["10 of 100 · topic:space", "Mercury races around the Sun"]);
    terminal.quit();
}
