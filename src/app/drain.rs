//! The end of a replica without a request lost, behind a load balancer that keeps connections
//! open (RFC 9112 §9.6).
//!
//! A balancer may just be sending a request on a kept connection when the server closes it.
//! It cannot know whether the request was begun, so it does not send a POST elsewhere. Hence:
//!
//! 1. The kernel opens no more connections: it drops their first packets, which are sent again
//!    after a second. Those that it opened already wait in the socket's queue, perhaps with a
//!    request, and closing the socket would reset them: they are accepted first.
//! 2. The socket is closed, so new connections are refused. That is safe to try elsewhere, and
//!    the balancer learns of it in this way, if it asks nobody whether this replica is ready.
//! 3. Connections that are open go on being answered for a while, each with its last answer,
//!    which says so: `Connection: close`.
//! 4. Then the server stops. What it closes now is connections that nobody used meanwhile.

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

/// The last packet of a handshake takes one way through the network, from a proxy that is near.
/// A connection that begins meanwhile is refused a second later, so it is short.
const HANDSHAKE: Duration = Duration::from_millis(50);
/// Connections that wait are accepted within a moment, unless every worker is full.
const QUEUE: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(5);

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
    empty_queue(&listening).await;
    draining.begin();
    server.pause().await;
    if let Err(error) = SockRef::from(&listening).shutdown(Shutdown::Read) {
        // Not everywhere can it be ended before the socket is closed.
        tracing::debug!(%error, "new connections are taken until the end");
        server.resume().await;
    }
    // Only now: who is told to close its connection opens another one at once.
    last_answers.0.store(true, Ordering::Release);
    sleep(patience).await;
}

/// Lets no new connection begin, and returns when the server has accepted the last of those
/// that began before.
async fn empty_queue(listening: &TcpListener) {
    match begin_no_connection(listening) {
        Ok(()) => sleep(HANDSHAKE).await,
        // The queue is emptied all the same; only what comes between that and the end is reset.
        Err(error) => tracing::debug!(%error, "connections begin until the end of listening"),
    }
    let accepted = async {
        while is_connection_waiting(listening) {
            sleep(POLL_INTERVAL).await;
        }
    };
    if timeout(QUEUE, accepted).await.is_err() {
        tracing::warn!("connections wait to be accepted for too long; they are reset");
    }
}

fn is_connection_waiting(listening: &TcpListener) -> bool {
    let mut sockets = [PollFd::new(listening.as_fd(), PollFlags::POLLIN)];
    poll(&mut sockets, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

/// Has the kernel drop the first packet of every connection (SYN), and no other one.
#[cfg(target_os = "linux")]
fn begin_no_connection(listening: &TcpListener) -> io::Result<()> {
    use socket2::SockFilter;

    // Of a TCP header: where its flags are, and the flag of a first packet.
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    // The instructions of the kernel's classic BPF; a packet is kept as long as they return.
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

    /// Far more than a repeated first packet takes.
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
        // Nobody accepts, so it does not return; and by now nothing can begin.
        assert!(timeout(HANDSHAKE * 2, &mut emptied).await.is_err());
        let late = thread::spawn(move || TcpStream::connect_timeout(&address, DEADLINE));
        let accepted: Vec<TcpStream> = (0..queued.len())
            .map(|_| accepting.accept().unwrap().0)
            .collect();
        emptied.await;
        SockRef::from(&listening).shutdown(Shutdown::Read).unwrap();

        for (client, mut server) in queued.iter_mut().zip(accepted) {
            server.write_all(b"answer").unwrap();
            drop(server);
            let mut read = String::new();
            client.read_to_string(&mut read).unwrap();
            assert_eq!(read, "answer");
        }
        let refused = late.join().unwrap().unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }
}
