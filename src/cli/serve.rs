//! `serve`: the shared service; with an API key and nothing that one needs, the local one.

use std::time::Duration;

use anyhow::Context;

use crate::{
    app::Application,
    config::{self, Environment, LocalSettings, ServeArgs},
    local,
    telemetry::Draining,
};

/// After SIGTERM: time for load balancers to move on to other replicas.
const DRAIN: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: ServeArgs,
}

impl From<ServeArgs> for Args {
    fn from(settings: ServeArgs) -> Self {
        Self { settings }
    }
}

/// `draining` hears when the service takes no more connections.
pub async fn run(args: Args, environment: &Environment, draining: Draining) -> anyhow::Result<()> {
    if args.settings.is_local(environment) {
        return run_local(args.settings.resolve_local(environment)?).await;
    }
    if args.settings.has_api_keys(environment) {
        tracing::warn!("API keys are not used: with these settings people sign in");
    }
    let mut settings = args.settings.resolve()?;
    settings.tools.options.descriptions = config::descriptions(environment);
    if settings.default_space.is_none() {
        tracing::warn!(
            "no BACKLOG_DOMAIN: people can sign in only to spaces that are in the database"
        );
    }
    let application = Application::build(settings, None, |step| tracing::info!("{step}")).await?;
    tracing::info!(
        mcp_url = application.mcp_url(),
        address = %application.address(),
        "ready"
    );
    application
        .draining_for(DRAIN, draining)
        .run_until(async {
            if let Err(error) = super::stop_signal().await {
                tracing::error!(%error, "signals cannot be received; stopping");
            }
        })
        .await
        .context("the server failed")
}

async fn run_local(settings: LocalSettings) -> anyhow::Result<()> {
    let path = settings.mcp_path.clone();
    let (server, address) = local::http(settings)?;
    tracing::info!(
        mcp_url = format!("http://{address}{path}"),
        "ready; every caller acts as the user of the API key"
    );
    let handle = server.handle();
    let running = tokio::spawn(server);
    super::stop_signal().await?;
    handle.stop(true).await;
    running.await?.context("the server failed")
}
