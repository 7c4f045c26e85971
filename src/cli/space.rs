//! `space`: the Backlog sites that the hub serves.

use std::time::Duration;

use anyhow::Context;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sqlx::PgPool;

use super::operator::{self, Common, KeyArgs, explain, sheet, table, time, yes_no};
use crate::{
    backlog::{BacklogUrl, Sites},
    db::admin::{self, SpaceRow, SpaceSettings},
};

/// How long to wait for a running hub to seal a secret, and how often to look.
const PATIENCE: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// What was done, of a space that is new.
const ADDED: &str = "was added";

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    common: Common,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    /// Add a space; its client secret is asked for, or read from standard input
    Add(Box<Add>),
    /// List the spaces
    List,
    /// Show one space
    Show { slug: String },
    /// Change what is named here; the rest stays
    Update(Box<Update>),
    /// Replace the client secret; it is asked for, or read from standard input
    SetSecret {
        slug: String,
        #[command(flatten)]
        keys: KeyArgs,
    },
    /// Let people in again; their sign-ins are as they were
    Enable { slug: String },
    /// Let nobody in until it is enabled again; no sign-in is lost
    Disable { slug: String },
    /// End all sign-ins of a space
    RevokeGrants { slug: String },
    /// Delete a space with its clients and sign-ins
    Delete { slug: String },
}

#[derive(Debug, clap::Args)]
struct Add {
    /// Its name in URLs, such as acme
    slug: String,
    /// Its host, such as acme.backlog.com
    domain: String,
    /// Client ID of the application registered at Backlog
    #[arg(long, value_name = "ID")]
    oauth_client_id: String,
    /// Sign-ins that name no space end here
    #[arg(long)]
    default: bool,
    /// Show it to everyone who has to choose a space; else it has to be named
    #[arg(long)]
    listed: bool,
    /// Offer only the tools that read
    #[arg(long)]
    read_only: bool,
    #[command(flatten)]
    rest: Rest,
}

#[derive(Debug, clap::Args)]
struct Update {
    slug: String,
    /// Another site: everybody signs in again, and its client secret is asked for
    #[arg(long, value_name = "HOST")]
    domain: Option<String>,
    /// Client ID of the application registered at Backlog
    #[arg(long, value_name = "ID")]
    oauth_client_id: Option<String>,
    /// Sign-ins that name no space end here
    #[arg(long, value_name = "true|false")]
    default: Option<bool>,
    /// Show it to everyone who has to choose a space; else it has to be named
    #[arg(long, value_name = "true|false")]
    listed: Option<bool>,
    /// Give it a redirect URI of its own in place of the shared one; register that at Backlog first
    #[arg(long)]
    own_redirect_uri: bool,
    /// Offer only the tools that read
    #[arg(long, value_name = "true|false")]
    read_only: Option<bool>,
    #[command(flatten)]
    rest: Rest,
}

#[derive(Debug, clap::Args)]
struct Rest {
    /// What people know it by [default: its host]
    #[arg(long)]
    name: Option<String>,
    /// Host names of its own, as far as DNS and TLS lead them here
    #[arg(long, value_delimiter = ',', value_name = "HOST,…")]
    hostnames: Option<Vec<String>>,
    /// Offer only the tools of these sets; `all` lifts the limit
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    toolsets: Option<Vec<String>>,
    /// Let tools touch these projects only; `all` lifts the limit
    #[arg(long, value_delimiter = ',', value_name = "KEY,…")]
    projects: Option<Vec<String>>,
    #[command(flatten)]
    keys: KeyArgs,
}

