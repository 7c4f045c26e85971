//! One segment of a path of the REST API.

use std::borrow::Cow;

use thiserror::Error;

/// One path segment that cannot leave its place: never empty (except [`Segment::END`]), `.` or
/// `..`, and without control characters, which a URL parser removes before it looks for dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment(Cow<'static, str>);

/// Why a text is not a path segment.
pub const UNSAFE: &str = "cannot be empty, `.` or `..`, or contain control characters";

/// A text that is not a path segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{UNSAFE}")]
pub struct UnsafeSegment;

impl Segment {
    /// An empty last segment, which ends the path with a slash. A URL parser keeps it.
    pub const END: Self = Self(Cow::Borrowed(""));

    /// A segment from a constant in the code.
    ///
    /// # Panics
    /// If the text is empty or dots only.
    pub const fn fixed(text: &'static str) -> Self {
        assert!(!matches!(text.as_bytes(), b"" | b"." | b".."));
        Self(Cow::Borrowed(text))
    }

    /// Checks a text from outside. Any other character is percent-encoded when the
    /// request is sent.
    pub fn parse(text: String) -> Result<Self, UnsafeSegment> {
        match text.as_str() {
            "" | "." | ".." => Err(UnsafeSegment),
            text if text.contains(char::is_control) => Err(UnsafeSegment),
            _ => Ok(Self(Cow::Owned(text))),
        }
    }

    /// The text, without percent-encoding.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
