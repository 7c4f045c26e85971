//! Error responses: a page for a user, OAuth JSON for a client. The log gets the cause; neither
//! contains a secret.

use std::fmt;

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, ResponseError,
    http::{StatusCode, header},
};

use oauth_values::{ErrorCode, OAuthError};
use url::Url;

use super::{
    limits::{Limited, unchecked_lookups::LookUpError},
    not_allowed::NotAllowed,
    pages::{
        ClientRefusedPage, ErrorPage, Problem,
        response::{frame, html},
    },
};
use crate::{audit::Refusal, domain::security::SecurityEvent, telemetry::RequestId};

/// How long a client waits before it retries after a temporary failure, in seconds.
pub const RETRY_AFTER: u64 = 5;

/// A page that says what happened and what the user can do.
#[derive(Debug)]
pub struct PageError {
    /// In a box, because every result of a handler has room for it.
    page: Box<Page>,
    event: Option<SecurityEvent>,
}

#[derive(Debug)]
enum Page {
    Problem(ErrorPage),
    ClientRefused(ClientRefusedPage),
}

impl PageError {
    pub fn new(request: &HttpRequest, problem: Problem) -> Self {
        Self {
            event: event_of_problem(&problem),
            page: Box::new(Page::Problem(ErrorPage {
                frame: frame(request),
                problem,
                again: None,
                request_id: request
                    .extensions()
                    .get::<RequestId>()
                    .map(ToString::to_string),
            })),
        }
    }

    /// The operator of the space does not allow the client.
    pub fn client_refused(page: ClientRefusedPage) -> Self {
        Self {
            event: Some(NotAllowed::Client.event()),
            page: Box::new(Page::ClientRefused(page)),
        }
    }

    /// Records the error as this event.
    #[must_use]
    pub fn counted_as(mut self, event: SecurityEvent) -> Self {
        self.event = Some(event);
        self
    }

    /// A database error.
    pub fn from_db(request: &HttpRequest, error: &sqlx::Error) -> Self {
        tracing::error!(%error, "the database failed");
        Self::new(request, Problem::Unavailable)
    }

    /// A credential could not be looked up.
    pub fn from_look_up(request: &HttpRequest, error: LookUpError<sqlx::Error>) -> Self {
        match error {
            LookUpError::Failed(error) => Self::from_db(request, &error),
            LookUpError::Limited(limited) => Self::limited(request, limited),
        }
    }

    /// A sign-in has expired; `again` is the URL that starts it again.
    pub fn expired(request: &HttpRequest, again: Option<Url>) -> Self {
        let mut error = Self::new(request, Problem::RequestExpired);
        if let Page::Problem(page) = &mut *error.page {
            page.again = again;
        }
        error
    }

