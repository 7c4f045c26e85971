//! `docs/scaling.md` counts right: no step runs more statements than its table says.
//!
//! 1. A proxy reads along what the hub sends to PostgreSQL. `BEGIN`, `COMMIT` and what jobs
//!    run are left out.
//! 2. Each step of a session's life is taken once; the table must have each, and no other.

use std::{
    collections::BTreeMap,
    fs,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::json;

use crate::support::{
    hub::{TestHub, eventually},
    person::{Person, Tokens, authorize_url, call, exchange, refresh, tokens},
    proxy::DatabaseProxy,
};

/// What only the hub's jobs run, and what each new connection begins with, at times of their own.
const OF_JOBS: [&str; 8] = [
    "LISTEN",
    "NOTIFY",
    "default_transaction_isolation",
    "SELECT 1",
    "advisory",
    "given_secrets",
    "audit",
    "last_used_at = used.at",
];

/// The statements since the last call.
fn counted(proxy: &DatabaseProxy) -> usize {
    let statements = proxy.take_statements();
    let of_steps = statements.iter().filter(|statement| {
        !matches!(statement.as_str(), "BEGIN" | "COMMIT")
            && !OF_JOBS.iter().any(|part| statement.contains(part))
    });
    of_steps.count()
}

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scaling.md");
    fs::read_to_string(page).expect("the page")
}

/// A step and the most that it may take, as the table says.
fn documented() -> BTreeMap<String, usize> {
    let page = page();
    let (_, section) = page.split_once("## Statements").expect("the section");
    section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells: Vec<_> = line.split('|').map(str::trim).collect();
            (cells[1].to_owned(), cells[2].parse().expect("a number"))
        })
        .collect()
}

