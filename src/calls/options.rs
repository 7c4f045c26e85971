//! The operator's options for tools, for every caller: how they are offered, and how much they
//! return.

use super::{descriptions::Descriptions, prefix::ToolPrefix};

/// Options of the whole server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolOptions {
    /// The prefix of every tool name.
    pub prefix: ToolPrefix,
    /// Whether callers can choose the fields of a result (the input `fields`).
    pub field_selection: bool,
    /// The maximum tokens of a result, by an estimate that exceeds the counts of common tokenizers.
    /// Longer results are truncated, with a note on how to continue.
    pub max_tokens: usize,
    /// Texts that replace the built-in ones.
    pub descriptions: Descriptions,
    /// Whether a response repeats the result as JSON for programs.
    pub structured_content: bool,
    /// Whether inputs that accept several types declare them, which not every provider supports.
    pub schema_unions: bool,
}

impl Default for ToolOptions {
    fn default() -> Self {
        Self {
            prefix: ToolPrefix::default(),
            field_selection: false,
            max_tokens: 20_000,
            descriptions: Descriptions::default(),
            structured_content: false,
            schema_unions: false,
        }
    }
}
