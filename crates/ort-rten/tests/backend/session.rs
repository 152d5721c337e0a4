//! Creating sessions, and what they tell about a model.

use ort::ErrorCode;
use ort::memory::{AllocationDevice, Allocator, AllocatorType, MemoryInfo, MemoryType};
use ort::session::Session;
use ort::value::{Outlet, Shape, SymbolicDimensions, Tensor, TensorElementType, ValueType};

use crate::onnx::{BOOL, DOUBLE, Dim, FLOAT, FLOAT16, INT32, INT64, Model};
use crate::{builder, linear, load_error, lookup, session};

fn tensor(ty: TensorElementType, shape: &[i64], symbols: &[&str]) -> ValueType {
    ValueType::Tensor {
        ty,
        shape: Shape::from(shape),
        dimension_symbols: SymbolicDimensions::new(symbols.iter().map(ToString::to_string)),
    }
}

#[test]
fn inputs_and_outputs_are_as_declared() {
    let session = session(lookup());
    let [input] = session.inputs() else {
        unreachable!("one input");
    };
    assert_eq!(input.name(), "ids");
    // RTen's own type would be i32, and its own name "unnamed_1".
    let expected = tensor(TensorElementType::Int64, &[-1, -1], &["batch", ""]);
    assert_eq!(input.dtype(), &expected);

    let [output] = session.outputs() else {
        unreachable!("one output");
    };
    assert_eq!(output.name(), "rows");
    let expected = tensor(TensorElementType::Float32, &[-1, -1, 2], &["batch", "", ""]);
    assert_eq!(output.dtype(), &expected);
}

#[test]
fn inputs_with_a_value_in_the_file_are_not_inputs() {
    let model = linear().input("b", FLOAT, &[Dim::Fixed(3)]);
    let session = session(model);
    let names: Vec<&str> = session.inputs().iter().map(Outlet::name).collect();
    assert_eq!(names, ["x"]);
    assert!(session.overridable_initializers().is_empty());
}

