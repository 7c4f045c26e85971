//! The definition of a tool: its inputs, its schema, its requests to Backlog, its errors.

pub(crate) mod attempt;
pub(crate) mod consent;
pub(crate) mod declaration;
pub(crate) mod elements;
pub(crate) mod entity;
pub(crate) mod error;
pub mod file;
pub mod hidden;
pub(crate) mod input_kind;
pub(crate) mod inputs;
pub(crate) mod name_kind;
pub(crate) mod name_list;
pub(crate) mod outcome;
pub(crate) mod page_part;
pub(crate) mod parse;
pub(crate) mod progress;
pub(crate) mod project_binding;
pub(crate) mod quoted;
pub(crate) mod rest;
pub(crate) mod schema;
pub(crate) mod text_part;
pub(crate) mod tokens;
pub(crate) mod tool;
pub mod toolset;
pub(crate) mod work;
