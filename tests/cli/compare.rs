//! `vecscope compare`, `models` and `config`: several backends in a script.

use serde_json::{Value, json};

use crate::lab::{Folder, THREE, assert_says, run, vecscope};
use crate::mock::{DIMENSIONS, Letters, Server};

const QUESTION: &str = "how do I ask a database a question";

/// A config with the letter-counting server as a second backend.
fn config(folder: &Folder, server: &Server) -> String {
    let config = format!(
        "compare = [\"local\", \"letters\"]\n[backends.letters]\nkind = \"openai-compatible\"\n\
         base_url = \"{}\"\nmodel = \"letters\"\n",
        server.base_url()
    );
    folder.file("config.toml", config)
}

fn ids(column: &Value, field: &str) -> Vec<Value> {
    column["results"].as_array().expect("results").iter().map(|found| found[field].clone()).collect()
}

#[test]
fn two_backends_are_compared_by_rank() {
    let (folder, server) = (Folder::new(), Server::start(Letters));
    let config = config(&folder, &server);
    let report =
        run(&mut vecscope(&["compare", QUESTION, "--config", &config, "--top", "4", "--format", "json"])).json();
    assert_eq!(report["query"], QUESTION);
    let [local, letters] = [&report["backends"][0], &report["backends"][1]];
    assert_eq!((&local["backend"], &local["dimensions"]), (&json!("local"), &json!(384)));
    assert_eq!((&letters["backend"], &letters["dimensions"]), (&json!("letters"), &json!(DIMENSIONS)));
    assert_eq!((ids(local, "rank"), ids(letters, "id").len()), (vec![1.into(), 2.into(), 3.into(), 4.into()], 4));

    // What each column says of the other is what the other says itself.
    let search = |name: &str| {
        run(&mut vecscope(&[
            "search",
            QUESTION,
            "--config",
            &config,
            "--backend",
            name,
            "--top",
            "100",
            "--format",
            "json",
        ]))
        .json()
    };
    let (alone, other) = (search("local"), search("letters"));
    assert_eq!(ids(local, "id"), ids(&alone, "id")[..4]);
    let other_ids = ids(&other, "id");
    for found in local["results"].as_array().expect("results") {
        let there = other_ids.iter().position(|id| *id == found["id"]).expect("it is ranked there");
        assert_eq!(found["other_rank"], there + 1);
    }
    let shared = ids(local, "id").iter().filter(|id| ids(letters, "id").contains(id)).count();
    let overlap = report["measures"]["overlap"].as_f64().expect("a number");
    assert!((overlap - f64::from(u32::try_from(shared).expect("few")) / 4.0).abs() < 1e-9, "{overlap} of {shared}");
    assert_eq!((&report["measures"]["k"], &report["measures"]["rbo_p"]), (&json!(4), &json!(0.9)));
}

#[test]
fn a_backend_agrees_with_itself() {
    let report = run(&mut vecscope(&["compare", QUESTION, "--backends", "local,local", "--format", "json"])).json();
    let measures = &report["measures"];
    assert_eq!((&measures["overlap"], &measures["tau_b"], &measures["rbo"]), (&json!(1.0), &json!(1.0), &json!(1.0)));
    assert_eq!(measures["same_first"], true);
}

#[test]
fn many_queries_give_means_and_the_worst_first() {
    let (folder, server) = (Folder::new(), Server::start(Letters));
    let config = config(&folder, &server);
    let queries = folder.file("queries.txt", "bread and butter\n\nshare prices\nthe cat sleeps\n");
    let corpus = folder.file("three.txt", THREE);
    let arguments =
        ["compare", "--queries", &queries, "--corpus", &corpus, "--config", &config, "--top", "1", "--format", "json"];
    let report = run(&mut vecscope(&arguments)).json();
    assert_eq!(report["queries"], 3);
    let worst: Vec<f64> = report["worst"]
        .as_array()
        .expect("worst")
        .iter()
        .map(|worst| worst["rbo"].as_f64().expect("a number"))
        .collect();
    assert!(worst.len() == 3 && worst.is_sorted(), "{worst:?}");
    let mean = worst.iter().sum::<f64>() / 3.0;
    assert!((report["mean"]["rbo"].as_f64().expect("a number") - mean).abs() < 1e-9);
    let sent: usize = server.requests().len();
    assert_eq!(sent, 4, "the corpus once, and each query once");

    let jsonl = folder.file("queries.jsonl", "{\"query\": \"bread\"}\n{\"text\": \"prices\"}\n");
    let arguments = ["compare", "--queries", &jsonl, "--corpus", &corpus, "--config", &config];
    let table = run(&mut vecscope(&arguments)).succeeded();
    assert_says(&table, &["mean of 2", "the worst disagreements", "letters on 127.0.0.1"]);
    let bad = folder.file("bad.jsonl", "{\"query\": \"bread\"}\n{\"q\": 1}\n");
    assert_says(&run(&mut vecscope(&["compare", "--queries", &bad])).refused(), &["bad.jsonl:2", "query"]);
}

