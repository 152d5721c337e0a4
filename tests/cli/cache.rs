//! Vectors kept between runs, as scripts see them.

use std::fs;
use std::thread;

use assert_cmd::Command;
use serde_json::{Value, json};

use crate::lab::{Folder, Ran, THREE, assert_says, program, run};
use crate::mock::{Letters, Server, inputs};

/// Longer than anything takes on a busy machine.
const PATIENCE: std::time::Duration = std::time::Duration::from_mins(3);

/// The program with the cache of one test.
pub(crate) fn caching(folder: &Folder, arguments: &[&str]) -> std::process::Command {
    let mut command = program(arguments);
    command.env_remove("VECSCOPE_NO_CACHE").env("VECSCOPE_CACHE_DIR", folder.join("cache"));
    command
}

/// Runs it to its end.
fn cached(folder: &Folder, arguments: &[&str]) -> Ran {
    let mut command = Command::from_std(caching(folder, arguments));
    command.timeout(PATIENCE);
    run(&mut command)
}

/// The documents of a search: in all, restored and embedded; and its results.
#[track_caller]
fn search(folder: &Folder, corpus: &str, more: &[&str]) -> ([u64; 3], Value) {
    let arguments = [&["search", "bread", "--format", "json", "--corpus", corpus], more].concat();
    let report = cached(folder, &arguments).json();
    let count = |name: &str| report["documents"][name].as_u64().expect("a number");
    (["total", "restored", "embedded"].map(count), report["results"].clone())
}

fn database(folder: &Folder) -> std::path::PathBuf {
    folder.join("cache").join("vectors.sqlite3")
}

#[test]
fn the_second_start_embeds_nothing_and_an_edited_corpus_only_what_changed() {
    let folder = Folder::new();
    let corpus = folder.file("three.txt", THREE);
    let (first, results) = search(&folder, &corpus, &[]);
    assert_eq!(first, [3, 0, 3]);
    assert_eq!(search(&folder, &corpus, &[]), ([3, 3, 0], results.clone()));
    let edited = folder.file("edited.txt", format!("{}A fourth one.\n", THREE.replace("Monday", "Friday")));
    assert_eq!(search(&folder, &edited, &[]).0, [4, 2, 2]);
    // Of a person's texts nothing can be read in it.
    let content = fs::read(database(&folder)).expect("it is there");
    assert!(!content.windows(7).any(|part| part == b"fourth " || part == b"oven.\0\0" || part == b"sharply"));
    // And without it everything is as ever.
    assert_eq!(search(&folder, &corpus, &["--no-cache"]), ([3, 0, 3], results));
}

