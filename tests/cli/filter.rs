//! `--filter`: which documents the commands look at.

use crate::lab::{Folder, assert_says, run, vecscope};

const THREE_SENSES: &str = r#"{"id": "a", "text": "A bat hunts moths at night."}
{"id": "b", "text": "She swung the bat and hit the ball."}
{"id": "c", "text": "A query asks a database for rows."}
"#;

#[test]
fn a_filter_ranks_what_passes_and_is_told() {
    let folder = Folder::new();
    let corpus = folder.file("senses.jsonl", THREE_SENSES);
    let arguments = ["search", "an animal", "--corpus", &corpus, "--filter", "bat -id:b", "--format", "json"];
    let report = run(&mut vecscope(&arguments)).json();
    assert_eq!(report["filter"], "bat -id:b");
    assert_eq!(
        (&report["documents"]["total"], &report["among"], &report["method"]),
        (&3.into(), &1.into(), &"exact".into())
    );
    assert_eq!(report["results"].as_array().map(Vec::len), Some(1));
    assert_eq!(report["results"][0]["id"], "a");
}

#[test]
fn a_filter_with_something_wrong_in_it_is_an_error_with_its_place() {
    let message = run(&mut vecscope(&["search", "an animal", "--filter", "bat yeer:1990"])).refused();
    assert_says(&message, &["--filter: column 5: no field is called “yeer”: there are id, topic, text"]);
}

#[test]
fn a_filter_that_nothing_passes_is_nothing_to_rank() {
    let output = vecscope(&["search", "an animal", "--filter", "topic:nowhere"]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert_says(&String::from_utf8_lossy(&output.stderr), &["no document passes the filter topic:nowhere"]);
}

#[test]
fn commands_that_take_no_filter_say_so() {
    let message = run(&mut vecscope(&["eval", "--filter", "bat"])).refused();
    assert_says(&message, &["--filter: only search, compare, pipeline, explain, map"]);
}

#[test]
fn the_stages_the_map_and_the_explanation_are_of_what_passes() {
    let stages = run(&mut vecscope(&["pipeline", "a bat", "--filter", "topic:sport", "--format", "json"])).json();
    let printed = stages.to_string();
    assert!(printed.contains("lighter bat") && !printed.contains("hunts moths"), "{printed}");
    let map = run(&mut vecscope(&["map", "--filter", "topic:sport", "--format", "json"])).json().to_string();
    assert!(map.contains("s071") && !map.contains("s001"), "{map}");
    let message = run(&mut vecscope(&["explain", "a bat", "s001", "--filter", "topic:sport"])).refused();
    assert_says(&message, &["s001 does not pass the filter topic:sport"]);
}
