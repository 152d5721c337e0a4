//! The local backend against sentence-transformers itself: `tests/reference` holds what it gives for 65 awkward texts.

#![cfg(feature = "embedded-model")]

use ndarray::{Array2, Axis};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use vecscope::backend::local::{Adjustments, Engine, EngineChoice, Local, ModelSource};
use vecscope::backend::{Embedder, Job, ModelTable, Role, UnitBatch};

#[derive(Deserialize)]
struct Reference {
    text: String,
    tokens: usize,
    tokens_used: usize,
    norm: f32,
}

fn references() -> (Vec<Reference>, Array2<f32>) {
    let texts = include_str!("reference/minilm.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("the reference is valid"))
        .collect();
    let vectors = ndarray_npy::read_npy("tests/reference/minilm.npy").expect("the reference is there");
    (texts, vectors)
}

fn local() -> Local {
    let engine = Engine::start(&EngineChoice::Rten).expect("RTen is part of the program");
    Local::load(&ModelSource::Embedded, &engine, &ModelTable::bundled(), &Adjustments::default())
        .expect("the model is part of the program")
}

fn embed(local: &mut Local, texts: &[&str]) -> UnitBatch {
    let mut job = Job { cancel: &CancellationToken::new(), notify: &mut |_| {} };
    let batch = local.embed(texts, Role::Document, &mut job).expect("these texts can be embedded");
    batch.normalise(texts.len(), Some(384)).expect("one unit vector a text")
}

#[track_caller]
fn assert_matches(references: &[Reference], vectors: &Array2<f32>, batch: &UnitBatch) {
    assert_eq!(references.len(), 65);
    for (index, reference) in references.iter().enumerate() {
        let (info, text) = (batch.infos[index], &reference.text);
        let cosine = batch.vectors.row(index).dot(&vectors.row(index));
        assert!(cosine >= 0.9999, "{text:?}: cosine {cosine}");
        assert!((info.norm / reference.norm - 1.0).abs() <= 0.001, "{text:?}: norm {}", info.norm);
        assert_eq!((info.tokens.total, info.tokens.used), (reference.tokens, reference.tokens_used), "{text:?}");
    }
}

#[test]
fn one_text_at_a_time_gives_the_reference() {
    let (references, vectors) = references();
    let mut local = local();
    let mut rows = Vec::new();
    let mut infos = Vec::new();
    for reference in &references {
        let batch = embed(&mut local, &[&reference.text]);
        rows.push(batch.vectors.row(0).to_owned());
        infos.extend(batch.infos);
    }
    let views: Vec<_> = rows.iter().map(|row| row.view()).collect();
    let together = ndarray::stack(Axis(0), &views).expect("rows of one size");
    assert_matches(
        &references,
        &vectors,
        &UnitBatch { vectors: together, infos, usage: vecscope::backend::Usage::default() },
    );
}

#[test]
fn all_texts_in_one_call_give_the_reference() {
    let (references, vectors) = references();
    let texts: Vec<&str> = references.iter().map(|reference| reference.text.as_str()).collect();
    let batch = embed(&mut local(), &texts);
    assert_matches(&references, &vectors, &batch);
}
