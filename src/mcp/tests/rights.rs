//! A 401 that is about a permission, and rate limits that names must not use up.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use actix_web::HttpResponse;
use async_trait::async_trait;
use backlog_client::{
    BacklogUrl, Credentials,
    fake::{FakeBacklog, Received},
};
use serde_json::{Value, json};

use super::{call, caller, caller_of};
use crate::{
    accounts::access::{AccessError, BacklogAccess, FixedAccess},
    calls::caller::{AuthChallenge, Caller},
};

const MYSELF: &str = "GET /api/v2/users/myself";

/// A token that can be renewed, with the number of renewals.
struct Counting {
    url: BacklogUrl,
    renewals: Arc<AtomicUsize>,
}

#[async_trait]
impl BacklogAccess for Counting {
    fn url(&self) -> &BacklogUrl {
        &self.url
    }

    async fn credentials(&self) -> Result<Credentials, AccessError> {
        let renewals = self.renewals.load(Ordering::SeqCst);
        Ok(Credentials::Bearer(format!("t{renewals}").into()))
    }

    async fn renew(&self, _rejected: &Credentials) -> Result<Credentials, AccessError> {
        self.renewals.fetch_add(1, Ordering::SeqCst);
        self.credentials().await
    }
}

fn counting(backlog: &FakeBacklog) -> (Caller, Arc<AtomicUsize>) {
    let renewals = Arc::new(AtomicUsize::new(0));
    let caller = caller(Counting {
        url: backlog.url.clone(),
        renewals: Arc::clone(&renewals),
    });
    (caller, renewals)
}

fn refused(code: Option<u32>) -> HttpResponse {
    match code {
        None => HttpResponse::Unauthorized().finish(),
        Some(code) => HttpResponse::Unauthorized()
            .json(json!({"errors": [{"message": "No.", "code": code, "moreInfo": ""}]})),
    }
}

/// A Backlog that rejects everything with this code, and `users/myself` only for these tokens.
fn refusing(code: u32, myself: &'static [&'static str]) -> FakeBacklog {
    FakeBacklog::start(move |received: &Received| {
        let known = !myself
            .iter()
            .any(|token| received.credentials.ends_with(token));
        match received.line == MYSELF && known {
            true => HttpResponse::Ok().json(json!({"id": 1, "name": "Ann"})),
            false => refused(Some(code)),
        }
    })
}

