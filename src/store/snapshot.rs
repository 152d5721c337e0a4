//! The vectors of a large corpus in one flat file, which is mapped and not read: a million of them are there at once.
//!
//! All that a snapshot holds stands in the cache as well, so one that is lost, damaged or of no use is made again. A file is
//! complete before it gets its name and is never changed after that.
//!
//! ```text
//! vecscope snapshot 1     so that nobody takes it for something else
//! {"model": …}            the header, one line of JSON
//! keys                    of each row, which text it is of: 16 bytes
//! infos                   of each row, what is known of its text: four whole numbers of 32 bits
//! vectors                 one row behind the other, from the beginning of a page on
//! (room)                  a hole in the file, for rows that are added to the mapped copy
//! ```

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pulp::bytemuck;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::wanted::Wanted;
use super::{TextKey, files};
use crate::backend::{Identity, TextInfo, TokenCount};
use crate::corpus::DocumentIndex;
use crate::math::pages::Pages;

/// The first line.
const MAGIC: &str = "vecscope snapshot 1\n";
/// Vectors begin at a multiple of this, so that they can be mapped.
const PAGE: u64 = 4_096;
/// What a file's name ends with.
const ENDING: &str = "vectors";

/// The vectors of the documents of a large corpus, as an index has them.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The length of each.
    pub dimensions: usize,
    /// Unit vectors, one row behind the other.
    pub numbers: Arc<Pages<f32>>,
    /// Which document each row is of.
    pub documents: Vec<DocumentIndex>,
    /// What is known of the text of each row.
    pub infos: Vec<TextInfo>,
}

/// What stands before the rows.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    model: String,
    details: String,
    dimensions: usize,
    rows: usize,
    /// Of the machine's own numbers.
    little_endian: bool,
    /// The SHA-256 of the dimensions, the keys and the infos.
    digest: String,
}

impl Header {
    fn is_of(&self, model: &Identity) -> bool {
        self.model == model.model && self.details == model.details
    }
}

/// What is known of a text, as it is written.
type Written = [u32; 4];

fn written(info: &TextInfo) -> Written {
    let TextInfo { tokens: TokenCount { total, used, estimated }, norm } = *info;
    let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    [small(total), small(used), u32::from(estimated), norm.to_bits()]
}

fn read([total, used, estimated, norm]: Written) -> TextInfo {
    let tokens = TokenCount { total: total as usize, used: used as usize, estimated: estimated != 0 };
    TextInfo { tokens, norm: f32::from_bits(norm) }
}

/// The folder of snapshots.
#[derive(Debug, Clone)]
pub(super) struct Snapshots {
    pub(super) folder: PathBuf,
}

impl Snapshots {
    /// The vectors of most of these texts, where they were kept together: the documents have the places of their texts.
    pub(super) fn open(&self, model: &Identity, texts: &[&str]) -> Option<Snapshot> {
        let mut kept = self.of(model);
        if kept.is_empty() {
            return None;
        }
        // The newest first.
        kept.sort_by_key(|kept| std::cmp::Reverse(kept.used));
        let wanted = Wanted::new(texts);
        let large_enough = kept.into_iter().filter(|kept| kept.header.rows >= texts.len() / 2);
        let (fitting, keys) = large_enough
            .filter_map(|kept| kept.keys().ok().map(|keys| (kept, keys)))
            .find(|(_, keys)| are_mostly(keys, &wanted))?;
        let path = fitting.path.clone();
        match fitting.map(keys, wanted) {
            Ok(snapshot) => Some(snapshot),
            Err(error) => {
                tracing::warn!("{} cannot be used and is removed: {error}", path.display());
                drop(fs::remove_file(path));
                None
            }
        }
    }

    /// Keeps vectors of a model together, whose texts are given in the order of the rows. Older snapshots that hold nothing
    /// else go.
    pub(super) fn keep(&self, model: &Identity, texts: &[&str], snapshot: &Snapshot) -> io::Result<()> {
        let wanted = Wanted::new(texts);
        let path = self.folder.join(format!("{}-{}.{ENDING}", prefix(model), wanted.digest()));
        let holds_nothing_else = |kept: &Kept| kept.keys().is_ok_and(|keys| are_mostly(&keys, &wanted));
        let older: Vec<Kept> = self.of(model).into_iter().filter(holds_nothing_else).collect();
        files::create_private_folder(&self.folder)?;
        files::replace(&path, |file| write(file, model, wanted.all(), snapshot))?;
        for other in older.iter().filter(|kept| kept.path != path) {
            // Where a system does not let it go while it is mapped, it goes when room is needed.
            drop(fs::remove_file(&other.path));
        }
        self.remove_unfinished(model);
        Ok(())
    }

