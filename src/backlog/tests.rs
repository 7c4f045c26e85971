//! The client against a fake Backlog.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use actix_web::HttpResponse;
use bytes::Bytes;
use chrono::DateTime;
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;

use super::{
    BacklogClient, BacklogError, BacklogUrl, Call, ClientOptions, Credentials, Request, Response,
    Segment, Upload, fake::FakeBacklog, models::User,
};
use crate::clock::Clock;

fn client(options: ClientOptions) -> BacklogClient {
    BacklogClient::new(options).unwrap()
}

fn request(call: Call, inputs: Value) -> Request {
    let inputs: Map<String, Value> = serde_json::from_value(inputs).unwrap();
    call.fill(inputs).unwrap()
}

fn anything() -> Request {
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
    let backlog = FakeBacklog::answering(200, r#"{"id":1,"name":"Ann"}"#);
    let call = Call::get("issues/{issueKey}/comments");
    let inputs = json!({"issueKey": "課題/1?x", "keyword": "a b&c", "id": [1, 2]});
    let answer = send(&backlog, request(call, inputs)).await.unwrap();

    let received = backlog.only();
    assert_eq!(
        received.line,
        "GET /api/v2/issues/%E8%AA%B2%E9%A1%8C%2F1%3Fx/comments\
         ?keyword=a+b%26c&id%5B%5D=1&id%5B%5D=2"
    );
    assert_eq!(received.credentials, "Backlog-API-Key k3y");
    assert_eq!(received.body, None);
    assert_eq!(answer.json::<User>().unwrap().name, "Ann");
}

#[actix_web::test]
async fn the_other_methods_have_a_form() {
    for (call, method) in [
        (Call::post("issues"), "POST"),
        (Call::patch("issues"), "PATCH"),
        (Call::delete("issues"), "DELETE"),
    ] {
        let backlog = FakeBacklog::answering(204, "");
        let inputs = json!({"summary": "あ", "categoryId": [1]});
        let answer = send(&backlog, request(call, inputs)).await.unwrap();

        assert!(answer.body.is_empty());
        let received = backlog.only();
        assert_eq!(received.line, format!("{method} /api/v2/issues"));
        let body = "summary=%E3%81%82&categoryId%5B%5D=1".to_owned();
        assert_eq!(received.body, Some((FORM.to_owned(), body)));
    }
}

#[actix_web::test]
async fn a_bearer_token_is_sent_as_one() {
    let backlog = FakeBacklog::answering(200, "{}");
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
    assert_eq!(error, BacklogError::UnexpectedBody { status: 302 });
    assert_eq!(backlog.received().len(), 1);
}

/// An answer without a length, in these pieces.
fn streamed(pieces: &[&'static str]) -> HttpResponse {
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| Ok::<_, std::io::Error>((*piece).into()))
        .collect();
    HttpResponse::Ok().streaming(futures_util::stream::iter(pieces))
}

#[actix_web::test]
async fn answers_have_a_size_limit() {
    let options = ClientOptions {
        max_response_bytes: 10,
        ..ClientOptions::default()
    };
    let key = Credentials::ApiKey("k".into());
    for backlog in [
        FakeBacklog::answering(200, "12345678901"),
        FakeBacklog::start(|_| streamed(&["12345", "67890", "1"])),
    ] {
        let sent = client(options).send(&backlog.url, &key, anything()).await;
        assert_eq!(sent.unwrap_err(), BacklogError::TooLarge { limit: 10 });
    }
    let backlog = FakeBacklog::answering(200, "1234567890");
    let sent = client(options).send(&backlog.url, &key, anything()).await;
    assert_eq!(sent.unwrap().body.len(), 10);
}

/// A listener that accepts and never answers.
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

#[actix_web::test]
async fn nobody_there() {
    // The discard service, which nothing runs.
    let url = BacklogUrl::parse("http://127.0.0.1:9").unwrap();
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions::default());
    let sent = client.send(&url, &key, anything()).await;
    assert_eq!(sent.unwrap_err(), BacklogError::Connection);
}

#[actix_web::test]
async fn a_full_space_is_busy_and_another_is_not() {
    let (_listener, url) = silent().await;
    let options = ClientOptions {
        concurrency_per_space: 1,
        queue_timeout: Duration::ZERO,
        ..ClientOptions::default()
    };
    let client = client(options);
    let key = Credentials::ApiKey("k".into());
    let first = client.send(&url, &key, anything());
    let second = async {
        let same = client.send(&url, &key, anything()).await;
        let backlog = FakeBacklog::answering(200, "{}");
        let other = client.send(&backlog.url, &key, anything()).await;
        (same.unwrap_err(), other.is_ok())
    };
    tokio::select! {
        biased;
        _ = first => panic!("a silent space answered"),
        outcome = second => assert_eq!(outcome, (BacklogError::Busy, true)),
    }
}

/// A Backlog that says what is left until 1060.
fn limited(remaining: &'static str, status: u16) -> FakeBacklog {
    FakeBacklog::start(move |_| {
        HttpResponse::build(status.try_into().unwrap())
            .insert_header(("X-RateLimit-Remaining", remaining))
            .insert_header(("X-RateLimit-Reset", "1060"))
            .body("{}")
    })
}

