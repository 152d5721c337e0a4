//! The cache on disk, in the layout of Hugging Face's own library for Python, so that each finds what the other has
//! downloaded:
//!
//! ```text
//! models--Xenova--bge-small-en-v1.5/
//!     blobs/{etag}                     a content; {etag}.incomplete while it is on its way
//!     refs/main                        the commit that the branch was at
//!     snapshots/{commit}/config.json   a link to the content
//!     .no_exist/{commit}/vocab.txt     empty, and there is no such file in the repository
//! .locks/models--Xenova--bge-small-en-v1.5/{etag}.lock
//! ```

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::BackendError;
use super::client::RemoteFile;
use super::names::{Commit, Etag, Repo};

/// The folder of one repository.
#[derive(Debug)]
pub(super) struct RepoCache {
    folder: PathBuf,
    locks: PathBuf,
}

impl RepoCache {
    /// The folder that a repository has in a cache. Nothing is made yet.
    pub(super) fn new(cache: &Path, repo: &Repo) -> Self {
        Self { folder: cache.join(repo.folder()), locks: cache.join(".locks").join(repo.folder()) }
    }

    /// The commit that a revision was at when it was last asked for, or that it is.
    pub(super) fn commit(&self, revision: &str) -> Option<Commit> {
        let noted = || Commit::parse(fs::read_to_string(self.folder.join("refs").join(revision)).ok()?.trim());
        Commit::parse(revision).or_else(noted)
    }

    /// The folder with the files of a commit.
    pub(super) fn snapshot(&self, commit: &Commit) -> PathBuf {
        self.folder.join("snapshots").join(commit.as_str())
    }

    /// Whether a commit's file is there. Of what size is not known here.
    pub(super) fn has(&self, commit: &Commit, path: &str) -> bool {
        self.snapshot(commit).join(path).is_file()
    }

    /// Whether the hub once said that a commit has no such file.
    pub(super) fn known_absent(&self, commit: &Commit, path: &str) -> bool {
        self.absence(commit, path).is_file()
    }

    /// Whether a file's content is there in full, as a blob or in the commit's own folder: where there are no links,
    /// Python moves it there.
    pub(super) fn has_content(&self, commit: &Commit, file: &RemoteFile) -> bool {
        has_size(&self.blob(&file.etag), file.size) || has_size(&self.snapshot(commit).join(&file.path), file.size)
    }

    /// How many bytes of a content are there already.
    pub(super) fn beginning(&self, file: &RemoteFile) -> u64 {
        let there = fs::metadata(self.incomplete(&file.etag)).map_or(0, |metadata| metadata.len());
        if there > file.size { 0 } else { there }
    }

    /// Where a content is.
    pub(super) fn blob(&self, etag: &Etag) -> PathBuf {
        self.folder.join("blobs").join(etag.as_str())
    }

    /// Where a content is while it is not all there.
    pub(super) fn incomplete(&self, etag: &Etag) -> PathBuf {
        self.folder.join("blobs").join(format!("{}.incomplete", etag.as_str()))
    }

    /// Makes a content appear as a commit's file.
    pub(super) fn link(&self, commit: &Commit, file: &RemoteFile) -> Result<(), BackendError> {
        self.link_by(symlink, commit, file)
    }

    /// Makes a link in this way or, where that cannot be done, a copy.
    fn link_by(
        &self,
        symlink: impl Fn(&Path, &Path) -> io::Result<()>,
        commit: &Commit,
        file: &RemoteFile,
    ) -> Result<(), BackendError> {
        let link = self.snapshot(commit).join(&file.path);
        if has_size(&link, file.size) {
            return Ok(());
        }
        let target = Path::new(&"../".repeat(file.path.split('/').count() + 1)).join("blobs").join(file.etag.as_str());
        let made = make_parent(&link).and_then(|()| {
            // Beside it and then in its place, so that nobody ever finds nothing or half of it.
            let beside = temporary(&link);
            symlink(&target, &beside).or_else(|_| fs::copy(self.blob(&file.etag), &beside).map(drop))?;
            fs::rename(&beside, &link).inspect_err(|_| drop(fs::remove_file(&beside)))
        });
        made.map_err(failed(&link))
    }

    /// Notes that a commit has no such file.
    pub(super) fn note_absent(&self, commit: &Commit, path: &str) -> Result<(), BackendError> {
        let absence = self.absence(commit, path);
        let made = || make_parent(&absence).and_then(|()| File::create(&absence).map(drop));
        if absence.is_file() { Ok(()) } else { made().map_err(failed(&absence)) }
    }

    /// Notes which commit a revision is at.
    pub(super) fn note_commit(&self, revision: &str, commit: &Commit) -> Result<(), BackendError> {
        if self.commit(revision).as_ref() == Some(commit) {
            return Ok(());
        }
        let reference = self.folder.join("refs").join(revision);
        let beside = temporary(&reference);
        let noted = make_parent(&reference)
            .and_then(|()| fs::write(&beside, commit.as_str()))
            .and_then(|()| fs::rename(&beside, &reference));
        noted.map_err(failed(&reference))
    }

    /// The file whose lock is held while a content is written.
    pub(super) fn lock(&self, etag: &Etag) -> PathBuf {
        self.locks.join(format!("{}.lock", etag.as_str()))
    }

