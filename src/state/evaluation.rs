//! What the panel of the evaluation knows: the stages of the pipeline as they are set, on the labelled queries.

use std::sync::Arc;

use super::{BackendId, RerankerId, Ticket};
use crate::engine::Stage;
use crate::engine::evaluation::{self, Judged, Measure, Plan, Summary, System};
use crate::engine::pipeline::Settings;
use crate::math::relevance::Measures;
use crate::math::significance::Randomisation;

/// What was measured: of another setting it would have been another result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setup {
    /// The backend of the dense stage.
    pub backend: BackendId,
    /// What the stages were told.
    pub settings: Settings,
    /// Who reranked; `None` where nobody did.
    pub reranker: Option<RerankerId>,
}

/// An evaluation, under way or done.
#[derive(Debug)]
pub struct Evaluation {
    /// What is measured.
    pub setup: Setup,
    /// Which stages.
    pub plan: Plan,
    /// On which queries.
    pub judged: Arc<Judged>,
    /// The measures of each stage, for each query so far.
    pub measured: Vec<Vec<Measures>>,
    /// What it comes to, when all queries are measured.
    pub outcome: Option<Outcome>,
    /// Why it went no further.
    pub failed: Option<String>,
    /// The selected query, as a place in [`Evaluation::listed`].
    pub chosen: usize,
    /// Of this evaluation; answers to any other are dropped.
    pub(super) ticket: Ticket,
}

/// What an evaluation comes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The means of each stage, in the order of the plan.
    pub summaries: Vec<Summary>,
    /// How much better each stage is than one before it.
    pub differences: Vec<Difference>,
}

impl Outcome {
    /// Works out means, intervals and differences of the stages of a plan.
    #[must_use]
    pub fn of(plan: &Plan, systems: &[System]) -> Self {
        let summaries = systems.iter().filter_map(System::summary).collect();
        let system = |stage| plan.stages().iter().position(|&other| other == stage).and_then(|at| systems.get(at));
        let pairs = plan.stages().iter().flat_map(|&to| plan.before(to).into_iter().map(move |from| (from, to)));
        let differences = pairs.filter_map(|(from, to)| {
            let [test, ..] = evaluation::compare(system(from)?, system(to)?)?;
            Some(Difference { from, to, test })
        });
        Self { summaries, differences: differences.collect() }
    }
}

/// How much better one stage is than another, by nDCG.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// The earlier.
    pub from: Stage,
    /// The later.
    pub to: Stage,
    /// Above 0 where the later is the better.
    pub test: Randomisation,
}

impl Evaluation {
    /// The queries that are measured so far, with their nDCG by stage: in their order, and when all are measured those on
    /// which the stages differ most first.
    #[must_use]
    pub fn listed(&self) -> Vec<(usize, Vec<f64>)> {
        let by_stage = |measures: &Vec<Measures>| measures.iter().map(|of| Measure::Ndcg.of(of)).collect();
        let mut listed: Vec<(usize, Vec<f64>)> = self.measured.iter().map(by_stage).enumerate().collect();
        let spread = |values: &[f64]| {
            let greatest = values.iter().copied().fold(f64::MIN, f64::max);
            greatest - values.iter().copied().fold(f64::MAX, f64::min)
        };
        if self.outcome.is_some() {
            // A stable sort: the queries are in their order.
            listed.sort_by(|(_, a), (_, b)| spread(b).total_cmp(&spread(a)));
        }
        listed
    }

    /// The stages with all that was measured of them.
    pub(super) fn systems(&self) -> Vec<System> {
        let of_stage = |at: usize| self.measured.iter().map(|measures| measures[at]).collect();
        let stages = self.plan.stages().iter().enumerate();
        stages.map(|(at, stage)| System { name: stage.name().into(), measures: of_stage(at) }).collect()
    }
}
