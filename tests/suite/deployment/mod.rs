//! Deployment: the files of `deploy` and `docker-compose.yml`, the private PostgreSQL
//! server, and connection poolers.

mod embedded;
pub(crate) mod files;
mod poolers;
mod security;
