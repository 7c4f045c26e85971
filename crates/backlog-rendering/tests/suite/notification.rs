//! Notifications.

use crate::examples::{notifications, renderer};

#[test]
fn notifications_are_grouped_by_what_they_are_about() {
    insta::assert_snapshot!(renderer().notifications(&notifications()), @r#"
    ## RIVER-7: Safari でログインがループする
    https://acme.backlog.com/view/RIVER-7
    - 2026-10-02 12:00 Lena Vogt (guest) commented: “18.1 で再現しました。” (id 980014)
    - 2026-10-02 10:22 佐藤 遥 assigned it to you (status: 未対応 → 処理中; assignee: none → 佐藤 遥; due: none → 2026-10-20; description: changed (3 → 8 characters); file added: trace.log (id 660418); Severity: S2 → S1) (id 980012, read)

    ## RIVER/portal#15: Fix cookie loop
    https://acme.backlog.com/git/RIVER/portal/pullRequests/15
    - 2026-10-02 11:00 Ren Okabe assigned the pull request to you (id 980013)

    ## RIVER: River portal
    https://acme.backlog.com/projects/RIVER
    - 2026-09-01 09:00 Ren Okabe added you to the project (id 980011)

    ## Launch plan
    https://acme.backlog.com/document/RIVER/0199c5d07a1e7f0b9d3f5a6b7c8d9e01
    - 2026-09-01 09:00 Ren Okabe notified you (reason 77): “いいね” (id 980010)
    "#);
}

#[test]
fn a_notification_is_a_line() {
    let line = renderer().notification(&notifications()[0]);
    let expected =
        "2026-10-02 12:00 Lena Vogt (guest) commented: “18.1 で再現しました。” (id 980014)";
    assert_eq!(line, expected);
}
