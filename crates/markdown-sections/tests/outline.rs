//! Headings of both notations, and how they are found.

use markdown_sections::{FindError, Heading, Notation, find, outline};

fn titles(text: &str, notation: Notation) -> Vec<(u8, String)> {
    outline(text, notation)
        .into_iter()
        .map(|heading| (heading.level, heading.title))
        .collect()
}

#[track_caller]
fn check(notation: Notation, cases: &[(&str, &[(u8, &str)])]) {
    for (text, expected) in cases {
        let found = titles(text, notation);
        let found: Vec<(u8, &str)> = found
            .iter()
            .map(|(level, title)| (*level, title.as_str()))
            .collect();
        assert_eq!(found, *expected, "in {text:?}");
    }
}

#[test]
fn markdown_has_two_forms_of_headings() {
    check(
        Notation::Markdown,
        &[
            ("# A\n## B ##\n", &[(1, "A"), (2, "B")]),
            ("A\n===\nB\n---\n", &[(1, "A"), (2, "B")]),
            ("two\nlines\n===", &[(1, "two lines")]),
            ("   ### `a` *b* [c](d)", &[(3, "a b c")]),
            ("#no\n\n####### no", &[]),
            ("# A\r\ntext\r\n# B\r\n", &[(1, "A"), (1, "B")]),
            ("text\n---\n\n---\n", &[(2, "text")]),
        ],
    );
}

#[test]
fn markdown_headings_in_other_blocks_do_not_count() {
    check(
        Notation::Markdown,
        &[
            ("```\n# A\n```\n# B", &[(1, "B")]),
            ("    # A\n", &[]),
            ("> # A\n\n# B", &[(1, "B")]),
            ("- # A\n\n# B", &[(1, "B")]),
            ("<!--\n# A\n-->\n\n# B", &[(1, "B")]),
            ("~~~\n# A\n", &[]),
        ],
    );
}

#[test]
fn backlog_headings_start_with_asterisks() {
    check(
        Notation::Backlog,
        &[
            ("* A\n** B\n***C", &[(1, "A"), (2, "B"), (3, "C")]),
            ("******** A", &[(6, "A")]),
            ("text * A\n * B\n\\* C\n***\n", &[]),
            ("# A\n- * B\n> * C", &[]),
            ("* ''A'' '''b''' %%c%% it's 5%", &[(1, "A b c it's 5%")]),
            ("* [[A>https://x.test/]] [[B:c]] [[D-1]]", &[(1, "A B D-1")]),
            (
                "* [[https://x.test/]] [[open",
                &[(1, "https://x.test/ [[open")],
            ),
            ("* a\\%\\%b C:\\dir \\", &[(1, "a%%b C:\\dir \\")]),
            ("* A\r\n* B\r\n", &[(1, "A"), (1, "B")]),
        ],
    );
}

#[test]
fn backlog_headings_in_code_and_quotes_do_not_count() {
    check(
        Notation::Backlog,
        &[
            ("{code}\n* A\n{/code}\n* B", &[(1, "B")]),
            ("{code:java}\n* A\n{/code}* C\n* B", &[(1, "B")]),
            ("x {quote}\n* A\n{/quote}\n* B", &[(1, "B")]),
            (
                "{quote}\n{code}\n* A\n{/code}\n* Q\n{/quote}\n* B",
                &[(1, "B")],
            ),
            ("{code}\n* A\n", &[(1, "A")]),
            ("{code} {quote}\n* A\n{/quote}\n* B", &[(1, "B")]),
            ("\\{code}\n* A\n{/code}", &[(1, "A")]),
            ("{code}a{/code} {code}\n* A\n{/code}\n* B", &[(1, "B")]),
        ],
    );
}

#[test]
fn sections_end_at_the_next_heading_of_their_level() {
    let text = "# あ\nい\n## う\nえ\n# お";
    let found = outline(text, Notation::Markdown);
    let ranges: Vec<_> = found
        .iter()
        .map(|heading| (heading.start, heading.body_start, heading.end))
        .map(|(start, body, end)| [start.character, body.character, end.character])
        .collect();
    assert_eq!(ranges, [[0, 4, 13], [6, 11, 13], [13, 16, 16]]);
    assert_eq!(&text[found[1].body_start.byte..found[1].end.byte], "え\n");
    assert_eq!(
        &text[found[0].start.byte..found[0].end.byte],
        "# あ\nい\n## う\nえ\n"
    );
}

#[test]
fn the_underline_belongs_to_the_heading() {
    let text = "A\n===\nbody\n";
    let found = outline(text, Notation::Markdown);
    assert_eq!(&text[found[0].body_start.byte..], "body\n");
}

fn page() -> Vec<Heading> {
    let text =
        "# Design\n## API\n## Notes / later\n# Plan\n## API\n### Notes\n## ＡＢＣ　課題\n# plan\n";
    outline(text, Notation::Markdown)
}

#[test]
fn titles_match_whatever_their_case_width_and_space() {
    let page = page();
    for (wanted, index) in [
        ("design", 0),
        ("  DESIGN ", 0),
        ("# Design", 0),
        ("abc 課題", 6),
        ("ＡＢＣ  課題", 6),
        ("Notes / later", 2),
        ("Notes", 5),
        ("Plan", 3),
        ("plan", 7),
    ] {
        assert_eq!(find(&page, wanted), Ok(&page[index]), "for {wanted:?}");
    }
}

#[test]
fn a_path_narrows() {
    let page = page();
    for (wanted, index) in [
        ("Plan > API", 4),
        ("design / api", 1),
        ("Design ＞ API", 1),
        ("# Plan > ## API", 4),
        ("Plan > Notes", 5),
        ("Plan > API > Notes", 5),
    ] {
        assert_eq!(find(&page, wanted), Ok(&page[index]), "for {wanted:?}");
    }
}

#[test]
fn the_direct_parent_takes_precedence() {
    let page = outline("# A\n## B\n### C\n## C\n", Notation::Markdown);
    assert_eq!(find(&page, "A > C"), Ok(&page[3]));
    assert_eq!(find(&page, "B > C"), Ok(&page[2]));
}

#[test]
fn several_matches_name_their_paths() {
    let error = find(&page(), "api").unwrap_err();
    let paths = vec!["Design > API".to_owned(), "Plan > API".to_owned()];
    assert_eq!(error, FindError::Ambiguous { count: 2, paths });
    assert_eq!(
        error.to_string(),
        "2 headings match; among them: \"Design > API\", \"Plan > API\"; narrow with \"Parent > Title\"",
    );
}

#[test]
fn an_unknown_title_names_the_nearest() {
    let FindError::NotFound { nearest } = find(&page(), "Desing").unwrap_err() else {
        panic!("the title must not be found");
    };
    assert_eq!(nearest[0], "Design");
    assert!(nearest.len() <= 5);
    let error = find(&page(), "Notes for later").unwrap_err();
    assert!(error.to_string().contains("\"Notes / later\""), "{error}");
    assert_eq!(
        find(&[], "x").unwrap_err().to_string(),
        "no heading matches; the text has no headings"
    );
}

#[test]
fn a_path_whose_parent_is_wrong_is_not_found() {
    assert!(matches!(
        find(&page(), "Design > Notes"),
        Err(FindError::NotFound { .. })
    ));
}
