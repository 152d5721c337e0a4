//! Options of sessions and of single runs.

use std::collections::BTreeMap;
use std::ffi::{c_char, c_int};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use ort_sys::{GraphOptimizationLevel, OrtRunOptions, OrtSessionOptions, OrtStatusPtr, os_char};

use crate::handle::{Handle, slice, string, write, write_handle};
use crate::os_path;
use crate::status::{Error, Result, guard};

/// The configuration key that decides whether weights are prepacked.
pub(crate) const PREPACK_WEIGHTS: &str = "ort_rten.prepack_weights";

/// How to load a session, and with how many threads to run it.
#[derive(Clone)]
pub(crate) struct SessionOptions {
    /// The size of the session's thread pool; zero for RTen's shared one.
    pub(crate) intra_threads: usize,
    /// Whether to use the environment's pool in place of one per session.
    pub(crate) shares_pool: bool,
    /// Whether RTen may rewrite the graph.
    pub(crate) optimize: bool,
    /// Contents for the external data files that a model names.
    pub(crate) external_data: Vec<(String, Vec<u8>)>,
    config: BTreeMap<String, String>,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            intra_threads: 0,
            shares_pool: false,
            optimize: true,
            external_data: Vec::new(),
            config: BTreeMap::new(),
        }
    }
}

impl Handle for SessionOptions {
    type Opaque = OrtSessionOptions;
    const NAME: &'static str = "session options";
}

impl SessionOptions {
    /// Whether to lay out weights in advance in the order RTen's kernels read
    /// them.
    pub(crate) fn prepack_weights(&self) -> Result<bool> {
        match self.config.get(PREPACK_WEIGHTS).map(String::as_str) {
            None | Some("1") => Ok(true),
            Some("0") => Ok(false),
            Some(other) => Err(Error::invalid_argument(format!("`{PREPACK_WEIGHTS}` has to be 0 or 1, not `{other}`"))),
        }
    }
}

/// Checks a thread count; zero stands for the default.
pub(crate) fn thread_count(count: c_int) -> Result<usize> {
    usize::try_from(count).map_err(|_| Error::invalid_argument(format!("{count} is not a number of threads")))
}

pub(crate) unsafe extern "system" fn create_session_options(out: *mut *mut OrtSessionOptions) -> OrtStatusPtr {
    // SAFETY: the API asks for a valid out pointer.
    guard(|| unsafe { write_handle(out, SessionOptions::default()) })
}

pub(crate) unsafe extern "system" fn clone_session_options(
    options: *const OrtSessionOptions,
    out: *mut *mut OrtSessionOptions,
) -> OrtStatusPtr {
    // SAFETY: the API asks for live options and a valid out pointer.
    guard(|| unsafe { write_handle(out, SessionOptions::from_raw(options)?.clone()) })
}

pub(crate) unsafe extern "system" fn set_intra_op_num_threads(
    options: *mut OrtSessionOptions,
    count: c_int,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live options that no other thread uses.
        unsafe { SessionOptions::from_raw_mut(options) }?.intra_threads = thread_count(count)?;
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn disable_per_session_threads(options: *mut OrtSessionOptions) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live options that no other thread uses.
        unsafe { SessionOptions::from_raw_mut(options) }?.shares_pool = true;
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn set_session_graph_optimization_level(
    options: *mut OrtSessionOptions,
    level: GraphOptimizationLevel,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live options that no other thread uses.
        let options = unsafe { SessionOptions::from_raw_mut(options) }?;
        // RTen's optimizations come all together or not at all.
        options.optimize = level != GraphOptimizationLevel::ORT_DISABLE_ALL;
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn add_session_config_entry(
    options: *mut OrtSessionOptions,
    key: *const c_char,
    value: *const c_char,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live options that no other thread uses, and
        // for C strings.
        let (options, key, value) = unsafe {
            (
                SessionOptions::from_raw_mut(options)?,
                string(key, "the configuration key")?,
                string(value, "the configuration value")?,
            )
        };
        options.config.insert(key.to_owned(), value.to_owned());
        Ok(())
    })
}

