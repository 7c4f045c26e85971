//! Credentials that the hub never issued: they cost the database no statement, and they block no
//! credential that the hub did issue.

use backlog_mcp_hub::{
    config::{BaseUrl, Storage},
    db,
};
use backlog_sim::seed;
use foundation::random::Random;
use futures_util::future::join_all;
use oauth_values::{
    CheckKey,
    token::{AccessToken, AuthorizationCode, RefreshToken, RegistrationAccessToken},
};
use reqwest::{RequestBuilder, StatusCode};
use sealing::{KeyRing, Place};
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{
    behind_proxy::{HOST, SOMEBODY, SOMEBODY_ELSE, assert_retry_after},
    hub::{TestHub, http},
    person::{Person, Tokens, authorize_url, call_request, refresh, tokens as tokens_of},
    proxy::DatabaseProxy,
    reply::Reply,
    tokens::works,
};

/// Statements that look up what strangers present.
fn lookups(proxy: &DatabaseProxy) -> Vec<String> {
    let tables = [
        "hub.access_tokens",
        "hub.refresh_tokens",
        "hub.authorization_codes",
        "hub.clients",
    ];
    let mut statements = proxy.take_statements();
    statements.retain(|text| {
        // What the cleanup does is nobody's request.
        !text.starts_with("DELETE") && tables.iter().any(|table| text.contains(table))
    });
    statements
}

/// The credential with one digit changed.
fn mistyped(text: &str) -> String {
    let (start, last) = text.split_at(text.len() - 1);
    format!("{start}{}", if last == "0" { "1" } else { "0" })
}

fn list(url: &str, token: &str) -> RequestBuilder {
    call_request(url, token, "get_myself", json!({}))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_credential_is_refused_without_a_statement() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let client_id = mistyped(&tokens.client_id);
    lookups(&proxy);

    let reply = Reply::to(list(&hub.base_url, &mistyped(&tokens.access_token))).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    let refresh = mistyped(&tokens.refresh_token);
    let code = AuthorizationCode::generate(&Random::system());
    for (grant, name, token) in [
        ("refresh_token", "refresh_token", &refresh),
        ("authorization_code", "code", &mistyped(code.reveal())),
    ] {
        let form = [
            ("grant_type", grant),
            ("client_id", &tokens.client_id),
            (name, token),
            ("code_verifier", "v"),
        ];
        let reply = hub.post_form("/token", &form).await;
        reply.oauth_error(400, "invalid_grant");
    }
    for token in [&refresh, "x", "Zm9v.YmFy"] {
        let form = [("token", token), ("client_id", &tokens.client_id)];
        let reply = hub.post_form("/revoke", &form).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    }
    // The client: its check is wrong, or it has none of the forms that there are.
    for client_id in [client_id.as_str(), "nobody"] {
        let page = Reply::to(http().get(authorize_url(&hub, client_id))).await;
        page.page(400);
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client_id),
            ("refresh_token", &refresh),
        ];
        let reply = hub.post_form("/token", &form).await;
        reply.oauth_error(401, "invalid_client");
    }
    let token = RegistrationAccessToken::generate(&Random::system());
    let url = hub.url(&format!("/register/{}", tokens.client_id));
    let manage = http().get(&url).bearer_auth(mistyped(token.reveal()));
    let reply = Reply::to(manage).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
    assert_eq!(lookups(&proxy), Vec::<String>::new());
    assert!(works(&hub, &tokens).await);
    hub.stop().await;
}

/// The hub at a base URL that is not loopback, where networks are counted, with tokens of before.
struct Counted {
    hub: TestHub,
    replica: crate::support::hub::Running,
    url: String,
    proxy: DatabaseProxy,
    tokens: Tokens,
}

impl Counted {
    async fn start() -> Self {
        let hub = TestHub::start().await;
        let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
        hub.sql(&format!(
            "UPDATE hub.grants SET issuer = 'https://{HOST}', resource = 'https://{HOST}/mcp'"
        ))
        .await;
        let proxy = DatabaseProxy::start(hub.database.url()).await;
        let (replica, url) = hub
            .replica_with(|settings| {
                let Storage::External { keys, .. } = &settings.storage else {
                    unreachable!("the tests bring a database");
                };
                settings.storage = Storage::External {
                    url: proxy.url().into(),
                    keys: keys.clone(),
                };
                settings.base_url =
                    Some(BaseUrl::parse(&format!("https://{HOST}")).expect("a base URL"));
                settings.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
            })
            .await;
        Self {
            hub,
            replica,
            url,
            proxy,
            tokens,
        }
    }

