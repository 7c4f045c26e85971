//! The project restriction, for every tool: a tool touches nothing in another project that an input
//! names, and its result has items of the allowed projects only. The same holds for every way in which
//! a caller can be restricted ([`ways`]).

mod allowed_projects;
mod cases;
mod name_lookup;
mod names;
mod resources;
mod ways;

use std::collections::BTreeSet;

use backlog_mcp_hub::calls::policy::Policy;
use backlog_sim::{BacklogSim, Entry, Id, seed};
use serde_json::{Map, Value, json};

use self::{
    names::{Names, Seen},
    ways::{Door, Way},
};
use super::{has, rows, rpc, rpc_within, server, sim};

const REFUSAL: &str = "only some projects are allowed here";
/// Daniel has joined these as well.
const FOREIGN: [(&str, Id); 2] = [("KURA", seed::KURA), ("OPS", seed::OPS)];

fn within(keys: &[&str]) -> Policy {
    Policy {
        projects: Some(keys.iter().map(|key| (*key).to_owned()).collect()),
        ..Policy::default()
    }
}

/// A tool as it is listed.
struct Listed {
    name: String,
    properties: Map<String, Value>,
    required: BTreeSet<String>,
    reads_only: bool,
}

impl Listed {
    async fn all(sim: &BacklogSim) -> Vec<Self> {
        let listed = rpc(&server(), sim, seed::DANIEL, "tools/list", json!({})).await;
        let tools = listed["tools"].as_array().expect("tools");
        tools.iter().map(Self::read).collect()
    }

