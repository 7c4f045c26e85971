//! What the tests stand on.

pub mod database;
pub mod hub;
pub mod mcp;
pub mod person;
pub mod proxy;
pub mod reply;
