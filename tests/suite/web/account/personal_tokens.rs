//! Personal tokens: who makes them, what they are good for, and who ends them.

use backlog_sim::seed;
use foundation::random::Random;
use oauth_values::token::PersonalToken;
use reqwest::StatusCode;
use serde_json::json;

use super::{PAGE, act, begin, signed_in, status};
use crate::support::{
    hub::{TestHub, eventually, http},
    person::{Page, Person, call},
    reply::Reply,
};

const ALLOW: &str = "SELECT admin.allow_personal_tokens('default')";
const FORBID: &str = "SELECT admin.allow_personal_tokens('default', false)";
const LIVE: &str = "SELECT count(*)::text FROM admin.personal_tokens WHERE live";

/// A user with an account who is signed in to the page of a space that allows tokens.
async fn maker(hub: &TestHub) -> (Person, Page) {
    hub.sql(ALLOW).await;
    let person = Person::default();
    person.sign_in(hub, seed::DANIEL).await;
    let page = signed_in(hub, &person, PAGE, seed::DANIEL).await;
    (person, page)
}

/// Sends the form that makes a token, with other fields in place of the usual ones.
async fn make(hub: &TestHub, person: &Person, page: &Page, other: &[(&str, &str)]) -> Page {
    let usual = [
        ("action", "make_token"),
        ("name", "nightly report"),
        ("access", "read_write"),
        ("days", "30"),
    ];
    let is_other = |name: &str| other.iter().any(|(field, _)| *field == name);
    let usual = usual.into_iter().filter(|(name, _)| !is_other(name));
    let fields: Vec<_> = usual.chain(other.iter().copied()).collect();
    act(hub, person, page, &fields).await
}

/// The token that a page shows.
fn shown(page: &Page) -> Option<String> {
    let start = page.body.find("bmh_pt_")?;
    let digits = page.body[start..].chars();
    Some(
        digits
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
            .collect(),
    )
}