pub(crate) unsafe extern "system" fn has_session_config_entry(
    options: *const OrtSessionOptions,
    key: *const c_char,
    out: *mut c_int,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live options, a C string and a valid out
        // pointer.
        unsafe {
            let key = string(key, "the configuration key")?;
            let known = SessionOptions::from_raw(options)?.config.contains_key(key);
            write(out, c_int::from(known))
        }
    })
}

/// Copies a configuration value and its NUL into a buffer of `*size` bytes, and
/// sets `*size` to what is needed; a null buffer only asks for the size.
pub(crate) unsafe extern "system" fn get_session_config_entry(
    options: *const OrtSessionOptions,
    key: *const c_char,
    buffer: *mut c_char,
    size: *mut usize,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live options, a C string, a valid size and a
        // buffer of that size, or a null one.
        unsafe {
            let key = string(key, "the configuration key")?;
            let config = &SessionOptions::from_raw(options)?.config;
            let value = config
                .get(key)
                .ok_or_else(|| Error::invalid_argument(format!("there is no configuration entry `{key}`")))?;
            let needed = value.len() + 1;
            let room = *size.as_ref().ok_or_else(|| Error::invalid_argument("the size is a null pointer"))?;
            size.write(needed);
            if buffer.is_null() {
                return Ok(());
            }
            if room < needed {
                return Err(Error::invalid_argument(format!(
                    "the value takes {needed} bytes, but the buffer has {room}"
                )));
            }
            ptr::copy_nonoverlapping(value.as_ptr().cast(), buffer, value.len());
            buffer.add(value.len()).write(0);
            Ok(())
        }
    })
}

pub(crate) unsafe extern "system" fn add_external_initializers_from_memory(
    options: *mut OrtSessionOptions,
    names: *const *const os_char,
    buffers: *const *mut c_char,
    lengths: *const usize,
    count: usize,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live options that no other thread uses, and
        // three arrays of `count` elements: paths, buffers and their lengths.
        unsafe {
            let options = SessionOptions::from_raw_mut(options)?;
            let names = slice(names, count, "the file names")?;
            let buffers = slice(buffers, count, "the buffers")?;
            let lengths = slice(lengths, count, "the lengths")?;
            for ((&name, &buffer), &length) in names.iter().zip(buffers).zip(lengths) {
                let path = os_path::from_raw(name)?;
                let name = path
                    .to_str()
                    .ok_or_else(|| Error::invalid_argument(format!("the path {} is not UTF-8", path.display())))?;
                let content = slice(buffer.cast::<u8>().cast_const(), length, name)?;
                let entry = (name.to_owned(), content.to_vec());
                options.external_data.push(entry);
            }
        }
        Ok(())
    })
}

/// Options of a single run.
#[derive(Default)]
pub(crate) struct RunOptions {
    /// Set to stop; may be set by another thread than the one that runs.
    terminate: AtomicBool,
}

impl Handle for RunOptions {
    type Opaque = OrtRunOptions;
    const NAME: &'static str = "run options";
}

impl RunOptions {
    pub(crate) fn is_terminated(&self) -> bool {
        self.terminate.load(Ordering::Relaxed)
    }
}

pub(crate) unsafe extern "system" fn create_run_options(out: *mut *mut OrtRunOptions) -> OrtStatusPtr {
    // SAFETY: the API asks for a valid out pointer.
    guard(|| unsafe { write_handle(out, RunOptions::default()) })
}

pub(crate) unsafe extern "system" fn run_options_set_terminate(options: *mut OrtRunOptions) -> OrtStatusPtr {
    set_terminate(options, true)
}

pub(crate) unsafe extern "system" fn run_options_unset_terminate(options: *mut OrtRunOptions) -> OrtStatusPtr {
    set_terminate(options, false)
}

fn set_terminate(options: *mut OrtRunOptions, terminate: bool) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live options; the flag is atomic, so they
        // may be in use elsewhere.
        let options = unsafe { RunOptions::from_raw(options) }?;
        options.terminate.store(terminate, Ordering::Relaxed);
        Ok(())
    })
}
