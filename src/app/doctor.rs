//! Looks at everything a service needs, and says of each what is wrong and how to mend it.
//!
//! 1. The settings were read before this; the database is reached, and whether the way there is
//!    encrypted, whether notifications arrive, its version, clock and schema are looked at.
//! 2. Every key that stored text needs is tried, and the accounts are counted.
//! 3. Whether clients' metadata documents can be fetched from here ([`documents`]).
//! 4. Each enabled space ([`spaces`]).
//!
//! Nothing is changed. A check that needs an earlier one is left out when that one failed.

mod documents;
mod spaces;

use chrono::TimeDelta;
use secrecy::SecretString;
use sqlx::PgPool;
use url::Url;

use super::{SERVICE_ROLE, StartError, advice, storage::check_keys};
use crate::{
    backlog::{BacklogUrl, Sites},
    clock::Clock,
    crypto::KeyRing,
    db::{
        self,
        probe::{POOLER, ProbeError},
        url::Transport,
    },
    fetch::Fetcher,
    random::Random,
};
use spaces::SpaceCheck;

/// The oldest PostgreSQL that the tests run with, as it numbers itself.
const OLDEST_POSTGRES: i32 = 150_000;
/// Tokens expire by the database's clock, Backlog's by this process's.
const CLOCKS_APART: TimeDelta = TimeDelta::seconds(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// The service runs, but somebody should look.
    Doubtful,
    Bad,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Doubtful => "warn",
            Self::Bad => "FAIL",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub verdict: Verdict,
    pub what: String,
    /// What was seen, and what to do if it is not good.
    pub text: String,
}

/// What is examined.
pub struct Patient {
    pub database_url: SecretString,
    /// Whether the database is the hub's own, whose role nobody chose.
    pub is_embedded: bool,
    pub keys: Result<KeyRing, String>,
    /// `…/callback` of the hub: the redirect URI that spaces share, and where the others' are found
    /// from.
    pub callback: Url,
    /// What fetches clients' documents; `None` where they are turned off.
    pub fetcher: Option<Fetcher>,
    /// Those of the settings, with the site of the default space.
    pub sites: Sites,
    pub default_space: Option<BacklogUrl>,
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, verdict: Verdict, what: impl Into<String>, text: impl Into<String>) {
        self.0.push(Finding {
            verdict,
            what: what.into(),
            text: text.into(),
        });
    }

    fn good(&mut self, what: impl Into<String>, text: impl Into<String>) {
        self.add(Verdict::Good, what, text);
    }

    fn bad(&mut self, what: impl Into<String>, text: impl Into<String>) {
        self.add(Verdict::Bad, what, text);
    }
}

/// Looks at everything; the findings in the order of the steps above.
pub async fn examine(patient: Patient, clock: &Clock, random: &Random) -> Vec<Finding> {
    let mut found = Findings::default();
    // Two: a notification goes from one connection to another.
    let pool = match db::pool::connect(&patient.database_url, 2).await {
        Ok(pool) => pool,
        Err(error) => {
            found.bad("database", error.to_string());
            return found.0;
        }
    };
    examine_transport(&mut found, &patient.database_url);
    if !examine_notifications(&mut found, &pool, random).await {
        return found.0;
    }
    if let Err(error) = examine_database(&mut found, &pool, patient.is_embedded, clock).await {
        found.bad("database", format!("it failed: {}", told(&error)));
        return found.0;
    }
    match db::migrate::is_current(&pool).await {
        Ok(true) => found.good("schema", "every migration of this version is applied"),
        Ok(false) => {
            found.bad(
                "schema",
                "migrations of this version are missing; run `backlog-mcp-hub migrate`",
            );
            return found.0;
        }
        Err(error) => {
            found.bad(
                "schema",
                format!("it could not be examined: {}", told(&error)),
            );
            return found.0;
        }
    }
    let keys = match patient.keys {
        Ok(keys) => keys,
        Err(problem) => {
            found.bad("keys", problem);
            return found.0;
        }
    };
    match check_keys(&pool, &keys).await {
        Ok(()) => found.good("keys", "they open what is stored"),
        Err(StartError::Database(error)) => {
            found.bad("keys", format!("they could not be tried: {}", told(&error)));
            return found.0;
        }
        Err(error) => {
            found.bad("keys", error.to_string());
            return found.0;
        }
    }
    if let Err(error) = examine_accounts(&mut found, &pool).await {
        found.bad(
            "accounts",
            format!("they could not be counted: {}", told(&error)),
        );
    }
    documents::examine(&mut found, patient.fetcher.as_ref()).await;
    let settings = SpaceCheck {
        keys: &keys,
        callback: &patient.callback,
        sites: patient.sites,
        default_space: patient.default_space,
    };
    if let Err(error) = spaces::examine(&mut found, &pool, settings).await {
        let text = format!("they could not be read: {}", told(&error));
        found.bad("spaces", text);
    }
    found.0
}

