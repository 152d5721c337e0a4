//! Rerankers from the config to a score: built in, fetched from a hub on this machine, and from a folder.

use serde_json::{Value, json};

use crate::hub::{COMMIT, Hub};
use crate::lab::{Folder, Ran, assert_says, run, vecscope};
use crate::model::{self, ONE_COLUMN, WEIGHTS};

const REPOSITORY: &str = "cross-encoder/ms-marco-MiniLM-L6-v2";

/// A hub that has a small cross-encoder in the place of a well-known one.
fn hub(damaged: bool) -> Hub {
    let files = model::files(512).into_iter().map(|(name, content)| (name, content.into_bytes()));
    let model = ("onnx/model.onnx", model::cross_encoder(&WEIGHTS, ONE_COLUMN));
    Hub::with(REPOSITORY, files.chain([model]).collect(), damaged)
}

fn with(hub: &Hub, cache: &Folder, arguments: &[&str]) -> Ran {
    run(vecscope(arguments).env("HF_ENDPOINT", hub.endpoint()).env("HF_HOME", cache.path()))
}

#[track_caller]
fn listed(models: &Value, name: &str) -> Value {
    let models = models.as_array().expect("a list");
    models.iter().find(|model| model["name"] == name).unwrap_or_else(|| unreachable!("{name} is there")).clone()
}

#[test]
fn a_cross_encoder_is_fetched_once_and_scores_offline() {
    let (hub, cache) = (hub(false), Folder::new());
    let models = || listed(&with(&hub, &cache, &["models", "--format", "json"]).json(), "ms-marco");
    let before = models();
    assert_eq!((&before["role"], &before["kind"]), (&json!("reranker"), &json!("cross-encoder")));
    assert_eq!((&before["ready"], &before["downloads"]), (&json!(false), &json!(REPOSITORY)));
    // The doctor fetches nothing.
    let untried = with(&hub, &cache, &["doctor", "--reranker", "ms-marco"]).succeeded();
    assert_says(&untried, &["ms-marco: not tried", REPOSITORY]);
    assert!(hub.fetched().is_empty(), "{:?}", hub.fetched());

    let said = with(&hub, &cache, &["pull", "ms-marco"]).succeeded();
    assert_says(&said, &["ms-marco-MiniLM-L6-v2 is in", COMMIT]);
    assert_eq!(hub.fetched().len(), 5, "{:?}", hub.fetched());
    let again = with(&hub, &cache, &["pull", "cross-encoder/ms-marco-MiniLM-L-6-v2"]).succeeded();
    assert_eq!((again, hub.fetched().len()), (said, 5), "nothing is fetched twice");
    let after = models();
    assert_eq!((&after["ready"], &after["downloads"]), (&json!(true), &Value::Null));
    let doctor =
        run(vecscope(&["doctor", "--reranker", "ms-marco"]).env("HF_HUB_OFFLINE", "1").env("HF_HOME", cache.path()))
            .succeeded();
    // Three words of the query and two of the document that it does not know: ½ each, ten times in the document.
    assert_says(&doctor, &["ms-marco: yes", "ms-marco-MiniLM-L6-v2", "logit 11.50"]);
}

#[test]
fn a_damaged_cross_encoder_is_not_kept() {
    let (hub, cache) = (hub(true), Folder::new());
    assert_says(&with(&hub, &cache, &["pull", "ms-marco"]).refused(), &["damaged"]);
    let models = with(&hub, &cache, &["models", "--format", "json"]).json();
    assert_eq!(listed(&models, "ms-marco")["ready"], false);
}

#[test]
fn the_list_of_models_has_rerankers_too() {
    let models = run(&mut vecscope(&["models", "--format", "json"])).json();
    assert_eq!(listed(&models, "local")["role"], "backend");
    let late = listed(&models, "late-interaction");
    assert_eq!((&late["kind"], &late["model"]), (&json!("late-interaction"), &json!("all-MiniLM-L6-v2")));
    let table = run(&mut vecscope(&["models"])).succeeded();
    assert_says(&table, &["rerankers", "late-interaction", "ms-marco", "fetches BAAI/bge-reranker-base"]);
}

#[test]
fn the_doctor_tries_the_reranker_that_was_chosen() {
    let folder = Folder::new();
    assert_says(&run(&mut vecscope(&["doctor"])).succeeded(), &["late-interaction: yes", "all-MiniLM-L6-v2", "cosine"]);
    for (name, content) in model::files(512) {
        folder.file(name, content);
    }
    folder.file("model.onnx", model::cross_encoder(&WEIGHTS, ONE_COLUMN));
    let config = |trust: &str| {
        let path = folder.path().display();
        let text = format!(
            "reranker = \"mine\"\n[rerankers.mine]\nkind = \"cross-encoder-dir\"\npath = \"{path}\"\n{trust}\n"
        );
        folder.file("config.toml", text)
    };
    let untrusted = run(&mut vecscope(&["doctor", "--config", &config("")]));
    assert_eq!(untrusted.code, Some(2), "{}", untrusted.stdout);
    assert_says(&untrusted.stdout, &["mine: no: ", "sha256", "trust = true"]);
    let trusted = config("trust = true");
    assert_says(&run(&mut vecscope(&["doctor", "--config", &trusted])).succeeded(), &["mine: yes", "logit 11.50"]);
    let other = run(&mut vecscope(&["doctor", "--config", &trusted, "--reranker", "late-interaction"]));
    assert_says(&other.succeeded(), &["late-interaction: yes"]);
}

#[test]
fn what_cannot_be_had_is_named() {
    let message = run(&mut vecscope(&["doctor", "--reranker", "nobody"])).refused();
    assert_says(&message, &["no reranker \"nobody\"", "late-interaction, ms-marco, bge-reranker"]);
    let message = run(&mut vecscope(&["pull", "late-interaction"])).refused();
    assert_says(&message, &["the reranker \"late-interaction\" has nothing to fetch"]);
}
