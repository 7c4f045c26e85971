//! The environment of a case: a fresh database, a simulated Backlog, a hub.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use foundation::random::Random;
use reqwest::Client;
use sealing::KeyRing;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, PgPool, postgres::PgPoolOptions};
use url::Url;

use crate::{RunArguments, process::Process};

/// A user of the simulated Backlog who has joined the project of the calls.
pub(crate) const USER: i64 = 40_218;

pub(crate) struct Backlog {
    _process: Process,
    pub url: Url,
    /// An access token that does not expire during a case.
    pub token: SecretString,
}

impl Backlog {
    /// Delays every response of the API from now on, or none.
    pub(crate) async fn delay(&self, latency: Duration) -> anyhow::Result<()> {
        let faults = self.url.join("_sim/faults")?;
        let client = Client::new();
        client
            .delete(faults.clone())
            .send()
            .await?
            .error_for_status()?;
        if latency.is_zero() {
            return Ok(());
        }
        // More times than any load has requests.
        let delay = json!({"kind": "delay", "milliseconds": u64::try_from(latency.as_millis())?,
            "pathPrefix": "/api/v2/", "times": 1_000_000_000_u32});
        let request = client.post(faults).json(&delay);
        request.send().await?.error_for_status()?;
        Ok(())
    }

    /// The users, who can sign in.
    pub(crate) async fn users(&self) -> anyhow::Result<Vec<i64>> {
        let users: Value = Client::new()
            .get(self.url.join("_sim/users")?)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let users = users.as_array().context("a list of users")?;
        Ok(users
            .iter()
            .filter_map(|user| user["id"].as_i64())
            .collect())
    }

    pub(crate) async fn start(binaries: &Path) -> anyhow::Result<Self> {
        let mut process = Process::start(
            &binaries.join("backlog-sim"),
            &[
                "--port",
                "0",
                "--journal",
                "0",
                "--access-token-lifetime",
                "86400",
            ],
            &[],
        )?;
        let line = process.line().await?;
        let url = line.split_whitespace().last().context("no address")?;
        let url = Url::parse(url)?;
        let client = Client::new();
        let unbounded = json!({"read": 100_000_000, "update": 100_000_000,
            "search": 100_000_000, "icon": 100_000_000});
        client
            .patch(url.join("_sim/settings")?)
            .json(&json!({"rateLimits": unbounded}))
            .send()
            .await?
            .error_for_status()?;
        let tokens: Value = client
            .post(url.join(&format!("_sim/users/{USER}/tokens"))?)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        let token = tokens["access_token"].as_str().context("no access token")?;
        Ok(Self {
            _process: process,
            url,
            token: token.into(),
        })
    }
}

pub(crate) struct World {
    pub binaries: PathBuf,
    pub backlog: Backlog,
    pub database_url: Url,
    pub db: PgPool,
    pub keys: KeyRing,
    settings: Vec<(&'static str, String)>,
    pub address: SocketAddr,
    pub base_url: String,
}

impl World {
    /// Creates a database with its schema, and the settings of a hub that is not running yet.
    pub(crate) async fn new(arguments: &RunArguments, name: &str) -> anyhow::Result<Self> {
        Self::at(&arguments.database_url, &arguments.binaries, name, &[]).await
    }

    /// The same, with more settings of the hub.
    pub(crate) async fn at(
        server: &Url,
        binaries: &Path,
        name: &str,
        more: &[(&'static str, &str)],
    ) -> anyhow::Result<Self> {
        let backlog = Backlog::start(binaries).await?;
        let mut admin = PgConnection::connect(server.as_str()).await?;
        let drop = format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)");
        admin.execute(AssertSqlSafe(drop)).await?;
        admin
            .execute(AssertSqlSafe(format!("CREATE DATABASE \"{name}\"")))
            .await?;
        let mut database_url = server.clone();
        database_url.set_path(name);

        let setting = KeyRing::generate("bench", &Random::system());
        let address = free_address()?;
        let base_url = format!("http://{address}");
        let mut settings = vec![
            ("DATABASE_URL", database_url.to_string()),
            ("ENCRYPTION_KEYS", setting.expose_secret().to_owned()),
            ("MCP_SERVER_BASE_URL", base_url.clone()),
            ("MCP_HTTP_PORT", address.port().to_string()),
            ("BACKLOG_DOMAIN", backlog.url.to_string()),
            ("BACKLOG_OAUTH_CLIENT_ID", "sim-client".to_owned()),
            ("BACKLOG_OAUTH_CLIENT_SECRET", "sim-secret".to_owned()),
            ("RUST_LOG", "warn".to_owned()),
        ];
        settings.extend(
            more.iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        let db = PgPoolOptions::new().connect(database_url.as_str()).await?;
        let world = Self {
            binaries: binaries.to_owned(),
            backlog,
            database_url,
            db,
            keys: KeyRing::parse(&setting, Random::system())?,
            settings,
            address,
            base_url,
        };
        // The first start migrates the database and writes the space.
        let (hub, _) = world.hub().await?;
        hub.kill().await?;
        Ok(world)
    }

    /// Starts a hub in this world; returns the time until it was ready.
    pub(crate) async fn hub(&self) -> anyhow::Result<(Process, Duration)> {
        let mut hub = Process::start(&self.program(), &["serve"], &self.settings())?;
        let took = hub.ready(&format!("{}/ready", self.base_url)).await?;
        Ok((hub, took))
    }

    pub(crate) fn program(&self) -> PathBuf {
        self.binaries.join("backlog-mcp-hub")
    }

    pub(crate) fn settings(&self) -> Vec<(&str, &str)> {
        let settings = self.settings.iter();
        settings
            .map(|(name, value)| (*name, value.as_str()))
            .collect()
    }

    /// Makes hubs that start from now on seal with a new key. They can still open values that the
    /// previous one sealed.
    pub(crate) fn lead_with_new_key(&mut self, id: &str) {
        let new = KeyRing::generate(id, &Random::system());
        for (name, value) in &mut self.settings {
            if *name == "ENCRYPTION_KEYS" {
                *value = format!("{},{value}", new.expose_secret());
            }
        }
    }

    pub(crate) fn mcp_url(&self) -> String {
        format!("{}/mcp", self.base_url)
    }
}

pub(crate) fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}
