use std::time::Duration;

use image::{Frame, GrayImage, Rgb, RgbImage, Rgba, RgbaImage, codecs::gif::GifEncoder};

use super::*;
use crate::toolkit::file::pool::PoolLimits;

fn written(image: &DynamicImage, format: ImageFormat) -> Bytes {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner().into()
}

fn plain(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_pixel(width, height, Rgb([10, 200, 30])).into()
}

/// Returns noise, which no encoding makes smaller.
fn noise(width: u32, height: u32) -> DynamicImage {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    RgbImage::from_fn(width, height, |_, _| Rgb([next(), next(), next()])).into()
}

async fn fitted(bytes: &Bytes) -> Result<Picture, Unfit> {
    let kind = content_type(bytes).expect("the type of an image");
    fit(&patient(), bytes.clone(), kind).await
}

/// A pool with a long timeout, because unoptimized code is slow.
fn patient() -> Pool {
    Pool::new(PoolLimits {
        work: Duration::from_mins(10),
        ..PoolLimits::default()
    })
}

async fn copied(bytes: &Bytes) -> (Scaled, DynamicImage) {
    let copy = fitted(bytes).await.unwrap().copy.expect("a copy");
    let format = ImageFormat::from_mime_type(copy.content_type).unwrap();
    let image = image::load_from_memory_with_format(&copy.bytes, format).unwrap();
    assert_eq!((image.width(), image.height()), copy.size);
    assert!(copy.bytes.len() <= LARGEST);
    (copy, image)
}

/// A PNG that declares a false size.
fn pretending(width: u32, height: u32) -> Bytes {
    let mut bytes = written(&plain(1, 1), ImageFormat::Png).to_vec();
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32fast::hash(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    bytes.into()
}

/// A JPEG from a camera that was held upright.
fn turned(image: &DynamicImage) -> Bytes {
    const ORIENTATION: &[u8] =
        b"\xff\xe1\x00\x22Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
    let jpeg = written(image, ImageFormat::Jpeg);
    [&jpeg[..2], ORIENTATION, &jpeg[2..]].concat().into()
}

#[tokio::test]
async fn an_image_within_the_limits_is_passed_on_as_it_came() {
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::Gif,
        ImageFormat::WebP,
    ] {
        let picture = fitted(&written(&plain(40, 30), format)).await.unwrap();
        assert!(picture.copy.is_none(), "{format:?}");
        assert_eq!(picture.size, (40, 30));
    }
    let longest = written(&plain(LONGEST_SIDE, 1), ImageFormat::Png);
    assert!(fitted(&longest).await.unwrap().copy.is_none());
}

#[tokio::test]
async fn a_larger_one_is_scaled_down() {
    for (width, height, format, expected, kind) in [
        (
            LONGEST_SIDE + 1,
            8,
            ImageFormat::Png,
            (1568, 7),
            "image/png",
        ),
        (8, 4700, ImageFormat::Png, (2, 1568), "image/png"),
        (9000, 60, ImageFormat::Png, (1568, 10), "image/png"),
        (20_000, 2, ImageFormat::Png, (1568, 1), "image/png"),
        (3136, 100, ImageFormat::Jpeg, (1568, 50), "image/jpeg"),
        (2000, 100, ImageFormat::WebP, (1568, 78), "image/png"),
        (2000, 100, ImageFormat::Gif, (1568, 78), "image/png"),
    ] {
        let bytes = written(&plain(width, height), format);
        let (copy, image) = copied(&bytes).await;
        assert_eq!(
            (copy.size, copy.content_type),
            (expected, kind),
            "{format:?}"
        );
        let Rgb([red, green, blue]) = *image.to_rgb8().get_pixel(0, 0);
        let close = |is: u8, was: u8| is.abs_diff(was) <= 8;
        assert!(
            close(red, 10) && close(green, 200) && close(blue, 30),
            "{format:?}"
        );
    }
    let deep: image::ImageBuffer<Rgba<u16>, _> =
        image::ImageBuffer::from_pixel(2000, 4, Rgba([u16::MAX, 0, 0, u16::MAX]));
    let (_, image) = copied(&written(&deep.into(), ImageFormat::Png)).await;
    assert_eq!(image.color(), image::ColorType::Rgba8);
    let gray = GrayImage::from_pixel(2000, 4, image::Luma([7]));
    copied(&written(&gray.into(), ImageFormat::Png)).await;
}

#[tokio::test]
async fn one_of_too_many_bytes_becomes_a_jpeg() {
    let bytes = written(&noise(505, 505), ImageFormat::Png);
    assert!(bytes.len() > LARGEST);
    let (copy, _) = copied(&bytes).await;
    assert_eq!((copy.size, copy.content_type), ((505, 505), "image/jpeg"));
}

