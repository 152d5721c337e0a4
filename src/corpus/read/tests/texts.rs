//! Text and Markdown: lines, paragraphs, sentences.

use super::*;

#[test]
fn text_is_one_document_a_line_and_blank_lines_keep_their_number() {
    let corpus = read("notes.txt", b"\xEF\xBB\xBFfirst\r\n\n  \t\nfourth\n").expect("valid");
    assert_eq!(ids_and_texts(&corpus), [("1", "first"), ("4", "fourth")]);
    assert_eq!(corpus.blank_lines, [2, 3]);
}

#[test]
fn an_empty_source_is_an_empty_corpus() {
    for name in ["x.txt", "x.md", "x.csv", "x.tsv", "x.jsonl", "x.json"] {
        assert!(read(name, b"").expect("valid").documents.is_empty(), "{name}");
        assert!(read(name, b"\n\n \n").expect("valid").documents.is_empty(), "{name}");
    }
    assert!(read("x.csv", "name,n\n\n").expect("valid").documents.is_empty());
}

#[test]
fn paragraphs_stand_between_blank_lines_and_are_known_by_the_line_on_which_they_begin() {
    let corpus = split("a/notes.txt", "one\n  goes on\n \n\ntwo\r\n\r\nthree", Split::Paragraphs);
    let expected = [("notes.txt:1", "one goes on"), ("notes.txt:5", "two"), ("notes.txt:7", "three")];
    assert_eq!(ids_and_texts(&corpus), expected);
}

#[test]
fn sentences_go_over_lines_and_are_known_by_the_line_on_which_they_begin() {
    let corpus = split("x.txt", "A first one. A second\none. Third!\n\nIs it? 3.5 is no end.", Split::Sentences);
    assert_eq!(
        ids_and_texts(&corpus),
        [
            ("x.txt:1", "A first one."),
            ("x.txt:1#2", "A second one."),
            ("x.txt:2", "Third!"),
            ("x.txt:4", "Is it?"),
            ("x.txt:4#2", "3.5 is no end."),
        ]
    );
}

#[test]
fn a_whole_text_is_one_document() {
    let corpus = split("x.txt", "\none\n\ntwo\n", Split::Whole);
    assert_eq!(ids_and_texts(&corpus), [("x.txt:2", "one two")]);
}

const MARKDOWN: &str = "\
---
title: not a text
---
Before any heading.

# Sailing *far*

A paragraph with `code`, [a link](https://x) and **weight**
that goes on.

## Knots

- bowline
- reef knot
  and more of it
  - within

1. first

   second part

```rust
let not = \"a text\";
```

| knot | use |
| --- | --- |
| bowline | loop |
| clove hitch | post |

# Weather

> Wind rises.

<div>html</div>

An ![image of a cloud](c.png) and a note[^1].

[^1]: The note.
";

#[test]
fn markdown_is_its_paragraphs_items_and_rows_under_their_headings() {
    let corpus = read("log.md", MARKDOWN).expect("valid");
    let found: Vec<_> = (0..corpus.documents.len())
        .map(|at| {
            let document = &corpus.documents[at];
            let section = said(&corpus, at, "section").as_str().unwrap_or("").to_owned();
            (document.id.clone(), section, document.text.clone())
        })
        .collect();
    let found: Vec<_> =
        found.iter().map(|(id, section, text)| (id.as_str(), section.as_str(), text.as_str())).collect();
    assert_eq!(
        found,
        [
            ("log.md:4", "", "Before any heading."),
            ("log.md:8", "Sailing far", "A paragraph with code, a link and weight that goes on."),
            ("log.md:13", "Sailing far › Knots", "bowline"),
            ("log.md:14", "Sailing far › Knots", "reef knot and more of it"),
            ("log.md:16", "Sailing far › Knots", "within"),
            ("log.md:18", "Sailing far › Knots", "first"),
            ("log.md:20", "Sailing far › Knots", "second part"),
            ("log.md:28", "Sailing far › Knots", "bowline | loop"),
            ("log.md:29", "Sailing far › Knots", "clove hitch | post"),
            ("log.md:33", "Weather", "Wind rises."),
            ("log.md:37", "Weather", "An image of a cloud and a note."),
            ("log.md:39", "Weather", "The note."),
        ]
    );
    assert_eq!(corpus.notes, ["code and HTML blocks in Markdown are left out"]);
}

#[test]
fn a_markdown_paragraph_can_be_split_into_sentences() {
    let corpus = split("x.md", "# H\n\nOne *here*. Two\nthere. Three.\n", Split::Sentences);
    assert_eq!(ids_and_texts(&corpus), [("x.md:3", "One here."), ("x.md:3#2", "Two there."), ("x.md:4", "Three.")]);
    assert_eq!(said(&corpus, 2, "section"), json!("H"));
}

#[test]
fn a_bad_line_of_markdown_leaves_the_numbers_of_the_others() {
    let corpus = read("x.md", b"one\n\n\xFF\n\ntwo\n").expect("two are fine");
    assert_eq!(ids_and_texts(&corpus), [("x.md:1", "one"), ("x.md:5", "two")]);
    assert_eq!(corpus.skipped.first, ["x.md:3: not UTF-8: byte 1 of the line is 0xFF"]);
}
