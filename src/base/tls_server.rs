//! TLS towards browsers: which certificate is shown just now, and the hand that is shaken with it.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use thiserror::Error;

pub use tokio_rustls::TlsAcceptor;
pub use tokio_rustls::server::TlsStream;

/// A certificate, those between it and its authority, and its key.
#[derive(Debug)]
pub struct Pair(CertifiedKey);

/// Why two texts are none.
#[derive(Debug, Error)]
pub enum PairError {
    /// There is no certificate in the first.
    #[error("holds no certificate; it begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate,
    /// What is there is none.
    #[error("is not PEM: {0}")]
    Certificate(String),
    /// The key has a passphrase.
    #[error("is encrypted; take the passphrase off: openssl pkey -in KEY -out KEY.plain")]
    SealedKey,
    /// There is no key in the second.
    #[error("holds no private key (PEM): {0}")]
    NoKey(String),
    /// The key is another certificate's.
    #[error("is not the key of the first certificate in the other file; give both of one pair")]
    OtherKey,
    /// A kind of key that nobody could use.
    #[error("cannot be used: {0}")]
    Unusable(String),
}

impl PairError {
    /// It is the certificate that is wrong, not the key.
    pub fn is_of_certificate(&self) -> bool {
        matches!(self, Self::NoCertificate | Self::Certificate(_))
    }
}

impl Pair {
    /// Of a certificate (DER) and its key (PKCS #8).
    ///
    /// # Errors
    /// A key that is not the certificate's.
    pub fn of_der(certificate: &[u8], key: Vec<u8>) -> Result<Self, PairError> {
        let chain = vec![CertificateDer::from(certificate.to_vec())];
        Self::of(chain, PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key)))
    }

    /// Of two texts (PEM): the server's certificate with those between it and its authority, and its key.
    ///
    /// # Errors
    /// What is wrong with which of them.
    pub fn of_pem(certificates: &[u8], key: &[u8]) -> Result<Self, PairError> {
        let chain: Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_slice_iter(certificates).collect();
        let chain = chain.map_err(|error| PairError::Certificate(error.to_string()))?;
        if chain.is_empty() {
            return Err(PairError::NoCertificate);
        }
        let private = PrivateKeyDer::from_pem_slice(key).map_err(|error| {
            let is_sealed = key.windows(9).any(|part| part == b"ENCRYPTED");
            if is_sealed { PairError::SealedKey } else { PairError::NoKey(error.to_string()) }
        })?;
        Self::of(chain, private)
    }

    fn of(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, PairError> {
        let certified = CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider());
        certified.map(Self).map_err(|error| match error {
            rustls::Error::InconsistentKeys(_) => PairError::OtherKey,
            other => PairError::Unusable(other.to_string()),
        })
    }

    /// The server's certificate (DER).
    pub fn certificate(&self) -> &[u8] {
        self.0.cert.first().map_or(&[], |certificate| certificate)
    }
}

/// The certificate that is shown just now: replaced while the server runs.
#[derive(Debug, Default)]
pub struct Shown(RwLock<Option<Arc<CertifiedKey>>>);

impl Shown {
    /// From now on this one. Connections that are open stay as they are.
    pub fn replace(&self, pair: Pair) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(pair.0));
    }

    /// The certificate (DER).
    pub fn certificate(&self) -> Option<Vec<u8>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(shown.as_ref()?.cert.first()?.to_vec())
    }
}

impl ResolvesServerCert for Shown {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// TLS 1.2 and 1.3 with what rustls thinks safe, for HTTP/1.1.
///
/// # Errors
/// None that is known.
pub fn acceptor(shown: Arc<Shown>) -> Result<TlsAcceptor, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config = builder.with_no_client_auth().with_cert_resolver(shown);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
