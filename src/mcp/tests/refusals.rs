//! Calls that the hub or Backlog refuses.

use super::{call, caller, caller_of, listed};
use crate::{
    accounts::access::{AccessError, BacklogAccess},
    calls::{
        caller::{AuthChallenge, Caller},
        policy::{Policy, ToolsetLimit},
        registry,
    },
    toolkit::{tool::ToolMeta, toolset::Toolset},
};
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use actix_web::HttpResponse;
use async_trait::async_trait;
use backlog_client::{
    BacklogUrl, Credentials,
    fake::{FakeBacklog, Received, json as respond},
};
use oauth_values::{Scope, Scopes};
use secrecy::ExposeSecret;
use serde_json::json;

/// Calls every tool in turn, and checks that it is refused if and only if `refused` gives a reason.
/// A refused tool is not listed either, and sends no request to Backlog.
async fn check_all(
    change: impl Fn(&mut Caller),
    refused: impl Fn(&ToolMeta) -> Option<&'static str>,
) -> Vec<Option<AuthChallenge>> {
    let backlog = FakeBacklog::responding(200, "{}");
    let fresh = || {
        let mut caller = caller_of(&backlog);
        change(&mut caller);
        caller
    };
    let names = listed(&fresh()).await;
    let mut refusals = Vec::new();
    for tool in registry::all() {
        let meta = &tool.meta;
        let reason = refused(meta);
        let is_listed = names.iter().any(|name| name == meta.name);
        assert_eq!(is_listed, reason.is_none(), "{}", meta.name);
        if let Some(reason) = reason {
            let caller = fresh();
            let (failed, text) = call(&caller, meta.name, json!({})).await;
            assert!(failed && text.contains(reason), "{}: {text}", meta.name);
            refusals.push(caller.challenge.get());
        }
    }
    assert_eq!(backlog.received(), []);
    refusals
}

/// The scope that every tool needs that reads, or that changes something.
fn base_scope(tool: &ToolMeta) -> &'static str {
    match tool.effect.read_only {
        true => "backlog:read",
        false => "backlog:write",
    }
}

#[actix_web::test]
async fn without_a_scope_nothing_is_offered() {
    let refusals = check_all(
        |caller| caller.scopes = Scopes::default(),
        |tool| Some(base_scope(tool)),
    )
    .await;
    let count = registry::all().len();
    assert_eq!(refusals.len(), count);
    assert!(refusals.iter().all(|refusal| {
        let scopes = match refusal {
            Some(AuthChallenge::InsufficientScope(scopes)) => scopes,
            other => panic!("{other:?}"),
        };
        scopes.contains(Scope::Read) != scopes.contains(Scope::Write)
    }));
}

#[actix_web::test]
async fn a_reading_scope_does_not_write() {
    let refusals = check_all(
        |caller| caller.scopes = [Scope::Read].into_iter().collect(),
        |tool| (!tool.effect.read_only).then_some("backlog:write"),
    )
    .await;
    assert!(!refusals.is_empty());
    assert!(refusals.iter().all(|refusal| match refusal {
        // Clients add these scopes to those that they have.
        Some(AuthChallenge::InsufficientScope(scopes)) => !scopes.contains(Scope::Read),
        other => panic!("{other:?}"),
    }));
}

#[actix_web::test]
async fn a_reading_policy_does_not_write() {
    let refusals = check_all(
        |caller| caller.policy.read_only = true,
        |tool| (!tool.effect.read_only).then_some("this connection is read-only"),
    )
    .await;
    assert!(!refusals.is_empty());
    assert!(refusals.iter().all(Option::is_none), "no sign-in helps");
}

#[actix_web::test]
async fn no_sign_in_is_requested_where_it_would_not_help() {
    let refusals = check_all(
        |caller| {
            caller.scopes = [Scope::Read].into_iter().collect();
            caller.policy.read_only = true;
        },
        |tool| (!tool.effect.read_only).then_some("this connection is read-only"),
    )
    .await;
    assert!(!refusals.is_empty());
    assert!(refusals.iter().all(Option::is_none));
}

#[actix_web::test]
async fn a_toolset_that_is_off_is_off() {
    let with_tools: BTreeSet<_> = registry::all()
        .iter()
        .map(|tool| tool.meta.toolset)
        .collect();
    for off in with_tools {
        let others: BTreeSet<_> = Toolset::ALL.into_iter().filter(|set| *set != off).collect();
        let refusals = check_all(
            |caller| caller.policy.toolsets = Some(others.iter().copied().collect()),
            |tool| {
                (tool.toolset == off && tool.also_in.is_empty()).then_some("is not enabled here")
            },
        )
        .await;
        assert!(!refusals.is_empty(), "{off} has tools");
        assert!(refusals.iter().all(Option::is_none), "no sign-in helps");
    }
}

#[actix_web::test]
async fn toolsets_that_upstream_lacks_are_off_unless_chosen() {
    check_all(
        |caller| caller.policy = Policy::default(),
        |tool| (!tool.is_usual()).then_some("X-MCP-Toolsets: default,"),
    )
    .await;
}

