//! Opens and migrates the database, checks the keys, and writes the space of the environment.

use std::{path::Path, sync::Arc};

use embedded_postgres::EmbeddedPostgres;
use foundation::random::Random;
use oauth_values::CheckKey;
use sealing::{KeyRing, Place, UnsealError};
use secrecy::SecretString;
use sqlx::{Connection, PgPool};

use super::{error::StartError, sources::Sources};
use crate::{
    accounts::backlog_tokens::access_token_place,
    config::{DefaultSpaceSettings, Settings, Storage},
    db::{self, spaces::EnvironmentSpace},
    domain::{SpaceId, space::secret_place},
    secret_file,
};

const MAX_DATABASE_CONNECTIONS: u32 = 20;
/// The file in the data directory with the key that the hub generated.
pub const OWN_KEY_FILE: &str = "encryption.keys";

/// The opened storage: its schema is up to date, and its keys open what is sealed.
pub(super) struct OpenStorage {
    pub db: PgPool,
    pub keys: Arc<KeyRing>,
    pub check_key: CheckKey,
    pub postgres: Option<EmbeddedPostgres>,
}

impl OpenStorage {
    pub(super) async fn open(
        settings: &Settings,
        sources: &Sources,
        progress: impl Fn(&str),
    ) -> Result<Self, StartError> {
        let random = &sources.random;
        // Fails before a cluster is created for a service that cannot start.
        if let Some(given) = settings.storage.given_keys() {
            KeyRing::parse(given, random.clone())?;
        }
        let (url, keys, postgres) = locate(&settings.storage, random, progress).await?;
        let db = db::pool::connect(&url, MAX_DATABASE_CONNECTIONS).await?;
        // This comes before the first statement that a pooler would break.
        db::probe::probe(&db, random).await?;
        migrate(&url).await?;
        let keys = KeyRing::parse(&keys, random.clone())?;
        check_keys(&db, &keys).await?;
        let check_key = check_key(&db, &keys, random).await?;
        if let Some(space) = &settings.default_space {
            write_space(&db, space, &keys, sources).await?;
        }
        Ok(Self {
            db,
            keys: Arc::new(keys),
            check_key,
            postgres,
        })
    }
}

/// The URL of the database, the master keys, and the built-in PostgreSQL if the settings name no
/// other.
async fn locate(
    storage: &Storage,
    random: &Random,
    progress: impl Fn(&str),
) -> Result<(SecretString, SecretString, Option<EmbeddedPostgres>), StartError> {
    match storage {
        Storage::External { url, keys } => Ok((url.clone(), keys.clone(), None)),
        Storage::Embedded { data_dir, keys } => {
            let postgres = EmbeddedPostgres::start(data_dir, random, progress).await?;
            let keys = match keys {
                Some(keys) => keys.clone(),
                None => own_key(&data_dir.join(OWN_KEY_FILE), random)?,
            };
            Ok((postgres.url().clone(), keys, Some(postgres)))
        }
    }
}

/// Applies the missing migrations over a separate connection; returns how many there were.
pub async fn migrate(url: &SecretString) -> Result<usize, StartError> {
    let mut connection = db::pool::connect_once(url).await?;
    let applied = db::migrate::migrate(&mut connection).await?;
    connection.close().await?;
    if applied > 0 {
        tracing::info!(applied, "updated the database schema");
    }
    Ok(applied)
}

/// The key that the hub generated earlier or generates now; only its owner can read the file.
fn own_key(path: &Path, random: &Random) -> Result<SecretString, StartError> {
    let generate = || KeyRing::generate("k1", random);
    secret_file::read_or_generate(path, generate).map_err(|error| StartError::KeyFile {
        path: path.to_owned(),
        error,
    })
}

