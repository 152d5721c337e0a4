//! Where names of points go, so that none covers another or a point that matters.

use crate::text;

/// What is in a cell already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Taken {
    Free,
    /// A point like any other: a name may cover it where there is no better place.
    Point,
    /// A point that matters, or a name.
    Kept,
    /// Beside a name: nothing stands there, and no other name is to.
    Air,
}

/// The cells of a map.
#[derive(Debug)]
pub(super) struct Labels {
    width: usize,
    cells: Vec<Taken>,
}

/// A name and where it goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub(super) column: usize,
    pub(super) row: usize,
    pub(super) text: String,
}

impl Labels {
    /// A map of so many cells with nothing on it.
    pub(super) fn new(width: u16, height: u16) -> Self {
        let (width, height) = (usize::from(width), usize::from(height));
        Self { width, cells: vec![Taken::Free; width * height] }
    }

    /// A point like any other stands here.
    pub(super) fn point(&mut self, column: u16, row: u16) {
        self.mark(column, row, Taken::Point);
    }

    /// What stands here is not to be covered.
    pub(super) fn keep(&mut self, column: u16, row: u16) {
        self.mark(column, row, Taken::Kept);
    }

    fn mark(&mut self, column: u16, row: u16, taken: Taken) {
        let at = usize::from(row) * self.width + usize::from(column);
        if let Some(cell) = self.cells.get_mut(at)
            && !matches!(*cell, Taken::Kept | Taken::Air)
        {
            *cell = taken;
        }
    }

    /// Finds a place beside a point for one of some texts: right of it, left of it, above or below. For the first that
    /// covers no point there and stands beside none, else for the first that covers none, else for the last wherever it
    /// covers the fewest. What is placed is kept. `None` where there is no room for any.
    pub(super) fn place(&mut self, column: u16, row: u16, texts: &[String]) -> Option<Label> {
        let point = (isize::try_from(column).ok()?, isize::try_from(row).ok()?);
        let places: Vec<_> = texts.iter().filter_map(|text| Some((text, self.best(point, text)?))).collect();
        let first = |is_good: &dyn Fn((usize, usize)) -> bool| places.iter().find(|(_, best)| is_good(best.0));
        let found = first(&|met| met == (0, 0)).or_else(|| first(&|(covered, _)| covered == 0));
        let last = || places.last().filter(|(text, _)| texts.last() == Some(*text));
        let &(text, (_, x, y)) = found.or_else(last)?;
        // A column of air on both sides, so that two names do not run into one another.
        let (row, width) = (y * self.width, text::width(text));
        self.cells[row + x.saturating_sub(1)..row + (x + width + 1).min(self.width)].fill(Taken::Air);
        self.cells[row + x..row + x + width].fill(Taken::Kept);
        Some(Label { column: x, row: y, text: text.clone() })
    }

    /// The first of the best places for a text beside a point: what it meets there, as [`Labels::met`] counts it, its column
    /// and its row.
    fn best(&self, (column, row): (isize, isize), text: &str) -> Option<((usize, usize), usize, usize)> {
        let width = isize::try_from(text::width(text)).ok().filter(|&width| width > 0)?;
        let middle = column - width / 2;
        let spots = [
            (column + 2, row),
            (column - 1 - width, row),
            (column, row - 1),
            (column, row + 1),
            (middle, row - 1),
            (middle, row + 1),
            (column + 1 - width, row - 1),
            (column + 1 - width, row + 1),
        ];
        let met = spots.into_iter().filter_map(|(x, y)| Some((self.met(x, y, width)?, x, y)));
        let (met, x, y) = met.min_by_key(|&(met, _, _)| met)?;
        Some((met, usize::try_from(x).ok()?, usize::try_from(y).ok()?))
    }

