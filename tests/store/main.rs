//! What holds for every place that vectors are kept in: one suite, which each passes.

#[macro_use]
mod contract;
mod chroma;
mod chroma_faults;
mod chroma_lab;
mod chroma_theirs;
mod sqlite;
