//! What the Map screen knows: the corpus in two dimensions, as each backend sees it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BackendId, QueryLine, Ticket};
use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::chart::{Chart, Method, Overlay, Phrases};
use crate::engine::groups::{Grouping, Groups};
use crate::engine::{Embedded, Ranking};

/// How many places of the query are kept: where it is, and where it was.
pub const TRAIL: usize = 8;
/// How much nearer the map can be looked at.
const MOST_ZOOM: f64 = 64.0;
/// How far away from its middle the map can be looked at, as a share of its extent.
const FARTHEST: f64 = 0.75;

/// Which true neighbours are joined by lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lines {
    /// The query and its top k.
    Query,
    /// The selected sentence and its nearest.
    Selected,
    /// Every sentence and its nearest one.
    Everyone,
    /// None.
    Off,
}

/// How many maps are on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sides {
    /// That of the active backend.
    One,
    /// That of another beside it.
    Two,
}

/// Where one looks: the whole map, or a part of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Viewport {
    /// What is in the middle, across and up: its distance from the middle of the map, as a share of the map's extent.
    pub offset: [f64; 2],
    /// How much nearer than the whole map, from 1.
    pub zoom: f64,
}

impl Viewport {
    /// The whole map.
    pub const WHOLE: Self = Self { offset: [0.0; 2], zoom: 1.0 };

    /// Moves by shares of the map's extent.
    pub(super) fn shift(&mut self, by: [f64; 2]) {
        for (offset, by) in self.offset.iter_mut().zip(by) {
            *offset = (*offset + by).clamp(-FARTHEST, FARTHEST);
        }
    }

    /// Looks nearer by a factor, or from farther away by one below 1, and leaves a place where it is on the screen.
    pub(super) fn zoom(&mut self, factor: f64, around: [f64; 2]) {
        let before = self.zoom;
        self.zoom = (self.zoom * factor).clamp(1.0, MOST_ZOOM);
        let kept = before / self.zoom;
        let by = [0, 1].map(|axis| (around[axis] - self.offset[axis]) * (1.0 - kept));
        self.shift(by);
        if self.zoom <= 1.0 {
            *self = Self::WHOLE;
        }
    }
}

/// What is wanted of one backend's map. Of another wish it would be another map.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wish {
    /// Of how many documents.
    pub(super) documents: usize,
    /// By what.
    pub(super) method: Method,
    /// Between which phrases, where axes have a meaning.
    pub(super) phrases: Option<Phrases>,
}

/// One backend's map.
#[derive(Debug, Default)]
pub struct Sheet {
    /// The newest, which may still move, or be of an older wish.
    pub chart: Option<Arc<Chart>>,
    /// How many epochs are done, while it still moves.
    pub epochs: Option<usize>,
    /// Why there is none as wanted.
    pub failed: Option<String>,
    /// Its documents by where their vectors point, where that was asked for.
    pub clusters: Option<Arc<Groups>>,
    /// What was wanted last. What failed is told until something else is wanted.
    pub(super) wanted: Option<Wish>,
    /// What was asked for last.
    pub(super) asked: Option<Wish>,
    /// Of what was asked for last; answers to anything else are dropped.
    pub(super) ticket: Ticket,
    /// Maps that were made before.
    pub(super) kept: Vec<(Wish, Arc<Chart>)>,
    /// Of how many documents clusters were asked for.
    pub(super) clusters_asked: usize,
    /// The phrases whose vectors were asked for last.
    pub(super) phrases_asked: Option<Phrases>,
    /// Of what was asked for last.
    pub(super) phrases_ticket: Ticket,
    /// The vectors of phrases.
    pub(super) phrases: Option<(Phrases, Arc<Embedded>)>,
}

