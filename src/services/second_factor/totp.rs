//! Codes of an authenticator app: RFC 6238 as every app knows it, SHA-1, six digits, thirty seconds.

use jiff::Timestamp;
use totp_rs::{Algorithm, Builder, Secret, Totp};

use crate::base::base32;
use crate::base::ids::random_bytes;
use crate::base::secret::SecretString;
use crate::domain::ids::UserId;
use crate::services::Services;
use crate::services::error::ServiceError;

/// A seed: 160 bits, the length of the hash (RFC 4226 §4).
pub type Seed = crate::base::secret::Secret<[u8; 20]>;

/// Seconds of a step.
const STEP_SECONDS: u64 = 30;
const DIGITS: u8 = 6;
/// Steps before and after the present one whose codes are good, for clocks that differ (RFC 6238 §5.2).
const SKEW: u16 = 1;

/// A new seed.
pub fn new_seed() -> Seed {
    Seed::new(random_bytes())
}

/// The seed as it is kept; it opens for this user alone.
pub fn seal(services: &Services, user: UserId, seed: &Seed) -> Result<String, ServiceError> {
    services.keys.seal(&purpose(user), seed.expose())
}

/// The seed again.
///
/// # Errors
/// [`ServiceError::Internal`] where the site's key is another one.
pub fn open(services: &Services, user: UserId, sealed: &str) -> Result<Seed, ServiceError> {
    let opened = services.keys.open(&purpose(user), sealed)?;
    opened.and_then(|bytes| bytes.try_into().ok()).map(Seed::new).ok_or_else(|| {
        ServiceError::Internal(
            "a second factor was sealed with another key: put back the site's key of that time, or reset the user's \
             second factor"
                .to_owned(),
        )
    })
}

/// What a seed is sealed for.
pub(in crate::services) fn purpose(user: UserId) -> String {
    format!("totp-seed:{user}")
}

fn totp(seed: &Seed) -> Totp {
    Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(DIGITS)
        .with_skew(SKEW)
        .with_step_duration(STEP_SECONDS)
        .with_secret(Secret::new_stack(*seed.expose()))
        .build_noncompliant()
}

/// The six digits of what was typed, where it can be a code of an app at all.
pub fn digits(typed: &str) -> Option<String> {
    let plain: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    (plain.len() == usize::from(DIGITS) && plain.bytes().all(|byte| byte.is_ascii_digit())).then_some(plain)
}

/// The step that the code is of, if it is one that counts now.
pub fn find_step(seed: &Seed, code: &str, now: Timestamp) -> Option<u64> {
    totp(seed).check(code, u64::try_from(now.as_second()).ok()?)
}

/// The secret as a person types it into an app: base32 in groups of four.
pub fn secret_text(seed: &Seed) -> SecretString {
    SecretString::new(base32::grouped(&base32::encode(seed.expose()), ' '))
}

/// What an app reads from the picture, or opens as a link on the same device (Google's key URI format).
pub fn uri(seed: &Seed, site: &str, account: &str) -> SecretString {
    let (issuer, account) = (encoded(site), encoded(account));
    SecretString::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}",
        base32::encode(seed.expose()),
    ))
}

/// Percent-encoded, also spaces: apps take a `+` for a plus.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Seed, digits, find_step, secret_text, uri};

    fn seed() -> Seed {
        Seed::new(*b"12345678901234567890")
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        // Appendix B has eight digits; an app shows the last six.
        for (second, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(find_step(&seed(), code, at(second)), Some(second as u64 / 30), "{code}");
        }
    }

    #[test]
    fn one_step_before_and_after_counts_and_no_more() {
        let code = "081804";
        let step = 1_111_111_109 / 30;
        for (offset, good) in [(-60, false), (-30, true), (0, true), (30, true), (60, false)] {
            let found = find_step(&seed(), code, at(1_111_111_109 + offset));
            assert_eq!(found, good.then_some(step), "{offset}");
        }
        assert_eq!(find_step(&seed(), code, at(-5)), None, "a clock before 1970");
    }

    #[test]
    fn what_is_typed_with_a_space_is_a_code_too() {
        assert_eq!(digits(" 081 804 ").as_deref(), Some("081804"));
        for other in ["", "08180", "0818044", "08180a", "+81804", "٠٨١٨٠٤"] {
            assert_eq!(digits(other), None, "{other}");
        }
    }

    #[test]
    fn the_link_for_apps_escapes_what_it_holds() {
        let uri = uri(&seed(), "Acme: spares & co", "ann+1@example.com");
        assert_eq!(
            uri.expose(),
            "otpauth://totp/Acme%3A%20spares%20%26%20co:ann%2B1%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\
             &issuer=Acme%3A%20spares%20%26%20co&algorithm=SHA1&digits=6&period=30"
        );
        assert_eq!(secret_text(&seed()).expose(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        assert_eq!(format!("{:?}", seed()), "[redacted]");
    }
}
