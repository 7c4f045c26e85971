//! The options of the operator's commands for the database of a hub and its keys.

use std::path::PathBuf;

use anyhow::Context;

use foundation::random::Random;
use sealing::KeyRing;
use secrecy::SecretString;
use sqlx::PgPool;

use crate::{
    app::OWN_KEY_FILE,
    config::{self, given_secret},
    db,
};

/// Options that locate the hub's database.
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[derive(Clone, Debug, clap::Args)]
pub(super) struct DatabaseArgs {
    /// PostgreSQL of the hub, e.g. postgres://user:password@host/database [default: the built-in
    /// one of the hub that runs on the data directory]
    #[arg(
        long,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        global = true
    )]
    database_url: Option<SecretString>,
    /// Data directory of that hub [default: as for `serve`]
    #[arg(long, env = "DATA_DIR", value_name = "DIR", value_parser = config::path(), global = true)]
    data_dir: Option<PathBuf>,
}

/// The hub's master keys.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct KeyArgs {
    /// Master keys as id:base64[,id:base64…]; the first one encrypts [default: the key that the
    /// hub generated in its data directory]
    #[arg(
        long,
        env = "ENCRYPTION_KEYS",
        hide_env_values = true,
        value_name = "KEYS"
    )]
    encryption_keys: Option<SecretString>,
    /// A file with the master keys, one id:base64 per line, in place of --encryption-keys
    #[arg(long, env = "ENCRYPTION_KEYS_FILE", value_name = "FILE")]
    encryption_keys_file: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The setting, or the URL that a running hub wrote to its data directory.
    pub(super) fn url(&self) -> anyhow::Result<SecretString> {
        if let Some(url) = given_secret(self.database_url.clone()) {
            return Ok(url);
        }
        let data_dir = self.data_dir()?;
        let file = embedded_postgres::url_file(&data_dir);
        let text = std::fs::read_to_string(&file).with_context(|| {
            format!(
                "DATABASE_URL is not set, and no hub runs on {}; set it, or start the hub",
                data_dir.display()
            )
        })?;
        Ok(text.into())
    }

    /// A pool of one connection.
    pub(super) async fn open(&self) -> anyhow::Result<PgPool> {
        db::pool::connect(&self.url()?, 1)
            .await
            .map_err(|error| anyhow::anyhow!("{error}"))
    }

    fn data_dir(&self) -> anyhow::Result<PathBuf> {
        let given = self.data_dir.clone();
        let given = given.filter(|path| !path.as_os_str().is_empty());
        Ok(given.map_or_else(config::default_data_dir, Ok)?)
    }
}

impl KeyArgs {
    /// The setting, or the key that the hub of `database` generated.
    pub(super) fn ring(&self, database: &DatabaseArgs) -> anyhow::Result<KeyRing> {
        let keys = match self.given()? {
            Some(keys) => keys,
            None => {
                let file = database.data_dir()?.join(OWN_KEY_FILE);
                let text = std::fs::read_to_string(&file).with_context(|| {
                    format!(
                        "ENCRYPTION_KEYS is not set, and cannot read the key file {}",
                        file.display()
                    )
                })?;
                text.into()
            }
        };
        parse(&keys)
    }

    /// The same for a command that can do without keys: the generated key is read only if the
    /// database is the built-in one.
    pub(super) fn ring_if_any(&self, database: &DatabaseArgs) -> anyhow::Result<Option<KeyRing>> {
        let keys = match self.given()? {
            Some(keys) => keys,
            None if given_secret(database.database_url.clone()).is_some() => return Ok(None),
            None => match std::fs::read_to_string(database.data_dir()?.join(OWN_KEY_FILE)) {
                Ok(text) => text.into(),
                Err(_) => return Ok(None),
            },
        };
        parse(&keys).map(Some)
    }

    fn given(&self) -> anyhow::Result<Option<SecretString>> {
        let (keys, file) = (&self.encryption_keys, &self.encryption_keys_file);
        Ok(config::encryption_keys(keys.clone(), file.clone())?)
    }
}

fn parse(keys: &SecretString) -> anyhow::Result<KeyRing> {
    KeyRing::parse(keys, Random::system())
        .map_err(|error| anyhow::anyhow!("ENCRYPTION_KEYS: {error}"))
}
