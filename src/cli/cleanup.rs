//! `cleanup`: what the service removes every five minutes, by hand.

use super::database::DatabaseArgs;
use crate::jobs::cleanup;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// Only count what would be removed
    #[arg(long)]
    dry_run: bool,
}

pub async fn run(args: Args) -> anyhow::Result<()> {
    let db = args.database.open().await?;
    if args.dry_run {
        println!("Rows that would be removed now:");
        for (name, rows) in cleanup::count(&db).await? {
            println!("{rows:>12}  {name}");
        }
        println!("A grant whose last token goes is counted the next time.");
        return Ok(());
    }
    let Some(removed) = cleanup::once(&db).await? else {
        anyhow::bail!("another process is cleaning up this database; nothing was done");
    };
    if removed.is_empty() {
        println!("Nothing had expired.");
    }
    for (name, rows) in removed {
        println!("{rows:>12}  {name}");
    }
    Ok(())
}