    /// Removes what was begun of a model and never finished, long ago.
    fn remove_unfinished(&self, model: &Identity) {
        const LONG: Duration = Duration::from_hours(1);
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()).filter(|path| is_of(path, model)) {
            let age = fs::metadata(&path).and_then(|metadata| metadata.modified()).map(|time| time.elapsed());
            let is_old = age.is_ok_and(|age| age.is_ok_and(|age| age > LONG));
            if is_old && path.extension().is_some_and(|ending| ending != ENDING) {
                drop(fs::remove_file(path));
            }
        }
    }

    /// Those of a model, as far as they can be read.
    fn of(&self, model: &Identity) -> Vec<Kept> {
        self.all().into_iter().filter(|kept| is_of(&kept.path, model) && kept.header.is_of(model)).collect()
    }

    /// All that can be read.
    pub(super) fn all(&self) -> Vec<Kept> {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let paths = entries.filter(|path| path.extension().is_some_and(|ending| ending == ENDING));
        paths.filter_map(|path| Kept::open(path).ok()).collect()
    }
}

/// Rows that a copy may have more than the file, before all of it is copied.
fn room(rows: usize) -> usize {
    rows / 16
}

/// Whether a file is a snapshot of a model, by its name, or was to be one.
pub(super) fn is_of(path: &Path, model: &Identity) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&prefix(model)))
}

/// What the names of a model's snapshots begin with.
fn prefix(model: &Identity) -> String {
    files::hex(&Sha256::digest(format!("{}\n{}", model.model, model.details))[..8])
}

fn digest(dimensions: usize, keys: &[TextKey], infos: &[Written]) -> String {
    let mut digest = Sha256::new();
    digest.update((dimensions as u64).to_le_bytes());
    for key in keys {
        digest.update(key.bytes());
    }
    digest.update(bytemuck::cast_slice(infos));
    files::hex(&digest.finalize())
}

fn next_page(place: u64) -> u64 {
    place.next_multiple_of(PAGE)
}

fn write(file: &mut File, model: &Identity, keys: &[TextKey], snapshot: &Snapshot) -> io::Result<()> {
    let infos: Vec<Written> = snapshot.infos.iter().map(written).collect();
    let header = Header {
        model: model.model.clone(),
        details: model.details.clone(),
        dimensions: snapshot.dimensions,
        rows: keys.len(),
        little_endian: cfg!(target_endian = "little"),
        digest: digest(snapshot.dimensions, keys, &infos),
    };
    file.write_all(MAGIC.as_bytes())?;
    file.write_all(serde_json::to_string(&header)?.as_bytes())?;
    file.write_all(b"\n")?;
    let keys: Vec<u8> = keys.iter().flat_map(|key| key.bytes()).collect();
    file.write_all(&keys)?;
    file.write_all(bytemuck::cast_slice(&infos))?;
    let start = next_page(file.stream_position()?);
    file.seek(SeekFrom::Start(start))?;
    file.write_all(bytemuck::cast_slice(&snapshot.numbers))?;
    let numbers = snapshot.numbers.len() + room(header.rows) * header.dimensions;
    file.set_len(start + (numbers * size_of::<f32>()) as u64)
}

/// A snapshot on the disk.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) path: PathBuf,
    header: Header,
    file: File,
    /// Where the keys begin.
    start: u64,
    /// When it was last used.
    pub(super) used: SystemTime,
}

impl Kept {
    fn open(path: PathBuf) -> io::Result<Self> {
        /// No header is longer.
        const MOST: u64 = 1 << 20;
        let file = File::open(&path)?;
        let metadata = file.metadata()?;
        let mut lines = BufReader::new((&file).take(MOST));
        let (mut magic, mut header) = (String::new(), String::new());
        let start = lines.read_line(&mut magic)? + lines.read_line(&mut header)?;
        if magic != MAGIC {
            return Err(invalid("it is none of this version"));
        }
        let header: Header = serde_json::from_str(&header)?;
        let used = metadata.modified()?;
        Ok(Self { path, header, file, start: start as u64, used })
    }

