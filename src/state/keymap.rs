//! Which key does what: the one table that the program and its list of keys are both made of.

use std::fmt;

use super::compare::Verdict;
use super::{Action, Edit, Mode, Screen};

/// A key of the keyboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Key {
    /// A character, as it would be typed.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab, which terminals send as a key of its own.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// F1 to F12.
    Function(u8),
}

/// A key with the modifiers that are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Chord {
    /// Control is held.
    pub ctrl: bool,
    /// Alt is held.
    pub alt: bool,
    /// The key itself.
    pub key: Key,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The keys, any of which does it; the first is the one to show where there is room for one.
    pub chords: Vec<Chord>,
    /// What it does.
    pub action: Action,
    /// The same in a few words.
    pub help: &'static str,
}

/// Bindings that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What they are about.
    pub title: &'static str,
    /// In the order in which a person would look for them.
    pub bindings: Vec<Binding>,
}

const fn plain(key: Key) -> Chord {
    Chord { ctrl: false, alt: false, key }
}

const fn ctrl(key: Key) -> Chord {
    Chord { ctrl: true, alt: false, key }
}

const fn alt(key: Key) -> Chord {
    Chord { ctrl: false, alt: true, key }
}

/// What the query line stands over, on which depends what keys beside those for text do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The Search screen.
    Search,
    /// The Compare screen.
    Compare,
    /// The Compare screen with its columns unlabelled, waiting for a vote.
    Blind,
    /// The Pipeline screen.
    Pipeline,
}

/// Everything that keys do in a mode at a place.
#[must_use]
pub fn sections(mode: Mode, place: Place) -> Vec<Section> {
    match (mode, place) {
        (Mode::Typing, Place::Search) => vec![ranking_keys(), query_keys(), program_keys()],
        (Mode::Typing, Place::Compare) => vec![compare_keys(), ranking_keys(), query_keys(), program_keys()],
        (Mode::Typing, Place::Blind) => {
            vec![vote_keys(), compare_keys(), ranking_keys(), query_keys(), program_keys()]
        }
        (Mode::Typing, Place::Pipeline) => vec![pipeline_keys(), query_keys(), program_keys()],
        (Mode::Help, _) => vec![help_keys()],
        (Mode::Consent, _) => vec![consent_keys()],
        (Mode::Choosing | Mode::Disagreements | Mode::Evaluation, _) => vec![list_keys(mode)],
    }
}

/// How many lines the list of the keys that work while typing has: titles and blank lines between sections included.
#[must_use]
pub fn help_lines(place: Place) -> usize {
    let sections = sections(Mode::Typing, place);
    sections.iter().map(|section| section.bindings.len() + 2).sum::<usize>().saturating_sub(1)
}

/// What a key does in a mode: a line of the table or, while typing, a character of the query.
#[must_use]
pub fn action(mode: Mode, place: Place, query_is_empty: bool, chord: Chord) -> Option<Action> {
    // `?` is text as soon as there is any.
    if mode == Mode::Typing && query_is_empty && chord == plain(Key::Char('?')) {
        return Some(Action::ToggleHelp);
    }
    let bound =
        sections(mode, place).into_iter().flat_map(|section| section.bindings).find(|b| b.chords.contains(&chord));
    match (bound, chord) {
        (Some(binding), _) => Some(binding.action),
        (None, Chord { ctrl: false, alt: false, key: Key::Char(character) }) if mode == Mode::Typing => {
            Some(Action::Edit(Edit::Insert(character)))
        }
        (None, _) => None,
    }
}

/// The key to show for an action, as it is written on the screen; empty where no key does it.
#[must_use]
pub fn hint(mode: Mode, action: &Action) -> String {
    // Where it works it has the same key everywhere.
    let sections = [Place::Blind, Place::Pipeline].into_iter().flat_map(|place| sections(mode, place));
    let mut bindings = sections.flat_map(|section| section.bindings);
    bindings.find(|binding| binding.action == *action).map(|b| b.chords[0].to_string()).unwrap_or_default()
}

fn bind<const N: usize>(chords: [Chord; N], action: Action, help: &'static str) -> Binding {
    Binding { chords: chords.to_vec(), action, help }
}

fn edit<const N: usize>(chords: [Chord; N], edit: Edit, help: &'static str) -> Binding {
    bind(chords, Action::Edit(edit), help)
}

