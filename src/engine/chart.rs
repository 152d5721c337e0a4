//! A corpus laid flat: a place for each document, and how far the flat picture can be trusted.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ranking::Ranking;
use super::vectors::{Embedded, Vectors};
use crate::corpus::DocumentIndex;
use crate::math::neighbourhood::{Preserved, rank_on_map};
use crate::math::plane::{Flat, Place, Plane};
use crate::math::procrustes::Alignment;
use crate::math::tsne;

mod phrases;

pub use crate::math::neighbourhood::Neighbourhoods;
pub use phrases::Phrases;

/// How many true nearest documents a map is asked to keep together.
pub const NEIGHBOURS: usize = 10;

/// Between so many of its nearest documents a query stands on a map that has no axes.
const AROUND: usize = 5;

/// How a corpus is laid flat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Along its first two principal components.
    Principal,
    /// By t-SNE, which keeps near what is near, and nothing else.
    TSne,
    /// Along axes from one phrase to another.
    Axes,
}

impl Method {
    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Principal => "PCA",
            Self::TSne => "t-SNE",
            Self::Axes => "axes by meaning",
        }
    }

    /// The same where there is little room.
    #[must_use]
    pub fn short_name(self) -> &'static str {
        match self {
            Self::Principal | Self::TSne => self.name(),
            Self::Axes => "axes",
        }
    }
}

/// What it takes to lay a corpus flat.
#[derive(Debug, Clone, PartialEq)]
pub enum Recipe {
    /// Principal components.
    Principal,
    /// t-SNE.
    TSne,
    /// From the first of these vectors to the second, and from the third to the fourth where there are four.
    Axes(Arc<Embedded>),
}

impl Recipe {
    /// What it is done by.
    #[must_use]
    pub fn method(&self) -> Method {
        match self {
            Self::Principal => Method::Principal,
            Self::TSne => Method::TSne,
            Self::Axes(_) => Method::Axes,
        }
    }
}

/// A corpus laid flat.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// Whose places these are.
    pub vectors: Arc<Vectors>,
    /// How it was made.
    pub method: Method,
    /// The plane that the vectors were projected on; `None` for t-SNE, which has no axes.
    pub plane: Option<Plane>,
    /// A place for each row of the vectors.
    pub places: Vec<Place>,
    /// Who is near whom in truth.
    pub neighbourhoods: Arc<Neighbourhoods>,
    /// How much of that the places keep; `None` while they still move.
    pub preserved: Option<Preserved>,
    /// How long the places took.
    pub time: Duration,
    /// The smallest and the largest coordinates.
    bounds: [Place; 2],
}

impl Chart {
    /// Lays documents flat. `watch` sees the number of epochs done and a chart as it is so far, where that takes many steps,
    /// and stops it all by `false`; then there is no chart.
    ///
    /// # Errors
    /// [`Flat`] where the phrases of axes span no plane.
    pub fn draw(
        vectors: &Arc<Vectors>,
        neighbourhoods: &Arc<Neighbourhoods>,
        recipe: &Recipe,
        watch: &mut (dyn FnMut(usize, &dyn Fn() -> Self) -> bool + Send),
    ) -> Result<Option<Self>, Flat> {
        let started = Instant::now();
        let unit = &vectors.unit;
        let new = |plane, places| Self::new(vectors, neighbourhoods, recipe.method(), plane, places);
        let (plane, places) = match recipe {
            Recipe::Principal => {
                let plane = Plane::principal(unit);
                let places = plane.project_all(unit);
                (Some(plane), places)
            }
            Recipe::Axes(phrases) => {
                let difference = |from: usize| &phrases.unit.row(from + 1) - &phrases.unit.row(from);
                let y = (phrases.unit.nrows() == 4).then(|| difference(2));
                let plane = Plane::through(unit, &difference(0), y.as_ref())?;
                let places = plane.project_all(unit);
                (Some(plane), places)
            }
            Recipe::TSne => {
                let start = Plane::principal(unit).project_all(unit);
                let mut watch = |epoch: usize, places: &[f64]| {
                    let so_far = || if places.is_empty() { start.clone() } else { tsne::in_pairs(places) };
                    watch(epoch, &|| new(None, so_far()))
                };
                let Some(places) = tsne::places(unit, &start, &mut watch) else { return Ok(None) };
                (None, places)
            }
        };
        let time = started.elapsed();
        let mut chart = new(plane, places);
        (chart.preserved, chart.time) = (Some(neighbourhoods.preserved(unit, &chart.places)), time);
        Ok(Some(chart))
    }

