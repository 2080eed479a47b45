//! The authority of the site's own, and the server's certificate that it signs.

use std::net::IpAddr;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DnType, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, NameConstraints, SanType, SerialNumber, date_time_ymd,
};
use serde_json::json;

use super::facts::fingerprint;
use super::names;
use crate::base::ids::random_bytes;
use crate::base::tls_server::Pair;
use crate::config::server::Network;
use crate::domain::certificate::{CertificateKind, KeptCertificate};
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::{Services, audit};
use crate::store::certificates::{find_certificate, put_certificate};

/// How long an authority is good: it is installed by hand.
const AUTHORITY_YEARS: i16 = 10;
/// How long a server's certificate is good: more than 398 days is refused by some systems for public ones.
const SERVER_DAYS: i64 = 397;
/// Good from the day before: clocks differ.
const EARLIER_DAYS: i64 = 1;

fn failed(error: impl std::fmt::Display) -> ServiceError {
    ServiceError::Internal(format!("a certificate cannot be made: {error}"))
}

/// What keys are sealed for.
pub(in crate::services) fn purpose(kind: CertificateKind) -> String {
    format!("certificate {}", kind.as_str())
}

/// The certificate of this kind.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn find(services: &Services, kind: CertificateKind) -> Result<Option<KeptCertificate>, ServiceError> {
    Ok(services.store.read(|r| find_certificate(r, kind))?)
}

/// The private key (PKCS #8); `None` where it was sealed with another key of the site.
///
/// # Errors
/// The site's key cannot be read.
pub fn open_key(
    services: &Services,
    kind: CertificateKind,
    kept: &KeptCertificate,
) -> Result<Option<Vec<u8>>, ServiceError> {
    services.keys.open(&purpose(kind), &kept.sealed_key)
}

/// Certificate and key, ready to be shown to browsers; `None` as in [`open_key`].
///
/// # Errors
/// A key that is none.
pub fn open_server(services: &Services, kept: &KeptCertificate) -> Result<Option<Pair>, ServiceError> {
    let Some(key) = open_key(services, CertificateKind::Server, kept)? else { return Ok(None) };
    Pair::of_der(&kept.certificate, key).map(Some).map_err(failed)
}

/// Makes an authority in the place of the one before.
///
/// # Errors
/// [`ServiceError::Store`].
pub fn make(services: &Services, by: By, why: &str) -> Result<KeptCertificate, ServiceError> {
    let now = services.now();
    let permitted = names::permitted(&names::wanted(&services.config()));
    let (first, last) = validity(now, |first| first.checked_add(AUTHORITY_YEARS.years()))?;
    let machine = gethostname::gethostname().to_string_lossy().into_owned();
    let mut params = CertificateParams::default();
    // The day in it tells two authorities of one machine apart.
    let called = format!("Stockroom authority of {machine}, {}", now.to_zoned(TimeZone::UTC).date());
    params.distinguished_name = called_so(&called);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.name_constraints =
        Some(NameConstraints { permitted_subtrees: subtrees(&permitted)?, excluded_subtrees: Vec::new() });
    set_validity(&mut params, first, last);
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    let kept = KeptCertificate {
        certificate: certificate.der().to_vec(),
        sealed_key: services.keys.seal(&purpose(CertificateKind::Authority), &key.serialize_der())?,
        names: permitted,
        made_at: now,
        expires_at: midnight(last)?,
    };
    let details = json!({
        "fingerprint": fingerprint(&kept.certificate), "names": kept.names, "expires_at": kept.expires_at, "why": why,
    });
    services.store.write(|w| {
        put_certificate(w, CertificateKind::Authority, &kept)?;
        audit::append(w, now, by, "tls.authority", "site", &details)
    })?;
    Ok(kept)
}

