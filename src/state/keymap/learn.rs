//! What keys do on the Learn screen, in a lesson, and before a room.

use super::table::{bind, everywhere};
use super::{Key, Section, alt, ctrl, plain};
use crate::state::Action;
use crate::state::action::LessonAction;

/// The list of lessons.
pub(super) fn learn_keys() -> Section {
    let bindings = vec![
        bind([plain(Key::Enter)], Action::Lesson(LessonAction::Open), "open the selected lesson"),
        bind([plain(Key::Down), plain(Key::PageDown)], Action::Lesson(LessonAction::SelectNext), "the next lesson"),
        bind([plain(Key::Up), plain(Key::PageUp)], Action::Lesson(LessonAction::SelectPrevious), "the lesson before"),
        bind([plain(Key::Tab), plain(Key::BackTab)], Action::SwapBackend, "rank with the other backend"),
        bind([ctrl(Key::Char('x'))], Action::Stop, "stop fetching a model or embedding the corpus"),
        bind([ctrl(Key::Char('r'))], Action::Retry, "go on, or try again what failed"),
    ];
    Section { title: "learn", bindings }
}

/// A lesson that has the keys. Those of a clicker are among them.
pub(super) fn lesson_keys() -> Section {
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
        bind([plain(Key::Function(2))], Action::SwapBarScale, "bars: cosine 0–1, this query's spread, percentile"),
        bind([plain(Key::Function(3))], Action::SwapAppearance, "dark or light colours (not under NO_COLOR)"),
        bind([plain(Key::Function(4))], Action::ToggleExplanation, "the explanation alone, or the rows"),
        bind([plain(Key::Function(1)), plain(Key::Char('?'))], Action::ToggleHelp, "these keys"),
    ];
    bindings.extend(everywhere());
    Section { title: "lesson", bindings }
}

/// A room, while the query is typed.
pub(super) fn room_keys() -> Section {
    let bindings = vec![
        bind([plain(Key::Enter), plain(Key::PageDown)], Action::Lesson(LessonAction::GoOn), "reveal the order"),
        bind([plain(Key::PageUp)], Action::Lesson(LessonAction::GoBack), "hold it back again"),
        bind([plain(Key::Tab), plain(Key::BackTab)], Action::SwapBackend, "rank with the other backend"),
        bind([plain(Key::Down)], Action::SelectNext, "select the next sentence"),
        bind([plain(Key::Up)], Action::SelectPrevious, "select the one before"),
    ];
    Section { title: "room", bindings }
}

/// A room, from the moment on in which something is revealed. What is typed then begins another query.
pub(super) fn presenting_keys() -> Section {
    let bindings = vec![
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
    Section { title: "room", bindings }
}
