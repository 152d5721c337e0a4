//! `vecscope eval`: the stages of a pipeline on judged queries.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::lab::{Folder, Ran, assert_says, run, vecscope};
use crate::mock::{Letters, Server};

const MEASURES: [&str; 5] = ["ndcg", "mrr", "recall", "map", "success"];

/// A collection of five documents and an empty one; by words, `cat` finds b before a, which is longer, `bird` finds c,
/// and `fish` finds t1 and t2 alike.
struct Collection {
    folder: Folder,
    corpus: String,
    queries: String,
    qrels: String,
}

impl Collection {
    fn new() -> Self {
        let folder = Folder::new();
        let corpus = folder.file(
            "corpus.jsonl",
            "{\"_id\":\"a\",\"title\":\"cat\",\"text\":\"dog\"}\n{\"_id\":\"b\",\"title\":\"\",\"text\":\"cat\"}\n\
             {\"_id\":\"c\",\"title\":\"bird\",\"text\":\"\"}\n{\"_id\":\"empty\",\"title\":\"\",\"text\":\"\"}\n\
             {\"_id\":\"t1\",\"text\":\"fish\"}\n{\"_id\":\"t2\",\"text\":\"fish\"}\n",
        );
        let queries = folder.file(
            "queries.jsonl",
            "{\"_id\":\"q1\",\"text\":\"cat\"}\n{\"_id\":2,\"text\":\"bird\"}\n{\"_id\":\"q3\",\"text\":\"zebra\"}\n\
             {\"_id\":\"q4\",\"text\":\"nobody judged this\"}\n{\"_id\":\"q5\",\"text\":\"fish\"}\n",
        );
        let qrels = folder.file(
            "qrels.tsv",
            "query-id\tcorpus-id\tscore\nq1\ta\t1\n2\tc\t2\n2\tgone\t1\nq3\ta\t1\nq5\tt1\t1\nq9\ta\t1\n",
        );
        Self { folder, corpus, queries, qrels }
    }

    /// `eval` of it with further arguments.
    fn eval(&self, arguments: &[&str]) -> assert_cmd::Command {
        let files = ["eval", "--corpus", &self.corpus, "--queries", &self.queries, "--qrels", &self.qrels];
        vecscope(&[&files, arguments].concat())
    }
}

#[track_caller]
fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[track_caller]
fn assert_near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-9, "{found} in place of {expected}");
}

fn names(report: &Value) -> Vec<&str> {
    let systems = report["systems"].as_array().expect("systems");
    systems.iter().map(|system| system["name"].as_str().expect("a name")).collect()
}

fn pairs(report: &Value) -> Vec<(&str, &str)> {
    let pairs = report["pairs"].as_array().expect("pairs").iter();
    pairs.map(|pair| (pair["from"].as_str().expect("a name"), pair["to"].as_str().expect("a name"))).collect()
}

fn lines(path: &str) -> Vec<Value> {
    let written = fs::read_to_string(path).expect("it was written");
    written.lines().map(|line| serde_json::from_str(line).expect("a JSON value a line")).collect()
}

#[test]
fn a_collection_is_measured_and_what_it_lacks_is_told() {
    let collection = Collection::new();
    let ran = run(&mut collection.eval(&["--stages", "bm25", "--format", "json"]));
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert_says(
        &ran.stderr,
        &[
            "corpus.jsonl: 1 line without a text passed over, the first is line 4",
            "queries.jsonl: 1 query without a judgement left out",
            "qrels.tsv: 1 judgement left out, of queries that are not in",
            "qrels.tsv: 1 judgement of documents that are not in the corpus",
        ],
    );
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(
        (&report["documents"], &report["queries"], &report["judgements"], &report["missing_documents"]),
        (&json!(5), &json!(4), &json!(5), &json!(1))
    );
    assert_eq!(
        report["omitted"],
        json!({"empty_documents": 1, "unjudged_queries": 1, "stray_judgements": 1, "blank_queries": 0, "own_documents": 0})
    );
    assert_eq!((names(&report), report["backends"].as_array().map(Vec::len)), (vec!["BM25"], Some(0)));
    // q1 finds a at rank 2; 2 finds c, of grade 2, and misses one of grade 1; q3 finds nothing; q5 finds t1 after t2, as
    // trec_eval has what is tied: by id, backwards.
    let discount = 1.0 / 3_f64.log2();
    let expected = [
        (discount + 2.0 / (2.0 + discount) + 0.0 + discount) / 4.0,
        (0.5 + 1.0 + 0.0 + 0.5) / 4.0,
        (1.0 + 0.5 + 0.0 + 1.0) / 4.0,
        (0.5 + 0.5 + 0.0 + 0.5) / 4.0,
        (0.0 + 1.0 + 0.0 + 0.0) / 4.0,
    ];
    for (measure, expected) in MEASURES.into_iter().zip(expected) {
        let found = &report["systems"][0]["measures"][measure];
        assert_near(number(&found["mean"]), expected);
        assert!(number(&found["low"]) <= expected && expected <= number(&found["high"]), "{measure}: {found}");
    }
}

