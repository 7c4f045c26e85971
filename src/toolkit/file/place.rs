//! Where a file is: its URI in a response, the facts about it, and the page in Backlog that shows
//! it.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use backlog_client::{BacklogUrl, Request, Segment};

/// The path of a request for a file, within a space.
pub(super) struct Place {
    space: BacklogUrl,
    path: Vec<Segment>,
}

impl Place {
    pub(super) fn of(request: &Request, space: &BacklogUrl) -> Self {
        Self {
            space: space.clone(),
            path: request.path.clone(),
        }
    }

    fn path(&self) -> Vec<&str> {
        self.path.iter().map(Segment::as_str).collect()
    }

    /// Returns a name such as `attachment-5` for a file without one.
    pub(super) fn stem(&self) -> String {
        let last = self.path.last().map(Segment::as_str);
        format!("attachment-{}", last.unwrap_or_default())
    }

    /// Returns a URI that names the file but cannot be fetched:
    /// `backlog://attachments/HOST/issues/A-1/attachments/5/NAME`.
    pub(super) fn uri(&self, name: &str) -> String {
        let host = self.space.as_str().split("://").last().unwrap_or_default();
        let mut uri = format!("backlog://attachments/{host}");
        for part in self.path().into_iter().chain([name]) {
            uri.push('/');
            uri.push_str(&encoded(part));
        }
        uri
    }

    /// Returns the facts that the upstream server gives about an issue's file: the ids from the
    /// request.
    pub(super) fn facts(&self) -> Map<String, Value> {
        let mut facts = Map::new();
        if let ["issues", issue, "attachments", id] = *self.path() {
            facts.insert("attachmentId".to_owned(), number_or_text(id));
            facts.insert("issueIdOrKey".to_owned(), number_or_text(issue));
        }
        facts
    }

    /// Returns the page in Backlog, or that of the space where the path does not identify it.
    pub(super) fn page(&self) -> String {
        let is_name = |part: &str| part.bytes().any(|byte| !byte.is_ascii_digit());
        let page = match *self.path() {
            ["issues", key, ..] if is_name(key) => format!("view/{}", encoded(key)),
            ["issues", _, "attachments", id] => {
                format!("ViewAttachment.action?attachmentId={}", encoded(id))
            }
            ["wikis", id, ..] => format!("alias/wiki/{}", encoded(id)),
            [
                "projects",
                project,
                "git",
                "repositories",
                repository,
                "pullRequests",
                number,
                ..,
            ] if is_name(project) && is_name(repository) => format!(
                "git/{}/{}/pullRequests/{}",
                encoded(project),
                encoded(repository),
                encoded(number)
            ),
            ["projects", project, "files", id] => format!(
                "ViewSharedFile.action?projectKey={}&sharedFileId={}",
                encoded(project),
                encoded(id)
            ),
            ["projects", project, "image"] if is_name(project) => {
                format!("projects/{}", encoded(project))
            }
            _ => return self.space.as_str().to_owned(),
        };
        format!("{}/{page}", self.space.as_str())
    }
}

fn number_or_text(part: &str) -> Value {
    part.parse::<i64>()
        .map_or_else(|_| part.into(), Value::from)
}

fn encoded(part: &str) -> String {
    const KEEP: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    utf8_percent_encode(part, KEEP).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn place(path: &str) -> Place {
        let space = BacklogUrl::parse("https://acme.backlog.com").unwrap();
        let path = path
            .split('/')
            .map(|part| Segment::parse(part.to_owned()).unwrap());
        Place::of(&Request::get(path), &space)
    }

    #[test]
    fn a_file_has_a_page_in_backlog() {
        for (path, page) in [
            ("issues/A-1/attachments/5", "/view/A-1"),
            (
                "issues/12/attachments/5",
                "/ViewAttachment.action?attachmentId=5",
            ),
            ("wikis/7/attachments/5", "/alias/wiki/7"),
            (
                "projects/A/git/repositories/my repo/pullRequests/3/attachments/5",
                "/git/A/my%20repo/pullRequests/3",
            ),
            (
                "projects/1/git/repositories/2/pullRequests/3/attachments/5",
                "",
            ),
            ("documents/0199/attachments/5", ""),
            (
                "projects/A/files/9",
                "/ViewSharedFile.action?projectKey=A&sharedFileId=9",
            ),
            ("projects/A/image", "/projects/A"),
            ("users/7/icon", ""),
            ("space/image", ""),
        ] {
            let expected = format!("https://acme.backlog.com{page}");
            assert_eq!(place(path).page(), expected, "{path}");
        }
    }

    #[test]
    fn an_issue_is_named_as_the_caller_gave_it() {
        for (path, expected) in [
            (
                "issues/A-1/attachments/5",
                json!({"attachmentId": 5, "issueIdOrKey": "A-1"}),
            ),
            (
                "issues/12/attachments/5",
                json!({"attachmentId": 5, "issueIdOrKey": 12}),
            ),
            ("wikis/7/attachments/5", json!({})),
        ] {
            assert_eq!(Value::Object(place(path).facts()), expected);
        }
    }

    #[test]
    fn an_address_names_the_file() {
        let place = place("issues/A-1/attachments/5");
        assert_eq!(place.stem(), "attachment-5");
        assert_eq!(
            place.uri("図 1.txt"),
            "backlog://attachments/acme.backlog.com/issues/A-1/attachments/5/%E5%9B%B3%201.txt"
        );
    }
}
