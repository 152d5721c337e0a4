//! `vecscope search` through both servers at once.

use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::lab::{Servers, succeeded};

const QUESTION: &str = "how do I ask a database a question";

/// Ids and scores, best first.
fn results(report: &Value) -> Vec<(String, f64)> {
    let results = report["results"].as_array().expect("results");
    let result = |found: &Value| (found["id"].as_str().expect("an id").to_owned(), found["score"].as_f64());
    results.iter().map(result).map(|(id, score)| (id, score.expect("a score"))).collect()
}

#[test]
#[ignore = "needs VECSCOPE_TEST_COMPATIBLE: the path of a Python with tests/compatible/requirements.txt"]
fn two_servers_rank_the_corpus_at_once_and_the_same_model_ranks_the_same() {
    let servers = Servers::start();
    // All three are there before the first one is read.
    let running = ["local", "full", "cut"].map(|backend| {
        servers
            .program(&["search", QUESTION, "--backend", backend, "--format", "json"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started")
    });
    let outputs: [Output; 3] = running.map(|child| child.wait_with_output().expect("it ends"));
    let [local, full, cut] =
        outputs.map(|output| serde_json::from_str::<Value>(&succeeded(&output)).expect("one JSON value"));

    for (report, backend, model) in [(&full, "full", "all-MiniLM-L6-v2"), (&cut, "cut", "first-three-layers")] {
        let fields = ["backend", "model", "engine", "dimensions", "query"].map(|field| &report[field]);
        let expected = [json!(backend), json!(model), json!(servers.host(backend)), json!(384), json!(QUESTION)];
        assert_eq!(fields, expected.each_ref());
        assert_eq!(results(report).len(), 10);
        assert!(results(report).is_sorted_by(|a, b| a.1 >= b.1), "{report}");
    }
    for ((local_id, local_score), (id, score)) in results(&local).iter().zip(&results(&full)) {
        assert_eq!(local_id, id);
        assert!((local_score - score).abs() <= 1e-3, "{local_score} and {score} for {id}");
    }
    let ids = |report| results(report).into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_ne!(ids(&cut), ids(&full), "another model ranks otherwise");
}
