//! Results of changes.

use serde_json::json;

use super::{choosing, concise};
use crate::{calls::response_format::ResponseFormat, mcp::tests::work::World};

#[actix_web::test]
async fn a_change_returns_the_key_the_url_and_what_it_set() {
    let world = World::start().await;
    let arguments = json!({
        "issueKey": "HARBOR-1", "statusId": "Closed", "dueDate": "2026-12-04",
        "milestoneId": "none", "comment": "Done.",
    });
    let (changed, _) = concise(&world, "update_issue", arguments).await;
    let space = world.sim.url();
    assert_eq!(
        changed,
        json!({
            "issueKey": "HARBOR-1", "url": format!("{}/view/HARBOR-1", space.as_str().trim_end_matches('/')),
            "summary": "Berth calendar shows yesterday after midnight", "status": "Closed",
            "milestone": "none", "dueDate": "2026-12-04",
        })
    );
}

#[actix_web::test]
async fn something_new_has_its_key_and_the_start_of_its_text() {
    let world = World::start().await;
    let arguments = json!({
        "projectId": "HARBOR", "summary": "Lamp is broken", "issueTypeId": "Bug",
        "priorityId": "High", "description": "潮".repeat(1_000),
    });
    let (added, notes) = concise(&world, "add_issue", arguments).await;
    assert!(
        added["issueKey"].is_string() && added["url"].is_string(),
        "{added}"
    );
    assert_eq!(added["priority"], "High");
    let description = added["description"].as_str().unwrap();
    assert!(
        description.ends_with("… (1,000 characters in all)"),
        "{added}"
    );
    assert!(notes.contains("fetch returns them whole"), "{notes}");
    assert_eq!(added.get("created"), None);

    let arguments = json!({"issueKey": "HARBOR-1", "content": "Seen."});
    let (added, _) = concise(&world, "add_issue_comment", arguments).await;
    let url = added["url"].as_str().unwrap();
    let end = format!("/view/HARBOR-1#comment-{}", added["id"]);
    assert!(
        url.ends_with(&end) && added["content"] == "Seen.",
        "{added}"
    );
}

#[actix_web::test]
async fn a_deletion_returns_all_that_is_lost() {
    let world = World::start().await;
    let caller = choosing(&world, ResponseFormat::Concise);
    let id = {
        let full = choosing(&world, ResponseFormat::Full);
        world
            .add_page(&full, "Night shift", &"Line\n".repeat(200))
            .await
    };
    let result = world
        .call(&caller, "delete_wiki", json!({"wikiId": id}))
        .await;
    let deleted: serde_json::Value = serde_json::from_str(&result.unwrap()).unwrap();
    assert_eq!(deleted["content"], "Line\n".repeat(200));
    assert_eq!(deleted["name"], "Night shift");
}
