//! backlog-mcp-hub: a hosted MCP server for Nulab Backlog.
//!
//! One service that is three things: an OAuth 2.1 authorization server for MCP
//! clients ([`oauth`], [`web`]), an OAuth client of Backlog ([`backlog`]), and
//! an MCP server with the Backlog tools ([`mcp`]). Everything that must outlive
//! a process is in PostgreSQL ([`db`]). `docs/architecture.md` has the map.

pub mod backlog;
pub mod clock;
pub mod domain;
pub mod embedded;
pub mod mcp;
pub mod oauth;
pub mod random;
