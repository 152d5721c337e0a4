//! The cache's file: opening it, making it, and setting it aside where it is not a cache.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::store::files;

/// What the file is called, in the cache folder.
pub const FILE_NAME: &str = "vectors.sqlite3";

/// How long to wait for another program that is writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Of the tables below. A file with a greater one was made by a newer version of the program.
const SCHEMA_VERSION: i64 = 1;

/// Pages of 16 KiB hold ten vectors of 384 dimensions without a gap; larger ones are read no faster and make every small
/// batch write more. Vacuuming by increments lets the file shrink without a copy of it.
const NEW: &str = "
    PRAGMA page_size = 16384;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
";

const SCHEMA: &str = "
    BEGIN IMMEDIATE;
    CREATE TABLE models (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        model TEXT NOT NULL,
        details TEXT NOT NULL,
        dimensions INTEGER NOT NULL,
        last_used INTEGER NOT NULL,
        UNIQUE (model, details)
    ) STRICT;
    CREATE TABLE texts (
        model INTEGER NOT NULL,
        hash BLOB NOT NULL,
        vector INTEGER NOT NULL,
        last_used INTEGER NOT NULL,
        PRIMARY KEY (model, hash)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE vectors (
        id INTEGER PRIMARY KEY,
        model INTEGER NOT NULL,
        hash BLOB NOT NULL,
        vector BLOB NOT NULL,
        norm REAL NOT NULL,
        tokens_total INTEGER NOT NULL,
        tokens_used INTEGER NOT NULL,
        tokens_estimated INTEGER NOT NULL
    ) STRICT;
    PRAGMA user_version = 1;
    COMMIT;
";

/// Where the cache is.
#[derive(Debug, Clone)]
pub(super) struct CacheFile {
    folder: PathBuf,
    path: PathBuf,
}

/// Why the file was not opened.
pub(super) enum Refusal {
    /// It is no cache, or one of a newer version.
    Unusable(String),
    /// It cannot be reached.
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unusable(reason) => f.write_str(reason),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        if is_damage(&error) { Self::Unusable(error.to_string()) } else { Self::Failed(error.into()) }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::Failed(error.into())
    }
}

/// Whether an error says that the file is not what it should be.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => {
            matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
        }
        rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::IntegralValueOutOfRange(..) => true,
        _ => false,
    }
}

/// What an open file holds.
enum Content {
    Cache,
    Nothing,
    Other(String),
}

impl CacheFile {
    pub(super) fn in_folder(folder: PathBuf) -> Self {
        let path = folder.join(FILE_NAME);
        Self { folder, path }
    }

    /// Its path, for a person.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// Which file is there now.
    pub(super) fn id(&self) -> Option<FileId> {
        FileId::of(&self.path)
    }

    pub(super) fn exists(&self) -> bool {
        // Where that cannot be said, opening it says why.
        self.path.try_exists().unwrap_or(true)
    }

    /// The bytes that it takes on the disk, with what is written beside it.
    pub(super) fn bytes(&self) -> u64 {
        self.parts().iter().filter_map(|part| fs::metadata(part).ok()).map(|metadata| metadata.len()).sum()
    }

    /// The file, and those that `SQLite` writes beside it.
    fn parts(&self) -> [PathBuf; 3] {
        ["", "-wal", "-shm"].map(|ending| beside(&self.path, ending))
    }

    /// Opens the file, and makes it if it is not there.
    pub(super) fn open(&self) -> Result<Connection, Refusal> {
        self.prepare()?;
        let connection = self.connect()?;
        if matches!(content(&connection)?, Content::Cache) {
            return Ok(connection);
        }
        drop(connection);
        // Only one program at a time makes it.
        let _lock = self.lock()?;
        self.prepare()?;
        let connection = self.connect()?;
        match content(&connection)? {
            Content::Cache => {}
            Content::Nothing => {
                connection.execute_batch(NEW)?;
                connection.execute_batch(SCHEMA)?;
            }
            Content::Other(reason) => return Err(Refusal::Unusable(reason)),
        }
        Ok(connection)
    }

    /// The folder and an empty file, both nobody else's business: `SQLite` gives what it writes beside it the
    /// same rights.
    fn prepare(&self) -> io::Result<()> {
        files::create_private_folder(&self.folder)?;
        files::private().open(&self.path).map(drop)
    }

    fn connect(&self) -> Result<Connection, Refusal> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        // A power cut may take the last batches with it, but never breaks the file.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        Ok(connection)
    }

    /// Gives an unusable file the first free name after its own. `None` where another program has done it already.
    pub(super) fn set_aside(&self, unusable: Option<FileId>) -> io::Result<Option<PathBuf>> {
        let _lock = self.lock()?;
        if self.id() != unusable {
            return Ok(None);
        }
        let mut number = 1;
        let aside = loop {
            let aside = beside(&self.path, &format!(".set-aside-{number}"));
            if !aside.try_exists()? {
                break aside;
            }
            number += 1;
        };
        // Whatever is left of what stood beside the old one must not be taken for the new one's.
        for (part, ending) in self.parts().iter().zip(["", "-wal", "-shm"]) {
            match fs::rename(part, beside(&aside, ending)) {
                Err(error) if ending.is_empty() || error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(Some(aside))
    }

    /// Held as long as the file is. It is one of its own, because the other is replaced.
    fn lock(&self) -> io::Result<File> {
        let lock = files::private().open(beside(&self.path, ".lock"))?;
        lock.lock()?;
        Ok(lock)
    }
}

/// Which file stands at a path, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FileId(u64, u64);

impl FileId {
    #[cfg(unix)]
    fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(path).ok()?;
        Some(Self(metadata.dev(), metadata.ino()))
    }

    #[cfg(not(unix))]
    fn of(path: &Path) -> Option<Self> {
        let created = fs::metadata(path).ok()?.created().ok()?;
        let since = created.duration_since(std::time::UNIX_EPOCH).ok()?;
        Some(Self(since.as_secs(), u64::from(since.subsec_nanos())))
    }
}

/// What is in an open file.
fn content(connection: &Connection) -> Result<Content, Refusal> {
    const TABLES: &str = "SELECT count(*) FROM sqlite_schema WHERE name IN ('models', 'texts', 'vectors')";
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let count = |query: &str| connection.query_row(query, (), |row| row.get::<_, i64>(0));
    match version {
        SCHEMA_VERSION if count(TABLES)? == 3 => Ok(Content::Cache),
        0 if count("SELECT count(*) FROM sqlite_schema")? == 0 => Ok(Content::Nothing),
        newer if newer > SCHEMA_VERSION => {
            // Whoever has it open would take the files beside it along when it closes them.
            connection.busy_timeout(Duration::ZERO)?;
            let mode =
                connection.pragma_update_and_check(None, "journal_mode", "DELETE", |row| row.get::<_, String>(0));
            if mode.is_ok_and(|mode| mode == "delete") {
                Ok(Content::Other(format!("a newer version of vecscope made it: {newer} in place of {SCHEMA_VERSION}")))
            } else {
                Err(Refusal::Failed("a newer version of vecscope is using it; end that, or use --no-cache".into()))
            }
        }
        _ => Ok(Content::Other("it is not a vector cache".into())),
    }
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
