//! From a tool's input to Backlog's request, and the forms of OAuth.

use std::hint::black_box;

use backlog_mcp_hub::{
    backlog::Call,
    oauth::{Params, Scopes},
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use serde_json::{Map, Value, json};

const GET_ISSUE: Call = Call::get("issues/{issueId|issueKey}");
const ADD_ISSUE: Call = Call::post("issues");

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

criterion_group!(benches, calls, forms);
criterion_main!(benches);
