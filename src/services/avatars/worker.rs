//! The child process that reads a picture: the file comes on standard input, the answer goes to standard output. It has
//! limits of its own and no handle to anything (DESIGN decision 13).

use std::io::{self, Cursor, Read, Write};

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, imageops};

use crate::domain::avatar::{LOGO_SIDES, MAX_FILE_BYTES, Picture, PictureKind, SIDE, Shape};

/// Longest side that is read, in pixels: what cameras of telephones make.
const MAX_SIDE: u32 = 12_000;
/// Most pixels.
const MAX_PIXELS: u64 = 50_000_000;
/// Most memory that a decoder may ask for at once.
const MAX_ALLOCATION: u64 = 256 << 20;
/// Memory of the process.
const MAX_MEMORY: u64 = 640 << 20;
/// Its processor time in seconds.
const MAX_SECONDS: u64 = 15;
const JPEG_QUALITY: u8 = 88;

/// Why a file is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Not a format that is read.
    Format,
    /// Too many of them.
    TooManyPixels,
    /// It breaks off or makes no sense.
    Damaged,
}

const ANSWERS: [(u8, Refusal); 3] =
    [(b'f', Refusal::Format), (b'p', Refusal::TooManyPixels), (b'd', Refusal::Damaged)];

/// What the child answered; nothing at all is what one says that was ended by its limits.
pub(super) fn decode_answer(answer: &[u8]) -> Result<Picture, Refusal> {
    let picture = |kind, bytes: &[u8]| Ok(Picture { kind, bytes: bytes.to_vec() });
    match answer {
        [b'P', bytes @ ..] if !bytes.is_empty() => picture(PictureKind::Png, bytes),
        [b'J', bytes @ ..] if !bytes.is_empty() => picture(PictureKind::Jpeg, bytes),
        [word] => {
            Err(ANSWERS.iter().find(|(known, _)| known == word).map_or(Refusal::Damaged, |(_, why)| *why))
        }
        _ => Err(Refusal::Damaged),
    }
}

/// Limits the process, reads the picture and writes it anew; true where it went well.
pub fn main(shape: Shape) -> bool {
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    let _ = rustix::process::nice(10);
    let limits = [(rlimit::Resource::DATA, MAX_MEMORY), (rlimit::Resource::CPU, MAX_SECONDS)];
    if limits.iter().any(|(resource, limit)| rlimit::setrlimit(*resource, *limit, *limit).is_err()) {
        return false;
    }
    let mut file = Vec::new();
    if io::stdin().lock().take(MAX_FILE_BYTES as u64 + 1).read_to_end(&mut file).is_err() {
        return false;
    }
    let answer = match make(&file, shape) {
        Ok(Picture { kind, bytes }) => {
            [&[if kind == PictureKind::Png { b'P' } else { b'J' }], bytes.as_slice()].concat()
        }
        Err(refusal) => ANSWERS.iter().filter(|(_, why)| *why == refusal).map(|(word, _)| *word).collect(),
    };
    let mut out = io::stdout().lock();
    out.write_all(&answer).and_then(|()| out.flush()).is_ok()
}

/// The picture in its shape, turned as the camera was held, and nothing else of the file.
fn make(file: &[u8], shape: Shape) -> Result<Picture, Refusal> {
    let format = image::guess_format(file).map_err(|_| Refusal::Format)?;
    if !matches!(format, ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::WebP | ImageFormat::Gif) {
        return Err(Refusal::Format);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_ALLOCATION);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Refusal::TooManyPixels);
    }
    if width == 0 || height == 0 {
        return Err(Refusal::Damaged);
    }
    let orientation = decoder.orientation().ok();
    let whole = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    let mut made = match shape {
        Shape::Avatar => square_of(whole),
        Shape::Logo => within(whole, LOGO_SIDES),
    };
    if let Some(orientation) = orientation {
        made.apply_orientation(orientation);
    }
    write(&made).map_err(|_| Refusal::Damaged)
}

/// The square in the middle, at most [`SIDE`] wide.
fn square_of(whole: DynamicImage) -> DynamicImage {
    let (width, height) = (whole.width(), whole.height());
    let side = width.min(height);
    let mut square = whole.crop_imm((width - side) / 2, (height - side) / 2, side, side);
    drop(whole);
    if side > 4 * SIDE {
        // Quick and rough down to what the good filter then makes little work of.
        square = square.thumbnail_exact(2 * SIDE, 2 * SIDE);
    }
    if square.width() > SIDE {
        square = square.resize_exact(SIDE, SIDE, imageops::FilterType::Lanczos3);
    }
    square
}

