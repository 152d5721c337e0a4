//! What the cache looks like afterwards, and what is found in one that somebody else has made.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use tokio_util::sync::CancellationToken;
use vecscope::backend::BackendError;
use vecscope::backend::hub::{HubFile, Repo};

use crate::lab::{COMMIT, FILES, ID, Lab, MODEL, TOKENIZER, fetch_files, git_blob, put, repo, sha256, tree};

/// What `Lab` has, as Python leaves it.
fn as_python_has_it(lab: &Lab) {
    let folder = lab.repo_folder();
    put(&folder.join("refs/main"), COMMIT);
    for (path, etag, content) in
        [(MODEL, sha256(&lab.model), &lab.model), (TOKENIZER, git_blob(&lab.tokenizer), &lab.tokenizer)]
    {
        put(&folder.join("blobs").join(&etag), content);
        let link = folder.join("snapshots").join(COMMIT).join(path);
        fs::create_dir_all(link.parent().expect("it is in a folder")).expect("a folder can be made");
        let up = "../".repeat(path.split('/').count() + 1);
        symlink(Path::new(&up).join("blobs").join(&etag), link).expect("a link can be made");
    }
}

#[test]
fn a_download_has_the_layout_of_python() {
    let lab = Lab::new();
    lab.succeeds();
    let (model, tokenizer, pooling) = (sha256(&lab.model), git_blob(&lab.tokenizer), git_blob(b"{}"));
    let repo = "models--org--tiny-model";
    let mut expected = vec![
        format!("{repo}/.no_exist/{COMMIT}/vocab.txt"),
        format!("{repo}/refs/main"),
        format!("{repo}/snapshots/{COMMIT}/1_Pooling/config.json"),
        format!("{repo}/snapshots/{COMMIT}/onnx/model.onnx"),
        format!("{repo}/snapshots/{COMMIT}/tokenizer.json"),
    ];
    for etag in [&model, &tokenizer, &pooling] {
        expected.push(format!("{repo}/blobs/{etag}"));
        expected.push(format!(".locks/{repo}/{etag}.lock"));
    }
    expected.sort();
    assert_eq!(tree(lab.cache.path()), expected);
    let folder = lab.repo_folder();
    assert_eq!(fs::read_to_string(folder.join("refs/main")).expect("it is there"), COMMIT);
    let link = |path: &str| fs::read_link(folder.join("snapshots").join(COMMIT).join(path)).expect("it is a link");
    assert_eq!(link(TOKENIZER), Path::new("../../blobs").join(tokenizer));
    assert_eq!(link(MODEL), Path::new("../../../blobs").join(model));
}

#[test]
fn all_is_asked_of_one_commit_and_each_content_once() {
    let lab = Lab::new();
    lab.succeeds();
    let mut asked = lab.hub.asked();
    assert_eq!(asked[0], format!("HEAD /{ID}/resolve/main/onnx/model.onnx"));
    asked[1..4].sort();
    let at = |method: &str, path: &str| format!("{method} /{ID}/resolve/{COMMIT}/{path}");
    let expected = [
        at("HEAD", "1_Pooling/config.json"),
        at("HEAD", "tokenizer.json"),
        at("HEAD", "vocab.txt"),
        at("GET", "onnx/model.onnx"),
        at("GET", "tokenizer.json"),
        at("GET", "1_Pooling/config.json"),
    ];
    assert_eq!(asked[1..], expected);
    assert_eq!(lab.cdn.asked(), [format!("GET /{}", sha256(&lab.model))]);
}

#[test]
fn what_is_there_is_not_asked_for_again() {
    let lab = Lab::new();
    let hub = lab.client(lab.settings(&[]));
    assert_eq!(hub.cached(&repo(), &FILES), None);
    let snapshot = fetch_files(&hub, &FILES).0.expect("everything is there");
    let asked = lab.hub.asked().len();
    let (again, progress) = fetch_files(&hub, &FILES);
    assert_eq!(again.expect("everything is there"), snapshot);
    assert_eq!(hub.cached(&repo(), &FILES), Some(snapshot));
    assert_eq!(hub.missing_bytes(&repo(), &FILES, &CancellationToken::new()).expect("it is known"), 0);
    assert_eq!((lab.hub.asked().len(), lab.cdn.asked().len(), progress.len()), (asked, 1, 0));
}

