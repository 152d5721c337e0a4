//! Runs [`ort`] on [RTen], an inference engine in pure Rust.
//!
//! `ort` calls ONNX Runtime through a table of functions, and lets a program
//! put another table in its place. [`api`] is such a table. Once it is
//! installed, everything that uses `ort` runs its models on RTen, and no ONNX
//! Runtime library is needed:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Before anything else that uses `ort`; false if there was a table already.
//! let installed = ort::set_api(ort_rten::api());
//! assert!(installed);
//!
//! // From here on, this is `ort` as usual.
//! let environment = ort::init().build()?;
//! let mut builder = ort::session::Session::builder(&environment)?;
//! let error = builder.commit_from_memory(b"not a model").unwrap_err();
//! assert!(error.message().contains("not an ONNX model"));
//! # Ok(())
//! # }
//! ```
//!
//! # What is supported
//!
//! - Models in the ONNX format, from memory or from files, with as many of the
//!   operators as RTen knows.
//! - Inputs and outputs that are tensors of `f32`, `i64`, `i32`, `u8`, `i8` or
//!   `bool`. RTen computes with 32-bit integers: an `i64` input that does not
//!   fit is an error that names the input, and `i64` results inside the model
//!   are not checked. Weights may also be `f16` or `f64`, which RTen converts
//!   to `f32` when it loads them.
//! - Output tensors that the caller allocated.
//! - Sessions shared between threads.
//! - The number of threads of a session (`with_intra_threads`), or of all
//!   sessions (`with_global_thread_pool`); the optimization level, of which
//!   RTen has two, "disabled" and any other; external data in memory
//!   (`with_external_initializer_file_in_memory`) or beside the model's file.
//!
//! Functions that are not supported, such as I/O binding, run-time profiling or
//! the model editor, return errors. Settings that have no meaning here, such as
//! log levels or memory arenas, are accepted and ignored.
//!
//! # Configuration
//!
//! RTen lays out weights in advance in the order its kernels read them, which
//! makes single queries faster and takes about as much memory again as the
//! matrices among the weights. The session configuration entry
//! `ort_rten.prepack_weights` turns this off with the value `0`.
//!
//! # Safety
//!
//! Every function of the table catches panics and reports them as errors, as
//! unwinding must not reach a C caller. This needs the default `panic =
//! "unwind"`. The panic hook still runs, so that by default a message appears
//! on standard error.
//!
//! Damaged models are refused with an error. A model that is valid but hostile
//! can make RTen run forever or ask for more memory than there is, which aborts
//! the process: load only models that you trust.
//!
//! [`ort`]: https://docs.rs/ort
//! [RTen]: https://docs.rs/rten

use std::ffi::{CStr, c_char};

use ort_sys::OrtApi;

mod declarations;
mod element;
mod environment;
mod handle;
mod memory;
mod options;
mod os_path;
mod session;
mod status;
mod tensor;
mod type_info;
mod wire;

use handle::release;

macro_rules! rten_version {
    () => {
        "0.27.0"
    };
}

/// The version of RTen that models run on.
pub const RTEN_VERSION: &str = rten_version!();

/// What `ort::info` reports.
const BUILD_INFO: &CStr = {
    let info = concat!("ORT Build Info: ort-rten ", env!("CARGO_PKG_VERSION"), ", RTen ", rten_version!(), "\0");
    match CStr::from_bytes_with_nul(info.as_bytes()) {
        Ok(info) => info,
        Err(_) => c"ORT Build Info: ort-rten",
    }
};

/// The function table, for `ort::set_api`.
///
/// `ort` takes the first table it is given and keeps it for the rest of the
/// program.
#[must_use]
pub fn api() -> OrtApi {
    // The functions that are not set below return errors.
    let mut api = ort_sys::stub::api();
    set_environment_functions(&mut api);
    set_option_functions(&mut api);
    set_session_functions(&mut api);
    set_tensor_functions(&mut api);
    set_type_functions(&mut api);
    set_memory_functions(&mut api);
    api
}