#[test]
fn a_depth_of_its_own_is_that_of_the_measures_and_in_their_names() {
    let collection = Collection::new();
    let stages = ["--stages", "bm25", "--k", "1"];
    let report: Value =
        serde_json::from_str(&run(collection.eval(&stages).args(["--format", "json"])).stdout).expect("JSON");
    // Only the query for birds has a relevant document first.
    let measures = &report["systems"][0]["measures"];
    assert_near(number(&measures["mrr"]["mean"]), 0.25);
    assert_near(number(&measures["recall"]["mean"]), 0.125);
    assert_near(number(&measures["ndcg"]["mean"]), 0.25);
    assert_near(number(&measures["map"]["mean"]), 0.375);
    let table = run(&mut collection.eval(&stages)).stdout;
    assert_says(&table, &["nDCG@1 ", "recall@1 ", "4 queries, 5 documents, 5 judgements", "k1 1.2, b 0.75", "seed 1"]);
    let widest = table.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    assert!(table.lines().skip(1).all(|line| line.chars().count() <= 80), "{widest}\n{table}");
}

#[test]
fn what_is_written_for_each_query_is_what_the_means_are_of_and_what_search_finds() {
    let folder = Folder::new();
    let path = folder.join("queries.jsonl");
    let path = path.to_str().expect("the path is UTF-8");
    let arguments = ["eval", "--stages", "dense,bm25,hybrid", "--format", "json", "--top", "5", "--per-query", path];
    let report = run(&mut vecscope(&arguments)).json();
    assert_eq!(names(&report), ["dense", "BM25", "hybrid"]);
    assert_eq!(pairs(&report), [("dense", "hybrid"), ("BM25", "hybrid")]);
    let lines = lines(path);
    let queries = usize::try_from(report["queries"].as_u64().expect("a number")).expect("few");
    assert_eq!(lines.len(), 3 * queries);
    let of_system = |name: &str| -> Vec<&Value> { lines.iter().filter(|line| line["system"] == name).collect() };
    for system in report["systems"].as_array().expect("systems") {
        let own = of_system(system["name"].as_str().expect("a name"));
        for measure in MEASURES {
            let sum: f64 = own.iter().map(|line| number(&line["measures"][measure])).sum();
            let count = f64::from(u32::try_from(own.len()).expect("few"));
            assert_near(number(&system["measures"][measure]["mean"]), sum / count);
        }
        assert!(number(&system["ms_per_query"]) > 0.0);
    }
    let (dense, hybrid) = (of_system("dense"), of_system("hybrid"));
    let found: f64 =
        dense.iter().zip(&hybrid).map(|(d, h)| number(&h["measures"]["map"]) - number(&d["measures"]["map"])).sum();
    let count = f64::from(u32::try_from(queries).expect("few"));
    assert_near(number(&report["pairs"][0]["measures"]["map"]["difference"]), found / count);
    for line in [dense[0], dense[queries - 1]] {
        let query = line["query"].as_str().expect("a text");
        let search = run(&mut vecscope(&["search", query, "--top", "5", "--format", "json"])).json();
        let fields = |list: &Value| -> Vec<(Value, i64)> {
            let list = list.as_array().expect("a list").iter();
            // The model may round the last digit differently in another batch.
            #[expect(clippy::cast_possible_truncation, reason = "a few digits")]
            let short = |score: &Value| (number(score) * 1e4).round() as i64;
            list.map(|found| (found["id"].clone(), short(&found["score"]))).collect()
        };
        assert_eq!(fields(&line["top"]), fields(&search["results"]), "{query}");
        let first = line["relevant_ranks"][0]
            .as_u64()
            .map_or(0.0, |rank| if rank > 10 { 0.0 } else { 1.0 / f64::from(u32::try_from(rank).expect("a rank")) });
        assert_near(number(&line["measures"]["mrr"]), first);
    }
    // Twice is the same, but for the clock.
    let again = run(&mut vecscope(&["eval", "--stages", "dense,bm25,hybrid", "--format", "json"])).json();
    assert_eq!(again["pairs"], report["pairs"]);
}

