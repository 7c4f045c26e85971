//! Additions and replacements.

use markdown_sections::{Line, Notation, ReplaceError, append, find, outline, replace_once};

#[track_caller]
fn check(notation: Notation, cases: &[(&str, &str, &str, &str)]) {
    for (text, title, addition, expected) in cases {
        let headings = outline(text, notation);
        let heading = find(&headings, title).expect("the title is in the text");
        assert_eq!(
            append(text, heading, addition),
            *expected,
            "to {title:?} of {text:?}"
        );
    }
}

#[test]
fn an_addition_follows_the_content_of_the_section() {
    check(
        Notation::Markdown,
        &[
            ("# A\nx\n\n# B\n", "A", "y", "# A\nx\n\ny\n\n# B\n"),
            ("# A\nx\n# B\n", "A", "y", "# A\nx\n\ny\n\n# B\n"),
            ("# A\nx\n", "A", "y\n", "# A\nx\n\ny\n"),
            ("# A\nx", "A", "y\n", "# A\nx\n\ny"),
            ("# A", "A", "y", "# A\n\ny"),
            ("# A\n\n\n# B", "A", "y", "# A\n\ny\n\n\n# B"),
            (
                "# A\nx\n## C\nz\n# B",
                "A",
                "y",
                "# A\nx\n## C\nz\n\ny\n\n# B",
            ),
            ("# A\nB\n===\n", "A", "y", "# A\n\ny\n\nB\n===\n"),
            ("# A\nx  \n \n# B", "A", "y", "# A\nx  \n\ny\n \n# B"),
        ],
    );
}

#[test]
fn an_item_continues_a_list_and_a_row_a_table() {
    check(
        Notation::Markdown,
        &[
            ("# A\n- x\n\n# B\n", "A", "- y", "# A\n- x\n- y\n\n# B\n"),
            ("# A\n1. x\n", "A", "2. y", "# A\n1. x\n2. y\n"),
            (
                "# A\n|a|\n|-|\n|x|\n",
                "A",
                "|y|",
                "# A\n|a|\n|-|\n|x|\n|y|\n",
            ),
            ("# A\n- x\n", "A", "y", "# A\n- x\n\ny\n"),
            ("# A\nx\n", "A", "- y", "# A\nx\n\n- y\n"),
            ("# A\n--x\n", "A", "- y", "# A\n--x\n\n- y\n"),
        ],
    );
    check(
        Notation::Backlog,
        &[
            ("* A\n- x\n\n* B\n", "A", "-- y", "* A\n- x\n-- y\n\n* B\n"),
            ("* A\n+ x\n", "A", "+ y", "* A\n+ x\n+ y\n"),
        ],
    );
}

#[test]
fn an_addition_takes_the_line_ends_of_the_text() {
    check(
        Notation::Markdown,
        &[
            (
                "# A\r\nx\r\n\r\n# B",
                "A",
                "y\nz",
                "# A\r\nx\r\n\r\ny\r\nz\r\n\r\n# B",
            ),
            ("# A\r\nx", "A", "y\nz", "# A\r\nx\r\n\r\ny\r\nz"),
            ("# A\nx\n", "A", "y\r\nz\r\n", "# A\nx\n\ny\nz\n"),
        ],
    );
}

#[test]
fn an_empty_addition_changes_nothing() {
    check(Notation::Markdown, &[("# A\nx", "A", " \n", "# A\nx")]);
}

#[test]
fn a_heading_of_another_text_does_not_panic() {
    let long = outline("# A\nsome text\n# B\n", Notation::Markdown);
    for text in ["", "あ", "# あああああああああああ\n"] {
        for heading in &long {
            assert!(append(text, heading, "y").contains('y'));
        }
    }
}

#[test]
fn one_passage_is_replaced() {
    for (text, old, new, expected) in [
        ("a b c", "b", "x", "a x c"),
        ("a b c", "b ", "", "a c"),
        ("a\r\nb\r\nc", "b", "x\ny", "a\r\nx\ny\r\nc"),
        ("a\r\nb\r\nc", "a\nb", "x\ny", "x\r\ny\r\nc"),
        ("a\r\nb\r\nc", "\nb", "\nx", "a\r\nx\r\nc"),
        ("a\r\nb\r\nc", "a\nb\n", "x\n", "x\r\nc"),
        ("a\nb\nc", "a\r\nb", "x\r\ny", "x\ny\nc"),
        ("a\r\nb\nc\r\nd", "b\nc\n", "x\n", "a\r\nx\r\nd"),
        ("a\nb\r\na\r\nb", "a\nb", "x", "x\r\na\r\nb"),
        ("あいう", "い", "う", "あうう"),
    ] {
        assert_eq!(
            replace_once(text, old, new).as_deref(),
            Ok(expected),
            "{old:?} in {text:?}"
        );
    }
}

#[test]
fn several_passages_are_refused_with_their_lines() {
    let several = |count, lines: &[usize]| {
        Err(ReplaceError::Several {
            count,
            lines: lines.to_vec(),
        })
    };
    assert_eq!(
        replace_once("a\nb\na\na a", "a", "x"),
        several(4, &[1, 3, 4])
    );
    assert_eq!(replace_once("aaa", "aa", "x"), several(2, &[1]));
    assert_eq!(
        replace_once("a\r\nb\r\na\r\nb", "a\nb", "x"),
        several(2, &[1, 3])
    );
    let Err(ReplaceError::Several { count, lines }) = replace_once(&"a\n".repeat(99), "a", "x")
    else {
        panic!("the passages must be refused");
    };
    assert_eq!((count, lines.len()), (99, 20));
}

#[test]
fn a_passage_that_is_missing_names_the_nearest_line() {
    let text = "# Plan\n\nThe release is on Monday.\nNothing else.\n";
    let nearest = Some(Line {
        number: 3,
        text: "The release is on Monday.".to_owned(),
    });
    let error = replace_once(text, "\nThe release is on Tuesday.\nNo", "x").unwrap_err();
    assert_eq!(error, ReplaceError::NotFound { nearest });
    assert_eq!(
        error.to_string(),
        "the text to replace does not occur; the nearest is line 3: \"The release is on Monday.\"",
    );
    assert_eq!(
        replace_once(text, "課題です", "x"),
        Err(ReplaceError::NotFound { nearest: None })
    );
    assert_eq!(
        replace_once(text, "\n\n\n\n", "x"),
        Err(ReplaceError::NotFound { nearest: None })
    );
}

#[test]
fn an_empty_passage_is_refused() {
    assert_eq!(replace_once("a", "", "x"), Err(ReplaceError::Empty));
}
