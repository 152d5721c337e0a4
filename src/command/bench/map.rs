//! The corpus laid flat.

use std::hint::black_box;
use std::time::Duration;

use super::timed;
use crate::engine::Searcher;
use crate::engine::chart::NEIGHBOURS;
use crate::math::neighbourhood::Neighbourhoods;
use crate::math::plane::Plane;

/// More than this is not measured: of a large corpus it takes a second each.
const MOST_RUNS: usize = 50;

/// How long the principal components take with the place of each document, and how long the true neighbours by which they
/// are judged.
pub(super) fn measure(searcher: &Searcher, runs: usize) -> [Vec<Duration>; 2] {
    let vectors = searcher.vectors();
    let unit = &vectors.unit;
    let runs = 0..runs.min(MOST_RUNS);
    let projected = runs.clone().map(|_| timed(|| black_box(Plane::principal(unit).project_all(unit))).1).collect();
    let neighbours = runs.map(|_| timed(|| black_box(Neighbourhoods::of(unit, NEIGHBOURS))).1).collect();
    [projected, neighbours]
}
