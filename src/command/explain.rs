//! `vecscope explain QUERY ID`: why one document stands where it stands.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::bail;
use tokio_util::sync::CancellationToken;

use super::{NOTHING, Session, embed_all, escape, tell, with_job};
use crate::backend::{Role, WordMatches};
use crate::cli::TableFormat;
use crate::corpus::metadata::written;
use crate::corpus::{Corpus, DocumentIndex};
use crate::engine::ablation::{self, Effects, Without};
use crate::engine::{Ablation, Contributions, Explanation, Expression, Ranking, Searcher, Vectors, expression};
use crate::phrase::{self, explanation as words_of};
use crate::text;

mod report;

use report::Report;

/// All that is found out about a document.
struct Found<'a> {
    corpus: &'a Corpus,
    document: DocumentIndex,
    /// The filter, where one was given.
    filter: Option<&'a str>,
    ranking: &'a Ranking,
    explanation: Explanation,
    /// What each word of the query does; of one word nothing can be said.
    effects: Effects<'a>,
    contributions: Contributions,
    matches: Option<WordMatches>,
}

pub(super) fn run(session: &Session, query: &str, id: &str, format: TableFormat) -> anyhow::Result<ExitCode> {
    if expression::is_blank(query) {
        bail!("the query is empty");
    }
    let Some((corpus, options)) = session.searched()? else { return Ok(ExitCode::from(NOTHING)) };
    let Some(document) = corpus.documents.iter().position(|document| document.id == id).map(DocumentIndex) else {
        bail!("{}: there is no document with the id {}", corpus.name, id);
    };
    if let Some(selection) = options.selection.as_ref().filter(|selection| !selection.holds(document)) {
        bail!("{id} does not pass the filter {}", selection.filter);
    }
    let matches = matches(session, query, &corpus[document].text)?;
    let mut searcher = session.searcher(&corpus)?;
    embed_all(&mut searcher)?;
    searcher.prepare(options.method);
    let ranking = with_job(|job| searcher.search_by(query, &options, job))?;
    tell(&mut searcher);
    let mut vectors = searcher.all_vectors();
    if let Some(selection) = &options.selection {
        vectors = vectors.of_selection(selection);
    }
    let ablation = ablate(&mut searcher, &ranking, &vectors)?;
    let position = ranking.rank_of(document).map(|rank| rank - 1);
    let explanation = position.and_then(|at| Explanation::of(&ranking, at));
    let vector = vectors.of(document);
    let contributions =
        vector.and_then(|vector| Contributions::of(ranking.vector.view(), vector, session.config.top_k));
    let (Some(explanation), Some(contributions), Some(effects)) = (explanation, contributions, ablation.of(document))
    else {
        bail!("{id} is not among the {} that are ranked: a larger --top ranks more", ranking.ranked.len());
    };
    let (ranking, filter) = (&ranking, options.selection.as_ref().map(|selection| selection.filter.as_str()));
    let found = Found { corpus: &corpus, document, filter, ranking, explanation, effects, contributions, matches };
    let mut stdout = io::stdout().lock();
    if format == TableFormat::Table {
        write_table(&mut stdout, &found)?;
    } else {
        let report = Report::new(session.backend_name(), searcher.card(), found);
        writeln!(stdout, "{}", escape::json(&serde_json::to_string_pretty(&report)?))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Which words match, where the reranker says that. It goes first, so that its model is loaded once.
fn matches(session: &Session, query: &str, document: &str) -> anyhow::Result<Option<WordMatches>> {
    if Expression::is_meant(query) {
        return Ok(None);
    }
    Ok(session.open_reranker()?.word_matches(query, document, &CancellationToken::new())?)
}

/// Scores all documents by the query without each of its words; tells of a server that is asked for that.
fn ablate(searcher: &mut Searcher, ranking: &Ranking, vectors: &Vectors) -> anyhow::Result<Ablation> {
    let words = ablation::left_out(&ranking.query);
    let rests: Vec<String> = words.iter().map(|left| left.rest.clone()).collect();
    let location = &searcher.card().location;
    if location.leaves_machine() && !rests.is_empty() {
        let times = phrase::counted(rests.len(), "time");
        writeln!(io::stderr(), "the query goes to {location} {times} more, each time without one word")?;
    }
    let rests = with_job(|job| searcher.embed_texts(&rests, Role::Query, job))?;
    Ok(Ablation::new(ranking.query.clone(), words, ranking.vector.view(), &rests, vectors))
}

fn write_table(out: &mut impl Write, found: &Found<'_>) -> io::Result<()> {
    let about = &found.corpus[found.document];
    let Explanation { rank, cosine, angle, query_norm, document_norm, raw_dot, .. } = found.explanation;
    let ranked = phrase::thousands(found.ranking.among as u64);
    writeln!(out, "#{rank} of {ranked}  {}  {}", text::visible(&about.id), text::visible(&about.text))?;
    for (name, value) in found.corpus.said(&about.metadata) {
        writeln!(out, "{}: {}", text::visible(name), text::visible(&written(value)))?;
    }
    if !about.duplicates.is_empty() {
        let ids: Vec<&str> = about.duplicates.iter().map(|copy| copy.id.as_str()).collect();
        writeln!(out, "the same text: {}", text::visible(&ids.join(", ")))?;
    }
    writeln!(out)?;
    writeln!(out, "cosine {cosine:.4} = q·d, angle {angle:.1}°")?;
    writeln!(out, "|q| {query_norm:.3} → 1, |d| {document_norm:.3} → 1, raw q·d {raw_dot:.3}")?;
    let z = found.explanation.z.map(|z| format!(", z {z:+.2}")).unwrap_or_default();
    writeln!(out, "above {:.1} % of all{z}", found.explanation.above_share * 100.0)?;
    for (gap, word) in [(found.explanation.behind, "behind"), (found.explanation.ahead, "ahead of")] {
        if let Some(gap) = gap {
            writeln!(out, "{:.4} {word} #{}", gap.cosine, gap.rank)?;
        }
    }
    if !found.effects.words.is_empty() {
        writeln!(out)?;
        let words = &found.effects.words;
        let width = words.iter().map(|effect| text::width(&text::visible(effect.word))).max().unwrap_or(0);
        for effect in words {
            let word = text::visible(effect.word);
            let padding = " ".repeat(width - text::width(&word));
            match effect.without {
                Some(Without { score, falls_by, rank }) => {
                    writeln!(out, "without {word}{padding}  {score:>7.4} {:>+7.4}  #{rank}", -falls_by)?;
                }
                None => writeln!(out, "without {word}{padding}  nothing is left that has a direction")?,
            }
        }
        writeln!(out, "{}", words_of::carrier(&found.effects))?;
    }
    if let Some(words) = &found.matches {
        writeln!(out)?;
        writeln!(out, "{}", words_of::best_matches(words))?;
    }
    writeln!(out)?;
    for part in &found.contributions.largest {
        writeln!(
            out,
            "dimension {:>4}  {:>+7.4} × {:>+7.4} = {:>+8.5}",
            part.dimension, part.query, part.document, part.product
        )?;
    }
    writeln!(out, "{}", words_of::contributions(&found.contributions))?;
    writeln!(out, "{}", words_of::NO_DIMENSION)
}
