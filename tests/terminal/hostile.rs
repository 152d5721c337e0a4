//! Texts that would steer the terminal. Everything that the program writes to it is looked at, byte by byte.

use crate::terminal::{ENTER, Terminal, explorer, program};

/// Sets a title, copies to the clipboard, and switches a mode that the program itself has no use for.
const HOSTILE: &str =
    "\u{1b}]0;stolen\u{7} \u{1b}]52;c;c3RvbGVu\u{7} \u{1b}[?1337h \u{9b}?1337h \u{1b}Pq\u{1b}\\ \u{202e}turned";

/// Checks that nothing of it reached the terminal.
#[track_caller]
pub(crate) fn assert_clean(written: &[u8]) {
    let text = String::from_utf8_lossy(written);
    // The program itself needs control sequences alone: no operating system commands, device strings or the like.
    for start in ["\u{1b}]", "\u{1b}P", "\u{1b}_", "\u{1b}^", "\u{1b}X", "\u{1b}[?1337", "\u{7}", "\u{202e}"] {
        assert!(!text.contains(start), "{start:?} was written");
    }
    let eight_bit = text.chars().find(|character| ('\u{80}'..='\u{9f}').contains(character));
    assert_eq!(eight_bit, None);
}

#[test]
fn a_hostile_paste_is_shown_as_marks() {
    let mut terminal = explorer(&[]);
    terminal.shows(&["type a question"]);
    terminal.send(&format!("\x1b[200~one\ntwo {HOSTILE}\x1b[201~"));
    terminal.shows(&["one two ␛]0;stolen␇ ", "␛[?1337h ⟨U+009B⟩?1337h", "⟨U+202E⟩turned", "tokens"]);
    // A ranking's history quotes the query too.
    terminal.send(" and more");
    terminal.shows(&["and more"]);
    terminal.quit();
    assert_clean(&terminal.written());
}

#[test]
fn a_hostile_corpus_is_shown_as_marks() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let corpus = folder.path().join("\u{1b}]0;named\u{7}.jsonl");
    let line = |id: &str, text: &str| serde_json::json!({ "id": id, "text": text, "topic": HOSTILE }).to_string();
    let lines = [line(HOSTILE, &format!("bread {HOSTILE}")), line("plain", "something else")].join("\n");
    std::fs::write(&corpus, lines).expect("a file can be written");
    let mut terminal = Terminal::run({
        let mut command = program(&["--corpus"]);
        command.arg(&corpus);
        command
    });
    terminal.shows(&["bread ␛]0;stolen␇", "␛]0;named␇.jsonl"]);
    terminal.send("bread");
    terminal.shows(&["why #1 · ␛]0;stolen␇"]);
    terminal.send(ENTER);
    terminal.shows(&["│ bread ␛]0;stolen␇", "cosine 1.000"]);
    terminal.quit();
    assert_clean(&terminal.written());
}

#[test]
fn a_huge_paste_is_cut_and_said_to_be() {
    let mut terminal = explorer(&[]);
    terminal.shows(&["type a question"]);
    terminal.send(&format!("\x1b[200~{}\x1b[201~", "many words ".repeat(10_000)));
    terminal.shows(&["the paste was cut"]);
    terminal.quit();
}
