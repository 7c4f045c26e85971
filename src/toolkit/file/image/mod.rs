//! Prepares images for models: an image that is too large or unreadable makes the provider reject
//! the whole conversation.
//!
//! 1. The declared size is read and checked before anything is decoded.
//! 2. The image is decoded, regardless of its size: a broken one is not passed on. For an animation
//!    only the first frame is used, because not every provider accepts more.
//! 3. An image within the limits is passed on unchanged. A larger one is scaled down: first by an
//!    integer factor, each pixel the mean of a square, then to the final size.
//! 4. The copy is PNG if it is small enough, or else JPEG, scaled down further if necessary.
//!
//! All of it runs in the [`Pool`].

use std::io::{BufRead, Cursor, Error, Read, Seek, SeekFrom};

use bytes::Bytes;
use image::{
    AnimationDecoder, DynamicImage, ExtendedColorType, ImageDecoder, ImageEncoder, ImageError,
    ImageFormat, ImageReader, ImageResult, Limits,
    codecs::{gif::GifDecoder, jpeg::JpegEncoder, png::PngEncoder, webp::WebPDecoder},
    error::{DecodingError, ImageFormatHint},
    imageops::FilterType,
    metadata::Orientation,
};
use tokio_util::sync::CancellationToken;

use super::pool::{Pool, Undone};

mod webp;

/// Providers scale down or reject images with a longer side.
pub(super) const LONGEST_SIDE: u32 = 1568;

/// The maximum bytes of an image in a response: 1 MB as base64.
pub(super) const LARGEST: usize = 750_000;

/// Memory for the copy in its steps, in addition to the decoded image, while it is scaled.
const FOR_THE_COPY: usize = 80 << 20;

/// Memory for the file and everything small.
const FOR_THE_REST: usize = 16 << 20;

/// An image that can be shown.
#[derive(Debug)]
pub(super) struct Picture {
    /// Width and height of the file's own image.
    pub size: (u32, u32),
    /// The copy to show instead of the file's own bytes.
    pub copy: Option<Scaled>,
}

#[derive(Debug)]
pub(super) struct Scaled {
    pub bytes: Vec<u8>,
    pub content_type: &'static str,
    pub size: (u32, u32),
    /// Whether it is one frame of an animation.
    pub is_frame: bool,
}

/// Why an image is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is not an image of its type, or only a part of one.
    Broken,
    /// Decoding it would take too much memory.
    TooLarge { size: (u32, u32) },
    /// It could not be processed in time.
    Busy,
}

/// Detects an image type that models support, from the first bytes.
pub(super) fn content_type(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', _, _, _, _, rest @ ..] if rest.starts_with(b"WEBP") => {
            "image/webp"
        }
        _ => return None,
    })
}

/// Prepares an image of one of these types for a model.
pub(super) async fn fit(pool: &Pool, bytes: Bytes, content_type: &str) -> Result<Picture, Unfit> {
    let format = ImageFormat::from_mime_type(content_type).ok_or(Unfit::Broken)?;
    let file = bytes.clone();
    // The decoder of JPEG copies the file.
    let measured = pool.run(2 * bytes.len(), move |ended| measure(file, format, ended));
    let Measured { size, decoded } = measured.await.map_err(Unfit::from)??;
    let memory = memory(format, decoded).unwrap_or(usize::MAX);
    let fitted = pool.run(memory, move |ended| prepare(&bytes, format, ended));
    match fitted.await {
        Ok(fitted) => Ok(Picture {
            size,
            copy: fitted.map_err(|_| Unfit::Broken)?,
        }),
        Err(Undone::TooLarge) => Err(Unfit::TooLarge { size }),
        Err(other) => Err(other.into()),
    }
}

impl From<Undone> for Unfit {
    fn from(undone: Undone) -> Self {
        match undone {
            Undone::Failed => Self::Broken,
            Undone::TooLarge | Undone::Busy | Undone::TooSlow => Self::Busy,
        }
    }
}

struct Measured {
    size: (u32, u32),
    /// The size of the decoded image in bytes.
    decoded: u64,
}

