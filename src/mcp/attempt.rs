//! Sends one request of a tool with the caller's credentials.
//!
//! 1. The request is sent. Any response but a 401 is final.
//! 2. A 401 without Backlog's errors is about the token. With them it is about a permission, unless
//!    `users/myself` is rejected as well: only then is the token renewed and the request retried
//!    once. A 401 means that nothing was changed, so no change is made twice.
//! 3. If the renewed token is rejected for the same reason, the user has to sign in again.

use reqwest::Method;

use super::{AccessError, failure::ToolError, tool::Backlog};
use crate::backlog::{BacklogError, Credentials, ErrorItem, Request, Response, Segment};

/// A request as error texts name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct About {
    pub method: Method,
    /// `issues/ABC-1`, without parameters.
    pub path: String,
    /// The template of the path, such as `issues/{issueId|issueKey}`; empty if there is none.
    pub template: &'static str,
}

impl About {
    pub fn of(request: &Request) -> Self {
        let path: Vec<_> = request.path.iter().map(Segment::as_str).collect();
        Self {
            method: request.method.clone(),
            path: path.join("/"),
            template: request.template,
        }
    }

    pub fn is_read(&self) -> bool {
        self.method == Method::GET
    }

    /// Wraps an error of this request.
    pub fn failed(self, error: BacklogError) -> ToolError {
        ToolError::Backlog { error, about: self }
    }
}

/// `GET issues/ABC-1`
impl std::fmt::Display for About {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
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
    pub(super) async fn attempt(&self, request: Request) -> Result<(Response, About), ToolError> {
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
