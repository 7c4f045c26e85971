//! Upload links, as the tools create and find them. `web::upload_link` receives the files.
//!
//! 1. A link belongs to one grant. Its secret is stored as a hash only; its id, which is no secret,
//!    names it to the client.
//! 2. It takes one file, within ten minutes. Its id finds the file for a day.

use std::time::Duration;

use chrono::{DateTime, Utc};
use foundation::{clock::Clock, random::Random};
use oauth_values::{CheckKey, token::UploadToken};
use sqlx::PgPool;
use url::Url;

use crate::{
    db::{
        self,
        upload_links::{NewUploadLink, UploadLink},
    },
    domain::{GrantId, UploadLinkId},
};

/// The path of a link, at the origin of the grant's MCP endpoint. The secret is in the query, which
/// the access logs of proxies leave out as they do for authorization codes.
pub const PATH: &str = "/upload";
/// The parameter with the secret.
pub const SECRET: &str = "link";
/// The parameter with the name of the file, of a `PUT`.
pub const NAME: &str = "name";
/// The maximum size of a file in bytes. Backlog's own limit depends on the plan of the space.
pub const MAX_BYTES: u64 = 100 << 20;
/// How long a link may be used.
pub const LIFETIME: Duration = Duration::from_mins(10);
/// The maximum number of usable links of a grant; a few more if several are created at once.
const MAX_OPEN: i64 = 20;

/// A link that was created, with the secret in its URL.
pub struct NewLink {
    pub id: UploadLinkId,
    pub url: Url,
    pub expires_at: DateTime<Utc>,
}

#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("the grant has {MAX_OPEN} upload links that were not used yet")]
    TooMany,
    #[error("the grant has ended")]
    GrantEnded,
    #[error("the resource of the grant is not a URL")]
    Resource(#[from] url::ParseError),
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
}

/// Creates and finds links. Cheap to clone.
#[derive(Clone, Debug)]
pub struct UploadLinks {
    pub db: PgPool,
    pub check_key: CheckKey,
    pub clock: Clock,
    pub random: Random,
}

impl UploadLinks {
    /// Creates a link, for a file with this name if the client knows it.
    pub async fn create(
        &self,
        grant: GrantId,
        file_name: Option<&str>,
    ) -> Result<NewLink, LinkError> {
        if db::upload_links::count_open(&self.db, grant).await? >= MAX_OPEN {
            return Err(LinkError::TooMany);
        }
        let secret = UploadToken::issue(&self.random, &self.check_key);
        let link = NewUploadLink {
            hash: secret.hash(),
            id: UploadLinkId::new(&self.clock, &self.random),
            grant,
            file_name,
            lifetime: LIFETIME,
        };
        let inserted = db::upload_links::insert(&self.db, &link).await?;
        let inserted = inserted.ok_or(LinkError::GrantEnded)?;
        let mut url = Url::parse(&inserted.resource)?;
        url.set_path(PATH);
        url.set_query(Some(&format!("{SECRET}={}", secret.reveal())));
        Ok(NewLink {
            id: link.id,
            url,
            expires_at: inserted.expires_at,
        })
    }

    /// Finds a link of this grant; `None` if there is none, or it is of another grant.
    pub async fn find(
        &self,
        grant: GrantId,
        id: UploadLinkId,
    ) -> Result<Option<UploadLink>, sqlx::Error> {
        db::upload_links::find_of_grant(&self.db, grant, id).await
    }
}
