//! The filters that finding and changing issues share.
//!
//! 1. Each input is read: names become ids in the projects of the call, and days become spans in
//!    the time zone of the space ([`read`]).
//! 2. They are an [`IssueQuery`]: arguments of `get_issues`, and checks for which Backlog has no
//!    filter.
//! 3. The issues are found ([`find`]). Without checks, Backlog counts, sorts and pages ([`pages`]). With checks, all that may fit is
//!    read, up to [`MAX_ISSUES`], and checked, sorted and paged here ([`collected`]).

mod closed;
mod collected;
mod fields;
mod filter;
mod find;
mod found;
mod names;
mod order;
mod pages;
mod query;
mod read;
mod statuses;

use backlog_words::status::StatusFilter;

use crate::toolkit::work::{Operations, WorkError};
pub(crate) use closed::by_activities as closings;
pub(crate) use filter::IssueFilter;
pub(crate) use found::{Found, MAX_ISSUES, Page};
pub(crate) use order::Sort;
pub(crate) use query::{IssueQuery, is_closed};

impl IssueFilter {
    /// Finds a page of the issues that fit.
    ///
    /// # Errors
    /// An input is invalid, too many issues would have to be read, or Backlog does not return them.
    pub(crate) async fn find(
        &self,
        operations: &dyn Operations,
        page: &Page,
    ) -> Result<Found, WorkError> {
        self.read(operations).await?.find(operations, page).await
    }

    /// Whether closed issues are among those that fit, where the filter does not name statuses.
    pub(crate) fn note_about_closed(&self) -> Option<&'static str> {
        let is_all = |text: &str| matches!(StatusFilter::read(text), Ok(StatusFilter::All));
        match (self.status.as_deref(), &self.closed) {
            (None, None) => Some("Closed issues are left out; status all includes them."),
            (None, Some(_)) => Some("Closed issues are included."),
            (Some(text), _) => is_all(text).then_some("Closed issues are included."),
        }
    }

    /// Reads the inputs.
    ///
    /// # Errors
    /// An input is invalid, or Backlog does not return what it names.
    pub(crate) async fn read(&self, operations: &dyn Operations) -> Result<IssueQuery, WorkError> {
        read::query(self, operations).await
    }
}
