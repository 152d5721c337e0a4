//! `vecscope explain`: why one document stands where it stands, each number by another way.

use serde_json::{Value, json};

use crate::lab::{Folder, THREE, assert_says, run, vecscope};

const QUESTION: &str = "how do I ask a database a question";

fn explain(query: &str, id: &str, more: &[&str]) -> Value {
    let arguments = [&["explain", query, id, "--format", "json"], more].concat();
    run(&mut vecscope(&arguments)).json()
}

/// The rank and the cosine of a document, as `search` has them.
fn found(query: &str, id: &str) -> (u64, f64) {
    let report = run(&mut vecscope(&["search", query, "--top", "100", "--format", "json"])).json();
    let results = report["results"].as_array().expect("results").clone();
    let found = results.into_iter().find(|found| found["id"] == id).expect("ranked");
    (found["rank"].as_u64().expect("a rank"), number(&found["score"]))
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| unreachable!("{value} is a number"))
}

#[track_caller]
fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 2e-5, "{found} is not {expected}");
}

#[test]
fn the_arithmetic_is_that_of_the_ranking() {
    let report = explain(QUESTION, "s014", &["--top", "384"]);
    let (rank, cosine) = found(QUESTION, "s014");
    assert_eq!((&report["rank"], &report["documents"]), (&json!(rank), &json!(100)));
    assert_near(number(&report["cosine"]), cosine);
    assert_near(number(&report["angle_degrees"]).to_radians().cos(), cosine);
    let norms = number(&report["query_norm"]) * number(&report["document_norm"]);
    assert!((number(&report["raw_dot"]) - cosine * norms).abs() < 1e-3);
    // All 384 dimensions together are the cosine.
    let parts = report["contributions"]["largest"].as_array().expect("parts");
    assert_eq!(parts.len(), 384);
    assert_near(parts.iter().map(|part| number(&part["query"]) * number(&part["document"])).sum(), cosine);
    let histogram = report["scores"]["histogram"].as_array().expect("bins");
    assert_eq!(histogram.iter().filter_map(Value::as_u64).sum::<u64>(), 100);
}

#[test]
fn json_says_how_the_ranking_came_about() {
    let (whole, some) = (explain("a bat", "s071", &[]), explain("a bat", "s071", &["--filter", " topic:sport"]));
    assert_eq!((&whole["method"], &whole["documents"]), (&json!("exact"), &json!(100)));
    assert_eq!((&some["filter"], &some["documents"]), (&json!("topic:sport"), &json!(10)));
    for (report, field) in [(&whole, "filter"), (&whole, "sampled"), (&some, "sampled")] {
        assert_eq!(report.get(field), Some(&Value::Null), "{field} is there, and null");
    }
}

#[test]
fn a_graph_that_was_asked_for_is_waited_for() {
    let report = explain("a cat", "s048", &["--search", "hnsw"]);
    assert_eq!(report["method"], "HNSW");
    // The sentence about the cat is the nearest, by whatever way.
    assert_eq!(report["rank"], 1, "{report}");
}

#[test]
fn json_says_of_how_many_scores_the_spread_is_known() {
    // So many that the way that looks at one bit a dimension scores only some of them.
    const TEXTS: usize = 9_000;
    const DIMENSIONS: usize = 384;
    let folder = Folder::new();
    let texts = (0..TEXTS).map(|number| format!("text {number}")).collect::<Vec<_>>().join("\n");
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({TEXTS}, {DIMENSIONS}), }}");
    let mut npy = b"\x93NUMPY\x01\x00\xf6\x00".to_vec();
    npy.extend(format!("{header:<245}\n").bytes());
    for number in 0..TEXTS * DIMENSIONS {
        let number = u16::try_from(number * 7_919 % 1_009).expect("small");
        npy.extend((f32::from(number) - 504.0).to_le_bytes());
    }
    let (texts, vectors) = (folder.file("texts.txt", texts), folder.file("vectors.npy", npy));
    let corpus = ["--corpus", &texts, "--vectors", &vectors, "--vectors-backend", "local", "--search", "two-pass"];
    let ranked = run(&mut vecscope(&[&["search", "a bat", "--format", "json"], &corpus[..]].concat())).json();
    let report = explain("a bat", ranked["results"][0]["id"].as_str().expect("an id"), &corpus);
    for report in [&ranked, &report] {
        assert_eq!((&report["method"], &report["sampled"]), (&json!("two-pass"), &json!(1_000)));
    }
    let histogram = report["scores"]["histogram"].as_array().expect("bins");
    assert_eq!((histogram.iter().filter_map(Value::as_u64).sum::<u64>(), &report["documents"]), (1_000, &json!(TEXTS)));
}

