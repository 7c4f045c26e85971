//! Spaces: changes by operators, the selection by a user, the sites that get a space's secrets, and
//! the clients and networks that may use a space.

mod allowed_sites;
mod changes;
mod client_policy;
mod client_secrets;
mod issuer_per_space;
mod networks;
mod selection;
