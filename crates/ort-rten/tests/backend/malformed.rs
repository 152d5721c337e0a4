//! Damaged models: an error or a model, but never a crash.

use ort::ErrorCode;
use ort::value::Tensor;

use crate::onnx::{Attribute, Dim, FLOAT, FLOAT16, INT64, Model};
use crate::{builder, linear, session};

/// A model with a bit of everything that RTen reads from a file.
///
/// None of its operators make tensors of a size that is itself computed, which
/// a flipped bit could turn into one too large for memory.
fn sample() -> Vec<u8> {
    Model::new()
        .input("ids", INT64, &[Dim::Named("batch"), Dim::Fixed(2)])
        .floats("table", &[3, 2], &[0.0, 0.5, 1.0, 1.5, 2.0, 2.5])
        .raw("half", FLOAT16, &[2], &[0x00, 0x3c, 0x00, 0xc0])
        .ints("axes", &[1], &[-1])
        .node("Gather", &["table", "ids"], &["rows"])
        .node_with("Transpose", &["rows"], &["turned"], &[("perm", Attribute::Ints(&[0, 2, 1]))])
        .node("Mul", &["turned", "half"], &["product"])
        .node("Unsqueeze", &["product", "axes"], &["y"])
        .output("y", FLOAT, &[Dim::Named("batch"), Dim::Fixed(2), Dim::Fixed(2), Dim::Fixed(1)])
        .build()
}

/// Loads a model and, should that work, runs it.
fn exercise(bytes: &[u8]) {
    let Ok(mut session) = builder().commit_from_memory(bytes) else {
        return;
    };
    let ids = Tensor::from_array(([1, 2], vec![2_i64, 0])).unwrap();
    // Any result will do, as a flipped bit may have changed the model into
    // another one.
    let _ = session.run(ort::inputs!["ids" => ids]);
}

#[test]
fn the_sample_works() {
    let mut session = builder().commit_from_memory(&sample()).unwrap();
    let ids = Tensor::from_array(([1, 2], vec![2_i64, 0])).unwrap();
    let outputs = session.run(ort::inputs!["ids" => ids]).unwrap();
    let (shape, y) = outputs["y"].try_extract_tensor::<f32>().unwrap();
    assert_eq!(&**shape, [1, 2, 2, 1]);
    assert_eq!(y, [2.0, 0.0, 2.5, -1.0]);
}

#[test]
fn truncated_models_are_errors() {
    let bytes = sample();
    for len in 0..bytes.len() {
        let error = builder().commit_from_memory(&bytes[..len]).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidProtobuf, "{len}: {error}");
    }
}

#[test]
fn truncated_files_are_errors() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.onnx");
    let bytes = sample();
    for len in (0..bytes.len()).step_by(7) {
        std::fs::write(&path, &bytes[..len]).unwrap();
        let error = builder().commit_from_file(&path).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidProtobuf, "{len}: {error}");
    }
}

#[test]
fn flipped_bits_are_survived() {
    let bytes = sample();
    for index in 0..bytes.len() {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[index] ^= 1 << bit;
            exercise(&damaged);
        }
    }
}

#[test]
fn overwritten_bytes_are_survived() {
    let bytes = sample();
    for index in 0..bytes.len() {
        for byte in [0x00, 0x7f, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[index] = byte;
            exercise(&damaged);
        }
    }
}

#[test]
fn other_files_are_errors() {
    let flatbuffers = [&8_u32.to_le_bytes()[..], &[0; 60]].concat();
    for bytes in [
        &b""[..],
        b"RTEN",
        b"RTEN followed by something",
        b"not a model at all",
        b"\x00",
        &[0; 1000],
        &[0xff; 1000],
        &flatbuffers,
    ] {
        let error = builder().commit_from_memory(bytes).unwrap_err();
        assert!(error.to_string().contains("not an ONNX model"), "{error}");
    }
    // Starts like a file of RTen's own format, and is an ONNX model with an
    // unknown field besides.
    let disguised = [b"RTEN".as_slice(), &[0; 0x54 - 1], &linear().build()].concat();
    assert!(builder().commit_from_memory(&disguised).is_err());
}

#[test]
fn huge_lengths_are_errors() {
    // A name of 2^62 bytes, before and within the graph.
    let length = [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x40];
    let name = [&[0x12][..], &length].concat();
    let before = [&[0x08, 9][..], &name, &[0x3a, 0]].concat();
    let within = [&[0x08, 9, 0x3a, 10][..], &name].concat();
    for bytes in [before, within] {
        assert!(builder().commit_from_memory(&bytes).is_err());
    }
}

#[test]
fn shapes_that_do_not_fit_their_data_are_errors() {
    let model = |shape: &[u64]| {
        Model::new()
            .input("x", FLOAT, &[Dim::Fixed(1)])
            .floats("w", shape, &[1.0, 2.0])
            .node("Mul", &["x", "w"], &["y"])
            .output("y", FLOAT, &[Dim::Unknown])
            .build()
    };
    assert!(builder().commit_from_memory(&model(&[2])).is_ok());
    for shape in [&[3][..], &[1], &[1 << 40], &[u64::MAX], &[1 << 32, 1 << 32]] {
        assert!(builder().commit_from_memory(&model(shape)).is_err());
    }
}

#[test]
fn panics_in_rten_are_errors() {
    let mut session = session(
        Model::new()
            .input("a", INT64, &[Dim::Unknown])
            .input("b", INT64, &[Dim::Unknown])
            .node("Div", &["a", "b"], &["quotient"])
            .output("quotient", INT64, &[Dim::Unknown]),
    );
    let mut divide = |a: i64, b: i64| {
        let number = |value| Tensor::from_array(([1], vec![value])).unwrap();
        session
            .run(ort::inputs!["a" => number(a), "b" => number(b)])
            .map(|outputs| outputs["quotient"].try_extract_tensor::<i64>().unwrap().1[0])
    };
    assert_eq!(divide(7, 2).unwrap(), 3);
    // The one quotient of 32-bit integers that is not a 32-bit integer.
    let error = divide(i32::MIN.into(), -1).unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error}");
    // The session is still of use.
    assert_eq!(divide(-9, 3).unwrap(), -3);
}
