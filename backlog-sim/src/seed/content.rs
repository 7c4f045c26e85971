//! The seeded wiki pages, documents, repositories, pull requests and links.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{
    dates::at,
    ids::{DANIEL, HARBOR, HARUKA, KENTA, KURA, MAJA, OPS, document, repository},
};
use crate::{
    model::{Comment, Document, Id, PullRequest, Repository, Tag, Wiki},
    state::State,
};

const FIRST_WIKI: Id = 640_011;
const FIRST_PULL_REQUEST: Id = 20_441;
const FIRST_PULL_REQUEST_COMMENT: Id = 9_902_101;

/// Project, writer, name, tags, texts: the versions of the page, oldest first.
type WikiRow = (
    Id,
    Id,
    &'static str,
    &'static [(Id, &'static str)],
    &'static [&'static str],
);

#[rustfmt::skip]
const WIKIS: [WikiRow; 6] = [
    (HARBOR, HARUKA, "Home", &[], &["# Harbor booking portal\n\nStart with [[Runbook/Deployment]].", "# Harbor booking portal\n\nStart with [[Runbook/Deployment]]. Questions: #harbor."]),
    (HARBOR, DANIEL, "Runbook/Deployment", &[(4101, "runbook")], &["1. Check the berth constraint migration.\n2. Roll out one pod at a time."]),
    (HARBOR, MAJA, "Runbook/Refunds", &[(4101, "runbook"), (4102, "payments")], &["Refunds are claimed in one statement; see HARBOR-3."]),
    (KURA, KENTA, "Home", &[], &["* 倉庫管理システム\n用語集と棚卸し手順はここから。"]),
    (KURA, KENTA, "棚卸し手順", &[(4111, "手順")], &["# 出荷を止める\n# 在庫を確定する", "# 出荷を止める\n# 在庫を確定する\n# 差異を記録する"]),
    (OPS, MAJA, "On call", &[], &["Monday to Monday, hand-over at 10:00."]),
];

/// Id, project, parent, title, emoji, text.
type DocumentRow = (
    &'static str,
    Id,
    Option<&'static str>,
    &'static str,
    Option<&'static str>,
    &'static str,
);

#[rustfmt::skip]
const DOCUMENTS: [DocumentRow; 5] = [
    (document::LAUNCH_PLAN, HARBOR, None, "Launch plan", Some("🚢"), "Launch plan\nThree harbours in November, the rest in January."),
    (document::OPEN_QUESTIONS, HARBOR, Some(document::LAUNCH_PLAN), "Open questions", None, "Who answers the phone at night?"),
    ("0199c5d07a1e7f0b9d3f5a6b7c8d9e03", HARBOR, None, "Glossary", None, "Berth: a place for one boat."),
    ("0199c5d07a1e7f0b9d3f5a6b7c8d9e11", KURA, None, "議事録 2026-10", Some("📝"), "検証環境は月末まで。"),
    ("0199c5d07a1e7f0b9d3f5a6b7c8d9e21", OPS, None, "Supplier contacts", None, "Switches: see the contract folder."),
];

#[rustfmt::skip]
const REPOSITORIES: [(Id, Id, &str, &str); 3] = [
    (repository::PORTAL, HARBOR, "portal", "The booking portal"),
    (repository::GATEWAY, HARBOR, "gateway.client", "Client of the card payment gateway"),
    (repository::KURA_WEB, KURA, "kura-web", "倉庫の画面"),
];

/// Repository, number, status, writer, assignee, issue, summary, branch, comments.
type PullRequestRow = (
    Id,
    u32,
    Id,
    Id,
    Option<Id>,
    Option<&'static str>,
    &'static str,
    &'static str,
    &'static [(Id, &'static str)],
);

#[rustfmt::skip]
const PULL_REQUESTS: [PullRequestRow; 5] = [
    (repository::PORTAL, 1, 3, DANIEL, Some(MAJA), Some("HARBOR-3"), "Claim a refund once", "fix/refund", &[(MAJA, "Looks right to me."), (DANIEL, "Merged.")]),
    (repository::PORTAL, 2, 1, MAJA, Some(DANIEL), Some("HARBOR-1"), "Ask for the date at midnight", "fix/midnight", &[(DANIEL, "Could the timer use the harbour's own time?"), (MAJA, "直しました。")]),
    (repository::PORTAL, 3, 1, DANIEL, None, Some("HARBOR-16"), "Constraint for berths", "feature/berth-once", &[]),
    (repository::GATEWAY, 1, 2, KENTA, Some(DANIEL), None, "Try the sandbox", "sandbox", &[(KENTA, "Closed: keys have changed.")]),
    (repository::KURA_WEB, 1, 1, KENTA, Some(HARUKA), Some("KURA-1"), "ロックの順序を揃える", "fix/lock-order", &[(HARUKA, "確認します。")]),
];

