//! The JSON of teams and webhooks.

use serde_json::{Value, json};

use crate::{
    model::{Team, Webhook},
    seed::HARUKA,
    state::State,
    wire::stamp,
};

pub(crate) fn team(state: &State, team: &Team) -> Value {
    let members = team.members.iter().filter_map(|id| state.users.get(id));
    let maker = state.users.get(&HARUKA);
    json!({
        "id": team.id,
        "name": team.name,
        "members": members.collect::<Vec<_>>(),
        "displayOrder": null,
        "createdUser": maker,
        "created": stamp(team.created),
        "updatedUser": maker,
        "updated": stamp(team.created),
    })
}

pub(crate) fn webhook(state: &State, webhook: &Webhook) -> Value {
    json!({
        "id": webhook.id,
        "name": webhook.name,
        "description": webhook.description,
        "hookUrl": webhook.hook_url,
        "allEvent": webhook.all_event,
        "activityTypeIds": webhook.activity_types,
        "createdUser": state.users.get(&webhook.created_user),
        "created": stamp(webhook.created),
        "updatedUser": state.users.get(&webhook.updated_user),
        "updated": stamp(webhook.updated),
    })
}
