//! Stars, by which users acknowledge each other.

use backlog_client::{Method, Operation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    attempt::Backlog,
    error::ToolError,
    inputs::{Count, Date, PageBound, StarId, StarredId, User},
    outcome::Outcome,
    project_binding::ProjectBinding,
    rest::Rest,
    tool::{ApiTool, Effect, Tool},
};

const ADD: Operation = Operation::post("stars");

/// Gives a star to an issue, comment, wiki page or pull request.
#[derive(Deserialize, JsonSchema)]
pub(super) struct AddStar {
    /// Type of the item
    kind: Kind,
    /// Numeric id of the item; not a pull request's number
    id: StarredId,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
enum Kind {
    Issue,
    Comment,
    Wiki,
    PullRequest,
    PullRequestComment,
}

impl Kind {
    /// The parameter that takes the id.
    fn parameter(self) -> &'static str {
        match self {
            Self::Issue => "issueId",
            Self::Comment => "commentId",
            Self::Wiki => "wikiId",
            Self::PullRequest => "pullRequestId",
            Self::PullRequestComment => "pullRequestCommentId",
        }
    }
}

impl Tool for AddStar {
    const NAME: &'static str = "add_star";
    const TITLE: &'static str = "Add star";
    const EFFECT: Effect = Effect::of(Method::Post);
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const REQUEST: Option<Operation> = Some(ADD);

    async fn run(self, backlog: &Backlog<'_>) -> Result<Outcome, ToolError> {
        let form = [(self.kind.parameter().to_owned(), self.id.get().into())];
        let request = ADD.fill(form.into_iter().collect())?;
        backlog.fetch(request).await.map(Outcome::Json)
    }
}

/// Removes a star that the user gave.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct RemoveStar {
    /// Id (get_user_stars)
    star_id: StarId,
}

impl ApiTool for RemoveStar {
    const NAME: &'static str = "remove_star";
    const TITLE: &'static str = "Remove star";
    const CALL: Operation = Operation::delete("stars/{starId}");
    const PROJECTS: ProjectBinding =
        ProjectBinding::Refused("Backlog does not report the project of a star");
    const REST: Rest = Rest::SHORT;
}

/// Lists the stars that a user has received, newest first.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetUserStars {
    /// User id or name
    user_id: User,
    /// Only lower ids
    max_id: Option<PageBound>,
    count: Option<Count>,
}

impl ApiTool for GetUserStars {
    const NAME: &'static str = "get_user_stars";
    const TITLE: &'static str = "List a user's stars";
    const CALL: Operation = Operation::get("users/{userId}/stars");
    const PROJECTS: ProjectBinding =
        ProjectBinding::Refused("its entries do not include their project");
    const REST: Rest = Rest::OWN;
    const FIELDS: &'static [&'static str] =
        &["id", "comment", "url", "title", "presenter", "created"];
}

/// Counts the stars that a user has received.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetUserStarsCount {
    /// User id or name
    user_id: User,
    /// On this day or later, yyyy-MM-dd
    since: Option<Date>,
    /// On this day or earlier, yyyy-MM-dd
    until: Option<Date>,
}

impl ApiTool for GetUserStarsCount {
    const NAME: &'static str = "get_user_stars_count";
    const TITLE: &'static str = "Count a user's stars";
    const CALL: Operation = Operation::get("users/{userId}/stars/count");
    const PROJECTS: ProjectBinding = ProjectBinding::Refused("it counts over all projects");
    const REST: Rest = Rest::SHORT;
}
