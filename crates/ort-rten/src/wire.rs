//! A check of a model's outer form, made before RTen reads it.
//!
//! ONNX files are Protocol Buffers messages, in which every string, array and
//! embedded message is preceded by its length. RTen's reader allocates what a
//! length asks for, so that a damaged file could make it ask for more than
//! there is, which aborts the process. It also recurses into embedded messages
//! without a limit. The check walks the messages RTen will read and makes sure
//! that every part fits into the one around it, and that the nesting is not too
//! deep for the stack.

use std::io::{self, BufRead, Seek};

use crate::status::{Error, Result};

/// How deep messages may be nested. An embedded graph takes three levels, so
/// this leaves room for loops in branches in loops.
const MAX_DEPTH: usize = 48;

/// The message types that RTen reads.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    ValueInfo,
    Type,
    SequenceType,
    TensorType,
    Shape,
    /// Any message without embedded messages.
    Flat,
}

/// What a field with a length holds.
#[derive(Clone, Copy)]
enum Content {
    Message(Message),
    /// Integers of varying size.
    Varints,
    /// Numbers of this many bytes each.
    Fixed(u64),
    /// Text, bytes, or something that RTen skips.
    Opaque,
}

impl Message {
    fn content(self, field: u64) -> Content {
        let message = match (self, field) {
            (Self::Model, 7) | (Self::Attribute, 6) => Self::Graph,
            (Self::Graph, 1) => Self::Node,
            (Self::Graph | Self::Attribute, 5) => Self::Tensor,
            (Self::Graph, 11..=13) => Self::ValueInfo,
            (Self::Node, 5) => Self::Attribute,
            (Self::ValueInfo, 2) | (Self::SequenceType, 1) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::Type, 4) => Self::SequenceType,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Model, 8 | 14) | (Self::Tensor, 13) | (Self::Shape, 1) => Self::Flat,
            (Self::Tensor, 1 | 5 | 7) => return Content::Varints,
            (Self::Tensor, 4) => return Content::Fixed(4),
            (Self::Tensor, 10) => return Content::Fixed(8),
            _ => return Content::Opaque,
        };
        Content::Message(message)
    }
}

/// Checks that `source` is an ONNX model as far as its outer form goes.
pub(crate) fn check(source: impl BufRead + Seek, size: u64) -> Result {
    let mut walker = Walker { source, position: 0 };
    let mut has_version = false;
    let mut has_graph = false;
    walker.message(Message::Model, size, 0, &mut |field| match field {
        1 => has_version = true,
        7 => has_graph = true,
        _ => {}
    })?;
    if has_version && has_graph {
        return Ok(());
    }
    Err(Error::invalid_model("not an ONNX model: there is no format version or no graph"))
}

struct Walker<S> {
    source: S,
    position: u64,
}

impl<S: BufRead + Seek> Walker<S> {
    /// Walks through the fields of a message that ends at `end`.
    fn message(&mut self, message: Message, end: u64, depth: usize, on_field: &mut dyn FnMut(u64)) -> Result {
        if depth > MAX_DEPTH {
            return Err(self.malformed("it is nested too deeply"));
        }
        while self.position < end {
            let tag = self.varint(end)?;
            let field = tag >> 3;
            match tag & 7 {
                0 => {
                    self.varint(end)?;
                }
                1 => self.skip(8, end)?,
                2 => {
                    let len = self.varint(end)?;
                    self.content(message.content(field), len, end, depth)?;
                }
                5 => self.skip(4, end)?,
                _ => return Err(self.malformed("a field has an unknown type")),
            }
            on_field(field);
        }
        Ok(())
    }

    /// Walks through a field of `len` bytes in a message that ends at `end`.
    fn content(&mut self, content: Content, len: u64, end: u64, depth: usize) -> Result {
        let inner_end = self.end_of(len, end)?;
        match content {
            Content::Message(message) => {
                self.message(message, inner_end, depth + 1, &mut |_| {})?;
            }
            Content::Varints => {
                while self.position < inner_end {
                    self.varint(inner_end)?;
                }
            }
            Content::Fixed(size) if !len.is_multiple_of(size) => {
                return Err(self.malformed("an array ends within an element"));
            }
            Content::Fixed(_) | Content::Opaque => self.skip(len, end)?,
        }
        Ok(())
    }

