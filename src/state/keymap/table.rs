//! The bindings, section by section.

use super::{Binding, Chord, Key, Section, alt, ctrl, plain};
use crate::state::action::LessonAction;
use crate::state::compare::Verdict;
use crate::state::{Action, Edit, Mode, Screen};

pub(super) fn bind<const N: usize>(chords: [Chord; N], action: Action, help: &'static str) -> Binding {
    Binding { chords: chords.to_vec(), action, help }
}

pub(super) fn edit<const N: usize>(chords: [Chord; N], edit: Edit, help: &'static str) -> Binding {
    bind(chords, Action::Edit(edit), help)
}

pub(super) fn ranking_keys() -> Section {
    let mut bindings =
        vec![bind([plain(Key::Tab), plain(Key::BackTab)], Action::SwapBackend, "rank with the other backend")];
    bindings.extend(moving());
    bindings.extend([
        bind([alt(Key::Down), ctrl(Key::Down)], Action::GrowTopK, "one row more: k + 1"),
        bind([alt(Key::Up), ctrl(Key::Up)], Action::ShrinkTopK, "one row less: k − 1"),
        bind([ctrl(Key::Char('t'))], Action::ToggleAll, "all rows, or the top k"),
        bind([plain(Key::Function(2))], Action::SwapBarScale, "bars: cosine 0–1, this query's spread, percentile"),
        bind([plain(Key::Function(4))], Action::ToggleExplanation, "the explanation alone, or the rows"),
    ]);
    bindings.extend(anywhere());
    Section { title: "ranking", bindings }
}

pub(super) fn explanation_keys() -> Section {
    let bindings = vec![
        bind([plain(Key::Function(7))], Action::NextPage, "the next part of the explanation"),
        bind([ctrl(Key::Char('g'))], Action::AskWords, "ask a server for the query without each word"),
    ];
    Section { title: "explanation", bindings }
}

/// What goes up and down a ranking.
pub(super) fn moving() -> [Binding; 6] {
    [
        bind([plain(Key::Down)], Action::SelectNext, "select the next sentence"),
        bind([plain(Key::Up)], Action::SelectPrevious, "select the one before"),
        bind([plain(Key::PageDown)], Action::SelectPageDown, "a page down"),
        bind([plain(Key::PageUp)], Action::SelectPageUp, "a page up"),
        bind([ctrl(Key::Home)], Action::SelectFirst, "to the first"),
        bind([ctrl(Key::End)], Action::SelectLast, "to the last"),
    ]
}

/// What can be done with a sentence and with backends on every screen.
pub(super) fn anywhere() -> [Binding; 4] {
    [
        bind([plain(Key::Enter)], Action::UseSelected, "take the selected sentence as the query"),
        bind([plain(Key::Function(5))], Action::Copy, "copy the sentence; Shift+drag marks any text"),
        bind([ctrl(Key::Char('x'))], Action::Stop, "stop fetching a model or embedding the corpus"),
        bind([ctrl(Key::Char('r'))], Action::Retry, "go on, or try again what failed"),
    ]
}

pub(super) fn pipeline_keys() -> Section {
    let mut bindings = vec![
        bind([plain(Key::Tab)], Action::NextStage, "the next column"),
        bind([plain(Key::BackTab)], Action::PreviousStage, "the column before"),
        bind([plain(Key::Function(7))], Action::ToggleStage, "switch this stage on or off"),
        bind([plain(Key::Function(8))], Action::NextParam, "the next parameter of this stage"),
        bind([alt(Key::Up), ctrl(Key::Up)], Action::RaiseParam, "raise the parameter"),
        bind([alt(Key::Down), ctrl(Key::Down)], Action::LowerParam, "lower the parameter"),
        bind([plain(Key::Function(9))], Action::ToggleEvaluation, "measure it on the labelled queries"),
        bind([ctrl(Key::Char('g'))], Action::FetchReranker, "fetch the reranker's model"),
        bind([plain(Key::Function(2))], Action::ToggleNumbers, "how words match: shades or numbers"),
        bind([plain(Key::Function(4))], Action::ToggleExplanation, "the sentence's part alone, or the columns"),
    ];
    bindings.extend(moving());
    bindings.extend(anywhere());
    Section { title: "pipeline", bindings }
}

pub(super) fn compare_keys() -> Section {
    let bindings = vec![
        bind([plain(Key::Function(7))], Action::ToggleDisagreements, "what the two models disagree about most"),
        bind([plain(Key::Function(8))], Action::Repeat, "the same text again: how much do vectors vary?"),
        bind([plain(Key::Function(9))], Action::ToggleBlind, "blind: hide the names and vote, or show them"),
        bind([ctrl(Key::Char('s'))], Action::SaveVotes, "write the votes to a file"),
    ];
    Section { title: "compare", bindings }
}

pub(super) fn vote_keys() -> Section {
    let bindings = vec![
        bind([alt(Key::Char('l'))], Action::Vote(Verdict::Left), "the left column is better"),
        bind([alt(Key::Char('r'))], Action::Vote(Verdict::Right), "the right column is better"),
        bind([alt(Key::Char('t'))], Action::Vote(Verdict::Tie), "they are as good as each other"),
        bind([alt(Key::Char('n'))], Action::Vote(Verdict::BothBad), "neither is good"),
    ];
    Section { title: "vote", bindings }
}

