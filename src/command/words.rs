//! Which words match, as `--format json` prints it.

use serde::Serialize;

use crate::backend::WordMatches;

/// Which words match: query words × document words.
#[derive(Debug, Serialize)]
pub(super) struct Words {
    query: Vec<String>,
    document: Vec<String>,
    cosines: Vec<Vec<f32>>,
    best: Vec<usize>,
    contributions: Vec<f32>,
}

impl From<WordMatches> for Words {
    fn from(matches: WordMatches) -> Self {
        let cosines = matches.cosines.rows().into_iter().map(|row| row.to_vec()).collect();
        let WordMatches { query, document, best, contributions, .. } = matches;
        Self { query, document, cosines, best, contributions }
    }
}
