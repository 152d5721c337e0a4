//! Work divided among the cores.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::OnceLock;
use std::thread;

/// How many threads there is work for at once.
#[must_use]
pub fn cores() -> usize {
    static CORES: OnceLock<usize> = OnceLock::new();
    *CORES.get_or_init(|| thread::available_parallelism().map_or(1, NonZeroUsize::get))
}

/// Does `work` for all of `0..length`, in as many parts as there are cores, and gives what came of each part, in their
/// order. No part is smaller than `least`, as starting a thread takes a while, too.
///
/// ```
/// use vecscope::engine::index::parts::in_parts;
/// let sums = in_parts(1_000, 100, |part| part.sum::<usize>());
/// assert_eq!(sums.iter().sum::<usize>(), 999 * 1_000 / 2);
/// ```
pub fn in_parts<T: Send>(length: usize, least: usize, work: impl Fn(Range<usize>) -> T + Sync) -> Vec<T> {
    let parts = cores().min(length / least.max(1)).max(1);
    let size = length.div_ceil(parts).max(1);
    let range = |part: usize| (part * size).min(length)..((part + 1) * size).min(length);
    let mut work_on: Vec<_> = (0..parts).map(|_| None).collect();
    on_threads(work_on.iter_mut().enumerate().map(|(part, done)| {
        let work = &work;
        move || *done = Some(work(range(part)))
    }));
    work_on.into_iter().flatten().collect()
}

/// Does each piece of work on one of the threads that there are for it, the last one on this, and waits for all of them.
pub fn on_threads<F: FnOnce() + Send>(work: impl Iterator<Item = F>) {
    let mut work: Vec<F> = work.collect();
    let Some(last) = work.pop() else { return };
    rayon::in_place_scope(|scope| {
        for work in work {
            scope.spawn(|_| work());
        }
        last();
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_the_whole_in_its_order_however_long_it_is() {
        for length in [0, 1, 7, 64, 1_001] {
            for least in [0, 1, 10, 2_000] {
                let parts = in_parts(length, least, Iterator::collect::<Vec<_>>);
                assert_eq!(parts.concat(), (0..length).collect::<Vec<_>>(), "{length} by {least}");
                assert!(parts.len() <= cores());
            }
        }
    }

    #[test]
    fn what_is_too_little_for_two_stays_on_one_thread() {
        assert_eq!(in_parts(19, 10, |part| part.len()), [19]);
    }
}
