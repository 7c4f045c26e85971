//! The seeded issues and comments.
//!
//! A row contains what matters; the rest follows from the row's place, so that dates,
//! hours and users vary without being listed forty times.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, TimeDelta};

use super::{
    dates::{at, date},
    ids::{
        BUG, DANIEL, HARBOR, HARUKA, INCIDENT, KENTA, KURA, LUCIA, MAJA, OPS, REQUEST, TASK, field,
    },
};
use crate::{
    model::{Comment, FieldValue, Id, Issue},
    state::State,
};

const FIRST_ISSUE: Id = 5_520_101;
const FIRST_COMMENT: Id = 9_900_301;

/// Issue type, status, priority, assignee, category, milestone, summary, description.
type Row = (
    Id,
    Id,
    Id,
    Option<Id>,
    Option<Id>,
    Option<Id>,
    &'static str,
    &'static str,
);

#[rustfmt::skip]
const HARBOR_ROWS: [Row; 18] = [
    (BUG, 2, 2, Some(MAJA), Some(51701), Some(73302), "Berth calendar shows yesterday after midnight", "The calendar keeps the old day until the page is reloaded.\n\n- seen in Firefox and Safari\n- not in Chrome"),
    (TASK, 1, 3, Some(DANIEL), Some(51702), Some(73302), "Move card payments to the new gateway", "The old gateway closes at the end of the year."),
    (BUG, 4, 2, Some(DANIEL), Some(51702), Some(73301), "Refund e-mail is sent twice", "Two workers pick up the same refund."),
    (REQUEST, 1, 4, None, Some(51701), Some(73303), "Let harbour masters block a berth for maintenance", "Requested by three harbours in the spring survey."),
    (TASK, 3, 3, Some(KENTA), Some(51703), Some(73302), "Label every field of the booking form", "Screen readers announce \"edit text\" for half of them."),
    (INCIDENT, 4, 2, Some(HARUKA), None, None, "Booking API answered 502 for eleven minutes", "A deployment removed the old pods before the new ones were ready."),
    (BUG, 1, 3, None, Some(51701), None, "予約確認メールの件名が文字化けする", "件名に全角文字が入ると `=?UTF-8?` のまま表示されます。"),
    (TASK, 2, 3, Some(MAJA), None, Some(73302), "Upgrade the map tiles", "The current style has no depth lines below 5 m."),
    (REQUEST, 1, 3, Some(KENTA), Some(51703), Some(73303), "High-contrast theme", "At least 7:1 for text."),
    (BUG, 2, 3, Some(DANIEL), Some(51701), Some(73302), "Double booking when two skippers confirm at once", "Needs a constraint, not another check."),
    (TASK, 1, 4, Some(MAJA), None, None, "Remove the unused fax export", "No harbour has used it since 2023."),
    (REQUEST, 4, 4, None, None, None, "Show prices in krona", "Declined: prices are shown in the harbour's own currency."),
    (BUG, 3, 2, Some(KENTA), Some(51702), Some(73302), "Receipt rounds VAT per line", "The total is off by a cent on long receipts."),
    (TASK, 1, 3, Some(HARUKA), None, Some(73303), "Write the privacy notice for crew lists", "Crew lists hold passport numbers."),
    (BUG, 1, 3, None, Some(51703), None, "Focus is lost after closing the date picker", "Keyboard only."),
    (TASK, 1, 3, Some(DANIEL), Some(51701), Some(73302), "Add the database constraint for berths", "Part of the double booking fix."),
    (TASK, 3, 3, Some(MAJA), Some(51701), Some(73302), "Retry the confirmation once on a conflict", "Part of the double booking fix."),
    (REQUEST, 1, 3, Some(LUCIA), Some(51701), None, "Permitir reservas de grupo", "Los clubes náuticos reservan varios amarres a la vez."),
];

