//! Reads URLs of Backlog's pages, as copied from a browser, and URIs of resources.
//!
//! | address | names |
//! |---|---|
//! | `/view/KEY-1#comment-34` | an issue, a comment |
//! | `/projects/KEY`, `/dashboard/KEY` | a project |
//! | `/find/KEY`, `/board/KEY`, `/wiki/KEY`, `/file/KEY`, … | a view of a project |
//! | `/alias/wiki/7`, `/wiki/KEY/Name` | a wiki page |
//! | `/document/KEY/0a9f…` | a document |
//! | `/git/KEY/repo`, `/git/KEY/repo/pullRequests/2#comment-34` | a repository, a pull request, a comment |
//! | `/file/KEY/folder/name`, `/alias/file/7`, `/ViewSharedFile.action?…` | a shared file or folder |
//! | `/ViewAttachment.action?attachmentId=5`, `/downloadAttachment/5/name` | a file attached to an issue |
//! | `/ViewWikiAttachment.action?attachmentId=5`, `/downloadWikiAttachment/5/name` | a file attached to a wiki page |
//! | `/user/h.sato` | a user |
//! | `/`, `/dashboard`, `/notifications` | the user's own page |
//! | `backlog://space/issues/KEY-1`, `…/projects/KEY`, `…/wikis/7`, `…/documents/0a9f…` | the same as a resource |
//!
//! The host must be that of the space. A URL names an item and nothing more: the caller checks the
//! item as if its id had been given.

mod page;

use percent_encoding::percent_decode_str;
use url::Url;

use crate::{
    key::{self, is_project, is_repository},
    text::{bare, clean, digits, is_edge, quoted},
};

pub use self::page::{Page, View};

/// The maximum length of a URL in bytes.
const MAX_URL: usize = 4096;
/// The first path segments of a project's views.
const VIEWS: [(&str, View); 13] = [
    ("find", View::Issues),
    ("board", View::Issues),
    ("gantt", View::Issues),
    ("list", View::Issues),
    ("add", View::Issues),
    ("wiki", View::Wiki),
    ("document", View::Documents),
    ("git", View::Repositories),
    ("file", View::Files),
    ("burndown", View::Milestones),
    ("milestone", View::Milestones),
    ("subversion", View::Subversion),
    ("rev", View::Subversion),
];
/// The pages that show the user's own work.
const HOME: [&str; 3] = ["dashboard", "notifications", "globalbar"];

/// A URL names no item of the space.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// The URL is of another host.
    #[error("the URL is of {host}, but this call is for the space {space}")]
    OtherHost {
        /// The quoted host of the URL.
        host: String,
        /// The host of the space.
        space: String,
    },
    /// The URL is of the space, but names no known item.
    #[error("the URL {0} does not name anything that the tools accept")]
    NoItem(String),
}

/// Reads a text; `None` if it is not a URL. The host is that of the space, with its port if it has
/// one: `acme.backlog.com`.
///
/// # Errors
/// The URL has another host, or names nothing known.
pub fn read(text: &str, host: &str) -> Option<Result<Page, UrlError>> {
    if text.len() > MAX_URL {
        return None;
    }
    // The name of a page in a path may change with its width, so only a text that is not a URL as
    // it is written is converted.
    let url = parse(text, host).or_else(|| parse(&clean(text)?, host))?;
    let found = match (url.host_str(), url.port()) {
        (Some(name), Some(port)) => format!("{name}:{port}"),
        (name, _) => name.unwrap_or_default().to_owned(),
    };
    if !found.eq_ignore_ascii_case(host) {
        return Some(Err(UrlError::OtherHost {
            host: quoted(&found),
            space: host.to_owned(),
        }));
    }
    Some(page(&url).ok_or_else(|| UrlError::NoItem(quoted(text.trim()))))
}

/// Parses a URL with a scheme, or with the host of the space alone.
fn parse(text: &str, host: &str) -> Option<Url> {
    let text = text.trim_matches(is_edge);
    let text = bare(markdown_target(text).unwrap_or(text));
    let is_bare = || {
        let start = text.get(..host.len());
        let is_host = start.is_some_and(|start| start.eq_ignore_ascii_case(host));
        is_host && text[host.len()..].starts_with('/')
    };
    let whole = match text.split_once("://") {
        Some((scheme, rest)) if scheme.len() <= 8 && !scheme.contains(' ') => {
            format!("{}://{rest}", scheme.to_ascii_lowercase())
        }
        _ if is_bare() => format!("https://{text}"),
        _ => return None,
    };
    Url::parse(&whole).ok()
}

/// Returns the URL of `[PROJ-12](https://…)`.
fn markdown_target(text: &str) -> Option<&str> {
    let (_, target) = text.strip_prefix('[')?.split_once("](")?;
    target.strip_suffix(')')
}

fn page(url: &Url) -> Option<Page> {
    let encoded = url.path().split('/').filter(|part| !part.is_empty());
    let parts: Vec<String> = encoded
        .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let is_folder = url.path().ends_with('/');
    let page = match url.scheme() {
        "backlog" => of_resource(&parts),
        "http" | "https" => of_action(url, &parts)
            .or_else(|| of_file(&parts, is_folder))
            .or_else(|| of_page(&parts)),
        _ => None,
    }?;
    let comment = url.fragment().and_then(|it| it.strip_prefix("comment-"));
    Some(with_comment(page, comment.and_then(digits)))
}

