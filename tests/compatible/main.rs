//! vecscope against an embedding server that was not written for it: llama.cpp's own, over loopback and without a key,
//! with two models at once.
//!
//! Both models are made of the weights that the local backend's was made of: all six layers, and the first three. So the
//! first one is also a check of the local backend by another implementation, down to the tokenizer.
//!
//! The tests need the path of a Python that has `tests/compatible/requirements.txt` in `VECSCOPE_TEST_COMPATIBLE`.

mod lab;
mod ranking;
mod refusals;
mod stopping;
mod vectors;
