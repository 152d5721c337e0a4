//! What was found out about a query: the rankings that conditions and quotations are read from.

use super::StageName;
use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::lab::Trial;
use crate::engine::pipeline::{Placement, StageRanking};
use crate::engine::{Ranking, Run, Stage};
use crate::math::words;

/// What is known of a query as it stands. What is still on its way is `None`.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What is ranked.
    pub corpus: &'a Corpus,
    /// The query as it stands.
    pub query: &'a str,
    /// Its ranking by cosine.
    pub ranking: Option<&'a Ranking>,
    /// Its run through the pipeline, as far as that has come.
    pub run: Option<&'a Run>,
    /// What a switch of the lab made of its ranking.
    pub trial: Option<&'a Trial>,
}

impl<'a> Evidence<'a> {
    /// The document of an id.
    #[must_use]
    pub fn document(&self, id: &str) -> Option<DocumentIndex> {
        self.corpus.documents.iter().position(|document| document.id == id).map(DocumentIndex)
    }

    /// Whether a stage has ranked the query.
    #[must_use]
    pub fn has(&self, stage: StageName) -> bool {
        match stage {
            StageName::Dense => self.ranking.is_some_and(Ranking::is_complete),
            StageName::Bm25 | StageName::Hybrid | StageName::Rerank | StageName::Lab => self.stage(stage).is_some(),
        }
    }

    /// Where a stage puts a document; `None` where it does not rank it, or nothing yet.
    #[must_use]
    pub fn placement(&self, stage: StageName, document: DocumentIndex) -> Option<Placement> {
        if stage != StageName::Dense {
            return self.stage(stage)?.placement(document);
        }
        let ranking = self.ranking?;
        let rank = ranking.rank_of(document)?;
        Some(Placement { rank, score: ranking.ranked[rank - 1].score })
    }

    /// Which document a stage puts on a rank, from 1, and with what score.
    #[must_use]
    pub fn at(&self, stage: StageName, rank: usize) -> Option<(DocumentIndex, f32)> {
        let place = rank.checked_sub(1)?;
        if stage != StageName::Dense {
            return self.stage(stage)?.placed.get(place).map(|placed| (placed.document, placed.score));
        }
        self.ranking?.ranked.get(place).map(|ranked| (ranked.document, ranked.score))
    }

    /// The ranking of a stage behind the dense one.
    fn stage(&self, stage: StageName) -> Option<&'a StageRanking> {
        match stage {
            StageName::Dense => self.run?.stage(Stage::Dense),
            StageName::Bm25 => self.run?.stage(Stage::Bm25),
            StageName::Hybrid => self.run?.stage(Stage::Hybrid),
            StageName::Rerank => self.run?.stage(Stage::Rerank),
            StageName::Lab => Some(&self.trial?.switched),
        }
    }

    /// The words of the query, in lower case.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        split(self.query)
    }

    /// Whether the query is a sentence of the corpus, but for spaces, case and punctuation.
    #[must_use]
    pub fn is_a_sentence(&self) -> bool {
        letters(self.query).next().is_some()
            && self.corpus.documents.iter().any(|document| letters(&document.text).eq(letters(self.query)))
    }
}

/// What is left of a text without spaces, case and punctuation.
fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase)
}

/// A text in words, in lower case, without punctuation.
pub(super) fn split(text: &str) -> Vec<String> {
    let folding = words::Folding { stemming: false, stop_words: false, accents: false };
    words::terms(text, folding)
}
