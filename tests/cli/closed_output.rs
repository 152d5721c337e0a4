//! `vecscope … | head`: whoever reads has enough, and that is no error.

use std::process::Stdio;

use crate::lab::{Folder, Ran, program};

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let folder = Folder::new();
    // More than any buffer between the program and its reader holds, so that it is told in the middle of a result.
    let lines = (0..20).map(|number| format!("{number} {}\n", "many words ".repeat(500)));
    let path = folder.file("long.txt", lines.collect::<String>());
    for arguments in [
        ["search", "bread", "--top=20", "--corpus", &path].as_slice(),
        &["search", "bread", "--top=20", "--corpus", &path, "--format=json"],
        &["search", "bread", "--top=20", "--corpus", &path, "--format=csv"],
        &["embed", &path],
        &["embed", &path, "--format=npy"],
        &["bench", "--runs=1"],
        &["doctor"],
        &["--help"],
    ] {
        let mut child = program(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        // Long before it has anything to print.
        drop(child.stdout.take());
        let ran = Ran::from(child.wait_with_output().expect("it ends"));
        assert_eq!((ran.code, ran.stderr.as_str()), (Some(0), ""), "{arguments:?}");
    }
}
