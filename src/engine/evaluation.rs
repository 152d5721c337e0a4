//! How good the stages of a pipeline are on judged queries.
//!
//! Each stage that is wanted is a [`System`]: one ranking for each query. A [`Plan`] says which stages those are and
//! takes one query after the other through them, so that no ranking has to be kept. What is kept are the
//! [`Measures`] of each query; of them a [`Summary`] is made, and [`compare`] says whether two systems differ.
//!
//! No clock is read here but by the stages themselves, and chance is seeded: the same input gives the same numbers.

use std::collections::HashMap;
use std::sync::Arc;

use super::lexical::Lexical;
use super::pipeline::{Among, Placed, Run, Settings, Stage};
use super::ranking::Ranking;
use crate::backend::{BackendError, Job, Reranker};
use crate::corpus::beir::{Judgement, Query};
use crate::corpus::bundled::LabelledQuery;
use crate::corpus::{Corpus, DocumentIndex};
use crate::math::relevance::{self, Judgements, Measures};
use crate::math::significance::{self, DEFAULT_SAMPLES, Interval, Randomisation};

/// How many resamples an interval is made of, and how many permutations a p value.
pub const SAMPLES: u32 = DEFAULT_SAMPLES;

/// What chance begins with.
pub const SEED: u64 = 1;

/// How deep measures look that have a depth, unless asked otherwise.
pub const DEFAULT_K: usize = 10;

/// A query with what was judged for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JudgedQuery {
    /// Unique among the queries.
    pub id: String,
    /// What is looked for.
    pub text: String,
    /// By the number of the document in its corpus. One that the corpus has not has a number that no document has: it
    /// counts as relevant and is never found.
    pub judgements: Judgements,
    /// The document that is the query itself: with its id and its text. It is left out of the query's rankings, as BEIR
    /// does for collections whose queries are taken from their documents.
    pub own_document: Option<DocumentIndex>,
}

/// Queries with what was judged for each, and what could not be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Judged {
    /// Those with a judgement, in their order.
    pub queries: Vec<JudgedQuery>,
    /// How many queries have none. As in `trec_eval`, they are in no mean.
    pub unjudged_queries: usize,
    /// How many queries have judgements, and no text. They are left out.
    pub blank_queries: usize,
    /// How many queries are documents of the corpus themselves.
    pub own_documents: usize,
    /// How many judgements are for queries that are not there. They are left out.
    pub stray_judgements: usize,
    /// How many judgements are of documents that the corpus has not. As in `trec_eval`, they count: one that is
    /// relevant is missed by every ranking.
    pub missing_documents: usize,
}

impl Judged {
    /// Queries and judgements of a collection, over its corpus.
    #[must_use]
    pub fn new(corpus: &Corpus, queries: &[Query], judgements: &[Judgement]) -> Self {
        let documents: HashMap<&str, usize> =
            (0..).zip(&corpus.documents).map(|(number, document)| (document.id.as_str(), number)).collect();
        let mut of_query: HashMap<&str, Judgements> =
            queries.iter().map(|query| (query.id.as_str(), Judgements::new())).collect();
        let mut judged = Self::default();
        let mut next_missing = corpus.documents.len();
        for judgement in judgements {
            let Some(of_query) = of_query.get_mut(judgement.query.as_str()) else {
                judged.stray_judgements += 1;
                continue;
            };
            let number = documents.get(judgement.document.as_str()).copied().unwrap_or_else(|| {
                judged.missing_documents += 1;
                next_missing += 1;
                next_missing - 1
            });
            of_query.insert(number, judgement.relevance);
        }
        let with_judgements = queries.iter().filter_map(|query| {
            let judgements = of_query.remove(query.id.as_str()).filter(|judgements| !judgements.is_empty())?;
            let own_document = documents
                .get(query.id.as_str())
                .filter(|&&number| is_text_of(&query.text, &corpus.documents[number].text))
                .map(|&number| DocumentIndex(number));
            Some(JudgedQuery { id: query.id.clone(), text: query.text.clone(), judgements, own_document })
        });
        let with_judgements: Vec<JudgedQuery> = with_judgements.collect();
        judged.unjudged_queries = queries.len() - with_judgements.len();
        let (blank, asked): (Vec<_>, Vec<_>) =
            with_judgements.into_iter().partition(|query| query.text.trim().is_empty());
        judged.blank_queries = blank.len();
        judged.own_documents = asked.iter().filter(|query| query.own_document.is_some()).count();
        judged.queries = asked;
        judged
    }

