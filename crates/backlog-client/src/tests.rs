//! The client against a fake Backlog.

use std::time::Duration;

use actix_web::HttpResponse;
use bytes::Bytes;
use reqwest::Method;
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{
    BacklogClient, BacklogError, BacklogUrl, ClientOptions, Content, Credentials, OAuthError,
    Operation, Request, Response, Segment, Sites, SpaceOAuth, Upload, fake::FakeBacklog,
    models::User,
};

pub(super) fn client(options: ClientOptions) -> BacklogClient {
    BacklogClient::new(options).unwrap()
}

pub(super) fn request(operation: Operation, inputs: Value) -> Request {
    let inputs: Map<String, Value> = serde_json::from_value(inputs).unwrap();
    operation.fill(inputs).unwrap()
}

pub(super) fn anything() -> Request {
    Request::get([Segment::fixed("space")])
}

async fn send(backlog: &FakeBacklog, request: Request) -> Result<Response, BacklogError> {
    let key = Credentials::ApiKey("k3y".into());
    client(ClientOptions::default())
        .send(&backlog.url, &key, request)
        .await
}

const FORM: &str = "application/x-www-form-urlencoded";

#[actix_web::test]
async fn a_get_has_a_query_and_no_body() {
    let backlog = FakeBacklog::responding(200, r#"{"id":1,"name":"Ann"}"#);
    let operation = Operation::get("issues/{issueKey}/comments");
    let inputs = json!({"issueKey": "課題/1?x", "keyword": "a b&c", "id": [1, 2]});
    let response = send(&backlog, request(operation, inputs)).await.unwrap();

    let received = backlog.only();
    assert_eq!(
        received.line,
        "GET /api/v2/issues/%E8%AA%B2%E9%A1%8C%2F1%3Fx/comments\
         ?keyword=a+b%26c&id%5B%5D=1&id%5B%5D=2"
    );
    assert_eq!(received.credentials, "Backlog-API-Key k3y");
    assert_eq!(received.body, None);
    assert_eq!(response.json::<User>().unwrap().name, "Ann");
}

#[actix_web::test]
async fn the_other_methods_have_a_form() {
    for (operation, method) in [
        (Operation::post("issues"), "POST"),
        (Operation::patch("issues"), "PATCH"),
        (Operation::delete("issues"), "DELETE"),
    ] {
        let backlog = FakeBacklog::responding(204, "");
        let inputs = json!({"summary": "あ", "categoryId": [1]});
        let response = send(&backlog, request(operation, inputs)).await.unwrap();

        assert!(response.body.is_empty());
        let received = backlog.only();
        assert_eq!(received.line, format!("{method} /api/v2/issues"));
        let body = "summary=%E3%81%82&categoryId%5B%5D=1".to_owned();
        assert_eq!(received.body, Some((FORM.to_owned(), body)));
    }
}

#[actix_web::test]
async fn a_bearer_token_is_sent_as_one() {
    let backlog = FakeBacklog::responding(200, "{}");
    let token = Credentials::Bearer("t0ken".into());
    let client = client(ClientOptions::default());
    client.send(&backlog.url, &token, anything()).await.unwrap();
    assert_eq!(backlog.only().credentials, "Bearer t0ken");
}

#[actix_web::test]
async fn redirects_are_not_followed() {
    let backlog = FakeBacklog::start(|_| {
        HttpResponse::Found()
            .insert_header(("Location", "/elsewhere"))
            .finish()
    });
    let error = send(&backlog, anything()).await.unwrap_err();
    let body = Content::Empty;
    assert_eq!(error, BacklogError::UnexpectedBody { status: 302, body });
    assert_eq!(backlog.received().len(), 1);
}

/// A response without a length, in these pieces.
pub(super) fn streamed(pieces: &[&'static str]) -> HttpResponse {
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| Ok::<_, std::io::Error>((*piece).into()))
        .collect();
    HttpResponse::Ok().streaming(futures_util::stream::iter(pieces))
}

#[actix_web::test]
async fn responses_have_a_size_limit() {
    let options = ClientOptions {
        max_response_bytes: 10,
        ..ClientOptions::default()
    };
    let key = Credentials::ApiKey("k".into());
    for backlog in [
        FakeBacklog::responding(200, "12345678901"),
        FakeBacklog::start(|_| streamed(&["12345", "67890", "1"])),
    ] {
        let sent = client(options).send(&backlog.url, &key, anything()).await;
        assert_eq!(sent.unwrap_err(), BacklogError::TooLarge { limit: 10 });
    }
    let backlog = FakeBacklog::responding(200, "1234567890");
    let sent = client(options).send(&backlog.url, &key, anything()).await;
    assert_eq!(sent.unwrap().body.len(), 10);
}

/// A listener that accepts and never responds.
async fn silent() -> (TcpListener, BacklogUrl) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, BacklogUrl::parse(&url).unwrap())
}

