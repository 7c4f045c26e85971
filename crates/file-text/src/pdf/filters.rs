//! Unpacks streams, within the limit of the meter at each step.

use std::io::Read;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use weezl::{BitOrder, LzwStatus, decode::Decoder};

use super::object::{Dict, Object, is_space};
use crate::{error::LimitReached, limits::Meter};

/// The filters of one stream. Real files have one or two.
const MAX_FILTERS: usize = 4;

/// Unpacks the data of a stream. `None` if a filter is unknown, such as that of an image.
pub(super) fn unpacked(
    dict: &Dict<'_>,
    data: &[u8],
    meter: &Meter,
) -> Result<Option<Vec<u8>>, LimitReached> {
    let filters = each(dict.get("Filter"));
    let parameters = each(dict.get("DecodeParms"));
    if filters.len() > MAX_FILTERS {
        return Ok(None);
    }
    if filters.is_empty() {
        meter.unpack(data.len())?;
        return Ok(Some(data.to_vec()));
    }
    let mut unpacked: Option<Vec<u8>> = None;
    for (index, filter) in filters.iter().enumerate() {
        let Object::Name(name) = filter else {
            return Ok(None);
        };
        let parameters = match parameters.get(index) {
            Some(Object::Dict(dict)) => Some(dict),
            _ => None,
        };
        let data = unpacked.as_deref().unwrap_or(data);
        let step = step(name, data, parameters, meter.left());
        let Some(step) = step else {
            return Ok(None);
        };
        meter.unpack(step.len())?;
        unpacked = Some(step);
    }
    Ok(unpacked)
}

fn each<'o, 'a>(object: Option<&'o Object<'a>>) -> &'o [Object<'a>] {
    match object {
        Some(Object::Array(objects)) => objects,
        Some(object) => std::slice::from_ref(object),
        None => &[],
    }
}

/// Applies one filter. The result has at most one byte more than the maximum.
fn step(name: &[u8], data: &[u8], parameters: Option<&Dict<'_>>, max: usize) -> Option<Vec<u8>> {
    Some(match name {
        b"FlateDecode" | b"Fl" => predicted(flate(data, max), parameters),
        b"LZWDecode" | b"LZW" => predicted(lzw(data, parameters, max), parameters),
        b"ASCII85Decode" | b"A85" => ascii85(data, max),
        b"ASCIIHexDecode" | b"AHx" => ascii_hex(data, max),
        b"RunLengthDecode" | b"RL" => run_length(data, max),
        _ => return None,
    })
}

/// A damaged stream yields the data before the damage.
fn flate(data: &[u8], max: usize) -> Vec<u8> {
    let limit = max as u64 + 1;
    let mut unpacked = Vec::new();
    let result = ZlibDecoder::new(data)
        .take(limit)
        .read_to_end(&mut unpacked);
    if result.is_err() && unpacked.is_empty() {
        let data = data.get(2..).unwrap_or_default();
        // Whether this fails does not matter: there is no other way to read it.
        let _ = DeflateDecoder::new(data)
            .take(limit)
            .read_to_end(&mut unpacked);
    }
    unpacked
}

fn lzw(mut data: &[u8], parameters: Option<&Dict<'_>>, max: usize) -> Vec<u8> {
    let early = parameters.and_then(|it| it.get("EarlyChange")?.number::<u8>());
    let mut decoder = match early {
        Some(0) => Decoder::new(BitOrder::Msb, 8),
        _ => Decoder::with_tiff_size_switch(BitOrder::Msb, 8),
    };
    let mut unpacked = Vec::new();
    let mut buffer = [0; 4096];
    while unpacked.len() <= max {
        let result = decoder.decode_bytes(data, &mut buffer);
        unpacked.extend_from_slice(&buffer[..result.consumed_out]);
        data = &data[result.consumed_in..];
        if !matches!(result.status, Ok(LzwStatus::Ok)) {
            break;
        }
    }
    unpacked.truncate(max + 1);
    unpacked
}

fn ascii85(data: &[u8], max: usize) -> Vec<u8> {
    let mut unpacked = Vec::new();
    let mut group = Vec::with_capacity(5);
    for byte in data.iter().filter(|it| !is_space(**it)) {
        match byte {
            b'z' if group.is_empty() => unpacked.extend([0; 4]),
            b'!'..=b'u' => group.push(byte - b'!'),
            _ => break,
        }
        if group.len() == 5 {
            unpacked.extend(base85(&group));
            group.clear();
        }
        if unpacked.len() > max {
            break;
        }
    }
    if group.len() > 1 {
        let length = group.len() - 1;
        group.resize(5, 84);
        unpacked.extend(&base85(&group)[..length]);
    }
    unpacked
}

fn base85(group: &[u8]) -> [u8; 4] {
    let add = |sum: u32, digit: &u8| sum.wrapping_mul(85).wrapping_add(u32::from(*digit));
    group.iter().fold(0, add).to_be_bytes()
}

