//! Live access tokens and what they stand for, kept in memory for seconds.
//!
//! 1. A token's hash is looked up in memory; a miss costs one statement (and one
//!    more at the token's first use).
//! 2. That a token is not live is remembered for some seconds, so that presenting a dead one again
//!    and again costs little.
//! 3. What changes in the database is dropped here when the listener hears of it.
//! 4. While nobody listens, no session in memory is believed.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use moka::future::Cache;
use secrecy::SecretString;
use sqlx::{PgConnection, PgPool};
use tokio_util::task::TaskTracker;

use super::{
    backlog_tokens::{GrantAccess, RenewalError, Renewals, SignedIn},
    space_application::{SpaceApplication, SpaceError},
    space_names::{Name, SpaceNames},
    subscriptions::Subscriptions,
};
use crate::{
    backlog::{
        BacklogError, BacklogTokens, BacklogUrlError, Credentials, Request, Segment, models::User,
    },
    crypto::UnsealError,
    db::{self, access_tokens::Found, accounts::SealedTokens},
    domain::{Change, GrantId, Principal, Space},
    oauth::token::{AccessToken, TokenHash},
};

/// An upper bound on how long a change that nobody heard of goes unnoticed.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);
const MAX_SESSIONS: u64 = 100_000;
/// How long a token that was not live is taken for dead without another look.
const DEAD_FOR: Duration = Duration::from_secs(5);

/// A live access token: who it is, and the way to Backlog.
#[derive(Clone, Debug)]
pub struct Session {
    pub principal: Principal,
    pub access: GrantAccess,
}

