//! `vecscope learn` without a screen.

use std::fs;

use serde_json::json;

use crate::lab::{Folder, assert_says, run, vecscope};

/// A program that keeps its progress in a folder of this test.
fn learn(folder: &Folder, arguments: &[&str]) -> assert_cmd::Command {
    let mut command = vecscope(&[&["learn"], arguments].concat());
    command.env("XDG_STATE_HOME", folder.path());
    command
}

#[test]
fn the_lessons_are_listed_with_what_is_done() {
    let folder = Folder::new();
    fs::create_dir(folder.join("vecscope")).expect("a new folder");
    let kept = json!({"version": 1, "done": ["idea.meaning", "tiny.one", "tiny.form", "of.another.version"]});
    folder.file("vecscope/lessons.json", kept.to_string());
    let listed = run(&mut learn(&folder, &["--list", "--format", "json"])).json();
    let listed = listed.as_array().expect("a list");
    assert_eq!(listed.len(), 9);
    assert_eq!((&listed[0]["id"], &listed[0]["done"]), (&json!("idea"), &json!(1)));
    for lesson in listed {
        for field in ["title", "teaches"] {
            assert!(lesson[field].as_str().is_some_and(|text| !text.is_empty()), "{lesson}");
        }
    }
    let table = run(&mut learn(&folder, &["--list"])).succeeded();
    assert!(table.contains("◐ 1/3  idea"), "{table}");
    assert!(table.contains("● 2/2  tiny"), "{table}");
    assert!(table.contains("○ 0/3  hybrid"), "{table}");
    let one = run(&mut learn(&folder, &["tiny", "--list"])).succeeded();
    assert_eq!(one.lines().count(), 2, "{one}");
}

#[test]
fn what_is_done_is_forgotten_on_request_alone() {
    let folder = Folder::new();
    fs::create_dir(folder.join("vecscope")).expect("a new folder");
    folder.file("vecscope/lessons.json", r#"{"version": 1, "done": ["tiny.one"]}"#);
    run(&mut learn(&folder, &["--reset"])).succeeded();
    assert!(!folder.join("vecscope/lessons.json").exists());
    run(&mut learn(&folder, &["--reset"])).succeeded();
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_left_alone() {
    let folder = Folder::new();
    fs::create_dir(folder.join("vecscope")).expect("a new folder");
    folder.file("vecscope/lessons.json", "{\"version\": 7}");
    let ran = run(&mut learn(&folder, &["--list"]));
    assert_eq!(ran.code, Some(0));
    assert_says(&ran.stderr, &["lessons.json", "newer vecscope", "7"]);
    assert!(ran.stdout.contains("0/3  idea"), "{}", ran.stdout);
    let left = fs::read_to_string(folder.join("vecscope/lessons.json")).expect("it is there");
    assert_eq!(left, "{\"version\": 7}");
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = Folder::new();
    let refused = |arguments: &[&str]| run(&mut learn(&folder, arguments)).refused();
    assert_says(&refused(&["algebra", "--list"]), &["no lesson algebra", "idea", "hybrid"]);
    assert_says(&refused(&["algebra"]), &["no lesson algebra"]);
    assert_says(&refused(&["--corpus", "notes.txt"]), &["bundled corpus", "--corpus"]);
    assert_says(&refused(&["--list", "--corpus", "notes.txt"]), &["bundled corpus"]);
    assert_says(&refused(&[]), &["needs a terminal"]);
    assert_says(&refused(&["--reset", "--list"]), &["cannot be used with"]);
}
