//! A cache of live access tokens and their principals, for seconds.
//!
//! 1. A token's hash is looked up in memory; a miss costs one statement (and one
//!    more at the token's first use).
//! 2. A token that is not live is cached for some seconds too, so that repeated requests with a
//!    dead one are cheap.
//! 3. Entries are dropped when the listener receives a change of the database.
//! 4. While the listener is disconnected, cached sessions are not used.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use backlog_client::{
    BacklogError, BacklogTokens, Credentials, Request, Segment, SpaceOAuth, models::User,
};
use chrono::{DateTime, Utc};
use moka::future::Cache;
use oauth_values::token::TokenHash;
use secrecy::SecretString;
use sqlx::{PgConnection, PgPool};
use tokio_util::task::TaskTracker;

use super::{
    backlog_tokens::{GrantAccess, OwnAccess, RenewalContext, RenewalError, SignedIn},
    session_error::SessionError,
    space_names::{Name, SpaceNames},
    space_oauth::{self, SpaceError},
};
use crate::{
    accounts::subscriptions::Subscriptions,
    db::{
        self,
        access_tokens::Found,
        accounts::{Account, SealedTokens},
    },
    domain::{Change, GrantId, Principal, Space},
};

/// The longest time that a missed change may go unnoticed.
const TIME_TO_LIVE: Duration = Duration::from_secs(30);
const MAX_SESSIONS: u64 = 100_000;
/// How long a token that was not live is rejected without another lookup.
const DEAD_FOR: Duration = Duration::from_secs(5);

/// A live access token: its principal, and its access to Backlog.
#[derive(Clone, Debug)]
pub struct Session {
    pub principal: Principal,
    pub access: GrantAccess,
    /// Whether the space allows the client. A change of either looks the session up again.
    pub client_is_allowed: bool,
}

