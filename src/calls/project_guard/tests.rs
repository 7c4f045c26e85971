//! Every tool is classified, and a tool without a classification is reported.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use backlog_client::{
    BacklogClient, BacklogUrl, ClientOptions, Credentials,
    fake::{FakeBacklog, json as respond},
};
use serde_json::{Map, Value, json};

use super::{
    Project, ProjectBinding, ProjectOf, Reference, binding::Binding, filter::ProjectFilter,
    lookup::Lookups,
};
use crate::{
    accounts::access::{AccessError, BacklogAccess, FixedAccess},
    arguments::reading::Inputs,
    calls::registry,
    toolkit::{
        attempt::{Backlog, HeldResponses},
        entity::ProjectItem,
        file::FileLimits,
        input_kind::Input,
        outcome::Read,
        progress::ProgressSink,
    },
};

/// An access to Backlog with a known user.
struct Daniel(BacklogUrl);

#[async_trait]
impl BacklogAccess for Daniel {
    fn url(&self) -> &BacklogUrl {
        &self.0
    }

    fn user(&self) -> Option<i64> {
        Some(1)
    }

    async fn credentials(&self) -> Result<Credentials, AccessError> {
        Ok(Credentials::ApiKey("k".into()))
    }

    async fn renew(&self, _rejected: &Credentials) -> Result<Credentials, AccessError> {
        Err(AccessError::KeyRefused)
    }
}

/// A tool with these inputs, which are what its calls are bound by.
fn bound_by(properties: Value, required: Value) -> Binding {
    let schema = [("properties", properties), ("required", required)];
    let schema = schema.map(|(name, value)| (name.to_owned(), value));
    let schema = schema.into_iter().collect();
    let inputs = Inputs::new(Input::all(&schema), None, "");
    Binding::of(ProjectBinding::Inputs, &inputs)
}

#[test]
fn every_tool_is_classified() {
    let problems: Vec<_> = registry::all()
        .iter()
        .filter_map(|tool| {
            let name = tool.meta.name;
            let problem = Binding::of(tool.meta.projects, &tool.inputs).problem()?;
            Some(format!("{name}: {problem}"))
        })
        .collect();
    assert!(
        problems.is_empty(),
        "see the header of src/calls/project_guard/mod.rs:\n{}",
        problems.join("\n")
    );
}

#[test]
fn a_new_tool_does_not_slip_through() {
    let number = json!({"type": "number"});
    let text = json!({"type": "string"});
    let project = json!({"type": "number", "x-entity": "project"});
    let issue = json!({"type": "string", "x-entity": "issue"});
    let comment = json!({"type": "number", "x-entity": "issueComment"});
    let list = json!({"type": "array", "items": project});
    for (why, properties, required) in [
        ("names nothing", json!({}), json!([])),
        (
            "a word only",
            json!({"keyword": {"type": "string"}}),
            json!([]),
        ),
        (
            "a filter that may be left out",
            json!({"projectId": list}),
            json!([]),
        ),
        (
            "an id whose type says nothing",
            json!({"projectId": project, "otherIssueId": number}),
            json!(["projectId"]),
        ),
        (
            "a name whose type says nothing",
            json!({"projectId": project, "targetProject": text}),
            json!(["projectId"]),
        ),
        (
            "a list of names whose type says nothing",
            json!({"projectId": project, "issueKeys": {"type": "array", "items": text}}),
            json!(["projectId"]),
        ),
        (
            "a value that is read like an issue, whose type says nothing",
            json!({"projectId": project, "parent": {"type": "string", "x-read": "issueKey"}}),
            json!(["projectId"]),
        ),
        (
            "objects whose type says nothing",
            json!({"projectId": project, "changes": {"type": "array", "items": {"type": "object"}}}),
            json!(["projectId"]),
        ),
        (
            "what is inside of nothing",
            json!({"commentId": comment}),
            json!(["commentId"]),
        ),
    ] {
        let binding = bound_by(properties, required);
        assert!(binding.problem().is_some(), "{why}");
    }
    for properties in [
        json!({"projectId": project, "projectKey": project, "keyword": text, "useWiki": {"type": "boolean"}}),
        json!({"issueKey": issue, "commentId": comment}),
    ] {
        let binding = bound_by(properties, json!([]));
        assert_eq!(binding.problem(), None);
    }
}

