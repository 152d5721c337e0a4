//! A corpus that is changed, saved, and changed for another one, in the real program.

use std::fs;

use crate::terminal::{CTRL_C, ENTER, TAB, Terminal, program};

const ALT_A: &str = "\x1ba";
const ALT_O: &str = "\x1bo";
const ALT_W: &str = "\x1bw";
const ALT_X: &str = "\x1bx";
const ALT_Z: &str = "\x1bz";

#[test]
fn a_sentence_is_added_ranked_deleted_brought_back_and_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("notes.txt"), "rain on the roof\nrain on the roof\nbread in the oven\n")
        .expect("a free place");
    let mut command = program(&[]);
    command.current_dir(folder.path());
    let mut terminal = Terminal::run(command);
    terminal.send("a purple giraffe");
    terminal.shows(&["top 10 of 100", "why #1 · s"]);
    terminal.send(ALT_A);
    terminal.shows(&["add a sentence"]);
    terminal.send("the giraffe in the zoo is purple");
    terminal.send(ENTER);
    terminal.shows(&["● bundled corpus · 101 sentences", "why #1 · new-1", "added 1 sentence"]);
    terminal.send(ALT_X);
    terminal.shows(&["100 sentences", "deleted sentence new-1", "why #1 · s"]);
    terminal.send(ALT_Z);
    terminal.shows(&["101 sentences", "why #1 · new-1"]);
    // Nobody loses what is in no file by a slip.
    terminal.send(CTRL_C);
    terminal.shows(&["changes of the corpus are not saved"]);
    terminal.send(ALT_W);
    terminal.shows(&["file › corpus.jsonl"]);
    terminal.send(ENTER);
    terminal.shows(&["101 sentences written to corpus.jsonl"]);
    terminal.shows_no(&["● bundled corpus"]);
    let written = fs::read_to_string(folder.path().join("corpus.jsonl")).expect("it was written");
    let last: serde_json::Value = serde_json::from_str(written.lines().last().expect("lines")).expect("JSON");
    assert_eq!(
        (written.lines().count(), &last["id"], &last["text"]),
        (101, &"new-1".into(), &"the giraffe in the zoo is purple".into())
    );
    // Another corpus, by a name that Tab completes.
    terminal.send(ALT_O);
    terminal.shows(&["open › "]);
    terminal.send(&format!("no{TAB}"));
    terminal.shows(&["open › notes.txt"]);
    terminal.send(ENTER);
    terminal.shows(&["notes.txt · 2 sentences", "a purple giraffe", "top 2 of 2"]);
    terminal.quit();
}
