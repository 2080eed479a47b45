//! An issuer of certificates for servers of the tests.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

/// Somebody who issues certificates.
pub struct Issuer(CertifiedIssuer<'static, KeyPair>);

impl Issuer {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Its own certificate, in a file there.
    pub fn write(&self, folder: &Path, file: &str) -> PathBuf {
        let path = folder.join(file);
        std::fs::write(&path, self.0.pem()).unwrap();
        path
    }

    /// Its own certificate (PEM).
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// Certificate and key (PEM) for a server of these names.
    pub fn issue(&self, names: &[&str]) -> (String, String) {
        self.issue_until(names, (4096, 1, 1))
    }

    /// The same, until this day.
    pub fn issue_until(&self, names: &[&str], (year, month, day): (i32, u8, u8)) -> (String, String) {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = rcgen::date_time_ymd(year, month, day);
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }
}
