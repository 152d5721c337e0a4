//! One thread pool for all sessions. The only test of its process, as there is
//! only one environment in each.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

#[path = "backend/onnx.rs"]
#[expect(dead_code, reason = "written for the other tests")]
mod onnx;

use ort::environment::GlobalThreadPoolOptions;
use ort::session::Session;
use ort::value::Tensor;

use onnx::{Dim, FLOAT, Model};

/// The number of RTen's threads in this process.
#[cfg(target_os = "linux")]
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    tasks
        .filter(|task| {
            let name = std::fs::read_to_string(task.as_ref().unwrap().path().join("comm"));
            name.is_ok_and(|name| name.starts_with("rten-"))
        })
        .count()
}

#[test]
fn sessions_share_the_environments_threads() {
    assert!(ort::set_api(ort_rten::api()));
    let options = GlobalThreadPoolOptions::default().with_intra_threads(3).unwrap();
    let environment = ort::init().with_global_thread_pool(options).build().unwrap();
    let bytes = Model::new()
        .input("x", FLOAT, &[Dim::Fixed(2)])
        .node("Neg", &["x"], &["y"])
        .output("y", FLOAT, &[Dim::Fixed(2)])
        .build();
    let session =
        || Session::builder(&environment).unwrap().with_intra_threads(5).unwrap().commit_from_memory(&bytes).unwrap();
    let mut sessions = [session(), session()];
    // Loading takes RTen's own pool, which is as large as it likes, so only
    // what another session adds can be told: nothing.
    #[cfg(target_os = "linux")]
    let before = threads();
    let another = session();
    #[cfg(target_os = "linux")]
    assert_eq!(threads(), before);
    drop(another);
    for session in &mut sessions {
        let x = Tensor::from_array(([2], vec![1.0_f32, -2.0])).unwrap();
        let outputs = session.run(ort::inputs!["x" => x]).unwrap();
        assert_eq!(outputs["y"].try_extract_tensor::<f32>().unwrap().1, [-1.0, 2.0]);
    }
}
