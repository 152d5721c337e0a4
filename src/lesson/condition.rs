//! The little language in which lessons say when something is true. A condition is a table of facts, all of which have
//! to hold:
//!
//! ```toml
//! when = { stage = "bm25", first = "s027" }
//! when = { above = ["s039", "s040"], words_at_least = 4 }
//! ```

use serde::Deserialize;

use super::evidence::{self, Evidence};

/// A ranking by name: that of a stage of the pipeline, or of the lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StageName {
    /// By the cosine of vectors: the ranking of every screen.
    #[default]
    Dense,
    /// By words.
    Bm25,
    /// Both fused.
    Hybrid,
    /// The best read again.
    Rerank,
    /// With the switch of the lab.
    Lab,
}

/// Facts about one query's ranking, all of which have to hold. Sentences are named by their ids.
#[derive(Debug, Clone, PartialEq, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Condition {
    /// Whose ranking the facts are about.
    pub stage: StageName,
    /// The sentence that stands first.
    pub first: Option<String>,
    /// The sentences of which one stands first.
    pub first_of: Vec<String>,
    /// Sentences in the order in which they stand, others between them or not.
    pub above: Vec<String>,
    /// A sentence that is among the first k.
    pub within: Option<Within>,
    /// A sentence that is not among the first k, or not ranked at all.
    pub beyond: Option<Within>,
    /// Whether the stage ranks anything at all.
    pub finds: Option<bool>,
    /// The score of the first is at least this.
    pub top_at_least: Option<f32>,
    /// The score of the first is less than this.
    pub top_below: Option<f32>,
    /// The score of a sentence is at least this.
    pub score_at_least: Option<Score>,
    /// The score of a sentence is less than this.
    pub score_below: Option<Score>,
    /// The first of two sentences scores higher than the other, by at least this.
    pub gap_at_least: Option<Gap>,
    /// The scores of two sentences differ by at least this, whichever is higher.
    pub apart_at_least: Option<Gap>,
    /// The scores of two sentences differ by less than this.
    pub gap_below: Option<Gap>,
    /// The share of the first ten that the lab's switch left among them is at least this.
    pub overlap_at_least: Option<f64>,
    /// That share is less than this.
    pub overlap_below: Option<f64>,
    /// At so many of the first ten places another sentence stands than without the switch, at least.
    pub changed_at_least: Option<usize>,
    /// At so many, at most.
    pub changed_at_most: Option<usize>,
    /// Whether the same sentence stands first with the switch and without it.
    pub same_first: Option<bool>,
    /// The query has at least so many words.
    pub words_at_least: Option<usize>,
    /// The query has at most so many words.
    pub words_at_most: Option<usize>,
    /// Words that the query does not have.
    pub without_words: Vec<String>,
    /// Words that the query has.
    pub with_words: Vec<String>,
    /// What has to hold besides, of another stage.
    pub and: Option<Box<Condition>>,
}

/// A sentence and a number of places.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Within {
    /// Which sentence.
    pub id: String,
    /// How many places from the top.
    pub k: usize,
}

/// A sentence and a score.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Score {
    /// Which sentence.
    pub id: String,
    /// On the stage's own scale.
    pub score: f32,
}

/// Two sentences and a difference of scores.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    /// Which sentences.
    pub ids: [String; 2],
    /// On the stage's own scale.
    pub by: f32,
}

impl Condition {
    /// Whether all of it holds; `None` while the ranking that it is about is not there.
    #[must_use]
    pub fn holds(&self, evidence: &Evidence<'_>) -> Option<bool> {
        if self.speaks_of_a_ranking() && !evidence.has(self.stage) {
            return None;
        }
        if self.speaks_of_damage() && evidence.trial.is_none() {
            return None;
        }
        let besides = self.and.as_ref().map_or(Some(true), |and| and.holds(evidence))?;
        Some(
            besides
                && self.damage_holds(evidence)
                && self.order_holds(evidence)
                && self.scores_hold(evidence)
                && self.words_hold(evidence),
        )
    }

    /// The part of it that does not hold yet: its own facts, or those that have to hold besides.
    pub(super) fn unmet(&self, evidence: &Evidence<'_>) -> &Self {
        let own = Self { and: None, ..self.clone() };
        match &self.and {
            Some(and) if own.holds(evidence) == Some(true) => and.unmet(evidence),
            Some(_) | None => self,
        }
    }

