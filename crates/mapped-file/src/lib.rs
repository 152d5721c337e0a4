//! A part of a file as memory that can be changed without changing the file.
//!
//! Memory is filled by the system as it is looked at, and what was read of the file before is there at once. This is a crate of
//! its own because mapping a file takes unsafe code, which whoever uses it can forbid in their own.

use std::fs::File;
use std::io;

use memmap2::{MmapMut, MmapOptions};

/// Maps `length` bytes of a file from `start` on. What is written to them stays in this memory.
///
/// The file has to be one that nobody changes or cuts short while it is mapped, such as one that is only ever replaced as a
/// whole: otherwise bytes change while they are looked at, and a look beyond the end of the file ends the program.
///
/// # Errors
/// Where the file is shorter than that, and where the system does not map it.
pub fn private_copy(file: &File, start: u64, length: usize) -> io::Result<MmapMut> {
    let end = u64::try_from(length).ok().and_then(|length| start.checked_add(length));
    if end.is_none_or(|end| file.metadata().is_ok_and(|metadata| metadata.len() < end)) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    // SAFETY: the memory is backed by a file that is long enough, and whoever calls this has seen to it that nobody changes
    // that file. Bytes have no invariants, whatever the file holds.
    unsafe { MmapOptions::new().offset(start).len(length).map_copy(file) }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(bytes).expect("writable");
        file
    }

    #[test]
    fn what_is_written_to_the_copy_stays_out_of_the_file() {
        let file = file(&[7; 10_000]);
        let mut copy = private_copy(&file, 4_096, 5_000).expect("it is long enough");
        assert_eq!(&copy[..], [7; 5_000]);
        copy[0] = 1;
        let again = private_copy(&file, 4_096, 5_000).expect("it is long enough");
        assert_eq!((copy[0], again[0]), (1, 7));
    }

    #[test]
    fn more_than_the_file_has_is_refused() {
        let file = file(&[7; 100]);
        for (start, length) in [(0, 101), (100, 1), (u64::MAX, 1), (1, usize::MAX)] {
            let error = private_copy(&file, start, length).expect_err("it is too short");
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{length} from {start}");
        }
        assert!(private_copy(&file, 50, 50).is_ok());
    }
}