    /// The labelled queries that come with the program, over the corpus that does; grades are relevances.
    #[must_use]
    pub fn bundled(corpus: &Corpus, labelled: &[LabelledQuery]) -> Self {
        let queries: Vec<Query> =
            labelled.iter().map(|query| Query { id: query.id.clone(), text: query.query.clone() }).collect();
        let judgements = labelled.iter().flat_map(|query| {
            query.relevant.iter().map(|(document, &grade)| Judgement {
                query: query.id.clone(),
                document: document.clone(),
                relevance: grade.into(),
            })
        });
        Self::new(corpus, &queries, &judgements.collect::<Vec<_>>())
    }

    /// How many judgements are of relevant documents that the corpus has.
    #[must_use]
    pub fn known_relevant(&self, corpus: &Corpus) -> usize {
        let judgements = self.queries.iter().flat_map(|query| &query.judgements);
        judgements.filter(|(document, relevance)| **relevance > 0 && **document < corpus.documents.len()).count()
    }

    /// How many judgements count, those of missing documents among them.
    #[must_use]
    pub fn judgements(&self) -> usize {
        self.queries.iter().map(|query| query.judgements.len()).sum()
    }
}

/// Whether a query is the text of a document, below its title if it has one.
fn is_text_of(query: &str, document: &str) -> bool {
    let before = document.strip_suffix(query.trim());
    !query.trim().is_empty() && before.is_some_and(|title| title.is_empty() || title.ends_with(' '))
}

/// Why stages make no plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// None is wanted.
    #[error("no stage is named")]
    NoStage,
    /// One is named again.
    #[error("{} is named twice", .0.name())]
    Twice(Stage),
    /// One stands after another that comes later.
    #[error("{} stands after {}; stages run in the order dense, bm25, hybrid, rerank", .0.name(), .1.name())]
    OutOfOrder(Stage, Stage),
    /// A rerank with no ranking before it.
    #[error("there is nothing before {} for it to read; name dense, bm25 or hybrid too", Stage::Rerank.name())]
    NothingToRerank,
}

/// Which stages are measured, and with what settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    stages: Vec<Stage>,
    settings: Settings,
    k: usize,
}

impl Plan {
    /// A plan that measures `stages`, each a system of its own, down to rank `k` where a measure has a depth.
    ///
    /// Dense and BM25 are themselves alone, a hybrid is both of them fused, whether or not they are named, and a rerank
    /// reads the best of what is named before it: of the hybrid where that is named or where both of its parts are.
    ///
    /// # Errors
    /// [`PlanError`] for stages that are not in the order of [`Stage::ALL`], each once at most and one at least.
    pub fn new(stages: &[Stage], settings: Settings, k: usize) -> Result<Self, PlanError> {
        for pair in stages.windows(2) {
            if stages.iter().filter(|&&stage| stage == pair[1]).count() > 1 {
                return Err(PlanError::Twice(pair[1]));
            }
            if pair[1] < pair[0] {
                return Err(PlanError::OutOfOrder(pair[1], pair[0]));
            }
        }
        match stages {
            [] => return Err(PlanError::NoStage),
            [Stage::Rerank] => return Err(PlanError::NothingToRerank),
            _ => {}
        }
        let [dense, bm25, hybrid, rerank] = Stage::ALL.map(|stage| stages.contains(&stage));
        let hybrid = hybrid || (rerank && dense && bm25);
        let settings = Settings { on: [dense || hybrid, bm25 || hybrid, hybrid, rerank], ..settings };
        Ok(Self { stages: stages.to_vec(), settings, k })
    }

