//! Which key does what: the one table that the program and its list of keys are both made of.

use std::fmt;

use super::{Action, Edit, Mode, Screen, State};

mod corpus;
mod filter;
mod lab;
mod learn;
mod map;
mod table;

use corpus::{corpus_keys, line_of_corpus_keys};
use filter::{filter_keys, search_keys};
use lab::lab_keys;
use learn::{learn_keys, lesson_keys, presenting_keys, room_keys, task_keys};
use map::{axes_keys, map_keys};
use table::{
    compare_keys, consent_keys, explanation_keys, help_keys, list_keys, pipeline_keys, program_keys, query_keys,
    ranking_keys, vote_keys,
};

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
    /// Shift is held with a key that types nothing.
    pub shift: bool,
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
    Chord { ctrl: false, alt: false, shift: false, key }
}

const fn shift(key: Key) -> Chord {
    Chord { ctrl: false, alt: false, shift: true, key }
}

const fn ctrl(key: Key) -> Chord {
    Chord { ctrl: true, alt: false, shift: false, key }
}

const fn alt(key: Key) -> Chord {
    Chord { ctrl: false, alt: true, shift: false, key }
}

/// What the query line stands over, on which depends what keys beside those for text do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The Search screen.
    Search,
    /// The Search screen, shown to a room.
    Room,
    /// The Compare screen.
    Compare,
    /// The Compare screen with its columns unlabelled, waiting for a vote.
    Blind,
    /// The Pipeline screen.
    Pipeline,
    /// The Map screen.
    Map,
    /// The Lab screen.
    Lab,
    /// The Learn screen.
    Learn,
    /// A screen below which a lesson has something to try.
    Task(Screen),
}

impl Place {
    /// All of them.
    fn all() -> impl Iterator<Item = Self> {
        let others = [Self::Room, Self::Blind];
        Screen::ALL.into_iter().map(Self::of).chain(others).chain(Screen::ALL.into_iter().map(Self::Task))
    }

    /// What the query line stands over on a screen where nothing else is going on.
    #[must_use]
    pub fn of(screen: Screen) -> Self {
        match screen {
            Screen::Search => Self::Search,
            Screen::Compare => Self::Compare,
            Screen::Pipeline => Self::Pipeline,
            Screen::Map => Self::Map,
            Screen::Lab => Self::Lab,
            Screen::Learn => Self::Learn,
        }
    }
}

impl Section {
    /// What is left of it where another section takes keys first.
    fn without_keys_of(mut self, other: &Self) -> Self {
        let is_taken = |chord: &Chord| other.bindings.iter().any(|binding| binding.chords.contains(chord));
        for binding in &mut self.bindings {
            binding.chords.retain(|chord| !is_taken(chord));
        }
        self.bindings.retain(|binding| !binding.chords.is_empty());
        self
    }
}

/// Everything that keys do in a mode at a place.
#[must_use]
pub fn sections(mode: Mode, place: Place) -> Vec<Section> {
    match (mode, place) {
        (Mode::Typing, Place::Search) => {
            vec![ranking_keys(), search_keys(), explanation_keys(), query_keys(), corpus_keys(), program_keys()]
        }
        (Mode::Typing, Place::Room) => vec![room_keys(), query_keys(), corpus_keys(), program_keys()],
        (Mode::Typing, Place::Compare) => {
            vec![compare_keys(), ranking_keys(), search_keys(), query_keys(), corpus_keys(), program_keys()]
        }
        (Mode::Typing, Place::Blind) => {
            vec![
                vote_keys(),
                compare_keys(),
                ranking_keys(),
                search_keys(),
                query_keys(),
                corpus_keys(),
                program_keys(),
            ]
        }
        (Mode::Typing, Place::Pipeline) => {
            vec![pipeline_keys(), search_keys(), query_keys(), corpus_keys(), program_keys()]
        }
        (Mode::Typing, Place::Map) => vec![map_keys(), search_keys(), query_keys(), corpus_keys(), program_keys()],
        (Mode::Typing, Place::Lab) => vec![lab_keys(), query_keys(), corpus_keys(), program_keys()],
        (Mode::Typing, Place::Learn) => vec![learn_keys(), corpus_keys(), program_keys()],
        (Mode::Typing, Place::Task(screen)) => {
            let task = task_keys();
            let others = sections(mode, Place::of(screen)).into_iter().map(|section| section.without_keys_of(&task));
            std::iter::once(task.clone()).chain(others).collect()
        }
        (Mode::Lesson, _) => vec![lesson_keys(place)],
        (Mode::Presenting, _) => vec![presenting_keys(), program_keys()],
        (Mode::Help, _) => vec![help_keys()],
        (Mode::Consent, _) => vec![consent_keys()],
        (Mode::Axes, _) => vec![axes_keys()],
        (Mode::Filter, _) => vec![filter_keys()],
        (Mode::Corpus, _) => vec![line_of_corpus_keys()],
        (Mode::Choosing | Mode::Disagreements | Mode::Evaluation, _) => vec![list_keys(mode)],
    }
}

/// How many lines the list of the keys that work in a mode has: titles and blank lines between sections included.
#[must_use]
pub fn help_lines(mode: Mode, place: Place) -> usize {
    let sections = sections(mode, place);
    sections.iter().map(|section| section.bindings.len() + 2).sum::<usize>().saturating_sub(1)
}