    /// How many points a text would cover there, and how many it would touch at its ends; `None` where it has no room.
    fn met(&self, x: isize, y: isize, width: isize) -> Option<(usize, usize)> {
        let (x, y, width) = (usize::try_from(x).ok()?, usize::try_from(y).ok()?, usize::try_from(width).ok()?);
        if x + width > self.width || y >= self.cells.len() / self.width.max(1) {
            return None;
        }
        let row = &self.cells[y * self.width..(y + 1) * self.width];
        let cells = &row[x..x + width];
        let free = !cells.iter().any(|cell| matches!(cell, Taken::Kept | Taken::Air));
        let ends = [x.checked_sub(1), Some(x + width)].into_iter().flatten().filter_map(|at| row.get(at));
        let touched = ends.filter(|end| matches!(end, Taken::Point | Taken::Kept)).count();
        free.then(|| (cells.iter().filter(|cell| **cell == Taken::Point).count(), touched))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|&text| text.to_owned()).collect()
    }

    #[test]
    fn a_name_stands_to_the_right_or_wherever_there_is_room() {
        let mut labels = Labels::new(20, 3);
        labels.keep(5, 1);
        assert_eq!(labels.place(5, 1, &texts(&["name"])), Some(Label { column: 7, row: 1, text: "name".into() }));
        // Now that side is taken, and there is not enough room on the left.
        assert_eq!(labels.place(5, 1, &texts(&["other"])), Some(Label { column: 5, row: 0, text: "other".into() }));
        // At the right edge, the left side is what is left.
        assert_eq!(labels.place(19, 2, &texts(&["edge"])), Some(Label { column: 14, row: 2, text: "edge".into() }));
    }

    #[test]
    fn a_shorter_text_is_taken_where_the_longer_has_no_room() {
        let mut labels = Labels::new(8, 1);
        assert_eq!(
            labels.place(0, 0, &texts(&["far too long", "short"])).map(|label| label.text),
            Some("short".into())
        );
        assert_eq!(labels.place(0, 0, &texts(&["far too long", "short"])), None);
    }

    #[test]
    fn a_point_is_only_covered_where_there_is_no_better_place() {
        let mut labels = Labels::new(12, 1);
        labels.point(9, 0);
        assert_eq!(labels.place(6, 0, &texts(&["name"])).map(|label| label.column), Some(1));
        let mut labels = Labels::new(8, 1);
        labels.point(3, 0);
        assert_eq!(labels.place(0, 0, &texts(&["name"])).map(|label| label.column), Some(2));
    }

    #[test]
    fn a_name_leaves_a_cell_free_to_the_sign_of_another_point_where_it_can() {
        let mut labels = Labels::new(20, 3);
        for column in [5, 11] {
            labels.keep(column, 1);
        }
        // To the right it would end beside the other point.
        let label = labels.place(5, 1, &texts(&["name", "n"])).expect("there is room");
        assert_eq!((label.column, label.row, label.text.as_str()), (0, 1, "name"));
        // Where there is no other room, the last may.
        let mut labels = Labels::new(12, 1);
        for column in [0, 6] {
            labels.keep(column, 0);
        }
        assert_eq!(labels.place(0, 0, &texts(&["name", "n"])).map(|label| label.text), Some("n".into()));
        assert_eq!(labels.place(6, 0, &texts(&["long"])).map(|label| label.column), Some(8));
    }

    proptest! {
        #[test]
        fn no_name_covers_another_or_leaves_the_map(
            points in prop::collection::vec((0_u16..40, 0_u16..12, "[a-z日本]{0,14}"), 1..30),
        ) {
            let mut labels = Labels::new(40, 12);
            for (column, row, _) in &points {
                labels.keep(*column, *row);
            }
            let mut seen = vec![false; 40 * 12];
            for (column, row, name) in &points {
                let Some(label) = labels.place(*column, *row, std::slice::from_ref(name)) else { continue };
                let width = text::width(&label.text);
                prop_assert!(label.column + width <= 40 && label.row < 12);
                for x in label.column..label.column + width {
                    prop_assert!(!std::mem::replace(&mut seen[label.row * 40 + x], true));
                    let is_point = points.iter().any(|(c, r, _)| (usize::from(*c), usize::from(*r)) == (x, label.row));
                    prop_assert!(!is_point, "{label:?} covers a point");
                }
            }
        }
    }
}
