//! `space`: manages the Backlog spaces that the hub serves.

use std::time::Duration;

use anyhow::Context;
use backlog_client::{BacklogUrl, Sites};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::{
    access_args::AccessArgs,
    operator::{Common, KeyArgs, OperatorArgs, explain},
    output::{sheet, table, time, yes_no},
    secret_input,
};
use crate::db::admin::{self, SpaceRow, SpaceSettings};

/// How long to wait for a running hub to seal a secret.
const SEAL_TIMEOUT: Duration = Duration::from_secs(3);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How [`report`] describes the change that added a space.
const ADDED: &str = "was added";

pub(super) type Args = OperatorArgs<Verb>;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Add a space; prompts for its client secret, or reads it from standard input
    Add(Box<Add>),
    /// List the spaces
    List,
    /// Show one space
    Show {
        /// Slug of the space
        slug: String,
    },
    /// Change the given settings of a space; the others are kept
    Update(Box<Update>),
    /// Replace the client secret; prompts for it, or reads it from standard input
    SetSecret {
        /// Slug of the space
        slug: String,
        #[command(flatten)]
        keys: KeyArgs,
    },
    /// Enable a space again; its grants work as before
    Enable {
        /// Slug of the space
        slug: String,
    },
    /// Disable a space: no user can use it until it is enabled again; its grants are kept
    Disable {
        /// Slug of the space
        slug: String,
    },
    /// Revoke all grants of a space
    RevokeGrants {
        /// Slug of the space
        slug: String,
    },
    /// Delete a space with its clients and grants
    Delete {
        /// Slug of the space
        slug: String,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// Name of the space in URLs, such as acme
    slug: String,
    /// Host of the space, such as acme.backlog.com
    domain: String,
    /// Client ID of the OAuth application registered at Backlog
    #[arg(long, value_name = "ID")]
    oauth_client_id: String,
    /// Use this space for sign-ins that name none [default: no]
    #[arg(long)]
    default: bool,
    /// Show this space to all users who must choose one; without it, they must enter its name
    /// [default: no]
    #[arg(long)]
    listed: bool,
    /// Offer only read-only tools [default: no]
    #[arg(long)]
    read_only: bool,
    #[command(flatten)]
    rest: Rest,
}

#[derive(Debug, clap::Args)]
pub(super) struct Update {
    /// Slug of the space
    slug: String,
    /// New host of the space; prompts for its client secret. All users must sign in again
    #[arg(long, value_name = "HOST")]
    domain: Option<String>,
    /// Client ID of the OAuth application registered at Backlog
    #[arg(long, value_name = "ID")]
    oauth_client_id: Option<String>,
    /// Use this space for sign-ins that name none
    #[arg(long, value_name = "true|false")]
    default: Option<bool>,
    /// Show this space to all users who must choose one; without it, they must enter its name
    #[arg(long, value_name = "true|false")]
    listed: Option<bool>,
    /// Use a redirect URI for this space alone instead of the shared one; register it at Backlog
    /// first
    #[arg(long)]
    own_redirect_uri: bool,
    /// Offer only read-only tools
    #[arg(long, value_name = "true|false")]
    read_only: Option<bool>,
    #[command(flatten)]
    rest: Rest,
}

#[derive(Debug, clap::Args)]
struct Rest {
    /// Name that users see [default: the host]
    #[arg(long)]
    name: Option<String>,
    /// Host names that serve this space alone; DNS and TLS must lead them to the hub
    #[arg(long, value_delimiter = ',', value_name = "HOST,…")]
    hostnames: Option<Vec<String>>,
    /// Offer only the tools of these toolsets; `all` removes the limit
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    toolsets: Option<Vec<String>>,
    /// Offer only these tools, by their names without a prefix; `all` removes the limit
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    tools: Option<Vec<String>>,
    /// Do not offer these tools, nor work tools that need them; `none` removes the limit
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    exclude_tools: Option<Vec<String>>,
    /// Restrict tools to these projects; `all` removes the restriction
    #[arg(long, value_delimiter = ',', value_name = "KEY,…")]
    projects: Option<Vec<String>>,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    keys: KeyArgs,
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
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
            common.confirm(&format!(
                "This revokes all grants of {slug}; all its users must sign in again."
            ))?;
            let ended = admin::revoke_space_grants(&db, &slug).await;
            let ended = ended.map_err(explain)?;
            common.say(&json!({ "ended": ended }), &ended_text(ended))
        }
        Verb::Delete { slug } => {
            common.confirm(&format!(
                "This deletes {slug} with all its clients and grants."
            ))?;
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
        let mut transaction = db.begin().await.map_err(explain)?;
        let created = admin::create_space(&mut *transaction, &self.slug, &settings).await;
        created.map_err(explain)?;
        self.rest.limit(&mut transaction, &self.slug).await?;
        transaction.commit().await.map_err(explain)?;
        report(db, common, &self.slug, ADDED, None).await
    }
}

