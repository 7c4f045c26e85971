//! `stdio`: serves one client on standard input and output, with an API key.

use crate::{
    config::{Environment, StdioArgs},
    local,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    settings: StdioArgs,
}

pub(super) async fn run(args: Args, environment: &Environment) -> anyhow::Result<()> {
    Ok(local::stdio(args.settings.resolve(environment)?).await?)
}
