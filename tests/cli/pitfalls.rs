//! `vecscope lab`: each figure against the vectors that `vecscope embed` gives, worked out again here.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "single precision is what vectors have, and counts are small"
)]

use half::{bf16, f16};
use serde_json::{Value, json};

use crate::lab::{Folder, Ran, assert_says, run, vecscope};

const QUESTION: &str = "how do I ask a database a question";

/// Sentences that are near each other, so that little moves much.
const NEAR: &str = "The cat sleeps on the sofa.\nA cat is asleep on a couch.\nThe dog sleeps in the garden.\n\
                    Cats.\nA very long sentence about a cat that, having eaten all there was, went to sleep on the sofa at last.\n";

fn lab(arguments: &[&str]) -> Ran {
    run(&mut vecscope(&[&["lab"], arguments].concat()))
}

fn json(arguments: &[&str]) -> Value {
    lab(&[arguments, &["--format", "json"]].concat()).json()
}

/// The vectors of texts, one a line, as long as the model makes them.
fn raw(folder: &Folder, texts: &str, role: &str) -> Vec<Vec<f32>> {
    let file = folder.file(&format!("{role}-texts.txt"), texts);
    let lines = run(&mut vecscope(&["embed", &file, "--raw", "--role", role])).json_lines();
    let numbers = |line: &Value| -> Vec<f32> {
        let numbers = line["embedding"].as_array().expect("numbers").iter().map(|x| number(x) as f32);
        numbers.collect()
    };
    lines.iter().map(numbers).collect()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| unreachable!("{value} is a number"))
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

fn norm(a: &[f32]) -> f64 {
    dot(a, a).sqrt()
}

fn unit(a: &[f32]) -> Vec<f32> {
    let norm = norm(a);
    a.iter().map(|x| (f64::from(*x) / norm) as f32).collect()
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    dot(a, b) / (norm(a) * norm(b))
}

/// Checks the scores of both rankings of a trial, by the numbers of the corpus's lines from 1, and that they are in order.
#[track_caller]
fn assert_scores(trial: &Value, documents: &[Vec<f32>], query: &[f32], expected: &dyn Fn(&[f32], &[f32]) -> f64) {
    for (ranking, expected) in
        [("correct", &(|q: &[f32], d: &[f32]| cosine(q, d)) as &dyn Fn(&[f32], &[f32]) -> f64), ("switched", expected)]
    {
        let placed = trial[ranking].as_array().expect("a ranking");
        assert_eq!(placed.len(), documents.len());
        // Of distances, the least comes first.
        let is_distance = ranking == "switched" && trial["scale"] == "distance";
        let mut before = if is_distance { f64::NEG_INFINITY } else { f64::INFINITY };
        for place in placed {
            let line: usize = place["id"].as_str().and_then(|id| id.parse().ok()).expect("the number of a line");
            let (found, wanted) = (number(&place["score"]), expected(query, &documents[line - 1]));
            assert!((found - wanted).abs() < 2e-5 * wanted.abs().max(1.0), "{ranking} {line}: {found} is not {wanted}");
            assert!(if is_distance { found >= before } else { found <= before }, "{trial}");
            before = found;
        }
    }
}

