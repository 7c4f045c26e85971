//! No command: what backlog-mcp-server does with the same flags and variables, so that its
//! configurations work here with another program's name.
//!
//! 1. `--export-descriptions` prints the texts and their keys.
//! 2. The transport `stdio`, unless another is asked for, is the command `stdio`.
//! 3. The transport `http` is the command `serve`.

use anyhow::Context;

use super::serve;
use crate::{
    config::{self, Environment, ServeArgs, StdioArgs, Transport},
    local,
    telemetry::LogLink,
};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// stdio or http [default: stdio]
    #[arg(long, env = "MCP_TRANSPORT", value_name = "stdio|http")]
    transport: Option<String>,
    /// Print the descriptions of tools and inputs, and the keys to override them by, as JSON
    #[arg(long)]
    export_descriptions: bool,
    /// The old name of --export-descriptions
    #[arg(long, hide = true)]
    export_translations: bool,
    /// Of older servers; has no effect here
    #[arg(
        long,
        env = "ENABLE_DYNAMIC_TOOLSETS",
        hide = true,
        num_args = 0..=1,
        default_missing_value = "true"
    )]
    dynamic_toolsets: Option<String>,
    #[command(flatten)]
    settings: ServeArgs,
}

pub async fn run(args: Args, environment: &Environment, link: LogLink) -> anyhow::Result<()> {
    if args.export_translations {
        tracing::warn!("--export-translations is now called --export-descriptions");
    }
    if args.export_descriptions || args.export_translations {
        let texts = config::descriptions(environment).resolved();
        println!("{}", serde_json::to_string_pretty(&texts)?);
        return Ok(());
    }
    if config::switch("ENABLE_DYNAMIC_TOOLSETS", args.dynamic_toolsets, false)? {
        tracing::warn!(
            "--dynamic-toolsets has no effect: the usual tools are offered, or those of \
             --enable-toolsets; over HTTP a client can choose with the header X-MCP-Toolsets"
        );
    }
    let settings = args.settings;
    match config::transport(args.transport)? {
        Transport::Http => serve::run(settings.into(), environment, link).await,
        Transport::Stdio => {
            if settings.has_oauth() {
                tracing::warn!(
                    "the OAuth settings are not used on stdio; the shared service is \
                     `backlog-mcp-hub serve`"
                );
            }
            let backlog = StdioArgs::from(settings)
                .resolve(environment)
                .context("without a command (see --help) this serves a client on stdio")?;
            Ok(local::stdio(backlog).await?)
        }
    }
}
