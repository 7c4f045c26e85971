//! Spaces: changes by operators, the selection by a user, and the sites that get a space's secrets.

mod allowed_sites;
mod changes;
mod client_secrets;
mod issuer_per_space;
mod selection;
