//! The vector cache.

use tempfile::TempDir;
use vecscope::store::{SqliteStore, VectorStore};

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

fn open(folder: &TempDir) -> Box<dyn VectorStore> {
    Box::new(SqliteStore::in_folder(folder.path().join("new"), u64::MAX))
}

contract!(folder(), open);