pub(super) fn list_keys(mode: Mode) -> Section {
    let (leave, key) = match mode {
        Mode::Choosing => (Action::ToggleChooser, 6),
        Mode::Evaluation => (Action::ToggleEvaluation, 9),
        _ => (Action::ToggleDisagreements, 7),
    };
    let mut bindings = vec![
        bind([plain(Key::Enter)], Action::Choose, "take it"),
        bind([plain(Key::Esc), plain(Key::Function(key)), plain(Key::Char('q'))], leave, "close"),
    ];
    bindings.extend(scrolling());
    bindings.extend(everywhere());
    Section { title: "list", bindings }
}

/// What works in every mode.
pub(super) fn everywhere() -> [Binding; 3] {
    [
        bind([ctrl(Key::Char('l'))], Action::Redraw, "draw the screen anew"),
        bind([ctrl(Key::Char('z'))], Action::Suspend, "back to the shell; fg returns"),
        bind([ctrl(Key::Char('c')), ctrl(Key::Char('q'))], Action::Quit, "quit"),
    ]
}

/// What moves in whatever is open.
pub(super) fn scrolling() -> [Binding; 4] {
    [
        bind([plain(Key::Down)], Action::Scroll(1), "down"),
        bind([plain(Key::Up)], Action::Scroll(-1), "up"),
        bind([plain(Key::PageDown)], Action::Scroll(10), "a page down"),
        bind([plain(Key::PageUp)], Action::Scroll(-10), "a page up"),
    ]
}

pub(super) fn query_keys() -> Section {
    let bindings = [
        bind([ctrl(Key::Char('p'))], Action::HistoryPrevious, "the query before"),
        bind([ctrl(Key::Char('n'))], Action::HistoryNext, "the query after"),
        bind([plain(Key::Esc)], Action::Dismiss, "empty the query"),
    ];
    let bindings = bindings.into_iter().chain(line_keys()).collect();
    Section { title: "query", bindings }
}

/// What edits a line of text.
pub(super) fn line_keys() -> [Binding; 12] {
    [
        edit([plain(Key::Left), ctrl(Key::Char('b'))], Edit::Left, "a character back"),
        edit([plain(Key::Right), ctrl(Key::Char('f'))], Edit::Right, "a character on"),
        edit([ctrl(Key::Left), alt(Key::Left), alt(Key::Char('b'))], Edit::WordLeft, "a word back"),
        edit([ctrl(Key::Right), alt(Key::Right), alt(Key::Char('f'))], Edit::WordRight, "a word on"),
        edit([plain(Key::Home), ctrl(Key::Char('a'))], Edit::Start, "to the start"),
        edit([plain(Key::End), ctrl(Key::Char('e'))], Edit::End, "to the end"),
        edit([plain(Key::Backspace), ctrl(Key::Char('h'))], Edit::DeleteLeft, "delete the character before"),
        edit([plain(Key::Delete), ctrl(Key::Char('d'))], Edit::DeleteRight, "delete the character after"),
        edit(
            [ctrl(Key::Char('w')), alt(Key::Backspace), ctrl(Key::Backspace)],
            Edit::DeleteWordLeft,
            "delete the word before",
        ),
        edit([alt(Key::Char('d')), ctrl(Key::Delete)], Edit::DeleteWordRight, "delete the word after"),
        edit([ctrl(Key::Char('u'))], Edit::DeleteToStart, "delete to the start"),
        edit([ctrl(Key::Char('k'))], Edit::DeleteToEnd, "delete to the end"),
    ]
}

pub(super) fn program_keys() -> Section {
    let mut bindings = vec![
        bind([alt(Key::Char('1'))], Action::ShowScreen(Screen::Search), "one ranking, explained"),
        bind([alt(Key::Char('2'))], Action::ShowScreen(Screen::Compare), "two backends side by side"),
        bind([alt(Key::Char('3'))], Action::ShowScreen(Screen::Pipeline), "dense, BM25, hybrid, rerank"),
        bind([alt(Key::Char('4'))], Action::ShowScreen(Screen::Map), "the corpus in two dimensions"),
        bind([alt(Key::Char('5'))], Action::ShowScreen(Screen::Lab), "pitfalls as switches"),
        bind([alt(Key::Char('6'))], Action::ShowScreen(Screen::Learn), "guided lessons"),
        bind([ctrl(Key::Char('o'))], Action::Lesson(LessonAction::Skip), "in a lesson: go on, or skip"),
        bind([alt(Key::Char('i'))], Action::Lesson(LessonAction::Hint), "in a lesson: a hint"),
        bind([alt(Key::Char('p'))], Action::Lesson(LessonAction::Present), "larger, for a room; and back"),
        bind([plain(Key::Function(6))], Action::ToggleChooser, "choose among all backends"),
        bind([plain(Key::Function(1))], Action::ToggleHelp, "these keys (? on an empty query)"),
        bind([plain(Key::Function(3))], Action::SwapAppearance, "dark or light colours (not under NO_COLOR)"),
    ];
    bindings.extend(everywhere());
    Section { title: "program", bindings }
}

pub(super) fn help_keys() -> Section {
    let mut bindings = vec![bind(
        [plain(Key::Esc), plain(Key::Function(1)), plain(Key::Char('?')), plain(Key::Char('q')), plain(Key::Enter)],
        Action::ToggleHelp,
        "close",
    )];
    bindings.extend(scrolling());
    bindings.extend(everywhere());
    Section { title: "keys", bindings }
}

pub(super) fn consent_keys() -> Section {
    let mut bindings = vec![
        // Not a letter: the question may come up between two keys of a query.
        bind([ctrl(Key::Char('y'))], Action::Confirm, "send it"),
        bind(
            [plain(Key::Char('n')), plain(Key::Char('N')), plain(Key::Esc), plain(Key::Tab)],
            Action::Decline,
            "send nothing",
        ),
    ];
    bindings.extend(everywhere());
    Section { title: "question", bindings }
}