impl Update {
    async fn run(self, db: &PgPool, common: &Common) -> anyhow::Result<()> {
        let mut ended = None;
        let secret = match &self.domain {
            Some(domain) => {
                let before = find(db, &self.slug).await?;
                // The database rejects an invalid domain, and says why.
                if BacklogUrl::parse(domain).is_ok_and(|url| url.as_str() != before.base_url) {
                    let slug = &self.slug;
                    common.confirm(&format!(
                        "This revokes all grants of {slug}; all its users must sign in again."
                    ))?;
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
        let mut transaction = db.begin().await.map_err(explain)?;
        let limits = self.rest.limit(&mut transaction, &self.slug).await?;
        // Without any change, it reports that there is nothing to change.
        if !limits || settings != SpaceSettings::default() {
            let changed = admin::update_space(&mut *transaction, &self.slug, &settings).await;
            changed.map_err(explain)?;
        }
        transaction.commit().await.map_err(explain)?;
        report(db, common, &self.slug, "was changed", ended).await
    }
}

impl Rest {
    /// Sets the limits that have a function of their own. Returns whether there are any.
    async fn limit(&self, db: &mut PgConnection, slug: &str) -> anyhow::Result<bool> {
        let limits_tools = self.limit_tools(db, slug).await?;
        let limits_access = self.access.apply(db, slug).await?;
        Ok(limits_tools || limits_access)
    }

    /// Limits the tools by name, if the arguments do. Returns whether they do.
    async fn limit_tools(&self, db: &mut PgConnection, slug: &str) -> anyhow::Result<bool> {
        let excluded = self
            .exclude_tools
            .as_ref()
            .map(|names| match names.as_slice() {
                [none] if none == "none" => &[],
                names => names,
            });
        let tools = self.tools.as_deref();
        if tools.is_none() && excluded.is_none() {
            return Ok(false);
        }
        let limited = admin::limit_tools(db, slug, tools, excluded).await;
        limited.map_err(explain)?;
        Ok(true)
    }

    fn settings<'a>(&'a self, secret: Option<&'a SecretString>) -> SpaceSettings<'a> {
        SpaceSettings {
            oauth_client_secret: secret.map(ExposeSecret::expose_secret),
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
    let secret = secret_input::read_secret("Client secret at Backlog")?;
    secret_input::hand_over(keys.as_ref(), domain, secret)
}

async fn find(db: &PgPool, slug: &str) -> anyhow::Result<SpaceRow> {
    let found = admin::spaces(db, Some(slug)).await.map_err(explain)?;
    let space = found.into_iter().next();
    space.with_context(|| format!("unknown space \"{slug}\"; `space list` shows the spaces"))
}

/// Prints what was done, how many grants that revoked, and whether a running hub accepted the
/// secret.
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
        if space.secret != "waiting" || since.elapsed() > SEAL_TIMEOUT {
            break space;
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    };
    let secret = match (space.secret.as_str(), &space.secret_problem) {
        ("waiting", _) => {
            " No hub is running; the next one that starts encrypts the secret.".to_owned()
        }
        (_, Some(problem)) => format!(" The secret was rejected: {problem}."),
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
    format!("{ended} grant(s) revoked.")
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
    let titles = ["slug", "name", "url", "state", "secret", "limits", "users"];
    table(titles, spaces.iter().map(row).collect())
}

/// The redirect URI to register at Backlog. This command does not know the URL of the hub, which is
/// a setting of the service.
fn redirect_uri(space: &SpaceRow) -> String {
    match space.redirect_uri.starts_with('/') {
        true => format!("<MCP_SERVER_BASE_URL>{}", space.redirect_uri),
        false => space.redirect_uri.clone(),
    }
}

/// The configuration that the operator must do before the first sign-in.
fn to_register(space: &SpaceRow) -> String {
    let uri = redirect_uri(space);
    let note = format!(" Its redirect URI at Backlog must be {uri}.");
    let is_nulabs =
        BacklogUrl::parse(&space.base_url).is_ok_and(|url| Sites::of_nulab().contain(&url));
    match is_nulabs {
        true => note,
        false => format!(
            "{note} {} is not below a domain of Nulab: add it to BACKLOG_SITES, or the hub rejects \
             it.",
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
    if let Some(tools) = &space.tools {
        limits.push(tools.join(","));
    }
    if !space.exclude_tools.is_empty() {
        limits.push(format!("without {}", space.exclude_tools.join(",")));
    }
    if let Some(projects) = &space.allowed_projects {
        limits.push(projects.join(","));
    }
    if space.client_policy != "open" {
        limits.push(format!("{} clients", space.client_policy));
    }
    if let Some(networks) = &space.allowed_networks {
        limits.push(networks.join(","));
    }
    if space.personal_tokens {
        limits.push("personal tokens".to_owned());
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
        ("url", space.base_url.clone()),
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
        ("tools", all_or(space.tools.as_deref())),
        ("excluded tools", space.exclude_tools.join(", ")),
        ("projects", all_or(space.allowed_projects.as_deref())),
        ("client policy", space.client_policy.clone()),
        ("client hosts", space.client_hosts.join(", ")),
        ("networks", all_or(space.allowed_networks.as_deref())),
        ("personal tokens", yes_no(space.personal_tokens)),
        ("users", space.people.to_string()),
        ("grants", space.live_grants.to_string()),
        ("created", time(space.created_at)),
        ("changed", time(space.updated_at)),
    ])
}
