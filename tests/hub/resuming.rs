//! Downloads that were interrupted are gone on with, by whatever means the server leaves.

use std::fs;

use crate::lab::{At, Lab, sha256};
use crate::server::Reply;

#[test]
fn a_connection_that_breaks_is_gone_on_with_where_it_broke() {
    let lab = Lab::with(|at, request, reply| match (at, request.before) {
        (At::Cdn, 0) => reply.cut_after(100_000),
        (At::Cdn, 1) => reply.cut_after(50_000),
        _ => reply,
    });
    let progress = lab.succeeds();
    let ranges = lab.ranges();
    assert_eq!(ranges.len(), 3);
    // What was on its way when the connection broke may be lost.
    let (first, second) = (ranges[1].expect("a range"), ranges[2].expect("a range"));
    assert!(ranges[0].is_none() && 0 < first && first <= 100_000, "{ranges:?}");
    assert!(first < second && second <= first + 50_000, "{ranges:?}");
    assert_eq!(progress[0].done, 0);
    assert!(!lab.incomplete().exists());
}

#[test]
fn what_an_earlier_download_has_left_is_not_downloaded_again() {
    let lab = Lab::new();
    lab.begin(&lab.model[..123_456]);
    let progress = lab.succeeds();
    assert_eq!(lab.ranges(), [Some(123_456)]);
    assert_eq!(progress[0].done, 123_456);
}

#[test]
fn a_download_that_only_lacks_its_name_needs_nothing_of_the_cdn() {
    let lab = Lab::new();
    lab.begin(&lab.model);
    lab.succeeds();
    assert_eq!(lab.cdn.asked().len(), 0);
    assert!(!lab.incomplete().exists());
}

#[test]
fn a_server_that_sends_no_parts_starts_over() {
    let lab = Lab::with(|at, request, reply| {
        let whole = at == At::Cdn && request.from().is_some();
        if whole { Reply::new(200).body(crate::lab::content(300_000)) } else { reply }
    });
    lab.begin(&lab.model[..100_000]);
    let progress = lab.succeeds();
    assert_eq!(lab.ranges(), [Some(100_000)]);
    // Progress waits until the new beginning is as long as the old one was.
    assert_eq!(progress[0].done, 100_000);
}

#[test]
fn a_part_that_the_server_does_not_have_is_asked_for_from_the_start_once() {
    let lab = Lab::with(|at, request, reply| match at {
        At::Cdn if request.from().is_some() => Reply::new(416),
        _ => reply,
    });
    lab.begin(&lab.model[..100_000]);
    lab.succeeds();
    assert_eq!(lab.ranges(), [Some(100_000), None]);

    let lab = Lab::with(|at, _, reply| if at == At::Cdn { Reply::new(416) } else { reply });
    lab.begin(&lab.model[..100_000]);
    let error = lab.fails().to_string();
    assert!(error.contains("it has no such part of onnx/model.onnx"), "{error}");
    assert_eq!(lab.ranges(), [Some(100_000), None]);
}

#[test]
fn another_part_than_was_asked_for_is_not_put_in_its_place() {
    let lab = Lab::with(|at, request, reply| {
        let from = request.from().unwrap_or_default();
        if at == At::Cdn { reply.header("Content-Range", format!("bytes {}-299999/300000", from + 1)) } else { reply }
    });
    lab.begin(&lab.model[..100_000]);
    let error = lab.fails().to_string();
    assert!(error.contains("it sends another part than was asked for of onnx/model.onnx"), "{error}");
    assert!(fs::read(lab.incomplete()).expect("it is there") == lab.model[..100_000]);
}

#[test]
fn a_beginning_that_is_damaged_is_downloaded_anew() {
    for (damage, ranges) in [(100_000, vec![Some(100_000), None]), (300_000, vec![None]), (300_001, vec![None])] {
        let lab = Lab::new();
        lab.begin(&vec![0; damage]);
        lab.succeeds();
        assert_eq!(lab.ranges(), ranges, "{damage} zeros");
    }
}

#[test]
fn a_line_that_breaks_often_is_borne_as_long_as_much_comes_through() {
    const MEGABYTE: usize = 1 << 20;
    let lab = Lab::of_size(
        9 * MEGABYTE,
        |at, _, reply| {
            if at == At::Cdn { reply.cut_after(MEGABYTE + MEGABYTE / 4) } else { reply }
        },
    );
    lab.succeeds();
    assert!(lab.cdn.asked().len() > 5, "{:?}", lab.ranges());
}

#[test]
fn a_line_that_brings_next_to_nothing_is_given_up_and_what_came_is_kept() {
    let lab = Lab::with(|at, _, reply| if at == At::Cdn { reply.cut_after(1000) } else { reply });
    let error = lab.fails().to_string();
    assert!(error.ends_with("everything else works without"), "{error}");
    assert!(error.contains("(tried 5 times)"), "{error}");
    let kept = fs::read(lab.incomplete()).expect("it is there");
    assert!(lab.model.starts_with(&kept) && !kept.is_empty());
    assert!(!lab.repo_folder().join("blobs").join(sha256(&lab.model)).exists());
    assert!(!lab.repo_folder().join("refs").exists());
}
