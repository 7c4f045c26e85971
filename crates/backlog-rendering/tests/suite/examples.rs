//! Things as Backlog's API returns them.

use backlog_rendering::Renderer;
use serde_json::{Value, json};

pub(crate) fn renderer() -> Renderer {
    Renderer::new("https://acme.backlog.com/", chrono_tz::Asia::Tokyo)
}

fn user(id: u32, login: &str, name: &str, role: u8) -> Value {
    json!({
        "id": id, "userId": login, "name": name, "roleType": role, "lang": "ja",
        "nulabAccount": {"nulabId": "q7Zt31bXw0nPvR5c", "name": name, "uniqueId": login},
        "mailAddress": format!("{login}@acme.example"), "lastLoginTime": "2026-10-02T00:41:17Z",
    })
}

pub(crate) fn haruka() -> Value {
    user(40217, "h.sato", "佐藤 遥", 2)
}

pub(crate) fn ren() -> Value {
    user(40233, "r.okabe", "Ren Okabe", 1)
}

pub(crate) fn lena() -> Value {
    user(40555, "l.vogt", "Lena Vogt", 5)
}

pub(crate) fn project() -> Value {
    json!({
        "id": 88120, "projectKey": "RIVER", "name": "River portal", "chartEnabled": false,
        "subtaskingEnabled": true, "useWiki": true, "textFormattingRule": "markdown",
        "archived": false, "displayOrder": 3,
    })
}

pub(crate) fn milestone() -> Value {
    json!({
        "id": 73310, "projectId": 88120, "name": "2026.11", "description": "秋のリリース",
        "startDate": "2026-10-01T00:00:00Z", "releaseDueDate": "2026-11-20T00:00:00Z",
        "archived": false, "displayOrder": 5,
    })
}

pub(crate) fn attachment() -> Value {
    json!({
        "id": 660_418, "name": "trace.log", "size": 20481, "createdUser": lena(),
        "created": "2026-10-01T18:12:30Z",
    })
}

fn custom_fields() -> Value {
    let safari = json!({"id": 2, "name": "Safari", "displayOrder": 1});
    let chrome = json!({"id": 3, "name": "Chrome", "displayOrder": 2});
    json!([
        {"id": 92010, "fieldTypeId": 1, "name": "Ticket ref", "value": "HD-882"},
        {"id": 92011, "fieldTypeId": 2, "name": "再現手順", "value": "1. 開く\n2. 待つ"},
        {"id": 92012, "fieldTypeId": 3, "name": "Users hit", "value": 42.5},
        {"id": 92013, "fieldTypeId": 4, "name": "Found on", "value": "2026-09-30T15:00:00Z"},
        {"id": 92014, "fieldTypeId": 5, "name": "Severity", "value": {"id": 1, "name": "S1", "displayOrder": 0}},
        {"id": 92015, "fieldTypeId": 6, "name": "Browsers", "value": [safari, chrome]},
        {"id": 92016, "fieldTypeId": 7, "name": "Checks", "value": [safari], "otherValue": "読み上げ"},
        {"id": 92017, "fieldTypeId": 8, "name": "Channel", "value": null, "otherValue": null},
    ])
}

pub(crate) fn issue() -> Value {
    json!({
        "id": 5_520_187, "projectId": 88120, "issueKey": "RIVER-7", "keyId": 7,
        "issueType": {"id": 301_455, "projectId": 88120, "name": "バグ", "color": "#990000", "displayOrder": 1},
        "summary": "Safari でログインがループする",
        "description": "Cookie の変更後に起きる。\n\n```\nGET /login 302\n```\n",
        "resolution": null, "priority": {"id": 3, "name": "中"},
        "status": {"id": 2, "projectId": 88120, "name": "処理中", "color": "#4488c5", "displayOrder": 2000},
        "assignee": haruka(), "category": [{"id": 51702, "name": "Login", "displayOrder": 0}],
        "versions": [], "milestone": [milestone()],
        "startDate": null, "dueDate": "2026-10-20T00:00:00Z",
        "estimatedHours": 4.0, "actualHours": 2.5, "parentIssueId": 5_520_001,
        "createdUser": lena(), "created": "2026-09-29T23:11:02Z",
        "updatedUser": haruka(), "updated": "2026-10-02T01:22:45Z",
        "customFields": custom_fields(), "attachments": [attachment()],
        "sharedFiles": [{
            "id": 77120, "type": "file", "dir": "/specs/", "name": "画面遷移.pdf", "size": 99120,
            "createdUser": ren(), "created": "2026-09-14T02:00:00Z", "updatedUser": null, "updated": null,
        }],
        "stars": [{"id": 12009, "comment": null, "url": "https://acme.backlog.com/view/RIVER-7", "title": "t", "presenter": ren(), "created": "2026-10-02T01:00:00Z"}],
    })
}

