//! Folders and patterns.

use std::fs;

use tempfile::TempDir;

use super::*;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("made");
        fs::write(path, content).expect("written");
    }
    folder
}

fn load_at(path: impl AsRef<Path>) -> Result<Corpus, CorpusError> {
    load(&Source::at(path.as_ref()))
}

#[test]
fn a_folder_is_all_files_of_known_endings_by_their_paths() {
    let folder = folder(&[
        ("b.txt", "one\none more\n\ntwo"),
        ("a/deep.md", "# Up\n\ndown"),
        ("a/rows.csv", "id,text\n7,seven\n8,eight\n"),
        ("picture.png", "x"),
        ("code.rs", "x"),
        ("more.rs", "x"),
        (".hidden.txt", "x"),
        (".gitignore", "left/\n"),
        ("left/out.txt", "x"),
    ]);
    let corpus = load_at(folder.path()).expect("readable");
    assert_eq!(
        ids_and_texts(&corpus),
        [
            ("a/deep.md:3", "down"),
            ("a/rows.csv:7", "seven"),
            ("a/rows.csv:8", "eight"),
            ("b.txt:1", "one one more"),
            ("b.txt:4", "two"),
        ]
    );
    assert_eq!(said(&corpus, 3, "file"), json!("b.txt"));
    assert_eq!(said(&corpus, 0, "section"), json!("Up"));
    assert_eq!(
        corpus.notes,
        [
            "files with other endings are passed over: 2 .rs, 1 .png",
            "text files are taken paragraph by paragraph; --split lines takes each line"
        ]
    );
}

#[test]
fn a_file_that_cannot_be_read_is_one_bad_row_of_its_folder() {
    let folder = folder(&[("a.txt", "fine"), ("b.json", "[1, 2"), ("c.txt", "x\0y")]);
    let corpus = load_at(folder.path()).expect("one is fine");
    assert_eq!((corpus.documents.len(), corpus.skipped.rows), (1, 2));
    assert!(corpus.skipped.first[0].contains("b.json:1: not JSON"), "{:?}", corpus.skipped);
    assert!(corpus.skipped.first[1].contains("c.txt: it looks binary"), "{:?}", corpus.skipped);
    let strict = ReadOptions { strict: true, ..ReadOptions::default() };
    assert!(load(&Source { options: strict, ..Source::at(folder.path()) }).is_err());
}

#[test]
fn a_pattern_takes_what_it_matches_whatever_its_ending() {
    let folder = folder(&[("a/x.log", "one"), ("b/y.log", "two"), ("b/z.txt", "three"), ("b/c/w.log", "four")]);
    let pattern = |pattern: &str| load_at(folder.path().join(pattern));
    assert_eq!(ids_and_texts(&pattern("*/*.log").expect("two match")), [("a/x.log:1", "one"), ("b/y.log:1", "two")]);
    assert_eq!(ids_and_texts(&pattern("b/**/*.log").expect("two match")), [("c/w.log:1", "four"), ("y.log:1", "two")]);
    let error = pattern("*.md").expect_err("none match").to_string();
    assert!(error.ends_with("*.md: no file matches"), "{error}");
    assert!(pattern("[").expect_err("no pattern").to_string().contains('['));
}

#[test]
fn a_file_whose_name_looks_like_a_pattern_is_that_file() {
    let folder = folder(&[("notes [1].txt", "one\ntwo")]);
    assert_eq!(
        ids_and_texts(&load_at(folder.path().join("notes [1].txt")).expect("read")),
        [("1", "one"), ("2", "two")]
    );
}

#[test]
fn a_folder_of_nothing_that_is_read_says_what_is_there() {
    let error = load_at(folder(&[("a.rs", "x")]).path()).expect_err("nothing").to_string();
    assert!(error.contains("no file in it has an ending that is read, only 1 .rs. A pattern such as"), "{error}");
    let error = load_at(folder(&[]).path()).expect_err("nothing").to_string();
    assert!(error.ends_with("no file is in it that could be read"), "{error}");
}

#[test]
fn a_folder_in_beirs_layout_is_its_corpus() {
    let folder = folder(&[
        ("corpus.jsonl", "{\"_id\":\"a\",\"title\":\"T\",\"text\":\"x\"}"),
        ("queries.jsonl", "{\"_id\":\"q\",\"text\":\"y\"}"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq\ta\t1\n"),
    ]);
    let corpus = load_at(folder.path()).expect("readable");
    assert_eq!(ids_and_texts(&corpus), [("a", "T x")]);
    assert!(corpus.notes[0].contains("BEIR"), "{:?}", corpus.notes);
}

#[cfg(unix)]
#[test]
fn links_that_go_round_do_not() {
    let folder = folder(&[("a/x.txt", "one")]);
    std::os::unix::fs::symlink(folder.path(), folder.path().join("a/up")).expect("linked");
    let corpus = load_at(folder.path()).expect("readable");
    assert_eq!(corpus.documents.len(), 1);
    assert!(corpus.notes.contains(&"links in the folder are not followed".into()), "{:?}", corpus.notes);
}
