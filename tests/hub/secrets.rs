//! The token: to the hub, and to nobody else.

use std::env;
use std::process::Command;

use tokio::runtime::Builder;
use tokio_util::sync::CancellationToken;
use vecscope::backend::BackendError;
use vecscope::backend::hub::{Hub, HubFile, Repo};

use crate::exposure::{Log, assert_hidden, everything};
use crate::lab::{At, FILES, Lab, TOKENIZER, fetch_files, settings};
use crate::server::{Reply, Server};

const TOKEN: &str = "hf_Zq7XnotTobeSeen42";

/// Fetches with the token.
fn fetch(lab: &Lab) -> Result<std::path::PathBuf, BackendError> {
    fetch_files(&lab.client(lab.settings(&[("HF_TOKEN", TOKEN)])), &FILES).0
}

#[test]
fn the_token_goes_to_the_hub_and_not_to_where_it_redirects() {
    let lab = Lab::new();
    fetch(&lab).expect("everything is there");
    let bearer = format!("Bearer {TOKEN}");
    assert!(lab.hub.requests().iter().all(|request| request.header("authorization") == Some(&bearer)));
    let cdn = lab.cdn.requests();
    assert!(cdn.len() == 1 && cdn[0].header("authorization").is_none(), "{cdn:?}");
}

#[test]
fn a_hub_elsewhere_is_not_asked_about_a_file_let_alone_with_the_token() {
    let stranger = Lab::new();
    let url = stranger.hub.url.clone();
    let lab = Lab::with(move |at, request, reply| {
        if at == At::Hub { Reply::new(307).header("Location", format!("{url}{}", request.path)) } else { reply }
    });
    let error = fetch(&lab).expect_err("the hub says nothing about the file").to_string();
    assert!(error.contains("it redirects to 127.0.0.1:"), "{error}");
    assert_eq!(stranger.hub.asked().len(), 0);
}

#[test]
fn without_a_token_none_is_sent() {
    let lab = Lab::new();
    lab.succeeds();
    assert!(lab.hub.requests().iter().all(|request| request.header("authorization").is_none()));
    assert!(lab.hub.requests().iter().all(|request| request.header("accept-encoding") == Some("identity")));
}

/// Run by the test below, in a process whose requests all go to a proxy.
#[test]
#[ignore = "is run by another test, with a proxy"]
fn a_hub_over_plain_http() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be had");
    let cache = tempfile::tempdir().expect("a temporary folder");
    let settings = settings("http://hub.example.com", cache.path(), &[("HF_TOKEN", TOKEN)]);
    let hub = Hub::new(settings, runtime.handle().clone()).expect("a client can be had");
    let repo = Repo::new("org/tiny-model").expect("it is a name");
    let error = hub.fetch(&repo, &[HubFile::required(TOKENIZER)], &CancellationToken::new(), &mut |_| ());
    let error = error.expect_err("the proxy says no");
    assert!(
        error.to_string().contains("HF_TOKEN was not sent, because HF_ENDPOINT (http://hub.example.com)"),
        "{error}"
    );
    assert_hidden(&everything(&error));
}

#[test]
fn the_token_is_never_sent_where_others_can_read_it() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime can be had");
    let proxy = Server::start(&runtime, |_| Reply::new(401));
    // Settings of the environment can only be changed for another process.
    let mut test = Command::new(env::current_exe().expect("this test has a path"));
    test.args(["--exact", "--ignored", "secrets::a_hub_over_plain_http"]).env("http_proxy", &proxy.url);
    for variable in ["no_proxy", "NO_PROXY", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        test.env_remove(variable);
    }
    let output = test.output().expect("this test can be run");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(proxy.asked(), ["HEAD http://hub.example.com/org/tiny-model/resolve/main/tokenizer.json"]);
    assert_hidden(&format!("{:?}", proxy.requests()));
}

#[test]
fn a_server_that_repeats_the_token_cannot_make_it_shown() {
    for reply in [
        Reply::new(401).header("X-Error-Message", format!("Invalid token {TOKEN}")),
        Reply::new(403).header("X-Error-Message", format!("Bearer {TOKEN} is not enough")),
        Reply::new(404).header("X-Error-Code", TOKEN).header("X-Error-Message", TOKEN.to_uppercase()),
        Reply::new(500).header("X-Error-Message", format!("{}{TOKEN}", "x".repeat(290))),
        Reply::new(429).header("Retry-After", TOKEN).header("X-Error-Message", TOKEN),
        Reply::new(302).header("Location", format!("http://{TOKEN}.example.com/{TOKEN}")),
        Reply::new(200).header("X-Repo-Commit", TOKEN),
        Reply::new(200).header("X-Repo-Commit", crate::lab::COMMIT).header("ETag", format!("../{TOKEN}")),
    ] {
        let lab = Lab::with(move |_, _, _| reply.clone());
        assert_hidden(&everything(&fetch(&lab).expect_err("no answer is good")));
        assert!(lab.hub.requests()[0].header("authorization").is_some(), "the server did get the token");
    }
}

#[test]
fn a_part_of_the_token_that_a_server_leaves_unmasked_is_not_repeated() {
    let reply = Reply::new(401).header("X-Error-Message", "Invalid token hf_****42");
    let lab = Lab::with(move |_, _, _| reply.clone());
    let shown = fetch(&lab).expect_err("the hub says no").to_string();
    assert!(shown.contains("HF_TOKEN") && !shown.contains("****42"), "{shown}");
}

#[test]
fn debug_of_settings_and_hub_shows_no_token() {
    let lab = Lab::new();
    let settings = lab.settings(&[("HF_TOKEN", TOKEN)]);
    assert_hidden(&format!("{settings:#?} {settings:?}"));
    let hub = lab.client(settings);
    fetch_files(&hub, &FILES).0.expect("everything is there");
    assert_hidden(&format!("{hub:#?} {hub:?}"));
}

#[test]
fn nothing_logs_the_token_at_the_most_talkative_level() {
    let log = Log::of_everything();

    let lab = Lab::with(|_, request, reply| {
        if request.before == 0 { Reply::new(500).header("X-Error-Message", format!("I know {TOKEN}")) } else { reply }
    });
    fetch(&lab).expect("the second try succeeds");
    let lab = Lab::with(|_, _, _| Reply::new(401).header("X-Error-Message", format!("I know {TOKEN}")));
    fetch(&lab).expect_err("the hub says no");

    let written = log.written();
    for said in ["trying again", "I know [key]", "answered", "reqwest::"] {
        assert!(written.contains(said), "{said}: {written}");
    }
    assert_hidden(&written);
}
