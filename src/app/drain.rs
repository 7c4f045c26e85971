//! Shuts a replica down without losing a request, behind a load balancer that keeps connections
//! open (RFC 9112 §9.6).
//!
//! A balancer may be sending a request on an open connection when the server closes it. It cannot
//! know whether the server began to process the request, so it does not retry a POST elsewhere.
//! Therefore:
//!
//! 1. The kernel opens no more connections: it drops their first packets, which are sent again
//!    after a second. Connections that it has already opened wait in the socket's queue, perhaps
//!    with a request, and closing the socket would reset them: they are accepted first.
//! 2. The socket is closed, so new connections are refused. The balancer can safely retry those
//!    elsewhere, and notices the shutdown even if it has no readiness check.
//! 3. Open connections are served for a while; each gets one last response, marked
//!    `Connection: close`.
//! 4. The server stops. The connections that it closes now were idle in the meantime.

use std::{
    io,
    net::{Shutdown, TcpListener},
    os::fd::AsFd,
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
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use socket2::SockRef;
use tokio::time::{sleep, timeout};

use crate::telemetry::Draining;

/// How long the last packet of a handshake may take from a nearby proxy. It is short because a
/// connection that begins in the meantime is refused a second later.
const HANDSHAKE: Duration = Duration::from_millis(50);
/// How long to wait until the queue is empty. It takes a moment, unless every worker is full.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Whether each response is the last one on its connection.
#[derive(Clone, Debug, Default)]
pub(super) struct LastResponses(Arc<AtomicBool>);

impl LastResponses {
    /// The middleware around every route: marks a last response as such.
    pub(super) async fn mark<B: MessageBody>(
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

/// Refuses new connections, and responds on the open ones for `drain_for`.
/// `listening` is another handle of the server's socket.
pub(super) async fn drain(
    server: &ServerHandle,
    listening: TcpListener,
    last_responses: &LastResponses,
    drain_for: Duration,
    draining: &Draining,
) {
    empty_queue(&listening).await;
    draining.begin();
    server.pause().await;
    if let Err(error) = SockRef::from(&listening).shutdown(Shutdown::Read) {
        // Not every system can stop listening before the socket is closed.
        tracing::debug!(%error, "cannot refuse new connections before the server stops");
        server.resume().await;
    }
    // This comes last, because a client that must close its connection opens another one at once.
    last_responses.0.store(true, Ordering::Release);
    sleep(drain_for).await;
}

/// Prevents new connections, and returns when the server has accepted all earlier ones.
async fn empty_queue(listening: &TcpListener) {
    match begin_no_connection(listening) {
        Ok(()) => sleep(HANDSHAKE).await,
        // The queue is still emptied; only connections that begin after that are reset.
        Err(error) => tracing::debug!(%error, "cannot drop the first packets of new connections"),
    }
    let accepted = async {
        while is_connection_waiting(listening) {
            sleep(POLL_INTERVAL).await;
        }
    };
    if timeout(QUEUE_TIMEOUT, accepted).await.is_err() {
        tracing::warn!("queued connections were not accepted in time and will be reset");
    }
}

fn is_connection_waiting(listening: &TcpListener) -> bool {
    let mut sockets = [PollFd::new(listening.as_fd(), PollFlags::POLLIN)];
    poll(&mut sockets, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

/// Makes the kernel drop the first packet (SYN) of every connection, and no other packet.
#[cfg(target_os = "linux")]
fn begin_no_connection(listening: &TcpListener) -> io::Result<()> {
    use socket2::SockFilter;

    // The offset of the flags in a TCP header, and the flag of a first packet.
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    // The instructions of the kernel's classic BPF. They return how many bytes of a packet to keep.
    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const NOTHING: u32 = 0;
    const WHOLE: u32 = u32::MAX;
    SockRef::from(listening).attach_filter(&[
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, NOTHING),
        SockFilter::new(RETURN, 0, 0, WHOLE),
    ])
}

#[cfg(not(target_os = "linux"))]
fn begin_no_connection(_: &TcpListener) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpStream,
        thread,
    };

    use super::*;

    /// A repeated first packet takes far less.
    const DEADLINE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn the_queue_is_accepted_and_new_connections_are_refused() {
        let listening = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listening.local_addr().unwrap();
        let mut queued: Vec<TcpStream> = (0..3)
            .map(|_| TcpStream::connect(address).unwrap())
            .collect();
        let accepting = listening.try_clone().unwrap();
        let emptied = empty_queue(&listening);
        tokio::pin!(emptied);
        // No worker accepts, so it does not return; by now no connection can begin.
        assert!(timeout(HANDSHAKE * 2, &mut emptied).await.is_err());
        let late = thread::spawn(move || TcpStream::connect_timeout(&address, DEADLINE));
        let accepted: Vec<TcpStream> = (0..queued.len())
            .map(|_| accepting.accept().unwrap().0)
            .collect();
        emptied.await;
        SockRef::from(&listening).shutdown(Shutdown::Read).unwrap();

        for (client, mut server) in queued.iter_mut().zip(accepted) {
            server.write_all(b"response").unwrap();
            drop(server);
            let mut read = String::new();
            client.read_to_string(&mut read).unwrap();
            assert_eq!(read, "response");
        }
        let refused = late.join().unwrap().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }
}
