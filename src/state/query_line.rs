//! The line that takes the query, and the queries before it.

use rustyline::line_buffer::{ChangeListener, DeleteListener, Direction, LineBuffer};
use rustyline::{At, Word};

use super::Edit;
use crate::engine::expression;

/// The longest query that is kept, in bytes. No model sees more than a few thousand tokens of it.
pub const MAX_QUERY_BYTES: usize = 64 * 1024;

/// The query, a cursor in it, and the queries before it.
#[derive(Debug)]
pub struct QueryLine {
    buffer: LineBuffer,
    /// Earlier queries, oldest first, without repetition in a row.
    history: Vec<String>,
    /// The entry that is shown; `None` for what is being typed.
    recalled: Option<usize>,
    /// What was being typed before the first entry was recalled.
    draft: String,
}

impl Default for QueryLine {
    fn default() -> Self {
        Self {
            buffer: LineBuffer::with_capacity(MAX_QUERY_BYTES),
            history: Vec::new(),
            recalled: None,
            draft: String::new(),
        }
    }
}

impl QueryLine {
    /// The text of the query.
    #[must_use]
    pub fn text(&self) -> &str {
        self.buffer.as_str()
    }

    /// Where the cursor stands: a byte offset into the text, at the border of a grapheme cluster.
    #[must_use]
    pub fn cursor(&self) -> usize {
        self.buffer.pos()
    }

    /// Whether there is nothing to rank by: white space alone, or an expression that has no term yet.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        expression::is_blank(self.text())
    }

    /// Takes one step of editing and says whether the text has changed.
    pub(super) fn edit(&mut self, edit: Edit) -> bool {
        let before = self.buffer.len();
        let buffer = &mut self.buffer;
        match edit {
            Edit::Insert(character) => return self.insert(character.encode_utf8(&mut [0; 4])).changed,
            Edit::Left => buffer.move_backward(1),
            Edit::Right => buffer.move_forward(1),
            Edit::WordLeft => buffer.move_to_prev_word(Word::Emacs, 1),
            Edit::WordRight => buffer.move_to_next_word(At::AfterEnd, Word::Emacs, 1),
            Edit::Start => buffer.move_buffer_start(),
            Edit::End => buffer.move_buffer_end(),
            Edit::DeleteLeft => buffer.backspace(1, &mut Unwatched),
            Edit::DeleteRight => buffer.delete(1, &mut Unwatched).is_some(),
            Edit::DeleteWordLeft => buffer.delete_prev_word(Word::Emacs, 1, &mut Unwatched),
            Edit::DeleteWordRight => buffer.delete_word(At::AfterEnd, Word::Emacs, 1, &mut Unwatched),
            Edit::DeleteToStart => buffer.discard_buffer(&mut Unwatched),
            Edit::DeleteToEnd => buffer.kill_buffer(&mut Unwatched),
        };
        self.buffer.len() != before
    }

    /// Inserts a text at the cursor as one line, as far as there is room for it.
    pub(super) fn insert(&mut self, text: &str) -> Inserted {
        let line = text.trim_end_matches(['\r', '\n']).replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
        let room = MAX_QUERY_BYTES.saturating_sub(self.buffer.len());
        let fitting = &line[..line.floor_char_boundary(room)];
        // None where there is nothing to insert; that there is room was seen to.
        let _ = self.buffer.yank(fitting, 1, &mut Unwatched);
        Inserted { changed: !fitting.is_empty(), cut: fitting.len() < line.len() }
    }

    /// Replaces the whole text and puts the cursor behind it.
    pub(super) fn set(&mut self, text: &str) {
        self.buffer.update("", 0, &mut Unwatched);
        self.insert(text);
    }

    /// Keeps the text as it stands among the queries before it.
    pub(super) fn remember(&mut self) {
        let text = self.text().to_owned();
        // What was recalled is there already.
        if self.recalled.is_none() && !self.is_blank() && self.history.last() != Some(&text) {
            self.history.push(text);
        }
    }

    /// Shows the query before the one that is shown and says whether there is one.
    pub(super) fn recall_previous(&mut self) -> bool {
        let end = self.recalled.unwrap_or(self.history.len());
        let Some(entry) = self.history[..end].iter().rposition(|entry| entry != self.text()) else { return false };
        if self.recalled.is_none() {
            self.draft = self.text().to_owned();
        }
        self.show(entry);
        true
    }

    /// Goes back towards what was being typed, and says whether there was anything to go back from.
    pub(super) fn recall_next(&mut self) -> bool {
        let Some(recalled) = self.recalled else { return false };
        if recalled + 1 < self.history.len() {
            self.show(recalled + 1);
        } else {
            self.recalled = None;
            let draft = std::mem::take(&mut self.draft);
            self.set(&draft);
        }
        true
    }

    /// Makes what is shown the query that is being typed.
    pub(super) fn leave_history(&mut self) {
        self.recalled = None;
    }

    fn show(&mut self, entry: usize) {
        self.recalled = Some(entry);
        let text = self.history[entry].clone();
        self.set(&text);
    }
}

