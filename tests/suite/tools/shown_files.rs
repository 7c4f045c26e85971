//! What the six tools that return a file show of it, whatever the file is.

use std::io::Cursor;

use backlog_mcp_hub::{calls::options::ToolOptions, mcp::server::HubServer};
use backlog_sim::{BacklogSim, Matcher, ServedFile, seed, seed::document::LAUNCH_PLAN};
use base64::{Engine, engine::general_purpose::STANDARD};
use image::{DynamicImage, ImageFormat, RgbImage};
use serde_json::{Value, json};

use super::{rpc, sim};
use crate::support::agent::server;

/// Each tool with the file that it asks for, and where Backlog shows it.
fn tools() -> [(&'static str, Value, &'static str); 6] {
    [
        (
            "get_issue_attachment",
            json!({"issueKey": "HARBOR-1", "attachmentId": 660_402}),
            "/view/HARBOR-1",
        ),
        (
            "get_wiki_attachment",
            json!({"wikiId": 640_012, "attachmentId": 660_404}),
            "/alias/wiki/640012",
        ),
        (
            "get_pull_request_attachment",
            json!({
                "projectKey": "HARBOR", "repoName": "portal", "number": 2, "attachmentId": 660_405,
            }),
            "/git/HARBOR/portal/pullRequests/2",
        ),
        (
            "get_document_attachment",
            json!({"documentId": LAUNCH_PLAN, "attachmentId": 660_406}),
            "",
        ),
        (
            "get_shared_file",
            json!({"projectKey": "HARBOR", "sharedFileId": 77_103}),
            "/ViewSharedFile.action?projectKey=HARBOR&sharedFileId=77103",
        ),
        (
            "get_icon",
            json!({"projectKey": "HARBOR"}),
            "/projects/HARBOR",
        ),
    ]
}

/// A call of one of the tools, for which Backlog has this file.
struct Caller<'a> {
    server: HubServer,
    sim: &'a BacklogSim,
    tool: &'static str,
    arguments: &'a Value,
}

impl Caller<'_> {
    async fn result(&self, file: &ServedFile, more: Value) -> Value {
        let control = self.sim.control();
        control.serve_file(Matcher::any(), file.clone(), 1);
        let mut arguments = self.arguments.clone();
        let given = arguments.as_object_mut().expect("an object");
        given.extend(more.as_object().cloned().unwrap_or_default());
        let params = json!({"name": self.tool, "arguments": arguments});
        rpc(&self.server, self.sim, seed::DANIEL, "tools/call", params).await
    }

    /// The facts, the content and the note.
    async fn shown(&self, file: &ServedFile, more: Value) -> (Value, Value, String) {
        let mut result = self.result(file, more).await;
        assert_ne!(result["isError"], true, "{}: {result}", self.tool);
        let blocks = result["content"].as_array_mut().expect("content");
        let text = blocks[0]["text"].as_str().expect("a text");
        let facts = serde_json::from_str(text).expect("JSON");
        let has_content = blocks.get(1).is_some_and(|block| block["type"] != "text");
        let content = match has_content {
            true => blocks[1].take(),
            false => Value::Null,
        };
        let note = blocks.get(1 + usize::from(has_content));
        let note = note.and_then(|block| block["text"].as_str());
        (facts, content, note.unwrap_or_default().to_owned())
    }
}

fn file(content_type: &str, name: &[u8], bytes: impl Into<Vec<u8>>) -> ServedFile {
    ServedFile {
        content_type: content_type.as_bytes().to_vec(),
        disposition: Some([b"attachment; filename=\"", name, b"\""].concat()),
        bytes: bytes.into().into(),
    }
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let image = DynamicImage::from(RgbImage::new(width, height));
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, ImageFormat::Png).expect("a PNG");
    bytes.into_inner()
}

