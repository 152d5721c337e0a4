//! The commands on a terminal, and the explorer with a pipe where its keyboard would be.

use std::io::Write;

use crate::hostile::assert_clean;
use crate::terminal::{Terminal, explorer, program};

const PRIVATE: &str = "one secret\nanother secret\na third one\n";

fn file(name: &str, content: &str) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join(name);
    std::fs::write(&path, content).expect("a file can be written");
    let path = path.into_os_string().into_string().expect("the path is UTF-8");
    (folder, path)
}

#[test]
fn a_corpus_comes_from_a_pipe_and_keys_from_the_terminal() {
    let (reader, mut writer) = std::io::pipe().expect("a pipe can be had");
    let mut terminal = Terminal::run_with_input(program(&["--corpus", "-"]), reader);
    writer.write_all(b"Bread is baked in an oven.\nThe cat sleeps.\n").expect("the program reads");
    drop(writer);
    terminal.shows(&["2 sentences", "Bread is baked in an oven."]);
    terminal.send("an animal");
    terminal.shows(&["│ an animal ", "why #1 · 2 "]);
    terminal.quit();
}

#[test]
fn a_bad_corpus_is_told_and_the_terminal_never_taken() {
    let mut terminal = explorer(&["--corpus", "no-such-file.txt"]);
    terminal.shows(&["no-such-file.txt"]);
    assert_eq!(terminal.ended().code(), Some(2));
    terminal.is_given_back();
    let written = String::from_utf8(terminal.written()).expect("a message is text");
    assert!(!written.contains('\u{1b}'), "{written:?}");
}

#[test]
fn a_table_is_coloured_and_harmless_and_so_is_csv() {
    let (_folder, corpus) = file("hostile.txt", "bread \u{1b}]0;stolen\u{7}\u{9b}2J\u{202e}\nrain\n");
    for (format, coloured) in [("table", true), ("csv", false), ("json", false)] {
        let mut terminal = explorer(&["search", "bread", "--corpus", &corpus, "--format", format]);
        assert_eq!(terminal.ended().code(), Some(0));
        terminal.shows(&["bread", "stolen", "rain"]);
        let written = terminal.written();
        assert_clean(&written);
        assert_eq!(written.contains(&0x1b), coloured, "{format}");
    }
}

#[test]
fn binary_output_does_not_go_to_a_terminal() {
    let (_folder, corpus) = file("private.txt", PRIVATE);
    let mut terminal = explorer(&["embed", &corpus, "--format", "npy"]);
    terminal.shows(&["--format npy is binary"]);
    assert_eq!(terminal.ended().code(), Some(2));
}

#[test]
fn a_command_asks_before_it_sends_a_corpus_away() {
    let (_folder, corpus) = file("private.txt", PRIVATE);
    for answer in ["n\r", "\r", "perhaps\r"] {
        let arguments =
            ["search", "q", "--corpus", &corpus, "--backend", "openai", "--base-url", "https://example.invalid/v1"];
        let mut command = program(&arguments);
        command.env("OPENAI_API_KEY", "sk-dummy-0123456789");
        let mut terminal = Terminal::run(command);
        terminal.shows(&["Send 3 texts", "example.invalid", "[y/N]"]);
        terminal.send(answer);
        terminal.shows(&["nothing was sent"]);
        assert_eq!(terminal.ended().code(), Some(2), "{answer:?}");
    }
}

#[test]
fn the_doctor_knows_the_terminal() {
    let mut terminal = explorer(&["doctor"]);
    terminal.shows(&["xterm-256color", "120×36", "RTen", "OPENAI_API_KEY not set"]);
    assert_eq!(terminal.ended().code(), Some(0));
}
