//! Looks up the credentials of unauthenticated requests, within the budget of
//! [`unchecked`](crate::web::limits::unchecked_lookups) for those without a check.

use oauth_values::{
    ClientIdForm, client_id,
    token::{Checked, CredentialKind, Token},
};
use tokio::sync::SemaphorePermit;

use super::{
    AppState,
    error::JsonError,
    limits::{Attempt, Endpoint, Holder, Limited, Sender, unchecked_lookups::Credential},
};
use crate::db;

impl AppState {
    /// Reads a presented token; `None` if the hub never issued tokens of this form.
    pub fn read<K: Checked>(&self, text: &str) -> Option<(Token<K>, Credential)> {
        let token = Token::<K>::parse(text)?;
        let credential = self.credential(&token);
        Some((token, credential))
    }

    /// A token of a valid form, as it is looked up.
    pub fn credential<K: Checked>(&self, token: &Token<K>) -> Credential {
        Credential {
            kind: K::CREDENTIAL,
            hash: token.hash(),
            is_issued: token.is_issued_with(&self.check_key),
        }
    }

    /// The origin of a `client_id` according to its form.
    pub fn client_id_form(&self, client_id: &str) -> ClientIdForm {
        ClientIdForm::of(client_id, &self.check_key)
    }

    /// Looks up a presented credential; one without a check needs budget.
    pub async fn look_up<T, E: From<Limited>>(
        &self,
        credential: Credential,
        sender: Sender,
        found: impl Future<Output = Result<Option<T>, E>>,
    ) -> Result<Option<T>, E> {
        if credential.is_issued {
            return found.await;
        }
        let _turn = self.admit(credential, sender).await?;
        let found = found.await?;
        match &found {
            Some(_) => self.note_found(credential),
            None => self.note_unfound(credential, sender)?,
        }
        Ok(found)
    }

    /// Looks up the client that a `client_id` names. One that was never issued is not looked up;
    /// the URL of a document has its own limits. A request with a token that the hub issued needs
    /// no budget.
    pub async fn look_up_client<T, E: From<Limited>>(
        &self,
        client_id: &str,
        sender: Sender,
        is_vouched_for: bool,
        found: impl Future<Output = Result<Option<T>, E>>,
    ) -> Result<Option<T>, E> {
        match self.client_id_form(client_id) {
            ClientIdForm::NeverIssued => Ok(None),
            ClientIdForm::Url | ClientIdForm::Checked => found.await,
            ClientIdForm::Unchecked
                if is_vouched_for || self.unchecked.is_of_operator(&self.db, client_id).await =>
            {
                found.await
            }
            ClientIdForm::Unchecked => {
                let credential = Credential {
                    kind: CredentialKind::ClientId,
                    hash: client_id::digest(client_id),
                    is_issued: false,
                };
                self.look_up(credential, sender, found).await
            }
        }
    }

    /// Awaits the response to a request with a credential, and counts failures. A credential that
    /// the hub issued counts only for itself.
    pub async fn respond_within_limits<T>(
        &self,
        attempt: Attempt<'_>,
        credential: Option<Credential>,
        response: impl Future<Output = Result<T, JsonError>>,
    ) -> Result<T, JsonError> {
        let Some(credential) = credential else {
            return self
                .limits
                .counting(attempt, JsonError::from, response)
                .await;
        };
        if credential.is_issued {
            self.limits.check_holder(Holder::Token(credential.hash))?;
            return response.await;
        }
        // Only the lookup runs in its turn: the response may wait for a client's host.
        let exists = async { self.exists(credential).await.map(|is| is.then_some(())) };
        let exists = async { exists.await.map_err(JsonError::from) };
        self.look_up(credential, attempt.sender, exists).await?;
        self.limits
            .counting(attempt, JsonError::from, response)
            .await
    }

    /// Whether the credential presented at `/token` or `/revoke` is stored.
    async fn exists(&self, Credential { kind, hash, .. }: Credential) -> Result<bool, sqlx::Error> {
        let client = match kind {
            CredentialKind::AuthorizationCode => {
                return db::authorization_codes::exists(&self.db, hash).await;
            }
            CredentialKind::DeviceCode => {
                return db::device_codes::exists(&self.db, hash).await;
            }
            CredentialKind::RefreshToken => {
                db::refresh_tokens::client_id_of(&self.db, hash).await?
            }
            CredentialKind::AccessToken | CredentialKind::PersonalToken => {
                db::access_tokens::client_id_of(&self.db, hash).await?
            }
            // Neither endpoint takes them.
            CredentialKind::RegistrationToken
            | CredentialKind::ConsentPage
            | CredentialKind::State
            | CredentialKind::AccountState
            | CredentialKind::AccountSession
            | CredentialKind::UploadLink
            | CredentialKind::ClientId => None,
        };
        Ok(client.is_some())
    }

    /// Waits for the turn of a credential without a check. One that was found before need not wait.
    ///
    /// # Errors
    /// The budget is spent.
    async fn admit(
        &self,
        credential: Credential,
        sender: Sender,
    ) -> Result<Option<SemaphorePermit<'_>>, Limited> {
        if self.unchecked.is_exempt(credential) {
            return Ok(None);
        }
        let admitted = async {
            self.check(sender)?;
            let turn = self.unchecked.turn().await?;
            // Other requests may have spent the budget meanwhile.
            self.check(sender)?;
            Ok(turn)
        };
        let admitted = admitted.await;
        if admitted.is_err() {
            self.count(credential, "refused");
        }
        admitted
    }

    fn check(&self, sender: Sender) -> Result<(), Limited> {
        self.limits.check_address(attempt(sender))?;
        self.unchecked.check()
    }

    /// Exempts a credential that was found from the budget.
    fn note_found(&self, credential: Credential) {
        if !credential.is_issued {
            self.unchecked.exempt(credential);
            self.count(credential, "found");
        }
    }

    /// Counts a credential that was not found.
    ///
    /// # Errors
    /// There were too many.
    fn note_unfound(&self, credential: Credential, sender: Sender) -> Result<(), Limited> {
        if credential.is_issued {
            return Ok(());
        }
        self.count(credential, "unknown");
        self.unchecked.count_unfound();
        self.limits.count_failure(attempt(sender))
    }

    fn count(&self, credential: Credential, outcome: &'static str) {
        let metrics = &self.recorder.metrics;
        metrics.unchecked_credential(credential.kind.as_str(), outcome);
    }
}

fn attempt(sender: Sender) -> Attempt<'static> {
    Attempt {
        endpoint: Endpoint::Unchecked,
        sender,
        client_id: None,
    }
}
