//! Tests of the backend as programs use it: through `ort`, and through
//! fastembed on top of that.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
#![expect(clippy::float_cmp, reason = "the results are exact")]

mod fastembed;
mod malformed;
mod onnx;
mod options;
mod run;
mod session;
mod threads;

use std::sync::OnceLock;

use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::SessionBuilder;

use onnx::{Dim, FLOAT, INT64, Model};

/// The process's environment, on the backend under test.
fn environment() -> Environment {
    static ENVIRONMENT: OnceLock<Environment> = OnceLock::new();
    ENVIRONMENT
        .get_or_init(|| {
            assert!(ort::set_api(ort_rten::api()), "this is the first table");
            ort::init().build().unwrap()
        })
        .clone()
}

fn builder() -> SessionBuilder {
    Session::builder(&environment()).unwrap()
}

fn session(model: Model) -> Session {
    builder().commit_from_memory(&model.build()).unwrap()
}

/// Why a model cannot be loaded.
fn load_error(model: Model) -> String {
    builder().commit_from_memory(&model.build()).unwrap_err().to_string()
}

/// `y = x * w + b`, for any number of rows of two.
fn linear() -> Model {
    Model::new()
        .input("x", FLOAT, &[Dim::Named("rows"), Dim::Fixed(2)])
        .floats("w", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        .floats("b", &[3], &[0.5, -0.5, 10.0])
        .node("MatMul", &["x", "w"], &["xw"])
        .node("Add", &["xw", "b"], &["y"])
        .output("y", FLOAT, &[Dim::Named("rows"), Dim::Fixed(3)])
}

/// Looks up the rows of a table.
fn lookup() -> Model {
    Model::new()
        .input("ids", INT64, &[Dim::Named("batch"), Dim::Unknown])
        .floats("table", &[3, 2], &[0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
        .node("Gather", &["table", "ids"], &["rows"])
        .output("rows", FLOAT, &[Dim::Named("batch"), Dim::Unknown, Dim::Fixed(2)])
}
