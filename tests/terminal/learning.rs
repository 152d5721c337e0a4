//! A lesson in a real terminal, on the real model; and a room.

use std::fs;

use crate::terminal::{DOWN, ENTER, ESCAPE, PAGE_DOWN, PAGE_UP, Terminal, program};

const ALT_P: &str = "\x1bp";
const ALT_I: &str = "\x1bi";

#[test]
fn a_prediction_is_made_a_task_is_done_and_the_next_start_knows() {
    let folder = tempfile::tempdir().expect("a folder");
    let start = |arguments: &[&str]| {
        let mut command = program(arguments);
        command.env("XDG_STATE_HOME", folder.path());
        Terminal::run(command)
    };
    let mut terminal = start(&["learn", "idea"]);
    let held = terminal.shows(&["What is compared", "step 1 of 3", "predict", "held back", "› 1 How do I get back"]);
    assert!(!held.contains("0.650"), "{held}");
    terminal.send(DOWN);
    terminal.send("3");
    terminal.send(ENTER);
    terminal.shows(&["✓ Your prediction held.", "0.650", "top 10 of 100"]);
    // A clicker's keys.
    terminal.send(PAGE_DOWN);
    terminal.shows(&["A model turns every text into an arrow", "it stands at #5."]);
    terminal.send(PAGE_UP);
    terminal.shows(&["Your prediction held."]);
    terminal.send(" ");
    terminal.send(" ");
    terminal.shows(&["Put the snake first", "not yet"]);
    // Nor is a task a dead end for a clicker.
    terminal.send(PAGE_DOWN);
    terminal.shows(&["not done yet: Alt+I gives a hint"]);
    terminal.send(PAGE_UP);
    terminal.shows(&["A model turns every text into an arrow"]);
    terminal.send(PAGE_DOWN);
    terminal.shows(&["Put the snake first"]);
    terminal.send(ALT_I);
    terminal.shows(&["hint 1: What is a python?"]);
    terminal.send("a snake that eats rarely");
    terminal.shows(&["✓ Done."]);
    terminal.send(PAGE_DOWN);
    terminal.shows(&["step 2 of 3", "This cake contains nuts."]);
    terminal.send(ESCAPE);
    terminal.shows(&["lessons: 0 of 9 done", "◐ 1"]);
    terminal.quit();
    let kept = fs::read_to_string(folder.path().join("vecscope/lessons.json")).expect("it was kept");
    assert!(kept.contains("\"idea.meaning\""), "{kept}");
    let mut terminal = start(&["learn"]);
    terminal.shows(&["◐ 1  What is compared", "1 of 3 steps"]);
    terminal.send(ENTER);
    terminal.shows(&["step 2 of 3"]);
    terminal.quit();
}

#[test]
fn a_room_sees_a_ranking_when_it_is_revealed() {
    let mut terminal = Terminal::run(program(&[]));
    terminal.send(ALT_P);
    terminal.shows(&["held back until you reveal it"]);
    terminal.send("a cake without nuts");
    let held = terminal.shows(&["the ranking is there, and held back", "· · ·"]);
    assert!(!held.contains("This cake contains nuts."), "{held}");
    terminal.send(PAGE_DOWN);
    let order = terminal.shows(&["This cake contains nuts.", "· · ·"]);
    assert!(!order.contains("0.866"), "{order}");
    terminal.send(PAGE_DOWN);
    terminal.shows(&["0.866", "0.753"]);
    terminal.send("python");
    let held = terminal.shows(&["│ python ", "held back"]);
    assert!(!held.contains("0.866"), "{held}");
    terminal.send(ALT_P);
    terminal.shows(&["top 10 of 100", "why #1 · "]);
    terminal.quit();
}
