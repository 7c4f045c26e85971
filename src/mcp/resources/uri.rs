//! The URIs of resources: `backlog://acme.backlog.com/issues/PROJ-12`.
//!
//! Only the plain form is valid: no encoding, the id as Backlog writes it except for the case of a
//! key, and no query except the character at which a page continues (`?textOffset=4000`). So the
//! request to Backlog is exactly what the URI says.

use backlog_client::{Operation, Segment};

use crate::toolkit::rest::TEXT_OFFSET;

const SCHEME: &str = "backlog://";

/// The kinds of items that can be read as a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResourceKind {
    Project,
    Issue,
    Wiki,
    Document,
}

impl ResourceKind {
    pub(super) const ALL: [Self; 4] = [Self::Project, Self::Issue, Self::Wiki, Self::Document];

    /// The path segment in URIs and in the REST API.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Project => "projects",
            Self::Issue => "issues",
            Self::Wiki => "wikis",
            Self::Document => "documents",
        }
    }

    /// The request for an item, by [`Self::variable`].
    pub(super) fn call(self) -> Operation {
        match self {
            Self::Project => Operation::get("projects/{projectKey}"),
            Self::Issue => Operation::get("issues/{issueKey}"),
            Self::Wiki => Operation::get("wikis/{wikiId}"),
            Self::Document => Operation::get("documents/{documentId}"),
        }
    }

    /// The tool that reads the same item. Its limits apply here too.
    pub(super) fn tool(self) -> &'static str {
        match self {
            Self::Project => "get_project",
            Self::Issue => "get_issue",
            Self::Wiki => "get_wiki",
            Self::Document => "get_document",
        }
    }

    /// The name of a read in the audit trail and in metrics.
    pub(super) fn recorded(self) -> &'static str {
        match self {
            Self::Project => "resource:project",
            Self::Issue => "resource:issue",
            Self::Wiki => "resource:wiki",
            Self::Document => "resource:document",
        }
    }

    /// The variable of the template.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Project => "projectKey",
            Self::Issue => "issueKey",
            Self::Wiki => "wikiId",
            Self::Document => "documentId",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Project => "Project",
            Self::Issue => "Issue",
            Self::Wiki => "Wiki page",
            Self::Document => "Document",
        }
    }

    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Project => "A project with its versions and milestones",
            Self::Issue => "An issue with its fields, description and newest comments",
            Self::Wiki => "A wiki page with its text",
            Self::Document => "A document with its text",
        }
    }

    /// `backlog://acme.backlog.com/issues/{issueKey}{?textOffset}`
    pub(super) fn template(self, host: &str) -> String {
        format!("{}{{?{TEXT_OFFSET}}}", self.plain_template(host))
    }

    /// The template without the offset.
    pub(super) fn plain_template(self, host: &str) -> String {
        let (path, variable) = (self.path(), self.variable());
        format!("{SCHEME}{host}/{path}/{{{variable}}}")
    }

    /// Normalizes an id to Backlog's form: keys are in uppercase.
    fn written(self, id: &str) -> String {
        match self {
            Self::Project | Self::Issue => id.to_ascii_uppercase(),
            Self::Wiki | Self::Document => id.to_owned(),
        }
    }

    fn accepts(self, id: &str) -> bool {
        let key = |text: &str| {
            let of_key = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
            !text.is_empty() && text.bytes().all(of_key)
        };
        let number =
            |text: &str| (1..=15).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        match self {
            Self::Project => key(id),
            Self::Issue => id
                .split_once('-')
                .is_some_and(|(project, serial)| key(project) && number(serial)),
            Self::Wiki => number(id),
            Self::Document => {
                (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
            }
        }
    }
}

/// One item in a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub kind: ResourceKind,
    pub id: Segment,
    /// The character at which its page continues.
    pub text_offset: usize,
}

impl Target {
    /// Parses a URI; `None` if it is not a resource of the space at `host`.
    pub(super) fn parse(uri: &str, host: &str) -> Option<Self> {
        let (uri, text_offset) = match uri.split_once('?') {
            None => (uri, 0),
            Some((uri, query)) => (uri, offset(query)?),
        };
        let mut parts = uri.strip_prefix(SCHEME)?.split('/');
        let (space, path, id) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() || !space.eq_ignore_ascii_case(host) {
            return None;
        }
        let kind = ResourceKind::ALL
            .into_iter()
            .find(|kind| kind.path() == path)?;
        let id = Some(kind.written(id)).filter(|id| kind.accepts(id))?;
        let id = Segment::parse(id).ok()?;
        Some(Self {
            kind,
            id,
            text_offset,
        })
    }

