//! Pictures of users.

/// Longest side of a picture that is kept, in pixels; it is a square.
pub const SIDE: u32 = 256;
/// Largest file that is taken for one, in bytes.
pub const MAX_FILE_BYTES: usize = 2 << 20;

/// How a picture is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureKind {
    /// Where parts of it are transparent.
    Png,
    /// Otherwise.
    Jpeg,
}

impl PictureKind {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// A picture as it is kept and served: a square that the server wrote itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// How it is written.
    pub kind: PictureKind,
    /// The file.
    pub bytes: Vec<u8>,
}
