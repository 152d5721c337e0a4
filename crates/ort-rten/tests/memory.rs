//! How much memory loading takes. The only test of its process, as it looks at
//! the process's peak.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "backend/onnx.rs"]
#[expect(dead_code, reason = "written for the other tests")]
mod onnx;

use ort::session::Session;

use onnx::{Dim, FLOAT, FLOAT16, Model};

const WIDTH: u64 = 1024;
const LAYERS: u64 = 16;

/// A chain of matrix products, with weights in half precision.
fn model() -> Vec<u8> {
    let weights = vec![0; usize::try_from(WIDTH * WIDTH * 2).unwrap()];
    let shape = [Dim::Named("rows"), Dim::Fixed(WIDTH)];
    let mut model = Model::new().input("h0", FLOAT, &shape);
    for layer in 0..LAYERS {
        let (input, output) = (format!("h{layer}"), format!("h{}", layer + 1));
        let name = format!("w{layer}");
        model = model.raw(&name, FLOAT16, &[WIDTH, WIDTH], &weights).node("MatMul", &[&input, &name], &[&output]);
    }
    model.output(&format!("h{LAYERS}"), FLOAT, &shape).build()
}

/// A line of the process's status, in bytes.
fn status(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.unwrap().trim().trim_end_matches(" kB");
    kilobytes.parse::<f64>().unwrap() * 1024.0
}

#[test]
fn loading_makes_no_copy_of_the_whole_model() {
    assert!(ort::set_api(ort_rten::api()));
    let environment = ort::init().build().unwrap();
    let bytes = model();
    let size = f64::from(u32::try_from(bytes.len()).unwrap());
    // Resets the peak.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS:");
    let mut builder =
        Session::builder(&environment).unwrap().with_config_entry("ort_rten.prepack_weights", "0").unwrap();
    let session = builder.commit_from_memory(&bytes).unwrap();
    let after = (status("VmRSS:") - before) / size;
    let peak = (status("VmHWM:") - before) / size;
    // The weights are twice as large in single precision. On the way there RTen
    // has them in half precision as well, and gives those up one by one.
    assert!((1.9..2.3).contains(&after), "{after} times the model stays");
    assert!(peak < 2.6, "{peak} times the model at the peak");
    drop(session);
}
