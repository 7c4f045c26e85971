//! Bounds the time that a body may take to arrive: a client that sends a byte now and
//! then would otherwise keep the handler that waits for its body for ever.

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
    let payload = match request.take_payload() {
        Payload::None => Payload::None,
        mut arriving => {
            let mut deadline = Box::pin(tokio::time::sleep(patience));
            let bounded = stream::poll_fn(move |context| {
                let part = arriving.poll_next_unpin(context);
                if part.is_ready() {
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
