//! Sessions: a loaded model, and what its inputs and outputs are declared as.

use std::ffi::{c_char, c_void};
use std::sync::Arc;

use ort_sys::{OrtAllocator, OrtEnv, OrtMemoryInfo, OrtSession, OrtSessionOptions, OrtStatusPtr, OrtTypeInfo, os_char};
use rten::{Model, NodeId, ThreadPool};

use crate::declarations::{Declaration, Declarations};
use crate::element::ElementType;
use crate::environment::Environment;
use crate::handle::{Handle, slice, write, write_handle};
use crate::options::SessionOptions;
use crate::status::{Error, Result, guard};
use crate::type_info::{TensorInfo, TypeInfo};
use crate::{memory, os_path};

mod load;
mod run;

pub(crate) use run::run;

/// A model that is ready to run, from any number of threads at a time.
pub(crate) struct Session {
    model: Model,
    inputs: Vec<Port>,
    outputs: Vec<Port>,
    /// The threads to run on; RTen's shared ones if not set.
    pool: Option<Arc<ThreadPool>>,
}

impl Handle for Session {
    type Opaque = OrtSession;
    const NAME: &'static str = "session";
}

/// Callers share sessions between threads.
const _: () = {
    const fn assert_shareable<T: Send + Sync>() {}
    assert_shareable::<Session>();
};

/// An input or an output.
struct Port {
    name: String,
    node: NodeId,
    /// The declared element type; RTen may use a narrower one.
    element: ElementType,
    info: TensorInfo,
}

impl Port {
    fn new(kind: &str, node: NodeId, declaration: &Declaration) -> Result<Self> {
        let name = declaration.name.clone();
        let element = declaration.element().map_err(|error| error.context(&format!("{kind} `{name}`")))?;
        let info = declaration.info(element);
        Ok(Self { name, node, element, info })
    }
}

impl Session {
    fn new(
        model: Model,
        declarations: &Declarations,
        environment: &Environment,
        options: &SessionOptions,
    ) -> Result<Self> {
        let inputs = input_ports(&model, &declarations.inputs)?;
        let outputs = output_ports(&model, &declarations.outputs)?;
        let pool = if options.shares_pool {
            environment.pool.clone()
        } else {
            let threads = options.intra_threads;
            (threads > 0).then(|| Arc::new(ThreadPool::with_num_threads(threads)))
        };
        Ok(Self { model, inputs, outputs, pool })
    }
}

/// Looks up what the model's inputs are declared as.
///
/// By name, as RTen leaves out declared inputs that have a value in the file.
fn input_ports(model: &Model, declared: &[Declaration]) -> Result<Vec<Port>> {
    model
        .input_ids()
        .iter()
        .map(|&node| {
            let name = model.node_info(node).and_then(|info| info.name());
            let declaration = declared
                .iter()
                .find(|declaration| Some(declaration.name.as_str()) == name)
                .ok_or_else(|| Error::invalid_model("an input is not declared"))?;
            Port::new("input", node, declaration)
        })
        .collect()
}

/// Looks up what the model's outputs are declared as.
///
/// By position, as RTen's nodes for them may have got other names.
fn output_ports(model: &Model, declared: &[Declaration]) -> Result<Vec<Port>> {
    let nodes = model.output_ids();
    if nodes.len() != declared.len() {
        return Err(Error::invalid_model("an output is not declared"));
    }
    nodes.iter().zip(declared).map(|(&node, declaration)| Port::new("output", node, declaration)).collect()
}

pub(crate) unsafe extern "system" fn create_session(
    environment: *const OrtEnv,
    path: *const os_char,
    options: *const OrtSessionOptions,
    out: *mut *mut OrtSession,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live objects, a path as a NUL-terminated
        // string, and a valid out pointer.
        unsafe {
            let environment = Environment::from_raw(environment)?;
            let options = session_options(options)?;
            let path = os_path::from_raw(path)?;
            let (model, declarations) = load::from_file(&path, &options)?;
            let session = Session::new(model, &declarations, environment, &options)?;
            write_handle(out, session)
        }
    })
}

pub(crate) unsafe extern "system" fn create_session_from_array(
    environment: *const OrtEnv,
    data: *const c_void,
    len: usize,
    options: *const OrtSessionOptions,
    out: *mut *mut OrtSession,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live objects, an array of `len` bytes that
        // stays as it is during the call, and a valid out pointer.
        unsafe {
            let environment = Environment::from_raw(environment)?;
            let options = session_options(options)?;
            let bytes = slice(data.cast::<u8>(), len, "the model")?;
            let (model, declarations) = load::from_bytes(bytes, &options)?;
            let session = Session::new(model, &declarations, environment, &options)?;
            write_handle(out, session)
        }
    })
}