    /// A chart with these places that was not judged yet.
    #[must_use]
    pub fn new(
        vectors: &Arc<Vectors>,
        neighbourhoods: &Arc<Neighbourhoods>,
        method: Method,
        plane: Option<Plane>,
        places: Vec<Place>,
    ) -> Self {
        let nowhere = [[f64::INFINITY; 2], [f64::NEG_INFINITY; 2]];
        let bounds = places.iter().fold(nowhere, |[low, high], place| {
            [[low[0].min(place[0]), low[1].min(place[1])], [high[0].max(place[0]), high[1].max(place[1])]]
        });
        let (vectors, neighbourhoods) = (Arc::clone(vectors), Arc::clone(neighbourhoods));
        let (preserved, time) = (None, Duration::ZERO);
        Self { vectors, method, plane, places, neighbourhoods, preserved, time, bounds }
    }

    /// Whether it is a map of the same vectors by the same method: they differ by how far they are, if at all.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.method == other.method && Arc::ptr_eq(&self.vectors, &other.vectors)
    }

    /// The middle of the map.
    #[must_use]
    pub fn centre(&self) -> Place {
        let [low, high] = self.bounds;
        if self.places.is_empty() { [0.0; 2] } else { [low[0].midpoint(high[0]), low[1].midpoint(high[1])] }
    }

    /// How far the map extends across and up. Never nothing, so that it can be divided by.
    #[must_use]
    pub fn extent(&self) -> Place {
        let [low, high] = self.bounds;
        let size = |axis: usize| if self.places.is_empty() { 0.0 } else { high[axis] - low[axis] };
        let largest = size(0).max(size(1));
        if largest <= 1e-9 { [1.0; 2] } else { [size(0).max(largest * 1e-3), size(1).max(largest * 1e-3)] }
    }

    /// The place of a document; `None` where it has no vector yet.
    #[must_use]
    pub fn place_of(&self, document: DocumentIndex) -> Option<Place> {
        self.places.get(self.vectors.row_of(document)?).copied()
    }

    /// The place of a query: projected on the same axes or, where there are none, between the five nearest documents, each
    /// weighing as much as its cosine is above that of the sixth, so that no change of order makes a jump. `None` where
    /// the ranking is of another model.
    #[must_use]
    pub fn place(&self, ranking: &Ranking) -> Option<Place> {
        if ranking.vector.len() != self.vectors.unit.ncols() || self.places.is_empty() {
            return None;
        }
        match &self.plane {
            Some(plane) => Some(plane.project(ranking.vector.view())),
            None => self.between_nearest(ranking),
        }
    }

    fn between_nearest(&self, ranking: &Ranking) -> Option<Place> {
        let placed = ranking.ranked.iter().filter_map(|ranked| Some((ranked.score, self.place_of(ranked.document)?)));
        let nearest: Vec<(f32, Place)> = placed.take(AROUND + 1).collect();
        let (around, least) = match nearest.as_slice() {
            [around @ .., (least, _)] if around.len() == AROUND => (around, *least),
            all => (all, all.last()?.0 - 0.1),
        };
        let mut sum = [0.0; 3];
        for (score, place) in around {
            // Equal ones still weigh something.
            let weight = f64::from(score - least) + 1e-6;
            sum = [sum[0] + weight * place[0], sum[1] + weight * place[1], sum[2] + weight];
        }
        Some([sum[0] / sum[2], sum[1] / sum[2]])
    }

    /// Which nearest document of a place on the map a document is, from 1, among those that are looked at.
    #[must_use]
    pub fn rank_on_map(
        &self,
        from: Place,
        document: DocumentIndex,
        is_looked_at: impl Fn(DocumentIndex) -> bool,
    ) -> Option<usize> {
        let row = self.vectors.row_of(document)?;
        Some(rank_on_map(&self.places, from, row, |other| is_looked_at(self.vectors.documents[other])))
    }

    /// The true nearest documents of a document, the nearest first; `None` where it is not one of those that are looked at.
    #[must_use]
    pub fn nearest_of(&self, document: DocumentIndex) -> Option<Vec<DocumentIndex>> {
        let nearest = self.neighbourhoods.nearest_of(self.vectors.row_of(document)?)?;
        Some(nearest.iter().map(|&row| self.vectors.documents[row]).collect())
    }

    /// How many of a document's true nearest are among its nearest on the map.
    #[must_use]
    pub fn kept_of(&self, document: DocumentIndex) -> Option<usize> {
        let at = self.neighbourhoods.rows.binary_search(&self.vectors.row_of(document)?).ok()?;
        self.preserved.as_ref()?.kept.get(at).copied()
    }

    /// The documents that the map places worst, those first that keep the fewest of their true nearest, with how many.
    #[must_use]
    pub fn worst(&self, most: usize) -> Vec<(DocumentIndex, usize)> {
        let Some(preserved) = &self.preserved else { return Vec::new() };
        let looked_at = self.neighbourhoods.rows.iter().zip(&preserved.kept);
        let mut listed: Vec<_> = looked_at.map(|(&row, &kept)| (self.vectors.documents[row], kept)).collect();
        listed.sort_by_key(|&(document, kept)| (kept, document));
        listed.truncate(most);
        listed
    }
}

