//! Several downloads of the same at once.

use std::fs::{self, File};
use std::thread;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::lab::{At, FILES, Lab, assert_progress, put, sha256};

#[test]
fn two_fetches_at_once_download_everything_once() {
    let gate = CancellationToken::new();
    let opened = gate.clone();
    let lab = Lab::with(move |at, _, reply| if at == At::Cdn { reply.hold_after(100_000, &gate) } else { reply });
    let progress = thread::scope(|scope| {
        let first = scope.spawn(|| lab.succeeds());
        lab.runtime.block_on(lab.cdn.arrived(1));
        let asked = lab.hub.asked().len();
        let second = scope.spawn(|| lab.succeeds());
        // The second one knows now what it wants, and the first one is in the middle of it.
        lab.runtime.block_on(lab.hub.arrived(asked + FILES.len()));
        thread::sleep(Duration::from_millis(300));
        opened.cancel();
        [first, second].map(|fetch| fetch.join().expect("both succeed"))
    });
    for progress in &progress {
        assert_progress(progress);
    }
    assert_eq!(lab.cdn.asked().len(), 1);
    let gets = lab.hub.asked().into_iter().filter(|asked| asked.starts_with("GET")).count();
    assert_eq!(gets, 3, "{:?}", lab.hub.asked());
}

#[test]
fn what_another_process_downloads_is_waited_for_and_used() {
    let lab = Lab::new();
    let etag = sha256(&lab.model);
    let path = lab.cache.path().join(format!(".locks/models--org--tiny-model/{etag}.lock"));
    put(&path, "");
    let lock = File::open(&path).expect("it is there");
    lock.lock().expect("nobody else has it");
    thread::scope(|scope| {
        let fetch = scope.spawn(|| lab.succeeds());
        lab.runtime.block_on(lab.hub.arrived(FILES.len()));
        thread::sleep(Duration::from_millis(300));
        // As Python does it, which deletes the file of the lock at the end.
        put(&lab.repo_folder().join("blobs").join(&etag), &lab.model);
        fs::remove_file(&path).expect("it is there");
        drop(lock);
        assert_progress(&fetch.join().expect("it succeeds"));
    });
    assert_eq!(lab.cdn.asked().len(), 0);
}