/// What the Map screen knows.
#[derive(Debug)]
pub struct Map {
    /// How the corpus is laid flat.
    pub method: Method,
    /// What gives points their sign and colour.
    pub grouping: Grouping,
    /// Which lines are drawn.
    pub lines: Lines,
    /// How many maps there are.
    pub sides: Sides,
    /// Which part of it is seen.
    pub viewport: Viewport,
    /// The phrases between which the axes lie, where they were given.
    pub phrases: Option<Phrases>,
    /// The line in which axes are written.
    pub axes: QueryLine,
    /// What is wrong with what is written there.
    pub axes_error: Option<String>,
    /// The newest rankings of the active backend, the current one last: their queries' places are the trail.
    pub trail: Vec<Arc<Ranking>>,
    /// Whose rankings they are.
    pub(super) trail_of: BackendId,
    /// The document that the pointer is on.
    pub pointed: Option<DocumentIndex>,
    /// The cell, as column and row, at which the pointer has hold of the map.
    pub grabbed: Option<(u16, u16)>,
    /// The documents by topic, where they have any.
    pub topics: Option<Arc<Groups>>,
    /// Each backend's map.
    pub sheets: BTreeMap<BackendId, Sheet>,
    /// The second map laid over the first, where there are two. While they move, it may be that of a moment ago.
    pub overlay: Option<Arc<Overlay>>,
    /// The second map and the first, as they were asked to be laid over each other last.
    pub(super) overlay_asked: Option<[Arc<Chart>; 2]>,
    /// Whether the screen has room for two maps.
    pub(super) has_room_for_two: bool,
}

impl Map {
    /// The map of a corpus before anybody has looked at it.
    #[must_use]
    pub fn new(corpus: &Corpus) -> Self {
        let topics = Groups::by_topic(corpus).map(Arc::new);
        Self {
            method: Method::Principal,
            grouping: if topics.is_some() { Grouping::Topic } else { Grouping::Cluster },
            lines: Lines::Query,
            sides: Sides::One,
            viewport: Viewport::WHOLE,
            phrases: None,
            axes: QueryLine::default(),
            axes_error: None,
            trail: Vec::new(),
            trail_of: BackendId(0),
            pointed: None,
            grabbed: None,
            topics,
            sheets: BTreeMap::new(),
            overlay: None,
            overlay_asked: None,
            has_room_for_two: true,
        }
    }

    /// Drops what is known of the corpus before. How one looks stays as it was chosen.
    pub(super) fn take_corpus(&mut self, corpus: &Corpus) {
        self.topics = Groups::by_topic(corpus).map(Arc::new);
        if self.topics.is_none() {
            self.grouping = Grouping::Cluster;
        }
        self.sheets.clear();
        self.trail.clear();
        (self.pointed, self.grabbed, self.overlay, self.overlay_asked) = (None, None, None, None);
    }

    /// The newest map of a backend.
    #[must_use]
    pub fn chart(&self, backend: BackendId) -> Option<&Arc<Chart>> {
        self.sheets.get(&backend)?.chart.as_ref()
    }

    /// Whether a second backend's map is not laid over the first, but looked at by itself: where axes have a meaning, turned
    /// they would lose it; and maps by different methods have no shape in common.
    #[must_use]
    pub fn stands_alone(&self, first: BackendId, second: BackendId) -> bool {
        let methods = [first, second].map(|backend| self.chart(backend).map(|chart| chart.method));
        methods[1] == Some(Method::Axes) || methods[0] != methods[1]
    }

    /// What a backend's points are grouped by.
    #[must_use]
    pub fn groups(&self, backend: BackendId) -> Option<&Arc<Groups>> {
        match self.grouping {
            Grouping::Topic => self.topics.as_ref(),
            Grouping::Cluster => self.sheets.get(&backend)?.clusters.as_ref(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_nearer_sees_the_same_place_in_the_same_spot() {
        let mut viewport = Viewport::WHOLE;
        // Twice as near, around a place to the right: half of the way there.
        viewport.zoom(2.0, [0.4, 0.0]);
        assert_eq!(viewport, Viewport { offset: [0.2, 0.0], zoom: 2.0 });
        viewport.zoom(2.0, [0.2, 0.0]);
        assert_eq!(viewport, Viewport { offset: [0.2, 0.0], zoom: 4.0 });
        viewport.zoom(0.1, [0.0, 0.0]);
        assert_eq!(viewport, Viewport::WHOLE);
        viewport.zoom(1e9, [0.0, 0.0]);
        viewport.shift([7.0, -7.0]);
        assert_eq!((viewport.offset, viewport.zoom), ([FARTHEST, -FARTHEST], MOST_ZOOM));
    }
}
