//! Where vectors are kept between runs.

use std::path::PathBuf;

use anyhow::Context as _;
use bytesize::ByteSize;
use etcetera::BaseStrategy;

use crate::cli::cache::CacheOptions;
use crate::store::{SqliteStore, graph};

/// Room for two and a half million vectors of 384 dimensions.
const LIMIT: ByteSize = ByteSize::gib(4);

/// Where vectors are kept between runs, and how many.
#[derive(Debug, Clone)]
pub struct CacheChoice {
    /// Whether they are kept at all.
    pub wanted: bool,
    /// The folder; or why there is none.
    folder: Result<PathBuf, String>,
    /// The most that they may take on the disk.
    limit: ByteSize,
}

impl CacheChoice {
    /// What options ask for, or else the config file.
    #[must_use]
    pub fn new(options: &CacheOptions, configured_limit: Option<ByteSize>) -> Self {
        let CacheOptions { no_cache, cache_dir, cache_limit } = options;
        let folder = match cache_dir.as_ref().filter(|folder| !folder.is_empty()) {
            Some(folder) => Ok(PathBuf::from(folder)),
            None => default_folder().map_err(|error| format!("{error:#}; name one with --cache-dir")),
        };
        Self { wanted: !no_cache, folder, limit: cache_limit.or(configured_limit).unwrap_or(LIMIT) }
    }

    /// The most that the vectors may take on the disk.
    #[must_use]
    pub fn limit(&self) -> ByteSize {
        self.limit
    }

    /// The folder for HNSW indexes; `None` where nothing is to be kept.
    #[must_use]
    pub fn graphs(&self) -> Option<PathBuf> {
        let folder = self.folder.as_ref().ok().filter(|_| self.wanted)?;
        Some(folder.join(graph::FOLDER))
    }

    /// The cache, whether or not it is wanted. Its file is neither opened nor made yet.
    ///
    /// # Errors
    /// Where the platform names no folder for it.
    pub fn open(&self) -> anyhow::Result<SqliteStore> {
        let folder = self.folder.clone().map_err(anyhow::Error::msg)?;
        Ok(SqliteStore::in_folder(folder, self.limit.as_u64()))
    }
}

/// Under `XDG_CACHE_HOME`, or in the platform's folder for caches.
fn default_folder() -> anyhow::Result<PathBuf> {
    let strategy = etcetera::choose_base_strategy().context("there is no folder for the vector cache")?;
    Ok(strategy.cache_dir().join("vecscope"))
}
