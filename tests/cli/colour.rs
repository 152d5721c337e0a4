//! Colours: on a terminal, where they are wanted.

use crate::lab::{Folder, THREE, run, vecscope};

#[test]
fn colours_are_for_terminals_unless_they_are_asked_for() {
    let folder = Folder::new();
    let path = folder.file("three.txt", THREE);
    for (choice, no_color, coloured) in [
        (None, None, false),
        (Some("--color=auto"), None, false),
        (Some("--color=never"), None, false),
        (Some("--color=always"), None, true),
        // What was asked for here and now goes before a variable that was set long ago.
        (Some("--color=always"), Some("1"), true),
        (None, Some("1"), false),
    ] {
        let mut command = vecscope(&["search", "cat", "--corpus", &path]);
        command.args(choice);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        let table = run(&mut command).succeeded();
        assert_eq!(table.contains('\u{1b}'), coloured, "{choice:?}, {no_color:?}: {table:?}");
    }
}

#[test]
fn json_and_csv_are_never_coloured() {
    let folder = Folder::new();
    let path = folder.file("three.txt", THREE);
    for format in ["json", "csv"] {
        let printed =
            run(&mut vecscope(&["search", "cat", "--corpus", &path, "--format", format, "--color=always"])).succeeded();
        assert!(!printed.contains('\u{1b}'), "{printed:?}");
    }
}