async fn calls(hub: &TestHub, tokens: &Tokens) {
    let (status, answer) = call(&hub.base_url, &tokens.access_token, "get_myself", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

/// Has the hub forget the sessions in its memory, and calls until one had to be looked up
/// again; the statements of that call.
async fn call_that_asks(hub: &TestHub, proxy: &DatabaseProxy, tokens: &Tokens) -> usize {
    hub.sql("UPDATE hub.spaces SET updated_at = clock_timestamp()")
        .await;
    counted(proxy);
    let statements = AtomicUsize::new(0);
    eventually("the session is looked up again", async || {
        calls(hub, tokens).await;
        statements.store(counted(proxy), Ordering::Relaxed);
        statements.load(Ordering::Relaxed) > 0
    })
    .await;
    statements.into_inner()
}

/// A sign-in to the connections page, a look at it, and the end of a connection of another client.
async fn connections_page(
    hub: &TestHub,
    proxy: &DatabaseProxy,
    person: &Person,
) -> [(&'static str, usize); 3] {
    Person::default().sign_in(hub, seed::DANIEL).await;
    let path = hub.url("/spaces/default/account");
    counted(proxy);
    let page = person.get(&path).await;
    let form = [("page", &*page.field("page"))];
    let forward = person.post(&format!("{path}/sign-in"), &form).await;
    let backlog = forward.refresh();
    let callback = person.sign_in_at_backlog(&backlog, seed::DANIEL, "approve");
    let callback = callback.await;
    person.get(&callback).await;
    let sign_in = counted(proxy);
    let page = person.get(&path).await;
    let look = counted(proxy);
    let (value, connection) = (page.field("page"), page.field("connection"));
    let form = [
        ("action", "end"),
        ("page", &*value),
        ("connection", &*connection),
    ];
    let page = person.post(&path, &form).await;
    page.assert_says(200, "The connection has ended.");
    [
        (
            "A sign-in to the connections page: `/account/sign-in` and `/callback`",
            sign_in,
        ),
        ("The connections page: `/account`", look),
        ("The end of a connection there", counted(proxy)),
    ]
}

/// A user who is signed in to the connections page of a space that allows personal tokens.
async fn user_of_the_page(hub: &TestHub) -> Person {
    hub.sql("SELECT admin.allow_personal_tokens('default')")
        .await;
    let person = Person::default();
    person.sign_in(hub, seed::DANIEL).await;
    let path = hub.url("/spaces/default/account");
    let page = person.get(&path).await;
    let form = [("page", &*page.field("page"))];
    let forward = person.post(&format!("{path}/sign-in"), &form).await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
        .await;
    person.get(&callback).await;
    person
}

/// A device asks, its user approves, and it gets the tokens.
async fn device(
    hub: &TestHub,
    proxy: &DatabaseProxy,
    person: &Person,
) -> [(&'static str, usize); 3] {
    let client = hub.register().await;
    counted(proxy);

    let form = [("client_id", &*client)];
    let codes = hub.post_form("/device_authorization", &form).await.json();
    let asked = counted(proxy);
    let code = |name: &str| codes[name].as_str().expect(name).to_owned();
    let device = hub.url("/spaces/default/device");
    let page = person.get(&device).await;
    let (value, user_code) = (page.field("page"), code("user_code"));
    let form = [
        ("action", "approve"),
        ("access", "read_write"),
        ("page", &*value),
        ("user_code", &*user_code),
    ];
    let approved = person.post(&device, &form).await;
    assert_eq!(approved.status.as_u16(), 200, "{}", approved.body);
    let decided = counted(proxy);
    let device_code = code("device_code");
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", &*client),
        ("device_code", &*device_code),
    ];
    let reply = hub.post_form("/token", &form).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    [
        ("A device asks: `/device_authorization`", asked),
        ("Its user approves: `/device`", decided),
        ("The device code for the tokens: `/token`", counted(proxy)),
    ]
}

/// The statements of making a personal token.
async fn personal_token(hub: &TestHub, proxy: &DatabaseProxy, person: &Person) -> usize {
    let path = hub.url("/spaces/default/account");
    let page = person.get(&path).await;
    counted(proxy);
    let value = page.field("page");
    let form = [
        ("action", "make_token"),
        ("name", "nightly report"),
        ("access", "read_write"),
        ("days", "30"),
        ("page", &*value),
    ];
    let page = person.post(&path, &form).await;
    page.assert_says(200, "it is not shown again");
    counted(proxy)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_step_of_a_session_runs_more_statements_than_documented() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let person = Person::default();
    let mut found = BTreeMap::new();
    let mut note = |step: &str, statements| found.insert(step.to_owned(), statements);
    counted(&proxy);

    let client = hub.register().await;
    note("A client registers", counted(&proxy));
    let consent = person.get(&authorize_url(&hub, &client)).await;
    note("A sign-in, first part: `/authorize`", counted(&proxy));
    let forward = person.decide(&hub, &consent, "approve").await;
    note("The approval: `/consent`", counted(&proxy));
    let answer = person
        .return_from_backlog(&forward.refresh(), seed::DANIEL)
        .await;
    let step = "Back from Backlog: `/callback`, and `/sign-in` in a new browser";
    note(step, counted(&proxy));
    let (status, body) = exchange(&hub.base_url, &client, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    note("The code for the tokens: `/token`", counted(&proxy));

    let first = tokens(&client, &body);
    calls(&hub, &first).await;
    note("The first call with a new access token", counted(&proxy));
    calls(&hub, &first).await;
    note("A call with a session in memory", counted(&proxy));
    let statements = call_that_asks(&hub, &proxy, &first).await;
    note("A call whose session is not in memory", statements);
    let (status, body) = refresh(&hub.base_url, &first).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    note("A refresh: `/token`", counted(&proxy));

    let second = tokens(&client, &body);
    calls(&hub, &second).await;
    hub.sql(
        "UPDATE hub.accounts SET backlog_expires_at = clock_timestamp() + interval '4 minutes'",
    )
    .await;
    let looked_up = call_that_asks(&hub, &proxy, &second).await;
    let generation = "SELECT generation::text FROM hub.accounts";
    eventually("the tokens are renewed", async || {
        hub.value(generation).await.as_deref() == Some("2")
    })
    .await;
    // Beside the lookup; the lease may have been taken while that was counted.
    let renewal = looked_up + counted(&proxy) - 1;
    note("A renewal of Backlog's tokens", renewal);
    let form = [("client_id", &*client), ("token", &*second.refresh_token)];
    hub.post_form("/revoke", &form).await;
    assert_eq!(hub.revoked_reason().await.as_deref(), Some("by_client"));
    note("A sign-out: `/revoke`", counted(&proxy));
    for (step, statements) in connections_page(&hub, &proxy, &person).await {
        note(step, statements);
    }
    let person = user_of_the_page(&hub).await;
    for (step, statements) in device(&hub, &proxy, &person).await {
        note(step, statements);
    }
    let statements = personal_token(&hub, &proxy, &person).await;
    note("A personal token: `/account`", statements);

    let documented = documented();
    let steps: Vec<_> = documented.keys().collect();
    assert_eq!(steps, found.keys().collect::<Vec<_>>());
    for (step, statements) in &found {
        let most = documented[step];
        assert!(*statements <= most, "{step}: {statements}, not {most}");
        // What is counted is what happens: a step that asks cannot have asked nothing.
        assert_eq!(*statements == 0, most == 0, "{step}");
    }

    // The query for the reader's own database runs.
    let page = page();
    let (_, query) = page.split_once("```sql owner\n").expect("the query");
    let (query, _) = query.split_once("```").expect("its end");
    hub.sql(query).await;
    hub.stop().await;
}
