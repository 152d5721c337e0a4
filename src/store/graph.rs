//! A graph of near neighbours (HNSW), which a search walks: kept on disk, and mapped from there at the next start.
//!
//! (Malkov and Yashunin 2018, "Efficient and robust approximate nearest neighbor search using hierarchical navigable small
//! world graphs"; the implementation is `usearch`.)
//!
//! A file is named by the digest of the vectors that it is of. Beside it stands the digest of what is in it: `usearch`
//! believes what it reads, so a file is opened only if nothing in it has changed.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use sha2::{Digest, Sha256};
use usearch::{Index, IndexOptions, MetricKind, ScalarKind};

use super::files;
use crate::math::space::Space;

/// The folder of graphs, in the cache folder.
pub const FOLDER: &str = "hnsw";

/// How many neighbours a vector has in the graph.
const CONNECTIVITY: usize = 16;
/// Among how many a new vector's neighbours are looked for.
const EXPANSION_ADD: usize = 128;
/// Among how many a search looks, and more if it is to find more.
const EXPANSION_SEARCH: usize = 256;

/// Vectors as a graph is made of them.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// By what they are compared.
    pub space: Space,
    /// The length of each.
    pub dimensions: usize,
    /// One behind the other.
    pub numbers: &'a [f32],
}

/// A graph of all rows of an index, by their numbers.
pub struct Graph {
    index: Index,
}

impl std::fmt::Debug for Graph {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Graph").field("rows", &self.index.size()).finish()
    }
}

/// Why there is no graph.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// It could not be built or searched.
    #[error("the HNSW index cannot {operation}: {reason}")]
    Index {
        /// What was tried.
        operation: &'static str,
        /// What `usearch` says.
        reason: String,
    },
    /// It could not be kept.
    #[error("cannot {operation} {}", path.display())]
    File {
        /// What was tried.
        operation: &'static str,
        /// Which file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
}

fn index_error<E: std::fmt::Display>(operation: &'static str) -> impl Fn(E) -> GraphError {
    move |error| GraphError::Index { operation, reason: error.to_string() }
}

impl Rows<'_> {
    fn count(&self) -> usize {
        self.numbers.len() / self.dimensions.max(1)
    }

    fn options(&self) -> IndexOptions {
        let metric = match self.space {
            Space::Cosine | Space::InnerProduct => MetricKind::IP,
            Space::Euclidean => MetricKind::L2sq,
        };
        IndexOptions {
            dimensions: self.dimensions,
            metric,
            // Half of the bits would take three times as long to build, as there is no instruction for them.
            quantization: ScalarKind::F32,
            connectivity: CONNECTIVITY,
            expansion_add: EXPANSION_ADD,
            expansion_search: EXPANSION_SEARCH,
            multi: false,
        }
    }

    /// A name for these vectors, in this order, and how they would be put into a graph.
    fn digest(&self) -> String {
        let mut digest = Sha256::new();
        let how = format!("{:?} {} {CONNECTIVITY} {EXPANSION_ADD} {}", self.space, self.dimensions, usearch::version());
        digest.update(how);
        let mut bytes = Vec::new();
        for numbers in self.numbers.chunks(1 << 14) {
            bytes.clear();
            bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
            digest.update(&bytes);
        }
        files::hex(&digest.finalize())
    }
}

impl Graph {
    /// The graph of some vectors: that which is kept in a folder, or else one that is built now, and kept. `go_on` is told
    /// how many rows are done, now and then; with its no, there is no graph.
    ///
    /// # Errors
    /// [`GraphError::Index`] where it cannot be built. That it cannot be kept is no error: it is built again then.
    pub fn of(
        rows: Rows<'_>,
        folder: Option<&Path>,
        go_on: &(dyn Fn(usize) -> bool + Sync),
    ) -> Result<Option<Self>, GraphError> {
        let path = folder.map(|folder| folder.join(format!("{}.hnsw", rows.digest())));
        if !go_on(0) {
            return Ok(None);
        }
        if let Some(kept) = path.as_deref().and_then(|path| Self::open(rows, path)) {
            return Ok(Some(kept));
        }
        let built = Self::build(rows, go_on)?;
        if let (Some(graph), Some(path)) = (&built, path)
            && let Err(error) = graph.save(&path)
        {
            tracing::warn!("{error}: it is built again at the next start");
        }
        Ok(built)
    }

