//! Markdown: each paragraph a document, and so each item of a list and each row of a table.
//!
//! Headings are no documents: they stand in the metadata of what is below them. Code blocks, HTML and what stands above
//! the text (front matter) are left out.

use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::CorpusError;
use super::gathering::{File, Gathering};
use super::input::{Input, MAX_LINE_BYTES};
use super::text::{self, Paragraph};
use crate::corpus::source::Split;

/// Between the headings that a paragraph stands under.
const BELOW: &str = " › ";
/// Between the cells of a table's row.
const BESIDE: &str = " | ";

pub(super) fn read(input: &Input, file: &File, gathering: &mut Gathering) -> Result<(), CorpusError> {
    let how = gathering.options.split.unwrap_or(Split::Paragraphs);
    if how == Split::Lines {
        return text::read(input, file, gathering, how);
    }
    let source = decode(input, file, gathering)?;
    let outline = Outline::of(&source);
    if outline.left_out > 0 {
        gathering.note("code and HTML blocks in Markdown are left out".into());
    }
    text::add(&outline.paragraphs, &outline.sections, how, file, gathering)
}

/// The whole text. A line that cannot be read is blank there, so that the others keep their numbers.
fn decode(input: &Input, file: &File, gathering: &mut Gathering) -> Result<String, CorpusError> {
    let mut source = String::with_capacity(input.bytes.len());
    for (number, line) in input.lines() {
        match input.decode(line, MAX_LINE_BYTES) {
            Ok(line) => source.push_str(line),
            Err(reason) => gathering.bad(file, number, reason)?,
        }
        source.push('\n');
    }
    Ok(source)
}

/// The paragraphs of a document, each with the headings above it.
#[derive(Debug, Default)]
struct Outline {
    paragraphs: Vec<Paragraph>,
    /// One for each paragraph.
    sections: Vec<String>,
    /// How many blocks are no text.
    left_out: usize,
    headings: Vec<(HeadingLevel, String)>,
    /// What is being read.
    paragraph: Paragraph,
    /// What the text belongs to, where it is not a paragraph.
    inside: Inside,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Inside {
    #[default]
    Paragraph,
    Heading,
    /// Code, HTML, front matter, or the names above a table.
    LeftOut,
}

/// The numbers of lines, from where they begin.
struct Lines(Vec<usize>);

impl Lines {
    fn of(source: &str) -> Self {
        let breaks = source.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        Self(std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect())
    }

    /// The line of a byte, from 1.
    fn number(&self, at: usize) -> usize {
        self.0.partition_point(|&start| start <= at)
    }
}

impl Outline {
    fn of(source: &str) -> Self {
        let options = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_GFM
            | Options::ENABLE_DEFINITION_LIST
            | Options::ENABLE_WIKILINKS
            | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
            | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS;
        let (mut outline, lines) = (Self::default(), Lines::of(source));
        for (event, range) in Parser::new_ext(source, options).into_offset_iter() {
            outline.read(event, &range, &lines);
        }
        outline.end_paragraph();
        outline
    }

    fn read(&mut self, event: Event<'_>, range: &Range<usize>, lines: &Lines) {
        match event {
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) | Event::Code(text) => self.text(&text, lines.number(range.start)),
            Event::SoftBreak | Event::HardBreak => self.text(" ", lines.number(range.start)),
            // Marks within a text that are no words of it, or what these options never give.
            Event::InlineHtml(_)
            | Event::Html(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_)
            | Event::Rule
            | Event::InlineMath(_)
            | Event::DisplayMath(_) => {}
        }
    }

    /// Whatever begins a block ends the paragraph before it: an item's own text ends where a list within it begins.
    fn start(&mut self, tag: &Tag<'_>) {
        if is_inline(tag.to_end()) {
            return;
        }
        if matches!(tag, Tag::TableCell) {
            if !self.paragraph.text.is_empty() {
                self.paragraph.text.push_str(BESIDE);
            }
            return;
        }
        self.end_paragraph();
        match tag {
            Tag::Heading { level, .. } => {
                self.headings.retain(|(above, _)| above < level);
                self.headings.push((*level, String::new()));
                self.inside = Inside::Heading;
            }
            Tag::CodeBlock(_) | Tag::HtmlBlock => {
                self.left_out += 1;
                self.inside = Inside::LeftOut;
            }
            Tag::MetadataBlock(_) | Tag::TableHead => self.inside = Inside::LeftOut,
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        if is_inline(tag) || tag == TagEnd::TableCell {
            return;
        }
        self.end_paragraph();
        self.inside = Inside::Paragraph;
    }

    fn text(&mut self, text: &str, line: usize) {
        match self.inside {
            Inside::LeftOut => {}
            Inside::Heading => {
                if let Some((_, heading)) = self.headings.last_mut() {
                    heading.push_str(text);
                }
            }
            Inside::Paragraph => {
                let Paragraph { text: before, lines } = &mut self.paragraph;
                if !text.trim().is_empty() && lines.last().is_none_or(|&(_, last)| last < line) {
                    lines.push((before.len(), line));
                }
                before.push_str(text);
            }
        }
    }

    fn end_paragraph(&mut self) {
        let mut paragraph = std::mem::take(&mut self.paragraph);
        paragraph.text.truncate(paragraph.text.trim_end().len());
        if paragraph.text.trim().is_empty() {
            return;
        }
        let headings: Vec<&str> =
            self.headings.iter().map(|(_, heading)| heading.trim()).filter(|heading| !heading.is_empty()).collect();
        self.sections.push(headings.join(BELOW));
        self.paragraphs.push(paragraph);
    }
}

/// Whether a tag marks words within a paragraph.
fn is_inline(tag: TagEnd) -> bool {
    matches!(
        tag,
        TagEnd::Emphasis
            | TagEnd::Strong
            | TagEnd::Strikethrough
            | TagEnd::Superscript
            | TagEnd::Subscript
            | TagEnd::Link
            | TagEnd::Image
    )
}
