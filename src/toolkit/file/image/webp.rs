//! Checks the frames of a WebP file. The decoder decodes a frame before it compares its size with
//! that of the canvas, and only the canvas was checked against the limits.
//!
//! A file is a list of chunks (RIFF): four letters, the length, as many bytes, and one more where
//! the length is odd. The frame of an animation has such a list after sixteen bytes of its own.

/// Before the first chunk: `RIFF`, a length, `WEBP`.
const HEAD: usize = 12;
/// Before the chunks of a frame of an animation.
const FRAME_HEAD: usize = 16;

/// Whether no frame declares a size larger than the canvas.
pub(super) fn has_frames_within(file: &[u8], canvas: (u32, u32)) -> bool {
    are_within(file.get(HEAD..).unwrap_or_default(), canvas)
}

fn are_within(mut chunks: &[u8], canvas: (u32, u32)) -> bool {
    while let Some((name, data, rest)) = next(chunks) {
        let fits = match name {
            b"VP8 " => lossy(data).is_none_or(|size| is_within(size, canvas)),
            b"VP8L" => lossless(data).is_none_or(|size| is_within(size, canvas)),
            b"ANMF" => are_within(data.get(FRAME_HEAD..).unwrap_or_default(), canvas),
            _ => true,
        };
        if !fits {
            return false;
        }
        chunks = rest;
    }
    true
}

/// Returns the name and the content of the first chunk, and the rest.
fn next(chunks: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (name, rest) = chunks.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
    // A truncated chunk is read up to its end.
    let end = length.min(rest.len());
    let after = end.saturating_add(length % 2).min(rest.len());
    Some((name, &rest[..end], &rest[after..]))
}

/// RFC 6386 §9.1: after the tag and the start code, 14 bits each, with two for the scale.
fn lossy(data: &[u8]) -> Option<(u32, u32)> {
    let side = |at: usize| {
        let bytes = data.get(at..)?.first_chunk::<2>()?;
        Some(u32::from(u16::from_le_bytes(*bytes) & 0x3fff))
    };
    Some((side(6)?, side(8)?))
}

/// RFC 9649 §3.4: after the signature, 14 bits each, less one.
fn lossless(data: &[u8]) -> Option<(u32, u32)> {
    let bits = u32::from_le_bytes(*data.get(1..)?.first_chunk::<4>()?);
    Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
}

fn is_within((width, height): (u32, u32), canvas: (u32, u32)) -> bool {
    width <= canvas.0 && height <= canvas.1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(name: &[u8], data: &[u8]) -> Vec<u8> {
        let length = u32::try_from(data.len()).unwrap();
        let mut bytes = [name, &length.to_le_bytes(), data].concat();
        bytes.extend(vec![0; data.len() % 2]);
        bytes
    }

    fn file(chunks: &[Vec<u8>]) -> Vec<u8> {
        [b"RIFF\0\0\0\0WEBP".to_vec(), chunks.concat()].concat()
    }

    fn lossy_of(width: u16, height: u16) -> Vec<u8> {
        let sides = [width.to_le_bytes(), height.to_le_bytes()].concat();
        chunk(
            b"VP8 ",
            &[&[0, 0, 0, 0x9d, 0x01, 0x2a], &*sides, &[0; 3]].concat(),
        )
    }

    fn lossless_of(width: u32, height: u32) -> Vec<u8> {
        let bits = (width - 1) | (height - 1) << 14;
        chunk(b"VP8L", &[&[0x2f][..], &bits.to_le_bytes()].concat())
    }

    #[test]
    fn a_frame_larger_than_the_canvas_is_found_wherever_it_is() {
        let odd = chunk(b"EXIF", b"odd");
        for (frame, fits) in [
            (lossy_of(16, 16), true),
            (lossy_of(17, 16), false),
            (lossy_of(16_383, 16_383), false),
            (lossless_of(16, 16), true),
            (lossless_of(16, 17), false),
            (lossless_of(16_384, 1), false),
        ] {
            let in_animation = chunk(b"ANMF", &[vec![0; FRAME_HEAD], frame.clone()].concat());
            for chunks in [
                vec![frame.clone()],
                vec![odd.clone(), frame.clone()],
                vec![odd.clone(), in_animation.clone()],
            ] {
                assert_eq!(has_frames_within(&file(&chunks), (16, 16)), fits);
            }
        }
    }

    #[test]
    fn a_truncated_file_is_inspected_to_its_end() {
        let whole = file(&[chunk(
            b"ANMF",
            &[vec![0; FRAME_HEAD], lossy_of(20, 20)].concat(),
        )]);
        for end in 0..=whole.len() {
            let fits = has_frames_within(&whole[..end], (16, 16));
            // The sides are the last of the first ten bytes of the frame.
            let has_sides = end >= HEAD + 8 + FRAME_HEAD + 8 + 10;
            assert_eq!(fits, !has_sides, "{end}");
        }
    }
}
