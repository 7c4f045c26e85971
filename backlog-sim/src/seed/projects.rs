//! The seeded projects and their settings.

use std::collections::BTreeSet;

use super::{
    admin,
    dates::date,
    ids::{
        BUG, DANIEL, HARBOR, HARUKA, INCIDENT, KENTA, KURA, LUCIA, MAJA, OPS, REQUEST, TASK,
        TOMASZ, field, team,
    },
};
use crate::model::{
    Category, CustomField, FieldItem, FieldSettings, FieldType, Id, InitialDate, IssueType,
    Project, ProjectRecord, Status, Version,
};

pub(super) fn all() -> [ProjectRecord; 3] {
    [harbor(), kura(), ops()]
}

fn harbor() -> ProjectRecord {
    ProjectRecord {
        administrators: [DANIEL].into(),
        teams: [team::WEB].into(),
        webhooks: vec![admin::webhook()],
        joined: [HARUKA, DANIEL, MAJA, KENTA, LUCIA].into(),
        issue_types: issue_types(
            HARBOR,
            &[
                (BUG, "Bug", "#990000"),
                (TASK, "Task", "#7ea800"),
                (REQUEST, "Request", "#ff9200"),
                (INCIDENT, "Incident", "#e30000"),
            ],
        ),
        statuses: statuses(HARBOR, &["Open", "In Progress", "Resolved", "Closed"], &[]),
        categories: categories(
            HARBOR,
            &[
                (51701, "Booking"),
                (51702, "Payments"),
                (51703, "Accessibility"),
            ],
        ),
        versions: versions(
            HARBOR,
            &[
                (73301, "2026.09", "2026-08-03", "2026-09-25", true),
                (73302, "2026.11", "2026-10-01", "2026-11-27", false),
                (73303, "2027.01", "2026-12-01", "2027-01-29", false),
            ],
        ),
        custom_fields: custom_fields(),
        ..blank(project(
            HARBOR,
            "HARBOR",
            "Harbor booking portal",
            "markdown",
            0,
        ))
    }
}

fn kura() -> ProjectRecord {
    ProjectRecord {
        administrators: [KENTA].into(),
        joined: [HARUKA, DANIEL, KENTA].into(),
        issue_types: issue_types(
            KURA,
            &[
                (301_421, "バグ", "#990000"),
                (301_422, "タスク", "#7ea800"),
                (301_423, "要望", "#ff9200"),
            ],
        ),
        statuses: statuses(
            KURA,
            &["未対応", "処理中", "処理済み", "完了"],
            &[
                (218_430, "レビュー待ち", "#eda62a"),
                (218_431, "保留", "#868cb7"),
            ],
        ),
        categories: categories(KURA, &[(51711, "入荷"), (51712, "出荷"), (51713, "在庫")]),
        versions: versions(
            KURA,
            &[
                (73311, "第2期", "2026-07-01", "2026-09-30", true),
                (73312, "第3期", "2026-10-01", "2026-12-25", false),
            ],
        ),
        ..blank(project(KURA, "KURA", "倉庫管理システム", "backlog", 1))
    }
}

fn ops() -> ProjectRecord {
    ProjectRecord {
        joined: [HARUKA, DANIEL, MAJA, TOMASZ].into(),
        issue_types: issue_types(
            OPS,
            &[
                (301_431, "Task", "#7ea800"),
                (301_432, "Request", "#2779ca"),
            ],
        ),
        statuses: statuses(OPS, &["Open", "In Progress", "Resolved", "Closed"], &[]),
        categories: categories(OPS, &[(51721, "Network"), (51722, "Accounts")]),
        ..blank(Project {
            subtasking_enabled: false,
            use_git: false,
            ..project(OPS, "OPS", "Operations desk", "markdown", 2)
        })
    }
}

/// A new project, without members.
pub(crate) fn empty_project(
    id: Id,
    key: &str,
    name: &str,
    display_order: u32,
    issue_type: Id,
) -> ProjectRecord {
    ProjectRecord {
        issue_types: issue_types(id, &[(issue_type, "Task", "#7ea800")]),
        statuses: statuses(id, &["Open", "In Progress", "Resolved", "Closed"], &[]),
        ..blank(project(id, key, name, "markdown", display_order))
    }
}

/// A project without content.
fn blank(project: Project) -> ProjectRecord {
    ProjectRecord {
        project,
        members: BTreeSet::new(),
        joined: BTreeSet::new(),
        administrators: BTreeSet::new(),
        teams: BTreeSet::new(),
        webhooks: Vec::new(),
        issue_types: Vec::new(),
        statuses: Vec::new(),
        categories: Vec::new(),
        versions: Vec::new(),
        custom_fields: Vec::new(),
        last_key: 0,
    }
}

