//! `vecscope pipeline`: one query through the stages, each number told apart.

use serde_json::{Value, json};

use crate::lab::{Folder, assert_says, run, vecscope};
use crate::model::{self, ONE_COLUMN, WEIGHTS};

fn pipeline(arguments: &[&str]) -> Value {
    let arguments = [&["pipeline"], arguments, &["--format", "json"]].concat();
    run(&mut vecscope(&arguments)).json()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| unreachable!("{value} is a number"))
}

#[track_caller]
fn assert_near(found: &Value, expected: f64) {
    assert!((number(found) - expected).abs() < 1e-5, "{found} is not {expected}");
}

fn found<'a>(report: &'a Value, id: &str) -> &'a Value {
    let results = report["results"].as_array().expect("results");
    results.iter().find(|found| found["id"] == id).unwrap_or_else(|| unreachable!("{id} is among {results:?}"))
}

#[test]
fn of_an_expression_it_says_that_words_know_none() {
    let of = |stages: &str| run(&mut vecscope(&["pipeline", "= crane - bird", "--stages", stages]));
    let both = of("dense,bm25");
    assert_eq!(both.code, Some(0), "{}", both.stderr);
    assert_says(&both.stderr, &["only vectors understand an expression", "BM25"]);
    assert_eq!(of("dense").succeeded().lines().next().map(|line| line.starts_with("  1  ")), Some(true));
}

#[test]
fn every_score_is_the_sum_of_its_parts() {
    let report = pipeline(&["INV-20481", "--words", "2", "--top", "100"]);
    // Vectors mix up the two invoices, words and token vectors do not.
    let wanted = found(&report, "s027");
    assert_eq!((&wanted["dense"]["rank"], &wanted["bm25"]["rank"]), (&json!(2), &json!(1)));
    assert_eq!((&wanted["rank"], &wanted["rerank"]["rank"]), (&json!(1), &json!(1)));
    for found in report["results"].as_array().expect("results") {
        let terms = found["bm25"]["terms"].as_array().expect("terms");
        let sum: f64 = terms.iter().map(|term| number(&term["contribution"])).sum();
        match &found["bm25"]["score"] {
            Value::Null => assert!(sum.abs() < 1e-9, "{found}"),
            score => assert_near(score, sum),
        }
        // 1 / (60 + rank), of each ranking that has it.
        let fused = ["dense", "bm25"].iter().filter_map(|stage| found[stage]["rank"].as_f64());
        assert_near(&found["hybrid"]["score"], fused.map(|rank| 1.0 / (60.0 + rank)).sum());
        let reranked = &found["rerank"];
        if !reranked.is_null() {
            let half = f64::midpoint(number(&reranked["late_interaction"]), number(&reranked["cosine"]));
            assert_near(&reranked["score"], half);
            // It is the very model of the dense stage.
            assert_near(&reranked["cosine"], number(&found["dense"]["score"]));
        }
    }
    let words = &wanted["words"];
    assert_eq!(words["query"], json!(["INV", "-", "20481"]));
    let sum: f64 = words["contributions"].as_array().expect("numbers").iter().map(number).sum();
    assert_near(&wanted["rerank"]["late_interaction"], sum);
    let best = words["best"][2].as_u64().and_then(|best| usize::try_from(best).ok()).expect("a place");
    assert_eq!(words["document"][best], "20481");
    assert_eq!(report["results"].as_array().map(Vec::len), Some(100), "below what was reranked stands the rest");
}

#[test]
fn dense_alone_is_what_search_says() {
    let report = pipeline(&["half-finished updates must never survive", "--stages", "dense"]);
    let search = run(&mut vecscope(&["search", "half-finished updates must never survive", "--format", "json"])).json();
    let scores = |report: &Value, pick: &dyn Fn(&Value) -> Value| -> Vec<(Value, Value)> {
        let results = report["results"].as_array().expect("results").iter();
        results.map(|found| (found["id"].clone(), pick(found))).collect()
    };
    assert_eq!(
        scores(&report, &|found| found["dense"]["score"].clone()),
        scores(&search, &|found| found["score"].clone())
    );
    assert!(found(&report, "s007")["bm25"].is_null() && found(&report, "s007")["rerank"].is_null());
}

