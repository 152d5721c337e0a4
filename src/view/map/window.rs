//! From places on a map to cells of the terminal, and back.

use ratatui::layout::{Position, Rect};

use crate::engine::Chart;
use crate::engine::chart::Method;
use crate::math::plane::Place;
use crate::state::map::Viewport;

/// The part of a map's frame that points are drawn in.
pub(in crate::view) fn plot_area(area: Rect, framed: bool) -> Rect {
    if framed {
        area.inner(ratatui::layout::Margin::new(1, 1))
    } else {
        Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area }
    }
}

/// The part of a map that is seen, and where.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::view) struct Window {
    /// Where it is on the screen.
    pub(in crate::view) area: Rect,
    /// The place in its middle.
    middle: Place,
    /// What a column and a row of cells stand for.
    per_cell: Place,
    centre: Place,
    extent: Place,
}

impl Window {
    /// A view of a map in an area. A step across is as long as one up, so that distances can be compared by eye; only
    /// axes that have a meaning of their own are each as long as there is room.
    #[must_use]
    pub(in crate::view) fn new(area: Rect, chart: &Chart, viewport: Viewport) -> Self {
        /// The share of the room that the whole map takes: its outermost points are not on the edge.
        const FILLED: f64 = 0.9;
        let (centre, extent) = (chart.centre(), chart.extent());
        let [columns, rows] = [area.width, area.height].map(|cells| f64::from(cells.max(1)) * FILLED);
        // A cell is about twice as high as it is wide.
        let across = extent[0] / columns;
        let up = extent[1] / rows;
        let per_cell = match chart.method {
            Method::Principal | Method::TSne => {
                let across = across.max(up / 2.0);
                [across, across * 2.0]
            }
            Method::Axes => [across, up],
        };
        let middle = [0, 1].map(|axis| centre[axis] + viewport.offset[axis] * extent[axis]);
        Self { area, middle, per_cell: per_cell.map(|length| length / viewport.zoom), centre, extent }
    }

    /// Where a place lies, in columns from the left and in rows from the top of the area; fractions of cells count.
    #[must_use]
    pub(in crate::view) fn spot(&self, place: Place) -> [f64; 2] {
        let [columns, rows] = [self.area.width, self.area.height].map(|cells| f64::from(cells) / 2.0);
        [
            columns + (place[0] - self.middle[0]) / self.per_cell[0],
            rows - (place[1] - self.middle[1]) / self.per_cell[1],
        ]
    }

    /// The cell of a place, as column and row in the area; `None` where it is outside.
    #[must_use]
    pub(in crate::view) fn cell(&self, place: Place) -> Option<(u16, u16)> {
        let [column, row] = self.spot(place);
        let inside =
            (0.0..f64::from(self.area.width)).contains(&column) && (0.0..f64::from(self.area.height)).contains(&row);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is inside the area")]
        inside.then_some((column as u16, row as u16))
    }

    /// The cell of a place, or the one at the edge that is nearest to it.
    #[must_use]
    pub(in crate::view) fn nearest_cell(&self, place: Place) -> (u16, u16) {
        let [column, row] = self.spot(place);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "brought inside the area")]
        let within = |at: f64, cells: u16| at.clamp(0.0, f64::from(cells.saturating_sub(1))) as u16;
        (within(column, self.area.width), within(row, self.area.height))
    }

    /// How far a cell of the screen is from the middle of the map, across and up, in millionths of its extent.
    #[must_use]
    pub(in crate::view) fn anchor(&self, at: Position) -> [i32; 2] {
        let [columns, rows] = [self.area.width, self.area.height].map(|cells| f64::from(cells) / 2.0);
        let across = f64::from(at.x) - f64::from(self.area.x) + 0.5 - columns;
        let up = rows - (f64::from(at.y) - f64::from(self.area.y) + 0.5);
        let place = [self.middle[0] + across * self.per_cell[0], self.middle[1] + up * self.per_cell[1]];
        [0, 1].map(|axis| millionths((place[axis] - self.centre[axis]) / self.extent[axis]))
    }

    /// How far the middle moves when the map is dragged from one cell to another, in millionths of its extent.
    #[must_use]
    pub(in crate::view) fn dragged(&self, from: (u16, u16), to: Position) -> [i32; 2] {
        let across = f64::from(from.0) - f64::from(to.x);
        let up = f64::from(to.y) - f64::from(from.1);
        [millionths(across * self.per_cell[0] / self.extent[0]), millionths(up * self.per_cell[1] / self.extent[1])]
    }
}

fn millionths(share: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "a cast of floats stops at the ends of the range")]
    let millionths = (share * 1e6).round() as i32;
    millionths
}
