//! `client`: clients that an operator registers by hand.

use std::path::PathBuf;

use anyhow::Context;
use clap::ValueEnum;
use secrecy::SecretString;

use crate::{
    clock::Clock,
    config,
    crypto::SecretHasher,
    db::{self, clients::NewClient},
    domain::ClientKey,
    embedded,
    oauth::{
        registration::{AuthMethod, ClientMetadata},
        token::ClientSecret,
    },
    random::Random,
};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Register a client; prints its client_id, and its secret, once
    Register(Box<Register>),
}

#[derive(Debug, clap::Args)]
pub struct Register {
    /// What people see on the consent page
    #[arg(long)]
    name: String,
    /// Where the client is answered; repeat it for several
    #[arg(long = "redirect-uri", required = true, value_name = "URI")]
    redirect_uris: Vec<String>,
    /// The space the client belongs to, by its slug; without it, any
    #[arg(long, value_name = "SLUG")]
    space: Option<String>,
    /// How the client proves itself
    #[arg(long, value_enum, default_value_t = Method::None)]
    auth_method: Method,
    /// PostgreSQL of the hub; without it the one that a running hub has in its data directory
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<SecretString>,
    /// Data directory of that hub
    #[arg(long, env = "DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Method {
    /// A public client: PKCE alone
    None,
    /// A secret in the body
    ClientSecretPost,
    /// A secret by HTTP Basic
    ClientSecretBasic,
}

impl Method {
    fn as_auth_method(self) -> AuthMethod {
        match self {
            Self::None => AuthMethod::None,
            Self::ClientSecretPost => AuthMethod::ClientSecretPost,
            Self::ClientSecretBasic => AuthMethod::ClientSecretBasic,
        }
    }
}

pub async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Register(register) => register.run().await,
    }
}

impl Register {
    async fn run(self) -> anyhow::Result<()> {
        let (clock, random) = (Clock::system(), Random::system());
        let registration = ClientMetadata {
            redirect_uris: self.redirect_uris,
            client_name: Some(self.name),
            token_endpoint_auth_method: Some(self.auth_method.as_auth_method().as_str().to_owned()),
            ..ClientMetadata::default()
        }
        .validate()
        .map_err(|error| anyhow::anyhow!("{}", error.description))?;

        let db = db::pool::connect(&database_url(self.database_url, self.data_dir)?, 1)
            .await
            .map_err(|error| anyhow::anyhow!("DATABASE_URL {error}"))?;
        let space = match &self.space {
            None => None,
            Some(slug) => Some(
                db::spaces::find_by_slug(&db, slug)
                    .await?
                    .with_context(|| format!("--space: there is no space \"{slug}\""))?
                    .id,
            ),
        };
        let secret = registration
            .auth_method
            .needs_secret()
            .then(|| ClientSecret::generate(&random));
        let secret_hash = match &secret {
            None => None,
            Some(secret) => {
                let hasher = SecretHasher::new(1, random.clone());
                Some(hasher.hash(secret.reveal().into()).await?)
            }
        };
        let key = ClientKey::new(&clock, &random);
        db::clients::register_by_operator(
            &db,
            &NewClient {
                key,
                client_id: &key.to_string(),
                space_id: space,
                registration: &registration,
                secret_hash: secret_hash.as_deref(),
                registration_token: None,
            },
        )
        .await?;
        println!("client_id      {key}");
        if let Some(secret) = &secret {
            println!("client_secret  {}", secret.reveal());
            println!("Keep the secret: it is not stored and cannot be shown again.");
        }
        Ok(())
    }
}

/// The setting, or what a running hub left in its data directory.
pub(super) fn database_url(
    url: Option<SecretString>,
    data_dir: Option<PathBuf>,
) -> anyhow::Result<SecretString> {
    if let Some(url) = url {
        return Ok(url);
    }
    let data_dir = data_dir.map_or_else(config::default_data_dir, Ok)?;
    let file = embedded::url_file(&data_dir);
    let text = std::fs::read_to_string(&file).with_context(|| {
        format!(
            "DATABASE_URL is not set, and no hub is running on {}",
            data_dir.display()
        )
    })?;
    Ok(text.into())
}
