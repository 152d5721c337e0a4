//! Environments, and the thread pool that the sessions of one may share.

use std::ffi::{c_char, c_int, c_void};
use std::sync::Arc;

use ort_sys::{OrtEnv, OrtLoggingFunction, OrtLoggingLevel, OrtStatusPtr, OrtThreadingOptions};
use rten::ThreadPool;

use crate::handle::{Handle, write_handle};
use crate::options::thread_count;
use crate::status::guard;

/// What sessions share.
pub(crate) struct Environment {
    /// The pool for sessions that are told not to have their own.
    pub(crate) pool: Option<Arc<ThreadPool>>,
}

impl Handle for Environment {
    type Opaque = OrtEnv;
    const NAME: &'static str = "environment";
}

/// The settings of an environment's thread pool.
pub(crate) struct ThreadingOptions {
    intra_threads: usize,
}

impl Handle for ThreadingOptions {
    type Opaque = OrtThreadingOptions;
    const NAME: &'static str = "threading options";
}

/// The name and the logger are not used: the backend does not log.
pub(crate) unsafe extern "system" fn create_env(
    _level: OrtLoggingLevel,
    _name: *const c_char,
    out: *mut *mut OrtEnv,
) -> OrtStatusPtr {
    // SAFETY: the API asks for a valid out pointer.
    guard(|| unsafe { write_handle(out, Environment { pool: None }) })
}

pub(crate) unsafe extern "system" fn create_env_with_custom_logger(
    _logger: OrtLoggingFunction,
    _logger_state: *mut c_void,
    level: OrtLoggingLevel,
    name: *const c_char,
    out: *mut *mut OrtEnv,
) -> OrtStatusPtr {
    // SAFETY: passed on to the caller.
    unsafe { create_env(level, name, out) }
}

pub(crate) unsafe extern "system" fn create_env_with_global_thread_pools(
    _level: OrtLoggingLevel,
    _name: *const c_char,
    options: *const OrtThreadingOptions,
    out: *mut *mut OrtEnv,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live options and a valid out pointer.
        unsafe {
            let threads = ThreadingOptions::from_raw(options)?.intra_threads;
            let pool = (threads > 0).then(|| Arc::new(ThreadPool::with_num_threads(threads)));
            write_handle(out, Environment { pool })
        }
    })
}

pub(crate) unsafe extern "system" fn create_env_with_custom_logger_and_global_thread_pools(
    _logger: OrtLoggingFunction,
    _logger_state: *mut c_void,
    level: OrtLoggingLevel,
    name: *const c_char,
    options: *const OrtThreadingOptions,
    out: *mut *mut OrtEnv,
) -> OrtStatusPtr {
    // SAFETY: passed on to the caller.
    unsafe { create_env_with_global_thread_pools(level, name, options, out) }
}

pub(crate) unsafe extern "system" fn create_threading_options(out: *mut *mut OrtThreadingOptions) -> OrtStatusPtr {
    // SAFETY: the API asks for a valid out pointer.
    guard(|| unsafe { write_handle(out, ThreadingOptions { intra_threads: 0 }) })
}

pub(crate) unsafe extern "system" fn set_global_intra_op_num_threads(
    options: *mut OrtThreadingOptions,
    count: c_int,
) -> OrtStatusPtr {
    guard(|| {
        // SAFETY: the API asks for live options that no other thread uses.
        unsafe { ThreadingOptions::from_raw_mut(options) }?.intra_threads = thread_count(count)?;
        Ok(())
    })
}
