//! Errors, and the guard every function of the table runs in.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ort_sys::{OrtErrorCode, OrtStatus, OrtStatusPtr, stub};

pub(crate) type Result<T = ()> = std::result::Result<T, Error>;

/// Why a call failed: becomes an `OrtStatus` at the C boundary.
#[derive(Debug)]
pub(crate) struct Error {
    code: OrtErrorCode,
    message: String,
}

impl Error {
    pub(crate) fn new(code: OrtErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(crate) fn invalid_argument(message: impl Into<String>) -> Self {
        Self::new(OrtErrorCode::ORT_INVALID_ARGUMENT, message)
    }

    pub(crate) fn not_implemented(message: impl Into<String>) -> Self {
        Self::new(OrtErrorCode::ORT_NOT_IMPLEMENTED, message)
    }

    pub(crate) fn fail(message: impl Into<String>) -> Self {
        Self::new(OrtErrorCode::ORT_FAIL, message)
    }

    pub(crate) fn invalid_model(message: impl Into<String>) -> Self {
        Self::new(OrtErrorCode::ORT_INVALID_PROTOBUF, message)
    }

    /// Says in front of the message what it is about.
    pub(crate) fn context(self, what: &str) -> Self {
        Self { message: format!("{what}: {}", self.message), ..self }
    }

    /// Moves the error into a status object, which the caller has to release.
    ///
    /// Messages quote names out of the model, so they may hold NUL bytes; those
    /// would make a C string of them impossible.
    fn into_status(self) -> OrtStatusPtr {
        let mut message = self.message;
        message.retain(|c| c != '\0');
        stub::Error::new_sys(self.code, message)
    }
}

/// Runs the body of a function that reports a status.
///
/// Errors become statuses, and so do panics: unwinding into a C caller would
/// abort the process.
pub(crate) fn guard(body: impl FnOnce() -> Result) -> OrtStatusPtr {
    match catch(body) {
        Ok(Ok(())) => OrtStatusPtr::default(),
        Ok(Err(error)) => error.into_status(),
        Err(message) => {
            Error::new(OrtErrorCode::ORT_RUNTIME_EXCEPTION, format!("the RTen backend panicked: {message}"))
                .into_status()
        }
    }
}

/// Runs the body of a function that has no way of reporting failure.
pub(crate) fn guard_silent(body: impl FnOnce()) {
    // There is no one to tell.
    let _ = catch(body);
}

/// Turns a panic in `body` into its message.
///
/// Asserting unwind safety is sound here: what the bodies share across calls is
/// either read-only or, inside RTen, behind locks that are poisoned by a panic
/// and make later calls fail.
fn catch<T>(body: impl FnOnce() -> T) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(body)).map_err(|payload| {
        let message = payload
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| payload.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".to_owned());
        discard(payload);
        message
    })
}

/// Drops a panic's payload, whose own destructor may panic in turn.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // A payload that panics twice is not given a third chance.
        std::mem::forget(second);
    }
}

/// Releases a status; null, which stands for success, is tolerated.
///
/// # Safety
/// `status` is null or was returned by a function of the table, and is not used
/// afterwards.
pub(crate) unsafe extern "system" fn release_status(status: *mut OrtStatus) {
    guard_silent(|| {
        if !status.is_null() {
            // SAFETY: all statuses are made by `stub::Error`.
            drop(unsafe { stub::Error::consume_sys(status) });
        }
    });
}

#[cfg(test)]
#[expect(clippy::panic, reason = "the guard is tested with panics")]
mod tests {
    use super::*;

    fn message(status: OrtStatusPtr) -> String {
        assert!(!status.0.is_null());
        // SAFETY: `guard` made the status, and nothing has released it yet.
        let error = unsafe { stub::Error::consume_sys(status.0) };
        error.message().to_owned()
    }

    #[test]
    fn success_is_a_null_status() {
        assert!(guard(|| Ok(())).0.is_null());
    }

    #[test]
    fn nul_bytes_are_stripped_from_messages() {
        let status = guard(|| Err(Error::fail("a\0b")));
        assert_eq!(message(status), "ab");
    }

    #[test]
    fn panics_become_statuses() {
        let text = guard(|| panic!("plain"));
        assert!(message(text).ends_with("plain"));
        let formatted = guard(|| panic!("number {}", 7));
        assert!(message(formatted).ends_with("number 7"));
    }

    #[test]
    fn a_payload_that_panics_on_drop_is_survived() {
        struct Bomb;
        impl Drop for Bomb {
            fn drop(&mut self) {
                std::panic::panic_any(7_u8);
            }
        }
        let status = guard(|| std::panic::panic_any(Bomb));
        assert!(message(status).ends_with("no message"));
        guard_silent(|| std::panic::panic_any(Bomb));
    }
}
