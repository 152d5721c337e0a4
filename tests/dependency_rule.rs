//! The dependency rule of `docs/ARCHITECTURE.md`: arrows only point down, and what is pure stays so.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

/// A top-level module, the others that it may know, and what it may never use.
struct Layer {
    name: &'static str,
    knows: &'static [&'static str],
    never: &'static [&'static [&'static str]],
}

/// The rule, from the bottom up. Tests inside of `src` are free to use anything.
const RULE: &[Layer] = &[
    Layer { name: "math", knows: &[], never: &[EFFECTS, SCREEN, NETWORK, MODELS] },
    Layer { name: "text", knows: &[], never: &[EFFECTS, SCREEN, NETWORK, MODELS] },
    Layer { name: "corpus", knows: &["math", "text"], never: &[SCREEN, NETWORK, MODELS] },
    Layer { name: "backend", knows: &["math", "text"], never: &[SCREEN] },
    Layer { name: "store", knows: &["math", "text", "corpus", "backend"], never: &[SCREEN, MODELS] },
    Layer { name: "engine", knows: &["math", "corpus", "backend", "store"], never: &[SCREEN, NETWORK, MODELS, FILES] },
    Layer { name: "lesson", knows: &["math", "text", "corpus", "engine"], never: &[EFFECTS, SCREEN, NETWORK, MODELS] },
    Layer { name: "progress", knows: &["lesson"], never: &[SCREEN, NETWORK, MODELS] },
    Layer { name: "phrase", knows: &["math", "text", "backend", "engine"], never: &[EFFECTS, SCREEN, NETWORK, MODELS] },
    Layer {
        name: "state",
        knows: &["math", "text", "corpus", "backend", "engine", "lesson"],
        never: &[EFFECTS, SCREEN, NETWORK, MODELS],
    },
    Layer {
        name: "view",
        knows: &["math", "text", "corpus", "backend", "engine", "lesson", "phrase", "state"],
        never: &[EFFECTS, TERMINAL, NETWORK, MODELS],
    },
    // For what the stages of a pipeline are told, and the defaults of that.
    Layer { name: "cli", knows: &["math", "engine"], never: &[EFFECTS, SCREEN, NETWORK, MODELS] },
    // It reads one file, and hands the runtime on to what backends are opened with.
    Layer {
        name: "config",
        knows: &["cli", "state", "backend", "corpus", "engine", "store"],
        never: &[SCREEN, &["reqwest", "rustls"], MODELS],
    },
    Layer {
        name: "app",
        knows: &["text", "corpus", "backend", "store", "engine", "lesson", "progress", "state", "view", "config"],
        never: &[MODELS, &["reqwest", "clap"]],
    },
    Layer {
        name: "command",
        knows: &[
            "math", "text", "corpus", "backend", "store", "engine", "lesson", "progress", "phrase", "state", "view",
            "config", "cli",
        ],
        // `doctor` asks ort_rten what the processor can do.
        never: &[&["fastembed", "ort", "tokenizers", "reqwest"]],
    },
];

/// What makes a function depend on more than its arguments.
const EFFECTS: &[&str] = &[
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "std::time::Instant",
    "std::time::SystemTime",
    "tracing",
];
const FILES: &[&str] = &["std::fs", "std::net", "std::process"];
const TERMINAL: &[&str] = &["crossterm"];
const SCREEN: &[&str] = &["crossterm", "ratatui"];
const NETWORK: &[&str] = &["reqwest", "rustls", "tokio", "tokio_util"];
const MODELS: &[&str] = &["fastembed", "ort", "ort_rten", "tokenizers"];

/// Something in the source that the rule forbids.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    line: usize,
    what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.line, self.what)
    }
}

/// One path of the source, `use` groups taken apart: `use a::{b, c::d};` has two.
struct NamedPath {
    line: usize,
    segments: Vec<String>,
    imported: bool,
}

/// Everything in a module's source, given with its place in the crate, that the rule forbids.
fn findings(module: &[&str], source: &str) -> Vec<Finding> {
    let tokens: TokenStream = source.parse().expect("the source is Rust");
    let Some(layer) = RULE.iter().find(|layer| layer.name == module[0]) else {
        return vec![Finding { line: 1, what: format!("{} has no line in the table of this test", module[0]) }];
    };
    let mut paths = Vec::new();
    collect(&mut paths, tokens, module.len());
    let name = layer.name;
    let mut findings: Vec<_> = paths
        .iter()
        .filter_map(|path| {
            let shown = path.segments.join("::");
            let forbidden = is_forbidden(layer, path);
            forbidden.then(|| Finding { line: path.line, what: format!("{name} must not know {shown}") })
        })
        .collect();
    findings.extend(unsafe_code(source.parse().expect("the source is Rust")));
    findings
}

