//! What the Pipeline screen knows: the stages of a retrieval pipeline, their parameters, and one query through them.

use std::sync::Arc;

use super::Ticket;
use crate::backend::hub::Download;
use crate::backend::reranker_spec::RerankerDescription;
use crate::backend::spec::Readiness;
use crate::backend::{RerankMethod, RerankerCard, WordMatches};
use crate::corpus::{DocumentIndex, Selection};
use crate::engine::pipeline::{Fusion, Placed, Placement, Settings, StageRanking};
use crate::engine::{Ranking, Run, Stage};

/// The number of a reranker in [`Pipeline::rerankers`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RerankerId(pub usize);

/// One reranker: how far it is.
#[derive(Debug, Clone, PartialEq)]
pub struct RerankerPanel {
    /// What to call it in one or two words.
    pub label: String,
    /// How it compares.
    pub method: RerankMethod,
    /// How far it is.
    pub phase: RerankerPhase,
}

impl RerankerPanel {
    /// A reranker that nobody has asked for yet.
    #[must_use]
    pub fn new(label: impl Into<String>, description: RerankerDescription) -> Self {
        let phase = match description.readiness {
            Readiness::Ready => RerankerPhase::Closed,
            Readiness::Downloads(repository) => RerankerPhase::Absent(repository),
            Readiness::NotConfigured(message) => RerankerPhase::Failed(message),
        };
        Self { label: label.into(), method: description.method, phase }
    }
}

/// How far a reranker is.
#[derive(Debug, Clone, PartialEq)]
pub enum RerankerPhase {
    /// Nobody has asked for it yet; it is all there.
    Closed,
    /// It would have to be fetched first, from this repository.
    Absent(String),
    /// It is being made ready.
    Opening,
    /// Its model is being fetched.
    Downloading(Download),
    /// It can be used.
    Ready(RerankerCard),
    /// Something is wrong; the text says what.
    Failed(String),
}

/// One thing that can be set in place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Param {
    /// The backend of the dense stage.
    Backend,
    /// k1 of BM25.
    K1,
    /// b of BM25.
    B,
    /// Whether words are cut to their stem.
    Stemming,
    /// Whether stop words are left out.
    StopWords,
    /// Whether accents are dropped.
    Accents,
    /// Fusion by ranks or by scores.
    Fusion,
    /// The k of reciprocal rank fusion.
    K,
    /// The weight of the dense ranking.
    DenseWeight,
    /// The weight of the BM25 ranking.
    Bm25Weight,
    /// The share of the dense scores.
    Alpha,
    /// Which reranker.
    Reranker,
    /// How many documents are reranked.
    Depth,
    /// The share of late interaction beside the cosine.
    LateWeight,
}

/// What the Pipeline screen knows.
#[derive(Debug)]
pub struct Pipeline {
    /// What the stages are told.
    pub settings: Settings,
    /// The column that has the arrow keys.
    pub focus: Stage,
    /// The parameter of each stage that can be changed now, as a place in [`Pipeline::params`].
    chosen: [usize; 4],
    /// The rerankers, in the order of the config.
    pub rerankers: Vec<RerankerPanel>,
    /// The one in use.
    pub reranker: RerankerId,
    /// The newest query through the stages, which may be an older one than is typed.
    pub run: Option<Arc<Run>>,
    /// The newest that was reranked too, which may be older still.
    pub reranked: Option<Arc<Run>>,
    /// Why the newest could not be reranked.
    pub rerank_failed: Option<String>,
    /// The sentence that is followed through the stages, where the person chose one.
    pub followed: Option<DocumentIndex>,
    /// Which words match, of the newest query and document that were asked for.
    pub matches: Option<Matches>,
    /// Whether matches are shown as numbers.
    pub numbers: bool,
    /// What was asked for last, so that nothing is asked for twice.
    pub(super) asked: Asked,
}

/// How the words of a query and of a document match.
#[derive(Debug, Clone, PartialEq)]
pub struct Matches {
    /// By whose token vectors.
    pub reranker: RerankerId,
    /// The query.
    pub query: String,
    /// The document.
    pub document: DocumentIndex,
    /// The answer; or why there is none.
    pub words: Result<Arc<WordMatches>, String>,
}

/// A run of the stages.
#[derive(Debug)]
pub(super) struct AskedRun {
    pub(super) query: String,
    pub(super) dense: Option<Arc<Ranking>>,
    pub(super) selection: Option<Arc<Selection>>,
    pub(super) settings: Settings,
}

