//! The schema `admin`: its functions, the commands that call them, and the rights of each role.

mod cli;
mod effects;
mod functions;
mod roles;
mod rules;
mod service_login;
