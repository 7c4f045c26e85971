//! Limits the time for a body to arrive: otherwise a client that sends a byte now and then would
//! occupy its handler forever. A file at an upload link may take longer: the limit is for each part
//! of it, and `web::upload_link` limits the whole.

use std::{io, time::Duration};

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    middleware::Next,
};
use futures_util::{FutureExt, StreamExt, stream};
use tokio::time::Instant;

use crate::accounts::upload_links;

/// The middleware: the reader of the body gets an error after `timeout`.
pub async fn bound<B: MessageBody>(
    timeout: Duration,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let is_file = request.match_pattern().as_deref() == Some(upload_links::PATH);
    let payload = match request.take_payload() {
        Payload::None => Payload::None,
        mut arriving => {
            let mut deadline = Box::pin(tokio::time::sleep(timeout));
            let bounded = stream::poll_fn(move |context| {
                let part = arriving.poll_next_unpin(context);
                if part.is_ready() {
                    if is_file {
                        deadline.as_mut().reset(Instant::now() + timeout);
                    }
                    return part;
                }
                deadline
                    .poll_unpin(context)
                    .map(|()| Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))))
            });
            Payload::Stream {
                payload: bounded.boxed_local(),
            }
        }
    };
    request.set_payload(payload);
    next.call(request).await
}
