//! `vecscope doctor` and `vecscope bench`: what this installation has, and how fast it is.

use crate::lab::{Folder, assert_says, run, vecscope};

const KEY: &str = "sk-proj-Zq7XnotTobeSeen42";

#[test]
fn the_doctor_names_model_engine_and_simd_and_says_whether_there_is_a_key() {
    let without = run(&mut vecscope(&["doctor"])).succeeded();
    let expected = ["all-MiniLM-L6-v2", "384 dimensions", "256 tokens", "RTen ", "simd", "terminal", "config", "yes"];
    assert_says(&without, &expected);
    assert_says(&without, &["OPENAI_API_KEY not set"]);
    let with = run(vecscope(&["doctor"]).env("OPENAI_API_KEY", KEY)).succeeded();
    assert_says(&with, &["OPENAI_API_KEY present"]);
    assert!(!with.contains("Zq7X") && !with.contains("Seen42"), "{with}");
}

#[test]
fn the_doctor_never_shows_a_key_that_stands_in_the_wrong_place() {
    for (name, value) in [
        ("OPENAI_BASE_URL", format!("https://user:{KEY}@example.invalid/v1")),
        ("OPENAI_BASE_URL", format!("https://example.invalid/v1?key={KEY}")),
        ("OPENAI_API_KEY", format!("{KEY} \u{1b}[2J")),
    ] {
        let ran = run(vecscope(&["doctor"]).env(name, value));
        assert!(!ran.stdout.contains("Seen42") && !ran.stderr.contains("Seen42"), "{ran:?}");
    }
}

#[test]
fn the_doctor_says_what_does_not_work_and_everything_else_besides() {
    let folder = Folder::new();
    let ran = run(&mut vecscope(&["doctor", "--model-dir", folder.path().to_str().expect("the path is UTF-8")]));
    assert_eq!(ran.code, Some(2), "{}", ran.stdout);
    assert_says(&ran.stdout, &["no: ", "model.onnx", "simd", "OPENAI_API_KEY not set"]);
}

#[test]
fn a_benchmark_measures_every_part() {
    let report = run(&mut vecscope(&["bench", "--runs", "5", "--format", "json"])).json();
    let measurements = report["measurements"].as_array().expect("measurements");
    let parts: Vec<_> = measurements.iter().map(|m| m["part"].as_str().expect("a name")).collect();
    for part in ["load", "embed the corpus", "query", "rank", "draw", "keystroke"] {
        assert!(parts.iter().any(|name| name.contains(part)), "{part} is missing in {parts:?}");
    }
    for measurement in measurements {
        let [median, p95, p99] = ["median_ms", "p95_ms", "p99_ms"].map(|name| measurement[name].as_f64());
        assert!(median.is_some_and(|median| median > 0.0), "{measurement}");
        assert!(median <= p95 && p95 <= p99, "{measurement}");
    }
    assert_eq!(report["texts"], 100);
    if cfg!(unix) {
        // The weights alone, in half precision, are 45 MB.
        assert!(report["peak_memory_mib"].as_f64().is_some_and(|mib| mib > 45.0), "{report}");
    }
}

#[test]
fn a_benchmark_is_printed_for_people_too() {
    let table = run(&mut vecscope(&["bench", "--runs", "1"])).succeeded();
    assert_says(&table, &["median", "p95", "p99", "keystroke", "RTen", "100 texts"]);
    assert_says(&run(&mut vecscope(&["bench", "--runs", "0"])).refused(), &["--runs"]);
}
