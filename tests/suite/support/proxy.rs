//! A proxy in front of PostgreSQL that reads along: which statements a hub really
//! sends, and what it does when the database is gone.
//!
//! 1. Every connection is passed on byte by byte, in both directions.
//! 2. What the hub sends is read as messages of the protocol (PostgreSQL manual,
//!    "Message Formats"): `Parse` gives a statement its name, `Bind` runs it, `Query`
//!    runs text. So statements are seen that a log at the server may not show, such
//!    as the ones of a prepared name.
//! 3. While it is cut, connections are closed and new ones refused at once. So are new ones
//!    where nobody listens behind it; what it leads to can be changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    sync::watch,
};
use url::Url;

pub(crate) struct DatabaseProxy {
    url: Url,
    statements: Arc<Mutex<Vec<String>>>,
    cut: watch::Sender<bool>,
    target: watch::Sender<(String, u16)>,
}

impl DatabaseProxy {
    /// Starts a proxy to the database at `url`.
    pub(crate) async fn start(url: &str) -> Self {
        let mut url = Url::parse(url).expect("a URL");
        let host = url.host_str().expect("a host").to_owned();
        let target = watch::Sender::new((host, url.port().unwrap_or(5432)));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(port)).expect("a port");
        // Read along is only what is not encrypted.
        url.query_pairs_mut().append_pair("sslmode", "disable");

        let statements = Arc::default();
        let cut = watch::Sender::new(false);
        tokio::spawn(accept(
            listener,
            target.subscribe(),
            Arc::clone(&statements),
            cut.subscribe(),
        ));
        Self {
            url,
            statements,
            cut,
            target,
        }
    }

    /// The database, through the proxy.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Closes every connection, and every new one until [`mend`](Self::mend).
    pub(crate) fn cut(&self) {
        self.cut.send_replace(true);
    }

    pub(crate) fn mend(&self) {
        self.cut.send_replace(false);
    }

    /// Has new connections lead to another server; those that are open stay.
    pub(crate) fn lead_to(&self, (host, port): (&str, u16)) {
        self.target.send_replace((host.to_owned(), port));
    }

    /// The statements that were run since the last call.
    pub(crate) fn take_statements(&self) -> Vec<String> {
        std::mem::take(&mut *self.statements.lock().expect("the statements"))
    }
}

async fn accept(
    listener: TcpListener,
    target: watch::Receiver<(String, u16)>,
    statements: Arc<Mutex<Vec<String>>>,
    cut: watch::Receiver<bool>,
) {
    while let Ok((client, _)) = listener.accept().await {
        if *cut.borrow() {
            continue;
        }
        let target = target.borrow().clone();
        let statements = Arc::clone(&statements);
        let mut cut = cut.clone();
        tokio::spawn(async move {
            let Ok(server) = TcpStream::connect(target).await else {
                return;
            };
            // Small messages go back and forth; none is to wait for another.
            client.set_nodelay(true).expect("a socket");
            server.set_nodelay(true).expect("a socket");
            let (from_client, mut to_client) = client.into_split();
            let (mut from_server, to_server) = server.into_split();
            tokio::select! {
                _ = cut.wait_for(|cut| *cut) => {}
                _ = pass_on(from_client, to_server, &statements) => {}
                _ = tokio::io::copy(&mut from_server, &mut to_client) => {}
            }
        });
    }
}

/// Passes the hub's messages on, and notes what they run.
async fn pass_on(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    statements: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let mut named: HashMap<Vec<u8>, String> = HashMap::new();
    let mut is_startup = true;
    loop {
        // The startup message has no type byte.
        let kind = if is_startup {
            None
        } else {
            Some(from.read_u8().await?)
        };
        is_startup = false;
        let length = from.read_u32().await?;
        let mut body = vec![0; length as usize - 4];
        from.read_exact(&mut body).await?;

        let mut texts = body.split(|byte| *byte == 0);
        let mut next = || texts.next().unwrap_or_default();
        let run = match kind {
            // Parse: the name, then the statement.
            Some(b'P') => {
                let name = next().to_vec();
                named.insert(name, String::from_utf8_lossy(next()).into_owned());
                None
            }
            // Bind: the portal, then the name.
            Some(b'B') => {
                next();
                Some(named.get(next()).cloned().unwrap_or_default())
            }
            // Query: the statement.
            Some(b'Q') => Some(String::from_utf8_lossy(next()).into_owned()),
            _ => None,
        };
        if let Some(statement) = run {
            statements.lock().expect("the statements").push(statement);
        }

        let mut message = Vec::with_capacity(body.len() + 5);
        message.extend(kind);
        message.extend(length.to_be_bytes());
        message.extend(body);
        to.write_all(&message).await?;
    }
}
