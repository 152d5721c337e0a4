//! What a search costs against the number of documents: one way, one number, one process, so that its memory is its own.
//! `benches/scale/run.py` calls it, beside FAISS on the same vectors; by hand:
//!
//! ```text
//! cargo bench --bench scale -- two-pass 1000000 vectors.npy queries.npy truth.npy
//! cargo bench --bench scale -- start 1000000 vectors.npy FOLDER
//! ```
//!
//! It prints one JSON object. `truth.npy` has the numbers of the ten nearest rows of each query, best first, as `<i8`.

#![expect(clippy::print_stderr, reason = "what it measures is printed")]

use std::fs;
use std::time::Instant;

use anyhow::{Context, bail};
use ndarray::ArrayView1;
use serde_json::Value;
use vecscope::backend::{TextInfo, TokenCount};
use vecscope::corpus::DocumentIndex;
use vecscope::engine::index::Index;
use vecscope::engine::{Method, SearchOptions};
use vecscope::math::space::Space;

#[path = "scale/npy.rs"]
mod npy;
#[path = "scale/start.rs"]
mod start;

use npy::Npy;

/// How many are to be found.
const K: usize = 10;

fn main() -> anyhow::Result<()> {
    // cargo adds `--bench`.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let json = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["start", rows, vectors, folder] => {
            start::measure(rows.parse().context("ROWS is no number")?, vectors, folder)?
        }
        [method, rows, vectors, queries, truth] => searches(method, rows, vectors, queries, truth)?,
        _ => {
            eprintln!("scale: METHOD ROWS VECTORS.npy QUERIES.npy TRUTH.npy; or: start ROWS VECTORS.npy FOLDER");
            return Ok(());
        }
    };
    #[expect(clippy::print_stdout, reason = "what it is for")]
    {
        println!("{json}");
    }
    Ok(())
}

fn searches(method: &str, rows: &str, vectors: &str, queries: &str, truth: &str) -> anyhow::Result<Value> {
    let method = match method {
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
    let search = |index: &mut Index, query: &[f32]| index.search(ArrayView1::from(query), 1.0, &options);
    // The first one makes what the others need, or begins to.
    search(&mut index, &queries[..dimensions])?;
    while index.can_coarsen() {
        index.coarsen_some();
    }
    let build = started.elapsed().as_secs_f64();

    let (mut times, mut found, mut wanted) = (Vec::new(), 0, 0);
    for (query, truth) in queries.chunks(dimensions).zip(truth.chunks(of_each)) {
        let started = Instant::now();
        let answer = search(&mut index, query)?;
        times.push(started.elapsed().as_secs_f64() * 1e3);
        let best: Vec<usize> = answer.ranked.iter().take(K).map(|ranked| ranked.document.0).collect();
        let truth: Vec<usize> = truth.iter().take(K).filter_map(|&row| usize::try_from(row).ok()).collect();
        wanted += truth.len();
        found += truth.iter().filter(|row| best.contains(row)).count();
    }
    let (queries, p50, p99) = (times.len(), percentile(&mut times, 50), percentile(&mut times, 99));
    Ok(serde_json::json!({
        "method": method.to_string(),
        "n": rows,
        "queries": queries,
        "p50_ms": p50,
        "p99_ms": p99,
        "recall": share(found, wanted),
        "build_s": build,
        "peak_mb": peak_memory(),
        "vectors_mb": share(rows * dimensions * 4, 1_000_000),
    }))
}

/// What so many in a hundred stay below.
fn percentile(times: &mut [f64], percent: usize) -> f64 {
    times.sort_unstable_by(f64::total_cmp);
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// An index of the first rows of a file.
fn load(path: &str, rows: usize) -> anyhow::Result<Index> {
    let mut vectors = Npy::open(path, "<f4")?;
    let mut index = Index::new(Space::Cosine);
    index.reserve(rows, vectors.columns);
    let info = TextInfo { tokens: TokenCount::default(), norm: 1.0 };
    for number in 0..rows {
        index.push(DocumentIndex(number), ArrayView1::from(&vectors.row()?), info)?;
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
