//! Activities.

use backlog_rendering::{NameKind, Names};
use serde_json::{Value, json};

use crate::examples::{activities, haruka, lena, renderer};

fn contents() -> Vec<(u8, Value)> {
    let issue = json!({"id": 5_520_187, "key_id": 7, "summary": "Login loops", "description": "…"});
    let mut changed = issue.clone();
    changed["comment"] = json!({"id": 1, "content": ""});
    changed["changes"] = json!([
        {"field": "status", "field_text": "状態", "old_value": "2", "new_value": "4", "type": "standard"},
        {"field": "assigner", "old_value": "", "new_value": "40217", "type": "standard"},
        {"field": "limitDate", "old_value": "", "new_value": "2026-10-20", "type": "standard"},
        {"field": "customField_92014", "field_text": "Severity", "old_value": "", "new_value": "S1", "type": "custom"},
    ]);
    let mut commented = issue.clone();
    commented["comment"] = json!({"id": 2, "content": "再現\nしました"});
    commented["attachments"] = json!([{"id": 660_418, "name": "trace.log", "size": 20481}]);
    let repository = json!({"id": 3307, "name": "portal", "description": null});
    let pull_request =
        json!({"id": 20441, "number": 15, "summary": "Fix loop", "repository": repository});
    let links: Vec<_> = (1..=12)
        .map(|number| json!({"id": number, "key_id": number, "title": "T"}))
        .collect();
    let revisions = json!([{"rev": "a1b2", "comment": "Fix loop\n\nSee RIVER-7"}]);
    vec![
        (1, issue.clone()),
        (2, changed),
        (3, commented),
        (4, json!({"id": 1, "key_id": 9})),
        (
            6,
            json!({"id": 640_022, "name": "運用/手順書", "content": "long", "diff": "+1", "version": 3}),
        ),
        (
            8,
            json!({"id": 77120, "dir": "/specs/", "name": "flow.pdf", "size": 99120}),
        ),
        (11, json!({"rev": 42, "comment": "Fix"})),
        (
            12,
            json!({"repository": repository, "ref": "refs/heads/main", "revision_count": 1, "revisions": revisions}),
        ),
        (13, json!({"repository": repository})),
        (
            14,
            json!({"tx_id": 1, "comment": {"content": "済み"}, "link": links, "changes": [{"field": "status", "new_value": "4", "type": "standard"}]}),
        ),
        (15, json!({"users": [haruka(), lena()], "comment": ""})),
        (18, pull_request),
        (
            22,
            json!({"id": 1, "name": "2026.11", "start_date": "2026-10-01", "reference_date": "2026-11-20"}),
        ),
        (25, json!({"parties": [{"id": 1, "name": "開発"}]})),
        (
            34,
            json!({"deletedStatus": {"name": "レビュー中"}, "link": []}),
        ),
        (36, json!({"id": "0199", "title": "Launch plan"})),
        (
            48,
            json!({"documents": [{"id": "a", "title": "A"}, {"id": "b", "title": "B"}]}),
        ),
        (99, json!({"title": "新しい"})),
        (99, json!({})),
    ]
}

#[test]
fn activities_say_what_was_done_on_which_thing() {
    let mut names = Names::default();
    names.add(
        NameKind::Status,
        &json!([{"id": 2, "name": "処理中"}, {"id": 4, "name": "完了"}]),
    );
    names.add(NameKind::Person, &json!([haruka()]));
    let renderer = renderer().with_names(names);
    insta::assert_snapshot!(renderer.activities(&activities(contents())), @r#"
    URL of an issue: https://acme.backlog.com/view/KEY

    - 2026-10-02 10:22 佐藤 遥 added issue RIVER-7 “Login loops”
    - 2026-10-02 10:22 佐藤 遥 changed issue RIVER-7 “Login loops”: status: 処理中 → 完了; assignee: none → 佐藤 遥; due: none → 2026-10-20; Severity: none → S1
    - 2026-10-02 10:22 佐藤 遥 commented on issue RIVER-7 “Login loops”: “再現\nしました”; file trace.log (20.5 kB, id 660418)
    - 2026-10-02 10:22 佐藤 遥 deleted issue RIVER-9
    - 2026-10-02 10:22 佐藤 遥 changed wiki page “運用/手順書” in RIVER
    - 2026-10-02 10:22 佐藤 遥 added file /specs/flow.pdf (shared file, 99.1 kB, id 77120) in RIVER
    - 2026-10-02 10:22 佐藤 遥 committed to Subversion revision 42 in RIVER: “Fix”
    - 2026-10-02 10:22 佐藤 遥 pushed to RIVER/portal refs/heads/main (1 commit: “Fix loop\n\nSee RIVER-7”)
    - 2026-10-02 10:22 佐藤 遥 added repository RIVER/portal
    - 2026-10-02 10:22 佐藤 遥 changed issues RIVER-1 “T”, RIVER-2 “T”, RIVER-3 “T”, RIVER-4 “T”, RIVER-5 “T”, RIVER-6 “T”, RIVER-7 “T”, RIVER-8 “T”, RIVER-9 “T”, RIVER-10 “T” and 2 more: status: none → 完了; “済み”
    - 2026-10-02 10:22 佐藤 遥 added members 佐藤 遥, Lena Vogt (guest) in RIVER
    - 2026-10-02 10:22 佐藤 遥 added pull request RIVER/portal#15: Fix loop
    - 2026-10-02 10:22 佐藤 遥 added milestone “2026.11” in RIVER
    - 2026-10-02 10:22 佐藤 遥 added teams 開発 in RIVER
    - 2026-10-02 10:22 佐藤 遥 deleted status レビュー中 in RIVER
    - 2026-10-02 10:22 佐藤 遥 added document “Launch plan” in RIVER
    - 2026-10-02 10:22 佐藤 遥 added documents “A”, “B” in RIVER
    - 2026-10-02 10:22 佐藤 遥 did something of type 99 “新しい” in RIVER
    - 2026-10-02 10:22 佐藤 遥 did something of type 99 in RIVER
    "#);
}

#[test]
fn no_activities_are_nothing() {
    assert_eq!(renderer().activities(&[]).to_string(), "");
}
