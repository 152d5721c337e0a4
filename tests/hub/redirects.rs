//! Redirects: which are followed, and how far.

use crate::lab::{At, ID, Lab, TOKENIZER};
use crate::server::Reply;

#[test]
fn a_redirect_within_the_hub_is_followed_when_it_is_asked_about_a_file() {
    // As the hub does for small files, and for repositories that were renamed.
    let lab = Lab::with(|at, request, reply| {
        let moved = at == At::Hub && request.path.ends_with(TOKENIZER) && !request.path.contains("new");
        if moved {
            Reply::new(307).header("Location", request.path.replace(TOKENIZER, "new/../tokenizer.json?new"))
        } else {
            reply
        }
    });
    let error = lab.fails().to_string();
    assert!(error.contains("has no file tokenizer.json"), "the hub does not know the query: {error}");

    let lab = Lab::with(|at, request, reply| {
        let old = at == At::Hub && request.path.contains("/main/");
        if old { Reply::new(307).header("Location", request.path.replace("main", crate::lab::COMMIT)) } else { reply }
    });
    lab.succeeds();
    assert!(
        lab.hub.asked()[0].contains("/main/") && lab.hub.asked()[1].starts_with(&format!("HEAD /{ID}/resolve/0123"))
    );
}

#[test]
fn redirects_without_end_are_followed_a_few_times() {
    let lab = Lab::with(|_, request, _| Reply::new(302).header("Location", request.path.as_str()));
    let error = lab.fails().to_string();
    assert!(error.ends_with("it redirects more than 5 times"), "{error}");
    assert_eq!(lab.hub.asked().len(), 6);
}

#[test]
fn a_redirect_to_nowhere_is_no_answer() {
    for location in ["http://", "file:///etc/passwd", "ftp://example.com/x"] {
        let lab = Lab::with(move |at, request, reply| {
            let get = at == At::Hub && request.method == "GET";
            if get { Reply::new(302).header("Location", location) } else { reply }
        });
        let error = lab.fails().to_string();
        assert!(error.ends_with("it redirects to what is not the address of a server"), "{error}");
    }
}
