//! Upload links, from the tool that creates one to the issue that has the file.

use backlog_mcp_hub::config::HttpTimeouts;
use backlog_sim::{Control, Credential, Matcher, seed};
use reqwest::{Method, StatusCode, header::HOST};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{
    hub::{TestHub, eventually, http},
    issuer::{Credentials, Issuer},
    mcp,
    person::{Person, Tokens},
    reply::Reply,
};

const UPLOADS: &str = "/api/v2/space/attachment";

/// What `create_upload_link` returned.
struct Link {
    id: String,
    url: String,
    command: String,
}

/// The JSON of a tool that succeeded.
fn result(reply: &Reply) -> Value {
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.body);
    let body = reply.json();
    assert_ne!(body["result"]["isError"], true, "{body}");
    let text = body["result"]["content"][0]["text"].as_str();
    serde_json::from_str(text.expect("a text")).expect("JSON")
}

async fn create(hub: &TestHub, token: &str, arguments: Value) -> Link {
    let created = mcp::call(hub, Some(token), "create_upload_link", arguments).await;
    read(&result(&created))
}

fn read(created: &Value) -> Link {
    let text = |name: &str| created[name].as_str().expect(name).to_owned();
    Link {
        id: text("id"),
        url: text("url"),
        command: text("command"),
    }
}

async fn named(hub: &TestHub, token: &str) -> Link {
    create(hub, token, json!({ "name": "report.pdf" })).await
}

async fn signed_in(hub: &TestHub) -> Tokens {
    Person::default().sign_in(hub, seed::DANIEL).await
}

async fn put(url: &str, bytes: impl Into<reqwest::Body>) -> Reply {
    Reply::to(http().put(url).body(bytes)).await
}

/// Sends the form of the page, as a browser does.
async fn post(url: &str, language: &str, name: &str, bytes: &[u8]) -> Reply {
    let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = http().post(url).header("accept-language", language);
    Reply::to(request.multipart(form)).await
}

fn uploads(hub: &TestHub) -> usize {
    let matcher = Matcher::path(UPLOADS).method("POST");
    hub.sim.control().count(&matcher)
}

