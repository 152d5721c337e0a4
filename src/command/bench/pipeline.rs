//! A live query through the stages of the pipeline.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::{Session, with_job};
use crate::corpus::Corpus;
use crate::engine::pipeline::Settings;
use crate::engine::{Lexical, Run, Searcher};

/// How long queries take up to the fusion, and with the best reranked too: vectors of the corpus, its words and the token
/// vectors of its documents are there already, those of the queries are not.
pub(super) fn measure(
    session: &Session,
    searcher: &mut Searcher,
    corpus: &Arc<Corpus>,
    queries: &[String],
) -> anyhow::Result<[Vec<Duration>; 2]> {
    let settings = Settings::default();
    let lexical = Arc::new(Lexical::new(corpus, settings.folding));
    let mut reranker = session.open_reranker()?;
    reranker.rerank("vecscope", &corpus.texts(), &CancellationToken::new())?;
    let (mut fused, mut reranked) = (Vec::new(), Vec::new());
    for query in queries {
        // Not one that was asked before.
        let query = format!("{query}?");
        let started = Instant::now();
        let ranking = with_job(|job| searcher.search(&query, job))?;
        let mut run = Run::first_stages(&query, Some(&ranking), &lexical, settings);
        fused.push(started.elapsed());
        with_job(|job| run.rerank_with(reranker.as_mut(), corpus, job))?;
        reranked.push(started.elapsed());
    }
    Ok([fused, reranked])
}
