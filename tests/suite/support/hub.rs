//! The application in this process: a fresh database, a simulated Backlog, port 0.

use std::{fmt::Write, ops::Deref, time::Duration};

use backlog_client::Sites;
use backlog_mcp_hub::{
    app::Application,
    config::{
        BaseUrl, ClientSettings, DefaultSpaceSettings, GrantQuota, HttpTimeouts, Lifetimes,
        ObserveSettings, REGISTRATIONS_PER_MINUTE, Settings, Storage, ToolSettings,
    },
    domain::{Operator, SpaceId, space::secret_place},
};
use backlog_sim::{BacklogSim, SimOptions};
use foundation::{clock::Clock, random::Random};
use sealing::KeyRing;
use secrecy::SecretString;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Row};
use tokio::{sync::oneshot, task::JoinHandle};

pub(crate) use super::site::{REDIRECT_URI, http};
use super::{database::TestDatabase, proxy::DatabaseProxy, reply::Reply, site::Site};

pub(crate) const OAUTH_CLIENT_ID: &str = "hub-at-backlog";
pub(crate) const OAUTH_CLIENT_SECRET: &str = "secret-of-the-hub-at-backlog";

/// A running hub with everything it needs.
pub(crate) struct TestHub {
    pub database: TestDatabase,
    pub sim: BacklogSim,
    pub keys: SecretString,
    site: Site,
    running: Running,
}

impl Deref for TestHub {
    type Target = Site;

    fn deref(&self) -> &Site {
        &self.site
    }
}

/// One process's worth of hub.
pub(crate) struct Running {
    pub address: std::net::SocketAddr,
    metrics: Option<std::net::SocketAddr>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Running {
    /// Stops it in order and waits for the end.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.expect("the hub").expect("a clean end");
    }
}

impl TestHub {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts a hub whose settings a test has changed.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        Self::start_on(TestDatabase::create().await, change).await
    }

    /// Starts a hub whose every word to the database passes a proxy.
    pub(crate) async fn start_behind_proxy() -> (Self, DatabaseProxy) {
        Self::start_behind_proxy_with(|_| {}).await
    }

    /// The same, of a hub whose settings a test has changed.
    pub(crate) async fn start_behind_proxy_with(
        change: impl FnOnce(&mut Settings),
    ) -> (Self, DatabaseProxy) {
        let database = TestDatabase::create().await;
        let proxy = DatabaseProxy::start(database.url()).await;
        let url = proxy.url().to_owned();
        let hub = Self::start_on(database, |settings| {
            let Storage::External { keys, .. } = &settings.storage else {
                unreachable!("the tests bring a database");
            };
            settings.storage = Storage::External {
                url: url.into(),
                keys: keys.clone(),
            };
            change(settings);
        })
        .await;
        (hub, proxy)
    }

    /// Starts a hub on a database that a test has made.
    pub(crate) async fn start_on(
        database: TestDatabase,
        change: impl FnOnce(&mut Settings),
    ) -> Self {
        let sim = sim().await;
        let keys = KeyRing::generate("test", &Random::system());
        let mut settings = settings(&database, &sim, &keys);
        change(&mut settings);
        let (running, base_url) = run(settings).await;
        Self {
            database,
            sim,
            keys,
            site: Site::new(base_url),
            running,
        }
    }

    /// A second hub on the same database, behind the same base URL, as another
    /// replica would be. Returns it with the URL that reaches it.
    pub(crate) async fn replica(&self) -> (Running, String) {
        self.replica_with(|_| {}).await
    }

    /// The same, with settings that a test has changed.
    pub(crate) async fn replica_with(
        &self,
        change: impl FnOnce(&mut Settings),
    ) -> (Running, String) {
        let mut settings = settings(&self.database, &self.sim, &self.keys);
        settings.base_url = Some(BaseUrl::parse(&self.base_url).expect("a base URL"));
        change(&mut settings);
        let (running, _) = run(settings).await;
        let url = format!("http://{}", running.address);
        (running, url)
    }

    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    /// Stops it, and leaves what it wrote to be looked at.
    pub(crate) async fn stop_keeping_database(self) -> TestDatabase {
        self.running.stop().await;
        self.database
    }

    /// What Prometheus would read.
    pub(crate) async fn metrics(&self) -> String {
        let address = self.running.metrics.expect("metrics are served");
        let reply = Reply::to(http().get(format!("http://{address}/metrics"))).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        reply.body
    }

    /// Where it listens, whatever its base URL.
    pub(crate) fn address(&self) -> std::net::SocketAddr {
        self.running.address
    }

    /// Sends client metadata to `/register`.
    pub(crate) async fn register_with(&self, metadata: &Value) -> Reply {
        Reply::to(http().post(self.url("/register")).json(metadata)).await
    }

    pub(crate) async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Reply {
        Reply::to(http().post(self.url(path)).form(form)).await
    }

    /// Runs a statement as an operator would; how many rows it touched.
    pub(crate) async fn sql(&self, statement: &str) -> u64 {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(self.database.pool())
            .await
            .expect(statement)
            .rows_affected()
    }

    /// A second space: the same Backlog under another name.
    pub(crate) async fn second_space(&self, slug: &str) {
        self.space_at(slug, &self.sim).await;
    }

    /// A space at a Backlog of its own, as they were before each had its redirect URI.
    pub(crate) async fn space_at(&self, slug: &str, sim: &BacklogSim) {
        let base_url = sim.url();
        self.space_at_url(slug, base_url.as_str().trim_end_matches('/'))
            .await;
    }

    /// The same at any URL, where nobody need listen.
    pub(crate) async fn space_at_url(&self, slug: &str, base_url: &str) {
        let random = Random::system();
        let id = SpaceId::new(&Clock::system(), &random).to_string();
        let keys = KeyRing::parse(&self.keys, random).expect("the keys");
        let secret = keys.seal(secret_place(&id, base_url), &OAUTH_CLIENT_SECRET.into());
        self.sql(&format!(
            "INSERT INTO hub.spaces
                (id, slug, name, base_url, oauth_client_id, oauth_client_secret)
             VALUES ('{id}', '{slug}', '{slug}', '{base_url}', '{OAUTH_CLIENT_ID}', '{secret}')"
        ))
        .await;
    }

    /// A space as an operator makes it today, ready to be signed in to. `arguments` are more of
    /// those of `admin.create_space`.
    pub(crate) async fn create_space(
        &self,
        slug: &str,
        sim: &BacklogSim,
        client: &str,
        arguments: &str,
    ) {
        self.sql(&format!(
            "SELECT admin.create_space(slug => '{slug}', domain => '{}',
                 oauth_client_id => '{client}', oauth_client_secret => '{OAUTH_CLIENT_SECRET}'
                 {arguments})",
            sim.url()
        ))
        .await;
        let state = format!("SELECT secret FROM admin.spaces WHERE slug = '{slug}'");
        eventually("the secret is sealed", async || {
            self.value(&state).await.as_deref() == Some("sealed")
        })
        .await;
    }

    /// The first value that a query yields, as text.
    pub(crate) async fn value(&self, query: &str) -> Option<String> {
        sqlx::raw_sql(AssertSqlSafe(query))
            .fetch_one(self.database.pool())
            .await
            .expect(query)
            .try_get(0)
            .expect("text")
    }

    /// Why the only grant was revoked; `None` while it lives.
    pub(crate) async fn revoked_reason(&self) -> Option<String> {
        self.value("SELECT revoked_reason FROM hub.grants").await
    }

    /// Every row of every table, as text.
    pub(crate) async fn contents(&self) -> String {
        self.rows_of_tables("").await
    }

    /// The same but for the audit trail: two equal ones mean that nothing was stored,
    /// changed or consumed in between.
    pub(crate) async fn state(&self) -> String {
        self.rows_of_tables("(?!audit)").await
    }

    async fn rows_of_tables(&self, pattern: &str) -> String {
        let tables: Vec<String> = sqlx::query_scalar(
            "SELECT table_name::text FROM information_schema.tables
             WHERE table_schema = 'hub' AND table_type = 'BASE TABLE'
               AND table_name ~ $1 ORDER BY 1",
        )
        .bind(format!("^{pattern}"))
        .fetch_all(self.database.pool())
        .await
        .expect("the tables");
        assert!(!tables.is_empty());
        let mut state = String::new();
        for table in tables {
            let rows = self
                .value(&format!(
                    "SELECT coalesce(string_agg(t::text, E'\n' ORDER BY t::text), '')
                     FROM hub.{table} AS t"
                ))
                .await;
            let _ = writeln!(state, "-- {table}\n{}", rows.expect("rows"));
        }
        state
    }
}

