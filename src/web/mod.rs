//! The HTTP surface: what clients and people reach.

pub mod pages;