#[test]
fn arguments_name_what_the_path_will_name() {
    let properties = json!({
        "projectId": {"type": "number", "x-entity": "project"},
        "projectKey": {"type": "string", "x-entity": "project"},
        "repoId": {"type": "number", "x-entity": "repository"},
        "repoName": {"type": "string", "x-entity": "repository"},
        "issueId": {"type": "array", "items": {"x-entity": "issue"}},
    });
    let binding = bound_by(properties, json!([]));
    let references = |arguments: Value| {
        let Value::Object(arguments) = arguments else {
            unreachable!("an object");
        };
        binding.references(&arguments).map(|given| {
            let names = given.references.into_iter();
            let names = names.map(|Reference { item, name, within }| (item, name, within));
            (names.collect::<Vec<_>>(), given.anchored)
        })
    };
    let project = |name: &str| (ProjectItem::Project, name.to_owned(), None);
    let issue = |name: &str| (ProjectItem::Issue, name.to_owned(), None);
    for (arguments, expected, anchored) in [
        (json!({}), vec![], false),
        (json!({"projectId": null, "projectKey": ""}), vec![], false),
        (json!({"projectId": 0, "issueId": []}), vec![], false),
        (json!({"projectId": 88104.0}), vec![project("88104")], true),
        (
            json!({"projectId": 1, "projectKey": "B"}),
            vec![project("1"), project("B")],
            true,
        ),
        (
            json!({"issueId": [1, "2", -3]}),
            vec![issue("1"), issue("2"), issue("-3")],
            false,
        ),
        (
            json!({"repoName": "app", "projectKey": "A"}),
            vec![
                project("A"),
                (
                    ProjectItem::Repository,
                    "app".to_owned(),
                    Some("A".to_owned()),
                ),
            ],
            true,
        ),
    ] {
        assert_eq!(
            references(arguments.clone()),
            Ok((expected, anchored)),
            "{arguments}"
        );
    }
    for odd in [
        json!({"projectId": {}}),
        json!({"issueId": [null]}),
        json!({"projectKey": true}),
    ] {
        assert!(references(odd.clone()).is_err(), "{odd}");
    }
}

#[test]
fn another_argument_may_give_the_kind_of_an_id() {
    let properties = json!({
        "kind": {"enum": ["issue", "wiki"]}, "id": {"type": "number", "x-entity": "starredThing"},
    });
    let binding = bound_by(properties, json!(["kind", "id"]));
    assert_eq!(binding.problem(), None);
    let references = |kind: &str| {
        let arguments = json!({"kind": kind, "id": 7});
        let given = binding.references(arguments.as_object().expect("an object"));
        given.map(|given| given.references)
    };
    let issue = Reference::new(ProjectItem::Issue, "7");
    assert_eq!(references("issue"), Ok(vec![issue]));
    let wiki = Reference::new(ProjectItem::Wiki, "7");
    assert_eq!(references("wiki"), Ok(vec![wiki]));
    for unknown in ["comment", "pullRequest", "pullRequestComment", ""] {
        assert!(references(unknown).is_err(), "{unknown}");
    }
}

