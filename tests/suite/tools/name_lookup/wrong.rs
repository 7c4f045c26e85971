//! The errors for unknown and ambiguous names.

use backlog_sim::seed;
use serde_json::json;

use super::{add_milestone, asked, everything, sim};
use crate::support::agent::{Agent, server};

#[actix_web::test]
async fn wrong_names_are_rejected_with_the_available_ones() {
    let (server, sim) = (server(), sim().await);
    let agent = Agent::new(&server, &sim, seed::DANIEL).within(everything());
    for (tool, arguments, expected) in [
        (
            "get_issues",
            json!({"projectId": ["HARBOUR"]}),
            "get_issues: projectId[0]: unknown project \"HARBOUR\"; available: Harbor \
             booking portal (HARBOR, 88104), 倉庫管理システム (KURA, 88117), Operations desk \
             (OPS, 88131)",
        ),
        (
            "update_issue",
            json!({"issueKey": "HARBOR-1", "statusId": "Done", "priorityId": "Urgent"}),
            "priorityId: unknown priority \"Urgent\"; available: High (2), Normal (3), Low (4)\
             \nstatusId: unknown status \"Done\" in the project; available: Open (1), In \
             Progress (2), Resolved (3), Closed (4)",
        ),
        // Of another project.
        (
            "get_issues",
            json!({"projectId": ["HARBOR"], "statusId": ["Open", "レビュー待ち"]}),
            "statusId[1]: unknown status \"レビュー待ち\" in the project; available: Open (1)",
        ),
        (
            "add_issue",
            json!({
                "projectId": "OPS", "summary": "s", "issueTypeId": "Task", "priorityId": "High",
                "assigneeId": "山口 健太",
            }),
            "assigneeId: unknown user \"山口 健太\" in the project; available: 佐藤 遥 \
             (h.sato, 40211), ",
        ),
        (
            "get_issues",
            json!({"projectId": ["OPS"], "milestoneId": ["2026.11"]}),
            "milestoneId[0]: unknown version or milestone \"2026.11\" in the project; none exist",
        ),
        // Without a project.
        (
            "get_issues",
            json!({"statusId": ["Waiting"]}),
            "statusId: to use a name, also give projectId; or give an id",
        ),
        (
            "update_issue",
            json!({"statusId": "Waiting"}),
            "statusId: to use a name, also give issueKey or issueId; or give an id",
        ),
        (
            "update_issue",
            json!({"issueKey": "HARBOR-1", "parentIssueId": "the big one"}),
            "parentIssueId: expected an id or a key such as PROJ-12, received string \"the big \
             one\"",
        ),
        (
            "update_issue",
            json!({"issueKey": "HARBOR-1", "parentIssueId": "HARBOR-999"}),
            "parentIssueId: issue \"HARBOR-999\" does not exist or is not visible",
        ),
        (
            "update_issue",
            json!({"issueKey": "HARBOR-1", "customFields": [{"id": "Severity", "value": "S9"}]}),
            "customFields[0].value: Severity: unknown item \"S9\"; available: S1 (1), S2 (2), S3 (3)",
        ),
        (
            "update_issue",
            json!({"issueKey": "HARBOR-1", "customFields": [{"id": "Severiti", "value": "S1"}]}),
            "customFields[0].id: unknown custom field \"Severiti\" in the project; available: \
             Ticket ref (92010), ",
        ),
        (
            "update_issue",
            json!({
                "issueKey": "HARBOR-1",
                "customFields": [{"id": "Found on", "value": "this week"}],
            }),
            "customFields[0].value: Found on: \"this week\" is several days (",
        ),
        (
            "update_custom_field_item",
            json!({
                "projectKey": "HARBOR", "customFieldId": "Severity", "itemId": "S9", "name": "n",
            }),
            "itemId: unknown item \"S9\"; available: S1 (1), S2 (2), S3 (3)",
        ),
        (
            "update_custom_field_item",
            json!({"projectKey": "HARBOR", "customFieldId": 1, "itemId": "S1", "name": "n"}),
            "itemId: the project has no such custom field",
        ),
        // Nothing that can be removed.
        (
            "update_issue",
            json!({"issueKey": "HARBOR-1", "statusId": ""}),
            "nothing to change: give at least one of summary, ",
        ),
        (
            "update_issue",
            json!({"issueId": 424_242, "statusId": "Open"}),
            "issueId: issue 424242 does not exist or is not visible",
        ),
        (
            "update_issue",
            json!({"issueKey": "HARBOR", "statusId": "Open"}),
            "issueKey: expected an issue key such as PROJ-12, or an id, received string \
             \"HARBOR\"",
        ),
        (
            "get_user_stars_count",
            json!({"userId": "Nobody"}),
            "userId: unknown user \"Nobody\"; available: 佐藤 遥 (h.sato, 40211), ",
        ),
        (
            "get_pull_requests",
            json!({"projectKey": "HARBOR", "repoName": "portal", "statusId": ["Draft"]}),
            "statusId[0]: unknown status \"Draft\"; available: Open (1), Closed (2), Merged \
             (3)",
        ),
        // What is neither a name nor a number is the tool's to refuse.
        (
            "get_issues",
            json!({"projectId": ["HARBOR"], "statusId": "Open", "priorityId": [true]}),
            "expected",
        ),
        // A project that Backlog does not show.
        (
            "update_issue",
            json!({"issueKey": "NOPE-1", "statusId": "Open"}),
            "in GET projects/NOPE/statuses",
        ),
        (
            "get_pull_requests",
            json!({"projectKey": "..", "repoName": "portal", "assigneeId": ["Maja Lindqvist"]}),
            "projectKey: unknown project \"..\"",
        ),
    ] {
        let answer = agent.call(tool, arguments.clone()).await;
        let text = answer.error();
        assert!(text.contains(expected), "{tool} {arguments}: {text}");
        let sent = asked(&sim);
        let changes: Vec<_> = sent
            .iter()
            .filter(|line| !line.starts_with("GET"))
            .collect();
        assert_eq!(changes, Vec::<&String>::new());
        assert!(!sent.iter().any(|line| line.starts_with("GET issues?")));
    }
    sim.stop().await;
}

#[actix_web::test]
async fn one_of_several_is_not_guessed() {
    let (server, sim) = (server(), sim().await);
    let agent = Agent::new(&server, &sim, seed::DANIEL);
    add_milestone(&server, &sim, "Spring").await;
    add_milestone(&server, &sim, "SPRING").await;
    let count = async |milestone: &str| {
        let arguments = json!({"projectId": ["HARBOR"], "milestoneId": [milestone]});
        agent.call("count_issues", arguments).await
    };
    let answer = count("spring").await;
    let text = answer.error();
    assert!(
        text.contains("milestoneId[0]: \"spring\" is ambiguous: Spring (")
            && text.contains(", SPRING (")
            && text.ends_with("; give the id of one"),
        "{text}"
    );
    count("Spring").await.json();
    sim.stop().await;
}
