//! The error of a call with a name that was not resolved.

use crate::toolkit::error::ToolError;

/// Why a name was not resolved.
#[derive(Debug)]
pub(crate) enum Unresolved {
    /// Which argument is invalid and why, as a text for the model.
    Names(String),
    /// A list could not be read.
    Tool(ToolError),
}

impl From<ToolError> for Unresolved {
    fn from(error: ToolError) -> Self {
        Self::Tool(error)
    }
}