/// Why a token could not be looked up.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("a stored token cannot be opened: {0}")]
    Sealed(#[from] UnsealError),
    #[error("the base URL of the space is wrong: {0}")]
    Url(#[from] BacklogUrlError),
    #[error("the Backlog tokens in the grant's row were not adopted: {0}")]
    NotAdopted(RenewalError),
}

/// Why Backlog did not say who somebody is.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error(transparent)]
    Backlog(#[from] BacklogError),
    #[error(transparent)]
    Misconfigured(#[from] SpaceError),
}

#[derive(Clone, Debug)]
pub struct Sessions {
    renewals: Arc<Renewals>,
    by_token: Cache<TokenHash, Arc<Session>>,
    /// Sessions of these are not believed, whichever tokens they are of.
    ended_grants: Cache<GrantId, ()>,
    dead_tokens: Cache<TokenHash, ()>,
    spaces: Arc<SpaceNames>,
    listening: Arc<AtomicBool>,
    subscriptions: Subscriptions,
    /// Counts the changes, so that what was read before one is not kept after it.
    changes: Arc<AtomicU64>,
    /// Those that concern spaces.
    space_changes: Arc<AtomicU64>,
}

impl Sessions {
    pub fn new(renewals: Renewals) -> Self {
        Self {
            renewals: Arc::new(renewals),
            by_token: Cache::builder()
                .max_capacity(MAX_SESSIONS)
                .time_to_live(TIME_TO_LIVE)
                .build(),
            ended_grants: Cache::builder()
                .max_capacity(MAX_SESSIONS)
                // Longer than a session that was remembered before the grant ended.
                .time_to_live(2 * TIME_TO_LIVE)
                .build(),
            dead_tokens: Cache::builder()
                .max_capacity(MAX_SESSIONS)
                .time_to_live(DEAD_FOR)
                .build(),
            spaces: Arc::default(),
            listening: Arc::default(),
            subscriptions: Subscriptions::default(),
            changes: Arc::default(),
            space_changes: Arc::default(),
        }
    }

    /// The session of a presented token, if it is in memory and may be believed.
    pub async fn remembered(&self, token: &AccessToken) -> Option<Arc<Session>> {
        let session = self.remembered_by_hash(token.hash()).await;
        let metrics = &self.renewals.recorder.metrics;
        metrics.session_lookup(session.is_some());
        session
    }

    async fn remembered_by_hash(&self, hash: TokenHash) -> Option<Arc<Session>> {
        if !self.is_listening() {
            return None;
        }
        let session = self.by_token.get(&hash).await?;
        let is_live = session.principal.token_expires_at > self.renewals.clock.now()
            && !session.access.is_stale()
            && !self.ended_grants.contains_key(&session.principal.grant.id);
        is_live.then_some(session)
    }

    /// Looks a presented token up in the database; `None` if it is not live.
    pub async fn find(&self, token: &AccessToken) -> Result<Option<Arc<Session>>, SessionError> {
        let hash = token.hash();
        if self.dead_tokens.contains_key(&hash) {
            return Ok(None);
        }
        let before = self.changes.load(Ordering::Acquire);
        let found = self.find_by_hash(hash).await?;
        if found.is_none() {
            self.dead_tokens.insert(hash, ()).await;
            if self.changes.load(Ordering::Acquire) != before {
                self.dead_tokens.invalidate(&hash).await;
            }
        }
        Ok(found)
    }

    /// The session of a token that was presented before, from memory or the database.
    pub(super) async fn by_hash(
        &self,
        hash: TokenHash,
    ) -> Result<Option<Arc<Session>>, SessionError> {
        match self.remembered_by_hash(hash).await {
            Some(session) => Ok(Some(session)),
            None => self.find_by_hash(hash).await,
        }
    }

    async fn find_by_hash(&self, hash: TokenHash) -> Result<Option<Arc<Session>>, SessionError> {
        let before = self.changes.load(Ordering::Acquire);
        let Some(found) = self.find_adopted(hash).await? else {
            return Ok(None);
        };
        let Some(account) = &found.account else {
            return Ok(None);
        };
        if found.unused {
            db::access_tokens::mark_used(&self.renewals.db, hash).await?;
        }
        let principal = &found.principal;
        let access = GrantAccess::new(&self.renewals, &principal.grant, &principal.space, account)?;
        access.set_stale(false);
        let session = Arc::new(Session {
            principal: found.principal,
            access,
        });
        self.by_token.insert(hash, Arc::clone(&session)).await;
        if self.changes.load(Ordering::Acquire) != before {
            self.by_token.invalidate(&hash).await;
            session.access.set_stale(true);
        }
        Ok(Some(session))
    }

    /// The principal of a token, and the account behind it: made, or brought up to date, where the
    /// grant has Backlog tokens of its own.
    async fn find_adopted(&self, hash: TokenHash) -> Result<Option<Found>, SessionError> {
        let db = &self.renewals.db;
        let found = db::access_tokens::find_principal(db, hash).await?;
        let Some(Principal { grant, space, .. }) = found
            .as_ref()
            .filter(|found| found.is_to_adopt)
            .map(|found| &found.principal)
        else {
            return Ok(found);
        };
        let adopted = self.renewals.adopt(space, grant.backlog_user_id).await;
        adopted.map_err(SessionError::NotAdopted)?;
        Ok(db::access_tokens::find_principal(db, hash).await?)
    }

    pub async fn space_by_slug(
        &self,
        db: &PgPool,
        slug: &str,
    ) -> Result<Option<Arc<Space>>, sqlx::Error> {
        self.space(db, Name::Slug(slug.to_owned())).await
    }

    pub async fn space_by_hostname(
        &self,
        db: &PgPool,
        hostname: &str,
    ) -> Result<Option<Arc<Space>>, sqlx::Error> {
        self.space(db, Name::Host(hostname.to_ascii_lowercase()))
            .await
    }

    async fn space(&self, db: &PgPool, name: Name) -> Result<Option<Arc<Space>>, sqlx::Error> {
        // Before it is asked whether changes are heard of: one that comes between makes it stale.
        let changes = self.space_changes.load(Ordering::Acquire);
        let changes = self.is_listening().then_some(changes);
        self.spaces.find(db, name, changes).await
    }

    /// Drops what a change makes stale.
    pub async fn apply(&self, change: &Change) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        match change {
            Change::Grant(id) => {
                self.ended_grants.insert(*id, ()).await;
                self.dead_tokens.invalidate_all();
            }
            Change::Account(id) => {
                self.renewals.accounts.note_change(*id);
                self.dead_tokens.invalidate_all();
            }
            Change::Token(hash) => self.by_token.invalidate(hash).await,
            Change::Space => self.drop_all(),
            Change::Secret => {}
            Change::ListeningBegan => {
                self.drop_all();
                self.listening.store(true, Ordering::Release);
            }
            Change::ListeningEnded => {
                self.listening.store(false, Ordering::Release);
                self.drop_all();
            }
        }
        self.subscriptions.apply(change);
    }

    /// Whether changes are heard of just now.
    pub(super) fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Acquire)
    }

    pub(super) fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// Ends every subscription of this process, which is about to stop.
    pub fn end_subscriptions(&self) {
        self.subscriptions.stop();
    }

    fn drop_all(&self) {
        self.space_changes.fetch_add(1, Ordering::AcqRel);
        self.by_token.invalidate_all();
        self.dead_tokens.invalidate_all();
        self.spaces.forget();
    }

    /// The OAuth application of a space, opened; an error if its site may not be used.
    pub fn space_oauth(&self, space: &Space) -> Result<SpaceApplication, SpaceError> {
        let renewals = &self.renewals;
        let application = SpaceApplication::open(space, &renewals.keys, &renewals.callback)?;
        match renewals.backlog.may_use(&application.url) {
            true => Ok(application),
            false => Err(SpaceError::SiteNotAllowed(application.url)),
        }
    }

    /// Asks Backlog whose access token this is.
    pub async fn who_is(
        &self,
        space: &Space,
        access_token: SecretString,
    ) -> Result<User, SignInError> {
        let application = self.space_oauth(space)?;
        let path = ["users", "myself"].map(Segment::fixed);
        let answer = self
            .renewals
            .backlog
            .send(
                &application.url,
                &Credentials::Bearer(access_token),
                Request::get(path),
            )
            .await?;
        Ok(answer.json()?)
    }

    /// Gives the tokens of a sign-in, and the time of Backlog's answer, to the user's account.
    pub async fn sign_in(
        &self,
        db: &mut PgConnection,
        space: &Space,
        backlog_user_id: i64,
        given: (&BacklogTokens, DateTime<Utc>),
    ) -> Result<SignedIn, RenewalError> {
        let renewals = &self.renewals;
        renewals
            .give_to_account(db, space, backlog_user_id, given)
            .await
    }

    /// The account's tokens as the row of a new grant keeps them.
    pub fn seal(&self, grant: GrantId, space: &Space, signed_in: &SignedIn) -> SealedTokens {
        self.renewals.copy_for_grant(grant, space, signed_in)
    }

    /// Where work goes on that its request need not wait for: renewals and sign-ins, from
    /// Backlog's answer to the database.
    pub fn tasks(&self) -> &TaskTracker {
        &self.renewals.tasks
    }

    /// Lets the renewals and sign-ins under way finish, at most for `patience`.
    pub async fn drain(&self, patience: Duration) {
        self.renewals.tasks.close();
        if tokio::time::timeout(patience, self.renewals.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("stopped while Backlog tokens were on their way to the database");
        }
    }
}
