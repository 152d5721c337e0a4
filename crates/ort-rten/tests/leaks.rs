//! Nothing is left behind. The only test of its process, as it counts objects.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "backend/onnx.rs"]
#[expect(dead_code, reason = "written for the other tests")]
mod onnx;

use ort::session::{RunOptions, Session};
use ort::value::Tensor;

use onnx::{Dim, FLOAT, INT64, Model};

fn model() -> Vec<u8> {
    // A megabyte of weights, to make leaks show.
    Model::new()
        .input("ids", INT64, &[Dim::Unknown])
        .floats("table", &[1024, 256], &vec![1.0; 1024 * 256])
        .node("Gather", &["table", "ids"], &["rows"])
        .output("rows", FLOAT, &[Dim::Unknown, Dim::Fixed(256)])
        .build()
}

fn cycle(environment: &ort::environment::Environment, bytes: &[u8]) -> ort::Result<()> {
    let mut builder = Session::builder(environment)?.with_intra_threads(1)?;
    let mut session = builder.clone().commit_from_memory(bytes)?;
    assert!(builder.commit_from_memory(&bytes[..100]).is_err());
    let options = RunOptions::new()?;
    for id in [3, 1 << 40, 5000] {
        let ids = Tensor::from_array(([2], vec![id, 1_i64]))?;
        let result = session.run_with_options(ort::inputs!["ids" => ids], &options);
        assert_eq!(result.is_ok(), id == 3);
    }
    Ok(())
}

/// The memory of the process, in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<usize>().unwrap() * 1024
}

#[test]
fn cycles_leave_nothing_behind() {
    assert!(ort::set_api(ort_rten::api()));
    let environment = ort::init().build().unwrap();
    let bytes = model();
    cycle(&environment, &bytes).unwrap();
    let objects = ort_rten::live_objects();
    assert_eq!(objects, 1, "the environment");

    #[cfg(target_os = "linux")]
    let before = resident();
    for _ in 0..100 {
        cycle(&environment, &bytes).unwrap();
    }
    assert_eq!(ort_rten::live_objects(), objects);
    #[cfg(target_os = "linux")]
    {
        let growth = resident().saturating_sub(before);
        assert!(growth < 20 * bytes.len(), "{growth} bytes more");
    }
    drop(environment);
    assert_eq!(ort_rten::live_objects(), 0);
}