    fn read(tool: &Value) -> Self {
        let schema = &tool["inputSchema"];
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        Self {
            name: tool["name"].as_str().expect("a name").to_owned(),
            properties: schema["properties"].as_object().expect("inputs").clone(),
            reads_only: tool["annotations"]["readOnlyHint"] == true,
            required: required
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The inputs that name something.
    fn references(&self, names: &Names) -> Vec<&str> {
        let inputs = self.properties.keys().map(String::as_str);
        inputs
            .filter(|input| names.get(&self.name, input).is_some())
            .collect()
    }

    /// Something for each input that must be given and names nothing.
    fn required(&self, names: &Names) -> Map<String, Value> {
        let plain = self.required.iter();
        let plain = plain.filter(|input| names.get(&self.name, input).is_none());
        plain
            .map(|input| (input.clone(), any(&self.properties[input])))
            .collect()
    }

    /// What is called with a foreign thing: what must be given, of ours, and the foreign one; and
    /// the same with all the others of ours. What changes something takes an id or a key of it.
    fn calls(&self, foreign: &str, theirs: &Names, ours: &Names) -> [Map<String, Value>; 2] {
        let mut alone = self.required(theirs);
        let mut among_ours = alone.clone();
        self.name(&mut alone, foreign, theirs);
        self.name(&mut among_ours, foreign, theirs);
        for input in self.references(theirs) {
            let is_taken = among_ours.keys().any(|other| is_pair(input, other));
            if input != foreign && (self.reads_only || !is_taken) {
                self.name(&mut among_ours, input, ours);
                if self.required.contains(input) {
                    self.name(&mut alone, input, ours);
                }
            }
        }
        [alone, among_ours]
    }

    /// Puts what an input names into the arguments.
    fn name(&self, arguments: &mut Map<String, Value>, input: &str, names: &Names) {
        let value = names.get(&self.name, input).expect("a name").clone();
        let value = match self.properties[input]["type"] == "array" {
            true => json!([value]),
            false => value,
        };
        arguments.insert(input.to_owned(), value);
    }
}

/// Whether two inputs are the id and the key of one thing.
fn is_pair(one: &str, other: &str) -> bool {
    let pairs = [
        ["issueId", "issueKey"],
        ["projectId", "projectKey"],
        ["repoId", "repoName"],
    ];
    let mut pairs = pairs.iter();
    one != other && pairs.any(|pair| pair.contains(&one) && pair.contains(&other))
}

fn any(schema: &Value) -> Value {
    if let Some(first) = schema["enum"].get(0) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("number" | "integer") => json!(1),
        Some("boolean") => json!(true),
        Some("array") => json!([any(&schema["items"])]),
        Some("object") => json!({"typeId": 1}),
        _ => json!("2026-11-02"),
    }
}

/// Calls a tool as Daniel: whether it failed, and all its texts.
async fn call(
    sim: &BacklogSim,
    policy: Policy,
    tool: &str,
    arguments: Map<String, Value>,
) -> (bool, String) {
    let params = json!({"name": tool, "arguments": arguments});
    let result = rpc_within(policy, &server(), sim, seed::DANIEL, "tools/call", params).await;
    let texts = result["content"].as_array().expect("content").iter();
    let texts: Vec<_> = texts.filter_map(|part| part["text"].as_str()).collect();
    (result["isError"] == true, texts.join("\n"))
}

/// What a caller who may use HARBOR only is answered. Where the call would change nothing, it is
/// made with a change.
async fn refusal(
    sim: &BacklogSim,
    harbor: &Door,
    tool: &str,
    mut arguments: Map<String, Value>,
) -> (bool, String) {
    let (failed, text) = harbor.call(sim, tool, arguments.clone()).await;
    let Some((_, changes)) = text.split_once("nothing to change: give at least one of ") else {
        return (failed, text);
    };
    assert_eq!(requests(sim), Vec::<String>::new());
    let change = changes.split([',', ';']).next().unwrap_or_default();
    arguments.insert(change.to_owned(), json!("1"));
    harbor.call(sim, tool, arguments).await
}

/// What the simulator was asked since the journal was cleared.
fn requests(sim: &BacklogSim) -> Vec<String> {
    let journal = sim.control().journal();
    let requests = journal.iter().map(|entry| {
        let path = entry.path.trim_start_matches("/api/v2/");
        format!("{} {path}", entry.method)
    });
    requests.collect()
}

/// Whether a request only asks what project something is of.
fn is_look_up(request: &str) -> bool {
    let Some(path) = request.strip_prefix("GET ") else {
        return false;
    };
    matches!(
        path.split('/').collect::<Vec<_>>().as_slice(),
        ["notifications"]
            | [
                "projects" | "issues" | "wikis" | "documents" | "watchings" | "activities",
                _
            ]
            | ["projects", _, "git", "repositories", _]
    )
}

fn tells_of_foreign_projects(text: &str) -> bool {
    FOREIGN.iter().any(|(key, id)| {
        text.contains(&format!("\"{key}\""))
            || text.contains(&format!("\"{key}-"))
            || text.contains(&format!("rojectId\":{id}"))
    })
}

/// What Daniel saw in HARBOR and in KURA.
async fn seen(sim: &BacklogSim) -> (Seen, Seen) {
    for key in ["HARBOR-1", "KURA-1"] {
        let arguments =
            json!({"issueKey": key, "content": "Look", "notifiedUserId": [seed::DANIEL]});
        let params = json!({"name": "add_issue_comment", "arguments": arguments});
        rpc(&server(), sim, seed::HARUKA, "tools/call", params).await;
    }
    let arguments = json!({"count": 100})
        .as_object()
        .expect("an object")
        .clone();
    let mut lists = Vec::new();
    for tool in ["get_notifications", "get_space_activities"] {
        let (_, text) = call(sim, Policy::default(), tool, arguments.clone()).await;
        // A note may come after it.
        let json = text.lines().next().unwrap_or_default();
        lists.push(serde_json::from_str::<Value>(json).expect("JSON"));
    }
    let first = |list: &Value, project: Id| {
        let list = list.as_array().expect("a list");
        let one = list.iter().find(|one| one["project"]["id"] == project);
        one.expect("one of the project")["id"]
            .as_u64()
            .expect("an id")
    };
    let of = |project: Id| Seen {
        notification: first(&lists[0], project),
        activity: first(&lists[1], project),
    };
    (of(seed::HARBOR), of(seed::KURA))
}

#[actix_web::test]
async fn no_tool_accesses_a_named_item_of_another_project() {
    let sim = sim().await;
    check_named_items(&sim, &Way::of_policy()).await;
    sim.stop().await;
}

async fn check_named_items(sim: &BacklogSim, way: &Way) {
    let (of_harbor, of_kura) = seen(sim).await;
    let (ours, theirs) = (Names::of_harbor(of_harbor), Names::of_kura(of_kura));
    let mut cases = 0;
    for tool in Listed::all(sim).await {
        let references = tool.references(&theirs);
        for foreign in &references {
            for arguments in tool.calls(foreign, &theirs, &ours) {
                sim.control().clear_journal();
                let shown = format!("{} {}", tool.name, json!(arguments));
                let (failed, text) = refusal(sim, &way.harbor, &tool.name, arguments).await;
                assert!(failed && text.contains(REFUSAL), "{shown}: {text}");
                assert!(!tells_of_foreign_projects(&text), "{shown}: {text}");
                for request in requests(sim) {
                    assert!(is_look_up(&request), "{shown}: {request}");
                }
                // It is there, and is refused all the same; but a repository is not found in
                // another project than its own.
                let journal = sim.control().journal();
                let found = |entry: &Entry| {
                    entry.status == Some(200) || entry.path.contains("/git/repositories/")
                };
                assert!(journal.iter().all(found), "{shown}: {journal:?}");
                cases += 1;
            }
        }
    }
    assert!(cases > 100, "{cases}");
}

#[actix_web::test]
async fn a_call_without_a_project_returns_only_allowed_ones() {
    let sim = sim().await;
    check_calls_without_a_project(&sim, &Way::of_policy()).await;
    sim.stop().await;
}

async fn check_calls_without_a_project(sim: &BacklogSim, way: &Way) {
    let (of_harbor, of_kura) = seen(sim).await;
    let (ours, theirs) = (Names::of_harbor(of_harbor), Names::of_kura(of_kura));
    let mut narrowed = BTreeSet::new();
    for tool in Listed::all(sim).await {
        let mut arguments = tool.required(&theirs);
        if tool.properties.contains_key("userId") {
            arguments.insert("userId".to_owned(), json!(seed::DANIEL));
        }
        sim.control().clear_journal();
        let (_, text) = way.harbor.call(sim, &tool.name, arguments.clone()).await;
        assert!(!tells_of_foreign_projects(&text), "{}: {text}", tool.name);
        assert!(
            requests(sim).iter().all(|request| {
                // A file that is uploaded is of no project yet.
                request.starts_with("GET ") || request == "POST space/attachment"
            }),
            "{}: {:?}",
            tool.name,
            requests(sim)
        );
        let (failed, unbound) = way.everywhere.call(sim, &tool.name, arguments).await;
        if !failed && tells_of_foreign_projects(&unbound) {
            narrowed.insert(tool.name.clone());
        }
        // A link may lead from an allowed issue to one that is not.
        if tool.name == "get_related_issues" {
            let link = json!({"issueKey": "HARBOR-1", "targetIssueId": 5_520_227});
            let link = link.as_object().expect("an object").clone();
            way.everywhere.call(sim, "add_related_issue", link).await;
            let mut of_ours = Map::new();
            tool.name(&mut of_ours, "issueKey", &ours);
            let (_, all) = way.everywhere.call(sim, &tool.name, of_ours.clone()).await;
            assert!(tells_of_foreign_projects(&all), "{all}");
            let (failed, kept) = way.harbor.call(sim, &tool.name, of_ours).await;
            assert!(!failed && kept.contains("left out"), "{kept}");
            assert!(!tells_of_foreign_projects(&kept), "{kept}");
        }
    }
    for tool in [
        "get_issues",
        "get_notifications",
        "get_project_list",
        "get_recently_viewed_issues",
        "get_recently_viewed_projects",
        "get_recently_viewed_wikis",
        "get_space_activities",
        "get_user_recent_updates",
        "get_watching_list_items",
    ] {
        assert!(
            narrowed.contains(tool),
            "{tool} had nothing to leave out: {narrowed:?}"
        );
    }
}

/// Not offered, and refused, rather than answered wrongly.
const REFUSED: [&str; 9] = [
    "add_project",
    "count_notifications",
    "get_space_disk_usage",
    "get_user_stars",
    "get_user_stars_count",
    "get_watching_list_count",
    "remove_star",
    "reset_unread_notification_count",
    "update_space_notification",
];

#[actix_web::test]
async fn within_the_allowed_projects_tools_do_what_they_do() {
    let all = || within(&["HARBOR", "KURA", "OPS"]);
    for row in rows() {
        let sim = sim().await;
        let arguments = row.arguments.as_object().expect("an object").clone();
        let params = json!({"name": row.tool, "arguments": arguments});
        let result = rpc_within(all(), &server(), &sim, row.user, "tools/call", params).await;
        let text = result["content"][0]["text"].as_str().expect("a text");
        let tool = row.tool;
        if REFUSED.contains(&tool) {
            assert!(
                text.contains("only some projects are allowed"),
                "{tool}: {text}"
            );
            assert_eq!(requests(&sim), [""; 0], "{tool}");
        } else if tool == "update_project" && row.arguments.get("key").is_some() {
            assert!(text.contains("a key cannot be changed"), "{tool}: {text}");
        } else if tool == "add_star"
            && !["issue", "wiki"]
                .map(Value::from)
                .contains(&row.arguments["kind"])
        {
            assert!(text.contains("Backlog does not report"), "{tool}: {text}");
            assert_eq!(requests(&sim), [""; 0], "{tool}");
        } else {
            assert_ne!(result["isError"], true, "{tool}: {text}");
            let answer: Value = serde_json::from_str(text).expect("JSON");
            assert!(has(&answer, &row.answer), "{tool}: {answer:#}");
            assert!(requests(&sim).contains(&row.request.to_owned()), "{tool}");
        }
        sim.stop().await;
    }
    let sim = sim().await;
    let listed = rpc_within(
        all(),
        &server(),
        &sim,
        seed::DANIEL,
        "tools/list",
        json!({}),
    )
    .await;
    let offered = |tool: &&str| {
        let tools = listed["tools"].as_array().expect("tools");
        tools.iter().any(|listed| listed["name"] == **tool)
    };
    assert_eq!(REFUSED.iter().filter(|tool| offered(tool)).count(), 0);
    assert!(offered(&"get_issues"));
    sim.stop().await;
}
