//! The headless commands of the real program: what scripts and pipes see.

mod cache;
mod closed_output;
mod colour;
mod compare;
mod corpora;
mod embed;
mod engines;
mod environment;
mod eval;
mod explain;
mod filter;
mod hostile;
mod hub;
#[cfg(unix)]
mod interrupted;
#[cfg(unix)]
mod killed;
mod lab;
mod learn;
mod map;
mod measurements;
mod mock;
#[allow(dead_code, reason = "the tests of rerankers themselves need more kinds")]
#[path = "../rerank/model.rs"]
mod model;
mod model_folder;
#[allow(dead_code, reason = "ort-rten's tests write more kinds of models")]
#[path = "../../crates/ort-rten/tests/backend/onnx.rs"]
mod onnx;
mod openai;
mod pipeline;
mod pitfalls;
mod pull;
mod rerankers;
mod search;
