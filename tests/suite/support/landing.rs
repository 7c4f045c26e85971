//! The end of a redirect: a page at a client's redirect URI, which keeps what came.

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinHandle,
    time::timeout,
};

use super::{person::Answer, process::DEADLINE};

/// A client that listens for its redirect.
pub(crate) struct Landing {
    pub redirect_uri: String,
    answers: mpsc::UnboundedReceiver<Answer>,
    server: JoinHandle<()>,
}

impl Landing {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (arrived, answers) = mpsc::unbounded_channel();
        let server = tokio::spawn(async move {
            // A browser opens connections that it may never use.
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, arrived.clone()));
            }
        });
        Self {
            redirect_uri: format!("http://{address}/callback"),
            answers,
            server,
        }
    }

    /// What the next redirect brings.
    pub(crate) async fn answer(&mut self) -> Answer {
        timeout(DEADLINE, self.answers.recv())
            .await
            .expect("a redirect in time")
            .expect("a redirect")
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(stream: TcpStream, arrived: mpsc::UnboundedSender<Answer>) -> Option<()> {
    const PAGE: &str = "<!doctype html><title>Signed in</title><p>You can close this page.</p>";
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if stream.read_line(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let target = request.split(' ').nth(1)?;
    let (status, page) = match target.starts_with("/callback?") {
        true => ("200 OK", PAGE),
        false => ("404 Not Found", ""),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    );
    if !page.is_empty() {
        // The test may be over.
        drop(arrived.send(Answer::read(&format!("http://127.0.0.1{target}"))));
    }
    stream.write_all(answer.as_bytes()).await.ok()
}
