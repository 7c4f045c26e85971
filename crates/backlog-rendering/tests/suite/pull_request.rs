//! A pull request.

use backlog_rendering::{Comments, PullRequestPage};
use serde_json::json;

use crate::examples::{comments, pull_request, renderer};

#[test]
fn a_pull_request_has_its_branches_and_comments() {
    let (pull_request, comments) = (pull_request(), comments());
    let page = renderer().pull_request(&PullRequestPage {
        pull_request: &pull_request,
        project_key: "RIVER",
        repository: "my portal",
        comments: Comments::all(&comments[..1]),
    });
    insta::assert_snapshot!(page, @r#"
    # RIVER/my portal#15: Fix cookie loop
    https://acme.backlog.com/git/RIVER/my%20portal/pullRequests/15

    - Status: Merged
    - Branch: fix/cookie → main
    - Assignee: 佐藤 遥
    - Issue: RIVER-1: Login \| 2026
    - Created: 2026-10-02 by Ren Okabe
    - Updated: 2026-10-04 by Ren Okabe
    - Merged: 2026-10-04

    ## Description, by Ren Okabe

    ```
    See RIVER-7
    ```

    ## Comments (1, times in Asia/Tokyo)

    ### Lena Vogt (guest), 2026-10-02 12:00, comment 9901240

    ```
    18.1 で再現しました。
    ```
    "#);
}

#[test]
fn an_open_pull_request_is_neither_closed_nor_merged() {
    let pull_request = json!({
        "number": 2, "summary": "S", "base": "main", "branch": "b", "status": {"name": "Open"},
        "issue": {"id": 77}, "closeAt": null, "mergeAt": null,
    });
    let page = renderer().pull_request(&PullRequestPage {
        pull_request: &pull_request,
        project_key: "A",
        repository: "r",
        comments: Comments::default(),
    });
    insta::assert_snapshot!(page, @r#"
    # A/r#2: S
    https://acme.backlog.com/git/A/r/pullRequests/2

    - Status: Open
    - Branch: b → main
    - Issue: issue with id 77
    "#);
}
