//! Another corpus, or the same one changed by hand; and the one place where everything goes that was about the one
//! before.

use std::sync::Arc;
use std::time::Duration;

use crate::corpus::change::Change;
use crate::corpus::{Corpus, Document, DocumentIndex, write};
use crate::engine::Progress;
use crate::engine::index::GraphState;
use crate::state::editor::{Before, CorpusAction, Doubt, Task, Undo};
use crate::state::effect::Origin;
use crate::state::query_line::MAX_QUERY_BYTES;
use crate::state::reply::Written;
use crate::state::{Action, Edit, Effect, Mode, Phase, Screen, Search, State, keymap};

impl State {
    pub(super) fn act_on_corpus(&mut self, action: CorpusAction) -> Vec<Effect> {
        match action {
            CorpusAction::Open => self.write_in_editor(Task::Open, None),
            CorpusAction::Add => self.begin_to_add(),
            CorpusAction::Rewrite => self.begin_to_rewrite(),
            CorpusAction::Remove => return self.remove_selected(),
            CorpusAction::Undo => return self.undo(),
            CorpusAction::Save => {
                let file = self.editor.offered_file(&self.corpus);
                self.write_in_editor(Task::Save, Some(&file));
            }
            CorpusAction::Submit => return self.submit(),
            CorpusAction::Complete => return self.complete(),
            CorpusAction::OpenBundled if self.editor.task == Task::Open => return self.open_corpus(None),
            CorpusAction::OpenBundled => {}
            CorpusAction::Close => self.close_editor(),
        }
        Vec::new()
    }

    fn write_in_editor(&mut self, task: Task, text: Option<&str>) {
        (self.editor.task, self.editor.trouble, self.editor.doubt) = (task, None, None);
        self.editor.line.set(text.unwrap_or_default());
        self.mode = Mode::Corpus;
    }

    fn close_editor(&mut self) {
        (self.editor.trouble, self.editor.doubt) = (None, None);
        self.mode = Mode::Typing;
    }

    /// One step in the line. What was said of the text before goes with it.
    pub(super) fn edit_in_editor(&mut self, edit: Edit) {
        if self.editor.line.edit(edit) {
            (self.editor.trouble, self.editor.doubt) = (None, None);
        }
    }

    /// Several lines are several sentences; anything else goes into the line.
    pub(super) fn paste_in_editor(&mut self, text: &str) -> Vec<Effect> {
        let lines: Vec<&str> = text.split(['\r', '\n']).filter(|line| !line.trim().is_empty()).collect();
        if self.editor.task == Task::Add && lines.len() > 1 {
            let first = format!("{}{}", self.editor.line.text(), lines[0]);
            return self.add(&[&[first.as_str()], &lines[1..]].concat());
        }
        if self.editor.line.insert(text).cut {
            self.editor.trouble = Some(format!("the paste was cut: there is room for {} KiB", MAX_QUERY_BYTES / 1024));
        }
        Vec::new()
    }

    /// Whether the corpus may not be changed now: says why.
    fn refuses_changes(&mut self) -> bool {
        let reason = if self.learn.open.is_some() {
            "the lesson is about the corpus as it is: leave the lesson first"
        } else if self.screen == Screen::Learn {
            "sentences are changed on the other screens: no ranking is seen here"
        } else {
            return false;
        };
        self.notice = Some(reason.into());
        true
    }

    fn begin_to_add(&mut self) {
        if !self.refuses_changes() {
            self.write_in_editor(Task::Add, None);
        }
    }

    /// The selected document, if it may be changed; else says why not.
    fn changeable(&mut self) -> Option<DocumentIndex> {
        if self.refuses_changes() {
            return None;
        }
        let selected = self.selected_document();
        if selected.is_none() {
            self.notice = Some("no sentence is selected".into());
        }
        selected
    }

    fn begin_to_rewrite(&mut self) {
        let Some(document) = self.changeable() else { return };
        let text = self.corpus[document].text.clone();
        if text.len() > MAX_QUERY_BYTES {
            self.notice = Some(format!("too long to edit here: a line has room for {} KiB", MAX_QUERY_BYTES / 1024));
            return;
        }
        self.write_in_editor(Task::Rewrite(document), Some(&text));
    }

