//! Redirects: a hub has its large files elsewhere.

use reqwest::header::LOCATION;
use reqwest::{Response, Url};

use super::super::http::base_url::shown_host;

/// What a redirect without a place to go to is.
const NO_URL: &str = "it redirects to what is not the address of a server";

/// Where an answer redirects to, if it does, or why nobody should go there.
pub(super) fn redirection(response: &Response) -> Option<Result<Url, String>> {
    let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection())?;
    Some(location.to_str().map_or_else(|_| Err(NO_URL.into()), |location| redirected(response.url(), location)))
}

/// Where a redirect from `url` leads. Nothing that was encrypted goes on in the clear.
fn redirected(url: &Url, location: &str) -> Result<Url, String> {
    let next = url.join(location).map_err(|_| NO_URL)?;
    match (url.scheme(), next.scheme()) {
        ("https" | "http", "https") | ("http", "http") => Ok(next),
        (_, "http") => Err(format!("it redirects to {} without encryption", shown_host(&next))),
        _ => Err(NO_URL.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_never_leads_out_of_encryption() {
        for (from, location, to) in [
            ("https://a/b/c", "/d", Some("https://a/d")),
            ("https://a/b/c", "d?e=f", Some("https://a/b/d?e=f")),
            ("https://a/b", "//cdn/x", Some("https://cdn/x")),
            ("http://a/b", "https://cdn/x", Some("https://cdn/x")),
            ("http://a/b", "http://cdn/x", Some("http://cdn/x")),
            ("https://a/b", "http://cdn/x", None),
            ("https://a/b", "http://localhost/x", None),
            ("http://a/b", "file:///etc/passwd", None),
            ("http://a/b", "data:,x", None),
            ("http://a/b", "http://", None),
        ] {
            let next = redirected(&Url::parse(from).expect(from), location).ok();
            assert_eq!(next.as_ref().map(Url::as_str), to, "{from} {location}");
        }
    }
}
