//! Finds the objects of a PDF.
//!
//! 1. The bytes are scanned for `1 0 obj`, in order. The last object of a number counts, as in a
//!    file with incremental updates. The cross-reference table is not used: it may lie.
//! 2. The streams of objects are unpacked and indexed.
//! 3. The trailers name the catalog, and say whether the file is encrypted.

use std::collections::HashMap;

use memchr::memmem;

use super::{
    filters,
    object::{Dict, Lexer, Object, Token, is_space, number},
};
use crate::{
    error::{ExtractError, LimitReached},
    kind::Kind,
    limits::Meter,
};

/// The objects of a file. Each takes about 40 bytes in the index.
const MAX_OBJECTS: usize = 500_000;

/// The bytes of an object without its stream.
const MAX_OBJECT_BYTES: usize = 1 << 20;

/// How often a reference may lead to a reference.
const MAX_STEPS: usize = 8;

#[derive(Clone, Copy)]
enum Place {
    /// The position in the file.
    At(usize),
    /// The position in an unpacked stream of objects.
    In { stream: usize, position: usize },
}

/// A PDF.
pub(super) struct File<'b> {
    bytes: &'b [u8],
    places: HashMap<u32, Place>,
    unpacked: Vec<Vec<u8>>,
    catalog: Option<u32>,
}

/// An object with the data of its stream, if it has one.
pub(super) struct Found<'a> {
    pub(super) object: Object<'a>,
    pub(super) data: Option<&'a [u8]>,
}

/// A stream that is not yet unpacked.
pub(super) struct Stream<'a> {
    pub(super) dict: Dict<'a>,
    pub(super) data: &'a [u8],
}

impl<'b> File<'b> {
    pub(super) fn read(bytes: &'b [u8], meter: &Meter) -> Result<Self, ExtractError> {
        let mut file = File {
            bytes,
            places: HashMap::new(),
            unpacked: Vec::new(),
            catalog: None,
        };
        file.read_trailers()?;
        file.scan(meter)?;
        if file.places.is_empty() {
            return Err(ExtractError::damaged(Kind::Pdf.name(), "it has no objects"));
        }
        Ok(file)
    }

