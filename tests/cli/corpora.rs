//! What a person brings: good files, awkward ones, and bad ones.

use crate::lab::{Folder, Ran, assert_says, run, vecscope};

/// Ids and texts as they were read, in the order of the corpus.
#[track_caller]
fn texts_of(name: &str, content: &[u8]) -> Vec<String> {
    let folder = Folder::new();
    let path = folder.file(name, content);
    let ran = run(&mut vecscope(&["embed", &path]));
    let lines = Ran { stderr: String::new(), ..ran }.json_lines();
    lines.iter().map(|line| line["text"].as_str().expect("a text").to_owned()).collect()
}

#[track_caller]
fn ids_by_stdin(content: &str) -> Vec<String> {
    let mut command = vecscope(&["search", "one", "--corpus", "-", "--format", "json"]);
    let report = run(command.write_stdin(content)).json();
    let results = report["results"].as_array().expect("results");
    let mut ids: Vec<_> = results.iter().map(|found| found["id"].as_str().expect("an id").to_owned()).collect();
    ids.sort_unstable();
    ids
}

#[test]
fn a_byte_order_mark_carriage_returns_and_blank_lines_are_no_texts() {
    assert_eq!(texts_of("windows.txt", b"\xEF\xBB\xBFone\r\n\r\n  \t\r\ntwo\r\nthree"), ["one", "two", "three"]);
    assert_eq!(
        texts_of("windows.jsonl", b"\xEF\xBB\xBF{\"text\":\"one\"}\r\n\r\n{\"text\":\"two\"}\r\n"),
        ["one", "two"]
    );
}

#[test]
fn lines_that_give_no_vector_are_said_so_that_vectors_can_be_matched_to_lines() {
    let folder = Folder::new();
    let path = folder.file("gaps.txt", b"one\n\ntwo\n  \nthree\n");
    let ran = run(&mut vecscope(&["embed", &path]));
    assert_eq!(ran.stdout.lines().count(), 3);
    assert_says(&ran.stderr, &["gaps.txt", "2 blank lines passed over, the first is line 2"]);
    let path = folder.file("whole.txt", b"one\ntwo\n");
    assert_eq!(run(&mut vecscope(&["embed", &path])).stderr, "", "the end of the last line is no blank line");
}

#[test]
fn ids_are_the_given_ones_or_the_numbers_of_lines() {
    assert_eq!(ids_by_stdin("one\n\ntwo\n"), ["1", "3"]);
    assert_eq!(
        ids_by_stdin("{\"text\":\"one\",\"id\":\"a\"}\n{\"text\":\"two\",\"id\":7}\n{\"text\":\"three\"}\n"),
        ["3", "7", "a"]
    );
}

#[test]
fn the_longest_line_that_is_taken_is_cut_for_the_model_and_not_for_the_person() {
    let longest = "word ".repeat((1 << 20) / 5);
    let mut command = vecscope(&["embed"]);
    let lines = run(command.write_stdin(longest.as_str())).json_lines();
    assert_eq!(lines[0]["text"], longest);
    assert_eq!(lines[0]["tokens_used"], 256);
    assert!(lines[0]["tokens"].as_u64().is_some_and(|tokens| tokens > 200_000), "{}", lines[0]["tokens"]);
}

#[test]
fn nothing_to_rank_is_no_error_but_no_success() {
    let folder = Folder::new();
    for (name, content) in [("empty.txt", ""), ("blank.txt", "\n \r\n\t\n"), ("mark.jsonl", "\u{feff}\n")] {
        let path = folder.file(name, content);
        let searched = run(&mut vecscope(&["search", "q", "--corpus", &path, "--format", "json"]));
        let embedded = run(&mut vecscope(&["embed", &path]));
        for ran in [searched, embedded] {
            assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
            assert_says(&ran.stderr, &[name, "nothing to"]);
        }
    }
    let from_stdin = run(vecscope(&["search", "q", "--corpus", "-"]).write_stdin(""));
    assert_eq!(from_stdin.code, Some(1), "{}", from_stdin.stderr);
}

