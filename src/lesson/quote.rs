//! Numbers in explanations, taken from what is on the screen.

use super::{Evidence, StageName};
use crate::engine::pipeline::Placement;
use crate::text;

/// The columns of a sentence that is quoted.
const TEXT: usize = 40;

/// `text` with what stands in braces taken from a ranking: `{score:s042}`, `{rank:s042}`, the same of a
/// stage as `{bm25.rank:s042}`, `{gap:s039:s040}`, `{text:1}` and `{score:1}` of whatever stands on a rank, `{length:s042}`
/// of the vector as the model made it; of a switch of the lab, `{lab.rank:s042}`, and how many of the first `{lab.k}` are
/// the `{lab.same}` and how many places have `{lab.changed}`. What cannot be said (yet) is an ellipsis.
///
/// ```
/// # use vecscope::{corpus::bundled, lesson::{Evidence, fill}};
/// let corpus = bundled::corpus();
/// let evidence = Evidence { corpus: &corpus, query: "", ranking: None, run: None, trial: None };
/// assert_eq!(fill("It scores {score:s042}.", &evidence), "It scores ….");
/// ```
#[must_use]
pub fn fill(text: &str, evidence: &Evidence<'_>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        match value(name, evidence) {
            Some(value) => filled.push_str(&value),
            None => filled.push('…'),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}

fn value(name: &str, evidence: &Evidence<'_>) -> Option<String> {
    if let Some(trial) = evidence.trial {
        match name {
            "lab.changed" => return Some(trial.damage.changed.to_string()),
            "lab.same" => return Some(trial.damage.same().to_string()),
            "lab.k" => return Some(trial.damage.k.to_string()),
            _ => {}
        }
    }
    let (what, of) = name.split_once(':')?;
    let (stage, what) = what.split_once('.').unwrap_or(("dense", what));
    let stage = stage_named(stage)?;
    if what == "gap" {
        let (upper, lower) = of.split_once(':')?;
        let score = |id| Some(evidence.placement(stage, evidence.document(id)?)?.score);
        return Some(written(stage, (score(upper)? - score(lower)?).abs()));
    }
    let document = match of.parse() {
        Ok(rank) => evidence.at(stage, rank)?.0,
        Err(_) => evidence.document(of)?,
    };
    let Placement { rank, score } = evidence.placement(stage, document)?;
    match what {
        "length" => {
            Some(format!("{:.1}", evidence.ranking?.ranked.get(evidence.ranking?.rank_of(document)? - 1)?.info.norm))
        }
        "text" => Some(format!("“{}”", text::fit(&evidence.corpus[document].text, TEXT))),
        "id" => Some(evidence.corpus[document].id.clone()),
        "rank" => Some(format!("#{rank}")),
        "score" => Some(written(stage, score)),
        _ => None,
    }
}

/// A stage by the name that conditions know it by.
fn stage_named(name: &str) -> Option<StageName> {
    match name {
        "dense" => Some(StageName::Dense),
        "bm25" => Some(StageName::Bm25),
        "hybrid" => Some(StageName::Hybrid),
        "rerank" => Some(StageName::Rerank),
        "lab" => Some(StageName::Lab),
        _ => None,
    }
}

/// A score with as many decimals as its stage's column has on the screen.
#[must_use]
pub fn written(stage: StageName, score: f32) -> String {
    match stage {
        StageName::Dense | StageName::Rerank | StageName::Lab => format!("{score:.3}"),
        StageName::Bm25 => format!("{score:.2}"),
        StageName::Hybrid => format!("{score:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Corpus, Document};
    use crate::engine::ranking::tests::ranking;

    #[test]
    fn numbers_come_from_the_ranking() {
        let documents = ["a", "b"].map(|id| Document::new(id, id)).to_vec();
        let corpus = Corpus { bundled: true, ..Corpus::new("", documents) };
        let ranking = ranking("q", &[0.25, 0.5]);
        let evidence = Evidence { corpus: &corpus, query: "q", ranking: Some(&ranking), run: None, trial: None };
        let filled = fill("{text:2} after {id:1}: it has {score:b}, {gap:a:b} more than {id:2} ({rank:a}).", &evidence);
        assert_eq!(filled, "“a” after b: it has 0.500, 0.250 more than a (#2).");
        assert_eq!(fill("{bm25.rank:a} {score:zz} {nonsense} {", &evidence), "… … … {");
    }
}