fn calls() -> [(&'static str, Value); 2] {
    let comment = json!({"issueKey": "A-1", "content": "hi"});
    [
        ("get_space_disk_usage", json!({})),
        ("add_issue_comment", comment),
    ]
}

#[actix_web::test]
async fn a_401_about_a_right_is_no_end_of_the_sign_in() {
    for (code, advice) in [
        (2, "The space's plan does not include"),
        (
            4,
            "The space does not accept requests from this server's address",
        ),
        (5, "The Backlog account has no permission"),
        (6, "Check "),
        (11, "The Backlog account has no access to this"),
        (12, "The space requires two-step verification"),
    ] {
        let backlog = refusing(code, &[]);
        let (caller, renewals) = counting(&backlog);
        for (tool, arguments) in calls() {
            let before = backlog.received().len();
            let (failed, text) = call(&caller, tool, arguments).await;
            assert!(failed && text.starts_with(advice), "{text}");
            assert!(
                text.contains(&format!("code: {code}, status: 401")),
                "{text}"
            );
            let sent = backlog.received().split_off(before);
            assert_eq!(sent.len(), 2, "the call, and who the user is: {sent:?}");
        }
        assert_eq!(caller.challenge.get(), None);
        assert_eq!(renewals.load(Ordering::SeqCst), 0, "the token is good");
    }
}

#[actix_web::test]
async fn a_401_is_about_the_token_if_the_user_is_not_known_either() {
    for code in [5, 11] {
        // The old token has expired, and the new one lacks the permission too.
        let backlog = refusing(code, &["t0"]);
        let (caller, renewals) = counting(&backlog);
        let (tool, arguments) = calls()[1].clone();
        let (failed, text) = call(&caller, tool, arguments).await;
        assert!(failed && text.contains(&format!("code: {code}")), "{text}");
        assert_eq!(caller.challenge.get(), None);
        assert_eq!(renewals.load(Ordering::SeqCst), 1);

        // Backlog knows neither token.
        let backlog = refusing(code, &["t0", "t1"]);
        let (caller, renewals) = counting(&backlog);
        let (tool, arguments) = calls()[1].clone();
        let (failed, text) = call(&caller, tool, arguments).await;
        assert!(
            failed && text.contains("sign in to Backlog again"),
            "{text}"
        );
        assert_eq!(caller.challenge.get(), Some(AuthChallenge::SignInAgain));
        assert_eq!(renewals.load(Ordering::SeqCst), 1);
        let sent = backlog.received();
        let changes = sent.iter().filter(|it| it.line.starts_with("POST"));
        assert_eq!(changes.count(), 2, "a 401 says that nothing was done");
    }
}

#[actix_web::test]
async fn a_401_that_cannot_be_checked_is_taken_at_face_value() {
    let backlog = FakeBacklog::start(|received: &Received| match received.line.as_str() {
        MYSELF => HttpResponse::BadGateway().finish(),
        _ => refused(Some(5)),
    });
    let (caller, renewals) = counting(&backlog);
    let (failed, text) = call(&caller, "get_space_disk_usage", json!({})).await;
    assert!(failed && text.contains("has no permission"), "{text}");
    assert_eq!(caller.challenge.get(), None);
    assert_eq!(renewals.load(Ordering::SeqCst), 0);
}

#[actix_web::test]
async fn an_api_key_is_refused_only_if_it_is_not_known() {
    let key = |backlog: &FakeBacklog| {
        let key = Credentials::ApiKey("k".into());
        caller(FixedAccess::new(backlog.url.clone(), key))
    };
    let everything: &[&str] = &["k"];
    for (myself, code, expected) in [
        (&[][..], 5, "has no permission"),
        (&[], 11, "has no access"),
        (&[], 13, "rate limit"),
        (everything, 4, "this server's address"),
        (everything, 5, "has no permission"),
        (everything, 13, "rate limit"),
        (everything, 11, "does not accept the API key"),
    ] {
        let backlog = refusing(code, myself);
        let (failed, text) = call(&key(&backlog), "get_space_disk_usage", json!({})).await;
        assert!(failed && text.contains(expected), "{code}: {text}");
        let is_key = text.contains("does not accept the API key");
        assert_eq!(is_key, code == 11 && !myself.is_empty(), "{code}: {text}");
    }
    let backlog = FakeBacklog::start(|_| refused(None));
    let (_, text) = call(&key(&backlog), "get_space", json!({})).await;
    assert!(text.contains("does not accept the API key"), "{text}");
}

/// A Backlog that allows this many requests until 1060, and reports it.
fn limited(requests: usize) -> (FakeBacklog, Arc<Mutex<usize>>) {
    let left = Arc::new(Mutex::new(requests));
    let counted = Arc::clone(&left);
    let backlog = FakeBacklog::start(move |received: &Received| {
        let mut left = counted.lock().unwrap();
        let mut response = match *left {
            0 => HttpResponse::TooManyRequests(),
            _ => HttpResponse::Ok(),
        };
        *left = left.saturating_sub(1);
        response
            .insert_header(("X-RateLimit-Remaining", left.to_string()))
            .insert_header(("X-RateLimit-Reset", "1060"));
        let number = received.line.rsplit('-').next().unwrap_or_default();
        match number.parse::<u64>() {
            Ok(id) => response.json(json!({"id": id, "projectId": 1})),
            Err(_) => response.json(json!([])),
        }
    });
    (backlog, left)
}

#[actix_web::test]
async fn names_do_not_take_the_last_requests_of_the_user() {
    let keys: Vec<_> = (1..=40).map(|number| format!("A-{number}")).collect();
    let many = || json!({"parentIssueId": keys});

    // The first response shows how many are left.
    let (backlog, left) = limited(6);
    let caller = caller_of(&backlog);
    let (failed, text) = call(&caller, "get_issues", many()).await;
    let expected = "Give ids instead of names, or fewer names, or try again in 60 seconds (at \
                    1970-01-01T00:17:40Z): looking up these names takes 39 requests, and Backlog \
                    allows this user 5 more until then.";
    assert_eq!((failed, text.as_str()), (true, expected));
    assert_eq!(*left.lock().unwrap(), 5);
    // The number is known now.
    let (_, text) = call(&caller, "get_issues", many()).await;
    assert!(text.starts_with("Give ids"), "{text}");
    assert_eq!(*left.lock().unwrap(), 5);
    // A call that needs few lookups is made.
    let few = json!({"parentIssueId": ["A-2", "A-3"]});
    let (failed, text) = call(&caller, "get_issues", few).await;
    assert!(!failed, "{text}");

    let (backlog, left) = limited(100);
    let (failed, text) = call(&caller_of(&backlog), "get_issues", many()).await;
    assert!(!failed, "{text}");
    assert_eq!(*left.lock().unwrap(), 100 - 41);
}
