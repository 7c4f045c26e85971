//! Clients that others wrote, unmodified, against the built program: SDKs, assistants, bridges, the
//! MCP Inspector, the conformance suite, the clients of model providers, and browsers.

mod account_page;
mod assistants;
mod browser;
mod conformance;
mod device_page;
mod identity_provider;
mod inspector;
mod mcp_remote;
mod older_sdks;
mod popup;
mod providers;
mod sdks;
mod upload_page;
mod upstream_drop_in;
