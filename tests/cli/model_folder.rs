//! `--model-dir`: a model of the person's own.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::lab::{Folder, THREE, assert_says, run, vecscope};

const FILES: [&str; 5] =
    ["model.onnx", "tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"];

/// The repository's own model, in a folder of its own.
fn copied() -> Folder {
    let folder = Folder::new();
    for name in FILES {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/model").join(name);
        fs::copy(source, folder.join(name)).expect("the model is in the repository");
    }
    folder
}

fn path(folder: &Folder) -> &str {
    folder.path().to_str().expect("the path is UTF-8")
}

#[track_caller]
fn search(arguments: &[&str]) -> Value {
    let mut command = vecscope(&["search", "a loaf", "--corpus", "-", "--format", "json"]);
    run(command.args(arguments).write_stdin(THREE)).json()
}

#[test]
fn the_repositorys_own_model_is_known_and_ranks_the_same() {
    let folder = copied();
    let (built_in, from_folder) = (search(&[]), search(&["--model-dir", path(&folder)]));
    assert_eq!(from_folder["results"], built_in["results"]);
    assert_eq!(from_folder["results"][0]["text"], "Bread is baked in an oven.");
    assert_eq!(from_folder["dimensions"], 384);
}

#[test]
fn a_model_that_nobody_knows_is_not_loaded_unasked() {
    let folder = copied();
    let mut model = fs::read(folder.join("model.onnx")).expect("it was copied");
    // In the middle of the weights: the file is still a model.
    let middle = model.len() / 2;
    model[middle] ^= 1;
    folder.file("model.onnx", model);
    let message = run(&mut vecscope(&["search", "q", "--model-dir", path(&folder)])).refused();
    assert_says(&message, &["model.onnx", "sha256", "--trust-model"]);
    // The hash of the file as it is, so that a person can compare it with what its maker says.
    let hash = message.split("sha256 ").nth(1).and_then(|rest| rest.get(..64)).expect("a hash");
    assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{message}");
    let trusted = search(&["--model-dir", path(&folder), "--trust-model"]);
    assert_eq!(trusted["results"][0]["text"], "Bread is baked in an oven.");
}

#[test]
fn a_model_that_is_cut_off_is_refused() {
    let folder = copied();
    let model = fs::read(folder.join("model.onnx")).expect("it was copied");
    for length in [0, 1000, model.len() / 2] {
        folder.file("model.onnx", &model[..length]);
        let message = run(&mut vecscope(&["search", "q", "--model-dir", path(&folder), "--trust-model"])).refused();
        assert_says(&message, &["cannot load", "on RTen", "ONNX Runtime", "ORT_DYLIB_PATH"]);
    }
}

#[test]
fn a_file_that_is_missing_or_broken_is_named() {
    let folder = copied();
    for name in &FILES[1..] {
        let content = fs::read(folder.join(name)).expect("it was copied");
        fs::remove_file(folder.join(name)).expect("it is there");
        let message = run(&mut vecscope(&["search", "q", "--model-dir", path(&folder)])).refused();
        assert_says(&message, &[name]);
        folder.file(name, content);
    }
    folder.file("tokenizer.json", "{");
    run(&mut vecscope(&["search", "q", "--model-dir", path(&folder)])).refused();
}

#[test]
fn an_empty_folder_and_none_are_refused() {
    let folder = Folder::new();
    assert_says(&run(&mut vecscope(&["search", "q", "--model-dir", path(&folder)])).refused(), &["model.onnx"]);
    let missing = folder.join("missing");
    let missing = missing.to_str().expect("the path is UTF-8");
    assert_says(&run(&mut vecscope(&["search", "q", "--model-dir", missing])).refused(), &["missing", "model.onnx"]);
    assert_says(&run(&mut vecscope(&["search", "q", "--trust-model"])).refused(), &["--model-dir"]);
}
