//! RTen and a real ONNX Runtime library give the same vectors.
//!
//! A process has one engine, so each runs in a program of its own.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::process::{Command, Stdio};
use std::{env, thread};

use serde_json::{Value, json};

/// The variable with the path of the library.
const LIBRARY: &str = "VECSCOPE_TEST_ONNXRUNTIME";

/// How far apart two numbers of unit vectors may be.
const TOLERANCE: f64 = 1e-5;

/// The texts of the reference, written so that one stands on each line.
fn texts() -> Vec<String> {
    let lines = include_str!("reference/minilm.jsonl").lines();
    let references = lines.map(|line| serde_json::from_str::<Value>(line).expect("the reference is valid"));
    references.map(|reference| json!({ "text": reference["text"] }).to_string()).collect()
}

/// The program, with the engine that is asked for and no other setting.
fn program(library: Option<&OsStr>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vecscope"));
    command.env_remove("ORT_DYLIB_PATH").arg("--no-cache");
    match library {
        Some(library) => command.arg("--onnxruntime").arg(library),
        None => command.args(["--engine", "rten"]),
    };
    command
}

/// What a command prints when it reads these lines.
#[track_caller]
fn output(mut command: Command, input: String) -> String {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program can be started");
    let mut stdin = child.stdin.take().expect("it is piped");
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it reads everything");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

#[track_caller]
fn embed(library: Option<&OsStr>, lines: &[String]) -> Vec<Value> {
    let mut command = program(library);
    command.arg("embed");
    let printed = output(command, lines.join("\n"));
    printed.lines().map(|line| serde_json::from_str(line).expect("a JSON value a line")).collect()
}

/// The name of the engine that really ran.
#[track_caller]
fn engine(library: Option<&OsStr>) -> String {
    let mut command = program(library);
    command.args(["search", "q", "--corpus", "-", "--format", "json"]);
    let report: Value = serde_json::from_str(&output(command, "one text".into())).expect("one JSON value");
    report["engine"].as_str().expect("a name").to_owned()
}

#[track_caller]
fn assert_equal(rten: &[Value], onnx_runtime: &[Value]) {
    assert_eq!(rten.len(), onnx_runtime.len());
    for (a, b) in rten.iter().zip(onnx_runtime) {
        let text = &a["text"];
        for field in ["text", "tokens", "tokens_used"] {
            assert_eq!(a[field], b[field], "{field} of {text}");
        }
        let numbers = |line: &Value| serde_json::from_value::<Vec<f64>>(line["embedding"].clone()).expect("numbers");
        let (a_numbers, b_numbers) = (numbers(a), numbers(b));
        assert_eq!((a_numbers.len(), b_numbers.len()), (384, 384), "{text}");
        let apart = a_numbers.iter().zip(&b_numbers).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(apart <= TOLERANCE, "{apart} apart for {text}");
        let norms = [a, b].map(|line| line["norm"].as_f64().expect("a number"));
        assert!((norms[0] / norms[1] - 1.0).abs() <= TOLERANCE, "norms of {norms:?} for {text}");
    }
}

#[test]
#[ignore = "needs VECSCOPE_TEST_ONNXRUNTIME: the path of an ONNX Runtime library"]
fn rten_and_onnx_runtime_give_equal_vectors() {
    let library: OsString = env::var_os(LIBRARY).expect("VECSCOPE_TEST_ONNXRUNTIME is the path of a library");
    let library = Some(library.as_os_str());
    assert!(engine(None).starts_with("RTen "), "{}", engine(None));
    assert!(engine(library).starts_with("ONNX Runtime 1."), "{}", engine(library));

    let texts = texts();
    assert_eq!(texts.len(), 65);
    let (rten, onnx_runtime) = (embed(None, &texts), embed(library, &texts));
    assert_equal(&rten, &onnx_runtime);

    // In batches short texts are padded; alone they are not. Every ninth stands for the others, long and short.
    for (text, batched) in texts.iter().zip(&rten).step_by(9) {
        let alone = [None, library].map(|library| embed(library, std::slice::from_ref(text)));
        assert_equal(&alone[0], &alone[1]);
        assert_equal(&alone[0], std::slice::from_ref(batched));
    }
}

#[test]
#[ignore = "needs VECSCOPE_TEST_ONNXRUNTIME: the path of an ONNX Runtime library"]
fn the_doctor_and_the_variable_agree_on_onnx_runtime() {
    let library = env::var_os(LIBRARY).expect("VECSCOPE_TEST_ONNXRUNTIME is the path of a library");
    let mut command = Command::new(env!("CARGO_BIN_EXE_vecscope"));
    command.arg("doctor").env("ORT_DYLIB_PATH", library);
    let printed = output(command, String::new());
    let line = printed.lines().find(|line| line.starts_with("engine ")).expect("a line about the engine");
    assert!(line.contains("ONNX Runtime 1."), "{printed}");
}
