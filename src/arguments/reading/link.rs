//! Reads URLs of the space, as copied from a browser, and URIs of resources.
//!
//! | address | names |
//! |---|---|
//! | `/view/KEY-1#comment-34` | an issue, a comment |
//! | `/projects/KEY`, `/find/KEY`, `/board/KEY`, … | a project |
//! | `/alias/wiki/7` | a wiki page |
//! | `/document/KEY/0a9f…` | a document |
//! | `/git/KEY/repo/pullRequests/2#comment-34` | a repository, a pull request, a comment |
//! | `backlog://space/issues/KEY-1`, `…/projects/KEY`, `…/wikis/7`, `…/documents/0a9f…` | the same as a resource |
//!
//! The host must be that of the call's space. The item that a URL names is checked as if its id had
//! been given: a link grants no additional access.

use percent_encoding::percent_decode_str;
use url::Url;

use super::{document_id, key, text::digits};
use crate::backlog::BacklogUrl;

/// The items that a URL names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// A description of the item, for errors.
    pub what: &'static str,
    pub project: Option<String>,
    pub issue: Option<String>,
    pub wiki: Option<i64>,
    pub document: Option<String>,
    pub repository: Option<String>,
    pub pull_request: Option<i64>,
    pub comment: Option<i64>,
}

/// The first path segments of a project's pages.
const OF_PROJECT: [&str; 14] = [
    "projects",
    "find",
    "board",
    "gantt",
    "add",
    "wiki",
    "document",
    "git",
    "file",
    "burndown",
    "dashboard",
    "subversion",
    "list",
    "milestone",
];

impl Link {
    /// Reads a cleaned text; `None` if it is not a URL.
    ///
    /// # Errors
    /// It has another host, or names nothing known.
    pub fn read(text: &str, space: &BacklogUrl) -> Option<Result<Self, String>> {
        let host = host_of(space);
        let text = text.trim_start_matches('<').trim_end_matches('>');
        let is_bare = || {
            let start = text.get(..host.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(host))
                && text[host.len()..].starts_with('/')
        };
        let whole = match text.split_once("://") {
            Some(("http" | "https" | "backlog", _)) => text.to_owned(),
            Some((scheme, rest)) if scheme.len() <= 8 && !scheme.contains(' ') => {
                format!("{}://{rest}", scheme.to_ascii_lowercase())
            }
            _ if is_bare() => format!("https://{text}"),
            _ => return None,
        };
        let url = Url::parse(&whole).ok()?;
        Some(Self::of(&url, host))
    }

    fn of(url: &Url, host: &str) -> Result<Self, String> {
        let found = match (url.host_str(), url.port()) {
            (Some(name), Some(port)) => format!("{name}:{port}"),
            (name, _) => name.unwrap_or_default().to_owned(),
        };
        if !found.eq_ignore_ascii_case(host) {
            return Err(format!(
                "the URL is of {}, but this call is for the space {host}",
                crate::arguments::reading::text::quoted(&found)
            ));
        }
        let encoded = url.path().split('/').filter(|part| !part.is_empty());
        let parts: Vec<String> = encoded
            .map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned())
            .collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let mut link = match url.scheme() {
            "backlog" => Self::of_resource(&parts),
            "http" | "https" => Self::of_page(&parts),
            _ => None,
        }
        .ok_or("the URL does not name anything that the tools accept")?;
        let comment = url.fragment().and_then(|it| it.strip_prefix("comment-"));
        link.comment = comment.and_then(digits);
        Ok(link)
    }

    fn of_page(parts: &[&str]) -> Option<Self> {
        Some(match *parts {
            ["view", issue, ..] => Self::of_issue(issue)?,
            ["alias", "wiki", id, ..] => Self {
                what: "a wiki page",
                wiki: digits(id),
                ..Self::default()
            },
            ["document", project, id, ..] => Self {
                what: "a document",
                document: Some(id.to_owned()).filter(|id| document_id::is_valid(id)),
                ..Self::of_project(project)?
            },
            ["git", project, repository, ref more @ ..] => Self {
                what: match more {
                    ["pullRequests", _, ..] => "a pull request",
                    _ => "a repository",
                },
                repository: Some(repository.to_owned()).filter(|name| is_repository(name)),
                pull_request: match more {
                    ["pullRequests", number, ..] => digits(number),
                    _ => None,
                },
                ..Self::of_project(project)?
            },
            [place, project, ref more @ ..] if OF_PROJECT.contains(&place) => Self {
                what: match (place, more) {
                    ("wiki", [_, ..]) => "a wiki page by its name (get_wiki_pages returns its id)",
                    _ => "a project",
                },
                ..Self::of_project(project)?
            },
            _ => return None,
        })
    }

    fn of_resource(parts: &[&str]) -> Option<Self> {
        Some(match *parts {
            ["issues", issue] => Self::of_issue(issue)?,
            ["projects", project] => Self::of_project(project)?,
            ["wikis", id] => Self {
                what: "a wiki page",
                wiki: digits(id),
                ..Self::default()
            },
            ["documents", id] => Self {
                what: "a document",
                document: Some(id.to_owned()).filter(|id| document_id::is_valid(id)),
                ..Self::default()
            },
            _ => return None,
        })
    }

    fn of_project(project: &str) -> Option<Self> {
        let project = project.to_ascii_uppercase();
        key::is_project(&project).then(|| Self {
            what: "a project",
            project: Some(project),
            ..Self::default()
        })
    }

    fn of_issue(text: &str) -> Option<Self> {
        let issue = key::issue(text)?;
        let (project, _) = issue.rsplit_once('-')?;
        Some(Self {
            what: "an issue",
            project: Some(project.to_owned()),
            issue: Some(issue),
            ..Self::default()
        })
    }
}

