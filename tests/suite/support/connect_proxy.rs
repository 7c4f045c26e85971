//! The proxy of a company's network: HTTPS goes through it by CONNECT (RFC 9110 §9.3.6). Whatever
//! host it is asked for, one server of the test responds, with a certificate of the test's own
//! authority.

use std::{
    path::Path,
    sync::{Arc, Mutex},
};

use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;
use url::Url;

use super::certificate::certified;

pub(crate) struct ConnectProxy {
    pub url: String,
    asked: Arc<Mutex<Vec<String>>>,
    roots: TempDir,
    server: JoinHandle<()>,
}

impl ConnectProxy {
    /// Starts one that passes requests for this host on to a server, which speaks HTTP without TLS.
    pub(crate) async fn start(host: &str, server: &Url) -> Self {
        let (tls, root) = certified(host);
        let roots = tempfile::tempdir().expect("a directory");
        std::fs::write(roots.path().join("roots.pem"), root).expect("a file");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let behind = (
            server.host_str().expect("a host").to_owned(),
            server.port().expect("a port"),
        );
        let server = tokio::spawn({
            let asked = Arc::clone(&asked);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let (tls, asked, behind) = (tls.clone(), Arc::clone(&asked), behind.clone());
                    tokio::spawn(async move { pass_on(client, &tls, &asked, &behind).await });
                }
            }
        });
        Self {
            url: format!("http://{address}"),
            asked,
            roots,
            server,
        }
    }

    /// What requests began with, such as `CONNECT acme.backlog.com:443 HTTP/1.1`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("the list").clone()
    }

    /// The certificate of the authority, for `SSL_CERT_FILE`.
    pub(crate) fn root(&self) -> std::path::PathBuf {
        Path::join(self.roots.path(), "roots.pem")
    }
}

impl Drop for ConnectProxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass_on(
    client: TcpStream,
    tls: &TlsAcceptor,
    asked: &Mutex<Vec<String>>,
    behind: &(String, u16),
) -> std::io::Result<()> {
    let mut client = BufReader::new(client);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if client.read_line(&mut head).await? == 0 {
            return Ok(());
        }
    }
    let first = head.lines().next().unwrap_or_default();
    asked.lock().expect("the list").push(first.to_owned());
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    let mut inside = tls.accept(client).await?;
    let mut server = TcpStream::connect(behind).await?;
    copy_bidirectional(&mut inside, &mut server).await.map(drop)
}
