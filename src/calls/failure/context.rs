//! The details of a call that its error text may refer to.

use chrono::{DateTime, Utc};

use crate::toolkit::{input_kind::Input, name_kind::Named};

/// The details that an error text may refer to.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The tool, or the item to read.
    pub what: &'a str,
    /// The inputs of the tool.
    pub inputs: &'a [Input],
    /// Those of them that accept names.
    pub named: &'a [Named],
    pub now: DateTime<Utc>,
}