#[rustfmt::skip]
const KURA_ROWS: [Row; 14] = [
    (301_421, 2, 2, Some(KENTA), Some(51713), Some(73312), "棚卸し後に在庫数がマイナスになる", "棚卸し確定と出荷が同時に走ると発生します。"),
    (301_422, 1, 3, Some(HARUKA), Some(51711), Some(73312), "入荷検品画面をタブレット対応にする", "横向き 10 インチを基準とする。"),
    (301_423, 218_430, 3, Some(KENTA), Some(51712), Some(73312), "送り状の一括印刷", "1 回に 200 枚まで。"),
    (301_421, 4, 2, Some(KENTA), Some(51711), Some(73311), "バーコードの先頭ゼロが消える", "数値として読み込んでいたため。"),
    (301_422, 3, 3, Some(DANIEL), None, Some(73312), "Translate the picking screens into English", "New colleagues from the Rotterdam site start in December."),
    (301_423, 218_431, 4, None, Some(51713), None, "ロット番号での在庫検索", "顧客の回答待ち。"),
    (301_422, 1, 3, Some(HARUKA), Some(51712), Some(73312), "年末年始の出荷カレンダー登録", "12/29 から 1/4 は出荷停止。"),
    (301_421, 1, 3, None, Some(51712), None, "出荷完了メールの送信元が旧ドメインのまま", "2 社から指摘あり。"),
    (301_422, 4, 3, Some(KENTA), None, Some(73311), "夜間バッチの監視を追加", "失敗時に当番へ通知する。"),
    (301_422, 2, 3, Some(DANIEL), Some(51713), Some(73312), "在庫 API の応答時間を 200 ms 以下にする", "現状は p95 で 900 ms。"),
    (301_422, 1, 3, Some(KENTA), Some(51713), Some(73312), "在庫テーブルに索引を追加", "応答時間改善の一部。"),
    (301_422, 1, 3, Some(DANIEL), Some(51713), Some(73312), "Cache the warehouse list", "Part of the response time work."),
    (301_423, 1, 4, None, Some(51711), None, "入荷予定の CSV 取り込み", "文字コードは UTF-8 とする。"),
    (301_421, 3, 3, Some(HARUKA), Some(51711), Some(73312), "検品音が二重に鳴る", "タブレットのみ。"),
];

#[rustfmt::skip]
const OPS_ROWS: [Row; 8] = [
    (301_432, 1, 3, Some(DANIEL), Some(51722), None, "Account for a new colleague in Rotterdam", "Starts on 1 December."),
    (301_431, 2, 2, Some(MAJA), Some(51721), None, "Replace the switch on the second floor", "Two ports are dead."),
    (301_431, 4, 3, Some(DANIEL), Some(51721), None, "Renew the wildcard certificate", "Expires on 2026-10-31."),
    (301_432, 1, 4, None, None, None, "A quieter coffee machine", "Next to the meeting room."),
    (301_431, 1, 3, Some(HARUKA), Some(51722), None, "退職者アカウントの棚卸し", "四半期ごとに実施。"),
    (301_431, 3, 3, Some(MAJA), None, None, "Test the restore of the file server", "Last tested in March."),
    (301_432, 1, 3, None, Some(51722), None, "Shared mailbox for invoices", "For the accounting team."),
    (301_431, 1, 2, Some(DANIEL), Some(51721), None, "VPN drops every hour", "Probably the new re-keying interval."),
];

/// Issue key, writer, text.
#[rustfmt::skip]
const COMMENTS: [(&str, Id, &str); 20] = [
    ("HARBOR-1", DANIEL, "Reproduced: the page never asks for the date again."),
    ("HARBOR-1", MAJA, "A timer at midnight would do. I will take it."),
    ("HARBOR-1", HARUKA, "時差のある港もあるので、港の現地時刻でお願いします。"),
    ("HARBOR-2", MAJA, "Sandbox keys are in the vault."),
    ("HARBOR-3", DANIEL, "Fixed by claiming the refund in one statement."),
    ("HARBOR-6", HARUKA, "事後レビューを木曜に行います。"),
    ("HARBOR-6", DANIEL, "Readiness gate added to the deployment."),
    ("HARBOR-7", KENTA, "件名のエンコードを二重に行っていました。"),
    ("HARBOR-10", MAJA, "Split into two subtasks."),
    ("HARBOR-10", KENTA, "制約の名前は `berth_once` でよいですか?"),
    ("HARBOR-10", DANIEL, "Yes."),
    ("KURA-1", KENTA, "ロックの順序を揃えれば直ります。"),
    ("KURA-1", DANIEL, "Can we see it in staging first?"),
    ("KURA-1", HARUKA, "検証環境に反映済みです。"),
    ("KURA-3", HARUKA, "レビューお願いします。"),
    ("KURA-6", HARUKA, "11/30 に再度確認します。"),
    ("KURA-10", DANIEL, "Most of the time goes into one unindexed lookup."),
    ("OPS-2", MAJA, "Ordered, arrives on Tuesday."),
    ("OPS-3", DANIEL, "Done, next one in January 2028."),
    ("OPS-8", HARUKA, "私も同じ症状です。"),
];

/// Child and parent.
const PARENTS: [(&str, &str); 4] = [
    ("HARBOR-16", "HARBOR-10"),
    ("HARBOR-17", "HARBOR-10"),
    ("KURA-11", "KURA-10"),
    ("KURA-12", "KURA-10"),
];

