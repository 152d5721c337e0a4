//! The headless commands of the real program: what scripts and pipes see.

mod closed_output;
mod colour;
mod compare;
mod corpora;
mod embed;
mod engines;
mod environment;
mod eval;
mod hostile;
mod hub;
#[cfg(unix)]
mod interrupted;
mod lab;
mod measurements;
mod mock;
mod model_folder;
mod openai;
mod pull;
mod search;
