//! The integration tests: the application on a port of its own, with a database of
//! its own, against the simulated Backlog. One binary, so that it links once.

#![expect(
    clippy::unwrap_used,
    reason = "the functions that tests share panic as tests do"
)]

mod accounts;
mod backlog;
mod clients;
mod deployment;
mod documents;
mod imports;
mod isolation;
mod mcp;
mod oauth;
mod operations;
mod spaces;
mod support;
mod tools;
mod web;
