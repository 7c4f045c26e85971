//! The data every simulated space starts with: the same each time, with ids to rely on.
//!
//! Six users, three projects, forty issues; wiki pages, documents, repositories with pull requests,
//! and what people were told of all that. `HARBOR` has custom fields of all eight types, `KURA`
//! is in Japanese with statuses of its own, `OPS` is small. Haruka and Daniel joined all three.

mod admin;
mod content;
mod feed;
mod files;
mod issues;
mod projects;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, TimeZone, Utc};

use crate::{
    model::{Id, NulabAccount, Space, User},
    state::State,
};

pub(crate) use projects::empty_project;

/// 佐藤 遥, administrator; joined every project.
pub const HARUKA: Id = 40211;
/// Daniel Okafor, member; joined every project.
pub const DANIEL: Id = 40218;
/// Maja Lindqvist, member; joined HARBOR and OPS, not KURA.
pub const MAJA: Id = 40226;
/// 山口 健太, member; joined HARBOR and KURA, not OPS.
pub const KENTA: Id = 40237;
/// Lucía Reyes, may only add issues; joined HARBOR.
pub const LUCIA: Id = 40244;
/// Tomasz Nowak, may only look; joined OPS.
pub const TOMASZ: Id = 40251;

/// The English project, with all custom fields.
pub const HARBOR: Id = 88104;
/// The Japanese project, with statuses of its own.
pub const KURA: Id = 88117;
/// The small project.
pub const OPS: Id = 88131;

/// The custom fields of HARBOR, by type.
pub mod field {
    use crate::model::Id;

    pub const TEXT: Id = 92010;
    /// Required, for issues of the type [`INCIDENT`](super::INCIDENT) only.
    pub const TEXT_AREA: Id = 92011;
    pub const NUMERIC: Id = 92012;
    pub const DATE: Id = 92013;
    pub const SINGLE_LIST: Id = 92014;
    pub const MULTIPLE_LIST: Id = 92015;
    pub const CHECK_BOX: Id = 92016;
    pub const RADIO: Id = 92017;
}

/// Issue types of HARBOR.
pub const BUG: Id = 301_412;
pub const TASK: Id = 301_413;
pub const REQUEST: Id = 301_414;
pub const INCIDENT: Id = 301_415;

/// Teams: the first is in HARBOR, the second in no project.
pub mod team {
    use crate::model::Id;

    /// Daniel and Maja.
    pub const WEB: Id = 901;
    /// Maja and Tomasz.
    pub const SUPPORT: Id = 902;
}

/// The webhook of HARBOR.
pub const WEBHOOK: Id = 7001;

/// Git repositories: two of HARBOR, one of KURA; OPS does not use Git.
pub mod repository {
    use crate::model::Id;

    pub const PORTAL: Id = 3307;
    pub const GATEWAY: Id = 3308;
    pub const KURA_WEB: Id = 3311;
}

/// Documents of HARBOR; the second one is below the first.
pub mod document {
    pub const LAUNCH_PLAN: &str = "0199c5d07a1e7f0b9d3f5a6b7c8d9e01";
    pub const OPEN_QUESTIONS: &str = "0199c5d07a1e7f0b9d3f5a6b7c8d9e02";
}

/// A file that Daniel uploaded and nobody has used yet.
pub const UPLOAD: Id = 660_407;

/// The shared files of HARBOR, of which the first is a directory.
pub mod shared_file {
    use crate::model::Id;

    pub const DESIGNS: Id = 77_101;
    pub const CALENDAR: Id = 77_102;
    pub const MINUTES: Id = 77_103;
}

/// What is made after the seed has larger ids.
const LAST_SEEDED_ID: Id = 9_905_000;

pub(crate) fn space(space_key: &str) -> State {
    let projects = projects::all();
    let mut state = State {
        space: Space {
            space_key: space_key.to_owned(),
            name: name_of(space_key),
            owner_id: HARUKA,
            lang: "ja",
            timezone: "Asia/Tokyo",
            report_send_time: "18:30:00",
            text_formatting_rule: "markdown",
            created: at(2021, 4, 12, 1),
            updated: at(2026, 9, 1, 6),
        },
        users: users(),
        projects: projects
            .into_iter()
            .map(|record| (record.project.id, record))
            .collect(),
        issues: BTreeMap::new(),
        issue_keys: HashMap::new(),
        related: BTreeSet::new(),
        wikis: BTreeMap::new(),
        documents: Vec::new(),
        repositories: BTreeMap::new(),
        pull_requests: BTreeMap::new(),
        notifications: BTreeMap::new(),
        watchings: BTreeMap::new(),
        activities: BTreeMap::new(),
        stars: BTreeMap::new(),
        uploads: BTreeMap::new(),
        shared_files: BTreeMap::new(),
        teams: admin::teams(),
        notice: admin::notice(),
        viewed: Vec::new(),
        last_id: LAST_SEEDED_ID,
    };
    for project in [HARBOR, KURA, OPS] {
        state.settle_members(project);
    }
    issues::fill(&mut state);
    content::fill(&mut state);
    files::fill(&mut state);
    feed::fill(&mut state);
    admin::fill(&mut state);
    state
}

/// `harbor-works` is called `Harbor Works`.
fn name_of(space_key: &str) -> String {
    space_key
        .split('-')
        .map(|word| {
            let mut letters = word.chars();
            letters.next().map_or_else(String::new, |first| {
                first.to_uppercase().collect::<String>() + letters.as_str()
            })
        })
        .collect::<Vec<_>>()
        .join(" ")
}

fn users() -> BTreeMap<Id, User> {
    let user = |id, user_id: &str, name: &str, role_type, lang, linked: bool, login_day| User {
        id,
        user_id: user_id.to_owned(),
        name: name.to_owned(),
        role_type,
        lang,
        nulab_account: linked.then(|| NulabAccount {
            nulab_id: format!("n{id}Kq3wXv7TzLpB2"),
            name: name.to_owned(),
            unique_id: user_id.replace('.', ""),
        }),
        mail_address: Some(format!("{user_id}@harbor-works.example")),
        last_login_time: Some(at(2026, 11, login_day, 2)),
    };
    [
        user(HARUKA, "h.sato", "佐藤 遥", 1, Some("ja"), true, 20),
        user(DANIEL, "d.okafor", "Daniel Okafor", 2, Some("en"), true, 20),
        user(
            MAJA,
            "m.lindqvist",
            "Maja Lindqvist",
            2,
            Some("en"),
            true,
            19,
        ),
        user(KENTA, "k.yamaguchi", "山口 健太", 2, Some("ja"), true, 18),
        user(LUCIA, "l.reyes", "Lucía Reyes", 3, None, false, 12),
        user(TOMASZ, "t.nowak", "Tomasz Nowak", 4, Some("en"), false, 7),
    ]
    .into_iter()
    .map(|user| (user.id, user))
    .collect()
}

/// A full hour; the seed's own dates are always valid.
fn at(year: i32, month: u32, day: u32, hour: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(year, month, day, hour, 0, 0)
        .single()
        .expect("a valid time")
}

/// `2026-11-20`; the seed's own dates are always valid.
fn date(text: &str) -> NaiveDate {
    text.parse().expect("a valid date")
}
