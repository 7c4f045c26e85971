//! The simulator over real HTTP.

#![expect(
    clippy::unwrap_used,
    reason = "the functions that tests share panic as tests do"
)]

mod administration;
mod common;
mod content;
mod controls;
mod files;
mod issues;
mod oauth;
mod settings;
