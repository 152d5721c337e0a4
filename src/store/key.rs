//! Which text something stands for.

use std::fmt;

use sha2::{Digest, Sha256};

/// A text by the first half of its SHA-256. Written in hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TextKey([u8; 16]);

impl TextKey {
    /// The key of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut key = [0; 16];
        let length = key.len();
        key.copy_from_slice(&Sha256::digest(text)[..length]);
        Self(key)
    }

    /// Its bytes.
    pub(super) fn bytes(self) -> [u8; 16] {
        self.0
    }

    /// The key with these bytes.
    pub(super) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// For a table: its bytes are as good as random already.
    pub(super) fn hash(self) -> u64 {
        let (first, _) = self.0.split_first_chunk().expect("sixteen are more than eight");
        u64::from_le_bytes(*first)
    }

    /// The key that is written so; `None` where it is no key.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        let digits: Vec<u8> = written
            .chars()
            .map(|digit| digit.to_digit(16).and_then(|digit| digit.try_into().ok()))
            .collect::<Option<_>>()?;
        let bytes: Vec<u8> = digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        if digits.len() % 2 == 1 { None } else { bytes.try_into().ok().map(Self) }
    }
}

impl fmt::Display for TextKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_first_half_of_the_texts_sha_256() {
        // As `printf abc | sha256sum` says.
        assert_eq!(TextKey::of("abc").to_string(), "ba7816bf8f01cfea414140de5dae2223");
        assert_eq!(TextKey::of("").to_string(), "e3b0c44298fc1c149afbf4c8996fb924");
    }

    #[test]
    fn what_is_written_leads_back_to_the_key_and_anything_else_to_none() {
        let key = TextKey::of("abc");
        assert_eq!(TextKey::parse(&key.to_string()), Some(key));
        for other in ["", "ba78", "ba7816bf8f01cfea414140de5dae222", "ba7816bf8f01cfea414140de5dae222g", "é"] {
            assert_eq!(TextKey::parse(other), None, "{other}");
        }
    }
}
