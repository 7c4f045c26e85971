//! Which clients the operator of a space allows: each policy × kind of client × step of a sign-in,
//! and what a stricter policy does to those that are signed in.

use backlog_sim::seed;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{
    document_host::{Document, DocumentHost},
    hub::{REDIRECT_URI, TestHub, eventually, http},
    mcp,
    person::{
        Answer, Page, Person, Tokens, authorize_url, authorize_url_with, call, exchange, param,
        refresh, tokens as tokens_of,
    },
    reply::Reply,
    tokens::refreshed,
};

const CLAUDE: &str = "https://claude.ai/api/mcp/auth_callback";
const EVIL: &str = "https://evil.example/callback";
const REFUSED: &str = "decides which applications may connect to it";

async fn set(hub: &TestHub, policy: &str) {
    let set = format!("SELECT admin.set_client_policy(slug, '{policy}') FROM hub.spaces");
    hub.sql(&set).await;
}

async fn list_hosts(hub: &TestHub, hosts: &str) {
    let set = format!("SELECT admin.set_client_policy(slug, hosts => '{hosts}') FROM hub.spaces");
    hub.sql(&set).await;
}

async fn register(hub: &TestHub, redirect_uris: &[&str]) -> String {
    let metadata = json!({
        "client_name": "Test Client",
        "redirect_uris": redirect_uris,
        "token_endpoint_auth_method": "none",
    });
    let reply = hub.register_with(&metadata).await;
    assert_eq!(reply.status, 201, "{redirect_uris:?} {}", reply.body);
    let body = reply.json();
    body["client_id"].as_str().expect("a client_id").to_owned()
}

/// A client whose metadata document is at this host.
fn publish(host: &DocumentHost, path: &str, redirect_uri: &str) -> String {
    let client_id = host.url(path);
    let document = json!({
        "client_id": client_id,
        "client_name": "Claude Code",
        "redirect_uris": [redirect_uri],
        "token_endpoint_auth_method": "none",
    });
    host.set(path, Document::json(&document));
    client_id
}

async fn open(hub: &TestHub, client_id: &str, redirect_uri: &str) -> Page {
    let changes = [("redirect_uri", Some(redirect_uri))];
    let url = authorize_url_with(hub, client_id, &changes);
    Person::default().get(&url).await
}

/// The host and port of a host of documents, as an operator lists it.
fn authority(host: &DocumentHost) -> String {
    host.url("").trim_start_matches("http://").to_owned()
}

/// A client, where its response goes, whether `listed` allows it, and whether the page that refuses
/// it under `registered` and `listed` may lead back to it.
struct Case {
    client_id: String,
    redirect_uri: String,
    is_listed: bool,
    is_trusted: bool,
}

async fn registered_by_itself(hub: &TestHub) -> Vec<Case> {
    let mut cases = Vec::new();
    for (redirect_uri, is_listed) in [
        (CLAUDE, true),
        ("https://CLAUDE.AI/api/mcp/auth_callback", true),
        (
            "https://chatgpt.com/connector_platform_oauth_redirect",
            true,
        ),
        ("https://vscode.dev/redirect", true),
        (REDIRECT_URI, true),
        ("http://[::1]:4/callback", true),
        ("http://localhost:4/callback", true),
        ("cursor://anysphere.cursor-mcp/oauth/callback", true),
        ("vscode://example/callback", true),
        ("https://chat.example.com/callback", true),
        ("https://a.corp.example/callback", true),
        (EVIL, false),
        ("com.example.app:/callback", false),
        (
            "https://claude.ai.evil.example/api/mcp/auth_callback",
            false,
        ),
        ("https://xn--claud-3we.ai/api/mcp/auth_callback", false),
        ("https://claude.ai./api/mcp/auth_callback", false),
        ("https://claude.ai:8443/api/mcp/auth_callback", false),
        ("https://claude.ai/share/x", false),
        (
            "https://evil.example/claude.ai/api/mcp/auth_callback",
            false,
        ),
        ("https://localhost.evil.example/callback", false),
        ("https://chat.example.com:8443/callback", false),
        ("https://chat.example.com./callback", false),
        ("https://a.chat.example.com/callback", false),
        ("https://corp.example/callback", false),
        ("https://evilcorp.example/callback", false),
    ] {
        cases.push(Case {
            client_id: register(hub, &[redirect_uri]).await,
            redirect_uri: redirect_uri.to_owned(),
            is_listed,
            is_trusted: is_listed,
        });
    }
    // Of several, the one that is in use counts.
    let client_id = register(hub, &[REDIRECT_URI, EVIL]).await;
    for (redirect_uri, is_listed) in [(REDIRECT_URI, true), (EVIL, false)] {
        cases.push(Case {
            client_id: client_id.clone(),
            redirect_uri: redirect_uri.to_owned(),
            is_listed,
            is_trusted: is_listed,
        });
    }
    cases
}