#[test]
fn a_bad_file_is_named_with_line_and_reason() {
    let folder = Folder::new();
    let long_line = [b"fine\n".as_slice(), &vec![b'x'; 10 << 20]].concat();
    let long_json = format!("{{\"text\":\"{}\"}}", "x".repeat(10 << 20));
    for (name, content, parts) in [
        ("latin1.txt", b"fine\ncaf\xE9\n".as_slice(), ["latin1.txt:2:", "UTF-8"]),
        ("long.txt", &long_line, ["long.txt:2:", "10485760 bytes"]),
        ("long.jsonl", long_json.as_bytes(), ["long.jsonl:1:", "bytes"]),
        ("broken.jsonl", b"{\"text\":\"a\"}\n{\"text\":\n", ["broken.jsonl:2:", "JSON"]),
        ("other.jsonl", b"{\"text\":\"a\"}\n[1]\n", ["other.jsonl:2:", ""]),
        ("fieldless.jsonl", b"{\"size\":1}\n", ["fieldless.jsonl:", "“size”. --text-field"]),
        ("quote.csv", b"text,n\na,1\n\"b,2\n", ["quote.csv:3:", "never closed"]),
        ("cut.jsonl.gz", b"\x1F\x8B\x08\0\0\0\0\0", ["cut.jsonl.gz:", "breaks off"]),
        ("cut.parquet", b"PAR1 and no more of it", ["cut.parquet:", "damaged"]),
        ("numeric.jsonl", b"{\"text\":7}\n", ["numeric.jsonl:1:", "string"]),
        ("twice.jsonl", b"{\"text\":\"a\",\"id\":1}\n{\"text\":\"b\",\"id\":\"1\"}\n", ["twice.jsonl:2:", "line 1"]),
        ("utf16.txt", b"o\0n\0e\0", ["utf16.txt:", "byte order mark"]),
    ] {
        let path = folder.file(name, content);
        assert_says(&run(&mut vecscope(&["search", "q", "--strict", "--corpus", &path])).refused(), &parts);
        assert_says(&run(&mut vecscope(&["embed", &path])).refused(), &parts);
    }
}

#[test]
fn rows_that_cannot_be_read_are_passed_over_with_a_word() {
    let folder = Folder::new();
    let path = folder.file("some.jsonl", "{\"text\":\"one\"}\n{\"text\":\n{\"text\":2}\n");
    let ran = run(&mut vecscope(&["search", "q", "--corpus", &path, "--format", "json"]));
    assert_says(&ran.stderr, &["2 rows could not be read", "some.jsonl:2: not JSON", "some.jsonl:3:"]);
    assert_eq!(Ran { stderr: String::new(), ..ran }.json()["results"].as_array().map(Vec::len), Some(1));
}

#[test]
fn other_formats_are_read_and_what_was_guessed_is_said() {
    let folder = Folder::new();
    let path = folder.file("utf16.csv", b"\xFF\xFEb\0o\0d\0y\0\n\0o\0n\0e\0");
    let ran = run(&mut vecscope(&["search", "q", "--corpus", &path, "--format", "json"]));
    assert_says(&ran.stderr, &["UTF-16", "texts are the column “body”"]);
    let ran = Ran { stderr: String::new(), ..ran }.json();
    assert_eq!((&ran["results"][0]["id"], &ran["results"][0]["text"]), (&"2".into(), &"one".into()));
    folder.file("notes.md", "# Boats\n\nSails and oars.\n\n- a knot\n");
    let notes = folder.path().to_str().expect("the path is UTF-8");
    let ran =
        run(&mut vecscope(&["search", "rowing", "--corpus", notes, "--corpus-format", "markdown", "--format", "csv"]));
    assert_says(&ran.stdout, &["notes.md:3", "Sails and oars."]);
}

#[test]
fn vectors_from_elsewhere_need_a_backend_and_one_row_for_each_text() {
    let folder = Folder::new();
    let texts = folder.file("three.txt", "one\ntwo\nthree\n");
    let vectors = vecscope(&["embed", "--format", "npy"]).write_stdin("one\ntwo\n").output().expect("it runs").stdout;
    let vectors = folder.file("two.npy", vectors);
    let arguments = ["search", "one", "--corpus", &texts, "--vectors", &vectors];
    assert_says(&run(&mut vecscope(&arguments)).refused(), &["--vectors-backend"]);
    let arguments = [&arguments[..], &["--vectors-backend", "local"]].concat();
    assert_says(&run(&mut vecscope(&arguments)).refused(), &["two.npy: 2 vectors, but 3 texts"]);
}

#[test]
fn what_is_no_file_is_named() {
    let folder = Folder::new();
    let missing = folder.join("missing.txt");
    let missing = missing.to_str().expect("the path is UTF-8");
    assert_says(&run(&mut vecscope(&["search", "q", "--corpus", missing])).refused(), &["missing.txt"]);
    assert_says(&run(&mut vecscope(&["embed", missing])).refused(), &["missing.txt"]);
    let directory = folder.path().to_str().expect("the path is UTF-8");
    assert_says(&run(&mut vecscope(&["search", "q", "--corpus", directory])).refused(), &[directory]);
    // Also where the explorer would have opened: it never takes the terminal for this.
    assert_says(&run(&mut vecscope(&["--corpus", missing])).refused(), &["vecscope"]);
}

#[test]
fn bad_standard_input_is_named_as_such() {
    let ran = run(vecscope(&["search", "q", "--strict", "--corpus", "-"]).write_stdin(b"fine\n\xFF\n".as_slice()));
    assert_says(&ran.refused(), &["standard input:2:", "UTF-8"]);
}
