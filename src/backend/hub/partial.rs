//! A content on its way to the disk, and the check that it has arrived as it was sent.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha1::Sha1;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use super::super::BackendError;
use super::cache::{failed, make_parent};
use super::names::{ContentHash, Etag};

/// How much is read at once for hashing, and how long a cancelled check goes on at the most.
const STEP: usize = 1 << 20;

/// A file that holds the beginning of a content. Dropping it leaves the beginning for the next time.
#[derive(Debug)]
pub(super) struct Partial {
    file: File,
    path: PathBuf,
    length: u64,
    size: u64,
}

impl Partial {
    /// Goes on with the file at `path`, or begins it, for a content of so many bytes.
    pub(super) fn open(path: PathBuf, size: u64) -> Result<Self, BackendError> {
        let opened = make_parent(&path).and_then(|()| {
            // Not for appending: should two processes write it after all, they write the same bytes to the same places.
            let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(&path)?;
            let length = file.seek(SeekFrom::End(0))?;
            Ok((file, length))
        });
        let (file, length) = opened.map_err(failed(&path))?;
        let mut partial = Self { file, path, length, size };
        if length > size {
            partial.restart()?;
        }
        Ok(partial)
    }

    /// How many bytes are there.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// How many bytes are missing.
    pub(super) fn missing(&self) -> u64 {
        self.size - self.length
    }

    /// Forgets what is there.
    pub(super) fn restart(&mut self) -> Result<(), BackendError> {
        self.length = 0;
        let emptied = self.file.set_len(0).and_then(|()| self.file.rewind());
        emptied.map_err(failed(&self.path))
    }

    /// Adds what comes next, no more than is missing.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), BackendError> {
        self.file.write_all(bytes).map_err(failed(&self.path))?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Whether what is on disk is all of the content that has this etag.
    pub(super) fn is_intact(&mut self, etag: &Etag, cancel: &CancellationToken) -> Result<bool, BackendError> {
        let hash = self.file.rewind().and_then(|()| match etag.hash() {
            ContentHash::Sha256 => hash(Sha256::new(), &mut self.file, cancel),
            ContentHash::GitBlob => {
                let header = format!("blob {}\0", self.length);
                hash(Sha1::new_with_prefix(header), &mut self.file, cancel)
            }
            ContentHash::Unknown => Ok(Some(etag.as_str().into())),
        });
        let Some(hash) = hash.map_err(failed(&self.path))? else { return Err(BackendError::Cancelled) };
        let length = self.file.metadata().map_err(failed(&self.path))?.len();
        Ok(length == self.size && hash == etag.as_str())
    }

    /// Turns it into the blob, once it is safely on the disk.
    pub(super) fn keep(self, blob: &Path) -> Result<(), BackendError> {
        let kept = self.file.sync_all().and_then(|()| fs::rename(&self.path, blob));
        kept.map_err(failed(blob))
    }

    /// Deletes it.
    pub(super) fn discard(self) -> Result<(), BackendError> {
        fs::remove_file(&self.path).map_err(failed(&self.path))
    }
}

/// The hash of what `file` still has, in hexadecimal, or nothing once it is cancelled.
fn hash<D: Digest>(mut digest: D, file: &mut File, cancel: &CancellationToken) -> io::Result<Option<String>> {
    let mut bytes = vec![0; STEP];
    while !cancel.is_cancelled() {
        match file.read(&mut bytes)? {
            0 => return Ok(Some(hex(&digest.finalize()))),
            count => digest.update(&bytes[..count]),
        }
    }
    Ok(None)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `hello` and a line feed, by `sha256sum` and by `git hash-object`.
    const SHA256: &str = "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03";
    const GIT_BLOB: &str = "ce013625030ba8dba906f756967f9e9ca394464a";
    /// What git calls nothing at all.
    const GIT_NOTHING: &str = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";

    fn is_intact(content: &str, size: u64, etag: &str) -> bool {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut partial = Partial::open(folder.path().join("x"), size).expect("it can be made");
        partial.write(content.as_bytes()).expect("written");
        let etag = Etag::parse(etag).expect("it is an etag");
        partial.is_intact(&etag, &CancellationToken::new()).expect("it can be read")
    }

    #[test]
    fn a_content_is_checked_by_the_hash_that_its_name_is() {
        for etag in [SHA256, GIT_BLOB, "unknown"] {
            assert!(is_intact("hello\n", 6, etag), "{etag}");
        }
        assert!(is_intact("", 0, GIT_NOTHING));
        for etag in [SHA256, GIT_BLOB] {
            assert!(!is_intact("hallo\n", 6, etag), "{etag}");
        }
        assert!(!is_intact("hello", 6, "unknown"), "the length is all that can be checked");
    }

    #[test]
    fn a_check_ends_when_it_is_cancelled() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut partial = Partial::open(folder.path().join("x"), 6).expect("it can be made");
        partial.write(b"hello\n").expect("written");
        let cancel = CancellationToken::new();
        cancel.cancel();
        let etag = Etag::parse(SHA256).expect("it is an etag");
        assert!(matches!(partial.is_intact(&etag, &cancel), Err(BackendError::Cancelled)));
    }

    #[test]
    fn a_beginning_is_gone_on_with_unless_it_is_too_long() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("blobs").join("x");
        let mut partial = Partial::open(path.clone(), 6).expect("it can be made");
        partial.write(b"hel").expect("written");
        drop(partial);
        let mut partial = Partial::open(path.clone(), 6).expect("it is there");
        assert_eq!((partial.length(), partial.missing()), (3, 3));
        partial.write(b"lo\n").expect("written");
        assert!(
            partial.is_intact(&Etag::parse(SHA256).expect("it is an etag"), &CancellationToken::new()).expect("read")
        );
        drop(partial);
        assert_eq!(Partial::open(path.clone(), 5).expect("it is there").length(), 0);
        assert_eq!(fs::metadata(&path).expect("it is there").len(), 0);
    }
}