const RELATED: [(&str, &str); 2] = [("HARBOR-1", "HARBOR-15"), ("KURA-1", "KURA-10")];

pub(super) fn fill(state: &mut State) {
    wikis(state);
    documents(state);
    for (place, (id, project_id, name, description)) in (0..).zip(REPOSITORIES) {
        let created = at(2026, 7, 1, 3) + TimeDelta::days(i64::from(place));
        let repository = Repository {
            id,
            project_id,
            name: name.to_owned(),
            description: Some(description.to_owned()),
            display_order: place,
            created_user: HARUKA,
            created,
            pushed_at: Some(created + TimeDelta::days(90)),
        };
        state.repositories.insert(id, repository);
    }
    pull_requests(state);
    for (one, other) in RELATED {
        let (one, other) = (state.issue_keys[one], state.issue_keys[other]);
        state.related.insert((one.min(other), one.max(other)));
    }
}

fn wikis(state: &mut State) {
    for (id, (project_id, writer, name, tags, texts)) in (FIRST_WIKI..).zip(WIKIS) {
        let created = at(2026, 8, 20, 1) + TimeDelta::days(days(id - FIRST_WIKI));
        let tag = |(id, name): &(Id, &str)| Tag {
            id: *id,
            name: (*name).to_owned(),
        };
        let mut wiki = Wiki {
            id,
            project_id,
            name: name.to_owned(),
            content: String::new(),
            tags: tags.iter().map(tag).collect(),
            attachments: Vec::new(),
            shared_files: BTreeSet::new(),
            created_user: writer,
            created,
            updated_user: writer,
            updated: created,
            history: Vec::new(),
        };
        for (later, text) in (0..).zip(texts) {
            let now = created + TimeDelta::days(7 * later);
            wiki.write(name.to_owned(), (*text).to_owned(), writer, now);
        }
        state.wikis.insert(id, wiki);
    }
}

fn documents(state: &mut State) {
    for (place, (id, project_id, parent, title, emoji, text)) in (0..).zip(DOCUMENTS) {
        let created = at(2026, 9, 20, 5) + TimeDelta::days(place);
        state.documents.push(Document {
            id: id.to_owned(),
            project_id,
            parent: parent.map(str::to_owned),
            title: title.to_owned(),
            plain: text.to_owned(),
            emoji: emoji.map(str::to_owned),
            tags: Vec::new(),
            attachments: Vec::new(),
            comments: Vec::new(),
            created_user: HARUKA,
            created,
            updated_user: DANIEL,
            updated: created + TimeDelta::hours(30),
        });
    }
}

fn pull_requests(state: &mut State) {
    let mut comment_id = FIRST_PULL_REQUEST_COMMENT;
    for (id, row) in (FIRST_PULL_REQUEST..).zip(PULL_REQUESTS) {
        let (repository_id, number, status, writer, assignee, issue, summary, branch, texts) = row;
        let created = at(2026, 10, 12, 6) + TimeDelta::days(days(id - FIRST_PULL_REQUEST));
        let mut pull_request = PullRequest {
            id,
            project_id: state.repositories[&repository_id].project_id,
            repository_id,
            number,
            summary: summary.to_owned(),
            description: issue.map_or_else(String::new, |key| format!("See {key}.")),
            base: "main".to_owned(),
            branch: branch.to_owned(),
            status,
            assignee,
            issue: issue.map(|key| state.issue_keys[key]),
            closed: (status > 1).then(|| created + TimeDelta::days(3)),
            attachments: Vec::new(),
            created_user: writer,
            created,
            updated_user: writer,
            updated: created,
            comments: Vec::new(),
        };
        for (writer, text) in texts {
            pull_request.updated += TimeDelta::hours(4);
            pull_request.updated_user = *writer;
            pull_request.comments.push(Comment {
                id: comment_id,
                ..Comment::new(Some((*text).to_owned()), *writer, pull_request.updated)
            });
            comment_id += 1;
        }
        state.pull_requests.insert(id, pull_request);
    }
}

fn days(place: Id) -> i64 {
    i64::try_from(place).unwrap_or(0)
}
