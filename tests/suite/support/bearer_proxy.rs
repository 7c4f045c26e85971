//! A proxy on loopback that adds an access token to every request, for programs that
//! cannot sign in. Everything else, Host and Origin too, passes through as it came.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

pub(crate) struct BearerProxy {
    pub url: String,
    server: JoinHandle<()>,
}

impl BearerProxy {
    pub(crate) async fn start(hub: SocketAddr, access_token: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let header = format!("Authorization: Bearer {access_token}\r\n");
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let header = header.clone();
                tokio::spawn(async move { pass_on(stream, hub, &header).await });
            }
        });
        Self {
            url: format!("http://{address}"),
            server,
        }
    }
}

impl Drop for BearerProxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// One request a connection, so that only its head is looked at.
async fn pass_on(stream: TcpStream, hub: SocketAddr, header: &str) -> std::io::Result<()> {
    let mut client = BufReader::new(stream);
    let mut head = String::new();
    loop {
        let mut line = String::new();
        if client.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if line == "\r\n" {
            break;
        }
        if !line.to_ascii_lowercase().starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut hub = TcpStream::connect(hub).await?;
    hub.write_all(format!("{head}{header}Connection: close\r\n\r\n").as_bytes())
        .await?;
    copy_bidirectional(&mut client, &mut hub).await.map(drop)
}
