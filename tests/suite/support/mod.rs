//! What the tests stand on.

pub mod database;
pub mod hub;
pub mod person;
pub mod process;
pub mod reply;
pub mod site;