fn with_a_document(listed: &DocumentHost, other: &DocumentHost) -> Vec<Case> {
    let case = |host: &DocumentHost, path, redirect_uri: &str, is_listed, is_trusted| Case {
        client_id: publish(host, path, redirect_uri),
        redirect_uri: redirect_uri.to_owned(),
        is_listed,
        is_trusted,
    };
    vec![
        case(listed, "/device.json", REDIRECT_URI, true, true),
        case(listed, "/web.json", CLAUDE, true, true),
        case(listed, "/evil.json", EVIL, false, false),
        case(other, "/device.json", REDIRECT_URI, false, true),
        case(other, "/web.json", CLAUDE, false, true),
        case(other, "/evil.json", EVIL, false, false),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_policy_allows_its_clients_and_refuses_others_with_a_page() {
    let hub = TestHub::start().await;
    let (listed, other) = (DocumentHost::open().await, DocumentHost::open().await);
    let hosts = format!("{{Chat.Example.com,*.corp.example,{}}}", authority(&listed));
    list_hosts(&hub, &hosts).await;
    let mut cases = registered_by_itself(&hub).await;
    cases.extend(with_a_document(&listed, &other));
    for policy in ["open", "listed", "registered"] {
        set(&hub, policy).await;
        for case in &cases {
            let page = open(&hub, &case.client_id, &case.redirect_uri).await;
            let said = format!("{policy} {} {}", case.client_id, case.redirect_uri);
            assert_eq!(page.location, None, "{said}");
            if policy == "open" || policy == "listed" && case.is_listed {
                assert_eq!(page.status, StatusCode::OK, "{said} {}", page.body);
                continue;
            }
            assert_eq!(page.status, StatusCode::FORBIDDEN, "{said} {}", page.body);
            page.assert_says(403, REFUSED);
            let leads_back = page.body.contains("error=access_denied");
            assert_eq!(leads_back, case.is_trusted, "{said} {}", page.body);
            if leads_back {
                let answer = Answer::read(&page.link("error=access_denied"));
                answer.assert_error(&hub, "access_denied");
            }
        }
    }
    let sign_ins = "SELECT count(*)::text FROM hub.authorization_requests";
    let begun = hub.value(sign_ins).await;
    let allowed = cases.len() + cases.iter().filter(|case| case.is_listed).count();
    assert_eq!(begun, Some(allowed.to_string()));
    hub.stop().await;
}

/// A client that an operator registered is allowed wherever its responses go.
#[tokio::test(flavor = "multi_thread")]
async fn every_policy_allows_the_clients_of_operators() {
    let hub = TestHub::start().await;
    for redirect_uri in [EVIL, "http://chat.intra.example/callback", REDIRECT_URI] {
        let client = format!(
            "SELECT admin.register_client(name => 'Desk', redirect_uris => '{{{redirect_uri}}}')"
        );
        let client_id = hub.value(&client).await.expect("a client_id");
        for policy in ["open", "listed", "registered"] {
            set(&hub, policy).await;
            let page = open(&hub, &client_id, redirect_uri).await;
            page.assert_says(200, "name=\"csrf\"");
        }
    }
    hub.stop().await;
}

/// A user name in front of another host does not become a registration.
#[tokio::test(flavor = "multi_thread")]
async fn a_user_name_that_looks_like_a_host_is_not_registered() {
    let hub = TestHub::start().await;
    for redirect_uri in [
        "https://claude.ai@evil.example/api/mcp/auth_callback",
        "https://claude.ai:443@evil.example/api/mcp/auth_callback",
        "https://evil.example\\@claude.ai/api/mcp/auth_callback",
        "https://evil.example#@claude.ai/api/mcp/auth_callback",
    ] {
        let reply = hub
            .register_with(&json!({ "redirect_uris": [redirect_uri] }))
            .await;
        assert_eq!(reply.status, 400, "{redirect_uri} {}", reply.body);
    }
    hub.stop().await;
}

/// In both languages: which client, whose policy, and whom to ask.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_which_client_was_refused_and_whom_to_ask() {
    let hub = TestHub::start().await;
    hub.sql(
        "SELECT admin.set_space_operator(slug, name => 'Acme IT', contact => 'it@acme.example')
         FROM hub.spaces",
    )
    .await;
    let client_id = register(&hub, &[EVIL]).await;
    let changes = [("redirect_uri", Some(EVIL)), ("state", Some("the-state"))];
    let url = authorize_url_with(&hub, &client_id, &changes);
    for (policy, language, texts) in [
        (
            "listed",
            "en",
            ["Test Client cannot be used here", "Allowed are well-known"],
        ),
        (
            "registered",
            "en",
            ["Test Client cannot be used here", "Allowed are only"],
        ),
        (
            "listed",
            "ja",
            ["は利用できません", "主要な AI アシスタント"],
        ),
        (
            "registered",
            "ja",
            ["は利用できません", "管理者が登録したアプリのみ"],
        ),
    ] {
        set(&hub, policy).await;
        let request = http().get(&url).header("accept-language", language);
        let page = Person::default().send(request).await;
        let text = page.body.replace("<bdi>", "").replace("</bdi>", "");
        let known = ["Test Client", "evil.example", "Acme IT", "it@acme.example"];
        for said in texts.iter().chain(&known) {
            assert!(text.contains(said), "{language}: no {said} in {text}");
        }
        assert!(!page.body.contains("href=\"https://evil.example"));
    }
    hub.stop().await;
}

/// No error of the request goes to a redirect URI that the policy of the issuer's space distrusts.
#[tokio::test(flavor = "multi_thread")]
async fn a_broken_request_of_a_refused_client_gets_the_same_page() {
    let hub = TestHub::start().await;
    set(&hub, "registered").await;
    let reply = http().post(hub.url("/spaces/default/register"));
    let metadata = json!({ "redirect_uris": [CLAUDE], "token_endpoint_auth_method": "none" });
    let reply = Reply::to(reply.json(&metadata)).await.json();
    let client_id = reply["client_id"].as_str().expect("a client_id");
    let url = format!(
        "{}?client_id={client_id}&redirect_uri={CLAUDE}&response_type=token",
        hub.url("/spaces/default/authorize")
    );
    eventually("the policy is heard of", async || {
        let page = Person::default().get(&url).await;
        page.status == 403 && page.body.contains(REFUSED) && page.location.is_none()
    })
    .await;
    hub.stop().await;
}

/// A stricter policy that comes during a sign-in: nothing is stored from then on.
#[tokio::test(flavor = "multi_thread")]
async fn the_policy_is_checked_at_each_step_of_a_sign_in() {
    let hub = TestHub::start().await;
    let client_id = hub.register().await;
    let grants = "SELECT count(*)::text FROM hub.grants";

    // On the consent page.
    let person = Person::default();
    let consent = person.open_consent(&hub, &client_id).await;
    set(&hub, "registered").await;
    let refused = person.decide(&hub, &consent, "approve").await;
    refused.assert_says(403, REFUSED);
    Answer::read(&refused.link("error=access_denied")).assert_error(&hub, "access_denied");

    // At Backlog, in a browser that does not know the user: the confirmation says so.
    set(&hub, "open").await;
    let forward = person.decide(&hub, &consent, "approve").await.refresh();
    let callback = person
        .sign_in_at_backlog(&forward, seed::DANIEL, "approve")
        .await;
    let confirmation = person.get(&callback).await.confirmation(&callback);
    let confirmation = confirmation.expect("a confirmation");
    let page = person.get(&confirmation).await;
    set(&hub, "registered").await;
    let form = [("page", &*page.field("page")), ("decision", "continue")];
    let refused = person.post(&hub.url("/sign-in"), &form).await;
    refused.assert_says(403, REFUSED);
    person.get(&confirmation).await.assert_says(403, REFUSED);
    assert_eq!(hub.value(grants).await.as_deref(), Some("0"));

    // It still can be confirmed once the policy allows the client again.
    set(&hub, "open").await;
    let answer = person.confirm(&confirmation, "continue").await.refresh();
    Answer::read(&answer).get("code");
    assert_eq!(hub.value(grants).await.as_deref(), Some("1"));

    // At Backlog, in a browser that knows the user and has approved the same before.
    let url = authorize_url(&hub, &client_id);
    let forward = person.get(&url).await.refresh();
    let callback = person
        .sign_in_at_backlog(&forward, seed::DANIEL, "approve")
        .await;
    set(&hub, "registered").await;
    person.get(&callback).await.assert_says(403, REFUSED);
    assert_eq!(hub.value(grants).await.as_deref(), Some("1"));
    // Backlog's code is used up.
    set(&hub, "open").await;
    let again = person.get(&callback).await;
    assert_eq!(again.status, StatusCode::BAD_REQUEST, "{}", again.body);
    hub.stop().await;
}

/// Where the user chooses the space, its policy applies to the choice.
#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_a_chosen_space_applies_to_the_choice() {
    let hub = TestHub::start().await;
    hub.second_space("second").await;
    hub.sql("UPDATE hub.spaces SET is_default = false, listed = true")
        .await;
    hub.sql("SELECT admin.set_client_policy('second', 'registered')")
        .await;
    let client_id = hub.register().await;
    let person = Person::default();
    let consent = person.get(&authorize_url(&hub, &client_id)).await;
    consent.assert_says(200, "value=\"second\"");
    let chosen = |slug| {
        let (person, hub, consent) = (&person, &hub, &consent);
        async move {
            let changes = [("space", slug)];
            person.post_consent(hub, consent, &changes).await
        }
    };
    chosen("second").await.assert_says(403, REFUSED);
    let allowed = chosen("default").await;
    assert_eq!(allowed.status, StatusCode::OK, "{}", allowed.body);
    param(&allowed.refresh(), "state");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_from_before_skips_no_policy() {
    let hub = TestHub::start().await;
    let client_id = hub.register().await;
    let person = Person::default();
    person.authorize(&hub, &client_id, seed::DANIEL).await;
    let url = authorize_url(&hub, &client_id);
    let skipped = person.get(&url).await;
    assert_eq!(skipped.status, StatusCode::FOUND, "{}", skipped.body);
    set(&hub, "registered").await;
    person.get(&url).await.assert_says(403, REFUSED);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_waits_for_a_policy_that_allows_the_client_again() {
    let hub = TestHub::start().await;
    let client_id = hub.register().await;
    let person = Person::default();
    let answer = person.authorize(&hub, &client_id, seed::DANIEL).await;
    set(&hub, "registered").await;
    let (status, body) = exchange(&hub.base_url, &client_id, answer.get("code")).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert_eq!(body["error"], "access_denied");
    set(&hub, "listed").await;
    let (status, body) = exchange(&hub.base_url, &client_id, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    hub.stop().await;
}

async fn get_myself(hub: &TestHub, tokens: &Tokens) -> (StatusCode, Value) {
    call(&hub.base_url, &tokens.access_token, "get_myself", json!({})).await
}

async fn becomes(hub: &TestHub, tokens: &Tokens, status: StatusCode) {
    eventually("the policy is heard of", async || {
        get_myself(hub, tokens).await.0 == status
    })
    .await;
}

/// Neither the grant nor a token ends: both work again when the policy allows the client again.
#[tokio::test(flavor = "multi_thread")]
async fn a_stricter_policy_stops_those_who_are_signed_in() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let link = mcp::call(
        &hub,
        Some(&tokens.access_token),
        "create_upload_link",
        json!({ "name": "a.txt" }),
    )
    .await;
    let link: Value = {
        let body = link.json();
        let text = body["result"]["content"][0]["text"].as_str();
        serde_json::from_str(text.expect("a text")).expect("JSON")
    };
    let link = link["url"].as_str().expect("a URL");
    assert_eq!(get_myself(&hub, &tokens).await.0, StatusCode::OK);
    set(&hub, "registered").await;
    becomes(&hub, &tokens, StatusCode::FORBIDDEN).await;
    let (_, body) = get_myself(&hub, &tokens).await;
    assert_eq!(body["error"], "access_denied", "{body}");
    let description = body["error_description"].as_str().expect("a description");
    assert!(description.contains("does not allow this client"), "{body}");
    let (status, body) = refresh(&hub.base_url, &tokens).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
    assert_eq!(body["error"], "access_denied", "{body}");
    let upload = Reply::to(http().put(link).body("a")).await;
    assert_eq!(upload.status, StatusCode::FORBIDDEN, "{}", upload.body);
    // A sign-out is always possible, and needs no permission.
    assert_eq!(hub.revoked_reason().await, None);

    set(&hub, "listed").await;
    becomes(&hub, &tokens, StatusCode::OK).await;
    refreshed(&hub, &tokens).await;
    hub.stop().await;
}

/// What counts for a grant is where its code went, also if the client changes its registration.
#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_judged_by_where_its_code_went() {
    let hub = TestHub::start().await;
    list_hosts(&hub, "{chat.example.com}").await;
    let client_id = register(&hub, &[REDIRECT_URI, EVIL]).await;
    let person = Person::default();
    let answer = person.authorize(&hub, &client_id, seed::DANIEL).await;
    let (status, body) = exchange(&hub.base_url, &client_id, answer.get("code")).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    let tokens = tokens_of(&client_id, &body);
    let stored = "SELECT redirect_uri FROM hub.grants";
    assert_eq!(hub.value(stored).await.as_deref(), Some(REDIRECT_URI));
    set(&hub, "listed").await;
    let tokens = refreshed(&hub, &tokens).await;
    assert_eq!(get_myself(&hub, &tokens).await.0, StatusCode::OK);

    // A replica of the previous release did not store it: all that the client has registered counts,
    // and what it registers afterwards does not help it.
    let unknown = "UPDATE hub.grants SET redirect_uri = NULL".to_owned();
    let registered = |uris: &str| format!("UPDATE hub.clients SET redirect_uris = '{uris}'");
    let (both, known) = (
        registered(&format!("{{{REDIRECT_URI},{EVIL}}}")),
        registered(&format!("{{{REDIRECT_URI},{CLAUDE}}}")),
    );
    for (statements, status) in [
        ([&both, &unknown], StatusCode::FORBIDDEN),
        ([&known, &unknown], StatusCode::OK),
        ([&both, &unknown], StatusCode::FORBIDDEN),
        ([&known, &known], StatusCode::FORBIDDEN),
    ] {
        for statement in statements {
            hub.sql(statement).await;
        }
        // Any change of the space makes replicas forget what they have judged.
        hub.sql("UPDATE hub.spaces SET updated_at = clock_timestamp()")
            .await;
        becomes(&hub, &tokens, status).await;
        let (refreshed, body) = refresh(&hub.base_url, &tokens).await;
        assert_eq!(refreshed.is_success(), status.is_success(), "{body}");
    }
    hub.stop().await;
}
