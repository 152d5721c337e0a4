//! Running models, with results worked out by hand.

use std::fmt::Debug;

use ort::session::{OutputSelector, RunOptions};
use ort::value::{DynValue, PrimitiveTensorElementType, Tensor, TensorRef};

use crate::onnx::{Attribute, BOOL, Dim, FLOAT, FLOAT16, INT8, INT32, INT64, Model, UINT8};
use crate::{environment, linear, lookup, session};

fn tensor<T>(shape: &[usize], elements: &[T]) -> Tensor<T>
where
    T: PrimitiveTensorElementType + Clone + Debug + 'static,
{
    // Making a tensor takes a table, too.
    environment();
    Tensor::from_array((shape.to_vec(), elements.to_vec())).unwrap()
}

fn floats(shape: &[usize], elements: &[f32]) -> Tensor<f32> {
    tensor(shape, elements)
}

fn ints(shape: &[usize], elements: &[i64]) -> Tensor<i64> {
    tensor(shape, elements)
}

/// Why a model cannot be run on an input.
fn run_error(model: Model, name: &str, value: impl Into<DynValue>) -> String {
    session(model).run(ort::inputs![name => value.into()]).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn computes_a_matrix_product_for_any_number_of_rows() {
    let mut session = session(linear());
    let x = floats(&[1, 2], &[1.0, 1.0]);
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    let (shape, y) = outputs["y"].try_extract_tensor::<f32>().unwrap();
    assert_eq!(&**shape, [1, 3]);
    assert_eq!(y, [5.5, 6.5, 19.0]);
    drop(outputs);

    let x = floats(&[3, 2], &[0.0, 0.0, 1.0, 0.0, -1.0, 2.0]);
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    let (shape, y) = outputs["y"].try_extract_tensor::<f32>().unwrap();
    assert_eq!(&**shape, [3, 3]);
    assert_eq!(y, [0.5, -0.5, 10.0, 1.5, 1.5, 13.0, 7.5, 7.5, 19.0]);
}

#[test]
fn inputs_may_be_borrowed_and_empty() {
    let mut session = session(linear());
    let memory = [2.0_f32, 0.0];
    let x = TensorRef::from_array_view(([1_usize, 2], &memory[..])).unwrap();
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    assert_eq!(outputs["y"].try_extract_tensor::<f32>().unwrap().1, [2.5, 3.5, 16.0]);
    drop(outputs);

    let x = floats(&[0, 2], &[]);
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    let (shape, y) = outputs["y"].try_extract_tensor::<f32>().unwrap();
    assert_eq!(&**shape, [0, 3]);
    assert!(y.is_empty());
}

#[test]
fn looks_up_rows_by_64_bit_ids() {
    let mut session = session(lookup());
    let ids = ints(&[2, 2], &[2, 0, 1, 1]);
    let outputs = session.run(ort::inputs!["ids" => ids]).unwrap();
    let (shape, rows) = outputs["rows"].try_extract_tensor::<f32>().unwrap();
    assert_eq!(&**shape, [2, 2, 2]);
    assert_eq!(rows, [2.0, 2.5, 0.0, 0.5, 1.0, 1.5, 1.0, 1.5]);
}

#[test]
fn reports_64_bit_results() {
    let mut session = session(
        Model::new()
            .input("x", FLOAT, &[Dim::Unknown, Dim::Fixed(3)])
            .node_with("ArgMax", &["x"], &["best"], &[("axis", Attribute::Int(1)), ("keepdims", Attribute::Int(0))])
            .output("best", INT64, &[Dim::Unknown]),
    );
    let x = floats(&[2, 3], &[0.0, 7.0, 1.0, 5.0, -1.0, 2.0]);
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    let (shape, best) = outputs["best"].try_extract_tensor::<i64>().unwrap();
    assert_eq!(&**shape, [2]);
    assert_eq!(best, [1, 0]);
}

#[test]
fn integers_keep_their_sign() {
    let mut session = session(
        Model::new()
            .input("a", INT64, &[Dim::Unknown])
            .ints("b", &[1], &[-5])
            .node("Add", &["a", "b"], &["sum"])
            .output("sum", INT64, &[Dim::Unknown]),
    );
    let extremes = [i64::from(i32::MAX), i64::from(i32::MIN) + 5, 0];
    let outputs = session.run(ort::inputs!["a" => ints(&[3], &extremes)]).unwrap();
    let (_, sum) = outputs["sum"].try_extract_tensor::<i64>().unwrap();
    assert_eq!(sum, [i64::from(i32::MAX) - 5, i64::from(i32::MIN), -5]);
}

#[test]
fn integers_out_of_range_are_errors() {
    for outlier in [1 << 31, -(1 << 31) - 1, i64::MAX, i64::MIN] {
        let error = run_error(lookup(), "ids", ints(&[1, 3], &[0, 1, outlier]));
        assert!(error.contains("input `ids`"), "{error}");
        assert!(error.contains("element 2"), "{error}");
        assert!(error.contains(&outlier.to_string()), "{error}");
    }
}

#[test]
fn ids_outside_of_the_table_are_errors() {
    let error = run_error(lookup(), "ids", ints(&[1, 1], &[3]));
    assert!(error.contains("could not run the model"), "{error}");
}

#[test]
fn supports_truth_values() {
    let mut session = session(Model::new().input("a", BOOL, &[Dim::Unknown]).node("Not", &["a"], &["b"]).output(
        "b",
        BOOL,
        &[Dim::Unknown],
    ));
    let a = tensor(&[3], &[true, false, true]);
    let outputs = session.run(ort::inputs!["a" => a]).unwrap();
    let (_, b) = outputs["b"].try_extract_tensor::<bool>().unwrap();
    assert_eq!(b, [false, true, false]);
}

#[test]
fn supports_small_integers() {
    let identity = |element| {
        session(Model::new().input("a", element, &[Dim::Unknown]).node("Identity", &["a"], &["b"]).output(
            "b",
            element,
            &[Dim::Unknown],
        ))
    };
    let a = tensor(&[2], &[0_u8, 255]);
    let mut session = identity(UINT8);
    let outputs = session.run(ort::inputs!["a" => a]).unwrap();
    assert_eq!(outputs["b"].try_extract_tensor::<u8>().unwrap().1, [0, 255]);

    let a = tensor(&[2], &[-128_i8, 127]);
    let mut session = identity(INT8);
    let outputs = session.run(ort::inputs!["a" => a]).unwrap();
    assert_eq!(outputs["b"].try_extract_tensor::<i8>().unwrap().1, [-128, 127]);

    let a = tensor(&[2], &[i32::MIN, i32::MAX]);
    let mut session = identity(INT32);
    let outputs = session.run(ort::inputs!["a" => a]).unwrap();
    let (_, b) = outputs["b"].try_extract_tensor::<i32>().unwrap();
    assert_eq!(b, [i32::MIN, i32::MAX]);
}

#[test]
fn half_precision_weights_are_widened() {
    let mut session = session(
        Model::new()
            .input("x", FLOAT, &[Dim::Fixed(4)])
            // 1, -2, 65504 (the largest), and 2^-24 (the smallest).
            .raw("w", FLOAT16, &[4], &[0x00, 0x3c, 0x00, 0xc0, 0xff, 0x7b, 0x01, 0x00])
            .node("Mul", &["x", "w"], &["y"])
            .output("y", FLOAT, &[Dim::Fixed(4)]),
    );
    let x = floats(&[4], &[1.0, 1.0, 1.0, 16_777_216.0]);
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    let (_, y) = outputs["y"].try_extract_tensor::<f32>().unwrap();
    assert_eq!(y, [1.0, -2.0, 65504.0, 1.0]);
}

#[test]
fn transposed_results_are_put_in_order() {
    let mut session = session(
        Model::new().input("x", FLOAT, &[Dim::Fixed(2), Dim::Fixed(3)]).node("Transpose", &["x"], &["y"]).output(
            "y",
            FLOAT,
            &[Dim::Fixed(3), Dim::Fixed(2)],
        ),
    );
    let x = floats(&[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    let (shape, y) = outputs["y"].try_extract_tensor::<f32>().unwrap();
    assert_eq!(&**shape, [3, 2]);
    assert_eq!(y, [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
}

#[test]
fn outputs_may_be_inputs_or_constants() {
    let mut session = session(
        Model::new()
            .input("x", FLOAT, &[Dim::Fixed(1)])
            .floats("c", &[1], &[7.0])
            .node("Identity", &["x"], &["same"])
            .node("Neg", &["x"], &["negative"])
            .output("same", FLOAT, &[Dim::Fixed(1)])
            .output("c", FLOAT, &[Dim::Fixed(1)])
            .output("x", FLOAT, &[Dim::Fixed(1)])
            .output("negative", FLOAT, &[Dim::Fixed(1)]),
    );
    let outputs = session.run(ort::inputs!["x" => floats(&[1], &[3.0])]).unwrap();
    let number = |name: &str| outputs[name].try_extract_tensor::<f32>().unwrap().1[0];
    let numbers = ["same", "c", "x", "negative"].map(number);
    assert_eq!(numbers, [3.0, 7.0, 3.0, -3.0]);
}

#[test]
fn converted_inputs_may_be_outputs() {
    let mut session = session(
        Model::new()
            .input("x", INT64, &[Dim::Fixed(2)])
            .node("Neg", &["x"], &["negative"])
            .output("negative", INT64, &[Dim::Fixed(2)])
            .output("x", INT64, &[Dim::Fixed(2)]),
    );
    let outputs = session.run(ort::inputs!["x" => ints(&[2], &[3, -4])]).unwrap();
    assert_eq!(outputs["x"].try_extract_tensor::<i64>().unwrap().1, [3, -4]);
    assert_eq!(outputs["negative"].try_extract_tensor::<i64>().unwrap().1, [-3, 4]);
}

#[test]
fn scalars_have_no_dimensions() {
    let mut session = session(Model::new().input("x", FLOAT, &[]).node("Neg", &["x"], &["y"]).output("y", FLOAT, &[]));
    let outputs = session.run(ort::inputs!["x" => floats(&[], &[2.0])]).unwrap();
    let (shape, y) = outputs["y"].try_extract_tensor::<f32>().unwrap();
    assert!(shape.is_empty());
    assert_eq!(y, [-2.0]);
}

#[test]
fn wrong_inputs_are_named() {
    let error = run_error(linear(), "x", floats(&[2], &[1.0, 2.0]));
    assert!(error.contains("\"x\"") && error.contains("2 dims"), "{error}");

    let error = run_error(linear(), "x", floats(&[1, 3], &[1.0, 2.0, 3.0]));
    assert!(error.contains("\"x\"") && error.contains("size 2"), "{error}");

    let error = run_error(linear(), "x", ints(&[1, 2], &[1, 2]));
    assert!(error.contains("input `x`"), "{error}");
    assert!(error.contains("expected float32 elements, got int64"), "{error}");

    let error = run_error(linear(), "z", floats(&[1, 2], &[1.0, 2.0]));
    assert!(error.contains("no input `z`, only [\"x\"]"), "{error}");

    let mut session = session(linear());
    let none: Vec<(&str, DynValue)> = Vec::new();
    let error = session.run(none).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("input `x` is missing"), "{error}");

    let twice = ort::inputs!["x" => floats(&[1, 2], &[1.0, 2.0]), "x" => floats(&[1, 2], &[1.0, 2.0])];
    let error = session.run(twice).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("input `x` is given twice"), "{error}");
}

/// Calls the table's `Run` for a single output, which `ort` would not ask for
/// under a wrong name.
fn run_for(name: &std::ffi::CStr) -> String {
    use ort::AsPointer;
    let session = session(linear());
    let x = floats(&[1, 2], &[1.0, 2.0]);
    let mut output = std::ptr::null_mut();
    // SAFETY: all pointers are to live values, and all arrays have one element.
    let status = unsafe {
        (ort::api().Run)(
            session.ptr().cast_mut(),
            std::ptr::null(),
            [c"x".as_ptr()].as_ptr(),
            [x.ptr()].as_ptr(),
            1,
            [name.as_ptr()].as_ptr(),
            1,
            &raw mut output,
        )
    };
    assert!(output.is_null());
    // SAFETY: the status comes from the table and is not used otherwise.
    let result = unsafe { ort::Error::result_from_status(status) };
    result.unwrap_err().to_string()
}

#[test]
fn unknown_outputs_are_named() {
    let error = run_for(c"z");
    assert!(error.contains("no output `z`, only [\"y\"]"), "{error}");
}

#[test]
fn results_can_go_to_the_callers_tensors() {
    let mut session = session(linear());
    let place = |rows: usize| {
        let outputs = OutputSelector::default().preallocate("y", floats(&[rows, 3], &vec![9.0; rows * 3]));
        RunOptions::new().unwrap().with_outputs(outputs)
    };
    let options = place(1);
    let x = floats(&[1, 2], &[1.0, 1.0]);
    let outputs = session.run_with_options(ort::inputs!["x" => x], &options).unwrap();
    assert_eq!(outputs["y"].try_extract_tensor::<f32>().unwrap().1, [5.5, 6.5, 19.0]);
    drop(outputs);

    let options = place(2);
    let x = floats(&[1, 2], &[1.0, 1.0]);
    let error = session.run_with_options(ort::inputs!["x" => x], &options).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("output `y`"), "{error}");
    assert!(error.contains("[2, 3]") && error.contains("[1, 3]"), "{error}");
}

#[test]
fn a_terminated_run_is_an_error() {
    let mut session = session(linear());
    let options = RunOptions::new().unwrap();
    options.terminate().unwrap();
    let inputs = || ort::inputs!["x" => floats(&[1, 2], &[1.0, 1.0])];
    let error = session.run_with_options(inputs(), &options).map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("terminated"));
    options.unterminate().unwrap();
    assert!(session.run_with_options(inputs(), &options).is_ok());
}

#[test]
fn undeclared_result_types_are_errors() {
    let model = Model::new().input("x", FLOAT, &[Dim::Fixed(1)]).node("Neg", &["x"], &["y"]).output(
        "y",
        UINT8,
        &[Dim::Fixed(1)],
    );
    let error = run_error(model, "x", floats(&[1], &[1.0]));
    assert!(error.contains("output `y`: declared as uint8"), "{error}");
}
