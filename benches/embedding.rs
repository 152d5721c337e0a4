//! What embedding many texts of mixed length costs, beside what fastembed takes for the same texts in their own order with
//! the same model on the same engine, in one run.
//!
//! ```text
//! cargo bench --bench embedding                  # 10,000 texts made of bundled sentences, of one to ten each
//! cargo bench --bench embedding -- TEXTS.txt     # the first 10,000 lines of a file
//! ```
//!
//! It prints one JSON object. Both go through the same texts twice, taking turns, and the faster time of each counts.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, ensure};
use fastembed::{InitOptionsUserDefined, Pooling, TextEmbedding, TokenizerFiles, UserDefinedEmbeddingModel};
use ndarray::ArrayView1;
use tokio_util::sync::CancellationToken;
use vecscope::backend::local::{Adjustments, Engine, EngineChoice, Local, ModelSource};
use vecscope::backend::{Embedder, Job, ModelTable, Role};
use vecscope::corpus::bundled;

/// How many texts there are at the most.
const TEXTS: usize = 10_000;

fn main() -> anyhow::Result<()> {
    // cargo adds `--bench`.
    let file = std::env::args().skip(1).find(|argument| argument != "--bench");
    let texts: Vec<String> = match &file {
        Some(file) => fs::read_to_string(file).context(file.clone())?.lines().take(TEXTS).map(str::to_owned).collect(),
        None => mixed(),
    };
    let texts: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !text.trim().is_empty()).collect();
    let engine = Engine::start(&EngineChoice::Rten)?;
    let mut local = Local::load(&ModelSource::Embedded, &engine, &ModelTable::bundled(), &Adjustments::default())?;
    let tokens: usize = local.count(&texts, Role::Document).iter().map(|count| count.used).sum();
    let mut fastembed = fastembed(&engine, local.card().max_tokens.context("the model has a limit")?)?;
    let (mut ours, mut theirs) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..2 {
        let started = Instant::now();
        let unsorted = fastembed.embed(&texts, None)?;
        theirs = theirs.min(started.elapsed().as_secs_f64());
        let started = Instant::now();
        let embedded = embed(&mut local, &texts)?;
        ours = ours.min(started.elapsed().as_secs_f64());
        let least = embedded.iter().zip(&unsorted).map(|(a, b)| cosine(a, b)).fold(f32::INFINITY, f32::min);
        ensure!(least > 0.999, "the vectors are not the same: a cosine is {least}");
    }
    let json = serde_json::json!({
        "texts": texts.len(),
        "tokens": tokens,
        "fastembed_s": theirs,
        "vecscope_s": ours,
        "times_as_fast": theirs / ours,
    });
    #[expect(clippy::print_stdout, reason = "what it is for")]
    {
        println!("{json}");
    }
    Ok(())
}

/// Texts of one to ten bundled sentences, most of them short, in no order of their lengths.
fn mixed() -> Vec<String> {
    const SENTENCES: [usize; 12] = [1, 2, 1, 5, 1, 3, 1, 10, 2, 1, 4, 1];
    let corpus = bundled::corpus();
    let bundled: Vec<&str> = corpus.documents.iter().map(|document| document.text.as_str()).collect();
    let text = |number: usize| {
        // 37 shares no divisor with 100: each begins elsewhere.
        let sentences =
            (0..SENTENCES[number % SENTENCES.len()]).map(|next| bundled[(number * 37 + next) % bundled.len()]);
        sentences.collect::<Vec<_>>().join(" ")
    };
    (0..TEXTS).map(text).collect()
}

/// As a corpus is embedded: planned, and batch by batch.
fn embed(local: &mut Local, texts: &[&str]) -> anyhow::Result<Vec<Vec<f32>>> {
    let mut vectors = vec![Vec::new(); texts.len()];
    for batch in local.plan(texts) {
        let together: Vec<&str> = batch.iter().map(|&place| texts[place]).collect();
        let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
        let embedded = local.embed(&together, Role::Document, &mut job)?;
        for (place, row) in batch.into_iter().zip(embedded.vectors.rows()) {
            vectors[place] = row.to_vec();
        }
    }
    Ok(vectors)
}

/// The same model as fastembed runs it, by its own defaults.
fn fastembed(engine: &Engine, max_tokens: usize) -> anyhow::Result<TextEmbedding> {
    let read = |file: &str| fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/model").join(file));
    let tokenizer = TokenizerFiles {
        tokenizer_file: read("tokenizer.json")?,
        config_file: read("config.json")?,
        special_tokens_map_file: read("special_tokens_map.json")?,
        tokenizer_config_file: read("tokenizer_config.json")?,
    };
    let model = UserDefinedEmbeddingModel::new(read("model.onnx")?, tokenizer).with_pooling(Pooling::Mean);
    let options = InitOptionsUserDefined::new().with_max_length(max_tokens).with_environment(engine.environment());
    Ok(TextEmbedding::try_new_from_user_defined(model, options)?)
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let (a, b) = (ArrayView1::from(a), ArrayView1::from(b));
    a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
}
