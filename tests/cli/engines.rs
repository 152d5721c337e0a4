//! Which engine runs, and an ONNX Runtime library that is none. The real one is in `tests/engines.rs`.

use crate::lab::{Folder, assert_says, run, vecscope};

#[test]
fn a_library_that_is_missing_or_none_is_named_with_what_to_do() {
    let folder = Folder::new();
    let text = folder.file("libonnxruntime.so", "not a library\n");
    let directory = folder.path().to_str().expect("the path is UTF-8").to_owned();
    let missing = "/nonexistent/lib.so".to_owned();
    for library in [missing, text, directory] {
        let parts = ["ONNX Runtime", library.as_str(), "ORT_DYLIB_PATH", "RTen"];
        assert_says(&run(&mut vecscope(&["--onnxruntime", &library, "search", "q"])).refused(), &parts);
        let mut command = vecscope(&["search", "q"]);
        assert_says(&run(command.env("ORT_DYLIB_PATH", &library)).refused(), &parts);
    }
}

#[test]
fn an_engine_by_name_overrules_a_library() {
    let mut command = vecscope(&["search", "q", "--engine", "rten", "--top", "1", "--format", "json"]);
    let report = run(command.env("ORT_DYLIB_PATH", "/nonexistent/lib.so")).json();
    assert!(report["engine"].as_str().is_some_and(|engine| engine.starts_with("RTen ")), "{report}");
}

#[test]
fn a_blank_variable_is_none() {
    let mut command = vecscope(&["search", "q", "--top", "1", "--format", "json"]);
    command.env("ORT_DYLIB_PATH", "").env("OPENAI_BASE_URL", "").env("EMBED_MODEL", "").env("OPENAI_API_KEY", " ");
    run(&mut command).json();
}