#[test]
fn what_was_embedded_for_a_file_is_not_embedded_again_for_another_or_for_a_search() {
    let folder = Folder::new();
    // One text twice: whoever matches vectors to lines wants both.
    let corpus = folder.file("three.txt", format!("{THREE}{}", THREE.lines().next().expect("three")));
    let embed = |more: &[&str]| {
        let ran = cached(&folder, &[&["embed", &corpus], more].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        (ran.stderr, ran.stdout)
    };
    let (told, first) = embed(&[]);
    assert_eq!((told.as_str(), first.lines().count()), ("", 4));
    let restored = "vecscope: 4 vectors restored, 0 embedded\n".to_owned();
    assert_eq!(embed(&[]), (restored, first.clone()));
    assert_eq!(search(&folder, &folder.file("other.txt", THREE), &[]).0, [3, 3, 0]);
    assert_eq!(embed(&["--no-cache"]), (String::new(), first));
    assert_eq!(embed(&["--raw"]).0, "", "as the model made them, they are not kept");
}

#[test]
fn a_table_says_on_standard_error_what_was_restored() {
    let folder = Folder::new();
    let corpus = folder.file("three.txt", THREE);
    let arguments = ["search", "bread", "--corpus", &corpus];
    assert!(cached(&folder, &arguments).succeeded().contains("oven"));
    let again = cached(&folder, &arguments);
    assert_eq!((again.code, again.stderr.as_str()), (Some(0), "vecscope: 3 vectors restored, 0 embedded\n"));
}

#[test]
fn other_commands_take_what_is_kept_and_give_the_same() {
    let folder = Folder::new();
    let corpus = folder.file("three.txt", THREE);
    for arguments in [&["map", "--format", "json"][..], &["explain", "bread", "3", "--format", "json"]] {
        let arguments = [arguments, &["--corpus", &corpus]].concat();
        let first = cached(&folder, &arguments);
        assert_eq!(first.code, Some(0), "{}", first.stderr);
        assert_eq!(cached(&folder, &arguments).stdout, first.stdout);
    }
}

#[test]
fn a_repeated_query_to_a_server_sends_nothing_and_nobody_is_asked() {
    let folder = Folder::new();
    let corpus = folder.file("three.txt", THREE);
    let server = Server::start(Letters);
    let url = server.base_url();
    let to_server = ["--backend", "openai", "--base-url", &url, "--embed-model", "letters"];
    let (first, results) = search(&folder, &corpus, &to_server);
    let sent = || server.requests().iter().flat_map(inputs).count();
    assert_eq!((first, sent()), ([3, 0, 3], 4), "three texts and the query");
    assert_eq!(search(&folder, &corpus, &to_server), ([3, 3, 0], results));
    assert_eq!(sent(), 4);
    // Another server may run another model under the same name.
    let other = Server::start(Letters);
    let url = other.base_url();
    let to_other = ["--backend", "openai", "--base-url", &url, "--embed-model", "letters"];
    assert_eq!(search(&folder, &corpus, &to_other).0, [3, 0, 3]);
    // Of what is kept nobody is asked whether it may be sent, and of the rest only the rest is named.
    let far = ["--backend", "openai", "--base-url", "https://example.invalid/v1", "--cache-dir"];
    let nowhere = folder.join("nowhere");
    let nowhere = nowhere.to_str().expect("the path is UTF-8");
    let arguments = [&["search", "bread", "--corpus", &corpus][..], &far, &[nowhere]].concat();
    let mut command = Command::from_std(caching(&folder, &arguments));
    let message = run(command.env("OPENAI_API_KEY", "sk-test")).refused();
    assert_says(&message, &["3 texts", "nothing was sent"]);
}

#[test]
fn a_cache_that_is_none_is_set_aside_with_a_message_and_a_new_one_begins() {
    let folder = Folder::new();
    let corpus = folder.file("three.txt", THREE);
    fs::create_dir(folder.join("cache")).expect("a free place");
    fs::write(database(&folder), "not a database at all, but long enough to be looked at").expect("a free place");
    let ran = cached(&folder, &["search", "bread", "--corpus", &corpus]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_says(&ran.stderr, &["vectors.sqlite3 cannot be used", "set aside as", "vectors.sqlite3.set-aside-1"]);
    assert!(folder.join("cache/vectors.sqlite3.set-aside-1").exists());
    assert_eq!(search(&folder, &corpus, &[]).0, [3, 3, 0]);
}

#[test]
fn without_a_place_for_it_everything_works_and_is_told_once() {
    let folder = Folder::new();
    let corpus = folder.file("three.txt", THREE);
    folder.file("cache", "a file where the folder should be");
    let ran = cached(&folder, &["search", "bread", "--corpus", &corpus]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_says(&ran.stderr, &["vectors.sqlite3", "Vectors are not kept in this run"]);
    assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
}

#[test]
fn the_cache_is_listed_pruned_and_cleared() {
    let folder = Folder::new();
    let corpus = folder.file("three.txt", THREE);
    assert_says(&cached(&folder, &["cache"]).succeeded(), &["vectors.sqlite3", "no vectors are kept"]);
    search(&folder, &corpus, &[]);
    let report = cached(&folder, &["cache", "--format", "json"]).json();
    let model = &report["models"][0];
    let fields = ["model", "dimensions", "vectors", "bytes"].map(|name| model[name].clone());
    assert_eq!(fields, [json!("all-MiniLM-L6-v2"), json!(384), json!(3), json!(3 * 384 * 4)]);
    let listed = cached(&folder, &["cache"]).succeeded();
    assert_says(&listed, &["of at most 4.0 GiB", "all-MiniLM-L6-v2", "3 × 384", "used today"]);
    assert_says(&cached(&folder, &["cache", "prune"]).succeeded(), &["0 vectors removed"]);
    assert_says(&cached(&folder, &["cache", "clear", "--model", "other"]).refused(), &["other", "all-MiniLM-L6-v2"]);
    let cleared = cached(&folder, &["cache", "clear", "--model", "all-MiniLM-L6-v2"]).succeeded();
    assert_says(&cleared, &["3 vectors removed"]);
    assert_eq!(search(&folder, &corpus, &[]).0, [3, 0, 3]);
    assert_says(&cached(&folder, &["cache", "prune", "--to", "0B"]).succeeded(), &["3 vectors removed"]);
    assert_says(&cached(&folder, &["search", "q", "--cache-limit", "much"]).refused(), &["--cache-limit", "much"]);
}

#[test]
fn two_programs_that_embed_the_same_corpus_at_once_both_end_and_lose_nothing() {
    let folder = Folder::new();
    let lines: Vec<String> = (0..120).map(|number| format!("text number {number}")).collect();
    let corpus = folder.file("many.txt", lines.join("\n"));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(search(&folder, &corpus, &[]).0[0], 120));
        }
    });
    assert_eq!(search(&folder, &corpus, &[]).0, [120, 120, 0]);
}
