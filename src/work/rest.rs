//! What a call leaves for the next one.

use serde_json::Value;

/// Why a call ends early.
pub(crate) const LATE: &str = "the call ends here, because Backlog's limit of changes a minute \
    makes it long";
/// The share of a result that the arguments may take.
const SHARE: usize = 2;
/// The minimum number of bytes of a token, counted conservatively.
const BYTES_A_TOKEN: usize = 2;

/// The issues that a call leaves.
pub(crate) struct Rest<'a> {
    pub tool: &'static str,
    pub reason: &'a str,
    pub number: usize,
    /// What the arguments leave out.
    pub with: Option<&'static str>,
    /// A description of the arguments, if they are too long.
    pub otherwise: &'a str,
}

impl Rest<'_> {
    pub(crate) fn text(&self, arguments: &Value, max_tokens: usize) -> String {
        let Self {
            tool,
            reason,
            number,
            ..
        } = self;
        let arguments = arguments.to_string();
        let is_short = arguments.len() <= max_tokens * BYTES_A_TOKEN / SHARE;
        let arguments = match (is_short, self.with) {
            (true, None) => format!("these arguments:\n{arguments}"),
            (true, Some(with)) => format!("{with} and these arguments:\n{arguments}"),
            (false, _) => self.otherwise.to_owned(),
        };
        format!("{number} left: {reason}. To continue, call {tool} with {arguments}\n")
    }
}
