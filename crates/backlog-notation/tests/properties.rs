//! Properties that hold for every text.

use backlog_notation::from_markdown;
use proptest::prelude::*;

/// A word that neither notation reads as anything else.
fn word() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9ぁ-んァ-ヶ一-龠]{1,8}"
}

fn line() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 1..6).prop_map(|words| format!("x{}", words.join(" ")))
}

fn paragraphs() -> impl Strategy<Value = String> {
    let paragraph = prop::collection::vec(line(), 1..4).prop_map(|lines| lines.join("\n"));
    (prop::collection::vec(paragraph, 1..5), "\n{0,2}")
        .prop_map(|(paragraphs, end)| paragraphs.join("\n\n") + &end)
}

/// A text of blocks, and the words in it.
fn document() -> impl Strategy<Value = (String, Vec<String>)> {
    let span = (word(), 0..6usize).prop_map(|(word, form)| {
        let span = match form {
            0 => format!("**{word}**"),
            1 => format!("*{word}*"),
            2 => format!("~~{word}~~"),
            3 => format!("`{word}`"),
            4 => format!("[{word}](https://x.test/{word})"),
            _ => word.clone(),
        };
        (span, word)
    });
    let spans = prop::collection::vec(span, 1..5);
    let block = (spans, 0..8usize).prop_map(|(spans, form)| {
        let (texts, words): (Vec<String>, Vec<String>) = spans.into_iter().unzip();
        let text = texts.join(" ");
        let block = match form {
            0 => format!("# {text}"),
            1 => format!("- {text}\n  - {text}\n\n    {text}"),
            2 => format!("1. {text}\n\n   ```\n   {text}\n   ```"),
            3 => format!("> {text}\n>\n> - {text}"),
            4 => format!("| {text} | {text} |\n|---|--:|\n| {text} | |"),
            5 => format!("```rust\n{text}\n```"),
            6 => format!("{text}  \n{text}"),
            _ => text,
        };
        (block, words)
    });
    prop::collection::vec(block, 1..6).prop_map(|blocks| {
        let (texts, words): (Vec<String>, Vec<Vec<String>>) = blocks.into_iter().unzip();
        (texts.join("\n\n"), words.concat())
    })
}

/// Pieces that open and close constructs, in any order.
fn noise() -> impl Strategy<Value = String> {
    let pieces = vec![
        "*", "**", "_", "~", "~~", "`", "```\n", "[", "](", ")", "![", "<", ">", "\n", "\n\n",
        "\r\n", "- ", "1. ", "> ", "#", "# ", "|", "|-|\n", "    ", "\\", "'", "''", "%", "%%",
        "{code}", "{/code}", "{quote}", "&br;", "[[", "]]", "[a]: b\n", "[^1]", "[^1]: ", "<br>",
        "<div>", "[ ] ", "---\n", "===\n", "a", "あ", "\u{0}", "\t", " ",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_converts_without_a_panic(text in any::<String>()) {
        let bound = 16 * text.len() + 64;
        prop_assert!(from_markdown(&text).len() <= bound);
    }

    #[test]
    fn the_output_grows_at_most_linearly(text in noise()) {
        let bound = 16 * text.len() + 64;
        prop_assert!(from_markdown(&text).len() <= bound);
    }

    #[test]
    fn plain_paragraphs_stay_as_they_are(text in paragraphs()) {
        prop_assert_eq!(from_markdown(&text), text);
    }

    #[test]
    fn every_word_survives((text, words) in document()) {
        let converted = from_markdown(&text);
        for word in words {
            prop_assert!(converted.contains(&word), "{word:?} of {text:?} is not in {converted:?}");
        }
    }

    #[test]
    fn escaped_text_converts_to_itself(text in "[a-z'%]{1,20}") {
        let once = from_markdown(&text);
        prop_assert_eq!(from_markdown(&once), once);
    }
}
