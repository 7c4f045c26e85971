//! Backslashes before text that looks like Backlog notation by accident.

/// The form of line that a text becomes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// Lines of their own.
    Paragraph,
    /// One line behind a marker: a heading or a list item.
    #[default]
    Line,
    /// A cell of a table.
    Cell,
}

/// The characters around a piece of text.
#[derive(Clone, Copy, Default)]
pub(crate) struct Around {
    pub(crate) place: Place,
    /// Nothing is before the text in its line or cell.
    pub(crate) starts: bool,
    /// The text is code: macros in it are meant literally.
    pub(crate) code: bool,
    /// The character of the marker directly before the text.
    pub(crate) marker: Option<char>,
}

/// Macros that open or close a block wherever they are in a line.
const BLOCK_MACROS: [&str; 6] = ["code}", "code:", "/code}", "quote}", "/quote}", "quote:"];

/// Macros that a writer of Markdown means as Backlog notation, except in code.
const INLINE_MACROS: [&str; 8] = [
    "&br;",
    "&color(",
    "#contents",
    "#image(",
    "#thumbnail(",
    "#attach(",
    "#rev(",
    "[[",
];

/// Appends `text` with a backslash before each character that Backlog would take for notation.
pub(crate) fn push_escaped(out: &mut String, text: &str, around: Around) {
    let mut rest = text;
    let mut first = true;
    let cell = around.place == Place::Cell;
    let line_start = around.place == Place::Paragraph && around.starts && !around.code;
    while let Some(character) = rest.chars().next() {
        let run = if matches!(character, '\'' | '%') {
            rest.len() - rest.trim_start_matches(character).len()
        } else {
            1
        };
        let escaped = match character {
            '\'' | '%' => run > 1 || (first && around.marker == Some(character)),
            '{' => BLOCK_MACROS.iter().any(|name| rest[1..].starts_with(name)),
            '|' if cell => true,
            '*' | '-' | '+' | '>' | '|' => first && line_start,
            '~' => first && cell && around.starts,
            '&' | '#' | '[' if around.code => {
                INLINE_MACROS.iter().any(|name| rest.starts_with(name))
            }
            _ => false,
        };
        for _ in 0..run {
            if escaped {
                out.push('\\');
            }
            out.push(character);
        }
        rest = &rest[run * character.len_utf8()..];
        first = false;
    }
}

/// The address in a form that cannot close `[[…]]`, `#image(…)` or a table cell.
pub(crate) fn address(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for character in url.chars() {
        match character {
            ' ' => out.push_str("%20"),
            '\'' => out.push_str("%27"),
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '[' => out.push_str("%5B"),
            ']' => out.push_str("%5D"),
            '|' => out.push_str("%7C"),
            _ if character.is_control() => {}
            _ => out.push(character),
        }
    }
    out
}

/// The language of a code block as Backlog names it, from the word after the fence.
pub(crate) fn language(info: &str) -> Option<&str> {
    let word = info
        .split(|character: char| character.is_whitespace() || character == ',')
        .next()
        .filter(|word| !word.is_empty())?;
    let known = match word.to_ascii_lowercase().as_str() {
        "javascript" | "mjs" => "js",
        "py" | "python3" => "python",
        "csharp" | "c#" => "cs",
        "bash" | "sh" | "zsh" => "shell",
        "rb" => "ruby",
        "pl" => "perl",
        _ => word,
    };
    let allowed = |character: char| {
        character.is_ascii_alphanumeric() || matches!(character, '+' | '-' | '_' | '#' | '.')
    };
    known.chars().all(allowed).then_some(known)
}
