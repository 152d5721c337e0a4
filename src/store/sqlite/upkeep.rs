//! How large the cache is, and what is removed from it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, TransactionBehavior, params};
use serde::Serialize;

use super::derived::Derived;
use super::rows::{self, Stale};
use super::{Failure, SqliteStore};
use crate::store::StoreError;
use crate::store::snapshot::Snapshots;

/// What the cache holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CacheReport {
    /// Where it is.
    pub path: String,
    /// What all of it takes on the disk, in bytes.
    pub bytes: u64,
    /// What snapshots of large corpora take of that, which save time at the start.
    pub snapshot_bytes: u64,
    /// What HNSW indexes take of that.
    pub graph_bytes: u64,
    /// What made its vectors, the largest first.
    pub models: Vec<KeptModel>,
}

/// A model whose vectors are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeptModel {
    /// Its name.
    pub model: String,
    /// All that its vectors depend on.
    pub details: String,
    /// The length of its vectors.
    pub dimensions: usize,
    /// How many are kept.
    pub vectors: u64,
    /// What they take, in bytes.
    pub bytes: u64,
    /// When one of them was last used, in seconds since 1970, to the hour.
    pub last_used: i64,
}

/// What was removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Removed {
    /// Vectors.
    pub vectors: u64,
    /// How much room that gave back on the disk, in bytes.
    pub bytes: u64,
}

impl Removed {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { vectors: self.vectors + other.vectors, bytes: self.bytes + other.bytes }
    }
}

impl SqliteStore {
    /// What the cache holds.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    pub fn report(&mut self) -> Result<CacheReport, StoreError> {
        self.settle();
        let mut models =
            if self.file.exists() { self.with("read", |connection| models(connection))? } else { Vec::new() };
        for kept in self.derived.snapshots.all() {
            let (identity, used) = (kept.model(), seconds(kept.used));
            let of_it = models.iter_mut().filter(|of| of.model == identity.model && of.details == identity.details);
            of_it.for_each(|model| model.last_used = model.last_used.max(used));
        }
        let (snapshot_bytes, graph_bytes) = self.derived.bytes();
        let bytes = self.file.bytes() + snapshot_bytes + graph_bytes;
        Ok(CacheReport { path: self.file.shown(), bytes, snapshot_bytes, graph_bytes, models })
    }

    /// Removes what was not used for `seconds`.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    pub fn remove_unused_for(&mut self, seconds: i64) -> Result<Removed, StoreError> {
        let before = self.now.saturating_sub(seconds);
        let then = UNIX_EPOCH + Duration::from_secs(u64::try_from(before).unwrap_or(0));
        self.remove(|connection, derived| {
            write_down_uses(connection, &derived.snapshots)?;
            Ok((remove_texts(connection, "last_used < ?1", [before])?, derived.remove_unused_since(then)))
        })
    }

    /// Removes what was not used for the longest, until no more than `bytes` are left.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    pub fn shrink_to(&mut self, bytes: u64) -> Result<Removed, StoreError> {
        self.remove(|connection, derived| {
            let mut removed = 0;
            // What only saves time goes first.
            let excess = (live_bytes(connection)? + derived.total()).saturating_sub(bytes);
            let freed = free_derived(connection, derived, excess)?;
            while let excess @ 1.. = live_bytes(connection)?.saturating_sub(bytes) {
                let some = remove_oldest(connection, excess, i64::MAX)?;
                if some == 0 {
                    break;
                }
                removed += some;
            }
            Ok((removed, freed))
        })
    }

    /// Removes the vectors of the models of this name, or all.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    pub fn clear(&mut self, model: Option<&str>) -> Result<Removed, StoreError> {
        const OF_NAME: &str = "model IN (SELECT id FROM models WHERE models.model = ?1)";
        self.remove(|connection, derived| {
            let removed = match model {
                Some(name) => remove_texts(connection, OF_NAME, [name]),
                None => remove_texts(connection, "true", ()),
            };
            Ok((removed?, derived.clear(model)))
        })
    }

    /// Removes vectors and bytes of what is derived of them, and gives the space back to the system.
    fn remove(
        &mut self,
        act: impl FnOnce(&mut Connection, &Derived) -> Result<(u64, u64), Failure>,
    ) -> Result<Removed, StoreError> {
        self.settle();
        if !self.file.exists() {
            // What is left is made of nothing.
            return Ok(Removed { vectors: 0, bytes: self.derived.clear(None) });
        }
        let (before, derived) = (self.file.bytes(), self.derived.clone());
        let (vectors, freed) = self.with("remove vectors from", |connection| {
            let removed = act(connection, &derived)?;
            connection.execute("DELETE FROM models WHERE id NOT IN (SELECT DISTINCT model FROM texts)", ())?;
            let mut vacuum = connection.prepare("PRAGMA incremental_vacuum")?;
            let mut steps = vacuum.query(())?;
            while steps.next()?.is_some() {}
            drop(steps);
            drop(vacuum);
            // Otherwise the file shrinks when the last program closes it.
            connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
            Ok(removed)
        })?;
        Ok(Removed { vectors, bytes: before.saturating_sub(self.file.bytes()) + freed })
    }
}