    fn remove_selected(&mut self) -> Vec<Effect> {
        let Some(document) = self.changeable() else { return Vec::new() };
        let Document { id, .. } = &self.corpus[document];
        let (id, what) = (id.clone(), format!("deleted {}", with_copies(&self.corpus[document])));
        self.change(Change::remove(document), what, Some(id), None)
    }

    fn submit(&mut self) -> Vec<Effect> {
        let text = self.editor.line.text().trim().to_owned();
        match self.editor.task {
            Task::Open if text.is_empty() => {
                self.editor.trouble = Some("write the name of a file".into());
                Vec::new()
            }
            Task::Open => self.open_corpus(Some(text)),
            Task::Add => self.add(&[text.as_str()]),
            Task::Rewrite(document) => self.rewrite(document, &text),
            Task::Save => self.save_corpus(text),
        }
    }

    fn add(&mut self, texts: &[&str]) -> Vec<Effect> {
        let Some(change) = Change::add(&self.corpus, texts) else {
            self.editor.trouble = Some("write a sentence".into());
            return Vec::new();
        };
        let count = texts.iter().filter(|text| !text.trim().is_empty()).count();
        let what = format!("added {}", counted(count, "sentence"));
        let select = texts.iter().rev().map(|text| text.trim()).find(|text| !text.is_empty()).map(str::to_owned);
        self.close_editor();
        self.change(change, what, None, select)
    }

    fn rewrite(&mut self, document: DocumentIndex, text: &str) -> Vec<Effect> {
        if text.is_empty() {
            let key = keymap::hint(Mode::Typing, &Action::Corpus(CorpusAction::Remove));
            self.editor.trouble = Some(format!("a sentence has a text; {key} deletes it"));
            return Vec::new();
        }
        self.close_editor();
        let before = &self.corpus[document];
        let (id, what) = (before.id.clone(), format!("changed {}", with_copies(before)));
        match Change::rewrite(&self.corpus, document, text) {
            // A line has no tabs: a text that has some was not changed by being shown in one.
            Some(change) if text != before.text.replace(['\t', '\r'], " ").trim() => {
                self.change(change, what, Some(id), Some(text.to_owned()))
            }
            Some(_) | None => {
                self.notice = Some("nothing was changed".into());
                Vec::new()
            }
        }
    }

    /// Changes the corpus. `id` is the document to select when it is taken back, `select` the text to select now.
    fn change(&mut self, change: Change, what: String, id: Option<String>, select: Option<String>) -> Vec<Effect> {
        let mut corpus = Corpus::clone(&self.corpus);
        let before = Before {
            content: self.editor.content,
            bundled: std::mem::take(&mut corpus.bundled),
            vectors: corpus.vectors.take(),
        };
        let back = change.apply(&mut corpus);
        self.editor.renew();
        self.editor.doubt = None;
        let key = keymap::hint(Mode::Typing, &Action::Corpus(CorpusAction::Undo));
        self.notice = Some(format!("{what} ({key} takes it back)"));
        self.editor.undo.push(Undo { back, what, select: id, before });
        let selected = select.and_then(|text| corpus.documents.iter().position(|document| document.text == text));
        self.take_corpus(corpus, Origin::Edited, selected.map(DocumentIndex))
    }

    fn undo(&mut self) -> Vec<Effect> {
        if self.refuses_changes() {
            return Vec::new();
        }
        let Some(Undo { back, what, select, before }) = self.editor.undo.pop() else {
            self.notice = Some("there is no change to take back".into());
            return Vec::new();
        };
        let mut corpus = Corpus::clone(&self.corpus);
        let _ = back.apply(&mut corpus);
        (corpus.bundled, corpus.vectors) = (before.bundled, before.vectors);
        self.editor.content = before.content;
        self.notice = Some(format!("taken back: {what}"));
        let selected = select.and_then(|id| corpus.documents.iter().position(|document| document.id == id));
        self.take_corpus(corpus, Origin::Edited, selected.map(DocumentIndex))
    }