/// What a key does in a mode: a line of the table or, while typing, a character of the query.
#[must_use]
pub fn action(mode: Mode, place: Place, query_is_empty: bool, chord: Chord) -> Option<Action> {
    // `?` is text as soon as there is any.
    if mode == Mode::Typing && query_is_empty && chord == plain(Key::Char('?')) {
        return Some(Action::ToggleHelp);
    }
    let bindings: Vec<Binding> = sections(mode, place).into_iter().flat_map(|section| section.bindings).collect();
    let find = |chord| bindings.iter().find(|binding| binding.chords.contains(&chord)).cloned();
    // What shift has no meaning for does the same with it.
    let bound = find(chord).or_else(|| find(Chord { shift: false, ..chord }));
    match (bound, chord) {
        (Some(binding), _) => Some(binding.action),
        // A new query for the room begins with its first character.
        (None, Chord { ctrl: false, alt: false, key: Key::Char(character), .. })
            if matches!(mode, Mode::Typing | Mode::Axes | Mode::Filter | Mode::Corpus | Mode::Presenting) =>
        {
            Some(Action::Edit(Edit::Insert(character)))
        }
        (None, _) => None,
    }
}

/// The key to show for an action, as it is written on the screen; empty where no key does it.
#[must_use]
pub fn hint(mode: Mode, action: &Action) -> String {
    // Where it works it has the same key everywhere.
    Place::all().find_map(|place| hint_at(mode, place, action)).unwrap_or_default()
}

/// The same at one place; `None` where no key does it there.
fn hint_at(mode: Mode, place: Place, action: &Action) -> Option<String> {
    let mut bindings = sections(mode, place).into_iter().flat_map(|section| section.bindings);
    bindings.find(|binding| binding.action == *action).map(|binding| binding.chords[0].to_string())
}

impl State {
    /// The key that does something as things stand, as it is written on the screen; `None` where no key does it now.
    #[must_use]
    pub fn key(&self, action: &Action) -> Option<String> {
        hint_at(self.resting_mode(), self.place(), action)
    }
}

impl fmt::Display for Chord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ctrl {
            f.write_str("Ctrl+")?;
        }
        if self.alt {
            f.write_str("Alt+")?;
        }
        if self.shift {
            f.write_str("Shift+")?;
        }
        match self.key {
            Key::Char(' ') => f.write_str("Space"),
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
    use crate::state::action::LessonAction;

    const MODES: [Mode; 11] = [
        Mode::Typing,
        Mode::Help,
        Mode::Consent,
        Mode::Choosing,
        Mode::Disagreements,
        Mode::Evaluation,
        Mode::Axes,
        Mode::Filter,
        Mode::Corpus,
        Mode::Lesson,
        Mode::Presenting,
    ];

    /// What keys do while a query is typed, wherever that is.
    fn while_typing() -> impl Iterator<Item = Binding> {
        Place::all().flat_map(|place| sections(Mode::Typing, place)).flat_map(|section| section.bindings)
    }

    #[test]
    fn no_key_does_two_things_in_one_mode() {
        for (mode, place) in MODES.into_iter().flat_map(|mode| Place::all().map(move |place| (mode, place))) {
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
        for binding in while_typing() {
            for chord in &binding.chords {
                assert!(chord.ctrl || chord.alt || !matches!(chord.key, Key::Char(_)), "{chord} is text");
            }
        }
    }

    #[test]
    fn what_a_key_does_is_said_in_as_many_words_as_a_window_of_80_columns_shows() {
        for binding in while_typing() {
            assert!(binding.help.chars().count() <= 50, "{}", binding.help);
        }
    }

    #[test]
    fn no_key_that_is_pressed_while_typing_says_yes_to_a_question_that_comes_up() {
        let yes = sections(Mode::Consent, Place::Search).into_iter().flat_map(|section| section.bindings);
        let yes: Vec<Chord> = yes.filter(|b| b.action == Action::Confirm).flat_map(|b| b.chords).collect();
        assert!(!yes.is_empty());
        for binding in while_typing() {
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
    fn the_keys_of_a_lesson_come_first_where_it_has_something_to_try() {
        let place = Place::Task(Screen::Pipeline);
        let does = |key| action(Mode::Typing, place, false, key);
        let (on, back) = (Action::Lesson(LessonAction::GoOn), Action::Lesson(LessonAction::GoBack));
        assert_eq!([Key::Enter, Key::PageDown].map(|key| does(plain(key))), [Some(on.clone()), Some(on)]);
        assert_eq!(does(plain(Key::PageUp)), Some(back));
        assert_eq!(does(plain(Key::Tab)), Some(Action::NextStage), "those of the screen stay");
        assert_eq!(sections(Mode::Typing, place)[0].title, "lesson");
        // What brings a backend back works wherever a lesson or a room is in its way.
        for (mode, place) in [(Mode::Lesson, Place::Lab), (Mode::Typing, Place::Room), (Mode::Presenting, Place::Room)]
        {
            for (key, wanted) in [('x', Action::Stop), ('r', Action::Retry)] {
                assert_eq!(action(mode, place, false, ctrl(Key::Char(key))), Some(wanted), "{mode:?}");
            }
        }
        let measure = |place| action(Mode::Lesson, place, false, plain(Key::Function(9)));
        assert_eq!((measure(Place::Pipeline), measure(Place::Search)), (Some(Action::ToggleEvaluation), None));
    }

    #[test]
    fn keys_are_written_as_on_a_keyboard() {
        assert_eq!(ctrl(Key::Char('w')).to_string(), "Ctrl+W");
        assert_eq!(alt(Key::Down).to_string(), "Alt+↓");
        assert_eq!(plain(Key::Function(2)).to_string(), "F2");
        assert_eq!(hint(Mode::Typing, &Action::SwapBackend), "Tab");
        assert_eq!(hint(Mode::Help, &Action::SwapBackend), "");
        assert_eq!(plain(Key::Char(' ')).to_string(), "Space");
    }
}
