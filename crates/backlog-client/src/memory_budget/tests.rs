//! The client, with a small memory budget.

use std::time::Duration;

use actix_web::HttpResponse;

use crate::{
    BacklogClient, BacklogError, ClientOptions, Credentials, Request, Segment,
    fake::FakeBacklog,
    tests::{anything, client, streamed},
    values,
};

#[actix_web::test]
async fn responses_share_the_memory_that_there_is() {
    let options = ClientOptions {
        max_bytes_in_memory: 15,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    };
    let key = Credentials::ApiKey("k".into());
    let client = client(options);
    let streamed = FakeBacklog::start(|_| streamed(&["12345", "67890"]));
    let announced = FakeBacklog::responding(200, "1234567890");
    for backlog in [&streamed, &announced] {
        let first = client.send(&announced.url, &key, anything()).await.unwrap();
        let body = first.body.clone();
        drop(first);
        let second = client.send(&backlog.url, &key, anything()).await;
        assert_eq!(second.unwrap_err(), BacklogError::NoMemory);
        // A copy of the body holds the memory, and nothing else does.
        assert_eq!(&*body, b"1234567890");
        drop(body);
        client.send(&backlog.url, &key, anything()).await.unwrap();
    }
}

#[actix_web::test]
async fn many_responses_at_once_stay_within_the_memory_that_there_is() {
    const USERS: i64 = 20;
    const FIT: usize = 5;
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions {
        max_bytes_in_memory: FIT * 10,
        queue_timeout: Duration::ZERO,
        ..ClientOptions::default()
    });
    let backlog = FakeBacklog::responding(200, "1234567890");
    let send_all = async || {
        let calls = (1..=USERS).map(|user| {
            let client = client.for_user(Some(user));
            let (url, key) = (backlog.url.clone(), key.clone());
            actix_web::rt::spawn(async move { client.send(&url, &key, anything()).await })
        });
        let calls: Vec<_> = calls.collect();
        futures_util::future::join_all(calls).await
    };
    // All are sent, and again once the first ones are dropped.
    for round in 1..=2 {
        let outcomes = send_all().await.into_iter().map(Result::unwrap);
        let (read, refused): (Vec<_>, Vec<_>) = outcomes.partition(Result::is_ok);
        assert_eq!(read.len(), FIT);
        for outcome in refused {
            assert_eq!(outcome.unwrap_err(), BacklogError::NoMemory);
        }
        let sent = usize::try_from(round * USERS).unwrap();
        assert_eq!(backlog.received().len(), sent);
    }
}

/// A site that announces a long response and sends only one byte.
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
async fn an_announced_length_takes_no_memory_from_other_spaces() {
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions {
        max_bytes_in_memory: 17 << 20,
        max_bytes_per_space: 16 << 20,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    });
    let others = FakeBacklog::start(|_| HttpResponse::Ok().body(vec![b'1'; 16 << 20]));
    let hostile = stalling();
    // One of the two holds its space's whole budget.
    let calls = [(); 2].map(|()| Box::pin(client.send(&hostile.url, &key, anything())));
    let (refused, _, stalled) = futures_util::future::select_all(calls).await;
    assert_eq!(refused.unwrap_err(), BacklogError::NoMemory);
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
    let [one, other] = ["1234567890"; 2].map(|body| FakeBacklog::responding(200, body));
    let held = client.send(&one.url, &key, anything()).await.unwrap();
    let refused = client.send(&one.url, &key, anything()).await;
    assert_eq!(refused.unwrap_err(), BacklogError::NoMemory);
    client.send(&other.url, &key, anything()).await.unwrap();
    drop(held);
    client.send(&one.url, &key, anything()).await.unwrap();
}

#[actix_web::test]
async fn a_user_has_a_share_of_the_memory_of_a_space() {
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions {
        max_bytes_per_space: 30,
        max_bytes_per_user: 15,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    });
    let announced = FakeBacklog::responding(200, "1234567890");
    let streamed = FakeBacklog::start(|_| streamed(&["12345", "67890"]));
    let [one, other] = [1, 2].map(|user| client.for_user(Some(user)));
    for backlog in [&announced, &streamed] {
        let send = |client: &BacklogClient| {
            let (client, url, key) = (client.clone(), backlog.url.clone(), key.clone());
            async move { client.send(&url, &key, anything()).await }
        };
        let held = send(&one).await.unwrap();
        assert_eq!(send(&one).await.unwrap_err(), BacklogError::NoMemory);
        let of_another = send(&other).await.unwrap();
        drop(held);
        send(&one).await.unwrap();
        drop(of_another);
    }
    // Together, users have no more than the space.
    let held = client.send(&announced.url, &key, anything()).await.unwrap();
    let of_one = one.send(&announced.url, &key, anything()).await.unwrap();
    let of_other = other.send(&announced.url, &key, anything()).await.unwrap();
    let third = client.for_user(Some(3));
    let more = third.send(&announced.url, &key, anything());
    assert_eq!(more.await.unwrap_err(), BacklogError::NoMemory);
    drop((held, of_one, of_other));
}

#[test]
fn the_largest_response_with_all_its_values_fits_in_the_share_of_a_user() {
    let options = ClientOptions::default();
    let values = values::MOST * values::BYTES_EACH;
    assert!(options.max_response_bytes + values <= options.max_bytes_per_user);
    assert!(2 * options.max_bytes_per_user <= options.max_bytes_per_space);
}

#[actix_web::test]
async fn a_response_of_unknown_length_takes_its_share_in_doubling_steps() {
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
    // A response of 6 bytes reserves 8 of 15.
    let held = send("long").await.unwrap();
    assert_eq!(send("space").await.unwrap_err(), BacklogError::NoMemory);
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
    let response = client.send(&backlog.url, &key, anything()).await.unwrap();
    assert_eq!(response.body.len(), 15);
}

#[actix_web::test]
async fn a_response_takes_memory_for_its_values_until_it_is_dropped() {
    let key = Credentials::ApiKey("k".into());
    let client = client(ClientOptions {
        // One response: 7 bytes, and 72 for each of its 3 values.
        max_bytes_per_space: 7 + 3 * 72,
        queue_timeout: Duration::from_millis(50),
        ..ClientOptions::default()
    });
    let backlog = FakeBacklog::responding(200, "[0,0,0]");
    let send = || client.send(&backlog.url, &key, anything());
    let held = send().await.unwrap();
    assert_eq!(send().await.unwrap_err(), BacklogError::NoMemory);
    // The parsed values hold the memory without the bytes.
    let memory = held.memory.clone();
    drop(held);
    assert_eq!(send().await.unwrap_err(), BacklogError::NoMemory);
    drop(memory);
    send().await.unwrap();
    // It exceeds the budget of a space, so it is never read.
    let larger = FakeBacklog::responding(200, "[0,0,0,0]");
    let refused = client.send(&larger.url, &key, anything()).await;
    assert_eq!(refused.unwrap_err(), BacklogError::NoMemory);
}
