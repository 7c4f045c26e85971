//! A hostile host of client metadata documents: it says nothing, too much, or something else.
//! What a stranger makes the hub fetch costs the others nothing and leaves nothing behind.

use std::time::Duration;

use backlog_sim::seed;
use futures_util::future::join_all;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

use super::{users, world::World};
use crate::support::{
    document_host::{Document, DocumentHost},
    person::{Person, authorize_url, exchange},
    site::REDIRECT_URI,
};

#[derive(Clone, Copy, Debug)]
pub(super) enum Hostility {
    /// Accepts the request and never responds.
    Silent,
    /// A header that never ends, a byte at a time.
    Trickle,
    /// A body that never ends.
    Endless,
    /// Announces more than there is memory for.
    Announces,
    /// Leads to the hub's own network.
    Redirects,
    /// Ends in the middle.
    HangsUp,
    /// Is no HTTP.
    Garbage,
}

const ALL: [Hostility; 7] = [
    Hostility::Silent,
    Hostility::Trickle,
    Hostility::Endless,
    Hostility::Announces,
    Hostility::Redirects,
    Hostility::HangsUp,
    Hostility::Garbage,
];

/// A host of documents; it ends when dropped.
pub(super) struct HostileHost {
    /// A document there; any other path is as hostile.
    pub url: String,
    accepting: JoinHandle<()>,
}

impl HostileHost {
    pub(super) async fn open(hostility: Hostility) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, hostility));
            }
        });
        Self {
            url: format!("http://{address}/client.json"),
            accepting,
        }
    }
}

impl Drop for HostileHost {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Until the hub hangs up.
async fn answer(mut stream: TcpStream, hostility: Hostility) -> Option<()> {
    if stream.read(&mut [0; 4096]).await.ok()? == 0 {
        return None;
    }
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
    match hostility {
        Hostility::Silent => {
            stream.read_to_end(&mut Vec::new()).await.ok()?;
        }
        Hostility::Trickle => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                .await
                .ok()?;
            loop {
                stream.write_all(b"a").await.ok()?;
                sleep(Duration::from_millis(50)).await;
            }
        }
        Hostility::Endless => {
            stream
                .write_all(format!("{head}\r\n").as_bytes())
                .await
                .ok()?;
            loop {
                stream.write_all(&[b' '; 4096]).await.ok()?;
            }
        }
        Hostility::Announces => {
            let head = format!("{head}Content-Length: 1000000000000\r\n\r\n{{");
            stream.write_all(head.as_bytes()).await.ok()?;
            stream.read_to_end(&mut Vec::new()).await.ok()?;
        }
        Hostility::Redirects => {
            let redirect = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:5432/\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(redirect).await.ok()?;
        }
        Hostility::HangsUp => {
            let half = format!("{head}Content-Length: 100\r\n\r\n{{\"client_id\":");
            stream.write_all(half.as_bytes()).await.ok()?;
        }
        Hostility::Garbage => {
            stream.write_all(&[0xff; 512]).await.ok()?;
        }
    }
    stream.shutdown().await.ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_metadata_hosts_leave_nothing_behind() {
    let world = World::of(1).await;
    let mut users = users::sign_in(&world).await;
    let rows = async || {
        (
            world.count("clients").await,
            world.count("authorization_requests").await,
        )
    };
    let before = rows().await;
    let attempts = ALL.map(async |hostility| {
        let host = HostileHost::open(hostility).await;
        let page = Person::default()
            .get(&authorize_url(&world.site, &host.url))
            .await;
        let refused = page.status.is_client_error() || page.status == 503;
        assert!(refused, "{hostility:?}: {} {}", page.status, page.body);
        assert!(page.location.is_none(), "{hostility:?}");
    });
    // Those who are signed in do not notice.
    let others = async {
        for user in &users {
            user.is_served(&world.url(0)).await;
        }
    };
    tokio::join!(join_all(attempts), others);
    assert_eq!(rows().await, before);

    // An honest client comes after them and is served.
    let host = DocumentHost::open().await;
    let client_id = host.url("/client.json");
    let document = json!({
        "client_id": client_id, "client_name": "Honest", "redirect_uris": [REDIRECT_URI],
    });
    host.set("/client.json", Document::json(&document));
    let answer = Person::default()
        .authorize(&world.site, &client_id, seed::DANIEL)
        .await;
    let code = answer.get("code");
    let (status, body) = exchange(&world.site.base_url, &client_id, code).await;
    assert_eq!(status, 200, "{body}");
    users::assert_all_are_signed_in(&world, &mut users).await;
}
