//! The bytes of a source: unpacked, and as UTF-8 line by line.

use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use memchr::{memchr, memchr_iter};

use super::CorpusError;

/// The longest line of text that is read, in bytes. A longer one is no sentence, and would take a model seconds to
/// tokenise only to be cut after a few hundred tokens.
pub const MAX_LINE_BYTES: usize = 1024 * 1024;

/// The longest line of JSONL, in bytes: other fields stand beside the text, and its letters may be written as escapes.
pub(in crate::corpus) const MAX_JSON_LINE_BYTES: usize = 16 * MAX_LINE_BYTES;

/// What a packed file may always unpack to, in bytes.
const UNPACKED_BYTES: u64 = 64 * 1024 * 1024;
/// Beyond that, how many times its own size. Texts get to ten or twenty; the format itself to a thousand.
const UNPACKED_TIMES: u64 = 200;

/// How much of a file is looked at to tell text from anything else.
const LOOKED_AT: usize = 8192;

/// A file, or standard input, read whole.
#[derive(Debug)]
pub(in crate::corpus) struct Input {
    /// The file as the person named it.
    pub(in crate::corpus) name: String,
    /// Without a byte order mark.
    pub(in crate::corpus) bytes: Vec<u8>,
    pub(super) encoding: Encoding,
}

/// How the letters of a source are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Utf8,
    Utf16Le,
    Utf16Be,
}

impl Encoding {
    /// What it is called, where that is worth a word.
    pub(super) fn unusual(self) -> Option<&'static str> {
        match self {
            Self::Utf8 => None,
            Self::Utf16Le => Some("UTF-16 (little endian)"),
            Self::Utf16Be => Some("UTF-16 (big endian)"),
        }
    }
}

impl Input {
    /// Reads a file, or standard input for `-`.
    pub(in crate::corpus) fn open(path: &Path) -> Result<Self, CorpusError> {
        let from_stdin = path.as_os_str() == "-";
        let name = if from_stdin { "standard input".into() } else { path.display().to_string() };
        let bytes = if from_stdin { read_stdin() } else { fs::read(path) };
        match bytes {
            Ok(bytes) => Self::new(name, bytes),
            Err(source) => Err(CorpusError::Unreadable { name, source }),
        }
    }

    /// What was read from somewhere: unpacked if it is packed.
    pub(in crate::corpus) fn new(name: impl Into<String>, bytes: Vec<u8>) -> Result<Self, CorpusError> {
        let name = name.into();
        let bytes = if bytes.starts_with(b"\x1F\x8B") { unpack(&name, &bytes)? } else { bytes };
        Ok(match &bytes[..] {
            [0xEF, 0xBB, 0xBF, text @ ..] => Self { bytes: text.to_vec(), name, encoding: Encoding::Utf8 },
            [0xFF, 0xFE, text @ ..] => {
                Self { bytes: from_utf16(text, u16::from_le_bytes), name, encoding: Encoding::Utf16Le }
            }
            [0xFE, 0xFF, text @ ..] => {
                Self { bytes: from_utf16(text, u16::from_be_bytes), name, encoding: Encoding::Utf16Be }
            }
            _ => Self { bytes, name, encoding: Encoding::Utf8 },
        })
    }

    /// An error if it looks like anything but text.
    pub(super) fn refuse_binary(&self) -> Result<(), CorpusError> {
        let Some(at) = memchr(0, &self.bytes[..self.bytes.len().min(LOOKED_AT)]) else { return Ok(()) };
        let reason = format!(
            "it looks binary: byte {} is NUL. Text is wanted, as UTF-8, or as UTF-16 with a byte order mark",
            at + 1
        );
        Err(CorpusError::unusable(&self.name, reason))
    }

    /// Its lines, numbered from 1, each without the line feed at its end.
    pub(in crate::corpus) fn lines(&self) -> impl Iterator<Item = (usize, &[u8])> {
        // The line break at the end of the last line begins no further one.
        let bytes = self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes);
        let ends = memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len()));
        let line = |start: &mut usize, end: usize| Some(&bytes[std::mem::replace(start, end + 1)..end]);
        (1..).zip(ends.scan(0, line))
    }

    /// A line as text, without what ends it.
    pub(in crate::corpus) fn decode<'a>(&self, line: &'a [u8], most: usize) -> Result<&'a str, String> {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > most {
            return Err(format!("a line of {} bytes; a document may have up to {most}", line.len()));
        }
        let text = str::from_utf8(line).map_err(|error| self.undecodable(line, error.valid_up_to()))?;
        match memchr(0, line) {
            Some(at) => Err(format!("it looks binary: byte {} of the line is NUL", at + 1)),
            None => Ok(text),
        }
    }

    /// Why a line is no text from some byte on.
    pub(super) fn undecodable(&self, line: &[u8], at: usize) -> String {
        match self.encoding {
            Encoding::Utf8 => format!("not UTF-8: byte {} of the line is 0x{:02X}", at + 1, line[at]),
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let before = String::from_utf8_lossy(&line[..at]).chars().count();
                format!("not UTF-16: character {} of the line is only half of one", before + 1)
            }
        }
    }
}

