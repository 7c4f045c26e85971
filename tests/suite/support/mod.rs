//! What the tests stand on.

pub mod agent;
pub mod bearer_proxy;
pub mod browser;
pub mod cluster;
pub mod collector;
pub mod configuration;
pub mod database;
pub mod document_host;
pub mod events;
pub mod hub;
pub mod issuer;
pub mod landing;
pub mod load;
pub mod mcp;
pub mod nginx;
pub mod person;
pub mod process;
pub mod proxy;
pub mod replicas;
pub mod reply;
pub mod role;
pub mod sdk_client;
pub mod site;
pub mod stdio;
pub mod tokens;
pub mod tool;
