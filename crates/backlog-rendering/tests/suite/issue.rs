//! The page of an issue.

use backlog_rendering::{Comments, IssuePage, Notation, Older};
use serde_json::{Value, json};

use crate::examples::{bare_issue, comments, issue, renderer};

#[test]
fn an_issue_is_a_page_with_all_that_belongs_to_it() {
    let (issue, parent, comments) = (issue(), bare_issue(), comments());
    let children = [bare_issue()];
    let page = renderer().issue(&IssuePage {
        issue: &issue,
        parent: Some(&parent),
        children: &children,
        related: &[],
        comments: Comments {
            shown: &comments,
            older: Older::Number(37),
        },
    });
    insta::assert_snapshot!(page, @r#"
    # RIVER-7: Safari でログインがループする
    https://acme.backlog.com/view/RIVER-7

    - Type: バグ
    - Status: 処理中
    - Priority: 中
    - Assignee: 佐藤 遥
    - Category: Login
    - Milestone: 2026.11 (2026-10-01 to 2026-11-20)
    - Due: 2026-10-20
    - Planned hours: 4
    - Hours spent: 2.5
    - Parent: RIVER-1: Login \| 2026
    - Created: 2026-09-30 by Lena Vogt (guest)
    - Updated: 2026-10-02 by 佐藤 遥
    - Stars: Ren Okabe

    ## Custom fields

    - Ticket ref: HD-882
    - Users hit: 42.5
    - Found on: 2026-10-01
    - Severity: S1
    - Browsers: Safari, Chrome
    - Checks: Safari (読み上げ)

    - 再現手順:

    ```
    1. 開く
    2. 待つ
    ```

    ## Files

    - trace.log (20.5 kB, id 660418), 2026-10-02 by Lena Vogt (guest)
    - /specs/画面遷移.pdf (shared file, 99.1 kB, id 77120), 2026-09-14 by Ren Okabe

    ## Child issues

    | key | summary | status | assignee | due |
    |---|---|---|---|---|
    | RIVER-1 | Login \| 2026 | 未対応 | - | - |

    ## Description, by Lena Vogt (guest), changed by 佐藤 遥 on 2026-10-02

    ````
    Cookie の変更後に起きる。

    ```
    GET /login 302
    ```
    ````

    ## Comments (2, times in Asia/Tokyo)

    37 older ones are left out: read on before comment 9901234.

    ### 佐藤 遥, 2026-10-02 10:22, comment 9901234

    - status: 未対応 → 処理中
    - assignee: none → 佐藤 遥
    - due: none → 2026-10-20
    - description: changed (3 → 8 characters)
    - file added: trace.log (id 660418)
    - Severity: S2 → S1
    - notified: Ren Okabe
    - stars: Ren Okabe

    ### Lena Vogt (guest), 2026-10-02 12:00, comment 9901240

    ```
    18.1 で再現しました。
    ```
    "#);
}

#[test]
fn an_issue_with_nothing_has_nothing_empty() {
    insta::assert_snapshot!(renderer().issue(&IssuePage::of(&bare_issue())), @r#"
    # RIVER-1: Login \| 2026
    https://acme.backlog.com/view/RIVER-1

    - Type: Task
    - Status: 未対応
    - Priority: 高
    - Created: 2026-09-01 by Ren Okabe
    - Updated: 2026-09-01 by Ren Okabe
    "#);
}

#[test]
fn the_notation_of_backlog_is_named() {
    let renderer = renderer().with_notation(Notation::Backlog);
    let issue = json!({"issueKey": "A-1", "summary": "S", "description": "* 見出し"});
    insta::assert_snapshot!(renderer.issue(&IssuePage::of(&issue)), @r#"
    # A-1: S
    https://acme.backlog.com/view/A-1

    ## Description, by an unknown user, in Backlog's notation

    ```
    * 見出し
    ```
    "#);
}

#[test]
fn children_that_are_left_out_are_counted() {
    let shown = |number: usize| {
        let mut issue = bare_issue();
        issue["childIssueSummary"] = json!({"total": 3, "closed": 1});
        let children = vec![bare_issue(); number];
        let content = IssuePage {
            children: &children,
            ..IssuePage::of(&issue)
        };
        renderer().issue(&content).to_string()
    };
    assert!(shown(0).contains("- Child issues: 3, 1 of them closed\n"));
    assert!(shown(2).contains("\n2 of 3 are listed.\n"));
    assert!(!shown(3).contains("are listed"));
}

#[test]
fn comments_that_are_left_out_are_mentioned() {
    let comments = comments();
    let issue = bare_issue();
    for (older, expected) in [
        (Older::None, None),
        (Older::Number(0), None),
        (
            Older::Number(1),
            Some("1 older one is left out: read on before comment 9901234.\n"),
        ),
        (
            Older::Number(1200),
            Some("1,200 older ones are left out: read on before comment 9901234.\n"),
        ),
        (
            Older::Possible,
            Some("There may be older ones: read on before comment 9901234.\n"),
        ),
    ] {
        let content = IssuePage {
            comments: Comments {
                shown: &comments,
                older,
            },
            ..IssuePage::of(&issue)
        };
        let page = renderer().issue(&content).to_string();
        let line = page
            .lines()
            .find(|line| line.contains("older one"))
            .map(|line| format!("{line}\n"));
        assert_eq!(line.as_deref(), expected);
    }
}

#[test]
fn the_url_of_an_issue_is_there_once() {
    let (issue, comments) = (issue(), comments());
    let content = IssuePage {
        comments: Comments::all(&comments),
        ..IssuePage::of(&issue)
    };
    let page = renderer().issue(&content).to_string();
    assert_eq!(
        page.matches("https://acme.backlog.com/view/RIVER-7")
            .count(),
        1
    );
}

#[test]
fn no_mail_address_and_no_login_is_on_a_page() {
    let (issue, comments) = (issue(), comments());
    let content = IssuePage {
        comments: Comments::all(&comments),
        ..IssuePage::of(&issue)
    };
    let page = renderer().issue(&content).to_string();
    for private in [
        "@acme.example",
        "h.sato",
        "q7Zt31bXw0nPvR5c",
        "40217",
        "null",
        "[]",
    ] {
        assert!(!page.contains(private), "{private}");
    }
}

#[test]
fn a_part_of_a_page_names_the_next() {
    let mut issue = bare_issue();
    issue["description"] = Value::from("潮位表を確認する。\n".repeat(900));
    let page = renderer().issue(&IssuePage::of(&issue));
    let first = page.part(0, 4000);
    let next = first.next_offset.unwrap();
    let notice = first.text.lines().next().unwrap();
    assert!(
        notice.ends_with(&format!("continue with offset {next}.")),
        "{notice}"
    );
    assert!(first.text.ends_with("潮位表を確認する。\n```\n"));
    let second = page.part(next, 4000).text;
    let (_, second) = second.split_once('\n').unwrap();
    let expected = "\nContinued: Description, by Ren Okabe\n\n```\n潮位表を確認する。\n";
    assert!(second.starts_with(expected), "{second}");
}
