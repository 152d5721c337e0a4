//! What the Learn screen knows: guided lessons, which of them are done, and the one that is open; and how far a room is
//! shown what is on the screen.

use super::BarScale;
use super::lab::Switches;
use crate::engine::Stage;
use crate::engine::pipeline::Settings;
use crate::lesson::{Lesson, Progress, Step};

/// What the Learn screen knows.
#[derive(Debug, Default)]
pub struct Learn {
    /// The lessons, in order.
    pub lessons: Vec<Lesson>,
    /// Which steps are done.
    pub progress: Progress,
    /// The selected line of the list.
    pub selected: usize,
    /// The lesson that is open.
    pub open: Option<OpenLesson>,
    /// The lesson that was left last, to be gone on with.
    pub(super) left: Option<OpenLesson>,
    /// Whether the screen is one for a room.
    pub presenting: Presenting,
    /// What a person had set before the lesson.
    pub(super) before: Option<Before>,
    /// What is done but not known to be written yet.
    pub(super) unkept: Progress,
    /// The query that the room saw revealed: another one is held back again.
    pub(super) revealed_for: String,
}

/// Where a person is in a lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenLesson {
    /// Its place in [`Learn::lessons`].
    pub lesson: usize,
    /// The step, from 0.
    pub step: usize,
    /// The part of the step.
    pub part: Part,
    /// The choice that is selected.
    pub choice: usize,
    /// The choice that was predicted; `None` where the person went on without.
    pub predicted: Option<usize>,
    /// The sentence of the explanation that is on top, where not all of them find room.
    pub sentence: usize,
    /// How many hints are shown.
    pub hints: usize,
    /// Whether the task was done.
    pub solved: bool,
}

/// What a lesson sets otherwise while it is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Before {
    pub(super) pipeline: Settings,
    pub(super) focus: Stage,
    pub(super) switches: Switches,
    pub(super) bar_scale: BarScale,
    pub(super) top_k: usize,
}

/// The parts of a step, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// What will the ranking be? It is held back.
    Predict,
    /// The ranking, and whether the prediction held.
    Reveal,
    /// Why.
    Explain,
    /// The person tries something.
    Try,
}

/// What a room sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Presenting {
    /// There is no room: the screen is that of one person.
    #[default]
    Off,
    /// The query, and how many sentences are held back.
    Held,
    /// The sentences in their order.
    Order,
    /// And their scores.
    Scores,
}

impl OpenLesson {
    /// At the start of a step.
    #[must_use]
    pub fn at(lesson: usize, step: usize) -> Self {
        Self { lesson, step, part: Part::Predict, choice: 0, predicted: None, sentence: 0, hints: 0, solved: false }
    }
}

impl Learn {
    /// The lesson that is open, and its step.
    #[must_use]
    pub fn current(&self) -> Option<(&OpenLesson, &Lesson, &Step)> {
        let open = self.open.as_ref()?;
        let lesson = self.lessons.get(open.lesson)?;
        Some((open, lesson, lesson.steps.get(open.step)?))
    }

    /// Whether a lesson is open and in this part.
    #[must_use]
    pub fn is_in(&self, part: Part) -> bool {
        self.open.as_ref().is_some_and(|open| open.part == part)
    }

    /// What is done and was not written yet, so that the program can see to it before it ends.
    #[must_use]
    pub fn unkept(&self) -> Option<&Progress> {
        (self.unkept != Progress::default()).then_some(&self.unkept)
    }
}
