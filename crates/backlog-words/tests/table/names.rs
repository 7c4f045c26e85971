//! Names, keys and URLs with their meanings.

use backlog_words::{
    key,
    matching::{self, Candidate, Fit},
    person::{self, Person},
    url::{self, Page},
};

use crate::{check, text_of};

const USERS: &[(&str, &str)] = &[
    ("me", "me"),
    ("@me", "me"),
    ("Myself", "me"),
    ("自分", "me"),
    ("私", "me"),
    ("nobody", "nobody"),
    ("unassigned", "nobody"),
    ("未割り当て", "nobody"),
    ("なし", "nobody"),
    ("none", "nobody"),
    ("123", "id 123"),
    ("１２３", "id 123"),
    ("H.Sato@example.com", "mail h.sato@example.com"),
    ("佐藤 遥 <h.sato@example.com>", "mail h.sato@example.com"),
    ("佐藤 遥", "佐藤 遥"),
    ("佐藤さん", "佐藤"),
    ("山口健太様", "山口健太"),
    ("鈴木 氏", "鈴木"),
    ("@m.lindqvist", "m.lindqvist"),
    ("@佐藤さん", "佐藤"),
    ("Sato-san", "Sato"),
    ("Ｍａｊａ", "Maja"),
];

#[test]
fn users() {
    check(USERS, |text| match person::read(text) {
        Ok(Person::Me) => "me".to_owned(),
        Ok(Person::Nobody) => "nobody".to_owned(),
        Ok(Person::Id(id)) => format!("id {id}"),
        Ok(Person::Mail(mail)) => format!("mail {mail}"),
        Ok(Person::Named { bare, .. }) => bare,
        Err(error) => error.to_string(),
    });
}

const NAMES: &[(&str, &str)] = &[
    ("1", "Harbor booking portal, by id"),
    ("#1", "Harbor booking portal, by id"),
    ("HARBOR", "Harbor booking portal"),
    ("harbor", "Harbor booking portal"),
    ("[ＨＡＲＢＯＲ]", "Harbor booking portal"),
    ("harbor  booking portal", "Harbor booking portal"),
    ("「港湾 管理」", "港湾 管理"),
    ("港湾管理", "港湾 管理"),
    ("booking", "Harbor booking portal, by a part"),
    ("湾管", "港湾 管理, by a part"),
    (
        "harbr",
        "unknown project \"harbr\"; available, nearest first: \"Harbor booking portal\", \
         \"港湾 管理\", \"Operations\"",
    ),
];

#[test]
fn names() {
    let projects = [
        Candidate::new(1, "Harbor booking portal").with_words(["HARBOR"]),
        Candidate::new(2, "港湾 管理").with_words(["KOWAN"]),
        Candidate::new(3, "Operations").with_words(["OPS"]),
    ];
    check(NAMES, |text| {
        match matching::find("project", text, &projects) {
            Ok(found) => {
                let by = match found.fit {
                    Fit::Id => ", by id",
                    Fit::Name => "",
                    Fit::Part => ", by a part",
                };
                format!("{}{by}", found.candidate.name)
            }
            Err(error) => error.to_string(),
        }
    });
}

const ISSUES: &[(&str, &str)] = &[
    ("PROJ-12", "PROJ-12"),
    ("proj-12", "PROJ-12"),
    ("ＰＲＯＪ－１２", "PROJ-12"),
    ("#PROJ-12", "PROJ-12"),
    ("[PROJ-12]", "PROJ-12"),
    ("PROJ 12", "PROJ-12"),
    ("PROJ-012", "PROJ-12"),
    ("PROJ-12: Fix the crane", "PROJ-12"),
    (
        "PROJ-12, PROJ-13",
        "expected one issue key, received PROJ-12 and PROJ-13",
    ),
    (
        "PROJ-12 and PROJ-13",
        "expected one issue key, received PROJ-12 and PROJ-13",
    ),
    (
        "proj-12と proj-13",
        "expected one issue key, received PROJ-12 and PROJ-13",
    ),
    (
        "PROJ-12: blocked by OPS-3",
        "expected one issue key, received PROJ-12 and OPS-3",
    ),
];

const PROJECTS: &[(&str, &str)] = &[
    ("proj", "PROJ"),
    ("[ＰＲＯＪ]", "PROJ"),
    (
        "Harbor portal",
        "expected a project key such as PROJ, received \"Harbor portal\"",
    ),
];