#[test]
fn a_commit_is_as_good_as_a_branch() {
    let lab = Lab::new();
    let hub = lab.client(lab.settings(&[]));
    let repo = Repo::at(ID, COMMIT).expect("it is a name");
    let snapshot = hub.fetch(&repo, &FILES, &CancellationToken::new(), &mut |_| ()).expect("everything is there");
    assert_eq!(hub.cached(&repo, &FILES), Some(snapshot));
    assert!(!lab.repo_folder().join("refs").exists());
    assert!(lab.hub.asked().iter().all(|asked| asked.contains(COMMIT)), "{:?}", lab.hub.asked());
}

#[test]
fn what_python_has_downloaded_is_used_without_a_word_to_the_hub() {
    let lab = Lab::new();
    as_python_has_it(&lab);
    let hub = lab.client(lab.settings(&[("HF_HUB_OFFLINE", "1")]));
    let required = &FILES[..2];
    let snapshot = hub.cached(&repo(), required).expect("everything is there");
    assert!(fs::read(snapshot.join(MODEL)).expect("it is there") == lab.model);
    assert_eq!(fetch_files(&hub, required).0.expect("everything is there"), snapshot);
    // Whether the optional ones exist is not known, and nobody may be asked.
    assert_eq!(hub.cached(&repo(), &FILES), None);
    assert_eq!(fetch_files(&hub, &FILES).0.expect("what is required is there"), snapshot);
    assert_eq!(lab.hub.asked().len(), 0);
}

#[test]
fn what_python_has_begun_is_completed_at_its_commit() {
    let lab = Lab::new();
    as_python_has_it(&lab);
    lab.succeeds();
    let hub = lab.client(lab.settings(&[]));
    assert!(hub.cached(&repo(), &FILES).is_some());
    assert_eq!(lab.cdn.asked().len(), 0, "the model is not downloaded again");
    assert!(lab.hub.asked().iter().all(|asked| asked.contains(COMMIT)), "{:?}", lab.hub.asked());
    assert!(lab.hub.asked().contains(&format!("GET /{ID}/resolve/{COMMIT}/1_Pooling/config.json")));
}

#[test]
fn a_blob_without_its_link_is_linked_and_one_of_another_size_is_not() {
    for (there, downloads) in [(true, 0), (false, 1)] {
        let lab = Lab::new();
        let blob = lab.repo_folder().join("blobs").join(sha256(&lab.model));
        put(&blob, if there { &lab.model[..] } else { &lab.model[..9] });
        lab.succeeds();
        assert_eq!(lab.cdn.asked().len(), downloads);
    }
}

#[test]
fn a_content_that_two_files_share_is_downloaded_once() {
    let lab = Lab::with(|_, request, reply| {
        // Both are then the same as the tokenizer.
        let again = request.path.ends_with("1_Pooling/config.json");
        if again { reply.header("ETag", format!("\"{}\"", git_blob(b"{}"))).body("{}") } else { reply }
    });
    let hub = lab.client(lab.settings(&[]));
    let files = [HubFile::required("1_Pooling/config.json"), HubFile::required("1_Pooling/config.json")];
    let (fetched, progress) = fetch_files(&hub, &files);
    fetched.expect("everything is there");
    assert_eq!(progress.last().map(|step| (step.done, step.total)), Some((2, 2)));
    assert_eq!(lab.hub.asked().iter().filter(|asked| asked.starts_with("GET")).count(), 1);
}

#[test]
fn what_is_missing_is_known_before_it_is_downloaded() {
    let lab = Lab::new();
    let hub = lab.client(lab.settings(&[]));
    let missing = || hub.missing_bytes(&repo(), &FILES, &CancellationToken::new()).expect("the hub knows");
    let small = lab.tokenizer.len() + 2;
    assert_eq!(missing(), (300_000 + small) as u64);
    lab.begin(&lab.model[..100_000]);
    assert_eq!(missing(), (200_000 + small) as u64);
    assert_eq!(tree(&lab.repo_folder()).len(), 1, "nothing is written for that");
    assert!(lab.hub.asked().iter().all(|asked| asked.starts_with("HEAD")));
    let progress = lab.succeeds();
    assert_eq!((progress[0].done, progress[0].total), (100_000, (300_000 + small) as u64));
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let lab = Lab::new();
    let mut settings = lab.settings(&[]);
    settings.cache = lab.cache.path().join("file").join("hub");
    put(&lab.cache.path().join("file"), "a file where a folder should be");
    let error = fetch_files(&lab.client(settings), &FILES).0.expect_err("there is no folder");
    assert!(matches!(error, BackendError::ModelCache { .. }), "{error:?}");
    assert!(error.to_string().contains("/file/hub/"), "{error}");
}