/// Looks again and again until `is_so`. A change in the database is to be heard of
/// within a second; the timeout is longer only for a machine that is busy, and
/// shorter than the time for which anything is remembered unheard.
pub(crate) async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while !is_so().await {
        assert!(tokio::time::Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A simulated Backlog with the hub's OAuth application.
pub(crate) async fn sim() -> BacklogSim {
    sim_for(OAUTH_CLIENT_ID, Vec::new()).await
}

/// The same with an application of its own, for these redirect URIs; any if there are none.
pub(crate) async fn sim_for(client: &str, redirect_uris: Vec<String>) -> BacklogSim {
    BacklogSim::start(SimOptions {
        oauth_client_id: client.to_owned(),
        oauth_client_secret: OAUTH_CLIENT_SECRET.to_owned(),
        redirect_uris,
        ..SimOptions::default()
    })
    .await
    .expect("the simulated Backlog")
}

fn settings(database: &TestDatabase, sim: &BacklogSim, keys: &SecretString) -> Settings {
    Settings {
        storage: Storage::External {
            url: database.url().into(),
            keys: keys.clone(),
        },
        default_space: Some(DefaultSpaceSettings {
            name: None,
            url: sim.url().as_str().parse().expect("a Backlog URL"),
            oauth_client_id: OAUTH_CLIENT_ID.to_owned(),
            oauth_client_secret: OAUTH_CLIENT_SECRET.into(),
        }),
        // Simulated ones, also where the hub itself is not at a loopback address.
        sites: Sites::of_nulab().with_loopback(),
        listen: "127.0.0.1:0".parse().expect("an address"),
        base_url: None,
        mcp_path: "/mcp".to_owned(),
        allowed_hosts: Vec::new(),
        allowed_origins: Vec::new(),
        grant_quota: GrantQuota::default(),
        registrations_per_minute: REGISTRATIONS_PER_MINUTE,
        trusted_proxies: Vec::new(),
        tools: ToolSettings::default(),
        lifetimes: Lifetimes::default(),
        clients: ClientSettings::default(),
        http_timeouts: HttpTimeouts::default(),
        observe: ObserveSettings {
            // What a test compares with what was there before does not change by itself.
            uses_every: Duration::from_hours(1),
            ..ObserveSettings::default()
        },
        operator: Operator::default(),
    }
}

async fn run(settings: Settings) -> (Running, String) {
    let application = Application::build(settings, None, |_| {})
        .await
        .expect("the hub starts");
    let address = application.address();
    let metrics = application.metrics_address();
    let base_url = application.base_url().as_str().to_owned();
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(application.run_until(async {
        // A dropped test ends its hub as well.
        let _ = stopped.await;
    }));
    let running = Running {
        address,
        metrics,
        stop,
        task,
    };
    (running, base_url)
}
