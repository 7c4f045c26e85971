//! The space of a call, by which its arguments are read.

use backlog_client::BacklogUrl;
use chrono::DateTime;
use chrono_tz::Tz;

/// The space of a call.
pub(crate) struct CallSpace<'a> {
    pub url: &'a BacklogUrl,
    /// The current time there. The time zone is that of the space only where a day needs it.
    pub now: DateTime<Tz>,
}
