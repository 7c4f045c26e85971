//! How many lists of names may be asked for at the same time, so that a call with many names does
//! not take what Backlog allows the user for a minute.
//!
//! 1. While many requests are left, or few lists are needed, some at a time.
//! 2. Where it is not known how many are left, the first of many lists is asked for alone: its
//!    response says it.
//! 3. While few are left, one at a time.
//! 4. If too few are left, none: the call is refused, with the time when there are more.

use super::lists::Reader;
use crate::{backlog::Left, mcp::failure::ToolError};

/// Requests to Backlog for one call at the same time.
pub(super) const AT_ONCE: usize = 8;
/// Lists that a usual call needs.
const FEW: usize = 4;
/// What many lookups leave to the user: for this call, and for others.
const RESERVE: usize = 10;
/// While no more than this is left after the lookups, they are made one at a time.
const SCARCE: usize = 20;

/// How many of the lists that a call needs may be asked for at the same time.
///
/// # Errors
/// Backlog does not allow the user so many requests now.
pub(super) async fn at_once(needed: usize, reader: &Reader<'_>) -> Result<usize, ToolError> {
    if needed == 0 {
        return Ok(AT_ONCE);
    }
    let left = reader.left().await?;
    decide(needed, left).map_err(|left| ToolError::TooFewLeft { needed, left })
}

fn decide(needed: usize, left: Option<Left>) -> Result<usize, Left> {
    let Some(left) = left else {
        return Ok(AT_ONCE);
    };
    let reserve = if needed > FEW { RESERVE } else { 1 };
    match left.requests.checked_sub(needed) {
        Some(rest) if rest >= SCARCE => Ok(AT_ONCE),
        Some(rest) if rest >= reserve => Ok(1),
        _ => Err(left),
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn the_last_requests_are_the_users() {
        let left = |requests| Left {
            requests,
            until: DateTime::from_timestamp(1_060, 0).unwrap(),
        };
        for (needed, requests, expected) in [
            (3, None, Ok(AT_ONCE)),
            (40, None, Ok(AT_ONCE)),
            (40, Some(150), Ok(AT_ONCE)),
            (40, Some(60), Ok(AT_ONCE)),
            (40, Some(59), Ok(1)),
            (40, Some(50), Ok(1)),
            (40, Some(49), Err(left(49))),
            (40, Some(5), Err(left(5))),
            (3, Some(23), Ok(AT_ONCE)),
            (3, Some(4), Ok(1)),
            (3, Some(3), Err(left(3))),
            (1, Some(1), Err(left(1))),
        ] {
            assert_eq!(
                decide(needed, requests.map(left)),
                expected,
                "{needed} of {requests:?}"
            );
        }
    }
}
