//! What keys do on the Learn screen, in a lesson, and before a room.

use super::table::{bind, edit, everywhere};
use super::{Binding, Key, Place, Section, alt, ctrl, plain};
use crate::state::action::LessonAction;
use crate::state::{Action, Edit};

/// The list of lessons.
pub(super) fn learn_keys() -> Section {
    let bindings = vec![
        bind([plain(Key::Enter)], Action::Lesson(LessonAction::Open), "open the selected lesson"),
        bind([plain(Key::Down), plain(Key::PageDown)], Action::Lesson(LessonAction::SelectNext), "the next lesson"),
        bind([plain(Key::Up), plain(Key::PageUp)], Action::Lesson(LessonAction::SelectPrevious), "the lesson before"),
        bind([plain(Key::Tab), plain(Key::BackTab)], Action::SwapBackend, "rank with the other backend"),
    ];
    Section { title: "learn", bindings: bindings.into_iter().chain(work()).collect() }
}

/// What stops the work of a backend, and has it go on.
fn work() -> [Binding; 2] {
    [
        bind([ctrl(Key::Char('x'))], Action::Stop, "stop fetching a model or embedding the corpus"),
        bind([ctrl(Key::Char('r'))], Action::Retry, "go on, or try again what failed"),
    ]
}

/// A lesson that has the keys. Those of a clicker are among them.
pub(super) fn lesson_keys(place: Place) -> Section {
    let mut bindings = vec![
        bind(
            [plain(Key::Enter), plain(Key::Char(' ')), plain(Key::PageDown), plain(Key::Right)],
            Action::Lesson(LessonAction::GoOn),
            "predict what is selected; go on",
        ),
        bind([plain(Key::PageUp), plain(Key::Left)], Action::Lesson(LessonAction::GoBack), "go back"),
        bind([plain(Key::Down)], Action::Lesson(LessonAction::SelectNext), "the next choice, sentence or row"),
        bind([plain(Key::Up)], Action::Lesson(LessonAction::SelectPrevious), "the one before"),
        bind([plain(Key::Char('1'))], Action::Lesson(LessonAction::Pick(0)), "the first choice"),
        bind([plain(Key::Char('2'))], Action::Lesson(LessonAction::Pick(1)), "the second"),
        bind([plain(Key::Char('3'))], Action::Lesson(LessonAction::Pick(2)), "the third"),
        bind([plain(Key::Char('4'))], Action::Lesson(LessonAction::Pick(3)), "the fourth"),
        bind([ctrl(Key::Char('o'))], Action::Lesson(LessonAction::Skip), "go on without a prediction"),
        bind([plain(Key::Esc)], Action::Lesson(LessonAction::Leave), "leave the lesson; the place is kept"),
        bind([alt(Key::Char('p'))], Action::Lesson(LessonAction::Present), "larger, for a room; and back"),
        bind([plain(Key::Function(3))], Action::SwapAppearance, "dark or light colours (not under NO_COLOR)"),
        bind([plain(Key::Function(4))], Action::ToggleExplanation, "the explanation alone, or the rows"),
        bind([plain(Key::Function(6))], Action::ToggleChooser, "choose among all backends"),
        bind([plain(Key::Function(1)), plain(Key::Char('?'))], Action::ToggleHelp, "these keys"),
    ];
    bindings.extend(looking(place));
    bindings.extend(work());
    bindings.extend(everywhere());
    Section { title: "lesson", bindings }
}

/// What else there is to see on the screen that a lesson talks about.
fn looking(place: Place) -> Vec<Binding> {
    let (f2, f7, f9, ask) = (Key::Function(2), Key::Function(7), Key::Function(9), ctrl(Key::Char('g')));
    match place {
        Place::Search => vec![
            bind([plain(f2)], Action::SwapBarScale, "bars: cosine 0–1, this query's spread, percentile"),
            bind([plain(f7)], Action::NextPage, "the next part of the explanation"),
            bind([ask], Action::AskWords, "ask a server for the query without each word"),
        ],
        Place::Pipeline => vec![
            bind([plain(f2)], Action::ToggleNumbers, "how words match: shades or numbers"),
            bind([plain(f9)], Action::ToggleEvaluation, "measure it on the labelled queries"),
            bind([ask], Action::FetchReranker, "fetch the reranker's model"),
        ],
        Place::Room | Place::Compare | Place::Blind | Place::Map | Place::Lab | Place::Learn | Place::Task(_) => {
            Vec::new()
        }
    }
}

/// What a lesson does while the query line has the text, for there is something to try.
pub(super) fn task_keys() -> Section {
    let lesson = Action::Lesson;
    let bindings = vec![
        bind([plain(Key::Enter), plain(Key::PageDown)], lesson(LessonAction::GoOn), "go on, once the task is done"),
        bind([plain(Key::PageUp)], lesson(LessonAction::GoBack), "back to the three sentences"),
        bind([ctrl(Key::Char('o'))], lesson(LessonAction::Skip), "go on without having done it"),
        bind([alt(Key::Char('i'))], lesson(LessonAction::Hint), "a hint, and another"),
        bind([plain(Key::Esc)], Action::Dismiss, "empty the query, then leave; the place is kept"),
    ];
    Section { title: "lesson", bindings }
}

/// A room, while the query is typed.
pub(super) fn room_keys() -> Section {
    let mut bindings = vec![
        bind([plain(Key::PageDown), plain(Key::Enter)], Action::Lesson(LessonAction::GoOn), "reveal the order"),
        bind([plain(Key::PageUp)], Action::Lesson(LessonAction::GoBack), "hold it back again"),
        bind([plain(Key::Tab), plain(Key::BackTab)], Action::SwapBackend, "rank with the other backend"),
        bind([plain(Key::Down)], Action::SelectNext, "select the next sentence"),
        bind([plain(Key::Up)], Action::SelectPrevious, "select the one before"),
    ];
    bindings.extend(work());
    Section { title: "room", bindings }
}

/// A room, from the moment on in which something is revealed. What is typed then begins another query.
pub(super) fn presenting_keys() -> Section {
    let mut bindings = vec![
        bind(
            [plain(Key::PageDown), plain(Key::Enter), plain(Key::Char(' ')), plain(Key::Right)],
            Action::Lesson(LessonAction::GoOn),
            "reveal the scores",
        ),
        bind([plain(Key::PageUp), plain(Key::Left)], Action::Lesson(LessonAction::GoBack), "hold back again"),
        bind([plain(Key::Tab), plain(Key::BackTab)], Action::SwapBackend, "rank with the other backend"),
        bind([plain(Key::Down)], Action::SelectNext, "select the next sentence"),
        bind([plain(Key::Up)], Action::SelectPrevious, "select the one before"),
        bind([plain(Key::Esc)], Action::Dismiss, "empty the query, for another"),
    ];
    bindings.extend(changes_of_the_query());
    bindings.extend(work());
    Section { title: "room", bindings }
}

/// What makes another query of the one that was revealed.
fn changes_of_the_query() -> [Binding; 5] {
    [
        bind([ctrl(Key::Char('p'))], Action::HistoryPrevious, "the query before"),
        bind([ctrl(Key::Char('n'))], Action::HistoryNext, "the query after"),
        edit([plain(Key::Backspace), ctrl(Key::Char('h'))], Edit::DeleteLeft, "delete the character before"),
        edit(
            [ctrl(Key::Char('w')), alt(Key::Backspace), ctrl(Key::Backspace)],
            Edit::DeleteWordLeft,
            "delete the word before",
        ),
        edit([ctrl(Key::Char('u'))], Edit::DeleteToStart, "delete to the start"),
    ]
}
