//! backlog-mcp-hub: a self-hosted MCP server for Nulab Backlog.
//!
//! One service has three roles: an OAuth 2.1 authorization server for MCP clients ([`oauth`],
//! [`web`]), an OAuth client of Backlog ([`backlog`], [`accounts`]), and an MCP server with the
//! Backlog tools ([`mcp`]). All state that must outlive a process is in PostgreSQL ([`db`]).
//!
//! A tool call passes the modules in this order: [`web`] authenticates it with [`accounts`],
//! [`mcp`] reads the message, [`calls`] authorizes it, reads its [`arguments`] and executes it,
//! `tools` has the declaration of the tool, made with the [`toolkit`], and [`backlog`] sends the
//! request. `docs/architecture.md` describes the parts.

pub mod accounts;
pub mod app;
pub mod arguments;
pub mod backlog;
pub mod calls;
pub mod cli;
pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod domain;
pub mod embedded;
pub mod fetch;
pub mod jobs;
pub mod local;
pub mod mcp;
pub mod oauth;
pub mod observe;
pub mod random;
pub mod secret_file;
pub mod shares;
pub mod telemetry;
pub mod toolkit;
pub(crate) mod tools;
pub mod web;

rust_i18n::i18n!("locales", fallback = "en");