pub(super) fn fill(state: &mut State) {
    let tables: [(Id, &[Row]); 3] = [(HARBOR, &HARBOR_ROWS), (KURA, &KURA_ROWS), (OPS, &OPS_ROWS)];
    let mut place = 0;
    for (project, rows) in tables {
        for row in rows {
            add_issue(state, project, row, place);
            place += 1;
        }
    }
    for (child, parent) in PARENTS {
        let parent = state.issue_keys[parent];
        if let Some(child) = issue_mut(state, child) {
            child.parent = Some(parent);
        }
    }
    for (id, (key, writer, text)) in (FIRST_COMMENT..).zip(COMMENTS) {
        add_comment(state, id, key, writer, text);
    }
    fill_custom_fields(state);
}

fn issue_mut<'a>(state: &'a mut State, key: &str) -> Option<&'a mut Issue> {
    let id = state.issue_keys.get(key)?;
    state.issues.get_mut(id)
}

fn add_issue(state: &mut State, project: Id, row: &Row, place: u64) {
    let (issue_type, status, priority, assignee, category, milestone, summary, description) = *row;
    let writer = [HARUKA, DANIEL][(place % 2) as usize];
    let created = at(2026, 8, 3, 0) + TimeDelta::hours(53 * i64::try_from(place).unwrap_or(0));
    let start = date("2026-10-05") + Days::new(place);
    let id = FIRST_ISSUE + 7 * place;
    let issue = Issue {
        id,
        project_id: project,
        issue_key: String::new(),
        key_id: 0,
        issue_type,
        summary: summary.to_owned(),
        description: description.to_owned(),
        resolution: (status == 4).then_some(0),
        priority,
        status,
        assignee,
        categories: category.into_iter().collect(),
        versions: if issue_type == BUG {
            vec![73301]
        } else {
            Vec::new()
        },
        milestones: milestone.into_iter().collect(),
        start_date: (!place.is_multiple_of(3)).then_some(start),
        due_date: (place % 4 != 3).then(|| start + Days::new(14)),
        estimated_hours: [Some(4.0), None, Some(1.5)][(place % 3) as usize],
        actual_hours: matches!(status, 3 | 4).then_some(3.25),
        parent: None,
        created_user: writer,
        created,
        updated_user: writer,
        updated: created,
        custom_fields: BTreeMap::new(),
        attachments: Vec::new(),
        shared_files: BTreeSet::new(),
        comments: Vec::new(),
    };
    state.insert_issue(issue);
}

fn add_comment(state: &mut State, id: Id, key: &str, writer: Id, text: &str) {
    let Some(issue) = issue_mut(state, key) else {
        return;
    };
    let created = issue.updated + TimeDelta::hours(5);
    issue.updated = created;
    issue.updated_user = writer;
    issue.comments.push(Comment {
        id,
        ..Comment::new(Some(text.to_owned()), writer, created)
    });
}

fn fill_custom_fields(state: &mut State) {
    let items = |ids: &[Id], other: Option<&str>| FieldValue::Items {
        ids: ids.to_vec(),
        other: other.map(str::to_owned),
    };
    let text = |text: &str| FieldValue::Text(text.to_owned());
    let values = [
        ("HARBOR-1", field::TEXT, text("HD-2207")),
        ("HARBOR-1", field::NUMERIC, FieldValue::Number(130.0)),
        (
            "HARBOR-1",
            field::DATE,
            FieldValue::Date(date("2026-08-02")),
        ),
        ("HARBOR-1", field::SINGLE_LIST, items(&[2], None)),
        ("HARBOR-1", field::MULTIPLE_LIST, items(&[1, 2], None)),
        ("HARBOR-1", field::RADIO, items(&[2], None)),
        ("HARBOR-3", field::SINGLE_LIST, items(&[1], None)),
        ("HARBOR-3", field::NUMERIC, FieldValue::Number(42.5)),
        (
            "HARBOR-5",
            field::CHECK_BOX,
            items(&[1, 3], Some("braille display")),
        ),
        (
            "HARBOR-6",
            field::TEXT_AREA,
            text("09:02 deployment\n09:04 first 502\n09:13 recovered"),
        ),
        ("HARBOR-6", field::SINGLE_LIST, items(&[1], None)),
        ("HARBOR-10", field::TEXT, text("HD-2251")),
        ("HARBOR-10", field::SINGLE_LIST, items(&[1], None)),
        ("HARBOR-15", field::CHECK_BOX, items(&[1], None)),
        ("HARBOR-15", field::MULTIPLE_LIST, items(&[2], None)),
    ];
    for (key, field, value) in values {
        if let Some(issue) = issue_mut(state, key) {
            issue.custom_fields.insert(field, value);
        }
    }
}
