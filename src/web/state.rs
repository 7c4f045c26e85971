//! The state of the HTTP handlers: built once by the application, shared by all workers.

use std::sync::Arc;

use actix_web::{HttpRequest, web};
use backlog_client::BacklogClient;
use foundation::{clock::Clock, random::Random};
use guarded_fetch::Fetcher;
use ipnet::IpNet;
use oauth_values::{CheckKey, metadata::WaysToRegister};
use sealing::{KeyRing, SecretHasher};
use sqlx::PgPool;
use url::Url;

use super::{
    limits::{
        Limits, body_budget::BodyBudget, in_progress::UnderWay, new_rows::Newcomers,
        unchecked_lookups::Unchecked,
    },
    mcp::response_budget::ResponseBudget,
    oauth::{client_keys::ClientKeys, identity_keys::IdentityKeys},
    readiness::Readiness,
};
use crate::{
    accounts::session_cache::SessionCache,
    audit::Recorder,
    calls::{known_tools::KnownTools, policy::Policy},
    config::{BaseUrl, Lifetimes},
    domain::{Operator, security::ClientAddresses},
};

pub struct AppState {
    pub base_url: BaseUrl,
    pub mcp_path: String,
    pub allowed_hosts: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub lifetimes: Lifetimes,
    /// The limits that apply to every caller.
    pub policy: Policy,
    /// Every tool: requests name some of them, and a grant's scopes are those of some.
    pub known_tools: KnownTools,
    pub db: PgPool,
    pub keys: Arc<KeyRing>,
    /// Recognizes credentials that the hub issued.
    pub check_key: CheckKey,
    /// Who operates the hub, for the pages.
    pub operator: web::Data<Operator>,
    pub secrets: SecretHasher,
    pub backlog: BacklogClient,
    pub sessions: SessionCache,
    pub fetcher: Fetcher,
    pub ways_to_register: WaysToRegister,
    pub client_keys: ClientKeys,
    /// The keys of the identity providers that spaces trust.
    pub identity_keys: IdentityKeys,
    pub limits: Limits,
    pub unchecked: Unchecked,
    pub readiness: Readiness,
    pub body_budget: BodyBudget,
    pub under_way: UnderWay,
    pub newcomers: Newcomers,
    pub response_budget: ResponseBudget,
    pub clock: Clock,
    pub random: Random,
    pub recorder: Recorder,
    /// The URL of the simulated Backlog in `demo`.
    pub demo_backlog: Option<Url>,
}

impl AppState {
    /// The network of a request that is kept with its grant; `None` unless the operator keeps
    /// networks.
    pub fn kept_network(&self, request: &HttpRequest) -> Option<IpNet> {
        let addresses = self.recorder.security.addresses();
        if addresses == ClientAddresses::Off {
            return None;
        }
        addresses.network(self.limits.client_address(request)?)
    }
}