#[test]
fn every_switched_score_is_what_its_vectors_give() {
    let folder = Folder::new();
    let corpus = folder.file("near.txt", NEAR);
    let (documents, query) = (raw(&folder, NEAR, "document"), raw(&folder, "a sleeping cat\n", "query").remove(0));
    let tried = |experiment: &str| {
        let report = json(&[experiment, "--query", "a sleeping cat", "--corpus", &corpus]);
        report["trials"].as_array().expect("trials").clone()
    };
    let setting = |trials: &[Value], name: &str| -> Value {
        let found = trials.iter().find(|trial| trial["setting"] == name);
        found.unwrap_or_else(|| unreachable!("{name} is among {trials:?}")).clone()
    };

    let trials = tried("normalisation");
    assert_scores(&setting(&trials, "dot product"), &documents, &query, &dot);
    let distance = |a: &[f32], b: &[f32]| {
        let difference: Vec<f32> = a.iter().zip(b).map(|(a, b)| a - b).collect();
        norm(&difference)
    };
    assert_scores(&setting(&trials, "Euclidean"), &documents, &query, &distance);
    let unit_distance = |a: &[f32], b: &[f32]| distance(&unit(a), &unit(b));
    assert_scores(&setting(&trials, "Euclidean, normalised"), &documents, &query, &unit_distance);

    let trials = tried("precision");
    let coded = |code: fn(f32) -> f32| {
        move |a: &[f32], b: &[f32]| {
            let [a, b] = [a, b].map(|x| unit(x).into_iter().map(code).collect::<Vec<f32>>());
            dot(&a, &b)
        }
    };
    assert_scores(&setting(&trials, "f32"), &documents, &query, &cosine);
    assert_scores(&setting(&trials, "f16"), &documents, &query, &coded(|x| f16::from_f32(x).to_f32()));
    assert_scores(&setting(&trials, "bf16"), &documents, &query, &coded(|x| bf16::from_f32(x).to_f32()));
    let whole = |most: f32| {
        move |a: &[f32], b: &[f32]| {
            let [a, b] = [a, b].map(|x| {
                let x = unit(x);
                let largest = x.iter().fold(0.0_f32, |largest, x| largest.max(x.abs()));
                x.into_iter().map(|x| (x / largest * most).round() * largest / most).collect::<Vec<f32>>()
            });
            dot(&a, &b)
        }
    };
    assert_scores(&setting(&trials, "int8"), &documents, &query, &whole(127.0));
    let signs = |a: &[f32], b: &[f32]| {
        let equal = a.iter().zip(b).filter(|(a, b)| (**a < 0.0) == (**b < 0.0)).count() as f64;
        let all = a.len() as f64;
        (2.0 * equal - all) / all
    };
    assert_scores(&setting(&trials, "binary"), &documents, &query, &signs);

    let trials = tried("dimensions");
    assert_scores(&setting(&trials, "64"), &documents, &query, &|a, b| cosine(&a[..64], &b[..64]));
    let cut = |a: &[f32], b: &[f32]| dot(&unit(a)[..64], &unit(b)[..64]);
    assert_scores(&setting(&trials, "64 not renormalised"), &documents, &query, &cut);
}

#[test]
fn the_damage_is_that_between_the_two_rankings_that_are_printed() {
    let report = json(&["dimensions", "--query", QUESTION, "--setting", "32", "--top", "100"]);
    let trial = &report["trials"][0];
    let ids = |ranking: &str| -> Vec<String> {
        let placed = trial[ranking].as_array().expect("a ranking").iter();
        placed.map(|place| place["id"].as_str().expect("an id").to_owned()).collect()
    };
    let (correct, switched) = (ids("correct"), ids("switched"));
    let changed = correct.iter().zip(&switched).filter(|(a, b)| a != b).count();
    assert_eq!(trial["damage"]["changed"], json!(changed));
    assert_eq!((&trial["damage"]["overlap"], &trial["damage"]["k"]), (&json!(1.0), &json!(100)), "it is all of them");
    // The correct ranking is that of `search`, to the last digit.
    let found = run(&mut vecscope(&["search", QUESTION, "--top", "100", "--format", "json"])).json();
    for (place, found) in
        trial["correct"].as_array().expect("a ranking").iter().zip(found["results"].as_array().expect("results"))
    {
        assert_eq!((&place["id"], &place["score"]), (&found["id"], &found["score"]));
    }
    let score = |ranking: &str, id: &str| {
        let placed = trial[ranking].as_array().expect("a ranking").iter().find(|place| place["id"] == id);
        number(&placed.expect("it is ranked")["score"])
    };
    let largest = correct.iter().map(|id| (score("switched", id) - score("correct", id)).abs()).fold(0.0, f64::max);
    assert!((number(&trial["damage"]["shift"]["largest"]) - largest).abs() < 1e-6);
}