    /// The numbers of all objects, in order.
    pub(super) fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<_> = self.places.keys().copied().collect();
        numbers.sort_unstable();
        numbers
    }

    pub(super) fn catalog(&self) -> Option<u32> {
        self.catalog
    }

    /// Parses an object. Its bytes count as unpacked.
    pub(super) fn get(
        &self,
        number: u32,
        meter: &Meter,
    ) -> Result<Option<Found<'_>>, LimitReached> {
        // The end of a stream may be searched for in the rest of the file.
        meter.check_time()?;
        let (bytes, position) = match self.places.get(&number) {
            Some(Place::At(position)) => (self.bytes, *position),
            Some(Place::In { stream, position }) => (self.unpacked[*stream].as_slice(), *position),
            None => return Ok(None),
        };
        let end = bytes.len().min(position.saturating_add(MAX_OBJECT_BYTES));
        let mut lexer = Lexer::new(&bytes[..end], position);
        let object = lexer.object();
        meter.unpack(lexer.position.saturating_sub(position))?;
        Ok(object.map(|object| {
            let data = match &object {
                Object::Dict(dict) => stream_start(bytes, lexer.position)
                    .map(|start| &bytes[start..stream_end(bytes, start, dict)]),
                _ => None,
            };
            Found { object, data }
        }))
    }

    /// Follows references to an object that is none.
    pub(super) fn resolve<'s>(
        &'s self,
        object: &Object<'s>,
        meter: &Meter,
    ) -> Result<Option<Found<'s>>, LimitReached> {
        let mut found = Found {
            object: object.clone(),
            data: None,
        };
        for _ in 0..MAX_STEPS {
            let Object::Reference(number) = found.object else {
                return Ok(Some(found));
            };
            match self.get(number, meter)? {
                Some(next) => found = next,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The dictionary that an entry of a dictionary is or refers to.
    pub(super) fn dict<'s>(
        &'s self,
        object: Option<&Object<'s>>,
        meter: &Meter,
    ) -> Result<Option<Dict<'s>>, LimitReached> {
        let Some(object) = object else {
            return Ok(None);
        };
        Ok(match self.resolve(object, meter)?.map(|it| it.object) {
            Some(Object::Dict(dict)) => Some(dict),
            _ => None,
        })
    }

    /// The stream that an object refers to.
    pub(super) fn stream<'s>(
        &'s self,
        object: &Object<'s>,
        meter: &Meter,
    ) -> Result<Option<Stream<'s>>, LimitReached> {
        Ok(match self.resolve(object, meter)? {
            Some(Found {
                object: Object::Dict(dict),
                data: Some(data),
            }) => Some(Stream { dict, data }),
            _ => None,
        })
    }

    fn read_trailers(&mut self) -> Result<(), ExtractError> {
        // An attack may have many; real files have one for each update.
        for position in memmem::find_iter(self.bytes, b"trailer").take(1000) {
            let end = self.bytes.len().min(position + 10_000);
            let object = Lexer::new(&self.bytes[..end], position + 7).object();
            if let Some(Object::Dict(dict)) = object {
                self.read_trailer(&dict)?;
            }
        }
        Ok(())
    }

    fn read_trailer(&mut self, dict: &Dict<'_>) -> Result<(), ExtractError> {
        if dict
            .get("Encrypt")
            .is_some_and(|it| *it != Object::Word(b"null"))
        {
            return Err(ExtractError::Encrypted);
        }
        if let Some(Object::Reference(number)) = dict.get("Root") {
            self.catalog = Some(*number);
        }
        Ok(())
    }

    fn scan(&mut self, meter: &Meter) -> Result<(), ExtractError> {
        let bytes = self.bytes;
        let finder = memmem::Finder::new(b"obj");
        let mut position = 0;
        while let Some(found) = finder.find(&bytes[position..]) {
            let keyword = position + found;
            position = keyword + 3;
            let Some(number) = header(bytes, keyword) else {
                continue;
            };
            meter.check_time()?;
            let end = bytes.len().min(position.saturating_add(MAX_OBJECT_BYTES));
            let mut lexer = Lexer::new(&bytes[..end], position);
            let Some(object) = lexer.object() else {
                continue;
            };
            self.add(number, Place::At(position))?;
            position = lexer.position;
            let Object::Dict(dict) = object else {
                continue;
            };
            if dict.has_name("Type", "Catalog") && self.catalog.is_none() {
                self.catalog = Some(number);
            }
            if let Some(start) = stream_start(bytes, position) {
                let end = stream_end(bytes, start, &dict);
                self.scan_stream(&dict, &bytes[start..end], meter)?;
                position = end;
            }
        }
        Ok(())
    }

    fn add(&mut self, number: u32, place: Place) -> Result<(), LimitReached> {
        self.places.insert(number, place);
        if self.places.len() > MAX_OBJECTS {
            return Err(LimitReached::Entries);
        }
        Ok(())
    }

    fn scan_stream(
        &mut self,
        dict: &Dict<'_>,
        data: &[u8],
        meter: &Meter,
    ) -> Result<(), ExtractError> {
        if dict.has_name("Type", "XRef") {
            return self.read_trailer(dict);
        }
        if !dict.has_name("Type", "ObjStm") {
            return Ok(());
        }
        let first = dict.get("First").and_then(Object::number::<usize>);
        let (Some(first), Some(unpacked)) = (first, filters::unpacked(dict, data, meter)?) else {
            return Ok(());
        };
        let stream = self.unpacked.len();
        let mut lexer = Lexer::new(&unpacked[..unpacked.len().min(first)], 0);
        let mut places = Vec::new();
        while let (Some(Token::Word(id)), Some(Token::Word(offset))) = (lexer.next(), lexer.next())
        {
            if let (Some(id), Some(offset)) = (number(id), number(offset)) {
                let position = first.saturating_add(offset as usize);
                if position < unpacked.len() && places.len() < MAX_OBJECTS {
                    places.push((id, Place::In { stream, position }));
                }
            }
        }
        self.unpacked.push(unpacked);
        for (id, place) in places {
            self.add(id, place)?;
        }
        Ok(())
    }
}

/// The number before the keyword `obj`, as in `12 0 obj`.
fn header(bytes: &[u8], keyword: usize) -> Option<u32> {
    let before = &bytes[keyword.saturating_sub(40)..keyword];
    let (before, generation) = last_word(before)?;
    self::number(generation)?;
    let (_, digits) = last_word(before)?;
    // The number may follow other text directly.
    let start = digits.iter().rposition(|it| !it.is_ascii_digit());
    number(&digits[start.map_or(0, |it| it + 1)..])
}

/// Splits off the last word before white space.
fn last_word(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = bytes.iter().rposition(|it| !is_space(*it))? + 1;
    let start = bytes[..end].iter().rposition(|it| is_space(*it));
    let start = start.map_or(0, |it| it + 1);
    Some((&bytes[..start], &bytes[start..end]))
}

/// The start of the data after the keyword `stream`, which may follow a dictionary.
fn stream_start(bytes: &[u8], position: usize) -> Option<usize> {
    let mut lexer = Lexer::new(bytes, position);
    lexer.skip_space();
    let rest = bytes[lexer.position..].strip_prefix(b"stream")?;
    let start = bytes.len() - rest.len();
    Some(match rest {
        [b'\r', b'\n', ..] => start + 2,
        [b'\r' | b'\n', ..] => start + 1,
        _ => start,
    })
}

/// The end of the data, by its length if `endstream` follows it.
fn stream_end(bytes: &[u8], start: usize, dict: &Dict<'_>) -> usize {
    let length = dict.get("Length").and_then(Object::number::<usize>);
    let end = length.and_then(|it| start.checked_add(it));
    if let Some(end) = end.filter(|it| *it <= bytes.len()) {
        let after = bytes[end..].iter().take(4).take_while(|it| is_space(**it));
        if bytes[end + after.count()..].starts_with(b"endstream") {
            return end;
        }
    }
    let found = memmem::find(&bytes[start..], b"endstream");
    found.map_or(bytes.len(), |it| start + it)
}
