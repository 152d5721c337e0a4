//! The Compare screen: two backends on one query, what they agreed on so far, and votes given blindly.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use serde::Serialize;

use super::BackendId;
use super::effect::Origin;
use crate::engine::comparison::Disagreement;
use crate::engine::{Comparison, Means, Ranking};
use crate::math::agreement::Agreement;

/// What the Compare screen knows.
#[derive(Debug, Clone)]
pub struct Compare {
    /// The pair that is compared, left and right.
    pub pair: [BackendId; 2],
    /// The comparison of the two rankings on the screen; `None` while they are not of one query.
    pub now: Option<Comparison>,
    /// What `now` was made of.
    source: Option<(Arc<Ranking>, Arc<Ranking>, usize)>,
    /// What was compared in this run: each query once for each pair, the newest last.
    pub history: Vec<Compared>,
    /// Whether the columns are unlabelled and shuffled.
    pub blind: Option<Blind>,
    /// The query that was on the screen with the names when they were taken away: it is not voted on.
    pub seen: Option<String>,
    /// The votes of this run.
    pub votes: Vec<Vote>,
    /// What the two models disagree about most, once it was looked for.
    pub found: Vec<Found>,
    /// The selected line of `found`.
    pub chosen: usize,
    /// What shuffling begins with: another in each run.
    seed: u64,
}

/// A query that was compared.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The query.
    pub query: String,
    /// By which pair.
    pub pair: [BackendId; 2],
    /// The depth of the overlap.
    pub top_k: usize,
    /// The filter that chose what was ranked, if there was one.
    pub filter: Option<String>,
    /// How far they agreed.
    pub agreement: Agreement,
}

/// The columns of one query, unlabelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blind {
    /// Whether the pair's second backend stands on the left.
    pub swapped: bool,
    /// Whether the person has voted, so that names are shown.
    pub revealed: bool,
}

/// What a person thinks of two rankings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The left one is better.
    Left,
    /// The right one is better.
    Right,
    /// They are as good as each other.
    Tie,
    /// Neither is good.
    BothBad,
}

/// A vote for one query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vote {
    /// The query.
    pub query: String,
    /// The backends as they stood, left and right.
    pub columns: [BackendId; 2],
    /// What the person said.
    pub verdict: Verdict,
    /// How many rows were shown.
    pub top_k: usize,
}

/// How often each backend of a pair was voted better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// For each of the pair.
    pub better: [usize; 2],
    /// Ties.
    pub ties: usize,
    /// Both bad.
    pub both_bad: usize,
}

/// Something that two models disagree about.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// A sentence of the corpus, whose nearest others differ.
    Sentence(Disagreement),
    /// A query of this run.
    Query(String, Agreement),
}

impl Found {
    /// How little the models agree about it: its rank-biased overlap.
    #[must_use]
    pub fn rbo(&self) -> f64 {
        match self {
            Self::Sentence(disagreement) => disagreement.rbo,
            Self::Query(_, agreement) => agreement.rbo,
        }
    }

    /// The share of the top k that is the same.
    #[must_use]
    pub fn overlap(&self) -> f64 {
        match self {
            Self::Sentence(disagreement) => disagreement.overlap,
            Self::Query(_, agreement) => agreement.overlap,
        }
    }
}

impl Compare {
    /// Nothing compared yet.
    #[must_use]
    pub fn new(pair: [BackendId; 2], seed: u64) -> Self {
        Self {
            pair,
            now: None,
            source: None,
            history: Vec::new(),
            blind: None,
            seen: None,
            votes: Vec::new(),
            found: Vec::new(),
            chosen: 0,
            seed,
        }
    }

    /// Drops what is known of a corpus. What was compared in this run stays where the corpus was only changed; votes stay.
    pub(super) fn forget_corpus(&mut self, origin: Origin) {
        (self.now, self.source, self.found, self.chosen) = (None, None, Vec::new(), 0);
        if origin == Origin::Opened {
            self.history.clear();
        }
    }