    /// Reads another corpus, the bundled one for `None`.
    fn open_corpus(&mut self, name: Option<String>) -> Vec<Effect> {
        if self.learn.open.is_some() {
            self.mode = Mode::Typing;
            self.notice = Some("the lesson is about the corpus as it is: leave the lesson first".into());
            return Vec::new();
        }
        if self.editor.is_unsaved() && !self.editor.is_sure(Doubt::Changes(name.clone())) {
            let again = if name.is_some() { CorpusAction::Submit } else { CorpusAction::OpenBundled };
            let (again, save) = (
                keymap::hint(Mode::Corpus, &Action::Corpus(again)),
                keymap::hint(Mode::Typing, &Action::Corpus(CorpusAction::Save)),
            );
            self.editor.trouble = Some(format!("changes are not saved: {again} again drops them; Esc, {save} saves"));
            return Vec::new();
        }
        self.editor.trouble = None;
        self.editor.reading = Some(name.clone().unwrap_or_else(|| "the bundled corpus".into()));
        self.editor.reading_over = self.edition;
        vec![Effect::ReadCorpus(name)]
    }

    /// Another corpus was read, or could not be.
    pub(super) fn corpus_read(&mut self, result: Result<Arc<Corpus>, String>) -> Vec<Effect> {
        let Some(name) = self.editor.reading.take() else { return Vec::new() };
        if self.editor.reading_over != self.edition {
            self.notice = Some(format!("{name} was not opened: the corpus was changed meanwhile"));
            return Vec::new();
        }
        let corpus = match result {
            Ok(corpus) => corpus,
            Err(message) => {
                if self.mode == Mode::Corpus && self.editor.task == Task::Open {
                    self.editor.trouble = Some(message);
                } else {
                    self.notice = Some(message);
                }
                return Vec::new();
            }
        };
        if self.mode == Mode::Corpus {
            self.close_editor();
        }
        self.editor.forget();
        let skipped = match corpus.skipped.rows {
            0 => String::new(),
            rows => format!(", {} skipped", counted(rows, "row")),
        };
        let sentences = counted(corpus.documents.len(), "sentence");
        self.notice = Some(format!("{}: {sentences}{skipped}", corpus.name));
        self.take_corpus(corpus, Origin::Opened, None)
    }

    fn save_corpus(&mut self, name: String) -> Vec<Effect> {
        if let Err(reason) = write::format_of(&name) {
            self.editor.trouble = Some(reason.into());
            return Vec::new();
        }
        let replace = self.editor.doubt == Some(Doubt::File(name.clone()));
        self.editor.trouble = None;
        self.editor.writing = Some((name.clone(), self.editor.content));
        vec![Effect::WriteCorpus { name, replace, corpus: Arc::clone(&self.corpus) }]
    }

    /// A corpus was written to a file, or was not.
    pub(super) fn corpus_written(&mut self, written: Written) -> Vec<Effect> {
        let Some((name, content)) = self.editor.writing.take() else { return Vec::new() };
        let in_place = self.mode == Mode::Corpus && self.editor.task == Task::Save;
        let trouble = match written {
            Written::Whole(rows) => {
                (self.editor.saved, self.editor.written) = (content, Some(name.clone()));
                if in_place {
                    self.close_editor();
                }
                let loses =
                    if write::loses(&name, &self.corpus) { ": texts alone, without ids and the rest" } else { "" };
                self.notice = Some(format!("{} written to {name}{loses}", counted(rows, "sentence")));
                return Vec::new();
            }
            Written::Exists => {
                let key = keymap::hint(Mode::Corpus, &Action::Corpus(CorpusAction::Submit));
                self.editor.doubt = Some(Doubt::File(name.clone()));
                format!("{name} is there already: {key} again replaces it")
            }
            Written::Failed(message) => message,
        };
        if in_place {
            self.editor.trouble = Some(trouble);
        } else {
            self.notice = Some(trouble);
        }
        Vec::new()
    }

    fn complete(&mut self) -> Vec<Effect> {
        match self.editor.task {
            Task::Open | Task::Save => vec![Effect::CompleteName(self.editor.line.text().to_owned())],
            Task::Add | Task::Rewrite(_) => Vec::new(),
        }
    }

