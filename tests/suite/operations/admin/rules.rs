//! Rules that both the database and the service have are the same in both.

use std::cell::Cell;

use backlog_client::BacklogUrl;
use backlog_mcp_hub::{
    calls::{known_tools::KnownTools, options::ToolOptions},
    toolkit::toolset::Toolset,
};
use oauth_values::RedirectUri;
use proptest::{prelude::*, test_runner::TestRunner};
use sqlx::PgPool;

use crate::support::database::TestDatabase;

/// What the database makes of a domain; `None` if it refuses it.
async fn base_url(pool: &PgPool, domain: &str) -> Option<String> {
    let read = sqlx::query_scalar("SELECT hub.base_url($1)").bind(domain);
    match read.fetch_one(pool).await {
        Ok(url) => Some(url),
        Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("22023") => None,
        Err(error) => panic!("{domain:?}: {error}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_reads_a_domain_as_the_service_does() {
    let database = TestDatabase::create().await;
    let pool = database.pool();
    for domain in [
        "acme.backlog.com",
        " ACME.backlog.jp ",
        "https://acme.backlog.com/",
        "HTTPS://acme.backlog.com:443",
        "acme.backlog.com:0443/",
        "backlog.example.com:8443",
        "http://127.0.0.1:9000",
        "http://127.0.0.1:80",
        "http://[::1]:9000/",
        "http://localhost",
        "localhost",
        "10.0.0.1",
        "a_b.example",
        "1a.example",
        "0x.example",
        "",
        " ",
        "https://",
        "a b",
        "http://acme.backlog.com",
        "http://10.0.0.1",
        "http://1270.0.0.1",
        "http://localhost.example.com",
        "http://127.example.com",
        "file:///etc/passwd",
        "ftp://acme.backlog.com",
        "javascript://acme.backlog.com",
        "acme.backlog.com/api",
        "acme.backlog.com//",
        "https://acme.backlog.com/?a=1",
        "https://acme.backlog.com#x",
        "https://user@acme.backlog.com",
        "https://user:password@acme.backlog.com",
        "acme.backlog.com@evil.example",
        "acme.backlog.com:99999",
        "acme.backlog.com:x",
        "256.0.0.1",
        "1.2.3.4.5",
        "acme.1",
        "[::1",
        "acme.backlog.com\\@evil.example",
    ] {
        let service = BacklogUrl::parse(domain).ok();
        let service = service.as_ref().map(BacklogUrl::as_str);
        // A backslash is a slash to a browser; nobody needs that here.
        assert_eq!(
            base_url(pool, domain).await.as_deref(),
            service,
            "{domain:?}"
        );
    }
    // Forms that only the service reads; here they are refused, never read otherwise.
    for (domain, origin) in [
        ("日本.example", "https://xn--wgv71a.example"),
        ("a\nb", "https://ab"),
        ("127.1", "https://127.0.0.1"),
        ("0x7f.0.0.1", "https://127.0.0.1"),
        ("[2001:db8::1]", "https://[2001:db8::1]"),
        ("acme%2ebacklog.com", "https://acme.backlog.com"),
        ("acme.backlog.com.", "https://acme.backlog.com."),
        ("acme.backlog.com:", "https://acme.backlog.com"),
    ] {
        assert_eq!(BacklogUrl::parse(domain).expect(domain).as_str(), origin);
        assert_eq!(base_url(pool, domain).await, None, "{domain:?}");
    }
}

#[test]
fn whatever_the_database_accepts_the_service_reads_alike() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let database = runtime.block_on(TestDatabase::create());
    let inputs = prop_oneof![
        // Nearly right.
        "(https?://|HTTP://|ftp://)?[a-cA-C0-2x_.:-]{0,12}(:[0-9]{0,6})?/?",
        "(https?://)?([0-9]{1,3}\\.){3}[0-9]{1,3}(:[0-9]{1,5})?",
        "(https?://)?[a-z0-9-]{1,8}(\\.[a-zA-Z0-9-]{1,8}){1,3}(:[0-9]{1,5})?/?",
        "(http://)?(localhost|127\\.0\\.0\\.[0-9]{1,3}|\\[::1\\])[a-z0-9.:/@?#]{0,4}",
        "\\PC{0,12}",
    ];
    let accepted = Cell::new(0);
    TestRunner::new(ProptestConfig {
        cases: 1_500,
        failure_persistence: None,
        ..ProptestConfig::default()
    })
    .run(&inputs, |domain| {
        let here = runtime.block_on(base_url(database.pool(), &domain));
        let service = BacklogUrl::parse(&domain);
        if let Some(here) = here {
            accepted.set(accepted.get() + 1);
            prop_assert_eq!(Ok(here.as_str()), service.as_ref().map(BacklogUrl::as_str));
        }
        Ok(())
    })
    .expect("they agree");
    // Enough of each to mean something.
    assert!((100..1_400).contains(&accepted.get()), "{accepted:?}");
    let _runtime = runtime.enter();
    drop(database);
}

#[tokio::test]
async fn the_database_knows_the_toolsets_of_the_service() {
    let database = TestDatabase::create().await;
    let known: Vec<String> = sqlx::query_scalar("SELECT unnest(hub.known_toolsets())")
        .fetch_all(database.pool())
        .await
        .expect("the toolsets");
    assert_eq!(known, Toolset::NAMED.map(Toolset::as_str));
}

#[tokio::test]
async fn the_database_knows_the_tools_of_the_service() {
    let database = TestDatabase::create().await;
    let known: Vec<String> = sqlx::query_scalar("SELECT unnest(hub.known_tools())")
        .fetch_all(database.pool())
        .await
        .expect("the tools");
    let tools = KnownTools::new(&ToolOptions::default().prefix);
    assert_eq!(known, tools.names().all().collect::<Vec<_>>());
}

/// The service reads whatever the function lets through, or refuses it with the same right.
#[tokio::test]
async fn redirect_uris_are_checked_on_the_way_in() {
    let database = TestDatabase::create().await;
    let pool = database.pool();
    for (uri, is_allowed) in [
        ("https://app.example.com/callback?x=1", true),
        ("https://app.example.com", true),
        ("http://127.0.0.1:8080/cb", true),
        ("http://localhost/cb", true),
        ("http://[::1]:9/cb", true),
        ("cursor://anysphere.cursor-mcp/oauth/callback", true),
        ("com.example.app:/cb", true),
        ("http://app.example.com/cb", true),
        ("http://chat.intra.example:3080/cb", true),
        ("http://127.0.0.1@evil.example/cb", false),
        ("https://app.example.com/cb#x", false),
        ("https://user@app.example.com/cb", false),
        ("https://app.example.com\\@evil.example", false),
        ("javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("/cb", false),
        ("https:", false),
        ("", false),
    ] {
        let here = RedirectUri::parse_trusted(uri);
        assert_eq!(here.is_ok(), is_allowed, "{uri}");
        let register = sqlx::query("SELECT admin.register_client('x', ARRAY[$1])").bind(uri);
        assert_eq!(register.execute(pool).await.is_ok(), is_allowed, "{uri}");
    }
}