/// Reads only the header of the file.
fn measure(file: Bytes, format: ImageFormat, ended: &CancellationToken) -> Result<Measured, Unfit> {
    let whole = file.clone();
    let mut reader = ImageReader::with_format(Watched::new(file, ended), format);
    let mut limits = Limits::default();
    // Data before the pixels, such as a color profile, may be compressed too.
    limits.max_alloc = Some(16 << 20);
    reader.limits(limits);
    let decoder = reader.into_decoder().map_err(|_| Unfit::Broken)?;
    let size = decoder.dimensions();
    if format == ImageFormat::WebP && !webp::has_frames_within(&whole, size) {
        return Err(Unfit::Broken);
    }
    Ok(Measured {
        size,
        decoded: decoder.total_bytes(),
    })
}

/// The maximum memory of decoding and scaling, including the decoders' own buffers.
fn memory(format: ImageFormat, decoded: u64) -> Option<usize> {
    let decoded = usize::try_from(decoded).ok()?;
    let times = match format {
        ImageFormat::Png => 1,
        // A progressive JPEG keeps its coefficients, 16 bits each.
        ImageFormat::Jpeg => 3,
        // The previous frame, the frame and their composition, with planes and transparency.
        ImageFormat::Gif => 4,
        _ => 5,
    };
    // The decoder's buffers are freed before the image is scaled.
    let decoding = decoded.checked_mul(times)?;
    let scaling = decoded.checked_add(FOR_THE_COPY)?;
    decoding.max(scaling).checked_add(FOR_THE_REST)
}

/// Returns the copy to show, or `None` if the file can be shown as it is.
fn prepare(
    file: &Bytes,
    format: ImageFormat,
    ended: &CancellationToken,
) -> ImageResult<Option<Scaled>> {
    let Decoded {
        image,
        orientation,
        is_animation,
    } = decode(file.clone(), format, ended)?;
    let longest = image.width().max(image.height());
    if longest <= LONGEST_SIDE && file.len() <= LARGEST && !is_animation {
        return Ok(None);
    }
    let before = pixels(&image);
    let mut image = scaled(image, LONGEST_SIDE);
    image.apply_orientation(orientation);
    // PNG does not make a photograph smaller, and JPEG is no worse for one.
    let as_png = file.len() as u64 * pixels(&image) / before.max(1);
    let is_drawing = format != ImageFormat::Jpeg && as_png <= 2 * LARGEST as u64;
    let mut copy = encoded(image, is_drawing, ended)?;
    copy.is_frame = is_animation;
    Ok(Some(copy))
}

fn pixels(image: &DynamicImage) -> u64 {
    u64::from(image.width()) * u64::from(image.height())
}

struct Decoded {
    image: DynamicImage,
    /// How the image must be rotated to be upright.
    orientation: Orientation,
    is_animation: bool,
}

fn decode(file: Bytes, format: ImageFormat, ended: &CancellationToken) -> ImageResult<Decoded> {
    let reader = Watched::new(file, ended);
    match format {
        ImageFormat::Gif => {
            let mut decoder = GifDecoder::new(reader)?;
            // A frame may be larger than the screen that was checked, so the limit is three times
            // the screen: the state, a frame, and the two combined.
            let mut limits = Limits::no_limits();
            limits.max_alloc = Some(decoder.total_bytes().saturating_mul(3));
            decoder.set_limits(limits)?;
            let mut frames = decoder.into_frames();
            let first = frames.next().ok_or_else(|| broken(format))??;
            Ok(Decoded {
                image: first.into_buffer().into(),
                orientation: Orientation::NoTransforms,
                is_animation: frames.next().is_some_and(|next| next.is_ok()),
            })
        }
        ImageFormat::WebP => {
            let decoder = WebPDecoder::new(reader)?;
            let is_animation = decoder.has_animation();
            still(decoder, is_animation)
        }
        _ => {
            let reader = ImageReader::with_format(reader, format);
            still(reader.into_decoder()?, false)
        }
    }
}

fn still(mut decoder: impl ImageDecoder, is_animation: bool) -> ImageResult<Decoded> {
    // An invalid orientation does not make the image unreadable.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok(Decoded {
        image: DynamicImage::from_decoder(decoder)?,
        orientation,
        is_animation,
    })
}

fn broken(format: ImageFormat) -> ImageError {
    let hint = ImageFormatHint::Exact(format);
    ImageError::Decoding(DecodingError::from_format_hint(hint))
}

