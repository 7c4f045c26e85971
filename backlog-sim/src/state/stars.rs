//! Stars and their subjects.

use super::State;
use crate::{
    error::ApiError,
    model::{Comment, Id, Issue, PullRequest, Star, Starred},
};

impl State {
    /// The author of an item that the user can see.
    pub(crate) fn author(&self, user: Id, about: Starred) -> Result<Id, ApiError> {
        let seen = |project: Id| self.has_joined(user, project);
        let author = match about {
            Starred::Issue(id) => {
                let issue = self.issues.get(&id).filter(|issue| seen(issue.project_id));
                issue.map(|issue| issue.created_user)
            }
            Starred::Comment(id) => self
                .comment(id)
                .filter(|(issue, _)| seen(issue.project_id))
                .map(|(_, comment)| comment.created_user),
            Starred::Wiki(id) => {
                let wiki = self.wikis.get(&id).filter(|wiki| seen(wiki.project_id));
                wiki.map(|wiki| wiki.created_user)
            }
            Starred::PullRequest(id) => {
                let found = self.pull_requests.get(&id);
                let found = found.filter(|found| seen(found.project_id));
                found.map(|found| found.created_user)
            }
            Starred::PullRequestComment(id) => self
                .pull_request_comment(id)
                .filter(|(about, _)| seen(about.project_id))
                .map(|(_, comment)| comment.created_user),
        };
        author.ok_or_else(|| ApiError::no_resource("There is nothing to star."))
    }

    /// A comment with its issue.
    pub(crate) fn comment(&self, id: Id) -> Option<(&Issue, &Comment)> {
        let mut issues = self.issues.values();
        issues.find_map(|issue| {
            let comment = issue.comments.iter().find(|comment| comment.id == id)?;
            Some((issue, comment))
        })
    }

    /// A comment with its pull request.
    pub(crate) fn pull_request_comment(&self, id: Id) -> Option<(&PullRequest, &Comment)> {
        let mut pull_requests = self.pull_requests.values();
        pull_requests.find_map(|about| {
            let comment = about.comments.iter().find(|comment| comment.id == id)?;
            Some((about, comment))
        })
    }

    /// The stars of an item, oldest first.
    pub(crate) fn stars_of(&self, about: Starred) -> impl Iterator<Item = &Star> {
        self.stars.values().filter(move |star| star.about == about)
    }

    /// Removes the stars of a deleted item.
    pub(crate) fn forget_stars(&mut self, about: Starred) {
        self.stars.retain(|_, star| star.about != about);
    }
}
