//! The integration tests: the application on a port of its own, with a database of
//! its own, against the simulated Backlog. One binary, so that it links once.

mod authorize;
mod browser;
mod consent;
mod embedded;
mod layers;
mod metadata;
mod migrate;
mod processes;
mod processes_start;
mod readme;
mod register;
mod sdk_clients;
mod sign_in;
mod support;
mod tools;
