//! What an evaluation found, as `--format json` prints it.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use serde::Serialize;

use super::super::settings::{SettingsReport, name};
use super::Measured;
use crate::backend::RerankerCard;
use crate::corpus::Corpus;
use crate::engine::Searcher;
use crate::engine::evaluation::{self, Judged, Plan, SAMPLES, SEED};
use crate::math::significance::{Interval, Randomisation};

/// One of something for each measure.
#[derive(Debug, Serialize)]
pub(super) struct ByMeasure<T> {
    pub(super) ndcg: T,
    mrr: T,
    recall: T,
    map: T,
    success: T,
}

impl<T> ByMeasure<T> {
    /// In the order of [`Measure::ALL`](evaluation::Measure::ALL).
    pub(super) fn of([ndcg, mrr, recall, map, success]: [T; 5]) -> Self {
        Self { ndcg, mrr, recall, map, success }
    }

    pub(super) fn all(&self) -> [&T; 5] {
        [&self.ndcg, &self.mrr, &self.recall, &self.map, &self.success]
    }
}

#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    pub(super) corpus: &'a str,
    pub(super) documents: usize,
    pub(super) queries: usize,
    pub(super) judgements: usize,
    pub(super) omitted: Omitted,
    /// How many of the judgements are of documents that the corpus has not; they count.
    pub(super) missing_documents: usize,
    pub(super) k: usize,
    pub(super) settings: SettingsReport,
    /// Of each interval, and of each p value where there are too many queries to go through all signs.
    pub(super) samples: u32,
    pub(super) seed: u64,
    pub(super) systems: Vec<SystemReport<'a>>,
    pub(super) pairs: Vec<PairReport<'a>>,
    pub(super) backends: Vec<BackendReport<'a>>,
    pub(super) reranker: Option<RerankerReport>,
    pub(super) seconds: f64,
}

/// What is not in any number.
#[derive(Debug, Serialize)]
pub(super) struct Omitted {
    pub(super) empty_documents: usize,
    pub(super) unjudged_queries: usize,
    pub(super) stray_judgements: usize,
    pub(super) blank_queries: usize,
    /// Queries that are documents: each is left out of its own rankings.
    pub(super) own_documents: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct SystemReport<'a> {
    pub(super) name: &'a str,
    stage: String,
    backend: Option<&'a str>,
    pub(super) measures: ByMeasure<IntervalReport>,
    /// The stage's own time, without that of the stages before it.
    pub(super) ms_per_query: f64,
}

/// A mean, and its interval of 95 %.
#[derive(Debug, Serialize)]
pub(super) struct IntervalReport {
    pub(super) mean: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

#[derive(Debug, Serialize)]
pub(super) struct PairReport<'a> {
    pub(super) from: &'a str,
    pub(super) to: &'a str,
    pub(super) measures: ByMeasure<TestReport>,
}

/// By how much `to` is better than `from`.
#[derive(Debug, Serialize)]
pub(super) struct TestReport {
    pub(super) difference: f64,
    pub(super) p: f64,
    permutations: u32,
    exact: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct BackendReport<'a> {
    pub(super) name: &'a str,
    pub(super) model: String,
    pub(super) engine: String,
    dimensions: Option<usize>,
    max_tokens: Option<usize>,
    prompts: String,
    pub(super) corpus_ms: f64,
    pub(super) tokens_billed: u64,
    pub(super) usd: Option<f64>,
}

#[derive(Debug, Serialize)]
pub(super) struct RerankerReport {
    pub(super) model: String,
    pub(super) engine: String,
    max_tokens: usize,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        corpus: &'a Corpus,
        judged: &Judged,
        plan: &Plan,
        measured: &'a [Measured],
        (backends, reranker): (Vec<BackendReport<'a>>, Option<RerankerCard>),
        started: Instant,
    ) -> anyhow::Result<Self> {
        let systems = measured.iter().map(|measured| SystemReport::new(measured, &backends));
        Ok(Self {
            corpus: &corpus.name,
            documents: corpus.documents.len(),
            queries: judged.queries.len(),
            judgements: judged.judgements(),
            omitted: Omitted {
                empty_documents: corpus.blank_lines.len(),
                unjudged_queries: judged.unjudged_queries,
                stray_judgements: judged.stray_judgements,
                blank_queries: judged.blank_queries,
                own_documents: judged.own_documents,
            },
            missing_documents: judged.missing_documents,
            k: plan.k(),
            settings: SettingsReport::new(plan.stages(), plan.settings()),
            samples: SAMPLES,
            seed: SEED,
            systems: systems.collect::<anyhow::Result<_>>()?,
            pairs: pairs(plan, measured)?,
            backends,
            reranker: reranker.map(|card| {
                let RerankerCard { model, engine, max_tokens, .. } = card;
                RerankerReport { model, engine, max_tokens }
            }),
            seconds: started.elapsed().as_secs_f64(),
        })
    }
}

impl<'a> SystemReport<'a> {
    fn new(measured: &'a Measured, backends: &[BackendReport<'a>]) -> anyhow::Result<Self> {
        let Measured { stage, backend, system, time } = measured;
        let summary = system.summary().context("there is no query to take a mean of")?;
        let means = summary.means.map(|Interval { mean, low, high }| IntervalReport { mean, low, high });
        let queries = u32::try_from(system.measures.len()).unwrap_or(u32::MAX);
        Ok(Self {
            name: &system.name,
            stage: name(*stage),
            backend: backend.map(|place| backends[place].name),
            measures: ByMeasure::of(means),
            ms_per_query: time.checked_div(queries).map_or(0.0, milliseconds),
        })
    }
}

impl<'a> BackendReport<'a> {
    /// After everything was sent that is to be sent.
    pub(super) fn new(name: &'a str, searcher: &Searcher) -> Self {
        let (card, spent) = (searcher.card(), searcher.spent());
        let total = spent.total();
        Self {
            name,
            model: card.model.clone(),
            engine: card.engine.clone(),
            dimensions: card.dimensions,
            max_tokens: card.max_tokens,
            prompts: card.prompts.to_string(),
            corpus_ms: milliseconds(spent.corpus_time),
            tokens_billed: total.tokens,
            usd: total.usd,
        }
    }
}

/// Each system against those before it with the same backend, and against the same stage with each other backend.
fn pairs<'a>(plan: &Plan, measured: &'a [Measured]) -> anyhow::Result<Vec<PairReport<'a>>> {
    let share_backend = |a: &Measured, b: &Measured| match (a.backend, b.backend) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    };
    let mut pairs = Vec::new();
    for to in measured {
        for before in plan.before(to.stage) {
            pairs.extend(
                measured.iter().filter(|from| from.stage == before && share_backend(from, to)).map(|f| (f, to)),
            );
        }
    }
    for (place, from) in measured.iter().enumerate() {
        pairs.extend(measured[place + 1..].iter().filter(|to| to.stage == from.stage).map(|to| (from, to)));
    }
    let tested = pairs.into_iter().map(|(from, to)| {
        let tests = evaluation::compare(&from.system, &to.system).context("two systems have different queries")?;
        let differences = tests.map(|test| {
            let Randomisation { difference, p, permutations, exact } = test;
            TestReport { difference, p, permutations, exact }
        });
        Ok(PairReport { from: &from.system.name, to: &to.system.name, measures: ByMeasure::of(differences) })
    });
    tested.collect()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}