fn is_forbidden(layer: &Layer, path: &NamedPath) -> bool {
    let segments: Vec<&str> = path.segments.iter().map(String::as_str).collect();
    match segments[..] {
        // All of this crate at once would hide what is meant.
        ["crate" | "vecscope"] => path.imported,
        ["crate" | "vecscope", module, ..] => module != layer.name && !layer.knows.contains(&module),
        _ => layer.never.iter().copied().flatten().any(|never| {
            let never: Vec<&str> = never.split("::").collect();
            let names_it = segments.starts_with(&never) && (path.imported || segments.len() > 1);
            // An import of what stands above it makes it reachable by another name.
            names_it || (path.imported && never.starts_with(&segments))
        }),
    }
}

/// Gathers the paths of a token stream at some depth of modules; those of tests are left out.
fn collect(paths: &mut Vec<NamedPath>, tokens: TokenStream, depth: usize) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let (mut at, mut imported, mut inline_module) = (0, false, false);
    while at < tokens.len() {
        if is_test_attribute(&tokens[at..]) {
            at += 2;
            while at < tokens.len() && !ends_item(&tokens[at]) {
                at += 1;
            }
            at += 1;
            continue;
        }
        match &tokens[at] {
            TokenTree::Ident(ident) if ident == "use" => imported = true,
            TokenTree::Ident(ident) if ident == "mod" => inline_module = true,
            TokenTree::Ident(ident) => {
                at = path(paths, &tokens, at, Prefix { line: line(ident), segments: Vec::new(), imported, depth });
                continue;
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => (imported, inline_module) = (false, false),
            TokenTree::Group(group) => {
                let inside = depth + usize::from(inline_module && group.delimiter() == Delimiter::Brace);
                collect(paths, group.stream(), inside);
                inline_module &= group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
        at += 1;
    }
}

/// What stands before a part of a path.
#[derive(Clone)]
struct Prefix {
    line: usize,
    segments: Vec<String>,
    imported: bool,
    depth: usize,
}

/// Reads one path and gives where it ends.
fn path(paths: &mut Vec<NamedPath>, tokens: &[TokenTree], start: usize, mut prefix: Prefix) -> usize {
    let mut at = start;
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(ident)) => prefix.segments.push(ident.to_string()),
            Some(TokenTree::Punct(punct)) if punct.as_char() == '*' => prefix.segments.push("*".into()),
            Some(TokenTree::Group(group)) if prefix.imported && group.delimiter() == Delimiter::Brace => {
                let inside: Vec<TokenTree> = group.stream().into_iter().collect();
                let elements = inside.split(|token| is_punct(Some(token), ',')).filter(|element| !element.is_empty());
                for element in elements {
                    let line = element[0].span().start().line;
                    path(paths, element, 0, Prefix { line, ..prefix.clone() });
                }
                return at + 1;
            }
            // `::<` and the like: the path ends before it.
            _ => break,
        }
        at += 1;
        if !(is_punct(tokens.get(at), ':') && is_punct(tokens.get(at + 1), ':')) {
            break;
        }
        at += 2;
    }
    let Prefix { line, segments, imported, depth } = prefix;
    if !segments.is_empty() {
        paths.push(NamedPath { line, segments: from_root(segments, depth), imported });
    }
    at.max(start + 1)
}

/// A path that climbs to the root of the crate by `super`, written from there; others as they are.
fn from_root(mut segments: Vec<String>, depth: usize) -> Vec<String> {
    let climbed = segments.iter().take_while(|segment| *segment == "super").count();
    if climbed > 0 && climbed >= depth {
        segments.splice(..climbed, ["crate".to_owned()]);
    }
    segments
}

fn line(ident: &Ident) -> usize {
    ident.span().start().line
}

fn is_punct(token: Option<&TokenTree>, character: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == character)
}

fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let attribute = tokens.get(1).map(ToString::to_string).unwrap_or_default();
    is_punct(tokens.first(), '#') && attribute.split_whitespace().collect::<String>() == "[cfg(test)]"
}

fn ends_item(token: &TokenTree) -> bool {
    is_punct(Some(token), ';') || matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Every `unsafe`, in tests too: `crates/` has all of it.
fn unsafe_code(tokens: TokenStream) -> Vec<Finding> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Ident(ident) if ident == "unsafe" => {
                vec![Finding { line: line(&ident), what: "unsafe code".into() }]
            }
            TokenTree::Group(group) => unsafe_code(group.stream()),
            _ => Vec::new(),
        })
        .collect()
}

/// All source files below a folder, but for those that hold nothing but tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    entries
        .map(|entry| entry.expect("the folder can be read").path())
        .flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|ending| ending == "rs"))
        .filter(|path| path.with_extension("").iter().all(|part| part != "tests"))
        .collect()
}

