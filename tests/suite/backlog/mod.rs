//! The requests of the hub to Backlog: through the proxy of the network, and within Backlog's rate
//! limits.

mod network_proxy;
mod rate_limit;
