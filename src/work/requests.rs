//! The requests of a user's rate limit that one call may take.

use crate::toolkit::work::{Operations, WorkError};

/// The share of the requests left that one call may take, in percent.
const SHARE: usize = 80;

/// The number of requests that this call may make; `None` if it is not known.
pub(crate) async fn allowed(operations: &dyn Operations) -> Result<Option<usize>, WorkError> {
    let left = operations.left("get_issues").await?;
    let left = left.filter(|left| left.until > operations.now());
    Ok(left.map(|left| left.requests * SHARE / 100))
}

/// Checks that this call may make a number of requests.
///
/// # Errors
/// It would leave too few for others.
pub(crate) async fn check(operations: &dyn Operations, number: usize) -> Result<(), WorkError> {
    match allowed(operations).await? {
        Some(allowed) if allowed < number => Err(WorkError::Arguments(format!(
            "this needs {number} requests, and Backlog allows this user only {allowed} more now; \
             name a project, a shorter period or fewer issues, or try again in a minute"
        ))),
        _ => Ok(()),
    }
}