/// How many line feeds there are.
pub(super) fn line_feeds(bytes: &[u8]) -> usize {
    memchr_iter(b'\n', bytes).count()
}

fn read_stdin() -> io::Result<Vec<u8>> {
    if io::stdin().is_terminal() {
        writeln!(io::stderr(), "reading texts from the terminal, one a line; Ctrl+D ends them")?;
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What a gzip file of one member or of several holds.
fn unpack(name: &str, packed: &[u8]) -> Result<Vec<u8>, CorpusError> {
    let most = UNPACKED_BYTES.max(UNPACKED_TIMES.saturating_mul(packed.len() as u64));
    let mut bytes = Vec::new();
    let read = MultiGzDecoder::new(packed).take(most + 1).read_to_end(&mut bytes);
    let reason = match read {
        Ok(read) if read as u64 <= most => return Ok(bytes),
        Ok(_) => format!("it unpacks to more than {UNPACKED_TIMES} times its size, which no text does"),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => "the gzip file breaks off before its end".into(),
        Err(error) => format!("the gzip file is damaged: {error}"),
    };
    Err(CorpusError::unusable(name, reason))
}

/// The same in UTF-8. What is only half a character becomes a byte that is not UTF-8, so that its line is found out.
fn from_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    const HALF: u8 = 0xFF;
    let (pairs, rest) = bytes.as_chunks::<2>();
    let mut text = Vec::with_capacity(bytes.len());
    for decoded in char::decode_utf16(pairs.iter().map(|&pair| unit(pair))) {
        match decoded {
            Ok(character) => text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(_) => text.push(HALF),
        }
    }
    if !rest.is_empty() {
        text.push(HALF);
    }
    text
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).expect("a vector takes everything");
        encoder.finish().expect("a vector takes everything")
    }

    fn decoded(bytes: Vec<u8>) -> Vec<Result<String, String>> {
        let input = Input::new("x", bytes).expect("readable");
        input.lines().map(|(_, line)| input.decode(line, 100).map(str::to_owned)).collect()
    }

    #[test]
    fn utf_16_of_both_kinds_is_read_by_its_mark() {
        let units: Vec<u16> = "\u{feff}Größe 🦀\r\nzwei".encode_utf16().collect();
        for bytes in [
            units.iter().flat_map(|unit| unit.to_le_bytes()).collect::<Vec<_>>(),
            units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        ] {
            assert_eq!(decoded(bytes), [Ok("Größe 🦀".into()), Ok("zwei".into())]);
        }
    }

    #[test]
    fn half_a_character_spoils_only_its_line() {
        // A surrogate without its other half, and a last byte that is alone.
        let bytes = b"\xFF\xFEa\0\x00\xD8b\0\n\0c\0\n\0d\0e".to_vec();
        assert_eq!(
            decoded(bytes),
            [
                Err("not UTF-16: character 2 of the line is only half of one".into()),
                Ok("c".into()),
                Err("not UTF-16: character 2 of the line is only half of one".into()),
            ]
        );
    }

    #[test]
    fn a_gzip_file_may_have_several_members_and_is_told_by_its_bytes() {
        let two = [packed(b"one\n"), packed(b"two\n")].concat();
        assert_eq!(decoded(two), [Ok("one".into()), Ok("two".into())]);
        assert_eq!(decoded(packed(b"\xEF\xBB\xBFone")), [Ok("one".into())]);
    }

    #[test]
    fn a_gzip_file_that_is_cut_or_damaged_is_an_error() {
        let whole = packed(&b"some text that is long enough to be packed ".repeat(40));
        let refused = |bytes: &[u8]| Input::new("x.gz", bytes.to_vec()).expect_err("damaged").to_string();
        assert_eq!(refused(&whole[..whole.len() / 2]), "x.gz: the gzip file breaks off before its end");
        assert_eq!(refused(&whole[..whole.len() - 3]), "x.gz: the gzip file breaks off before its end");
        let mut flipped = whole.clone();
        let checksum = flipped.len() - 6;
        flipped[checksum] ^= 1;
        assert!(refused(&flipped).starts_with("x.gz: the gzip file is damaged: "), "{}", refused(&flipped));
    }

    #[test]
    fn a_file_that_unpacks_without_end_is_refused() {
        let bomb = packed(&vec![0; 80 << 20]);
        let error = Input::new("bomb.gz", bomb).expect_err("too large").to_string();
        assert_eq!(error, "bomb.gz: it unpacks to more than 200 times its size, which no text does");
    }

    #[test]
    fn what_holds_nul_is_no_text() {
        let input = Input::new("x.png", b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR".to_vec()).expect("readable");
        let error = input.refuse_binary().expect_err("binary").to_string();
        assert!(error.starts_with("x.png: it looks binary: byte 9 is NUL"), "{error}");
        assert_eq!(
            decoded(b"a\nb\0c".to_vec()),
            [Ok("a".into()), Err("it looks binary: byte 2 of the line is NUL".into())]
        );
    }
}
