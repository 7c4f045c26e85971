//! What the inputs of tools name in one project and in another.

use std::collections::BTreeMap;

use backlog_sim::{Id, seed};
use serde_json::{Value, json};

/// What an input names in a project, by its name; the tool's own meaning comes first.
pub(super) struct Names(BTreeMap<&'static str, Value>);

impl Names {
    pub(super) fn of_harbor(seen: Seen) -> Self {
        Self::new(
            seed::HARBOR,
            "HARBOR",
            5_520_101,
            640_011,
            seed::document::LAUNCH_PLAN,
            (seed::repository::PORTAL, "portal"),
            81_201,
            seen,
        )
    }

    pub(super) fn of_kura(seen: Seen) -> Self {
        Self::new(
            seed::KURA,
            "KURA",
            5_520_227,
            640_014,
            "0199c5d07a1e7f0b9d3f5a6b7c8d9e11",
            (seed::repository::KURA_WEB, "kura-web"),
            81_202,
            seen,
        )
    }

    #[expect(clippy::too_many_arguments, reason = "one of each kind, named above")]
    fn new(
        project: Id,
        key: &str,
        issue: Id,
        wiki: Id,
        document: &str,
        (repository, repository_name): (Id, &str),
        watching: Id,
        seen: Seen,
    ) -> Self {
        let issue_key = format!("{key}-1");
        Self(
            [
                ("projectId", json!(project)),
                ("projectIds", json!(project)),
                ("projectKey", json!(key)),
                ("projectIdOrKey", json!(key)),
                ("issueId", json!(issue)),
                ("issueKey", json!(issue_key)),
                ("issueIdOrKey", json!(issue_key)),
                ("parentIssueId", json!(issue)),
                ("targetIssueId", json!(issue)),
                ("relatedIssueId", json!(issue)),
                ("wikiId", json!(wiki)),
                ("documentId", json!(document)),
                ("add_document.parentId", json!(document)),
                ("repoId", json!(repository)),
                ("repoName", json!(repository_name)),
                ("watchId", json!(watching)),
                ("mark_notification_as_read.id", json!(seen.notification)),
                ("activityId", json!(seen.activity)),
                ("add_star.id", json!(issue)),
            ]
            .into(),
        )
    }

    pub(super) fn get(&self, tool: &str, input: &str) -> Option<&Value> {
        let own = self.0.get(format!("{tool}.{input}").as_str());
        own.or_else(|| self.0.get(input))
    }
}

/// What Daniel saw happen in a project.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub notification: Id,
    pub activity: Id,
}
