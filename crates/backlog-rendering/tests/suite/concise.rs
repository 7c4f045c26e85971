//! Responses as shorter JSON.

use backlog_rendering::{
    Renderer, concise,
    concise::{Options, shorten},
};
use serde_json::{Value, json};

use crate::examples::{
    activities, comments, document, haruka, issue, lena, milestone, notifications, pull_request,
    renderer, wiki,
};

fn options(renderer: &Renderer) -> Options<'_> {
    Options {
        renderer,
        with_urls: true,
        keeps_all_fields: false,
        list_text_chars: 20,
    }
}

fn shorter(value: Value) -> String {
    let renderer = renderer();
    let shorter = concise(value, &options(&renderer));
    serde_json::to_string_pretty(&shorter).expect("JSON")
}

#[test]
fn an_issue_is_shorter() {
    insta::assert_snapshot!(shorter(issue()), @r#"
    {
      "issueKey": "RIVER-7",
      "url": "https://acme.backlog.com/view/RIVER-7",
      "issueType": "バグ",
      "summary": "Safari でログインがループする",
      "description": "Cookie の変更後に起きる。\n\n```\nGET /login 302\n```\n",
      "priority": "中",
      "status": "処理中",
      "assignee": "佐藤 遥",
      "category": [
        "Login"
      ],
      "milestone": [
        "2026.11"
      ],
      "dueDate": "2026-10-20",
      "estimatedHours": 4.0,
      "actualHours": 2.5,
      "parentIssueId": 5520001,
      "createdUser": "Lena Vogt (guest)",
      "created": "2026-09-30 08:11",
      "updatedUser": "佐藤 遥",
      "updated": "2026-10-02 10:22",
      "customFields": {
        "Ticket ref": "HD-882",
        "再現手順": "1. 開く\n2. 待つ",
        "Users hit": 42.5,
        "Found on": "2026-10-01",
        "Severity": "S1",
        "Browsers": "Safari, Chrome",
        "Checks": "Safari (読み上げ)"
      },
      "attachments": [
        "trace.log (20.5 kB, id 660418)"
      ],
      "sharedFiles": [
        "/specs/画面遷移.pdf (shared file, 99.1 kB, id 77120)"
      ],
      "stars": [
        "Ren Okabe"
      ]
    }
    "#);
}

#[test]
fn an_issue_takes_a_fraction_of_its_bytes() {
    let full = issue().to_string().len();
    let renderer = renderer();
    let short = concise(issue(), &options(&renderer)).to_string().len();
    assert!(short * 3 < full, "{short} of {full}");
}

#[test]
fn a_long_text_in_a_list_is_cut_and_says_so() {
    let mut wiki = wiki();
    wiki["content"] = Value::from("潮位表\n".repeat(100));
    let listed: Value = serde_json::from_str(&shorter(json!([wiki]))).unwrap();
    let expected = "潮位表\n潮位表\n潮位表\n潮位表\n潮位表\n… (400 characters in all)";
    assert_eq!(listed[0]["content"], expected);
    let alone: Value = serde_json::from_str(&shorter(wiki.clone())).unwrap();
    assert_eq!(alone["content"], wiki["content"]);
}

#[test]
fn comments_have_their_changes_in_words() {
    insta::assert_snapshot!(shorter(Value::from(comments())), @r#"
    [
      {
        "id": 9901240,
        "content": "18.1 で再現しました。",
        "createdUser": "Lena Vogt (guest)",
        "created": "2026-10-02 12:00",
        "updated": "2026-10-02 12:00"
      },
      {
        "id": 9901234,
        "changeLog": [
          "status: 未対応 → 処理中",
          "assignee: none → 佐藤 遥",
          "due: none → 2026-10-20",
          "description: changed (3 → 8 characters)",
          "file added: trace.log (id 660418)",
          "Severity: S2 → S1"
        ],
        "createdUser": "佐藤 遥",
        "created": "2026-10-02 10:22",
        "updated": "2026-10-02 10:22",
        "stars": [
          "Ren Okabe"
        ],
        "notifications": [
          "Ren Okabe"
        ]
      }
    ]
    "#);
}

#[test]
fn other_things_are_shorter() {
    insta::assert_snapshot!(shorter(json!(notifications()[0])), @r#"
    {
      "id": 980014,
      "alreadyRead": false,
      "reason": "commented",
      "resourceAlreadyRead": false,
      "project": "RIVER",
      "issue": "RIVER-7: Safari でログインがループする",
      "comment": {
        "id": 9901240,
        "content": "18.1 で再現しました。",
        "createdUser": "Lena Vogt (guest)",
        "created": "2026-10-02 12:00",
        "updated": "2026-10-02 12:00"
      },
      "sender": "Lena Vogt (guest)",
      "created": "2026-10-02 12:00"
    }
    "#);
    let content = json!({"id": 1, "key_id": 7, "summary": "S", "changes": [{"field": "status", "old_value": "1", "new_value": "4", "type": "standard"}]});
    insta::assert_snapshot!(shorter(Value::from(activities(vec![(2, content)]))), @r#"
    [
      {
        "id": 33440012,
        "project": "RIVER",
        "type": "changed issue",
        "content": {
          "id": 1,
          "key_id": 7,
          "summary": "S",
          "changes": [
            "status: Open → Closed"
          ]
        },
        "createdUser": "佐藤 遥",
        "created": "2026-10-02 10:22"
      }
    ]
    "#);
    insta::assert_snapshot!(shorter(pull_request()), @r#"
    {
      "id": 20441,
      "projectId": 88120,
      "repositoryId": 3307,
      "number": 15,
      "summary": "Fix cookie loop",
      "description": "See RIVER-7",
      "base": "main",
      "branch": "fix/cookie",
      "status": "Merged",
      "assignee": "佐藤 遥",
      "issue": "RIVER-1: Login | 2026",
      "closeAt": "2026-10-04 01:00",
      "mergeAt": "2026-10-04 01:00",
      "createdUser": "Ren Okabe",
      "created": "2026-10-02 11:00",
      "updatedUser": "Ren Okabe",
      "updated": "2026-10-04 01:00"
    }
    "#);
    insta::assert_snapshot!(shorter(document()), @r#"
    {
      "id": "0199c5d07a1e7f0b9d3f5a6b7c8d9e01",
      "projectId": 88120,
      "title": "Launch plan",
      "plain": "公開計画\n準備",
      "statusId": 1,
      "tags": [
        "guide"
      ],
      "createdUser": "佐藤 遥",
      "created": "2026-09-20 14:00",
      "updatedUser": "佐藤 遥",
      "updated": "2026-09-28 14:00",
      "childDocumentIds": [
        "a",
        "b"
      ]
    }
    "#);
}

#[test]
fn the_things_of_a_response_keep_their_ids() {
    let users = json!([haruka(), lena()]);
    insta::assert_snapshot!(shorter(users), @r#"
    [
      {
        "id": 40217,
        "userId": "h.sato",
        "name": "佐藤 遥",
        "roleType": 2
      },
      {
        "id": 40555,
        "userId": "l.vogt",
        "name": "Lena Vogt",
        "roleType": 5
      }
    ]
    "#);
    insta::assert_snapshot!(shorter(milestone()), @r#"
    {
      "id": 73310,
      "projectId": 88120,
      "name": "2026.11",
      "description": "秋のリリース",
      "startDate": "2026-10-01",
      "releaseDueDate": "2026-11-20",
      "archived": false
    }
    "#);
    let tree = json!({"projectId": 1, "activeTree": {"id": "Active", "children": [{"id": "a", "name": "A", "emoji": "", "children": []}]}});
    insta::assert_snapshot!(shorter(tree), @r#"
    {
      "projectId": 1,
      "activeTree": {
        "id": "Active",
        "children": [
          {
            "id": "a",
            "name": "A"
          }
        ]
      }
    }
    "#);
}

#[test]
fn values_that_are_no_things_remain() {
    for value in [
        json!(7),
        json!("x|y"),
        json!(false),
        json!([]),
        json!({}),
        json!({"count": 0}),
        json!([1, 2]),
    ] {
        let renderer = renderer();
        assert_eq!(concise(value.clone(), &options(&renderer)), value);
    }
}

#[test]
fn hidden_characters_and_empty_values_are_removed() {
    let value = json!({
        "summary": "inv\u{202e}oice\u{200b}", "na\u{200b}me": "a|b", "none": null, "empty": " ", "list": [null, "", [], {}, "x"],
        "nested": {"none": null},
    });
    let renderer = renderer();
    let expected = json!({"summary": "invoice", "name": "a|b", "list": ["x"]});
    assert_eq!(concise(value, &options(&renderer)), expected);
}

#[test]
fn custom_fields_of_one_name_are_all_kept() {
    let value = json!({"issueKey": "A-1", "customFields": [
        {"id": 1, "fieldTypeId": 1, "name": "F", "value": "a"},
        {"id": 2, "fieldTypeId": 3, "name": "F", "value": 2},
        {"id": 3, "fieldTypeId": 3, "name": "G", "value": null},
    ]});
    let renderer = renderer();
    let options = Options {
        with_urls: false,
        ..options(&renderer)
    };
    let expected = json!({"issueKey": "A-1", "customFields": {"F": "a", "F (2)": 2}});
    assert_eq!(concise(value, &options), expected);
}

#[test]
fn cut_texts_and_moments_are_reported() {
    let renderer = renderer();
    let long = "潮".repeat(21);
    for (value, has_cut_texts, has_moments) in [
        (json!([{"summary": long}]), true, false),
        (json!({"summary": long}), false, false),
        (
            json!([{"summary": "潮", "created": "2026-10-02T03:00:00Z"}]),
            false,
            true,
        ),
        (
            json!({"created": null, "dueDate": "2026-10-20T00:00:00Z"}),
            false,
            false,
        ),
    ] {
        let shorter = shorten(value.clone(), &options(&renderer));
        let reported = (shorter.has_cut_texts, shorter.has_moments);
        assert_eq!(reported, (has_cut_texts, has_moments), "{value}");
    }
}

#[test]
fn fields_that_were_asked_for_are_kept() {
    let renderer = renderer();
    let options = Options {
        keeps_all_fields: true,
        ..options(&renderer)
    };
    let value = json!([{"issueKey": "A-1", "id": 7, "color": "#990000", "assignee": null}]);
    let expected = json!([{
        "issueKey": "A-1", "url": "https://acme.backlog.com/view/A-1", "id": 7, "color": "#990000",
    }]);
    assert_eq!(concise(value, &options), expected);
}

#[test]
fn the_limits_of_a_custom_field_are_days_or_numbers() {
    let renderer = renderer();
    let value = json!({"name": "F", "min": "2026-01-01T00:00:00Z", "max": null, "initialDate": {"date": "2026-01-02T00:00:00Z"}});
    let expected = json!({"name": "F", "min": "2026-01-01", "initialDate": {"date": "2026-01-02"}});
    assert_eq!(concise(value, &options(&renderer)), expected);
    let value = json!({"name": "F", "min": 0, "max": 2.5});
    assert_eq!(concise(value.clone(), &options(&renderer)), value);
}