    fn absence(&self, commit: &Commit, path: &str) -> PathBuf {
        self.folder.join(".no_exist").join(commit.as_str()).join(path)
    }
}

/// The error that names a file or folder.
pub(super) fn failed(path: &Path) -> impl FnOnce(io::Error) -> BackendError {
    move |source| BackendError::ModelCache { path: path.into(), source }
}

/// Makes the folder that a file is to be in.
pub(super) fn make_parent(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

fn has_size(path: &Path, size: u64) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == size)
}

/// A name beside a file that nobody else takes.
fn temporary(path: &Path) -> PathBuf {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}-{number}.tmp", std::process::id()));
    path.with_file_name(name)
}

#[cfg(unix)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    // A link is read by Windows itself, which knows no slashes.
    std::os::windows::fs::symlink_file(target.iter().collect::<PathBuf>(), link)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ETAG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn cache() -> (tempfile::TempDir, RepoCache, Commit) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cache = RepoCache::new(folder.path(), &Repo::new("a/b").expect("it is a name"));
        (folder, cache, Commit::parse(&"c".repeat(40)).expect("it is a commit"))
    }

    fn file(path: &str, size: u64) -> RemoteFile {
        RemoteFile { path: path.into(), etag: Etag::parse(ETAG).expect("it is an etag"), size }
    }

    #[test]
    fn a_revision_is_a_commit_or_what_is_noted_about_it() {
        let (_folder, cache, commit) = cache();
        assert_eq!(cache.commit("main"), None);
        assert_eq!(cache.commit(commit.as_str()), Some(commit.clone()));
        cache.note_commit("refs/pr/1", &commit).expect("written");
        assert_eq!(cache.commit("refs/pr/1"), Some(commit.clone()));
        // Half a note is none, and the next one takes its place.
        cache.note_commit("main", &commit).expect("written");
        fs::write(cache.folder.join("refs/main"), "cccc").expect("written");
        assert_eq!(cache.commit("main"), None);
        cache.note_commit("main", &commit).expect("written");
        assert_eq!(fs::read_to_string(cache.folder.join("refs/main")).expect("readable"), commit.as_str());
        assert_eq!(fs::read_dir(cache.folder.join("refs")).expect("readable").count(), 2);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_made_anew_and_a_good_one_is_kept() {
        let (_folder, cache, commit) = cache();
        let file = file("onnx/model.onnx", 3);
        let (blob, link) = (cache.blob(&file.etag), cache.snapshot(&commit).join("onnx/model.onnx"));
        make_parent(&link).expect("made");
        symlink(Path::new("nowhere"), &link).expect("linked");
        assert!(!cache.has(&commit, &file.path) && !cache.has_content(&commit, &file));
        make_parent(&blob).expect("made");
        fs::write(&blob, "abc").expect("written");
        cache.link(&commit, &file).expect("linked");
        assert_eq!(fs::read_to_string(&link).expect("readable"), "abc");
        assert_eq!(fs::read_link(&link).expect("a link"), Path::new("../../../blobs").join(ETAG));
        // As Python leaves it where there are no links.
        fs::remove_file(&link).expect("removed");
        fs::rename(&blob, &link).expect("moved");
        assert!(cache.has_content(&commit, &file));
        cache.link(&commit, &file).expect("nothing to do");
        assert!(fs::symlink_metadata(&link).expect("there").is_file());
    }

    #[test]
    fn where_there_are_no_links_a_copy_is_made() {
        let (_folder, cache, commit) = cache();
        let file = file("onnx/model.onnx", 3);
        let blob = cache.blob(&file.etag);
        let no_links = |_: &Path, _: &Path| Err(io::ErrorKind::Unsupported.into());
        let error = cache.link_by(no_links, &commit, &file).expect_err("there is nothing to copy");
        assert!(error.to_string().ends_with("/onnx/model.onnx"), "{error}");
        make_parent(&blob).expect("made");
        fs::write(&blob, "abc").expect("written");
        cache.link_by(no_links, &commit, &file).expect("copied");
        let copy = cache.snapshot(&commit).join("onnx/model.onnx");
        assert!(fs::symlink_metadata(&copy).expect("it is there").is_file());
        assert_eq!(fs::read_to_string(&copy).expect("readable"), "abc");
        assert_eq!(fs::read_dir(copy.parent().expect("a folder")).expect("readable").count(), 1);
    }

    #[test]
    fn a_beginning_that_is_longer_than_the_whole_is_none() {
        let (_folder, cache, _) = cache();
        let file = file("a", 3);
        assert_eq!(cache.beginning(&file), 0);
        let incomplete = cache.incomplete(&file.etag);
        make_parent(&incomplete).expect("made");
        for (content, beginning) in [("ab", 2), ("abc", 3), ("abcd", 0)] {
            fs::write(&incomplete, content).expect("written");
            assert_eq!(cache.beginning(&file), beginning);
        }
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let (folder, cache, commit) = cache();
        fs::write(folder.path().join("models--a--b"), "a file where a folder should be").expect("written");
        let error = cache.note_commit("main", &commit).expect_err("there is no folder");
        assert!(error.to_string().ends_with("models--a--b/refs/main"), "{error}");
    }
}
