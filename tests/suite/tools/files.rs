use backlog_sim::seed::{self, document::LAUNCH_PLAN};
use serde_json::json;

use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    [of_issues(), of_wiki_pages(), others()]
        .into_iter()
        .flatten()
        .collect()
}

fn of_issues() -> Vec<Row> {
    vec![
        row(
            "upload_attachment",
            json!({"filename": "潮 \"1\".txt", "text": "low\r\nhigh"}),
            "POST space/attachment",
            "file=潮 \"1\".txt",
            json!({"name": "潮 \"1\".txt", "size": 9}),
        ),
        row(
            "upload_attachment",
            json!({"filename": "a.gif", "content": "R0lGODlh"}),
            "POST space/attachment",
            "file=a.gif",
            json!({"name": "a.gif", "size": 6}),
        ),
        row(
            "get_issue_attachments",
            json!({"issueKey": "HARBOR-1"}),
            "GET issues/HARBOR-1/attachments",
            "",
            json!([{"id": 660_401, "name": "カレンダー 1.png"}, {"id": 660_402}]),
        ),
        row(
            "delete_issue_attachment",
            json!({"issueKey": "HARBOR-6", "attachmentId": 660_403}),
            "DELETE issues/HARBOR-6/attachments/660403",
            "",
            json!({"name": "review.pdf"}),
        ),
        row(
            "get_issue_shared_files",
            json!({"issueKey": "HARBOR-1"}),
            "GET issues/HARBOR-1/sharedFiles",
            "",
            json!([{"dir": "/designs/", "name": "calendar 2.png"}]),
        ),
        row(
            "add_issue_shared_files",
            json!({"issueId": 5_520_108, "fileId": [77_102, 77_103]}),
            "POST issues/5520108/sharedFiles",
            "fileId[]=77102&fileId[]=77103",
            json!([{"id": 77_102}, {"id": 77_103}]),
        ),
        row(
            "remove_issue_shared_file",
            json!({"issueKey": "HARBOR-1", "sharedFileId": 77_102}),
            "DELETE issues/HARBOR-1/sharedFiles/77102",
            "",
            json!({"id": 77_102}),
        ),
        row(
            "add_issue_comment",
            json!({"issueKey": "OPS-1", "content": "See", "attachmentId": [seed::UPLOAD]}),
            "POST issues/OPS-1/comments",
            "content=See&attachmentId[]=660407",
            json!({"changeLog": [{"field": "attachment", "newValue": "tides.png"}]}),
        ),
        row(
            "update_issue",
            json!({"issueKey": "OPS-1", "attachmentId": [seed::UPLOAD]}),
            "PATCH issues/OPS-1",
            "attachmentId[]=660407",
            json!({"attachments": [{"name": "tides.png"}]}),
        ),
    ]
}

fn of_wiki_pages() -> Vec<Row> {
    vec![
        row(
            "get_wiki_attachments",
            json!({"wikiId": 640_012}),
            "GET wikis/640012/attachments",
            "",
            json!([{"id": 660_404, "name": "migration.log"}]),
        ),
        row(
            "get_wiki_attachment",
            json!({"wikiId": "640012", "attachmentId": 660_404}),
            "GET wikis/640012/attachments/660404",
            "",
            json!({"filename": "migration.log", "contentType": "text/plain"}),
        ),
        row(
            "add_wiki_attachments",
            json!({"wikiId": 640_013, "attachmentId": [seed::UPLOAD]}),
            "POST wikis/640013/attachments",
            "attachmentId[]=660407",
            json!([{"id": seed::UPLOAD, "name": "tides.png"}]),
        ),
        row(
            "delete_wiki_attachment",
            json!({"wikiId": 640_012, "attachmentId": 660_404}),
            "DELETE wikis/640012/attachments/660404",
            "",
            json!({"id": 660_404}),
        ),
        row(
            "get_wiki_shared_files",
            json!({"wikiId": 640_011}),
            "GET wikis/640011/sharedFiles",
            "",
            json!([{"name": "議事録.txt", "type": "file"}]),
        ),
        row(
            "add_wiki_shared_files",
            json!({"wikiId": 640_012, "fileId": [77_103]}),
            "POST wikis/640012/sharedFiles",
            "fileId[]=77103",
            json!([{"id": 77_103}]),
        ),
        row(
            "remove_wiki_shared_file",
            json!({"wikiId": 640_011, "sharedFileId": 77_103}),
            "DELETE wikis/640011/sharedFiles/77103",
            "",
            json!({"id": 77_103}),
        ),
    ]
}

fn others() -> Vec<Row> {
    let pull_request = json!({"projectKey": "HARBOR", "repoName": "portal", "number": 2});
    let attachment = json!({
        "projectKey": "HARBOR", "repoName": "portal", "number": 2, "attachmentId": 660_405,
    });
    vec![
        row(
            "get_pull_request_attachments",
            pull_request,
            "GET projects/HARBOR/git/repositories/portal/pullRequests/2/attachments",
            "",
            json!([{"id": 660_405, "name": "before.png"}]),
        ),
        row(
            "get_pull_request_attachment",
            attachment.clone(),
            "GET projects/HARBOR/git/repositories/portal/pullRequests/2/attachments/660405",
            "",
            json!({"filename": "before.png", "contentType": "image/png"}),
        ),
        row(
            "delete_pull_request_attachment",
            attachment,
            "DELETE projects/HARBOR/git/repositories/portal/pullRequests/2/attachments/660405",
            "",
            json!({"id": 660_405}),
        ),
        row(
            "get_document_attachment",
            json!({"documentId": LAUNCH_PLAN, "attachmentId": 660_406}),
            "GET documents/0199c5d07a1e7f0b9d3f5a6b7c8d9e01/attachments/660406",
            "",
            json!({"filename": "harbours.pdf", "contentType": "application/pdf"}),
        ),
        row(
            "get_shared_files",
            json!({"projectKey": "HARBOR", "order": "asc"}),
            "GET projects/HARBOR/files/metadata/",
            "order=asc",
            json!([{"type": "directory", "name": "designs"}, {"name": "議事録.txt"}]),
        ),
        row(
            "get_shared_files",
            json!({"projectKey": "HARBOR", "path": "/designs/", "offset": 0, "count": 1000}),
            "GET projects/HARBOR/files/metadata/designs",
            "offset=0&count=1000",
            json!([{"id": 77_102, "dir": "/designs/"}]),
        ),
        row(
            "get_shared_file",
            json!({"projectId": 88104, "sharedFileId": 77_103}),
            "GET projects/88104/files/77103",
            "",
            json!({"filename": "議事録.txt", "contentType": "text/plain"}),
        ),
        row(
            "get_icon",
            json!({"userId": 40226}),
            "GET users/40226/icon",
            "",
            json!({"filename": "m.lindqvist.png", "contentType": "image/png"}),
        ),
        row(
            "get_icon",
            json!({"projectKey": "OPS"}),
            "GET projects/OPS/image",
            "",
            json!({"filename": "OPS.png"}),
        ),
        row(
            "get_icon",
            json!({}),
            "GET space/image",
            "",
            json!({"filename": "logo.png"}),
        ),
    ]
}