/// An issue with nothing but what every issue has.
pub(crate) fn bare_issue() -> Value {
    json!({
        "id": 5_520_001, "projectId": 88120, "issueKey": "RIVER-1", "keyId": 1,
        "issueType": {"id": 301_456, "name": "Task"}, "summary": "Login | 2026", "description": "",
        "resolution": null, "priority": {"id": 2, "name": "高"}, "status": {"id": 1, "name": "未対応"},
        "assignee": null, "category": [], "versions": [], "milestone": [], "startDate": null,
        "dueDate": null, "estimatedHours": null, "actualHours": null, "parentIssueId": null,
        "createdUser": ren(), "created": "2026-09-01T03:00:00Z",
        "updatedUser": ren(), "updated": "2026-09-01T03:00:00Z",
        "customFields": [], "attachments": [], "sharedFiles": [], "stars": [],
    })
}

/// Comments as Backlog returns them, newest first.
pub(crate) fn comments() -> Vec<Value> {
    vec![
        json!({
            "id": 9_901_240, "content": "18.1 で再現しました。", "changeLog": [],
            "createdUser": lena(), "created": "2026-10-02T03:00:00Z", "updated": "2026-10-02T03:00:00Z",
            "stars": [], "notifications": [],
        }),
        json!({
            "id": 9_901_234, "content": null,
            "changeLog": [
                {"field": "status", "newValue": "処理中", "originalValue": "未対応", "attachmentInfo": null, "attributeInfo": null, "notificationInfo": null},
                {"field": "assigner", "newValue": "佐藤 遥", "originalValue": null},
                {"field": "limitDate", "newValue": "2026-10-20", "originalValue": null},
                {"field": "description", "newValue": "new\ntext", "originalValue": "old"},
                {"field": "attachment", "newValue": "trace.log", "originalValue": null, "attachmentInfo": {"id": 660_418, "name": "trace.log"}},
                {"field": "Severity", "newValue": "S1", "originalValue": "S2", "attributeInfo": {"id": 92014, "typeId": "5"}},
            ],
            "createdUser": haruka(), "created": "2026-10-02T01:22:45Z", "updated": "2026-10-02T01:22:45Z",
            "stars": [{"id": 1, "presenter": ren()}],
            "notifications": [{"id": 41008, "alreadyRead": false, "reason": 2, "user": ren(), "resourceAlreadyRead": false}],
        }),
    ]
}

pub(crate) fn wiki() -> Value {
    json!({
        "id": 640_022, "projectId": 88120, "name": "運用/手順書", "content": "# 再起動\n\n1. 止める\n2. 待つ\n",
        "tags": [{"id": 4, "name": "ops"}, {"id": 5, "name": "手順"}], "attachments": [attachment()],
        "sharedFiles": [], "stars": [], "createdUser": haruka(), "created": "2026-02-01T00:00:00Z",
        "updatedUser": lena(), "updated": "2026-09-01T00:00:00Z",
    })
}

