//! What keys do to the corpus.

use super::table::{bind, everywhere, line_keys};
use super::{Key, Section, alt, ctrl, plain};
use crate::state::Action;
use crate::state::editor::CorpusAction;

pub(super) fn corpus_keys() -> Section {
    let corpus = Action::Corpus;
    let bindings = vec![
        bind([alt(Key::Char('o'))], corpus(CorpusAction::Open), "what is open; open another corpus"),
        bind([alt(Key::Char('a'))], corpus(CorpusAction::Add), "add a sentence"),
        bind([alt(Key::Char('e'))], corpus(CorpusAction::Rewrite), "edit the selected sentence"),
        bind([alt(Key::Char('x'))], corpus(CorpusAction::Remove), "delete the selected sentence"),
        bind([alt(Key::Char('z'))], corpus(CorpusAction::Undo), "take the last change back"),
        bind([alt(Key::Char('w'))], corpus(CorpusAction::Save), "save the corpus as a file"),
    ];
    Section { title: "corpus", bindings }
}

/// What keys do while a line for the corpus is written.
pub(super) fn line_of_corpus_keys() -> Section {
    let corpus = Action::Corpus;
    let mut bindings = vec![
        bind([plain(Key::Enter)], corpus(CorpusAction::Submit), "do it"),
        bind([plain(Key::Esc), alt(Key::Char('o'))], corpus(CorpusAction::Close), "leave it"),
        bind([plain(Key::Tab)], corpus(CorpusAction::Complete), "complete the name of a file"),
        bind([ctrl(Key::Char('g'))], corpus(CorpusAction::OpenBundled), "back to the bundled corpus"),
    ];
    bindings.extend(line_keys());
    bindings.extend(everywhere());
    Section { title: "corpus", bindings }
}