fn ranking_keys() -> Section {
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

/// What goes up and down a ranking.
fn moving() -> [Binding; 6] {
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
fn anywhere() -> [Binding; 4] {
    [
        bind([plain(Key::Enter)], Action::UseSelected, "take the selected sentence as the query"),
        bind([plain(Key::Function(5))], Action::Copy, "copy the sentence; Shift+drag marks any text"),
        bind([ctrl(Key::Char('x'))], Action::Stop, "stop fetching a model or embedding the corpus"),
        bind([ctrl(Key::Char('r'))], Action::Retry, "go on, or try again what failed"),
    ]
}

fn pipeline_keys() -> Section {
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

fn compare_keys() -> Section {
    let bindings = vec![
        bind([plain(Key::Function(7))], Action::ToggleDisagreements, "what the two models disagree about most"),
        bind([plain(Key::Function(8))], Action::Repeat, "the same text again: how much do vectors vary?"),
        bind([plain(Key::Function(9))], Action::ToggleBlind, "blind: hide the names and vote, or show them"),
        bind([ctrl(Key::Char('s'))], Action::SaveVotes, "write the votes to a file"),
    ];
    Section { title: "compare", bindings }
}

fn vote_keys() -> Section {
    let bindings = vec![
        bind([alt(Key::Char('l'))], Action::Vote(Verdict::Left), "the left column is better"),
        bind([alt(Key::Char('r'))], Action::Vote(Verdict::Right), "the right column is better"),
        bind([alt(Key::Char('t'))], Action::Vote(Verdict::Tie), "they are as good as each other"),
        bind([alt(Key::Char('n'))], Action::Vote(Verdict::BothBad), "neither is good"),
    ];
    Section { title: "vote", bindings }
}

fn list_keys(mode: Mode) -> Section {
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
fn everywhere() -> [Binding; 3] {
    [
        bind([ctrl(Key::Char('l'))], Action::Redraw, "draw the screen anew"),
        bind([ctrl(Key::Char('z'))], Action::Suspend, "back to the shell; fg returns"),
        bind([ctrl(Key::Char('c')), ctrl(Key::Char('q'))], Action::Quit, "quit"),
    ]
}

/// What moves in whatever is open.
fn scrolling() -> [Binding; 4] {
    [
        bind([plain(Key::Down)], Action::Scroll(1), "down"),
        bind([plain(Key::Up)], Action::Scroll(-1), "up"),
        bind([plain(Key::PageDown)], Action::Scroll(10), "a page down"),
        bind([plain(Key::PageUp)], Action::Scroll(-10), "a page up"),
    ]
}

fn query_keys() -> Section {
    let bindings = vec![
        bind([ctrl(Key::Char('p'))], Action::HistoryPrevious, "the query before"),
        bind([ctrl(Key::Char('n'))], Action::HistoryNext, "the query after"),
        bind([plain(Key::Esc)], Action::Dismiss, "empty the query"),
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
    ];
    Section { title: "query", bindings }
}

fn program_keys() -> Section {
    let mut bindings = vec![
        bind([alt(Key::Char('1'))], Action::ShowScreen(Screen::Search), "one ranking, explained"),
        bind([alt(Key::Char('2'))], Action::ShowScreen(Screen::Compare), "two backends side by side"),
        bind([alt(Key::Char('3'))], Action::ShowScreen(Screen::Pipeline), "dense, BM25, hybrid, rerank"),
        bind([plain(Key::Function(6))], Action::ToggleChooser, "choose among all backends"),
        bind([plain(Key::Function(1))], Action::ToggleHelp, "these keys (? on an empty query)"),
        bind([plain(Key::Function(3))], Action::SwapAppearance, "dark or light colours (not under NO_COLOR)"),
    ];
    bindings.extend(everywhere());
    Section { title: "program", bindings }
}

fn help_keys() -> Section {
    let mut bindings = vec![bind(
        [plain(Key::Esc), plain(Key::Function(1)), plain(Key::Char('?')), plain(Key::Char('q')), plain(Key::Enter)],
        Action::ToggleHelp,
        "close",
    )];
    bindings.extend(scrolling());
    bindings.extend(everywhere());
    Section { title: "keys", bindings }
}

fn consent_keys() -> Section {
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

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl+")?;
        }
        if self.alt {
            f.write_str("Alt+")?;
        }
        match self.key {
            Key::Char(character) if self.ctrl || self.alt => write!(f, "{}", character.to_uppercase()),
            Key::Char(character) => write!(f, "{character}"),
            Key::Function(number) => write!(f, "F{number}"),
            Key::Up => f.write_str("↑"),
            Key::Down => f.write_str("↓"),
            Key::Left => f.write_str("←"),
            Key::Right => f.write_str("→"),
            Key::BackTab => f.write_str("Shift+Tab"),
            Key::PageUp => f.write_str("PgUp"),
            Key::PageDown => f.write_str("PgDn"),
            Key::Enter | Key::Esc | Key::Tab | Key::Backspace | Key::Delete | Key::Home | Key::End => {
                write!(f, "{:?}", self.key)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const MODES: [Mode; 6] =
        [Mode::Typing, Mode::Help, Mode::Consent, Mode::Choosing, Mode::Disagreements, Mode::Evaluation];
    const PLACES: [Place; 4] = [Place::Search, Place::Compare, Place::Blind, Place::Pipeline];

    #[test]
    fn no_key_does_two_things_in_one_mode() {
        for (mode, place) in MODES.into_iter().flat_map(|mode| PLACES.map(|place| (mode, place))) {
            let mut seen = HashSet::new();
            for binding in sections(mode, place).iter().flat_map(|section| &section.bindings) {
                for chord in &binding.chords {
                    assert!(seen.insert(*chord), "{chord} is bound twice in {mode:?}");
                }
            }
        }
    }

    #[test]
    fn while_typing_no_character_is_taken_from_the_text() {
        let sections = PLACES.map(|place| sections(Mode::Typing, place)).concat();
        for binding in sections.iter().flat_map(|section| &section.bindings) {
            for chord in &binding.chords {
                assert!(chord.ctrl || chord.alt || !matches!(chord.key, Key::Char(_)), "{chord} is text");
            }
        }
    }

    #[test]
    fn what_a_key_does_is_said_in_as_many_words_as_a_window_of_80_columns_shows() {
        let sections = PLACES.map(|place| sections(Mode::Typing, place)).concat();
        for binding in sections.iter().flat_map(|section| &section.bindings) {
            assert!(binding.help.chars().count() <= 50, "{}", binding.help);
        }
    }

    #[test]
    fn no_key_that_is_pressed_while_typing_says_yes_to_a_question_that_comes_up() {
        let yes = sections(Mode::Consent, Place::Search).into_iter().flat_map(|section| section.bindings);
        let yes: Vec<Chord> = yes.filter(|b| b.action == Action::Confirm).flat_map(|b| b.chords).collect();
        assert!(!yes.is_empty());
        for binding in PLACES.map(|place| sections(Mode::Typing, place)).concat().iter().flat_map(|s| &s.bindings) {
            assert!(binding.chords.iter().all(|chord| !yes.contains(chord)), "{}", binding.help);
        }
    }

    #[test]
    fn every_mode_can_be_left_and_ended() {
        for mode in MODES {
            assert_eq!(action(mode, Place::Search, false, ctrl(Key::Char('c'))), Some(Action::Quit));
            assert_eq!(action(mode, Place::Search, false, ctrl(Key::Char('z'))), Some(Action::Suspend));
            assert!(action(mode, Place::Search, false, plain(Key::Esc)).is_some());
        }
    }

    #[test]
    fn a_question_mark_is_help_only_on_an_empty_query() {
        let question_mark = plain(Key::Char('?'));
        assert_eq!(action(Mode::Typing, Place::Search, true, question_mark), Some(Action::ToggleHelp));
        assert_eq!(action(Mode::Typing, Place::Search, false, question_mark), Some(Action::Edit(Edit::Insert('?'))));
    }

    #[test]
    fn keys_are_written_as_on_a_keyboard() {
        assert_eq!(ctrl(Key::Char('w')).to_string(), "Ctrl+W");
        assert_eq!(alt(Key::Down).to_string(), "Alt+↓");
        assert_eq!(plain(Key::Function(2)).to_string(), "F2");
        assert_eq!(hint(Mode::Typing, &Action::SwapBackend), "Tab");
        assert_eq!(hint(Mode::Help, &Action::SwapBackend), "");
    }
}