/// The options, or the default ones for a null pointer.
///
/// # Safety
/// `options` is null or points at live options.
unsafe fn session_options(options: *const OrtSessionOptions) -> Result<SessionOptions> {
    if options.is_null() {
        return Ok(SessionOptions::default());
    }
    // SAFETY: passed on to the caller.
    Ok(unsafe { SessionOptions::from_raw(options) }?.clone())
}

pub(crate) unsafe extern "system" fn session_get_input_count(
    session: *const OrtSession,
    out: *mut usize,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live session and a valid out pointer.
    guard(|| unsafe { write(out, Session::from_raw(session)?.inputs.len()) })
}

pub(crate) unsafe extern "system" fn session_get_output_count(
    session: *const OrtSession,
    out: *mut usize,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live session and a valid out pointer.
    guard(|| unsafe { write(out, Session::from_raw(session)?.outputs.len()) })
}

/// RTen takes initializers as constants, so that none can be overridden.
pub(crate) unsafe extern "system" fn session_get_overridable_initializer_count(
    session: *const OrtSession,
    out: *mut usize,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live session and a valid out pointer.
        unsafe {
            Session::from_raw(session)?;
            write(out, 0)
        }
    })
}

pub(crate) unsafe extern "system" fn session_get_input_name(
    session: *const OrtSession,
    index: usize,
    allocator: *mut OrtAllocator,
    out: *mut *mut c_char,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live session, a working allocator and a valid
    // out pointer.
    guard(|| unsafe { write_name(&Session::from_raw(session)?.inputs, index, allocator, out) })
}

pub(crate) unsafe extern "system" fn session_get_output_name(
    session: *const OrtSession,
    index: usize,
    allocator: *mut OrtAllocator,
    out: *mut *mut c_char,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live session, a working allocator and a valid
    // out pointer.
    guard(|| unsafe { write_name(&Session::from_raw(session)?.outputs, index, allocator, out) })
}

/// # Safety
/// `allocator` is null or works, and `out` is null or valid.
unsafe fn write_name(ports: &[Port], index: usize, allocator: *mut OrtAllocator, out: *mut *mut c_char) -> Result {
    let port = port(ports, index)?;
    if out.is_null() {
        // Checked first, so that the name is not leaked.
        return Err(Error::invalid_argument("an output pointer is null"));
    }
    // SAFETY: passed on to the caller.
    unsafe { write(out, memory::allocate_string(allocator, &port.name)?) }
}

pub(crate) unsafe extern "system" fn session_get_input_type_info(
    session: *const OrtSession,
    index: usize,
    out: *mut *mut OrtTypeInfo,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live session and a valid out pointer.
        unsafe {
            let port = port(&Session::from_raw(session)?.inputs, index)?;
            write_handle(out, TypeInfo(port.info.clone()))
        }
    })
}

pub(crate) unsafe extern "system" fn session_get_output_type_info(
    session: *const OrtSession,
    index: usize,
    out: *mut *mut OrtTypeInfo,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for a live session and a valid out pointer.
        unsafe {
            let port = port(&Session::from_raw(session)?.outputs, index)?;
            write_handle(out, TypeInfo(port.info.clone()))
        }
    })
}

fn port(ports: &[Port], index: usize) -> Result<&Port> {
    ports.get(index).ok_or_else(|| Error::invalid_argument(format!("there is no number {index} of {}", ports.len())))
}

pub(crate) unsafe extern "system" fn session_get_memory_info_for_inputs(
    session: *const OrtSession,
    infos: *mut *const OrtMemoryInfo,
    count: usize,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live session and room for `count` pointers.
    guard(|| unsafe { write_memory_infos(&Session::from_raw(session)?.inputs, infos, count) })
}

pub(crate) unsafe extern "system" fn session_get_memory_info_for_outputs(
    session: *const OrtSession,
    infos: *mut *const OrtMemoryInfo,
    count: usize,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a live session and room for `count` pointers.
    guard(|| unsafe { write_memory_infos(&Session::from_raw(session)?.outputs, infos, count) })
}

/// # Safety
/// `infos` is null or has room for `count` pointers.
unsafe fn write_memory_infos(ports: &[Port], infos: *mut *const OrtMemoryInfo, count: usize) -> Result {
    if count != ports.len() {
        return Err(Error::invalid_argument(format!("there are {} memory infos, not {count}", ports.len())));
    }
    for index in 0..count {
        // SAFETY: within the room for `count` pointers.
        unsafe { write(infos.wrapping_add(index), memory::cpu_memory()) }?;
    }
    Ok(())
}
