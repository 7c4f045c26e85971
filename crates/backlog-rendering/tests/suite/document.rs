//! A document.

use serde_json::json;

use crate::examples::{document, document_comment, renderer};

#[test]
fn a_document_is_written_from_the_json_of_its_editor() {
    insta::assert_snapshot!(renderer().document(&document(), Some("RIVER"), &[]), @r#"
    # Launch plan
    https://acme.backlog.com/document/RIVER/0199c5d07a1e7f0b9d3f5a6b7c8d9e01

    - Project: RIVER
    - Tags: guide
    - Created: 2026-09-20 by 佐藤 遥
    - Updated: 2026-09-28 by 佐藤 遥
    - Documents below it: 2

    ## Text, by 佐藤 遥

    ```
    # 公開計画

    - **準備**
    ```
    "#);
}

#[test]
fn a_document_that_cannot_be_read_is_its_plain_text() {
    let mut document = document();
    document["json"] = json!({"type": "doc", "content": [{"type": "diagram"}]});
    document["childDocumentIds"] = json!([]);
    insta::assert_snapshot!(renderer().document(&document, None, &[]), @r#"
    # Launch plan
    Document 0199c5d07a1e7f0b9d3f5a6b7c8d9e01

    - Tags: guide
    - Created: 2026-09-20 by 佐藤 遥
    - Updated: 2026-09-28 by 佐藤 遥

    ## Text, by 佐藤 遥

    ```
    公開計画
    準備
    ```
    "#);
}

#[test]
fn a_document_has_its_comments_and_their_replies() {
    let page = renderer().document(&document(), Some("RIVER"), &[document_comment()]);
    let page = page.to_string();
    let (_, comments) = page.split_once("## Comments").unwrap();
    insta::assert_snapshot!(comments, @r#"
     (2, times in Asia/Tokyo)

    ### 佐藤 遥, 2026-10-01 09:00, comment c-91

    ```
    よいと思います
    ```

    ### Lena Vogt (guest), 2026-10-01 11:00, comment r-1, a reply to comment c-91

    ```
    Thanks
    ```
    "#);
}