fn told(error: &sqlx::Error) -> String {
    advice::told(error, SERVICE_ROLE)
}

/// Checks that the connection to the database cannot be read or redirected on its way.
fn examine_transport(found: &mut Findings, url: &SecretString) {
    let remedy = "add sslmode=verify-full to DATABASE_URL";
    match db::url::transport(url) {
        Ok(Transport::Local) => found.good("transport", "the database is on this machine"),
        Ok(Transport::Verified) => {
            found.good(
                "transport",
                "encrypted, and the server's certificate is checked",
            );
        }
        Ok(Transport::Unverified) => found.add(
            Verdict::Doubtful,
            "transport",
            format!("encrypted, but the server's certificate is not checked; {remedy}"),
        ),
        Ok(Transport::Plain) => found.add(
            Verdict::Doubtful,
            "transport",
            format!("the connection to the database may be unencrypted; {remedy}"),
        ),
        Err(error) => found.bad("transport", format!("DATABASE_URL {error}")),
    }
}

/// Whether the connections are PostgreSQL's own, so that the other checks mean something.
async fn examine_notifications(found: &mut Findings, pool: &PgPool, random: &Random) -> bool {
    match db::probe::probe(pool, random).await {
        Ok(()) => found.good("notifications", "they arrive"),
        Err(ProbeError::Unheard) => {
            found.bad("notifications", format!("they do not arrive: {POOLER}"));
            return false;
        }
        Err(ProbeError::Database(error)) => found.bad("notifications", told(&error)),
    }
    true
}

async fn examine_database(
    found: &mut Findings,
    pool: &PgPool,
    is_embedded: bool,
    clock: &Clock,
) -> Result<(), sqlx::Error> {
    let server = db::pool::server(pool).await?;
    if server.version_number < OLDEST_POSTGRES {
        let text = format!("PostgreSQL {}; version 15 is the oldest", server.version);
        found.bad("database", text);
    } else {
        found.good("database", format!("PostgreSQL {}", server.version));
    }
    if server.is_standby {
        found.bad(
            "database",
            "it is a standby, which takes no change: promote it, or have DATABASE_URL lead to the \
             primary",
        );
    }
    if !server.is_standby && db::pool::is_read_only(pool).await? {
        found.bad(
            "database",
            "it takes no changes: turn off default_transaction_read_only for the database and for \
             the role of DATABASE_URL",
        );
    }
    let apart = (server.now - clock.now()).abs();
    if apart > CLOCKS_APART {
        let text = format!(
            "the database's is {} s from this machine's; set both by NTP",
            apart.num_seconds()
        );
        found.add(Verdict::Doubtful, "clock", text);
    } else {
        found.good("clock", "the database's agrees with this machine's");
    }
    if server.is_superuser && !is_embedded {
        found.add(
            Verdict::Doubtful,
            "role",
            "the service connects as a superuser; give it a role of its own",
        );
    }
    Ok(())
}

/// Whether the Backlog tokens of users are in order.
async fn examine_accounts(found: &mut Findings, pool: &PgPool) -> Result<(), sqlx::Error> {
    let counts = db::accounts::count_by_space(pool).await?;
    for count in counts.iter().filter(|count| count.endings_are_paused) {
        let text = format!(
            "Backlog refuses many sign-ins of the space {} at once, so none ends for now; is its \
             OAuth application right? Look at admin.paused_endings",
            count.space
        );
        found.add(Verdict::Doubtful, "accounts", text);
    }
    let sum = |number: fn(&db::accounts::Count) -> i64| counts.iter().map(number).sum::<i64>();
    let text = format!(
        "{} are live, {} in doubt, {} wait for a sign-in",
        sum(|count| count.live),
        sum(|count| count.in_doubt),
        sum(|count| count.ended)
    );
    match sum(|count| count.in_doubt) {
        0 => found.good("accounts", text),
        _ => found.add(
            Verdict::Doubtful,
            "accounts",
            format!("{text}; admin.accounts says which, and why"),
        ),
    }
    Ok(())
}