/// What was asked of the workers last.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Of the newest run; answers to any other are dropped.
    pub(super) ticket: Ticket,
    /// Whether the newest run was answered.
    pub(super) answered: bool,
    pub(super) run: Option<AskedRun>,
    /// The run that is being reranked, and by whom.
    pub(super) rerank: Option<(Ticket, RerankerId)>,
    /// The run that was reranked last.
    pub(super) reranked: Ticket,
    pub(super) words: Option<(RerankerId, String, DocumentIndex)>,
}

impl Pipeline {
    /// All stages on, as they are by default, with the first reranker in use.
    #[must_use]
    pub fn new() -> Self {
        Self {
            settings: Settings::default(),
            focus: Stage::Dense,
            chosen: [0; 4],
            rerankers: Vec::new(),
            reranker: RerankerId(0),
            run: None,
            reranked: None,
            rerank_failed: None,
            followed: None,
            matches: None,
            numbers: false,
            asked: Asked::default(),
        }
    }

    /// Drops what is known of a corpus. `ticket` is of nothing that was asked for.
    pub(super) fn forget_corpus(&mut self, ticket: Ticket) {
        (self.run, self.reranked, self.rerank_failed, self.followed, self.matches) = (None, None, None, None, None);
        self.asked = Asked { ticket, ..Asked::default() };
    }

    /// The reranker in use; `None` where there is none at all.
    #[must_use]
    pub fn reranker(&self) -> Option<&RerankerPanel> {
        self.rerankers.get(self.reranker.0)
    }

    /// How far it is.
    #[must_use]
    pub fn phase(&self) -> Option<&RerankerPhase> {
        self.reranker().map(|panel| &panel.phase)
    }

    /// How it compares.
    #[must_use]
    pub fn method(&self) -> Option<RerankMethod> {
        self.reranker().map(|panel| panel.method)
    }

    /// Who says which words match: the reranker in use, or the first that can and is there.
    #[must_use]
    pub fn word_matcher(&self) -> Option<RerankerId> {
        let can = |id: &RerankerId| {
            let panel = &self.rerankers[id.0];
            panel.method == RerankMethod::LateInteraction
                && !matches!(panel.phase, RerankerPhase::Absent(_) | RerankerPhase::Failed(_))
        };
        let in_use = Some(self.reranker).filter(|id| id.0 < self.rerankers.len());
        in_use.into_iter().chain((0..self.rerankers.len()).map(RerankerId)).find(can)
    }

    /// What can be set of a stage, as things are.
    #[must_use]
    pub fn params(&self, stage: Stage) -> Vec<Param> {
        match (stage, self.settings.fusion) {
            (Stage::Dense, _) => vec![Param::Backend],
            (Stage::Bm25, _) => vec![Param::K1, Param::B, Param::Stemming, Param::StopWords, Param::Accents],
            (Stage::Hybrid, Fusion::ReciprocalRank) => {
                vec![Param::Fusion, Param::K, Param::DenseWeight, Param::Bm25Weight]
            }
            (Stage::Hybrid, Fusion::Blend) => vec![Param::Fusion, Param::Alpha],
            (Stage::Rerank, _) => {
                let is_late = self.method() == Some(RerankMethod::LateInteraction);
                let late = is_late.then_some(Param::LateWeight);
                [Param::Reranker, Param::Depth].into_iter().chain(late).collect()
            }
        }
    }

    /// The parameter of a stage that can be changed now.
    #[must_use]
    pub fn chosen(&self, stage: Stage) -> Param {
        let params = self.params(stage);
        params[self.chosen[place(stage)].min(params.len() - 1)]
    }

    /// Goes to the next parameter of the column that has the arrow keys.
    pub(super) fn choose_next(&mut self) {
        let (stage, current) = (self.focus, self.chosen(self.focus));
        let params = self.params(stage);
        let at = params.iter().position(|&param| param == current).unwrap_or(0);
        self.chosen[place(stage)] = (at + 1) % params.len();
    }

    /// Goes so many columns to the right, or to the left, and round.
    pub(super) fn move_focus(&mut self, by: isize) {
        let stages = Stage::ALL.len();
        let at = place(self.focus).checked_add_signed(by).unwrap_or(stages - 1) % stages;
        self.focus = Stage::ALL[at];
    }

