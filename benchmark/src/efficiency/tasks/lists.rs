//! Lists of Backlog, read page by page.

use anyhow::Context;
use serde_json::{Value, json};

use crate::efficiency::agent::Agent;

/// The number of issues on a page: more do not fit into one of upstream's results.
pub(super) const ISSUES: usize = 50;
/// The number of activities on a page.
pub(super) const ACTIVITIES: usize = 50;

/// Reads all pages of a list by offset.
pub(super) async fn all(
    agent: &mut Agent,
    tool: &str,
    mut arguments: Value,
    count: usize,
) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    arguments["count"] = count.into();
    loop {
        if !all.is_empty() {
            arguments["offset"] = all.len().into();
        }
        let reply = agent.call(tool, arguments.clone()).await?;
        let page = list(reply.json()?)?;
        let is_cut = reply.goes_on();
        let is_last = page.is_empty() || page.len() < count && !is_cut;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// Reads activities, the newest first, until one is older than a moment such as
/// `2026-11-15T15:00:00Z`.
pub(super) async fn activities_since(
    agent: &mut Agent,
    tool: &str,
    mut arguments: Value,
    since: &str,
) -> anyhow::Result<Vec<Value>> {
    let mut all = Vec::new();
    arguments["count"] = ACTIVITIES.into();
    arguments["activityTypeId"] = json!([2, 14]);
    loop {
        let reply = agent.call(tool, arguments.clone()).await?;
        let page = list(reply.json()?)?;
        let is_cut = reply.goes_on();
        let oldest = page.last().cloned().unwrap_or_default();
        let is_last = page.is_empty() || page.len() < ACTIVITIES && !is_cut;
        all.extend(page);
        if is_last || moment(&oldest["created"]).as_str() < moment(&since.into()).as_str() {
            all.retain(|it| moment(&it["created"]).as_str() >= moment(&since.into()).as_str());
            return Ok(all);
        }
        arguments["maxId"] = oldest["id"].clone();
    }
}

/// A moment in UTC to the minute. Concise results have the time in Tokyo.
pub(super) fn moment(value: &Value) -> String {
    let text = value.as_str().unwrap_or_default();
    if text.ends_with('Z') {
        return text.chars().take(16).collect::<String>().replace('T', " ");
    }
    let local = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M");
    let utc = local.map(|local| local - chrono::TimeDelta::hours(9));
    utc.map_or_else(
        |_| text.to_owned(),
        |utc| utc.format("%Y-%m-%d %H:%M").to_string(),
    )
}

pub(super) fn list(value: Value) -> anyhow::Result<Vec<Value>> {
    match value {
        Value::Array(items) => Ok(items),
        other => anyhow::bail!("not a list: {other}"),
    }
}

/// The id of the element of a list with this value of a field.
pub(super) fn id_where(list: &Value, field: &str, value: &str) -> anyhow::Result<Value> {
    let mut items = list.as_array().into_iter().flatten();
    let found = items.find(|item| item[field] == value);
    let found = found.with_context(|| format!("no {field} is {value:?}"))?;
    Ok(found["id"].clone())
}
