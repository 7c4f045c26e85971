//! Error texts: the advice that they start with, and the claims that they never make.

use std::time::Duration;

use backlog_client::{BacklogError, Content, ErrorItem};
use chrono::DateTime;
use reqwest::Method;

use super::*;
use crate::{
    accounts::access::AccessError,
    domain::audit_event::ToolOutcome,
    toolkit::{
        entity::Entity,
        error::About,
        input_kind::{Input, InputKind, Mark},
        name_kind::{NameKind, Named},
    },
};

fn about(method: Method) -> About {
    About {
        method,
        path: "issues/ABC-1".to_owned(),
        template: "issues/{issueId|issueKey}",
    }
}

fn issue(name: &str) -> Input {
    Input {
        name: name.to_owned(),
        kind: InputKind::Marked(Mark::IssueId),
        entity: Some(Entity::Issue),
        is_list: false,
        range: None,
        is_required: false,
        is_clearable: false,
    }
}

fn explain_with(error: BacklogError, method: Method, named: &[Named]) -> String {
    about(method).failed(error).explain(Context {
        what: "a_tool",
        inputs: &["issueId", "issueKey"].map(issue),
        named,
        now: DateTime::from_timestamp(1_000, 0).unwrap(),
    })
}

fn explain(error: BacklogError, method: Method) -> String {
    explain_with(error, method, &[])
}

fn api(status: u16, code: u32, message: &str) -> BacklogError {
    let item = ErrorItem {
        message: message.to_owned(),
        code,
        more_info: String::new(),
    };
    BacklogError::Api {
        status,
        errors: vec![item],
    }
}

#[test]
fn a_rate_limit_says_when() {
    for (until, status, expected) in [
        (
            1_042,
            Some(429),
            "Try again in 42 seconds (at 1970-01-01T00:17:22Z), with fewer calls.\n\
             Backlog's rate limit for this user is used up (HTTP 429).",
        ),
        (
            1_001,
            Some(400),
            "Try again in 1 second (at 1970-01-01T00:16:41Z), with fewer calls.\n\
             Backlog's rate limit for this user is used up (HTTP 400).",
        ),
        (
            1_300,
            None,
            "Try again in 300 seconds (at 1970-01-01T00:21:40Z), with fewer calls.\n\
             Backlog's rate limit for this user is used up. Nothing was sent.",
        ),
    ] {
        let until = DateTime::from_timestamp(until, 0).unwrap();
        let error = BacklogError::RateLimited { until, status };
        assert_eq!(explain(error.clone(), Method::GET), expected);
        assert_eq!(explain(error, Method::POST), expected);
    }
}

#[test]
fn the_advice_precedes_the_message_of_backlog() {
    let text = explain(api(404, ErrorItem::NOT_FOUND, "No issue."), Method::GET);
    assert_eq!(
        text,
        "Check issueId or issueKey (see get_issues): no such item exists, or the Backlog \
         account cannot see it.\n\
         Backlog said: No issue.\n\
         Backlog API error (code: 6, status: 404) in GET issues/ABC-1"
    );
}

#[test]
fn a_name_is_offered_only_where_the_message_names_an_input_that_takes_one() {
    let named = ["statusId", "id"].map(|argument| Named {
        argument: argument.to_owned(),
        kind: NameKind::Status,
        clearable: false,
        takes_none: false,
    });
    for (message, offered) in [
        ("Invalid value for statusId: 77", true),
        ("summary is required, valid ones are not empty", false),
        ("Undefined parameter statusIds", false),
    ] {
        let error = api(400, ErrorItem::INVALID_REQUEST, message);
        let text = explain_with(error, Method::PATCH, &named);
        assert_eq!(text.contains("accepts a name"), offered, "{text}");
        assert!(text.starts_with("Correct the arguments"), "{text}");
        assert!(!text.contains("try again"), "{text}");
    }
}

#[test]
fn the_error_names_the_exceeded_limit() {
    for (code, expected) in [
        (8, "storage"),
        (9, "does not allow more"),
        (10, "larger than the space's plan"),
    ] {
        let text = explain(api(400, code, "No."), Method::POST);
        assert!(text.lines().next().unwrap().contains(expected), "{text}");
    }
}

