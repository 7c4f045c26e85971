//! `project_info`: the names of a project on one page.

use backlog_sim::{Matcher, seed::DANIEL};
use serde_json::json;

use super::World;
use crate::toolkit::toolset::Toolset;

const TOOL: &str = "project_info";

#[tokio::test]
async fn a_project_has_all_names_on_one_page() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for name in ["HARBOR", "harbor", "Harbor booking portal", "88104"] {
        let text = world
            .call(&daniel, TOOL, json!({"project": name}))
            .await
            .unwrap();
        for expected in [
            "# HARBOR: Harbor booking portal",
            "Notation of texts: Markdown",
            "Issue types: Bug, Task, Request, Incident",
            "Statuses: Open, In Progress, Resolved, Closed",
            "Daniel Okafor",
            "2027.01",
            "- Severity (one of a list): S1, S2, S3",
            "only for Incident",
            "Repositories: ",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
    }
    let text = world
        .call(&daniel, TOOL, json!({"project": "倉庫"}))
        .await
        .unwrap();
    assert!(text.contains("Notation of texts: Backlog's own"), "{text}");
    assert!(
        text.contains("Note: project \"倉庫\" was read as KURA"),
        "{text}"
    );
    let text = world
        .call(&daniel, TOOL, json!({"project": "OPS"}))
        .await
        .unwrap();
    assert!(!text.contains("cannot be read"), "{text}");
}

#[tokio::test]
async fn without_a_project_all_are_listed() {
    let world = World::start().await;
    let mut daniel = world.caller(DANIEL);
    let text = world
        .call(&daniel, TOOL, json!({"project": ""}))
        .await
        .unwrap();
    assert!(
        text.contains("- HARBOR: Harbor booking portal") && text.contains("- KURA: "),
        "{text}"
    );
    daniel.policy.projects = Some(["OPS".to_owned()].into());
    let text = world.call(&daniel, TOOL, json!({})).await.unwrap();
    assert!(text.contains("- OPS: ") && !text.contains("KURA"), "{text}");
    let error = world
        .call(&daniel, TOOL, json!({"project": "KURA"}))
        .await
        .unwrap_err();
    assert!(
        error.contains("project: unknown project \"KURA\""),
        "{error}"
    );
}

#[tokio::test]
async fn a_list_that_cannot_be_read_is_named() {
    let world = World::start().await;
    let mut daniel = world.caller(DANIEL);
    let matcher = Matcher::path("/api/v2/projects/88104/customFields");
    let body = backlog_sim::Control::error_body(3, "No license.");
    world.sim.control().fail_next(matcher, 402, body, 9);
    daniel.policy.toolsets = Some([Toolset::Work, Toolset::Project, Toolset::Issue].into());
    let text = world
        .call(&daniel, TOOL, json!({"project": "HARBOR"}))
        .await
        .unwrap();
    assert!(
        text.contains("Note: custom fields cannot be read: "),
        "{text}"
    );
    assert!(
        text.contains("Note: repositories cannot be read: "),
        "{text}"
    );
    assert!(text.contains("Statuses: "), "{text}");
}
