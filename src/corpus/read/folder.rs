//! Folders, and patterns such as `notes/**/*.md`: all files in there, by their paths.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;
use ignore::WalkBuilder;

use super::gathering::{File, Gathering};
use super::input::Input;
use super::{CorpusError, read_as};
use crate::corpus::source::{Format, Split};

/// How many endings of files that were passed over are named.
const MOST_ENDINGS: usize = 5;

/// The documents of a folder in BEIR's layout; `None` for any other.
pub(super) fn collection(path: &Path) -> Option<PathBuf> {
    let there = |name: &str| {
        let packed = format!("{name}.gz");
        [path.join(name), path.join(packed)].into_iter().find(|path| path.is_file())
    };
    there("queries.jsonl")?;
    there("corpus.jsonl")
}

/// Whether it says which files are meant, rather than to name one.
pub(super) fn is_pattern(path: &Path) -> bool {
    path.to_str().is_some_and(has_wildcards)
}

fn has_wildcards(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

/// Reads what a folder holds, and says what the corpus is called.
pub(super) fn read(folder: &Path, gathering: &mut Gathering) -> Result<String, CorpusError> {
    let wanted = gathering.options.format;
    let (mut files, mut passed) = (Vec::new(), Passed::default());
    for file in walk(folder, gathering)? {
        match Format::of_name(&file) {
            Some(format) if wanted.is_none_or(|wanted| wanted == format) => files.push(file),
            Some(_) | None => passed.count(&file),
        }
    }
    let name = folder.display().to_string();
    if files.is_empty() {
        let reason = match passed.endings() {
            None => "no file is in it that could be read".into(),
            Some(endings) => format!(
                "no file in it has an ending that is read, only {endings}. A pattern such as '{}' reads any as text",
                folder.join("**").join("*.ending").display()
            ),
        };
        return Err(CorpusError::Unusable { name, reason });
    }
    if let Some(endings) = passed.endings() {
        gathering.note(format!("files with other endings are passed over: {endings}"));
    }
    read_files(folder, &files, gathering)?;
    Ok(name)
}

/// Reads the files that a pattern matches, and says what the corpus is called.
pub(super) fn read_pattern(pattern: &Path, gathering: &mut Gathering) -> Result<String, CorpusError> {
    let name = pattern.display().to_string();
    let is_plain = |part: &Component<'_>| !part.as_os_str().to_str().is_some_and(has_wildcards);
    let folder: PathBuf = pattern.components().take_while(is_plain).collect();
    let matched = GlobBuilder::new(&name).literal_separator(true).build();
    let matcher = matched.map_err(|error| CorpusError::unusable(&name, error.kind().to_string()))?.compile_matcher();
    let root = if folder.as_os_str().is_empty() { Path::new(".") } else { &folder };
    // What is walked from here has a "./" in front that no pattern has.
    let is_match = |file: &PathBuf| matcher.is_match(file) || matcher.is_match(file.strip_prefix("./").unwrap_or(file));
    let files: Vec<_> = walk(root, gathering)?.into_iter().filter(is_match).collect();
    if files.is_empty() {
        return Err(CorpusError::unusable(&name, "no file matches"));
    }
    read_files(root, &files, gathering)?;
    Ok(name)
}

/// The files in a folder, by their paths. Hidden ones are left out, and what a .gitignore in there names.
fn walk(folder: &Path, gathering: &mut Gathering) -> Result<Vec<PathBuf>, CorpusError> {
    let mut files = Vec::new();
    // Not what a folder above ignores: whoever names a folder means it.
    let walk = WalkBuilder::new(folder).require_git(false).parents(false).sort_by_file_path(Path::cmp).build();
    for entry in walk {
        match entry {
            Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => files.push(entry.into_path()),
            Ok(entry) if entry.path_is_symlink() => gathering.note("links in the folder are not followed".into()),
            Ok(_) => {}
            Err(error) => {
                let reason = error.to_string();
                gathering.fail(CorpusError::unusable(&folder.display().to_string(), reason))?;
            }
        }
    }
    Ok(files)
}

fn read_files(folder: &Path, files: &[PathBuf], gathering: &mut Gathering) -> Result<(), CorpusError> {
    for path in files {
        let relative = path.strip_prefix(folder).unwrap_or(path).display().to_string();
        let format = gathering.options.format.or_else(|| Format::of_name(path)).unwrap_or(Format::Text);
        let read = Input::open(path).and_then(|input| {
            let file = File::one_of_many(relative, &input.name);
            read_as(format, Split::Paragraphs, &input, &file, gathering)
        });
        if let Err(error) = read {
            gathering.fail(error)?;
        }
    }
    Ok(())
}

/// Files that are not read, by their endings.
#[derive(Debug, Default)]
struct Passed(BTreeMap<String, usize>);

impl Passed {
    fn count(&mut self, path: &Path) {
        let ending = path.extension().map_or_else(|| "without one".into(), |e| format!(".{}", e.to_string_lossy()));
        *self.0.entry(ending).or_default() += 1;
    }

    /// How many there are, the most frequent first; `None` of nothing.
    fn endings(&self) -> Option<String> {
        let mut endings: Vec<_> = self.0.iter().collect();
        endings.sort_by_key(|&(_, &count)| std::cmp::Reverse(count));
        let mut named: Vec<_> =
            endings.iter().take(MOST_ENDINGS).map(|(ending, count)| format!("{count} {ending}")).collect();
        if endings.len() > MOST_ENDINGS {
            let rest: usize = endings[MOST_ENDINGS..].iter().map(|&(_, &count)| count).sum();
            named.push(format!("{rest} others"));
        }
        (!named.is_empty()).then(|| named.join(", "))
    }
}
