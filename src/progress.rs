//! Where finished steps of lessons are kept between runs: one small private file in the platform's folder for state.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use etcetera::BaseStrategy;

use crate::lesson::Progress;

/// What was kept, and what to tell a person about it.
#[derive(Debug, Default)]
pub struct Kept {
    /// The steps that are done.
    pub progress: Progress,
    /// Why they are not what was kept, where that is so.
    pub trouble: Option<String>,
}

/// The file's place: under `XDG_STATE_HOME`, or in the platform's folder for an application's data.
///
/// # Errors
/// Where the platform names no such folder.
pub fn default_path() -> anyhow::Result<PathBuf> {
    let strategy = etcetera::choose_base_strategy().context("there is no folder for the progress of lessons")?;
    let folder = strategy.state_dir().unwrap_or_else(|| strategy.data_dir());
    Ok(folder.join("vecscope").join("lessons.json"))
}

/// Reads what was kept. A file that cannot be read is left as it is, and told.
#[must_use]
pub fn read(path: &Path) -> Kept {
    let trouble = match fs::read_to_string(path) {
        Ok(text) => match Progress::from_json(&text) {
            Ok(progress) => return Kept { progress, trouble: None },
            Err(error) => error.to_string(),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Kept::default(),
        Err(error) => error.to_string(),
    };
    let trouble = format!("which lessons are done cannot be read: {trouble}: {}", path.display());
    Kept { progress: Progress::default(), trouble: Some(trouble) }
}

/// Adds finished steps to those in the file, and gives all of them, and what was set aside. Another program that does the
/// same at the same time waits for its turn; the file is replaced whole. One that cannot be read is set aside under another
/// name first.
///
/// # Errors
/// Where nothing can be written there; what was kept is kept.
pub fn keep(path: &Path, progress: &Progress) -> anyhow::Result<Kept> {
    let failed = || format!("cannot keep the progress of lessons in {}", path.display());
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).with_context(failed)?;
    // Held until the end. It is a file of its own, because the other one is replaced.
    let lock = private().truncate(false).open(path.with_extension("lock")).with_context(failed)?;
    lock.lock().with_context(failed)?;
    let Kept { progress: mut all, trouble } = read(path);
    let aside = trouble.map(|_| set_aside(path)).transpose().with_context(failed)?;
    all.merge(progress.clone());
    replace(path, &all.to_json()?).with_context(failed)?;
    let trouble = aside.map(|aside| format!("what could not be read is kept beside it as {}", name(&aside)));
    Ok(Kept { progress: all, trouble })
}

/// Takes the file away.
///
/// # Errors
/// Where it is there and stays.
pub fn reset(path: &Path) -> anyhow::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Writes a file beside it and puts that in its place: whoever reads sees the old one or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut file: File = private().truncate(true).open(&beside)?;
    let written =
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        drop(fs::remove_file(&beside));
    }
    written
}

/// The name of a file in its folder.
fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Gives a file the first free name after its own.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    for number in 1.. {
        let aside = path.with_extension(format!("unreadable-{number}.json"));
        if !aside.try_exists()? {
            return fs::rename(path, &aside).map(|()| aside);
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// What a person learns is nobody else's business.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(keys: &[&str]) -> Progress {
        let mut progress = Progress::default();
        for &key in keys {
            progress.finish(key.into());
        }
        progress
    }

    #[test]
    fn what_two_programs_finished_is_kept_of_both() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("deep/lessons.json");
        assert_eq!(read(&path).progress, Progress::default());
        assert!(read(&path).trouble.is_none(), "that there is no file yet is no trouble");
        keep(&path, &done(&["a.1"])).expect("a free place");
        assert_eq!(keep(&path, &done(&["b.1"])).expect("a free place").progress, done(&["a.1", "b.1"]));
        assert_eq!(read(&path).progress, done(&["a.1", "b.1"]));
        reset(&path).expect("it is there");
        reset(&path).expect("that it is gone is what was wanted");
        assert_eq!(read(&path).progress, Progress::default());
    }

    #[test]
    fn many_at_once_lose_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = &folder.path().join("lessons.json");
        let keys: Vec<String> = (0..8).map(|number| format!("a.{number}")).collect();
        std::thread::scope(|scope| {
            for key in &keys {
                scope.spawn(move || keep(path, &done(&[key])).expect("a free place"));
            }
        });
        assert_eq!(read(path).progress, done(&keys.iter().map(String::as_str).collect::<Vec<_>>()));
    }

    #[test]
    fn a_damaged_and_a_newer_file_are_set_aside_and_never_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lessons.json");
        for (number, text) in ["{\"vers", "{\"version\": 9}"].into_iter().enumerate() {
            fs::write(&path, text).expect("a free place");
            assert!(read(&path).trouble.is_some_and(|trouble| trouble.contains("lessons.json")));
            assert_eq!(fs::read_to_string(&path).expect("reading changes nothing"), text);
            let kept = keep(&path, &done(&["a.1"])).expect("a free place");
            let aside = folder.path().join(format!("lessons.unreadable-{}.json", number + 1));
            assert!(kept.trouble.is_some_and(|told| told.contains(&name(&aside))));
            assert_eq!(fs::read_to_string(aside).expect("it was set aside"), text);
            assert_eq!(read(&path).progress, done(&["a.1"]));
        }
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_it() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lessons.json");
        keep(&path, &done(&["a.1"])).expect("a free place");
        assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    }
}
