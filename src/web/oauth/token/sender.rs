//! Where a request to `/token` comes from.

use std::net::IpAddr;

use ipnet::IpNet;

/// Where a request comes from.
#[derive(Clone, Copy)]
pub(super) struct Sender {
    /// The address that the operator's networks are compared with, if it is known.
    pub address: Option<IpAddr>,
    /// The network that is kept with the use.
    pub network: Option<IpNet>,
}
