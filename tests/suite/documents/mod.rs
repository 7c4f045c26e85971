//! The documents are correct: their commands run, and their tables and numbers are those of the
//! program.

mod admin;
mod answer;
mod architecture;
mod commands;
mod connect;
mod indexes;
mod memory;
mod operations;
mod page;
mod questions;
mod readme;
mod scaling;
mod settings;
mod translations;
