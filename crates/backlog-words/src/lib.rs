#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs, unreachable_pub)]

mod calendar;
pub mod day;
pub mod error;
pub mod issue_type;
pub mod key;
pub mod matching;
pub mod person;
pub mod priority;
pub mod removal;
pub mod resolution;
pub mod span;
pub mod status;
mod text;
pub mod url;
mod word;
