//! Fuzz targets: every parser of what somebody else wrote.
//!
//! 1. A target starts from its corpus, `corpus/<target>/`: a file is one input. Each is tried as it
//!    is.
//! 2. Then inputs are made from them by edits (`inputs`), for a second, or as many milliseconds as
//!    `FUZZ_MILLISECONDS` says.
//! 3. A target fails if a parser panics, or breaks a promise that the target names: what was
//!    accepted is accepted again, a response is JSON, an error has no secret.
//! 4. The input that failed is kept in the corpus, and so it is a test from then on.
//!
//! It is not bolero, whose exact pins would hold back libraries that the hub itself uses, and not
//! cargo-fuzz, which needs a nightly toolchain.

mod backlog;
mod inputs;
mod mcp;
mod oauth;
mod settings;
