//! The arguments of `space` for the clients and networks that may use it, and for personal tokens.

use clap::ValueEnum;
use sqlx::PgConnection;

use super::operator::explain;
use crate::db::admin;

#[derive(Debug, clap::Args)]
pub(super) struct AccessArgs {
    /// Which clients users may sign in with [default: open]
    #[arg(long, value_enum)]
    client_policy: Option<ClientPolicy>,
    /// Hosts of clients that `listed` allows in addition to the well-known assistants, such as
    /// chat.example.com or *.example.com; `none` removes them
    #[arg(long, value_delimiter = ',', value_name = "HOST,…")]
    client_hosts: Option<Vec<String>>,
    /// Serve clients only from these networks, such as 203.0.113.0/24; `all` removes the limit.
    /// Behind a proxy, set the trusted proxies first
    #[arg(long, value_delimiter = ',', value_name = "NETWORK,…")]
    networks: Option<Vec<String>>,
    /// Let users make personal tokens, for programs without a browser [default: false]
    #[arg(long, value_name = "true|false")]
    personal_tokens: Option<bool>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ClientPolicy {
    /// All clients
    Open,
    /// Well-known assistants, programs on the user's computer, and the hosts of --client-hosts
    Listed,
    /// Clients that an operator registered with `client register`
    Registered,
}

impl ClientPolicy {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Listed => "listed",
            Self::Registered => "registered",
        }
    }
}

impl AccessArgs {
    /// Changes what the arguments name. Returns whether they name anything.
    pub(super) async fn apply(&self, db: &mut PgConnection, slug: &str) -> anyhow::Result<bool> {
        let policy = self.client_policy.map(ClientPolicy::as_str);
        let hosts = self
            .client_hosts
            .as_ref()
            .map(|hosts| match hosts.as_slice() {
                [none] if none == "none" => &[],
                hosts => hosts,
            });
        let changes_clients = policy.is_some() || hosts.is_some();
        if changes_clients {
            let changed = admin::set_client_policy(&mut *db, slug, policy, hosts).await;
            changed.map_err(explain)?;
        }
        if let Some(networks) = &self.networks {
            let changed = admin::allow_networks(&mut *db, slug, networks).await;
            changed.map_err(explain)?;
        }
        if let Some(allowed) = self.personal_tokens {
            let changed = admin::allow_personal_tokens(&mut *db, slug, allowed).await;
            changed.map_err(explain)?;
        }
        Ok(changes_clients || self.networks.is_some() || self.personal_tokens.is_some())
    }
}