    /// Returns the URI of the same page, starting at a character.
    pub(super) fn at(&self, host: &str, text_offset: usize) -> String {
        let (path, id) = (self.kind.path(), self.id.as_str());
        format!("{SCHEME}{host}/{path}/{id}?{TEXT_OFFSET}={text_offset}")
    }
}

/// Parses the only supported query.
fn offset(query: &str) -> Option<usize> {
    let digits = query.strip_prefix(TEXT_OFFSET)?.strip_prefix('=')?;
    let is_number = (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// Returns the URI of a project.
pub(super) fn project(host: &str, key: &str) -> String {
    format!("{SCHEME}{host}/{}/{key}", ResourceKind::Project.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: &str = "acme.backlog.com";

    #[test]
    fn an_item_has_one_address() {
        for (uri, kind, id) in [
            (project(HOST, "PROJ_2"), ResourceKind::Project, "PROJ_2"),
            (
                format!("backlog://{HOST}/issues/A-1"),
                ResourceKind::Issue,
                "A-1",
            ),
            (
                format!("backlog://{HOST}/wikis/12"),
                ResourceKind::Wiki,
                "12",
            ),
            (
                format!("backlog://{HOST}/documents/0a9f"),
                ResourceKind::Document,
                "0a9f",
            ),
        ] {
            let target = Target::parse(&uri, HOST).expect(&uri);
            assert_eq!((target.kind, target.id.as_str()), (kind, id));
            assert_eq!(target.text_offset, 0);
            let template = kind.template(HOST);
            let variable = format!("{{{}}}", kind.variable());
            let plain = template.replace(&variable, id);
            assert_eq!(plain, format!("{uri}{{?textOffset}}"));
            let next = target.at(HOST, 4000);
            assert_eq!(next, format!("{uri}?textOffset=4000"));
            let next = Target::parse(&next, HOST).expect(&next);
            assert_eq!(
                (next.kind, next.id, next.text_offset),
                (kind, target.id, 4000)
            );
        }
        for uri in [
            "backlog://ACME.backlog.com/issues/A-1",
            "backlog://acme.backlog.com/issues/a-1",
        ] {
            let target = Target::parse(uri, HOST).expect(uri);
            assert_eq!(target.id.as_str(), "A-1");
        }
        let project = Target::parse("backlog://acme.backlog.com/projects/proj_2", HOST).unwrap();
        assert_eq!(project.id.as_str(), "PROJ_2");
    }

    #[test]
    fn nothing_else_is_an_address() {
        for uri in [
            "backlog://other.backlog.com/issues/A-1",
            "backlog://acme.backlog.com:444/issues/A-1",
            "backlog://acme.backlog.com/issues/A-1/comments",
            "backlog://acme.backlog.com/issues/1",
            "backlog://acme.backlog.com/issues/A-1?x",
            "backlog://acme.backlog.com/issues/A-1?",
            "backlog://acme.backlog.com/issues/A-1?textOffset=",
            "backlog://acme.backlog.com/issues/A-1?textOffset=-1",
            "backlog://acme.backlog.com/issues/A-1?textOffset=1&textOffset=2",
            "backlog://acme.backlog.com/issues/A-1?textOffset=1234567890",
            "backlog://acme.backlog.com/issues/A%2D1",
            "backlog://acme.backlog.com/issues/..",
            "backlog://acme.backlog.com/issues/A-1/../B-1",
            "backlog://acme.backlog.com/projects/",
            "backlog://acme.backlog.com/projects/A-1",
            "backlog://acme.backlog.com/projects/{projectKey}",
            "backlog://acme.backlog.com/wikis/1.0",
            "backlog://acme.backlog.com/wikis/1234567890123456",
            "backlog://acme.backlog.com/documents/%2e%2e",
            "backlog://acme.backlog.com/users/1",
            "backlog://acme.backlog.com/",
            "https://acme.backlog.com/projects/A",
            "",
        ] {
            assert_eq!(Target::parse(uri, HOST), None, "{uri}");
        }
    }
}
