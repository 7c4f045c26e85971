//! Adds the issues of a plan, one by one.

use serde_json::{Map, Value, json};

use super::plan::{Plan, Planned};
use crate::{
    toolkit::work::{OperationFailure, Operations, WorkError},
    work::{
        files::File,
        pace::{Pace, Written},
    },
};

/// The tool that sets a status, and the class of all changes.
const CHANGE: &str = "update_issue";

/// The outcomes of the issues.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The outcomes of the first issues, in their order.
    pub outcomes: Vec<Outcome>,
    /// Why the others were not added.
    pub end: Option<End>,
}

/// The outcome of one issue.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was added; Backlog's response with the key may be lost. The text says what is missing.
    Added {
        key: Option<String>,
        lacks: Option<String>,
    },
    /// It was not added.
    Failed(String),
    /// It may have been added.
    Unconfirmed(String),
}

/// Why a call ended before its last issue.
#[derive(Debug)]
pub(super) enum End {
    Late,
    Stopped(String),
}

impl Report {
    /// The outcome of the call if no issue is known to have been added, but one was tried.
    pub(super) fn failure(&self) -> Option<OperationFailure> {
        let is_unknown = |outcome: &Outcome| matches!(outcome, Outcome::Unconfirmed(_));
        match self.outcomes.as_slice() {
            [] => None,
            all if all.iter().any(|it| matches!(it, Outcome::Added { .. })) => None,
            all if all.iter().any(is_unknown) => Some(OperationFailure::Unconfirmed),
            _ => Some(OperationFailure::Refused),
        }
    }
}

/// Adds the issues.
///
/// # Errors
/// The first change fails for a reason that applies to all, so that nothing was added.
pub(super) async fn all(operations: &dyn Operations, plan: &Plan) -> Result<Report, WorkError> {
    let mut report = Report::default();
    let mut pace = Pace::start(operations, "add_issue", plan.issues.len());
    for issue in &plan.issues {
        let may_begin = pace.turn(issue.changes(plan.files.len())).await;
        let ended = match may_begin {
            Ok(true) => one(&mut pace, issue, &plan.files).await,
            Ok(false) => Err(Written::Late),
            Err(error) => Err(Written::Stopped(error)),
        };
        match ended {
            Ok(outcome) => report.outcomes.push(outcome),
            Err(Written::Stopped(error)) if report.outcomes.is_empty() => return Err(error.into()),
            Err(Written::Stopped(error)) => {
                report.end = Some(End::Stopped(error.text));
                break;
            }
            Err(_) => {
                report.end = Some(End::Late);
                break;
            }
        }
        pace.note_done();
    }
    Ok(report)
}

/// Adds an issue.
///
/// # Errors
/// It was not added, for a reason that applies to the others too.
async fn one(pace: &mut Pace<'_>, issue: &Planned, files: &[File]) -> Result<Outcome, Written> {
    let mut arguments = issue.arguments.clone();
    let mut uploads = Vec::with_capacity(files.len());
    for file in files {
        match upload(pace, file).await {
            Ok(id) => uploads.push(id),
            Err(Written::Refused(text) | Written::Unconfirmed(text)) => {
                return Ok(Outcome::Failed(format!(
                    "a file could not be uploaded: {text}"
                )));
            }
            Err(ended) => return Err(ended),
        }
    }
    if !uploads.is_empty() {
        arguments.insert("attachmentId".to_owned(), uploads.into());
    }
    match pace.write("add_issue", &Value::Object(arguments)).await {
        Written::Done(added) => Ok(added_issue(pace, issue, &added.value).await),
        Written::Refused(text) => Ok(Outcome::Failed(text)),
        Written::Unconfirmed(text) => Ok(Outcome::Unconfirmed(text)),
        ended => Err(ended),
    }
}

async fn upload(pace: &mut Pace<'_>, file: &File) -> Result<i64, Written> {
    let (name, base64) = match file {
        File::Uploaded(id) => return Ok(*id),
        File::Content { name, base64 } => (name, base64),
    };
    let arguments = json!({"filename": name, "content": base64});
    match pace.write("upload_attachment", &arguments).await {
        Written::Done(uploaded) => Ok(uploaded.value["id"].as_i64().unwrap_or_default()),
        ended => Err(ended),
    }
}

/// Sets the status of an issue that was added.
async fn added_issue(pace: &mut Pace<'_>, issue: &Planned, added: &Value) -> Outcome {
    let key = added["issueKey"].as_str().map(str::to_owned);
    let Some(status) = &issue.status else {
        return Outcome::Added { key, lacks: None };
    };
    let Some(key) = key else {
        let lacks = Some("its key is not known".to_owned());
        return Outcome::Added { key, lacks };
    };
    let mut arguments = Map::from_iter([("issueKey".to_owned(), json!(key))]);
    status.put(&mut arguments, false);
    let lacks = match pace.write(CHANGE, &Value::Object(arguments)).await {
        Written::Done(_) => None,
        Written::Refused(text) => Some(text),
        Written::Unconfirmed(text) => Some(format!("the status may have been set: {text}")),
        Written::Late => Some("the call took too long to set the status".to_owned()),
        Written::Stopped(error) => Some(error.text),
    };
    Outcome::Added {
        key: Some(key),
        lacks,
    }
}