#[test]
fn unsupported_element_types_are_named() {
    for (element, name) in [(FLOAT16, "float16"), (DOUBLE, "float64"), (8, "string")] {
        let error = load_error(Model::new().input("in", element, &[]).node("Identity", &["in"], &["out"]).output(
            "out",
            FLOAT,
            &[],
        ));
        assert!(error.contains("input `in`"), "{error}");
        assert!(error.contains(name), "{error}");

        let error = load_error(Model::new().input("in", FLOAT, &[]).node("Identity", &["in"], &["out"]).output(
            "out",
            element,
            &[],
        ));
        assert!(error.contains("output `out`"), "{error}");
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn unknown_operators_are_named() {
    let error =
        load_error(Model::new().input("x", FLOAT, &[]).node("Frobnicate", &["x"], &["y"]).output("y", FLOAT, &[]));
    assert!(error.contains("Frobnicate"), "{error}");
}

#[test]
fn models_load_from_files() {
    let directory = tempfile::tempdir().unwrap();
    // RTen goes by the extension, so the second file is loaded another way.
    for name in ["model.onnx", "model.bin"] {
        let path = directory.path().join(name);
        std::fs::write(&path, linear().build()).unwrap();
        let session = builder().commit_from_file(&path).unwrap();
        assert_eq!(session.inputs()[0].name(), "x");
    }
}

/// `y = x + w`, with `w` in a file of its own.
fn external() -> (Vec<u8>, Vec<u8>) {
    let model = Model::new()
        .input("x", FLOAT, &[Dim::Fixed(2)])
        .external("w", FLOAT, &[2], "weights.data", 8)
        .node("Add", &["x", "w"], &["y"])
        .output("y", FLOAT, &[Dim::Fixed(2)])
        .build();
    let weights = [10.0_f32, 20.0].map(f32::to_le_bytes).concat();
    (model, weights)
}

#[track_caller]
fn assert_adds_external_weights(mut session: Session) {
    let x = Tensor::from_array(([2], vec![1.0_f32, 2.0])).unwrap();
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    assert_eq!(outputs["y"].try_extract_tensor::<f32>().unwrap().1, [11.0, 22.0]);
}

#[test]
fn weights_may_be_in_files_of_their_own() {
    let (model, weights) = external();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.onnx");
    std::fs::write(&path, &model).unwrap();
    assert!(builder().commit_from_file(&path).is_err());
    std::fs::write(directory.path().join("weights.data"), &weights).unwrap();
    assert_adds_external_weights(builder().commit_from_file(&path).unwrap());
}

#[test]
fn external_weights_may_be_in_memory() {
    let (model, weights) = external();
    assert!(builder().commit_from_memory(&model).is_err());
    let with_weights =
        || builder().with_external_initializer_file_in_memory("weights.data", weights.clone().into()).unwrap();
    assert_adds_external_weights(with_weights().commit_from_memory(&model).unwrap());

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("model.onnx");
    std::fs::write(&path, &model).unwrap();
    assert_adds_external_weights(with_weights().commit_from_file(&path).unwrap());
}

#[test]
fn a_missing_file_is_an_error() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("missing.onnx");
    let error = builder().commit_from_file(&path).unwrap_err();
    assert_eq!(error.code(), ErrorCode::NoSuchFile);
    // `ort` itself looks whether the file is there, but not whether it can be
    // read.
    let error = builder().commit_from_file(directory.path()).unwrap_err();
    assert!(error.to_string().contains("could not read the model"));
}

#[test]
fn nothing_is_kept_of_the_bytes_of_a_model() {
    let mut bytes = Model::new()
        .input("x", FLOAT, &[Dim::Named("rows"), Dim::Fixed(2)])
        .floats("w", &[2, 2], &[1.0, 2.0, 3.0, 4.0])
        // 0.5 and 2.
        .raw("b", FLOAT16, &[2], &[0x00, 0x38, 0x00, 0x40])
        .ints("shape", &[2], &[2, 1])
        .node("MatMul", &["x", "w"], &["xw"])
        .node("Add", &["xw", "b"], &["sum"])
        .node("Reshape", &["sum", "shape"], &["y"])
        .output("y", FLOAT, &[Dim::Unknown, Dim::Fixed(1)])
        .build();
    let mut session = builder().commit_from_memory(&bytes).unwrap();
    bytes.fill(0xff);
    drop(bytes);
    let x = Tensor::from_array(([1, 2], vec![10.0_f32, 1.0])).unwrap();
    let outputs = session.run(ort::inputs!["x" => x]).unwrap();
    let (shape, y) = outputs["y"].try_extract_tensor::<f32>().unwrap();
    assert_eq!(&**shape, [2, 1]);
    assert_eq!(y, [13.5, 26.0]);
}

#[test]
fn clones_of_a_builder_build_the_same() {
    let mut first = builder().with_intra_threads(1).unwrap();
    let mut second = first.clone();
    let bytes = linear().build();
    assert!(first.commit_from_memory(&bytes).is_ok());
    drop(first);
    assert!(second.commit_from_memory(&bytes).is_ok());
}

#[test]
fn the_build_info_is_this_backends() {
    crate::environment();
    assert!(ort::info().contains("ort-rten"));
    assert!(ort::info().contains(ort_rten::RTEN_VERSION));
}

#[test]
fn memory_is_on_the_cpu() {
    let session = session(linear());
    let info = session.allocator().memory_info();
    assert_eq!(info.allocation_device(), AllocationDevice::CPU);
    assert_eq!(info.device_id(), 0);
    assert_eq!(info.allocator_type(), AllocatorType::Device);
    assert_eq!(info.memory_type(), MemoryType::Default);
    assert!(info.is_cpu_accessible());
    assert_eq!(info.to_owned(), *info);
    assert_eq!(MemoryInfo::default(), *info);

    let cuda = AllocationDevice::CUDA;
    let error = MemoryInfo::new(cuda, 0, AllocatorType::Device, MemoryType::Default).unwrap_err();
    assert!(error.to_string().contains("Cuda"));
}

#[test]
fn tensors_can_be_allocated_and_indexed() {
    crate::environment();
    let mut tensor = Tensor::<i64>::new(&Allocator::default(), [2_usize, 3]).unwrap();
    assert_eq!(tensor.extract_tensor().1, [0; 6]);
    tensor[[1, 2]] = 7;
    assert_eq!(tensor.extract_tensor().1, [0, 0, 0, 0, 0, 7]);
    assert_eq!(tensor.size(), Some(48));
    assert_eq!(tensor.memory_info().allocation_device(), AllocationDevice::CPU);
    assert!(Tensor::<f32>::new(&Allocator::default(), [i64::MAX]).is_err());
    let empty = Tensor::<f32>::new(&Allocator::default(), [1_i64, 0]).unwrap();
    assert!(empty.extract_tensor().1.is_empty());
}

#[test]
fn memory_can_be_allocated() {
    crate::environment();
    let allocator = Allocator::default();
    let mut block = allocator.alloc::<u64>(3).unwrap();
    assert!(block.as_mut_ptr().cast::<u64>().is_aligned());
}

#[test]
fn unsupported_features_are_errors() {
    let session = session(linear());
    assert!(session.create_binding().is_err());
    assert!(session.metadata().is_err());
    assert!(session.profiling_start_ns().is_err());
    assert!(Tensor::from_string_array(([1_usize], &["text"][..])).is_err());
    assert!(Tensor::from_array(([1_usize], vec![1.0_f64])).is_err());
    assert!(builder().with_dimension_override("rows", 1).is_err());
}

#[test]
fn declared_types_of_every_supported_kind() {
    let elements = [
        (FLOAT, TensorElementType::Float32),
        (INT32, TensorElementType::Int32),
        (INT64, TensorElementType::Int64),
        (BOOL, TensorElementType::Bool),
    ];
    for (element, expected) in elements {
        let session: Session =
            session(Model::new().input("in", element, &[Dim::Fixed(4)]).node("Identity", &["in"], &["out"]).output(
                "out",
                element,
                &[Dim::Fixed(4)],
            ));
        let expected = tensor(expected, &[4], &[""]);
        assert_eq!(session.inputs()[0].dtype(), &expected);
        assert_eq!(session.outputs()[0].dtype(), &expected);
    }
}
