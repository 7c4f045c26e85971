//! Why a file has no text.

use std::{any::Any, fmt, io};

/// Why the text of a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The file is encrypted.
    #[error("the file is encrypted; remove its password and try again")]
    Encrypted,
    /// The file is not what its kind requires.
    #[error("the file is damaged or not a {kind} file: {reason}")]
    Damaged {
        /// The expected format, such as `PDF`.
        kind: &'static str,
        /// The reason.
        reason: String,
    },
    /// The XML of the file has a document type, which no office program writes.
    #[error("the file has XML with a document type, which is not read")]
    DocumentType,
    /// A limit was reached before any text.
    #[error("the file has no text within the limits: {0}")]
    Limit(LimitReached),
    /// A parser failed in a way that its authors did not foresee.
    #[error("the file made its parser fail: {0}")]
    Panicked(String),
}

/// The limit that ended the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitReached {
    /// [`crate::Limits::max_text_bytes`]
    Text,
    /// [`crate::Limits::max_unpacked_bytes`]
    Unpacked,
    /// [`crate::Limits::max_entries`]
    Entries,
    /// [`crate::Limits::deadline`]
    Deadline,
    /// The elements of a document are nested deeper than any office program does.
    Nesting,
}

impl fmt::Display for LimitReached {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Text => "the text is longer than the limit",
            Self::Unpacked => "the file unpacks to more than the limit",
            Self::Entries => "the file has more entries than the limit",
            Self::Deadline => "reading the file takes longer than the limit",
            Self::Nesting => "the file is nested deeper than the limit",
        })
    }
}

impl std::error::Error for LimitReached {}

impl ExtractError {
    pub(crate) fn damaged(kind: &'static str, reason: impl fmt::Display) -> Self {
        Self::Damaged {
            kind,
            reason: reason.to_string(),
        }
    }

    /// Distinguishes a limit, which the reader of [`crate::limits::Metered`] reports as an I/O
    /// error, from damage.
    pub(crate) fn from_io(kind: &'static str, error: &io::Error) -> Self {
        let limit = error.get_ref().and_then(|it| it.downcast_ref());
        limit.map_or_else(|| Self::damaged(kind, error), |it| Self::Limit(*it))
    }

    /// Makes an error of what `catch_unwind` returns.
    pub(crate) fn panicked(payload: &(dyn Any + Send)) -> Self {
        if let Some(limit) = payload.downcast_ref::<LimitReached>() {
            return Self::Limit(*limit);
        }
        let text = payload.downcast_ref::<&str>().copied();
        let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("unknown reason");
        Self::Panicked(text.chars().take(200).collect())
    }
}

impl From<LimitReached> for ExtractError {
    fn from(limit: LimitReached) -> Self {
        Self::Limit(limit)
    }
}
