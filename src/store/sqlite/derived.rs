//! What is made of vectors and kept beside them only to save time: snapshots and graphs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::backend::Identity;
use crate::store::graph;
use crate::store::snapshot::{self, Snapshots};

/// The folder of snapshots, in the cache folder.
const SNAPSHOTS: &str = "snapshots";

/// Both kinds.
#[derive(Debug, Clone)]
pub(super) struct Derived {
    pub(super) snapshots: Snapshots,
    graphs: PathBuf,
}

/// Files that belong together, and are of no use alone.
#[derive(Debug)]
struct Group {
    paths: Vec<PathBuf>,
    /// What they take on the disk.
    bytes: u64,
    /// When they were last used.
    used: SystemTime,
}

impl Group {
    /// Removes them, and says how many bytes that freed.
    fn remove(self) -> u64 {
        let removed: Vec<bool> = self.paths.into_iter().map(|path| fs::remove_file(path).is_ok()).collect();
        if removed.contains(&true) { self.bytes } else { 0 }
    }
}

impl Derived {
    pub(super) fn in_folder(folder: &Path) -> Self {
        let snapshots = Snapshots { folder: folder.join(SNAPSHOTS) };
        Self { snapshots, graphs: folder.join(graph::FOLDER) }
    }

    /// What the snapshots take on the disk, in bytes, and what the graphs.
    pub(super) fn bytes(&self) -> (u64, u64) {
        let of = |folder: &Path| groups(folder).iter().map(|group| group.bytes).sum();
        (of(&self.snapshots.folder), of(&self.graphs))
    }

    /// What both take on the disk, in bytes.
    pub(super) fn total(&self) -> u64 {
        let (snapshots, graphs) = self.bytes();
        snapshots + graphs
    }

    /// Removes what was not used for the longest until so many bytes are free, and says how many are.
    pub(super) fn free(&self, bytes: u64) -> u64 {
        let mut all = self.all();
        all.sort_by_key(|group| group.used);
        all.into_iter().fold(0, |freed, group| if freed < bytes { freed + group.remove() } else { freed })
    }

    /// Removes what was not used since then, and says how many bytes that freed.
    pub(super) fn remove_unused_since(&self, then: SystemTime) -> u64 {
        self.all().into_iter().filter(|group| group.used < then).map(Group::remove).sum()
    }

    /// Removes what is of the models of this name, or all, and says how many bytes that freed. Of which model a graph is is
    /// not known, so all of them go.
    pub(super) fn clear(&self, model: Option<&str>) -> u64 {
        let Some(model) = model else { return self.all().into_iter().map(Group::remove).sum() };
        let others: Vec<Identity> =
            self.snapshots.all().into_iter().map(|kept| kept.model()).filter(|other| other.model != model).collect();
        // What cannot be read, or was never finished, may be of it.
        let is_other = |path: &PathBuf| others.iter().any(|other| snapshot::is_of(path, other));
        let of_model = groups(&self.snapshots.folder).into_iter().filter(|group| !group.paths.iter().any(is_other));
        of_model.chain(groups(&self.graphs)).map(Group::remove).sum()
    }

    fn all(&self) -> Vec<Group> {
        [&self.snapshots.folder, &self.graphs].into_iter().flat_map(|folder| groups(folder)).collect()
    }
}

/// The files of a folder, those together whose names differ in their ending alone.
fn groups(folder: &Path) -> Vec<Group> {
    let mut groups = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else { continue };
        let Ok(used) = metadata.modified() else { continue };
        let name = entry.file_name().to_string_lossy().split('.').next().unwrap_or_default().to_owned();
        let group = groups.entry(name).or_insert(Group { paths: Vec::new(), bytes: 0, used });
        group.paths.push(path);
        group.bytes += on_disk(&metadata);
        group.used = group.used.max(used);
    }
    groups.into_values().collect()
}

/// What a file takes, without its holes.
fn on_disk(metadata: &fs::Metadata) -> u64 {
    #[cfg(unix)]
    {
        /// What blocks are counted in, whatever the disk's own are.
        const BLOCK: u64 = 512;
        std::os::unix::fs::MetadataExt::blocks(metadata) * BLOCK
    }
    #[cfg(not(unix))]
    metadata.len()
}