/// All of it, no wider and no higher than this.
fn within(whole: DynamicImage, (width, height): (u32, u32)) -> DynamicImage {
    if whole.width() <= width && whole.height() <= height {
        return whole;
    }
    let rough = if whole.width() > 4 * width || whole.height() > 4 * height {
        whole.thumbnail(2 * width, 2 * height)
    } else {
        whole
    };
    rough.resize(width, height, imageops::FilterType::Lanczos3)
}

fn refusal(error: &ImageError) -> Refusal {
    match error {
        ImageError::Limits(_) => Refusal::TooManyPixels,
        ImageError::Unsupported(_) => Refusal::Format,
        _ => Refusal::Damaged,
    }
}

fn write(square: &DynamicImage) -> Result<Picture, ImageError> {
    let mut bytes = Vec::new();
    let colours = square.to_rgba8();
    if colours.pixels().any(|pixel| pixel.0[3] < u8::MAX) {
        let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Best, FilterType::Adaptive);
        colours.write_with_encoder(encoder)?;
        return Ok(Picture { kind: PictureKind::Png, bytes });
    }
    square.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY))?;
    Ok(Picture { kind: PictureKind::Jpeg, bytes })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

    use super::Refusal;

    fn make(file: &[u8]) -> Result<crate::domain::avatar::Picture, Refusal> {
        super::make(file, Shape::Avatar)
    }
    use crate::domain::avatar::{PictureKind, Shape};

    fn file(width: u32, height: u32, alpha: u8, format: ImageFormat) -> Vec<u8> {
        let picture = RgbaImage::from_fn(width, height, |x, _| Rgba([(x % 256) as u8, 40, 200, alpha]));
        let mut bytes = Vec::new();
        let picture = DynamicImage::from(picture);
        let picture = if format == ImageFormat::Jpeg { picture.to_rgb8().into() } else { picture };
        picture.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
        bytes
    }

    #[test]
    fn every_format_becomes_a_square_of_our_own() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP, ImageFormat::Gif] {
            let made = make(&file(1500, 700, 255, format)).unwrap();
            let read = image::load_from_memory(&made.bytes).unwrap();
            assert_eq!((read.width(), read.height(), made.kind), (256, 256, PictureKind::Jpeg), "{format:?}");
        }
        let made = make(&file(40, 90, 100, ImageFormat::Png)).unwrap();
        let read = image::load_from_memory(&made.bytes).unwrap();
        assert_eq!(
            (read.width(), read.height(), made.kind),
            (40, 40, PictureKind::Png),
            "small ones stay small"
        );
    }

    #[test]
    fn a_logo_keeps_its_shape_and_fits() {
        for (width, height, fits) in [(2000, 200, (480, 48)), (300, 4000, (6, 80)), (100, 20, (100, 20))] {
            let made = super::make(&file(width, height, 100, ImageFormat::Png), Shape::Logo).unwrap();
            let read = image::load_from_memory(&made.bytes).unwrap();
            assert_eq!(((read.width(), read.height()), made.kind), (fits, PictureKind::Png));
        }
    }

    #[test]
    fn what_is_no_picture_or_too_much_is_refused() {
        assert_eq!(make(b""), Err(Refusal::Format));
        assert_eq!(make(b"<svg xmlns='http://www.w3.org/2000/svg'/>"), Err(Refusal::Format));
        assert_eq!(make(b"BM______________________________"), Err(Refusal::Format));
        let mut cut = file(300, 300, 255, ImageFormat::Png);
        cut.truncate(cut.len() / 2);
        assert_eq!(make(&cut), Err(Refusal::Damaged));
        // The header alone says how large it would be: nothing is made room for.
        let mut huge = file(8, 8, 255, ImageFormat::Png);
        huge[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
        let crc = crc32(&huge[12..29]);
        huge[29..33].copy_from_slice(&crc.to_be_bytes());
        assert_eq!(make(&huge), Err(Refusal::TooManyPixels));
    }

    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |crc, byte| {
            (0..8)
                .fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
        })
    }
}