/// A client whose clock stands at these seconds.
fn at(seconds: &Arc<AtomicI64>) -> BacklogClient {
    let seconds = seconds.clone();
    let now = move || DateTime::from_timestamp(seconds.load(Ordering::SeqCst), 0).unwrap();
    BacklogClient::observed(ClientOptions::default(), Clock::from_fn(now), None).unwrap()
}

#[actix_web::test]
async fn a_class_that_is_used_up_is_not_asked_until_its_time() {
    for (remaining, status) in [("0", 200), ("0", 429), ("17", 429)] {
        let backlog = limited(remaining, status);
        let now = Arc::new(AtomicI64::new(1_000));
        let client = at(&now);
        let key = |name: &str| Credentials::ApiKey(name.into());
        let send = async |key: Credentials, request: Request| {
            client.send(&backlog.url, &key, request).await
        };
        let reset = DateTime::from_timestamp(1_060, 0);
        let first = send(key("a"), anything()).await;
        assert_eq!(first.is_ok(), status == 200, "{first:?}");
        for _ in 0..3 {
            let refused = send(key("a"), anything()).await.unwrap_err();
            assert_eq!(refused, BacklogError::RateLimited { reset });
        }
        assert_eq!(backlog.received().len(), 1, "nothing more was asked");

        // Other classes, and other users, are none of it.
        let search = || request(Call::get("issues"), json!({}));
        let by_keyword = || request(Call::get("wikis"), json!({"keyword": "a"}));
        let update = || request(Call::post("issues"), json!({}));
        let icon = || request(Call::get("users/{id}/icon"), json!({"id": 1}));
        for (number, request) in [search(), update(), icon()].into_iter().enumerate() {
            let _ = send(key("a"), request).await;
            assert_eq!(backlog.received().len(), 2 + number);
        }
        for request in [search(), by_keyword(), update(), icon()] {
            assert!(send(key("a"), request).await.is_err(), "used up as well");
        }
        assert_eq!(backlog.received().len(), 4);
        let _ = send(key("b"), anything()).await;
        let elsewhere = limited("5", 200);
        client
            .send(&elsewhere.url, &key("a"), anything())
            .await
            .unwrap();
        assert_eq!(backlog.received().len(), 5);

        now.store(1_060, Ordering::SeqCst);
        let _ = send(key("a"), anything()).await;
        assert_eq!(backlog.received().len(), 6);
    }
}

#[actix_web::test]
async fn a_short_pause_is_sat_out() {
    let backlog = limited("0", 200);
    let now = Arc::new(AtomicI64::new(1_059));
    let client = at(&now);
    let key = Credentials::ApiKey("a".into());
    let started = Instant::now();
    for _ in 0..2 {
        client.send(&backlog.url, &key, anything()).await.unwrap();
    }
    assert_eq!(backlog.received().len(), 2);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[actix_web::test]
async fn a_limit_that_is_used_up_in_the_queue_is_respected_too() {
    let backlog = limited("0", 200);
    let now = || DateTime::from_timestamp(1_000, 0).unwrap();
    let options = ClientOptions {
        concurrency_per_space: 1,
        ..ClientOptions::default()
    };
    let client = BacklogClient::observed(options, Clock::from_fn(now), None).unwrap();
    let key = Credentials::ApiKey("a".into());
    // Both are let through before the first is answered.
    let calls = [(); 2].map(|()| client.send(&backlog.url, &key, anything()));
    let [first, second] = futures_util::future::join_all(calls)
        .await
        .try_into()
        .unwrap();
    first.unwrap();
    let reset = DateTime::from_timestamp(1_060, 0);
    assert_eq!(second.unwrap_err(), BacklogError::RateLimited { reset });
    assert_eq!(backlog.received().len(), 1);
}

#[actix_web::test]
async fn a_clock_that_is_wrong_stops_nobody_for_long() {
    let backlog = limited("0", 200);
    let now = Arc::new(AtomicI64::new(-100_000));
    let client = at(&now);
    let key = Credentials::ApiKey("a".into());
    client.send(&backlog.url, &key, anything()).await.unwrap();
    let refused = client.send(&backlog.url, &key, anything()).await;
    let reset = DateTime::from_timestamp(-100_000 + 60, 0);
    assert_eq!(refused.unwrap_err(), BacklogError::RateLimited { reset });
}

#[actix_web::test]
async fn answers_share_the_memory_that_there_is() {
    let options = ClientOptions {
        max_bytes_in_memory: 15,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    };
    let key = Credentials::ApiKey("k".into());
    let client = client(options);
    let streamed = FakeBacklog::start(|_| streamed(&["12345", "67890"]));
    let announced = FakeBacklog::answering(200, "1234567890");
    for backlog in [&streamed, &announced] {
        let first = client.send(&announced.url, &key, anything()).await.unwrap();
        let body = first.body.clone();
        drop(first);
        let second = client.send(&backlog.url, &key, anything()).await;
        assert_eq!(second.unwrap_err(), BacklogError::NoRoom);
        // A copy of it holds the room, and nothing else does.
        assert_eq!(&*body, b"1234567890");
        drop(body);
        client.send(&backlog.url, &key, anything()).await.unwrap();
    }
}

/// A site that announces a long answer, sends a byte of it and no more.
fn stalling() -> FakeBacklog {
    FakeBacklog::start(|_| {
        let byte = futures_util::stream::iter([Ok::<_, std::io::Error>("1".into())]);
        HttpResponse::Ok()
            .no_chunking(16 << 20)
            .streaming(futures_util::StreamExt::chain(
                byte,
                futures_util::stream::pending(),
            ))
    })
}

#[actix_web::test]
async fn what_a_site_announces_takes_no_room_from_other_spaces() {
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions {
        max_bytes_in_memory: 17 << 20,
        max_bytes_per_space: 16 << 20,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    });
    let others = FakeBacklog::start(|_| HttpResponse::Ok().body(vec![b'1'; 16 << 20]));
    let hostile = stalling();
    // Of the two, one has its space's whole share.
    let calls = [(); 2].map(|()| Box::pin(client.send(&hostile.url, &key, anything())));
    let (refused, _, stalled) = futures_util::future::select_all(calls).await;
    assert_eq!(refused.unwrap_err(), BacklogError::NoRoom);
    client.send(&others.url, &key, anything()).await.unwrap();
    drop(stalled);
}

