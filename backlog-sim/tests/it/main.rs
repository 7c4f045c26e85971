//! The simulator over real HTTP.

mod administration;
mod common;
mod content;
mod controls;
mod issues;
mod oauth;
mod settings;
