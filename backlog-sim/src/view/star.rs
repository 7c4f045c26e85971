//! Stars, and the entities that have them.

use serde_json::{Value, json};

use crate::{
    model::{Issue, PullRequest, Star, Starred},
    state::State,
    wire::stamp,
};

/// The stars of an item.
pub(crate) fn stars(state: &State, about: Starred) -> Vec<Value> {
    let stars = state.stars_of(about);
    stars.map(|each| star(state, each)).collect()
}

pub(crate) fn star(state: &State, star: &Star) -> Value {
    let (path, title) = starred(state, star.about).unwrap_or_default();
    json!({
        "id": star.id,
        "comment": null,
        "url": format!("https://{}.backlog.com/{path}", state.space.space_key),
        "title": title,
        "presenter": state.users.get(&star.presenter),
        "created": stamp(star.created),
    })
}

/// An item's path below the space's URL, and its title.
fn starred(state: &State, about: Starred) -> Option<(String, String)> {
    let of_issue = |issue: &Issue| {
        let (key, summary) = (&issue.issue_key, &issue.summary);
        (format!("view/{key}"), format!("[{key}] {summary}"))
    };
    let of_pull_request = |about: &PullRequest| {
        let project = &state.projects.get(&about.project_id)?.project.project_key;
        let repository = &state.repositories.get(&about.repository_id)?.name;
        let number = about.number;
        let path = format!("git/{project}/{repository}/pullRequests/{number}");
        Some((
            path,
            format!("[{project}/{repository}#{number}] {}", about.summary),
        ))
    };
    match about {
        Starred::Issue(id) => state.issues.get(&id).map(of_issue),
        Starred::Comment(id) => state.comment(id).map(|(issue, _)| {
            let (path, title) = of_issue(issue);
            (format!("{path}#comment-{id}"), title)
        }),
        Starred::Wiki(id) => {
            let wiki = state.wikis.get(&id)?;
            let project = &state.projects.get(&wiki.project_id)?.project.project_key;
            Some((
                format!("alias/wiki/{id}"),
                format!("[{project}] {}", wiki.name),
            ))
        }
        Starred::PullRequest(id) => of_pull_request(state.pull_requests.get(&id)?),
        Starred::PullRequestComment(id) => {
            let (path, title) = of_pull_request(state.pull_request_comment(id)?.0)?;
            Some((format!("{path}#comment-{id}"), title))
        }
    }
}