#[actix_web::test]
async fn a_space_has_a_share_of_the_memory() {
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions {
        max_bytes_in_memory: 100,
        max_bytes_per_space: 15,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    });
    let [one, other] = ["1234567890"; 2].map(|body| FakeBacklog::answering(200, body));
    let held = client.send(&one.url, &key, anything()).await.unwrap();
    let refused = client.send(&one.url, &key, anything()).await;
    assert_eq!(refused.unwrap_err(), BacklogError::NoRoom);
    client.send(&other.url, &key, anything()).await.unwrap();
    drop(held);
    client.send(&one.url, &key, anything()).await.unwrap();
}

#[actix_web::test]
async fn an_answer_of_unknown_length_takes_its_share_in_doubling_steps() {
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions {
        max_bytes_per_space: 15,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    });
    let backlog = FakeBacklog::start(|request| match request.line.ends_with("/long") {
        true => streamed(&["1234", "5", "6"]),
        false => HttpResponse::Ok().body("12345678"),
    });
    let send = |path| client.send(&backlog.url, &key, Request::get([Segment::fixed(path)]));
    // Of 15 bytes, 8 are taken for 6.
    let held = send("long").await.unwrap();
    assert_eq!(send("space").await.unwrap_err(), BacklogError::NoRoom);
    drop(held);
    send("space").await.unwrap();
}

#[actix_web::test]
async fn a_share_that_is_nearly_used_up_is_used_to_the_end() {
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions {
        max_bytes_per_space: 15,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    });
    let backlog = FakeBacklog::start(|_| streamed(&["1234567890", "12345"]));
    let answer = client.send(&backlog.url, &key, anything()).await.unwrap();
    assert_eq!(answer.body.len(), 15);
}

#[actix_web::test]
async fn a_change_is_made_whether_or_not_its_answer_can_be_read() {
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions {
        max_response_bytes: 100,
        max_bytes_per_space: 15,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    });
    type Answer = fn() -> HttpResponse;
    let broken: Answer = || {
        let start = futures_util::stream::iter([Ok(Bytes::from("1"))]);
        let cut = futures_util::stream::once(async {
            // What there is so far is sent.
            tokio::task::yield_now().await;
            Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
        });
        HttpResponse::Ok().streaming(futures_util::StreamExt::chain(start, cut))
    };
    let no_room: Answer = || HttpResponse::Ok().body("1".repeat(16));
    let too_large: Answer = || HttpResponse::Created().body("1".repeat(101));
    let refused: Answer = || HttpResponse::BadRequest().body("1".repeat(101));
    for (answer, of_read, of_change) in [
        (broken, BacklogError::Connection, BacklogError::Unread),
        (no_room, BacklogError::NoRoom, BacklogError::Unread),
        (
            too_large,
            BacklogError::TooLarge { limit: 100 },
            BacklogError::Unread,
        ),
        (
            refused,
            BacklogError::TooLarge { limit: 100 },
            BacklogError::TooLarge { limit: 100 },
        ),
    ] {
        let backlog = FakeBacklog::start(move |_| answer());
        let read = client.send(&backlog.url, &key, anything()).await;
        assert_eq!(read.unwrap_err(), of_read);
        for call in [
            Call::post("issues"),
            Call::patch("issues"),
            Call::delete("issues"),
        ] {
            let change = request(call, json!({}));
            let change = client.send(&backlog.url, &key, change).await;
            assert_eq!(change.unwrap_err(), of_change);
        }
    }
}

#[actix_web::test]
async fn a_file_is_a_part_with_its_name_as_it_is() {
    let backlog = FakeBacklog::answering(200, "{}");
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
