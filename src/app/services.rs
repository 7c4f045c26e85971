//! The services that requests and jobs share.
//!
//! 1. The Backlog client, restricted to the allowed sites.
//! 2. The sessions, which renew Backlog's tokens.
//! 3. The state of the HTTP handlers.

use std::sync::Arc;

use actix_web::web;
use backlog_client::{BacklogClient, ClientError, ClientOptions, Observer, Sites};
use foundation::clock::Clock;
use oauth_values::metadata::WaysToRegister;
use sealing::SecretHasher;
use tokio_util::task::TaskTracker;
use url::Url;

use super::{error::StartError, fetcher, sites, sources::Sources, storage::OpenStorage};
use crate::{
    accounts::{
        backlog_tokens::{Accounts, RenewalContext},
        session_cache::SessionCache,
    },
    audit::Recorder,
    calls::{
        known_tools::KnownTools,
        policy::{Policy, UsualList},
    },
    config::{BaseUrl, Settings},
    metrics::Metrics,
    telemetry::TrustedPeers,
    web::{
        AppState,
        client_address::Proxies,
        limits::{
            Limits, body_budget::BodyBudget, clock::MonotonicClock, in_progress::UnderWay,
            new_rows::Newcomers, unchecked_lookups::Unchecked,
        },
        mcp::response_budget::ResponseBudget,
        oauth::{client_keys::ClientKeys, identity_keys::IdentityKeys},
        readiness::Readiness,
    },
};

const CONCURRENT_SECRET_HASHES: usize = 4;

pub(super) struct Services {
    pub sources: Sources,
    pub recorder: Recorder,
    pub backlog: BacklogClient,
    pub sessions: SessionCache,
    pub trusted: TrustedPeers,
}

impl Services {
    pub(super) async fn new(
        settings: &Settings,
        base_url: &BaseUrl,
        storage: &OpenStorage,
        recorder: Recorder,
        sources: Sources,
    ) -> Result<Self, StartError> {
        let of_environment = settings.default_space.as_ref();
        let of_environment = of_environment.map(|space| space.url.clone());
        let (db, is_loopback) = (&storage.db, !base_url.is_https());
        let sites = sites::of_hub(db, settings.sites.clone(), of_environment, is_loopback).await?;
        sites::warn_of_wrong_spaces(db, &sites).await?;
        let backlog = backlog(sites, &sources.clock, &recorder.metrics)?;
        let sessions = SessionCache::new(RenewalContext {
            db: db.clone(),
            keys: Arc::clone(&storage.keys),
            backlog: backlog.clone(),
            clock: sources.clock.clone(),
            random: sources.random.clone(),
            callback: Url::parse(&format!("{}/callback", base_url.as_str()))?,
            tasks: TaskTracker::new(),
            recorder: recorder.clone(),
            accounts: Accounts::default(),
        });
        Ok(Self {
            sources,
            recorder,
            backlog,
            sessions,
            trusted: TrustedPeers::new(&settings.trusted_proxies),
        })
    }

    /// The state of the HTTP handlers.
    pub(super) fn state(
        &self,
        settings: &Settings,
        base_url: &BaseUrl,
        storage: &OpenStorage,
        demo_backlog: Option<Url>,
    ) -> Result<AppState, StartError> {
        let Sources { clock, random } = &self.sources;
        let is_loopback = !base_url.is_https();
        let proxies = Proxies::new(self.trusted.clone());
        let fetcher = fetcher::open(&settings.clients, is_loopback, clock)?;
        let private = fetcher::open_private(&settings.clients, is_loopback, clock)?;
        Ok(AppState {
            base_url: base_url.clone(),
            mcp_path: settings.mcp_path.clone(),
            allowed_hosts: settings.allowed_hosts.clone(),
            allowed_origins: settings.allowed_origins.clone(),
            lifetimes: settings.lifetimes,
            policy: Policy {
                usual: Some(UsualList::Work),
                ..settings.tools.policy.clone()
            },
            known_tools: KnownTools::new(&settings.tools.options.prefix),
            db: storage.db.clone(),
            keys: Arc::clone(&storage.keys),
            check_key: storage.check_key.clone(),
            operator: web::Data::new(settings.operator.clone()),
            secrets: SecretHasher::new(CONCURRENT_SECRET_HASHES, random.clone()),
            backlog: self.backlog.clone(),
            sessions: self.sessions.clone(),
            identity_keys: IdentityKeys::new(fetcher.clone(), private, clock.clone()),
            fetcher,
            ways_to_register: WaysToRegister {
                documents: settings.clients.documents,
                dynamic: settings.clients.registration,
            },
            body_budget: BodyBudget::default(),
            under_way: UnderWay::new(is_loopback),
            newcomers: Newcomers::default(),
            client_keys: ClientKeys::default(),
            limits: Limits::new(
                proxies,
                settings.grant_quota,
                settings.registrations_per_minute,
                is_loopback,
                MonotonicClock::system(),
            ),
            unchecked: Unchecked::new(MonotonicClock::system()),
            readiness: Readiness::default(),
            response_budget: ResponseBudget::default(),
            clock: clock.clone(),
            random: random.clone(),
            recorder: self.recorder.clone(),
            demo_backlog,
        })
    }
}

/// The client, which records its requests.
fn backlog(sites: Sites, clock: &Clock, metrics: &Metrics) -> Result<BacklogClient, ClientError> {
    let metrics = metrics.clone();
    let observer = Observer::new(move |one| {
        metrics.backlog_request(one.class.as_str(), one.outcome, one.took);
    });
    let client = BacklogClient::observed(ClientOptions::default(), clock.clone(), Some(observer))?;
    Ok(client.within(sites))
}