/// How many objects (sessions, tensors, options and so on) the backend has
/// handed out that have not been released yet.
///
/// For tests that look for leaks.
#[must_use]
pub fn live_objects() -> usize {
    handle::live()
}

/// The instruction set that RTen uses on this machine, such as `AVX2`, or
/// `none` if it has no vector instructions that RTen knows.
///
/// RTen finds out while it runs, so this does not depend on compiler flags.
#[must_use]
pub fn simd() -> &'static str {
    // The order in which RTen tries them.
    #[cfg(target_arch = "x86_64")]
    {
        if rten_simd::isa::Avx512Isa::new().is_some() {
            return "AVX-512";
        }
        if rten_simd::isa::Avx2Isa::new().is_some() {
            return "AVX2";
        }
    }
    #[cfg(target_arch = "aarch64")]
    if rten_simd::isa::ArmNeonIsa::new().is_some() {
        return "NEON";
    }
    "none"
}

extern "system" fn get_build_info_string() -> *const c_char {
    BUILD_INFO.as_ptr()
}

fn set_environment_functions(api: &mut OrtApi) {
    api.CreateEnv = environment::create_env;
    api.CreateEnvWithCustomLogger = environment::create_env_with_custom_logger;
    api.CreateEnvWithGlobalThreadPools = environment::create_env_with_global_thread_pools;
    api.CreateEnvWithCustomLoggerAndGlobalThreadPools =
        environment::create_env_with_custom_logger_and_global_thread_pools;
    api.ReleaseEnv = release::<environment::Environment>;
    api.CreateThreadingOptions = environment::create_threading_options;
    api.SetGlobalIntraOpNumThreads = environment::set_global_intra_op_num_threads;
    api.ReleaseThreadingOptions = release::<environment::ThreadingOptions>;
    api.ReleaseStatus = status::release_status;
    api.GetBuildInfoString = get_build_info_string;
}

fn set_option_functions(api: &mut OrtApi) {
    api.CreateSessionOptions = options::create_session_options;
    api.CloneSessionOptions = options::clone_session_options;
    api.SetIntraOpNumThreads = options::set_intra_op_num_threads;
    api.DisablePerSessionThreads = options::disable_per_session_threads;
    api.SetSessionGraphOptimizationLevel = options::set_session_graph_optimization_level;
    api.AddSessionConfigEntry = options::add_session_config_entry;
    api.HasSessionConfigEntry = options::has_session_config_entry;
    api.GetSessionConfigEntry = options::get_session_config_entry;
    api.AddExternalInitializersFromMemory = options::add_external_initializers_from_memory;
    api.CreateRunOptions = options::create_run_options;
    api.RunOptionsSetTerminate = options::run_options_set_terminate;
    api.RunOptionsUnsetTerminate = options::run_options_unset_terminate;
    api.ReleaseSessionOptions = release::<options::SessionOptions>;
    api.ReleaseRunOptions = release::<options::RunOptions>;
}

fn set_session_functions(api: &mut OrtApi) {
    api.CreateSession = session::create_session;
    api.CreateSessionFromArray = session::create_session_from_array;
    api.Run = session::run;
    api.SessionGetInputCount = session::session_get_input_count;
    api.SessionGetOutputCount = session::session_get_output_count;
    api.SessionGetOverridableInitializerCount = session::session_get_overridable_initializer_count;
    api.SessionGetInputName = session::session_get_input_name;
    api.SessionGetOutputName = session::session_get_output_name;
    api.SessionGetInputTypeInfo = session::session_get_input_type_info;
    api.SessionGetOutputTypeInfo = session::session_get_output_type_info;
    api.SessionGetMemoryInfoForInputs = session::session_get_memory_info_for_inputs;
    api.SessionGetMemoryInfoForOutputs = session::session_get_memory_info_for_outputs;
    api.ReleaseSession = release::<session::Session>;
}

