//! What is known of the corpus as something to open, change and save.

use std::path::Path;
use std::sync::Arc;

use super::{Edition, QueryLine};
use crate::corpus::change::Change;
use crate::corpus::{Corpus, DocumentIndex, GivenVectors};

/// What a person can do to the corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CorpusAction {
    /// Look at what is open, and name another one.
    Open,
    /// Write a sentence to add.
    Add,
    /// Write the selected sentence anew.
    Rewrite,
    /// Take the selected sentence out.
    Remove,
    /// Take back what was changed last.
    Undo,
    /// Name a file to write the corpus to.
    Save,
    /// Do what the line is for.
    Submit,
    /// Complete the name of a file in the line.
    Complete,
    /// Go back to the corpus that comes with the program.
    OpenBundled,
    /// Leave the line.
    Close,
}

/// What the line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Task {
    /// The name of a corpus to open.
    Open,
    /// A sentence to add.
    Add,
    /// The text of a document in place of the one that it has.
    Rewrite(DocumentIndex),
    /// The name of a file to write to.
    Save,
}

/// What is done only when it is asked for a second time, because something would be lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Changes that are not saved, for the corpus of this name; `None` for the bundled one.
    Changes(Option<String>),
    /// A file of this name, for what would be written.
    File(String),
    /// Changes that are not saved, at the end of the program.
    Quit,
}

/// Numbers what the corpus holds: taking a change back gives the number back, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Content(u64);

/// One change that can be taken back.
#[derive(Debug)]
pub(super) struct Undo {
    pub(super) back: Change,
    /// What was done, in a few words.
    pub(super) what: String,
    /// The id of the document to select when it is taken back.
    pub(super) select: Option<String>,
    /// What the corpus was before beside its documents.
    pub(super) before: Before,
}

/// What a change takes from a corpus beside its documents.
#[derive(Debug, Clone)]
pub(super) struct Before {
    pub(super) content: Content,
    pub(super) bundled: bool,
    pub(super) vectors: Option<Arc<GivenVectors>>,
}

/// What is known of the corpus as something to open, change and save.
#[derive(Debug)]
pub struct Editor {
    /// What the line is for.
    pub task: Task,
    /// What is written.
    pub line: QueryLine,
    /// What is wrong with it, or what a second press would do.
    pub trouble: Option<String>,
    /// What is being read; `None` where nothing is.
    pub reading: Option<String>,
    /// The changes, the newest last.
    pub(super) undo: Vec<Undo>,
    pub(super) doubt: Option<Doubt>,
    /// The corpus over which something is being read: over another one it is for nobody.
    pub(super) reading_over: Edition,
    /// The file that is being written, and what.
    pub(super) writing: Option<(String, Content)>,
    /// The file that was written last.
    pub(super) written: Option<String>,
    pub(super) content: Content,
    pub(super) saved: Content,
    /// Whether changes are kept as they are made, without being saved to a file.
    pub(super) keeps: bool,
    /// Whether some of them could not be, so far.
    pub(super) is_behind: bool,
    /// Whether some of them are not embedded yet.
    pub(super) waits: bool,
    newest: Content,
}

impl Default for Editor {
    fn default() -> Self {
        Self {
            task: Task::Open,
            line: QueryLine::default(),
            trouble: None,
            reading: None,
            undo: Vec::new(),
            doubt: None,
            reading_over: Edition::default(),
            writing: None,
            written: None,
            content: Content::default(),
            saved: Content::default(),
            keeps: false,
            is_behind: false,
            waits: false,
            newest: Content::default(),
        }
    }
}

impl Editor {
    /// Whether the corpus holds changes that are in no file, nor anywhere else.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        self.content != self.saved && !self.keeps_all()
    }

    /// Whether all changes are kept as they are made.
    #[must_use]
    pub fn keeps_all(&self) -> bool {
        self.keeps && !self.is_behind && !self.waits
    }

    /// How many changes can be taken back.
    #[must_use]
    pub fn changes(&self) -> usize {
        self.undo.len()
    }

    /// The corpus holds something that it never held before.
    pub(super) fn renew(&mut self) {
        self.newest.0 += 1;
        self.content = self.newest;
    }

    /// Another corpus is open, as its source has it.
    pub(super) fn forget(&mut self) {
        self.renew();
        self.saved = self.content;
        self.keeps = false;
        (self.undo, self.written, self.writing) = (Vec::new(), None, None);
    }

    /// Whether what would be lost was said already; from now on it was.
    pub(super) fn is_sure(&mut self, doubt: Doubt) -> bool {
        let sure = self.doubt.as_ref() == Some(&doubt);
        self.doubt = Some(doubt);
        sure
    }

    /// The file to offer for what is open: the one that was written last, else one that takes everything, in the current
    /// folder and named as the corpus is.
    pub(super) fn offered_file(&self, corpus: &Corpus) -> String {
        let named = Path::new(&corpus.name).file_stem().and_then(|stem| stem.to_str());
        let of_corpus = || format!("{}.jsonl", named.filter(|_| !corpus.name.contains(' ')).unwrap_or("corpus"));
        self.written.clone().unwrap_or_else(of_corpus)
    }
}
