//! The content of the space, and who may see it.

mod admin;
mod content;
mod feed;
mod files;
mod news;
mod stars;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::{
    error::ApiError,
    model::{
        Activity, Attachment, Comment, CustomField, Document, Id, Issue, Notification,
        ProjectRecord, PullRequest, Reason, Repository, SharedFile, Space, SpaceNotice, Star,
        Starred, Subject, Team, User, Viewed, Watching, Wiki,
    },
};

pub(crate) use news::News;

#[derive(Debug)]
pub(crate) struct State {
    pub space: Space,
    pub users: BTreeMap<Id, User>,
    pub projects: BTreeMap<Id, ProjectRecord>,
    pub issues: BTreeMap<Id, Issue>,
    pub issue_keys: HashMap<String, Id>,
    /// Pairs of issues that are linked, the smaller id first.
    pub related: BTreeSet<(Id, Id)>,
    pub wikis: BTreeMap<Id, Wiki>,
    /// Siblings in display order.
    pub documents: Vec<Document>,
    pub repositories: BTreeMap<Id, Repository>,
    pub pull_requests: BTreeMap<Id, PullRequest>,
    pub notifications: BTreeMap<Id, Notification>,
    pub watchings: BTreeMap<Id, Watching>,
    pub activities: BTreeMap<Id, Activity>,
    pub stars: BTreeMap<Id, Star>,
    /// Files that are not attached yet.
    pub uploads: BTreeMap<Id, Attachment>,
    pub shared_files: BTreeMap<Id, SharedFile>,
    pub teams: BTreeMap<Id, Team>,
    pub notice: SpaceNotice,
    /// In the order viewed; once for each user and item.
    pub viewed: Vec<Viewed>,
    /// The newest id of the items created after the seed.
    pub last_id: Id,
}

impl State {
    pub(crate) fn next_id(&mut self) -> Id {
        self.last_id += 1;
        self.last_id
    }

    pub(crate) fn user(&self, id: Id) -> Result<&User, ApiError> {
        self.users
            .get(&id)
            .ok_or_else(|| ApiError::no_resource(format!("No such user. (id:{id})")))
    }

    /// The projects the user has joined.
    pub(crate) fn joined(&self, user: Id) -> impl Iterator<Item = &ProjectRecord> {
        self.projects
            .values()
            .filter(move |record| record.members.contains(&user))
    }

    pub(crate) fn has_joined(&self, user: Id, project: Id) -> bool {
        self.projects
            .get(&project)
            .is_some_and(|record| record.members.contains(&user))
    }

    /// A joined project by id or key.
    pub(crate) fn project(&self, user: Id, id_or_key: &str) -> Result<&ProjectRecord, ApiError> {
        self.joined(user)
            .find(|record| is(record, id_or_key))
            .ok_or_else(|| no_project(id_or_key))
    }

    pub(crate) fn project_mut(
        &mut self,
        user: Id,
        id_or_key: &str,
    ) -> Result<&mut ProjectRecord, ApiError> {
        self.projects
            .values_mut()
            .find(|record| record.members.contains(&user) && is(record, id_or_key))
            .ok_or_else(|| no_project(id_or_key))
    }

    /// The project of an issue. Issues never outlive their project.
    pub(crate) fn project_of(&self, issue: &Issue) -> &ProjectRecord {
        &self.projects[&issue.project_id]
    }

    /// An issue by id or key, in a project the user has joined.
    pub(crate) fn issue(&self, user: Id, id_or_key: &str) -> Result<&Issue, ApiError> {
        let id = match id_or_key.parse::<Id>() {
            Ok(id) => Some(id),
            Err(_) => self.issue_keys.get(id_or_key).copied(),
        };
        id.and_then(|id| self.issues.get(&id))
            .filter(|issue| self.has_joined(user, issue.project_id))
            .ok_or_else(|| no_issue(id_or_key))
    }

    /// The issues of the projects the user has joined.
    pub(crate) fn visible_issues(&self, user: Id) -> impl Iterator<Item = &Issue> {
        self.issues
            .values()
            .filter(move |issue| self.has_joined(user, issue.project_id))
    }