#[actix_web::test]
async fn a_tool_of_several_toolsets_is_on_with_each_of_them() {
    use Toolset::{Files, Git, Issue, Wiki};
    let bound = |sets: &[Toolset]| Some(sets.iter().copied().collect::<BTreeSet<_>>());
    for (limit, chosen, is_on) in [
        (None, None, true),
        (bound(&[Issue]), None, true),
        (bound(&[Wiki, Files]), None, true),
        (bound(&[Wiki]), None, false),
        (None, bound(&[Git]), true),
        (None, bound(&[Wiki]), false),
        (bound(&[Issue, Wiki]), bound(&[Wiki]), false),
        (bound(&[Issue, Wiki]), bound(&[Issue, Git]), true),
    ] {
        let policy = Policy {
            toolsets: limit.map(ToolsetLimit::from_iter),
            chosen,
            ..Policy::default()
        };
        let all = registry::all();
        let upload = all
            .iter()
            .find(|tool| tool.meta.name == "upload_attachment");
        let is_offered = policy.check(&upload.unwrap().meta).is_ok();
        assert_eq!(is_offered, is_on, "{policy:?}");
    }
}

#[actix_web::test]
async fn backlogs_refusal_is_a_tool_error() {
    let body = r#"{"errors":[{"message":"No issue.","code":6,"moreInfo":""}]}"#;
    let backlog = FakeBacklog::responding(404, body);
    let caller = caller_of(&backlog);
    let (failed, text) = call(&caller, "get_issue", json!({"issueKey": "A-1"})).await;
    assert!(
        failed && text.contains("Backlog said: No issue.\n") && text.ends_with("GET issues/A-1"),
        "{text}"
    );
    assert_eq!(caller.challenge.get(), None);

    let backlog = FakeBacklog::start(|_| {
        HttpResponse::TooManyRequests()
            .insert_header(("X-RateLimit-Reset", "1030"))
            .finish()
    });
    let (failed, text) = call(&caller_of(&backlog), "get_space", json!({})).await;
    assert!(failed && text.contains("in 30 seconds"), "{text}");
}

/// Tokens `t0`, `t1`, …: the next one at each renewal, up to `last`.
pub(super) struct Renewing {
    url: BacklogUrl,
    current: AtomicUsize,
    last: usize,
    failure: AccessError,
}

impl Renewing {
    /// The access of a sign-in that has ended at Backlog.
    pub(super) fn ended(url: BacklogUrl) -> Self {
        Self {
            url,
            current: AtomicUsize::new(0),
            last: 0,
            failure: AccessError::SignInAgain,
        }
    }
}

#[async_trait]
impl BacklogAccess for Renewing {
    fn url(&self) -> &BacklogUrl {
        &self.url
    }

    async fn credentials(&self) -> Result<Credentials, AccessError> {
        let current = self.current.load(Ordering::SeqCst);
        Ok(Credentials::Bearer(format!("t{current}").into()))
    }

    async fn renew(&self, rejected: &Credentials) -> Result<Credentials, AccessError> {
        let current = self.current.fetch_add(1, Ordering::SeqCst);
        match rejected {
            Credentials::Bearer(token) => assert_eq!(token.expose_secret(), format!("t{current}")),
            Credentials::ApiKey(_) => panic!("not a key"),
        }
        if current == self.last {
            return Err(self.failure);
        }
        self.credentials().await
    }
}

/// Calls a tool with tokens of which Backlog accepts only `accepted`.
async fn call_renewing(
    accepted: &'static str,
    last: usize,
    failure: AccessError,
) -> (bool, String, Option<AuthChallenge>, Vec<Received>) {
    let backlog = FakeBacklog::start(move |received| match received.credentials == accepted {
        true => respond(200, "{}"),
        false => respond(401, ""),
    });
    let caller = caller(Renewing {
        url: backlog.url.clone(),
        current: AtomicUsize::new(0),
        last,
        failure,
    });
    let arguments = json!({"issueKey": "A-1", "content": "hi"});
    let (failed, text) = call(&caller, "add_issue_comment", arguments).await;
    (failed, text, caller.challenge.get(), backlog.received())
}

#[actix_web::test]
async fn a_rejected_token_is_renewed_once_and_the_call_repeated() {
    let (failed, text, refusal, received) =
        call_renewing("Bearer t1", 9, AccessError::SignInAgain).await;
    assert!(!failed, "{text}");
    assert_eq!(refusal, None);
    let [first, second] = received.as_slice() else {
        panic!("{received:?}");
    };
    assert_eq!((&first.line, &first.body), (&second.line, &second.body));
    assert_eq!(second.credentials, "Bearer t1");
}

#[actix_web::test]
async fn a_rejection_that_stays_is_a_sign_in() {
    // Backlog rejects the renewed token too, or there is none.
    for (last, requests) in [(9, 2), (0, 1)] {
        let (failed, text, refusal, received) =
            call_renewing("Bearer t2", last, AccessError::SignInAgain).await;
        assert!(
            failed && text.contains("sign in to Backlog again"),
            "{text}"
        );
        assert_eq!(refusal, Some(AuthChallenge::SignInAgain));
        assert_eq!(received.len(), requests);
    }
}

#[actix_web::test]
async fn a_renewal_that_fails_in_passing_is_no_sign_in() {
    let failure = AccessError::Unavailable { retry_after: None };
    let (failed, text, refusal, _) = call_renewing("Bearer t1", 0, failure).await;
    assert!(failed && text.contains("try again in a moment"), "{text}");
    assert_eq!(refusal, None);
}