    fn build(rows: Rows<'_>, go_on: &(dyn Fn(usize) -> bool + Sync)) -> Result<Option<Self>, GraphError> {
        const TELL_EVERY: usize = 256;
        let index = Index::new(&rows.options()).map_err(index_error("be made"))?;
        // One core stays free for typing.
        let threads = thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1));
        index.reserve_capacity_and_threads(rows.count(), threads).map_err(index_error("get its memory"))?;
        let (next, given_up) = (AtomicUsize::new(0), AtomicBool::new(false));
        let add = || {
            loop {
                let row = next.fetch_add(1, Ordering::Relaxed);
                if row >= rows.count() || given_up.load(Ordering::Relaxed) {
                    return Ok(());
                }
                if row.is_multiple_of(TELL_EVERY) && !go_on(row) {
                    given_up.store(true, Ordering::Relaxed);
                }
                let numbers = &rows.numbers[row * rows.dimensions..(row + 1) * rows.dimensions];
                if let Err(error) = index.add(row as u64, numbers) {
                    given_up.store(true, Ordering::Relaxed);
                    return Err(index_error("take a vector")(error));
                }
            }
        };
        let outcomes: Vec<Result<(), GraphError>> = thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(add)).collect();
            let broke = |_| Err(GraphError::Index { operation: "be built", reason: "a thread of it broke".into() });
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(broke)).collect()
        });
        outcomes.into_iter().collect::<Result<(), _>>()?;
        Ok((!given_up.into_inner()).then_some(Self { index }))
    }

    /// Opens what is kept; `None` where nothing is, or where it is damaged.
    fn open(rows: Rows<'_>, path: &Path) -> Option<Self> {
        let kept = fs::read_to_string(digest_path(path)).ok()?;
        if kept.trim() != digest_of_file(path).ok()? {
            tracing::warn!("{} is damaged; it is built again", path.display());
            return None;
        }
        let index = Index::new(&rows.options()).ok()?;
        index.view(path.to_str()?).ok()?;
        files::mark_used(path);
        let fits = index.size() == rows.count() && index.dimensions() == rows.dimensions;
        fits.then_some(Self { index })
    }

    /// Writes it to a file of which others see all or nothing.
    fn save(&self, path: &Path) -> Result<(), GraphError> {
        let failed = |operation, path: &Path| {
            let path = path.to_owned();
            move |source| GraphError::File { operation, path, source }
        };
        let (folder, digest) = (path.parent().unwrap_or(Path::new(".")), digest_path(path));
        files::create_private_folder(folder).map_err(failed("make the folder", folder))?;
        // The digest goes first and comes last: without it, the file is not opened.
        match fs::remove_file(&digest) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("replace", &digest)(error));
            }
            _ => {}
        }
        let unfinished = files::unfinished(path);
        let written =
            unfinished.to_str().ok_or_else(|| failed("write", path)(io::ErrorKind::InvalidFilename.into()))?;
        self.index.save(written).map_err(index_error("be written"))?;
        let sum = digest_of_file(&unfinished).map_err(failed("read", &unfinished))?;
        make_private(&unfinished).map_err(failed("protect", &unfinished))?;
        fs::rename(&unfinished, path).map_err(failed("rename", &unfinished))?;
        fs::write(&digest, sum).map_err(failed("write", &digest))
    }

    /// About the `count` nearest rows of a vector, of those that are let through.
    ///
    /// # Errors
    /// [`GraphError::Index`] says what `usearch` could not do.
    pub fn nearest(&self, query: &[f32], count: usize, mask: Option<&[bool]>) -> Result<Vec<usize>, GraphError> {
        let matches = match mask {
            None => self.index.search(query, count),
            Some(mask) => {
                let lets_through = |row: u64| usize::try_from(row).is_ok_and(|row| mask.get(row) == Some(&true));
                self.index.filtered_search(query, count, lets_through)
            }
        };
        let matches = matches.map_err(index_error("be searched"))?;
        Ok(matches.keys.into_iter().filter_map(|row| usize::try_from(row).ok()).collect())
    }

    /// How many rows it is of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.index.size()
    }

    /// Whether it is of none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn digest_path(path: &Path) -> PathBuf {
    path.with_extension("sha256")
}

