//! No command: behaves like backlog-mcp-server with the same flags and variables, so that its
//! configurations work here when only the name of the program is replaced.
//!
//! 1. `--export-descriptions` prints the texts and their keys.
//! 2. The transport `stdio`, the default, runs the command `stdio`.
//! 3. The transport `http` runs the command `serve`.

use anyhow::Context;

use super::serve;
use crate::{
    config::{self, Environment, ServeArgs, StdioArgs, Transport},
    local,
    telemetry::LogLink,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How a client reaches the server: stdio or http [default: stdio]
    #[arg(long, env = "MCP_TRANSPORT", value_name = "stdio|http")]
    transport: Option<String>,
    /// Print the descriptions of tools and inputs as JSON, with the keys that override them
    #[arg(long)]
    export_descriptions: bool,
    /// The old name of --export-descriptions
    #[arg(long, hide = true)]
    export_translations: bool,
    /// An option of older servers; has no effect here
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

pub(super) async fn run(
    args: Args,
    environment: &Environment,
    link: LogLink,
) -> anyhow::Result<()> {
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
            "--dynamic-toolsets has no effect: the hub offers the default tools or those of \
             --enable-toolsets; over HTTP, a client can choose with the header X-MCP-Toolsets"
        );
    }
    let settings = args.settings;
    match config::transport(args.transport)? {
        Transport::Http => serve::run(settings.into(), environment, link).await,
        Transport::Stdio => {
            if settings.has_oauth() {
                tracing::warn!(
                    "the OAuth settings are ignored on stdio; run the shared service with \
                     `backlog-mcp-hub serve`"
                );
            }
            let backlog = StdioArgs::from(settings)
                .resolve(environment)
                .context("without a command, the program serves a client on stdio (see --help)")?;
            Ok(local::stdio(backlog).await?)
        }
    }
}
