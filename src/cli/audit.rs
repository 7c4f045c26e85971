//! `audit`: verifies the operators' changes in the audit trail.

use std::str::FromStr;

use super::operator::{OperatorArgs, explain};
use crate::db::chain;

pub(super) type Args = OperatorArgs<Verb>;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Verify that no operator's change was altered, added or removed; fails if one was
    Verify {
        /// An event that you noted earlier, such as 12:0fad95…; it must be unchanged
        #[arg(long, value_name = "NUMBER:HASH")]
        noted: Option<Noted>,
    },
}

/// The place of an event in the chain, and its hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Noted {
    number: i64,
    hash: String,
}

impl FromStr for Noted {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.trim().split_once(':');
        parts
            .and_then(|(number, hash)| {
                let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
                Some(Self {
                    number: number.parse().ok().filter(|number| *number > 0)?,
                    hash: hash.to_owned(),
                })
                .filter(|_| is_hash)
            })
            .ok_or("expected a number, a colon and 64 hexadecimal digits, as `audit verify` prints")
    }
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let Verb::Verify { noted } = args.verb;
    let db = args.common.connect().await?;
    let noted = noted.as_ref().map(|noted| (noted.number, &*noted.hash));
    let checked = chain::verify(&db, noted).await.map_err(explain)?;
    let found = match &checked.problem {
        Some(problem) => format!("The chain is broken: {problem}."),
        None => "The chain is intact.".to_owned(),
    };
    let text = format!(
        "{found}\n{} event(s) checked; the newest is {}:{}\nKeep this value elsewhere, and pass \
         it with --noted next time.",
        checked.events, checked.last_number, checked.last_hash,
    );
    args.common.say(&checked, &text)?;
    anyhow::ensure!(
        checked.problem.is_none(),
        "the audit trail has been altered"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noted_event_is_read_as_it_is_printed() {
        let hash = "0fad9546".repeat(8);
        let noted: Noted = format!(" 12:{hash}\n").parse().expect("a noted event");
        assert_eq!(noted, Noted { number: 12, hash });
        for wrong in ["", "12", "12:abc", "0:00", &format!("x:{}", "0".repeat(64))] {
            assert!(wrong.parse::<Noted>().is_err(), "{wrong}");
        }
    }
}
