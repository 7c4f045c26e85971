//! The operator's options for tools, for every caller: how they are offered, and how much they
//! return.

use super::{descriptions::Descriptions, prefix::ToolPrefix, response_format::ResponseFormat};

/// Options of the whole server.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, on or off"
)]
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
    /// The form of results, for connections and calls that do not choose another.
    pub response_format: ResponseFormat,
    /// Whether a response repeats the result as JSON for programs.
    pub structured_content: bool,
    /// Whether inputs that accept several types declare them, which not every provider supports.
    pub schema_unions: bool,
    /// Whether a deletion that is called by its own name must be confirmed.
    pub confirm_deletes: bool,
}

impl Default for ToolOptions {
    fn default() -> Self {
        Self {
            prefix: ToolPrefix::default(),
            field_selection: false,
            max_tokens: 20_000,
            descriptions: Descriptions::default(),
            response_format: ResponseFormat::default(),
            structured_content: false,
            schema_unions: false,
            confirm_deletes: false,
        }
    }
}
