//! What the tests stand on.

pub mod agent;
pub mod bearer_proxy;
pub mod browser;
pub mod configuration;
pub mod database;
pub mod document_host;
pub mod events;
pub mod hub;
pub mod landing;
pub mod mcp;
pub mod person;
pub mod process;
pub mod proxy;
pub mod reply;
pub mod role;
pub mod sdk_client;
pub mod site;
pub mod stdio;
pub mod tokens;
pub mod tool;