    /// The ids of all sentences that it names.
    #[must_use]
    pub fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.first.iter().map(String::as_str).collect();
        ids.extend(self.first_of.iter().chain(&self.above).map(String::as_str));
        ids.extend([&self.within, &self.beyond].into_iter().flatten().map(|it| it.id.as_str()));
        ids.extend([&self.score_at_least, &self.score_below].into_iter().flatten().map(|it| it.id.as_str()));
        let gaps = [&self.gap_at_least, &self.apart_at_least, &self.gap_below].into_iter().flatten();
        ids.extend(gaps.flat_map(|gap| &gap.ids).map(String::as_str));
        ids.extend(self.and.iter().flat_map(|and| and.ids()));
        ids
    }

    /// Whether it is about more than the words of the query, and what holds besides.
    fn speaks_of_a_ranking(&self) -> bool {
        let of_its_own = self.ids().len() > self.and.as_ref().map_or(0, |and| and.ids().len());
        of_its_own || self.finds.is_some() || self.top_at_least.is_some() || self.top_below.is_some()
    }

    fn speaks_of_damage(&self) -> bool {
        self.overlap_at_least.is_some()
            || self.overlap_below.is_some()
            || self.changed_at_least.is_some()
            || self.changed_at_most.is_some()
            || self.same_first.is_some()
    }

    fn damage_holds(&self, evidence: &Evidence<'_>) -> bool {
        let Some(damage) = evidence.trial.map(|trial| &trial.damage) else { return !self.speaks_of_damage() };
        self.overlap_at_least.is_none_or(|least| damage.overlap >= least)
            && self.overlap_below.is_none_or(|most| damage.overlap < most)
            && self.changed_at_least.is_none_or(|least| damage.changed >= least)
            && self.changed_at_most.is_none_or(|most| damage.changed <= most)
            && self.same_first.is_none_or(|same| damage.same_first == same)
    }

    fn order_holds(&self, evidence: &Evidence<'_>) -> bool {
        let stage = self.stage;
        let rank = |id: &str| rank_of(evidence, stage, id);
        let ranks: Vec<Option<usize>> = self.above.iter().map(|id| rank(id)).collect();
        let in_order = ranks.windows(2).all(|pair| match (pair[0], pair[1]) {
            (Some(upper), Some(lower)) => upper < lower,
            (Some(_), None) => true,
            (None, _) => false,
        });
        in_order
            && self.first.as_ref().is_none_or(|id| rank(id) == Some(1))
            && (self.first_of.is_empty() || self.first_of.iter().any(|id| rank(id) == Some(1)))
            && self.within.as_ref().is_none_or(|within| rank(&within.id).is_some_and(|rank| rank <= within.k))
            && self.beyond.as_ref().is_none_or(|beyond| rank(&beyond.id).is_none_or(|rank| rank > beyond.k))
            && self.finds.is_none_or(|finds| evidence.at(stage, 1).is_some() == finds)
    }

    fn scores_hold(&self, evidence: &Evidence<'_>) -> bool {
        let stage = self.stage;
        let score = |id: &str| Some(evidence.placement(stage, evidence.document(id)?)?.score);
        let gap = |gap: &Gap| Some(score(&gap.ids[0])? - score(&gap.ids[1])?);
        let top = evidence.at(stage, 1).map(|(_, score)| score);
        self.top_at_least.is_none_or(|least| top.is_some_and(|top| top >= least))
            && self.top_below.is_none_or(|most| top.is_some_and(|top| top < most))
            && self.score_at_least.as_ref().is_none_or(|it| score(&it.id).is_some_and(|score| score >= it.score))
            && self.score_below.as_ref().is_none_or(|it| score(&it.id).is_some_and(|score| score < it.score))
            && self.gap_at_least.as_ref().is_none_or(|it| gap(it).is_some_and(|found| found >= it.by))
            && self.apart_at_least.as_ref().is_none_or(|it| gap(it).is_some_and(|found| found.abs() >= it.by))
            && self.gap_below.as_ref().is_none_or(|it| gap(it).is_some_and(|found| found.abs() < it.by))
    }

    pub(super) fn words_hold(&self, evidence: &Evidence<'_>) -> bool {
        let words = evidence.words();
        let has = |wanted: &String| evidence::split(wanted).iter().all(|part| words.contains(part));
        let count = evidence.query.split_whitespace().count();
        self.words_at_least.is_none_or(|least| count >= least)
            && self.words_at_most.is_none_or(|most| count <= most)
            && !self.without_words.iter().any(has)
            && self.with_words.iter().all(has)
    }
}