    async fn call(&self, token: &str, from: &str) -> Reply {
        let request = list(&self.url, token).header("host", HOST);
        Reply::to(request.header("x-forwarded-for", from)).await
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        let request = http().post(format!("{}{path}", self.url)).form(form);
        let request = request.header("host", HOST);
        Reply::to(request.header("x-forwarded-for", SOMEBODY)).await
    }

    async fn refresh(&self, token: &str) -> Reply {
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", self.tokens.client_id.as_str()),
            ("refresh_token", token),
        ];
        self.post("/token", &form).await
    }

    /// The replica forgets what it remembers, so that the next call is looked up.
    async fn forget(&self) {
        self.hub
            .sql("UPDATE hub.spaces SET updated_at = clock_timestamp()")
            .await;
    }

    async fn stop(self) {
        self.replica.stop().await;
        self.hub.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_block_no_other_user_of_the_same_network() {
    let hub = Counted::start().await;
    // With the right checksum, as anybody can make them: they could be of an older version.
    let forged = || AccessToken::generate(&Random::system());
    let forged: Vec<_> = std::iter::repeat_with(forged).take(600).collect();
    lookups(&hub.proxy);
    let replies = forged
        .iter()
        .map(|token| hub.call(token.reveal(), SOMEBODY));
    let replies = join_all(replies).await;
    let limited = replies
        .iter()
        .filter(|reply| reply.status == StatusCode::TOO_MANY_REQUESTS)
        .inspect(|reply| assert_retry_after(reply))
        .count();
    assert!(limited > 300, "{limited}");
    assert!(lookups(&hub.proxy).len() < 300, "few were looked up");

    let Tokens {
        access_token,
        refresh_token,
        client_id,
    } = &hub.tokens;
    for _ in 0..3 {
        hub.forget().await;
        let live = hub.call(access_token, SOMEBODY).await;
        assert_eq!(live.status, StatusCode::OK, "{}", live.body);
    }
    let renewed = hub.refresh(refresh_token).await;
    assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.body);
    let renewed = tokens_of(client_id, &renewed.json());
    // One that has ended is told so, and is not asked to come again.
    let form = [("token", renewed.access_token.as_str())];
    let ended = hub.post("/revoke", &form).await;
    assert_eq!(ended.status, StatusCode::OK, "{}", ended.body);
    let dead = hub.call(&renewed.access_token, SOMEBODY).await;
    assert_eq!(dead.status, StatusCode::UNAUTHORIZED, "{}", dead.body);
    hub.refresh(mistyped(refresh_token).as_str())
        .await
        .oauth_error(400, "invalid_grant");
    // Another network is not concerned.
    let elsewhere = hub.call(forged[0].reveal(), SOMEBODY_ELSE).await;
    assert_eq!(elsewhere.status, StatusCode::UNAUTHORIZED);
    hub.stop().await;
}

/// A token that has ended is presented again and again by a client that does not stop.
#[tokio::test(flavor = "multi_thread")]
async fn a_dead_token_is_not_looked_up_again_and_again() {
    let hub = Counted::start().await;
    hub.hub.sql("DELETE FROM hub.access_tokens").await;
    let dead = || hub.call(&hub.tokens.access_token, SOMEBODY);
    assert_eq!(dead().await.status, StatusCode::UNAUTHORIZED);
    lookups(&hub.proxy);
    for _ in 0..50 {
        assert_eq!(dead().await.status, StatusCode::UNAUTHORIZED);
    }
    assert!(lookups(&hub.proxy).len() < 10);
    hub.stop().await;
}

