//! Recovery codes: for when the app is lost. 120 bits each, kept as hashes, good once.

use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::with_code;
use crate::base::base32;
use crate::base::ids::random_bytes;
use crate::base::secret::SecretString;
use crate::domain::audit::Actor;
use crate::domain::ids::UserId;
use crate::services::authorize::By;
use crate::services::error::ServiceError;
use crate::services::sessions::LiveSession;
use crate::services::throttle::Buckets;
use crate::services::{Services, audit};
use crate::store::{StoreError, WriteTxn, second_factors as store_factors};

/// Codes of one set.
pub const CODES: usize = 10;

/// What a code is known by. It is random, so that no slow hash is needed (ASVS 6.5.2).
pub(super) fn hash(typed: &str) -> [u8; 32] {
    Sha256::digest(base32::typed(typed).as_bytes()).into()
}

/// Makes a new set in place of any other; the codes are nowhere else.
pub(super) fn renew(w: &WriteTxn, user: UserId, now: Timestamp) -> Result<Vec<SecretString>, StoreError> {
    store_factors::delete_recovery_codes(w, user)?;
    (0..CODES)
        .map(|_| {
            let code = base32::encode(&random_bytes::<15>());
            store_factors::put_recovery_code(w, user, &hash(&code), now)?;
            Ok(SecretString::new(base32::grouped(&code, '-')))
        })
        .collect()
}

/// How many the user has left.
pub fn left(services: &Services, user: UserId) -> Result<usize, ServiceError> {
    Ok(services.store.read(|r| store_factors::count_recovery_codes(r, user))?.0)
}

/// Makes a new set for oneself, with a code of the factor in force: whoever sits at an open browser gets no way in.
///
/// # Errors
/// As [`with_code`].
pub fn renew_own(
    services: &Services,
    live: &LiveSession,
    code: &SecretString,
    address: Option<std::net::IpAddr>,
) -> Result<Vec<SecretString>, ServiceError> {
    let by = By { actor: Actor::User(live.user.id), address };
    with_code(services, live.user.id, code, &Buckets::of_session(live, address), by, |w, user, _| {
        let now = services.now();
        let codes = renew(w, user.id, now)?;
        audit::append(w, now, by, "user.recovery_codes", &format!("user:{}", user.id), &json!({}))?;
        Ok(codes)
    })
}

#[cfg(test)]
mod tests {
    use super::hash;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let shown = "ABCD-EFGH-IJKL-MNOP-QRST-UVWX";
        assert_eq!(hash(shown), hash("abcdefghijklmnopqrstuvwx"));
        assert_eq!(hash(shown), hash(" abcd efgh 1jkl mn0p qrst uvwx "));
        assert_ne!(hash(shown), hash("ABCD-EFGH-IJKL-MNOP-QRST-UVWY"));
    }
}
