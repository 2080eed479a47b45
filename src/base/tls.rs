//! TLS towards servers elsewhere.

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

pub use rustls::ClientConfig;
pub use rustls::pki_types::ServerName;
pub use tokio_rustls::TlsConnector;

/// TLS with the system's certificates and those of the configuration; there is no way to do without checking them.
///
/// # Errors
/// A file of certificates that is none.
pub fn client_config(ca_file: Option<&Path>, setting: &str) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // One that rustls does not understand is none that a server here could be trusted by.
        let _ = roots.add(certificate);
    }
    if let Some(path) = ca_file {
        let wrong = |error: &dyn Display| format!("`{setting}` {}: {error}", path.display());
        let mut count = 0;
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| wrong(&error))? {
            let certificate = certificate.map_err(|error| wrong(&error))?;
            roots.add(certificate).map_err(|error| wrong(&error))?;
            count += 1;
        }
        if count == 0 {
            return Err(wrong(&"it holds no certificate"));
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider);
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
