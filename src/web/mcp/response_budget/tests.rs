//! Large responses: which get memory, which lose it, and which are replaced.

use std::future::poll_fn;

use actix_web::{App, HttpResponse, HttpServer, dev::Service, web};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use uuid::Uuid;

use super::*;

/// More than the buffers of any connection.
const LARGE: usize = 32 << 20;
const SPACE: SpaceId = SpaceId(Uuid::from_u128(7));
const USER: User = (SPACE, 1);
const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(300);

fn response(response: HttpResponse) -> ServiceResponse<BoxBody> {
    let request = actix_web::test::TestRequest::default().to_http_request();
    ServiceResponse::new(request, response)
}

fn whole(bytes: usize) -> ServiceResponse<BoxBody> {
    response(HttpResponse::Ok().body(vec![b'a'; bytes]))
}

fn streamed(bytes: usize) -> ServiceResponse<BoxBody> {
    let chunk = Ok::<_, io::Error>(Bytes::from(vec![b'a'; bytes]));
    response(HttpResponse::Ok().streaming(stream::iter([chunk])))
}

fn bound(
    budget: &ResponseBudget,
    user: User,
    response: ServiceResponse<BoxBody>,
) -> Result<ServiceResponse<BudgetedBody>, HttpRequest> {
    budget.bound(user, &ChallengeSlot::default(), response)
}

async fn piece(body: &mut BudgetedBody) -> Option<Result<Bytes, Error>> {
    poll_fn(|context| Pin::new(&mut *body).poll_next(context)).await
}

#[actix_web::test]
async fn a_large_response_is_sent_in_parts_and_releases_its_memory() {
    let budget = ResponseBudget::new(SMALL * 4, (SMALL * 4, SMALL * 4), LONG);
    let lengths = [0, 1, SMALL, SMALL + 1, SMALL * 4];
    for make in [whole as fn(usize) -> _, streamed] {
        for length in lengths {
            let bounded = bound(&budget, USER, make(length)).unwrap();
            let mut body = bounded.into_body();
            let mut read = 0;
            while let Some(piece) = piece(&mut body).await {
                let piece = piece.unwrap();
                assert!(piece.len() <= SMALL);
                read += piece.len();
            }
            assert_eq!(read, length);
            assert_eq!(budget.0.bytes.available_permits(), SMALL * 4);
        }
    }
}

#[actix_web::test]
async fn a_space_takes_no_room_from_others() {
    let budget = ResponseBudget::new(SMALL * 8, (SMALL * 3, SMALL * 3), LONG);
    let held = bound(&budget, USER, whole(SMALL * 2)).unwrap();
    assert!(bound(&budget, USER, whole(SMALL * 2)).is_err());
    let mut cut = bound(&budget, USER, streamed(SMALL * 2))
        .unwrap()
        .into_body();
    assert!(piece(&mut cut).await.unwrap().is_err());
    assert!(
        bound(&budget, USER, whole(SMALL)).is_ok(),
        "small ones need none"
    );
    assert!(bound(&budget, (SpaceId(Uuid::from_u128(8)), 1), whole(SMALL * 2)).is_ok());
    drop(held);
    assert!(bound(&budget, USER, whole(SMALL * 2)).is_ok());
}

#[actix_web::test]
async fn a_user_takes_no_memory_from_the_others_of_the_space() {
    let budget = ResponseBudget::new(SMALL * 9, (SMALL * 6, SMALL * 3), LONG);
    let other = (SPACE, 2);
    let held = bound(&budget, USER, whole(SMALL * 2)).unwrap();
    assert!(bound(&budget, USER, whole(SMALL * 2)).is_err());
    let of_another = bound(&budget, other, whole(SMALL * 3)).unwrap();
    drop(held);
    assert!(bound(&budget, USER, whole(SMALL * 3)).is_ok());
    drop(of_another);
}

#[actix_web::test]
async fn a_change_is_reported_if_no_memory_is_left_for_its_response() {
    let budget = ResponseBudget::new(SMALL, (SMALL, SMALL), LONG);
    let result = |text: &str| json!({"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": text}]}});
    let large = result(&"a".repeat(SMALL)).to_string();
    let event = Bytes::from(format!("data: {large}\n\n"));
    let json = || response(HttpResponse::Ok().body(large.clone()));
    let events = || {
        let event = Ok::<_, io::Error>(event.clone());
        response(HttpResponse::Ok().streaming(stream::iter([event])))
    };

    // Nothing was changed: the client can repeat the request.
    assert!(bound(&budget, USER, json()).is_err());
    let mut cut = bound(&budget, USER, events()).unwrap().into_body();
    assert!(piece(&mut cut).await.unwrap().is_err());

    let challenge = ChallengeSlot::default();
    challenge.note_change();
    for (response, before) in [(json(), ""), (events(), "data: ")] {
        let bounded = budget.bound(USER, &challenge, response).unwrap();
        assert_eq!(bounded.status(), 200);
        let size = bounded.response().body().size();
        let mut body = bounded.into_body();
        let replacement = piece(&mut body).await.unwrap().unwrap();
        assert!(piece(&mut body).await.is_none());
        if before.is_empty() {
            assert_eq!(size, BodySize::Sized(replacement.len() as u64));
        }
        let replacement: Value = serde_json::from_slice(&replacement[before.len()..]).unwrap();
        assert_eq!(replacement["id"], 7);
        assert_eq!(
            replacement["result"]["content"][1]["text"],
            crate::calls::failure::DONE
        );
    }
}

#[actix_web::test]
async fn a_client_that_does_not_read_holds_no_memory() {
    let budget = ResponseBudget::new(LARGE, (LARGE, LARGE), SHORT);
    let bound = budget.clone();
    let server = HttpServer::new(move || {
        let bound = bound.clone();
        App::new()
            .wrap_fn(move |request, service| {
                let (bound, response) = (bound.clone(), service.call(request));
                async move {
                    let bounded = bound
                        .bound(USER, &ChallengeSlot::default(), response.await?)
                        .expect("room");
                    // Only here: in the test below, the timeout may already have passed.
                    assert_eq!(bound.0.bytes.available_permits(), 0);
                    Ok(bounded)
                }
            })
            .default_service(web::to(|| async {
                HttpResponse::Ok().body(vec![b'a'; LARGE])
            }))
    })
    .workers(1)
    .disable_signals()
    .bind(("127.0.0.1", 0))
    .unwrap();
    let mut client = TcpStream::connect(server.addrs()[0]).await.unwrap();
    actix_web::rt::spawn(server.run());
    client
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let mut start = [0; 15];
    client.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"HTTP/1.1 200 OK");

    // The client reads nothing meanwhile.
    let all = budget.0.bytes.acquire_many(u32::try_from(LARGE).unwrap());
    drop(tokio::time::timeout(LONG, all).await.expect("time is up"));
    let mut rest = Vec::new();
    // A reset is an end as well.
    let _ = client.read_to_end(&mut rest).await;
    assert!(rest.len() < LARGE, "the rest was dropped");
}
