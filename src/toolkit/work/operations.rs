//! What a work tool can do at Backlog.

use std::{collections::BTreeSet, time::Duration};

use async_trait::async_trait;
use backlog_client::{BacklogUrl, Left};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use rmcp::model::ContentBlock;
use serde_json::Value;

use crate::{
    domain::{audit_event::ToolOutcome, upload_link::UploadedFile},
    toolkit::{consent::Consent, name_kind::NameKind, progress::ProgressSink},
};

/// The operations of one call of a work tool. Each one is a classic tool: its policy, scope and
/// project restriction apply, its arguments are read as those of a model (names instead of ids),
/// and its result is whole: neither a page nor cut.
#[async_trait]
pub(crate) trait Operations: Send + Sync {
    /// Whether the caller may use a classic tool.
    fn allows(&self, tool: &str) -> bool;

    /// Runs a classic tool.
    ///
    /// # Errors
    /// It is not allowed, an argument is invalid, or Backlog rejects it.
    async fn run(&self, tool: &'static str, arguments: Value) -> Result<Operated, OperationError>;

    /// The names of a kind, of a project (by key or id) where the kind belongs to one; from the
    /// cache of this user, if it has them.
    ///
    /// As for the names among the arguments of a classic tool, a limit of toolsets does not apply:
    /// the names are how the caller names what an operation is about. The allowed projects and the
    /// rights of the user do.
    ///
    /// # Errors
    /// The project is not allowed, or Backlog does not return the list.
    async fn names(
        &self,
        kind: NameKind,
        project: Option<&str>,
    ) -> Result<Vec<NamedId>, OperationError>;

    /// The signed-in user; from the cache of this user, if it has it.
    ///
    /// # Errors
    /// Backlog does not return the user.
    async fn myself(&self) -> Result<NamedId, OperationError>;

    /// The time zone of the space.
    ///
    /// # Errors
    /// Backlog does not return it.
    async fn time_zone(&self) -> Result<Tz, OperationError>;

    /// How many requests Backlog still allows the user for the class of a classic tool, and of how
    /// many; `None` before the first response.
    async fn left(&self, tool: &'static str) -> Result<Option<Left>, OperationError>;

    /// The file that was uploaded with a link of this connection, by the id of the link.
    ///
    /// # Errors
    /// There is none yet; the text says why.
    async fn uploaded(&self, link: &str) -> Result<UploadedFile, OperationError>;

    fn space(&self) -> &BacklogUrl;

    fn now(&self) -> DateTime<Utc>;

    /// Waits; [`Self::now`] is as much later then.
    async fn wait(&self, duration: Duration);

    fn progress(&self) -> &ProgressSink;

    /// The maximum tokens of a result.
    fn max_tokens(&self) -> usize;

    /// The user's consent to this call.
    fn consent(&self) -> &Consent;

    /// The keys of the allowed projects; `None` for all.
    fn allowed_projects(&self) -> Option<&BTreeSet<String>>;
}

/// The result of an operation.
#[derive(Debug, Default)]
pub(crate) struct Operated {
    /// Backlog's JSON; `null` if there is none.
    pub value: Value,
    /// The content of a file.
    pub content: Vec<ContentBlock>,
    /// How arguments were read where it was not obvious, and what was left out.
    pub notes: Vec<String>,
}

/// A name with its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedId {
    pub id: i64,
    pub name: String,
    /// The key of a project, or the sign-in name and the mail address of a user.
    pub others: Vec<String>,
}

/// Why an operation has no result.
#[derive(Clone, Debug)]
pub(crate) struct OperationError {
    pub outcome: ToolOutcome,
    /// The HTTP status of Backlog's response.
    pub status: Option<u16>,
    /// The text for the model.
    pub text: String,
}

/// The consequence of a failed operation for the others of its call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OperationFailure {
    /// Backlog rejected it; others may succeed.
    Refused,
    /// It may have been done.
    Unconfirmed,
    /// Nothing was done, and a later try may succeed.
    RateLimited,
    /// Nothing was done, and no other operation would succeed.
    Lasting,
}

impl OperationError {
    pub(crate) fn failure(&self) -> OperationFailure {
        match self.outcome {
            ToolOutcome::Unconfirmed => OperationFailure::Unconfirmed,
            ToolOutcome::Refused | ToolOutcome::InvalidArguments => OperationFailure::Refused,
            ToolOutcome::RateLimited => OperationFailure::RateLimited,
            _ => OperationFailure::Lasting,
        }
    }

    pub(crate) fn is_not_found(&self) -> bool {
        self.status == Some(404)
    }
}
