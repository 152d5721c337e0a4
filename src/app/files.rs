//! Corpora from files and to files, and the names of files.

use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};
use std::sync::Arc;

use crate::corpus::{Corpus, Source, bundled, read, write};
use crate::state::Reply;
use crate::state::reply::Written;

/// How many names are told of those that begin alike.
const MOST_TOLD: usize = 12;

/// Reads the corpus of a file that a person named, or the bundled one.
pub(super) fn read(name: Option<&str>) -> Reply {
    let corpus = match name {
        None => Ok(bundled::corpus()),
        Some("-") => Err("standard input is read at the start alone: vecscope --corpus -".into()),
        Some(name) => read::load(&Source::at(path(name))).map_err(|error| format!("{:#}", anyhow::Error::from(error))),
    };
    Reply::CorpusRead(corpus.map(Arc::new))
}

/// Writes a corpus to a file that a person named.
pub(super) fn write(name: &str, replace: bool, corpus: &Corpus) -> Reply {
    let written = match write::format_of(name) {
        Err(reason) => Written::Failed(reason.into()),
        Ok(format) => match write::save(corpus, &path(name), format, replace) {
            Ok(Some(rows)) => Written::Whole(rows),
            Ok(None) => Written::Exists,
            Err(error) => Written::Failed(format!("{name} cannot be written: {error}")),
        },
    };
    Reply::CorpusWritten(written)
}

/// Completes the name of a file as a shell does: as far as there is one way to go on.
pub(super) fn complete(name: String) -> Reply {
    let split = name.rfind(['/', MAIN_SEPARATOR]).map_or(0, |at| at + 1);
    let (folder, beginning) = name.split_at(split);
    let looked_in = if folder.is_empty() { PathBuf::from(".") } else { path(folder) };
    let mut names: Vec<String> = fs::read_dir(looked_in)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let mut name = entry.file_name().into_string().ok()?;
            let is_hidden = name.starts_with('.') && !beginning.starts_with('.');
            if entry.path().is_dir() {
                name.push(MAIN_SEPARATOR);
            }
            (name.starts_with(beginning) && !is_hidden).then_some(name)
        })
        .collect();
    names.sort_unstable();
    let common = names.iter().skip(1).fold(names.first().map_or(beginning, String::as_str), |common, name| {
        let same = common.char_indices().zip(name.chars()).take_while(|((_, a), b)| a == b);
        &common[..same.last().map_or(0, |((at, last), _)| at + last.len_utf8())]
    });
    let completed = format!("{folder}{common}");
    let more = names.len().saturating_sub(MOST_TOLD);
    let mut others = if names.len() > 1 { names } else { Vec::new() };
    others.truncate(MOST_TOLD);
    if more > 0 {
        others.push(format!("and {more} more"));
    }
    Reply::NameCompleted { name, completed, others }
}

/// A path as a person writes it: `~` is their home.
fn path(name: &str) -> PathBuf {
    let of_home = name.strip_prefix("~/").or_else(|| (name == "~").then_some(""));
    match of_home.zip(etcetera::home_dir().ok()) {
        Some((rest, home)) => home.join(rest),
        None => Path::new(name).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn completed(name: &str) -> (String, Vec<String>) {
        match complete(name.into()) {
            Reply::NameCompleted { completed, others, .. } => (completed, others),
            other => unreachable!("{other:?}"),
        }
    }

    #[test]
    fn a_name_is_completed_as_far_as_there_is_one_way_to_go_on() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["notes.txt", "notes-2.csv", "élan.txt", "élite.txt", ".hidden"] {
            fs::write(folder.path().join(name), "x").expect("a free place");
        }
        fs::create_dir(folder.path().join("texts")).expect("a free place");
        let at = |name: &str| format!("{}/{name}", folder.path().display());
        let two = vec!["notes-2.csv".to_owned(), "notes.txt".into()];
        assert_eq!(completed(&at("n")), (at("notes"), two));
        assert_eq!(completed(&at("notes.")), (at("notes.txt"), Vec::new()));
        assert_eq!(completed(&at("t")), (at(&format!("texts{MAIN_SEPARATOR}")), Vec::new()));
        assert_eq!(completed(&at("é")).0, at("él"), "whole characters");
        assert_eq!(completed(&at(".h")).0, at(".hidden"));
        assert_eq!(completed(&at("")).1.len(), 5, "what is hidden is not offered");
        assert_eq!(completed(&at("q")), (at("q"), Vec::new()));
        assert_eq!(completed(&at("nowhere/q")), (at("nowhere/q"), Vec::new()));
    }
}
