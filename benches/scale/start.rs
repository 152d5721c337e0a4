//! How long a start takes that embeds nothing: from the beginning of the program to its end, with one ranking.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use vecscope::backend::local::{Adjustments, Engine, EngineChoice, Local, ModelSource};
use vecscope::backend::{Embedder, ModelTable, Role, TextInfo, TokenCount};
use vecscope::store::{Row, SqliteStore, VectorStore};

use crate::npy::Npy;

/// Fills a cache in a folder with the first vectors of a file, under made-up texts, and starts the program again and again.
pub(crate) fn measure(rows: usize, vectors: &str, folder: &str) -> anyhow::Result<Value> {
    const TIMES: usize = 15;
    let folder = Path::new(folder).join(format!("start-{rows}"));
    let texts = folder.join("texts.txt");
    if !texts.exists() {
        fill(rows, vectors, &folder)?;
    }
    let search = || -> anyhow::Result<f64> {
        let mut vecscope = Command::new(env!("CARGO_BIN_EXE_vecscope"));
        vecscope
            .args(["search", "a few words", "--format", "json", "--cache-dir"])
            .arg(&folder)
            .arg("--corpus")
            .arg(&texts);
        let started = Instant::now();
        let output = vecscope.output().context("vecscope cannot be started")?;
        let time = started.elapsed().as_secs_f64() * 1e3;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_slice(&output.stdout)?;
        let documents = &report["documents"];
        ensure!(documents["restored"] == rows && documents["embedded"] == 0, "not all was in the cache: {documents}");
        Ok(time)
    };
    // The first writes what makes the others quick.
    let first = search()?;
    let mut times = (0..TIMES).map(|_| search()).collect::<anyhow::Result<Vec<f64>>>()?;
    let (p50, p99) = (crate::percentile(&mut times, 50), crate::percentile(&mut times, 99));
    Ok(json!({ "method": "start", "n": rows, "p50_ms": p50, "p99_ms": p99, "first_ms": first }))
}

fn fill(rows: usize, vectors: &str, folder: &Path) -> anyhow::Result<()> {
    const TOGETHER: usize = 1_000;
    let engine = Engine::start(&EngineChoice::Rten)?;
    let model = Local::load(&ModelSource::Embedded, &engine, &ModelTable::bundled(), &Adjustments::default())?;
    let identity = model.identity(Role::Document);
    let texts: Vec<String> = (0..rows).map(|row| format!("made-up sentence number {row} of a large corpus")).collect();
    let mut vectors = Npy::open(vectors, "<f4")?;
    let mut store = SqliteStore::in_folder(folder.to_owned(), u64::MAX);
    let info = TextInfo { tokens: TokenCount { total: 11, used: 11, estimated: false }, norm: 1.0 };
    for texts in texts.chunks(TOGETHER) {
        let vectors = texts.iter().map(|_| vectors.row()).collect::<anyhow::Result<Vec<_>>>()?;
        let rows = texts.iter().zip(&vectors).map(|(text, vector)| Row { text, vector, info });
        store.put(&identity, &rows.collect::<Vec<_>>())?;
    }
    // Last, as it says that the rest is there.
    Ok(fs::write(folder.join("texts.txt"), texts.join("\n"))?)
}
