//! From a tool's arguments to Backlog's request, from Backlog's response to the result, and the
//! forms of OAuth.

use std::{hint::black_box, sync::Arc};

use actix_web::{HttpResponse, rt::System, web::Bytes};
use backlog_client::{
    BacklogClient, BacklogUrl, ClientOptions, Credentials, Operation, fake::FakeBacklog,
};
use backlog_mcp_hub::{
    accounts::access::FixedAccess,
    calls::{
        caller::{Caller, ChallengeSlot},
        options::ToolOptions,
        policy::Policy,
    },
    mcp::{plain::PlainCall, server::HubServer},
    toolkit::hidden,
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use foundation::clock::Clock;
use oauth_values::{Params, Scopes};
use rmcp::model::ProtocolVersion;
use serde_json::{Map, Value, json};

const GET_ISSUE: Operation = Operation::get("issues/{issueId|issueKey}");
const ADD_ISSUE: Operation = Operation::post("issues");

fn inputs(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(inputs) => inputs,
        other => panic!("{other} is no object"),
    }
}

fn calls(c: &mut Criterion) {
    let one = inputs(json!({"issueKey": "HARBOR-1"}));
    let many = inputs(json!({
        "projectId": 88104, "issueTypeId": 1, "priorityId": 3, "summary": "Pump is louder than before",
        "description": "It began after the repair. ".repeat(20), "categoryId": [1, 2, 3],
        "notifiedUserId": [40211, 40218], "dueDate": "2026-12-01",
    }));
    for (name, call, inputs) in [
        ("get_issue", GET_ISSUE, one),
        ("add_issue", ADD_ISSUE, many),
    ] {
        c.bench_function(&format!("call/fill {name}"), |b| {
            b.iter_batched(
                || inputs.clone(),
                |inputs| black_box(&call).fill(inputs),
                BatchSize::SmallInput,
            );
        });
    }
}

/// The cost of reading arguments: for a call with correct arguments, and for one that needs
/// conversion.
fn readers(c: &mut Criterion) {
    let client = BacklogClient::new(ClientOptions::default()).expect("a client");
    let server = HubServer::new(client, Clock::system());
    let space = BacklogUrl::parse("acme.backlog.com").expect("a URL");
    let one = json!({"issueKey": "HARBOR-1"});
    let many = json!({
        "projectId": [88104], "statusId": [1, 2, 3], "assigneeId": [40218], "priorityId": ["High"],
        "dueDateSince": "2026-10-01", "dueDateUntil": "2026-10-31", "keyword": "crane",
        "sort": "dueDate", "order": "asc", "count": 100, "offset": 0,
    });
    let add = json!({
        "projectId": 88104, "issueTypeId": 1, "priorityId": 3, "summary": "Pump is louder than before",
        "description": "It began after the repair. ".repeat(20), "categoryId": [1, 2, 3],
        "notifiedUserId": [40211, 40218], "dueDate": "2026-12-01",
        "customFields": [{"id": 92014, "value": 1}],
    });
    let written = json!({
        "project": "harbor", "status": "Open", "assignee": "[40218]", "dueDateSince": "2026/10/01",
        "count": "100", "order": null,
    });
    let link = json!({"issueKey": "https://acme.backlog.com/view/HARBOR-12#comment-34"});
    for (name, tool, arguments) in [
        ("right: get_issue", "get_issue", one),
        ("right: get_issues", "get_issues", many),
        ("right: add_issue", "add_issue", add),
        ("to be read: get_issues", "get_issues", written),
        ("to be read: a link", "get_issue", link),
    ] {
        let arguments = inputs(arguments);
        c.bench_function(&format!("arguments/{name}"), |b| {
            b.iter_batched_ref(
                || arguments.clone(),
                |arguments| server.read_arguments(tool, arguments, &space),
                BatchSize::SmallInput,
            );
        });
    }
}