/// Tokens and clients of an older version, which had no check, serve until they end.
#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_an_older_version_remain_valid() {
    let hub = Counted::start().await;
    let random = Random::system();
    let access = AccessToken::generate(&random);
    let first = RefreshToken::generate(&random);
    hub.hub
        .sql(&format!(
            "INSERT INTO hub.refresh_tokens (token_hash, grant_id, scopes, expires_at)
             SELECT '\\x{}', id, scopes, clock_timestamp() + interval '1 day' FROM hub.grants",
            first.hash().to_hex()
        ))
        .await;
    hub.hub
        .sql(&format!(
            "INSERT INTO hub.access_tokens
                 (token_hash, grant_id, refresh_token_hash, scopes, expires_at)
             SELECT '\\x{}', id, '\\x{}', scopes, clock_timestamp() + interval '1 day'
             FROM hub.grants",
            access.hash().to_hex(),
            first.hash().to_hex()
        ))
        .await;
    // An older version registered the client by the id of its row alone.
    hub.hub
        .sql("UPDATE hub.clients SET client_id = id::text")
        .await;
    let old_id = &hub.tokens.client_id[..36];

    let live = hub.call(access.reveal(), SOMEBODY).await;
    assert_eq!(live.status, StatusCode::OK, "{}", live.body);
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", old_id),
        ("refresh_token", first.reveal()),
    ];
    let renewed = hub.post("/token", &form).await;
    assert_eq!(renewed.status, StatusCode::OK, "{}", renewed.body);
    // Found once, it is good whatever others of its network try.
    for _ in 0..200 {
        let forged = AccessToken::generate(&random);
        hub.call(forged.reveal(), SOMEBODY).await;
    }
    hub.forget().await;
    let live = hub.call(access.reveal(), SOMEBODY).await;
    assert_eq!(live.status, StatusCode::OK, "{}", live.body);
    // One that was never seen waits, and is not told that it is void.
    let unseen = async || {
        let unseen = RefreshToken::generate(&random);
        hub.refresh(unseen.reveal()).await
    };
    let mut waits = unseen().await;
    for _ in 0..200 {
        if waits.status == StatusCode::TOO_MANY_REQUESTS {
            break;
        }
        waits = unseen().await;
    }
    waits.oauth_error(429, "temporarily_unavailable");
    assert_retry_after(&waits);
    // The token that the hub issued since then vouches for its client.
    let renewed = tokens_of(old_id, &renewed.json());
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", old_id),
        ("refresh_token", &renewed.refresh_token),
    ];
    let again = hub.post("/token", &form).await;
    assert_eq!(again.status, StatusCode::OK, "{}", again.body);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_together_agree_on_one_key() {
    let hub = TestHub::start().await;
    hub.register().await;
    hub.sql("DELETE FROM hub.check_key").await;
    let (one, two, three) = tokio::join!(hub.replica(), hub.replica(), hub.replica());
    let count = "SELECT count(*)::text FROM hub.check_key";
    assert_eq!(hub.value(count).await.as_deref(), Some("1"));
    let stored = db::check_key::find(hub.database.pool()).await;
    let stored = stored.expect("the database").expect("a key");
    assert!(stored.replaced && stored.sealed.starts_with("sealed:v1:test:"));
    let keys = KeyRing::parse(&hub.keys, Random::system()).expect("the keys");
    let place = Place {
        table: "check_key",
        column: "key",
        row: db::check_key::ROW,
        bound_to: "",
    };
    let key = CheckKey::parse(&keys.open(place, &stored.sealed).expect("it opens")).expect("a key");
    // The hub that was there before has the key of before: its tokens are as those of an older
    // version to the others, and the other way round.
    let mut tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    for (_, url) in [&one, &two, &three] {
        let (status, body) = refresh(url, &tokens).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        tokens = tokens_of(&tokens.client_id, &body);
        let refresh_token = RefreshToken::parse(&tokens.refresh_token).expect("a token");
        assert!(refresh_token.is_issued_with(&key));
    }
    for (replica, _) in [one, two, three] {
        replica.stop().await;
    }
    hub.stop().await;
}

/// Few are looked up at a time. A request that gets no turn is not kept waiting for those before
/// it, which the database does not answer.
#[tokio::test(flavor = "multi_thread")]
async fn a_credential_without_a_check_beyond_the_budget_is_asked_to_retry() {
    const AT_A_TIME: usize = 8;
    let hub = TestHub::start().await;
    let client_id = hub.register().await;
    let pool = hub.database.pool();
    let mut locked = pool.begin().await.expect("a transaction");
    sqlx::raw_sql("LOCK TABLE hub.refresh_tokens IN ACCESS EXCLUSIVE MODE")
        .execute(&mut *locked)
        .await
        .expect("the lock");
    let mut requests = JoinSet::new();
    for _ in 0..2 * AT_A_TIME {
        let token = RefreshToken::generate(&Random::system());
        let form = [
            ("grant_type", "refresh_token"),
            ("client_id", client_id.as_str()),
            ("refresh_token", token.reveal()),
        ];
        requests.spawn(Reply::to(http().post(hub.url("/token")).form(&form)));
    }
    for _ in 0..AT_A_TIME {
        let limited = requests.join_next().await.expect("one").expect("a reply");
        limited.oauth_error(429, "temporarily_unavailable");
        assert_retry_after(&limited);
    }
    locked.rollback().await.expect("the end of the lock");
    while let Some(looked_up) = requests.join_next().await {
        let looked_up = looked_up.expect("a reply");
        looked_up.oauth_error(400, "invalid_grant");
    }
    hub.stop().await;
}
