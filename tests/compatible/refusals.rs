//! What a real server does with mistakes, and what a person reads of it.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::lab::{Servers, lines, refused, run, succeeded};

/// Less than the waits between five tries, which are 7.5 s at the least.
const AT_ONCE: Duration = Duration::from_secs(7);

/// What is said about texts that are refused at once, in one line.
#[track_caller]
fn message(servers: &Servers, backend: &str, texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().copied().map(str::to_owned).collect();
    let started = Instant::now();
    let message = refused(&run(&mut servers.vecscope(&["embed", "--backend", backend], lines(&texts))));
    assert!(started.elapsed() < AT_ONCE, "after {:?}: {message}", started.elapsed());
    assert_eq!(message.lines().count(), 1, "nothing is tried again: {message}");
    message
}

#[test]
#[ignore = "needs VECSCOPE_TEST_COMPATIBLE: the path of a Python with tests/compatible/requirements.txt"]
fn mistakes_are_said_in_words_and_at_once() {
    let servers = Servers::start();
    let host = servers.host("full");

    // The server takes 512 tokens. The other text of the request is not embedded either.
    let long = "word ".repeat(600);
    assert_eq!(
        message(&servers, "full", &["a short one", &long]),
        format!(
            "vecscope: {host} answered 500: a text has more tokens than it takes; input (602 tokens) is too large to \
             process. increase the physical batch size (current batch size: 512)\n"
        )
    );
    assert_eq!(
        message(&servers, "wrong-path", &["a"]),
        format!(
            "vecscope: {host} answered 404: check the model of the backend \"wrong-path\", which is all-MiniLM-L6-v2, and \
             base_url of the backend \"wrong-path\", which is http://{host}/v2; File Not Found\n"
        )
    );
    // There llama.cpp has an interface of its own, which answers too.
    let no_path = message(&servers, "no-path", &["a"]);
    let doubt = format!(
        "vecscope: cannot read the answer of {host}: base_url of the backend \"no-path\" is http://{host}; should it end \
         with /v1? "
    );
    assert!(no_path.starts_with(&doubt), "{no_path}");
    assert_eq!(
        message(&servers, "shorter", &["a"]),
        format!(
            "vecscope: unusable vectors: {host} gave vectors of 384 dimensions for all-MiniLM-L6-v2, where 128 were asked \
             for\n"
        )
    );
}

#[test]
#[ignore = "needs VECSCOPE_TEST_COMPATIBLE: the path of a Python with tests/compatible/requirements.txt"]
fn a_server_with_one_model_takes_any_name_for_it() {
    let servers = Servers::start();
    let search = ["search", "bread", "--corpus", "-", "--format", "json"];
    let three = lines(&["Bread is baked.", "Cats sleep.", "Shares fell."].map(str::to_owned));
    let report = |backend| -> Value {
        let mut command = servers.vecscope(&[&search[..], &["--backend", backend]].concat(), three.clone());
        serde_json::from_str(&succeeded(&run(&mut command))).expect("one JSON value")
    };
    let (right, wrong) = (report("full"), report("wrong-model"));
    assert_eq!(wrong["results"], right["results"]);
    // Its answer repeats the name that it was asked for, so there is no other to show.
    assert_eq!((&wrong["model"], &right["model"]), (&"no-such-model".into(), &"all-MiniLM-L6-v2".into()));
}