/// The cost of searching for hidden characters where there are none, and of removing them.
fn hidden_characters(c: &mut Criterion) {
    let issue = |text: &str| {
        let issues: Vec<_> = (0..50)
            .map(|id| json!({"id": id, "summary": "潮位", "description": text.repeat(20)}))
            .collect();
        Value::from(issues)
    };
    for (name, text) in [
        (
            "none, English",
            "The pump is louder than before; see the log.\n",
        ),
        (
            "none, Japanese",
            "潮位を確認し、岸壁の照明を点検する（至急！）。\n",
        ),
        (
            "some",
            "潮位を\u{200b}確認し、岸壁の照明を\u{202e}点検する。\n",
        ),
    ] {
        let value = issue(text);
        let json = value.to_string();
        let mut group = c.benchmark_group("hidden characters");
        let bytes = u64::try_from(json.len()).expect("a length");
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(format!("look: {name}"), |b| {
            b.iter(|| hidden::may_be_in(black_box(&json)));
        });
        group.bench_function(format!("remove: {name}"), |b| {
            b.iter_batched_ref(|| value.clone(), hidden::clean_value, BatchSize::SmallInput);
        });
        group.finish();
    }
}

/// A list of 20 issues, about 60 kB.
fn issues(text: &str) -> String {
    let issue = |id: u64| {
        json!({
            "id": id, "projectId": 88104, "issueKey": format!("HARBOR-{id}"), "keyId": id,
            "issueType": {"id": 1, "projectId": 88104, "name": "Bug", "color": "#7ea800"},
            "summary": "潮位を確認する", "description": text.repeat(2_600 / text.len()),
            "priority": {"id": 3, "name": "Normal"}, "assignee": null, "category": [],
            "status": {"id": 1, "projectId": 88104, "name": "Open", "color": "#ed8077"},
            "created": "2026-10-19T15:04:12Z", "updated": "2026-10-20T08:00:00Z",
        })
    };
    Value::from((0..20).map(issue).collect::<Vec<_>>()).to_string()
}

/// The cost of a whole call that returns a long list, the exchange with Backlog over the loopback
/// included: passed on as Backlog wrote it, and parsed because fields are selected.
fn answers(c: &mut Criterion) {
    const ENGLISH: &str = "The pump is \"louder\" than before; see the log.\n";
    const JAPANESE: &str = "潮位を確認し、岸壁の照明を点検する（至急！）。\n";
    let system = System::new();
    let options = |structured_content| ToolOptions {
        max_tokens: 50_000,
        field_selection: true,
        structured_content,
        ..ToolOptions::default()
    };
    let client = BacklogClient::new(ClientOptions::default()).expect("a client");
    let all = json!({});
    let fields = json!({"fields": ["id", "issueKey", "summary", "description", "status"]});
    for (name, text, arguments, structured) in [
        ("passed on, English", ENGLISH, &all, false),
        ("passed on, Japanese", JAPANESE, &all, false),
        ("passed on, with JSON for programs", ENGLISH, &all, true),
        ("fields selected, English", ENGLISH, &fields, false),
    ] {
        let body = Bytes::from(issues(text));
        let length = u64::try_from(body.len()).expect("a length");
        let backlog = system.block_on(async {
            FakeBacklog::start(move |_| {
                let mut response = HttpResponse::Ok();
                response.content_type("application/json;charset=utf-8");
                response.body(body.clone())
            })
        });
        let server = HubServer::new(client.clone(), Clock::system());
        let server = server.with_options(options(structured));
        let access = FixedAccess::new(backlog.url.clone(), Credentials::Bearer("t0".into()));
        let caller = Caller {
            scopes: Scopes::all(),
            policy: Policy::default(),
            access: Arc::new(access),
            challenge: ChallengeSlot::default(),
            account_url: None,
            subscriber: None,
        };
        let arguments = inputs(arguments.clone());
        let version = Some(&ProtocolVersion::V_2025_11_25);
        let mut group = c.benchmark_group("answer");
        group.throughput(Throughput::Bytes(length));
        group.bench_function(name, |b| {
            b.iter(|| {
                let call = PlainCall::new("get_issues", arguments.clone());
                system.block_on(server.call_as_json(&caller, version, call))
            });
        });
        group.finish();
    }
}

fn forms(c: &mut Criterion) {
    let form = format!(
        "grant_type=refresh_token&client_id=example&refresh_token=bmh_rt_{}",
        "a".repeat(50)
    );
    c.bench_function("oauth/read a token request", |b| {
        b.iter(|| Params::parse(black_box(form.as_bytes())));
    });
    c.bench_function("oauth/read scopes", |b| {
        b.iter(|| Scopes::parse(black_box("backlog:read backlog:write")));
    });
}

criterion_group!(benches, calls, readers, hidden_characters, answers, forms);
criterion_main!(benches);
