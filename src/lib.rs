//! backlog-mcp-hub: a self-hosted MCP server for Nulab Backlog.
//!
//! One service has three roles: an OAuth 2.1 authorization server for MCP clients
//! ([`oauth_values`], [`web`]), an OAuth client of Backlog ([`backlog_client`], [`accounts`]), and an
//! MCP server with the Backlog tools ([`mcp`]). All state that must outlive a process is in PostgreSQL ([`db`]).
//!
//! A tool call passes the modules in this order: [`web`] authenticates it with [`accounts`],
//! [`mcp`] reads the message, [`calls`] authorizes it, reads its [`arguments`] and executes it,
//! `tools` has the declaration of the tool, made with the [`toolkit`], and [`backlog_client`] sends
//! the request. `docs/architecture.md` describes the parts.

// The future of a request to the MCP endpoint contains those of the call and of its statements.
#![recursion_limit = "256"]

pub mod accounts;
pub mod app;
pub mod arguments;
pub mod audit;
pub mod calls;
pub mod cli;
pub mod config;
pub mod db;
pub mod domain;
pub mod jobs;
pub mod local;
pub mod mcp;
pub mod secret_file;
pub mod telemetry;
pub mod toolkit;
#[expect(
    clippy::doc_markdown,
    reason = "the comments are the descriptions that models read"
)]
pub(crate) mod tools;
pub mod web;
#[expect(
    clippy::doc_markdown,
    reason = "the comments are the descriptions that models read"
)]
pub(crate) mod work;

rust_i18n::i18n!("locales", fallback = "en");

pub mod metrics;
pub mod trace;
