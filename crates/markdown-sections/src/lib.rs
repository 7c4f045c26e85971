//! The sections of a text in Markdown or Backlog notation: find them, read them, edit them.
//!
//! 1. [`outline`] lists the headings of a text with the range of each section.
//! 2. [`find()`] picks one heading by its title or its path.
//! 3. [`append`] adds to the end of a section; [`replace_once`] replaces one passage.
//!
//! Each runs in linear time, and an edit keeps every byte outside of it.
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod backlog;
mod edit;
mod find;
mod heading;
mod markdown;
mod nearest;
mod replace;
mod scanned;

pub use crate::{
    edit::append,
    find::{FindError, find},
    heading::{Heading, Notation, Offset, outline},
    nearest::Line,
    replace::{ReplaceError, replace_once},
};