/// Runs a check for each of the tools.
async fn with_each(server: HubServer, check: impl AsyncFn(&Caller<'_>, &str)) {
    for (tool, arguments, page) in tools() {
        let sim = sim().await;
        let page = format!("{}{page}", sim.url().as_str().trim_end_matches('/'));
        let caller = Caller {
            server: server.clone(),
            sim: &sim,
            tool,
            arguments: &arguments,
        };
        check(&caller, &page).await;
        sim.stop().await;
    }
}

#[actix_web::test]
async fn a_text_is_a_text_in_any_charset_and_of_any_type() {
    let text = "桟橋の予約,12\r\n見積表,3\r\n";
    let in_charset =
        |encoding: &'static encoding_rs::Encoding| encoding.encode(text).0.into_owned();
    let cp932 = in_charset(encoding_rs::SHIFT_JIS);
    let marked = ["\u{feff}", text].concat();
    with_each(server(), async |caller, _| {
        let utf8 = text.as_bytes().to_vec();
        let sql = "application/sql";
        for (said, name, bytes, encoding, shown_as) in [
            ("text/csv", "a.csv", cp932.clone(), "Shift_JIS", "text/csv"),
            (
                "application/octet-stream",
                "memo.md",
                utf8.clone(),
                "UTF-8",
                "text/plain",
            ),
            (sql, "query.sql", marked.clone().into_bytes(), "UTF-8", sql),
            (
                "text/plain; charset=EUC-JP",
                "a.txt",
                in_charset(encoding_rs::EUC_JP),
                "EUC-JP",
                "text/plain",
            ),
            (
                "text/plain",
                "mail.txt",
                in_charset(encoding_rs::ISO_2022_JP),
                "ISO-2022-JP",
                "text/plain",
            ),
        ] {
            let size = bytes.len();
            let served = file(said, name.as_bytes(), bytes);
            let (facts, content, note) = caller.shown(&served, json!({})).await;
            assert_eq!(content["resource"]["text"], text, "{}: {name}", caller.tool);
            assert_eq!(content["resource"]["mimeType"], shown_as);
            assert_eq!(facts["encoding"], encoding);
            assert_eq!(facts["filename"], name);
            assert_eq!((&facts["size"], note.as_str()), (&json!(size), ""));
        }
    })
    .await;
}

#[actix_web::test]
async fn a_long_text_is_read_to_its_end_by_following_the_notes() {
    let text: String = (0..3000)
        .map(|line| format!("{line}: 潮位を確認する\n"))
        .collect();
    let options = ToolOptions {
        max_tokens: 20_000,
        ..ToolOptions::default()
    };
    with_each(server().with_options(options), async |caller, _| {
        let served = file("text/plain", b"tides.txt", text.clone());
        let (mut read, mut offset, mut calls) = (String::new(), Some(0), 0);
        while let Some(from) = offset {
            let (_, content, note) = caller.shown(&served, json!({"textOffset": from})).await;
            let part = content["resource"]["text"].as_str().expect("a text");
            assert!(part.len() <= 80_000, "{}", part.len());
            read.push_str(part);
            calls += 1;
            let next = note.split("Call again with textOffset ").nth(1);
            offset = next.and_then(|next| next.split(' ').next()?.parse::<usize>().ok());
        }
        assert!(
            read == text && calls > 1,
            "{calls} calls of {}",
            caller.tool
        );

        let part = json!({"textOffset": 3, "textLength": 7});
        let (_, content, note) = caller.shown(&served, part).await;
        assert_eq!(content["resource"]["text"], "潮位を確認する");
        let from_to = format!("from 3 to 10 of {}", text.chars().count());
        assert!(note.contains(&from_to), "{note}");
    })
    .await;
}

#[actix_web::test]
async fn an_image_is_made_fit_or_not_shown() {
    let large = png(3000, 60);
    let small = png(30, 20);
    with_each(server(), async |caller, page| {
        let served = file("image/png", b"chart.png", small.clone());
        let (facts, content, note) = caller.shown(&served, json!({})).await;
        assert_eq!(
            (&facts["contentType"], note.as_str()),
            (&json!("image/png"), "")
        );
        assert_eq!(content["data"], STANDARD.encode(&small));

        let served = file("image/png", b"chart.png", large.clone());
        let (facts, content, note) = caller.shown(&served, json!({})).await;
        assert_eq!(facts["size"], large.len());
        let data = content["data"].as_str().expect("base64");
        let bytes = STANDARD.decode(data).expect("base64");
        let seen = image::load_from_memory(&bytes).expect("an image");
        assert_eq!((seen.width(), seen.height()), (1568, 31));
        assert!(
            note.contains("3000 × 60 pixels") && note.contains(page),
            "{note}"
        );

        let served = file("image/png", b"cut.png", &large[..60]);
        let (facts, content, note) = caller.shown(&served, json!({})).await;
        assert_eq!((&facts["size"], &content), (&json!(60), &Value::Null));
        assert!(
            note.contains("cannot be decoded") && note.contains(page),
            "{note}"
        );
    })
    .await;
}

#[actix_web::test]
async fn a_document_is_returned_as_its_text() {
    let word = include_bytes!("../../../crates/file-text/tests/fixtures/sample.docx").as_slice();
    let declared = "application/octet-stream";
    with_each(server(), async |caller, page| {
        let served = file(declared, b"minutes.docx", word);
        let (facts, content, note) = caller.shown(&served, json!({})).await;
        assert_eq!(
            (&facts["kind"], &facts["size"]),
            (&json!("Word"), &json!(word.len()))
        );
        let text = content["resource"]["text"].as_str().expect("a text");
        assert!(text.starts_with("# 議事録\n"), "{}: {text}", caller.tool);
        assert!(note.ends_with(page), "{note}");

        let cut = file(declared, b"minutes.docx", &word[..word.len() / 2]);
        let (facts, content, note) = caller.shown(&cut, json!({})).await;
        assert_eq!((&facts["kind"], &content), (&json!("Word"), &Value::Null));
        assert!(
            note.contains("is damaged") && note.ends_with(page),
            "{note}"
        );

        let base64 = json!({"format": "base64", "maxBytes": word.len()});
        let (facts, _, _) = caller.shown(&served, base64).await;
        assert_eq!(facts["content"], STANDARD.encode(word));
    })
    .await;
}

#[actix_web::test]
async fn other_bytes_come_on_request_and_within_bounds() {
    let zip = [b"PK\x03\x04\x00\x00".as_slice(), &vec![0xfe; 30_000]].concat();
    let options = ToolOptions {
        max_tokens: 20_000,
        ..ToolOptions::default()
    };
    with_each(server().with_options(options), async |caller, page| {
        let served = file("application/zip", b"all.zip", zip.clone());
        let (facts, content, note) = caller.shown(&served, json!({})).await;
        assert_eq!(facts["filename"], "all.zip");
        assert_eq!(facts["contentType"], "application/zip");
        assert_eq!(
            (&facts["size"], &content),
            (&json!(zip.len()), &Value::Null)
        );
        assert!(note.ends_with(page), "{note}");

        // More than the answer holds: not even read.
        let base64 = json!({"format": "base64"});
        let (facts, _, note) = caller.shown(&served, base64.clone()).await;
        assert_eq!(facts["size"], zip.len());
        assert_eq!(facts["content"], Value::Null);
        assert!(
            note.contains("larger than 20000 bytes") && note.ends_with(page),
            "{note}"
        );

        let all = json!({"format": "base64", "maxBytes": zip.len()});
        let (facts, _, _) = caller.shown(&served, all).await;
        assert_eq!(facts["content"], STANDARD.encode(&zip));
        let few = file("application/zip", b"few.zip", &zip[..100]);
        let (facts, _, _) = caller.shown(&few, base64).await;
        assert_eq!(facts["content"], STANDARD.encode(&zip[..100]));

        let result = caller.result(&served, json!({"maxBytes": 8})).await;
        let error = result["content"][0]["text"].as_str().unwrap_or_default();
        assert_eq!(result["isError"], true, "{result}");
        let expected = format!(
            "The file is larger than maxBytes (8), so it was not read. Open it in Backlog: {page}"
        );
        assert_eq!(error, expected);

        let huge = file("application/zip", b"huge.zip", vec![0; (7 << 20) + 1]);
        let (facts, content, note) = caller.shown(&huge, json!({})).await;
        assert_eq!(
            (&facts["size"], &content),
            (&json!((7 << 20) + 1), &Value::Null)
        );
        assert!(
            note.contains("larger than 7340032 bytes") && note.ends_with(page),
            "{note}"
        );
    })
    .await;
}

#[actix_web::test]
async fn a_name_is_read_in_any_charset() {
    with_each(server(), async |caller, _| {
        let (raw, _, _) = encoding_rs::SHIFT_JIS.encode("見積表.txt");
        let (facts, ..) = caller
            .shown(&file("text/plain", &raw, "a"), json!({}))
            .await;
        assert_eq!(facts["filename"], "見積表.txt", "{}", caller.tool);

        let unnamed = ServedFile {
            content_type: b"text/plain".to_vec(),
            disposition: None,
            bytes: "a".into(),
        };
        let (facts, ..) = caller.shown(&unnamed, json!({})).await;
        let name = facts["filename"].as_str().expect("a name");
        assert!(
            name.starts_with("attachment-") && name.strip_suffix(".txt").is_some(),
            "{name}"
        );
    })
    .await;
}
