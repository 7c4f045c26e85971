//! A page of a wiki.

use serde_json::json;

use crate::examples::{renderer, wiki};

#[test]
fn a_wiki_page_has_its_text_and_who_may_have_written_it() {
    insta::assert_snapshot!(renderer().page(&wiki(), Some("RIVER")), @r#"
    # 運用/手順書
    https://acme.backlog.com/alias/wiki/640022

    - Project: RIVER
    - Tags: ops, 手順
    - Created: 2026-02-01 by 佐藤 遥
    - Updated: 2026-09-01 by Lena Vogt (guest)

    ## Files

    - trace.log (20.5 kB, id 660418), 2026-10-02 by Lena Vogt (guest)

    ## Text, by 佐藤 遥, last changed by Lena Vogt (guest)

    ```
    # 再起動

    1. 止める
    2. 待つ
    ```
    "#);
}

#[test]
fn a_page_of_the_list_has_no_text() {
    let wiki = json!({"id": 1, "name": "Home", "tags": []});
    insta::assert_snapshot!(renderer().page(&wiki, None), @r#"
    # Home
    https://acme.backlog.com/alias/wiki/1
    "#);
}
