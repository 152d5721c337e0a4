//! `vecscope search`: the ranking, once.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::lab::{Folder, THREE, assert_says, run, vecscope};

const QUESTION: &str = "how do I ask a database a question";

#[track_caller]
fn keys(object: &Value) -> BTreeSet<&str> {
    object.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// Rank, id, score and text of each result.
#[track_caller]
fn results(report: &Value) -> Vec<(u64, String, f64, String)> {
    let results = report["results"].as_array().expect("results");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    results
        .iter()
        .map(|result| {
            let (rank, score) = (result["rank"].as_u64(), result["score"].as_f64());
            (rank.expect("a rank"), text(&result["id"]), score.expect("a score"), text(&result["text"]))
        })
        .collect()
}

#[test]
fn without_a_terminal_there_is_no_explorer() {
    let message = run(&mut vecscope(&[])).refused();
    assert_says(&message, &["needs a terminal", "vecscope search", "--help"]);
}

#[test]
fn json_has_exactly_the_promised_fields() {
    let report = run(&mut vecscope(&["search", QUESTION, "--format", "json"])).json();
    let fields = ["query", "backend", "model", "engine", "dimensions", "metric", "documents", "results", "timings_ms"];
    let ways = ["method", "filter", "among", "sampled"];
    assert_eq!(keys(&report), fields.into_iter().chain(ways).collect());
    assert_eq!(report["query"], QUESTION);
    assert_eq!(report["backend"], "local");
    assert_eq!(report["model"], "all-MiniLM-L6-v2");
    assert!(report["engine"].as_str().is_some_and(|engine| engine.starts_with("RTen ")), "{}", report["engine"]);
    assert_eq!(report["dimensions"], 384);
    assert_eq!(report["metric"], "cosine");
    assert_eq!(
        [&report["method"], &report["filter"], &report["sampled"]],
        [&"exact".into(), &Value::Null, &Value::Null]
    );
    for result in report["results"].as_array().expect("results") {
        assert_eq!(keys(result), ["rank", "id", "score", "text", "topic"].into());
    }
    let timings = report["timings_ms"].as_object().expect("timings");
    assert!(!timings.is_empty());
    assert!(timings.values().all(|value| value.as_f64().is_some_and(|ms| ms >= 0.0)), "{timings:?}");
}

#[test]
fn the_recall_of_a_way_of_searching_is_measured_when_asked_for() {
    let measured = ["search", QUESTION, "--search", "hnsw", "--measure-recall"];
    let report = run(&mut vecscope(&[&measured[..], &["--format", "json", "--top", "5"]].concat())).json();
    let recall = &report["recall"];
    assert_eq!(keys(recall), ["recall", "k", "queries", "search_ms", "exact_ms"].into());
    // All hundred sentences, and the query. A graph of so few finds nearly all.
    assert_eq!((recall["k"].as_u64(), recall["queries"].as_u64()), (Some(5), Some(101)));
    assert!(recall["recall"].as_f64().is_some_and(|share| (0.9..=1.0).contains(&share)), "{recall}");
    let said = run(&mut vecscope(&measured)).stderr;
    assert_says(&said, &["HNSW · recall@10 ", "of 101 queries"]);
}

#[test]
fn results_stand_best_first_and_the_best_one_answers_the_question() {
    let report = run(&mut vecscope(&["search", QUESTION, "--format", "json"])).json();
    let results = results(&report);
    assert_eq!(results.iter().map(|found| found.0).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    assert!(results.is_sorted_by(|a, b| a.2 >= b.2), "{results:?}");
    assert!(results.iter().all(|found| (-1.0..=1.0).contains(&found.2)), "{results:?}");
    // Both are about putting a question to a database; nothing else in the corpus is as much.
    assert!(["s001", "s002"].contains(&results[0].1.as_str()), "{results:?}");
}

#[test]
fn a_table_has_a_line_a_result_and_csv_says_the_same_as_json() {
    let report = run(&mut vecscope(&["search", QUESTION, "--top", "4", "--format", "json"])).json();
    let expected = results(&report);
    assert_eq!(expected.len(), 4);

    let table = run(&mut vecscope(&["search", QUESTION, "--top", "4"])).succeeded();
    assert_eq!(table.lines().count(), 4);
    for (line, (rank, id, score, text)) in table.lines().zip(&expected) {
        assert!(line.trim_start().starts_with(&rank.to_string()), "{line}");
        assert_says(line, &[id, &format!("{score:.3}"), text]);
    }

    let csv = run(&mut vecscope(&["search", QUESTION, "--top", "4", "--format", "csv"])).succeeded();
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    assert_eq!(reader.headers().expect("a header line"), ["rank", "id", "score", "text"].as_slice());
    let rows: Vec<(u64, String, f64, String)> = reader.deserialize().map(|row| row.expect("four fields")).collect();
    for (row, expected) in rows.iter().zip(&expected) {
        assert_eq!((row.0, &row.1, &row.3), (expected.0, &expected.1, &expected.3));
        // Two spellings of the same 32-bit number.
        assert!((row.2 - expected.2).abs() < 1e-6, "{row:?} and {expected:?}");
    }
    assert_eq!(rows.len(), 4);
}

#[test]
fn more_results_than_texts_are_all_texts() {
    let corpus = Folder::new();
    let path = corpus.file("three.txt", THREE);
    let report =
        run(&mut vecscope(&["search", "a sleeping animal", "--corpus", &path, "-k", "50", "--format", "json"])).json();
    let results = results(&report);
    assert_eq!(results.len(), 3);
    assert_eq!((results[0].1.as_str(), results[0].3.as_str()), ("1", "The cat sleeps on the sofa."));
}

#[test]
fn a_sentence_of_the_corpus_finds_itself() {
    let query = "Bread is baked in an oven.";
    let mut command = vecscope(&["search", query, "--corpus", "-", "--format", "json"]);
    let report = run(command.write_stdin(THREE)).json();
    let results = results(&report);
    assert_eq!(results[0].3, query);
    assert!((results[0].2 - 1.0).abs() < 1e-5, "{results:?}");
}

#[test]
fn no_query_and_no_results_are_refused() {
    for blank in ["", " ", "\t\n", "\u{a0}"] {
        assert_says(&run(&mut vecscope(&["search", blank])).refused(), &["the query is empty"]);
    }
    assert_says(&run(&mut vecscope(&["search", "q", "--top", "0"])).refused(), &["--top", "at least 1"]);
}

#[test]
fn an_unknown_option_is_refused_and_named() {
    assert_says(&run(&mut vecscope(&["search", "q", "--topp", "3"])).refused(), &["--topp"]);
    assert_says(&run(&mut vecscope(&["rank", "q"])).refused(), &["rank"]);
}
