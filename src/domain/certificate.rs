//! Certificates that the site makes for itself.

use jiff::Timestamp;

/// A certificate with its key, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCertificate {
    /// The certificate (DER).
    pub certificate: Vec<u8>,
    /// Its private key (PKCS #8), sealed with the site's key.
    pub sealed_key: String,
    /// What an authority may vouch for, or what a server is called: names, addresses and ranges of them.
    pub names: Vec<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Which of the two that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateKind {
    /// What devices trust.
    Authority,
    /// What the server shows, signed by the authority.
    Server,
}

impl CertificateKind {
    /// As it is kept.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Authority => "authority",
            Self::Server => "server",
        }
    }
}