fn project(id: Id, key: &str, name: &str, rule: &str, display_order: u32) -> Project {
    Project {
        id,
        project_key: key.to_owned(),
        name: name.to_owned(),
        chart_enabled: false,
        use_resolved_for_chart: false,
        subtasking_enabled: true,
        grandchild_issue_enabled: false,
        project_leader_can_edit_project_leader: false,
        use_wiki: true,
        use_file_sharing: true,
        use_wiki_tree_view: true,
        use_original_image_size_at_wiki: false,
        use_subversion: false,
        use_git: true,
        text_formatting_rule: rule.to_owned(),
        archived: false,
        display_order,
        use_dev_attributes: true,
    }
}

fn issue_types(project_id: Id, types: &[(Id, &str, &str)]) -> Vec<IssueType> {
    (0..)
        .zip(types)
        .map(|(display_order, (id, name, color))| IssueType {
            id: *id,
            project_id,
            name: (*name).to_owned(),
            color: (*color).to_owned(),
            display_order,
            template_summary: None,
            template_description: None,
        })
        .collect()
}

/// The four statuses of every project, and its own, which come before "closed".
fn statuses(project_id: Id, built_in: &[&str; 4], own: &[(Id, &str, &str)]) -> Vec<Status> {
    const COLORS: [&str; 4] = ["#ed8077", "#4488c5", "#5eb5a6", "#b0be3c"];
    let status = |id, name: &str, color: &str, display_order| Status {
        id,
        project_id,
        name: name.to_owned(),
        color: color.to_owned(),
        display_order,
    };
    let mut all: Vec<_> = (1..)
        .zip(built_in.iter().zip(COLORS))
        .map(|(id, (name, color))| status(Id::from(id), name, color, 1000 * id))
        .collect();
    all.extend(
        (1..)
            .zip(own)
            .map(|(place, (id, name, color))| status(*id, name, color, 3000 + 100 * place)),
    );
    all.sort_by_key(|status| status.display_order);
    all
}

fn categories(project_id: Id, categories: &[(Id, &str)]) -> Vec<Category> {
    (0..)
        .zip(categories)
        .map(|(display_order, (id, name))| Category {
            id: *id,
            project_id,
            name: (*name).to_owned(),
            display_order,
        })
        .collect()
}

fn versions(project_id: Id, versions: &[(Id, &str, &str, &str, bool)]) -> Vec<Version> {
    (0..)
        .zip(versions)
        .map(
            |(display_order, (id, name, start, due, archived))| Version {
                id: *id,
                project_id,
                name: (*name).to_owned(),
                description: None,
                start_date: Some(date(start)),
                release_due_date: Some(date(due)),
                archived: *archived,
                display_order,
            },
        )
        .collect()
}

fn custom_fields() -> Vec<CustomField> {
    let list = |names: &[&str], allow_input| FieldSettings::List {
        items: (0..)
            .zip(names)
            .map(|(display_order, name)| FieldItem {
                id: Id::from(display_order) + 1,
                name: (*name).to_owned(),
                display_order,
            })
            .collect(),
        allow_add_item: false,
        allow_input,
    };
    let numeric = FieldSettings::Numeric {
        min: Some(0.0),
        max: Some(100_000.0),
        initial_value: None,
        unit: Some("people".to_owned()),
    };
    let day = FieldSettings::Date {
        min: Some(date("2026-01-01")),
        max: None,
        initial_date: Some(InitialDate {
            id: 1,
            shift: None,
            date: None,
        }),
    };
    let texts = || FieldSettings::Text {};
    let severities = list(&["S1", "S2", "S3"], None);
    let browsers = list(&["Firefox", "Safari", "Chrome", "Edge"], None);
    let checks = list(&["Keyboard", "Contrast", "Screen reader"], Some(true));
    let channels = list(&["Phone", "Mail", "Chat"], Some(true));
    [
        (field::TEXT, FieldType::Text, "Ticket ref", texts()),
        (field::TEXT_AREA, FieldType::TextArea, "Timeline", texts()),
        (
            field::NUMERIC,
            FieldType::Numeric,
            "Users affected",
            numeric,
        ),
        (field::DATE, FieldType::Date, "Found on", day),
        (
            field::SINGLE_LIST,
            FieldType::SingleList,
            "Severity",
            severities,
        ),
        (
            field::MULTIPLE_LIST,
            FieldType::MultipleList,
            "Browsers",
            browsers,
        ),
        (field::CHECK_BOX, FieldType::CheckBox, "Checks", checks),
        (field::RADIO, FieldType::Radio, "Reported by", channels),
    ]
    .into_iter()
    .zip(0..)
    .map(
        |((id, type_id, name, settings), display_order)| CustomField {
            id,
            project_id: HARBOR,
            type_id,
            version: 1,
            name: name.to_owned(),
            description: String::new(),
            required: id == field::TEXT_AREA,
            use_issue_type: id == field::TEXT_AREA,
            applicable_issue_types: if id == field::TEXT_AREA {
                vec![INCIDENT]
            } else {
                Vec::new()
            },
            display_order,
            settings,
        },
    )
    .collect()
}
