//! The hub's client against hubs on this machine that behave, and against hubs that do not. The layout with its links is
//! that of Unix.
#![cfg(unix)]

mod cancelling;
mod damage;
#[path = "../openai/exposure.rs"]
mod exposure;
mod lab;
mod layout;
mod redirects;
mod refusals;
mod resuming;
mod secrets;
mod server;
mod together;
