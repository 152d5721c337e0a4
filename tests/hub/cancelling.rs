//! Cancelling ends a download at once, whatever it waits for, and loses nothing of it.

use std::fs::{self, File};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use vecscope::backend::BackendError;
use vecscope::backend::hub::Download;

use crate::lab::{At, FILES, Lab, PATIENCE, assert_progress, fetch_files, put, repo, sha256};
use crate::server::Reply;

/// Far less than any wait that the tests cancel, far more than cancelling takes.
const AT_ONCE: Duration = Duration::from_secs(5);

/// Fetches until it is cancelled from another thread once `ready` is done.
#[track_caller]
fn cancelled_when<F: Future<Output = ()> + Send>(lab: &Lab, ready: impl FnOnce() -> F + Send) {
    let hub = lab.client(lab.settings(&[]));
    let cancel = CancellationToken::new();
    let (fetched, waited) = thread::scope(|scope| {
        let canceller = scope.spawn(|| {
            lab.runtime.block_on(ready());
            let start = Instant::now();
            cancel.cancel();
            start
        });
        let fetched = hub.fetch(&repo(), &FILES, &cancel, &mut |_| ());
        (fetched, canceller.join().expect("it does not panic").elapsed())
    });
    assert!(matches!(fetched, Err(BackendError::Cancelled)), "{fetched:?}");
    assert!(waited < AT_ONCE, "{waited:?}");
}

/// Waits until a file is so long.
async fn has_length(path: PathBuf, length: u64) {
    let there = async {
        while fs::metadata(&path).map_or(0, |metadata| metadata.len()) < length {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, there).await.expect("it is downloaded");
}

#[test]
fn a_hub_that_says_nothing_is_left_at_once() {
    let lab = Lab::with(|_, _, _| Reply::never());
    cancelled_when(&lab, || lab.hub.arrived(1));
    assert_eq!(lab.hub.asked().len(), 1);
}

#[test]
fn a_content_that_does_not_go_on_is_left_at_once_and_gone_on_with_the_next_time() {
    let gate = CancellationToken::new();
    let lab = Lab::with(
        move |at, request, reply| {
            if at == At::Cdn && request.before == 0 { reply.hold_after(100_000, &gate) } else { reply }
        },
    );
    cancelled_when(&lab, || has_length(lab.incomplete(), 100_000));
    let beginning = fs::read(lab.incomplete()).expect("the beginning is kept");
    assert!(beginning == lab.model[..100_000], "{} bytes", beginning.len());
    let progress = lab.succeeds();
    assert_eq!(lab.ranges(), [None, Some(100_000)]);
    assert_eq!(progress[0].done, 100_000);
}

#[test]
fn a_wait_before_another_try_ends_at_once() {
    let lab = Lab::with(|_, _, _| Reply::new(503).header("Retry-After", "60"));
    cancelled_when(&lab, || lab.hub.arrived(1));
    assert_eq!(lab.hub.asked().len(), 1);
}

#[test]
fn a_wait_for_another_process_ends_at_once() {
    let lab = Lab::new();
    let path = lab.cache.path().join(format!(".locks/models--org--tiny-model/{}.lock", sha256(&lab.model)));
    put(&path, "");
    let lock = File::open(&path).expect("it is there");
    lock.lock().expect("nobody else has it");
    cancelled_when(&lab, || lab.hub.arrived(FILES.len()));
    assert_eq!(lab.cdn.asked().len(), 0);
    drop(lock);
    lab.succeeds();
}

#[test]
fn a_content_that_comes_faster_than_it_is_written_is_left_all_the_same() {
    const MUCH: usize = 20 << 20;
    let gate = CancellationToken::new();
    let opened = gate.clone();
    let lab = Lab::of_size(
        MUCH,
        move |at, request, reply| {
            if at == At::Cdn && request.before == 0 { reply.hold_after(0, &gate) } else { reply }
        },
    );
    let hub = lab.client(lab.settings(&[]));
    let cancel = CancellationToken::new();
    let mut done = 0;
    let fetched = thread::scope(|scope| {
        scope.spawn(|| {
            lab.runtime.block_on(lab.cdn.arrived(1));
            // So late that the first bytes are told about, and not only the last.
            thread::sleep(Duration::from_millis(300));
            opened.cancel();
        });
        hub.fetch(&repo(), &FILES, &cancel, &mut |download: Download| {
            done = download.done;
            if done > 0 {
                cancel.cancel();
            }
        })
    });
    assert!(matches!(fetched, Err(BackendError::Cancelled)), "{fetched:?}");
    assert!(0 < done && done < MUCH as u64, "{done}");
    lab.succeeds();
}

#[test]
fn what_is_cancelled_before_it_begins_sends_nothing() {
    let lab = Lab::new();
    let hub = lab.client(lab.settings(&[]));
    let cancel = CancellationToken::new();
    cancel.cancel();
    let fetched = hub.fetch(&repo(), &FILES, &cancel, &mut |_| ());
    assert!(matches!(fetched, Err(BackendError::Cancelled)), "{fetched:?}");
    let missing = hub.missing_bytes(&repo(), &FILES, &cancel);
    assert!(matches!(missing, Err(BackendError::Cancelled)), "{missing:?}");
    assert_eq!(lab.hub.asked().len(), 0);
    let (fetched, progress) = fetch_files(&hub, &FILES);
    assert!(fetched.is_ok(), "the hub is as good as new");
    assert_progress(&progress);
}

#[test]
fn a_server_that_falls_silent_is_given_up_without_anybody() {
    let lab = Lab::with(
        |at, _, reply| {
            if at == At::Cdn { reply.hold_after(10_000, &CancellationToken::new()) } else { reply }
        },
    );
    let mut settings = lab.settings(&[]);
    settings.timing.read = Duration::from_millis(500);
    let error = fetch_files(&lab.client(settings), &FILES).0.expect_err("nothing more comes").to_string();
    assert!(error.contains("it sent nothing for 500ms (tried 5 times)"), "{error}");
    assert!(fs::metadata(lab.incomplete()).expect("it is kept").len() >= 10_000);
}
