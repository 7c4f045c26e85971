//! Calls, refreshes and last uses are recorded in the background. The records are kept for a time,
//! exported for a user, and erased with a user.

use std::time::Duration;

use backlog_mcp_hub::{
    audit::{
        Journal, JournalOptions, SecurityEvents, retention,
        writer::{FlushIntervals, Writer},
    },
    config::Settings,
    domain::{ClientKey, GrantId, SpaceId, audit_event::Actor},
};
use backlog_sim::seed;
use regex::Regex;
use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::{PgPool, Row};

use crate::{
    mcp::resources,
    support::{
        hub::{TestHub, eventually},
        mcp::{call_at, failure},
        person::{Person, Tokens, call},
        process::{program, run},
        tokens::{refreshed, works},
    },
};

const NEVER: Duration = Duration::from_hours(1);
const CALLS: &str = "SELECT count(*)::text FROM hub.audit_events WHERE event = 'tool_called'";

/// Writes at once, not every few seconds.
fn eager(settings: &mut Settings) {
    settings.observe.events_every = Duration::from_millis(50);
    settings.observe.uses_every = Duration::from_millis(50);
}

async fn get_myself(hub: &TestHub, tokens: &Tokens) {
    let (status, body) = call(&hub.base_url, &tokens.access_token, "get_myself", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{body}");
}

async fn has_calls(hub: &TestHub, number: u32) {
    eventually("the calls are audited", async || {
        hub.value(CALLS).await == Some(number.to_string())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_is_audited_with_its_outcome_and_without_its_content() {
    let hub = TestHub::start_with(eager).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let url = hub.mcp_url();
    let call = async |tool: &str, arguments: Value| {
        call_at(&url, Some(&tokens.access_token), tool, arguments).await
    };
    get_myself(&hub, &tokens).await;
    failure(&call("get_issue", json!({ "issueKey": "UNHEARD-1" })).await);
    failure(&call("get_issue", json!({ "issueKey": 5, "no-such-input": 1 })).await);
    hub.sim.control().revoke_all();
    let reply = call("get_space", json!({})).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{}", reply.body);
    has_calls(&hub, 4).await;

    let calls = "SELECT string_agg(concat_ws(' ', tool, outcome), ', '
                                   ORDER BY tool COLLATE \"C\", outcome)
                 FROM admin.audit WHERE event = 'tool_called'";
    assert_eq!(
        hub.value(calls).await.as_deref(),
        Some(
            "get_issue invalid_arguments, get_issue refused, get_myself ok, \
             get_space sign_in_again"
        )
    );
    // Each names who did it, where and how, and took no longer than the test.
    let whole = "SELECT bool_and(space = '127' AND client_id IS NOT NULL AND grant_id IS NOT NULL
                        AND client_name = 'Test Client' AND duration_ms BETWEEN 0 AND 60000
                        AND at BETWEEN now() - interval '1 hour' AND now())::text
                 FROM admin.audit WHERE event = 'tool_called'";
    let slug = hub.value("SELECT slug FROM hub.spaces").await.unwrap();
    let whole = whole.replace("127", &slug);
    assert_eq!(hub.value(&whole).await.as_deref(), Some("true"));
    let who = "SELECT DISTINCT backlog_user_id::text FROM hub.audit_events
               WHERE event <> 'space_changed'";
    assert_eq!(hub.value(who).await, Some(seed::DANIEL.to_string()));
    let all = hub.contents().await;
    assert!(!all.contains("UNHEARD"), "an argument is stored:\n{all}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_without_a_tool_are_audited_and_counted() {
    let hub = TestHub::start_with(|settings| {
        eager(settings);
        settings.observe.metrics = Some("127.0.0.1:0".parse().unwrap());
    })
    .await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let send = async |method: &str, params: Value| {
        resources::send(&hub, &tokens, method, params).await;
    };
    send("resources/list", json!({})).await;
    for path in [
        "projects/HARBOR",
        "issues/HARBOR-1",
        "wikis/640015",
        "documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01",
        "issues/UNHEARD-1",
    ] {
        let params = json!({ "uri": resources::uri(&hub, path) });
        send("resources/read", params).await;
    }
    let template = resources::uri(&hub, "projects/{projectKey}");
    let params = json!({
        "ref": { "type": "ref/resource", "uri": template },
        "argument": { "name": "projectKey", "value": "H" },
    });
    send("completion/complete", params).await;
    has_calls(&hub, 7).await;
    let calls = "SELECT string_agg(concat_ws(' ', tool, outcome, backlog_user_id), ', '
                           ORDER BY tool COLLATE \"C\", outcome)
                 FROM admin.audit WHERE event = 'tool_called'";
    let calls = hub.value(calls).await.unwrap();
    let expected = [
        "completion ok",
        "resource:document ok",
        "resource:issue ok",
        "resource:issue refused",
        "resource:list ok",
        "resource:project ok",
        "resource:wiki ok",
    ]
    .map(|call| format!("{call} {}", seed::DANIEL));
    assert_eq!(calls, expected.join(", "));
    let text = hub.metrics().await;
    let series = r#"bmh_tool_calls_total{tool="resource:issue",outcome="refused"} 1"#;
    assert!(text.contains(series), "{text}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_audit_of_calls_refreshes_and_last_uses_are_noted_still() {
    let hub = TestHub::start_with(|settings| {
        eager(settings);
        settings.observe.audit_tool_calls = false;
    })
    .await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    hub.sql("UPDATE hub.clients SET last_used_at = now() - interval '80 days'")
        .await;
    get_myself(&hub, &tokens).await;
    eventually("the last uses are written", async || {
        let used = "SELECT (grants.last_used_at > now() - interval '1 minute'
                            AND clients.last_used_at > now() - interval '1 minute')::text
                    FROM hub.grants JOIN hub.clients ON clients.id = grants.client_id";
        hub.value(used).await.as_deref() == Some("true")
    })
    .await;
    refreshed(&hub, &tokens).await;
    eventually("the refresh is audited", async || {
        let events = "SELECT string_agg(event, ' ' ORDER BY id) FROM hub.audit_events
                      WHERE event <> 'space_changed'";
        hub.value(events).await.as_deref() == Some("signed_in token_refreshed")
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_in_order_writes_what_is_left() {
    let hub = TestHub::start_with(|settings| {
        settings.observe.events_every = NEVER;
        settings.observe.uses_every = NEVER;
    })
    .await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    for _ in 0..3 {
        get_myself(&hub, &tokens).await;
    }
    assert_eq!(hub.value(CALLS).await.as_deref(), Some("0"));
    let database = hub.stop_keeping_database().await;
    let row = sqlx::query(
        "SELECT (SELECT count(*) FROM hub.audit_events WHERE event = 'tool_called'),
                (SELECT count(*) FROM hub.grants WHERE last_used_at IS NOT NULL)",
    )
    .fetch_one(database.pool())
    .await
    .expect("counts");
    assert_eq!((row.get::<i64, _>(0), row.get::<i64, _>(1)), (3, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_audit_that_cannot_be_written_delays_no_call_and_is_written_once_later() {
    let hub = TestHub::start_with(eager).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    get_myself(&hub, &tokens).await;
    has_calls(&hub, 1).await;
    hub.sql("ALTER TABLE hub.audit_events RENAME TO away").await;
    for _ in 0..20 {
        get_myself(&hub, &tokens).await;
    }
    // Blocked instead of failing: still no call waits.
    hub.sql("ALTER TABLE hub.away RENAME TO audit_events").await;
    let mut blocker = hub.database.pool().begin().await.expect("a transaction");
    sqlx::query("LOCK TABLE hub.audit_events IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *blocker)
        .await
        .expect("a lock");
    for _ in 0..20 {
        get_myself(&hub, &tokens).await;
    }
    blocker.rollback().await.expect("the lock is gone");
    has_calls(&hub, 41).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn months_past_retention_go_as_a_whole_and_the_rest_by_row() {
    let hub = TestHub::start().await;
    hub.sql(
        "SELECT hub.ensure_audit_month((now() - interval '200 days')::date),
                hub.ensure_audit_month((now() - interval '95 days')::date);
         INSERT INTO hub.audit_events (event, at) VALUES
             ('old', now() - interval '200 days'),
             ('old, of no month', now() - interval '400 days'),
             ('kept with its month', now() - interval '95 days'),
             ('kept', now() - interval '5 days')",
    )
    .await;
    let in_rest = "SELECT string_agg(event, ' ') FROM hub.audit_events_rest";
    assert!(hub.value(in_rest).await.unwrap().contains("of no month"));
    let keep = Duration::from_hours(2160);
    let expired = retention::once(hub.database.pool(), keep).await.unwrap();
    // The month of 95 days ago may have ended more than 90 days ago.
    assert!(matches!(expired.months, 1 | 2), "{expired:?}");
    assert_eq!(expired.events, 1);
    let left = "SELECT string_agg(event, ', ' ORDER BY at) FROM hub.audit_events
                WHERE event <> 'space_changed'";
    let left = hub.value(left).await.unwrap();
    assert!(left.ends_with("kept"), "{left}");
    assert!(!left.contains("old"), "{left}");
    let months = "SELECT count(*)::text FROM pg_inherits
                  WHERE inhparent = 'hub.audit_events'::regclass";
    let expected = 5 - expired.months;
    assert_eq!(hub.value(months).await, Some(expected.to_string()));

    // Nobody empties the trail by a slip: an operator says how long it is kept at least.
    let short = Duration::from_hours(696);
    let refused = retention::once(hub.database.pool(), short).await;
    let refused = refused.expect_err("less than the floor").to_string();
    assert!(
        refused.contains("AUDIT_RETENTION is shorter than the 30 days"),
        "{refused}"
    );
    assert!(retention::count(hub.database.pool(), short).await.is_err());
    hub.sql("SELECT admin.set_audit_floor(29)").await;
    let removed = retention::once(hub.database.pool(), short).await;
    removed.expect("as much as the floor");
    let last = "SELECT event || ' ' || reason FROM admin.audit ORDER BY at DESC LIMIT 1";
    let last = hub.value(last).await;
    assert_eq!(last.as_deref(), Some("audit_floor_set 29 days"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_exported_completely_and_only_that_user_is_forgotten() {
    let hub = TestHub::start_with(eager).await;
    let daniel = Person::default().sign_in(&hub, seed::DANIEL).await;
    let maja = Person::default().sign_in(&hub, seed::MAJA).await;
    get_myself(&hub, &daniel).await;
    get_myself(&hub, &maja).await;
    refreshed(&hub, &daniel).await;
    let written = "SELECT count(*)::text FROM hub.audit_events WHERE event <> 'space_changed'";
    eventually("all is written", async || {
        hub.value(written).await.as_deref() == Some("5")
    })
    .await;
    let slug = hub.value("SELECT slug FROM hub.spaces").await.unwrap();
    let of = |function: &str, person| {
        format!("admin.{function}(space => '{slug}', backlog_user_id => {person})")
    };
    let export = async |person| {
        let rows = of("export_user", person);
        let query = format!(
            "SELECT string_agg(concat_ws(' ', kind, data->>'event', data->>'tool'), ', '
                               ORDER BY kind, data->>'event', data->>'tool') FROM {rows}"
        );
        hub.value(&query).await
    };
    let daniels = "account, browser, event signed_in, event token_refreshed, \
                   event tool_called get_myself, grant, sign_in";
    assert_eq!(export(seed::DANIEL).await.as_deref(), Some(daniels));
    let text = format!(
        "SELECT string_agg(data::text, ' ') FROM {}",
        of("export_user", seed::DANIEL)
    );
    let text = hub.value(&text).await.unwrap();
    for secret in [daniel.access_token.as_str(), "sealed:", "\\\\x"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("Daniel Okafor"), "{text}");

    let forgotten = format!(
        "SELECT f::text FROM {} AS f",
        of("forget_user", seed::DANIEL)
    );
    let forgotten = hub.value(&forgotten).await;
    // One grant, no approval of a client of their own, two calls, a sign-in and an end.
    assert_eq!(forgotten.as_deref(), Some("(1,0,2,2)"));
    assert_eq!(export(seed::DANIEL).await, None);
    eventually("the person is signed out", async || {
        !works(&hub, &daniel).await
    })
    .await;
    let contents = hub.contents().await;
    // Alone, and not among the digits of a time or of something random.
    let id = Regex::new(&format!(r"\b{}\b", seed::DANIEL)).expect("a pattern");
    assert!(!id.is_match(&contents), "the id in {contents}");
    assert!(!contents.contains("Daniel"), "the name in {contents}");
    assert!(works(&hub, &maja).await);
    eventually("the other person's trail goes on", async || {
        let more = "account, browser, event signed_in, event tool_called get_myself, \
                    event tool_called get_space, grant, sign_in";
        export(seed::MAJA).await.as_deref() == Some(more)
    })
    .await;
    let audited = "SELECT reason FROM hub.audit_events WHERE event = 'user_forgotten'";
    assert_eq!(
        hub.value(audited).await.as_deref(),
        Some("1 grants, 4 events")
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_written_after_its_user_was_forgotten_names_no_user() {
    let hub = TestHub::start_with(|settings| settings.observe.events_every = NEVER).await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    get_myself(&hub, &tokens).await;
    let slug = hub.value("SELECT slug FROM hub.spaces").await.unwrap();
    hub.sql(&format!(
        "SELECT admin.forget_user(space => '{slug}', backlog_user_id => {})",
        seed::DANIEL
    ))
    .await;
    let database = hub.stop_keeping_database().await;
    let traces: i32 = sqlx::query_scalar(
        "SELECT num_nonnulls(backlog_user_id, client_id, grant_id)
         FROM hub.audit_events WHERE event = 'tool_called'",
    )
    .fetch_one(database.pool())
    .await
    .expect("the call");
    assert_eq!(traces, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_granted_roles_export_or_forget_users() {
    let hub = TestHub::start().await;
    let open = "SELECT string_agg(oid::regprocedure::text, ' ') FROM pg_proc
                WHERE oid = ANY (ARRAY[
                    'admin.export_user(text,bigint)', 'admin.forget_user(text,bigint)',
                    'hub.expire_audit(interval)', 'hub.count_expired_audit(interval)',
                    'hub.lock_audit_to_write()', 'admin.set_audit_floor(integer)',
                    'hub.note_activity(float8[],text[],uuid[],uuid[],uuid[],text[],text[],int4[])'
                ]::regprocedure[])
                  AND (NOT prosecdef OR proconfig IS NULL
                       OR has_function_privilege('public', oid, 'EXECUTE'))";
    assert_eq!(hub.value(open).await, None);
    let unknown = sqlx::query("SELECT admin.export_user(space => 'nobody', backlog_user_id => 1)")
        .execute(hub.database.pool())
        .await
        .expect_err("an unknown space");
    assert!(
        unknown.to_string().contains("there is no space 'nobody'"),
        "{unknown}"
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_export_and_forget_and_forget_only_when_it_is_meant() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let slug = hub.value("SELECT slug FROM hub.spaces").await.unwrap();
    let person = seed::DANIEL.to_string();
    let user = async |verb: &str, flag: &[&str]| {
        let of = ["user", verb, &person, "--space", &slug];
        let mut command = program(&[&of[..], flag].concat());
        command.env("DATABASE_URL", hub.database.url());
        run(command).await
    };
    let exported = user("export", &[]).await;
    assert!(exported.status.success(), "{exported:?}");
    let lines = String::from_utf8(exported.stdout).expect("text");
    let kinds: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["kind"].clone())
        .collect();
    assert_eq!(kinds, ["sign_in", "account", "grant", "event", "browser"]);

    assert!(!user("forget", &[]).await.status.success());
    assert!(works(&hub, &tokens).await);
    let forgotten = user("forget", &["--yes"]).await;
    let said = String::from_utf8(forgotten.stdout).expect("text");
    assert!(said.contains("grants erased               1"), "{said}");
    eventually("the person is signed out", async || {
        !works(&hub, &tokens).await
    })
    .await;
    hub.stop().await;
}

/// The threads of the server end before the last events are written, and the connections of its
/// pool with them. What is left is written by another connection.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_events_are_written_without_the_pool_of_the_server() {
    let hub = TestHub::start().await;
    Person::default().sign_in(&hub, seed::DANIEL).await;
    let grant = sqlx::query("SELECT id, client_id, space_id FROM hub.grants")
        .fetch_one(hub.database.pool())
        .await
        .expect("the grant");
    let actor = Actor {
        grant: GrantId(grant.get(0)),
        client: ClientKey(grant.get(1)),
        space: SpaceId(grant.get(2)),
    };
    let pool = PgPool::connect(hub.database.url()).await.expect("a pool");
    let journal = Journal::new(JournalOptions::default());
    let intervals = FlushIntervals {
        events: NEVER,
        uses: NEVER,
    };
    let security = SecurityEvents::default();
    let writer = Writer::start(pool.clone(), journal.clone(), security, intervals);
    journal.token_refreshed(actor, None);
    pool.close().await;
    writer.finish(Duration::from_mins(1)).await;
    let load = journal.load();
    assert_eq!((load.waiting, load.taken, load.dropped), (0, 0, 0));
    let written = "SELECT (SELECT count(*) FROM hub.audit_events WHERE event = 'token_refreshed')
                       || ' ' || count(last_used_at) FROM hub.grants";
    assert_eq!(hub.value(written).await.as_deref(), Some("1 1"));
    hub.stop().await;
}
