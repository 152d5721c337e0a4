//! Sessions and threads.

use std::ffi::CStr;
use std::ptr;
use std::sync::Barrier;
use std::thread;

use ort::AsPointer;
use ort::session::Session;
use ort::value::{DynValue, Tensor};

use crate::{builder, linear, lookup, session};

/// Runs a session without borrowing it mutably, which `ort` asks for as ONNX
/// Runtime is not safe to share.
fn run_shared(session: &Session, input: &CStr, value: &DynValue, output: &CStr) -> Vec<f32> {
    let api = ort::api();
    let mut result = ptr::null_mut();
    let mut data = ptr::null_mut();
    let mut size = 0;
    // SAFETY: all pointers are to live values, and all arrays have one element.
    // The result is only read while it is alive, and released once.
    unsafe {
        let status = (api.Run)(
            session.ptr().cast_mut(),
            ptr::null(),
            [input.as_ptr()].as_ptr(),
            [value.ptr()].as_ptr(),
            1,
            [output.as_ptr()].as_ptr(),
            1,
            &raw mut result,
        );
        ort::Error::result_from_status(status).unwrap();
        let status = (api.GetTensorMutableData)(result, &raw mut data);
        ort::Error::result_from_status(status).unwrap();
        let status = (api.GetTensorSizeInBytes)(result, &raw mut size);
        ort::Error::result_from_status(status).unwrap();
        let elements = std::slice::from_raw_parts(data.cast::<f32>(), size / 4).to_vec();
        (api.ReleaseValue)(result);
        elements
    }
}

#[test]
fn a_session_can_be_shared() {
    for threads in [0, 1, 2] {
        let session = builder().with_intra_threads(threads).unwrap().commit_from_memory(&linear().build()).unwrap();
        let start = Barrier::new(4);
        thread::scope(|scope| {
            for number in 0..4_u8 {
                let (session, start) = (&session, &start);
                scope.spawn(move || {
                    let a = f32::from(number);
                    let x = Tensor::from_array(([1, 2], vec![a, 0.0])).unwrap().into_dyn();
                    start.wait();
                    for _ in 0..200 {
                        let y = run_shared(session, c"x", &x, c"y");
                        assert_eq!(y, [a + 0.5, 2.0 * a - 0.5, 3.0 * a + 10.0]);
                    }
                });
            }
        });
    }
}

#[test]
fn sessions_run_side_by_side() {
    let linear = session(linear());
    let lookup = session(lookup());
    thread::scope(|scope| {
        scope.spawn(|| {
            let x = Tensor::from_array(([1, 2], vec![1.0_f32, 1.0])).unwrap().into_dyn();
            for _ in 0..200 {
                assert_eq!(run_shared(&linear, c"x", &x, c"y"), [5.5, 6.5, 19.0]);
            }
        });
        scope.spawn(|| {
            let ids = Tensor::from_array(([1, 1], vec![1_i64])).unwrap().into_dyn();
            for _ in 0..200 {
                assert_eq!(run_shared(&lookup, c"ids", &ids, c"rows"), [1.0, 1.5]);
            }
        });
    });
}

#[test]
fn sessions_may_be_made_and_dropped_on_any_thread() {
    let bytes = linear().build();
    let environment = crate::environment();
    let sessions: Vec<Session> = thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| Session::builder(&environment).unwrap().commit_from_memory(&bytes).unwrap()))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    thread::spawn(move || drop(sessions)).join().unwrap();
}