#[test]
fn transparent_pixels_become_white() {
    let image = RgbaImage::from_fn(3, 1, |x, _| match x {
        0 => Rgba([0, 0, 0, 0]),
        1 => Rgba([0, 0, 0, 255]),
        _ => Rgba([255, 0, 0, 128]),
    });
    let seen = on_white(image.into());
    let pixels: Vec<_> = seen.pixels().map(|pixel| pixel.0).collect();
    assert_eq!(pixels, [[255, 255, 255], [0, 0, 0], [255, 127, 127]]);
}

#[tokio::test]
async fn a_turned_photograph_is_seen_upright() {
    let (copy, _) = copied(&turned(&plain(2000, 100))).await;
    assert_eq!(copy.size, (78, 1568));
}

#[tokio::test]
async fn of_an_animation_the_first_frame_is_shown() {
    let frame = |red| Frame::new(RgbaImage::from_pixel(4, 4, Rgba([red, 0, 0, 255])));
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    encoder.encode_frames([frame(255), frame(0)]).unwrap();
    drop(encoder);
    let (copy, image) = copied(&bytes.into()).await;
    assert!(copy.is_frame);
    assert_eq!(copy.content_type, "image/png");
    assert_eq!(image.to_rgb8().get_pixel(0, 0).0, [255, 0, 0]);
}

#[tokio::test]
async fn an_image_that_is_too_large_is_not_decoded() {
    let pool = patient();
    for size in [(60_000, 60_000), (9000, 9000)] {
        let bytes = pretending(size.0, size.1);
        let unfit = fit(&pool, bytes, "image/png").await.unwrap_err();
        assert_eq!(unfit, Unfit::TooLarge { size });
    }
    // A single row of the first one is already too large; the other one has no pixels.
    for (width, height) in [(u32::MAX >> 1, 1), (900, 900)] {
        let unfit = fit(&pool, pretending(width, height), "image/png").await;
        assert_eq!(unfit.unwrap_err(), Unfit::Broken);
    }
    assert_eq!(pool.free(), PoolLimits::default().bytes);
}

#[tokio::test]
async fn an_image_that_cannot_be_decoded_is_not_returned() {
    let png = written(&noise(40, 40), ImageFormat::Png);
    let gif = written(&plain(40, 40), ImageFormat::Gif);
    let webp = written(&noise(40, 40), ImageFormat::WebP);
    for bytes in [
        png.slice(..png.len() / 2),
        png.slice(..8),
        gif.slice(..6),
        webp.slice(..webp.len() / 2),
        Bytes::from_static(b"\xff\xd8\xff\xe0"),
    ] {
        assert_eq!(
            fitted(&bytes).await.unwrap_err(),
            Unfit::Broken,
            "{bytes:?}"
        );
    }
}

#[tokio::test]
async fn it_is_done_in_the_pool() {
    // Each step takes memory from the pool: without it, nothing is done.
    let bytes = written(&plain(4, 4), ImageFormat::Png);
    for (memory, expected) in [
        (1, Unfit::Busy),
        (1 << 20, Unfit::TooLarge { size: (4, 4) }),
    ] {
        let pool = Pool::new(PoolLimits {
            bytes: memory,
            wait: Duration::ZERO,
            work: Duration::from_mins(10),
        });
        let unfit = fit(&pool, bytes.clone(), "image/png").await.unwrap_err();
        assert_eq!(unfit, expected);
    }
}

#[test]
fn a_decoder_stops_when_it_is_canceled() {
    let ended = CancellationToken::new();
    let bytes = written(&noise(300, 300), ImageFormat::Png);
    assert!(decode(bytes.clone(), ImageFormat::Png, &ended).is_ok());
    ended.cancel();
    assert!(decode(bytes, ImageFormat::Png, &ended).is_err());
}

#[test]
fn the_first_bytes_identify_an_image() {
    for (bytes, expected) in [
        (b"\x89PNG\r\n\x1a\n...".as_slice(), Some("image/png")),
        (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
        (b"GIF87a", Some("image/gif")),
        (b"RIFF1234WEBP", Some("image/webp")),
        (b"RIFF1234WAVE", None),
        (b"<svg/>", None),
        (b"", None),
    ] {
        assert_eq!(content_type(bytes), expected, "{bytes:?}");
    }
}

/// A GIF of one pixel with a frame of many.
fn gif_with_frame(width: u16, height: u16) -> Bytes {
    let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0".to_vec();
    bytes.extend(width.to_le_bytes());
    bytes.extend(height.to_le_bytes());
    bytes.extend(b"\0\x02\x02\x44\x01\0;");
    bytes.into()
}

#[tokio::test]
async fn a_frame_that_is_larger_than_the_picture_is_not_made() {
    assert!(fitted(&gif_with_frame(1, 1)).await.is_ok());
    for (width, height) in [(u16::MAX, u16::MAX), (4_000, 4_000)] {
        let found = fitted(&gif_with_frame(width, height)).await;
        assert!(matches!(found, Err(Unfit::Broken)), "{found:?}");
    }
}