/// Checks that the ring has every key that sealed text needs, unchanged.
pub(super) async fn check_keys(db: &PgPool, keys: &KeyRing) -> Result<(), StartError> {
    let needed = db::spaces::sealing_key_ids(db).await?;
    if let Some(missing) = needed
        .into_iter()
        .find(|id| !keys.ids().any(|known| known == id))
    {
        return Err(StartError::MissingKey(missing));
    }
    let opens = |place: Place<'_>, sealed: &str| match keys.open(place, sealed) {
        Ok(_) => Ok(()),
        Err(_) => Err(StartError::WrongKey(key_id(sealed))),
    };
    for sample in db::spaces::sealed_samples(db).await? {
        opens(secret_place(&sample.row, &sample.base_url), &sample.sealed)?;
    }
    for (table, samples) in [
        ("accounts", db::accounts::sealed_samples(db).await?),
        ("grants", db::grants::sealed_samples(db).await?),
    ] {
        for sample in samples {
            let place = access_token_place(table, &sample.row, &sample.base_url);
            opens(place, &sample.sealed)?;
        }
    }
    if let Some(stored) = db::check_key::find(db).await? {
        opens(CHECK_KEY, &stored.sealed)?;
    }
    Ok(())
}

const CHECK_KEY: Place<'static> = Place {
    table: "check_key",
    column: "key",
    row: db::check_key::ROW,
    bound_to: "",
};

/// The key of the keyed checks. The first start generates it. If several replicas start together,
/// one row is stored, and all replicas use it.
async fn check_key(db: &PgPool, keys: &KeyRing, random: &Random) -> Result<CheckKey, StartError> {
    let stored = match db::check_key::find(db).await? {
        Some(stored) => stored,
        None => {
            let sealed = keys.seal(CHECK_KEY, &CheckKey::generate(random));
            db::check_key::insert(db, &sealed).await?;
            db::check_key::find(db)
                .await?
                .ok_or(sqlx::Error::RowNotFound)?
        }
    };
    let sealed = &stored.sealed;
    let opened = keys.open(CHECK_KEY, sealed).map_err(|error| match error {
        UnsealError::UnknownKey(id) => StartError::MissingKey(id),
        UnsealError::Altered | UnsealError::Malformed => StartError::WrongKey(key_id(sealed)),
    })?;
    let key = CheckKey::parse(&opened).map_err(|_| StartError::WrongKey(key_id(sealed)))?;
    Ok(key.replacing_another(stored.replaced))
}

fn key_id(sealed: &str) -> String {
    sealed.split(':').nth(2).unwrap_or_default().to_owned()
}

/// Writes the space of the environment.
async fn write_space(
    db: &PgPool,
    space: &DefaultSpaceSettings,
    keys: &KeyRing,
    sources: &Sources,
) -> Result<(), StartError> {
    let base_url = space.url.as_str();
    let host = base_url
        .split_once("://")
        .map_or(base_url, |(_, host)| host);
    let mut transaction = db.begin().await?;
    db::spaces::lock_default(&mut *transaction).await?;
    let known = db::spaces::of_environment(&mut *transaction, base_url).await?;
    let id = match &known {
        None => SpaceId::new(&sources.clock, &sources.random),
        Some(known) => {
            if known.base_url != base_url {
                // The database revokes the grants, as after every change of the URL.
                tracing::warn!(
                    from = known.base_url,
                    to = base_url,
                    "BACKLOG_DOMAIN names another site; all users must sign in again"
                );
            }
            known.id
        }
    };
    let mut slug = slug(host);
    let namesake = db::spaces::find_by_slug(&mut *transaction, &slug).await?;
    if namesake.is_some_and(|space| space.id != id) {
        slug = format!("{slug:.50}-{:.8}", id.to_string());
    }
    db::spaces::upsert_of_environment(
        &mut *transaction,
        &EnvironmentSpace {
            id,
            slug: &slug,
            name: space.name.as_deref().unwrap_or(host),
            base_url,
            oauth_client_id: &space.oauth_client_id,
            oauth_client_secret: &keys.seal(
                secret_place(&id.to_string(), base_url),
                &space.oauth_client_secret,
            ),
        },
    )
    .await?;
    transaction.commit().await?;
    Ok(())
}

/// The slug of the space: the first label of the host, or `default` if that is no valid slug.
fn slug(host: &str) -> String {
    let label = host
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let is_slug = label.len() <= 63
        && label.starts_with(|c: char| c.is_ascii_lowercase())
        && label.ends_with(|c: char| c.is_ascii_alphanumeric())
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
    if is_slug { label } else { "default".to_owned() }
}
