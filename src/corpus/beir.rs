//! Reading the queries and the judgements of a retrieval collection in the layout of BEIR.
//!
//! | file | what stands on a line |
//! | --- | --- |
//! | `corpus.jsonl` | `_id`, `title` and `text` of a document: [`read::load`](super::read::load) reads it |
//! | `queries.jsonl` | `_id` and `text` of a query |
//! | `qrels/test.tsv` | `query-id`, `corpus-id` and `score`, with tabs between, below a line that says so |
//!
//! Judgements may also be those of the Text Retrieval Conferences: query, a number that nobody reads, document and
//! relevance, with any white space between. Ids are texts; a number is taken for what is written. Blank lines are passed
//! over.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::read::{CorpusError, Input, MAX_LINE_BYTES, describe_json_error};

/// A query of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Unique among the queries.
    pub id: String,
    /// What is looked for. It may be blank.
    pub text: String,
}

/// How relevant a document is to a query, by somebody who read both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// The query's id.
    pub query: String,
    /// The document's id.
    pub document: String,
    /// 0 or below is not relevant; the more, the more relevant.
    pub relevance: i32,
}

/// Reads `queries.jsonl`, or standard input for `-`.
///
/// # Errors
/// [`CorpusError`], naming the file, and the line where one is at fault: without an id or a text, or with the id of
/// another query.
pub fn queries(path: &Path) -> Result<Vec<Query>, CorpusError> {
    parse(&Input::open(path)?, parse_query, |query| format!("the id \"{}\"", query.id))
}

/// Reads judgements, or standard input for `-`.
///
/// # Errors
/// [`CorpusError`], naming the file, and the line where one is at fault: with too few fields or too many, a relevance
/// that is no whole number, or a document that was judged otherwise for the query before. (`trec_eval` refuses that too.)
pub fn judgements(path: &Path) -> Result<Vec<Judgement>, CorpusError> {
    parse_judgements(&Input::open(path)?)
}

fn parse_judgements(input: &Input) -> Result<Vec<Judgement>, CorpusError> {
    let what = |judgement: &Judgement| {
        format!("a judgement of document \"{}\" for query \"{}\"", judgement.document, judgement.query)
    };
    let mut is_first = true;
    let parse_line = |line: &str| {
        if line.trim_start().starts_with('{') {
            return Err("it looks like JSON; query-id, corpus-id and score are wanted, with tabs between".into());
        }
        let fields = fields(line);
        let is_header = std::mem::take(&mut is_first) && is_header(&fields);
        if is_header { Ok(None) } else { parse_judgement(&fields).map(Some) }
    };
    parse(input, parse_line, what)
}

/// What stands on the lines that are not blank; `what` says of a thing what may be there once only.
fn parse<T: PartialEq>(
    input: &Input,
    mut parse_line: impl FnMut(&str) -> Result<Option<T>, String>,
    what: impl Fn(&T) -> String,
) -> Result<Vec<T>, CorpusError> {
    let mut found = Vec::new();
    let mut line_of = HashMap::new();
    for (number, line) in input.lines() {
        let bad_line = |reason| CorpusError::BadLine { name: input.name.clone(), line: number, reason };
        let line = input.decode(line, MAX_LINE_BYTES).map_err(bad_line)?;
        if line.trim().is_empty() {
            continue;
        }
        let Some(thing) = parse_line(line).map_err(bad_line)? else { continue };
        // What is said twice is said once; two things of one name are too many.
        if let Some(&(earlier, place)) = line_of.get(&what(&thing)) {
            if found[place] == thing {
                continue;
            }
            return Err(bad_line(format!("{} was already on line {earlier}", what(&thing))));
        }
        line_of.insert(what(&thing), (number, found.len()));
        found.push(thing);
    }
    Ok(found)
}

/// People number their queries with and without quotes.
#[derive(Deserialize)]
#[serde(untagged, expecting = "\"id\" must be a string or a number")]
enum JsonId {
    Text(String),
    Number(serde_json::Number),
}

impl JsonId {
    /// The number without its sign of being one.
    fn into_text(self) -> String {
        match self {
            Self::Text(id) => id,
            Self::Number(id) => id.to_string(),
        }
    }
}

fn parse_query(line: &str) -> Result<Option<Query>, String> {
    #[derive(Deserialize)]
    #[serde(expecting = "an object with \"_id\" and \"text\" on each line (JSONL)")]
    struct Line {
        #[serde(rename = "_id")]
        beir_id: Option<JsonId>,
        id: Option<JsonId>,
        text: Option<String>,
        query: Option<Value>,
    }
    let Line { beir_id, id, text, query } = serde_json::from_str(line).map_err(|error| describe_json_error(&error))?;
    let Some(id) = beir_id.or(id) else { return Err("missing field `_id`".into()) };
    let query = query.and_then(|query| query.as_str().map(str::to_owned));
    let Some(text) = text.or(query) else { return Err("missing field `text`".into()) };
    // A line break would tear the rows of whatever shows the query.
    Ok(Some(Query { id: id.into_text(), text: text.replace(['\r', '\n'], " ") }))
}

/// What stands between tabs, as ids may hold a space; where that makes no judgement, between any white space.
fn fields(line: &str) -> Vec<&str> {
    let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
    if matches!(fields.len(), 3 | 4) { fields } else { line.split_whitespace().collect() }
}

fn is_header(fields: &[&str]) -> bool {
    const NAMES: [&str; 3] = ["query-id", "corpus-id", "score"];
    fields.len() == NAMES.len() && fields.iter().zip(NAMES).all(|(field, name)| field.eq_ignore_ascii_case(name))
}

