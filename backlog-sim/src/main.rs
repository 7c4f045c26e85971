//! Runs a simulated Backlog space until Ctrl-C.

use std::{net::SocketAddr, time::Duration};

use actix_web::rt::signal;
use anyhow::Context;
use backlog_sim::{BacklogSim, RefreshRotation, SimOptions};
use clap::{Parser, ValueEnum};

/// A simulated Backlog space: OAuth 2.0, a part of the REST API v2, and realistic data.
///
/// Nothing is stored: every start creates the same projects and issues. Requests can be inspected
/// and faults injected under /_sim/ while it runs.
#[derive(Debug, Parser)]
#[command(version, after_long_help = EXAMPLES)]
struct Arguments {
    /// Address to listen on. There is no protection: use the loopback interface only.
    #[arg(long, default_value = "127.0.0.1")]
    host: std::net::IpAddr,

    /// Port to listen on; 0 selects a free one.
    #[arg(long, default_value_t = 7780)]
    port: u16,

    /// The space's key, as in {key}.backlog.com.
    #[arg(long, default_value = "harbor-works")]
    space_key: String,

    /// Client ID of the OAuth application registered in this space.
    #[arg(long, default_value = "sim-client")]
    oauth_client_id: String,

    /// Client secret of the OAuth application.
    #[arg(
        long,
        env = "BACKLOG_SIM_OAUTH_CLIENT_SECRET",
        hide_env_values = true,
        default_value = "sim-secret"
    )]
    oauth_client_secret: String,

    /// A redirect URI that the application may use, exactly. Repeatable. Default: any.
    #[arg(long = "redirect-uri", value_name = "URI")]
    redirect_uris: Vec<String>,

    /// Lifetime of access tokens, in seconds.
    #[arg(long, default_value_t = 3600, value_name = "SECONDS")]
    access_token_lifetime: u64,

    /// The effect of using a refresh token.
    #[arg(long, value_enum, default_value_t = Rotation::Rotate)]
    refresh_rotation: Rotation,

    /// Number of requests that the journal keeps; 0 turns it off.
    #[arg(long, default_value_t = 10_000, value_name = "REQUESTS")]
    journal: usize,

    /// Server threads.
    #[arg(long, default_value_t = 1)]
    workers: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Rotation {
    /// A new one is issued and the old one becomes invalid at once.
    Rotate,
    /// The same one is returned and stays valid.
    Keep,
}

const EXAMPLES: &str = "\
Examples:
  Start one and read an issue with the API key it prints:
    backlog-sim --port 7780
    curl -H 'Backlog-API-Key: KEY' http://127.0.0.1:7780/api/v2/issues/HARBOR-1

  Let an application sign people in:
    backlog-sim --oauth-client-id hub --oauth-client-secret s3cret \\
      --redirect-uri http://127.0.0.1:8080/callback

  See what it was asked, then make the next token request fail:
    curl http://127.0.0.1:7780/_sim/journal
    curl -X POST http://127.0.0.1:7780/_sim/faults -H 'Content-Type: application/json' \\
      -d '{\"kind\":\"fail\",\"pathPrefix\":\"/api/v2/oauth2/token\",\"status\":503,\"body\":\"\"}'";

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let addr = SocketAddr::new(arguments.host, arguments.port);
    let sim = BacklogSim::start(SimOptions {
        addr,
        space_key: arguments.space_key,
        oauth_client_id: arguments.oauth_client_id,
        oauth_client_secret: arguments.oauth_client_secret,
        redirect_uris: arguments.redirect_uris,
        access_token_lifetime: Duration::from_secs(arguments.access_token_lifetime),
        refresh_rotation: match arguments.refresh_rotation {
            Rotation::Rotate => RefreshRotation::Rotate,
            Rotation::Keep => RefreshRotation::Keep,
        },
        journal_capacity: arguments.journal,
        workers: arguments.workers,
        ..SimOptions::default()
    })
    .await
    .with_context(|| format!("cannot listen on {addr}"))?;

    println!("Simulated Backlog at {}", sim.url());
    println!("  controls under {}_sim/, stop with Ctrl-C\n", sim.url());
    println!("  id     user id       name, API key");
    for user in sim.control().users() {
        let key = sim.control().issue_api_key(user.id);
        println!(
            "  {}  {:12}  {}\n         {key}",
            user.id, user.user_id, user.name
        );
    }
    signal::ctrl_c().await.context("cannot listen for Ctrl-C")?;
    sim.stop().await;
    Ok(())
}