/// A Backlog with the projects 1 (A) and 2 (B); a request for another one fails.
fn backlog() -> FakeBacklog {
    FakeBacklog::start(|received| match received.line.as_str() {
        "GET /api/v2/projects/1" => respond(200, r#"{"id":1,"projectKey":"A"}"#),
        "GET /api/v2/projects/2" => respond(200, r#"{"id":2,"projectKey":"B"}"#),
        _ => respond(500, ""),
    })
}

/// Returns the filtered response if only A is allowed.
async fn filter(by: Option<ProjectOf>, value: Value) -> (Value, Option<String>) {
    let fake = backlog();
    let allowed = ["A".to_owned()].into();
    let ours = [Project {
        id: 1,
        key: "A".to_owned(),
    }];
    let filter = match by {
        Some(by) => ProjectFilter::of_list(by, &allowed, &ours),
        None => ProjectFilter::within(&allowed),
    };
    let backlog = Backlog {
        client: &BacklogClient::new(ClientOptions::default()).expect("a client"),
        access: &FixedAccess::new(fake.url.clone(), Credentials::ApiKey("k".into())),
        files: &FileLimits::default(),
        progress: ProgressSink::default(),
        held: HeldResponses::default(),
    };
    let lookups = Lookups::new();
    let filtered = filter.filter(Read::Json(value), &lookups, &backlog).await;
    match filtered.outcome {
        Read::Json(value) => (value, filtered.note),
        Read::Content(_) => panic!("JSON"),
    }
}

#[actix_web::test]
async fn a_list_keeps_the_entries_of_allowed_projects() {
    let by_id = Some(ProjectOf::Id("/project/id"));
    let response = json!([
        {"id": 9, "project": {"id": 1}}, {"id": 8, "project": {"id": 2}},
        {"id": 7, "project": null}, {"id": 6}, {"id": 5, "project": {"id": "1"}},
    ]);
    let (kept, note) = filter(by_id, response).await;
    assert_eq!(kept, json!([{"id": 9, "project": {"id": 1}}]));
    let note = note.expect("a note");
    assert!(
        note.contains("left out") && note.contains("ended at id 5"),
        "{note}"
    );

    let ours_only = json!([{"projectKey": "A"}]);
    let filtered = filter(Some(ProjectOf::Key("/projectKey")), ours_only.clone()).await;
    assert_eq!(filtered, (ours_only, None));
    for odd in [json!({"project": {"id": 2}}), json!("x"), Value::Null] {
        let (shown, _) = filter(by_id, odd).await;
        assert_eq!(shown, json!([]), "what is no list is not shown");
    }
}

#[actix_web::test]
async fn items_of_other_projects_are_removed() {
    let ours = json!({"id": 5, "projectId": 1, "issue": {"id": 6, "projectId": 1}, "x": [1, {}]});
    assert_eq!(filter(None, ours.clone()).await, (ours, None));
    // 3 cannot be looked up, so it counts as not allowed.
    let mixed = json!({
        "projectId": 1,
        "issue": {"projectId": 2, "summary": "theirs"},
        "links": [{"projectId": 2}, {"projectId": 1, "inner": [{"project": {"id": 3}}]}],
    });
    let (shown, note) = filter(None, mixed).await;
    let kept = json!({
        "projectId": 1, "issue": null, "links": [{"projectId": 1, "inner": []}],
    });
    assert_eq!(shown, kept);
    assert!(note.is_some_and(|note| note.contains("left out")));
    assert_eq!(filter(None, json!({"projectId": 2})).await.0, Value::Null);
}

#[actix_web::test]
async fn json_without_items_of_other_projects_passes_unparsed() {
    let allowed: BTreeSet<String> = ["A".to_owned()].into();
    for (json, passes, keeps_all, requests) in [
        (r#"[{"projectId":1},{"project":{"id":1}}]"#, true, true, 1),
        (r#"[{"id":2,"summary":"projectId"}]"#, true, true, 0),
        (r#"[{"projectId":1},{"projectId":2}]"#, false, false, 2),
        (
            r#"{"a":{"project":{"id":2,"name":"theirs"}}}"#,
            false,
            false,
            1,
        ),
        (r#"{"a":{"\u0070rojectId":2}}"#, false, false, 1),
        // It cannot be looked up, so it counts as not allowed.
        (r#"{"a":{"projectId":3}}"#, false, false, 1),
        // Parsed JSON has the last value of a name only.
        (r#"{"a":{"projectId":1,"projectId":2}}"#, false, false, 2),
        (r#"{"a":{"projectId":2,"projectId":1}}"#, false, true, 2),
    ] {
        let fake = backlog();
        let backlog = Backlog {
            client: &BacklogClient::new(ClientOptions::default()).expect("a client"),
            access: &FixedAccess::new(fake.url.clone(), Credentials::ApiKey("k".into())),
            files: &FileLimits::default(),
            progress: ProgressSink::default(),
            held: HeldResponses::default(),
        };
        let lookups = Lookups::new();
        let mut filter = ProjectFilter::within(&allowed);
        let passed = filter.passes(json, &lookups, &backlog).await;
        assert_eq!(passed, passes, "{json}");

        let value: Value = serde_json::from_str(json).unwrap();
        let whole = Read::Json(value.clone());
        let filtered = filter.filter(whole, &lookups, &backlog).await;
        let Read::Json(shown) = filtered.outcome else {
            panic!("JSON");
        };
        assert_eq!(shown == value, keeps_all, "{json} {shown}");
        assert_eq!(filtered.note.is_none(), keeps_all, "{json}");
        let received = fake.received().len();
        assert_eq!(received, requests, "{json}: nothing is looked up twice");

        let by = ProjectOf::Id("/project/id");
        let mut list = ProjectFilter::of_list(by, &allowed, &[]);
        assert!(!list.passes(json, &lookups, &backlog).await, "{json}");
        let mut open = ProjectFilter::open();
        assert!(open.passes(json, &lookups, &backlog).await, "{json}");
        assert_eq!(fake.received().len(), requests, "{json}");
    }
}

#[actix_web::test]
async fn a_project_key_that_cannot_be_is_of_no_project() {
    let long = "A".repeat(65);
    let fake = FakeBacklog::start(move |received| {
        let projects = json!([{"id": 1, "projectKey": "A"}, {"id": 2, "projectKey": long}]);
        actix_web::HttpResponse::Ok().json(match received.line.as_str() {
            "GET /api/v2/projects/1" => &projects[0],
            "GET /api/v2/projects/2" => &projects[1],
            _ => &projects,
        })
    });
    let backlog = Backlog {
        client: &BacklogClient::new(ClientOptions::default()).expect("a client"),
        access: &FixedAccess::new(fake.url.clone(), Credentials::ApiKey("k".into())),
        files: &FileLimits::default(),
        progress: ProgressSink::default(),
        held: HeldResponses::default(),
    };
    let lookups = Lookups::new();
    let a = Project {
        id: 1,
        key: "A".to_owned(),
    };
    let project = async |id| {
        let reference = Reference::new(ProjectItem::Project, id);
        lookups
            .project_of(&backlog, &reference)
            .await
            .expect("a response")
    };
    assert_eq!(project("1").await, Some(a.clone()));
    assert_eq!(project("2").await, None);
    let joined = lookups.joined(&backlog).await.expect("a response");
    assert_eq!(*joined, [a]);
}

/// Constant use must not extend the lifetime of cached entries.
#[actix_web::test]
async fn cached_entries_expire_despite_constant_use() {
    let fake = FakeBacklog::start(|received| {
        let is_project = received.line.starts_with("GET /api/v2/projects/");
        actix_web::HttpResponse::Ok().json(match is_project {
            true => json!({"id": 1, "projectKey": "A"}),
            false => json!({"id": 5, "projectId": 1}),
        })
    });
    let backlog = Backlog {
        client: &BacklogClient::new(ClientOptions::default()).expect("a client"),
        access: &Daniel(fake.url.clone()),
        files: &FileLimits::default(),
        progress: ProgressSink::default(),
        held: HeldResponses::default(),
    };
    let lookups = Lookups::remembering_for(Duration::from_millis(200));
    let asked = || {
        let received = fake.received().into_iter();
        received
            .filter(|it| it.line.starts_with("GET /api/v2/projects/"))
            .count()
    };
    let begun = Instant::now();
    let mut issue = 0;
    while asked() < 3 {
        assert!(begun.elapsed() < Duration::from_secs(30), "kept alive");
        // A new issue each time, and the project by each of its names.
        issue += 1;
        for reference in [
            Reference::new(ProjectItem::Issue, format!("A-{issue}")),
            Reference::new(ProjectItem::Project, "1"),
            Reference::new(ProjectItem::Project, "A"),
        ] {
            let project = lookups.project_of(&backlog, &reference).await;
            assert_eq!(project.expect("a response").expect("a project").key, "A");
        }
    }
}

#[test]
fn a_call_names_only_so_much() {
    let properties = json!({
        "projectId": {"type": "number", "x-entity": "project"},
        "issueId": {"type": "array", "items": {"x-entity": "issue"}},
    });
    let binding = bound_by(properties, json!([]));
    let references = |issues: Vec<Value>| {
        let arguments = Map::from_iter([("issueId".to_owned(), Value::Array(issues))]);
        binding
            .references(&arguments)
            .map(|given| given.references.len())
    };
    let keys = |count: usize| {
        (0..count)
            .map(|n| json!(format!("A-{n}")))
            .collect::<Vec<_>>()
    };
    assert_eq!(references(keys(100)), Ok(100));
    let error = references(keys(101)).expect_err("too many");
    assert!(error.contains("at most 100"), "{error}");
    assert_eq!(
        references(vec![json!("A-1"); 1000]),
        Ok(1),
        "one is asked for once"
    );
}