/// rustyline tells a listener of every change, to undo it; nobody listens here.
struct Unwatched;

impl DeleteListener for Unwatched {
    fn delete(&mut self, _: usize, _: &str, _: Direction) {}
}

impl ChangeListener for Unwatched {
    fn insert_char(&mut self, _: usize, _: char) {}

    fn insert_str(&mut self, _: usize, _: &str) {}

    fn replace(&mut self, _: usize, _: &str, _: &str) {}
}

/// What became of a text that was to be inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inserted {
    /// Whether any of it was.
    pub(super) changed: bool,
    /// Whether some of it was left out for lack of room.
    pub(super) cut: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> QueryLine {
        let mut line = QueryLine::default();
        line.set(text);
        line
    }

    fn edited(text: &str, edits: &[Edit]) -> (String, usize) {
        let mut line = line(text);
        for &edit in edits {
            line.edit(edit);
        }
        (line.text().to_owned(), line.cursor())
    }

    #[test]
    fn a_step_is_a_grapheme_cluster() {
        let family = "👩‍👩‍👧";
        assert_eq!(edited(&format!("a{family}"), &[Edit::Left]), (format!("a{family}"), 1));
        assert_eq!(edited(&format!("a{family}"), &[Edit::DeleteLeft]), ("a".into(), 1));
        assert_eq!(edited("cafe\u{301}", &[Edit::DeleteLeft]), ("caf".into(), 3));
        assert_eq!(edited("日本", &[Edit::Left, Edit::Insert('x')]), ("日x本".into(), 4));
        assert_eq!(edited("नमस्ते", &[Edit::Start, Edit::Right, Edit::DeleteToStart]).0, "मस्ते");
    }

    #[test]
    fn words_are_moved_over_and_deleted() {
        assert_eq!(edited("one two three", &[Edit::DeleteWordLeft]).0, "one two ");
        assert_eq!(edited("one two three", &[Edit::WordLeft, Edit::WordLeft, Edit::DeleteToStart]).0, "two three");
        assert_eq!(edited("one two", &[Edit::Start, Edit::WordRight, Edit::DeleteToEnd]).0, "one");
        assert_eq!(edited("one two", &[Edit::Start, Edit::DeleteWordRight]).0, " two");
    }

    #[test]
    fn moving_changes_nothing_and_says_so() {
        let mut line = line("ab");
        assert!(!line.edit(Edit::Left));
        assert!(!line.edit(Edit::Start));
        assert!(!line.edit(Edit::DeleteLeft));
        assert!(line.edit(Edit::DeleteRight));
    }

    #[test]
    fn a_paste_of_several_lines_becomes_one() {
        let mut line = line("");
        assert_eq!(line.insert("one\r\ntwo\nthree\tfour\n"), Inserted { changed: true, cut: false });
        assert_eq!(line.text(), "one two three four");
    }

    #[test]
    fn a_huge_paste_is_cut_between_characters() {
        let mut line = line("");
        assert_eq!(line.insert(&"é".repeat(MAX_QUERY_BYTES)), Inserted { changed: true, cut: true });
        assert_eq!(line.text().len(), MAX_QUERY_BYTES);
        assert_eq!(line.insert("x"), Inserted { changed: false, cut: true });
    }

    #[test]
    fn history_goes_back_and_returns_to_the_draft() {
        let mut line = line("first");
        line.remember();
        line.remember();
        line.set("second");
        line.remember();
        line.set("draft");
        assert!(line.recall_previous());
        assert_eq!(line.text(), "second");
        assert!(line.recall_previous());
        assert_eq!(line.text(), "first");
        assert!(!line.recall_previous());
        assert!(line.recall_next());
        assert_eq!(line.text(), "second");
        assert!(line.recall_next());
        assert_eq!(line.text(), "draft");
        assert!(!line.recall_next());
    }

    #[test]
    fn the_query_on_the_screen_is_not_its_own_predecessor() {
        let mut line = line("first");
        line.remember();
        line.set("second");
        line.remember();
        assert!(line.recall_previous());
        assert_eq!(line.text(), "first");
    }
}
