//! `vecscope embed`: vectors for texts.

use std::collections::BTreeSet;
use std::io::Cursor;

use ndarray::{Array2, Axis};
use ndarray_npy::ReadNpyExt;
use serde_json::Value;

use crate::lab::{Folder, THREE, assert_says, run, vecscope};

/// Texts that no batch takes in the order of their lengths.
fn mixed() -> String {
    let texts: Vec<_> =
        (0..40).map(|number| format!("{} number {number}", "many words ".repeat(number * 7 % 23))).collect();
    texts.join("\n")
}

fn vector(line: &Value) -> Vec<f32> {
    serde_json::from_value(line["embedding"].clone()).expect("an array of numbers")
}

fn norm(line: &Value) -> f64 {
    line["norm"].as_f64().expect("a number")
}

fn length(vector: &[f32]) -> f64 {
    vector.iter().map(|&number| f64::from(number).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn a_line_has_exactly_the_promised_fields() {
    let long = "word ".repeat(300);
    let lines = run(vecscope(&["embed"]).write_stdin(format!("a short one\n{long}"))).json_lines();
    assert_eq!(lines.len(), 2);
    for line in &lines {
        let keys: BTreeSet<_> = line.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, ["text", "tokens", "tokens_used", "norm", "embedding"].into());
        assert_eq!(vector(line).len(), 384);
        assert!((length(&vector(line)) - 1.0).abs() < 1e-5, "{}", length(&vector(line)));
        assert!(norm(line) > 0.1 && (norm(line) - 1.0).abs() > 0.01, "before normalising: {}", norm(line));
    }
    let counts = |line: &Value| (line["tokens"].as_u64(), line["tokens_used"].as_u64());
    // Two special tokens are part of each.
    assert_eq!(counts(&lines[0]), (Some(5), Some(5)));
    assert_eq!(counts(&lines[1]), (Some(302), Some(256)));
}

#[test]
fn raw_vectors_are_as_long_as_their_norm_and_point_the_same_way() {
    let unit = run(vecscope(&["embed", "-"]).write_stdin(THREE)).json_lines();
    let raw = run(vecscope(&["embed", "-", "--raw"]).write_stdin(THREE)).json_lines();
    for (unit, raw) in unit.iter().zip(&raw) {
        assert_eq!(unit["norm"], raw["norm"]);
        let (norm, unit, raw) = (norm(unit), vector(unit), vector(raw));
        assert!((length(&raw) - norm).abs() < 1e-4, "{} and {norm}", length(&raw));
        let differ = unit.iter().zip(&raw).any(|(&unit, &raw)| (f64::from(unit) * norm - f64::from(raw)).abs() > 1e-5);
        assert!(!differ, "the direction changed");
    }
}

#[test]
fn texts_come_out_in_the_order_in_which_they_went_in() {
    let folder = Folder::new();
    let path = folder.file("mixed.txt", mixed());
    let lines = run(&mut vecscope(&["embed", &path])).json_lines();
    let texts: Vec<_> = lines.iter().map(|line| line["text"].as_str().expect("a text")).collect();
    assert_eq!(texts, mixed().lines().collect::<Vec<_>>());
    // And each has its own vector: alone, a text of the middle has the same.
    let alone = run(vecscope(&["embed"]).write_stdin(texts[17])).json_lines();
    let cosine: f32 = vector(&alone[0]).iter().zip(vector(&lines[17])).map(|(a, b)| a * b).sum();
    assert!(cosine > 0.9999, "{cosine}");
}

#[test]
fn a_numpy_array_holds_what_json_lines_hold() {
    let lines = run(vecscope(&["embed"]).write_stdin(mixed())).json_lines();
    let output = vecscope(&["embed", "--format", "npy"]).write_stdin(mixed()).output().expect("the program runs");
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let array = Array2::<f32>::read_npy(Cursor::new(&output.stdout)).expect("a matrix of 32-bit numbers");
    assert_eq!(array.dim(), (40, 384));
    for (row, line) in array.axis_iter(Axis(0)).zip(&lines) {
        assert!(row.iter().zip(vector(line)).all(|(a, b)| (a - b).abs() <= 1e-6));
    }
}

#[test]
fn a_file_that_is_not_there_and_a_format_that_does_not_exist_are_refused() {
    assert_says(&run(&mut vecscope(&["embed", "no-such-file.txt"])).refused(), &["no-such-file.txt"]);
    assert_says(&run(&mut vecscope(&["embed", "--format", "parquet"])).refused(), &["parquet", "jsonl", "npy"]);
}
