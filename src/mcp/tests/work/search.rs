use backlog_sim::{
    Matcher,
    seed::{DANIEL, HARUKA, MAJA, document},
};
use serde_json::{Value, json};

use super::World;
use crate::{
    calls::caller::Caller,
    toolkit::{tokens::tokens, toolset::Toolset},
};

async fn search(world: &World, caller: &Caller, arguments: Value) -> Value {
    world.json(caller, "search", arguments).await
}

fn ids(found: &Value) -> Vec<&str> {
    let results = found["results"].as_array().unwrap();
    results
        .iter()
        .map(|it| it["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn every_kind_is_searched_and_each_result_can_be_fetched() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let plan = format!("document:{}", document::LAUNCH_PLAN);
    for (query, expected) in [
        ("berth constraint", "wiki:640012"),
        ("Three harbours", &plan),
        ("midnight", "HARBOR/portal#2"),
        ("ロック 順序", "KURA/kura-web#1"),
        ("棚卸し", "wiki:640015"),
    ] {
        let found = search(&world, &daniel, json!({"query": query})).await;
        assert!(ids(&found).contains(&expected), "{query}: {found}");
        for result in found["results"].as_array().unwrap() {
            for name in ["id", "title", "url", "kind", "project", "date"] {
                assert!(result[name].is_string(), "{name} of {result}");
            }
            let fetched = world
                .json(&daniel, "fetch", json!({"id": result["id"]}))
                .await;
            assert_eq!(fetched["url"], result["url"]);
        }
    }
}

#[tokio::test]
async fn the_words_around_the_hit_are_there() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let found = search(&world, &daniel, json!({"query": "one pod", "in": "wiki"})).await;
    let text = found["results"][0]["text"].as_str().unwrap();
    assert!(text.contains("Roll out one pod at a time."), "{text}");
    assert_eq!(found["results"][0]["by"], "Daniel Okafor", "once");
}

#[tokio::test]
async fn width_makes_no_difference() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let plain = search(&world, &daniel, json!({"query": "deployment"})).await;
    let wide = search(&world, &daniel, json!({"query": "ｄｅｐｌｏｙｍｅｎｔ"})).await;
    assert!(!ids(&plain).is_empty());
    assert_eq!(ids(&wide), ids(&plain));
}

#[tokio::test]
async fn a_key_precedes_everything() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for query in ["HARBOR-3", "harbor 3"] {
        let found = search(&world, &daniel, json!({"query": query})).await;
        assert_eq!(ids(&found)[0], "HARBOR-3", "{query}");
        let count = ids(&found).iter().filter(|id| **id == "HARBOR-3").count();
        assert_eq!(count, 1);
    }
    // A key of a project that is not searched is only a word.
    let given = json!({"query": "HARBOR-3", "project": "OPS"});
    assert!(!ids(&search(&world, &daniel, given).await).contains(&"HARBOR-3"));
}

#[tokio::test]
async fn titles_precede_texts() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    world.add_page(&daniel, "Lantern", "nothing").await;
    world.add_page(&daniel, "Other", "the lantern is out").await;
    let found = search(&world, &daniel, json!({"query": "LANTERN"})).await;
    let titles = found["results"].as_array().unwrap();
    assert_eq!(titles[0]["title"], "Lantern");
    assert_eq!(titles[1]["title"], "Other");
    assert!(
        titles[1]["text"]
            .as_str()
            .unwrap()
            .contains("the lantern is out")
    );
}

#[tokio::test]
async fn nothing_found_says_where_was_searched() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let given = json!({"query": "zzyzx", "in": ["wiki", "PRs"], "project": ["harbor", "KURA"]});
    let found = search(&world, &daniel, given).await;
    assert_eq!(found["results"], json!([]));
    let notes = found["notes"].as_str().unwrap();
    assert!(
        notes.contains("Nothing was found in wiki, pull requests of HARBOR, KURA"),
        "{notes}"
    );
}