    /// A plan that measures every stage that runs with these settings.
    ///
    /// # Errors
    /// [`PlanError::NoStage`] where none does.
    pub fn of_settings(settings: Settings, k: usize) -> Result<Self, PlanError> {
        let stages: Vec<Stage> = Stage::ALL.into_iter().filter(|&stage| settings.runs(stage)).collect();
        if stages.is_empty() { Err(PlanError::NoStage) } else { Ok(Self { stages, settings, k }) }
    }

    /// The stages that are measured, in the order in which they run.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// What the stages are told. More may run than are measured.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How deep measures look that have a depth.
    #[must_use]
    pub fn k(&self) -> usize {
        self.k
    }

    /// The measured stages that this one is measured against: those that it is made of, or, where one of them is not
    /// measured, what that one is made of. Dense and BM25 stand side by side, so BM25 is put against dense where
    /// nothing is made of both. A rerank of the hybrid is put against dense as well: that is the whole pipeline against
    /// none.
    #[must_use]
    pub fn before(&self, stage: Stage) -> Vec<Stage> {
        let measured = |stage: &Stage| self.stages.contains(stage);
        let parts = [Stage::Dense, Stage::Bm25].into_iter().filter(measured);
        match stage {
            Stage::Dense => Vec::new(),
            Stage::Bm25 if self.settings.runs(Stage::Hybrid) => Vec::new(),
            Stage::Bm25 => parts.filter(|&part| part == Stage::Dense).collect(),
            Stage::Hybrid => parts.collect(),
            Stage::Rerank => match self.settings.reranked() {
                // And dense alone, which it has to be worth more than.
                Some(source @ Stage::Hybrid) if measured(&source) => {
                    [source].into_iter().chain(parts.filter(|&part| part == Stage::Dense)).collect()
                }
                Some(source) if measured(&source) => vec![source],
                _ => parts.collect(),
            },
        }
    }

    /// Takes a query through the stages. `dense` is its ranking by a backend, `lexical` the words of the corpus, made
    /// with the folding of the settings; `reranker` reads where a rerank is in the plan.
    ///
    /// # Errors
    /// What keeps the reranker from its answer, and [`BackendError::BadScores`] where it scores fewer documents than it was
    /// given, or more.
    pub fn run(
        &self,
        query: &JudgedQuery,
        dense: Option<&Ranking>,
        (corpus, lexical): (&Corpus, &Arc<Lexical>),
        reranker: Option<&mut (dyn Reranker + '_)>,
        job: &Job<'_>,
    ) -> Result<Run, BackendError> {
        let among = Among { left_out: query.own_document, ..Among::default() };
        let mut run = Run::first_stages_among(among, &query.text, dense, lexical, self.settings);
        if let Some(reranker) = reranker.filter(|_| self.settings.runs(Stage::Rerank)) {
            run.rerank_with(reranker, corpus, job)?;
        }
        Ok(run)
    }

    /// The measures of each measured stage on one query, in their order.
    #[must_use]
    pub fn measures(&self, run: &Run, corpus: &Corpus, judgements: &Judgements) -> Vec<Measures> {
        let of_stage = |&stage: &Stage| {
            let ranked: Vec<usize> = order(run, stage, corpus).into_iter().map(|document| document.0).collect();
            relevance::measures(&ranked, judgements, self.k)
        };
        self.stages.iter().map(of_stage).collect()
    }
}

/// Every document that a stage ranks, best first, and equal scores as `trec_eval` has them: by id, the last in the
/// alphabet first. So no order of the corpus, which may well have the relevant ones first, makes a ranking better.
#[must_use]
pub fn order(run: &Run, stage: Stage, corpus: &Corpus) -> Vec<DocumentIndex> {
    let id = |placed: &Placed| corpus[placed.document].id.as_bytes();
    let mut parts = run.parts(stage);
    for part in &mut parts {
        part.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| id(b).cmp(id(a))));
    }
    parts.concat().into_iter().map(|placed| placed.document).collect()
}

