//! Backlog's responses, status × body, to every tool, and the text for each.
//!
//! One tool of each kind is tested with the whole table, and every other tool with a column and a
//! row of it.

use super::{caller, calls::sample, server};
use crate::{
    accounts::access::{AccessError, BacklogAccess},
    calls::{
        caller::{AuthChallenge, Caller},
        failure::DONE,
        registered_tool::RegisteredTool,
        registry,
    },
    mcp::plain::PlainCall,
};
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
use rmcp::model::ProtocolVersion;
use serde_json::{Value, json};

/// The body that Backlog returns instead of the requested data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Body {
    Json,
    CutJson,
    /// Valid JSON after a byte order mark.
    Mark,
    Nan,
    Cp932,
    Html,
    /// The same with the type of JSON.
    HtmlAsJson,
    Empty,
    /// Backlog's errors with this code.
    Errors(u32),
}

use Body::{Cp932, CutJson, Empty, Errors, Html, HtmlAsJson, Json, Mark, Nan};

/// The message that a caller must understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Said {
    /// The result itself.
    Result,
    /// A read returned nothing.
    Nothing,
    /// The change was made; do not repeat it.
    Done,
    /// The change may have been made; check first.
    Check,
    /// The request was rejected, and would be again.
    Refused,
    /// The read may succeed later.
    Later,
    /// The call may be retried after the given time.
    Limited,
    /// Another sign-in is needed.
    SignIn,
}

const STATUSES: [u16; 26] = [
    200, 201, 204, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 409, 413, 414, 422,
    429, 431, 500, 501, 502, 503, 504,
];

const BODIES: [Body; 21] = [
    Json,
    CutJson,
    Mark,
    Nan,
    Cp932,
    Html,
    HtmlAsJson,
    Empty,
    Errors(1),
    Errors(2),
    Errors(3),
    Errors(4),
    Errors(5),
    Errors(6),
    Errors(7),
    Errors(8),
    Errors(9),
    Errors(10),
    Errors(11),
    Errors(12),
    Errors(13),
];

/// One tool of each kind that sends or returns something in its own way.
const WHOLE_TABLE: [&str; 9] = [
    "get_issue",
    "get_issues",
    "get_issue_attachment",
    "get_icon",
    "add_issue",
    "delete_wiki_attachment",
    "upload_attachment",
    "add_custom_field",
    "mark_notification_as_read",
];

/// Tools that return a file, which may have any content.
const FILES: [&str; 6] = [
    "get_issue_attachment",
    "get_wiki_attachment",
    "get_pull_request_attachment",
    "get_document_attachment",
    "get_shared_file",
    "get_icon",
];

/// The expected message, by the rules alone.
fn expected(tool: &str, is_read: bool, status: u16, body: Body) -> Said {
    let is_page = matches!(body, Html | HtmlAsJson);
    // A 304 has no content, regardless of the body.
    let limited = status == 429 || (body == Errors(13) && status >= 300 && status != 304);
    match (status, is_read) {
        (200..300, true) if FILES.contains(&tool) => Said::Result,
        // This status has no content, regardless of the body.
        (204, true) => Said::Nothing,
        (204, false) => Said::Done,
        (200..300, true) => match body {
            Empty => Said::Nothing,
            Json | Mark | Errors(_) => Said::Result,
            _ => Said::Later,
        },
        (200..300, false) if is_page => Said::Check,
        (200..300, false) => Said::Done,
        (408 | 300..=399 | 500.., false) => Said::Check,
        _ if limited => Said::Limited,
        (401, _) => match body {
            // get_myself itself shows whether credentials are valid.
            Errors(_) if tool != "get_myself" => Said::Refused,
            _ => Said::SignIn,
        },
        (301 | 302 | 303 | 307 | 308, true) => match body {
            Errors(_) => Said::Later,
            _ => Said::Refused,
        },
        (304 | 408 | 500.., true) => Said::Later,
        _ => Said::Refused,
    }
}