#[test]
fn several_backends_have_rows_of_their_own_and_words_have_one() {
    let (collection, server) = (Collection::new(), Server::start(Letters));
    let config = format!(
        "[backends.letters]\nkind = \"openai-compatible\"\nbase_url = \"{}\"\nmodel = \"letters\"\n",
        server.base_url()
    );
    let config = collection.folder.file("config.toml", config);
    let backends = ["--config", &config, "--backends", "local,letters"];
    let stages = ["--stages", "dense,bm25,hybrid", "--format", "json"];
    let ran = run(collection.eval(&backends).args(stages));
    let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
    assert_eq!(names(&report), ["local: dense", "BM25", "local: hybrid", "letters: dense", "letters: hybrid"]);
    let expected = [
        ("local: dense", "local: hybrid"),
        ("BM25", "local: hybrid"),
        ("letters: dense", "letters: hybrid"),
        ("BM25", "letters: hybrid"),
        ("local: dense", "letters: dense"),
        ("local: hybrid", "letters: hybrid"),
    ];
    assert_eq!(pairs(&report).into_iter().collect::<BTreeSet<_>>(), expected.into());
    let sent: Vec<String> = server.requests().iter().flat_map(crate::mock::inputs).collect();
    assert_eq!(sent, ["cat dog", "cat", "bird", "fish", "cat", "bird", "zebra", "fish"]);
    let table = run(collection.eval(&backends).args(["--stages", "dense,bm25,hybrid"])).stdout;
    assert_says(&table, &["local: dense → letters: dense", "letters: letters on 127.0.0.1", "s in all"]);
    assert!(table.lines().skip(1).all(|line| line.chars().count() <= 100), "{table}");

    let refused = |arguments: &[&str]| run(collection.eval(&["--config", &config]).args(arguments)).stderr;
    assert_says(&refused(&["--backends", "local,local"]), &["--backends names \"local\" twice"]);
    assert_says(&refused(&["--backends", "local,nobody"]), &["no backend \"nobody\""]);
    assert_says(&refused(&["--backends", "local", "--backend", "letters"]), &["--backends", "--backend"]);
    assert_says(&refused(&["--backends", "local", "--stages", "bm25"]), &["--backends: none of the stages"]);
}

#[test]
fn stages_that_cannot_be_are_named() {
    let refused = |stages: &str| run(&mut vecscope(&["eval", "--stages", stages])).refused();
    assert_says(&refused("dense,sparse"), &["--stages", "sparse", "bm25"]);
    assert_says(&refused("dense,bm25,dense"), &["--stages", "dense is named twice"]);
    assert_says(&refused("hybrid,bm25"), &["--stages", "BM25 stands after hybrid", "dense, bm25, hybrid, rerank"]);
    assert_says(&refused("rerank"), &["--stages", "nothing before rerank"]);
    assert_says(&run(&mut vecscope(&["eval", "--alpha", "1.5"])).refused(), &["--alpha", "from 0 to 1"]);
    assert_says(&run(&mut vecscope(&["eval", "--k", "0"])).refused(), &["--k", "at least 1"]);
}

