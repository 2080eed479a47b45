//! The authority that the site made for itself, and the server's certificate.

use bincode::{Decode, Encode};

use super::convert::{micros, timestamp};
use super::error::StoreError;
use super::tables::CERTIFICATES;
use super::transaction::{Read, WriteTxn, get};
use crate::domain::certificate::{CertificateKind, KeptCertificate};

#[derive(Encode, Decode)]
enum CertificateRecord {
    V1 { certificate: Vec<u8>, sealed_key: String, names: Vec<String>, made_at: i64, expires_at: i64 },
}

/// The certificate of this kind.
pub fn find_certificate(r: &impl Read, kind: CertificateKind) -> Result<Option<KeptCertificate>, StoreError> {
    let record: Option<CertificateRecord> = get(r, CERTIFICATES, kind.as_str().as_bytes())?;
    Ok(record.map(|CertificateRecord::V1 { certificate, sealed_key, names, made_at, expires_at }| {
        let (made_at, expires_at) = (timestamp(made_at), timestamp(expires_at));
        KeptCertificate { certificate, sealed_key, names, made_at, expires_at }
    }))
}

/// Keeps it in the place of the one before.
pub fn put_certificate(
    w: &WriteTxn,
    kind: CertificateKind,
    kept: &KeptCertificate,
) -> Result<(), StoreError> {
    let KeptCertificate { certificate, sealed_key, names, made_at, expires_at } = kept.clone();
    let (made_at, expires_at) = (micros(made_at), micros(expires_at));
    let record = CertificateRecord::V1 { certificate, sealed_key, names, made_at, expires_at };
    w.put(CERTIFICATES, kind.as_str().as_bytes(), &record)
}
