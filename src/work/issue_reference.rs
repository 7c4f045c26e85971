//! An issue that an input names: by its key, its id or the URL of its page.

use std::fmt;

use backlog_words::{key, key::IssueKey, url, url::Page};
use serde_json::{Value, json};

use crate::toolkit::work::{OperationError, Operations, WorkError};

/// An issue that an input names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum IssueReference {
    Key(IssueKey),
    Id(i64),
}

impl IssueReference {
    /// Reads a key in any form, an id, or the URL of a page of this space.
    ///
    /// # Errors
    /// The text names no issue.
    pub(crate) fn read(input: &str, text: &str, host: &str) -> Result<Self, WorkError> {
        let invalid =
            |reason: &dyn fmt::Display| WorkError::Arguments(format!("{input}: {reason}"));
        match url::read(text, host) {
            Some(Ok(Page::Issue { key, .. })) => return Ok(Self::Key(key)),
            Some(Ok(page)) => {
                let what = page.what();
                return Err(invalid(&format!(
                    "expected an issue, but the URL is of {what}"
                )));
            }
            Some(Err(error)) => return Err(invalid(&error)),
            None => {}
        }
        match text.trim().parse() {
            Ok(id) if id > 0 => Ok(Self::Id(id)),
            _ => key::issue(text)
                .map(Self::Key)
                .map_err(|error| invalid(&error)),
        }
    }

    /// Adds the arguments of a classic tool that name the issue.
    pub(crate) fn name_in(&self, arguments: &mut Value) {
        match self {
            Self::Key(key) => arguments["issueKey"] = key.to_string().into(),
            Self::Id(id) => arguments["issueId"] = (*id).into(),
        }
    }

    /// Reads the issue.
    ///
    /// # Errors
    /// It does not exist or is not visible, or Backlog does not return it.
    pub(crate) async fn fetch(
        &self,
        input: &str,
        operations: &dyn Operations,
    ) -> Result<Value, WorkError> {
        let mut arguments = json!({});
        self.name_in(&mut arguments);
        let found = operations.run("get_issue", arguments).await;
        found
            .map(|found| found.value)
            .map_err(|error| self.explain(input, error))
    }

    fn explain(&self, input: &str, error: OperationError) -> WorkError {
        match error.is_not_found() {
            true => WorkError::Arguments(format!(
                "{input}: {self} does not exist, or this user cannot see it"
            )),
            false => error.into(),
        }
    }
}

impl fmt::Display for IssueReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => key.fmt(f),
            Self::Id(id) => write!(f, "the issue with the id {id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_named_in_many_forms() {
        for (text, expected) in [
            ("harbor-5", Ok("HARBOR-5")),
            ("ＨＡＲＢＯＲ－５", Ok("HARBOR-5")),
            (
                "https://acme.backlog.com/view/HARBOR-5#comment-7",
                Ok("HARBOR-5"),
            ),
            ("5520101", Ok("the issue with the id 5520101")),
            (
                "https://other.backlog.com/view/HARBOR-5",
                Err("the URL is of"),
            ),
            (
                "https://acme.backlog.com/alias/wiki/5",
                Err("the URL is of a wiki page"),
            ),
            ("harbor", Err("expected an issue key")),
            ("-5", Err("expected an issue key")),
        ] {
            let read = IssueReference::read("on", text, "acme.backlog.com");
            match (read, expected) {
                (Ok(issue), Ok(shown)) => assert_eq!(issue.to_string(), shown, "{text}"),
                (Err(WorkError::Arguments(error)), Err(expected)) => {
                    assert!(
                        error.starts_with("on: ") && error.contains(expected),
                        "{error}"
                    );
                }
                (read, _) => panic!("{text}: {read:?}"),
            }
        }
    }
}
