//! Contents and names that are not what they should be.

use std::fs;

use tokio_util::sync::CancellationToken;
use vecscope::backend::BackendError;
use vecscope::backend::hub::{HubFile, Repo};

use crate::lab::{At, COMMIT, FILES, ID, Lab, TOKENIZER, fetch_files, tree};
use crate::server::{Reply, Request};

/// What a hub says about the tokenizer, changed; the reason for which it is refused.
#[track_caller]
fn refused(change: impl Fn(Reply) -> Reply + Send + Sync + 'static) -> String {
    let lab = Lab::with(move |at, request: &Request, reply| {
        let about = at == At::Hub && request.path.ends_with(TOKENIZER);
        if about { change(reply) } else { reply }
    });
    let hub = lab.client(lab.settings(&[]));
    let error = fetch_files(&hub, &[HubFile::required(TOKENIZER)]).0.expect_err("it is refused");
    assert!(matches!(error, BackendError::BadAnswer { .. }), "{error:?}");
    assert_eq!(hub.cached(&crate::lab::repo(), &[HubFile::required(TOKENIZER)]), None);
    let left = tree(lab.cache.path());
    assert!(left.iter().all(|name| name.starts_with(".locks/")), "{left:?}");
    error.to_string()
}

#[test]
fn a_large_file_with_other_bytes_is_deleted_and_said_to_be_damaged() {
    let lab = Lab::with(|at, _, mut reply| {
        if at == At::Cdn {
            reply.body[200_000] ^= 1;
        }
        reply
    });
    let error = lab.fails();
    let shown = error.to_string();
    assert!(matches!(error, BackendError::BadAnswer { .. }), "{error:?}");
    assert!(shown.contains("the download of onnx/model.onnx of org/tiny-model is damaged: its SHA-256"), "{shown}");
    assert!(
        lab.cdn
            .url
            .ends_with(shown.split("answer of ").nth(1).and_then(|rest| rest.split(": ").next()).expect("a host"))
    );
    assert!(fs::read_dir(lab.repo_folder().join("blobs")).expect("it is there").next().is_none());
    assert_eq!(lab.cdn.asked().len(), 1);
}

#[test]
fn a_small_file_with_other_bytes_is_deleted_and_said_to_be_damaged() {
    let error = refused(|reply| reply.body(b"{\"version\": \"6.6\"}"));
    assert!(error.contains("the download of tokenizer.json of org/tiny-model is damaged: its Git hash"), "{error}");
}

#[test]
fn a_content_of_another_length_is_refused() {
    // A HEAD and a GET that do not agree.
    let lengths = |body: &'static str| move |reply: Reply| reply.header("X-Linked-Size", "18").body(body);
    let long = refused(lengths("{\"version\": \"1.0\"} and more"));
    assert!(long.contains("it sends another length than announced of tokenizer.json"), "{long}");
    let short = refused(lengths("{}"));
    assert!(short.contains("it sends another length than announced of tokenizer.json"), "{short}");
    // Without a word about the length before it comes.
    let flood = refused(|reply| {
        let chunks = format!("20\r\n{}\r\n", " ".repeat(32)).repeat(100);
        reply.header("X-Linked-Size", "18").header("Transfer-Encoding", "chunked").body(chunks)
    });
    assert!(flood.contains("it sends another length than announced of tokenizer.json"), "{flood}");
}

#[test]
fn a_content_of_which_only_the_length_is_known_is_held_to_that() {
    let lab = Lab::with(
        |_, request, reply| {
            if request.path.ends_with(TOKENIZER) { reply.header("ETag", "W/\"5f-abc_1\"") } else { reply }
        },
    );
    lab.succeeds();
    assert!(lab.repo_folder().join("blobs/5f-abc_1").is_file());
}

#[test]
fn an_etag_that_is_a_path_is_refused() {
    for etag in ["\"../../../../evil\"", "\"..\"", "\"/etc/evil\"", "\"a/b\"", "\"\"", "\"x.incomplete\""] {
        let error = refused(move |reply| reply.header("ETag", etag));
        assert!(error.contains("it gives tokenizer.json no etag that can name a file"), "{error}");
        let error = refused(move |reply| reply.header("X-Linked-Etag", etag));
        assert!(error.contains("it gives tokenizer.json no etag that can name a file"), "{error}");
    }
    let error = refused(|reply| reply.without("ETag"));
    assert!(error.contains("no etag"), "{error}");
}

#[test]
fn a_commit_that_is_a_path_is_refused() {
    for commit in
        ["../../../../../../../../../../../../../../x", "main", "", "0123456789ABCDEF0123456789ABCDEF01234567"]
    {
        let error = refused(move |reply| reply.header("X-Repo-Commit", commit));
        assert!(error.contains("what it calls the commit of tokenizer.json is none"), "{error}");
    }
}

#[test]
fn a_server_that_is_no_hub_is_told_from_one() {
    let error = refused(|reply| reply.without("X-Repo-Commit"));
    assert!(error.contains("it does not say of which commit tokenizer.json is"), "{error}");
    assert!(error.contains("check HF_ENDPOINT, which is http://127.0.0.1:"), "{error}");
    let error = refused(|reply| {
        let elsewhere = Reply::new(302).header("Location", "https://login.example.com/?next=x");
        if reply.status == 200 { elsewhere } else { reply }
    });
    assert!(error.contains("it redirects to login.example.com; check HF_ENDPOINT"), "{error}");
    let error = refused(|reply| reply.header("X-Linked-Size", "-1"));
    assert!(error.contains("it does not say how long tokenizer.json is"), "{error}");
}

#[test]
fn files_of_two_commits_are_not_mixed() {
    let lab = Lab::with(|at, request, reply| {
        let other = at == At::Hub && request.path.ends_with(TOKENIZER);
        if other { reply.header("X-Repo-Commit", COMMIT.replace('0', "f")) } else { reply }
    });
    let error = lab.fails().to_string();
    assert!(error.contains("it says that tokenizer.json is of another commit than was asked for"), "{error}");
    assert!(!lab.repo_folder().exists());

    let lab = Lab::new();
    let other = Repo::at(ID, &COMMIT.replace('0', "f")).expect("it is a name");
    let hub = lab.client(lab.settings(&[]));
    let error = hub.fetch(&other, &FILES, &CancellationToken::new(), &mut |_| ()).expect_err("there is no such commit");
    assert!(matches!(error, BackendError::Refused { status: 404, .. }), "{error:?}");
    // A hub that gives what is at another one all the same.
    let lab = Lab::with(|_, _, reply| reply.header("X-Repo-Commit", COMMIT.replace('0', "f")));
    let hub = lab.client(lab.settings(&[]));
    let asked = Repo::at(ID, COMMIT).expect("it is a name");
    let error = hub.fetch(&asked, &FILES, &CancellationToken::new(), &mut |_| ()).expect_err("it is another commit");
    assert!(error.to_string().contains("is of another commit than was asked for"), "{error}");
}

#[test]
fn a_path_that_leads_out_of_the_repository_is_not_even_asked_for() {
    for path in ["../../evil", "/etc/passwd", "a/../../b", "", "a\\..\\..\\b"] {
        let lab = Lab::new();
        let hub = lab.client(lab.settings(&[]));
        let files = [HubFile::required(TOKENIZER), HubFile::optional(path)];
        let error = fetch_files(&hub, &files).0.expect_err("it is refused").to_string();
        assert!(error.contains("is not a path inside of a model repository; nothing was sent"), "{error}");
        assert_eq!((hub.cached(&crate::lab::repo(), &files), lab.hub.asked().len()), (None, 0));
    }
}
