//! Logs and traces: the id of a request finds its log lines, a trace continues that of the caller,
//! and neither has a secret.

use std::collections::HashMap;

use backlog_sim::{Control, Credential, Matcher, fingerprint, seed};
use regex::Regex;
use reqwest::{StatusCode, header::COOKIE};
use serde_json::{Value, json};

use crate::support::{
    collector::{Collector, hex},
    hub::{TestHub, http},
    mcp,
    person::{Person, VERIFIER, call_request, exchange, param, refresh, tokens},
    process::{Deployment, Process, until},
    reply::Reply,
};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const OTHER_TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

/// A sign-in, a call, a refresh, a renewal and failures: everything that a secret has part
/// in, with all that every library has to say.
#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one sequence of steps")]
async fn the_most_talkative_log_and_the_traces_hold_no_secret() {
    let deployment = Deployment::new().await;
    let collector = Collector::start();
    let mut command = deployment.command();
    command.envs([
        ("RUST_LOG", "trace"),
        ("LOG_FORMAT", "json"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ]);
    let mut process = Process::start(command, deployment.site.base_url.clone()).await;
    let site = &deployment.site;
    let person = Person::default();

    let client = site.register().await;
    let consent = person
        .get(&crate::support::person::authorize_url(site, &client))
        .await;
    let cookie = consent.headers["set-cookie"].to_str().unwrap();
    let cookie = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    let forward = person.decide(site, &consent, "approve").await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
        .await;
    let answer = person.return_to_client(&callback).await;
    let code = answer.get("code").to_owned();
    let (status, body) = exchange(&site.base_url, &client, &code).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let first = tokens(&client, &body);
    let call = async |token: &str, tool: &str, arguments: Value| {
        mcp::call_at(&site.mcp_url(), Some(token), tool, arguments).await
    };
    let words = json!({ "issueKey": "HARBOR-1", "content": "words-of-a-person" });
    assert_eq!(
        call(&first.access_token, "add_issue_comment", words)
            .await
            .status,
        StatusCode::OK
    );
    // A link that takes a file, refuses another, and is looked at.
    let name = json!({ "name": "name-of-a-file.txt" });
    let link = call(&first.access_token, "create_upload_link", name)
        .await
        .json();
    let link = link["result"]["content"][0]["text"]
        .as_str()
        .expect("a link");
    let link: Value = serde_json::from_str(link).expect("JSON");
    let link = link["url"].as_str().expect("a URL").to_owned();
    for expected in [StatusCode::OK, StatusCode::GONE] {
        let taken = Reply::to(http().put(&link).body("words-in-a-file")).await;
        assert_eq!(taken.status, expected, "{}", taken.body);
        let name = &link[link.find("bmh_ul_").expect("the secret")..];
        assert!(!taken.body.contains(name), "{}", taken.body);
    }
    let page = person.get(&link).await;
    assert_eq!(page.status, StatusCode::GONE);
    let (status, body) = refresh(&site.base_url, &first).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let second = tokens(&client, &body);
    deployment.sim.control().expire_access_tokens();
    let renewed = call(&second.access_token, "get_myself", json!({})).await;
    assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.body);
    // Backlog refuses, and says something that is nobody else's.
    let told = Control::error_body(7, "words-of-backlog");
    let issue = Matcher::path("/api/v2/issues/HARBOR-424242");
    deployment.sim.control().fail_next(issue, 400, told, 1);
    let asked = json!({ "issueKey": "HARBOR-424242" });
    let refused = call(&second.access_token, "get_issue", asked).await;
    assert!(
        refused.body.contains("words-of-backlog"),
        "{}",
        refused.body
    );
    // Failures: a code used twice, a wrong token, Backlog that no longer knows the person.
    let (status, _) = exchange(&site.base_url, &client, &code).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let wrong = format!("{}x", second.access_token);
    let refused = call(&wrong, "get_myself", json!({})).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    process.terminate();
    assert!(process.ended().await.success());

    let log = process.said();
    assert!(
        log.contains("\"level\":\"TRACE\""),
        "the log is not talkative"
    );
    assert!(log.contains("the tool failed"), "the failure is not logged");
    assert!(collector.text().contains("get_myself"), "no span has come");
    let mut secrets = vec![
        ("client's state", "the-state".to_owned()),
        ("cookie", cookie),
        ("CSRF value", consent.field("csrf")),
        ("state toward Backlog", param(&forward.refresh(), "state")),
        ("upload link", param(&link, "link")),
        ("name of a file", "name-of-a-file".to_owned()),
        ("content of a file", "words-in-a-file".to_owned()),
        ("code of Backlog", param(&callback, "code")),
        ("code", code),
        ("code verifier", VERIFIER.to_owned()),
        ("tool input", "words-of-a-person".to_owned()),
        ("argument of a failed call", "HARBOR-424242".to_owned()),
        ("answer of Backlog", "words-of-backlog".to_owned()),
        ("first access token", first.access_token),
        ("first refresh token", first.refresh_token),
        ("second access token", second.access_token),
        ("second refresh token", second.refresh_token),
    ];
    let of_deployment = deployment.secrets();
    secrets.extend(of_deployment.map(|secret| ("setting", secret.to_owned())));
    let of_backlog: Vec<String> = deployment
        .sim
        .control()
        .journal()
        .into_iter()
        .filter_map(|entry| match entry.credential {
            Credential::Bearer(fingerprint) => Some(fingerprint),
            _ => None,
        })
        .collect();
    assert!(of_backlog.len() > 1, "Backlog was called with a token");
    for (place, text) in [("log", log), ("traces", collector.text())] {
        for (name, secret) in &secrets {
            if let Some(at) = text.find(secret) {
                let line = text[..at].rfind('\n').map_or(0, |start| start + 1);
                let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
                panic!("the {name} is in the {place}: {}", &text[line..end]);
            }
        }
        for word in text.split(|c: char| !c.is_ascii_alphanumeric()) {
            assert!(
                !of_backlog.contains(&fingerprint(word)),
                "a token of Backlog is in the {place}: {word}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn spans_go_on_from_the_trace_of_a_trusted_proxy() {
    let deployment = Deployment::new().await;
    let collector = Collector::start();
    let mut command = deployment.command();
    command.envs([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
        ("TRUSTED_PROXIES", "127.0.0.0/8"),
    ]);
    let process = Process::start(command, deployment.site.base_url.clone()).await;
    let site = &deployment.site;
    let tokens = Person::default().sign_in(site, seed::DANIEL).await;

    let of_header = call_request(
        &site.base_url,
        &tokens.access_token,
        "get_myself",
        json!({}),
    );
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let answer = Reply::to(of_header.header("traceparent", parent)).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let params = json!({
        "name": "get_space",
        "arguments": {},
        "_meta": { "traceparent": format!("00-{OTHER_TRACE}-b7ad6b7169203331-01") },
    });
    let of_meta = mcp::request(&site.mcp_url(), Some(&tokens.access_token))
        .json(&mcp::message("tools/call", params));
    assert_eq!(Reply::to(of_meta).await.status, StatusCode::OK);

    // The first call of a token is looked up in the database.
    let expected = [
        "request",
        "db.access_tokens.find_principal",
        "tool",
        "backlog",
    ];
    until("the spans have come", async || {
        let spans = collector.of_trace(TRACE);
        expected
            .iter()
            .all(|name| spans.iter().any(|span| span.name == *name))
            && !collector.linked_to(OTHER_TRACE).is_empty()
    })
    .await;
    let spans = collector.of_trace(TRACE);
    let by_name: HashMap<_, _> = spans
        .iter()
        .map(|span| (span.name.as_str(), span))
        .collect();
    let parent_of = |name: &str| hex(&by_name[name].parent_span_id);
    let id_of = |name: &str| hex(&by_name[name].span_id);
    assert_eq!(parent_of("request"), "00f067aa0ba902b7");
    assert_eq!(
        parent_of("db.access_tokens.find_principal"),
        id_of("request")
    );
    assert_eq!(parent_of("tool"), id_of("request"));
    assert_eq!(parent_of("backlog"), id_of("tool"));

    // What the caller says within the call is no more than a link.
    let spans = collector.linked_to(OTHER_TRACE);
    assert_eq!(spans[0].name, "tool");
    assert!(collector.of_trace(OTHER_TRACE).is_empty());
    process.kill().await;
}

/// Nobody is known when a request begins, and who is signed in is no operator: neither takes spans
/// out of the sample, or puts them into somebody's trace.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_decides_neither_what_is_sampled_nor_where_it_belongs() {
    let deployment = Deployment::new().await;
    let collector = Collector::start();
    let mut command = deployment.command();
    command.envs([
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url.as_str()),
        ("OTEL_BSP_SCHEDULE_DELAY", "100"),
    ]);
    let process = Process::start(command, deployment.site.base_url.clone()).await;
    let site = &deployment.site;
    let tokens = Person::default().sign_in(site, seed::DANIEL).await;
    let params = json!({
        "name": "get_space",
        "arguments": {},
        "_meta": { "traceparent": format!("00-{OTHER_TRACE}-b7ad6b7169203331-00") },
    });
    let call = mcp::request(&site.mcp_url(), Some(&tokens.access_token))
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-00"))
        .json(&mcp::message("tools/call", params));
    assert_eq!(Reply::to(call).await.status, StatusCode::OK);

    // Not sampled, the senders say; the spans come all the same.
    until("the spans have come", async || {
        [TRACE, OTHER_TRACE]
            .iter()
            .all(|trace| !collector.linked_to(trace).is_empty())
    })
    .await;
    let (request, tool) = (collector.linked_to(TRACE), collector.linked_to(OTHER_TRACE));
    assert_eq!((request.len(), tool.len()), (1, 1));
    assert_eq!(
        (request[0].name.as_str(), tool[0].name.as_str()),
        ("request", "tool")
    );
    assert!(request[0].parent_span_id.is_empty());
    assert_eq!(tool[0].parent_span_id, request[0].span_id);
    for trace in [TRACE, OTHER_TRACE] {
        assert!(collector.of_trace(trace).is_empty(), "{trace}");
    }
    process.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_has_an_id_that_its_error_and_its_log_lines_show() {
    let deployment = Deployment::new().await;
    let mut command = deployment.command();
    command.env("LOG_FORMAT", "json");
    let process = Process::start(command, deployment.site.base_url.clone()).await;
    let site = &deployment.site;
    let form = [("grant_type", "none")];
    let token = http().post(site.url("/token")).form(&form);
    let token = Reply::to(token.header("x-request-id", "made-by_the-proxy-7")).await;
    token.oauth_error(400, "unsupported_grant_type");
    assert_eq!(token.header("x-request-id"), "made-by_the-proxy-7");
    assert_eq!(token.json()["request_id"], "made-by_the-proxy-7");

    let challenge = Reply::to(mcp::request(&site.mcp_url(), None).body("{}")).await;
    assert_eq!(challenge.status, StatusCode::UNAUTHORIZED);
    let id = challenge.header("x-request-id").to_owned();
    assert_eq!(challenge.json()["request_id"], json!(id));
    assert_eq!(uuid::Uuid::parse_str(&id).unwrap().get_version_num(), 4);

    let page = http().get(site.url("/authorize?client_id=nobody"));
    let page = Reply::to(page.header("x-request-id", "<b>not-well-formed</b>")).await;
    let id_of_page = page.header("x-request-id").to_owned();
    assert!(page.page(400).contains(&id_of_page), "{}", page.body);
    assert!(!page.body.contains("not-well-formed"));

    until("the lines are there", async || {
        let log = process.said();
        [&id, &id_of_page, "made-by_the-proxy-7"]
            .iter()
            .all(|id| log.contains(*id))
    })
    .await;
    let log = process.said();
    let of_token = log
        .lines()
        .find(|line| line.contains("made-by_the-proxy-7"));
    let line: Value = serde_json::from_str(of_token.unwrap()).expect("JSON");
    assert_eq!(line["span"]["route"], "/token", "{line}");
    assert_eq!(line["span"]["status"], 400, "{line}");
    process.kill().await;
}

/// Also where nobody thinks of it: redirects, and what is refused before any route.
#[tokio::test(flavor = "multi_thread")]
async fn ids_differ_and_are_on_every_kind_of_response() {
    let hub = TestHub::start().await;
    let pattern = Regex::new("^[0-9a-f-]{36}$").unwrap();
    let mut ids = Vec::new();
    for request in [
        http().get(hub.url("/health")),
        http().get(hub.url("/")),
        http().get(hub.url("/nothing-here")),
        http()
            .get(hub.url("/callback?state=x&code=y"))
            .header(COOKIE, ""),
        http().get(hub.url("/")).header("host", "elsewhere.test"),
        http().delete(hub.url("/token")),
    ] {
        let reply = Reply::to(request).await;
        let id = reply.header("x-request-id").to_owned();
        assert!(pattern.is_match(&id), "{id}");
        assert!(!ids.contains(&id));
        ids.push(id);
    }
    hub.stop().await;
}
