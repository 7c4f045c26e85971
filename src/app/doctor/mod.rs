//! Checks everything that the service needs, and reports what is wrong and how to fix it.
//!
//! 1. Connect to the database; check whether the connection is encrypted and notifications arrive,
//!    and the version, clock and schema. The settings were read before this.
//! 2. Try every key that sealed text needs, and count the accounts.
//! 3. Check that clients' metadata documents can be fetched from here ([`documents`]).
//! 4. Check each enabled space ([`spaces`]).
//!
//! Nothing is changed. A check that depends on a failed one is skipped.

mod documents;
mod finding;
mod spaces;

use backlog_client::{BacklogUrl, Sites};
use chrono::TimeDelta;
use foundation::{clock::Clock, random::Random};
use guarded_fetch::Fetcher;
use sealing::KeyRing;
use secrecy::SecretString;
use sqlx::PgPool;
use url::Url;

use super::{error::StartError, storage::check_keys};
use crate::db::{
    self,
    error_hint::{self, SERVICE_ROLE},
    probe::{POOLER, ProbeError},
    url::Transport,
};
use finding::Findings;
pub use finding::{Finding, Verdict};
use spaces::SpaceCheck;

/// The oldest PostgreSQL that the tests run with, as it numbers itself.
const OLDEST_POSTGRES: i32 = 150_000;
/// Tokens expire by the database's clock, Backlog's by this process's.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(30);

/// The installation that is examined.
pub struct Patient {
    pub database_url: SecretString,
    /// Whether the database is the built-in one, which has no configurable role.
    pub is_embedded: bool,
    pub keys: Result<KeyRing, String>,
    /// `…/callback` of the hub: the redirect URI that spaces share, and the base of all others.
    pub callback: Url,
    /// The fetcher of clients' documents; `None` if documents are turned off.
    pub fetcher: Option<Fetcher>,
    /// The allowed sites of the settings.
    pub sites: Sites,
    pub default_space: Option<BacklogUrl>,
    /// Whether the settings name trusted proxies.
    pub has_trusted_proxies: bool,
}

/// Runs all checks; returns the findings in the order of the steps above.
pub async fn examine(patient: Patient, clock: &Clock, random: &Random) -> Vec<Finding> {
    let mut found = Findings::default();
    // Two connections, because a notification goes from one to another.
    match db::pool::connect(&patient.database_url, 2).await {
        Ok(pool) => examine_with(&mut found, &pool, patient, (clock, random)).await,
        Err(error) => found.bad("database", error.to_string()),
    }
    found.0
}

/// Runs all checks that need the database; ends early if the others mean nothing.
async fn examine_with(
    found: &mut Findings,
    pool: &PgPool,
    patient: Patient,
    (clock, random): (&Clock, &Random),
) {
    examine_transport(found, &patient.database_url);
    if !examine_notifications(found, pool, random).await {
        return;
    }
    if let Err(error) = examine_database(found, pool, patient.is_embedded, clock).await {
        return found.bad("database", format!("it failed: {}", explain(&error)));
    }
    if !examine_schema(found, pool).await {
        return;
    }
    let Some(keys) = examine_keys(found, pool, patient.keys).await else {
        return;
    };
    if let Err(error) = examine_accounts(found, pool).await {
        let text = format!("cannot count the accounts: {}", explain(&error));
        found.bad("accounts", text);
    }
    documents::examine(found, patient.fetcher.as_ref()).await;
    let settings = SpaceCheck {
        keys: &keys,
        callback: &patient.callback,
        sites: patient.sites,
        default_space: patient.default_space,
        has_trusted_proxies: patient.has_trusted_proxies,
    };
    if let Err(error) = spaces::examine(found, pool, settings).await {
        let text = format!("cannot read the spaces: {}", explain(&error));
        found.bad("spaces", text);
    }
}

fn explain(error: &sqlx::Error) -> String {
    error_hint::explain(error, SERVICE_ROLE)
}

/// Checks that the connection to the database is encrypted, and the server verified.
fn examine_transport(found: &mut Findings, url: &SecretString) {
    let remedy = "add sslmode=verify-full to DATABASE_URL";
    match db::url::transport(url) {
        Ok(Transport::Local) => found.good("transport", "the database is on this machine"),
        Ok(Transport::Verified) => {
            found.good(
                "transport",
                "encrypted, and the server's certificate is verified",
            );
        }
        Ok(Transport::Unverified) => found.add(
            Verdict::Doubtful,
            "transport",
            format!("encrypted, but the server's certificate is not verified; {remedy}"),
        ),
        Ok(Transport::Plain) => found.add(
            Verdict::Doubtful,
            "transport",
            format!("the connection to the database may be unencrypted; {remedy}"),
        ),
        Err(error) => found.bad("transport", format!("DATABASE_URL {error}")),
    }
}

/// Checks that the connections lead directly to PostgreSQL; otherwise the other checks mean
/// nothing.
async fn examine_notifications(found: &mut Findings, pool: &PgPool, random: &Random) -> bool {
    match db::probe::probe(pool, random).await {
        Ok(()) => found.good("notifications", "they arrive"),
        Err(ProbeError::Unheard) => {
            found.bad("notifications", format!("they do not arrive: {POOLER}"));
            return false;
        }
        Err(ProbeError::Database(error)) => found.bad("notifications", explain(&error)),
    }
    true
}

