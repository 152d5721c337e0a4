//! The vector cache: one private file of `SQLite`, shared by all runs of the program.
//!
//! Texts themselves are not in it, only the first half of their SHA-256. A vector comes back as it was put, to the bit.
//!
//! ```text
//! models   what made vectors: an identity each, and the size of its vectors
//! texts    model and hash → the vector's row, and when it was last used. Small rows, which are looked up and changed
//! vectors  the vectors, in the order in which they came. Large rows, which are read through from the first to the last
//! ```

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{SystemTime, UNIX_EPOCH};

use rusqlite::Connection;

use super::{Row, Snapshot, StoreError, Take, VectorStore};
use crate::backend::Identity;
use crate::corpus::Corpus;
use crate::math::vector;

mod derived;
mod file;
mod rows;
mod upkeep;

pub use file::FILE_NAME;
pub use upkeep::{CacheReport, KeptModel, Removed};

use derived::Derived;
use file::{CacheFile, FileId, Refusal};

/// For so many seconds a use is not written down again. What was used in this time is never removed by itself.
const FRESH: i64 = 3_600;

/// The size of the file is looked at whenever so many batches were kept.
const BATCHES_BETWEEN_LOOKS: u32 = 64;

/// The cache. Nothing is opened before something is asked of it; the file is made with the first vectors.
pub struct SqliteStore {
    file: CacheFile,
    derived: Derived,
    /// The most bytes that vectors may take on the disk.
    limit: u64,
    /// When this run began, in seconds since 1970: what it uses is used now.
    now: i64,
    /// The open file, and which one that is.
    open: Option<(Connection, Option<FileId>)>,
    /// Batches kept since the size of the file was looked at; `None` before the first.
    batches: Option<u32>,
    /// Writes down which vectors were used.
    touching: Option<JoinHandle<()>>,
    /// Writes a snapshot.
    snapping: Option<JoinHandle<()>>,
}

impl SqliteStore {
    /// The cache in a folder, which grows up to `limit` bytes.
    #[must_use]
    pub fn in_folder(folder: PathBuf, limit: u64) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        Self {
            derived: Derived::in_folder(&folder),
            file: CacheFile::in_folder(folder),
            limit,
            now: i64::try_from(now).unwrap_or(i64::MAX),
            open: None,
            batches: None,
            touching: None,
            snapping: None,
        }
    }

    /// Does something with the open file. One that turns out to be no cache is set aside.
    fn with<T>(
        &mut self,
        operation: &'static str,
        act: impl FnOnce(&mut Connection) -> Result<T, Failure>,
    ) -> Result<T, StoreError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Failed {
            operation,
            place: self.file.shown(),
            source,
        };
        let (open, id) = if let Some((connection, id)) = self.open.take() {
            (Ok(connection), id)
        } else {
            let before = self.file.id();
            let open = self.file.open();
            (open, before.or_else(|| self.file.id()))
        };
        let reason = match open {
            Ok(mut connection) => match act(&mut connection) {
                Ok(done) => {
                    self.open = Some((connection, id));
                    return Ok(done);
                }
                Err(Failure::Sqlite(error)) if file::is_damage(&error) => error.to_string(),
                Err(Failure::Sqlite(error)) => return Err(failed(error.into())),
                Err(Failure::Refused(error)) => return Err(error),
            },
            Err(Refusal::Unusable(reason)) => reason,
            Err(Refusal::Failed(source)) => return Err(failed(source)),
        };
        match self.file.set_aside(id) {
            Ok(aside) => {
                let aside = aside.map(|aside| aside.display().to_string());
                Err(StoreError::SetAside { place: self.file.shown(), aside, reason })
            }
            Err(source) => Err(failed(format!("{reason}; it cannot be set aside either: {source}").into())),
        }
    }

    /// Puts into a cache that was lost what is known from a snapshot: that may go at any time.
    fn put_back(&mut self, model: &Identity, texts: &[&str], snapshot: &Snapshot) -> Result<(), StoreError> {
        const TOGETHER: usize = 1_000;
        let rows =
            snapshot.numbers.chunks_exact(snapshot.dimensions.max(1)).zip(&snapshot.documents).zip(&snapshot.infos);
        let rows = rows.map(|((vector, document), &info)| Row { text: texts[document.0], vector, info });
        let whole: Vec<Row<'_>> = rows.filter(|row| vector::is_unit(row.vector)).collect();
        whole.chunks(TOGETHER).try_for_each(|rows| self.put(model, rows))
    }

    /// Waits until everything is written that is on its way.
    fn settle(&mut self) {
        wait_for(&mut self.touching);
        wait_for(&mut self.snapping);
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.settle();
    }
}