/// One model's map laid over another's.
#[derive(Debug, Clone, PartialEq)]
pub struct Overlay {
    /// The map that was laid over the other.
    pub moving: Arc<Chart>,
    /// The one that it was laid over.
    pub fixed: Arc<Chart>,
    /// How; `None` where neither is turned, as each has axes with a meaning of their own.
    pub alignment: Option<Alignment>,
    /// The documents that lie on both, those first that lie farthest apart, with their distance in units of the fixed map.
    /// None where the maps have no unit in common.
    pub moved: Vec<(DocumentIndex, f64)>,
    /// How far both models agree who is near whom, in all their dimensions: the mean share of nearest that both have.
    pub shared: Option<f64>,
}

impl Overlay {
    /// Lays a map over another by the documents that lie on both, unless its axes have a meaning: turned, they would lose it.
    #[must_use]
    pub fn new(moving: &Arc<Chart>, fixed: &Arc<Chart>) -> Self {
        let same = moving.vectors.documents == fixed.vectors.documents;
        let shared = moving.neighbourhoods.shared_with(&fixed.neighbourhoods).filter(|_| same);
        if moving.method == Method::Axes || fixed.method == Method::Axes {
            let (moving, fixed) = (Arc::clone(moving), Arc::clone(fixed));
            return Self { moving, fixed, alignment: None, moved: Vec::new(), shared };
        }
        let shared_documents =
            |document: &DocumentIndex| Some((*document, moving.place_of(*document)?, fixed.place_of(*document)?));
        let both: Vec<_> = fixed.vectors.documents.iter().filter_map(shared_documents).collect();
        let (from, to): (Vec<Place>, Vec<Place>) = both.iter().map(|&(_, from, to)| (from, to)).unzip();
        let alignment = Alignment::of(&from, &to);
        let apart = |&(document, from, to): &(DocumentIndex, Place, Place)| {
            let from = alignment.apply(from);
            (document, (from[0] - to[0]).hypot(from[1] - to[1]))
        };
        let mut moved: Vec<_> = both.iter().map(apart).collect();
        moved.sort_by(|a, b| b.1.total_cmp(&a.1));
        let (moving, fixed) = (Arc::clone(moving), Arc::clone(fixed));
        Self { moving, fixed, alignment: Some(alignment), moved, shared }
    }
}

#[cfg(test)]
mod tests;
