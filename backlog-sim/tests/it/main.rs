//! The simulator over real HTTP.

mod common;
mod content;
mod controls;
mod issues;
mod oauth;
