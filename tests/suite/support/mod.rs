//! The parts that the tests share: hubs and processes to test, databases, proxies, users and
//! clients.

pub(crate) mod agent;
pub(crate) mod assistant;
pub(crate) mod bearer_proxy;
pub(crate) mod behind_proxy;
pub(crate) mod browser;
pub(crate) mod certificate;
pub(crate) mod clock;
pub(crate) mod cluster;
pub(crate) mod collector;
pub(crate) mod configuration;
pub(crate) mod connect_proxy;
pub(crate) mod database;
pub(crate) mod document_host;
pub(crate) mod events;
pub(crate) mod gemini;
pub(crate) mod hub;
pub(crate) mod issuer;
pub(crate) mod landing;
pub(crate) mod link;
pub(crate) mod load;
pub(crate) mod mcp;
pub(crate) mod nginx;
pub(crate) mod person;
pub(crate) mod pooler;
pub(crate) mod popup_client;
pub(crate) mod process;
pub(crate) mod proxy;
pub(crate) mod replicas;
pub(crate) mod reply;
pub(crate) mod role;
pub(crate) mod sdk_client;
pub(crate) mod site;
pub(crate) mod stdio;
pub(crate) mod tokens;
pub(crate) mod tool;
