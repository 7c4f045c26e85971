//! The newest comments on an issue or a pull request.

use serde_json::Value;

use crate::toolkit::work::{OperationError, Operations};

/// The maximum number of comments of one request.
const PAGE: usize = 100;
/// The maximum number of comments that a call reads.
const MAX_COMMENTS: usize = 1_000;

/// Which comments to read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Newest {
    pub number: usize,
    /// Only comments with a lower id.
    pub before: Option<i64>,
}

/// Comments as Backlog returns them, the newest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    pub comments: Vec<Value>,
    /// Whether there are older ones.
    pub has_older: bool,
}

impl Found {
    pub(super) fn newest_id(&self) -> Option<i64> {
        self.comments.first()?["id"].as_i64()
    }

    pub(super) fn oldest_id(&self) -> Option<i64> {
        self.comments.last()?["id"].as_i64()
    }
}

/// Reads the newest comments with a classic tool that lists them; its other arguments name the
/// thing. One comment more than asked for is read, to know whether there are older ones.
///
/// # Errors
/// The comments are not allowed, or Backlog does not return them.
pub(crate) async fn newest(
    operations: &dyn Operations,
    tool: &'static str,
    thing: &Value,
    asked: Newest,
) -> Result<Found, OperationError> {
    let number = asked.number.min(MAX_COMMENTS);
    let mut found = Found::default();
    let mut before = asked.before;
    while number > 0 && found.comments.len() <= number {
        let count = (number + 1 - found.comments.len()).min(PAGE);
        let mut arguments = thing.clone();
        arguments["count"] = count.into();
        arguments["order"] = "desc".into();
        if let Some(before) = before {
            arguments["maxId"] = before.into();
        }
        let page = operations.run(tool, arguments).await?.value;
        let Value::Array(page) = page else { break };
        let is_last = page.len() < count;
        found.comments.extend(page);
        before = found.oldest_id();
        if is_last || before.is_none() {
            break;
        }
    }
    found.has_older = found.comments.len() > number;
    found.comments.truncate(number);
    Ok(found)
}
