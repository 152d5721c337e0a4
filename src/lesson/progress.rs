//! Which steps of which lessons are done, and how that is written into a file.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Lesson;

/// The form of the file. A newer program may write another, which this one leaves alone.
const VERSION: u32 = 1;

/// The steps that are done, by [`Lesson::key`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Progress {
    done: BTreeSet<String>,
}

/// How far a lesson is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// No step is done.
    None,
    /// So many steps are done, but not all.
    Some(usize),
    /// All are.
    All,
}

/// Why a file says nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not what this program writes.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It has another form.
    #[error("a newer vecscope wrote it (form {0})")]
    Newer(u32),
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    #[serde(default)]
    done: BTreeSet<String>,
}

impl Progress {
    /// Marks a step as done, and says whether it was not before.
    pub fn finish(&mut self, key: String) -> bool {
        self.done.insert(key)
    }

    /// Whether a step of a lesson is done.
    #[must_use]
    pub fn has(&self, lesson: &Lesson, step: usize) -> bool {
        self.done.contains(&lesson.key(step))
    }

    /// How far a lesson is.
    #[must_use]
    pub fn extent(&self, lesson: &Lesson) -> Extent {
        match (0..lesson.steps.len()).filter(|&step| self.has(lesson, step)).count() {
            0 => Extent::None,
            done if done == lesson.steps.len() => Extent::All,
            done => Extent::Some(done),
        }
    }

    /// The first step of a lesson that is not done; the first of all where all are.
    #[must_use]
    pub fn next_step(&self, lesson: &Lesson) -> usize {
        (0..lesson.steps.len()).find(|&step| !self.has(lesson, step)).unwrap_or(0)
    }

    /// Adds what is done there: what one program finished, another does not undo.
    pub fn merge(&mut self, other: Self) {
        self.done.extend(other.done);
    }

    /// Takes away what is done there too.
    pub fn remove_all(&mut self, other: &Self) {
        self.done.retain(|key| !other.done.contains(key));
    }

    /// As it is written into a file.
    ///
    /// # Errors
    /// Never with what it holds: keys are plain texts.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        let written = Written { version: VERSION, done: self.done.clone() };
        Ok(serde_json::to_string_pretty(&written)? + "\n")
    }

    /// Reads what [`to_json`](Self::to_json) wrote. Steps that no lesson has any more are kept: a newer program may know
    /// them.
    ///
    /// # Errors
    /// Says why it cannot be read.
    pub fn from_json(text: &str) -> Result<Self, Unreadable> {
        // The form first: what a newer program writes beside it is nothing to stumble over.
        #[derive(Deserialize)]
        struct Form {
            version: u32,
        }
        let damaged = |error: serde_json::Error| Unreadable::Damaged(error.to_string());
        let Form { version } = serde_json::from_str(text).map_err(damaged)?;
        if version != VERSION {
            return Err(Unreadable::Newer(version));
        }
        let Written { done, .. } = serde_json::from_str(text).map_err(damaged)?;
        Ok(Self { done })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(keys: &[&str]) -> Progress {
        Progress { done: keys.iter().map(|&key| key.to_owned()).collect() }
    }

    #[test]
    fn what_is_written_is_read_again_with_steps_that_nobody_knows() {
        let written = progress(&["idea.meaning", "future.step"]);
        assert_eq!(Progress::from_json(&written.to_json().expect("plain texts")), Ok(written));
    }

    #[test]
    fn a_damaged_and_a_newer_file_say_so() {
        assert!(matches!(Progress::from_json("{\"version\": 1, \"do"), Err(Unreadable::Damaged(_))));
        assert!(matches!(Progress::from_json(""), Err(Unreadable::Damaged(_))));
        assert!(matches!(Progress::from_json("{\"version\": 1, \"done\": [7]}"), Err(Unreadable::Damaged(_))));
        assert_eq!(Progress::from_json("{\"version\": 2, \"done\": {}}"), Err(Unreadable::Newer(2)));
    }

    #[test]
    fn merging_forgets_nothing() {
        let mut one = progress(&["a.1"]);
        one.merge(progress(&["a.2"]));
        assert_eq!(one, progress(&["a.1", "a.2"]));
        assert!(!one.finish("a.2".into()) && one.finish("a.3".into()));
    }
}
