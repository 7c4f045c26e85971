//! The end of a replica without a request lost, behind a load balancer that keeps connections
//! open (RFC 9112 §9.6).
//!
//! A balancer may just be sending a request on a kept connection when the server closes it.
//! It cannot know whether the request was begun, so it does not send a POST elsewhere. Hence:
//!
//! 1. New connections are refused at once. That is safe to try elsewhere, and the balancer
//!    learns of it in this way, if it asks nobody whether this replica is ready.
//! 2. Connections that are open go on being answered for a while, each with its last answer,
//!    which says so: `Connection: close`.
//! 3. Then the server stops. What it closes now is connections that nobody used meanwhile.

use std::{
    net::{Shutdown, TcpListener, TcpStream},
    os::fd::OwnedFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServerHandle, ServiceRequest, ServiceResponse},
    http::ConnectionType,
    middleware::Next,
};

use crate::telemetry::Draining;

/// Whether answers are the last ones of their connections.
#[derive(Clone, Debug, Default)]
pub(super) struct LastAnswers(Arc<AtomicBool>);

impl LastAnswers {
    /// The middleware around every route.
    pub(super) async fn tell<B: MessageBody>(
        self,
        request: ServiceRequest,
        next: Next<B>,
    ) -> Result<ServiceResponse<B>, Error> {
        let mut response = next.call(request).await?;
        if self.0.load(Ordering::Acquire) {
            let head = response.response_mut().head_mut();
            head.set_connection_type(ConnectionType::Close);
        }
        Ok(response)
    }
}

/// Refuses new connections, and answers on the open ones for as long as `patience`.
/// `listening` is another handle of the server's socket.
pub(super) async fn drain(
    server: &ServerHandle,
    listening: TcpListener,
    last_answers: &LastAnswers,
    patience: Duration,
    draining: &Draining,
) {
    draining.begin();
    server.pause().await;
    // The standard library can end the listening only of what it takes for a stream.
    let socket = TcpStream::from(OwnedFd::from(listening));
    if let Err(error) = socket.shutdown(Shutdown::Read) {
        // Not everywhere can it be ended before the socket is closed.
        tracing::debug!(%error, "new connections are taken until the end");
        server.resume().await;
    }
    // Only now: who is told to close its connection opens another one at once.
    last_answers.0.store(true, Ordering::Release);
    tokio::time::sleep(patience).await;
}
