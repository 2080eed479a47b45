//! Pictures that the server wrote itself: of users, and the site's logo.

/// Longest side of a picture that is kept, in pixels; it is a square.
pub const SIDE: u32 = 256;
/// Largest file that is taken for one, in bytes.
pub const MAX_FILE_BYTES: usize = 2 << 20;

/// Most pixels of a logo, across and down: twice what is shown, for sharp screens.
pub const LOGO_SIDES: (u32, u32) = (480, 80);

/// What a picture becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// The square in its middle.
    Avatar,
    /// All of it, as large as a logo may be.
    Logo,
}

impl Shape {
    /// Its word on the command line of the process that reads it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Avatar => "avatar",
            Self::Logo => "logo",
        }
    }

    /// The shape of this word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Avatar, Self::Logo].into_iter().find(|shape| shape.word() == word)
    }
}

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
