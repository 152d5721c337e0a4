//! Paths as the C API passes them: in the platform's own encoding.

use std::path::PathBuf;

use ort_sys::os_char;

use crate::status::{Error, Result};

/// # Safety
/// `path` is null or a NUL-terminated string in the platform's encoding.
pub(crate) unsafe fn from_raw(path: *const os_char) -> Result<PathBuf> {
    if path.is_null() {
        return Err(Error::invalid_argument("the path is a null pointer"));
    }
    // SAFETY: not null, so a string by this function's contract.
    Ok(unsafe { decode(path) })
}

/// # Safety
/// `path` is a NUL-terminated string.
#[cfg(unix)]
unsafe fn decode(path: *const os_char) -> PathBuf {
    use std::ffi::{CStr, OsStr};
    use std::os::unix::ffi::OsStrExt;

    // SAFETY: passed on to the caller.
    let bytes = unsafe { CStr::from_ptr(path) }.to_bytes();
    PathBuf::from(OsStr::from_bytes(bytes))
}

/// # Safety
/// `path` is a NUL-terminated string.
#[cfg(windows)]
unsafe fn decode(path: *const os_char) -> PathBuf {
    use std::ffi::OsString;
    use std::os::windows::ffi::OsStringExt;

    // SAFETY: the string is valid up to and including its NUL.
    let units = unsafe {
        let len = (0..).take_while(|&index| *path.add(index) != 0).count();
        std::slice::from_raw_parts(path, len)
    };
    PathBuf::from(OsString::from_wide(units))
}
