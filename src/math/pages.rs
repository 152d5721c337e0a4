//! Numbers in large pages of memory.
//!
//! Whoever looks at a few thousand rows out of a million waits for the processor to find each page of memory more than for
//! the rows themselves. A system that can do so is asked for pages of two megabytes in place of four kilobytes.

use std::ops::{Deref, DerefMut};

use memmap2::MmapMut;
use pulp::bytemuck::{self, Pod};

/// A growing list of plain numbers, kept in large pages where it is long.
///
/// ```
/// use vecscope::math::pages::Pages;
/// let mut pages = Pages::default();
/// pages.extend_from_slice(&[1.0_f32, 2.0]);
/// pages.resize(3);
/// assert_eq!(&*pages, [1.0, 2.0, 0.0]);
/// ```
#[derive(Debug)]
pub struct Pages<T> {
    /// `None` while there is nothing.
    memory: Option<MmapMut>,
    /// Room for all, and all that is there.
    room: usize,
    length: usize,
    of: std::marker::PhantomData<T>,
}

impl<T> Default for Pages<T> {
    fn default() -> Self {
        Self { memory: None, room: 0, length: 0, of: std::marker::PhantomData }
    }
}

impl<T: Pod> Pages<T> {
    /// The first `length` numbers of memory that may have room for more.
    ///
    /// # Panics
    /// Where there are not as many, or they do not begin where such a number may.
    #[must_use]
    pub fn of(memory: MmapMut, length: usize) -> Self {
        let pages =
            Self { room: memory.len() / size_of::<T>(), memory: Some(memory), length, of: std::marker::PhantomData };
        assert!(length <= pages.room, "{length} numbers in the room of {}", pages.room);
        pages
    }

    /// Makes room for so many more, and no more than that: what is not used takes no memory yet.
    ///
    /// # Panics
    /// Where the system has no memory left.
    pub fn reserve(&mut self, more: usize) {
        /// The size of a large page.
        #[cfg(target_os = "linux")]
        const LARGE: usize = 2 << 20;
        let room = self.length.checked_add(more).expect("as many as can be counted");
        if room <= self.room {
            return;
        }
        let bytes = room.checked_mul(size_of::<T>()).expect("as many bytes as can be counted");
        let mut memory = MmapMut::map_anon(bytes.max(1)).expect("the system has memory left");
        #[cfg(target_os = "linux")]
        if bytes >= LARGE {
            // A system that has none goes on with small ones.
            drop(memory.advise(memmap2::Advice::HugePage));
        }
        let kept = self.length * size_of::<T>();
        if let Some(before) = &self.memory {
            memory[..kept].copy_from_slice(&before[..kept]);
        }
        (self.memory, self.room) = (Some(memory), room);
    }

    /// Adds numbers at the end.
    pub fn extend_from_slice(&mut self, more: &[T]) {
        let start = self.length;
        self.resize(start + more.len());
        self[start..].copy_from_slice(more);
    }

    /// Cuts it, or fills it up with zeros.
    pub fn resize(&mut self, length: usize) {
        if length > self.room {
            // Twice as much, or it would be copied with every row.
            self.reserve((length - self.length).max(self.length));
        }
        let before = std::mem::replace(&mut self.length, length);
        if before < length {
            // It may have been longer once.
            self[before..].fill(T::zeroed());
        }
    }

    /// Forgets all from a place on.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }
}

impl<T: Pod> Deref for Pages<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        let length = self.length * size_of::<T>();
        self.memory.as_ref().map_or(&[], |memory| bytemuck::cast_slice(&memory[..length]))
    }
}

impl<T: Pod> DerefMut for Pages<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        let length = self.length * size_of::<T>();
        self.memory.as_mut().map_or(&mut [], |memory| bytemuck::cast_slice_mut(&mut memory[..length]))
    }
}

impl<T: Pod> Clone for Pages<T> {
    fn clone(&self) -> Self {
        let mut clone = Self::default();
        clone.reserve(self.length);
        clone.extend_from_slice(self);
        clone
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Extend(Vec<u32>),
        Resize(usize),
        Truncate(usize),
        Reserve(usize),
        Clone,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            prop::collection::vec(1_u32..9, 0..2_000).prop_map(Step::Extend),
            (0_usize..3_000).prop_map(Step::Resize),
            (0_usize..3_000).prop_map(Step::Truncate),
            (0_usize..5_000).prop_map(Step::Reserve),
            Just(Step::Clone),
        ];
        prop::collection::vec(step, 0..12)
    }

    proptest! {
        #[test]
        fn it_holds_what_a_vector_holds(steps in steps()) {
            let (mut pages, mut vector) = (Pages::default(), Vec::new());
            for step in steps {
                match step {
                    Step::Extend(more) => {
                        pages.extend_from_slice(&more);
                        vector.extend_from_slice(&more);
                    }
                    Step::Resize(length) => {
                        pages.resize(length);
                        vector.resize(length, 0);
                    }
                    Step::Truncate(length) => {
                        pages.truncate(length);
                        vector.truncate(length);
                    }
                    Step::Reserve(more) => pages.reserve(more),
                    Step::Clone => pages = pages.clone(),
                }
                prop_assert_eq!(&*pages, &vector[..]);
            }
        }
    }

    #[test]
    fn memory_that_has_room_is_filled_before_there_is_any_other() {
        let mut memory = MmapMut::map_anon(4_096).expect("the system has memory");
        memory[..8].copy_from_slice(&[1, 0, 0, 0, 2, 0, 0, 0]);
        let mut pages = Pages::<u32>::of(memory, 2);
        let place = pages.as_ptr();
        pages.extend_from_slice(&[3; 1_022]);
        assert_eq!((&pages[..3], pages.as_ptr()), (&[1, 2, 3][..], place));
        pages.extend_from_slice(&[4]);
        assert_eq!((pages.len(), pages[1], pages[1_024]), (1_025, 2, 4));
    }

    #[test]
    fn more_than_a_large_page_is_kept_as_well() {
        let numbers: Vec<u32> = (0..2_000_000).collect();
        let mut pages = Pages::default();
        numbers.chunks(300_000).for_each(|some| pages.extend_from_slice(some));
        assert_eq!(&*pages, &numbers[..]);
    }
}
