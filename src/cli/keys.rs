//! `keys`: master keys.
//!
//! Changing them, without a sign-in lost: put the new key at the end of the ring of every
//! replica; then at its front; `keys rotate`; then take the old key out.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use secrecy::ExposeSecret;

use super::database::{DatabaseArgs, KeyArgs};
use crate::{
    app::key_rotation::{self, Counts},
    crypto::KeyRing,
    db::sealed::{self, SealedColumn},
    random::Random,
};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print a new key for ENCRYPTION_KEYS
    Generate {
        /// The id it is known by: letters, digits, - and _
        #[arg(long, default_value = "k1")]
        id: String,
    },
    /// Show which keys the stored secrets are sealed with
    List(Args),
    /// Seal everything stored with the first key of ENCRYPTION_KEYS; the service may run
    Rotate(Args),
    /// Open everything that is stored, and change nothing
    Verify(Args),
}

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    keys: KeyArgs,
}

pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Generate { id } => generate(&id),
        Command::List(args) => list(&args).await,
        Command::Rotate(args) => rotate(&args).await,
        Command::Verify(args) => verify(&args).await,
    }
}

fn generate(id: &str) -> anyhow::Result<()> {
    let random = Random::system();
    let key = KeyRing::generate(id, &random);
    KeyRing::parse(&key, random).map_err(|error| anyhow::anyhow!("--id: {error}"))?;
    println!("{}", key.expose_secret());
    Ok(())
}

async fn list(args: &Args) -> anyhow::Result<()> {
    let keys = args.keys.ring(&args.database)?;
    let db = args.database.open().await?;
    let mut uses: Vec<(String, i64)> = keys.ids().map(|id| (id.to_owned(), 0)).collect();
    let in_ring = uses.len();
    for column in SealedColumn::ALL {
        for used in sealed::key_uses(&db, column).await? {
            match uses.iter_mut().find(|(id, _)| *id == used.key_id) {
                Some((_, count)) => *count += used.count,
                None => uses.push((used.key_id, used.count)),
            }
        }
    }
    for (place, (id, count)) in uses.iter().enumerate() {
        let role = match place {
            0 => "seals",
            place if place < in_ring => "opens",
            _ => "MISSING from ENCRYPTION_KEYS",
        };
        println!("{id:<20} {count:>12} sealed  {role}");
    }
    anyhow::ensure!(
        uses.len() == in_ring,
        "ENCRYPTION_KEYS lacks a key that stored secrets need; put it back"
    );
    Ok(())
}

async fn rotate(args: &Args) -> anyhow::Result<()> {
    let keys = args.keys.ring(&args.database)?;
    let db = args.database.open().await?;
    let bar = progress(key_rotation::pending(&db, &keys).await?);
    let counts = key_rotation::rotate(&db, &keys, || bar.inc(1)).await?;
    bar.finish_and_clear();
    println!(
        "{} sealed anew with the key {:?}.",
        counts.good,
        keys.sealing_id()
    );
    if counts.overtaken > 0 {
        println!(
            "{} changed meanwhile, by whoever wrote them.",
            counts.overtaken
        );
    }
    refuse_unopened(&counts)?;
    let left = key_rotation::pending(&db, &keys).await?;
    anyhow::ensure!(
        left == 0,
        "{left} are still sealed with another key: a replica seals with it, a space's URL was \
         changed after its secret was set, or a secret that was given waits for a replica \
         (`space list` shows which). Put {:?} first in the ring of every replica, set such \
         a secret again, and repeat this before the other key goes",
        keys.sealing_id(),
    );
    println!(
        "No other key is needed any more, if every replica was restarted with it; run `keys list` \
         again before you remove the old one."
    );
    Ok(())
}

async fn verify(args: &Args) -> anyhow::Result<()> {
    let keys = args.keys.ring(&args.database)?;
    let db = args.database.open().await?;
    let mut all = 0;
    for column in SealedColumn::ALL {
        let uses = sealed::key_uses(&db, column).await?;
        all += uses
            .iter()
            .map(|used| used.count.unsigned_abs())
            .sum::<u64>();
    }
    let bar = progress(all);
    let counts = key_rotation::verify(&db, &keys, || bar.inc(1)).await?;
    bar.finish_and_clear();
    println!("{} sealed texts open.", counts.good);
    refuse_unopened(&counts)
}

/// Names what does not open; a few are enough to find the reason.
fn refuse_unopened(counts: &Counts) -> anyhow::Result<()> {
    const NAMED: usize = 10;
    for unopened in counts.failed.iter().take(NAMED) {
        let (table, column) = unopened.column.names();
        println!(
            "hub.{table}.{column} of {}: {}",
            unopened.row, unopened.reason
        );
    }
    let failed = counts.failed.len();
    anyhow::ensure!(failed == 0, "{failed} sealed texts do not open");
    Ok(())
}

fn progress(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(total).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