/// Scales the image so that no side is longer than `longest`.
fn scaled(image: DynamicImage, longest: u32) -> DynamicImage {
    let (width, height) = (image.width(), image.height());
    let side = width.max(height);
    if side <= longest {
        return image;
    }
    let factor = side / longest;
    let image = match factor {
        1 => image,
        _ => image.thumbnail_exact((width / factor).max(1), (height / factor).max(1)),
    };
    let share = |part: u32| {
        let exact = u64::from(part) * u64::from(longest);
        u32::try_from(exact / u64::from(side)).map_or(longest, |part| part.max(1))
    };
    image.resize_exact(share(width), share(height), FilterType::CatmullRom)
}

/// Encodes the image within the maximum bytes of a response.
fn encoded(
    image: DynamicImage,
    is_drawing: bool,
    ended: &CancellationToken,
) -> ImageResult<Scaled> {
    let copy = |bytes, content_type, image: &DynamicImage| Scaled {
        bytes,
        content_type,
        size: (image.width(), image.height()),
        is_frame: false,
    };
    let mut image = match image.color().has_alpha() {
        true => DynamicImage::from(image.into_rgba8()),
        false => image.into_rgb8().into(),
    };
    if is_drawing {
        let bytes = png(&image)?;
        if bytes.len() <= LARGEST {
            return Ok(copy(bytes, "image/png", &image));
        }
    }
    image = on_white(image).into();
    for quality in [85, 70] {
        let bytes = jpeg(&image, quality)?;
        if bytes.len() <= LARGEST {
            return Ok(copy(bytes, "image/jpeg", &image));
        }
    }
    let mut longest = image.width().max(image.height());
    loop {
        if ended.is_cancelled() {
            return Err(broken(ImageFormat::Jpeg));
        }
        longest = longest * 3 / 4;
        image = scaled(image, longest);
        let bytes = jpeg(&image, 70)?;
        // At this size, even noise has fewer bytes.
        if bytes.len() <= LARGEST || longest < 256 {
            return Ok(copy(bytes, "image/jpeg", &image));
        }
    }
}

fn png(image: &DynamicImage) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    let color = ExtendedColorType::from(image.color());
    PngEncoder::new(&mut bytes).write_image(
        image.as_bytes(),
        image.width(),
        image.height(),
        color,
    )?;
    Ok(bytes)
}

fn jpeg(image: &DynamicImage, quality: u8) -> ImageResult<Vec<u8>> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image)?;
    Ok(bytes)
}

/// Replaces transparency, which JPEG does not have, with white.
fn on_white(image: DynamicImage) -> image::RgbImage {
    if !image.color().has_alpha() {
        return image.into_rgb8();
    }
    let image = image.into_rgba8();
    image::RgbImage::from_fn(image.width(), image.height(), |x, y| {
        let image::Rgba([red, green, blue, alpha]) = *image.get_pixel(x, y);
        let over = |part: u8| {
            let alpha = u16::from(alpha);
            let mixed = (u16::from(part) * alpha + 255 * (255 - alpha)) / 255;
            u8::try_from(mixed).unwrap_or(u8::MAX)
        };
        image::Rgb([over(red), over(green), over(blue)])
    })
}

/// A file that can be read until the work on it is canceled.
struct Watched<'a> {
    file: Cursor<Bytes>,
    ended: &'a CancellationToken,
}

impl<'a> Watched<'a> {
    /// The bytes read between two checks for cancellation.
    const STEP: usize = 32 * 1024;

    fn new(file: Bytes, ended: &'a CancellationToken) -> Self {
        Self {
            file: Cursor::new(file),
            ended,
        }
    }

    fn check(&self) -> Result<(), Error> {
        match self.ended.is_cancelled() {
            true => Err(Error::other("the work was canceled")),
            false => Ok(()),
        }
    }
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.check()?;
        self.file.read(buffer)
    }
}

impl BufRead for Watched<'_> {
    fn fill_buf(&mut self) -> Result<&[u8], Error> {
        self.check()?;
        let rest = self.file.fill_buf()?;
        Ok(&rest[..rest.len().min(Self::STEP)])
    }

    fn consume(&mut self, amount: usize) {
        self.file.consume(amount);
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, position: SeekFrom) -> Result<u64, Error> {
        self.file.seek(position)
    }
}

#[cfg(test)]
mod tests;
