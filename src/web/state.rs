//! The state of the HTTP handlers: built once by the application, shared by all workers.

use std::sync::Arc;

use sqlx::PgPool;
use url::Url;

use super::{
    body_budget::BodyBudget, client_keys::ClientKeys, limits::Limits, newcomers::Newcomers,
    readiness::Readiness, response_budget::ResponseBudget, unchecked::Unchecked,
    under_way::UnderWay,
};
use crate::{
    accounts::sessions::Sessions,
    backlog::BacklogClient,
    calls::policy::Policy,
    clock::Clock,
    config::{BaseUrl, Lifetimes},
    crypto::{KeyRing, SecretHasher},
    fetch::Fetcher,
    oauth::{CheckKey, metadata::WaysToRegister},
    observe::Recorder,
    random::Random,
};

pub struct AppState {
    pub base_url: BaseUrl,
    pub mcp_path: String,
    pub allowed_hosts: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub lifetimes: Lifetimes,
    /// The limits that apply to every caller.
    pub policy: Policy,
    pub db: PgPool,
    pub keys: Arc<KeyRing>,
    /// Recognizes credentials that the hub issued.
    pub check_key: CheckKey,
    pub secrets: SecretHasher,
    pub backlog: BacklogClient,
    pub sessions: Sessions,
    pub fetcher: Fetcher,
    pub ways_to_register: WaysToRegister,
    pub client_keys: ClientKeys,
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
