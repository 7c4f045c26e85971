//! Deployment: the files of `deploy`, `docker-compose.yml` and the release, the private PostgreSQL
//! server, and connection poolers.

mod embedded;
pub(crate) mod files;
pub(crate) mod kubernetes;
mod linters;
mod packages;
mod poolers;
mod security;
