//! The data every simulated space starts with: the same each time, with IDs to rely on.
//!
//! Six users, three projects, forty issues; wiki pages, documents, repositories with pull requests,
//! and the notifications of all that. `HARBOR` has custom fields of all eight types, `KURA`
//! is in Japanese with custom statuses, `OPS` is small. Haruka and Daniel joined all three.

mod admin;
mod content;
mod dates;
mod feed;
mod files;
mod ids;
mod issues;
mod projects;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    model::{Id, NulabAccount, Space, User},
    state::State,
};

use dates::at;
pub use ids::*;
pub(crate) use projects::empty_project;

/// Items created after the seed have larger ids.
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

/// `harbor-works` becomes `Harbor Works`.
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

/// A member beyond those of the seed.
pub(crate) fn member(id: Id) -> User {
    User {
        id,
        user_id: format!("member.{id}"),
        name: format!("Member {id}"),
        role_type: 2,
        lang: None,
        nulab_account: None,
        mail_address: Some(format!("member.{id}@harbor-works.example")),
        last_login_time: None,
    }
}
