//! Looks up the project of an item with the caller's credentials, and caches it for seconds.
//!
//! The cache is keyed by the space and the Backlog user, because users see different items. Items
//! that were not found are not cached, and neither is anything for a caller without a known user.
//!
//! Only fresh responses of Backlog are cached, never cached values again: each entry expires in
//! time, however often it is used. So an item and its project are cached separately ([`Lookups`]).

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc, time::Duration};

use backlog_client::{BacklogError, BacklogUrl, Request, Segment};
use moka::future::Cache;
use serde::Deserialize;
use serde_json::Value;

use crate::toolkit::{attempt::Backlog, entity::ProjectItem, error::ToolError};

/// How long it may take to notice that an item has moved to another project.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);
/// The size of the cache of items, and of that of projects; that of users' projects has twice the
/// size.
const MAX_BYTES: u64 = 16 << 20;
/// The size of all three, in bytes.
pub const MEMORY: u64 = MAX_BYTES + MAX_BYTES + 2 * MAX_BYTES;
/// A larger list of projects is not cached.
const MAX_LIST_BYTES: usize = 1 << 20;
/// Longer names refer to nothing, and are not cached.
const MAX_NAME: usize = 256;
/// More than twice the longest key that Backlog allows; a longer one is invalid.
const MAX_KEY: usize = 64;

/// An item of a project, as a caller names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Reference {
    pub item: ProjectItem,
    /// An id, key or name, as used in a path.
    pub name: String,
    /// The project of a repository, by id or key.
    pub within: Option<String>,
}

impl Reference {
    pub(crate) fn new(item: ProjectItem, name: impl Into<String>) -> Self {
        Self {
            item,
            name: name.into(),
            within: None,
        }
    }

    /// Normalizes the key of an allowed project to Backlog's spelling. This affects only the
    /// lookup: the project that it finds is checked again.
    pub(crate) fn meant(&self, allowed: &BTreeSet<String>) -> Cow<'_, Self> {
        let key = |name: &String| {
            let key = name.to_ascii_uppercase();
            (key != *name && allowed.contains(&key)).then_some(key)
        };
        let mut meant = Cow::Borrowed(self);
        if self.item == ProjectItem::Project
            && let Some(key) = key(&self.name)
        {
            meant.to_mut().name = key;
        }
        if let Some(key) = self.within.as_ref().and_then(key) {
            meant.to_mut().within = Some(key);
        }
        meant
    }

    fn is_too_long(&self) -> bool {
        let within = self.within.as_ref().map_or(0, String::len);
        self.name.len().max(within) > MAX_NAME
    }

    /// Its approximate size in memory.
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + self.within.as_ref().map_or(0, String::len)
    }

    /// The request that returns the project; `None` if the name is invalid.
    fn request(&self) -> Option<Request> {
        let name = || Segment::parse(self.name.clone()).ok();
        let one = |place| Some(Request::get([Segment::fixed(place), name()?]));
        match self.item {
            ProjectItem::Project => one("projects"),
            ProjectItem::Issue => one("issues"),
            ProjectItem::Wiki => one("wikis"),
            ProjectItem::Document => one("documents"),
            ProjectItem::Watching => one("watchings"),
            ProjectItem::Activity => one("activities"),
            ProjectItem::Repository => Some(Request::get([
                Segment::fixed("projects"),
                Segment::parse(self.within.clone()?).ok()?,
                Segment::fixed("git"),
                Segment::fixed("repositories"),
                name()?,
            ])),
            // Backlog has no request for one notification, only for a range.
            ProjectItem::Notification => {
                let id: i64 = self.name.parse().ok()?;
                let mut request = Request::get([Segment::fixed("notifications")]);
                request.query = vec![
                    ("minId".to_owned(), id.checked_sub(1)?.to_string()),
                    ("maxId".to_owned(), id.checked_add(1)?.to_string()),
                ];
                Some(request)
            }
        }
    }

    /// Reads the id of the project from the response.
    fn project_id(&self, response: &Value) -> Option<i64> {
        let id = match self.item {
            ProjectItem::Project => &response["id"],
            ProjectItem::Issue
            | ProjectItem::Wiki
            | ProjectItem::Document
            | ProjectItem::Repository => &response["projectId"],
            ProjectItem::Watching => &response["issue"]["projectId"],
            ProjectItem::Activity => &response["project"]["id"],
            ProjectItem::Notification => {
                let is_it = |entry: &&Value| {
                    entry["id"].as_i64().map(|id| id.to_string()).as_deref() == Some(&self.name)
                };
                &response.as_array()?.iter().find(is_it)?["project"]["id"]
            }
        };
        id.as_i64()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let item = match self.item {
            ProjectItem::Project => "project",
            ProjectItem::Issue => "issue",
            ProjectItem::Wiki => "wiki page",
            ProjectItem::Document => "document",
            ProjectItem::Repository => "repository",
            ProjectItem::Watching => "watching",
            ProjectItem::Notification => "notification",
            ProjectItem::Activity => "activity",
        };
        write!(f, "the {item} `{}`", self.name)
    }
}

/// A project, with the parts that project restrictions need.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Project {
    pub id: i64,
    #[serde(rename = "projectKey")]
    pub key: String,
}

impl Project {
    /// Whether Backlog could have such a project.
    fn is_sound(&self) -> bool {
        self.key.len() <= MAX_KEY
    }

