//! Splits bytes into lines of limited length.

use std::{io, mem};

use bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

/// The maximum length in bytes, as in the protocol's library.
pub(super) const MAX_LINE: usize = 16 * 1024 * 1024;

#[derive(Debug, PartialEq)]
pub(super) enum Line {
    /// A whole line; the last one may lack its line break.
    Whole(Bytes),
    /// A line that is too long, which is skipped.
    TooLong,
}

#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The number of bytes in the buffer that are known to have no line break.
    scanned: usize,
    /// Whether the buffer continues a line that was too long.
    skipping: bool,
}

impl Decoder for Lines {
    type Item = Line;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Line>> {
        loop {
            let end = buffer[self.scanned..]
                .iter()
                .position(|byte| *byte == b'\n');
            let Some(end) = end else {
                self.scanned = buffer.len();
                if buffer.len() <= MAX_LINE {
                    return Ok(None);
                }
                buffer.clear();
                self.scanned = 0;
                let known = mem::replace(&mut self.skipping, true);
                return Ok((!known).then_some(Line::TooLong));
            };
            let line = buffer.split_to(self.scanned + end + 1);
            self.scanned = 0;
            if !mem::take(&mut self.skipping) {
                return Ok(Some(Line::Whole(line.freeze())));
            }
        }
    }

    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Line>> {
        if let Some(line) = self.decode(buffer)? {
            return Ok(Some(line));
        }
        let rest = buffer.split().freeze();
        let skipping = mem::take(&mut self.skipping);
        self.scanned = 0;
        Ok((!rest.is_empty() && !skipping).then_some(Line::Whole(rest)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Decodes pieces as they arrive, and then the end.
    fn lines(pieces: &[&[u8]]) -> Vec<Line> {
        let (mut decoder, mut buffer) = (Lines::default(), BytesMut::new());
        let mut found = Vec::new();
        for piece in pieces {
            buffer.extend_from_slice(piece);
            while let Some(line) = decoder.decode(&mut buffer).expect("no error") {
                found.push(line);
            }
        }
        while let Some(line) = decoder.decode_eof(&mut buffer).expect("no error") {
            found.push(line);
        }
        found
    }

    fn whole(text: &'static str) -> Line {
        Line::Whole(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn lines_are_cut_wherever_their_pieces_were() {
        let expected = [whole("one\n"), whole("two\r\n"), whole("\n"), whole("rest")];
        let text = b"one\ntwo\r\n\nrest";
        assert_eq!(lines(&[text]), expected);
        let bytes: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(lines(&bytes), expected);
    }

    #[test]
    fn a_line_that_is_too_long_is_named_once_and_skipped() {
        let long = vec![b'x'; MAX_LINE + 1];
        for pieces in [
            &[&b"a\n"[..], &long, b"\nb\n"][..],
            &[b"a\n", &long, &long, b"x\nb\n"],
        ] {
            assert_eq!(lines(pieces), [whole("a\n"), Line::TooLong, whole("b\n")]);
        }
        assert_eq!(lines(&[&long, b"x"]), [Line::TooLong]);
    }
}
