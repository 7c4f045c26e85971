//! Words of built-in values with their meanings.

use backlog_words::{
    issue_type, priority,
    removal::is_removal,
    resolution,
    status::{self, Name, StatusFilter},
};

use crate::{check, text_of};

const REMOVALS: &[(&str, &str)] = &[
    ("none", "true"),
    ("None ", "true"),
    ("(none)", "true"),
    ("なし", "true"),
    ("無し", "true"),
    ("未設定", "true"),
    ("", "false"),
    ("null", "false"),
    ("[]", "false"),
    ("nonexistent", "false"),
];

#[test]
fn removals() {
    check(REMOVALS, |text| is_removal(text).to_string());
}

const STATUSES: &[(&str, &str)] = &[
    ("Open", "1"),
    ("未対応", "1"),
    ("todo", "1"),
    ("To Do", "1"),
    ("In Progress", "2"),
    ("in-progress", "2"),
    ("処理中", "2"),
    ("doing", "2"),
    ("Resolved", "3"),
    ("処理済み", "3"),
    ("処理済", "3"),
    ("Closed", "4"),
    ("完了", "4"),
    ("「完了」", "4"),
    ("done", "4"),
    ("レビュー", "none"),
];

#[test]
fn statuses() {
    check(STATUSES, |text| {
        status::builtin(text).map_or("none".to_owned(), |it| it.id().to_string())
    });
}

const STATUS_FILTERS: &[(&str, &str)] = &[
    ("open", "open"),
    ("Open", "open"),
    ("未完了", "open"),
    ("!Closed", "open"),
    ("！Closed", "open"),
    ("not closed", "open"),
    ("all but closed", "open"),
    ("完了以外", "open"),
    ("closed", "closed"),
    ("done", "closed"),
    ("完了", "closed"),
    ("not open", "closed"),
    ("all", "all"),
    ("すべて", "all"),
    ("open, closed", "all"),
    ("未対応", "+未対応(1)"),
    ("In Progress, Resolved", "+In Progress(2) +Resolved(3)"),
    ("処理中、処理済み", "+処理中(2) +処理済み(3)"),
    ("Open, In Progress", "+Open(1) +In Progress(2)"),
    ("未完了、レビュー", "open"),
    ("-closed", "open"),
    ("Review (external)", "+Review (external)"),
    ("レビュー, 処理中, レビュー", "+レビュー +処理中(2)"),
    ("!Resolved, !Closed", "-Resolved(3) -Closed(4)"),
    ("レビュー以外", "-レビュー"),
    ("open, !レビュー", "-レビュー -Closed(4)"),
];

#[test]
fn status_filters() {
    let names = |names: &[Name], sign: &str| -> Vec<String> {
        let id = |name: &Name| name.builtin.map(|it| format!("({})", it.id()));
        let shown = |name: &Name| format!("{sign}{}{}", name.written, id(name).unwrap_or_default());
        names.iter().map(shown).collect()
    };
    check(STATUS_FILTERS, |text| match StatusFilter::read(text) {
        Ok(StatusFilter::Open) => "open".to_owned(),
        Ok(StatusFilter::Closed) => "closed".to_owned(),
        Ok(StatusFilter::All) => "all".to_owned(),
        Ok(StatusFilter::Names { include, exclude }) => {
            [names(&include, "+"), names(&exclude, "-")]
                .concat()
                .join(" ")
        }
        Err(error) => error.to_string(),
    });
}

const PRIORITIES: &[(&str, &str)] = &[
    ("High", "2"),
    ("高", "2"),
    ("Normal", "3"),
    ("medium", "3"),
    ("中", "3"),
    ("low", "4"),
    ("低", "4"),
    ("3", "3"),
    (
        "urgent",
        "unknown priority \"urgent\"; available, nearest first: High, Normal, Low",
    ),
    (
        "緊急",
        "unknown priority \"緊急\"; available, nearest first: 高, 中, 低",
    ),
];

#[test]
fn priorities() {
    check(PRIORITIES, |text| {
        text_of(priority::read(text).map(priority::Priority::id))
    });
}

const RESOLUTIONS: &[(&str, &str)] = &[
    ("Fixed", "0"),
    ("対応済み", "0"),
    ("Won't Fix", "1"),
    ("wontfix", "1"),
    ("won’t fix", "1"),
    ("対応しない", "1"),
    ("invalid", "2"),
    ("無効", "2"),
    ("Duplicate", "3"),
    ("重複", "3"),
    ("cannot reproduce", "4"),
    ("can't reproduce", "4"),
    ("再現しない", "4"),
    ("0", "0"),
    (
        "fixd",
        "unknown resolution \"fixd\"; available, nearest first: Fixed, Won't Fix, Invalid, \
         Cannot Reproduce, Duplication",
    ),
];

#[test]
fn resolutions() {
    check(RESOLUTIONS, |text| {
        text_of(resolution::read(text).map(resolution::Resolution::id))
    });
}

const ISSUE_TYPES: &[(&str, &str)] = &[
    ("Task", "Task タスク"),
    ("タスク", "Task タスク"),
    ("ﾀｽｸ", "Task タスク"),
    ("bug", "Bug バグ"),
    ("要望", "Request 要望"),
    ("その他", "Other その他"),
    ("Incident", ""),
];

#[test]
fn issue_types() {
    check(ISSUE_TYPES, |text| issue_type::synonyms(text).join(" "));
}