pub async fn run(args: Args) -> anyhow::Result<()> {
    let common = &args.common;
    let db = common.connect().await?;
    match args.verb {
        Verb::Add(add) => add.run(&db, common).await,
        Verb::List => {
            let spaces = admin::spaces(&db, None).await.map_err(explain)?;
            common.say(&spaces, &overview(&spaces))
        }
        Verb::Show { slug } => {
            let space = find(&db, &slug).await?;
            common.say(&space, &details(&space))
        }
        Verb::Update(update) => update.run(&db, common).await,
        Verb::SetSecret { slug, keys } => {
            let space = find(&db, &slug).await?;
            let secret = secret(common, &keys, &space.base_url)?;
            admin::set_space_secret(&db, &slug, secret.expose_secret())
                .await
                .map_err(explain)?;
            report(&db, common, &slug, "has a new client secret", None).await
        }
        Verb::Enable { slug } => {
            let done = admin::set_space_enabled(&db, &slug, true).await;
            done.map_err(explain)?;
            common.say(&json!({ "slug": slug }), &format!("{slug} is enabled."))
        }
        Verb::Disable { slug } => {
            let done = admin::set_space_enabled(&db, &slug, false).await;
            done.map_err(explain)?;
            common.say(&json!({ "slug": slug }), &format!("{slug} is disabled."))
        }
        Verb::RevokeGrants { slug } => {
            common.confirm(&format!("Everybody of {slug} has to sign in again."))?;
            let ended = admin::revoke_space_grants(&db, &slug).await;
            let ended = ended.map_err(explain)?;
            common.say(&json!({ "ended": ended }), &ended_text(ended))
        }
        Verb::Delete { slug } => {
            common.confirm(&format!("{slug} goes with all its clients and sign-ins."))?;
            let was_default = find(&db, &slug).await?.is_default;
            let ended = admin::delete_space(&db, &slug).await.map_err(explain)?;
            let mut text = format!("{slug} was deleted. {}", ended_text(ended));
            if was_default {
                text.push_str(" There is no default space now.");
            }
            common.say(
                &json!({ "ended": ended, "was_default": was_default }),
                &text,
            )
        }
    }
}

impl Add {
    async fn run(self, db: &PgPool, common: &Common) -> anyhow::Result<()> {
        let secret = secret(common, &self.rest.keys, &self.domain)?;
        let settings = SpaceSettings {
            domain: Some(&self.domain),
            oauth_client_id: Some(&self.oauth_client_id),
            is_default: Some(self.default),
            read_only: Some(self.read_only),
            listed: Some(self.listed),
            ..self.rest.settings(Some(&secret))
        };
        admin::create_space(db, &self.slug, &settings)
            .await
            .map_err(explain)?;
        report(db, common, &self.slug, ADDED, None).await
    }
}

impl Update {
    async fn run(self, db: &PgPool, common: &Common) -> anyhow::Result<()> {
        let mut ended = None;
        let secret = match &self.domain {
            Some(domain) => {
                let before = find(db, &self.slug).await?;
                // What is no domain the database refuses, with its reason.
                if BacklogUrl::parse(domain).is_ok_and(|url| url.as_str() != before.base_url) {
                    let slug = &self.slug;
                    common.confirm(&format!("Everybody of {slug} has to sign in again."))?;
                    ended = Some(before.live_grants);
                }
                Some(secret(common, &self.rest.keys, domain)?)
            }
            None => None,
        };
        let settings = SpaceSettings {
            domain: self.domain.as_deref(),
            oauth_client_id: self.oauth_client_id.as_deref(),
            is_default: self.default,
            read_only: self.read_only,
            listed: self.listed,
            own_redirect_uri: self.own_redirect_uri.then_some(true),
            ..self.rest.settings(secret.as_ref())
        };
        admin::update_space(db, &self.slug, &settings)
            .await
            .map_err(explain)?;
        report(db, common, &self.slug, "was changed", ended).await
    }
}

impl Rest {
    fn settings<'a>(&'a self, secret: Option<&'a SecretString>) -> SpaceSettings<'a> {
        SpaceSettings {
            oauth_client_secret: secret.map(|secret| secret.expose_secret()),
            name: self.name.as_deref(),
            hostnames: self.hostnames.as_deref(),
            toolsets: self.toolsets.as_deref(),
            allowed_projects: self.projects.as_deref(),
            ..SpaceSettings::default()
        }
    }
}

fn secret(common: &Common, keys: &KeyArgs, domain: &str) -> anyhow::Result<SecretString> {
    let keys = common.keys(keys)?;
    let secret = operator::read_secret("Client secret at Backlog")?;
    operator::hand_over(keys.as_ref(), domain, secret)
}

async fn find(db: &PgPool, slug: &str) -> anyhow::Result<SpaceRow> {
    let found = admin::spaces(db, Some(slug)).await.map_err(explain)?;
    let space = found.into_iter().next();
    space.with_context(|| format!("there is no space \"{slug}\""))
}