fn digest_of_file(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let (mut digest, mut bytes) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match file.read(&mut bytes)? {
            0 => return Ok(files::hex(&digest.finalize())),
            read => digest.update(&bytes[..read]),
        }
    }
}

/// If the folder was there already, it may be open to others.
fn make_private(file: &Path) -> io::Result<()> {
    #[cfg(unix)]
    fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::index::tests::crowd_of;

    const DIMENSIONS: usize = 32;

    fn rows(numbers: &[f32]) -> Rows<'_> {
        Rows { space: Space::Cosine, dimensions: DIMENSIONS, numbers }
    }

    fn build(numbers: &[f32], folder: &Path) -> Graph {
        Graph::of(rows(numbers), Some(folder), &|_| true).expect("it can be built").expect("nobody said no")
    }

    /// Whether it is there without being built.
    fn opens(numbers: &[f32], folder: &Path) -> bool {
        Graph::open(rows(numbers), &file(numbers, folder)).is_some()
    }

    fn file(numbers: &[f32], folder: &Path) -> PathBuf {
        folder.join(format!("{}.hnsw", rows(numbers).digest()))
    }

    #[test]
    fn a_graph_that_was_kept_finds_what_it_found_when_it_was_built() {
        let folder = tempfile::tempdir().expect("a folder");
        let (numbers, queries) = crowd_of(600, DIMENSIONS);
        let built = build(&numbers, folder.path());
        assert!(opens(&numbers, folder.path()));
        let kept = build(&numbers, folder.path());
        assert_eq!((kept.len(), kept.is_empty()), (600, false));
        for query in &queries {
            let found = kept.nearest(query, 10, None).expect("it can be searched");
            assert_eq!(found, built.nearest(query, 10, None).expect("it can be searched"));
        }
    }

    #[test]
    fn only_rows_that_are_let_through_are_found() {
        let folder = tempfile::tempdir().expect("a folder");
        let (numbers, queries) = crowd_of(300, DIMENSIONS);
        let mask: Vec<bool> = (0..300).map(|row| row % 2 == 0).collect();
        let found = build(&numbers, folder.path()).nearest(&queries[0], 20, Some(&mask)).expect("searchable");
        assert!(!found.is_empty() && found.iter().all(|row| row % 2 == 0), "{found:?}");
    }

    #[test]
    fn a_file_that_is_cut_short_or_changed_or_somebody_elses_is_built_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (numbers, queries) = crowd_of(200, DIMENSIONS);
        build(&numbers, folder.path());
        let path = file(&numbers, folder.path());
        let good = fs::read(&path).expect("it was kept");
        let mut changed = good.clone();
        changed[good.len() / 2] ^= 0x10;
        for bad in [&good[..good.len() / 2], &[], b"not a graph at all", &changed] {
            fs::write(&path, bad).expect("writable");
            assert!(!opens(&numbers, folder.path()), "{} bytes", bad.len());
            let again = build(&numbers, folder.path());
            assert_eq!(again.nearest(&queries[0], 5, None).expect("searchable").len(), 5);
            assert!(opens(&numbers, folder.path()));
        }
        fs::remove_file(digest_path(&path)).expect("it is there");
        assert!(!opens(&numbers, folder.path()), "a file whose writing was broken off");
        let (others, _) = crowd_of(201, DIMENSIONS);
        assert!(!opens(&others, folder.path()));
    }

    #[test]
    fn building_is_given_up_when_nobody_wants_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (numbers, _) = crowd_of(600, DIMENSIONS);
        let given_up = Graph::of(rows(&numbers), Some(folder.path()), &|done| done < 256).expect("no error");
        assert!(given_up.is_none());
        assert!(!opens(&numbers, folder.path()));
    }

    #[test]
    fn a_folder_that_cannot_be_written_to_does_not_keep_it_from_being_built() {
        let folder = tempfile::tempdir().expect("a folder");
        let in_the_way = folder.path().join("file");
        fs::write(&in_the_way, "in the way").expect("writable");
        let (numbers, _) = crowd_of(50, DIMENSIONS);
        assert_eq!(build(&numbers, &in_the_way).len(), 50);
    }
}