#[test]
fn arrows_only_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut seen, mut wrong) = (Vec::new(), Vec::new());
    for file in sources(&src) {
        let place = file.strip_prefix(&src).expect("it is below").with_extension("");
        let module: Vec<&str> = place.iter().map(|part| part.to_str().expect("names are UTF-8")).collect();
        // These two stand on top of everything.
        if matches!(module[..], ["main" | "lib"]) {
            continue;
        }
        let source = fs::read_to_string(&file).expect("the file can be read");
        wrong.extend(findings(&module, &source).iter().map(|finding| format!("{}:{finding}", file.display())));
        seen.push(module[0].to_owned());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for layer in RULE {
        assert!(seen.iter().any(|name| name == layer.name), "{} is in the table and not in src", layer.name);
    }
}

#[test]
fn a_layer_only_knows_those_below_it() {
    for (position, layer) in RULE.iter().enumerate() {
        for known in layer.knows {
            assert!(RULE[..position].iter().any(|below| below.name == *known), "{} knows {known}", layer.name);
        }
    }
}

#[track_caller]
fn assert_found(module: &[&str], source: &str, expected: &[(usize, &str)]) {
    let found = findings(module, source);
    let found: Vec<_> = found.iter().map(|finding| (finding.line, finding.what.as_str())).collect();
    assert_eq!(found, expected, "{source}");
}

#[test]
fn whatever_breaks_the_rule_is_found_and_named() {
    let state = &["state", "update", "replies"];
    assert_found(state, "\nuse crate::view::Layout;", &[(2, "state must not know crate::view::Layout")]);
    assert_found(
        state,
        "use crate::{\n    engine::Ranking,\n    app::{run, Screen as Other},\n};",
        &[(3, "state must not know crate::app::run"), (3, "state must not know crate::app::Screen")],
    );
    assert_found(state, "fn f() -> crate::view::Layout { x }", &[(1, "state must not know crate::view::Layout")]);
    assert_found(state, "use super::super::super::command;", &[(1, "state must not know crate::command")]);
    assert_found(state, "mod a { use super::super::super::super::app; }", &[(1, "state must not know crate::app")]);
    assert_found(state, "use crate::*;", &[(1, "state must not know crate::*")]);
    assert_found(state, "use crate as all;", &[(1, "state must not know crate")]);
    assert_found(
        state,
        "async fn f() { tokio::time::sleep(x).await }",
        &[(1, "state must not know tokio::time::sleep")],
    );
    assert_found(state, "use ::ratatui::Frame;", &[(1, "state must not know ratatui::Frame")]);
    assert_found(state, "fn f() { g!(std::fs::read(p)) }", &[(1, "state must not know std::fs::read")]);
    assert_found(state, "use std::time::{Duration, Instant};", &[(1, "state must not know std::time::Instant")]);
    assert_found(state, "use std::{sync::Arc, thread};", &[(1, "state must not know std::thread")]);
    // By another name it would be out of sight.
    assert_found(state, "use std::time;", &[(1, "state must not know std::time")]);
    assert_found(state, "use tokio as t;", &[(1, "state must not know tokio")]);
    assert_found(&["math"], "use vecscope::corpus::Corpus;", &[(1, "math must not know vecscope::corpus::Corpus")]);
    assert_found(&["app", "worker"], "use crate::command;", &[(1, "app must not know crate::command")]);
    assert_found(&["command"], "use crate::app;", &[(1, "command must not know crate::app")]);
    assert_found(&["view"], "use crossterm::event::Event;", &[(1, "view must not know crossterm::event::Event")]);
    assert_found(&["text"], "#[cfg(test)]\nmod tests {\n unsafe { f() } }", &[(3, "unsafe code")]);
    assert_found(&["plugins"], "", &[(1, "plugins has no line in the table of this test")]);
    // What stands behind a test is looked at again.
    let behind = "#[cfg(test)] mod tests { use crate::app; }\n#[cfg(test)] mod more;\nuse crate::view;";
    assert_found(state, behind, &[(3, "state must not know crate::view")]);
}

#[test]
fn what_keeps_the_rule_is_let_be() {
    let source = r#"
        //! See [`crate::app`] and tokio::time.
        use std::sync::Arc;
        use std::time::Duration;
        use crate::engine::{self, Ranking};
        use super::super::{Action, update};
        /// Used by [`crate::view`].
        pub(crate) fn view(app: &str) -> usize { app.len() }
        pub(in crate::state) fn text() -> &'static str { "use crate::app; std::fs::read" }
        // use crate::command;
        fn thread() { let ort = thread(); ort.tokio() }
        #[cfg(test)]
        mod tests {
            use crate::app;
            use std::fs;
        }
        #[cfg(test)]
        impl Ticket { fn f() { std::thread::sleep(x) } }
    "#;
    assert_found(&["state", "update", "replies"], source, &[]);
    assert_found(&["view"], "use ratatui::Frame;\nuse crate::state::State;", &[]);
}