    /// The backends as they stand on the screen, left and right.
    #[must_use]
    pub fn columns(&self) -> [BackendId; 2] {
        let [left, right] = self.pair;
        if self.blind.is_some_and(|blind| blind.swapped) { [right, left] } else { [left, right] }
    }

    /// Whether the names of the columns are hidden.
    #[must_use]
    pub fn is_masked(&self) -> bool {
        self.blind.is_some_and(|blind| !blind.revealed)
    }

    /// Compares two rankings, unless that was done already.
    pub(super) fn refresh(&mut self, rankings: Option<(&Arc<Ranking>, &Arc<Ranking>)>, top_k: usize) {
        let Some((left, right)) = rankings else {
            (self.now, self.source) = (None, None);
            return;
        };
        let is_same =
            self.source.as_ref().is_some_and(|(l, r, k)| Arc::ptr_eq(l, left) && Arc::ptr_eq(r, right) && *k == top_k);
        if !is_same {
            self.now = Comparison::of(left, right, top_k);
            self.source = Some((Arc::clone(left), Arc::clone(right), top_k));
        }
    }

    /// Takes the comparison on the screen, of what a filter lets through, into the means of this run.
    pub(super) fn record(&mut self, filter: Option<&str>) {
        let Some(now) = &self.now else { return };
        let new = Compared {
            query: now.query.clone(),
            pair: self.pair,
            top_k: now.top_k,
            filter: filter.map(str::to_owned),
            agreement: now.agreement,
        };
        let what = |it: &Compared| (it.pair, it.top_k, it.query.clone(), it.filter.clone());
        self.history.retain(|old| what(old) != what(&new));
        self.history.push(new);
    }

    /// The means over the queries that this pair was compared on at a depth, with the same filter or without one.
    #[must_use]
    pub fn means(&self, top_k: usize, filter: Option<&str>) -> Option<Means> {
        Means::of(self.of_pair(top_k, filter).map(|compared| &compared.agreement))
    }

    /// What this pair was compared on at a depth, with the same filter or without one.
    pub(super) fn of_pair(&self, top_k: usize, filter: Option<&str>) -> impl Iterator<Item = &Compared> + Clone {
        let is_of = move |compared: &&Compared| {
            compared.pair == self.pair && compared.top_k == top_k && compared.filter.as_deref() == filter
        };
        self.history.iter().filter(is_of)
    }

    /// Takes the labels away, or gives them back.
    pub(super) fn toggle_blind(&mut self, query: &str) {
        self.blind = match self.blind {
            None => Some(self.shuffled(query)),
            Some(_) => None,
        };
        self.seen = Some(query.to_owned());
    }

    /// Hides and shuffles the columns again for another query, and says whether it did.
    pub(super) fn shuffle(&mut self, query: &str) -> bool {
        let shuffles = self.blind.is_some_and(|blind| blind.revealed);
        if shuffles {
            self.blind = Some(self.shuffled(query));
        }
        shuffles
    }

    /// Whether the columns are not shown yet: of a query that was seen with its names there is nothing to guess, and
    /// whichever column comes first would be known by its speed.
    #[must_use]
    pub fn is_held_back(&self, query: &str) -> bool {
        self.is_masked() && (self.now.is_none() || self.seen.as_deref() == Some(query))
    }

    fn shuffled(&self, query: &str) -> Blind {
        let mut hasher = DefaultHasher::new();
        (self.seed, self.votes.len(), query).hash(&mut hasher);
        Blind { swapped: hasher.finish() & 1 == 1, revealed: false }
    }