/// Why Backlog did not identify a user.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error(transparent)]
    Backlog(#[from] BacklogError),
    #[error(transparent)]
    Misconfigured(#[from] SpaceError),
}

/// Why Backlog did not say who the user of an account is.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    #[error(transparent)]
    Tokens(#[from] RenewalError),
    #[error(transparent)]
    Backlog(#[from] SignInError),
}

fn client_is_allowed(found: &Found) -> bool {
    let redirect_uris = found.redirect_uris.iter().map(String::as_str);
    let allowed = &found.principal.space.clients;
    allowed.admit(&found.client, redirect_uris)
}

#[derive(Clone, Debug)]
pub struct SessionCache {
    renewals: Arc<RenewalContext>,
    by_token: Cache<TokenHash, Arc<Session>>,
    /// Cached sessions of these grants are not used, regardless of their tokens.
    ended_grants: Cache<GrantId, ()>,
    dead_tokens: Cache<TokenHash, ()>,
    spaces: Arc<SpaceNames>,
    listening: Arc<AtomicBool>,
    subscriptions: Subscriptions,
    /// Counts the changes, so that data read before a change is not cached after it.
    changes: Arc<AtomicU64>,
    /// Counts the changes of spaces.
    space_changes: Arc<AtomicU64>,
}

impl SessionCache {
    pub fn new(renewals: RenewalContext) -> Self {
        Self {
            renewals: Arc::new(renewals),
            by_token: Cache::builder()
                .max_capacity(MAX_SESSIONS)
                .time_to_live(TIME_TO_LIVE)
                .build(),
            ended_grants: Cache::builder()
                .max_capacity(MAX_SESSIONS)
                // Longer than the lifetime of a session that was cached before the grant ended.
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

    /// Returns the session of a presented token, if it is cached and valid.
    pub async fn remembered(&self, token: TokenHash) -> Option<Arc<Session>> {
        let session = self.remembered_by_hash(token).await;
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

    /// Looks up a presented token in the database; `None` if it is not live.
    pub async fn find(&self, hash: TokenHash) -> Result<Option<Arc<Session>>, SessionError> {
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

    /// Returns the session of a token that was presented before, from the cache or the database.
    pub(crate) async fn by_hash(
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
        let client_is_allowed = client_is_allowed(&found);
        let principal = &found.principal;
        let access = GrantAccess::new(&self.renewals, &principal.grant, &principal.space, account)?;
        access.set_stale(false);
        let session = Arc::new(Session {
            principal: found.principal,
            access,
            client_is_allowed,
        });
        self.by_token.insert(hash, Arc::clone(&session)).await;
        if self.changes.load(Ordering::Acquire) != before {
            self.by_token.invalidate(&hash).await;
            session.access.set_stale(true);
        }
        Ok(Some(session))
    }

    /// Looks up the session of an upload link that can still be used, which is not cached; `None` if
    /// there is none.
    pub async fn of_upload_link(&self, hash: TokenHash) -> Result<Option<Session>, SessionError> {
        let found = db::access_tokens::find_principal_of_link(&self.renewals.db, hash).await?;
        let Some(found) = found else {
            return Ok(None);
        };
        let Some(account) = &found.account else {
            return Ok(None);
        };
        let (grant, space) = (&found.principal.grant, &found.principal.space);
        let access = GrantAccess::new(&self.renewals, grant, space, account)?;
        Ok(Some(Session {
            client_is_allowed: client_is_allowed(&found),
            principal: found.principal,
            access,
        }))
    }

    /// Finds the principal of a token, and its account. If the grant has Backlog tokens of its own,
    /// the account is first created or updated.
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
        // Read before the check for the listener: a change in between makes the number stale.
        let changes = self.space_changes.load(Ordering::Acquire);
        let changes = self.is_listening().then_some(changes);
        self.spaces.find(db, name, changes).await
    }

    /// Drops the entries that a change makes stale.
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

    /// Whether the listener is connected.
    pub(crate) fn is_listening(&self) -> bool {
        self.listening.load(Ordering::Acquire)
    }

    pub(crate) fn subscriptions(&self) -> &Subscriptions {
        &self.subscriptions
    }

    /// Ends every subscription, because the process is about to stop.
    pub fn end_subscriptions(&self) {
        self.subscriptions.stop();
    }

    fn drop_all(&self) {
        self.space_changes.fetch_add(1, Ordering::AcqRel);
        self.by_token.invalidate_all();
        self.dead_tokens.invalidate_all();
        self.spaces.forget();
    }

    /// Opens the OAuth application of a space; an error if its site is not allowed.
    pub fn space_oauth(&self, space: &Space) -> Result<SpaceOAuth, SpaceError> {
        let renewals = &self.renewals;
        let application = space_oauth::open(space, &renewals.keys, &renewals.callback)?;
        match renewals.backlog.may_use(&application.url) {
            true => Ok(application),
            false => Err(SpaceError::SiteNotAllowed(application.url)),
        }
    }

    /// Asks Backlog for the user of an access token.
    pub async fn who_is(
        &self,
        space: &Space,
        access_token: SecretString,
    ) -> Result<User, SignInError> {
        let application = self.space_oauth(space)?;
        let path = ["users", "myself"].map(Segment::fixed);
        let response = self
            .renewals
            .backlog
            .send(
                &application.url,
                &Credentials::Bearer(access_token),
                Request::get(path),
            )
            .await?;
        Ok(response.json()?)
    }

    /// Asks Backlog for the user of an account, with the account's own tokens.
    pub async fn owner_of(
        &self,
        space: &Arc<Space>,
        backlog_user_id: i64,
        account: &Account,
    ) -> Result<User, OwnerError> {
        let access = OwnAccess::new(&self.renewals, space, backlog_user_id, account)?;
        let token = access.token().await?;
        match self.who_is(space, token).await {
            Err(SignInError::Backlog(BacklogError::Unauthorized)) => {
                let token = access.renewed().await?;
                Ok(self.who_is(space, token).await?)
            }
            outcome => Ok(outcome?),
        }
    }

    /// Stores the tokens of a sign-in, with the time of Backlog's response, in the user's account.
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

    /// The account that a sign-in has stored before; `None` if it is gone or has ended since.
    pub async fn resume_sign_in(
        &self,
        db: &mut PgConnection,
        space: &Space,
        backlog_user_id: i64,
    ) -> Result<Option<SignedIn>, RenewalError> {
        let renewals = &self.renewals;
        renewals.take_from_account(db, space, backlog_user_id).await
    }

    /// Seals the account's tokens for the row of a new grant.
    pub fn seal(&self, grant: GrantId, space: &Space, signed_in: &SignedIn) -> SealedTokens {
        self.renewals.copy_for_grant(grant, space, signed_in)
    }

    /// The tasks that outlive their request: renewals and sign-ins, from Backlog's response to the
    /// database.
    pub fn tasks(&self) -> &TaskTracker {
        &self.renewals.tasks
    }

    /// Lets pending renewals and sign-ins finish within `timeout`.
    pub async fn drain(&self, timeout: Duration) {
        self.renewals.tasks.close();
        if tokio::time::timeout(timeout, self.renewals.tasks.wait())
            .await
            .is_err()
        {
            tracing::warn!("stopped before all Backlog tokens were stored in the database");
        }
    }
}