/// The ranks, from 1, of the first `most` relevant documents of an order.
#[must_use]
pub fn relevant_ranks(order: &[DocumentIndex], judgements: &Judgements, most: usize) -> Vec<usize> {
    let is_relevant = |document: &DocumentIndex| judgements.get(&document.0).is_some_and(|&relevance| relevance > 0);
    (1..).zip(order).filter(|(_, document)| is_relevant(document)).map(|(rank, _)| rank).take(most).collect()
}

/// One of the measures by which systems are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// [`relevance::ndcg`].
    Ndcg,
    /// [`relevance::reciprocal_rank`].
    ReciprocalRank,
    /// [`relevance::recall`].
    Recall,
    /// [`relevance::average_precision`].
    AveragePrecision,
    /// [`relevance::success`] at 1.
    Success,
}

impl Measure {
    /// All of them, the one that decides first.
    pub const ALL: [Self; 5] = [Self::Ndcg, Self::ReciprocalRank, Self::Recall, Self::AveragePrecision, Self::Success];

    /// What its mean is called, down to rank `k` where it has a depth: `nDCG@10`, `MAP`.
    #[must_use]
    pub fn title(self, k: usize) -> String {
        match self {
            Self::Ndcg => format!("nDCG@{k}"),
            Self::ReciprocalRank => format!("MRR@{k}"),
            Self::Recall => format!("recall@{k}"),
            Self::AveragePrecision => "MAP".into(),
            Self::Success => "success@1".into(),
        }
    }

    /// Its value among the measures of a query.
    #[must_use]
    pub fn of(self, measures: &Measures) -> f64 {
        match self {
            Self::Ndcg => measures.ndcg,
            Self::ReciprocalRank => measures.reciprocal_rank,
            Self::Recall => measures.recall,
            Self::AveragePrecision => measures.average_precision,
            Self::Success => measures.success,
        }
    }
}

/// One way to rank, with what it came to on each query.
#[derive(Debug, Clone, PartialEq)]
pub struct System {
    /// What it is called: a stage, with its backend where there are several.
    pub name: String,
    /// One for each query, in their order; the same queries for every system.
    pub measures: Vec<Measures>,
}

/// The means of a system over all queries, and how well each is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// One for each of [`Measure::ALL`], in their order.
    pub means: [Interval; 5],
}

impl System {
    fn values(&self, measure: Measure) -> Vec<f64> {
        self.measures.iter().map(|measures| measure.of(measures)).collect()
    }

    /// The means, with bootstrap intervals of 95 %; `None` without queries.
    #[must_use]
    pub fn summary(&self) -> Option<Summary> {
        let mean = |measure| significance::bootstrap_mean(&self.values(measure), SAMPLES, SEED);
        let [ndcg, reciprocal_rank, recall, average_precision, success] = Measure::ALL.map(mean);
        Some(Summary { means: [ndcg?, reciprocal_rank?, recall?, average_precision?, success?] })
    }
}

/// How much better `to` is than `from`, and how easily that would come by chance: a paired randomisation test of each of
/// [`Measure::ALL`], in their order. Differences are above 0 where `to` is the better.
///
/// `None` without queries, or where one system has more of them than the other.
#[must_use]
pub fn compare(from: &System, to: &System) -> Option<[Randomisation; 5]> {
    let test = |measure| significance::sign_flip(&to.values(measure), &from.values(measure), SAMPLES, SEED);
    let [ndcg, reciprocal_rank, recall, average_precision, success] = Measure::ALL.map(test);
    Some([ndcg?, reciprocal_rank?, recall?, average_precision?, success?])
}

#[cfg(test)]
mod tests;
