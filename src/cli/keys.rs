//! `keys`: generates, lists, rotates and verifies master keys.
//!
//! To change the key without losing a grant:
//!
//! 1. Append the new key to the ring of every replica.
//! 2. Move it to the front of every ring.
//! 3. Run `keys rotate`.
//! 4. Remove the old key.

use std::time::Duration;

use foundation::random::Random;
use indicatif::{ProgressBar, ProgressStyle};
use sealing::KeyRing;
use secrecy::ExposeSecret;

use super::database::{DatabaseArgs, KeyArgs};
use crate::{
    app::key_rotation::{self, Counts},
    db::sealed::{self, SealedColumn},
};

#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Print a new key for ENCRYPTION_KEYS
    Generate {
        /// Id of the key: letters, digits, - and _
        #[arg(long, default_value = "k1")]
        id: String,
    },
    /// Show which keys encrypt the stored secrets
    List(Args),
    /// Re-encrypt all stored secrets with the first key of ENCRYPTION_KEYS; the service may run
    Rotate(Args),
    /// Verify that all stored secrets can be decrypted; changes nothing
    Verify(Args),
}

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    keys: KeyArgs,
}

pub(super) async fn run(command: Command) -> anyhow::Result<()> {
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
            0 => "encrypts",
            place if place < in_ring => "decrypts",
            _ => "MISSING from ENCRYPTION_KEYS",
        };
        println!("{id:<20} {count:>12} secrets  {role}");
    }
    anyhow::ensure!(
        uses.len() == in_ring,
        "ENCRYPTION_KEYS is missing a key that encrypts stored secrets; add it back"
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
        "{} secret(s) re-encrypted with key {:?}.",
        counts.good,
        keys.sealing_id()
    );
    if counts.overtaken > 0 {
        println!(
            "{} secret(s) changed during the rotation and were left as they are.",
            counts.overtaken
        );
    }
    refuse_unopened(&counts)?;
    let left = key_rotation::pending(&db, &keys).await?;
    anyhow::ensure!(
        left == 0,
        "{left} secret(s) are still encrypted with another key: a replica encrypts with it, a \
         space's URL was changed after its secret was set, or a new secret waits for a replica \
         (`space list` shows which). Put {:?} first in the ring of every replica, set such a \
         secret again, and repeat this command before you remove the other key",
        keys.sealing_id(),
    );
    println!(
        "No other key is needed if every replica was restarted with this one. Run `keys list` \
         again before you remove the old key."
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
    println!("{} secret(s) can be decrypted.", counts.good);
    refuse_unopened(&counts)
}

/// Prints the first texts that do not open, and fails if there is any. A few are enough to find the
/// reason.
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
    anyhow::ensure!(
        failed == 0,
        "{failed} secret(s) cannot be decrypted; the first are listed above"
    );
    Ok(())
}

fn progress(total: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(total).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