#[test]
fn what_cannot_be_compared_is_named() {
    assert_says(&run(&mut vecscope(&["compare", "q", "--backends", "local"])).refused(), &["two names"]);
    assert_says(
        &run(&mut vecscope(&["compare", "q", "--backends", "local,nobody"])).refused(),
        &["no backend \"nobody\"", "local, openai"],
    );
    assert_says(&run(&mut vecscope(&["compare", " "])).refused(), &["the query is empty"]);
    assert_says(&run(&mut vecscope(&["compare"])).refused(), &["QUERY"]);
    assert_says(&run(&mut vecscope(&["compare", "q"])).refused(), &["OPENAI_API_KEY is not set"]);
}

#[test]
fn models_says_of_each_backend_what_it_is_and_what_it_lacks() {
    let models = run(&mut vecscope(&["models", "--format", "json"])).json();
    let find = |name: &str| {
        let models = models.as_array().expect("a list");
        models.iter().find(|model| model["name"] == name).unwrap_or_else(|| unreachable!("{name} is there")).clone()
    };
    let local = find("local");
    assert_eq!(
        (&local["kind"], &local["dimensions"], &local["max_tokens"]),
        (&json!("embedded"), &json!(384), &json!(256))
    );
    assert_eq!((&local["ready"], &local["runs"]), (&json!(true), &json!("this process")));
    let openai = find("openai");
    assert_eq!((&openai["usd_per_million_tokens"], &openai["ready"]), (&json!(0.02), &json!(false)));
    assert_says(openai["missing"].as_str().expect("a reason"), &["OPENAI_API_KEY is not set"]);
    let mpnet = find("mpnet");
    assert_eq!((&mpnet["downloads"], &mpnet["ready"]), (&json!("Xenova/all-mpnet-base-v2"), &json!(false)));
    assert_says(find("e5-small")["prompts"].as_str().expect("prompts"), &["query: ", "passage: "]);
    assert_says(
        &run(&mut vecscope(&["models"])).succeeded(),
        &["prices and limits as of 2", "fetches Xenova/all-mpnet-base-v2"],
    );
    assert_says(&run(&mut vecscope(&["models", "--all"])).succeeded(), &["nomic-embed-text-v1.5-q", "≤8,192 tokens"]);
}

#[test]
fn the_built_in_config_is_itself_a_good_config() {
    let folder = Folder::new();
    let default = run(&mut vecscope(&["config", "--default"])).succeeded();
    let copy = folder.file("config.toml", &default);
    let models = |arguments: &[&str]| run(vecscope(&["models", "--format", "json"]).args(arguments)).json();
    assert_eq!(models(&["--config", &copy]), models(&[]));
    let broken = folder.file("broken.toml", "top = 10\n\n[backends.x]\nkind = \"ollama\"\n");
    assert_says(&run(&mut vecscope(&["models", "--config", &broken])).refused(), &["broken.toml:4", "ollama"]);
    assert_says(&run(&mut vecscope(&["models", "--config", "/nowhere.toml"])).refused(), &["/nowhere.toml"]);
}

#[test]
fn prefixes_that_are_configured_are_sent() {
    let (folder, server) = (Folder::new(), Server::start(Letters));
    let config = format!(
        "[backends.letters]\nkind = \"openai-compatible\"\nbase_url = \"{}\"\nmodel = \"letters\"\n\
         query_prefix = \"ask: \"\ndocument_prefix = \"know: \"\n",
        server.base_url()
    );
    let config = folder.file("config.toml", config);
    let corpus = folder.file("one.txt", "bread");
    run(&mut vecscope(&["search", "prices", "--backend", "letters", "--config", &config, "--corpus", &corpus]))
        .succeeded();
    let sent: Vec<String> = server.requests().iter().flat_map(crate::mock::inputs).collect();
    assert_eq!(sent, ["know: bread", "ask: prices"]);
    let mut embed = vecscope(&["embed", "--role", "query", "--backend", "letters", "--config", &config]);
    run(embed.write_stdin("who")).succeeded();
    assert_eq!(server.requests().iter().flat_map(crate::mock::inputs).next_back().as_deref(), Some("ask: who"));
}

#[test]
fn nothing_to_pull_and_unknown_models_are_named() {
    assert_says(&run(&mut vecscope(&["pull", "local"])).refused(), &["nothing to fetch"]);
    assert_says(&run(&mut vecscope(&["pull", "bge-smal"])).refused(), &["bge-small-en-v1.5", "models --all"]);
}
