//! The result of a work tool.

use serde_json::Value;

use super::{OperationError, OperationFailure};
use crate::{domain::audit_event::ToolOutcome, toolkit::consent::Question};

/// The result of a work tool.
#[derive(Debug)]
pub(crate) struct WorkOutput {
    pub text: String,
    /// Facts for programs that the text does not repeat, such as where to read on.
    pub structured: Option<Value>,
    /// Whether the text is one JSON document, as the contract of `search` and `fetch` asks.
    pub is_json: bool,
    /// A question to the user, instead of a result.
    pub question: Option<Question>,
}

impl WorkOutput {
    pub(crate) fn markdown(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            structured: None,
            is_json: false,
            question: None,
        }
    }

    /// Asks the user, in a call whose [`Consent`](crate::toolkit::consent::Consent) can ask.
    pub(crate) fn question(question: Question) -> Self {
        Self {
            question: Some(question),
            ..Self::markdown("")
        }
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self {
            text: value.to_string(),
            structured: None,
            is_json: true,
            question: None,
        }
    }

    #[must_use]
    pub(crate) fn with_structured(mut self, structured: Value) -> Self {
        self.structured = Some(structured);
        self
    }
}

/// Why a work tool has no result. Every case becomes a text for the model.
#[derive(Debug)]
pub(crate) enum WorkError {
    Arguments(String),
    Operation(OperationError),
}

impl WorkError {
    /// Every change of a call failed; the text says how.
    pub(crate) fn of_all(failure: OperationFailure, text: String) -> Self {
        Self::Operation(OperationError {
            outcome: match failure {
                OperationFailure::Refused => ToolOutcome::Refused,
                OperationFailure::Unconfirmed => ToolOutcome::Unconfirmed,
                OperationFailure::RateLimited => ToolOutcome::RateLimited,
                OperationFailure::Lasting => ToolOutcome::BacklogFailed,
            },
            status: None,
            text,
        })
    }
}

impl From<OperationError> for WorkError {
    fn from(error: OperationError) -> Self {
        Self::Operation(error)
    }
}