/// The status of a call at the endpoint of the space.
async fn at_space(hub: &TestHub, token: &str) -> StatusCode {
    status(&hub.url("/spaces/default"), token).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_makes_a_token_and_ends_it() {
    let hub = TestHub::start().await;
    let (person, page) = maker(&hub).await;
    let made = make(&hub, &person, &page, &[]).await;
    made.assert_says(200, "it is not shown again");
    made.assert_says(200, &hub.url("/spaces/default/mcp"));
    let token = shown(&made).expect("a token");
    assert_eq!(at_space(&hub, &token).await, 200);
    // It is shown once, and only its hash is stored.
    let again = person.get(&hub.url(PAGE)).await;
    again.assert_says(200, "nightly report");
    assert_eq!(shown(&again), None, "{}", again.body);
    for (query, expected) in [
        (LIVE, "1"),
        (
            "SELECT string_agg(name || ' ' || array_to_string(scopes, ','), ';')
             FROM admin.personal_tokens",
            "nightly report backlog:read,backlog:write",
        ),
        // The client of the sign-in has one; the token has none.
        ("SELECT count(*)::text FROM hub.refresh_tokens", "1"),
        (
            "SELECT (expires_at - created_at BETWEEN interval '29 days' AND interval '31 days')::text
             FROM admin.personal_tokens",
            "true",
        ),
        (
            "SELECT count(*)::text FROM admin.audit WHERE event = 'personal_token_made'",
            "1",
        ),
    ] {
        assert_eq!(hub.value(query).await.as_deref(), Some(expected), "{query}");
    }
    let export = format!(
        "SELECT data ->> 'name' FROM admin.export_user(space => 'default', backlog_user_id => {})
         WHERE kind = 'personal_token'",
        seed::DANIEL
    );
    assert_eq!(hub.value(&export).await.as_deref(), Some("nightly report"));
    let grant = "SELECT id::text FROM admin.personal_tokens";
    let grant = hub.value(grant).await.expect("a grant");
    let end = [("action", "end_token"), ("connection", grant.as_str())];
    let ended = act(&hub, &person, &again, &end).await;
    ended.assert_says(200, "The token has ended.");
    assert_eq!(at_space(&hub, &token).await, 401);
    assert_eq!(hub.value(LIVE).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_off_until_an_operator_allows_them() {
    let hub = TestHub::start().await;
    let person = Person::default();
    person.sign_in(&hub, seed::DANIEL).await;
    let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    assert!(!page.body.contains("make_token"), "{}", page.body);
    let refused = make(&hub, &person, &page, &[]).await;
    refused.assert_says(403, "does not allow personal tokens");
    let none = "SELECT count(*)::text FROM hub.personal_tokens";
    assert_eq!(hub.value(none).await.as_deref(), Some("0"));

    hub.sql(ALLOW).await;
    let made = make(&hub, &person, &page, &[]).await;
    let token = shown(&made).expect("a token");
    assert_eq!(at_space(&hub, &token).await, 200);
    // Rejected while they are not allowed, and good again afterwards.
    hub.sql(FORBID).await;
    eventually("it is rejected", async || {
        at_space(&hub, &token).await == 401
    })
    .await;
    let page = person.get(&hub.url(PAGE)).await;
    page.assert_says(200, "none of these works at present");
    hub.sql(ALLOW).await;
    eventually("it works again", async || {
        at_space(&hub, &token).await == 200
    })
    .await;
    let ended = "SELECT admin.revoke_personal_tokens('default')::text";
    assert_eq!(hub.value(ended).await.as_deref(), Some("1"));
    assert_eq!(at_space(&hub, &token).await, 401);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_of_no_use_elsewhere() {
    let hub = TestHub::start().await;
    let (person, page) = maker(&hub).await;
    let token = shown(&make(&hub, &person, &page, &[]).await).expect("a token");
    // Not at the hub's own endpoint, nor at /token or the page.
    assert_eq!(status(&hub.base_url, &token).await, 401);
    let client = hub.register().await;
    for (path, grant_type, name) in [
        ("/token", "refresh_token", "refresh_token"),
        ("/token", "authorization_code", "code"),
    ] {
        let form = [
            ("grant_type", grant_type),
            (name, token.as_str()),
            ("client_id", client.as_str()),
            ("code_verifier", "a-verifier"),
        ];
        let reply = hub.post_form(path, &form).await;
        reply.oauth_error(400, "invalid_grant");
    }
    let request = http()
        .get(hub.url(PAGE))
        .header("cookie", format!("bmh_account_default={token}"));
    let page = Person::default().send(request).await;
    page.assert_says(200, "/account/sign-in");
    // No sign-in begins with its client, and no client of another policy is like it.
    let own = "SELECT client_id FROM hub.clients WHERE is_personal";
    let own = hub.value(own).await.expect("a client");
    let query = [
        ("client_id", own.as_str()),
        ("response_type", "code"),
        ("redirect_uri", "https://personal-tokens.invalid/"),
        (
            "code_challenge",
            "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        ),
        ("code_challenge_method", "S256"),
    ];
    let request = http().get(hub.url("/authorize")).query(&query);
    let refused = Person::default().send(request).await;
    assert!(refused.body.contains("not registered") || refused.status == 400);
    for policy in ["listed", "registered"] {
        hub.sql(&format!(
            "SELECT admin.set_client_policy('default', '{policy}')"
        ))
        .await;
        assert_eq!(at_space(&hub, &token).await, 200, "{policy}");
    }
    hub.stop().await;
}

/// Sends a form to a revocation endpoint, whose response is the same for every token.
async fn give_back(hub: &TestHub, path: &str, form: &[(&str, &str)]) {
    assert_given_back(&hub.post_form(path, form).await);
}

fn assert_given_back(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    assert_eq!(reply.body, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_a_token_ends_it() {
    const ENDED: &str = "SELECT count(*)::text FROM admin.personal_tokens
        WHERE NOT live AND revoked_reason = 'by_client'";
    let hub = TestHub::start().await;
    let (person, page) = maker(&hub).await;
    let client = hub.register().await;
    let kept = shown(&make(&hub, &person, &page, &[]).await).expect("a token");
    let mut ended = 0;
    for (path, beside) in [
        ("/spaces/default/revoke", vec![]),
        // The one who finds it may not know where it was made.
        ("/revoke", vec![("token_type_hint", "access_token")]),
        // Client authentication does not matter, be it right or wrong.
        ("/revoke", vec![("client_id", client.as_str())]),
        (
            "/revoke",
            vec![("client_id", "nobody"), ("client_secret", "bmh_cs_x")],
        ),
    ] {
        let token = shown(&make(&hub, &person, &page, &[]).await).expect("a token");
        assert_eq!(at_space(&hub, &token).await, 200);
        let form: Vec<_> = beside
            .iter()
            .copied()
            .chain([("token", token.as_str())])
            .collect();
        give_back(&hub, path, &form).await;
        ended += 1;
        assert_eq!(hub.value(ENDED).await, Some(ended.to_string()), "{form:?}");
        eventually("the token is rejected", async || {
            at_space(&hub, &token).await == 401
        })
        .await;
        // Once more ends nothing.
        give_back(&hub, path, &form).await;
        assert_eq!(hub.value(ENDED).await, Some(ended.to_string()));
    }
    let token = shown(&make(&hub, &person, &page, &[]).await).expect("a token");
    let form = [("token", token.as_str())];
    let request = http().post(hub.url("/revoke")).form(&form);
    let by_basic = request.basic_auth("nobody", Some("bmh_cs_x"));
    assert_given_back(&Reply::to(by_basic).await);
    assert_eq!(hub.value(ENDED).await, Some((ended + 1).to_string()));
    assert_eq!(at_space(&hub, &kept).await, 200);
    // It ends also while its space allows none, so it is not valid again later.
    hub.sql(FORBID).await;
    give_back(&hub, "/revoke", &[("token", &kept)]).await;
    assert_eq!(hub.value(ENDED).await, Some((ended + 2).to_string()));
    assert_eq!(hub.value(LIVE).await.as_deref(), Some("0"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_token_ends_nothing_and_costs_no_statement() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let token = PersonalToken::generate(&Random::system());
    proxy.take_statements();
    for form in [
        vec![("token", token.reveal())],
        vec![("token", token.reveal()), ("client_id", "nobody")],
    ] {
        give_back(&hub, "/revoke", &form).await;
    }
    let statements = proxy.take_statements();
    // The cleanup's statements belong to no request.
    let is_lookup = |text: &String| {
        let names = ["hub.access_tokens", "hub.clients"];
        !text.starts_with("DELETE") && names.iter().any(|name| text.contains(name))
    };
    assert!(!statements.iter().any(is_lookup), "{statements:?}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_does_what_its_user_chose_and_nothing_more() {
    let hub = TestHub::start().await;
    let (person, page) = maker(&hub).await;
    let choices = [("access", "read"), ("projects", "HARBOR")];
    let made = make(&hub, &person, &page, &choices).await;
    let token = shown(&made).expect("a token");
    let url = hub.url("/spaces/default");
    let update = json!({ "issueKey": "HARBOR-1", "summary": "x" });
    let (refused, _) = call(&url, &token, "update_issue", update).await;
    assert_eq!(refused, 403);
    let stored = "SELECT array_to_string(projects, ',') FROM admin.personal_tokens";
    assert_eq!(hub.value(stored).await.as_deref(), Some("HARBOR"));
    let marked = "SELECT bool_and(resource LIKE '%/')::text FROM hub.grants
        WHERE projects IS NOT NULL";
    assert_eq!(hub.value(marked).await.as_deref(), Some("true"));
    // What cannot be granted makes nothing.
    for (field, value, says) in [
        ("name", " ", "Enter a name"),
        ("name", &*"x".repeat(101), "Enter a name"),
        ("access", "", "Choose the access"),
        ("access", "everything", "Choose the access"),
        ("days", "", "Choose how long"),
        ("days", "3650", "Choose how long"),
        ("days", "-1", "Choose how long"),
        ("projects", "not a key!", "is not a project key"),
    ] {
        let refused = make(&hub, &person, &page, &[(field, value)]).await;
        refused.assert_says(400, says);
        assert_eq!(shown(&refused), None);
    }
    hub.sql("SELECT admin.allow_networks('default', '{203.0.113.0/24}')")
        .await;
    eventually("the network is refused", async || {
        let refused = make(&hub, &person, &page, &[]).await;
        refused.status == 403
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_a_number_of_tokens_even_at_once() {
    let hub = TestHub::start().await;
    let (person, page) = maker(&hub).await;
    for _ in 0..19 {
        assert!(shown(&make(&hub, &person, &page, &[]).await).is_some());
    }
    let both = tokio::join!(
        make(&hub, &person, &page, &[]),
        make(&hub, &person, &page, &[])
    );
    let made = [&both.0, &both.1].map(|page| shown(page).is_some());
    assert_ne!(made[0], made[1], "one of two");
    assert_eq!(hub.value(LIVE).await.as_deref(), Some("20"));
    let refused = make(&hub, &person, &page, &[]).await;
    refused.assert_says(409, "You already have");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_without_a_connection_signs_in_once_more() {
    let hub = TestHub::start().await;
    hub.sql(ALLOW).await;
    let person = Person::default();
    let page = signed_in(&hub, &person, PAGE, seed::DANIEL).await;
    page.assert_says(200, "Sign in to make a token");
    let accounts = "SELECT count(*)::text FROM hub.accounts";
    assert_eq!(hub.value(accounts).await.as_deref(), Some("0"));
    // The first value on this page is that of the sign-in.
    let form = [("page", &*page.field("page")), ("keep", "allow")];
    let forward = person
        .post(&hub.url(&format!("{PAGE}/sign-in")), &form)
        .await;
    let callback = person
        .sign_in_at_backlog(&forward.refresh(), seed::DANIEL, "approve")
        .await;
    person.get(&callback).await;
    assert_eq!(hub.value(accounts).await.as_deref(), Some("1"));
    let page = person.get(&hub.url(PAGE)).await;
    let token = shown(&make(&hub, &person, &page, &[]).await).expect("a token");
    assert_eq!(at_space(&hub, &token).await, 200);
    // A sign-in that does not ask for it keeps nothing.
    let other = Person::default();
    begin(&hub, &other, PAGE).await;
    let kept = "SELECT count(*)::text FROM hub.account_sign_ins WHERE keeps_tokens";
    assert_eq!(hub.value(kept).await.as_deref(), Some("1"));
    hub.stop().await;
}