/// Returns the host of a space, with the port if there is one.
fn host_of(space: &BacklogUrl) -> &str {
    let url = space.as_str();
    url.split_once("://").map_or(url, |(_, host)| host)
}

fn is_repository(name: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !matches!(name, "" | "." | "..") && name.bytes().all(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Result<Link, String>> {
        Link::read(text, &BacklogUrl::parse("acme.backlog.com").unwrap())
    }

    fn found(text: &str) -> Link {
        read(text).expect(text).expect(text)
    }

    #[test]
    fn an_address_names_what_it_shows() {
        for text in [
            "https://acme.backlog.com/view/HARBOR-12",
            "https://acme.backlog.com/view/harbor-12?tab=1",
            "http://ACME.backlog.com/view/HARBOR-12/",
            "HTTPS://acme.backlog.com/view/HARBOR-12",
            "acme.backlog.com/view/HARBOR-12",
            "<https://acme.backlog.com/view/HARBOR-12>",
            "backlog://acme.backlog.com/issues/HARBOR-12",
        ] {
            let link = found(text);
            assert_eq!(link.issue.as_deref(), Some("HARBOR-12"), "{text}");
            assert_eq!(link.project.as_deref(), Some("HARBOR"), "{text}");
        }
        let link = found("https://acme.backlog.com/view/HARBOR-12#comment-34");
        assert_eq!(link.comment, Some(34));
        assert_eq!(found("https://acme.backlog.com/alias/wiki/7").wiki, Some(7));
        assert_eq!(found("backlog://acme.backlog.com/wikis/7").wiki, Some(7));
        let link = found("https://acme.backlog.com/document/HARBOR/0a9f");
        assert_eq!(link.document.as_deref(), Some("0a9f"));
        let link = found("https://acme.backlog.com/git/HARBOR/portal/pullRequests/2#comment-3");
        assert_eq!(link.repository.as_deref(), Some("portal"));
        assert_eq!((link.pull_request, link.comment), (Some(2), Some(3)));
        for page in OF_PROJECT {
            let link = found(&format!("https://acme.backlog.com/{page}/harbor"));
            assert_eq!(link.project.as_deref(), Some("HARBOR"), "{page}");
        }
        let link = found("https://acme.backlog.com/wiki/HARBOR/Home");
        assert!(link.wiki.is_none() && link.what.contains("by its name"));
    }

    #[test]
    fn another_host_is_reported() {
        for text in [
            "https://other.backlog.com/view/HARBOR-12",
            "https://acme.backlog.com.evil.example/view/HARBOR-12",
            "https://acme.backlog.com@evil.example/view/HARBOR-12",
            "https://acme.backlog.com:444/view/HARBOR-12",
            "backlog://other.backlog.com/issues/HARBOR-12",
        ] {
            let error = read(text).expect(text).expect_err(text);
            assert!(error.contains("for the space acme.backlog.com"), "{error}");
        }
    }

    #[test]
    fn a_link_without_an_item_is_an_error() {
        for text in [
            "https://acme.backlog.com/",
            "https://acme.backlog.com/view/..%2Fprojects",
            "https://acme.backlog.com/view/%2e%2e/HARBOR-12",
            "https://acme.backlog.com/user/1",
            "ftp://acme.backlog.com/view/HARBOR-12",
            "backlog://acme.backlog.com/users/1",
        ] {
            assert!(read(text).expect(text).is_err(), "{text}");
        }
        for text in ["HARBOR-12", "see ://", "acme.backlog.com", "a b://c"] {
            assert!(read(text).is_none(), "{text}");
        }
        let link = found("https://acme.backlog.com/git/HARBOR/%2e%2e%2fx");
        assert_eq!(link.repository, None);
    }
}