    /// The name of a file was completed as far as there is one way to go on.
    pub(super) fn name_completed(&mut self, name: &str, completed: &str, others: &[String]) -> Vec<Effect> {
        if self.mode == Mode::Corpus && self.editor.line.text() == name {
            self.editor.line.set(completed);
            self.editor.doubt = None;
            self.editor.trouble = match others {
                [] if completed == name => Some("no file begins like this".into()),
                [] => None,
                others => Some(others.join("  ")),
            };
        }
        Vec::new()
    }

    /// Ends the program; where changes would be lost, only when asked for a second time.
    pub(super) fn quit(&mut self) -> Vec<Effect> {
        if !self.editor.is_unsaved() || self.editor.is_sure(Doubt::Quit) {
            return vec![Effect::Quit];
        }
        let save = keymap::hint(Mode::Typing, &Action::Corpus(CorpusAction::Save));
        let quit = keymap::hint(Mode::Typing, &Action::Quit);
        self.notice = Some(format!("changes of the corpus are not saved: {save} saves them, {quit} again quits"));
        Vec::new()
    }

    /// Puts a corpus in the place of the one before, and drops what is known of that. The query stays and is ranked anew.
    /// `selected` is the document to select; without it the same row stays selected.
    fn take_corpus(
        &mut self,
        corpus: impl Into<Arc<Corpus>>,
        origin: Origin,
        selected: Option<DocumentIndex>,
    ) -> Vec<Effect> {
        let corpus = corpus.into();
        self.edition.0 += 1;
        self.corpus = Arc::clone(&corpus);
        let documents = corpus.documents.len();
        let used = self.used();
        for number in 0..self.panels.len() {
            let ticket = self.next_ticket();
            let panel = &mut self.panels[number];
            panel.ticket = ticket;
            (panel.ranking, panel.neighbours, panel.vectors, panel.vectors_asked) = (None, None, None, 0);
            (panel.recall, panel.graph) = (None, GraphState::default());
            (panel.search, panel.retry, panel.takes_corpus) = (Search::Idle, None, true);
            let is_used = used.iter().any(|backend| backend.0 == number);
            panel.phase = match std::mem::replace(&mut panel.phase, Phase::Closed) {
                // What nobody looks at is given the corpus when somebody does.
                Phase::Embedding(_) | Phase::Stopped { .. } | Phase::Ready | Phase::AwaitingConsent(_) if !is_used => {
                    Phase::Closed
                }
                // The question was about the corpus before.
                Phase::AwaitingConsent(_) => Phase::Opening,
                Phase::Stopped { .. } if origin == Origin::Opened => {
                    Phase::Embedding(Progress { total: documents, ..Progress::default() })
                }
                phase => phase,
            };
        }
        if self.mode == Mode::Consent || matches!((self.mode, self.editor.task), (Mode::Corpus, Task::Rewrite(_))) {
            self.mode = Mode::Typing;
        }
        (self.baseline, self.settled, self.evaluation) = (None, None, None);
        self.search.selection = None;
        let ticket = self.next_ticket();
        self.compare.forget_corpus(origin);
        self.pipeline.forget_corpus(ticket);
        self.map.take_corpus(&corpus);
        self.lab.forget_corpus();
        self.why.forget_corpus();
        self.list.take_corpus(documents);
        self.follow = selected;
        self.pipeline.followed = selected.filter(|_| self.screen == Screen::Pipeline);
        if selected.is_none() {
            self.list.select(self.list.selected, documents);
        }
        self.follow_selection();
        let mut effects = vec![Effect::TakeCorpus { edition: self.edition, corpus, origin }];
        let waits = !self.query.is_blank() && self.wants_vectors();
        for backend in self.visible().into_iter().filter(|_| waits) {
            effects.extend(self.request_search(backend, Duration::ZERO));
        }
        effects
    }
}

fn counted(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}

/// A document by its id, with how many others go with it.
fn with_copies(document: &Document) -> String {
    let name = format!("sentence {}", document.id);
    match document.copies() {
        1 => name,
        copies => format!("{name} and all {copies} copies of it"),
    }
}
