//! What a certificate says of itself.

use std::fmt::Write;
use std::net::IpAddr;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use x509_parser::extensions::GeneralName;
use x509_parser::parse_x509_certificate;

/// What a certificate says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Names and addresses that it is good for (RFC 5280 §4.2.1.6). The common name counts for nobody any more.
    pub names: Vec<String>,
    /// Who signed it.
    pub issuer: String,
    /// Good from then on.
    pub not_before: Timestamp,
    /// Good until then.
    pub not_after: Timestamp,
    /// SHA-256 of the whole, in pairs of digits.
    pub fingerprint: String,
}

impl Facts {
    /// Reads one (DER).
    ///
    /// # Errors
    /// What is none.
    pub fn read(der: &[u8]) -> Result<Self, String> {
        let (_, certificate) = parse_x509_certificate(der).map_err(|error| error.to_string())?;
        let names = certificate.subject_alternative_name().map_err(|error| error.to_string())?;
        let names = names.map(|names| names.value.general_names.iter().filter_map(name).collect());
        let at = |time: x509_parser::time::ASN1Time| {
            Timestamp::from_second(time.timestamp()).map_err(|error| error.to_string())
        };
        Ok(Self {
            names: names.unwrap_or_default(),
            issuer: certificate.issuer().to_string(),
            not_before: at(certificate.validity().not_before)?,
            not_after: at(certificate.validity().not_after)?,
            fingerprint: fingerprint(der),
        })
    }

    /// True where it is good for a host.
    pub fn covers(&self, host: &str) -> bool {
        self.names.iter().any(|name| match name.strip_prefix("*.") {
            Some(domain) => host.split_once('.').is_some_and(|(_, rest)| rest.eq_ignore_ascii_case(domain)),
            None => name.eq_ignore_ascii_case(host),
        })
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
        GeneralName::IPAddress(bytes) => {
            let address = <[u8; 4]>::try_from(*bytes)
                .map(IpAddr::from)
                .or_else(|_| <[u8; 16]>::try_from(*bytes).map(IpAddr::from));
            address.ok().map(|address| address.to_string())
        }
        _ => None,
    }
}

/// SHA-256 as systems show it: `AB:CD:…`.
pub fn fingerprint(der: &[u8]) -> String {
    let mut text = String::new();
    for (at, byte) in Sha256::digest(der).iter().enumerate() {
        let colon = if at == 0 { "" } else { ":" };
        // Writing into a text cannot fail.
        let _ = write!(text, "{colon}{byte:02X}");
    }
    text
}