    /// Switches a stage on or off.
    ///
    /// # Errors
    /// One of dense and BM25 stays on: the text says so.
    pub(super) fn toggle(&mut self, stage: Stage) -> Result<(), &'static str> {
        let mut settings = self.settings;
        settings.switch(stage, !settings.is_on(stage));
        if !settings.runs(Stage::Dense) && !settings.runs(Stage::Bm25) {
            return Err("one of dense and BM25 has to stay on: there would be nothing to rank by");
        }
        self.settings = settings;
        Ok(())
    }

    /// Raises or lowers a parameter by a step, inside of its range. The backend is not ours to change.
    pub(super) fn adjust(&mut self, param: Param, up: bool) {
        let settings = &mut self.settings;
        match param {
            Param::Backend => {}
            Param::K1 => settings.bm25.k1 = stepped(settings.bm25.k1, 0.1, up, 5.0),
            Param::B => settings.bm25.b = stepped(settings.bm25.b, 0.05, up, 1.0),
            Param::Stemming => settings.folding.stemming = !settings.folding.stemming,
            Param::StopWords => settings.folding.stop_words = !settings.folding.stop_words,
            Param::Accents => settings.folding.accents = !settings.folding.accents,
            Param::Fusion => {
                settings.fusion = match settings.fusion {
                    Fusion::ReciprocalRank => Fusion::Blend,
                    Fusion::Blend => Fusion::ReciprocalRank,
                }
            }
            Param::K => settings.k = stepped(settings.k, 10.0, up, 1000.0),
            Param::DenseWeight => settings.weights[0] = stepped(settings.weights[0], 0.25, up, 10.0),
            Param::Bm25Weight => settings.weights[1] = stepped(settings.weights[1], 0.25, up, 10.0),
            Param::Alpha => settings.alpha = stepped(settings.alpha, 0.05, up, 1.0),
            Param::Reranker => self.next_reranker(up),
            Param::Depth => settings.depth = stepped_depth(settings.depth, up),
            #[expect(clippy::cast_possible_truncation, reason = "a few decimals")]
            Param::LateWeight => {
                settings.late_weight = stepped(f64::from(settings.late_weight), 0.1, up, 1.0) as f32;
            }
        }
    }

    fn next_reranker(&mut self, up: bool) {
        let count = self.rerankers.len();
        if count > 0 {
            let step = if up { 1 } else { count - 1 };
            self.reranker = RerankerId((self.reranker.0 + step) % count);
            // What another one said is not this one's.
            (self.reranked, self.rerank_failed, self.asked.rerank) = (None, None, None);
        }
    }

    /// The ranking of a stage as it is shown: that of the newest run or, of the rerank stage while it is on its way, the
    /// one before. With it comes the run that it is of.
    #[must_use]
    pub fn shown(&self, stage: Stage) -> Option<(&Arc<Run>, &StageRanking)> {
        let run = match stage {
            Stage::Rerank => self.reranked.as_ref().filter(|_| self.settings.runs(Stage::Rerank)),
            Stage::Dense | Stage::Bm25 | Stage::Hybrid => self.run.as_ref(),
        }?;
        Some((run, run.stage(stage)?))
    }

    /// The rows of a column; none where its stage has no ranking.
    #[must_use]
    pub fn rows(&self, stage: Stage) -> &[Placed] {
        self.shown(stage).map_or(&[], |(_, ranking)| &ranking.placed)
    }

    /// Where a column has a document.
    #[must_use]
    pub fn placement(&self, stage: Stage, document: DocumentIndex) -> Option<Placement> {
        self.shown(stage)?.1.placement(document)
    }

    /// The sentence that is followed: the one that was chosen, or the first of the column that has the arrow keys, or of
    /// any other.
    #[must_use]
    pub fn document(&self) -> Option<DocumentIndex> {
        let first = |stage| self.rows(stage).first().map(|placed| placed.document);
        self.followed.or_else(|| first(self.focus)).or_else(|| Stage::ALL.into_iter().find_map(first))
    }

    /// Whether an answer is on its way that takes no time to speak of.
    pub(super) fn is_near(&self) -> bool {
        let is_late = self.method() == Some(RerankMethod::LateInteraction);
        self.asked.run.is_some() && (!self.asked.answered || is_late && !self.is_settled())
    }

    /// Whether the stages up to the fusion have run as they are set, for the newest query.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        self.asked.answered
    }

    /// Whether what was reranked is the newest run, and not an older one that still stands there.
    #[must_use]
    pub fn rerank_is_current(&self) -> bool {
        self.reranked.is_some() && self.asked.answered && self.asked.reranked == self.asked.ticket
    }

    /// Whether the whole pipeline has answered, as far as it is known what that is.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let Some(run) = &self.run else { return true };
        run.candidates().is_empty()
            || self.rerank_failed.is_some()
            || self.rerank_is_current()
            || !matches!(self.phase(), Some(RerankerPhase::Ready(_)))
    }
}

