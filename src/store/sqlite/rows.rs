//! Vectors in and out.

use rusqlite::{CachedStatement, Connection, OptionalExtension, TransactionBehavior, params};

use super::Failure;
use crate::backend::{Identity, TextInfo, TokenCount};
use crate::store::wanted::Wanted;
use crate::store::{Row, StoreError, Take, TextKey};

/// So many rows are read through in the time that one takes to be looked up.
const ROWS_PER_LOOK_UP: usize = 8;

/// Texts whose use is to be written down, and their model.
#[derive(Debug, Default)]
pub(super) struct Stale {
    model: i64,
    keys: Vec<TextKey>,
}

impl Stale {
    /// All texts with these keys; `None` where nothing is kept of the model.
    pub(super) fn of(
        connection: &Connection,
        model: &Identity,
        keys: Vec<TextKey>,
    ) -> Result<Option<Self>, rusqlite::Error> {
        Ok(find_model(connection, model)?.map(|(model, _)| Self { model, keys }))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// Gives the vectors of texts that are there, and which of them were last used before `fresh`.
pub(super) fn get(
    connection: &mut Connection,
    identity: &Identity,
    texts: &[&str],
    fresh: i64,
    take: &mut Take<'_>,
) -> Result<Stale, Failure> {
    // What is read belongs together, whatever another program writes meanwhile.
    let transaction = connection.transaction()?;
    let Some((model, _)) = find_model(&transaction, identity)? else { return Ok(Stale::default()) };
    let rows: usize = transaction.query_row("SELECT coalesce(max(id), 0) FROM vectors", (), |row| row.get(0))?;
    let wanted = Wanted::new(texts);
    let keys = if wanted.len().saturating_mul(ROWS_PER_LOOK_UP) < rows {
        look_up(&transaction, model, &wanted, fresh, take)?
    } else {
        read_through(&transaction, model, &wanted, take)?;
        stale(&transaction, model, &wanted, fresh)?
    };
    transaction.commit()?;
    Ok(Stale { model, keys })
}

/// Finds each text on its own.
fn look_up(
    connection: &Connection,
    model: i64,
    wanted: &Wanted,
    fresh: i64,
    take: &mut Take<'_>,
) -> Result<Vec<TextKey>, Failure> {
    const QUERY: &str = "
        SELECT vectors.vector, norm, tokens_total, tokens_used, tokens_estimated, last_used
        FROM texts JOIN vectors ON vectors.id = texts.vector WHERE texts.model = ?1 AND texts.hash = ?2";
    let mut statement = connection.prepare(QUERY)?;
    let (mut vector, mut stale) = (Vec::new(), Vec::new());
    for key in wanted.keys() {
        let mut rows = statement.query(params![model, key.bytes()])?;
        let Some(row) = rows.next()? else { continue };
        let info = read(row, 0, &mut vector)?;
        wanted.places(key).for_each(|place| take(place, &vector, info));
        if row.get::<_, i64>(5)? < fresh {
            stale.push(key);
        }
    }
    Ok(stale)
}

/// Reads all vectors in the order in which they lie, and takes those that are wanted.
fn read_through(connection: &Connection, model: i64, wanted: &Wanted, take: &mut Take<'_>) -> Result<(), Failure> {
    const QUERY: &str = "
        SELECT vector, norm, tokens_total, tokens_used, tokens_estimated, hash FROM vectors WHERE model = ?1";
    let mut statement = connection.prepare(QUERY)?;
    let mut rows = statement.query([model])?;
    let mut vector = Vec::new();
    while let Some(row) = rows.next()? {
        let Ok(bytes) = row.get_ref(5)?.as_blob().unwrap_or_default().try_into() else { continue };
        let key = TextKey::from_bytes(bytes);
        if wanted.contains(key) {
            let info = read(row, 0, &mut vector)?;
            wanted.places(key).for_each(|place| take(place, &vector, info));
        }
    }
    Ok(())
}

/// The texts among those wanted that were last used before `fresh`.
fn stale(connection: &Connection, model: i64, wanted: &Wanted, fresh: i64) -> Result<Vec<TextKey>, Failure> {
    let mut statement = connection.prepare("SELECT hash FROM texts WHERE model = ?1 AND last_used < ?2")?;
    let keys = statement.query_map([model, fresh], |row| row.get(0).map(TextKey::from_bytes))?;
    let wanted = |key: &Result<TextKey, _>| key.as_ref().map_or(true, |key| wanted.contains(*key));
    Ok(keys.filter(wanted).collect::<Result<_, _>>()?)
}

/// The vector and what is known of it, from columns in this order.
fn read(row: &rusqlite::Row<'_>, first: usize, vector: &mut Vec<f32>) -> Result<TextInfo, rusqlite::Error> {
    let bytes = row.get_ref(first)?.as_blob().unwrap_or_default();
    vector.clear();
    vector.extend(bytes.as_chunks().0.iter().map(|&number| f32::from_le_bytes(number)));
    #[expect(clippy::cast_possible_truncation, reason = "it was a 32-bit float before it was put there")]
    let norm = row.get::<_, f64>(first + 1)? as f32;
    let tokens = TokenCount { total: row.get(first + 2)?, used: row.get(first + 3)?, estimated: row.get(first + 4)? };
    Ok(TextInfo { tokens, norm })
}

/// Keeps vectors of one model, all of them or none.
pub(super) fn put(
    connection: &mut Connection,
    identity: &Identity,
    dimensions: usize,
    rows: &[Row<'_>],
    now: i64,
    place: &str,
) -> Result<(), Failure> {
    const ADD: &str = "INSERT INTO models (model, details, dimensions, last_used) VALUES (?1, ?2, ?3, ?4)";
    const KEEP: &str = "
        INSERT INTO vectors (model, hash, vector, norm, tokens_total, tokens_used, tokens_estimated)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    const NOTE: &str = "
        INSERT INTO texts (model, hash, vector, last_used) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET vector = excluded.vector, last_used = excluded.last_used";
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let model = match find_model(&transaction, identity)? {
        Some((model, kept)) if kept == dimensions => model,
        Some((_, kept)) => {
            return Err(Failure::Refused(StoreError::WrongSize { place: place.to_owned(), kept, given: dimensions }));
        }
        None => {
            let Identity { model, details } = identity;
            transaction.execute(ADD, params![model, details, dimensions, now])?;
            transaction.last_insert_rowid()
        }
    };
    {
        let mut older = transaction.prepare_cached("SELECT vector FROM texts WHERE model = ?1 AND hash = ?2")?;
        let mut forget = transaction.prepare_cached("DELETE FROM vectors WHERE id = ?1")?;
        let (mut keep, mut note) = (transaction.prepare_cached(KEEP)?, transaction.prepare_cached(NOTE)?);
        let mut bytes = Vec::with_capacity(dimensions * size_of::<f32>());
        for Row { text, vector, info } in rows {
            let hash = TextKey::of(text).bytes();
            if let Some(id) = older.query_row(params![model, hash], |row| row.get::<_, i64>(0)).optional()? {
                forget.execute([id])?;
            }
            bytes.clear();
            bytes.extend(vector.iter().flat_map(|number| number.to_le_bytes()));
            let TokenCount { total, used, estimated } = info.tokens;
            keep.execute(params![model, hash, bytes, f64::from(info.norm), total, used, estimated])?;
            note.execute(params![model, hash, transaction.last_insert_rowid(), now])?;
        }
    }
    Ok(transaction.commit()?)
}

/// The number of a model, and the size of its vectors.
fn find_model(connection: &Connection, identity: &Identity) -> Result<Option<(i64, usize)>, rusqlite::Error> {
    const QUERY: &str = "SELECT id, dimensions FROM models WHERE model = ?1 AND details = ?2";
    let Identity { model, details } = identity;
    let mut statement: CachedStatement<'_> = connection.prepare_cached(QUERY)?;
    statement.query_row([model, details], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

/// Writes down that texts and their model were used now.
pub(super) fn touch(connection: &mut Connection, stale: &Stale, now: i64) -> Result<(), rusqlite::Error> {
    /// Others that write wait no longer than so many take.
    const TOGETHER: usize = 10_000;
    for keys in stale.keys.chunks(TOGETHER) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute("UPDATE models SET last_used = max(last_used, ?1) WHERE id = ?2", [now, stale.model])?;
        {
            let mut touch = transaction
                .prepare("UPDATE texts SET last_used = max(last_used, ?1) WHERE model = ?2 AND hash = ?3")?;
            for key in keys {
                touch.execute(params![now, stale.model, key.bytes()])?;
            }
        }
        transaction.commit()?;
    }
    Ok(())
}