fn parse_judgement(fields: &[&str]) -> Result<Judgement, String> {
    let ([query, document, relevance] | [query, _, document, relevance]) = *fields else {
        let count = fields.len();
        return Err(format!("{count} fields; 3 are wanted (query-id, corpus-id, score), or TREC's 4"));
    };
    if query.is_empty() || document.is_empty() {
        return Err("an id is empty".into());
    }
    // Some programs write a whole number as 1.0.
    let whole = relevance.strip_suffix(".0").unwrap_or(relevance);
    let relevance = whole.parse().map_err(|_| format!("the score \"{relevance}\" is no whole number"))?;
    Ok(Judgement { query: query.into(), document: document.into(), relevance })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(name: &str, content: &[u8]) -> Input {
        Input::new(name, content.to_vec()).expect("it is not packed")
    }

    #[track_caller]
    fn judged(content: &str) -> Vec<(String, String, i32)> {
        let judgements = parse_judgements(&input("qrels.tsv", content.as_bytes())).expect("valid");
        judgements.into_iter().map(|judged| (judged.query, judged.document, judged.relevance)).collect()
    }

    fn row(query: &str, document: &str, relevance: i32) -> (String, String, i32) {
        (query.into(), document.into(), relevance)
    }

    #[track_caller]
    fn refused(content: &[u8]) -> String {
        parse_judgements(&input("qrels.tsv", content)).expect_err("bad judgements").to_string()
    }

    fn asked(content: &str) -> Result<Vec<Query>, CorpusError> {
        parse(&input("queries.jsonl", content.as_bytes()), parse_query, |query| format!("the id \"{}\"", query.id))
    }

    #[test]
    fn judgements_are_those_of_beir_with_and_without_names_or_those_of_trec() {
        let expected = [row("1", "d 2", 2), row("PLAIN-3", "MED-1", -1)];
        assert_eq!(judged("query-id\tcorpus-id\tscore\n1\td 2\t2\nPLAIN-3\tMED-1\t-1\n"), expected);
        assert_eq!(judged("\u{feff}Query-ID\tCorpus-ID\tScore\r\n\r\n1\td 2\t2\r\nPLAIN-3\tMED-1\t-1"), expected);
        assert_eq!(judged("1\td 2\t2\nPLAIN-3\tMED-1\t-1\n"), expected);
        assert_eq!(judged("7 Q0\td3 1\n"), [row("7", "d3", 1)]);
        assert_eq!(judged("1 0 d2 2\n 7  Q0  d3  0 \n"), [row("1", "d2", 2), row("7", "d3", 0)]);
        assert_eq!(judged("7\tQ0\td3\t1\n"), [row("7", "d3", 1)]);
        assert_eq!(judged("query-id corpus-id score\n"), []);
    }

    #[test]
    fn a_bad_judgement_is_named_with_file_and_line() {
        let beir = |line: &str| refused(format!("query-id\tcorpus-id\tscore\n{line}\n").as_bytes());
        assert_eq!(beir("1\t2\tx"), "qrels.tsv:2: the score \"x\" is no whole number");
        assert_eq!(judged("1\t2\t1.0\n1\t2\t1\n"), [row("1", "2", 1)]);
        assert_eq!(beir("1\t2\t1.5"), "qrels.tsv:2: the score \"1.5\" is no whole number");
        assert_eq!(beir("1\t2\t2147483648"), "qrels.tsv:2: the score \"2147483648\" is no whole number");
        assert_eq!(beir("1\t2\t"), "qrels.tsv:2: the score \"\" is no whole number");
        assert_eq!(beir("1\t\t1"), "qrels.tsv:2: an id is empty");
        assert_eq!(beir("1 2"), "qrels.tsv:2: 2 fields; 3 are wanted (query-id, corpus-id, score), or TREC's 4");
        // Only the first line may hold names.
        assert_eq!(beir("query-id\tcorpus-id\tscore"), "qrels.tsv:2: the score \"score\" is no whole number");
        assert_eq!(
            beir("1\t2\t1\n1\t3\t1\n1\t2\t0"),
            "qrels.tsv:4: a judgement of document \"2\" for query \"1\" was already on line 2"
        );
        assert_eq!(refused(b"1\t2\t1\n\xFF\t2\t1"), "qrels.tsv:2: not UTF-8: byte 1 of the line is 0xFF");
    }

    #[test]
    fn queries_have_ids_of_both_kinds_and_may_be_called_as_those_of_compare_are() {
        let queries =
            asked("{\"_id\":\"a\",\"text\":\"one\\ntwo\",\"metadata\":{}}\n\n{\"id\":7,\"query\":\"three\"}\n");
        let queries = queries.expect("valid");
        let found: Vec<_> = queries.iter().map(|query| (query.id.as_str(), query.text.as_str())).collect();
        assert_eq!(found, [("a", "one two"), ("7", "three")]);
    }

    #[test]
    fn a_bad_query_is_named_with_file_and_line() {
        let refused = |content: &str| asked(content).expect_err("bad queries").to_string();
        assert_eq!(refused("{\"text\":\"x\"}"), "queries.jsonl:1: missing field `_id`");
        assert_eq!(refused("{\"_id\":1}"), "queries.jsonl:1: missing field `text`");
        assert_eq!(
            refused("{\"_id\":1,\"text\":\"x\"}\n{\"_id\":\"1\",\"text\":\"y\"}"),
            "queries.jsonl:2: the id \"1\" was already on line 1"
        );
        assert_eq!(refused("{\"_id\":[1],\"text\":\"x\"}"), "queries.jsonl:1: \"id\" must be a string or a number");
        assert!(refused("1\t2\t3").starts_with("queries.jsonl:1: "));
    }
}