fn with_comment(page: Page, comment: Option<i64>) -> Page {
    match page {
        Page::Issue { key, .. } => Page::Issue { key, comment },
        Page::PullRequest { pull_request, .. } => Page::PullRequest {
            pull_request,
            comment,
        },
        page => page,
    }
}

fn of_page(parts: &[&str]) -> Option<Page> {
    match *parts {
        ["view", issue, ..] => of_issue(issue),
        ["alias", "wiki", id, ..] => Some(Page::Wiki(positive(id)?)),
        ["wiki", project, ref name @ ..] if !name.is_empty() => Some(Page::WikiByName {
            project: of_project(project)?,
            name: name.join("/"),
        }),
        ["document", project, id, ..] => Some(Page::Document {
            project: Some(of_project(project)?),
            id: document(id)?,
        }),
        ["git", project, repository, ref rest @ ..] if is_repository(repository) => {
            of_repository(&of_project(project)?, repository, rest)
        }
        ["git", _, _, ..] => None,
        ["projects" | "dashboard", project, ..] => Some(Page::Project(of_project(project)?)),
        ["user", id, ..] if is_user(id) => Some(Page::User(id.to_owned())),
        [] => Some(Page::Home),
        [place, ..] if HOME.contains(&place) => Some(Page::Home),
        [place, project, ..] => {
            let mut views = VIEWS.iter();
            let (_, view) = views.find(|(name, _)| *name == place)?;
            Some(Page::View {
                project: of_project(project)?,
                view: *view,
            })
        }
        _ => None,
    }
}

/// Reads a page of a repository. The list of its pull requests, and its code, are pages of the
/// repository itself.
fn of_repository(project: &str, repository: &str, rest: &[&str]) -> Option<Page> {
    let pull_request = match *rest {
        ["pullRequests", number, ..] if digits(number).is_some() => {
            let text = format!("{project}/{repository}#{number}");
            Some(key::pull_request(&text).ok()?)
        }
        _ => None,
    };
    Some(match pull_request {
        Some(pull_request) => Page::PullRequest {
            pull_request,
            comment: None,
        },
        None => Page::Repository {
            project: project.to_owned(),
            name: repository.to_owned(),
        },
    })
}

/// Whether a text is the id of a user's sign-in.
fn is_user(id: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.@+".contains(&byte);
    !matches!(id, "" | "." | "..") && id.len() <= 256 && id.bytes().all(sign)
}

fn of_file(parts: &[&str], is_folder: bool) -> Option<Page> {
    match *parts {
        ["alias", "file", id, ..] => Some(Page::SharedFile {
            project: None,
            id: positive(id)?,
        }),
        ["file", project, ref path @ ..] if !path.is_empty() => Some(Page::SharedPath {
            project: of_project(project)?,
            path: path.join("/") + if is_folder { "/" } else { "" },
        }),
        ["downloadAttachment", id, ..] => Some(Page::IssueAttachment(positive(id)?)),
        ["downloadWikiAttachment", id, ..] => Some(Page::WikiAttachment(positive(id)?)),
        _ => None,
    }
}

/// Reads a page that has its ids in the query.
fn of_action(url: &Url, parts: &[&str]) -> Option<Page> {
    let [action] = *parts else {
        return None;
    };
    let value = |name: &str| {
        let mut pairs = url.query_pairs();
        pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
    };
    let number = |name| positive(&value(name)?);
    match action {
        "ViewAttachment.action" => Some(Page::IssueAttachment(number("attachmentId")?)),
        "ViewWikiAttachment.action" => Some(Page::WikiAttachment(number("attachmentId")?)),
        "ViewSharedFile.action" => Some(Page::SharedFile {
            project: value("projectKey").and_then(|key| of_project(&key)),
            id: number("sharedFileId")?,
        }),
        _ => None,
    }
}

fn of_resource(parts: &[&str]) -> Option<Page> {
    match *parts {
        ["issues", issue] => of_issue(issue),
        ["projects", project] => Some(Page::Project(of_project(project)?)),
        ["wikis", id] => Some(Page::Wiki(positive(id)?)),
        ["documents", id] => Some(Page::Document {
            project: None,
            id: document(id)?,
        }),
        _ => None,
    }
}

fn of_project(project: &str) -> Option<String> {
    Some(project.to_ascii_uppercase()).filter(|project| is_project(project))
}

fn of_issue(text: &str) -> Option<Page> {
    Some(Page::Issue {
        key: key::issue(text).ok()?,
        comment: None,
    })
}

fn positive(text: &str) -> Option<i64> {
    digits(text).filter(|id| *id > 0)
}

/// Normalizes the id of a document to Backlog's form: lowercase, without hyphens.
fn document(id: &str) -> Option<String> {
    let id = key::without_hyphens(id);
    let is_id = (1..=64).contains(&id.len()) && id.bytes().all(|it| it.is_ascii_alphanumeric());
    Some(key::document(&id).unwrap_or(id)).filter(|_| is_id)
}

#[cfg(test)]
mod tests;