#[test]
fn parameters_reach_their_stages() {
    let query = "the migration of the backup";
    let plain = pipeline(&[query]);
    let other =
        pipeline(&[query, "--bm25-k1", "0", "--fusion", "blend", "--alpha", "0", "--depth", "3", "--late-weight", "1"]);
    assert_eq!(other["settings"]["fusion"], "blend");
    // With k1 = 0, once is as good as often.
    for term in other["results"][0]["bm25"]["terms"].as_array().expect("terms") {
        assert!(number(&term["tf"]) == 0.0 || (number(&term["saturation"]) - 1.0).abs() < 1e-9, "{term}");
    }
    let reranked = other["results"].as_array().expect("results").iter().filter(|found| !found["rerank"].is_null());
    assert_eq!(reranked.count(), 3);
    let first = &other["results"][0]["rerank"];
    assert_near(&first["score"], number(&first["late_interaction"]));
    assert_ne!(plain["results"][0]["bm25"]["score"], other["results"][0]["bm25"]["score"]);
    // "the" and "of" are left out, and what is left is cut to its stem.
    let folded = pipeline(&[query, "--stop-words", "--stemming", "--stages", "bm25"]);
    let terms = folded["results"][0]["bm25"]["terms"].as_array().expect("terms").iter();
    assert_eq!(terms.map(|term| term["term"].clone()).collect::<Vec<_>>(), [json!("migrat"), json!("backup")]);
}

#[test]
fn a_cross_encoder_says_logits_and_probabilities() {
    let folder = Folder::new();
    for (name, content) in model::files(512) {
        folder.file(name, content);
    }
    folder.file("model.onnx", model::cross_encoder(&WEIGHTS, ONE_COLUMN));
    let config = format!(
        "[rerankers.mine]\nkind = \"cross-encoder-dir\"\ntrust = true\npath = \"{}\"\n",
        folder.path().display()
    );
    let config = folder.file("config.toml", config);
    let corpus = folder.file("colours.txt", "red green\nblueish\ngrey\n");
    let arguments = ["red", "--config", &config, "--reranker", "mine", "--corpus", &corpus, "--words", "3"];
    let report = pipeline(&arguments);
    assert_eq!(report["reranker"]["method"], "cross-encoder");
    let results = report["results"].as_array().expect("results");
    // 1 for the query, and ten times 4 + ¼, 1 + 2, and ½ for a word that it does not know.
    for (found, (id, logit)) in results.iter().zip([("2", 43.5), ("1", 31.0), ("3", 6.0)]) {
        assert_eq!(found["id"], id);
        assert_near(&found["rerank"]["logit"], logit);
        assert_eq!(found["rerank"]["logit"], found["rerank"]["score"]);
        assert_near(&found["rerank"]["probability"], 1.0 / (1.0 + (-logit).exp()));
        assert!(found["rerank"]["cosine"].is_null() && found["words"].is_null());
    }
    let table = run(&mut vecscope(&[&["pipeline"], &arguments[..7]].concat())).succeeded();
    assert_says(&table, &["rerank logit 43.50 = probability 100.0 %", "rerank logit 6.00 = probability 99.8 %"]);
}

#[test]
fn what_nothing_can_be_ranked_by_is_said() {
    let nothing = run(&mut vecscope(&["pipeline", "zebra xylophone", "--stages", "bm25"]));
    assert_eq!(nothing.code, Some(1));
    assert_says(&nothing.stdout, &["no document holds a word of the query"]);
    // The other stages go on without BM25.
    let report = pipeline(&["zebra xylophone"]);
    assert_eq!((&report["stages"][1]["documents"], &report["stages"][2]["documents"]), (&json!(0), &json!(100)));
    assert_eq!(report["results"][0]["hybrid"]["terms"][1]["value"], json!(0.0));
    let stop_words = pipeline(&["to be or not to be", "--stop-words"]);
    assert_eq!(stop_words["results"][0]["bm25"], Value::Null);
    assert_says(&run(&mut vecscope(&["pipeline", " "])).refused(), &["the query is empty"]);
    let message = run(&mut vecscope(&["pipeline", "x", "--stages", "rerank"])).refused();
    assert_says(&message, &["--stages", "dense or bm25 has to run"]);
    assert_says(&run(&mut vecscope(&["pipeline", "x", "--depth", "0"])).refused(), &["--depth"]);
}

#[test]
fn a_small_corpus_and_hostile_texts_are_ranked_all_the_same() {
    let folder = Folder::new();
    // Under two topics, or the same text would be one document.
    let corpus = folder.file(
        "two.jsonl",
        "{\"text\":\"\\u001b[2Jcat\"}\n{\"text\":\"the same\",\"topic\":\"a\"}\n{\"text\":\"the same\",\"topic\":\"b\"}\n",
    );
    let table = run(&mut vecscope(&["pipeline", "the same cat", "--corpus", &corpus, "--words", "9"])).succeeded();
    assert!(!table.contains('\u{1b}'), "{table}");
    assert_says(&table, &["␛[2Jcat", "places dense", "words "]);
    // They keep the order of the corpus in every stage.
    let report = pipeline(&["the same", "--corpus", &corpus]);
    for stage in ["dense", "bm25", "hybrid", "rerank"] {
        assert_eq!(
            (&found(&report, "2")[stage]["rank"], &found(&report, "3")[stage]["rank"]),
            (&json!(1), &json!(2)),
            "{stage}"
        );
    }
}
