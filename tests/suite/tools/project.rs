use backlog_sim::seed;
use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row(
            "get_project_list",
            json!({"archived": false, "all": true}),
            "GET projects",
            "archived=false&all=true",
            json!([{"projectKey": "HARBOR"}, {"projectKey": "KURA"}, {"projectKey": "OPS"}]),
        ),
        row(
            "add_project",
            json!({"name": "Tides", "key": "TIDES"}),
            "POST projects",
            "name=Tides&key=TIDES&chartEnabled=false&subtaskingEnabled=false\
             &projectLeaderCanEditProjectLeader=false&textFormattingRule=backlog",
            json!({"projectKey": "TIDES", "textFormattingRule": "backlog"}),
        )
        .by(seed::HARUKA),
        row(
            "add_project",
            json!({
                "name": "Tides", "key": "TIDES", "chartEnabled": true, "subtaskingEnabled": null,
                "projectLeaderCanEditProjectLeader": true, "textFormattingRule": "markdown",
            }),
            "POST projects",
            "name=Tides&key=TIDES&chartEnabled=true&subtaskingEnabled=false\
             &projectLeaderCanEditProjectLeader=true&textFormattingRule=markdown",
            json!({"chartEnabled": true, "textFormattingRule": "markdown"}),
        )
        .by(seed::HARUKA),
        row(
            "get_project",
            json!({"projectId": 88104, "projectKey": "KURA"}),
            "GET projects/88104",
            "",
            json!({"projectKey": "HARBOR"}),
        ),
        row(
            "get_project_users",
            json!({"projectId": 0, "projectKey": "KURA"}),
            "GET projects/KURA/users",
            "",
            json!([{"id": 40211}, {"id": 40218}, {"id": 40237}]),
        ),
        row(
            "get_project_users",
            json!({"projectKey": "OPS", "excludeGroupMembers": true}),
            "GET projects/OPS/users",
            "excludeGroupMembers=true",
            json!([{"id": 40211}, {"id": 40218}, {"id": 40226}, {"id": 40251}]),
        ),
        row(
            "update_project",
            json!({
                "projectKey": "OPS", "name": "Desk", "key": "DESK", "chartEnabled": true,
                "archived": true, "textFormattingRule": "backlog", "useWiki": false,
                "useFileSharing": false, "useGit": true,
            }),
            "PATCH projects/OPS",
            "name=Desk&key=DESK&chartEnabled=true&textFormattingRule=backlog&useWiki=false\
             &useFileSharing=false&useGit=true&archived=true",
            json!({"id": 88131, "projectKey": "DESK", "archived": true, "useGit": true}),
        )
        .by(seed::HARUKA),
    ]
}
