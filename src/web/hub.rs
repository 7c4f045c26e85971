//! What the handlers work with; made once by the application, shared by all workers.

use std::sync::Arc;

use sqlx::PgPool;
use url::Url;

use super::{
    body_budget::BodyBudget, client_keys::ClientKeys, large_answers::LargeAnswers, limits::Limits,
    newcomers::Newcomers, ready::Readiness, unchecked::Unchecked, under_way::UnderWay,
};
use crate::{
    backlog::BacklogClient,
    clock::Clock,
    config::{BaseUrl, Lifetimes},
    crypto::{KeyRing, SecretHasher},
    fetch::Fetcher,
    mcp::{Policy, sessions::Sessions},
    oauth::{CheckKey, metadata::WaysToRegister},
    observe::Recorder,
    random::Random,
};

pub struct Hub {
    pub base_url: BaseUrl,
    pub mcp_path: String,
    pub allowed_hosts: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub lifetimes: Lifetimes,
    /// Bounds for every caller.
    pub policy: Policy,
    pub db: PgPool,
    pub keys: Arc<KeyRing>,
    /// Tells what the hub issued from what it never did.
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
    pub large_answers: LargeAnswers,
    pub clock: Clock,
    pub random: Random,
    pub recorder: Recorder,
    /// Where the simulated Backlog of `demo` is.
    pub demo_backlog: Option<Url>,
}
