//! `demo`: runs everything on this computer, against a simulated Backlog.
//!
//! 1. Start the simulated Backlog with an OAuth application created for this run.
//! 2. Start the hub with a built-in PostgreSQL.
//! 3. Print the settings of each client.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use anyhow::Context;
use backlog_sim::{BacklogSim, SimOptions};
use foundation::random::Random;
use oauth_values::token::ClientSecret;

use super::stop_signal::stop_requested;
use crate::{
    app::Application,
    config::{self, ServeArgs},
    web::pages::{Locale, client_settings},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Address to listen on: 0.0.0.0 in a container, whose ports are then published on loopback
    #[arg(
        long,
        env = "MCP_HTTP_HOST",
        value_name = "ADDRESS",
        default_value = "127.0.0.1"
    )]
    http_host: IpAddr,
    /// Port of the hub
    #[arg(long, env = "MCP_HTTP_PORT", default_value_t = 3333)]
    http_port: u16,
    /// Port of the simulated Backlog
    #[arg(long, default_value_t = 3334)]
    backlog_port: u16,
    /// Data directory of the demo [default: `demo` in the data directory of `serve`]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let base_url = format!("http://127.0.0.1:{}", args.http_port);
    let client_id = "backlog-mcp-hub-demo";
    let client_secret = ClientSecret::generate(&Random::system());
    let backlog_address = SocketAddr::new(args.http_host, args.backlog_port);
    let sim = BacklogSim::start(SimOptions {
        addr: backlog_address,
        oauth_client_id: client_id.to_owned(),
        oauth_client_secret: client_secret.reveal().to_owned(),
        redirect_uris: vec![format!("{base_url}/callback")],
        ..SimOptions::default()
    })
    .await
    .with_context(|| {
        format!(
            "cannot start the simulated Backlog on {backlog_address}; choose another --backlog-port"
        )
    })?;

    let mut serve = ServeArgs {
        base_url: Some(base_url),
        data_dir: Some(match args.data_dir {
            Some(dir) => dir,
            None => config::default_data_dir()?.join("demo"),
        }),
        ..ServeArgs::default()
    };
    serve.http.host = Some(args.http_host.to_string());
    serve.http.port = Some(args.http_port.to_string());
    serve.space.backlog_domain = Some(sim.url().to_string());
    serve.space.backlog_oauth_client_id = Some(client_id.to_owned());
    serve.space.backlog_oauth_client_secret = Some(client_secret.reveal().into());
    let mut settings = serve.resolve()?;
    if let Some(space) = &mut settings.default_space {
        space.name = Some("Harbor Works (simulated)".to_owned());
    }
    let application = Application::build(settings, Some(sim.url()), |step| {
        println!("{step} …");
    })
    .await?;
    print_welcome(&application, &sim)?;
    application
        .run_until(stop_requested())
        .await
        .context("the server failed")?;
    sim.stop().await;
    Ok(())
}

fn print_welcome(application: &Application, sim: &BacklogSim) -> anyhow::Result<()> {
    let mcp_url = application.mcp_url();
    println!(
        "\nbacklog-mcp-hub is running.\n\n  \
         MCP URL            {mcp_url}\n  \
         How to connect     {}/\n  \
         Simulated Backlog  {}\n\n\
         Connect a client; when it opens your browser, continue and choose any user.\n",
        application.base_url().as_str(),
        sim.url(),
    );
    let url = url::Url::parse(&mcp_url)?;
    for client in client_settings(&url, Locale::En) {
        if client.hosted {
            continue;
        }
        println!("{}\n", client.plain());
    }
    println!(
        "Press Ctrl-C to stop. All sign-ins then end, because the demo's Backlog is in memory."
    );
    Ok(())
}
