//! `keys`: the master keys of a service in use change, and no user and no client notices it.

use backlog_sim::seed;
use foundation::random::Random;
use reqwest::StatusCode;
use sealing::KeyRing;
use secrecy::ExposeSecret;
use serde_json::json;

use crate::support::{
    hub::http,
    person::{Person, Tokens, call, refresh, tokens as tokens_of},
    process::{Deployment, Port, Process, program, run},
    reply::Reply,
};

fn key(id: &str) -> String {
    KeyRing::generate(id, &Random::system())
        .expose_secret()
        .to_owned()
}

/// A process of the deployment with this ring.
async fn start(deployment: &Deployment, keys: &str) -> Process {
    let mut command = deployment.command();
    // The starts and commands between two presentations of one token take a while.
    command.envs([("ENCRYPTION_KEYS", keys), ("REFRESH_GRACE", "10m")]);
    Process::start(command, deployment.site.base_url.clone()).await
}

/// `keys …`: whether it succeeded, and all that it said.
async fn keys(deployment: &Deployment, command: &str, ring: &str) -> (bool, String) {
    let mut program = program(&["keys", command]);
    program
        .env("DATABASE_URL", deployment.database.url())
        .env("ENCRYPTION_KEYS", ring);
    let output = run(program).await;
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).expect("text");
    for part in ring.split([',', ':']).filter(|part| part.len() > 40) {
        assert!(!said.contains(part), "a key is in: {said}");
    }
    (output.status.success(), said)
}

