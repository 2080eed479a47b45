//! CRC-64/NVME with the names of the crate `crc-fast` that `object_store` uses. That crate brings tables of some ninety
//! other checksums, 650 KB that no linker can leave out; copies of files are sent with SHA-256, and this one is not even
//! used.

#![forbid(unsafe_code)]

/// Which checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrcAlgorithm {
    /// CRC-64/NVME: reflected, all ones at the beginning and over the end.
    Crc64Nvme,
}

/// The polynomial 0xad93d23594c93659, reflected.
const POLYNOMIAL: u64 = 0x9a6c_9329_ac4b_c9b5;

/// A checksum on its way.
#[derive(Debug, Clone, Copy)]
pub struct Digest(u64);

impl Digest {
    /// Of nothing yet.
    pub const fn new(_algorithm: CrcAlgorithm) -> Self {
        Self(u64::MAX)
    }

    /// The same with these bytes after it.
    const fn with(self, bytes: &[u8]) -> Self {
        let (mut crc, mut at) = (self.0, 0);
        while at < bytes.len() {
            crc ^= bytes[at] as u64;
            let mut bit = 0;
            while bit < 8 {
                crc = (crc >> 1) ^ (POLYNOMIAL & (crc & 1).wrapping_neg());
                bit += 1;
            }
            at += 1;
        }
        Self(crc)
    }

    /// Takes more bytes in.
    pub const fn update(&mut self, bytes: &[u8]) {
        *self = self.with(bytes);
    }

    /// The checksum of all that was taken in.
    pub const fn finalize(&self) -> u64 {
        self.0 ^ u64::MAX
    }
}

/// The check value of the catalogue of CRCs.
const _: () =
    assert!(Digest::new(CrcAlgorithm::Crc64Nvme).with(b"123456789").finalize() == 0xae8b_1486_0a79_9888);
