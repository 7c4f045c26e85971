//! HTTP, below OAuth and MCP: host names, limits on requests, and the cost of requests without a
//! credential.

mod account;
mod compressed_bodies;
mod host_header;
mod host_names;
mod languages;
mod operators;
mod rate_limits;
mod resource_exhaustion;
mod shared_address;
mod slow_clients;
mod unauthenticated_requests;
mod upload_links;
