//! The requests of the hub to Backlog: through the proxy of the network, within Backlog's rate
//! limits, and those of many users at once.

mod concurrent_calls;
mod network_proxy;
mod rate_limit;
