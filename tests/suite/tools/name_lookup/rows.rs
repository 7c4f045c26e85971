//! Calls with a name in every input that takes one, and what Backlog is asked for them.

use backlog_sim::{Id, seed};
use serde_json::{Value, json};

use super::optional_rows::optional_rows;

/// A call with names.
pub(super) struct Row {
    pub user: Id,
    pub tool: &'static str,
    pub arguments: Value,
    /// What is looked up first, in any order.
    pub lookups: &'static [&'static str],
    /// The request that the tool itself sends.
    pub request: &'static str,
    pub again: Again,
}

/// What Backlog is asked when the same call is made once more.
pub(super) enum Again {
    /// Nothing is looked up.
    Remembered,
    /// The tool may have changed the list, which is read again.
    ReadAnew,
    /// So it is, and no longer has the name: the tool does not run.
    Gone,
}

impl Row {
    pub(super) fn by(self, user: Id) -> Self {
        Self { user, ..self }
    }

    pub(super) fn reload(self) -> Self {
        let again = Again::ReadAnew;
        Self { again, ..self }
    }

    pub(super) fn gone(self) -> Self {
        let again = Again::Gone;
        Self { again, ..self }
    }
}

pub(super) fn row(
    tool: &'static str,
    arguments: Value,
    lookups: &'static [&'static str],
    request: &'static str,
) -> Row {
    Row {
        user: seed::DANIEL,
        tool,
        arguments,
        lookups,
        request,
        again: Again::Remembered,
    }
}

pub(super) fn rows() -> Vec<Row> {
    let rows = [issue_rows(), other_rows(), optional_rows()];
    rows.into_iter().flatten().collect()
}

