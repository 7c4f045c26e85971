//! The objects of a PDF, and their parser.
//!
//! Objects borrow their tokens. Numbers and keywords are kept as they are written.

/// The depth of arrays and dictionaries.
const MAX_DEPTH: usize = 32;

/// The values in one object.
const MAX_VALUES: usize = 100_000;

/// An object without its stream.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Object<'a> {
    /// A number, `true`, `false`, `null`, or an unknown keyword.
    Word(&'a [u8]),
    /// A name with its slash removed. Escapes are kept: no name that matters has them.
    Name(&'a [u8]),
    /// The bytes between the delimiters of a literal string.
    Literal(&'a [u8]),
    /// The digits of a hexadecimal string.
    Hex(&'a [u8]),
    Array(Vec<Object<'a>>),
    Dict(Dict<'a>),
    /// The number of another object.
    Reference(u32),
}

/// A dictionary. Its keys are few, so that a list is enough.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Dict<'a>(Vec<(&'a [u8], Object<'a>)>);

impl<'a> Dict<'a> {
    pub(super) fn get(&self, key: &str) -> Option<&Object<'a>> {
        let found = self.0.iter().find(|(name, _)| *name == key.as_bytes());
        found.map(|(_, value)| value)
    }

    pub(super) fn has_name(&self, key: &str, value: &str) -> bool {
        matches!(self.get(key), Some(Object::Name(name)) if *name == value.as_bytes())
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &(&'a [u8], Object<'a>)> {
        self.0.iter()
    }
}

impl Object<'_> {
    pub(super) fn number<T: std::str::FromStr>(&self) -> Option<T> {
        match self {
            Self::Word(word) => std::str::from_utf8(word).ok()?.parse().ok(),
            _ => None,
        }
    }
}

/// A token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    Word(&'a [u8]),
    Name(&'a [u8]),
    Literal(&'a [u8]),
    Hex(&'a [u8]),
    /// One of `[`, `]`, `{`, `}`, `)`, and `<` and `>` for the delimiters of dictionaries.
    Mark(u8),
}

/// Reads tokens.
#[derive(Clone)]
pub(super) struct Lexer<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) position: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], position: usize) -> Self {
        Self { bytes, position }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    pub(super) fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                while !matches!(self.peek(), None | Some(b'\r' | b'\n')) {
                    self.position += 1;
                }
            } else if is_space(byte) {
                self.position += 1;
            } else {
                break;
            }
        }
    }

    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let start = self.position;
        self.position += 1;
        match *self.bytes.get(start)? {
            b'/' => {
                self.skip_regular();
                Some(Token::Name(&self.bytes[start + 1..self.position]))
            }
            b'(' => self.literal(start + 1),
            b'<' | b'>' if self.peek() == Some(self.bytes[start]) => {
                self.position += 1;
                Some(Token::Mark(self.bytes[start]))
            }
            b'<' => {
                let length = memchr::memchr(b'>', &self.bytes[self.position..])?;
                let digits = &self.bytes[self.position..self.position + length];
                self.position += length + 1;
                Some(Token::Hex(digits))
            }
            mark @ (b'[' | b']' | b'{' | b'}' | b')' | b'>') => Some(Token::Mark(match mark {
                // A single one is no delimiter of a dictionary.
                b'>' => b')',
                mark => mark,
            })),
            _ => {
                self.skip_regular();
                Some(Token::Word(&self.bytes[start..self.position]))
            }
        }
    }

    fn skip_regular(&mut self) {
        while self.peek().is_some_and(is_regular) {
            self.position += 1;
        }
    }

    fn literal(&mut self, start: usize) -> Option<Token<'a>> {
        let mut depth = 1;
        loop {
            match self.peek()? {
                b'\\' => self.position += 1,
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            self.position += 1;
            if depth == 0 {
                return Some(Token::Literal(&self.bytes[start..self.position - 1]));
            }
        }
    }

    /// Parses an object.
    pub(super) fn object(&mut self) -> Option<Object<'a>> {
        let mut values = MAX_VALUES;
        let token = self.next()?;
        self.value(token, MAX_DEPTH, &mut values)
    }

    fn value(&mut self, token: Token<'a>, depth: usize, left: &mut usize) -> Option<Object<'a>> {
        *left = left.checked_sub(1)?;
        Some(match token {
            Token::Word(word) => self.reference(word).unwrap_or(Object::Word(word)),
            Token::Name(name) => Object::Name(name),
            Token::Literal(bytes) => Object::Literal(bytes),
            Token::Hex(digits) => Object::Hex(digits),
            Token::Mark(b'[') => {
                let depth = depth.checked_sub(1)?;
                let mut values = Vec::new();
                loop {
                    match self.next()? {
                        Token::Mark(b']') => return Some(Object::Array(values)),
                        token => values.push(self.value(token, depth, left)?),
                    }
                }
            }
            Token::Mark(b'<') => {
                let depth = depth.checked_sub(1)?;
                let mut entries = Vec::new();
                loop {
                    match self.next()? {
                        Token::Mark(b'>') => return Some(Object::Dict(Dict(entries))),
                        Token::Name(key) => {
                            let token = self.next()?;
                            entries.push((key, self.value(token, depth, left)?));
                        }
                        _ => return None,
                    }
                }
            }
            Token::Mark(_) => return None,
        })
    }

    /// Reads the rest of a reference such as `12 0 R`.
    fn reference(&mut self, word: &[u8]) -> Option<Object<'a>> {
        let number = number(word)?;
        let mut ahead = self.clone();
        let Token::Word(generation) = ahead.next()? else {
            return None;
        };
        self::number(generation)?;
        if ahead.next()? != Token::Word(b"R") {
            return None;
        }
        *self = ahead;
        Some(Object::Reference(number))
    }
}

/// A number of an object or a generation.
pub(super) fn number(word: &[u8]) -> Option<u32> {
    if word.is_empty() || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(word).ok()?.parse().ok()
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0c | b'\r' | b' ')
}

fn is_regular(byte: u8) -> bool {
    let is_delimiter = matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    );
    !is_delimiter && !is_space(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_parsed() {
        let text = b"<</A[1 -2.5 3 0 R(a\\)(b))<6 1>]%c\n/B/C/D<</E true>>>>";
        let object = Lexer::new(text, 0).object().unwrap();
        let Object::Dict(dict) = object else {
            panic!("expected a dictionary");
        };
        let values = vec![
            Object::Word(b"1"),
            Object::Word(b"-2.5"),
            Object::Reference(3),
            Object::Literal(b"a\\)(b)"),
            Object::Hex(b"6 1"),
        ];
        assert_eq!(dict.get("A"), Some(&Object::Array(values)));
        assert!(dict.has_name("B", "C"));
        assert_eq!(dict.entries().count(), 3);
    }

    #[test]
    fn damaged_objects_are_none() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "<<",
            "<</A",
            "<<1 2>>",
            "[1",
            "(a",
            "<61",
            "]",
            ">",
            deep.as_str(),
        ] {
            assert_eq!(Lexer::new(text.as_bytes(), 0).object(), None, "{text:.20}");
        }
    }
}
