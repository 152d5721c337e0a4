//! What a search costs against the number of documents: one way, one number, one process, so that its memory is its own.
//! `benches/scale/run.py` calls it, beside FAISS on the same vectors; by hand:
//!
//! ```text
//! cargo bench --bench scale -- two-pass 1000000 vectors.npy queries.npy truth.npy
//! ```
//!
//! It prints one JSON object. `truth.npy` has the numbers of the ten nearest rows of each query, best first, as `<i8`.

#![expect(clippy::print_stderr, reason = "what it measures is printed")]

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::time::Instant;

use anyhow::{Context, bail};
use ndarray::ArrayView1;
use vecscope::backend::{TextInfo, TokenCount};
use vecscope::corpus::DocumentIndex;
use vecscope::engine::index::Index;
use vecscope::engine::{Method, SearchOptions};
use vecscope::math::space::Space;

/// How many are to be found.
const K: usize = 10;

fn main() -> anyhow::Result<()> {
    // cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let [method, rows, vectors, queries, truth] = arguments.as_slice() else {
        eprintln!("scale: METHOD ROWS VECTORS.npy QUERIES.npy TRUTH.npy; see benches/scale/run.py");
        return Ok(());
    };
    let method = match method.as_str() {
        "exact" => Method::Exact,
        "two-pass" => Method::TwoPass,
        "hnsw" => Method::Hnsw,
        other => bail!("{other} is none of exact, two-pass and hnsw"),
    };
    let rows: usize = rows.parse().context("ROWS is no number")?;
    let (queries, dimensions) = Npy::open(queries, "<f4")?.all(f32::from_le_bytes)?;
    let (truth, of_each) = Npy::open(truth, "<i8")?.all(i64::from_le_bytes)?;
    let mut index = load(vectors, rows)?;

    let started = Instant::now();
    if method == Method::Hnsw {
        index.grow_graph();
        index.wait_for_graph();
    }
    let options = SearchOptions { method, depth: K, selection: None };
    let mut search = |query: &[f32]| index.search(ArrayView1::from(query), 1.0, &options);
    // The first one makes what the others need.
    search(&queries[..dimensions])?;
    let build = started.elapsed().as_secs_f64();

    let (mut times, mut found, mut wanted) = (Vec::new(), 0, 0);
    for (query, truth) in queries.chunks(dimensions).zip(truth.chunks(of_each)) {
        let started = Instant::now();
        let answer = search(query)?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        let best: Vec<usize> = answer.ranked.iter().take(K).map(|ranked| ranked.document.0).collect();
        let truth: Vec<usize> = truth.iter().take(K).filter_map(|&row| usize::try_from(row).ok()).collect();
        wanted += truth.len();
        found += truth.iter().filter(|row| best.contains(row)).count();
    }
    times.sort_unstable_by(f64::total_cmp);
    let percentile = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
    let json = serde_json::json!({
        "method": method.to_string(),
        "n": rows,
        "queries": times.len(),
        "p50_ms": percentile(50),
        "p99_ms": percentile(99),
        "recall": share(found, wanted),
        "build_s": build,
        "peak_mb": peak_memory(),
        "vectors_mb": share(rows * dimensions * 4, 1_000_000),
    });
    #[expect(clippy::print_stdout, reason = "what it is for")]
    {
        println!("{json}");
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// An index of the first rows of a file.
fn load(path: &str, rows: usize) -> anyhow::Result<Index> {
    let mut vectors = Npy::open(path, "<f4")?;
    let dimensions = vectors.columns;
    let mut index = Index::new(Space::Cosine);
    index.reserve(rows, dimensions);
    let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
    let (mut bytes, mut row) = (vec![0; dimensions * 4], vec![0.0; dimensions]);
    for number in 0..rows {
        vectors.content.read_exact(&mut bytes).with_context(|| format!("{path} has less than {rows} rows"))?;
        for (number, bytes) in row.iter_mut().zip(bytes.as_chunks().0) {
            *number = f32::from_le_bytes(*bytes);
        }
        index.push(DocumentIndex(number), ArrayView1::from(&row), info)?;
    }
    Ok(index)
}

/// The most memory that this process has had, in megabytes; 0 where the system does not say.
fn peak_memory() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    let kibibytes: f64 = line.trim().trim_end_matches(" kB").parse().unwrap_or(0.0);
    kibibytes * 1_024.0 / 1e6
}

/// A matrix in the format of `numpy`, read row by row, because twice its size would be seen in the memory.
struct Npy {
    columns: usize,
    content: BufReader<File>,
}

impl Npy {
    fn open(path: &str, kind: &str) -> anyhow::Result<Self> {
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

    /// All numbers, and how many stand in a row.
    fn all<T, const N: usize>(mut self, number: impl Fn([u8; N]) -> T) -> anyhow::Result<(Vec<T>, usize)> {
        let mut bytes = Vec::new();
        self.content.read_to_end(&mut bytes)?;
        Ok((bytes.as_chunks().0.iter().map(|bytes| number(*bytes)).collect(), self.columns))
    }
}
