//! `cleanup`: removes, on demand, what the service removes every five minutes and every hour.

use std::time::Duration;

use foundation::clock::Clock;
use sqlx::PgPool;

use super::database::DatabaseArgs;
use crate::{audit::retention, config, db::audit_events::Expired, jobs::cleanup};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    /// How many days audit events are kept, e.g. 90d, as for `serve` [default: 400d]
    #[arg(long, env = "AUDIT_RETENTION", value_name = "DAYS")]
    audit_retention: Option<String>,
    /// Only count the rows that would be removed
    #[arg(long)]
    dry_run: bool,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let keep = config::audit_retention(args.audit_retention)?;
    let db = args.database.open().await?;
    if args.dry_run {
        return count(&db, keep).await;
    }
    let Some(mut removed) = cleanup::once(&db, &Clock::system()).await? else {
        anyhow::bail!("another process is cleaning up this database; nothing was removed");
    };
    let of_audit = named(retention::once(&db, keep).await?);
    let of_audit = of_audit.map(|(name, number)| (name, number.unsigned_abs()));
    removed.extend(of_audit.into_iter().filter(|(_, number)| *number > 0));
    if removed.is_empty() {
        println!("Nothing has expired.");
    }
    for (name, number) in removed {
        println!("{number:>12}  {name}");
    }
    Ok(())
}

async fn count(db: &PgPool, keep: Duration) -> anyhow::Result<()> {
    let mut expired = cleanup::count(db).await?;
    expired.extend(named(retention::count(db, keep).await?));
    println!("These rows would be removed now:");
    for (name, number) in expired {
        println!("{number:>12}  {name}");
    }
    println!("A grant that loses its last token is counted next time.");
    Ok(())
}

/// The whole months, and the events outside them.
fn named(expired: Expired) -> [(&'static str, i64); 2] {
    [
        ("audit_months", expired.months),
        ("audit_events", expired.events),
    ]
}