#[test]
fn files_that_belong_together_are_asked_for_together() {
    let collection = Collection::new();
    let Collection { corpus, queries, qrels, .. } = &collection;
    let refused = |arguments: &[&str]| run(vecscope(&["eval", "--stages", "bm25"]).args(arguments)).refused();
    assert_says(&refused(&["--corpus", corpus]), &["--corpus", "--queries", "--qrels"]);
    assert_says(&refused(&["--corpus", corpus, "--queries", queries]), &["--qrels"]);
    assert_says(&refused(&["--queries", queries, "--qrels", qrels]), &["--corpus"]);
}

#[test]
fn bad_files_are_named_with_line_and_reason() {
    let collection = Collection::new();
    let Collection { folder, corpus, queries, qrels } = &collection;
    let refused = |queries: &str, qrels: &str| {
        let files = ["eval", "--stages", "bm25", "--corpus", corpus, "--queries", queries, "--qrels", qrels];
        run(&mut vecscope(&files)).refused()
    };
    let bad = folder.file("bad.tsv", "q1\ta\t1\nq1\tb\tmuch\u{1b}[2J\n");
    let message = refused(queries, &bad);
    assert_says(&message, &["bad.tsv:2:", "no whole number"]);
    assert!(!message.contains('\u{1b}'), "{message:?}");
    let twice = folder.file("twice.jsonl", "{\"_id\":1,\"text\":\"a\"}\n{\"_id\":\"1\",\"text\":\"b\"}\n");
    assert_says(&refused(&twice, qrels), &["twice.jsonl:2:", "line 1"]);
    let missing = folder.join("missing.tsv");
    assert_says(&refused(queries, missing.to_str().expect("the path is UTF-8")), &["missing.tsv"]);
}

#[test]
fn nothing_to_evaluate_is_no_error_but_no_success() {
    let collection = Collection::new();
    let Collection { folder, corpus, queries, qrels } = &collection;
    let empty = folder.file("empty.jsonl", "");
    let none = folder.file("none.tsv", "query-id\tcorpus-id\tscore\n");
    for [corpus, queries, qrels] in [[&empty, queries, qrels], [corpus, &empty, qrels], [corpus, queries, &none]] {
        let files = ["eval", "--stages", "dense", "--corpus", corpus, "--queries", queries, "--qrels", qrels];
        let ran = run(&mut vecscope(&files));
        assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
        assert_says(&ran.stderr, &["nothing to evaluate"]);
    }
}

#[test]
fn no_file_is_overwritten_and_none_is_left_half_written() {
    let collection = Collection::new();
    let taken = collection.folder.file("taken.jsonl", "precious");
    let ran = run(&mut collection.eval(&["--stages", "bm25", "--per-query", &taken]));
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(2), ""), "{}", ran.stderr);
    assert_says(&ran.stderr, &["--per-query", "taken.jsonl", "already"]);
    assert_eq!(fs::read_to_string(&taken).expect("still there"), "precious");

    let half = collection.folder.join("half.jsonl");
    let server = Server::start(Letters);
    let config = format!(
        "[backends.gone]\nkind = \"openai-compatible\"\nbase_url = \"{}/nowhere\"\nmodel = \"letters\"\nkey = \"NO_SUCH_KEY\"\n",
        server.base_url()
    );
    let config = collection.folder.file("config.toml", config);
    let half_name = half.to_str().expect("the path is UTF-8");
    let arguments = ["--stages", "dense", "--config", &config, "--backend", "gone", "--per-query", half_name];
    let ran = run(&mut collection.eval(&arguments));
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(!half.exists());
}

#[test]
fn hostile_ids_do_not_steer_the_terminal() {
    let folder = Folder::new();
    let corpus = folder.file("corpus\u{9b}2J.jsonl", "{\"_id\":\"\\u001b[2J\\u009b\",\"text\":\"cat\"}\n");
    let queries = folder.file("queries.jsonl", "{\"_id\":\"\\u202e\",\"text\":\"cat \\u001b]0;x\\u0007\"}\n");
    let qrels = folder.file("qrels.tsv", "\u{202e}\t\u{1b}[2J\u{9b}\t1\nx\ty\t1\n");
    let lines = folder.join("lines.jsonl");
    let lines = lines.to_str().expect("the path is UTF-8");
    let files = ["--corpus", &corpus, "--queries", &queries, "--qrels", &qrels, "--stages", "bm25"];
    let table = run(vecscope(&["eval", "--per-query", lines]).args(files));
    let json = run(vecscope(&["eval", "--format", "json"]).args(files));
    let written = fs::read_to_string(lines).expect("it was written");
    let steers = |text: &str| text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}'));
    for text in [&table.stdout, &table.stderr, &json.stdout, &json.stderr, &written] {
        assert!(!text.is_empty() && !steers(text), "{text:?}");
    }
    let line: Value = serde_json::from_str(written.trim()).expect("one line");
    assert_eq!((&line["query_id"], &line["top"][0]["id"]), (&json!("\u{202e}"), &json!("\u{1b}[2J\u{9b}")));
    assert_eq!(line["relevant_ranks"], json!([1]));
}

