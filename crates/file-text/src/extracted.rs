//! The result of reading a file.

/// The text of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extracted {
    /// The text as Markdown; empty if the file has none.
    pub text: String,
    /// The number of [parts](crate::Kind::parts), such as pages.
    pub parts: Option<usize>,
    /// Whether it is the text of the whole file.
    pub is_complete: bool,
    /// Remarks for the reader of the text, such as why it is incomplete. Each is a sentence.
    pub notes: Vec<String>,
}
