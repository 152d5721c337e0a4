//! The program over a real server: a corpus that is kept in a collection, and a collection that is the corpus.

use std::process::{Command, Output};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::chroma_lab::RealServer;

/// Runs the program with a cache folder of its own.
fn vecscope(server: &RealServer, home: &TempDir, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vecscope"))
        .args(arguments)
        .env("VECSCOPE_CACHE_DIR", home.path())
        .env("XDG_CONFIG_HOME", home.path())
        .env_remove("CHROMA_TOKEN")
        .args(if arguments[0] == "browse" { vec![] } else { vec!["--chroma-url".to_owned(), server.url()] })
        .output()
        .expect("the program runs")
}

#[track_caller]
fn ranking(output: &Output) -> (Value, String) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    (serde_json::from_slice(&output.stdout).expect("a ranking is JSON"), said)
}

/// The ids and the scores.
fn results(ranking: &Value) -> Vec<(String, f64)> {
    let results = ranking["results"].as_array().expect("a list");
    results
        .iter()
        .map(|result| {
            (result["id"].as_str().unwrap_or_default().to_owned(), result["score"].as_f64().unwrap_or_default())
        })
        .collect()
}

#[test]
#[ignore = "needs VECSCOPE_TEST_CHROMA: the path of a Python with tests/store/requirements.txt"]
fn a_corpus_is_kept_in_a_collection_and_is_the_corpus_of_the_next_start() {
    let (server, home) = (RealServer::start(), TempDir::new().expect("a folder"));
    let file = home.path().join("notes.csv");
    std::fs::write(&file, "id,text,year\na,red apples,1999\nb,blue sky,2000\nc,green grass,2001\n").expect("a file");
    let store = ["--store", "chroma", "--collection", "notes"];
    let corpus = ["--corpus", file.to_str().expect("a path")];
    let search = |home: &TempDir, more: &[&str]| {
        let json = [&["search", "the sky above", "--format", "json"], &store[..], more].concat();
        ranking(&vecscope(&server, home, &json)).0
    };
    // How many were restored and embedded.
    let counts = |home: &TempDir, more: &[&str]| {
        let table = vecscope(&server, home, &[&["search", "the sky above"], &store[..], more].concat());
        String::from_utf8_lossy(&table.stderr).into_owned()
    };
    let first = search(&home, &corpus);
    assert_eq!(results(&first)[0].0, "b");
    // Without the file, and with nothing in the cache: what the collection holds.
    let home = TempDir::new().expect("a folder");
    let said = counts(&home, &[]);
    assert!(said.contains("3 vectors restored, 0 embedded"), "{said}");
    let second = search(&home, &[]);
    let (first, second) = (results(&first), results(&second));
    assert_eq!(first.len(), 3);
    for ((id, score), (other, again)) in first.iter().zip(&second) {
        assert!(id == other && (score - again).abs() < 1e-5, "{first:?} {second:?}");
    }
    // A text more: one is embedded.
    std::fs::write(&file, "id,text,year\na,red apples,1999\nc,green grass,2001\nd,white snow,2002\n").expect("a file");
    let said = counts(&home, &corpus);
    assert!(said.contains("2 vectors restored, 1 embedded"), "{said}");
    let third = search(&home, &corpus);
    assert!(results(&third).iter().all(|(id, _)| id != "b"), "{third}");
    // By every document, and the query.
    let measured = search(&home, &["--measure-recall", "--top", "2"]);
    assert_eq!((&measured["method"], &measured["recall"]["queries"]), (&json!("store"), &json!(4)));
    assert_eq!(measured["recall"]["recall"], json!(1.0), "{measured}");
    let exact = search(&home, &["--search", "exact"]);
    for ((id, score), (other, again)) in results(&third).iter().zip(&results(&exact)) {
        assert!(id == other && (score - again).abs() < 1e-5, "{third} {exact}");
    }
    let other = home.path().join("other.txt");
    std::fs::write(&other, "something else\n").expect("a file");
    let corpus = ["--corpus", other.to_str().expect("a path")];
    let refused = vecscope(&server, &home, &[&["search", "q"], &store[..], &corpus].concat());
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("holds the corpus") && said.contains("choose another --collection"), "{said}");
}

#[test]
#[ignore = "needs VECSCOPE_TEST_CHROMA: the path of a Python with tests/store/requirements.txt"]
fn who_has_no_server_or_no_collection_is_told_before_anything_is_embedded() {
    let (mut server, home) = (RealServer::start(), TempDir::new().expect("a folder"));
    let search = |server: &RealServer, more: &[&str]| {
        let output = vecscope(server, &home, &[&["search", "q", "--store", "chroma"], more].concat());
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(search(&server, &[]).contains("--collection NAME"));
    server.post("", &json!({ "name": "theirs", "configuration": { "hnsw": { "space": "l2" } } }));
    let client = server.connect().expect("it answers");
    let theirs = client.collection("theirs").expect("it can be read").expect("it is there");
    assert_eq!(theirs.dimensions, None);
    let id = server.post("", &json!({ "name": "theirs", "get_or_create": true }))["id"].clone();
    let record = json!({ "ids": ["1"], "embeddings": [[1.0, 0.5]], "documents": ["one"], "metadatas": [null] });
    server.post(&format!("/{}/add", id.as_str().expect("an id")), &record);
    let said = search(&server, &["--collection", "theirs"]);
    assert!(said.contains("was not made by vecscope") && said.contains("vecscope browse"), "{said}");
    server.kill();
    let said = search(&server, &["--collection", "notes"]);
    assert!(said.contains("cannot be reached"), "{said}");
}
