//! Attempts at the endpoints that a user visits: those that end in an error page count.

use actix_web::{HttpRequest, HttpResponse};

use crate::web::{
    error::PageError,
    limits::{Attempt, Endpoint, Limits},
};

/// Counts an attempt that ends in an error page.
pub(in crate::web) async fn counting_failures(
    limits: &Limits,
    endpoint: Endpoint,
    request: &HttpRequest,
    response: impl Future<Output = Result<HttpResponse, PageError>>,
) -> Result<HttpResponse, PageError> {
    let attempt = Attempt {
        endpoint,
        sender: limits.sender(request),
        client_id: None,
    };
    let refused = |limited| PageError::limited(request, limited);
    limits.counting(attempt, refused, response).await
}