const LISTS_OF_HARBOR: &[&str] = &[
    "GET projects",
    "GET priorities",
    "GET resolutions",
    "GET users/myself",
    "GET issues/HARBOR-10",
    "GET projects/88104/issueTypes",
    "GET projects/88104/categories",
    "GET projects/88104/versions",
    "GET projects/88104/statuses",
    "GET projects/88104/users",
    "GET projects/88104/customFields",
];

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn issue_rows() -> Vec<Row> {
    let filters = json!({
        "projectId": ["Harbor booking portal"], "issueTypeId": ["Bug"], "categoryId": ["Booking"],
        "versionId": ["2026.09"], "milestoneId": ["2026.11"], "statusId": ["In Progress", 1],
        "priorityId": ["High"], "assigneeId": ["me", "m.lindqvist"],
        "createdUserId": ["佐藤 遥"], "resolutionId": ["Fixed"], "parentIssueId": ["HARBOR-10"],
        "customFields": [{"type": "list", "id": "Severity", "value": ["S1", "S2"]}],
    });
    vec![
        row(
            "get_issues",
            filters.clone(),
            LISTS_OF_HARBOR,
            "GET issues?projectId[]=88104&issueTypeId[]=301412&categoryId[]=51701\
             &versionId[]=73301&milestoneId[]=73302&statusId[]=2&statusId[]=1&priorityId[]=2\
             &assigneeId[]=40218&assigneeId[]=40226&createdUserId[]=40211&resolutionId[]=0\
             &parentIssueId[]=5520164&customField_92014[0]=1&customField_92014[1]=2",
        ),
        row(
            "count_issues",
            filters,
            LISTS_OF_HARBOR,
            "GET issues/count?projectId[]=88104&issueTypeId[]=301412&categoryId[]=51701\
             &versionId[]=73301&milestoneId[]=73302&statusId[]=2&statusId[]=1&priorityId[]=2\
             &assigneeId[]=40218&assigneeId[]=40226&createdUserId[]=40211&resolutionId[]=0\
             &parentIssueId[]=5520164&customField_92014[0]=1&customField_92014[1]=2",
        ),
        // Each project has ids of its own for one name; what is called so nowhere else, too.
        row(
            "get_issues",
            json!({"projectId": ["HARBOR", 88131], "issueTypeId": ["Task", "Bug"]}),
            &[
                "GET projects",
                "GET projects/88104/issueTypes",
                "GET projects/88131/issueTypes",
            ],
            "GET issues?projectId[]=88104&projectId[]=88131&issueTypeId[]=301413\
             &issueTypeId[]=301431&issueTypeId[]=301412",
        ),
        // Case, width and spacing.
        row(
            "get_issues",
            json!({
                "projectId": ["harbor"], "statusId": ["in  progress", "ＯＰＥＮ"],
                "assigneeId": ["ME", "ｍａｊａ　lindqvist", "K.Yamaguchi@harbor-works.example"],
            }),
            &[
                "GET projects",
                "GET users/myself",
                "GET projects/88104/statuses",
                "GET projects/88104/users",
            ],
            "GET issues?projectId[]=88104&statusId[]=2&statusId[]=1&assigneeId[]=40218\
             &assigneeId[]=40226&assigneeId[]=40237",
        ),
        // `me` belongs to no project.
        row(
            "get_issues",
            json!({"assigneeId": ["me"]}),
            &["GET users/myself"],
            "GET issues?assigneeId[]=40218",
        ),
        row(
            "add_issue",
            json!({
                "projectId": "KURA", "summary": "s", "issueTypeId": "バグ", "priorityId": "Normal",
                "categoryId": ["在庫"], "versionId": ["第2期"], "milestoneId": ["第3期"],
                "assigneeId": "山口 健太", "notifiedUserId": ["me", "h.sato"],
                "parentIssueId": "KURA-10",
            }),
            &[
                "GET projects",
                "GET priorities",
                "GET users/myself",
                "GET issues/KURA-10",
                "GET projects/88117/issueTypes",
                "GET projects/88117/categories",
                "GET projects/88117/versions",
                "GET projects/88117/users",
            ],
            "POST issues?projectId=88117&summary=s&issueTypeId=301421&priorityId=3\
             &categoryId[]=51713&versionId[]=73311&milestoneId[]=73312&assigneeId=40237\
             &notifiedUserId[]=40218&notifiedUserId[]=40211&parentIssueId=5520290",
        ),
        row(
            "add_issue",
            json!({
                "projectId": 88104, "summary": "s", "issueTypeId": 301_413, "priorityId": 3,
                "customFields": [{"id": "Reported by", "value": "Mail"}, {"id": 92012, "value": 5}],
            }),
            &["GET projects/88104/customFields"],
            "POST issues?projectId=88104&summary=s&issueTypeId=301413&priorityId=3\
             &customField_92017=2&customField_92012=5",
        ),
        row(
            "update_issue",
            json!({
                "issueKey": "HARBOR-2", "issueTypeId": "Request", "priorityId": "Low",
                "categoryId": ["Booking"], "versionId": [], "milestoneId": ["2027.01"],
                "statusId": "Closed", "resolutionId": "Fixed", "assigneeId": "me",
                "notifiedUserId": ["Lucía Reyes"], "parentIssueId": "HARBOR-10",
                "customFields": [
                    {"id": "Browsers", "value": ["Safari", "Edge"]},
                    {"id": "Ticket ref", "value": "S1"}, {"id": 92014, "value": "1"},
                ],
            }),
            &[
                "GET priorities",
                "GET resolutions",
                "GET users/myself",
                "GET issues/HARBOR-10",
                "GET projects/HARBOR/issueTypes",
                "GET projects/HARBOR/categories",
                "GET projects/HARBOR/versions",
                "GET projects/HARBOR/statuses",
                "GET projects/HARBOR/users",
                "GET projects/HARBOR/customFields",
            ],
            "PATCH issues/HARBOR-2?issueTypeId=301414&priorityId=4&categoryId[]=51701\
             &versionId[]=&milestoneId[]=73303&statusId=4&resolutionId=0&assigneeId=40218\
             &notifiedUserId[]=40244&parentIssueId=5520164&customField_92015[0]=2\
             &customField_92015[1]=4&customField_92010=S1&customField_92014=1",
        ),
        row(
            "add_issue",
            json!({
                "projectId": 88104, "summary": "s", "issueTypeId": "Incident", "priorityId": 3,
                "customFields": [
                    {"id": "Ticket ref", "value": "HD-1"}, {"id": "Timeline", "value": "09:02"},
                    {"id": "Users affected", "value": 4.5},
                    {"id": "Found on", "value": "2026-11-02"}, {"id": "Severity", "value": "S2"},
                    {"id": "Browsers", "value": ["Firefox", "Edge"]},
                    {"id": "Checks", "value": ["Contrast"], "otherValue": "braille"},
                    {"id": "Reported by", "value": "Chat"},
                ],
            }),
            &[
                "GET projects/88104/issueTypes",
                "GET projects/88104/customFields",
            ],
            "POST issues?projectId=88104&summary=s&issueTypeId=301415&priorityId=3\
             &customField_92010=HD-1&customField_92011=09:02&customField_92012=4.5\
             &customField_92013=2026-11-02&customField_92014=2&customField_92015[0]=1\
             &customField_92015[1]=4&customField_92016[0]=2&customField_92016_otherValue=braille\
             &customField_92017=3",
        ),
        // Nothing is called so: it is removed.
        row(
            "update_issue",
            json!({
                "issueKey": "HARBOR-16", "assigneeId": "", "parentIssueId": "",
                "resolutionId": "", "customFields": [
                    {"id": "Severity", "value": ""}, {"id": "Found on", "value": ""},
                ],
            }),
            &["GET projects/HARBOR/customFields"],
            "PATCH issues/HARBOR-16?resolutionId=&assigneeId=&parentIssueId=&customField_92014=\
             &customField_92013=",
        ),
        // An issue by its number says which project only when it is looked at.
        row(
            "update_issue",
            json!({"issueId": 5_520_101, "statusId": "Resolved"}),
            &["GET issues/5520101", "GET projects/88104/statuses"],
            "PATCH issues/5520101?statusId=3",
        ),
        row(
            "add_issue_comment",
            json!({"issueKey": "HARBOR-2", "content": "c", "notifiedUserId": ["Maja Lindqvist"]}),
            &["GET projects/HARBOR/users"],
            "POST issues/HARBOR-2/comments?content=c&notifiedUserId[]=40226",
        ),
        row(
            "add_related_issue",
            json!({"issueKey": "HARBOR-2", "targetIssueId": "HARBOR-3"}),
            &["GET issues/HARBOR-3"],
            "POST issues/HARBOR-2/relatedIssues?targetIssueId=5520115",
        ),
        row(
            "remove_related_issue",
            json!({"issueKey": "HARBOR-1", "relatedIssueId": "HARBOR-15"}),
            &["GET issues/HARBOR-15"],
            "DELETE issues/HARBOR-1/relatedIssues/5520199",
        ),
        row(
            "update_version_milestone",
            json!({"projectKey": "HARBOR", "id": "2026.11", "name": "2026.12"}),
            &["GET projects/HARBOR/versions"],
            "PATCH projects/HARBOR/versions/73302?name=2026.12",
        )
        .gone(),
        row(
            "delete_version",
            json!({"projectKey": "HARBOR", "id": "2026.11"}),
            &["GET projects/HARBOR/versions"],
            "DELETE projects/HARBOR/versions/73302",
        )
        .gone(),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn other_rows() -> Vec<Row> {
    let by_user = |tool, arguments, request| row(tool, arguments, &["GET users"], request);
    let by_project = |tool, request| {
        let arguments = json!({"projectId": "Harbor booking portal"});
        row(tool, arguments, &["GET projects"], request)
    };
    vec![
        by_user(
            "get_user_stars_count",
            json!({"userId": "Daniel Okafor"}),
            "GET users/40218/stars/count",
        ),
        by_user(
            "get_user_recent_updates",
            json!({"userId": "t.nowak"}),
            "GET users/40251/activities",
        ),
        by_user(
            "get_watching_list_items",
            json!({"userId": "maja lindqvist", "count": 5}),
            "GET users/40226/watchings?count=5",
        ),
        row(
            "get_watching_list_count",
            json!({"userId": "me"}),
            &["GET users/myself"],
            "GET users/40218/watchings/count",
        ),
        by_project("get_project", "GET projects/88104"),
        by_project("get_project_users", "GET projects/88104/users"),
        by_project("get_issue_types", "GET projects/88104/issueTypes"),
        by_project("get_categories", "GET projects/88104/categories"),
        by_project("get_custom_fields", "GET projects/88104/customFields"),
        by_project("get_version_milestone_list", "GET projects/88104/versions"),
        by_project("get_wiki_pages", "GET wikis?projectIdOrKey=88104"),
        by_project("get_wikis_count", "GET wikis/count?projectIdOrKey=88104"),
        by_project(
            "get_git_repositories",
            "GET projects/88104/git/repositories",
        ),
        row(
            "add_wiki",
            json!({"projectId": "OPS", "name": "n", "content": "c"}),
            &["GET projects"],
            "POST wikis?projectId=88131&name=n&content=c",
        ),
        row(
            "add_document",
            json!({"projectId": "OPS", "title": "t"}),
            &["GET projects"],
            "POST documents?projectId=88131&title=t",
        ),
        row(
            "get_documents",
            json!({"projectIds": ["OPS", 88104]}),
            &["GET projects"],
            "GET documents?projectId[]=88131&projectId[]=88104&offset=0",
        ),
        row(
            "get_pull_requests",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "statusId": ["open", "Merged"],
                "assigneeId": ["me"], "createdUserId": ["Maja Lindqvist"], "issueId": ["HARBOR-1"],
            }),
            &[
                "GET users/myself",
                "GET projects/HARBOR/users",
                "GET issues/HARBOR-1",
            ],
            "GET projects/HARBOR/git/repositories/portal/pullRequests?statusId[]=1&statusId[]=3\
             &assigneeId[]=40218&issueId[]=5520101&createdUserId[]=40226",
        ),
        row(
            "get_pull_requests_count",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "statusId": ["Closed"],
                "assigneeId": [40218, "me"], "createdUserId": ["me"], "issueId": ["HARBOR-1"],
            }),
            &["GET users/myself", "GET issues/HARBOR-1"],
            "GET projects/HARBOR/git/repositories/portal/pullRequests/count?statusId[]=2\
             &assigneeId[]=40218&issueId[]=5520101&createdUserId[]=40218",
        ),
        row(
            "add_pull_request",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "summary": "s", "description": "d",
                "base": "main", "branch": "b", "issueId": "HARBOR-2", "assigneeId": "me",
                "notifiedUserId": ["佐藤 遥"],
            }),
            &[
                "GET users/myself",
                "GET projects/HARBOR/users",
                "GET issues/HARBOR-2",
            ],
            "POST projects/HARBOR/git/repositories/portal/pullRequests?summary=s&description=d\
             &base=main&branch=b&issueId=5520108&assigneeId=40218&notifiedUserId[]=40211",
        ),
        row(
            "update_pull_request",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "number": 2, "statusId": "Closed",
                "assigneeId": "Maja Lindqvist", "issueId": "HARBOR-2", "notifiedUserId": ["me"],
            }),
            &[
                "GET projects/HARBOR/users",
                "GET issues/HARBOR-2",
                "GET users/myself",
            ],
            "PATCH projects/HARBOR/git/repositories/portal/pullRequests/2?issueId=5520108\
             &assigneeId=40226&notifiedUserId[]=40218&statusId=2",
        ),
        row(
            "add_pull_request_comment",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "number": 2, "content": "c",
                "notifiedUserId": ["me"],
            }),
            &["GET users/myself"],
            "POST projects/HARBOR/git/repositories/portal/pullRequests/2/comments?content=c\
             &notifiedUserId[]=40218",
        ),
    ]
}
