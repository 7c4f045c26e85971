//! Sends one request of a tool with the caller's credentials.
//!
//! 1. The request is sent. Any response but a 401 is final.
//! 2. A 401 without Backlog's errors is about the token. With them it is about a permission, unless
//!    `users/myself` is rejected as well: only then is the token renewed and the request retried
//!    once. A 401 means that nothing was changed, so no change is made twice.
//! 3. If the renewed token is rejected for the same reason, the user has to sign in again.

use std::sync::{Arc, Mutex, PoisonError};

use backlog_client::{
    self, BacklogClient, BacklogError, Credentials, ErrorItem, HeldMemory, Request, Response,
    Segment,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, value::RawValue};

use super::{
    error::{About, ToolError},
    file::FileLimits,
    progress::ProgressSink,
};
use crate::accounts::access::{AccessError, BacklogAccess};

/// Backlog, as a tool sees it: the caller's space with the caller's credentials.
pub(crate) struct Backlog<'a> {
    pub client: &'a BacklogClient,
    pub access: &'a dyn BacklogAccess,
    pub files: &'a FileLimits,
    /// Receives the progress of long work.
    pub progress: ProgressSink,
    pub held: HeldResponses,
}

/// The memory budget that the long responses of a call hold until the call ends, because copies or
/// parsed values of them exist until then. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldResponses(Arc<Mutex<Vec<HeldMemory>>>);

impl HeldResponses {
    fn keep(&self, memory: HeldMemory) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(memory);
    }
}

impl Backlog<'_> {
    /// Sends a request and parses the JSON of the response; `null` if there is no body.
    pub(crate) async fn fetch(&self, request: Request) -> Result<Value, ToolError> {
        Ok(self.read(request).await?.unwrap_or_default())
    }

    /// Sends a request and returns the JSON of the response unparsed; `None` if there is no body or
    /// it is `null`.
    pub(crate) async fn fetch_text(
        &self,
        request: Request,
    ) -> Result<Option<Box<RawValue>>, ToolError> {
        self.read(request).await
    }

    /// Sends a request and returns the response unread.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, ToolError> {
        let (response, _) = self.attempt(request).await?;
        Ok(response)
    }

    /// Makes a change that succeeds even if its response is lost.
    pub(crate) async fn carry_out(&self, request: Request) -> Result<(), ToolError> {
        match self.read::<Box<RawValue>>(request).await {
            Err(error) if !error.is_done() => Err(error),
            _ => Ok(()),
        }
    }

    async fn read<T: DeserializeOwned + Send + 'static>(
        &self,
        request: Request,
    ) -> Result<Option<T>, ToolError> {
        let (response, about) = self.attempt(request).await?;
        let (length, method) = (response.body.len(), about.method.clone());
        if length > backlog_client::LARGE
            && let Some(memory) = &response.memory
        {
            self.held.keep(memory.clone());
        }
        let read = self
            .client
            .parse(length, move || response.read(&method))
            .await;
        let read = read.unwrap_or_else(|_| match about.is_read() {
            true => Err(BacklogError::NoMemory),
            false => Err(BacklogError::Unread),
        });
        read.map_err(|error| about.failed(error))
    }
}

/// Backlog's judgment of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Good,
    Refused,
    /// Backlog could not be reached.
    Unknown,
}

impl Backlog<'_> {
    /// Sends a request, and returns its description with the response.
    pub(crate) async fn attempt(&self, request: Request) -> Result<(Response, About), ToolError> {
        let about = About::of(&request);
        let credentials = self.access.credentials().await?;
        let refused = match self.send_as(&credentials, request.clone()).await {
            Err(error) if error.is_unauthorized() => error,
            Ok(response) => return Ok((response, about)),
            Err(error) => return Err(about.failed(error)),
        };
        if !self.needs_renewal(&credentials, &refused).await {
            return Err(about.failed(refused));
        }
        let renewed = match self.access.renew(&credentials).await {
            Ok(renewed) => renewed,
            // Backlog's own message about an API key is more specific.
            Err(AccessError::KeyRefused) if is_explained(&refused) => {
                return Err(about.failed(refused));
            }
            Err(error) => return Err(error.into()),
        };
        match self.send_as(&renewed, request).await {
            Ok(response) => Ok((response, about)),
            Err(BacklogError::Unauthorized) => Err(AccessError::SignInAgain.into()),
            Err(error)
                if error.is_unauthorized() && self.token(&renewed).await == Token::Refused =>
            {
                Err(AccessError::SignInAgain.into())
            }
            Err(error) => Err(about.failed(error)),
        }
    }

    /// Whether a 401 may be about the token, so that renewing it may help.
    async fn needs_renewal(&self, credentials: &Credentials, refused: &BacklogError) -> bool {
        if *refused == BacklogError::Unauthorized {
            return true;
        }
        match self.token(credentials).await {
            Token::Good => false,
            Token::Refused => true,
            Token::Unknown => !is_explained(refused),
        }
    }

    /// Checks the credentials by requesting their own user.
    async fn token(&self, credentials: &Credentials) -> Token {
        let request = Request::get(["users", "myself"].map(Segment::fixed));
        match self.send_as(credentials, request).await {
            Ok(_) => Token::Good,
            Err(error) if error.is_unauthorized() => Token::Refused,
            Err(_) => Token::Unknown,
        }
    }

    async fn send_as(
        &self,
        credentials: &Credentials,
        request: Request,
    ) -> Result<Response, BacklogError> {
        let read = |bytes, of| self.progress.note(bytes, of);
        let url = self.access.url();
        let client = self.client.for_user(self.access.user());
        client.send_watched(url, credentials, request, &read).await
    }
}

/// Whether Backlog gives a reason other than failed authentication.
fn is_explained(error: &BacklogError) -> bool {
    let BacklogError::Api { errors, .. } = error else {
        return false;
    };
    let mut errors = errors.iter();
    errors.all(|error| error.code != ErrorItem::AUTHENTICATION)
}
