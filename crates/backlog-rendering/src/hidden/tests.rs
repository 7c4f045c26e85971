use proptest::prelude::*;
use serde_json::json;

use super::*;

const SCOTLAND: &str = "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}";

fn cleaned(text: &str) -> (String, usize) {
    let Cleaned { text, removed } = clean(text);
    (text.into_owned(), removed)
}

#[test]
fn invisible_characters_are_removed_and_counted() {
    for (from, to) in [
        (0xe0000, 0xe007f),
        (0x202a, 0x202e),
        (0x2066, 0x2069),
        (0x200b, 0x200b),
        (0x2060, 0x2064),
        (0xfeff, 0xfeff),
    ] {
        for character in (from..=to).filter_map(char::from_u32) {
            let text = format!("潮{character}位{character}");
            assert_eq!(cleaned(&text), ("潮位".to_owned(), 2), "{character:?}");
            assert!(may_be_in(&json!([text]).to_string()));
        }
    }
}

#[test]
fn characters_that_scripts_names_and_emoji_need_remain() {
    for text in [
        "",
        "plain",
        "葛\u{e0100}飾区、辻\u{e0101}さん",
        "❤\u{fe0f} 👨\u{200d}👩\u{200d}👧 👍🏽 🇯🇵",
        "می\u{200c}خواهم שלום\u{200f}! \u{200e}",
        "soft\u{ad}hyphen\u{a0}…—※→",
        SCOTLAND,
        &format!("{SCOTLAND}{SCOTLAND} in a row"),
        // Neighbors of the removed characters.
        "\u{200a}\u{200c}\u{2029}\u{202f}\u{205f}\u{2065}\u{206a}\u{fefe}\u{e0080}",
    ] {
        let found = clean(text);
        assert_eq!((&*found.text, found.removed), (text, 0));
        assert!(matches!(found.text, Cow::Borrowed(_)), "{text}");
    }
}

#[test]
fn tags_are_no_flag_without_its_form() {
    let tags = |text: &str| -> String {
        let tag = |character| char::from_u32(0xe0000 + u32::from(character)).unwrap();
        text.chars().map(tag).collect()
    };
    for (text, kept, removed) in [
        (tags("gbsct\u{7f}"), "", 6),
        (format!("🏴{}", tags("gbsct")), "🏴", 5),
        (format!("🏴{}", tags("gb\u{7f}")), "🏴", 3),
        (format!("🏴{}", tags("gbsctxx\u{7f}")), "🏴", 8),
        (format!("🏴{}", tags("1bsct\u{7f}")), "🏴", 6),
        (format!("🏴{}", tags("ignore the user\u{7f}")), "🏴", 16),
        (format!("🏴 {}", tags("gbsct\u{7f}")), "🏴 ", 6),
        (format!("{SCOTLAND}{}", tags("gbsct\u{7f}")), SCOTLAND, 6),
    ] {
        assert_eq!(cleaned(&text), (kept.to_owned(), removed), "{text:?}");
    }
}

#[test]
fn all_of_a_value_is_cleaned() {
    let mut value = json!({
        "id": 1, "n\u{200b}ame": "a\u{202e}b", "list": ["\u{feff}", {"x": SCOTLAND}], "none": null,
    });
    assert_eq!(clean_value(&mut value), 3);
    let expected = json!({"id": 1, "name": "ab", "list": ["", {"x": SCOTLAND}], "none": null});
    assert_eq!(value, expected);
    let order: Vec<_> = value.as_object().unwrap().keys().collect();
    assert_eq!(order, ["id", "name", "list", "none"]);
}

#[test]
fn escapes_are_seen_as_well() {
    for json in [
        r#""a\u200b""#,
        r#""\u202E""#,
        r#""\uFEFF""#,
        r#""\uDB40\uDC41""#,
        r#""\\\u2066""#,
    ] {
        assert!(may_be_in(json), "{json}");
    }
    for json in [
        r#""\u200c\u200d\u200e\u3000\n\\""#,
        r#""\ud83d\ude00""#,
        r#""\u20"#,
        "\"潮位（表）…\"",
        "",
    ] {
        assert!(!may_be_in(json), "{json}");
    }
}

#[test]
fn the_number_is_reported() {
    assert_eq!(note(0), None);
    assert!(
        note(1)
            .unwrap()
            .starts_with("1 invisible or text-reordering character was")
    );
    assert!(note(12).unwrap().starts_with("12 invisible"));
}

proptest! {
    #[test]
    fn cleaning_again_finds_nothing(text in any::<String>(), more in "[a🏴\u{e0061}-\u{e007f}\u{200b}潮]{0,20}") {
        let text = text + &more;
        let first = clean(&text);
        prop_assert_eq!(clean(&first.text).removed, 0);
        let removed = text.chars().count() - first.text.chars().count();
        prop_assert_eq!(removed, first.removed);
    }

    #[test]
    fn json_without_suspects_has_no_hidden_characters(text in "[a\\\\\"🏴\u{e0061}\u{e0062}\u{e007f}\u{200b}\u{feff}潮\n]{0,20}") {
        let json = json!({ "x": text }).to_string();
        prop_assert!(may_be_in(&json) || clean(&text).removed == 0);
    }
}
