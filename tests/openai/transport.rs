//! Transport: which headers go where, and over how many connections.

use std::io::Read;
use std::net::TcpListener;
use std::process::Command;
use std::{env, thread};

use wiremock::matchers::{method, path};
use wiremock::{Mock, MockServer};

use vecscope::backend::openai::OpenAi;

use crate::lab::{Lab, MODEL, embed, embeddings, ok, runtime, settings};
use crate::raw::{RawServer, Then};

#[test]
fn a_server_on_this_machine_needs_no_key() {
    let mut lab = Lab::new(ok(&embeddings(&[&[1.0]])));
    lab.embed(&["a"]).0.expect("the answer is good");
    let requests = lab.requests();
    assert!(!requests[0].headers.contains_key("authorization"));
    assert_eq!(requests[0].headers["user-agent"], concat!("vecscope/", env!("CARGO_PKG_VERSION")));
    assert_eq!(requests[0].headers["content-type"], "application/json");
}

#[test]
fn a_key_goes_to_a_server_on_this_machine_as_a_bearer_token() {
    let mut lab = Lab::with(ok(&embeddings(&[&[1.0]])), Some(" sk-local\n"), MODEL);
    lab.embed(&["a"]).0.expect("the answer is good");
    assert_eq!(lab.requests()[0].headers["authorization"], "Bearer sk-local");
}

#[test]
fn any_base_url_leads_to_its_embeddings() {
    let runtime = runtime();
    let server = runtime.block_on(MockServer::start());
    for (base, expected) in
        [("", "/embeddings"), ("/", "/embeddings"), ("/v1/", "/v1/embeddings"), ("/a/b%20c", "/a/b%20c/embeddings")]
    {
        let answer = Mock::given(method("POST")).and(path(expected)).respond_with(ok(&embeddings(&[&[1.0]])));
        let answer = answer.expect(1);
        runtime.block_on(async {
            server.reset().await;
            answer.mount(&server).await;
        });
        let settings = settings(&format!("{}{base}", server.uri()), None, MODEL);
        let mut backend = OpenAi::new(settings, runtime.handle().clone()).expect("the settings are valid");
        embed(&mut backend, &["a"]).0.expect(base);
        runtime.block_on(server.verify());
    }
}

#[test]
fn localhost_is_this_machine() {
    let lab = Lab::new(ok(&embeddings(&[&[1.0]])));
    let port = lab.server.address().port();
    let settings = settings(&format!("http://localhost:{port}/v1"), None, MODEL);
    let mut backend = OpenAi::new(settings, lab.runtime.handle().clone()).expect("the settings are valid");
    embed(&mut backend, &["a"]).0.expect("the answer is good");
    assert_eq!(lab.requests()[0].headers["host"], format!("localhost:{port}"));
}

#[test]
fn a_connection_serves_more_than_one_request() {
    let runtime = runtime();
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{\"data\":[{\"index\":0,\"embedding\":[1.0]}]}";
    let server = RawServer::start(&runtime, Then::Repeat(answer));
    let settings = settings(&server.base_url, None, MODEL);
    let mut backend = OpenAi::new(settings, runtime.handle().clone()).expect("the settings are valid");
    for _ in 0..20 {
        embed(&mut backend, &["a"]).0.expect("the answer is good");
    }
    // A request may come before the last connection is back in the pool, but not every time.
    assert!(server.connections() < 20, "{} connections", server.connections());
}

#[test]
fn a_proxy_sees_nothing_of_what_stays_on_this_machine() {
    let runtime = runtime();
    let proxy = RawServer::start(&runtime, Then::Close(""));
    // Settings of the environment can only be changed for another process.
    let mut test = Command::new(env::current_exe().expect("this test has a path"));
    test.args(["--exact", "transport::localhost_is_this_machine"]).env_remove("no_proxy").env_remove("NO_PROXY");
    for variable in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        test.env(variable, &proxy.base_url);
    }
    let output = test.output().expect("this test can be run");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(proxy.connections(), 0);
}

#[test]
fn https_is_never_spoken_in_the_clear() {
    let runtime = runtime();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let base_url = format!("https://{}/v1", listener.local_addr().expect("it is bound"));
    let mut backend = OpenAi::new(settings(&base_url, Some("sk-clear"), MODEL), runtime.handle().clone())
        .expect("the settings are valid");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("the backend connects");
        let mut hello = [0; 64];
        stream.read_exact(&mut hello).expect("the backend speaks first");
        hello
    });
    let error = embed(&mut backend, &["a"]).0.expect_err("the server speaks no TLS");
    assert!(error.to_string().contains("it cannot be reached: "), "{error}");
    let hello = server.join().expect("the server does not panic");
    // A handshake record of TLS.
    assert_eq!(hello[..2], [0x16, 0x03]);
}
