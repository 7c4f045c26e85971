//! A client in the browser, at a site of its own: a page that opens a popup for the sign-in, and
//! a page at its redirect URI that hands the response to the opener.

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use url::Url;

const PAGE: &str = "<!doctype html><title>Client</title>
    <button id=sign-in>Sign in</button><p id=heard></p>
    <script>
    document.getElementById('sign-in').onclick = () => {
        window.popup = window.open(decodeURIComponent(location.hash.slice(1)), '_blank', 'popup');
    };
    addEventListener('message', ({ data }) => {
        document.getElementById('heard').textContent = data;
    });
    </script>";
const CALLBACK: &str = "<!doctype html><title>Signed in</title>
    <script>window.opener.postMessage(location.search, '*')</script>";

/// Another site than the hub's: `localhost`, where that is at `127.0.0.1`.
pub(crate) struct PopupClient {
    origin: String,
    pub redirect_uri: String,
    server: JoinHandle<()>,
}

impl PopupClient {
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let origin = format!("http://localhost:{port}");
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream));
            }
        });
        Self {
            redirect_uri: format!("{origin}/callback"),
            origin,
            server,
        }
    }

    /// The page whose button opens a popup at `url`.
    pub(crate) fn page(&self, url: &str) -> String {
        let mut page = Url::parse(&self.origin).expect("a URL");
        // The query makes each one a page of its own: a new fragment alone loads nothing.
        page.set_query(Some(&format!("page={}", url.len())));
        let fragment: String = url::form_urlencoded::byte_serialize(url.as_bytes()).collect();
        page.set_fragment(Some(&fragment));
        page.into()
    }
}

impl Drop for PopupClient {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn answer(stream: TcpStream) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if stream.read_line(&mut request).await.ok()? == 0 {
            return None;
        }
    }
    let target = request.split(' ').nth(1)?;
    let (status, page) = match target.split('?').next()? {
        "/" => ("200 OK", PAGE),
        "/callback" => ("200 OK", CALLBACK),
        _ => ("404 Not Found", ""),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{page}",
        page.len()
    );
    stream.write_all(answer.as_bytes()).await.ok()
}
