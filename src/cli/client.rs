//! `client`: lists, registers and revokes MCP clients.

use std::{fmt::Write, path::PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use foundation::random::Random;
use oauth_values::{
    redirect_uri::RedirectKind,
    registration::{AuthMethod, ClientMetadata, Registration},
    token::ClientSecret,
};
use sealing::SecretHasher;
use serde_json::json;
use sqlx::PgPool;

use super::{
    operator::{Common, OperatorArgs, explain},
    output::{sheet, table, time},
};
use crate::db::admin::{self, ClientRow, NewClient};

pub(super) type Args = OperatorArgs<Verb>;

#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// List the clients, newest first
    List,
    /// Show one client
    Show {
        /// The client_id, as `client list` shows it
        client_id: String,
    },
    /// Register a client; prints its client_id and, once, its secret
    Register(Box<Register>),
    /// Print a new client secret and its hash, for admin.register_client
    Secret,
    /// Delete a client and revoke its grants; one that registers itself can do so again
    Revoke {
        /// The client_id, as `client list` shows it
        client_id: String,
    },
}

#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[derive(Debug, clap::Args)]
pub(super) struct Register {
    /// Name on the consent page
    #[arg(long)]
    name: String,
    /// Redirect URI, e.g. https://desk.example.com/callback; repeat the option for several. Use
    /// http:// to another computer only in an intranet
    #[arg(long = "redirect-uri", required = true, value_name = "URI")]
    redirect_uris: Vec<String>,
    /// Slug of the only space that the client may use [default: any space]
    #[arg(long, value_name = "SLUG")]
    space: Option<String>,
    /// How the client authenticates at the token endpoint
    #[arg(long, value_enum, default_value_t = Method::None)]
    auth_method: Method,
    /// A file with the client's public keys (a JWK set), for private-key-jwt
    #[arg(long, value_name = "FILE")]
    jwks_file: Option<PathBuf>,
    /// URL of the client's public keys (a JWK set), for private-key-jwt
    #[arg(long, value_name = "URL")]
    jwks_uri: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Method {
    /// A public client: PKCE alone
    None,
    /// A secret, in the body or by HTTP Basic
    ClientSecretPost,
    /// A secret, by HTTP Basic or in the body
    ClientSecretBasic,
    /// An assertion signed with the client's private key
    PrivateKeyJwt,
}

impl Method {
    fn as_auth_method(self) -> AuthMethod {
        match self {
            Self::None => AuthMethod::None,
            Self::ClientSecretPost => AuthMethod::ClientSecretPost,
            Self::ClientSecretBasic => AuthMethod::ClientSecretBasic,
            Self::PrivateKeyJwt => AuthMethod::PrivateKeyJwt,
        }
    }
}

pub(super) async fn run(args: Args) -> anyhow::Result<()> {
    let common = &args.common;
    match args.verb {
        Verb::List => {
            let db = common.connect().await?;
            let clients = admin::clients(&db, None).await.map_err(explain)?;
            common.say(&clients, &overview(&clients))
        }
        Verb::Show { client_id } => {
            let db = common.connect().await?;
            let found = admin::clients(&db, Some(&client_id)).await;
            let client = found.map_err(explain)?.into_iter().next();
            let client = client.with_context(|| {
                format!("unknown client \"{client_id}\"; `client list` shows the clients")
            })?;
            common.say(&client, &details(&client))
        }
        Verb::Register(register) => register.run(common).await,
        Verb::Secret => {
            let (secret, hash) = new_secret()?;
            let secret = secret.reveal();
            common.say(
                &json!({ "client_secret": secret, "client_secret_hash": hash }),
                &format!("client_secret       {secret}\nclient_secret_hash  {hash}"),
            )
        }
        Verb::Revoke { client_id } => {
            let db = common.connect().await?;
            common.confirm(&format!(
                "This deletes client {client_id} and revokes all its grants."
            ))?;
            let ended = admin::revoke_client(&db, &client_id)
                .await
                .map_err(explain)?;
            common.say(
                &json!({ "ended": ended }),
                &format!("{ended} grant(s) revoked."),
            )
        }
    }
}

impl Register {
    async fn run(self, common: &Common) -> anyhow::Result<()> {
        let method = self.auth_method.as_auth_method();
        let jwks = self.jwks()?;
        // Checks the rules of the protocol here, with the error text that a client would get.
        let registration = ClientMetadata {
            redirect_uris: self.redirect_uris.clone(),
            client_name: Some(self.name.clone()),
            token_endpoint_auth_method: Some(method.as_str().to_owned()),
            jwks: jwks.clone(),
            jwks_uri: self.jwks_uri.clone(),
            ..ClientMetadata::default()
        }
        .validate_trusted()
        .map_err(|error| anyhow::anyhow!("{}", error.description))?;
        warn_of_plain_http(&registration);

        let db: PgPool = common.connect().await?;
        let secret = match method.needs_secret() {
            true => Some(new_secret()?),
            false => None,
        };
        let client_id = admin::register_client(
            &db,
            &NewClient {
                name: &self.name,
                redirect_uris: &self.redirect_uris,
                space: self.space.as_deref(),
                auth_method: method.as_str(),
                secret_hash: secret.as_ref().map(|(_, hash)| hash.as_str()),
                jwks: jwks.as_ref(),
                jwks_uri: self.jwks_uri.as_deref(),
            },
        )
        .await
        .map_err(explain)?;
        let secret = secret.as_ref().map(|(secret, _)| secret.reveal());
        let mut text = format!("client_id      {client_id}");
        if let Some(secret) = secret {
            let _ = write!(
                text,
                "\nclient_secret  {secret}\n\
                 Save the secret now: it is not stored and cannot be shown again."
            );
        }
        common.say(
            &json!({ "client_id": client_id, "client_secret": secret }),
            &text,
        )
    }

