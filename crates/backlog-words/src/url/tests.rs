use super::*;

const SPACE: &str = "acme.backlog.com";

fn found(path: &str) -> Page {
    let url = format!("https://{SPACE}{path}");
    read(&url, SPACE).expect(path).expect(path)
}

fn harbor(number: i64, comment: Option<i64>) -> Page {
    Page::Issue {
        key: key::issue(&format!("HARBOR-{number}")).unwrap(),
        comment,
    }
}

#[test]
fn an_issue_has_many_addresses() {
    for text in [
        "https://acme.backlog.com/view/HARBOR-12",
        "https://acme.backlog.com/view/harbor-12?tab=1",
        "http://ACME.backlog.com/view/HARBOR-12/",
        "HTTPS://acme.backlog.com/view/HARBOR-12",
        "acme.backlog.com/view/HARBOR-12",
        "<https://acme.backlog.com/view/HARBOR-12>",
        "「https://acme.backlog.com/view/HARBOR-12」。",
        "[HARBOR-12](https://acme.backlog.com/view/HARBOR-12)",
        "　ｈｔｔｐｓ：／／acme.backlog.com/view/HARBOR-12",
        "backlog://acme.backlog.com/issues/HARBOR-12",
    ] {
        assert_eq!(read(text, SPACE), Some(Ok(harbor(12, None))), "{text}");
    }
    assert_eq!(found("/view/HARBOR-12#comment-34"), harbor(12, Some(34)));
}

#[test]
fn every_page_of_a_project_names_it() {
    for page in ["projects", "dashboard"] {
        let project = found(&format!("/{page}/harbor"));
        assert_eq!(project, Page::Project("HARBOR".into()), "{page}");
    }
    for (place, view) in VIEWS {
        let expected = Page::View {
            project: "HARBOR".into(),
            view,
        };
        assert_eq!(found(&format!("/{place}/harbor")), expected, "{place}");
    }
    for path in [
        "/find/HARBOR?statusId=1",
        "/add/HARBOR/",
        "/burndown/HARBOR/7",
    ] {
        assert!(matches!(found(path), Page::View { .. }), "{path}");
    }
}

#[test]
fn a_page_of_a_repository_is_a_pull_request_or_the_repository() {
    for path in [
        "/git/HARBOR/portal",
        "/git/HARBOR/portal/tree/main/src",
        "/git/HARBOR/portal/blob/main/README.md",
        "/git/HARBOR/portal/commit/0a9f",
        "/git/HARBOR/portal/pullRequests",
        "/git/HARBOR/portal/pullRequests/add/main...fix",
    ] {
        let repository = Page::Repository {
            project: "HARBOR".into(),
            name: "portal".into(),
        };
        assert_eq!(found(path), repository, "{path}");
    }
    let page = found("/git/HARBOR/portal/pullRequests/2/diff");
    assert!(matches!(page, Page::PullRequest { .. }));
}

#[test]
fn the_pages_of_users_are_read() {
    assert_eq!(found("/user/h.sato"), Page::User("h.sato".into()));
    for path in ["", "/", "/dashboard", "/notifications"] {
        assert_eq!(found(path), Page::Home, "{path}");
    }
}

#[test]
fn a_path_keeps_its_characters() {
    assert_eq!(
        found("/wiki/HARBOR/%E6%89%8B%E9%A0%86/%EF%BE%83%EF%BD%BD%EF%BE%84"),
        Page::WikiByName {
            project: "HARBOR".into(),
            name: "手順/ﾃｽﾄ".into()
        }
    );
    let page = found("/wiki/HARBOR/Home (old)");
    assert!(matches!(page, Page::WikiByName { name, .. } if name == "Home (old)"));
    let folder = found("/file/HARBOR/docs/");
    assert!(matches!(folder, Page::SharedPath { path, .. } if path == "docs/"));
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
        let error = read(text, SPACE).expect(text).expect_err(text).to_string();
        assert!(error.contains("for the space acme.backlog.com"), "{error}");
    }
}

#[test]
fn a_url_without_an_item_is_an_error() {
    for text in [
        "https://acme.backlog.com/view/..%2Fprojects",
        "https://acme.backlog.com/view/%2e%2e/HARBOR-12",
        "https://acme.backlog.com/user/..%2Fadmin",
        "https://acme.backlog.com/settings/7",
        "https://acme.backlog.com/git/HARBOR/portal/pullRequests/0",
        "https://acme.backlog.com/git/HARBOR/%2e%2e%2fx",
        "https://acme.backlog.com/alias/wiki/0",
        "https://acme.backlog.com/ViewAttachment.action?attachmentId=x",
        "ftp://acme.backlog.com/view/HARBOR-12",
        "backlog://acme.backlog.com/users/1",
    ] {
        assert!(read(text, SPACE).expect(text).is_err(), "{text}");
    }
    for text in ["HARBOR-12", "see ://", "acme.backlog.com", "a b://c", ""] {
        assert!(read(text, SPACE).is_none(), "{text}");
    }
}

#[test]
fn an_item_has_a_description() {
    for (path, what, project) in [
        ("/view/HARBOR-12", "an issue", Some("HARBOR")),
        (
            "/view/HARBOR-12#comment-3",
            "a comment on an issue",
            Some("HARBOR"),
        ),
        ("/alias/wiki/7", "a wiki page", None),
        ("/document/harbor/0a9f", "a document", Some("HARBOR")),
        (
            "/git/HARBOR/portal/tree/main",
            "a repository",
            Some("HARBOR"),
        ),
        (
            "/git/HARBOR/portal/pullRequests/2",
            "a pull request",
            Some("HARBOR"),
        ),
        ("/file/HARBOR/a.txt", "a shared file", Some("HARBOR")),
        (
            "/downloadAttachment/5/a.txt",
            "a file attached to an issue",
            None,
        ),
    ] {
        let page = found(path);
        assert_eq!((page.what(), page.project()), (what, project), "{path}");
    }
}
