//! Terminals of any size.

use crate::terminal::explorer;

#[test]
fn it_lives_through_every_size() {
    let mut terminal = explorer(&[]);
    terminal.send("bread");
    terminal.shows(&["│ bread ", "top 10 of 100", "why #1 · "]);
    terminal.resize(80, 24);
    terminal.shows(&["│ bread ", "top 10 of 100", "why #1 · "]);
    terminal.resize(40, 10);
    terminal.shows(&["› bread", "F1 keys", "0."]);
    terminal.resize(20, 5);
    terminal.shows(&["vecscope needs", "20×5"]);
    terminal.resize(1, 1);
    terminal.wait("one character", |screen| screen.contents().trim() == "v");
    // Keys are still taken where nothing can be seen.
    terminal.send(" and butter");
    terminal.resize(120, 36);
    terminal.shows(&["│ bread and butter ", "3 words · ", "why #1 · "]);
    terminal.quit();
}

#[test]
fn a_window_that_is_dragged_about_leaves_no_trace() {
    let mut terminal = explorer(&[]);
    terminal.send("bread");
    terminal.shows(&["│ bread ", "top 10 of 100", "why #1 · "]);
    for (columns, rows) in [(1, 50), (200, 1), (59, 14), (60, 13), (100, 22), (39, 10), (40, 9), (2, 2), (250, 80)] {
        terminal.resize(columns, rows);
    }
    terminal.resize(120, 36);
    let screen = terminal.shows(&["│ bread ", "top 10 of 100"]);
    assert_eq!(screen.matches("╭ query").count(), 1, "{screen}");
    terminal.quit();
}