/// The rank of a sentence in a stage's ranking, from 1; `None` where it is not in it.
fn rank_of(evidence: &Evidence<'_>, stage: StageName, id: &str) -> Option<usize> {
    Some(evidence.placement(stage, evidence.document(id)?)?.rank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Corpus, Document};
    use crate::engine::pipeline::Settings;
    use crate::engine::ranking::tests::ranking;
    use crate::engine::{Lexical, Run};

    /// Three winds; north scores 0.2, east 0.9, south 0.5, and the query's words are those of south.
    #[track_caller]
    fn holds(query: &str, condition: &str) -> Option<bool> {
        let documents = ["north", "east", "south"].map(|id| Document::new(id, format!("the {id} wind"))).to_vec();
        let corpus = Corpus::new("winds", documents);
        let ranking = ranking(query, &[0.2, 0.9, 0.5]);
        let settings = Settings::default();
        let lexical = std::sync::Arc::new(Lexical::new(&corpus, settings.folding));
        let run = Run::first_stages(query, Some(&ranking), &lexical, settings);
        let evidence = Evidence { corpus: &corpus, query, ranking: Some(&ranking), run: Some(&run), trial: None };
        toml::from_str::<Condition>(condition).expect("a condition").holds(&evidence)
    }

    #[test]
    fn facts_about_an_order() {
        for (condition, expected) in [
            ("first = 'east'", true),
            ("first = 'north'", false),
            ("first_of = ['north', 'east']", true),
            ("above = ['east', 'south', 'north']", true),
            ("above = ['east', 'north', 'south']", false),
            ("within = { id = 'south', k = 2 }", true),
            ("within = { id = 'south', k = 1 }", false),
            ("beyond = { id = 'south', k = 1 }", true),
            ("beyond = { id = 'south', k = 2 }", false),
            ("first = 'nowhere'", false),
        ] {
            assert_eq!(holds("gale", condition), Some(expected), "{condition}");
        }
    }

    #[test]
    fn facts_about_scores() {
        for (condition, expected) in [
            ("top_at_least = 0.9", true),
            ("top_below = 0.9", false),
            ("score_at_least = { id = 'south', score = 0.5 }", true),
            ("score_below = { id = 'south', score = 0.5 }", false),
            ("gap_at_least = { ids = ['east', 'south'], by = 0.39 }", true),
            ("gap_at_least = { ids = ['south', 'east'], by = 0.1 }", false),
            ("apart_at_least = { ids = ['south', 'east'], by = 0.39 }", true),
            ("apart_at_least = { ids = ['east', 'south'], by = 0.41 }", false),
            ("gap_below = { ids = ['south', 'east'], by = 0.41 }", true),
            ("gap_below = { ids = ['south', 'east'], by = 0.3 }", false),
        ] {
            assert_eq!(holds("gale", condition), Some(expected), "{condition}");
        }
    }

    #[test]
    fn facts_about_words_ignore_case_and_punctuation() {
        for (condition, expected) in [
            ("words_at_least = 3", true),
            ("words_at_most = 2", false),
            ("with_words = ['south']", true),
            ("without_words = ['south']", false),
            ("without_words = ['sou']", true),
        ] {
            assert_eq!(holds("A South, wind?", condition), Some(expected), "{condition}");
        }
    }

    #[test]
    fn a_stage_has_a_ranking_of_its_own() {
        assert_eq!(holds("south", "stage = 'bm25'\nfirst = 'south'"), Some(true));
        assert_eq!(holds("south", "stage = 'bm25'\nbeyond = { id = 'east', k = 99 }"), Some(true));
        assert_eq!(
            holds("south", "stage = 'bm25'\nabove = ['south', 'east']"),
            Some(true),
            "east has none of the words"
        );
        assert_eq!(holds("gale", "stage = 'bm25'\nfinds = false"), Some(true));
        assert_eq!(holds("gale", "finds = false"), Some(false));
        let both = "first = 'east'\nand = { stage = 'bm25', first = 'south' }";
        assert_eq!((holds("south", both), holds("north", both)), (Some(true), Some(false)));
        assert_eq!(holds("south", "and = { stage = 'rerank', first = 'south' }"), None);
        assert_eq!(holds("south", "stage = 'rerank'\nfirst = 'south'"), None, "nobody has reranked it");
        assert_eq!(holds("south", "stage = 'rerank'\nwords_at_most = 1"), Some(true), "words are known at once");
    }

    #[test]
    fn a_condition_that_nobody_understands_is_refused() {
        assert!(toml::from_str::<Condition>("frist = 'east'").is_err());
    }
}
