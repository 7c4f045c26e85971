//! Reduces the content of a page to the operators that place and show text.
//!
//! Everything else is dropped: paths, images, colors, clips, and states. The operands are copied
//! token by token, so that what the library reads is what is checked here.

use super::object::{Lexer, Token, is_space};

/// The depth of saved states. The library keeps a copy of the state for each.
const MAX_SAVED: usize = 200;

/// The bytes of the operands of one operator. The library keeps all glyphs of an operator.
const MAX_OPERANDS: usize = 128 * 1024;

/// The bytes of the reduced content. The library does not check the time in between.
const MAX_REDUCED: usize = 4 << 20;

/// Operators that the text needs.
const KEPT: [&[u8]; 18] = [
    b"q", b"Q", b"cm", b"Do", b"BT", b"ET", b"Tc", b"Tw", b"Tz", b"TL", b"Tf", b"Ts", b"Td", b"TD",
    b"Tm", b"T*", b"Tj", b"TJ",
];

/// Adds the reduced content. Returns whether all of it could be read.
pub(super) fn reduce(content: &[u8], out: &mut Vec<u8>) -> bool {
    let mut lexer = Lexer::new(content, 0);
    let mut operands: Vec<u8> = Vec::new();
    let mut saved = 0_usize;
    loop {
        lexer.skip_space();
        if lexer.peek().is_none() {
            return true;
        }
        let Some(token) = lexer.next() else {
            return false;
        };
        if operands.len() > MAX_OPERANDS || out.len() > MAX_REDUCED {
            return false;
        }
        let word = match token {
            Token::Word(word) if !is_number(word) => word,
            token => {
                copy(token, &mut operands);
                continue;
            }
        };
        match word {
            b"BI" => skip_image(&mut lexer),
            b"q" => saved += 1,
            b"Q" => saved = saved.saturating_sub(1),
            _ => {}
        }
        if saved > MAX_SAVED {
            return false;
        }
        // These two show text as well; the library knows them, and their names end in a quote.
        let is_kept = KEPT.contains(&word) || matches!(word, b"'" | b"\"");
        if is_kept && operands.len() <= MAX_OPERANDS {
            out.append(&mut operands);
            out.extend_from_slice(word);
            out.push(b'\n');
        }
        operands.clear();
    }
}

fn copy(token: Token<'_>, out: &mut Vec<u8>) {
    match token {
        Token::Word(word) => out.extend_from_slice(word),
        Token::Name(name) => {
            out.push(b'/');
            out.extend_from_slice(name);
        }
        Token::Literal(bytes) => {
            out.push(b'(');
            out.extend_from_slice(bytes);
            out.push(b')');
        }
        Token::Hex(digits) => {
            out.push(b'<');
            out.extend(digits.iter().filter(|it| it.is_ascii_hexdigit()));
            out.push(b'>');
        }
        Token::Mark(mark @ (b'[' | b']')) => out.push(mark),
        // Dictionaries are operands only of operators that are dropped.
        Token::Mark(_) => {}
    }
    out.push(b' ');
}

fn is_number(word: &[u8]) -> bool {
    word.iter()
        .all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'-' | b'+'))
}

/// Skips an image in the content; its data is no tokens.
fn skip_image(lexer: &mut Lexer<'_>) {
    while let Some(token) = lexer.next() {
        if token == Token::Word(b"ID") {
            break;
        }
    }
    let rest = lexer.bytes.get(lexer.position..).unwrap_or_default();
    let is_end = |window: &[u8]| matches!(window, [before, b'E', b'I', after] if is_space(*before) && is_space(*after));
    let end = rest.windows(4).position(is_end);
    lexer.position += end.map_or(rest.len(), |it| it + 3);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reduced(content: &[u8]) -> (String, bool) {
        let mut out = Vec::new();
        let is_whole = reduce(content, &mut out);
        (String::from_utf8_lossy(&out).into_owned(), is_whole)
    }

    #[test]
    fn only_text_stays() {
        let content = b"q 1 0 0 RG 0 0 m 9 9 l S /Sp<</MCID 0>>BDC BT/F1 9 Tf 1 2 Td[(a)-3<62>]TJ \
            (x\\)y)' ET EMC BI /W 1 ID \x00(((\xff EI Q";
        let expected = "q\nBT\n/F1 9 Tf\n1 2 Td\n[ (a) -3 <62> ] TJ\n(x\\)y) '\nET\nQ\n";
        assert_eq!(reduced(content), (expected.to_owned(), true));
    }

    #[test]
    fn an_unusual_content_is_cut() {
        let saved = "q ".repeat(MAX_SAVED + 1);
        let long = format!("BT ({}) Tj ET", "a".repeat(MAX_OPERANDS));
        let large = "BT ET ".repeat(MAX_REDUCED / 6 + 10);
        for content in [&saved, &long, &large, "BT (a) Tj (b"] {
            let (text, is_whole) = reduced(content.as_bytes());
            assert!(!is_whole && text.len() <= content.len(), "{content:.20}");
        }
    }
}
