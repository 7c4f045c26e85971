//! The integration tests: the application on a port of its own, with a database of
//! its own, against the simulated Backlog. One binary, so that it links once.

mod authorize;
mod authorize_page;
mod backlog_renewal;
mod browser;
mod callback;
mod cleanup;
mod client_documents;
mod conformance;
mod consent;
mod embedded;
mod inspector;
mod issuers;
mod layers;
mod limits;
mod local;
mod mcp_access;
mod mcp_protocol;
mod mcp_remote;
mod metadata;
mod migrate;
mod private_key_jwt;
mod processes;
mod processes_start;
mod readme;
mod refresh;
mod register;
mod registration_management;
mod remembered_consent;
mod revoke;
mod sdk_clients;
mod secrets_at_rest;
mod sign_in;
mod support;
mod token;
mod tools;