    /// What made its vectors.
    pub(super) fn model(&self) -> Identity {
        let Header { model, details, .. } = &self.header;
        Identity { model: model.clone(), details: details.clone() }
    }

    /// Which text each row is of.
    pub(super) fn keys(&self) -> io::Result<Vec<TextKey>> {
        let bytes = self.read(self.start, self.table::<TextKey>()?)?;
        Ok(bytes.as_chunks().0.iter().copied().map(TextKey::from_bytes).collect())
    }

    /// Maps the rows that are wanted; `keys` are those of all rows.
    fn map(self, mut keys: Vec<TextKey>, mut wanted: Wanted) -> io::Result<Snapshot> {
        let Header { dimensions, rows, little_endian, .. } = self.header;
        let infos_start = self.start + self.table::<TextKey>()? as u64;
        let bytes = self.read(infos_start, self.table::<Written>()?)?;
        let numbers: Vec<u32> = bytes.as_chunks().0.iter().map(|&bytes| u32::from_ne_bytes(bytes)).collect();
        let mut written: Vec<Written> = numbers.as_chunks().0.to_vec();
        if digest(dimensions, &keys, &written) != self.header.digest {
            return Err(invalid("it is damaged"));
        }
        if little_endian != cfg!(target_endian = "little") {
            return Err(invalid("it is of another kind of machine"));
        }
        let start = next_page(infos_start + bytes.len() as u64);
        let length = dimensions.checked_mul(size_of::<f32>()).and_then(|row| row.checked_mul(rows + room(rows)));
        let length = length.ok_or(io::ErrorKind::InvalidData)?;
        let mut numbers = Pages::of(mapped_file::private_copy(&self.file, start, length)?, rows * dimensions);
        let mut documents = Vec::with_capacity(rows);
        while documents.len() < keys.len() {
            let row = documents.len();
            if let Some(place) = wanted.take(keys[row]) {
                documents.push(DocumentIndex(place));
                continue;
            }
            keys.swap_remove(row);
            written.swap_remove(row);
            let last = keys.len() * dimensions;
            numbers.copy_within(last..last + dimensions, row * dimensions);
            numbers.truncate(last);
        }
        files::mark_used(&self.path);
        let infos = written.into_iter().map(read).collect();
        Ok(Snapshot { dimensions, numbers: Arc::new(numbers), documents, infos })
    }

    /// The bytes of a table with an entry for each row.
    fn table<T>(&self) -> io::Result<usize> {
        let bytes = self.header.rows.checked_mul(size_of::<T>()).ok_or(io::ErrorKind::InvalidData)?;
        if self.file.metadata()?.len() < bytes as u64 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
    }

    fn read(&self, start: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = vec![0; length];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(start))?;
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// Whether about nine in ten of the rows with these keys, or more, are among those wanted.
fn are_mostly(keys: &[TextKey], wanted: &Wanted) -> bool {
    const LOOKS: usize = 200;
    let looks = keys.len().min(LOOKS);
    let found = (0..looks).filter(|look| wanted.contains(keys[look * keys.len() / looks])).count();
    looks > 0 && found * 10 >= looks * 9
}

fn invalid(reason: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DIMENSIONS: usize = 5;

    fn model(name: &str) -> Identity {
        Identity { model: name.into(), details: "{\"pooling\":\"mean\"}".into() }
    }

    /// Different for each text, and no unit vector: what is kept is whatever was given.
    fn row(text: &str) -> [f32; DIMENSIONS] {
        let bytes = TextKey::of(text).bytes();
        std::array::from_fn(|place| f32::from(bytes[place]) - 100.0)
    }

    fn info(text: &str) -> TextInfo {
        let bytes = TextKey::of(text).bytes();
        let tokens = TokenCount { total: bytes[5].into(), used: bytes[6].into(), estimated: bytes[7] < 128 };
        TextInfo { tokens, norm: f32::from(bytes[8]) / 7.0 }
    }

    fn keep(snapshots: &Snapshots, name: &str, texts: &[&str]) {
        let mut numbers = Pages::default();
        for text in texts {
            numbers.extend_from_slice(&row(text));
        }
        let snapshot = Snapshot {
            dimensions: DIMENSIONS,
            numbers: Arc::new(numbers),
            documents: (0..texts.len()).map(DocumentIndex).collect(),
            infos: texts.iter().map(|text| info(text)).collect(),
        };
        snapshots.keep(&model(name), texts, &snapshot).expect("the folder can be written");
    }

    /// The texts whose vectors are there, by their places. Panics where one is another's.
    fn found(snapshots: &Snapshots, name: &str, texts: &[&str]) -> Option<Vec<usize>> {
        let snapshot = snapshots.open(&model(name), texts)?;
        assert_eq!(snapshot.documents.len(), snapshot.infos.len());
        assert_eq!(snapshot.documents.len() * DIMENSIONS, snapshot.numbers.len());
        let rows = snapshot.numbers.chunks(DIMENSIONS).zip(&snapshot.documents).zip(&snapshot.infos);
        for ((numbers, document), of_row) in rows {
            assert_eq!((numbers, *of_row), (&row(texts[document.0])[..], info(texts[document.0])));
        }
        let mut places: Vec<usize> = snapshot.documents.iter().map(|document| document.0).collect();
        places.sort_unstable();
        Some(places)
    }

    fn in_folder(folder: &tempfile::TempDir) -> Snapshots {
        Snapshots { folder: folder.path().join("snapshots") }
    }

    fn numbered(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|number| format!("text {number}")).collect()
    }

