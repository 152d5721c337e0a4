//! `--filter` and `--search`, and what a source says of its documents in machine-readable output.

use super::*;

/// A corpus with a topic each; the loaders keep further columns as metadata.
fn jsonl() -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".jsonl").tempfile().expect("a file");
    let lines = [
        r#"{"id": "a", "text": "A bat hunts moths at night."}"#,
        r#"{"id": "b", "text": "She swung the bat and hit the ball."}"#,
        r#"{"id": "c", "text": "A query asks a database for rows."}"#,
    ];
    std::io::Write::write_all(&mut file, lines.join("\n").as_bytes()).expect("it is written");
    file
}

#[test]
fn a_filter_ranks_what_passes_and_is_told() {
    let file = jsonl();
    let corpus = file.path().to_str().expect("a name in UTF-8");
    let output = vecscope(&["search", "an animal", "--corpus", corpus, "--filter", "bat -id:b", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["filter"], "bat -id:b");
    assert_eq!((&report["documents"], &report["among"], &report["method"]), (&3.into(), &1.into(), &"exact".into()));
    assert_eq!(report["results"].as_array().expect("a list").len(), 1);
    assert_eq!(report["results"][0]["id"], "a");
}

#[test]
fn a_filter_that_nothing_passes_is_nothing_to_rank() {
    let output = vecscope(&["search", "an animal", "--filter", "topic:nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no document passes the filter topic:nowhere"));
}

#[test]
fn a_filter_with_something_wrong_in_it_is_an_error_with_its_place() {
    let output = vecscope(&["search", "an animal", "--filter", "bat yeer:1990"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("--filter: column 5: no field is called “yeer”: there are id, topic, text"), "{said}");
}

#[test]
fn commands_that_take_no_filter_say_so() {
    let output = vecscope(&["eval", "--filter", "bat"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("only search, compare, pipeline, explain, map"));
}

#[test]
fn the_stages_and_the_explanation_are_among_what_passes() {
    let output = vecscope(&["pipeline", "a bat", "--filter", "topic:sport", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = report.to_string();
    assert!(text.contains("lighter bat") && !text.contains("hunts moths"), "{text}");
    let output = vecscope(&["explain", "a bat", "s001", "--filter", "topic:sport"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("s001 does not pass the filter topic:sport"));
}
