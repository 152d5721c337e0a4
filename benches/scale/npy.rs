//! Matrices of `numpy`.

use std::fs::File;
use std::io::{BufReader, Read};

use anyhow::{Context, bail};

/// A matrix in the format of `numpy`, read row by row, because twice its size would be seen in the memory.
pub(crate) struct Npy {
    pub(crate) columns: usize,
    content: BufReader<File>,
}

impl Npy {
    pub(crate) fn open(path: &str, kind: &str) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("cannot open {path}"))?;
        let mut content = BufReader::with_capacity(1 << 20, file);
        let mut start = [0; 10];
        content.read_exact(&mut start)?;
        let mut header = vec![0; usize::from(u16::from_le_bytes([start[8], start[9]]))];
        content.read_exact(&mut header)?;
        let header = String::from_utf8(header)?;
        if !header.contains(&format!("'{kind}'")) || !header.contains("'fortran_order': False") {
            bail!("{path} is no matrix of {kind}, row by row: {header}");
        }
        let shape = header.split(['(', ')']).nth(1).unwrap_or_default();
        let columns = shape.split(',').nth(1).and_then(|columns| columns.trim().parse().ok());
        Ok(Self { columns: columns.with_context(|| format!("{path} has no columns: {header}"))?, content })
    }

    /// The next row.
    pub(crate) fn row(&mut self) -> anyhow::Result<Vec<f32>> {
        let mut bytes = vec![0; self.columns * size_of::<f32>()];
        self.content.read_exact(&mut bytes).context("there are less vectors than that")?;
        Ok(bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    /// All numbers, and how many stand in a row.
    pub(crate) fn all<T, const N: usize>(mut self, number: impl Fn([u8; N]) -> T) -> anyhow::Result<(Vec<T>, usize)> {
        let mut bytes = Vec::new();
        self.content.read_to_end(&mut bytes)?;
        Ok((bytes.as_chunks().0.iter().map(|bytes| number(*bytes)).collect(), self.columns))
    }
}
