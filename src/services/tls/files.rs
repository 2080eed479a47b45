//! A certificate that somebody else made: two files, which are read again when they change.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::SystemTime;

use jiff::Timestamp;

use super::facts::Facts;
use crate::base::tls_server::Pair;
use crate::config::tls::TlsConfig;

/// What shows that a file is another one now: inode, size, time.
pub type Stamp = Vec<(u64, u64, Option<SystemTime>)>;

/// How the two files are just now.
pub fn stamp(config: &TlsConfig) -> Stamp {
    let of = |path: &Path| {
        let metadata = fs::metadata(path).ok();
        metadata.map_or((0, 0, None), |file| (file.ino(), file.len(), file.modified().ok()))
    };
    config.cert.iter().chain(&config.key).map(|path| of(path)).collect()
}

/// Certificate and key of the two files.
///
/// # Errors
/// What is wrong with which of them, and what to do.
pub fn load(config: &TlsConfig, now: Timestamp) -> Result<(Pair, Facts), String> {
    let (Some(cert), Some(key)) = (&config.cert, &config.key) else {
        return Err("tls.cert and tls.key: both are needed".to_owned());
    };
    let of_cert = |reason: String| format!("tls.cert, {}: {reason}", cert.display());
    let of_key = |reason: String| format!("tls.key, {}: {reason}", key.display());
    let certificates = fs::read(cert).map_err(|error| of_cert(format!("cannot be read: {error}")))?;
    check_permissions(key).map_err(of_key)?;
    let private = fs::read(key).map_err(|error| of_key(format!("cannot be read: {error}")))?;
    let pair = Pair::of_pem(&certificates, &private).map_err(|error| {
        if error.is_of_certificate() { of_cert(error.to_string()) } else { of_key(error.to_string()) }
    })?;
    let facts = Facts::read(pair.certificate())
        .map_err(|error| of_cert(format!("its first certificate is none: {error}")))?;
    if facts.names.is_empty() {
        return Err(of_cert(
            "names no host (subject alternative name), and browsers refuse it; have it made anew with one"
                .to_owned(),
        ));
    }
    if facts.not_after <= now {
        return Err(of_cert(format!("has expired on {}; renew it", facts.not_after)));
    }
    if facts.not_before > now {
        return Err(of_cert(format!("is good from {} on alone; look at the clock", facts.not_before)));
    }
    Ok((pair, facts))
}

fn check_permissions(key: &Path) -> Result<(), String> {
    let metadata = fs::metadata(key).map_err(|error| format!("cannot be read: {error}"))?;
    if !metadata.is_file() {
        return Err("is no file".to_owned());
    }
    let mode = metadata.mode() & 0o777;
    if mode & 0o027 == 0 {
        Ok(())
    } else {
        Err(format!("may be read or written by others (mode {mode:03o}): chmod 600 {}", key.display()))
    }
}