#[test]
fn each_step_of_a_query_is_the_search_for_its_words() {
    let report = json(&["short", "--query", "a cake without nuts"]);
    let steps = report["settling"]["steps"].as_array().expect("steps").clone();
    assert_eq!(
        steps.iter().map(|step| step["text"].as_str().expect("a text")).collect::<Vec<_>>(),
        ["a", "a cake", "a cake without", "a cake without nuts"]
    );
    for step in &steps {
        let found =
            run(&mut vecscope(&["search", step["text"].as_str().expect("a text"), "--top", "1", "--format", "json"]))
                .json();
        assert_eq!(step["first"], found["results"][0]["id"], "{step}");
        assert!((number(&step["score"]) - number(&found["results"][0]["score"])).abs() < 1e-5, "{step}");
    }
    assert_eq!(steps[3]["overlap"], json!(1.0));
    let one = json(&["short", "--query", "a cake without nuts", "--setting", "2"]);
    assert_eq!(one["trials"][0]["switched"][0]["id"], steps[1]["first"]);
    let refused = lab(&["short", "--query", "a cake without nuts", "--setting", "9"]).refused();
    assert_says(&refused, &["has 4 words, not 9"]);
}

#[test]
fn what_lies_beyond_the_limit_is_not_seen() {
    let report = json(&["long", "--query", QUESTION]);
    let sweep = &report["sweep"];
    assert_eq!((&sweep["needle"], &sweep["limit"], &sweep["tokens_seen"]), (&json!("s001"), &json!(256), &json!(256)));
    let points = sweep["points"].as_array().expect("points");
    assert_eq!(points.len(), 12);
    let mut kinds = Vec::new();
    for point in points {
        let (seen, score) = (point["seen"].as_str().expect("a word"), number(&point["score"]));
        let from_without = (score - number(&sweep["without"])).abs();
        match seen {
            "nothing" => assert!(from_without < 1e-5, "the very same text for the model: {point}"),
            _ => assert!(from_without > 0.01, "it makes a difference: {point}"),
        }
        if kinds.last() != Some(&seen) {
            kinds.push(seen);
        }
    }
    assert_eq!((kinds.first(), kinds.last()), (Some(&"whole"), Some(&"nothing")), "and never seen again");
    assert_eq!(points[0]["tokens"], json!(0));
    assert!(number(&sweep["alone"]) > number(&points[0]["score"]), "other sentences drown it");
}

#[test]
fn cutoffs_count_what_the_cosines_and_the_judgements_give() {
    let folder = Folder::new();
    let lines = |source: &str| -> Vec<Value> {
        source.lines().map(|line| serde_json::from_str(line).expect("a JSON value a line")).collect()
    };
    let queries = lines(include_str!("../../assets/queries.jsonl"));
    let corpus = lines(include_str!("../../assets/corpus.jsonl"));
    let texts = |values: &[Value], field: &str| -> String {
        let lines = values.iter().map(|value| value[field].as_str().expect("a text"));
        lines.flat_map(|line| [line, "\n"]).collect()
    };
    let of_queries = raw(&folder, &texts(&queries, "query"), "query");
    let of_documents = raw(&folder, &texts(&corpus, "text"), "document");
    let report = json(&["threshold", "--setting", "0.4"]);
    let at = &report["cutoffs"][0]["at"];
    let (mut found, mut hits, mut relevant) = (0, 0, 0);
    for (query, vector) in queries.iter().zip(&of_queries) {
        for (document, other) in corpus.iter().zip(&of_documents) {
            let is_relevant = !query["relevant"][document["id"].as_str().expect("an id")].is_null();
            let is_found = cosine(vector, other) >= 0.4;
            relevant += usize::from(is_relevant);
            found += usize::from(is_found);
            hits += usize::from(is_found && is_relevant);
        }
    }
    assert_eq!((&at["found"], &at["hits"]), (&json!(found), &json!(hits)));
    assert_eq!(report["cutoffs"][0]["relevant"], json!(relevant));
    assert!((number(&at["recall"]) - hits as f64 / relevant as f64).abs() < 1e-9);
    let best = &report["cutoffs"][0]["best"];
    for other in report["cutoffs"][0]["curve"].as_array().expect("a curve") {
        assert!(number(&other["f1"]) <= number(&best["f1"]), "{other} is better than {best}");
    }
}

