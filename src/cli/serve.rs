//! `serve`: runs the shared service, or the local server if the settings hold an API key and
//! nothing that the shared service needs.

use std::{io::Write, time::Duration};

use anyhow::Context;

use super::stop_signal::{stop_requested, stop_signal};
use crate::{
    app::Application,
    config::{self, Environment, LocalSettings, ServeArgs},
    local::{self, LocalServer, token::Admission},
    telemetry::LogLink,
    web::pages::{ClientSetting, ShownToken, local_client_settings},
};

/// After SIGTERM, how long load balancers have to switch to other replicas.
const DRAIN: Duration = Duration::from_secs(2);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    settings: ServeArgs,
}

impl From<ServeArgs> for Args {
    fn from(settings: ServeArgs) -> Self {
        Self { settings }
    }
}

/// Runs the service. `link` informs the log when the service stops accepting connections.
pub(super) async fn run(
    args: Args,
    environment: &Environment,
    link: LogLink,
) -> anyhow::Result<()> {
    if args.settings.is_local(environment) {
        return run_local(args.settings.resolve_local(environment)?).await;
    }
    if args.settings.has_api_keys(environment) {
        tracing::warn!("API keys are ignored: these settings enable OAuth sign-in");
    }
    let mut settings = args.settings.resolve()?;
    settings.tools.options.descriptions = config::descriptions(environment);
    if settings.default_space.is_none() {
        tracing::warn!(
            "BACKLOG_DOMAIN is not set: users can sign in only to spaces that are in the database"
        );
    }
    let application = Application::build(settings, None, |step| tracing::info!("{step}")).await?;
    tracing::info!(
        mcp_url = application.mcp_url(),
        address = %application.address(),
        "ready"
    );
    application
        .draining_for(DRAIN, link)
        .run_until(stop_requested())
        .await
        .context("the server failed")
}

async fn run_local(settings: LocalSettings) -> anyhow::Result<()> {
    let path = settings.mcp_path.clone();
    let LocalServer {
        server,
        address,
        admission,
    } = local::http(settings)?;
    let mcp_url = format!("http://{address}{path}");
    announce(&mcp_url, &admission);
    tracing::info!(
        mcp_url,
        "ready; every caller acts as the user of the API key"
    );
    let handle = server.handle();
    let running = tokio::spawn(server);
    stop_signal().await?;
    handle.stop(true).await;
    running.await?.context("the server failed")
}

/// Prints the settings of clients with the token that they need. The token never appears in a log.
fn announce(mcp_url: &str, admission: &Admission) {
    let token = match admission {
        Admission::Configured => ShownToken::Configured,
        Admission::Generated { token, file } => {
            tracing::info!(
                file = %file.display(),
                "clients need the token in this file; set MCP_HTTP_TOKEN to choose your own"
            );
            ShownToken::Generated(token)
        }
        Admission::Open => {
            tracing::warn!(
                "MCP_HTTP_AUTH is none: every program on this computer can use the API key"
            );
            ShownToken::None
        }
    };
    let settings = local_client_settings(mcp_url, token);
    let settings: Vec<_> = settings.iter().map(ClientSetting::plain).collect();
    // The server also runs if standard output is closed.
    let _ = writeln!(std::io::stdout(), "{}", settings.join("\n\n"));
}
