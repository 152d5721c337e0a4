//! Models of the catalogue, fetched from a hub on this machine and run: the whole way from a name to a ranking.

use crate::hub::{COMMIT, Hub};
use crate::lab::{Folder, Ran, THREE, assert_says, run, vecscope};

/// Runs a command with a hub, and a cache of its own.
fn with(hub: &Hub, cache: &Folder, arguments: &[&str]) -> Ran {
    run(vecscope(arguments).env("HF_ENDPOINT", hub.endpoint()).env("HF_HOME", cache.path()))
}

fn config(folder: &Folder) -> String {
    folder.file("config.toml", "[backends.hub]\nkind = \"fastembed\"\nmodel = \"all-MiniLM-L6-v2\"\n")
}

#[test]
fn a_model_is_fetched_once_and_ranks_offline_as_the_one_in_the_program_does() {
    let (hub, cache) = (Hub::start(false), Folder::new());
    let config = config(&cache);
    let said = with(&hub, &cache, &["pull", "hub", "--config", &config]).succeeded();
    assert_says(&said, &["all-MiniLM-L6-v2 is in", COMMIT]);
    assert_eq!(hub.fetched().len(), 5, "{:?}", hub.fetched());
    let again = with(&hub, &cache, &["pull", "sentence-transformers/all-MiniLM-L6-v2"]).succeeded();
    assert_eq!((again, hub.fetched().len()), (said, 5), "nothing is fetched twice");

    let corpus = cache.file("three.txt", THREE);
    let search = |backend: &str| {
        let arguments =
            ["search", "bread", "--backend", backend, "--config", &config, "--corpus", &corpus, "--format", "json"];
        let offline = run(vecscope(&arguments).env("HF_HUB_OFFLINE", "1").env("HF_HOME", cache.path()));
        offline.json()
    };
    let (fetched, own) = (search("hub"), search("local"));
    assert_eq!(fetched["results"], own["results"]);
    assert_eq!((&fetched["backend"], &fetched["dimensions"]), (&"hub".into(), &384.into()));
    let models = with(&hub, &cache, &["models", "--config", &config, "--format", "json"]).json();
    let listed = models.as_array().expect("a list").iter().find(|model| model["name"] == "hub").expect("it is listed");
    assert_eq!((&listed["ready"], &listed["downloads"]), (&true.into(), &serde_json::Value::Null));
}

#[test]
fn a_search_fetches_what_it_needs() {
    let (hub, cache) = (Hub::start(false), Folder::new());
    let (config, corpus) = (config(&cache), cache.file("three.txt", THREE));
    let arguments =
        ["search", "bread", "--backend", "hub", "--config", &config, "--corpus", &corpus, "--format", "json"];
    let report = with(&hub, &cache, &arguments).json();
    assert_eq!(report["results"][0]["id"], "3");
}

#[test]
fn a_damaged_model_is_not_kept() {
    let (hub, cache) = (Hub::start(true), Folder::new());
    let message = with(&hub, &cache, &["pull", "all-MiniLM-L6-v2"]).refused();
    assert_says(&message, &["damaged"]);
    let models = with(&hub, &cache, &["models", "--config", &config(&cache), "--format", "json"]).json();
    let listed = models.as_array().expect("a list").iter().find(|model| model["name"] == "hub").expect("it is listed");
    assert_eq!(listed["ready"], false);
}

#[test]
fn without_a_network_the_rest_keeps_working() {
    let cache = Folder::new();
    let config = config(&cache);
    let offline = |arguments: &[&str]| run(vecscope(arguments).env("HF_HUB_OFFLINE", "1").env("HF_HOME", cache.path()));
    assert_says(&offline(&["pull", "all-MiniLM-L6-v2"]).refused(), &["HF_HUB_OFFLINE"]);
    assert_says(&offline(&["search", "bread", "--backend", "hub", "--config", &config]).refused(), &["HF_HUB_OFFLINE"]);
    offline(&["search", "bread", "--config", &config]).succeeded();
    let nobody = run(vecscope(&["pull", "all-MiniLM-L6-v2"])
        .env("HF_ENDPOINT", "http://127.0.0.1:1")
        .env("HF_HOME", cache.path()));
    assert_says(&nobody.refused(), &["127.0.0.1:1", "cannot be reached"]);
}