#[actix_web::test]
async fn waiting_has_an_end() {
    let (_listener, url) = silent().await;
    let options = ClientOptions {
        timeout: Duration::from_millis(100),
        ..ClientOptions::default()
    };
    let key = Credentials::ApiKey("k".into());
    let sent = client(options).send(&url, &key, anything()).await;
    assert_eq!(sent.unwrap_err(), BacklogError::Timeout);
}

/// Serves one connection after another; each receives that many responses and is closed when the
/// next request has arrived. Returns the number of requests that were received of each connection.
async fn closing(listener: TcpListener, responses: [usize; 3]) -> Vec<usize> {
    let mut received = Vec::new();
    for responses in responses {
        let (mut connection, _) = listener.accept().await.unwrap();
        received.push(0);
        let mut buffer = [0; 4096];
        let mut head = Vec::new();
        while *received.last().unwrap() <= responses {
            match connection.read(&mut buffer).await.unwrap() {
                0 => break,
                count => head.extend(&buffer[..count]),
            }
            if head.ends_with(b"\r\n\r\n") {
                head.clear();
                *received.last_mut().unwrap() += 1;
                if *received.last().unwrap() <= responses {
                    let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
                    connection.write_all(response).await.unwrap();
                }
            }
        }
    }
    received
}

#[actix_web::test]
async fn a_read_whose_connection_was_closed_is_sent_once_more() {
    let (listener, url) = silent().await;
    let server = tokio::spawn(closing(listener, [1, 0, 1]));
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions::default());
    let read = async || client.send(&url, &key, anything()).await.map(|_| ());
    assert_eq!(read().await, Ok(()));
    // Lost on the kept connection and on a new one: not sent a third time.
    assert_eq!(read().await, Err(BacklogError::Connection));
    assert_eq!(read().await, Ok(()));
    drop(client);
    assert_eq!(server.await.unwrap(), [2, 1, 1]);

    let (listener, url) = silent().await;
    let server = tokio::spawn(closing(listener, [0, 1, 0]));
    let client = self::client(ClientOptions::default());
    let sent = client.send(&url, &key, anything()).await;
    assert_eq!(sent.map(|_| ()), Ok(()), "the second time");
    // A change is not repeated.
    let mut change = anything();
    change.method = Method::POST;
    drop(client);
    let client = self::client(ClientOptions::default());
    let sent = client.send(&url, &key, change).await;
    assert_eq!(sent.map(|_| ()), Err(BacklogError::Connection));
    assert_eq!(server.await.unwrap(), [1, 1, 1]);
}

#[actix_web::test]
async fn an_unreachable_site_is_reported() {
    // The port of the discard service, which does not run.
    let url = BacklogUrl::parse("http://127.0.0.1:9").unwrap();
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions::default());
    let sent = client.send(&url, &key, anything()).await;
    assert_eq!(sent.unwrap_err(), BacklogError::Unreachable);
}

#[actix_web::test]
async fn a_request_that_is_too_long_is_not_sent() {
    let backlog = FakeBacklog::responding(200, "{}");
    let mut long = Request::get([Segment::fixed("issues")]);
    long.query.push(("keyword".to_owned(), "a".repeat(70_000)));
    let error = send(&backlog, long).await;
    assert_eq!(error.unwrap_err(), BacklogError::TooLong);
    assert_eq!(backlog.received(), []);
}

#[actix_web::test]
async fn requests_without_a_user_share_the_slots_of_a_space() {
    let (_listener, url) = silent().await;
    let options = ClientOptions {
        concurrency_without_user: 1,
        queue_timeout: Duration::ZERO,
        ..ClientOptions::default()
    };
    let client = client(options);
    let key = Credentials::ApiKey("k".into());
    let first = client.send(&url, &key, anything());
    let second = async {
        let same = client.send(&url, &key, anything()).await;
        let backlog = FakeBacklog::responding(200, "{}");
        let other = client.send(&backlog.url, &key, anything()).await;
        (same.unwrap_err(), other.is_ok())
    };
    tokio::select! {
        biased;
        _ = first => panic!("a silent space responded"),
        outcome = second => assert_eq!(outcome, (BacklogError::Busy, true)),
    }
}

