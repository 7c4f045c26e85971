//! A TCP link that a test disturbs: between the hub and its database, or between it and Backlog.
//!
//! 1. What one side sends goes to the other as it is; no protocol is read.
//! 2. [`Link::suffer`] changes that, for the connections that are open and for new ones.
//! 3. What a black hole has swallowed is gone: such a connection ends when the black hole does, as
//!    one whose peer has forgotten it.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
    task::JoinHandle,
    time::sleep,
};
use url::Url;

/// What is wrong with a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Nothing,
    /// Every piece of data takes this long, in each direction.
    Delay(Duration),
    /// Connections are closed, new ones at once.
    Cut,
    /// Connections stay and are made, and nothing that is sent arrives.
    BlackHole,
    /// What the hub sends arrives, and the other side has ended its half of the connection.
    HalfClosed,
}

type Target = (String, u16);

/// Connections end when it is dropped.
pub(crate) struct Link {
    url: Url,
    fault: watch::Sender<Fault>,
    accepting: JoinHandle<()>,
}

impl Link {
    /// A link to what listens at `url`, which works.
    pub(crate) async fn to(url: &str) -> Self {
        let mut url = Url::parse(url).expect("a URL");
        let host = url.host_str().expect("a host").to_owned();
        let port = url.port_or_known_default().unwrap_or(5432);
        let fault = watch::Sender::new(Fault::Nothing);
        let target = (host, port);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port)).expect("a port");
        let accepting = tokio::spawn(accept(listener, target, fault.subscribe()));
        Self {
            url,
            fault,
            accepting,
        }
    }

    /// The same place, through the link.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    pub(crate) fn suffer(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    pub(crate) fn mend(&self) {
        self.suffer(Fault::Nothing);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, target: Target, fault: watch::Receiver<Fault>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(connect(client, target.clone(), fault.clone()));
    }
}

/// One connection, until one side or a fault ends it.
async fn connect(client: TcpStream, target: Target, mut fault: watch::Receiver<Fault>) {
    // Nobody beyond a black hole hears of a connection.
    let after = fault.wait_for(|fault| *fault != Fault::BlackHole).await;
    let after = after.map_or(Fault::Cut, |fault| *fault);
    if after == Fault::Cut {
        return;
    }
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    // Small messages go back and forth; none is to wait for another.
    client.set_nodelay(true).expect("a socket");
    server.set_nodelay(true).expect("a socket");
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let there = Half {
        from: from_client,
        to: to_server,
        is_return: false,
        fault: fault.clone(),
    };
    let back = Half {
        from: from_server,
        to: to_client,
        is_return: true,
        fault,
    };
    tokio::select! {
        () = there.pass_on() => {}
        () = back.pass_on() => {}
    }
}

/// One direction of a connection. Its end is the end of both.
struct Half {
    from: OwnedReadHalf,
    to: OwnedWriteHalf,
    is_return: bool,
    fault: watch::Receiver<Fault>,
}

impl Half {
    async fn pass_on(mut self) {
        let mut buffer = vec![0; 64 * 1024];
        let mut swallowed = false;
        loop {
            let fault = *self.fault.borrow_and_update();
            match fault {
                Fault::Cut => return,
                Fault::HalfClosed if self.is_return => return self.half_close().await,
                Fault::BlackHole => {}
                _ if swallowed => return,
                _ => {}
            }
            let read = tokio::select! {
                read = self.from.read(&mut buffer) => read,
                changed = self.fault.changed() => match changed {
                    Ok(()) => continue,
                    Err(_) => return,
                },
            };
            let Ok(read @ 1..) = read else {
                // Nor does an end get through a black hole.
                return self.end(fault == Fault::BlackHole).await;
            };
            match fault {
                Fault::BlackHole => swallowed = true,
                Fault::Delay(time) => sleep(time).await,
                _ => {}
            }
            if !swallowed && self.to.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    }

    /// Says that nothing more comes, and keeps the other direction open until that has changed.
    async fn half_close(mut self) {
        drop(self.to.shutdown().await);
        drop(
            self.fault
                .wait_for(|fault| *fault != Fault::HalfClosed)
                .await,
        );
    }

    async fn end(mut self, in_a_black_hole: bool) {
        if in_a_black_hole {
            drop(
                self.fault
                    .wait_for(|fault| *fault != Fault::BlackHole)
                    .await,
            );
        }
    }
}