/// Checks that all migrations are applied; returns whether they are.
async fn examine_schema(found: &mut Findings, pool: &PgPool) -> bool {
    match db::migrate::is_current(pool).await {
        Ok(true) => {
            found.good("schema", "all migrations of this version are applied");
            return true;
        }
        Ok(false) => found.bad(
            "schema",
            "migrations of this version are missing; run `backlog-mcp-hub migrate`",
        ),
        Err(error) => {
            let text = format!("cannot read the applied migrations: {}", explain(&error));
            found.bad("schema", text);
        }
    }
    false
}

/// Checks that the keys open what is sealed; returns them if they do.
async fn examine_keys(
    found: &mut Findings,
    pool: &PgPool,
    keys: Result<KeyRing, String>,
) -> Option<KeyRing> {
    let keys = match keys {
        Ok(keys) => keys,
        Err(problem) => {
            found.bad("keys", problem);
            return None;
        }
    };
    match check_keys(pool, &keys).await {
        Ok(()) => {
            found.good("keys", "they decrypt the stored data");
            return Some(keys);
        }
        Err(StartError::Database(error)) => {
            let text = format!("cannot read the encrypted data: {}", explain(&error));
            found.bad("keys", text);
        }
        Err(error) => found.bad("keys", error.to_string()),
    }
    None
}

async fn examine_database(
    found: &mut Findings,
    pool: &PgPool,
    is_embedded: bool,
    clock: &Clock,
) -> Result<(), sqlx::Error> {
    let server = db::pool::server(pool).await?;
    if server.version_number < OLDEST_POSTGRES {
        let text = format!(
            "PostgreSQL {} is not supported; upgrade to version 15 or later",
            server.version
        );
        found.bad("database", text);
    } else {
        found.good("database", format!("PostgreSQL {}", server.version));
    }
    if server.is_standby {
        found.bad(
            "database",
            "it is a read-only standby; promote it, or set DATABASE_URL to the primary",
        );
    }
    if !server.is_standby && db::pool::is_read_only(pool).await? {
        found.bad(
            "database",
            "it is read-only; turn off default_transaction_read_only for the database and for the \
             role of DATABASE_URL",
        );
    }
    let apart = (server.now - clock.now()).abs();
    if apart > CLOCKS_APART {
        let text = format!(
            "the clocks of the database and this machine differ by {} s; synchronize both by NTP",
            apart.num_seconds()
        );
        found.add(Verdict::Doubtful, "clock", text);
    } else {
        found.good("clock", "the clocks of the database and this machine agree");
    }
    if server.is_superuser && !is_embedded {
        found.add(
            Verdict::Doubtful,
            "role",
            "the service connects as a superuser; create a separate role for it",
        );
    }
    Ok(())
}

/// Checks the state of the accounts.
async fn examine_accounts(found: &mut Findings, pool: &PgPool) -> Result<(), sqlx::Error> {
    let counts = db::accounts::count_by_space(pool).await?;
    for count in counts.iter().filter(|count| count.endings_are_paused) {
        let text = format!(
            "Backlog rejects the tokens of many accounts of space {} at once, so the hub does not \
             end them for now. Check the space's OAuth application, and see admin.paused_endings",
            count.space
        );
        found.add(Verdict::Doubtful, "accounts", text);
    }
    let sum = |number: fn(&db::accounts::Count) -> i64| counts.iter().map(number).sum::<i64>();
    let text = format!(
        "{} live, {} in doubt, {} waiting for a sign-in",
        sum(|count| count.live),
        sum(|count| count.in_doubt),
        sum(|count| count.ended)
    );
    match sum(|count| count.in_doubt) {
        0 => found.good("accounts", text),
        _ => found.add(
            Verdict::Doubtful,
            "accounts",
            format!("{text}; admin.accounts lists them with the reasons"),
        ),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_elsewhere_is_doubted_unless_its_certificate_is_checked() {
        let verdict = |host: &str, query: &str| {
            let mut found = Findings::default();
            let url = format!("postgres://hub:secret@{host}/hub{query}");
            examine_transport(&mut found, &url.into());
            let [finding] = &found.0[..] else {
                panic!("one finding");
            };
            assert_eq!(finding.what, "transport");
            assert!(!finding.text.contains("secret"), "{}", finding.text);
            let has_remedy = finding.text.contains("sslmode=verify-full");
            assert_eq!(has_remedy, finding.verdict != Verdict::Good);
            finding.verdict
        };
        for query in ["", "?sslmode=prefer", "?sslmode=require"] {
            assert_eq!(
                verdict("db.example.com", query),
                Verdict::Doubtful,
                "{query}"
            );
            assert_eq!(verdict("10.0.0.5", query), Verdict::Doubtful, "{query}");
            assert_eq!(verdict("127.0.0.1", query), Verdict::Good, "{query}");
        }
        let verified = "?sslmode=verify-full";
        assert_eq!(verdict("db.example.com", verified), Verdict::Good);
    }
}
