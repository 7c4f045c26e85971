//! Issues as a table.

use backlog_rendering::Column;

use crate::examples::{bare_issue, issue, renderer};

fn columns(names: &[&str]) -> Vec<Column> {
    names.iter().map(|name| Column::named(name)).collect()
}

#[test]
fn issues_are_a_table_with_the_form_of_their_urls() {
    let table = renderer().issue_table(&[issue(), bare_issue()], &Column::DEFAULT);
    insta::assert_snapshot!(table, @r#"
    URL of an issue: https://acme.backlog.com/view/KEY

    | key | summary | status | assignee | due |
    |---|---|---|---|---|
    | RIVER-7 | Safari でログインがループする | 処理中 | 佐藤 遥 | 2026-10-20 |
    | RIVER-1 | Login \| 2026 | 未対応 | - | - |
    "#);
}

#[test]
fn every_column_can_be_chosen() {
    let columns = columns(&[
        "Key",
        "type",
        "priority",
        "milestone",
        "updated",
        "hours",
        "severity",
        "Found on",
        "再現手順",
        "No such",
    ]);
    insta::assert_snapshot!(renderer().issue_lines(&[issue(), bare_issue()], &columns), @r#"
    | key | type | priority | milestone | updated | hours spent/planned | severity | Found on | 再現手順 | No such |
    |---|---|---|---|---|---|---|---|---|---|
    | RIVER-7 | バグ | 中 | 2026.11 | 2026-10-02 | 2.5/4 | S1 | 2026-10-01 | 1. 開く\n2. 待つ | - |
    | RIVER-1 | Task | 高 | - | 2026-09-01 | - | - | - | - | - |
    "#);
}

#[test]
fn a_line_has_a_cell_for_each_column() {
    let columns = columns(&["key", "summary", "hours"]);
    assert_eq!(
        renderer().issue_line(&bare_issue(), &columns),
        "| RIVER-1 | Login \\| 2026 | - |"
    );
}