/// Makes a server's certificate for those of `wanted` that the authority may vouch for.
///
/// # Errors
/// [`ServiceError::Store`]; an authority whose key does not open.
pub fn issue(
    services: &Services,
    authority: &KeptCertificate,
    wanted: &[String],
    by: By,
    why: &str,
) -> Result<KeptCertificate, ServiceError> {
    let now = services.now();
    let key = open_key(services, CertificateKind::Authority, authority)?.ok_or_else(|| {
        failed("the key of the certificate authority was sealed with another key of the site: stockroom cert init --again")
    })?;
    let key = KeyPair::try_from(key).map_err(failed)?;
    let mut of_authority = CertificateParams::default();
    of_authority.distinguished_name = called_so(&common_name(&authority.certificate)?);
    of_authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let issuer = Issuer::new(of_authority, key);

    let names: Vec<String> =
        wanted.iter().filter(|name| names::is_permitted(name, &authority.names)).cloned().collect();
    let (first, last) = validity(now, |first| first.checked_add(SERVER_DAYS.days()))?;
    let last = last.min(authority.expires_at.to_zoned(TimeZone::UTC).date());
    let mut params = CertificateParams::default();
    // With spaces in it: nobody takes it for the name of a host, to which constraints would apply.
    params.distinguished_name = called_so("Stockroom server");
    params.subject_alt_names = names
        .iter()
        .map(|name| match name.parse::<IpAddr>() {
            Ok(ip) => Ok(SanType::IpAddress(ip)),
            Err(_) => Ia5String::try_from(name.as_str()).map(SanType::DnsName),
        })
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    params.serial_number = Some(serial());
    set_validity(&mut params, first, last);
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.signed_by(&key, &issuer).map_err(failed)?;
    let kept = KeptCertificate {
        certificate: certificate.der().to_vec(),
        sealed_key: services.keys.seal(&purpose(CertificateKind::Server), &key.serialize_der())?,
        names,
        made_at: now,
        expires_at: midnight(last)?,
    };
    let details = json!({
        "fingerprint": fingerprint(&kept.certificate), "names": kept.names, "expires_at": kept.expires_at, "why": why,
    });
    services.store.write(|w| {
        put_certificate(w, CertificateKind::Server, &kept)?;
        audit::append(w, now, by, "tls.certificate", "site", &details)
    })?;
    Ok(kept)
}

fn called_so(name: &str) -> rcgen::DistinguishedName {
    let mut called = rcgen::DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

/// What the authority is called.
pub fn common_name(der: &[u8]) -> Result<String, ServiceError> {
    let (_, certificate) = x509_parser::parse_x509_certificate(der).map_err(failed)?;
    let name = certificate.subject().iter_common_name().next().and_then(|name| name.as_str().ok());
    name.map(str::to_owned).ok_or_else(|| failed("the authority has no name"))
}

fn subtrees(permitted: &[String]) -> Result<Vec<GeneralSubtree>, ServiceError> {
    let subtree = |name: &String| match name.contains('/').then(|| Network::parse(name)) {
        Some(network) => {
            let network = network.map_err(failed)?;
            Ok(GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(network.address(), network.prefix())))
        }
        None => Ok(GeneralSubtree::DnsName(name.clone())),
    };
    permitted.iter().map(subtree).collect()
}

/// 127 random bits: positive, and never the same again (RFC 5280 §4.1.2.2).
fn serial() -> SerialNumber {
    let mut bytes = random_bytes::<16>();
    bytes[0] = bytes[0] & 0x7F | 0x40;
    SerialNumber::from_slice(&bytes)
}

fn validity(
    now: Timestamp,
    last: impl FnOnce(Date) -> Result<Date, jiff::Error>,
) -> Result<(Date, Date), ServiceError> {
    let first = now.to_zoned(TimeZone::UTC).date().checked_sub(EARLIER_DAYS.days()).map_err(failed)?;
    Ok((first, last(first).map_err(failed)?))
}

fn set_validity(params: &mut CertificateParams, first: Date, last: Date) {
    let day = |date: Date| {
        date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    (params.not_before, params.not_after) = (day(first), day(last));
}

fn midnight(date: Date) -> Result<Timestamp, ServiceError> {
    Ok(date.to_zoned(TimeZone::UTC).map_err(failed)?.timestamp())
}