#[test]
fn a_response_without_backlogs_json_is_judged_by_its_status() {
    for (status, expected) in [
        (301, "The space has moved: check BACKLOG_DOMAIN"),
        (302, "The space has moved: check BACKLOG_DOMAIN"),
        (307, "The space has moved: check BACKLOG_DOMAIN"),
        (308, "The space has moved: check BACKLOG_DOMAIN"),
        (400, "Check the arguments"),
        (403, "Check that the Backlog account has permission"),
        (404, "Check issueId or issueKey"),
        (407, "A proxy requires credentials"),
        (408, "Try again in a moment"),
        (413, "Send less in one call: a smaller file"),
        (414, "Send less in one call: fewer ids"),
        (431, "Send less in one call: fewer ids"),
        (
            418,
            "Backlog, or a proxy in front of it, rejects this request",
        ),
        (502, "Try again later"),
    ] {
        for body in [
            Content::Html,
            Content::Empty,
            Content::Other,
            Content::Unread,
        ] {
            let error = BacklogError::UnexpectedBody { status, body };
            let text = explain(error.clone(), Method::GET);
            assert!(text.starts_with(expected), "{text}");
            let said = format!(
                "Backlog returned HTTP {status} with {} (GET issues/ABC-1).",
                body.as_str()
            );
            assert!(text.ends_with(&said), "{text}");
            let again = text.to_lowercase().contains("again");
            assert_eq!(again, status == 408 || status >= 500, "{text}");

            let write = explain(error, Method::POST);
            let check =
                write.starts_with("The change may have been made: check before you try again.");
            assert_eq!(check, again || status < 400, "{write}");
            assert_eq!(write.contains("has moved"), status < 400, "{write}");
        }
    }
}

#[test]
fn errors_report_that_nothing_was_sent() {
    for method in [Method::GET, Method::POST] {
        for error in [
            BacklogError::Unreachable,
            BacklogError::Busy,
            BacklogError::TooLong,
        ] {
            let text = explain(error, method.clone());
            assert!(text.starts_with("Nothing was sent: "), "{text}");
            assert!(!text.contains("may have been made"), "{text}");
        }
    }
}

#[test]
fn passing_failures_do_not_read_like_sign_in_problems() {
    let sign_in = access(AccessError::SignInAgain);
    for text in [
        explain(BacklogError::Connection, Method::GET),
        explain(BacklogError::Unreachable, Method::GET),
        explain(BacklogError::Timeout, Method::GET),
        explain(BacklogError::Busy, Method::GET),
        access(AccessError::Unavailable { retry_after: None }),
    ] {
        assert!(text.to_lowercase().contains("try again in"), "{text}");
        assert_ne!(text, sign_in);
        assert!(!text.contains("sign in"), "{text}");
    }
    assert!(sign_in.contains("sign in to Backlog again"));
    // In doubt, either may be right: wait first, and sign in only if that does not help.
    let in_doubt = access(AccessError::InDoubt {
        retry_after: Duration::from_secs(30),
    });
    let (wait, then) = in_doubt.split_once("If this persists").expect("two parts");
    assert!(wait.contains("Try again in 30 seconds"), "{in_doubt}");
    assert!(!wait.contains("sign in to Backlog"), "{in_doubt}");
    assert!(then.contains("sign in to Backlog again"), "{in_doubt}");
    let key = access(AccessError::KeyRefused);
    assert!(
        key.contains("BACKLOG_API_KEY") && !key.contains("sign in"),
        "{key}"
    );
}

#[test]
fn a_change_that_may_have_been_made_is_checked_before_a_retry() {
    let until = DateTime::from_timestamp(1_042, 0).unwrap();
    for error in [
        BacklogError::Timeout,
        BacklogError::Connection,
        api(500, 1, "Internal error."),
        api(500, ErrorItem::NOT_FOUND, "No issue."),
        BacklogError::RateLimited {
            until,
            status: Some(503),
        },
    ] {
        let text = explain(error.clone(), Method::POST);
        let check = "The change may have been made: check before you try again.";
        assert!(text.starts_with(check), "{text}");
        assert_eq!(
            about(Method::POST).failed(error.clone()).outcome(),
            ToolOutcome::Unconfirmed
        );
        let text = explain(error, Method::GET);
        assert!(text.starts_with("Try again"), "{text}");
    }
    let done = about(Method::POST).failed(BacklogError::Unread);
    assert!(done.is_done());
    assert_eq!(done.outcome(), ToolOutcome::Ok);
    assert_eq!(explain(BacklogError::Unread, Method::POST), DONE);
}

#[test]
fn refusals_are_recorded_as_such_whatever_form_they_have() {
    for status in [400, 401, 403, 404, 413] {
        let unexplained = BacklogError::UnexpectedBody {
            status,
            body: Content::Html,
        };
        for error in [api(status, 5, "No."), unexplained] {
            for method in [Method::GET, Method::POST] {
                let outcome = about(method).failed(error.clone()).outcome();
                assert_eq!(outcome, ToolOutcome::Refused, "{error}");
            }
        }
    }
}