#[tokio::test]
async fn a_limit_says_that_more_exist() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for number in 0..8 {
        world
            .add_page(&daniel, &format!("Buoy {number}"), "x")
            .await;
    }
    let found = search(&world, &daniel, json!({"query": "buoy", "limit": 3})).await;
    assert_eq!(ids(&found).len(), 3);
    assert!(
        found["notes"]
            .as_str()
            .unwrap()
            .contains("The first 3 hits; more exist")
    );
    let found = search(&world, &daniel, json!({"query": "buoy", "limit": 50})).await;
    assert_eq!(ids(&found).len(), 8);
    assert!(found["notes"].is_null());
    assert!(tokens(&found.to_string()) < 20_000);
}

#[tokio::test]
async fn wrong_inputs_name_what_is_possible() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    for (given, expected) in [
        (json!({}), "query: is required"),
        (json!({"query": " "}), "query: is required"),
        (
            json!({"query": "x", "in": "people"}),
            "in: expected issues, wiki, documents, pull requests",
        ),
        (
            json!({"query": "x", "limit": 51}),
            "limit: expected an integer from 1 to 50",
        ),
        (
            json!({"query": "x", "project": "PIER"}),
            "project: unknown project \"PIER\"",
        ),
        (
            json!({"query": "x".repeat(201)}),
            "query: expected words of at most 200",
        ),
        (
            json!({"query": "x", "project": "https://evil.example/projects/OPS"}),
            "project: the URL is of",
        ),
    ] {
        let error = world
            .call(&daniel, "search", given.clone())
            .await
            .unwrap_err();
        assert!(error.contains(expected), "{given}: {error}");
    }
}

#[tokio::test]
async fn only_what_the_caller_may_read_is_found() {
    let world = World::start().await;
    let maja = world.caller(MAJA);
    for query in ["ロック", "棚卸し", "KURA-1", "検証環境"] {
        let found = search(&world, &maja, json!({"query": query})).await;
        let mut results = found["results"].as_array().unwrap().iter();
        assert!(
            results.all(|it| it["project"] != "KURA"),
            "{query}: {found}"
        );
    }
    let mut bound = world.caller(HARUKA);
    bound.policy.projects = Some(["OPS".to_owned()].into());
    for query in ["berth", "HARBOR-3", "midnight", "harbours"] {
        let found = search(&world, &bound, json!({"query": query})).await;
        let projects = found["results"].as_array().unwrap().iter();
        assert!(
            projects.into_iter().all(|it| it["project"] == "OPS"),
            "{query}: {found}"
        );
    }
    let given = json!({"query": "berth", "project": "HARBOR"});
    world.call(&bound, "search", given).await.unwrap_err();
}

#[tokio::test]
async fn a_kind_that_the_caller_may_not_use_is_named() {
    let world = World::start().await;
    let mut bound = world.caller(HARUKA);
    let sets = [
        Toolset::Work,
        Toolset::Issue,
        Toolset::Project,
        Toolset::Space,
    ];
    bound.policy.toolsets = Some(sets.into());
    let found = search(&world, &bound, json!({"query": "berth"})).await;
    let notes = found["notes"].as_str().unwrap();
    assert!(
        notes.contains("leaves them out: wiki, documents, pull requests."),
        "{notes}"
    );
    let given = json!({"query": "berth", "in": "wiki"});
    let error = world.call(&bound, "search", given).await.unwrap_err();
    assert!(error.contains("leaves them out: wiki."), "{error}");
}

#[tokio::test]
async fn a_kind_that_fails_does_not_hide_the_others() {
    let world = World::start().await;
    let daniel = world.caller(DANIEL);
    let control = world.sim.control();
    control.fail_next(
        Matcher::path("/api/v2/documents"),
        403,
        "{\"errors\":[]}",
        9,
    );
    let found = search(&world, &daniel, json!({"query": "berth"})).await;
    assert!(!ids(&found).is_empty());
    assert!(
        found["notes"]
            .as_str()
            .unwrap()
            .contains("Not searched: documents (")
    );
    control.clear_faults();
    control.fail_next(Matcher::path("/api/v2/wikis"), 403, "{\"errors\":[]}", 9);
    let given = json!({"query": "berth", "in": "wiki"});
    world.call(&daniel, "search", given).await.unwrap_err();
}