impl Default for Pipeline {
    fn default() -> Self {
        Self::new()
    }
}

/// The place of a stage in [`Stage::ALL`].
fn place(stage: Stage) -> usize {
    stage as usize
}

/// A step up or down from 0 to `most`, on whole steps, so that rounding never adds up.
fn stepped(value: f64, step: f64, up: bool, most: f64) -> f64 {
    let steps = (value / step).round() + if up { 1.0 } else { -1.0 };
    // Through its decimal form: 3 × 0.1 is 0.30000000000000004.
    let value = format!("{:.2}", (steps * step).clamp(0.0, most));
    value.parse().unwrap_or(most)
}

/// 1, 5, 10, 20, 30 …
fn stepped_depth(depth: usize, up: bool) -> usize {
    match (depth, up) {
        (0..5, true) | (6..=10, false) => 5,
        (5..10, true) => 10,
        (_, true) => (depth / 10 + 1) * 10,
        (0..=5, false) => 1,
        (_, false) => (depth - 1) / 10 * 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::bm25::Params;

    #[test]
    fn parameters_go_in_whole_steps_and_stay_in_their_range() {
        let mut pipeline = Pipeline::new();
        for _ in 0..30 {
            pipeline.adjust(Param::B, true);
        }
        assert_eq!(pipeline.settings.bm25, Params { k1: 1.2, b: 1.0 });
        for _ in 0..3 {
            pipeline.adjust(Param::B, false);
        }
        assert_eq!(pipeline.settings.bm25, Params { k1: 1.2, b: 0.85 });
        for _ in 0..99 {
            pipeline.adjust(Param::K, false);
        }
        pipeline.adjust(Param::K1, true);
        let settings = Settings { k: 0.0, bm25: Params { k1: 1.3, b: 0.85 }, ..Settings::default() };
        assert_eq!(pipeline.settings, settings);
    }

    #[test]
    fn the_depth_has_small_steps_where_it_is_small() {
        let mut depths = vec![50];
        for _ in 0..8 {
            depths.push(stepped_depth(depths[depths.len() - 1], false));
        }
        assert_eq!(depths, [50, 40, 30, 20, 10, 5, 1, 1, 1]);
        assert_eq!([1, 5, 10, 95].map(|depth| stepped_depth(depth, true)), [5, 10, 20, 100]);
    }

    #[test]
    fn something_to_rank_by_always_stays_on() {
        let mut pipeline = Pipeline::new();
        assert!(pipeline.toggle(Stage::Dense).is_ok());
        assert!(pipeline.toggle(Stage::Bm25).is_err());
        assert_eq!(pipeline.settings.on, [false, true, true, true]);
        assert!(pipeline.toggle(Stage::Rerank).is_ok() && pipeline.toggle(Stage::Rerank).is_ok());
    }

    #[test]
    fn parameters_follow_what_they_are_parameters_of() {
        let mut pipeline = Pipeline::new();
        pipeline.focus = Stage::Hybrid;
        for _ in 0..3 {
            pipeline.choose_next();
        }
        assert_eq!(pipeline.chosen(Stage::Hybrid), Param::Bm25Weight);
        pipeline.adjust(Param::Fusion, true);
        // A blend has fewer.
        assert_eq!(pipeline.chosen(Stage::Hybrid), Param::Alpha);
        pipeline.choose_next();
        assert_eq!(pipeline.chosen(Stage::Hybrid), Param::Fusion);
        assert!(!pipeline.params(Stage::Rerank).contains(&Param::LateWeight), "there is no reranker");
    }

    #[test]
    fn the_focus_goes_round() {
        let mut pipeline = Pipeline::new();
        pipeline.move_focus(-1);
        assert_eq!(pipeline.focus, Stage::Rerank);
        pipeline.move_focus(1);
        assert_eq!(pipeline.focus, Stage::Dense);
    }
}
