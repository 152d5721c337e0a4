//! What cosines do not hear: prepared pairs over the bundled corpus, and BM25's answer beside.

use std::time::Duration;

use super::{Finding, Refusal, Sample, Scale, Setting, Trial};
pub use crate::corpus::bundled::{Answer, Case, cases};
use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::Lexical;
use crate::engine::expression::Expression;
use crate::engine::pipeline::StageRanking;
use crate::math::bm25::Params;

/// A prepared pair as two rankings have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The document that answers the query.
    pub right: DocumentIndex,
    /// The one that only looks like it.
    pub wrong: DocumentIndex,
    /// Which of them cosine puts first, and BM25.
    pub answers: [Answer; 2],
}

impl Sample<'_> {
    /// BM25's ranking beside the one by cosine. Neither of them is correct by itself. Documents that hold no word of the
    /// query are not in it, and of those that do, only the ones that there are vectors of: both rank the same sentences.
    ///
    /// # Errors
    /// [`Refusal::WordsOfExpression`] where the query is an expression.
    pub fn words(&self, lexical: &Lexical) -> Result<Trial, Refusal> {
        if Expression::is_meant(&self.ranking.query) {
            return Err(Refusal::WordsOfExpression);
        }
        let mut placed = lexical.rank(&self.ranking.query, Params::default(), None).placed;
        placed.retain(|placed| self.vectors.row_of(placed.document).is_some());
        let switched = StageRanking::new(placed, self.corpus.documents.len(), Duration::ZERO);
        let finding = Finding::Lexical { found: switched.placed.len() };
        Ok(self.against(Setting::Words, switched, Scale::Bm25, finding))
    }
}

impl Trial {
    /// Which of a pair each of the two rankings puts first; `None` where the corpus lacks one of the pair.
    #[must_use]
    pub fn judge(&self, corpus: &Corpus, case: &Case) -> Option<Judged> {
        let find = |id: &str| corpus.documents.iter().position(|document| document.id == id).map(DocumentIndex);
        let (right, wrong) = (find(&case.right)?, find(&case.wrong)?);
        let answers = [&self.correct, &self.switched].map(|ranking| answer(ranking, right, wrong));
        Some(Judged { right, wrong, answers })
    }
}

/// What is not in a ranking stands below all that is.
fn answer(ranking: &StageRanking, right: DocumentIndex, wrong: DocumentIndex) -> Answer {
    let score = |document| ranking.placement(document).map_or(f32::NEG_INFINITY, |placement| placement.score);
    match score(right).total_cmp(&score(wrong)) {
        std::cmp::Ordering::Greater => Answer::Right,
        std::cmp::Ordering::Less => Answer::Misled,
        std::cmp::Ordering::Equal => Answer::Undecided,
    }
}