#[actix_web::test]
async fn a_user_waits_only_for_their_own_slots() {
    let (listener, url) = silent().await;
    let client = client(ClientOptions {
        concurrency_without_user: 1,
        concurrency_per_user: 1,
        queue_timeout: Duration::ZERO,
        ..ClientOptions::default()
    });
    let key = Credentials::ApiKey("k".into());
    let [one, other, third] = [1, 2, 3].map(|user| client.for_user(Some(user)));
    let outcome = async {
        // All four requests arrive.
        let mut open = Vec::new();
        while open.len() < 4 {
            open.push(listener.accept().await.unwrap());
        }
        // Another credential of the same user does not help.
        let newer = Credentials::ApiKey("newer".into());
        let same = one.send(&url, &newer, anything()).await;
        // Each space has slots of its own.
        let backlog = FakeBacklog::responding(200, "{}");
        let elsewhere = one.send(&backlog.url, &key, anything()).await;
        (same.unwrap_err(), elsewhere.is_ok())
    };
    tokio::select! {
        biased;
        _ = one.send(&url, &key, anything()) => panic!("a silent space responded"),
        _ = client.send(&url, &key, anything()) => panic!("its slot is taken by a user"),
        _ = other.send(&url, &key, anything()) => panic!("its slot is taken by another user"),
        _ = third.send(&url, &key, anything()) => panic!("its slot is taken by another user"),
        outcome = outcome => assert_eq!(outcome, (BacklogError::Busy, true)),
    }
}

/// Requests that share a connection of HTTP/2 would wait for its streams, and for one another.
#[actix_web::test]
async fn only_http_1_is_offered_to_a_space() {
    // The extension of a TLS handshake (RFC 7301): its type, three lengths, and the only protocol.
    const ONLY_HTTP_1: &[u8] = b"\x00\x10\x00\x0b\x00\x09\x08http/1.1";
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let url = BacklogUrl::parse(&url).unwrap();
    let client = client(ClientOptions::default());
    let key = Credentials::ApiKey("k".into());
    let hello = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut header = [0; 5];
        stream.read_exact(&mut header).await.unwrap();
        let mut hello = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
        stream.read_exact(&mut hello).await.unwrap();
        hello
    };
    tokio::select! {
        _ = client.send(&url, &key, anything()) => panic!("nobody responded"),
        hello = hello => {
            let mut parts = hello.windows(ONLY_HTTP_1.len());
            assert!(parts.any(|part| part == ONLY_HTTP_1), "{hello:?}");
        }
    }
}

#[actix_web::test]
async fn a_change_is_made_whether_or_not_its_response_can_be_read() {
    type Respond = fn() -> HttpResponse;

    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions {
        max_response_bytes: 100,
        max_bytes_per_space: 15,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    });
    let broken: Respond = || {
        let start = futures_util::stream::iter([Ok(Bytes::from("1"))]);
        let cut = futures_util::stream::once(async {
            // The part so far is sent.
            tokio::task::yield_now().await;
            Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
        });
        HttpResponse::Ok().streaming(futures_util::StreamExt::chain(start, cut))
    };
    let no_memory: Respond = || HttpResponse::Ok().body("1".repeat(16));
    let too_large: Respond = || HttpResponse::Created().body("1".repeat(101));
    let refused: Respond = || HttpResponse::BadRequest().body("1".repeat(101));
    let page: Respond = || {
        let mut page = HttpResponse::Ok();
        page.content_type("text/html").body("1".repeat(101))
    };
    let unread = |status| BacklogError::UnexpectedBody {
        status,
        body: Content::Unread,
    };
    for (response, of_read, of_change) in [
        (broken, BacklogError::Connection, BacklogError::Unread),
        (no_memory, BacklogError::NoMemory, BacklogError::Unread),
        (
            too_large,
            BacklogError::TooLarge { limit: 100 },
            BacklogError::Unread,
        ),
        (refused, unread(400), unread(400)),
        (
            page,
            BacklogError::TooLarge { limit: 100 },
            BacklogError::UnexpectedBody {
                status: 200,
                body: Content::Html,
            },
        ),
    ] {
        let backlog = FakeBacklog::start(move |_| response());
        let read = client.send(&backlog.url, &key, anything()).await;
        assert_eq!(read.unwrap_err(), of_read);
        for operation in [
            Operation::post("issues"),
            Operation::patch("issues"),
            Operation::delete("issues"),
        ] {
            let change = request(operation, json!({}));
            let change = client.send(&backlog.url, &key, change).await;
            assert_eq!(change.unwrap_err(), of_change);
        }
    }
}

