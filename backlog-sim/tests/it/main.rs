//! The simulator over real HTTP.

mod common;
mod content;
mod controls;
mod files;
mod issues;
mod oauth;
