//! The items that a URL of the space names, as [`backlog_words::url`] reads it.
//!
//! The host must be that of the call's space. An item is checked as if its id had been given: a URL
//! grants no additional access.

use backlog_client::BacklogUrl;
use backlog_words::url::{self, Page};

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

impl Link {
    /// Reads a text; `None` if it is not a URL.
    ///
    /// # Errors
    /// It has another host, or names nothing known.
    pub(super) fn read(text: &str, space: &BacklogUrl) -> Option<Result<Self, String>> {
        let page = url::read(text, host_of(space))?;
        Some(page.map(Self::of).map_err(|error| error.to_string()))
    }

    fn of(page: Page) -> Self {
        let mut link = Self {
            what: match &page {
                Page::WikiByName { .. } => {
                    "a wiki page by its name (get_wiki_pages returns its id)"
                }
                page => page.what(),
            },
            project: page.project().map(str::to_owned),
            ..Self::default()
        };
        match page {
            Page::Issue { key, comment } => {
                link.issue = Some(key.to_string());
                link.comment = comment;
            }
            Page::PullRequest {
                pull_request,
                comment,
            } => {
                link.repository = Some(pull_request.repository);
                link.pull_request = Some(pull_request.number);
                link.comment = comment;
            }
            Page::Wiki(id) => link.wiki = Some(id),
            Page::Document { id, .. } => link.document = Some(id),
            Page::Repository { name, .. } => link.repository = Some(name),
            _ => {}
        }
        link
    }
}

/// Returns the host of a space, with the port if there is one.
fn host_of(space: &BacklogUrl) -> &str {
    let url = space.as_str();
    url.split_once("://").map_or(url, |(_, host)| host)
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
        let link = found("https://acme.backlog.com/board/harbor");
        assert_eq!(link.project.as_deref(), Some("HARBOR"));
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
            "https://acme.backlog.com/view/..%2Fprojects",
            "https://acme.backlog.com/view/%2e%2e/HARBOR-12",
            "https://acme.backlog.com/settings/1",
            "https://acme.backlog.com/git/HARBOR/%2e%2e%2fx",
            "ftp://acme.backlog.com/view/HARBOR-12",
            "backlog://acme.backlog.com/users/1",
        ] {
            assert!(read(text).expect(text).is_err(), "{text}");
        }
        for text in ["HARBOR-12", "see ://", "acme.backlog.com", "a b://c"] {
            assert!(read(text).is_none(), "{text}");
        }
    }
}
