//! Client secrets that an operator sets: a replica seals each of them at once, no plain text
//! remains, and a secret that no key can seal is reported.

use backlog_mcp_hub::{domain::space::given_secret_place, jobs::secrets::seal_all};
use backlog_sim::seed;
use foundation::random::Random;
use sealing::KeyRing;
use secrecy::SecretString;
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::support::{
    hub::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, TestHub, eventually},
    mcp,
    person::Person,
    site::Site,
};

fn ring(keys: &SecretString) -> KeyRing {
    KeyRing::parse(keys, Random::system()).expect("the keys")
}

fn site_of(hub: &TestHub) -> String {
    hub.sim.url().as_str().trim_end_matches('/').to_owned()
}

async fn create(hub: &TestHub, slug: &str, secret: &str) {
    hub.sql(&format!(
        "SELECT admin.create_space(slug => '{slug}', domain => '{}',
             oauth_client_id => '{OAUTH_CLIENT_ID}', oauth_client_secret => '{secret}')",
        site_of(hub)
    ))
    .await;
}

async fn state(hub: &TestHub, slug: &str) -> String {
    let query = format!(
        "SELECT concat_ws(': ', secret, secret_problem) FROM admin.spaces WHERE slug = '{slug}'"
    );
    hub.value(&query).await.expect("a state")
}

async fn is_sealed(hub: &TestHub, slug: &str) {
    eventually("the secret is sealed", async || {
        state(hub, slug).await == "sealed"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plain_secret_is_sealed_erased_and_of_use_at_once() {
    let hub = TestHub::start().await;
    create(&hub, "acme", OAUTH_CLIENT_SECRET).await;
    is_sealed(&hub, "acme").await;
    let contents = hub.contents().await;
    assert!(!contents.contains(OAUTH_CLIENT_SECRET), "{contents}");

    let acme = Site::new(hub.url("/spaces/acme"));
    let tokens = Person::default().sign_in(&acme, seed::DANIEL).await;
    let reply = mcp::call_at(
        &acme.mcp_url(),
        Some(&tokens.access_token),
        "get_myself",
        json!({}),
    )
    .await;
    assert_eq!(reply.status, 200, "{}", reply.body);

    // A new secret replaces it; until then the old one serves.
    hub.sql("SELECT admin.set_space_secret('acme', 'not-the-secret')")
        .await;
    is_sealed(&hub, "acme").await;
    let client = acme.register().await;
    let answer = Person::default()
        .authorize(&acme, &client, seed::DANIEL)
        .await;
    assert_eq!(answer.get("error"), "server_error");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_given_while_no_hub_runs_is_sealed_by_the_first_that_starts() {
    let hub = TestHub::start().await;
    // The trigger is off: nobody is told, as if nobody had been there.
    hub.sql("ALTER TABLE hub.given_secrets DISABLE TRIGGER given_secrets_given")
        .await;
    create(&hub, "acme", OAUTH_CLIENT_SECRET).await;
    assert_eq!(state(&hub, "acme").await, "waiting");
    assert!(hub.contents().await.contains(OAUTH_CLIENT_SECRET));
    let (replica, _) = hub.replica().await;
    is_sealed(&hub, "acme").await;
    assert!(!hub.contents().await.contains(OAUTH_CLIENT_SECRET));
    replica.stop().await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_sealed_beforehand_opens_for_its_site_only() {
    let hub = TestHub::start().await;
    let seal = |keys: &KeyRing, site: &str| {
        keys.seal(given_secret_place(site), &OAUTH_CLIENT_SECRET.into())
    };
    let keys = ring(&hub.keys);
    create(&hub, "acme", &seal(&keys, &site_of(&hub))).await;
    is_sealed(&hub, "acme").await;
    let acme = Site::new(hub.url("/spaces/acme"));
    Person::default().sign_in(&acme, seed::DANIEL).await;

    let strangers = ring(&KeyRing::generate("k9", &Random::system()));
    let impostors = ring(&KeyRing::generate("test", &Random::system()));
    for (sealed, problem) in [
        (seal(&keys, "https://evil.example"), "cannot be decrypted"),
        (
            seal(&strangers, &site_of(&hub)),
            "\"k9\", which is not in ENCRYPTION_KEYS",
        ),
        (seal(&impostors, &site_of(&hub)), "cannot be decrypted"),
    ] {
        hub.sql(&format!(
            "SELECT admin.set_space_secret('acme', '{sealed}')"
        ))
        .await;
        eventually("the secret is refused", async || {
            let state = state(&hub, "acme").await;
            state.starts_with("refused: ") && state.contains(problem)
        })
        .await;
        // The one before it still serves, and a replica starts all the same.
        Person::default().sign_in(&acme, seed::DANIEL).await;
    }
    let (replica, _) = hub.replica().await;
    replica.stop().await;
    create(&hub, "next", &seal(&strangers, &site_of(&hub))).await;
    hub.sql(&format!(
        "SELECT admin.set_space_secret(slug, '{OAUTH_CLIENT_SECRET}') FROM admin.spaces"
    ))
    .await;
    is_sealed(&hub, "acme").await;
    is_sealed(&hub, "next").await;
    hub.stop().await;
}

/// Every replica seals; none overwrites a newer secret with an older one.
#[tokio::test(flavor = "multi_thread")]
async fn of_secrets_given_in_a_row_the_last_one_stays() {
    let hub = TestHub::start().await;
    let (replica, _) = hub.replica().await;
    let keys = ring(&hub.keys);
    create(&hub, "acme", "secret-0").await;
    let given = async {
        for number in 1..=30 {
            hub.sql(&format!(
                "SELECT admin.set_space_secret('acme', 'secret-{number}')"
            ))
            .await;
        }
    };
    let sealing = async {
        for _ in 0..60 {
            seal_all(hub.database.pool(), &keys).await.expect("sealed");
        }
    };
    tokio::join!(given, sealing);
    is_sealed(&hub, "acme").await;
    let stored: (String, String, String) = sqlx::query_as(AssertSqlSafe(
        "SELECT id::text, base_url, oauth_client_secret FROM hub.spaces WHERE slug = 'acme'",
    ))
    .fetch_one(hub.database.pool())
    .await
    .expect("the space");
    let place = backlog_mcp_hub::domain::space::secret_place(&stored.0, &stored.1);
    let secret = keys.open(place, &stored.2).expect("it opens");
    assert_eq!(secrecy::ExposeSecret::expose_secret(&secret), "secret-30");
    replica.stop().await;
    hub.stop().await;
}

/// Each start writes the space of the environment anew, its secret included.
#[tokio::test(flavor = "multi_thread")]
async fn the_environment_replaces_a_secret_that_waits() {
    let hub = TestHub::start().await;
    hub.sql("ALTER TABLE hub.given_secrets DISABLE TRIGGER given_secrets_given")
        .await;
    hub.sql("SELECT admin.set_space_secret('default', 'not-the-secret')")
        .await;
    assert_eq!(state(&hub, "default").await, "waiting");
    let (replica, _) = hub.replica().await;
    assert_eq!(state(&hub, "default").await, "sealed");
    Person::default().sign_in(&hub, seed::DANIEL).await;
    replica.stop().await;
    hub.stop().await;
}
