//! The things the service is about: spaces, clients, grants, principals.

