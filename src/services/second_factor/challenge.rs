//! Between password and code: who proved the password, sealed, so that nothing is kept for a visitor. It opens for the
//! one who was given it, for ten minutes, once, and as long as the user's credentials are the same.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::base::ids::random_bytes;
use crate::base::secret::SecretString;
use crate::domain::ids::UserId;
use crate::domain::user::User;
use crate::services::Services;
use crate::services::error::ServiceError;
use crate::store::{WriteTxn, second_factors as store_factors};

/// How long a code may take (ASVS 6.5.5).
const LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// Answered challenges remembered; more in ten minutes are not made by a person, and the oldest then ends early.
const MAX_ANSWERED: usize = 32;

/// To whom a challenge is given, and who alone may answer it.
#[derive(Debug, Clone, Copy)]
pub enum Asker<'a> {
    /// A browser on the page, by what its forms are bound to.
    Page(&'a str),
    /// A program.
    Program,
}

impl Asker<'_> {
    /// Goes into the seal, and so into no text that anybody could change.
    fn purpose(self) -> String {
        match self {
            Self::Page(binding) => format!("sign-in-code:page:{binding}"),
            Self::Program => "sign-in-code:program".to_owned(),
        }
    }
}

/// What a challenge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// Who proved the password.
    pub user: UserId,
    /// The user's credential epoch then.
    pub epoch: u64,
    at: Timestamp,
    id: [u8; 16],
}

/// A challenge for a user whose password was right.
pub(super) fn make(services: &Services, user: &User, asker: Asker<'_>) -> Result<SecretString, ServiceError> {
    let (at, id) = (services.now(), random_bytes());
    let challenge = Challenge { user: user.id, epoch: user.credential_epoch, at, id };
    let bytes = serde_json::to_vec(&challenge).map_err(|error| ServiceError::Internal(error.to_string()))?;
    Ok(SecretString::new(services.keys.seal(&asker.purpose(), &bytes)?))
}

/// What the challenge says, where it was given to `asker` and its time has not passed.
///
/// # Errors
/// [`ServiceError::ChallengeOver`] for anything else.
pub fn read(services: &Services, sealed: &str, asker: Asker<'_>) -> Result<Challenge, ServiceError> {
    let opened = services.keys.open(&asker.purpose(), sealed)?.ok_or(ServiceError::ChallengeOver)?;
    let challenge: Challenge =
        serde_json::from_slice(&opened).map_err(|error| ServiceError::Internal(error.to_string()))?;
    let age = services.now().duration_since(challenge.at);
    // A clock set back must not lengthen it.
    let is_good = age < LIFETIME && age > -SignedDuration::from_mins(5);
    if is_good { Ok(challenge) } else { Err(ServiceError::ChallengeOver) }
}

/// Notes that the challenge was answered, in the transaction of the sign-in.
///
/// # Errors
/// [`ServiceError::ChallengeOver`] where it was before.
pub(in crate::services) fn use_up(
    services: &Services,
    w: &WriteTxn,
    challenge: &Challenge,
) -> Result<(), ServiceError> {
    let now = services.now();
    let mut factor = store_factors::find_factor(w, challenge.user)?.ok_or(ServiceError::ChallengeOver)?;
    if factor.answered.iter().any(|(id, _)| *id == challenge.id) {
        return Err(ServiceError::ChallengeOver);
    }
    // Those whose time has passed open no more.
    factor.answered.retain(|(_, at)| now.duration_since(*at).abs() < LIFETIME + LIFETIME);
    if factor.answered.len() >= MAX_ANSWERED {
        factor.answered.remove(0);
    }
    factor.answered.push((challenge.id, now));
    Ok(store_factors::put_factor(w, challenge.user, &factor)?)
}