#[test]
fn the_ordinary_reader_understands_a_collection() {
    let collection = Collection::new();
    let ran = run(&mut vecscope(&["search", "cat", "--corpus", &collection.corpus, "--format", "json"]));
    assert_says(&ran.stderr, &["1 text is there twice"]);
    let report = Ran { stderr: String::new(), ..ran }.json();
    let mut found: Vec<_> =
        report["results"].as_array().expect("results").iter().map(|found| (&found["id"], &found["text"])).collect();
    found.sort_by_key(|(id, _)| id.to_string());
    assert_eq!((found.len(), found[0]), (4, (&json!("a"), &json!("cat dog"))));
}

#[test]
fn a_query_that_is_a_document_is_not_ranked_for_itself() {
    let folder = Folder::new();
    // As ArguAna has it: the query is the text of the document with its id, the document has a title too. The other has
    // its id by chance.
    let corpus = folder.file(
        "corpus.jsonl",
        "{\"_id\":\"a\",\"title\":\"pets\",\"text\":\"cats sleep\"}\n{\"_id\":\"b\",\"text\":\"cats wake\"}\n\
         {\"_id\":\"c\",\"text\":\"dogs bark\"}\n",
    );
    let queries = folder.file(
        "queries.jsonl",
        "{\"_id\":\"a\",\"text\":\"cats sleep\"}\n{\"_id\":\"b\",\"text\":\"dogs\"}\n{\"_id\":\"x\",\"text\":\" \"}\n",
    );
    // 1.0 is a whole number, and what is said twice is said once.
    let qrels = folder.file("qrels.tsv", "a\tb\t1.0\na\tb\t1\nb\tc\t1\nx\tc\t1\n");
    let files = ["eval", "--corpus", &corpus, "--queries", &queries, "--qrels", &qrels, "--format", "json"];
    for stages in ["dense", "bm25", "dense,bm25,hybrid,rerank"] {
        let ran = run(&mut vecscope(&[&files[..], &["--stages", stages]].concat()));
        assert_says(&ran.stderr, &["1 query is a document of the corpus", "1 query without a text left out"]);
        let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        assert_eq!((&report["omitted"]["own_documents"], &report["queries"]), (&json!(1), &json!(2)));
        for system in report["systems"].as_array().expect("systems") {
            assert_near(number(&system["measures"]["success"]["mean"]), 1.0);
        }
    }
}

#[test]
fn judgements_of_another_collection_are_refused_before_anything_is_embedded() {
    let collection = Collection::new();
    let other = collection.folder.file("other.tsv", "q1\t4983\t1\n");
    let files = ["eval", "--corpus", &collection.corpus, "--queries", &collection.queries, "--qrels", &other];
    let message = run(&mut vecscope(&files)).refused();
    assert_says(&message, &["other.tsv: no relevant document is in", "like \"a\"", "here like \"4983\""]);
    let json = collection.folder.file("qrels.jsonl", "{\"query-id\":\"q1\"}\n");
    let message = run(&mut vecscope(&[&files[..6], &[json.as_str()]].concat())).refused();
    assert_says(&message, &["qrels.jsonl:1: it looks like JSON"]);
    let message = run(&mut vecscope(&["eval", "--corpus", "-", "--queries", "-", "--qrels", &other])).refused();
    assert_says(&message, &["only one of them can be standard input"]);
    let message = run(&mut collection.eval(&["--stages", "bm25", "-k", "100"])).refused();
    assert_says(&message, &["--top", "--per-query", "--k 100"]);
}
