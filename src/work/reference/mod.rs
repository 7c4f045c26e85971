//! The ids of `search` and `fetch`: each names one thing of the space, and may name a part of it.
//!
//! | id | thing |
//! |---|---|
//! | `HARBOR-12` | an issue |
//! | `wiki:640012` | a wiki page |
//! | `document:0199c5d07a1e7f0b9d3f5a6b7c8d9e01` | a document |
//! | `HARBOR/portal#2` | a pull request |
//! | `HARBOR-12/file/7`, `wiki:640012/file/7`, `HARBOR/portal#2/file/7` | a file attached to it |
//! | `HARBOR/file/7` | a shared file of a project |
//!
//! Options follow as `#comments=50&offset=8000` ([`Options`]). URLs of the space, keys in any
//! common form and the names of pages are read too, but never written.

mod options;
mod refusal;

use std::fmt::{self, Display};

use backlog_client::BacklogUrl;
use backlog_words::{
    key::{self, IssueKey, PullRequest},
    url::{self, Page},
};

pub(crate) use options::Options;
pub(crate) use refusal::of_folder;
use refusal::refusal;

/// A thing of the space as it was written, and the part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reference {
    pub item: Item,
    pub options: Options,
    /// The id of the comment that a URL names.
    pub comment: Option<i64>,
}

/// A thing that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Issue(IssueKey),
    PullRequest(PullRequest),
    Wiki(i64),
    Document(String),
    File(Holder, i64),
    /// A shared file by its path.
    SharedPath {
        project: String,
        path: String,
    },
    /// A page by its name, in the project of its URL or of the call.
    Named {
        project: Option<String>,
        name: String,
    },
}

/// The thing that a file is attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    Issue(IssueKey),
    PullRequest(PullRequest),
    Wiki(i64),
    Document(String),
    /// The shared files of a project.
    Project(String),
}

impl Reference {
    /// Reads a reference. `is_named` says that the call names a project: then a text that is an id
    /// only in a lenient reading, such as `Sprint 12`, is the name of a page.
    ///
    /// # Errors
    /// It is the URL of another host or of something that cannot be fetched, or has an unknown
    /// option; the text is for the model.
    pub(super) fn read(text: &str, space: &BacklogUrl, is_named: bool) -> Result<Self, String> {
        let text = text.trim();
        if let Some(page) = url::read(text, host(space)) {
            let page = page.map_err(|error| error.to_string())?;
            return Self::of_page(page);
        }
        let (text, options) = Options::split(text)?;
        let item = Item::of_id(text).or_else(|| {
            let lenient = || Item::of_lenient(text);
            if is_named { None } else { lenient() }
        });
        let named = || Item::Named {
            project: None,
            name: text.to_owned(),
        };
        Ok(Self {
            item: item.unwrap_or_else(named),
            options,
            comment: None,
        })
    }

    fn of_page(page: Page) -> Result<Self, String> {
        let (item, comment) = match page {
            Page::Issue { key, comment } => (Item::Issue(key), comment),
            Page::PullRequest {
                pull_request,
                comment,
            } => (Item::PullRequest(pull_request), comment),
            Page::Wiki(id) => (Item::Wiki(id), None),
            Page::WikiByName { project, name } => {
                let project = Some(project);
                (Item::Named { project, name }, None)
            }
            Page::Document { id, .. } => (Item::Document(id), None),
            Page::SharedPath { project, path } if !path.ends_with('/') => {
                (Item::SharedPath { project, path }, None)
            }
            Page::SharedFile {
                project: Some(project),
                id,
            } => (Item::File(Holder::Project(project), id), None),
            page => return Err(refusal(&page)),
        };
        Ok(Self {
            item,
            options: Options::default(),
            comment,
        })
    }
}

impl Item {
    /// Reads an id as [`Display`] writes it, in any case.
    pub(super) fn of_id(text: &str) -> Option<Self> {
        if let Some((holder, file)) = text.rsplit_once("/file/") {
            let file = number(file)?;
            let holder = match Self::of_id(holder) {
                Some(Self::Issue(key)) => Holder::Issue(key),
                Some(Self::PullRequest(pull_request)) => Holder::PullRequest(pull_request),
                Some(Self::Wiki(id)) => Holder::Wiki(id),
                Some(Self::Document(id)) => Holder::Document(id),
                Some(_) => return None,
                None => Holder::Project(key::project(holder).ok()?),
            };
            return Some(Self::File(holder, file));
        }
        match text.split_once(':') {
            Some((kind, id)) if kind.eq_ignore_ascii_case("wiki") => {
                return number(id.trim()).map(Self::Wiki);
            }
            Some((kind, id)) if kind.eq_ignore_ascii_case("document") => {
                return key::document(id).ok().map(Self::Document);
            }
            _ => {}
        }
        if let Ok(id) = key::document(text) {
            return Some(Self::Document(id));
        }
        let upper = text.to_ascii_uppercase();
        if key::is_issue(&upper) {
            return key::issue(&upper).ok().map(Self::Issue);
        }
        match text.contains('#') {
            true => key::pull_request(text).ok().map(Self::PullRequest),
            false => None,
        }
    }

    /// Reads a key in a form that may also be the name of a page.
    pub(super) fn of_lenient(text: &str) -> Option<Self> {
        let issue = key::issue(text).ok().map(Self::Issue);
        issue.or_else(|| key::pull_request(text).ok().map(Self::PullRequest))
    }
}

impl Display for Item {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issue(key) => write!(formatter, "{key}"),
            Self::PullRequest(pull_request) => write!(formatter, "{pull_request}"),
            Self::Wiki(id) => write!(formatter, "wiki:{id}"),
            Self::Document(id) => write!(formatter, "document:{id}"),
            Self::File(holder, id) => write!(formatter, "{holder}/file/{id}"),
            Self::SharedPath { project, path } => write!(formatter, "{project}/{path}"),
            Self::Named { name, .. } => formatter.write_str(name),
        }
    }
}

impl Display for Holder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Issue(key) => write!(formatter, "{key}"),
            Self::PullRequest(pull_request) => write!(formatter, "{pull_request}"),
            Self::Wiki(id) => write!(formatter, "wiki:{id}"),
            Self::Document(id) => write!(formatter, "document:{id}"),
            Self::Project(key) => formatter.write_str(key),
        }
    }
}

/// The host of a space, with its port if it has one.
pub(crate) fn host(space: &BacklogUrl) -> &str {
    let url = space.as_str();
    url.split_once("://").map_or(url, |(_, host)| host)
}

fn number(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|id| is_number && *id > 0)
}

#[cfg(test)]
mod tests;