    /// Too many requests.
    pub fn limited(request: &HttpRequest, limited: Limited) -> Self {
        let seconds = limited.retry_after;
        Self::new(request, Problem::RateLimited { seconds })
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.page {
            Page::Problem(page) => write!(f, "{:?}", page.problem),
            Page::ClientRefused(_) => f.write_str("the space does not allow the client"),
        }
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match &*self.page {
            Page::Problem(page) => StatusCode::from_u16(page.problem.status())
                .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            Page::ClientRefused(_) => StatusCode::FORBIDDEN,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let (text, problem) = match &*self.page {
            Page::Problem(page) => (page.html(), Some(&page.problem)),
            Page::ClientRefused(page) => (page.html(), None),
        };
        let mut response = html(self.status_code(), text);
        let seconds = match problem {
            Some(Problem::RateLimited { seconds }) => Some(*seconds),
            Some(Problem::Unavailable) => Some(RETRY_AFTER),
            _ => None,
        };
        if let Some(seconds) = seconds {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
        }
        counted(response, self.event)
    }
}

fn event_of_problem(problem: &Problem) -> Option<SecurityEvent> {
    match problem {
        Problem::UnknownClient => Some(SecurityEvent::ClientRefused),
        Problem::ClientUnavailable | Problem::ClientNotFetched { .. } => {
            Some(SecurityEvent::ClientUnavailable)
        }
        Problem::RedirectUriMismatch => Some(SecurityEvent::RedirectUriRefused),
        Problem::InvalidRequest { .. } => Some(SecurityEvent::MalformedRequest),
        Problem::FormForged => Some(SecurityEvent::FormForged),
        Problem::WrongBrowser => Some(SecurityEvent::BrowserMismatch),
        Problem::RateLimited { .. } => Some(SecurityEvent::RequestLimited),
        _ => None,
    }
}

/// The response, with the event that `web::measure` records for it.
pub fn counted(mut response: HttpResponse, event: Option<SecurityEvent>) -> HttpResponse {
    response.extensions_mut().insert(Refusal(event));
    response
}

/// An error of `/register`, `/token` or `/revoke`, as JSON (RFC 6749 §5.2, RFC 7591 §3.2.2).
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// A replayed credential, which indicates an attack.
    #[error("{0}")]
    Replayed(OAuthError, SecurityEvent),
    /// The metadata document or the keys of the client could not be fetched.
    #[error("{0}")]
    ClientUnavailable(String),
    /// The client failed HTTP Basic authentication, so it gets a Basic challenge.
    #[error("{0}")]
    BasicAuthFailed(OAuthError),
    #[error("the body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("too many requests")]
    Limited(Limited),
    /// By clients of all networks together.
    #[error("too many registrations")]
    RegistrationsLimited(Limited),
    #[error("no space has this name")]
    NoSuchIssuer,
    #[error("clients cannot use this host name")]
    Misdirected,
    #[error("the database failed: {0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Unavailable(String),
    /// Senders have used up this resource; the hub is not at fault.
    #[error("too many {0} in progress")]
    Busy(&'static str),
    #[error("the Content-Type is not application/json")]
    NotJson,
    /// `DYNAMIC_REGISTRATION=off`.
    #[error("clients cannot register themselves")]
    RegistrationOff,
    /// By the operator of the space.
    #[error(transparent)]
    NotAllowed(#[from] NotAllowed),
}

impl From<Limited> for JsonError {
    fn from(limited: Limited) -> Self {
        Self::Limited(limited)
    }
}

impl JsonError {
    fn event(&self) -> Option<SecurityEvent> {
        match self {
            Self::OAuth(error) => match error.code {
                ErrorCode::InvalidClient => Some(SecurityEvent::ClientRefused),
                ErrorCode::InvalidGrant => Some(SecurityEvent::GrantRefused),
                ErrorCode::InvalidRequest => Some(SecurityEvent::MalformedRequest),
                ErrorCode::InvalidRedirectUri | ErrorCode::InvalidClientMetadata => {
                    Some(SecurityEvent::RegistrationRefused)
                }
                _ => None,
            },
            Self::Replayed(_, event) => Some(*event),
            Self::BasicAuthFailed(_) => Some(SecurityEvent::ClientRefused),
            Self::ClientUnavailable(_) => Some(SecurityEvent::ClientUnavailable),
            Self::TooLarge { .. } | Self::NotJson => Some(SecurityEvent::MalformedRequest),
            Self::Limited(_) | Self::Busy(_) => Some(SecurityEvent::RequestLimited),
            Self::RegistrationsLimited(_) => Some(SecurityEvent::RegistrationsLimited),
            Self::Misdirected => Some(SecurityEvent::HostRefused),
            Self::NotAllowed(not_allowed) => Some(not_allowed.event()),
            Self::NoSuchIssuer
            | Self::Database(_)
            | Self::Unavailable(_)
            | Self::RegistrationOff => None,
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::OAuth(error) | Self::Replayed(error, _) => match error.code {
                ErrorCode::InvalidClient => StatusCode::UNAUTHORIZED,
                _ => StatusCode::BAD_REQUEST,
            },
            Self::BasicAuthFailed(_) => StatusCode::UNAUTHORIZED,
            Self::NotAllowed(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoSuchIssuer => StatusCode::NOT_FOUND,
            Self::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Self::Limited(_) | Self::RegistrationsLimited(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Database(_)
            | Self::Unavailable(_)
            | Self::ClientUnavailable(_)
            | Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RegistrationOff => StatusCode::FORBIDDEN,
        }
    }

    /// The error as the client receives it.
    fn oauth_error(&self) -> OAuthError {
        match self {
            Self::OAuth(error) | Self::Replayed(error, _) | Self::BasicAuthFailed(error) => {
                error.clone()
            }
            Self::NotAllowed(not_allowed) => not_allowed.oauth_error(),
            Self::TooLarge { limit } => OAuthError::new(
                ErrorCode::InvalidRequest,
                format!("The body is larger than {limit} bytes."),
            ),
            Self::NoSuchIssuer => OAuthError::new(
                ErrorCode::InvalidRequest,
                "This server has no Backlog space of this name.",
            ),
            Self::Misdirected => OAuthError::new(
                ErrorCode::InvalidRequest,
                "Clients cannot connect to this host name. Add it with its port to \
                 MCP_HTTP_ALLOWED_HOSTS, or use the URL of MCP_SERVER_BASE_URL.",
            ),
            Self::Limited(limited) | Self::RegistrationsLimited(limited) => OAuthError::new(
                ErrorCode::TemporarilyUnavailable,
                format!("Too many requests; try again in {} s.", limited.retry_after),
            ),
            Self::Database(_)
            | Self::Unavailable(_)
            | Self::ClientUnavailable(_)
            | Self::Busy(_) => OAuthError::new(
                ErrorCode::TemporarilyUnavailable,
                "The service is temporarily unavailable; try again in a few seconds.",
            ),
            Self::NotJson => OAuthError::new(
                ErrorCode::InvalidClientMetadata,
                "Send the body with Content-Type: application/json.",
            ),
            Self::RegistrationOff => OAuthError::new(
                ErrorCode::AccessDenied,
                "Clients cannot register themselves on this server. Ask its operator to \
                 register the client, and configure the client_id.",
            ),
        }
    }
}

impl ResponseError for JsonError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let (status, error) = (self.status(), self.oauth_error());
        let event = self.event();
        match (status.is_server_error(), event) {
            // Senders can cause it with too many requests; it is counted.
            (false, _) | (_, Some(SecurityEvent::RequestLimited)) => {}
            (true, None) => tracing::error!(cause = %self, "an OAuth request failed"),
            // The owner of a client decides whether its keys can be fetched.
            (true, Some(_)) => tracing::info!(cause = %self, "an OAuth request failed"),
        }
        let mut response = HttpResponse::build(status);
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        match self {
            Self::BasicAuthFailed(_) => {
                response.insert_header((header::WWW_AUTHENTICATE, "Basic realm=\"client\""));
            }
            Self::Database(_)
            | Self::Unavailable(_)
            | Self::ClientUnavailable(_)
            | Self::Busy(_) => {
                response.insert_header((header::RETRY_AFTER, RETRY_AFTER));
            }
            Self::Limited(limited) | Self::RegistrationsLimited(limited) => {
                response.insert_header((header::RETRY_AFTER, limited.retry_after));
            }
            Self::OAuth(_)
            | Self::Replayed(..)
            | Self::TooLarge { .. }
            | Self::NoSuchIssuer
            | Self::Misdirected
            | Self::NotJson
            | Self::RegistrationOff
            | Self::NotAllowed(_) => {}
        }
        let response = response.json(serde_json::json!({
            "error": error.code.as_str(),
            "error_description": error.description,
            "request_id": RequestId::current(),
        }));
        counted(response, event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_registrations_are_an_event_of_their_own_and_no_alarm() {
        let error = JsonError::RegistrationsLimited(Limited { retry_after: 7 });
        let response = error.error_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        let retry_after = response.headers().get(header::RETRY_AFTER);
        assert_eq!(retry_after.expect("the header"), "7");
        let event = response.extensions().get::<Refusal>().and_then(|it| it.0);
        assert_eq!(event, Some(SecurityEvent::RegistrationsLimited));
    }
}
