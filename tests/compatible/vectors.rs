//! `vecscope embed` through llama.cpp, and how near it comes to the local backend.

use std::fs;

use serde_json::Value;

use crate::lab::{Embedded, Servers, lines, run, succeeded};

/// Two implementations of one model, on whatever text, come at least this near.
const SAME: f64 = 0.9999;
/// Two models stay this far apart.
const OTHER: f64 = 0.9;

/// Texts that llama.cpp's tokenizer reads otherwise than BERT's, and what it makes of them in the words of BERT's. The
/// local backend is held to sentence-transformers for such texts too, in `tests/reference.rs`.
fn read_otherwise() -> [(String, String); 2] {
    [
        // It drops every combining mark; BERT keeps those that take up space of their own.
        ("नमस्ते दुनिया".into(), "नमसत दनय".into()),
        // Of a Hangul syllable it keeps the first letter.
        ("안녕하세요 세계".into(), "ᄋᄂᄒᄉᄋ ᄉᄀ".into()),
    ]
}

/// A word too long for BERT, which takes it for unknown; llama.cpp reads it.
fn endless_word() -> String {
    "x".repeat(101)
}

/// The awkward texts of the reference, and some that are long, in other scripts, or full of emoji.
fn texts() -> Vec<String> {
    let reference = include_str!("../reference/minilm.jsonl").lines();
    let reference = reference.map(|line| serde_json::from_str::<Value>(line).expect("the reference is valid"));
    // A document has no line breaks: vecscope makes spaces of them.
    let reference = reference.map(|line| line["text"].as_str().expect("a text").replace('\n', " "));
    let more = [
        "🦀🎉🔭 what a day, 👨‍👩‍👧‍👦 and 🏳️‍🌈 too",
        "Ελληνικά: η γάτα κάθεται στο χαλί.",
        "Tiếng Việt: con mèo ngồi trên tấm thảm.",
        "החתול יושב על השטיח",
        "แมวนั่งอยู่บนเสื่อ",
        "数据库里的猫 and a little English, на коврике",
    ];
    let long =
        ["The cat, which had slept all day, got up and walked to the window. ".repeat(14), "много слов ".repeat(17)];
    let misread = read_otherwise().map(|(text, _)| text);
    reference
        .chain(more.map(str::to_owned))
        .chain(long)
        .filter(|text| !misread.contains(text) && text.split_whitespace().all(|word| word.chars().count() <= 100))
        .collect()
}

/// Texts that both see in full: the local backend cuts after 256 tokens, as sentence-transformers does, llama.cpp refuses
/// more than 512.
#[track_caller]
fn whole_texts(servers: &Servers) -> (Vec<String>, Vec<Embedded>) {
    let (all, mut local) = (texts(), Vec::new());
    local.extend(servers.embed("local", &all).into_iter().filter(|embedded| embedded.whole));
    // Three of the reference are there to be cut.
    assert_eq!((all.len(), local.len()), (71, 68));
    (local.iter().map(|embedded| embedded.text.clone()).collect(), local)
}

#[track_caller]
fn assert_unit(embedded: &[Embedded]) {
    for line in embedded {
        let length = line.cosine(line).sqrt();
        assert_eq!(line.vector.len(), 384, "{}", line.text);
        assert!((length - 1.0).abs() <= 1e-5, "{length} for {}", line.text);
    }
}

#[test]
#[ignore = "needs VECSCOPE_TEST_COMPATIBLE: the path of a Python with tests/compatible/requirements.txt"]
fn llama_cpp_and_the_local_backend_give_the_same_vectors() {
    let servers = Servers::start();
    let (texts, local) = whole_texts(&servers);
    let (full, cut) = (servers.embed("full", &texts), servers.embed("cut", &texts));
    assert_unit(&full);
    assert_unit(&cut);
    for ((local, full), cut) in local.iter().zip(&full).zip(&cut) {
        let (same, other) = (local.cosine(full), local.cosine(cut));
        assert!(same >= SAME, "{same} for {}", local.text);
        assert!(other <= OTHER, "{other} for {}, of another model", local.text);
    }
}

#[test]
#[ignore = "needs VECSCOPE_TEST_COMPATIBLE: the path of a Python with tests/compatible/requirements.txt"]
fn several_requests_go_out_and_each_vector_is_that_of_its_text() {
    let servers = Servers::start();
    let texts: Vec<String> =
        (0..70).map(|number| format!("text number {number}, about {}", number * 37 % 11)).collect();
    let log = servers.log();
    let mut command = servers.vecscope(&["embed", "--backend", "cut"], lines(&texts));
    command.arg("--log-file").arg(&log).env("VECSCOPE_LOG", "vecscope=debug");
    let printed = succeeded(&run(&mut command));
    assert_eq!(printed.lines().count(), texts.len());
    let log = fs::read_to_string(log).expect("there is a log");
    let sizes: Vec<&str> = log.split(" texts=").skip(1).filter_map(|rest| rest.split(' ').next()).collect();
    assert_eq!(sizes, ["32", "32", "6"], "{log}");

    let in_order = servers.embed("cut", &texts);
    let reversed: Vec<String> = texts.into_iter().rev().collect();
    for (a, b) in in_order.iter().rev().zip(&servers.embed("cut", &reversed)) {
        // In another batch, so not to the last digit.
        assert!(a.cosine(b) >= 1.0 - 1e-5, "{} for {}", a.cosine(b), a.text);
    }
    // Or any order would have passed.
    let nearest = in_order.windows(2).map(|pair| pair[0].cosine(&pair[1])).fold(f64::NEG_INFINITY, f64::max);
    assert!(nearest < 1.0 - 1e-4, "{nearest}");
}

#[test]
#[ignore = "needs VECSCOPE_TEST_COMPATIBLE: the path of a Python with tests/compatible/requirements.txt"]
fn where_both_differ_it_is_the_tokenizer() {
    let servers = Servers::start();
    let (texts, as_read): (Vec<String>, Vec<String>) = read_otherwise().into_iter().unzip();
    let (full, local) = (servers.embed("full", &texts), servers.embed("local", &texts));
    for ((full, local), as_read) in full.iter().zip(&local).zip(&servers.embed("local", &as_read)) {
        assert!(full.cosine(as_read) >= SAME, "{} for {} as {}", full.cosine(as_read), full.text, as_read.text);
        assert!(full.cosine(local) < 0.99, "{} for {}: read alike by now", full.cosine(local), full.text);
    }
    let texts = [endless_word(), "[UNK]".to_owned()];
    let (full, local) = (servers.embed("full", &texts), servers.embed("local", &texts));
    assert!(local[0].cosine(&full[1]) >= SAME, "{}", local[0].cosine(&full[1]));
    assert!(local[0].cosine(&full[0]) < 0.99, "{}", local[0].cosine(&full[0]));
}