fn models(connection: &Connection) -> Result<Vec<KeptModel>, Failure> {
    const QUERY: &str = "
        SELECT models.model, details, dimensions, count(*), max(texts.last_used)
        FROM texts JOIN models ON models.id = texts.model GROUP BY models.id";
    let mut statement = connection.prepare(QUERY)?;
    let models = statement.query_map((), |row| {
        let (dimensions, vectors): (usize, u64) = (row.get(2)?, row.get(3)?);
        let bytes = vectors * (dimensions * size_of::<f32>()) as u64;
        let (model, details, last_used) = (row.get(0)?, row.get(1)?, row.get(4)?);
        Ok(KeptModel { model, details, dimensions, vectors, bytes, last_used })
    })?;
    let mut models: Vec<KeptModel> = models.collect::<Result<_, _>>()?;
    models.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| (&a.model, &a.details).cmp(&(&b.model, &b.details))));
    Ok(models)
}

/// Makes room where more than `limit` bytes are taken: what was not used for the longest goes, what only saves time before
/// vectors, and no vector that was used since `fresh`. Whether there is no room after that.
pub(super) fn make_room(
    connection: &mut Connection,
    derived: &Derived,
    limit: u64,
    fresh: i64,
) -> Result<bool, Failure> {
    let excess = (live_bytes(connection)? + derived.total()).saturating_sub(limit);
    let excess = excess.saturating_sub(free_derived(connection, derived, excess)?);
    if excess == 0 {
        return Ok(false);
    }
    // A little more than needed, so that it is not needed again at once.
    remove_oldest(connection, excess + limit / 20, fresh)?;
    Ok(live_bytes(connection)? > limit)
}

/// Removes what was derived and not used for the longest until so many bytes are free, and says how many are.
pub(super) fn free_derived(connection: &mut Connection, derived: &Derived, bytes: u64) -> Result<u64, Failure> {
    if bytes == 0 {
        return Ok(0);
    }
    write_down_uses(connection, &derived.snapshots)?;
    Ok(derived.free(bytes))
}

/// Whoever takes vectors from a snapshot writes nothing down. So it is done before anything is removed because it was not
/// used.
fn write_down_uses(connection: &mut Connection, snapshots: &Snapshots) -> Result<(), Failure> {
    for kept in snapshots.all() {
        let Ok(keys) = kept.keys() else { continue };
        let Some(stale) = Stale::of(connection, &kept.model(), keys)? else { continue };
        rows::touch(connection, &stale, seconds(kept.used))?;
    }
    Ok(())
}

/// Since 1970.
fn seconds(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    i64::try_from(since).unwrap_or(i64::MAX)
}

/// The bytes of the pages that are in use.
fn live_bytes(connection: &Connection) -> Result<u64, Failure> {
    let read = |name| connection.pragma_query_value(None, name, |row| row.get::<_, u64>(0));
    Ok(read("page_count")?.saturating_sub(read("freelist_count")?) * read("page_size")?)
}

/// Removes vectors that take about so many bytes, those first that were not used for the longest, and none that was used
/// since `fresh`.
fn remove_oldest(connection: &mut Connection, bytes: u64, fresh: i64) -> Result<u64, Failure> {
    let all: u64 = connection.query_row("SELECT count(*) FROM texts", (), |row| row.get(0))?;
    let each = (live_bytes(connection)? / all.max(1)).max(1);
    let oldest = "(model, hash) IN (SELECT model, hash FROM texts WHERE last_used < ?1 ORDER BY last_used LIMIT ?2)";
    remove_texts(connection, oldest, params![fresh, bytes.div_ceil(each)])
}

/// Removes texts and their vectors, and says how many.
fn remove_texts(connection: &mut Connection, which: &str, values: impl rusqlite::Params) -> Result<u64, Failure> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction
        .execute_batch("CREATE TEMP TABLE IF NOT EXISTS removed (vector INTEGER PRIMARY KEY); DELETE FROM removed")?;
    let removed = {
        let mut remove = transaction.prepare(&format!("DELETE FROM texts WHERE {which} RETURNING vector"))?;
        let mut vectors = remove.query(values)?;
        let mut note = transaction.prepare("INSERT INTO removed VALUES (?1)")?;
        let mut removed = 0;
        while let Some(row) = vectors.next()? {
            note.execute([row.get::<_, i64>(0)?])?;
            removed += 1;
        }
        removed
    };
    transaction.execute("DELETE FROM vectors WHERE id IN (SELECT vector FROM removed)", ())?;
    transaction.execute("DELETE FROM removed", ())?;
    transaction.commit()?;
    Ok(removed)
}