const PULL_REQUESTS: &[(&str, &str)] = &[
    ("PROJ/repo#3", "PROJ/repo#3"),
    ("proj/my-repo/3", "PROJ/my-repo#3"),
    (
        "repo#3",
        "expected a pull request such as PROJ/repository#3, received \"repo#3\"",
    ),
];

#[test]
fn keys() {
    check(ISSUES, |text| text_of(key::issue(text)));
    check(PROJECTS, |text| text_of(key::project(text)));
    check(PULL_REQUESTS, |text| text_of(key::pull_request(text)));
}

const URLS: &[(&str, &str)] = &[
    ("https://acme.backlog.com/view/PROJ-12", "issue PROJ-12"),
    ("acme.backlog.com/view/proj-12", "issue PROJ-12"),
    (
        "https://acme.backlog.com/view/PROJ-12#comment-34",
        "issue PROJ-12, comment 34",
    ),
    ("https://acme.backlog.com/projects/PROJ", "project PROJ"),
    ("https://acme.backlog.com/board/proj?x=1", "Issues of PROJ"),
    ("https://acme.backlog.com/alias/wiki/7", "wiki 7"),
    ("https://acme.backlog.com/wiki/PROJ/Home", "wiki PROJ: Home"),
    (
        "https://acme.backlog.com/wiki/PROJ/%E6%89%8B%E9%A0%86/a%20b",
        "wiki PROJ: 手順/a b",
    ),
    (
        "https://acme.backlog.com/document/PROJ/0a9f",
        "document 0a9f",
    ),
    (
        "https://acme.backlog.com/git/PROJ/repo",
        "repository PROJ/repo",
    ),
    (
        "https://acme.backlog.com/git/PROJ/repo/pullRequests/3",
        "pull request PROJ/repo#3",
    ),
    (
        "https://acme.backlog.com/git/PROJ/repo/pullRequests/3#comment-4",
        "pull request PROJ/repo#3, comment 4",
    ),
    (
        "https://acme.backlog.com/file/PROJ/docs/a.txt",
        "shared file PROJ: docs/a.txt",
    ),
    ("https://acme.backlog.com/alias/file/9", "shared file 9"),
    (
        "https://acme.backlog.com/ViewSharedFile.action?projectKey=PROJ&sharedFileId=9",
        "shared file 9",
    ),
    (
        "https://acme.backlog.com/ViewAttachment.action?attachmentId=5",
        "file 5 of an issue",
    ),
    (
        "https://acme.backlog.com/downloadAttachment/5/log.txt",
        "file 5 of an issue",
    ),
    (
        "https://acme.backlog.com/ViewWikiAttachment.action?attachmentId=5",
        "file 5 of a wiki page",
    ),
    ("backlog://acme.backlog.com/wikis/7", "wiki 7"),
    (
        "https://other.backlog.com/view/PROJ-12",
        "the URL is of \"other.backlog.com\", but this call is for the space acme.backlog.com",
    ),
    (
        "https://acme.backlog.com/nowhere/PROJ",
        "the URL \"https://acme.backlog.com/nowhere/PROJ\" does not name anything that the tools \
         accept",
    ),
    ("https://acme.backlog.com/globalbar", "the user's own page"),
    ("PROJ-12", "not a URL"),
];

#[test]
fn urls() {
    check(URLS, |text| match url::read(text, "acme.backlog.com") {
        None => "not a URL".to_owned(),
        Some(Ok(page)) => described(&page),
        Some(Err(error)) => error.to_string(),
    });
}

fn described(page: &Page) -> String {
    let of = |comment: &Option<i64>| comment.map_or(String::new(), |id| format!(", comment {id}"));
    match page {
        Page::Project(key) => format!("project {key}"),
        Page::View { project, view } => format!("{view:?} of {project}"),
        Page::Home => "the user's own page".to_owned(),
        Page::Issue { key, comment } => format!("issue {key}{}", of(comment)),
        Page::Wiki(id) => format!("wiki {id}"),
        Page::WikiByName { project, name } => format!("wiki {project}: {name}"),
        Page::Document { id, .. } => format!("document {id}"),
        Page::Repository { project, name } => format!("repository {project}/{name}"),
        Page::PullRequest {
            pull_request,
            comment,
        } => format!("pull request {pull_request}{}", of(comment)),
        Page::SharedPath { project, path } => format!("shared file {project}: {path}"),
        Page::SharedFile { id, .. } => format!("shared file {id}"),
        Page::IssueAttachment(id) => format!("file {id} of an issue"),
        Page::WikiAttachment(id) => format!("file {id} of a wiki page"),
        page => format!("{page:?}"),
    }
}
