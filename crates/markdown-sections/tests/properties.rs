//! Properties that hold for every text.

use markdown_sections::{FindError, Notation, ReplaceError, append, find, outline, replace_once};
use proptest::prelude::*;

fn notation() -> impl Strategy<Value = Notation> {
    prop_oneof![Just(Notation::Markdown), Just(Notation::Backlog)]
}

/// Pieces that open and close constructs, in any order.
fn text() -> impl Strategy<Value = String> {
    let pieces = vec![
        "# ", "## ", "* ", "** ", "> ", "- ", "===\n", "---\n", "```\n", "    ", "\n", "\n\n",
        "\r\n", "\r", "{code}", "{code:a}", "{/code}", "{quote}", "{/quote}", "[[", "]]", "''",
        "%%", "\\", "a", "あ", "𠮷", "\u{301}", " ", "\t", "|", "<div>", "[^1]: ",
    ];
    prop_oneof![
        any::<String>(),
        prop::collection::vec(prop::sample::select(pieces), 0..60)
            .prop_map(|pieces| pieces.concat()),
    ]
}

/// Texts in which an addition of plain words is a paragraph of its own.
fn page() -> impl Strategy<Value = String> {
    let block = prop::sample::select(vec![
        "# a",
        "## b",
        "### c",
        "text",
        "- item\n- item",
        "> quote",
        "```\n# no\n```",
        "e\n===",
        "|a|\n|-|\n|x|",
    ]);
    let end = prop::sample::select(vec!["\n", "\n\n", "\n\n\n"]);
    prop::collection::vec((block, end), 1..12).prop_map(|blocks| {
        blocks
            .into_iter()
            .flat_map(|(block, end)| [block, end])
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn offsets_are_in_order_and_on_boundaries(text in text(), notation in notation()) {
        let headings = outline(&text, notation);
        for heading in &headings {
            for offset in [heading.start, heading.body_start, heading.end] {
                prop_assert!(text.is_char_boundary(offset.byte));
                prop_assert_eq!(text[..offset.byte].chars().count(), offset.character);
            }
            prop_assert!(heading.start < heading.body_start && heading.body_start <= heading.end);
            prop_assert!((1..=6).contains(&heading.level));
            let before = &text[..heading.start.byte];
            prop_assert!(before.is_empty() || before.ends_with(['\n', '\r']));
        }
        for pair in headings.windows(2) {
            prop_assert!(pair[0].body_start <= pair[1].start);
        }
    }

    #[test]
    fn an_addition_keeps_every_other_byte(
        text in text(), notation in notation(), addition in text(), pick in any::<prop::sample::Index>(),
    ) {
        let heading = match notation {
            Notation::Markdown => "# h\n",
            Notation::Backlog => "* h\n",
        };
        let text = format!("{heading}{text}");
        let headings = outline(&text, notation);
        let heading = pick.get(&headings);
        let after = append(&text, heading, &addition);
        let prefix = text.bytes().zip(after.bytes()).take_while(|(one, other)| one == other).count();
        let grown = after.len() - text.len();
        // The edit is one insertion: some prefix and the rest of the text surround it.
        let split = (0..=prefix).rev().find(|at| after.as_bytes()[at + grown..] == text.as_bytes()[*at..]);
        prop_assert!(split.is_some());
        let (from, to) = (heading.start.byte, heading.end.byte);
        prop_assert!(after.starts_with(&text[..from]) && after.ends_with(&text[to..]));
    }

    #[test]
    fn an_addition_is_in_its_section_and_keeps_the_outline(
        text in page(), pick in any::<prop::sample::Index>(), crlf in any::<bool>(),
    ) {
        let text = format!("# start\n{text}");
        let text = if crlf { text.replace('\n', "\r\n") } else { text };
        let headings = outline(&text, Notation::Markdown);
        let index = pick.index(headings.len());
        let after = append(&text, &headings[index], "added words\nsecond line");
        let outline_after = outline(&after, Notation::Markdown);
        let titles = |headings: &[markdown_sections::Heading]| -> Vec<(u8, String)> {
            headings.iter().map(|heading| (heading.level, heading.title.clone())).collect()
        };
        prop_assert_eq!(titles(&outline_after), titles(&headings));
        let section = &outline_after[index];
        prop_assert!(after[section.body_start.byte..section.end.byte].contains("added words"));
    }

    #[test]
    fn every_heading_is_found_by_its_title_or_named(text in text(), notation in notation()) {
        let headings = outline(&text, notation);
        for heading in headings.iter().filter(|heading| heading.title.chars().all(char::is_alphabetic)) {
            match find(&headings, &heading.title) {
                Ok(found) => prop_assert_eq!(&found.title, &heading.title),
                Err(error) => {
                    let several = matches!(error, FindError::Ambiguous { count: 2.., .. });
                    prop_assert!(several, "{error}");
                }
            }
        }
    }

    #[test]
    fn a_replacement_keeps_every_other_byte(
        before in "[a-c\r\n]{0,12}", after in "[a-c\r\n]{0,12}", old in "[d-f]{1,3}(\r?\n[d-f]{1,3})?", new in "[x\n]{0,4}",
    ) {
        let text = format!("{before}{old}{after}");
        let same = replace_once(&text, &old, &new);
        prop_assert_eq!(same, Ok(format!("{before}{new}{after}")));
        let other_ends = if old.contains('\r') { old.replace("\r\n", "\n") } else { old.replace('\n', "\r\n") };
        let replaced = replace_once(&text, &other_ends, &new).unwrap();
        prop_assert!(replaced.starts_with(&before) && replaced.ends_with(&after));
    }

    #[test]
    fn text_that_occurs_once_is_replaced(text in text(), old in text(), new in text()) {
        let unified = |text: &str| text.replace("\r\n", "\n");
        let replaced = replace_once(&text, &old, &new);
        if let Err(ReplaceError::Several { count, lines }) = replaced {
            prop_assert!(count > 1 && !lines.is_empty() && lines.len() <= count);
        } else {
            let occurs = text.contains(&old) || unified(&text).contains(&unified(&old));
            prop_assert_eq!(replaced.is_ok(), !old.is_empty() && occurs);
        }
    }

    #[test]
    fn a_part_of_a_text_is_found_in_it(text in text(), one in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        let boundaries: Vec<usize> = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).collect();
        let (one, other) = (*one.get(&boundaries), *other.get(&boundaries));
        let old = &text[one.min(other)..one.max(other)];
        let missing = matches!(replace_once(&text, old, "x"), Err(ReplaceError::NotFound { .. }));
        prop_assert!(!missing, "{old:?}");
    }
}