async fn works(hub: &Process, tokens: &Tokens) {
    let (status, answer) = call(&hub.url, &tokens.access_token, "get_myself", json!({})).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_while_the_service_runs() {
    let deployment = Deployment::new().await;
    let (old, new) = (key("old"), key("new-1"));
    let hub = start(&deployment, &old).await;
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    // An answer in its grace window is sealed as well.
    let (status, first) = refresh(&hub.url, &tokens).await;
    assert_eq!(status, StatusCode::OK, "{first}");
    hub.kill().await;

    // The new key opens, then it seals; what the old one sealed opens all the while.
    let hub = start(&deployment, &format!("{old},{new}")).await;
    works(&hub, &tokens).await;
    hub.kill().await;
    let both = format!("{new},{old}");
    let hub = start(&deployment, &both).await;
    works(&hub, &tokens).await;
    let (listed, said) = keys(&deployment, "list", &both).await;
    assert!(
        listed && said.contains("new-1") && said.contains("encrypts"),
        "{said}"
    );

    let calls = async {
        for _ in 0..20 {
            works(&hub, &tokens).await;
        }
    };
    let ((), (rotated, said)) = tokio::join!(calls, keys(&deployment, "rotate", &both));
    assert!(rotated, "{said}");
    assert!(said.contains("No other key is needed"), "{said}");
    let (again, said) = keys(&deployment, "rotate", &both).await;
    assert!(again && said.contains("0 secret(s) re-encrypted"), "{said}");
    hub.kill().await;

    let hub = start(&deployment, &new).await;
    works(&hub, &tokens).await;
    let (status, answer) = refresh(&hub.url, &tokens).await;
    assert_eq!(
        (status, &answer),
        (StatusCode::OK, &first),
        "the same answer"
    );
    let renewed = tokens_of(&tokens.client_id, &answer);
    assert_eq!(refresh(&hub.url, &renewed).await.0, StatusCode::OK);
    // Backlog's refresh token opens with the new key alone.
    sqlx::query("UPDATE hub.accounts SET backlog_expires_at = clock_timestamp()")
        .execute(deployment.database.pool())
        .await
        .expect("expired");
    deployment.sim.control().expire_access_tokens();
    hub.kill().await;
    let hub = start(&deployment, &new).await;
    works(&hub, &tokens).await;
    let (verified, said) = keys(&deployment, "verify", &new).await;
    assert!(verified && said.contains("can be decrypted"), "{said}");
}

/// The sealed key of the checks.
async fn check_key(deployment: &Deployment) -> String {
    sqlx::query_scalar("SELECT key::text FROM hub.check_key")
        .fetch_one(deployment.database.pool())
        .await
        .expect("the key")
}

/// It is sealed anew and stays the same key: the hub knows what it issued before, without a budget
/// for what it may not have issued.
#[tokio::test(flavor = "multi_thread")]
async fn the_check_key_is_sealed_again_and_stays_the_same() {
    let deployment = Deployment::new().await;
    let (old, new) = (key("old"), key("new"));
    let hub = start(&deployment, &old).await;
    let tokens = Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    hub.kill().await;
    let before = check_key(&deployment).await;
    assert!(before.starts_with("sealed:v1:old:"), "{before}");

    let both = format!("{new},{old}");
    let (rotated, said) = keys(&deployment, "rotate", &both).await;
    assert!(rotated && said.contains("No other key is needed"), "{said}");
    let after = check_key(&deployment).await;
    assert!(after.starts_with("sealed:v1:new:"), "{after}");

    let metrics = Port::reserve();
    let start = async || {
        let mut command = deployment.command();
        command
            .env("ENCRYPTION_KEYS", &new)
            .env("METRICS_ADDR", format!("127.0.0.1:{}", metrics.number));
        Process::start(command, deployment.site.base_url.clone()).await
    };
    let scraped = async || {
        let reply = Reply::to(http().get(format!("{}/metrics", metrics.url()))).await;
        assert_eq!(reply.status, StatusCode::OK);
        reply.body
    };
    let hub = start().await;
    works(&hub, &tokens).await;
    let (status, answer) = refresh(&hub.url, &tokens).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let tokens = tokens_of(&tokens.client_id, &answer);
    works(&hub, &tokens).await;
    assert_eq!(check_key(&deployment).await, after, "nobody made another");
    let unchecked = "bmh_unchecked_credentials_total{";
    let text = scraped().await;
    assert!(!text.contains(unchecked), "{text}");

    // With another key of the checks, each of them would be such a credential.
    hub.kill().await;
    sqlx::query("DELETE FROM hub.check_key")
        .execute(deployment.database.pool())
        .await
        .expect("deleted");
    let hub = start().await;
    works(&hub, &tokens).await;
    let text = scraped().await;
    assert!(text.contains(unchecked), "{text}");
    hub.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_secret_that_waits_needs_its_key() {
    let deployment = Deployment::new().await;
    let (old, new) = (key("old"), key("new"));
    start(&deployment, &old).await.kill().await;
    let both = format!("{new},{old}");
    assert!(keys(&deployment, "rotate", &both).await.0);

    // Sealed beforehand with the old key; no replica runs that could take it.
    let give = "SELECT admin.set_space_secret(slug, 'sealed:v1:old:' || repeat('A', 60))
                FROM admin.spaces";
    let db = deployment.database.pool();
    sqlx::query(give).execute(db).await.expect("given");
    let (done, said) = keys(&deployment, "rotate", &both).await;
    assert!(
        !done && said.contains("1 secret(s) are still encrypted"),
        "{said}"
    );
    assert!(!said.contains("No other key"), "{said}");

    // One in plain text needs no key.
    let give = "SELECT admin.set_space_secret(slug, 'plain') FROM admin.spaces";
    sqlx::query(give).execute(db).await.expect("given");
    let (done, said) = keys(&deployment, "rotate", &both).await;
    assert!(done && said.contains("No other key"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_or_another_one_is_named() {
    let deployment = Deployment::new().await;
    let (right, other) = (key("k1"), key("k2"));
    let hub = start(&deployment, &right).await;
    Person::default()
        .sign_in(&deployment.site, seed::MAJA)
        .await;
    hub.kill().await;

    let (listed, said) = keys(&deployment, "list", &other).await;
    assert!(
        !listed && said.contains("k1") && said.contains("MISSING"),
        "{said}"
    );
    for command in ["verify", "rotate"] {
        let (done, said) = keys(&deployment, command, &other).await;
        assert!(
            !done && said.contains("hub.grants.backlog_access_token"),
            "{said}"
        );
        assert!(
            said.contains("\"k1\", which is not in ENCRYPTION_KEYS"),
            "{said}"
        );
    }
    let false_friend = key("k1");
    let (done, said) = keys(&deployment, "verify", &false_friend).await;
    assert!(
        !done && said.contains("cannot be decrypted with its key"),
        "{said}"
    );
    let (done, said) = keys(&deployment, "verify", &right).await;
    assert!(done, "nothing was changed: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_renewed_during_the_rotation_is_left_as_it_was_renewed() {
    use backlog_mcp_hub::db::sealed::{self, SealedColumn};

    let deployment = Deployment::new().await;
    let ring = key("k1");
    let hub = start(&deployment, &ring).await;
    Person::default()
        .sign_in(&deployment.site, seed::DANIEL)
        .await;
    hub.kill().await;
    let db = deployment.database.pool();
    let column = SealedColumn::BacklogAccessToken;
    let page = sealed::page(db, column, None, None, 10)
        .await
        .expect("a page");
    let [text] = &page[..] else {
        panic!("one grant");
    };
    let swapped = |old: String, new: String| async move {
        sealed::replace(db, column, &text.row, &old, &new)
            .await
            .expect("an answer")
    };
    let body = "A".repeat(80);
    let (renewed, late) = (
        format!("sealed:v1:k1:{body}"),
        format!("sealed:v1:k2:{body}"),
    );
    assert!(swapped(text.sealed.clone(), renewed.clone()).await);
    assert!(
        !swapped(text.sealed.clone(), late).await,
        "what was read is gone"
    );
    let stored = sealed::page(db, column, None, None, 10)
        .await
        .expect("a page");
    assert_eq!(stored[0].sealed, renewed);
    let beyond = sealed::page(db, column, Some(&text.row), None, 10)
        .await
        .expect("a page");
    assert!(beyond.is_empty());
}