pub(crate) fn document() -> Value {
    let tree = json!({"type": "doc", "content": [
        {"type": "heading", "attrs": {"level": 1}, "content": [{"type": "text", "text": "公開計画"}]},
        {"type": "bulletList", "content": [
            {"type": "listItem", "content": [{"type": "paragraph", "content": [{"type": "text", "text": "準備", "marks": [{"type": "bold"}]}]}]},
        ]},
    ]});
    json!({
        "id": "0199c5d07a1e7f0b9d3f5a6b7c8d9e01", "projectId": 88120, "title": "Launch plan",
        "plain": "公開計画\n準備", "json": tree.to_string(), "statusId": 1, "emoji": null, "attachments": [],
        "tags": [{"id": 11, "name": "guide"}], "createdUser": haruka(), "created": "2026-09-20T05:00:00Z",
        "updatedUser": haruka(), "updated": "2026-09-28T05:00:00Z", "childDocumentIds": ["a", "b"],
    })
}

pub(crate) fn document_comment() -> Value {
    json!({
        "id": "c-91", "documentId": "0199c5d07a1e7f0b9d3f5a6b7c8d9e01", "statusId": "1",
        "content": "{}", "plain": "よいと思います", "commentType": "inline",
        "created": "2026-10-01T00:00:00Z", "createdUser": haruka(),
        "replies": [{
            "id": "r-1", "documentId": "0199c5d07a1e7f0b9d3f5a6b7c8d9e01", "commentId": "c-91",
            "content": "{}", "plain": "Thanks", "created": "2026-10-01T02:00:00Z",
            "createdUser": lena(),
        }],
    })
}

pub(crate) fn pull_request() -> Value {
    json!({
        "id": 20441, "projectId": 88120, "repositoryId": 3307, "number": 15, "summary": "Fix cookie loop",
        "description": "See RIVER-7", "base": "main", "branch": "fix/cookie",
        "status": {"id": 3, "name": "Merged"}, "assignee": haruka(), "issue": bare_issue(),
        "baseCommit": null, "branchCommit": null, "mergeCommit": null,
        "closeAt": "2026-10-03T16:00:00Z", "mergeAt": "2026-10-03T16:00:00Z",
        "createdUser": ren(), "created": "2026-10-02T02:00:00Z",
        "updatedUser": ren(), "updated": "2026-10-03T16:00:00Z", "attachments": [], "stars": [],
    })
}

pub(crate) fn notifications() -> Vec<Value> {
    vec![
        json!({
            "id": 980_014, "alreadyRead": false, "reason": 2, "resourceAlreadyRead": false,
            "project": project(), "issue": issue(), "comment": comments()[0], "pullRequest": null,
            "pullRequestComment": null, "sender": lena(), "created": "2026-10-02T03:00:01Z",
        }),
        json!({
            "id": 980_013, "alreadyRead": false, "reason": 10, "resourceAlreadyRead": false,
            "project": project(), "issue": null, "comment": null, "pullRequest": pull_request(),
            "pullRequestComment": null, "repository": {"id": 3307, "name": "portal", "description": null},
            "sender": ren(), "created": "2026-10-02T02:00:01Z",
        }),
        json!({
            "id": 980_012, "alreadyRead": true, "reason": 1, "resourceAlreadyRead": true,
            "project": project(), "issue": issue(), "comment": comments()[1], "pullRequest": null,
            "sender": haruka(), "created": "2026-10-02T01:22:46Z",
        }),
        json!({
            "id": 980_011, "alreadyRead": false, "reason": 6, "project": project(), "issue": null,
            "sender": ren(), "created": "2026-09-01T00:00:00Z",
        }),
        json!({
            "id": 980_010, "alreadyRead": false, "reason": 77, "project": project(), "document": document(),
            "documentComment": {"id": "c-91", "content": "{}", "plain": "いいね"},
            "sender": ren(), "created": "2026-09-01T00:00:00Z",
        }),
    ]
}

/// Activities with content of these types.
pub(crate) fn activities(contents: Vec<(u8, Value)>) -> Vec<Value> {
    let activities = contents.into_iter().map(|(kind, content)| {
        json!({
            "id": 33_440_012, "project": project(), "type": kind, "content": content,
            "notifications": [], "createdUser": haruka(), "created": "2026-10-02T01:22:45Z",
        })
    });
    activities.collect()
}