    fn end_of(&self, len: u64, end: u64) -> Result<u64> {
        self.position
            .checked_add(len)
            .filter(|&inner_end| inner_end <= end)
            .ok_or_else(|| self.malformed("a part is longer than the whole"))
    }

    fn skip(&mut self, len: u64, end: u64) -> Result {
        let target = self.end_of(len, end)?;
        let distance = i64::try_from(len).map_err(|_| self.malformed("a part is longer than the whole"))?;
        self.source.seek_relative(distance).map_err(|error| unreadable(&error))?;
        self.position = target;
        Ok(())
    }

    /// Reads an integer of seven bits per byte, least significant first.
    fn varint(&mut self, end: u64) -> Result<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            if self.position >= end {
                return Err(self.malformed("it ends within a number"));
            }
            let mut byte = [0];
            self.source.read_exact(&mut byte).map_err(|error| unreadable(&error))?;
            self.position += 1;
            value |= u64::from(byte[0] & 0x7f) << shift;
            if byte[0] < 0x80 {
                return Ok(value);
            }
        }
        Err(self.malformed("a number has too many bytes"))
    }

    fn malformed(&self, what: &str) -> Error {
        Error::invalid_model(format!("not an ONNX model, or a damaged one: {what} (at byte {})", self.position))
    }
}

fn unreadable(error: &io::Error) -> Error {
    Error::fail(format!("could not read the model: {error}"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn checked(bytes: &[u8]) -> std::result::Result<(), String> {
        check(Cursor::new(bytes), bytes.len() as u64).map_err(|error| format!("{error:?}"))
    }

    /// Wraps bytes up as field 7 of a model, its graph.
    fn model(graph: &[u8]) -> Vec<u8> {
        let len = u8::try_from(graph.len()).expect("a short graph");
        assert!(len < 0x80);
        [&[0x08, 9, 0x3a, len], graph].concat()
    }

    #[test]
    fn version_and_graph_are_enough() {
        assert_eq!(checked(&model(&[])), Ok(()));
    }

    #[test]
    fn a_model_needs_both() {
        assert!(checked(&[]).is_err());
        assert!(checked(&[0x08, 9]).is_err());
        assert!(checked(&[0x3a, 0]).is_err());
    }

    #[test]
    fn parts_must_fit_into_the_whole() {
        // A producer name of a thousand terabytes.
        let error = checked(&[0x08, 9, 0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]);
        assert!(error.is_err_and(|error| error.contains("longer")));
        // A node that reaches past its graph, into the next field.
        let graph = [0x0a, 3, 0x1a];
        assert!(checked(&[&model(&graph)[..], &[0x08, 9, 0x08, 9]].concat()).is_err());
    }

    #[test]
    fn numbers_must_end() {
        assert!(checked(&[0x08, 0x80]).is_err());
        let endless = [&[0x08][..], &[0x80; 11], &[0]].concat();
        assert!(checked(&endless).is_err());
    }

    #[test]
    fn arrays_must_end_with_an_element() {
        // An initializer whose dimensions end in the middle of one, and one
        // with three quarters of a float.
        assert!(checked(&model(&[0x2a, 3, 0x0a, 1, 0x80])).is_err());
        assert!(checked(&model(&[0x2a, 5, 0x22, 3, 0, 0, 0])).is_err());
        assert_eq!(checked(&model(&[0x2a, 6, 0x22, 4, 0, 0, 0, 0])), Ok(()));
    }

    #[test]
    fn nesting_is_limited() {
        // Sequence types within sequence types.
        let mut kind = vec![];
        for _ in 0..30 {
            for tag in [0x0a, 0x22] {
                let len = u8::try_from(kind.len()).expect("short");
                kind.splice(0..0, [tag, len]);
            }
            if kind.len() > 0x70 {
                break;
            }
        }
        assert!(kind.len() > 2 * MAX_DEPTH);
        let info = [&[0x12, u8::try_from(kind.len()).expect("short")], &kind[..]].concat();
        let graph = [&[0x5a, u8::try_from(info.len()).expect("short")], &info[..]].concat();
        let error = checked(&model(&graph));
        assert!(error.is_err_and(|error| error.contains("deeply")));
    }
}