    /// Takes a vote on the comparison on the screen, and shows the names. Says why, where there is nothing to vote on.
    pub(super) fn vote(&mut self, verdict: Verdict) -> Result<(), &'static str> {
        let Some(now) = &self.now else { return Err("there is nothing to vote on until both columns are ranked") };
        if self.is_held_back(&now.query) {
            return Err("this query was seen with the names: type another one");
        }
        if now.same_top {
            return Err("both columns are the same: nothing to vote on; try another query");
        }
        let vote = Vote { query: now.query.clone(), columns: self.columns(), verdict, top_k: now.top_k };
        self.votes.push(vote);
        if let Some(blind) = &mut self.blind {
            blind.revealed = true;
        }
        Ok(())
    }

    /// The votes on the pair, whichever way it stood.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for vote in &self.votes {
            let mut sorted = (vote.columns, self.pair);
            sorted.0.sort_unstable();
            sorted.1.sort_unstable();
            if sorted.0 != sorted.1 {
                continue;
            }
            let winner = match vote.verdict {
                Verdict::Left => vote.columns[0],
                Verdict::Right => vote.columns[1],
                Verdict::Tie => {
                    tally.ties += 1;
                    continue;
                }
                Verdict::BothBad => {
                    tally.both_bad += 1;
                    continue;
                }
            };
            tally.better[usize::from(winner != self.pair[0])] += 1;
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ranking::tests::ranking;

    const PAIR: [BackendId; 2] = [BackendId(0), BackendId(3)];

    fn compared(left: &[f32], right: &[f32]) -> Compare {
        let mut compare = Compare::new(PAIR, 7);
        compare.refresh(Some((&Arc::new(ranking("q", left)), &Arc::new(ranking("q", right)))), 2);
        compare
    }

    #[test]
    fn each_query_counts_once_for_a_pair() {
        let mut compare = compared(&[0.9, 0.8, 0.1], &[0.1, 0.8, 0.9]);
        compare.record(None);
        compare.record(None);
        assert_eq!(compare.means(2, None).map(|means| means.queries), Some(1));
        assert_eq!(compare.means(3, None), None, "another depth has its own means");
        assert_eq!(compare.means(2, Some("lang:en")), None, "another filter has its own means");
        compare.record(Some("lang:en"));
        assert_eq!([None, Some("lang:en")].map(|filter| compare.of_pair(2, filter).count()), [1, 1]);
        compare.pair = [BackendId(1), BackendId(2)];
        assert_eq!(compare.means(2, None), None, "another pair has its own means");
        compare.record(None);
        assert_eq!(compare.history.len(), 3);
    }

    #[test]
    fn votes_are_counted_for_the_backend_and_not_for_the_side() {
        let mut compare = compared(&[0.9, 0.8, 0.1], &[0.1, 0.8, 0.9]);
        for (swapped, verdict) in [(false, Verdict::Left), (true, Verdict::Right), (true, Verdict::Left)] {
            compare.blind = Some(Blind { swapped, revealed: false });
            compare.vote(verdict).expect("the columns differ");
            assert!(!compare.is_masked(), "the names are shown");
        }
        compare.vote(Verdict::Tie).expect("the columns differ");
        compare.vote(Verdict::BothBad).expect("the columns differ");
        assert_eq!(compare.tally(), Tally { better: [2, 1], ties: 1, both_bad: 1 });
        compare.pair = [PAIR[1], PAIR[0]];
        assert_eq!(compare.tally().better, [1, 2]);
    }

    #[test]
    fn equal_columns_and_missing_ones_are_not_voted_on() {
        let mut same = compared(&[0.9, 0.8, 0.1], &[0.5, 0.4, 0.2]);
        assert!(same.vote(Verdict::Left).expect_err("they are the same").contains("the same"));
        let mut nothing = Compare::new(PAIR, 7);
        assert!(nothing.vote(Verdict::Left).is_err() && nothing.votes.is_empty());
    }

    #[test]
    fn columns_are_shuffled_by_chance_and_hidden_until_a_vote() {
        let sides = |seed| {
            let mut compare = Compare::new(PAIR, seed);
            compare.toggle_blind("q");
            assert!(compare.is_masked());
            compare.columns()[0]
        };
        let firsts: Vec<BackendId> = (0..64).map(sides).collect();
        assert!(firsts.contains(&PAIR[0]) && firsts.contains(&PAIR[1]));
        let mut compare = Compare::new(PAIR, 7);
        compare.toggle_blind("q");
        let before = compare.columns();
        assert!(!compare.shuffle("another letter"));
        assert_eq!(compare.columns(), before, "nothing moves under the person before the vote");
        compare.toggle_blind("q");
        assert_eq!(compare.columns(), PAIR);
    }
}
