//! The files of the model are those that their provenance page speaks of.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

fn asset(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/model").join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(asset(name)).expect("it is in the repository")
}

/// File names and hashes in the table under a heading: the first column and the last.
fn table(page: &str, heading: &str) -> BTreeMap<String, String> {
    let section = page.split("\n## ").find(|section| section.starts_with(heading)).expect("the page has this heading");
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| {
        let mut cells = row.split('|').map(|cell| cell.trim().trim_matches('`').to_owned()).filter(|c| !c.is_empty());
        let name = cells.next().expect("a first column");
        (name, cells.next_back().expect("a last column"))
    })
    .collect()
}

fn sha256(bytes: &[u8]) -> String {
    let mut hexadecimal = String::new();
    for byte in Sha256::digest(bytes) {
        write!(hexadecimal, "{byte:02x}").expect("a String takes everything");
    }
    hexadecimal
}

#[test]
fn every_file_has_the_hash_on_its_provenance_page() {
    let hashes = table(&text("PROVENANCE.md"), "What came out");
    let names: Vec<_> = hashes.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["config.json", "model.onnx", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json"]
    );
    for (name, expected) in &hashes {
        let bytes = fs::read(asset(name)).expect("it is in the repository");
        assert_eq!(&sha256(&bytes), expected, "{name}");
    }
}

#[test]
fn the_folder_holds_nothing_that_nobody_speaks_of() {
    let page = text("PROVENANCE.md");
    for entry in fs::read_dir(asset("")).expect("the folder is there") {
        let name = entry.expect("it can be read").file_name().into_string().expect("names are UTF-8");
        assert!(name == "PROVENANCE.md" || page.contains(&name), "{name}");
    }
}

#[test]
fn the_weights_are_stored_in_half_precision() {
    let bytes = fs::metadata(asset("model.onnx")).expect("it is in the repository").len();
    // 22.7 million parameters of two bytes each.
    assert!((44_000_000..48_000_000).contains(&bytes), "{bytes} bytes");
}

#[test]
fn the_licence_is_there_whole() {
    let licence = text("LICENSE");
    for part in ["Apache License", "Version 2.0, January 2004", "END OF TERMS AND CONDITIONS"] {
        assert!(licence.contains(part), "{part}");
    }
}

#[test]
fn whatever_the_export_needs_is_pinned() {
    let requirements = text("requirements.txt");
    let lines: Vec<_> = requirements.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).collect();
    assert!(!lines.is_empty());
    for line in lines {
        let (name, version) = line.split_once("==").expect("one version and no other");
        assert!(!name.is_empty() && version.starts_with(|c: char| c.is_ascii_digit()), "{line}");
        assert!(!version.contains(['*', ',', ' ']), "{line}");
    }
    // The page and the script speak of the same weights.
    let weights = table(&text("PROVENANCE.md"), "What went in");
    let hash = weights.values().next().expect("a row");
    assert!(text("export.py").contains(hash.as_str()), "{hash}");
}
