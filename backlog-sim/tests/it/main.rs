//! The simulator over real HTTP.

mod administration;
mod common;
mod content;
mod controls;
mod files;
mod issues;
mod oauth;
mod settings;
