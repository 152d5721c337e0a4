//! A place for one task: a newer one takes the place of an older one that nobody has begun.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Shared between the screen, which fills it and never waits, and one worker, which empties it.
#[derive(Debug)]
pub(super) struct Latest<T> {
    place: Mutex<Place<T>>,
    filled: Condvar,
}

#[derive(Debug)]
struct Place<T> {
    task: Option<T>,
    stop: bool,
}

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Self { place: Mutex::new(Place { task: None, stop: false }), filled: Condvar::new() }
    }
}

impl<T> Latest<T> {
    /// Asks for a task in place of the one before.
    pub(super) fn put(&self, task: T) {
        self.lock().task = Some(task);
        self.filled.notify_one();
    }

    /// Lets the worker end.
    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.filled.notify_one();
    }

    /// Waits for the next task; `None` when the worker is to end.
    pub(super) fn next(&self) -> Option<T> {
        let mut place = self.lock();
        loop {
            if place.stop {
                return None;
            }
            if let Some(task) = place.task.take() {
                return Some(task);
            }
            place = self.filled.wait(place).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Place<T>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_task_is_done() {
        let latest = Latest::default();
        latest.put(1);
        latest.put(2);
        assert_eq!(latest.next(), Some(2));
        latest.put(3);
        latest.stop();
        assert_eq!(latest.next(), None);
    }
}