fn set_tensor_functions(api: &mut OrtApi) {
    api.CreateTensorAsOrtValue = tensor::create_tensor_as_ort_value;
    api.CreateTensorWithDataAsOrtValue = tensor::create_tensor_with_data_as_ort_value;
    api.IsTensor = tensor::is_tensor;
    api.HasValue = tensor::has_value;
    api.GetValueType = tensor::get_value_type;
    api.GetTypeInfo = tensor::get_type_info;
    api.GetTensorTypeAndShape = tensor::get_tensor_type_and_shape;
    api.GetTensorElementTypeAndShapeDataReference = tensor::get_tensor_element_type_and_shape_data_reference;
    api.GetTensorMutableData = tensor::get_tensor_mutable_data;
    api.GetTensorSizeInBytes = tensor::get_tensor_size_in_bytes;
    api.GetTensorMemoryInfo = tensor::get_tensor_memory_info;
    api.TensorAt = tensor::tensor_at;
    api.ReleaseValue = release::<tensor::Tensor>;
}

fn set_type_functions(api: &mut OrtApi) {
    api.GetOnnxTypeFromTypeInfo = type_info::get_onnx_type_from_type_info;
    api.CastTypeInfoToTensorInfo = type_info::cast_type_info_to_tensor_info;
    api.CreateTensorTypeAndShapeInfo = type_info::create_tensor_type_and_shape_info;
    api.SetTensorElementType = type_info::set_tensor_element_type;
    api.SetDimensions = type_info::set_dimensions;
    api.SetSymbolicDimensions = type_info::set_symbolic_dimensions;
    api.GetTensorElementType = type_info::get_tensor_element_type;
    api.GetDimensionsCount = type_info::get_dimensions_count;
    api.GetDimensions = type_info::get_dimensions;
    api.GetSymbolicDimensions = type_info::get_symbolic_dimensions;
    api.GetTensorShapeElementCount = type_info::get_tensor_shape_element_count;
    api.TensorTypeAndShape_HasShape = type_info::tensor_type_and_shape_has_shape;
    api.ReleaseTypeInfo = release::<type_info::TypeInfo>;
    api.ReleaseTensorTypeAndShapeInfo = release::<type_info::TensorInfo>;
}

fn set_memory_functions(api: &mut OrtApi) {
    api.CreateMemoryInfo = memory::create_memory_info;
    api.CreateCpuMemoryInfo = memory::create_cpu_memory_info;
    api.MemoryInfoGetName = memory::memory_info_get_name;
    api.MemoryInfoGetId = memory::memory_info_get_id;
    api.MemoryInfoGetType = memory::memory_info_get_type;
    api.MemoryInfoGetMemType = memory::memory_info_get_mem_type;
    api.MemoryInfoGetDeviceType = memory::memory_info_get_device_type;
    api.CompareMemoryInfo = memory::compare_memory_info;
    api.GetAllocatorWithDefaultOptions = memory::get_allocator_with_default_options;
    api.CreateAllocator = memory::create_allocator;
    api.ReleaseAllocator = memory::release_allocator;
    api.AllocatorAlloc = memory::allocator_alloc;
    api.AllocatorFree = memory::allocator_free;
    api.AllocatorGetInfo = memory::allocator_get_info;
    api.ReleaseMemoryInfo = release::<memory::MemoryInfo>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_one_built_with() {
        let manifest = include_str!("../Cargo.toml");
        let dependency = format!("rten = {{ version = \"={RTEN_VERSION}\"");
        assert!(manifest.contains(&dependency));
    }

    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_instruction_set_is_one_the_machine_has() {
        match simd() {
            "AVX-512" => assert!(std::is_x86_feature_detected!("avx512f")),
            "AVX2" => assert!(std::is_x86_feature_detected!("avx2")),
            other => assert_eq!(other, "none"),
        }
    }

    #[test]
    fn the_build_info_names_both_versions() {
        let info = BUILD_INFO.to_str().expect("UTF-8");
        assert!(info.contains(env!("CARGO_PKG_VERSION")));
        assert!(info.contains(RTEN_VERSION));
    }
}