#[test]
fn every_prepared_pair_is_what_the_file_says() {
    #[derive(serde::Deserialize)]
    struct File {
        case: Vec<toml::Table>,
    }
    let file: File = toml::from_str(include_str!("../../assets/lab.toml")).expect("the file is good");
    let report = json(&["misleading"]);
    let cases = report["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), file.case.len());
    for (found, said) in cases.iter().zip(&file.case) {
        for field in ["query", "cosine", "bm25"] {
            assert_eq!(found[field].as_str(), said[field].as_str(), "{field} of {found}");
        }
        assert_eq!(found["right"]["id"].as_str(), said["right"].as_str());
    }
}

#[test]
fn a_strangers_vectors_are_noise_and_those_of_the_same_model_are_not() {
    let folder = Folder::new();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/model");
    let twin = folder.join("all-MiniLM-L6-v2-q");
    std::os::unix::fs::symlink(model, &twin).expect("a link can be made");
    let backend =
        |name: &str, path: &std::path::Path| format!("[backends.{name}]\nkind = \"model-dir\"\npath = {path:?}\n");
    let config = backend("again", std::path::Path::new(model)) + &backend("twin", &twin);
    let config = folder.file("config.toml", config);
    let noise = json(&["mixing", "--query", QUESTION, "--setting", "rotated"]);
    let damage = &noise["trials"][0]["damage"];
    // Of 100 unrelated documents, the standard deviation of τ is 0.067.
    assert!(number(&damage["tau_b"]).abs() < 0.3 && number(&damage["overlap"]) <= 0.4, "{damage}");
    assert!(number(&noise["trials"][0]["measured"]["alone"]["largest_shift"]) < 1e-5);
    let same =
        json(&["mixing", "--query", QUESTION, "--config", &config, "--other", "again", "--setting", "another model"]);
    assert_eq!(same["trials"][0]["damage"]["changed"], json!(0));
    assert!(same["trials"][0]["sentence"].as_str().is_some_and(|it| it.starts_with("No strangers")), "{same}");
    // What is called the model's quantised form is taken for it, and nothing else is.
    let precision = ["precision", "--query", QUESTION, "--config", &config, "--setting", "quantised model", "--other"];
    let refused = lab(&[&precision[..], &["again"]].concat()).refused();
    assert_says(&refused, &["model is not all-MiniLM-L6-v2 with quantised weights", "never compared"]);
    let quantised = json(&[&precision[..], &["twin"]].concat());
    assert!(number(&quantised["trials"][0]["damage"]["shift"]["largest"]) < 1e-5);
    let both = json(&["threshold", "--config", &config, "--other", "again"]);
    assert_eq!(both["cutoffs"][0]["best"], both["cutoffs"][1]["best"]);
}

#[test]
fn what_cannot_be_tried_says_why() {
    let refused = |arguments: &[&str], parts: &[&str]| assert_says(&lab(arguments).refused(), parts);
    let other = ["mixing", "--query", "q", "--other", "mpnet", "--setting", "another model"];
    refused(&other, &["384 numbers", "768"]);
    refused(
        &["precision", "--query", "q", "--other", "mpnet", "--setting", "quantised model"],
        &["mpnet", "L6-v2 with"],
    );
    refused(&["mixing", "--query", "="], &["needs a --query"]);
    refused(&["precision", "--query", "= -"], &["needs a --query"]);
    refused(&["misleading", "--query", "= crane - bird"], &["only vectors understand an expression"]);
    refused(&["normalisation", "--query", "= crane - bird", "--setting", "Euclidean"], &["sum of unit vectors"]);
    refused(&["threshold", "--query", "q"], &["--query", "labelled queries"]);
    refused(&["short", "--query", "q", "--other", "mpnet"], &["--other", "short takes no other backend"]);
    refused(&["mixing", "--query", "q", "--other", "mpnet", "--setting", "rotated"], &["--other", "“rotated”"]);
    refused(&["precision"], &["needs a --query"]);
    refused(&["misleading", "--query", " "], &["needs a --query"]);
    refused(&["bread"], &["there is no experiment", "misleading"]);
    refused(&["precision", "--query", "q", "--setting", "5-bit"], &["--setting", "4-bit"]);
    refused(&["dimensions", "--query", "q", "--setting", "400"], &["nothing to cut down to 400"]);
    refused(&["mixing", "--query", "q", "--setting", "another model"], &["--other NAME"]);
    let folder = Folder::new();
    let corpus = folder.file("near.txt", NEAR);
    refused(&["threshold", "--corpus", &corpus], &["nobody judged"]);
    refused(&["misleading", "--corpus", &corpus], &["--query"]);
    let empty = folder.file("empty.txt", "");
    let ran = lab(&["precision", "--query", "q", "--corpus", &empty]);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{}", ran.stderr);
}

#[test]
fn what_is_refused_among_others_leaves_them() {
    let other = ["mixing", "--query", QUESTION, "--other", "mpnet"];
    let report = json(&other);
    assert_eq!(report["trials"].as_array().map(Vec::len), Some(1), "{report}");
    assert_eq!(report["refused"][0]["setting"], json!("another model"));
    assert_says(report["refused"][0]["reason"].as_str().expect("words"), &["384 numbers", "768"]);
    assert_says(&lab(&other).succeeded(), &["rotated (cosine)", "another model: refused: the query has 384 numbers"]);
    let report = json(&["normalisation", "--query", "= crane - bird"]);
    assert_eq!(report["trials"][0]["setting"], json!("Euclidean, normalised"));
    assert_eq!(report["trials"][0]["measured"]["norms"]["query"], Value::Null);
    assert_eq!(report["refused"].as_array().map(Vec::len), Some(2));
}

#[test]
fn people_get_tables() {
    let all = lab(&[]).succeeded();
    assert_says(
        &all,
        &["normalisation", "dot product | Euclidean", "f32 | f16", "place of the sentence, from 1 to 12"],
    );
    let one = lab(&["precision", "--query", QUESTION, "--setting", "binary"]).succeeded();
    assert_says(&one, &["binary (equal signs)", "s001", "places changed", "a vector takes 48 bytes of 1536"]);
    assert_says(&one, &["The second column is the rank that it should have."]);
    let far = lab(&["normalisation", "--query", QUESTION, "--setting", "Euclidean, normalised"]).succeeded();
    assert_says(&far, &["(distance)", "  0.8"]);
    assert!(!far.contains("-0.") && !far.contains("-1."), "{far}");
    let words = lab(&["misleading", "--query", "a cake without nuts"]).succeeded();
    assert_says(&words, &["The second column is its rank by cosine.", "that both rank"]);
    let several = lab(&["precision", "--query", QUESTION]).succeeded();
    assert_says(&several, &["f16: 0 of 10 places changed", "it is often said that fp16 shifts them"]);
    let long = lab(&["long", "--query", QUESTION]).succeeded();
    assert_says(&long, &["not seen", "of which the model sees 256"]);
    assert_says(&lab(&["threshold"]).succeeded(), &["≥ 0.80", "The best cut-off is"]);
    assert_says(&lab(&["misleading"]).succeeded(), &["INV-20481", "cosine misled (s027 #2, s026 #1)"]);
    assert_says(&lab(&["short", "--query", "one two"]).succeeded(), &["words  first", "one two"]);
}
