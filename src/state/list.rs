//! The window onto a ranking: how many rows, which is selected, which is on top.

use crate::engine::search::WHOLE_RANKING;

/// How many rows there are, which one is selected, and which one is on top of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct List {
    /// How many documents of a ranking are shown; at least 1.
    pub top_k: usize,
    /// The selected row, from 0.
    pub selected: usize,
    /// The row on top of the window, from 0.
    pub first: usize,
    /// How many rows the window has room for.
    pub height: usize,
    /// How many to go back to from all.
    chosen_top_k: usize,
    documents: usize,
}

impl List {
    /// A list that shows `top_k` of `documents`.
    #[must_use]
    pub fn new(top_k: usize, documents: usize) -> Self {
        let top_k = top_k.clamp(1, documents.clamp(1, WHOLE_RANKING));
        Self { top_k, selected: 0, first: 0, height: 1, chosen_top_k: top_k, documents }
    }

    /// Selects a row of `rows` and brings it into the window.
    pub(super) fn select(&mut self, row: usize, rows: usize) {
        self.selected = row.min(rows.saturating_sub(1));
        self.reveal(rows);
    }

    /// Moves the rows under the window; the selection stays where it is, in view or not.
    pub(super) fn scroll(&mut self, by: isize, rows: usize) {
        self.first = self.first.saturating_add_signed(by).min(rows.saturating_sub(self.height));
    }

    /// Sets the room that the window has.
    pub(super) fn resize(&mut self, height: usize, rows: usize) {
        let height = height.max(1);
        if height == self.height {
            // Every frame says its height: what was scrolled away stays away.
            self.first = self.first.min(rows.saturating_sub(height));
        } else {
            self.height = height;
            self.reveal(rows);
        }
    }

    /// Sets how many documents are shown.
    pub(super) fn set_top_k(&mut self, top_k: usize) {
        self.top_k = top_k.clamp(1, self.documents.clamp(1, WHOLE_RANKING));
        self.chosen_top_k = self.top_k;
    }

    /// There are so many documents now. Whoever saw all of them goes on to.
    pub(super) fn take_corpus(&mut self, documents: usize) {
        let shows_all = self.top_k == self.documents.clamp(1, WHOLE_RANKING) && self.top_k != self.chosen_top_k;
        self.documents = documents;
        let all = documents.clamp(1, WHOLE_RANKING);
        self.top_k = if shows_all { all } else { self.chosen_top_k.min(all) };
    }

    /// Goes to all rows, and back to as many as were chosen last. Of a large corpus all are as many as a ranking holds:
    /// nobody goes through more, and to rank more takes long on every key.
    pub(super) fn toggle_all(&mut self) {
        let all = self.documents.clamp(1, WHOLE_RANKING);
        self.top_k = if self.top_k == all { self.chosen_top_k } else { all };
    }

    /// Moves the window no further than it takes to show the selected row, and never past the last one.
    fn reveal(&mut self, rows: usize) {
        if self.selected < self.first {
            self.first = self.selected;
        } else if self.selected >= self.first + self.height {
            self.first = self.selected + 1 - self.height;
        }
        self.first = self.first.min(rows.saturating_sub(self.height));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> List {
        let mut list = List::new(10, 100);
        list.resize(4, 10);
        list
    }

    #[test]
    fn the_selection_stays_in_the_window_and_in_the_rows() {
        let mut list = list();
        list.select(5, 10);
        assert_eq!((list.selected, list.first), (5, 2));
        list.select(3, 10);
        assert_eq!((list.selected, list.first), (3, 2));
        list.select(99, 10);
        assert_eq!((list.selected, list.first), (9, 6));
        list.select(0, 0);
        assert_eq!((list.selected, list.first), (0, 0));
    }

    #[test]
    fn the_wheel_leaves_the_selection_and_stops_at_both_ends() {
        let mut list = list();
        list.scroll(3, 10);
        assert_eq!((list.selected, list.first), (0, 3));
        list.scroll(99, 10);
        assert_eq!(list.first, 6);
        list.scroll(-99, 10);
        assert_eq!(list.first, 0);
        list.scroll(1, 3);
        assert_eq!(list.first, 0);
        list.scroll(3, 10);
        list.resize(4, 10);
        assert_eq!(list.first, 3, "a frame of the same height moves nothing");
    }

    #[test]
    fn a_taller_window_leaves_no_gap_below_the_last_row() {
        let mut list = list();
        list.select(9, 10);
        list.resize(8, 10);
        assert_eq!(list.first, 2);
    }

    #[test]
    fn top_k_goes_from_one_to_all() {
        let mut list = list();
        list.set_top_k(0);
        assert_eq!(list.top_k, 1);
        list.set_top_k(1000);
        assert_eq!(list.top_k, 100);
        list.set_top_k(25);
        list.toggle_all();
        assert_eq!(list.top_k, 100);
        list.toggle_all();
        assert_eq!(list.top_k, 25);
        let mut million = List::new(10, 1_000_000);
        million.toggle_all();
        assert_eq!(million.top_k, WHOLE_RANKING, "as many as a ranking holds");
        million.toggle_all();
        assert_eq!((million.top_k, List::new(30_000, 1_000_000).top_k), (10, WHOLE_RANKING));
        assert_eq!(List::new(10, 0).top_k, 1);
        assert_eq!(List::new(10, 3).top_k, 3);
    }
}
