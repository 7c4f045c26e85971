//! Results of a tool that returns a file; `tests/suite/tools/shown_files.rs` has all six.

use actix_web::HttpResponse;
use backlog_client::fake::FakeBacklog;
use serde_json::{Value, json};

use super::{call, caller_of, result};

const ATTACHMENT: &str = "get_issue_attachment";

fn attachment(content_type: &'static str, bytes: &'static [u8]) -> FakeBacklog {
    FakeBacklog::start(move |_| {
        HttpResponse::Ok()
            .content_type(content_type)
            .insert_header(("Content-Disposition", "attachment;filename*=UTF-8''a%20b"))
            .body(bytes)
    })
}

#[actix_web::test]
async fn a_file_is_content() {
    let backlog = attachment("application/json", b"{\"a\": 1}");
    let caller = caller_of(&backlog);
    let arguments = json!({
        "issueKey": "A-1", "attachmentId": 5, "format": "auto", "maxBytes": 0,
        "textOffset": 0, "textLength": 0,
    });
    let output = result(&caller, ATTACHMENT, arguments).await;
    assert_eq!(
        backlog.only().line,
        "GET /api/v2/issues/A-1/attachments/5",
        "how to read the file is none of Backlog's business"
    );
    let what = output["content"][0]["text"].as_str().unwrap();
    let what: Value = serde_json::from_str(what).unwrap();
    let expected = json!({
        "filename": "a b", "contentType": "application/json", "size": 8, "encoding": "UTF-8",
        "attachmentId": 5, "issueIdOrKey": "A-1",
    });
    assert_eq!(what, expected);
    let uri = "backlog://attachments/127.0.0.1";
    let resource = &output["content"][1]["resource"];
    assert_eq!(resource["text"], "{\"a\": 1}");
    let address = resource["uri"].as_str().unwrap();
    assert!(
        address.starts_with(uri) && address.ends_with("/issues/A-1/attachments/5/a%20b"),
        "{address}"
    );
    assert_eq!(output["content"].as_array().unwrap().len(), 2);

    let arguments = json!({"issueId": 7, "attachmentId": 5, "format": "base64"});
    let (failed, text) = call(&caller, ATTACHMENT, arguments).await;
    assert!(!failed);
    let expected = json!({
        "filename": "a b", "contentType": "application/json", "size": 8, "content": "eyJhIjogMX0=",
    });
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
}

/// Ids are numbers, as in the upstream server.
#[actix_web::test]
async fn a_files_issue_is_named_as_it_was_given() {
    for (given, expected) in [
        (json!({"issueId": 7}), json!(7)),
        (json!({"issueKey": "A-1"}), json!("A-1")),
        (json!({"issueId": 7, "issueKey": "A-1"}), json!(7)),
        (json!({"issueId": 0, "issueKey": "A-1"}), json!("A-1")),
    ] {
        let backlog = attachment("application/pdf", b"%PDF-1.4");
        let mut arguments = given;
        arguments["attachmentId"] = json!(5);
        let (_, facts) = call(&caller_of(&backlog), ATTACHMENT, arguments).await;
        let facts: Value = serde_json::from_str(&facts).unwrap();
        assert_eq!(facts["issueIdOrKey"], expected);
    }
}

#[actix_web::test]
async fn the_bytes_decide_what_a_file_is() {
    const GIF: &[u8] =
        b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";
    for (said, bytes, content_type, shown) in [
        ("image/png", GIF, "image/gif", "image"),
        ("application/octet-stream", GIF, "image/gif", "image"),
        ("image/png", b"<script>", "text/plain", "resource"),
        ("image/png", b"\x00\x01", "application/octet-stream", "text"),
        ("image/svg+xml", b"<svg/>", "image/svg+xml", "resource"),
        ("Text/Plain; charset=utf-8", b"a", "text/plain", "resource"),
        ("application/x-sh", b"ls", "application/x-sh", "resource"),
        ("audio/mpeg", b"a", "text/plain", "resource"),
        ("text/plain", b"\x00\x01", "text/plain", "text"),
        ("application/pdf", b"%PDF-1.4", "application/pdf", "text"),
    ] {
        let caller = caller_of(&attachment(said, bytes));
        let arguments = json!({"issueKey": "A-1", "attachmentId": 5});
        let output = result(&caller, ATTACHMENT, arguments).await;
        let facts = output["content"][0]["text"].as_str().unwrap();
        let facts: Value = serde_json::from_str(facts).unwrap();
        assert_eq!(facts["contentType"], content_type, "{said}");
        assert_eq!(output["content"][1]["type"], shown, "{said}: {output}");
    }
}

#[actix_web::test]
async fn a_file_that_is_too_large_is_not_read() {
    let backlog = attachment("text/plain", b"123456789");
    let caller = caller_of(&backlog);
    let arguments = |max| json!({"issueKey": "A-1", "attachmentId": 5, "maxBytes": max});
    let (failed, text) = call(&caller, ATTACHMENT, arguments(9)).await;
    assert!(!failed, "{text}");
    let streamed = FakeBacklog::start(|_| {
        let pieces = ["12345", "6789"].map(|piece| Ok::<_, std::io::Error>(piece.into()));
        HttpResponse::Ok().streaming(futures_util::stream::iter(pieces))
    });
    for backlog in [backlog, streamed] {
        let (failed, text) = call(&caller_of(&backlog), ATTACHMENT, arguments(8)).await;
        let expected = format!(
            "The file is larger than maxBytes (8), so it was not read. Open it in Backlog: \
             {}/view/A-1",
            backlog.url.as_str()
        );
        assert_eq!((failed, text), (true, expected));
    }
    for wrong in [-1, 7_340_033] {
        let (failed, text) = call(&caller, ATTACHMENT, arguments(wrong)).await;
        assert!(
            failed && text.contains("maxBytes: expected 1 to 7340032, received "),
            "{text}"
        );
    }

    let body = r#"{"errors":[{"message":"No attachment.","code":6,"moreInfo":""}]}"#;
    let backlog = FakeBacklog::responding(404, body);
    let (failed, text) = call(&caller_of(&backlog), ATTACHMENT, arguments(1)).await;
    assert!(failed && text.contains("No attachment."), "{text}");
}
