//! The lock of a content: one process writes it, and all others wait, Python's among them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::super::BackendError;
use super::cache::{failed, make_parent};

/// How often a lock that somebody else holds is tried again.
const POLL: Duration = Duration::from_millis(100);

/// Waits until nobody else has the lock of this file, in this process or another. It is held until the file is dropped.
pub(super) async fn lock(path: &Path) -> Result<File, BackendError> {
    make_parent(path).map_err(failed(path))?;
    let mut waits = 0;
    loop {
        // Opened anew each time, because whoever held it may have deleted it.
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(failed(path))?;
        match file.try_lock() {
            Ok(()) if is_at(&file, path) => return Ok(file),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                if waits == 0 {
                    tracing::info!(path = %path.display(), "another download of the same content is waited for");
                }
                waits += 1;
                tokio::time::sleep(POLL).await;
            }
            // Some network file systems have no locks. Two writers write the same bytes to the same places, and what
            // is on disk in the end is what is checked, so it only costs time.
            Err(TryLockError::Error(error)) => {
                tracing::warn!(path = %path.display(), %error, "cannot be locked");
                return Ok(file);
            }
        }
    }
}

/// Whether a path still leads to a file that was opened by it.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: fs::Metadata, b: fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    file.metadata().and_then(|a| Ok(same(a, fs::metadata(path)?))).unwrap_or(false)
}

/// Windows deletes no file that is open.
#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lock_whose_file_was_deleted_is_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("locks").join("x.lock");
        let first = lock(&path).await.expect("free");
        assert!(is_at(&first, &path));
        fs::remove_file(&path).expect("removed");
        assert!(!is_at(&first, &path));
        let second = lock(&path).await.expect("another file");
        assert!(is_at(&second, &path) && !is_at(&first, &path));
    }
}