    fn strs(texts: &[String]) -> Vec<&str> {
        texts.iter().map(String::as_str).collect()
    }

    /// A folder with a snapshot of a hundred texts.
    fn of_a_hundred() -> (tempfile::TempDir, Snapshots, Vec<String>) {
        let folder = tempfile::tempdir().expect("a folder");
        let (snapshots, texts) = (in_folder(&folder), numbered(0..100));
        keep(&snapshots, "a", &strs(&texts));
        (folder, snapshots, texts)
    }

    fn paths(snapshots: &Snapshots) -> Vec<PathBuf> {
        snapshots.all().into_iter().map(|kept| kept.path).collect()
    }

    proptest! {
        #[test]
        fn each_text_gets_its_own_vector_and_none_that_is_not_there(
            kept in prop::collection::vec(0_usize..40, 1..60),
            dropped in 0_usize..4,
            added in prop::collection::vec(100_usize..110, 0..10),
            turned in 0_usize..60,
        ) {
            // Some twice or more; in another order; with a few taken out and a few put in.
            let folder = tempfile::tempdir().expect("a folder");
            let snapshots = in_folder(&folder);
            let kept: Vec<String> = kept.iter().map(|number| format!("text {number}")).collect();
            keep(&snapshots, "a", &strs(&kept));
            let mut asked: Vec<String> = kept.iter().skip(dropped).cloned().collect();
            asked.extend(added.iter().map(|number| format!("text {number}")));
            if !asked.is_empty() {
                let length = asked.len();
                asked.rotate_left(turned % length);
            }
            if let Some(places) = found(&snapshots, "a", &strs(&asked)) {
                // As often as a text was kept, it is there.
                let count = |texts: &[String], text: &String| texts.iter().filter(|other| *other == text).count();
                let expected: usize = {
                    let mut different = asked.clone();
                    different.sort();
                    different.dedup();
                    different.iter().map(|text| count(&asked, text).min(count(&kept, text))).sum()
                };
                prop_assert_eq!(places.len(), expected);
                prop_assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "one row a document: {:?}", places);
            } else {
                prop_assert!(dropped > 0 || asked.len() > 2 * kept.len(), "{} of {}", asked.len(), kept.len());
            }
        }
    }

    #[test]
    fn nothing_is_found_for_another_model_or_for_other_texts() {
        let folder = tempfile::tempdir().expect("a folder");
        let snapshots = in_folder(&folder);
        let texts = numbered(0..100);
        assert_eq!(found(&snapshots, "a", &strs(&texts)), None, "there is not even a folder");
        keep(&snapshots, "a", &strs(&texts));
        assert_eq!(found(&snapshots, "a", &strs(&texts)), Some((0..100).collect()));
        assert_eq!(found(&snapshots, "b", &strs(&texts)), None);
        assert_eq!(found(&snapshots, "a", &strs(&numbered(100..200))), None);
        // Whoever wants half of it does better without.
        assert_eq!(found(&snapshots, "a", &strs(&texts[..50])), None);
        assert_eq!(found(&snapshots, "a", &strs(&numbered(0..300))), None);
        assert_eq!(found(&snapshots, "a", &strs(&numbered(0..150))), Some((0..100).collect()));
    }

    #[test]
    fn a_corpus_that_has_grown_takes_the_place_of_what_it_was_and_of_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let snapshots = in_folder(&folder);
        let other = numbered(1_000..1_100);
        keep(&snapshots, "a", &strs(&other));
        keep(&snapshots, "b", &strs(&numbered(0..100)));
        keep(&snapshots, "a", &strs(&numbered(0..100)));
        keep(&snapshots, "a", &strs(&numbered(5..140)));
        assert_eq!(paths(&snapshots).len(), 3);
        assert_eq!(found(&snapshots, "a", &strs(&numbered(0..140))).map(|places| places.len()), Some(135));
        assert_eq!(found(&snapshots, "a", &strs(&other)).map(|places| places.len()), Some(100));
        assert_eq!(found(&snapshots, "b", &strs(&numbered(0..100))).map(|places| places.len()), Some(100));
    }

    #[test]
    fn a_damaged_file_is_removed_and_never_believed() {
        let (_folder, snapshots, texts) = of_a_hundred();
        let path = paths(&snapshots).remove(0);
        let good = fs::read(&path).expect("it is there");
        let header = good.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(1).expect("it has a header").0 + 1;
        let flipped = |place: usize| {
            let mut bytes = good.clone();
            bytes[place] ^= 0x10;
            bytes
        };
        // A key, an info, and all that is cut off from somewhere on.
        let of_tables = [header + 3, header + 99 * 16, header + 100 * 16 + 1];
        let damaged = of_tables.into_iter().map(flipped).chain(
            [0, 10, 60, header, header + 1_700, good.len() - 5_000]
                .map(|length| good[..length.min(good.len())].to_vec()),
        );
        for bytes in damaged {
            fs::write(&path, &bytes).expect("writable");
            assert_eq!(found(&snapshots, "a", &strs(&texts)), None, "{} bytes", bytes.len());
        }
        fs::write(&path, &good).expect("writable");
        assert_eq!(found(&snapshots, "a", &strs(&texts)), Some((0..100).collect()));
        // Which vector is damaged is seen by whoever takes them: none has the length 1 any more.
        let text = str::from_utf8(&good[..header]).expect("text");
        for (from, to) in
            [("snapshot 1", "snapshot 2"), ("\"rows\":100", "\"rows\":999"), ("\"dimensions\":5", "\"dimensions\":99")]
        {
            assert!(text.contains(from));
            let mut bytes = text.replace(from, to).into_bytes();
            bytes.extend_from_slice(&good[header..]);
            fs::write(&path, &bytes).expect("writable");
            assert_eq!(found(&snapshots, "a", &strs(&texts)), None, "{to}");
        }
    }

    #[test]
    fn rows_can_be_added_to_what_is_mapped_and_change_no_file() {
        let (_folder, snapshots, texts) = of_a_hundred();
        let mut snapshot = snapshots.open(&model("a"), &strs(&texts)).expect("it is there");
        let numbers = Arc::make_mut(&mut snapshot.numbers);
        let place = numbers.as_ptr();
        numbers.extend_from_slice(&[1.0; 6 * DIMENSIONS]);
        assert_eq!(numbers.as_ptr(), place, "there is room for a few");
        numbers[0] = f32::NAN;
        numbers.extend_from_slice(&[2.0; 1_000]);
        assert!(numbers[0].is_nan());
        assert_eq!(found(&snapshots, "a", &strs(&texts)), Some((0..100).collect()));
    }

    #[test]
    fn whoever_uses_one_makes_it_the_newest() {
        let (_folder, snapshots, texts) = of_a_hundred();
        let long_ago = SystemTime::now() - Duration::from_hours(30);
        let file = File::open(&paths(&snapshots)[0]).expect("it is there");
        file.set_modified(long_ago).expect("it can be set");
        assert!(found(&snapshots, "a", &strs(&texts)).is_some());
        assert!(snapshots.all()[0].used > long_ago + Duration::from_hours(24));
    }
}