fn response(status: u16, body: Body) -> HttpResponse {
    let mut response = HttpResponse::build(status.try_into().unwrap());
    // Set explicitly, because some statuses would omit the header.
    let kind = if body == Html {
        "text/html"
    } else {
        "application/json"
    };
    response.content_type(kind);
    match body {
        Json => response.body("{}"),
        CutJson => response.body(r#"{"id":30"#),
        Mark => response.body("\u{feff}{}"),
        Nan => response.body(r#"{"id":NaN}"#),
        Cp932 => response.body(&b"{\"name\":\"\x92\xaa\"}"[..]),
        Html | HtmlAsJson => response.body("<!DOCTYPE html><title>Sign in</title>"),
        Empty => response.finish(),
        Errors(code) => response.body(
            json!({"errors": [{"message": "No.", "code": code, "moreInfo": ""}]}).to_string(),
        ),
    }
}

/// A Backlog that returns the configured response, and has users.
struct Odd {
    backlog: FakeBacklog,
    next: Arc<Mutex<(u16, Body)>>,
    callers: AtomicUsize,
}

impl Odd {
    fn start() -> Self {
        let next = Arc::new(Mutex::new((200, Json)));
        let set = Arc::clone(&next);
        let backlog = FakeBacklog::start(move |received: &Received| {
            let (status, body) = *set.lock().unwrap();
            let asks_who = received.line == "GET /api/v2/users/myself";
            match asks_who && status == 401 && matches!(body, Errors(_)) {
                true if received.credentials.ends_with("myself") => response(status, body),
                true => response(200, Json),
                false => response(status, body),
            }
        });
        Self {
            backlog,
            next,
            callers: AtomicUsize::new(0),
        }
    }

    /// A user without earlier calls, so that no limit and no list is cached.
    fn caller(&self, tool: &str) -> Caller {
        let number = self.callers.fetch_add(1, Ordering::Relaxed);
        let suffix = if tool == "get_myself" { "myself" } else { "" };
        caller(Renewed {
            url: self.backlog.url.clone(),
            token: format!("t{number}{suffix}"),
        })
    }

    async fn call(&self, tool: &Tool, status: u16, body: Body) -> (Caller, Value) {
        *self.next.lock().unwrap() = (status, body);
        let caller = self.caller(tool.name);
        let arguments = tool.arguments.as_object().unwrap().clone();
        let version = Some(&ProtocolVersion::V_2025_06_18);
        let server = server();
        let called = server.call_as_json(&caller, version, PlainCall::new(tool.name, arguments));
        let result = serde_json::from_slice(&called.await.unwrap()).unwrap();
        (caller, result)
    }
}

/// A token that is renewed once.
struct Renewed {
    url: BacklogUrl,
    token: String,
}

#[async_trait]
impl BacklogAccess for Renewed {
    fn url(&self) -> &BacklogUrl {
        &self.url
    }

    async fn credentials(&self) -> Result<Credentials, AccessError> {
        Ok(Credentials::Bearer(self.token.clone().into()))
    }

    async fn renew(&self, _rejected: &Credentials) -> Result<Credentials, AccessError> {
        Ok(Credentials::Bearer(format!("r{}", self.token).into()))
    }
}

pub(super) struct Tool {
    pub name: &'static str,
    pub is_read: bool,
    pub arguments: Value,
}

impl Tool {
    fn of(tool: &RegisteredTool) -> Self {
        let mut arguments = sample(&tool.listed.schema_as_json_value());
        let given = arguments.as_object_mut().unwrap();
        // The tool has two inputs for the same content.
        if tool.meta.name == "upload_attachment" {
            given.remove("content");
        }
        // A text would be parsed by the type of the field, which needs another request.
        if let (Some(fields), false) = (given.get_mut("customFields"), tool.meta.effect.read_only) {
            fields[0]["value"] = json!(1);
        }
        // Every response is read completely, regardless of its size.
        for part in ["maxBytes", "textOffset", "textLength", "itemOffset"] {
            given.remove(part);
        }
        Self {
            name: tool.meta.name,
            is_read: tool.meta.effect.read_only,
            arguments,
        }
    }

    /// Returns every tool, with arguments that cause one request.
    pub(super) fn all() -> Vec<Self> {
        registry::all().iter().map(Self::of).collect()
    }
}

/// Joins all texts of a result.
pub(super) fn texts(result: &Value) -> String {
    let content = result["content"].as_array().unwrap().iter();
    let texts = content.filter_map(|block| block["text"].as_str());
    texts.collect::<Vec<_>>().join("\n")
}

const CHECK: &str = "The change may have been made: check before you try again.";

/// Returns the message of a result; panics if it has two.
fn understood(caller: &Caller, result: &Value) -> Said {
    let text = texts(result);
    let lower = text.to_lowercase();
    let again = lower.contains("again") || lower.contains("later") || lower.contains("retry");
    if caller.challenge.get() == Some(AuthChallenge::SignInAgain) {
        return Said::SignIn;
    }
    if result["isError"] != true {
        let changed = caller.challenge.has_changed();
        let nothing = text.starts_with("null\nBacklog returned an empty response");
        assert!(!again, "{text}");
        assert!(!changed || !nothing, "{text}");
        return match changed {
            true => Said::Done,
            false if nothing => Said::Nothing,
            false => Said::Result,
        };
    }
    assert!(!caller.challenge.has_changed(), "{text}");
    assert!(!text.contains(DONE), "{text}");
    match () {
        () if text.starts_with(CHECK) => Said::Check,
        () if text.starts_with("Try again in") && text.contains("rate limit") => Said::Limited,
        () if again => Said::Later,
        () => Said::Refused,
    }
}

async fn check(odd: &Odd, tool: &Tool, status: u16, body: Body) {
    let (caller, result) = odd.call(tool, status, body).await;
    let case = format!("{} {status} {body:?}: {result}", tool.name);
    let said = understood(&caller, &result);
    let expected = expected(tool.name, tool.is_read, status, body);
    assert_eq!(said, expected, "{case}");

    let text = texts(&result);
    match expected {
        // A change with an unreadable response was made, and the result says so.
        Said::Done if matches!(body, CutJson | Nan | Cp932) && status != 204 => {
            let known = text.contains("marked as read");
            assert!(text.ends_with(DONE) || known, "{case}");
        }
        Said::Refused if status > 400 && !matches!(body, Errors(_)) => {
            assert!(text.contains(&format!("HTTP {status}")), "{case}");
        }
        _ => {}
    }
    if let (Errors(_), 300..) = (body, status)
        && !matches!(expected, Said::Limited | Said::SignIn)
        && body != Errors(13)
        && status != 304
    {
        assert!(text.contains("Backlog said: No."), "{case}");
    }
    if matches!(status, 301 | 302 | 303 | 307 | 308) && !matches!(body, Errors(_)) {
        assert!(
            text.contains("The space has moved: check BACKLOG_DOMAIN"),
            "{case}"
        );
    }
}

#[actix_web::test]
async fn every_status_with_every_body_is_understood_by_one_tool_of_each_kind() {
    let odd = Odd::start();
    let tools = Tool::all();
    for name in WHOLE_TABLE {
        let tool = tools.iter().find(|tool| tool.name == name).expect("a tool");
        for status in STATUSES {
            for body in BODIES {
                check(&odd, tool, status, body).await;
            }
        }
    }
}

#[actix_web::test]
async fn every_tool_understands_backlogs_responses() {
    let odd = Odd::start();
    let tools = Tool::all();
    let writing = tools.iter().filter(|tool| !tool.is_read).count();
    assert!(
        tools.len() >= 141 && writing >= 67,
        "{writing} of {}",
        tools.len()
    );
    for tool in &tools {
        for status in STATUSES {
            check(&odd, tool, status, Html).await;
        }
        for body in BODIES.into_iter().filter(|body| *body != Html) {
            check(&odd, tool, 200, body).await;
        }
        for (status, body) in [
            (400, Errors(7)),
            (400, Errors(13)),
            (401, Empty),
            (401, Errors(5)),
            (401, Errors(11)),
            (404, Errors(6)),
            (429, Errors(13)),
            (500, Empty),
            (500, Errors(1)),
            (503, Json),
        ] {
            check(&odd, tool, status, body).await;
        }
    }
}

/// A change is sent once, regardless of the response; after a 401 about the token, once more.
#[actix_web::test]
async fn no_response_makes_a_change_be_sent_twice() {
    let odd = Odd::start();
    for tool in Tool::all().iter().filter(|tool| !tool.is_read) {
        for (status, body, sent) in [
            (200, Html, 1),
            (200, CutJson, 1),
            (302, Html, 1),
            (401, Errors(5), 1),
            (401, Errors(11), 1),
            (401, Empty, 2),
            (408, Empty, 1),
            (500, Errors(1), 1),
            (502, Html, 1),
        ] {
            let before = odd.backlog.received().len();
            odd.call(tool, status, body).await;
            let received = odd.backlog.received().split_off(before);
            let changes = received.iter().filter(|it| !it.line.starts_with("GET"));
            assert_eq!(changes.count(), sent, "{} {status} {body:?}", tool.name);
        }
    }
}
