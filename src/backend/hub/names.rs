//! Names of what a hub has. They become parts of paths, and strangers choose them, so each is checked once, here.

use std::fmt;

use super::super::BackendError;

/// The branch that a repository has unless another is named.
const MAIN: &str = "main";
/// What a part of a repository's name may have at the most.
const LONGEST_NAME: usize = 96;
/// What an etag may have at the most.
const LONGEST_ETAG: usize = 128;

/// A model repository at one revision.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Repo {
    id: String,
    revision: String,
}

impl Repo {
    /// The main branch of the repository with this id, e.g. `Xenova/bge-small-en-v1.5`.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] if no repository can be called that.
    pub fn new(id: &str) -> Result<Self, BackendError> {
        Self::at(id, MAIN)
    }

    /// A branch, a tag or a commit of a repository.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] if no repository or no revision can be called that.
    pub fn at(id: &str, revision: &str) -> Result<Self, BackendError> {
        let named = |what: &str, name: &str| {
            let reason = format!("{name:?} is not the {what} of a model repository; nothing was sent");
            Err(BackendError::NotConfigured(reason))
        };
        if !(1..=2).contains(&id.split('/').count()) || !id.split('/').all(is_repo_name) {
            return named("name", id);
        }
        if !is_safe_path(revision) || !revision.chars().all(|c| c.is_ascii_graphic()) {
            return named("revision", revision);
        }
        Ok(Self { id: id.into(), revision: revision.into() })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The branch, tag or commit.
    #[must_use]
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// The name of its folder in the cache.
    pub(super) fn folder(&self) -> String {
        format!("models--{}", self.id.replace('/', "--"))
    }
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// A file of a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HubFile<'a> {
    /// Where it is in the repository, with slashes: `onnx/model.onnx`.
    pub path: &'a str,
    /// Whether there is no use in the others without it.
    pub required: bool,
}

impl<'a> HubFile<'a> {
    /// A file that must be there.
    #[must_use]
    pub fn required(path: &'a str) -> Self {
        Self { path, required: true }
    }

    /// A file that a repository may do without.
    #[must_use]
    pub fn optional(path: &'a str) -> Self {
        Self { path, required: false }
    }

    /// Checks that its path stays inside of a folder, on every system.
    ///
    /// # Errors
    /// [`BackendError::NotConfigured`] if it does not.
    pub(super) fn check(self) -> Result<(), BackendError> {
        if is_safe_path(self.path) {
            return Ok(());
        }
        let reason = format!("{:?} is not a path inside of a model repository; nothing was sent", self.path);
        Err(BackendError::NotConfigured(reason))
    }
}

/// The hash of a commit, by which a snapshot is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit(String);

impl Commit {
    /// A commit, if that is what this is.
    pub(super) fn parse(text: &str) -> Option<Self> {
        is_lower_hex(text, 40).then(|| Self(text.into()))
    }

    /// Its 40 hexadecimal digits.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The name of a file's content, by which the cache stores it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Etag(String);

impl Etag {
    /// The etag in the value of a header, without the marks around it. `None` if it is not fit to name a file.
    pub(super) fn parse(header: &str) -> Option<Self> {
        let etag = header.trim();
        let etag = etag.strip_prefix("W/").unwrap_or(etag).trim_matches('"');
        // No dots: then it is neither a folder's parent nor what the cache calls anything but a blob.
        let fit = etag.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        (fit && (1..=LONGEST_ETAG).contains(&etag.len())).then(|| Self(etag.into()))
    }

