//! The documents are correct: their commands run, and their tables and numbers are those of the
//! program.

mod admin;
mod architecture;
mod memory;
mod operations;
mod questions;
mod readme;
mod scaling;
