//! The metrics count what happened, with a bounded set of labels, and have a listener of their own.
//! The documents, the dashboard and the alerts name metrics that exist.

#![expect(
    clippy::float_cmp,
    reason = "the values are whole numbers, written as Prometheus writes them"
)]

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use backlog_mcp_hub::metrics::catalogue::{self, Kind};
use backlog_sim::{Matcher, seed};
use futures_util::future::join_all;
use regex::Regex;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    hub::{TestHub, eventually, http},
    mcp::{call_at, failure},
    person::{Person, call},
    reply::Reply,
    tokens::refreshed,
};

async fn start() -> TestHub {
    TestHub::start_with(|settings| {
        settings.observe.metrics = Some("127.0.0.1:0".parse().unwrap());
    })
    .await
}

/// The value of a series, as it is written; `None` if it is not there.
fn value(text: &str, series: &str) -> Option<f64> {
    text.lines()
        .find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
        .map(|value| value.parse().expect("a number"))
}

/// Asserts that every family is in the catalogue, of the kind and with the labels that it says, and
/// that those of the process are in the document.
fn assert_families(text: &str) {
    let head = Regex::new(r"(?m)^# TYPE (\S+) (\S+)$").unwrap();
    let documented = read("docs/metrics.md");
    for found in head.captures_iter(text) {
        if found[1].starts_with("process_") {
            assert!(
                documented.contains(&format!("`{}`", &found[1])),
                "{}",
                &found[1]
            );
            continue;
        }
        let metric = catalogue::ALL
            .iter()
            .find(|metric| metric.name == &found[1]);
        let metric = metric.unwrap_or_else(|| panic!("{} is not in the catalogue", &found[1]));
        assert_eq!(metric.kind.as_str(), &found[2], "{}", metric.name);
        assert!(text.contains(&format!("# HELP {} ", metric.name)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_counted_by_route_tool_outcome_and_space() {
    let hub = start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    for _ in 0..3 {
        call(&hub.base_url, &tokens.access_token, "get_myself", json!({})).await;
    }
    let missing = json!({ "issueKey": "UNHEARD-1" });
    failure(
        &call_at(
            &hub.mcp_url(),
            Some(&tokens.access_token),
            "get_issue",
            missing,
        )
        .await,
    );
    refreshed(&hub, &tokens).await;
    hub.sim.control().expire_access_tokens();
    call(&hub.base_url, &tokens.access_token, "get_myself", json!({})).await;
    let stray = hub.url("/made-up/by-a-stranger");
    assert_eq!(Reply::to(http().get(stray)).await.status, 404);

    let text = hub.metrics().await;
    let slug = hub.value("SELECT slug FROM hub.spaces").await.unwrap();
    for (series, expected) in [
        (
            r#"bmh_tool_calls_total{tool="get_myself",outcome="ok"}"#,
            4.0,
        ),
        (
            r#"bmh_tool_calls_total{tool="get_issue",outcome="refused"}"#,
            1.0,
        ),
        (
            r#"bmh_tool_call_duration_seconds_count{tool="get_myself"}"#,
            4.0,
        ),
        (
            r#"bmh_backlog_request_duration_seconds_count{class="read",outcome="refused"}"#,
            1.0,
        ),
        (
            r#"bmh_backlog_request_duration_seconds_count{class="read",outcome="unauthorized"}"#,
            1.0,
        ),
        (
            r#"bmh_backlog_request_duration_seconds_count{class="token",outcome="ok"}"#,
            2.0,
        ),
        (
            r#"bmh_backlog_token_renewals_total{outcome="renewed"}"#,
            1.0,
        ),
        (r#"bmh_sign_ins_total{outcome="begun"}"#, 1.0),
        (r#"bmh_sign_ins_total{outcome="finished"}"#, 1.0),
        (r#"bmh_sign_ins_total{outcome="access_denied"}"#, 0.0),
        (r#"bmh_session_lookups_total{result="hit"}"#, 4.0),
        (r#"bmh_session_lookups_total{result="miss"}"#, 1.0),
        (
            r#"bmh_http_request_duration_seconds_count{route="/token",status="2xx"}"#,
            2.0,
        ),
        (
            r#"bmh_http_request_duration_seconds_count{route="unknown",status="4xx"}"#,
            1.0,
        ),
        ("bmh_listener_up", 1.0),
        ("bmh_audit_dropped_events_total", 0.0),
        (&format!(r#"bmh_sessions{{space="{slug}"}}"#), 1.0),
    ] {
        assert_eq!(value(&text, series), Some(expected), "{series} in:\n{text}");
    }
    assert!(text.contains(r#"route="/mcp"#), "{text}");
    for secret in [
        tokens.access_token.as_str(),
        &tokens.refresh_token,
        &tokens.client_id,
        "Daniel",
        "d.okafor",
        &format!("\"{}\"", seed::DANIEL),
        "UNHEARD",
        "by-a-stranger",
    ] {
        assert!(!text.contains(secret), "{secret} in:\n{text}");
    }

    assert_families(&text);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_counted_by_space_and_state() {
    let hub = start().await;
    for user in [seed::DANIEL, seed::MAJA, seed::KENTA] {
        Person::default().sign_in(&hub, user).await;
    }
    hub.second_space("acme").await;
    hub.sql(&format!(
        "UPDATE hub.accounts SET doubt_reason = 'unreadable', doubt_since = clock_timestamp(),
             doubt_until = clock_timestamp() + interval '1 hour'
         WHERE backlog_user_id = {};
         INSERT INTO hub.accounts
             (id, space_id, backlog_user_id, generation, ended_at, ended_reason)
         SELECT gen_random_uuid(), id, number, 1, clock_timestamp(), 'x'
         FROM hub.spaces, generate_series(1, 4) AS number WHERE slug = 'acme';
         INSERT INTO hub.paused_endings
         SELECT id, clock_timestamp(), clock_timestamp() + interval '1 hour'
         FROM hub.spaces WHERE slug = 'acme'",
        seed::MAJA
    ))
    .await;
    // They are counted once a minute, so all of it was before the first scrape.
    let text = hub.metrics().await;
    for (space, numbers, paused) in [
        (
            "default",
            [("live", 2.0), ("in_doubt", 1.0), ("ended", 0.0)],
            0.0,
        ),
        (
            "acme",
            [("live", 0.0), ("in_doubt", 0.0), ("ended", 4.0)],
            1.0,
        ),
    ] {
        for (state, number) in numbers {
            let series = format!(r#"bmh_accounts{{space="{space}",state="{state}"}}"#);
            assert_eq!(value(&text, &series), Some(number), "{series} in:\n{text}");
        }
        let series = format!(r#"bmh_account_endings_paused{{space="{space}"}}"#);
        assert_eq!(value(&text, &series), Some(paused), "{series} in:\n{text}");
    }
    assert_eq!(value(&text, "bmh_unstored_token_pairs"), Some(0.0));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_counts_once_however_many_wait_for_it() {
    let hub = start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let sim = hub.sim.control();
    sim.clear_journal();
    let myself = async || call(&hub.base_url, &tokens.access_token, "get_myself", json!({})).await;
    let counted = async || {
        let text = hub.metrics().await;
        ["renewed", "failed", "ended"].map(|outcome| {
            let series = format!(r#"bmh_backlog_token_renewals_total{{outcome="{outcome}"}}"#);
            value(&text, &series).expect("a series")
        })
    };

    sim.expire_access_tokens();
    sim.hold(Matcher::token_endpoint());
    let calls = join_all((0..10).map(|_| myself()));
    let (_, ()) = tokio::join!(calls, async {
        eventually("all are refused, and wait", async || {
            sim.count(&Matcher::path("/api/v2/users/myself")) == 10
        })
        .await;
        sim.wait_for_held(1).await;
        sim.release();
    });
    assert_eq!(counted().await, [1.0, 0.0, 0.0]);

    sim.expire_access_tokens();
    sim.fail_next(Matcher::token_endpoint(), 500, "", 1);
    myself().await;
    assert_eq!(counted().await, [1.0, 1.0, 0.0]);

    sim.revoke_user(seed::DANIEL);
    myself().await;
    assert_eq!(counted().await, [1.0, 1.0, 1.0]);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_listener_shows() {
    let (hub, proxy) = TestHub::start_behind_proxy_with(|settings| {
        settings.observe.metrics = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let is = async |up: f64| {
        eventually("the listener's state shows", async || {
            value(&hub.metrics().await, "bmh_listener_up") == Some(up)
        })
        .await;
    };
    is(1.0).await;
    proxy.cut();
    is(0.0).await;
    proxy.mend();
    is(1.0).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_rows_are_deleted_in_each_round() {
    let hub = TestHub::start_with(|settings| {
        settings.observe.metrics = Some("127.0.0.1:0".parse().unwrap());
        settings.observe.cleanup_every = Duration::from_millis(200);
        settings.observe.retention_every = Duration::from_millis(200);
    })
    .await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    hub.sql(
        "UPDATE hub.access_tokens SET expires_at = clock_timestamp();
         INSERT INTO hub.audit_events (event, at) VALUES ('old', now() - interval '401 days')",
    )
    .await;
    eventually("it is gone", async || {
        let left = "SELECT ((SELECT count(*) FROM hub.access_tokens)
                         + (SELECT count(*) FROM hub.audit_events WHERE event = 'old'))::text";
        hub.value(left).await.as_deref() == Some("0")
    })
    .await;
    let last = "bmh_cleanup_last_success_timestamp_seconds";
    let metric = async |series| value(&hub.metrics().await, series).expect(series);
    let removed = r#"bmh_cleanup_removed_rows_total{kind="access_tokens"}"#;
    eventually("it shows", async || metric(removed).await == 1.0).await;
    let first = metric(last).await;
    assert!(first > 0.0);
    eventually("another round ends", async || metric(last).await > first).await;
    // What is live stays.
    refreshed(&hub, &tokens).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_have_a_listener_of_their_own() {
    let hub = start().await;
    let public = Reply::to(http().get(hub.url("/metrics"))).await;
    assert_eq!(public.status, StatusCode::NOT_FOUND);
    assert!(hub.metrics().await.contains("bmh_build_info{version="));
    eventually("what will be cleaned up is counted from 0", async || {
        let text = hub.metrics().await;
        let removed = r#"bmh_cleanup_removed_rows_total{kind="grants"}"#;
        value(&text, removed) == Some(0.0)
            && value(&text, "bmh_cleanup_last_success_timestamp_seconds") == Some(0.0)
    })
    .await;
    hub.stop().await;
}

#[test]
fn the_documented_metrics_are_those_that_there_are() {
    let documented = read("docs/metrics.md");
    let row = Regex::new(r"(?m)^\| `(bmh_\w+)` \| (\w+) \| ([^|]*) \| ([^|]*) \|$").unwrap();
    let documented: Vec<_> = row
        .captures_iter(&documented)
        .map(|found| [1, 2, 3, 4].map(|part| found[part].trim().to_owned()))
        .collect();
    let actual: Vec<_> = catalogue::ALL
        .iter()
        .map(|metric| {
            let labels: Vec<_> = metric.labels.iter().map(|l| format!("`{l}`")).collect();
            [
                metric.name.to_owned(),
                metric.kind.as_str().to_owned(),
                labels.join(", "),
                metric.help.to_owned(),
            ]
        })
        .collect();
    assert_eq!(documented, actual);
}

#[test]
fn names_follow_the_conventions() {
    let units = ["_seconds", "_bytes", "_events", "_connections"];
    for metric in catalogue::ALL {
        let name = metric.name;
        assert_eq!(
            metric.kind == Kind::Counter,
            name.ends_with("_total"),
            "{name}"
        );
        if metric.kind == Kind::Histogram {
            assert!(units.iter().any(|unit| name.ends_with(unit)), "{name}");
        }
        assert!(
            !metric.help.is_empty() && !metric.help.ends_with('.'),
            "{name}"
        );
    }
}

#[test]
fn the_dashboard_and_the_alerts_use_metrics_that_there_are() {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/backlog-mcp-hub.json"))
        .expect("the dashboard is JSON");
    let mut expressions = Vec::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        let of_panel = panel["targets"].as_array().map_or(&[][..], Vec::as_slice);
        if panel["type"] != "row" {
            assert!(!of_panel.is_empty(), "{} shows nothing", panel["title"]);
        }
        for target in of_panel {
            expressions.push(target["expr"].as_str().expect("an expression").to_owned());
        }
    }
    for variable in dashboard["templating"]["list"].as_array().expect("a list") {
        if variable["type"] == "query" {
            expressions.push(variable["query"].as_str().expect("a query").to_owned());
        }
    }
    let alerts: Value =
        serde_saphyr::from_str(&read("deploy/prometheus/alerts.yml")).expect("the alerts are YAML");
    let groups = alerts["groups"].as_array().expect("groups").iter();
    let rules = groups.flat_map(|group| group["rules"].as_array().expect("rules"));
    let of_alerts: Vec<_> = rules
        .map(|rule| rule["expr"].as_str().expect("an expression").to_owned())
        .collect();
    assert!(of_alerts.len() > 5 && expressions.len() > 10);
    // Nothing is measured that nobody looks at.
    let shown = expressions.join(" ");
    let name = Regex::new(r"\bbmh_\w+").unwrap();
    let shown: BTreeSet<_> = name
        .find_iter(&shown)
        .map(|found| family(found.as_str()).name)
        .collect();
    let all: BTreeSet<_> = catalogue::ALL.iter().map(|metric| metric.name).collect();
    assert_eq!(shown, all, "the dashboard shows every metric");
    expressions.extend(of_alerts);

    let known: BTreeSet<String> = catalogue::ALL.iter().flat_map(series).collect();
    let label = Regex::new(r"bmh_\w+\{([^}]*)\}").unwrap();
    for expression in &expressions {
        let opening = expression.matches(['(', '{', '[']).count();
        let closing = expression.matches([')', '}', ']']).count();
        assert_eq!(opening, closing, "{expression}");
        assert!(name.is_match(expression), "{expression}");
        for found in name.find_iter(expression) {
            assert!(
                known.contains(found.as_str()),
                "{} in {expression}",
                found.as_str()
            );
        }
        for found in label.captures_iter(expression) {
            let metric = family(name.find(&found[0]).unwrap().as_str());
            for pair in found[1].split(',').filter(|pair| !pair.is_empty()) {
                let key = pair.split(['=', '!']).next().unwrap().trim();
                let own = ["instance", "job", "le"];
                assert!(
                    metric.labels.contains(&key) || own.contains(&key),
                    "{key} of {} in {expression}",
                    metric.name
                );
            }
        }
    }
}

/// The series that a family has.
fn series(metric: &catalogue::Metric) -> Vec<String> {
    match metric.kind {
        Kind::Histogram => ["bucket", "sum", "count"]
            .map(|part| format!("{}_{part}", metric.name))
            .into(),
        Kind::Counter | Kind::Gauge => vec![metric.name.to_owned()],
    }
}

fn family(name: &str) -> &'static catalogue::Metric {
    catalogue::ALL
        .iter()
        .find(|metric| series(metric).iter().any(|one| one == name))
        .unwrap_or_else(|| panic!("no metric has a series {name}"))
}

fn read(file: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{file}: {error}"))
}
