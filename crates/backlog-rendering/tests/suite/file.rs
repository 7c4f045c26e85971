//! The text of a file.

use crate::examples::{attachment, renderer};

#[test]
fn the_text_of_a_file_is_in_a_fence_and_says_who_attached_it() {
    let page = renderer().file_text(&attachment(), "GET /login 302\n```\n");
    insta::assert_snapshot!(page, @r#"
    # trace.log (20.5 kB, id 660418)
    - attached by Lena Vogt (guest) on 2026-10-02

    ````
    GET /login 302
    ```
    ````
    "#);
}
