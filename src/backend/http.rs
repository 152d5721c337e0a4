//! What all that talk to a server have in common: where it is, what proves who asks, and when to ask again.

use std::error::Error;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use reqwest::{ClientBuilder, redirect, retry as nack};

pub(crate) mod base_url;
pub(crate) mod key;
pub(crate) mod retry;

use base_url::BaseUrl;

/// How long a server is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// For a connection.
    pub connect: Duration,
    /// For the whole of one try: connecting, sending, and the answer's last byte.
    pub total: Duration,
    /// Before the second try, where the server does not say; twice as long before each further one, and up to
    /// twice that again by chance, so that many clients do not come back at once.
    pub backoff: Duration,
}

/// The beginning of a client for one server. reqwest follows no redirects and its own retries are off: a request goes
/// to one place, as often as it is told.
pub(crate) fn client(base: &BaseUrl, connect: Duration) -> ClientBuilder {
    // Whoever was first has installed a provider that does as well.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("vecscope/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(nack::never())
        .connect_timeout(connect);
    if base.loopback() {
        // Neither a proxy nor a resolver may take elsewhere what is to stay on this machine.
        let addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
        builder = builder.no_proxy().resolve_to_addrs("localhost", &addresses);
    }
    builder
}

/// The innermost cause. The layers above it only repeat that there was an error, or show the URL.
pub(crate) fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
