use super::*;

fn space() -> BacklogUrl {
    BacklogUrl::parse("https://acme.backlog.com").unwrap()
}

fn read(text: &str, is_named: bool) -> Result<String, String> {
    let Reference {
        item,
        options,
        comment,
    } = Reference::read(text, &space(), is_named)?;
    let kind = match &item {
        Item::Named { project, .. } => format!("page of {project:?} "),
        Item::SharedPath { .. } => "path ".to_owned(),
        _ => String::new(),
    };
    let comment = comment.map(|id| format!(" comment {id}"));
    Ok(format!(
        "{kind}{item}{options}{}",
        comment.unwrap_or_default()
    ))
}

const DOCUMENT: &str = "0199c5d07a1e7f0b9d3f5a6b7c8d9e01";

#[test]
fn every_form_names_one_thing() {
    let document = format!("document:{DOCUMENT}");
    for (text, is_named, expected) in [
        ("harbor-12", true, "HARBOR-12"),
        ("[HARBOR-12]", false, "HARBOR-12"),
        ("HARBOR-12#offset=8000", false, "HARBOR-12#offset=8000"),
        ("wiki:640012", false, "wiki:640012"),
        (
            "Wiki:640012#section=Roll+back&offset=9",
            false,
            "wiki:640012#section=Roll+back&offset=9",
        ),
        (DOCUMENT, false, &document),
        (&document, true, &document),
        ("HARBOR/portal#2", true, "HARBOR/portal#2"),
        ("harbor/portal/2", false, "HARBOR/portal#2"),
        (
            "HARBOR/portal#2#comments=5&offset=10",
            false,
            "HARBOR/portal#2#comments=5&offset=10",
        ),
        ("HARBOR-12/file/7", false, "HARBOR-12/file/7"),
        ("HARBOR/portal#2/file/7", false, "HARBOR/portal#2/file/7"),
        ("wiki:5/file/7#offset=3", false, "wiki:5/file/7#offset=3"),
        ("harbor/file/7", false, "HARBOR/file/7"),
        (
            "https://acme.backlog.com/view/HARBOR-12#comment-34",
            false,
            "HARBOR-12 comment 34",
        ),
        ("https://acme.backlog.com/alias/wiki/5", false, "wiki:5"),
        (
            "acme.backlog.com/wiki/HARBOR/Runbook/Deployment",
            false,
            "page of Some(\"HARBOR\") Runbook/Deployment",
        ),
        (
            "https://acme.backlog.com/git/HARBOR/portal/pullRequests/2#comment-9",
            false,
            "HARBOR/portal#2 comment 9",
        ),
        (
            "https://acme.backlog.com/file/HARBOR/designs/a.txt",
            false,
            "path HARBOR/designs/a.txt",
        ),
        ("Sprint 12", true, "page of None Sprint 12"),
        ("Sprint 12", false, "SPRINT-12"),
        ("C# tips = good", true, "page of None C# tips = good"),
        ("棚卸し手順", true, "page of None 棚卸し手順"),
        ("640012", false, "page of None 640012"),
    ] {
        assert_eq!(read(text, is_named).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_cannot_be_fetched_is_an_error() {
    for (text, expected) in [
        (
            "https://evil.example/view/HARBOR-12",
            "the URL is of \"evil.example\"",
        ),
        (
            "https://acme.backlog.com/ViewAttachment.action?attachmentId=5",
            "PROJ-12/file/5",
        ),
        ("HARBOR-12#offset=x", "offset: expected a number"),
        ("HARBOR-12#offset=-1", "offset: expected a number"),
    ] {
        let error = read(text, false).unwrap_err();
        assert!(error.contains(expected), "{text}: {error}");
    }
}

/// Each form of a URL is a thing, or is refused with the tool that reads what it shows.
#[test]
fn every_url_of_a_space_leads_somewhere() {
    for (path, expected) in [
        ("/view/harbor-12", "HARBOR-12"),
        ("/view/HARBOR-12#comment-34", "HARBOR-12 comment 34"),
        ("/alias/wiki/5", "wiki:5"),
        ("/wiki/HARBOR/Home", "page of Some(\"HARBOR\") Home"),
        (
            "/document/HARBOR/0199c5d07a1e7f0b9d3f5a6b7c8d9e01",
            "document:0199c5d07a1e7f0b9d3f5a6b7c8d9e01",
        ),
        ("/git/HARBOR/portal/pullRequests/2", "HARBOR/portal#2"),
        ("/git/HARBOR/portal/pullRequests/2/diff", "HARBOR/portal#2"),
        ("/file/HARBOR/designs/a.txt", "path HARBOR/designs/a.txt"),
        (
            "/ViewSharedFile.action?projectKey=HARBOR&sharedFileId=7",
            "HARBOR/file/7",
        ),
    ] {
        let url = format!("https://acme.backlog.com{path}");
        assert_eq!(read(&url, false).as_deref(), Ok(expected), "{path}");
    }
    for (path, expected) in [
        ("/projects/HARBOR", "project_info with project HARBOR"),
        ("/dashboard/HARBOR", "project_info with project HARBOR"),
        ("/find/HARBOR?statusId=1", "find_issues with project HARBOR"),
        ("/board/HARBOR", "find_issues with project HARBOR"),
        ("/gantt/HARBOR", "find_issues with project HARBOR"),
        ("/add/HARBOR", "find_issues with project HARBOR"),
        ("/wiki/HARBOR", "get_wiki_pages"),
        ("/document/HARBOR", "get_document_tree"),
        ("/git/HARBOR", "pull_requests with project HARBOR"),
        ("/git/HARBOR/portal", "repository portal"),
        ("/git/HARBOR/portal/pullRequests", "repository portal"),
        ("/git/HARBOR/portal/tree/main/src", "use git"),
        ("/git/HARBOR/portal/blob/main/a.rs", "use git"),
        ("/git/HARBOR/portal/commit/0a9f", "use git"),
        ("/file/HARBOR", "get_shared_files"),
        ("/file/HARBOR/designs/", r#""path":"designs""#),
        ("/alias/file/7", "PROJ/file/7"),
        ("/downloadAttachment/5/a.txt", "PROJ-12/file/5"),
        ("/ViewWikiAttachment.action?attachmentId=5", "/file/5"),
        ("/burndown/HARBOR/7", "report with about milestone"),
        ("/subversion/HARBOR", "Subversion is not in"),
        ("/rev/HARBOR/12", "Subversion is not in"),
        ("/user/h.sato", "person h.sato"),
        ("/dashboard", "inbox"),
        ("/notifications", "inbox"),
        ("/", "inbox"),
        ("/settings/7", "does not name anything"),
    ] {
        let url = format!("https://acme.backlog.com{path}");
        let error = read(&url, false).expect_err(path);
        assert!(error.contains(expected), "{path}: {error}");
    }
}

#[test]
fn an_id_that_is_written_is_read_as_the_same_thing() {
    for id in [
        "HARBOR-12",
        "wiki:5",
        &format!("document:{DOCUMENT}"),
        "HARBOR/gateway.client#1",
        "HARBOR/gateway.client#1/file/3",
        "HARBOR/file/3",
    ] {
        let options = Options {
            comments: Some(5),
            before: Some(6),
            section: Some("A & B #1 = 港".to_owned()),
            offset: Some(7),
        };
        let text = format!("{id}{options}");
        let read = Reference::read(&text, &space(), true).unwrap();
        assert_eq!(
            (read.item.to_string(), read.options),
            (id.to_owned(), options)
        );
    }
}
