//! vecscope: an oscilloscope for text embeddings in a terminal.
//!
//! The binary of the same name is a thin shell around this library. `docs/ARCHITECTURE.md` says how its modules
//! stand on each other; the arrows only ever point down.

pub mod app;
pub mod backend;
pub mod cli;
pub mod command;
pub mod config;
pub mod corpus;
pub mod engine;
pub mod lesson;
pub mod math;
pub mod phrase;
pub mod progress;
pub mod state;
pub mod store;
pub mod text;
pub mod view;