#[actix_web::test]
async fn a_response_of_too_many_values_is_refused_before_it_is_read() {
    let response = |status: u16, values: usize| {
        let body = format!("[{}0]", "0,".repeat(values - 1));
        let status = actix_web::http::StatusCode::from_u16(status).unwrap();
        let mut response = HttpResponse::build(status);
        response.content_type("application/json").body(body)
    };
    let limit = 200_000;
    let most = FakeBacklog::start(move |_| response(200, limit));
    let read = send(&most, anything()).await.unwrap();
    assert_eq!(read.json::<Vec<u8>>().unwrap().len(), limit);

    let more = FakeBacklog::start(move |_| response(200, limit + 1));
    let too_many = BacklogError::TooManyValues { limit };
    assert_eq!(send(&more, anything()).await.unwrap_err(), too_many);
    // The change was made, regardless of its response.
    for operation in [Operation::post("issues"), Operation::delete("issues")] {
        let change = send(&more, request(operation, json!({}))).await;
        assert_eq!(change.unwrap_err(), BacklogError::Unread);
    }
    // The body of a failure is not parsed either.
    let failed = FakeBacklog::start(move |_| response(400, limit + 1));
    let expected = BacklogError::UnexpectedBody {
        status: 400,
        body: Content::Unread,
    };
    assert_eq!(send(&failed, anything()).await.unwrap_err(), expected);
}

#[actix_web::test]
async fn nothing_is_sent_to_a_site_that_is_not_allowed() {
    let backlog = FakeBacklog::responding(200, "{}");
    let key = Credentials::ApiKey("k3y".into());
    let client = client(ClientOptions::default());
    let nulabs = client.clone().within(Sites::of_nulab());
    assert!(!nulabs.may_use(&backlog.url));
    let refused = nulabs.send(&backlog.url, &key, anything()).await;
    assert_eq!(refused.unwrap_err(), BacklogError::SiteNotAllowed);
    let oauth = SpaceOAuth {
        url: backlog.url.clone(),
        client_id: "app".to_owned(),
        client_secret: "the-secret".into(),
        redirect_uri: url::Url::parse("https://hub.example.com/callback").unwrap(),
    };
    let token = "a-refresh-token".into();
    let exchanged = oauth.exchange_code(&nulabs, "c0de", None).await;
    let renewed = oauth.refresh(&nulabs, &token).await;
    for refused in [exchanged, renewed] {
        // It says nothing about the grant: after a correction of the settings no sign-in is lost.
        let error = refused.unwrap_err();
        assert!(matches!(error, OAuthError::Unavailable { .. }), "{error}");
    }
    assert_eq!(backlog.received(), []);

    let with_it = client.within(Sites::of_nulab().with_site(backlog.url.clone()));
    with_it.send(&backlog.url, &key, anything()).await.unwrap();
}

#[actix_web::test]
async fn a_file_is_a_part_with_its_name_as_it_is() {
    let backlog = FakeBacklog::responding(200, "{}");
    let upload = Upload {
        name: "図 \"1\".txt".to_owned(),
        bytes: "a\r\n潮".into(),
    };
    let path = ["space", "attachment"].map(Segment::fixed);
    let request = Request::upload(path, upload);
    send(&backlog, request).await.unwrap();
    let received = backlog.only();
    assert_eq!(received.line, "POST /api/v2/space/attachment");
    let body = "--BOUNDARY\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"図 \\\"1\\\".txt\"\r\n\
        content-type: application/octet-stream\r\n\r\n\
        a\r\n潮\r\n\
        --BOUNDARY--\r\n";
    let expected = ("multipart/form-data".to_owned(), body.to_owned());
    assert_eq!(received.body, Some(expected));
}