    pub(crate) fn children(&self, parent: Id) -> impl Iterator<Item = &Issue> {
        self.issues
            .values()
            .filter(move |issue| issue.parent == Some(parent))
    }

    pub(crate) fn custom_field(&self, id: Id) -> Option<&CustomField> {
        self.projects
            .values()
            .flat_map(|record| &record.custom_fields)
            .find(|field| field.id == id)
    }

    /// Rejects users who may only read.
    pub(crate) fn may_add_issues(&self, user: Id) -> Result<(), ApiError> {
        self.role_allows(user, 3)
    }

    /// Rejects users who may only read, or only add issues.
    pub(crate) fn may_edit(&self, user: Id) -> Result<(), ApiError> {
        self.role_allows(user, 2)
    }

    fn role_allows(&self, user: Id, least: u8) -> Result<(), ApiError> {
        if self.user(user)?.role_type <= least {
            Ok(())
        } else {
            Err(ApiError::unauthorized_operation(
                "You do not have the right to do this.",
            ))
        }
    }

    /// Assigns the next key of its project to the issue.
    pub(crate) fn insert_issue(&mut self, mut issue: Issue) {
        if let Some(record) = self.projects.get_mut(&issue.project_id) {
            record.last_key += 1;
            issue.key_id = record.last_key;
            issue.issue_key = format!("{}-{}", record.project.project_key, record.last_key);
            self.issue_keys.insert(issue.issue_key.clone(), issue.id);
            self.issues.insert(issue.id, issue);
        }
    }

    /// Updates issue keys after a project's key has changed.
    pub(crate) fn rename_issue_keys(&mut self, project: Id) {
        let Some(record) = self.projects.get(&project) else {
            return;
        };
        for issue in self.issues.values_mut().filter(|i| i.project_id == project) {
            self.issue_keys.remove(&issue.issue_key);
            issue.issue_key = format!("{}-{}", record.project.project_key, issue.key_id);
            self.issue_keys.insert(issue.issue_key.clone(), issue.id);
        }
    }

    /// Removes an issue; its children become issues without a parent.
    pub(crate) fn remove_issue(&mut self, id: Id) {
        if let Some(issue) = self.issues.remove(&id) {
            self.issue_keys.remove(&issue.issue_key);
            self.forget_stars(Starred::Issue(id));
            for comment in issue.comments {
                self.forget_stars(Starred::Comment(comment.id));
            }
        }
        self.related
            .retain(|(one, other)| *one != id && *other != id);
        self.watchings.retain(|_, watching| watching.issue != id);
        self.notifications
            .retain(|_, notification| notification.about != Subject::Issue(id));
        for pull_request in self.pull_requests.values_mut() {
            pull_request.issue = pull_request.issue.filter(|issue| *issue != id);
        }
        for child in self.issues.values_mut() {
            if child.parent == Some(id) {
                child.parent = None;
            }
        }
    }

    /// Adds a comment to an issue, which counts as its update, notifies the named users, and
    /// returns the id of the comment.
    pub(crate) fn add_comment(&mut self, id: Id, mut comment: Comment, notify: &[Id]) -> Id {
        comment.id = self.next_id();
        let reason = if comment.is_update() {
            Reason::IssueUpdated
        } else {
            Reason::Commented
        };
        let news = News {
            reason,
            about: Subject::Issue(id),
            comment: Some(comment.id),
            sender: comment.created_user,
            created: comment.created,
        };
        comment.notified = self.notify(notify, news);
        let comment_id = comment.id;
        if let Some(issue) = self.issues.get_mut(&id) {
            issue.updated = comment.created;
            issue.updated_user = comment.created_user;
            issue.comments.push(comment);
        }
        comment_id
    }
}

fn is(record: &ProjectRecord, id_or_key: &str) -> bool {
    record.project.project_key == id_or_key || id_or_key.parse() == Ok(record.project.id)
}

fn no_project(id_or_key: &str) -> ApiError {
    ApiError::no_resource(format!("No project. ({id_or_key})"))
}

fn no_issue(id_or_key: &str) -> ApiError {
    ApiError::no_resource(format!("No issue. ({id_or_key})"))
}
