//! The rectangles of the Map screen, and what the mouse does there.

use ratatui::layout::{Constraint, Layout as Split, Position, Rect};

use super::{Layout, WIDE};
use crate::corpus::DocumentIndex;
use crate::math::plane::Place;
use crate::state::action::{MapAction, Nearer};
use crate::state::{Action, BackendId, Mode, Screen, State};
use crate::view::map::facts::Sections;
use crate::view::map::window::{Window, plot_area};

/// The width of the facts beside the map, and of fewer of them beside a small one.
const FACTS_WIDTH: u16 = 44;
const FEW_FACTS_WIDTH: u16 = 34;
/// From this width on, a small map has facts beside it: there it loses less than below.
const BESIDE: u16 = 72;
/// The height of the facts below the map, frame included.
const FACTS_HEIGHT: u16 = 8;
/// The pointer names a point that is no farther away than this, in rows.
const REACH: f64 = 1.1;

impl Layout {
    /// Gives the room to the map, or to two, and to the facts beside or below; or to the facts alone.
    pub(super) fn map(&mut self, width: u16, state: &State) {
        let room = self.take_room();
        if state.explanation_alone {
            self.rows = Sections::of(room, self.framed, state).rows;
            self.why = Some(room);
            return;
        }
        let backends = state.visible();
        let beside = match (width, backends.len()) {
            (WIDE.., _) => Some(FACTS_WIDTH),
            (BESIDE.., 1) => Some(FEW_FACTS_WIDTH),
            _ => None,
        };
        let (maps, facts) = if !self.framed {
            (room, None)
        } else if let Some(beside) = beside {
            let [maps, facts] = Split::horizontal([Constraint::Fill(1), Constraint::Length(beside)]).areas(room);
            (maps, Some(facts))
        } else if room.height >= 2 * FACTS_HEIGHT {
            let [maps, facts] = Split::vertical([Constraint::Fill(1), Constraint::Length(FACTS_HEIGHT)]).areas(room);
            (maps, Some(facts))
        } else {
            (room, None)
        };
        self.maps = match backends[..] {
            [first, second] if self.framed => {
                let [left, right] = Split::horizontal([Constraint::Fill(1); 2]).areas(maps);
                vec![(first, left), (second, right)]
            }
            _ => backends.into_iter().take(1).map(|backend| (backend, maps)).collect(),
        };
        self.why = facts;
        self.rows = facts.map_or(Rect::ZERO, |facts| Sections::of(facts, self.framed, state).rows);
    }

    /// What of a backend's map is seen, and where. A map that is laid over the first is looked at as that is.
    #[must_use]
    pub(in crate::view) fn window_of(&self, state: &State, backend: BackendId) -> Option<Window> {
        let (_, area) = self.maps.iter().find(|(shown, _)| *shown == backend)?;
        let first = state.map.chart(state.active)?;
        let seen = if backend == state.active {
            first
        } else if state.map.stands_alone(state.active, backend) {
            state.map.chart(backend)?
        } else {
            // Where the second is not laid over the first yet, it has no place there.
            state.map.overlay.as_ref().map(|_| first)?
        };
        Some(Window::new(plot_area(*area, self.framed), seen, state.map.viewport))
    }

    /// The map under a cell.
    fn map_at(&self, at: Position, state: &State) -> Option<(BackendId, Window)> {
        let (backend, _) = self.maps.iter().find(|(_, area)| plot_area(*area, self.framed).contains(at))?;
        Some((*backend, self.window_of(state, *backend)?))
    }

    /// The document whose point is nearest to a cell, unless all are too far away.
    fn point_at(&self, at: Position, state: &State) -> Option<DocumentIndex> {
        let (backend, window) = self.map_at(at, state)?;
        let chart = state.map.chart(backend)?;
        let laid = |place: Place| crate::view::map::laid(state, backend, place);
        let [x, y] = [f64::from(at.x - window.area.x) + 0.5, f64::from(at.y - window.area.y) + 0.5];
        let seen = chart.vectors.documents.iter().zip(&chart.places).filter(|&(&it, _)| state.lets_through(it));
        let points = seen.map(|(&document, &place)| {
            let [column, row] = window.spot(laid(place));
            // A column is half as wide as a row is high.
            (((column - x) / 2.0).hypot(row - y), document)
        });
        let nearest = points.min_by(|a, b| a.0.total_cmp(&b.0))?;
        (nearest.0 <= REACH).then_some(nearest.1)
    }

    /// What pressing the button on a map means: it selects a point, or takes hold of the map.
    pub(super) fn press_map(&self, at: Position, state: &State) -> Option<Action> {
        self.map_at(at, state)?;
        let take = self.point_at(at, state).map(MapAction::Take);
        Some(Action::Map(take.unwrap_or(MapAction::Grab((at.x, at.y)))))
    }

    /// What moving the pointer means: it names the point under it. Nothing where it names that already.
    #[must_use]
    pub fn point(&self, at: Position, state: &State) -> Option<Action> {
        if state.screen != Screen::Map || state.mode != Mode::Typing {
            return None;
        }
        let document = self.point_at(at, state);
        (document != state.map.pointed).then_some(Action::Map(MapAction::Point(document)))
    }

    /// What dragging means: the map that is held follows the pointer.
    #[must_use]
    pub fn drag(&self, at: Position, state: &State) -> Option<Action> {
        let from = state.map.grabbed?;
        let window = self.window_of(state, state.active)?;
        Some(Action::Map(MapAction::Drag { to: (at.x, at.y), by: window.dragged(from, at) }))
    }

    /// What the wheel means over a map: it looks nearer, or from farther away, around the pointer.
    #[must_use]
    pub fn wheel(&self, at: Position, nearer: Nearer, state: &State) -> Option<Action> {
        if state.mode != Mode::Typing {
            return None;
        }
        let (_, window) = self.map_at(at, state)?;
        Some(Action::Map(MapAction::ZoomAt(nearer, window.anchor(at))))
    }
}
