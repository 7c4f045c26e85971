//! Limits how many lists of names are requested at the same time, so that a call with many names
//! does not use up Backlog's rate limit for the user.
//!
//! 1. While many requests are left, or few lists are needed, several are requested at a time.
//! 2. If the number of remaining requests is unknown, the first of many lists is requested alone:
//!    its response has the number.
//! 3. While few are left, lists are requested one at a time.
//! 4. If too few are left, the call is rejected, with the time at which the limit resets.

use backlog_client::Left;

use super::lists::Reader;
use crate::toolkit::error::ToolError;

/// The maximum number of concurrent requests to Backlog for one call.
pub(super) const AT_ONCE: usize = 8;
/// The number of lists that a typical call needs.
const FEW: usize = 4;
/// The requests that many lookups must leave to the user, for this call and for others.
const RESERVE: usize = 10;
/// If fewer requests than this are left after the lookups, they are made one at a time.
const SCARCE: usize = 20;

/// Returns how many of the lists that a call needs may be requested at the same time.
///
/// # Errors
/// Backlog does not allow the user this many requests now.
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