    /// Its approximate size in memory.
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.key.len()
    }
}

type User = (BacklogUrl, i64);

/// The approximate size in memory.
fn user_bytes((url, _): &User) -> usize {
    size_of::<User>() + url.as_str().len()
}

fn joined_bytes(user: &User, projects: &[Project]) -> usize {
    user_bytes(user) + projects.iter().map(Project::bytes).sum::<usize>()
}

#[derive(Debug)]
pub(super) struct Lookups {
    /// The id of the project of an item.
    owners: Cache<(User, Reference), i64>,
    /// Projects by id and by key.
    projects: Cache<(User, String), Project>,
    joined: Cache<User, Arc<[Project]>>,
}

impl Lookups {
    pub(super) fn new() -> Self {
        Self::remembering_for(TIME_TO_LIVE)
    }

    pub(super) fn remembering_for(time: Duration) -> Self {
        let weight = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX);
        Self {
            owners: Cache::builder()
                .max_capacity(MAX_BYTES)
                .weigher(move |(user, reference): &(User, Reference), _: &i64| {
                    weight(user_bytes(user) + reference.bytes())
                })
                .time_to_live(time)
                .build(),
            projects: Cache::builder()
                .max_capacity(MAX_BYTES)
                .weigher(move |(user, name): &(User, String), project: &Project| {
                    weight(user_bytes(user) + name.len() + project.bytes())
                })
                .time_to_live(time)
                .build(),
            joined: Cache::builder()
                .max_capacity(2 * MAX_BYTES)
                .weigher(move |user: &User, projects: &Arc<[Project]>| {
                    weight(joined_bytes(user, projects))
                })
                .time_to_live(time)
                .build(),
        }
    }

    /// Returns the project of an item; `None` if the user cannot see such an item.
    pub(super) async fn project_of(
        &self,
        backlog: &Backlog<'_>,
        reference: &Reference,
    ) -> Result<Option<Project>, ToolError> {
        if reference.is_too_long() {
            return Ok(None);
        }
        if reference.item == ProjectItem::Project {
            return self.project(backlog, &reference.name).await;
        }
        match self.owner(backlog, reference).await? {
            Some(id) => self.project(backlog, &id.to_string()).await,
            None => Ok(None),
        }
    }

    /// Returns the id of the project of an item that is not a project itself.
    async fn owner(
        &self,
        backlog: &Backlog<'_>,
        reference: &Reference,
    ) -> Result<Option<i64>, ToolError> {
        let key = user(backlog).map(|user| (user, reference.clone()));
        if let Some(key) = &key
            && let Some(id) = self.owners.get(key).await
        {
            return Ok(Some(id));
        }
        let response = fetch(backlog, reference.request()).await?;
        let id = response.and_then(|response| reference.project_id(&response));
        if let (Some(key), Some(id)) = (key, id) {
            self.owners.insert(key, id).await;
        }
        Ok(id)
    }

    async fn project(
        &self,
        backlog: &Backlog<'_>,
        name: &str,
    ) -> Result<Option<Project>, ToolError> {
        let user = user(backlog);
        if let Some(user) = &user
            && let Some(project) = self.projects.get(&(user.clone(), name.to_owned())).await
        {
            return Ok(Some(project));
        }
        let request = Reference::new(ProjectItem::Project, name).request();
        let response = fetch(backlog, request).await?;
        let project = response.and_then(|response| Project::deserialize(&response).ok());
        let Some(project) = project.filter(Project::is_sound) else {
            return Ok(None);
        };
        if let Some(user) = user {
            for known_as in [project.id.to_string(), project.key.clone(), name.to_owned()] {
                let key = (user.clone(), known_as);
                self.projects.insert(key, project.clone()).await;
            }
        }
        Ok(Some(project))
    }

    /// Returns the projects that the user is a member of.
    pub(super) async fn joined(&self, backlog: &Backlog<'_>) -> Result<Arc<[Project]>, ToolError> {
        let user = user(backlog);
        if let Some(user) = &user
            && let Some(projects) = self.joined.get(user).await
        {
            return Ok(projects);
        }
        let request = Request::get([Segment::fixed("projects")]);
        let response = backlog.fetch(request).await?;
        let mut projects: Vec<Project> = Deserialize::deserialize(response).unwrap_or_default();
        projects.retain(Project::is_sound);
        let projects: Arc<[Project]> = projects.into();
        if let Some(user) = user
            && joined_bytes(&user, &projects) <= MAX_LIST_BYTES
        {
            self.joined.insert(user, Arc::clone(&projects)).await;
        }
        Ok(projects)
    }
}

fn user(backlog: &Backlog<'_>) -> Option<User> {
    let user = backlog.access.user()?;
    Some((backlog.access.url().clone(), user))
}

/// Requests an item; `None` if it does not exist or the user cannot see it.
async fn fetch(
    backlog: &Backlog<'_>,
    request: Option<Request>,
) -> Result<Option<Value>, ToolError> {
    let Some(request) = request else {
        return Ok(None);
    };
    match backlog.fetch(request).await {
        Err(ToolError::Backlog {
            error:
                BacklogError::Api {
                    status: 400 | 403 | 404,
                    ..
                },
            ..
        }) => Ok(None),
        response => response.map(Some),
    }
}