impl VectorStore for SqliteStore {
    fn describe(&self) -> String {
        format!("the vector cache {}", self.file.shown())
    }

    fn get(&mut self, model: &Identity, texts: &[&str], take: &mut Take<'_>) -> Result<(), StoreError> {
        // Whoever only reads leaves no file behind.
        if texts.is_empty() || !self.file.exists() {
            return Ok(());
        }
        let now = self.now;
        let stale = self.with("read", |connection| rows::get(connection, model, texts, now - FRESH, take))?;
        if stale.is_empty() {
            return Ok(());
        }
        // That a use is not written down is no loss: the vectors are made again.
        let file = self.file.clone();
        let touch = move || match file.open() {
            Ok(mut connection) => {
                if let Err(error) = rows::touch(&mut connection, &stale, now) {
                    tracing::debug!("uses of cached vectors are not written down: {error}");
                }
            }
            Err(refusal) => tracing::debug!("uses of cached vectors are not written down: {refusal}"),
        };
        wait_for(&mut self.touching);
        self.touching = Some(thread::spawn(touch));
        Ok(())
    }

    fn snapshot(&mut self, model: &Identity, texts: &[&str]) -> Option<Snapshot> {
        let snapshot = self.derived.snapshots.open(model, texts)?;
        if !self.file.exists()
            && let Err(error) = self.put_back(model, texts, &snapshot)
        {
            tracing::warn!("what a snapshot holds is not in the cache: {error}");
        }
        Some(snapshot)
    }

    fn keep_snapshot(&mut self, model: &Identity, corpus: &Arc<Corpus>, snapshot: Snapshot) {
        let (model, corpus) = (model.clone(), Arc::clone(corpus));
        let (file, derived) = (self.file.clone(), self.derived.clone());
        let room = self.limit.saturating_sub(self.file.bytes());
        let write = move || {
            let bytes = (snapshot.numbers.len() * size_of::<f32>()) as u64;
            if bytes > room {
                tracing::debug!("a snapshot of {bytes} bytes is not kept: there is room for {room}");
                return;
            }
            let excess = (derived.total() + bytes).saturating_sub(room);
            let free = |mut connection| upkeep::free_derived(&mut connection, &derived, excess).is_ok();
            if excess > 0 && !file.open().is_ok_and(free) {
                tracing::debug!("no room can be made for a snapshot");
                return;
            }
            let texts: Vec<&str> = snapshot.documents.iter().map(|&number| corpus[number].text.as_str()).collect();
            if let Err(error) = derived.snapshots.keep(&model, &texts, &snapshot) {
                tracing::warn!("no snapshot is kept, so the next start takes longer: {error}");
            }
        };
        wait_for(&mut self.snapping);
        self.snapping = Some(thread::spawn(write));
    }

    fn put(&mut self, model: &Identity, rows: &[Row<'_>]) -> Result<(), StoreError> {
        let Some(first) = rows.first() else { return Ok(()) };
        let dimensions = first.vector.len();
        if let Some(other) = rows.iter().find(|row| row.vector.len() != dimensions) {
            return Err(StoreError::WrongSize { place: self.describe(), kept: dimensions, given: other.vector.len() });
        }
        let (limit, now, place, derived) = (self.limit, self.now, self.describe(), self.derived.clone());
        let look = self.batches.is_none_or(|batches| batches >= BATCHES_BETWEEN_LOOKS);
        self.with("write to", |connection| {
            if look && upkeep::make_room(connection, &derived, limit, now - FRESH)? {
                return Err(Failure::Refused(StoreError::Full { place: place.clone(), limit }));
            }
            rows::put(connection, model, dimensions, rows, now, &place)
        })?;
        self.batches = Some(if look { 0 } else { self.batches.unwrap_or(0) + 1 });
        Ok(())
    }
}

/// Waits for a thread, if there is one.
fn wait_for(thread: &mut Option<JoinHandle<()>>) {
    if let Some(thread) = thread.take() {
        drop(thread.join());
    }
}

/// Why something could not be done with the open file.
enum Failure {
    /// For a reason of the cache's own.
    Refused(StoreError),
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

#[cfg(test)]
mod tests;
