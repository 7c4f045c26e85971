//! The error texts for a call that has no access to Backlog.

use super::wait::seconds;
use crate::accounts::access::AccessError;

pub(super) fn access(error: AccessError) -> String {
    match error {
        AccessError::SignInAgain => "Backlog no longer accepts this connection's sign-in. \
             Reconnect and sign in to Backlog again; repeating the call will not help."
            .to_owned(),
        AccessError::KeyRefused => "Backlog does not accept the API key. Check BACKLOG_API_KEY \
             and BACKLOG_DOMAIN, or those of the organization; repeating the call will not help."
            .to_owned(),
        AccessError::InDoubt { retry_after } => format!(
            "Backlog did not confirm this connection's sign-in, which may be a temporary fault: \
             it is in doubt, and the hub will check again. Try again in {}. If this persists for \
             more than an hour, reconnect and sign in to Backlog again.",
            seconds(retry_after)
        ),
        AccessError::Unavailable { retry_after } => {
            let wait = retry_after.map_or_else(|| "a moment".to_owned(), seconds);
            format!(
                "Access to Backlog could not be renewed right now. The sign-in is still valid: \
                 try again in {wait}."
            )
        }
    }
}
