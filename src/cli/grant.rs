//! `grant`: lists and revokes grants.

use serde_json::json;
use uuid::Uuid;

use super::{
    operator::{OperatorArgs, explain},
    output::{table, time},
};
use crate::db::admin::{self, GrantFilter, GrantRow};

pub(super) type Args = OperatorArgs<Verb>;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// List the grants
    List {
        /// Only grants for this space
        #[arg(long, value_name = "SLUG")]
        space: Option<String>,
        /// Only grants of this Backlog user ID
        #[arg(long, value_name = "ID")]
        user: Option<i64>,
        /// Include revoked grants
        #[arg(long)]
        all: bool,
    },
    /// Revoke one grant
    Revoke {
        /// Id of the grant, as `grant list` shows it
        id: Uuid,
    },
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let common = &args.common;
    let db = common.connect().await?;
    match args.verb {
        Verb::List { space, user, all } => {
            let filter = GrantFilter {
                space: space.as_deref(),
                backlog_user_id: user,
                all,
            };
            let grants = admin::grants(&db, &filter).await.map_err(explain)?;
            common.say(&grants, &overview(&grants))
        }
        Verb::Revoke { id } => {
            common.confirm(&format!("This revokes grant {id}."))?;
            let ended = admin::revoke_grant(&db, id).await.map_err(explain)?;
            let text = if ended {
                "The grant was revoked."
            } else {
                "The grant had been revoked before."
            };
            common.say(&json!({ "ended": i64::from(ended) }), text)
        }
    }
}

fn overview(grants: &[GrantRow]) -> String {
    let row = |grant: &GrantRow| {
        [
            grant.id.to_string(),
            grant.space.clone(),
            format!("{} ({})", grant.backlog_user_name, grant.backlog_user_id),
            grant
                .client_name
                .clone()
                .unwrap_or_else(|| grant.client_id.clone()),
            grant.scopes.join(" "),
            grant
                .projects
                .as_ref()
                .map_or_else(|| "all".to_owned(), |keys| keys.join(",")),
            time(grant.created_at),
            match (&grant.revoked_reason, grant.revoked_at) {
                (Some(reason), Some(at)) => format!("revoked {}: {reason}", time(at)),
                _ => match grant.account.as_deref() {
                    Some("ended") => "waiting for a sign-in".to_owned(),
                    Some("in_doubt") => "live, in doubt".to_owned(),
                    _ => "live".to_owned(),
                },
            },
        ]
    };
    let titles = [
        "id", "space", "user", "client", "scopes", "projects", "since", "state",
    ];
    table(titles, grants.iter().map(row).collect())
}