    /// Its characters.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The hash of the content that it is.
    pub(super) fn hash(&self) -> ContentHash {
        if is_lower_hex(&self.0, 64) {
            ContentHash::Sha256
        } else if is_lower_hex(&self.0, 40) {
            ContentHash::GitBlob
        } else {
            ContentHash::Unknown
        }
    }
}

/// Which hash of a content names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ContentHash {
    /// SHA-256, as for large files.
    Sha256,
    /// Git's own, SHA-1 of a header and the content, as for small files.
    GitBlob,
    /// One that only the server knows how to make.
    Unknown,
}

fn is_lower_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// The rule of the hub itself. As no name has two hyphens in a row, no two repositories share a folder of the cache.
fn is_repo_name(name: &str) -> bool {
    (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
        && !name.starts_with(['-', '.'])
        && !name.ends_with(['-', '.'])
        && !name.contains("--")
        && !name.contains("..")
}

/// Whether a path with slashes leads to a place inside of the folder it is joined to, whatever the system.
fn is_safe_path(path: &str) -> bool {
    let foreign = |c: char| c.is_control() || matches!(c, '\\' | ':');
    path.split('/').all(|part| !part.is_empty() && part != "." && part != ".." && !part.contains(foreign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_has_its_own_folder() {
        for (id, folder) in [
            ("Xenova/bge-small-en-v1.5", "models--Xenova--bge-small-en-v1.5"),
            ("gpt2", "models--gpt2"),
            ("a_b/c.d-e", "models--a_b--c.d-e"),
        ] {
            let repo = Repo::new(id).expect(id);
            assert_eq!((repo.folder().as_str(), repo.revision()), (folder, "main"));
        }
    }

    #[test]
    fn a_name_that_could_lead_elsewhere_is_refused() {
        let long = "x".repeat(97);
        for id in
            ["", "/", "a/", "/a", "a/b/c", "..", "../a", "a/..", "a--b/c", "a/.b", "a/-b", "a/b c", "a/b\\c", &long]
        {
            let error = Repo::new(id).expect_err(id).to_string();
            assert!(error.contains("is not the name of a model repository"), "{error}");
        }
        for revision in ["", "..", "a/../b", "/a", "a/", "a b", "a\n", "c:d", "a\\b"] {
            let error = Repo::at("a/b", revision).expect_err(revision).to_string();
            assert!(error.contains("is not the revision"), "{error}");
        }
        assert!(Repo::at("a/b", "refs/pr/1").is_ok());
    }

    #[test]
    fn a_path_stays_inside_of_the_repository() {
        for path in ["config.json", "onnx/model.onnx", "a/b/c d.json", "..a/b..", "1_Pooling/config.json"] {
            assert!(HubFile::required(path).check().is_ok(), "{path}");
        }
        for path in ["", "/etc/passwd", "..", "../a", "a/../../b", "a//b", "a/", "./a", "a\\..\\b", "C:/a", "a\0b"] {
            let error = HubFile::optional(path).check().expect_err(path).to_string();
            assert!(error.contains("is not a path inside of a model repository"), "{error}");
        }
    }

    #[test]
    fn an_etag_is_freed_of_its_marks_and_says_which_hash_it_is() {
        let (sha256, git) = ("0123456789abcdef".repeat(4), "0123456789".repeat(4));
        for (header, etag, hash) in [
            (format!("\"{sha256}\""), sha256.as_str(), ContentHash::Sha256),
            (format!("W/\"{git}\""), git.as_str(), ContentHash::GitBlob),
            (git.clone(), git.as_str(), ContentHash::GitBlob),
            (format!("\"{}\"", sha256.to_uppercase()), &sha256.to_uppercase(), ContentHash::Unknown),
            (
                "\"5d41402abc4b2a76b9719d911017c592-3\"".into(),
                "5d41402abc4b2a76b9719d911017c592-3",
                ContentHash::Unknown,
            ),
        ] {
            let parsed = Etag::parse(&header).expect(&header);
            assert_eq!((parsed.as_str(), parsed.hash()), (etag, hash));
        }
    }

    #[test]
    fn an_etag_or_a_commit_that_could_name_another_file_is_none() {
        let long = "x".repeat(129);
        for etag in ["", "\"\"", "..", "\"../../x\"", "a/b", "a\\b", "a b", "x.incomplete", "a\0", "é", &long] {
            assert_eq!(Etag::parse(etag), None, "{etag}");
        }
        for commit in ["", "main", "../../../../../../../../../../../../../../x", &"A".repeat(40), &"a".repeat(41)] {
            assert_eq!(Commit::parse(commit), None, "{commit}");
        }
        assert!(Commit::parse(&"0a".repeat(20)).is_some());
    }
}
