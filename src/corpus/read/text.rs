//! Text: each line a document, or each paragraph, each sentence, or all of it.

use unicode_segmentation::UnicodeSegmentation;

use super::CorpusError;
use super::gathering::{File, Gathering, set};
use super::input::{Input, MAX_LINE_BYTES};
use crate::corpus::Document;
use crate::corpus::source::Split;

/// A paragraph on one line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Paragraph {
    pub(super) text: String,
    /// Where in the text each line of the source begins, in bytes, with the line's number; ascending.
    pub(super) lines: Vec<(usize, usize)>,
}

impl Paragraph {
    /// Puts a further line of the source to it.
    pub(super) fn push(&mut self, line: usize, text: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.lines.push((self.text.len(), line));
        self.text.push_str(text);
    }

    /// The line on which it begins.
    pub(super) fn line(&self) -> usize {
        self.lines.first().map_or(0, |&(_, line)| line)
    }

    /// Its sentences, each with the line on which it begins.
    pub(super) fn sentences(&self) -> impl Iterator<Item = (usize, &str)> {
        sentences(&self.text).map(|(start, sentence)| {
            let line = self.lines.partition_point(|&(begin, _)| begin <= start);
            (self.lines[line.saturating_sub(1)].1, sentence)
        })
    }
}

/// The sentences of a text by Unicode's rule (UAX #29), with where they begin. A blank one is none.
fn sentences(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_sentence_bound_indices().map(|(start, sentence)| (start, sentence.trim())).filter(|(_, s)| !s.is_empty())
}

/// What stands between blank lines.
fn paragraphs<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Vec<Paragraph> {
    let (mut paragraphs, mut paragraph) = (Vec::new(), Paragraph::default());
    for (number, line) in lines {
        match line.trim() {
            "" if paragraph.text.is_empty() => {}
            "" => paragraphs.push(std::mem::take(&mut paragraph)),
            line => paragraph.push(number, line),
        }
    }
    if !paragraph.text.is_empty() {
        paragraphs.push(paragraph);
    }
    paragraphs
}

/// The parts of a text from a table.
pub(super) fn split(text: &str, how: Split) -> Vec<String> {
    let lines = || (1..).zip(text.lines());
    match how {
        Split::Whole => vec![text.to_owned()],
        Split::Lines => lines().map(|(_, line)| line.to_owned()).filter(|l| !l.trim().is_empty()).collect(),
        Split::Paragraphs => paragraphs(lines()).into_iter().map(|paragraph| paragraph.text).collect(),
        Split::Sentences => {
            let of = |paragraph: &Paragraph| paragraph.sentences().map(|(_, s)| s.to_owned()).collect::<Vec<_>>();
            paragraphs(lines()).iter().flat_map(of).collect()
        }
    }
}

/// Reads a text, by lines or whatever else is usual where it stands.
pub(super) fn read(input: &Input, file: &File, gathering: &mut Gathering, usual: Split) -> Result<(), CorpusError> {
    let how = gathering.options.split.unwrap_or(usual);
    if how == Split::Lines {
        return read_lines(input, file, gathering);
    }
    if gathering.options.split.is_none() {
        gathering.note("text files are taken paragraph by paragraph; --split lines takes each line".into());
    }
    let mut lines = Vec::new();
    for (number, line) in input.lines() {
        match input.decode(line, MAX_LINE_BYTES) {
            Ok(line) => lines.push((number, line)),
            Err(reason) => gathering.bad(file, number, reason)?,
        }
    }
    let paragraphs = paragraphs(lines.into_iter());
    add(&paragraphs, &[], how, file, gathering)
}

fn read_lines(input: &Input, file: &File, gathering: &mut Gathering) -> Result<(), CorpusError> {
    for (number, line) in input.lines() {
        match input.decode(line, MAX_LINE_BYTES) {
            Ok(line) if line.trim().is_empty() => gathering.blank(file, number),
            Ok(line) => {
                let metadata = gathering.metadata(file);
                gathering.add(file, number, Document::new(file.row_id(number), line.to_owned()), metadata)?;
            }
            Err(reason) => gathering.bad(file, number, reason)?,
        }
    }
    Ok(())
}

/// Adds the documents that paragraphs make; `sections` says of each under which headings it stands, if that is known.
pub(super) fn add(
    paragraphs: &[Paragraph],
    sections: &[String],
    how: Split,
    file: &File,
    gathering: &mut Gathering,
) -> Result<(), CorpusError> {
    let mut ids = PartIds::default();
    let mut add = |line: usize, text: String, section: Option<&String>| {
        let mut metadata = gathering.metadata(file);
        if let Some(section) = section.filter(|section| !section.is_empty()) {
            let place = gathering.field(SECTION);
            set(&mut metadata, place, section.as_str().into());
        }
        gathering.add(file, line, Document::new(ids.of(file, line), text), metadata)
    };
    match how {
        Split::Whole => {
            let texts: Vec<&str> = paragraphs.iter().map(|paragraph| paragraph.text.as_str()).collect();
            paragraphs.first().map_or(Ok(()), |first| add(first.line(), texts.join(" "), None))
        }
        Split::Lines | Split::Paragraphs => {
            let mut all = paragraphs.iter().enumerate();
            all.try_for_each(|(place, paragraph)| add(paragraph.line(), paragraph.text.clone(), sections.get(place)))
        }
        Split::Sentences => paragraphs.iter().enumerate().try_for_each(|(place, paragraph)| {
            let section = sections.get(place);
            paragraph.sentences().try_for_each(|(line, sentence)| add(line, sentence.to_owned(), section))
        }),
    }
}

/// The metadata field with the headings above a paragraph.
const SECTION: &str = "section";

/// Ids of the parts of a text: by the line, and by a number where several begin on one.
#[derive(Debug, Default)]
struct PartIds {
    line: usize,
    on_line: usize,
}

impl PartIds {
    fn of(&mut self, file: &File, line: usize) -> String {
        self.on_line = if line == self.line { self.on_line + 1 } else { 1 };
        self.line = line;
        let id = file.part_id(line);
        if self.on_line == 1 { id } else { format!("{id}#{}", self.on_line) }
    }
}