fn ascii_hex(data: &[u8], max: usize) -> Vec<u8> {
    let digits = data.iter().take_while(|it| **it != b'>');
    let mut digits = digits.filter_map(|it| char::from(*it).to_digit(16));
    let mut unpacked = Vec::new();
    while let Some(high) = digits.next() {
        let low = digits.next().unwrap_or(0);
        unpacked.extend(u8::try_from(high * 16 + low));
        if unpacked.len() > max {
            break;
        }
    }
    unpacked
}

fn run_length(mut data: &[u8], max: usize) -> Vec<u8> {
    let mut unpacked = Vec::new();
    while let [length, rest @ ..] = data {
        match (usize::from(*length), rest) {
            (length @ 0..=127, rest) => {
                let (run, rest) = rest.split_at(rest.len().min(length + 1));
                unpacked.extend_from_slice(run);
                data = rest;
            }
            (length @ 129.., [byte, rest @ ..]) => {
                unpacked.extend(std::iter::repeat_n(*byte, 257 - length));
                data = rest;
            }
            _ => break,
        }
        if unpacked.len() > max {
            break;
        }
    }
    unpacked
}

/// Undoes the predictors of PNG, which streams of objects have.
fn predicted(data: Vec<u8>, parameters: Option<&Dict<'_>>) -> Vec<u8> {
    let value = |key, default| {
        let value = parameters.and_then(|it| it.get(key)?.number::<usize>());
        value.unwrap_or(default)
    };
    if value("Predictor", 1) < 10 {
        return data;
    }
    let bits = value("Colors", 1).saturating_mul(value("BitsPerComponent", 8));
    let sample = bits.div_ceil(8).max(1);
    let row = bits.saturating_mul(value("Columns", 1)).div_ceil(8).max(1);
    if row > data.len() {
        return data;
    }
    let mut unpacked: Vec<u8> = Vec::with_capacity(data.len());
    for line in data.chunks(row + 1) {
        let (filter, line) = line.split_first().unwrap_or((&0, &[]));
        let start = unpacked.len();
        for (index, byte) in line.iter().enumerate() {
            let left = index
                .checked_sub(sample)
                .map_or(0, |it| unpacked[start + it]);
            let above = start.checked_sub(row).map_or(0, |it| unpacked[it + index]);
            let corner = match (start.checked_sub(row), index.checked_sub(sample)) {
                (Some(line), Some(column)) => unpacked[line + column],
                _ => 0,
            };
            let predictor = match filter {
                1 => left,
                2 => above,
                3 => left.midpoint(above),
                4 => paeth(left, above, corner),
                _ => 0,
            };
            unpacked.push(byte.wrapping_add(predictor));
        }
    }
    unpacked
}

fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let estimate = i16::from(left) + i16::from(above) - i16::from(corner);
    let nearest = [left, above, corner];
    let nearest = nearest
        .into_iter()
        .min_by_key(|it| (estimate - i16::from(*it)).abs());
    nearest.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    const MAX: usize = 1000;

    #[test]
    fn text_filters_are_undone() {
        assert_eq!(ascii_hex(b"4 8 65 6>7", MAX), b"He`");
        assert_eq!(ascii85(b"87cUR\nD]i,\"Ebo80~>x", MAX), b"Hello World!");
        assert_eq!(ascii85(b"z87cUR~>", MAX), b"\0\0\0\0Hell");
        assert_eq!(run_length(b"\x01ab\xfec\x80d", MAX), b"abccc");
        assert_eq!(run_length(b"\x05ab", MAX), b"ab");
    }

    #[test]
    fn lzw_is_undone() {
        let data = [0x80, 0x0b, 0x60, 0x50, 0x22, 0x0c, 0x0c, 0x85, 0x01];
        assert_eq!(lzw(&data, None, MAX), b"-----A---B");
    }

    #[test]
    fn every_filter_stops_at_the_maximum() {
        let many = |byte| vec![byte; 100_000];
        let packed = {
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
            encoder.write_all(&many(0)).unwrap();
            encoder.finish().unwrap()
        };
        assert_eq!(flate(&packed, MAX).len(), MAX + 1);
        assert!(run_length(&many(0x81), MAX).len() <= MAX + 128);
        assert!(ascii85(&many(b'z'), MAX).len() <= MAX + 4);
        assert_eq!(ascii_hex(&many(b'0'), MAX).len(), MAX + 1);
    }

    #[test]
    fn the_predictors_of_png_are_undone() {
        let dict = b"<</Predictor 12/Columns 3>>";
        let Some(Object::Dict(dict)) = super::super::object::Lexer::new(dict, 0).object() else {
            panic!("expected a dictionary");
        };
        let rows = [0, 1, 2, 3, 2, 1, 1, 1, 1, 5, 1, 1, 4, 1, 0, 0, 3, 2, 2, 2];
        let expected = [1, 2, 3, 2, 3, 4, 5, 6, 7, 6, 6, 7, 5, 7, 9];
        assert_eq!(predicted(rows.to_vec(), Some(&dict)), expected);
        assert_eq!(predicted(vec![1], Some(&dict)), [1]);
    }
}
