//! `stdio`: one client on standard input and output, with an API key.

use crate::{config::StdioArgs, local};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    settings: StdioArgs,
}

pub async fn run(args: Args) -> anyhow::Result<()> {
    Ok(local::stdio(args.settings.resolve()?).await?)
}