fn error(reply: &Reply, status: u16) -> String {
    assert_eq!(reply.status, status, "{}", reply.body);
    reply.json()["error"].as_str().expect("an error").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_a_put_is_attached_by_the_id_of_its_link() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let token = &tokens.access_token;
    let link = named(&hub, token).await;
    assert_eq!(link.command, format!("curl -T 'report.pdf' '{}'", link.url));
    assert!(link.url.starts_with(&hub.url("/upload?link=bmh_ul_")));
    let waiting = mcp::call(&hub, Some(token), "get_upload", json!({ "id": link.id })).await;
    assert!(mcp::failure(&waiting).contains("No file was uploaded"));

    let bytes = vec![b'x'; 6 << 20];
    let taken = put(&link.url, bytes).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    let taken = taken.json();
    assert_eq!(taken["upload"], link.id.as_str());
    assert_eq!(taken["name"], "report.pdf");
    assert_eq!(taken["size"], 6 << 20);

    let found = mcp::call(&hub, Some(token), "get_upload", json!({ "id": link.id })).await;
    let found = result(&found);
    assert_eq!(found["attachmentId"], taken["attachmentId"]);
    assert_eq!(found["size"], 6 << 20);
    let comment = json!({
        "on": "HARBOR-1", "text": "the report", "files": [{ "from": link.id }],
    });
    let commented = mcp::call(&hub, Some(token), "comment", comment.clone()).await;
    assert_ne!(
        commented.json()["result"]["isError"],
        true,
        "{}",
        commented.body
    );
    let issue = json!({ "issueKey": "HARBOR-1" });
    let files = mcp::call(&hub, Some(token), "get_issue_attachments", issue).await;
    assert!(files.body.contains("report.pdf"), "{}", files.body);
    // Backlog attaches an upload once.
    let again = mcp::call(&hub, Some(token), "comment", comment).await;
    assert_eq!(again.json()["result"]["isError"], true, "{}", again.body);

    let other = named(&hub, token).await;
    assert_eq!(put(&other.url, "a").await.status, StatusCode::OK);
    let issues = json!({
        "project": "HARBOR",
        "type": "Bug",
        "issues": [{ "summary": "With a file" }],
        "files": [{ "from": other.id }],
    });
    let created = mcp::call(&hub, Some(token), "create_issues", issues).await;
    assert_ne!(
        created.json()["result"]["isError"],
        true,
        "{}",
        created.body
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_are_found_and_run_without_being_listed() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let token = &tokens.access_token;
    let listed = mcp::list_tools(&hub, token).await;
    assert!(
        listed
            .iter()
            .all(|tool| tool["name"] != "create_upload_link")
    );
    for query in [
        "upload a file of the user's computer",
        "ファイルをアップロード",
    ] {
        let found = json!({ "query": query });
        let found = mcp::call(&hub, Some(token), "find_tools", found).await;
        assert!(
            found.body.contains("create_upload_link"),
            "{query}: {}",
            found.body
        );
    }
    let run = json!({ "name": "create_upload_link", "arguments": "{\"name\": \"a.txt\"}" });
    let run = mcp::call(&hub, Some(token), "run_tool", run).await;
    let link = read(&result(&run));
    assert_eq!(put(&link.url, "a").await.status, StatusCode::OK);
    for wrong in ["../a.txt", "a/b", ""] {
        let refused = json!({ "name": wrong });
        let refused = mcp::call(&hub, Some(token), "create_upload_link", refused).await;
        if wrong.is_empty() {
            // As everywhere, an empty value counts as absent.
            assert!(read(&result(&refused)).command.contains("&name=NAME"));
        } else {
            assert!(mcp::failure(&refused).contains("without directories"));
        }
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_may_only_read_gets_no_link() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    hub.sql("UPDATE hub.spaces SET read_only = true").await;
    assert_eq!(error(&put(&link.url, "a").await, 403), "access_denied");
    assert_eq!(uploads(&hub), 0);
    eventually("the space only reads", async || {
        let name = json!({ "name": "a" });
        let refused = mcp::call(&hub, Some(&tokens.access_token), "create_upload_link", name).await;
        refused.json()["result"]["isError"] == true
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_closed_with_the_tool_that_does_the_same() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    hub.sql("UPDATE hub.spaces SET exclude_tools = '{upload_attachment}'")
        .await;
    assert_eq!(error(&put(&link.url, "a").await, 403), "access_denied");
    assert_eq!(uploads(&hub), 0);
    eventually("no link is created", async || {
        let name = json!({ "name": "a" });
        let refused = mcp::call(&hub, Some(&tokens.access_token), "create_upload_link", name).await;
        let reason = "upload_attachment cannot be used: it is excluded here.";
        refused.body.contains(reason)
    })
    .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_takes_a_file_in_both_languages() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let host = hub.sim.url();
    let host = host.authority();
    for (language, title, done) in [
        ("en", "Upload a file to Backlog", "The file is uploaded"),
        (
            "ja",
            "Backlog にファイルをアップロード",
            "アップロードが完了しました",
        ),
    ] {
        let link = named(&hub, &tokens.access_token).await;
        let get = http().get(&link.url).header("accept-language", language);
        let page = Reply::to(get).await;
        let html = page.page(200);
        for part in [title, host, "report.pdf", "type=\"file\""] {
            assert!(html.contains(part), "no {part} in {html}");
        }
        assert!(
            !html.contains("bmh_ul_"),
            "the page repeats the secret: {html}"
        );
        // A look at the page uses nothing up.
        let head = Reply::to(http().head(&link.url)).await;
        assert_eq!(head.status, StatusCode::OK);
        let empty = post(&link.url, language, "", b"").await;
        empty.page(400);

        let name = "C:\\Users\\taro\\潮 \"1\".bin";
        let content = b"\r\n--\r\n\0\xff".repeat(40_000);
        let taken = post(&link.url, language, name, &content).await;
        let html = taken.page(200);
        assert!(html.contains(done) && html.contains("潮"), "{html}");
        let found = json!({ "id": link.id });
        let found = mcp::call(&hub, Some(&tokens.access_token), "get_upload", found).await;
        let found = result(&found);
        assert_eq!(found["size"], content.len());
        assert_eq!(found["name"], "潮 \"1\".bin");

        let again = post(&link.url, language, "b", b"b").await;
        again.page(410);
        Reply::to(http().get(&link.url)).await.page(410);
    }
    assert_eq!(uploads(&hub), 2);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_once_and_for_ten_minutes() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let used = named(&hub, &tokens.access_token).await;
    assert_eq!(put(&used.url, "a").await.status, StatusCode::OK);
    assert_eq!(error(&put(&used.url, "b").await, 410), "used_link");

    let late = named(&hub, &tokens.access_token).await;
    let lifetime = "SELECT (expires_at - created_at < interval '601 seconds')::text
        FROM hub.upload_links WHERE used_at IS NULL";
    assert_eq!(hub.value(lifetime).await.as_deref(), Some("true"));
    hub.sql("UPDATE hub.upload_links SET expires_at = clock_timestamp() WHERE used_at IS NULL")
        .await;
    assert_eq!(error(&put(&late.url, "a").await, 410), "expired_link");
    Reply::to(http().get(&late.url)).await.page(410);
    let found = json!({ "id": late.id });
    let found = mcp::call(&hub, Some(&tokens.access_token), "get_upload", found).await;
    assert!(mcp::failure(&found).contains("has expired"));
    assert_eq!(uploads(&hub), 1);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_succeeds() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    let upload = Matcher::path(UPLOADS);
    hub.sim.control().hold(upload);
    let first = tokio::spawn({
        let url = link.url.clone();
        async move { put(&url, "first").await }
    });
    eventually("the first is at Backlog", async || {
        hub.sim.control().held() == 1
    })
    .await;
    assert_eq!(error(&put(&link.url, "second").await, 409), "link_in_use");
    let found = json!({ "id": link.id });
    let found = mcp::call(&hub, Some(&tokens.access_token), "get_upload", found).await;
    assert!(mcp::failure(&found).contains("still arriving"));
    hub.sim.control().release();
    assert_eq!(first.await.expect("a response").status, StatusCode::OK);
    assert_eq!(uploads(&hub), 1);

    // All at the same moment, by any number of senders.
    let link = named(&hub, &tokens.access_token).await;
    let all = (0..4).map(|_| put(&link.url, "same"));
    let all = futures_util::future::join_all(all).await;
    let taken = all.iter().filter(|one| one.status == StatusCode::OK);
    assert_eq!(taken.count(), 1);
    assert_eq!(uploads(&hub), 2);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_upload_can_be_repeated() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    let control = hub.sim.control();
    let upload = || Matcher::path(UPLOADS);
    control.fail_next(upload(), 400, Control::error_body(10, "too large"), 1);
    let refused = put(&link.url, "a").await;
    assert_eq!(error(&refused, 422), "refused_by_backlog");
    assert!(
        refused.body.contains("plan of the space"),
        "{}",
        refused.body
    );
    control.fail_next(upload(), 400, Control::error_body(7, "words-of-backlog"), 1);
    let refused = post(&link.url, "en", "a", b"a").await;
    assert!(refused.page(422).contains("words-of-backlog"));
    control.fail_next(upload(), 503, "<html>", 1);
    assert_eq!(error(&put(&link.url, "a").await, 502), "backlog_failed");
    control.drop_connection(upload(), 1);
    assert_eq!(error(&put(&link.url, "a").await, 502), "backlog_failed");
    control.fail_next(upload(), 429, Control::error_body(13, ""), 1);
    let limited = put(&link.url, "a").await;
    assert_eq!(error(&limited, 429), "temporarily_unavailable");
    assert!(limited.headers.contains_key("retry-after"));
    let still = "SELECT (attempt IS NULL AND used_at IS NULL)::text FROM hub.upload_links";
    assert_eq!(hub.value(still).await.as_deref(), Some("true"));
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_renewed_before_the_first_byte() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let control = hub.sim.control();
    // Backlog rejects the token, although its time has not come.
    let link = named(&hub, &tokens.access_token).await;
    control.expire_access_tokens();
    control.clear_journal();
    assert_eq!(put(&link.url, "a").await.status, StatusCode::OK);
    let sent = control.journal();
    let at = |path: &str| {
        sent.iter()
            .position(|entry| entry.path == path)
            .expect(path)
    };
    assert!(at("/api/v2/oauth2/token") < at(UPLOADS));
    let refused = sent.iter().filter(|entry| entry.path == UPLOADS);
    assert_eq!(
        refused.map(|entry| entry.status).collect::<Vec<_>>(),
        [Some(200)]
    );
    // Its time would come during the upload.
    let link = named(&hub, &tokens.access_token).await;
    hub.sql(
        "UPDATE hub.accounts SET backlog_expires_at = clock_timestamp() + interval '8 minutes'",
    )
    .await;
    control.clear_journal();
    assert_eq!(put(&link.url, "a").await.status, StatusCode::OK);
    let renewals = Matcher::token_endpoint();
    assert_eq!(control.count(&renewals), 1);
    // The sign-in has ended at Backlog: not a byte is asked for.
    let link = named(&hub, &tokens.access_token).await;
    control.revoke_all();
    control.clear_journal();
    let refused = put(&link.url, "a").await;
    assert!(refused.status.is_client_error() || refused.status == StatusCode::BAD_GATEWAY);
    assert_eq!(uploads(&hub), 0);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_a_grant_ends_its_links() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    let half = named(&hub, &tokens.access_token).await;
    hub.sim.control().hold(Matcher::path(UPLOADS));
    let arriving = tokio::spawn(async move { put(&half.url, "a").await });
    eventually("it is at Backlog", async || hub.sim.control().held() == 1).await;
    let form = [
        ("client_id", tokens.client_id.as_str()),
        ("token", &tokens.refresh_token),
    ];
    assert_eq!(hub.post_form("/revoke", &form).await.status, StatusCode::OK);
    assert_eq!(error(&put(&link.url, "a").await, 404), "unknown_link");
    Reply::to(http().get(&link.url)).await.page(404);
    // The one that was arriving is worth nothing either.
    hub.sim.control().release();
    let arrived = arriving.await.expect("a response");
    assert_eq!(error(&arrived, 404), "unknown_link");
    assert_eq!(uploads(&hub), 1);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_of_its_own_grant_only() {
    let hub = TestHub::start().await;
    let own = signed_in(&hub).await;
    let link = named(&hub, &own.access_token).await;
    assert_eq!(put(&link.url, "a").await.status, StatusCode::OK);
    // The same user with another client, and another user.
    let others = [
        signed_in(&hub).await,
        Person::default().sign_in(&hub, seed::KENTA).await,
    ];
    for other in others {
        let token = Some(other.access_token.as_str());
        let found = mcp::call(&hub, token, "get_upload", json!({ "id": link.id })).await;
        assert!(mcp::failure(&found).contains("has no upload link"));
        let comment = json!({ "on": "HARBOR-1", "text": "a", "files": [{ "from": link.id }] });
        let refused = mcp::call(&hub, token, "comment", comment).await;
        assert!(mcp::failure(&refused).contains("has no upload link"));
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_worth_nothing_at_the_host_of_another_space() {
    let hub = TestHub::start().await;
    let others = [
        crate::support::hub::sim().await,
        crate::support::hub::sim().await,
    ];
    let [second, third] = &others;
    let issuers = Issuer::three_at(&hub, [second, third]).await;
    let [of_hub, by_path, by_host] = &issuers[..] else {
        panic!("three issuers");
    };
    for from in &issuers {
        let own = Credentials::from(&hub, from).await;
        let params = json!({ "name": "create_upload_link", "arguments": { "name": "a" } });
        let create = from
            .request(Method::POST, "/mcp")
            .header("accept", "application/json, text/event-stream")
            .bearer_auth(&own.access_token)
            .json(&mcp::message("tools/call", params));
        let link = read(&result(&Reply::to(create).await));
        let at = link.url.find("/upload").expect("its path");
        let (origin, path) = link.url.split_at(at);
        assert!(from.url.starts_with(origin), "{} at {}", link.url, from.url);
        if from.url != by_host.url {
            let request = http().put(format!("{}{path}", by_host.reach)).body("a");
            let refused = Reply::to(request.header(HOST, &by_host.host)).await;
            assert_eq!(error(&refused, 404), "unknown_link");
        }
        let request = http().put(format!("{}{path}", of_hub.reach)).body("a");
        let host = if from.url == by_path.url {
            &of_hub.host
        } else {
            &from.host
        };
        let taken = Reply::to(request.header(HOST, host)).await;
        assert_eq!(taken.status, StatusCode::OK, "{}", taken.body);
    }
    // Each file is at the Backlog of its own space.
    for sim in [&hub.sim, second, third] {
        let upload = Matcher::path(UPLOADS);
        assert_eq!(sim.control().count(&upload), 1);
    }
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_never_issued_costs_no_statement() {
    let (hub, proxy) = TestHub::start_behind_proxy().await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    let secret = link.url.split_once("link=").expect("the secret").1;
    proxy.take_statements();
    let other = format!("{}x", &secret[..secret.len() - 1]);
    for query in ["", "link=", "link=bmh_ul_x", &format!("link={other}")] {
        let url = hub.url(&format!("/upload?{query}"));
        assert_eq!(error(&put(&url, "a").await, 404), "unknown_link");
    }
    let twice = format!("{}&link={secret}", link.url);
    assert_eq!(error(&put(&twice, "a").await, 404), "unknown_link");
    let statements = proxy.take_statements();
    let of_links = |statement: &String| statement.contains("upload_links");
    assert!(!statements.iter().any(of_links), "{statements:?}");
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_too_large_is_refused_and_the_link_stays() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    let path = link.url.strip_prefix(&hub.base_url).expect("a path");
    // From its length alone, before a byte of it has come.
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: 104857601\r\n\r\n",
        hub.address()
    );
    let response = exchange(&hub, head.as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
    assert_eq!(uploads(&hub), 0);
    assert_eq!(put(&link.url, "a").await.status, StatusCode::OK);
    hub.stop().await;
}

/// Sends bytes, and reads until something has come.
async fn exchange(hub: &TestHub, sent: &[u8]) -> String {
    let mut stream = TcpStream::connect(hub.address())
        .await
        .expect("a connection");
    stream.write_all(sent).await.expect("sent");
    let mut response = [0; 4096];
    let read = stream.read(&mut response).await.expect("a response");
    String::from_utf8_lossy(&response[..read]).into_owned()
}

/// The beginning of an upload of half a file, in both framings.
fn halves(hub: &TestHub, link: &Link) -> [String; 2] {
    let path = link.url.strip_prefix(&hub.base_url).expect("a path");
    [
        ("Content-Length: 1000", "half"),
        ("Transfer-Encoding: chunked", "4\r\nhalf\r\n"),
    ]
    .map(|(framing, part)| {
        let host = hub.address();
        format!("PUT {path} HTTP/1.1\r\nHost: {host}\r\n{framing}\r\n\r\n{part}")
    })
}

/// Backlog has no file, and the link may be used.
async fn assert_nothing_was_uploaded(hub: &TestHub, link: &Link) {
    eventually("the link is free", async || attempts(hub).await == "0").await;
    let stored = "SELECT count(*)::text FROM hub.upload_links WHERE used_at IS NOT NULL";
    assert_eq!(hub.value(stored).await.as_deref(), Some("0"));
    let done = hub.sim.control().journal().into_iter();
    let done = done.filter(|entry| entry.path == UPLOADS && entry.status.is_some());
    assert_eq!(done.count(), 0);
    assert_eq!(put(&link.url, "whole").await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_file_of_a_sender_that_stops_never_reaches_backlog() {
    let hub = TestHub::start_with(|settings| {
        settings.http_timeouts = HttpTimeouts {
            body: std::time::Duration::from_millis(500),
            ..HttpTimeouts::default()
        };
    })
    .await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    for half in halves(&hub, &link) {
        let response = exchange(&hub, half.as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 400 "), "{half}: {response}");
    }
    assert_nothing_was_uploaded(&hub, &link).await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_file_of_a_sender_that_hangs_up_never_reaches_backlog() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    for half in halves(&hub, &link) {
        let mut stream = TcpStream::connect(hub.address())
            .await
            .expect("a connection");
        stream.write_all(half.as_bytes()).await.expect("sent");
        eventually("the attempt has begun", async || {
            attempts(&hub).await == "1"
        })
        .await;
        drop(stream);
        eventually("the link is free", async || attempts(&hub).await == "0").await;
    }
    assert_nothing_was_uploaded(&hub, &link).await;
    hub.stop().await;
}

async fn attempts(hub: &TestHub) -> String {
    let attempts = "SELECT count(attempt)::text FROM hub.upload_links";
    hub.value(attempts).await.expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_waits_for_the_hub_and_one_in_chunks_arrive() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    let path = link.url.strip_prefix(&hub.base_url).expect("a path");
    let head = format!(
        "PUT {path} HTTP/1.1\r\nHost: {}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
        hub.address()
    );
    let mut stream = TcpStream::connect(hub.address())
        .await
        .expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut response = [0; 4096];
    let read = stream.read(&mut response).await.expect("a response");
    assert!(response[..read].starts_with(b"HTTP/1.1 100 "));
    stream.write_all(b"whole").await.expect("sent");
    let read = stream.read(&mut response).await.expect("a response");
    assert!(response[..read].starts_with(b"HTTP/1.1 200 "));

    let link = named(&hub, &tokens.access_token).await;
    let parts = ["one", "two"].map(Ok::<_, std::io::Error>);
    let chunks = reqwest::Body::wrap_stream(futures_util::stream::iter(parts));
    let taken = put(&link.url, chunks).await;
    assert_eq!(taken.json()["size"], 6, "{}", taken.body);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_and_a_grant_have_a_limit() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let mut links = Vec::new();
    for _ in 0..20 {
        links.push(named(&hub, &tokens.access_token).await);
    }
    let more = json!({ "name": "a" });
    let more = mcp::call(&hub, Some(&tokens.access_token), "create_upload_link", more).await;
    assert!(mcp::failure(&more).contains("too many upload links"));
    hub.sim.control().hold(Matcher::path(UPLOADS));
    let arriving: Vec<_> = links[..4]
        .iter()
        .map(|link| {
            let url = link.url.clone();
            tokio::spawn(async move { put(&url, "a").await })
        })
        .collect();
    eventually("four are at Backlog", async || {
        hub.sim.control().held() == 4
    })
    .await;
    let fifth = put(&links[4].url, "a").await;
    assert_eq!(error(&fifth, 429), "temporarily_unavailable");
    hub.sim.control().release();
    for one in arriving {
        assert_eq!(one.await.expect("a response").status, StatusCode::OK);
    }
    assert_eq!(put(&links[4].url, "a").await.status, StatusCode::OK);
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_stored_as_a_hash_and_the_call_is_audited() {
    let hub = TestHub::start().await;
    let tokens = signed_in(&hub).await;
    let link = named(&hub, &tokens.access_token).await;
    let secret = link.url.split_once("link=").expect("the secret").1;
    assert_eq!(put(&link.url, "a").await.status, StatusCode::OK);
    assert_eq!(error(&put(&link.url, "a").await, 410), "used_link");
    let contents = hub.contents().await;
    assert!(contents.contains(&link.id));
    assert!(!contents.contains(secret), "the secret is stored");
    eventually("the calls are recorded", async || {
        let calls = "SELECT coalesce(string_agg(tool || ' ' || outcome, ', ' ORDER BY tool), '')
            FROM hub.audit_events WHERE event = 'tool_called'";
        hub.value(calls).await.as_deref() == Some("create_upload_link ok, upload_attachment ok")
    })
    .await;
    let credentials = hub.sim.control().journal().into_iter();
    let of_upload = credentials.filter(|entry| entry.path == UPLOADS);
    assert!(
        of_upload
            .into_iter()
            .all(|entry| matches!(entry.credential, Credential::Bearer(_)))
    );
    hub.stop().await;
}
