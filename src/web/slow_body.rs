//! Bounds the time that a body may take to arrive: a client that sends a byte now and
//! then would otherwise keep its connection, and what waits for the body, for ever.

use std::{io, time::Duration};

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    middleware::Next,
};
use futures_util::{FutureExt, StreamExt, stream};

/// The middleware: whoever reads the body gets an error once `patience` is over.
pub async fn bound<B: MessageBody>(
    patience: Duration,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let payload = request.take_payload();
    request.set_payload(match payload {
        Payload::None => Payload::None,
        mut arriving => {
            let mut deadline = Box::pin(tokio::time::sleep(patience));
            let bounded = stream::poll_fn(move |context| {
                let next = arriving.poll_next_unpin(context);
                if next.is_ready() {
                    return next;
                }
                deadline
                    .poll_unpin(context)
                    .map(|()| Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))))
            });
            Payload::Stream {
                payload: Box::pin(bounded),
            }
        }
    });
    next.call(request).await
}
