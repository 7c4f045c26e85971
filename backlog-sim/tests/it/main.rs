//! The simulator over real HTTP.

mod common;
mod controls;
mod issues;
mod oauth;