#[test]
fn without_a_word_it_stands_where_a_search_without_that_word_puts_it() {
    let report = explain(QUESTION, "s014", &[]);
    let without = report["words_left_out"].as_array().expect("words");
    let words: Vec<&str> = without.iter().filter_map(|word| word["word"].as_str()).collect();
    assert_eq!(words, ["how", "do", "I", "ask", "a", "database", "a", "question"]);
    let (rank, cosine) = found("how do I ask a a question", "s014");
    assert_eq!(without[5]["rank"], rank);
    assert_near(number(&without[5]["cosine"]), cosine);
    assert_near(number(&without[5]["change"]), cosine - number(&report["cosine"]));
    // The word of the query that the sentence holds is the one that carries it.
    let change = |word: &Value| number(&word["change"]);
    let worst = without.iter().min_by(|a, b| change(a).total_cmp(&change(b))).expect("words");
    assert_eq!(worst["word"], "database");
    let table = run(&mut vecscope(&["explain", QUESTION, "s014"])).succeeded();
    assert_says(&table, &["#2 of 100  s014", "cosine 0.4", "without database", "“database”", "No dimension means"]);
}

#[test]
fn an_expression_is_the_sum_of_the_vectors_of_its_terms() {
    let embedded = |text: &str| {
        let lines = run(vecscope(&["embed", "--role", "query"]).write_stdin(text)).json_lines();
        lines[0]["embedding"].as_array().expect("numbers").iter().map(number).collect::<Vec<f64>>()
    };
    let document = embedded("A python may not eat again for weeks.");
    let (plus, minus) = (embedded("a big snake"), embedded("software"));
    let sum: Vec<f64> = plus.iter().zip(&minus).map(|(a, b)| a - b).collect();
    let length = sum.iter().map(|x| x * x).sum::<f64>().sqrt();
    let cosine: f64 = sum.iter().zip(&document).map(|(a, b)| a / length * b).sum();
    let folder = Folder::new();
    let corpus = folder.file("snakes.txt", "A python may not eat again for weeks.\nPython is a language.\n");
    let report = explain("= a big snake - software", "1", &["--corpus", &corpus]);
    assert_near(number(&report["cosine"]), cosine);
    assert_near(number(&report["query_norm"]), length);
    let words: Vec<&Value> = report["words_left_out"].as_array().expect("terms").iter().map(|it| &it["word"]).collect();
    assert_eq!(words, ["+ a big snake", "− software"]);
    assert!(report["words_that_match"].is_null());
    // Of terms that cancel out nothing is left, and the rest is said all the same.
    let table = run(&mut vecscope(&["explain", "= crane - crane + bird", "s044"])).succeeded();
    let (rank, _) = found("bird", "s044");
    let first = format!("#{rank} of 100  s044");
    assert_says(&table, &[first.as_str(), "without + bird   nothing is left", "without + crane"]);
    // What is still being typed is no query.
    assert_says(&run(&mut vecscope(&["search", "= -"])).refused(), &["the query is empty"]);
    assert_says(&run(&mut vecscope(&["search", "= a - a"])).refused(), &["“= a - a”", "length 0"]);
}

#[test]
fn a_document_that_is_not_there_is_named() {
    let message = run(&mut vecscope(&["explain", "q", "s999"])).refused();
    assert_says(&message, &["bundled corpus", "s999"]);
    let folder = Folder::new();
    let empty = folder.file("empty.txt", "");
    let ran = run(&mut vecscope(&["explain", "q", "1", "--corpus", &empty]));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""));
    assert_says(&ran.stderr, &["nothing to rank"]);
}

#[test]
fn one_word_has_no_word_to_leave_out() {
    let folder = Folder::new();
    let report = explain("bread", "3", &["--corpus", &folder.file("three.txt", THREE)]);
    assert_eq!((&report["rank"], &report["words_left_out"]), (&json!(1), &json!([])));
}
