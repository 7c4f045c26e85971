//! A web server on loopback whose documents a test sets, and which counts how often
//! each is fetched.

use std::{
    collections::HashMap,
    fmt::Write,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// What the next requests for a path get.
#[derive(Clone)]
pub(crate) struct Document {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Document {
    pub(crate) fn json(body: &Value) -> Self {
        Self::text(&body.to_string()).with("Content-Type", "application/json")
    }

    pub(crate) fn text(body: &str) -> Self {
        Self {
            status: 200,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::text("")
        }
    }

    pub(crate) fn is_status(&self, status: u16) -> bool {
        self.status == status
    }

    pub(crate) fn with(mut self, header: &'static str, value: &str) -> Self {
        self.headers.push((header, value.to_owned()));
        self
    }
}

#[derive(Default)]
struct Shelf {
    documents: HashMap<String, Document>,
    fetches: HashMap<String, usize>,
}

/// A running server. What is not set is a 404.
pub(crate) struct DocumentHost {
    origin: String,
    shelf: Arc<Mutex<Shelf>>,
    server: JoinHandle<()>,
}

impl DocumentHost {
    pub(crate) async fn open() -> Self {
        let (listener, origin) = listen().await;
        let shelf = Arc::<Mutex<Shelf>>::default();
        let server = tokio::spawn({
            let shelf = Arc::clone(&shelf);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(answer(stream, Arc::clone(&shelf)));
                }
            }
        });
        Self {
            origin: format!("http://{origin}"),
            shelf,
            server,
        }
    }

    /// The same over TLS; the certificate is to be that of 127.0.0.1.
    pub(crate) async fn open_over_tls(tls: TlsAcceptor) -> Self {
        let (listener, origin) = listen().await;
        let shelf = Arc::<Mutex<Shelf>>::default();
        let server = tokio::spawn({
            let shelf = Arc::clone(&shelf);
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (tls, shelf) = (tls.clone(), Arc::clone(&shelf));
                    tokio::spawn(
                        async move { answer(tls.accept(stream).await.ok()?, shelf).await },
                    );
                }
            }
        });
        Self {
            origin: format!("https://{origin}"),
            shelf,
            server,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    pub(crate) fn set(&self, path: &str, document: Document) {
        lock(&self.shelf)
            .documents
            .insert(path.to_owned(), document);
    }

    /// How often a path was asked for.
    pub(crate) fn fetches(&self, path: &str) -> usize {
        lock(&self.shelf).fetches.get(path).copied().unwrap_or(0)
    }
}

impl Drop for DocumentHost {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(shelf: &Mutex<Shelf>) -> std::sync::MutexGuard<'_, Shelf> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    shelf: Arc<Mutex<Shelf>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if stream.read_line(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let path = request.split(' ').nth(1)?.to_owned();
    let document = {
        let mut shelf = lock(&shelf);
        *shelf.fetches.entry(path.clone()).or_default() += 1;
        let document = shelf.documents.get(&path).cloned();
        document.unwrap_or_else(|| Document::status(404))
    };
    let mut answer = format!(
        "HTTP/1.1 {} Answer\r\nContent-Length: {}\r\nConnection: close\r\n",
        document.status,
        document.body.len()
    );
    for (name, value) in &document.headers {
        let _ = write!(answer, "{name}: {value}\r\n");
    }
    answer.push_str("\r\n");
    let answer = [answer.into_bytes(), document.body].concat();
    stream.write_all(&answer).await.ok()?;
    // Over TLS the end of the stream is a message, too.
    stream.shutdown().await.ok()
}
