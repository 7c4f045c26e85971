//! Authorization codes, OAuth tokens and API keys, in memory only.

use std::{collections::HashMap, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{journal::fingerprint, model::Id, random};

/// The lifetime of an authorization code.
const CODE_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// The effect of using a refresh token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum RefreshRotation {
    /// A new one is issued and the old one becomes invalid at once.
    #[default]
    Rotate,
    /// The same one is returned and stays valid.
    Keep,
}

/// A successful response of the token endpoint.
#[derive(Clone, Serialize)]
pub struct TokenPair {
    pub access_token: String,
    pub token_type: &'static str,
    /// Seconds.
    pub expires_in: u64,
    pub refresh_token: String,
}

impl std::fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenPair")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// Why a bearer token is rejected, in the words of the `WWW-Authenticate` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BearerError {
    Expired,
    NotFound,
}

impl BearerError {
    pub(crate) fn description(self) -> &'static str {
        match self {
            Self::Expired => "The access token expired",
            Self::NotFound => "The access token is not found",
        }
    }
}

struct Code {
    user: Id,
    redirect_uri: String,
    /// The code challenge of RFC 7636, S256.
    challenge: Option<String>,
    expires: DateTime<Utc>,
}

struct AccessToken {
    user: Id,
    expires: DateTime<Utc>,
}

pub(crate) struct Tokens {
    codes: HashMap<String, Code>,
    access: HashMap<String, AccessToken>,
    refresh: HashMap<String, Id>,
    /// The user of each refresh token that was ever issued, by its fingerprint.
    owners: HashMap<String, Id>,
    api_keys: HashMap<String, Id>,
    /// The last token pair of each user.
    last_pairs: HashMap<Id, TokenPair>,
    pub access_lifetime: Duration,
    pub rotation: RefreshRotation,
    /// Whether a user's new sign-in receives the previous token pair while that is valid.
    pub shares_pairs: bool,
}

impl Tokens {
    pub(crate) fn new(access_lifetime: Duration, rotation: RefreshRotation) -> Self {
        Self {
            codes: HashMap::new(),
            access: HashMap::new(),
            refresh: HashMap::new(),
            owners: HashMap::new(),
            api_keys: HashMap::new(),
            last_pairs: HashMap::new(),
            access_lifetime,
            rotation,
            shares_pairs: false,
        }
    }

    pub(crate) fn issue_code(
        &mut self,
        user: Id,
        redirect_uri: &str,
        challenge: Option<&str>,
        now: DateTime<Utc>,
    ) -> String {
        let code = random::secret(32);
        self.codes.insert(
            code.clone(),
            Code {
                user,
                redirect_uri: redirect_uri.to_owned(),
                challenge: challenge.map(ToOwned::to_owned),
                expires: now + CODE_LIFETIME,
            },
        );
        code
    }

    /// Redeems a code, once, for the redirect URI it was issued to and with the verifier of its
    /// challenge.
    pub(crate) fn redeem(
        &mut self,
        code: &str,
        redirect_uri: &str,
        verifier: Option<&str>,
        now: DateTime<Utc>,
    ) -> Option<TokenPair> {
        let code = self.codes.remove(code)?;
        let is_met = match (&code.challenge, verifier) {
            (None, _) => true,
            (Some(challenge), Some(verifier)) => *challenge == challenge_of(verifier),
            (Some(_), None) => false,
        };
        if !is_met || code.redirect_uri != redirect_uri || now >= code.expires {
            return None;
        }
        let shared = self.shared_pair(code.user, now);
        Some(shared.unwrap_or_else(|| self.issue_pair(code.user, now)))
    }

    fn shared_pair(&self, user: Id, now: DateTime<Utc>) -> Option<TokenPair> {
        let last = self.last_pairs.get(&user).filter(|_| self.shares_pairs)?;
        let is_good = self.bearer(&last.access_token, now).is_ok()
            && self.refresh.contains_key(&last.refresh_token);
        is_good.then(|| last.clone())
    }

    /// Issues tokens, like a sign-in.
    pub(crate) fn issue_pair(&mut self, user: Id, now: DateTime<Utc>) -> TokenPair {
        let refresh = random::secret(48);
        self.owners.insert(fingerprint(&refresh), user);
        self.refresh.insert(refresh.clone(), user);
        self.issue_access(user, refresh, now)
    }

    /// Uses a refresh token. Access tokens issued before stay valid until they expire.
    pub(crate) fn refresh(&mut self, refresh_token: &str, now: DateTime<Utc>) -> Option<TokenPair> {
        let user = *self.refresh.get(refresh_token)?;
        match self.rotation {
            RefreshRotation::Keep => Some(self.issue_access(user, refresh_token.to_owned(), now)),
            RefreshRotation::Rotate => {
                self.refresh.remove(refresh_token);
                Some(self.issue_pair(user, now))
            }
        }
    }

    /// The user of a refresh token, good or not, by its fingerprint.
    pub(crate) fn owner(&self, refresh_fingerprint: &str) -> Option<Id> {
        self.owners.get(refresh_fingerprint).copied()
    }

    /// How many refresh tokens a user was ever given: one with each sign-in, and one with each
    /// renewal that replaces it.
    pub(crate) fn issued(&self, user: Id) -> usize {
        self.owners.values().filter(|owner| **owner == user).count()
    }

    fn issue_access(&mut self, user: Id, refresh_token: String, now: DateTime<Utc>) -> TokenPair {
        let access_token = random::secret(64);
        let lifetime = TimeDelta::from_std(self.access_lifetime).unwrap_or(TimeDelta::MAX);
        let expires = now
            .checked_add_signed(lifetime)
            .unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.access
            .insert(access_token.clone(), AccessToken { user, expires });
        let pair = TokenPair {
            access_token,
            token_type: "Bearer",
            expires_in: self.access_lifetime.as_secs(),
            refresh_token,
        };
        self.last_pairs.insert(user, pair.clone());
        pair
    }

    /// The user of an access token.
    pub(crate) fn bearer(&self, token: &str, now: DateTime<Utc>) -> Result<Id, BearerError> {
        let token = self.access.get(token).ok_or(BearerError::NotFound)?;
        if now < token.expires {
            Ok(token.user)
        } else {
            Err(BearerError::Expired)
        }
    }

    pub(crate) fn issue_api_key(&mut self, user: Id) -> String {
        let key = random::secret(64);
        self.api_keys.insert(key.clone(), user);
        key
    }

    pub(crate) fn api_key(&self, key: &str) -> Option<Id> {
        self.api_keys.get(key).copied()
    }

    /// Expires every access token; refresh tokens stay valid.
    pub(crate) fn expire_access(&mut self, now: DateTime<Utc>) {
        for token in self.access.values_mut() {
            token.expires = token.expires.min(now);
        }
    }

    /// Revokes the grants of the user, or of all users: codes and tokens, but not API keys.
    pub(crate) fn revoke(&mut self, user: Option<Id>) {
        let stays = |owner: Id| user.is_some_and(|user| user != owner);
        self.codes.retain(|_, code| stays(code.user));
        self.access.retain(|_, token| stays(token.user));
        self.refresh.retain(|_, owner| stays(*owner));
    }
}

fn challenge_of(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tokens")
            .field("access", &self.access.len())
            .field("refresh", &self.refresh.len())
            .finish_non_exhaustive()
    }
}
