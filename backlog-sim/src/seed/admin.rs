//! The seeded teams, webhook and notice, and the recently viewed items.

use std::collections::BTreeMap;

use super::{
    dates::at,
    ids::{DANIEL, HARBOR, HARUKA, KURA, MAJA, OPS, TOMASZ, WEBHOOK, team},
};
use crate::{
    model::{Id, SpaceNotice, Team, Thing, Webhook},
    state::State,
};

pub(super) fn teams() -> BTreeMap<Id, Team> {
    let team = |id, name, members: &[Id]| Team {
        id,
        name,
        members: members.to_vec(),
        created: at(2022, 4, 1, 0),
    };
    [
        team(team::WEB, "Web", &[DANIEL, MAJA]),
        team(team::SUPPORT, "Support", &[MAJA, TOMASZ]),
    ]
    .into_iter()
    .map(|team| (team.id, team))
    .collect()
}

pub(super) fn webhook() -> Webhook {
    Webhook {
        id: WEBHOOK,
        name: "ci".to_owned(),
        description: "Starts the build".to_owned(),
        hook_url: "https://ci.harbor-works.example/hook".to_owned(),
        all_event: false,
        activity_types: vec![12, 18, 19],
        created_user: HARUKA,
        created: at(2024, 5, 7, 1),
        updated_user: HARUKA,
        updated: at(2024, 5, 7, 1),
    }
}

pub(super) fn notice() -> SpaceNotice {
    SpaceNotice {
        content: "Maintenance on Sunday at 22:00".to_owned(),
        updated: at(2026, 11, 16, 0),
    }
}

/// Daniel has viewed one issue and one page of each project, and the projects.
pub(super) fn fill(state: &mut State) {
    let first_page = |project| {
        let mut wikis = state.wikis.values();
        wikis
            .find(|wiki| wiki.project_id == project)
            .map(|wiki| Thing::Wiki(wiki.id))
    };
    let mut things = Vec::new();
    for (project, key) in [(OPS, "OPS-1"), (KURA, "KURA-1"), (HARBOR, "HARBOR-1")] {
        things.push(Thing::Project(project));
        things.push(Thing::Issue(state.issue_keys[key]));
        things.extend(first_page(project));
    }
    for (hour, thing) in (0..).zip(things) {
        state.view(DANIEL, thing, at(2026, 11, 20, hour));
    }
}
