//! Reads the activities of a period: pages by id, newest first, until one is older.

use chrono::{DateTime, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use crate::{
    toolkit::work::{Operations, WorkError},
    work::{projects::Projects, requests, space::moment},
};

/// The number of activities on a page.
const PAGE: usize = 100;
/// The maximum number of pages of a source.
const MAX_PAGES: usize = 20;
/// The number of sources that are read at the same time.
const AT_ONCE: usize = 4;
/// The number of projects from which on the activity of the space is read instead.
const MAX_PROJECTS: usize = 10;

/// The activities of one user, of a project by its id, or of all that the user sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    User(i64),
    Project(i64),
    Space,
}

impl Source {
    /// The sources with the activities of these projects, and of a user if only theirs are wanted.
    pub(crate) fn of(
        operations: &dyn Operations,
        projects: &Projects,
        user: Option<i64>,
    ) -> Vec<Self> {
        // A list over several projects is thinned out for a caller who may not reach them all, so
        // that its end could not be recognized.
        let is_free = operations.allowed_projects().is_none();
        if let Some(user) = user
            && is_free
            && operations.allows("get_user_recent_updates")
        {
            return vec![Self::User(user)];
        }
        let is_few = projects.are_given && projects.list.len() <= MAX_PROJECTS;
        if is_free && !is_few && operations.allows("get_space_activities") {
            return vec![Self::Space];
        }
        projects.ids().into_iter().map(Self::Project).collect()
    }

    fn request(self) -> (&'static str, Value) {
        match self {
            Self::User(id) => ("get_user_recent_updates", json!({"userId": id})),
            Self::Project(id) => ("get_project_activities", json!({"projectIdOrKey": id})),
            Self::Space => ("get_space_activities", json!({})),
        }
    }
}

/// The activities of a period.
#[derive(Debug, Default)]
pub(crate) struct Activities {
    pub list: Vec<Value>,
    /// Whether these are all of the period.
    pub are_complete: bool,
}

/// Reads the activities of these kinds since a time; without kinds, all.
///
/// # Errors
/// Backlog does not return them.
pub(crate) async fn since(
    operations: &dyn Operations,
    sources: &[Source],
    kinds: &[u8],
    time: DateTime<Utc>,
) -> Result<Activities, WorkError> {
    requests::check(operations, sources.len()).await?;
    let mut left = MAX_PAGES * sources.len().max(1);
    if let Some(allowed) = requests::allowed(operations).await? {
        left = left.min(allowed);
    }
    let pages = (left / sources.len().max(1)).clamp(1, MAX_PAGES);
    let read = stream::iter(sources.iter().copied())
        .map(|source| of_source(operations, source, (kinds, time), pages))
        .buffered(AT_ONCE);
    let read: Vec<Activities> = read.try_collect().await?;
    let mut all = Activities {
        list: Vec::new(),
        are_complete: read.iter().all(|activities| activities.are_complete),
    };
    all.list = read
        .into_iter()
        .flat_map(|activities| activities.list)
        .collect();
    Ok(all)
}

async fn of_source(
    operations: &dyn Operations,
    source: Source,
    (kinds, time): (&[u8], DateTime<Utc>),
    max_pages: usize,
) -> Result<Activities, WorkError> {
    let mut activities = Activities::default();
    let mut oldest: Option<i64> = None;
    for _ in 0..max_pages {
        let (tool, mut arguments) = source.request();
        arguments["count"] = PAGE.into();
        if !kinds.is_empty() {
            arguments["activityTypeId"] = kinds.into();
        }
        if let Some(oldest) = oldest {
            arguments["maxId"] = oldest.into();
        }
        let page = operations.run(tool, arguments).await?.value;
        let page = page.as_array().map(Vec::as_slice).unwrap_or_default();
        let ids = page.iter().filter_map(|activity| activity["id"].as_i64());
        let next = ids.min();
        // A bound that Backlog counts as included returns the same activity again.
        let is_new = |activity: &&Value| {
            oldest.is_none_or(|oldest| activity["id"].as_i64().is_some_and(|id| id < oldest))
        };
        let is_within =
            |activity: &Value| moment(&activity["created"]).is_some_and(|at| at >= time);
        let has_older = page.iter().any(|activity| !is_within(activity));
        let within = page.iter().filter(is_new).filter(|it| is_within(it));
        activities.list.extend(within.cloned());
        let is_end = page.len() < PAGE || has_older || next >= oldest.or(Some(i64::MAX));
        if is_end {
            activities.are_complete = true;
            break;
        }
        oldest = next;
    }
    Ok(activities)
}
