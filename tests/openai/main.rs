//! The OpenAI backend against servers on this machine that behave, and against servers that do not.

mod answers;
mod cancelling;
mod exposure;
mod lab;
mod limits;
mod raw;
mod refusals;
mod retries;
mod secrets;
mod transport;