    fn jwks(&self) -> anyhow::Result<Option<serde_json::Value>> {
        let Some(file) = &self.jwks_file else {
            return Ok(None);
        };
        let read = || anyhow::Ok(serde_json::from_slice(&std::fs::read(file)?)?);
        read()
            .map(Some)
            .with_context(|| format!("cannot read a JWK set from --jwks-file {}", file.display()))
    }
}

/// Warns of the risk of redirect URIs that are not encrypted.
fn warn_of_plain_http(registration: &Registration) {
    let plain = registration
        .redirect_uris
        .iter()
        .filter(|uri| uri.kind() == RedirectKind::PlainHttp);
    for uri in plain {
        eprintln!(
            "warning: the redirect URI {} is not encrypted. Anyone on the network path can read \
             the authorization code and impersonate the client. Use https if the client can.",
            uri.as_str()
        );
    }
}

fn new_secret() -> anyhow::Result<(ClientSecret, String)> {
    let random = Random::system();
    let secret = ClientSecret::generate(&random);
    let hash = SecretHasher::new(1, random).hash(&secret.reveal().into())?;
    Ok((secret, hash))
}

fn overview(clients: &[ClientRow]) -> String {
    let row = |client: &ClientRow| {
        [
            client.client_id.clone(),
            client.name.clone().unwrap_or_default(),
            client.origin.clone(),
            client.space.clone().unwrap_or_default(),
            client.live_grants.to_string(),
            client.last_used_at.map(time).unwrap_or_default(),
        ]
    };
    let titles = [
        "client_id",
        "name",
        "origin",
        "space",
        "grants",
        "last used",
    ];
    table(titles, clients.iter().map(row).collect())
}

fn details(client: &ClientRow) -> String {
    sheet(&[
        ("client_id", client.client_id.clone()),
        ("name", client.name.clone().unwrap_or_default()),
        ("origin", client.origin.clone()),
        (
            "space",
            client.space.clone().unwrap_or_else(|| "any".into()),
        ),
        ("redirect URIs", client.redirect_uris.join(" ")),
        ("authentication", client.token_endpoint_auth_method.clone()),
        ("scopes", client.scopes.join(" ")),
        ("grants", client.live_grants.to_string()),
        ("registered", time(client.created_at)),
        (
            "last used",
            client.last_used_at.map(time).unwrap_or_default(),
        ),
    ])
}
