//! The real program in a real terminal: a person's keys go in, and what the terminal shows is read from its screen.
#![cfg(unix)]

mod backends;
mod commands;
mod comparing;
mod editing;
#[path = "../cli/environment.rs"]
mod environment;
mod explaining;
mod fetching;
mod filtering;
mod hostile;
#[path = "../cli/hub.rs"]
mod hub;
mod learning;
mod leaving;
mod mapping;
#[path = "../cli/mock.rs"]
mod mock;
#[allow(dead_code, reason = "the tests of rerankers themselves need more kinds")]
#[path = "../rerank/model.rs"]
mod model;
#[allow(dead_code, reason = "ort-rten's tests write more kinds of models")]
#[path = "../../crates/ort-rten/tests/backend/onnx.rs"]
mod onnx;
mod pipeline;
mod pitfalls;
mod searching;
mod shape;
mod terminal;
