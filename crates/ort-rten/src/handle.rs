//! Opaque handles, and the raw pointers that come with a C API.

use std::ffi::{CStr, c_char};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::status::{Error, Result, guard_silent};

static LIVE: AtomicUsize = AtomicUsize::new(0);

/// How many objects callers hold, for tests that look for leaks.
pub(crate) fn live() -> usize {
    LIVE.load(Ordering::SeqCst)
}

/// A Rust value handed to callers as a pointer to an opaque C type.
pub(crate) trait Handle: Sized {
    /// The C type that stands for this value.
    type Opaque;

    /// What to call the value in error messages.
    const NAME: &'static str;

    /// Moves the value to the heap; [`release`] takes it back.
    fn into_raw(self) -> *mut Self::Opaque {
        LIVE.fetch_add(1, Ordering::SeqCst);
        Box::into_raw(Box::new(self)).cast()
    }

    /// Borrows the value behind a handle.
    ///
    /// # Safety
    /// `raw` is null or points at a live `Self` that is not mutated during `'a`.
    unsafe fn from_raw<'a>(raw: *const Self::Opaque) -> Result<&'a Self> {
        // SAFETY: passed on to the caller.
        unsafe { raw.cast::<Self>().as_ref() }.ok_or_else(Self::null)
    }

    /// Borrows the value behind a handle for changing it.
    ///
    /// # Safety
    /// `raw` is null or points at a live `Self` that nothing else uses during
    /// `'a`.
    unsafe fn from_raw_mut<'a>(raw: *mut Self::Opaque) -> Result<&'a mut Self> {
        // SAFETY: passed on to the caller.
        unsafe { raw.cast::<Self>().as_mut() }.ok_or_else(Self::null)
    }

    /// The error for a null handle.
    fn null() -> Error {
        Error::invalid_argument(format!("the {} is a null pointer", Self::NAME))
    }
}

/// The release function of a handle type; null is tolerated.
///
/// # Safety
/// `raw` is null or came from [`Handle::into_raw`] and is not used afterwards.
pub(crate) unsafe extern "system" fn release<H: Handle>(raw: *mut H::Opaque) {
    guard_silent(|| {
        if !raw.is_null() {
            LIVE.fetch_sub(1, Ordering::SeqCst);
            // SAFETY: the caller gives back a pointer that `into_raw` made from
            // a box of this type.
            drop(unsafe { Box::from_raw(raw.cast::<H>()) });
        }
    });
}

/// Stores a result through an out pointer.
///
/// # Safety
/// `out` is null or valid for writing a `T`.
pub(crate) unsafe fn write<T>(out: *mut T, value: T) -> Result {
    if out.is_null() {
        return Err(Error::invalid_argument("an output pointer is null"));
    }
    // SAFETY: not null, so valid by this function's contract.
    unsafe { out.write(value) };
    Ok(())
}

/// Hands a new object to the caller through an out pointer.
///
/// # Safety
/// `out` is null or valid for writing a pointer.
pub(crate) unsafe fn write_handle<H: Handle>(out: *mut *mut H::Opaque, value: H) -> Result {
    if out.is_null() {
        // Checked first, so that the object is not leaked.
        return Err(Error::invalid_argument("an output pointer is null"));
    }
    // SAFETY: not null, so valid by this function's contract.
    unsafe { write(out, value.into_raw()) }
}

/// Borrows a C array.
///
/// # Safety
/// `data` is null, or `len` is zero, or `data` is valid for reading `len`
/// elements that are not mutated during `'a`.
pub(crate) unsafe fn slice<'a, T>(data: *const T, len: usize, what: &str) -> Result<&'a [T]> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() || !data.is_aligned() {
        return Err(Error::invalid_argument(format!("{what}: the pointer is null or misaligned")));
    }
    // SAFETY: not null and aligned; the rest is this function's contract.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// Borrows a C string that has to be UTF-8.
///
/// # Safety
/// `text` is null or a NUL-terminated string that is not mutated during `'a`.
pub(crate) unsafe fn string<'a>(text: *const c_char, what: &str) -> Result<&'a str> {
    if text.is_null() {
        return Err(Error::invalid_argument(format!("{what} is a null pointer")));
    }
    // SAFETY: not null, so a C string by this function's contract.
    unsafe { CStr::from_ptr(text) }.to_str().map_err(|_| Error::invalid_argument(format!("{what} is not UTF-8")))
}