/// Tells what was done, how many sign-ins that ended, and whether a running hub took the secret.
async fn report(
    db: &PgPool,
    common: &Common,
    slug: &str,
    done: &str,
    ended: Option<i64>,
) -> anyhow::Result<()> {
    let since = tokio::time::Instant::now();
    let space = loop {
        let space = find(db, slug).await?;
        if space.secret != "waiting" || since.elapsed() > PATIENCE {
            break space;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    };
    let secret = match (space.secret.as_str(), &space.secret_problem) {
        ("waiting", _) => " No hub is running; the first that starts seals its secret.".to_owned(),
        (_, Some(problem)) => format!(" But its secret is refused: {problem}."),
        _ => String::new(),
    };
    let mut json = serde_json::to_value(&space)?;
    let mut text = format!("{slug} {done}.");
    if let Some(ended) = ended {
        json["ended"] = ended.into();
        text = format!("{text} {}", ended_text(ended));
    }
    let to_register = match done == ADDED {
        true => to_register(&space),
        false => String::new(),
    };
    common.say(&json, &format!("{text}{secret}{to_register}"))
}

fn ended_text(ended: i64) -> String {
    format!("{ended} sign-in(s) ended.")
}

fn overview(spaces: &[SpaceRow]) -> String {
    let row = |space: &SpaceRow| {
        [
            space.slug.clone(),
            space.name.clone(),
            space.base_url.clone(),
            if space.enabled { "enabled" } else { "disabled" }.to_owned(),
            space.secret.clone(),
            limits(space),
            space.people.to_string(),
        ]
    };
    let titles = [
        "slug", "name", "site", "state", "secret", "limits", "people",
    ];
    table(titles, spaces.iter().map(row).collect())
}

/// As it is registered at Backlog; the URL of the hub is a setting of the service.
fn redirect_uri(space: &SpaceRow) -> String {
    match space.redirect_uri.starts_with('/') {
        true => format!("<MCP_SERVER_BASE_URL>{}", space.redirect_uri),
        false => space.redirect_uri.clone(),
    }
}

/// What an operator has to see to before the first sign-in.
fn to_register(space: &SpaceRow) -> String {
    let uri = redirect_uri(space);
    let note = format!(" Its redirect URI at Backlog must be {uri}.");
    let is_nulabs =
        BacklogUrl::parse(&space.base_url).is_ok_and(|url| Sites::of_nulab().contain(&url));
    match is_nulabs {
        true => note,
        false => format!(
            "{note} {} is not below a domain of Nulab: the hub uses it only if BACKLOG_SITES has it.",
            space.base_url
        ),
    }
}

fn limits(space: &SpaceRow) -> String {
    let mut limits = Vec::new();
    if space.is_default {
        limits.push("default".to_owned());
    }
    if space.listed {
        limits.push("listed".to_owned());
    }
    if space.read_only {
        limits.push("read only".to_owned());
    }
    if let Some(toolsets) = &space.toolsets {
        limits.push(toolsets.join(","));
    }
    if let Some(projects) = &space.allowed_projects {
        limits.push(projects.join(","));
    }
    limits.join("; ")
}

fn all_or(limit: Option<&[String]>) -> String {
    limit.map_or_else(|| "all".to_owned(), |names| names.join(", "))
}

fn details(space: &SpaceRow) -> String {
    let secret = match &space.secret_problem {
        Some(problem) => format!("{}: {problem}", space.secret),
        None => space.secret.clone(),
    };
    sheet(&[
        ("slug", space.slug.clone()),
        ("name", space.name.clone()),
        ("site", space.base_url.clone()),
        ("client ID", space.oauth_client_id.clone()),
        ("client secret", secret),
        ("redirect URI", redirect_uri(space)),
        ("host names", space.hostnames.join(", ")),
        ("enabled", yes_no(space.enabled)),
        ("default", yes_no(space.is_default)),
        ("listed", yes_no(space.listed)),
        ("from the environment", yes_no(space.from_environment)),
        ("read only", yes_no(space.read_only)),
        ("toolsets", all_or(space.toolsets.as_deref())),
        ("projects", all_or(space.allowed_projects.as_deref())),
        ("people", space.people.to_string()),
        ("sign-ins", space.live_grants.to_string()),
        ("created", time(space.created_at)),
        ("changed", time(space.updated_at)),
    ])
}
