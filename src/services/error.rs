//! What a use case answers when it does not do what was asked. Turned into HTTP in one place
//! ([`crate::web::error`]) and into exit codes in one place ([`crate::cli::error`]).

use std::time::Duration;

use thiserror::Error;

use crate::base::secret::SecretString;
use crate::domain::permission::Permission;
use crate::domain::user::UserStatus;
use crate::store::StoreError;

/// Why it was not done.
#[derive(Debug, Error)]
pub enum ServiceError {
    /// Nobody is signed in, or not any more.
    #[error("sign in first")]
    SignInRequired,
    /// Unknown login or wrong password; never says which (ASVS 6.3.8).
    #[error("the login or the password is wrong")]
    WrongCredentials,
    /// The password is right, and the account is not to be used: only its user is told so.
    #[error("the account is {}", standing(*.0))]
    NotActive(UserStatus),
    /// The password is right, and was good for one sign-in that was made, or until a moment that has passed.
    #[error("this password has expired; ask for a new one")]
    PasswordExpired,
    /// The password is right and a second factor is on: the challenge, to be answered with a code.
    #[error("a code is needed: send it together with the challenge")]
    SecondFactorRequired(SecretString),
    /// Not a code that counts now, or one that was used before.
    #[error("the code is wrong, or was used before; wait for the next one")]
    WrongCode,
    /// A challenge that is too old, was answered, or was given to somebody else.
    #[error("signing in took too long; begin anew with the password")]
    ChallengeOver,
    /// Who is signed in must prove it once more.
    #[error("type your current password")]
    PasswordNeeded,
    /// The site wants this user to have a second factor.
    #[error("set up a second factor first")]
    MustSetUpSecondFactor,
    /// Unknown login, wrong password, or the company's directory does not answer; never says which.
    #[error(
        "the login or the password is wrong, or the company's directory cannot be reached; try again later"
    )]
    DirectoryAway,
    /// The password is right in the company's directory, which wants another one first.
    #[error("change your password where your company keeps it, then sign in here")]
    ChangeInDirectory,
    /// The password is right in the company's directory, but the account there gives no access here.
    #[error("your company's directory gives this account no access here; ask an admin")]
    NotAdmitted,
    /// A link, code or slip is used up, too old, or none of ours; never says which.
    #[error("this link or code is used up or too old; ask for a new one")]
    LinkVoid,
    /// The change takes a code from a mail as well.
    #[error("a code is needed as well; it comes by mail")]
    CodeRequired,
    /// The password was set by somebody else.
    #[error("set a new password first")]
    MustChangePassword,
    /// The admin looks at the site as the user of this name, and that is no part of it.
    #[error(
        "you look at this site as {0}: nothing can be changed, and some pages are theirs alone; end the view first"
    )]
    ViewingAs(String),
    /// The view as somebody else is over, though nobody ended it.
    #[error("this view is over: {0}. You are yourself again")]
    ViewEnded(String),
    /// The user lacks a permission.
    #[error("your account may not do this")]
    Denied(Permission),
    /// The user may do this, but not to what it concerns: other owners have a share in it.
    #[error("{0}")]
    OutOfScope(String),
    /// There is no such thing, or the user may not know of it.
    #[error("there is no {0}")]
    NotFound(String),
    /// A value is not acceptable.
    #[error("{field}: {message}")]
    Invalid {
        /// Which value.
        field: &'static str,
        /// What is wrong and what was expected.
        message: String,
    },
    /// Somebody changed it since it was seen.
    #[error(
        "somebody changed this since you saw it; nothing was changed. Look at it again, then send the change with its new ETag"
    )]
    ChangedMeanwhile,
    /// It collides with what is there.
    #[error("{0}")]
    Conflict(String),
    /// Too many failed tries.
    #[error("too many failed tries; try again in {} s", seconds(*.0))]
    Throttled(Duration),
    /// More changes than one user has any reason to make.
    #[error("too many changes at once; try again in {} s", seconds(*.0))]
    TooOften(Duration),
    /// More requests to the API than one user may make.
    #[error("too many requests; try again in {} s", seconds(*.0))]
    TooManyRequests(Duration),
    /// Too much work at once.
    #[error("the server is busy; try again in {} s", seconds(*.0))]
    Busy(Duration),
    /// More than the limits allow.
    #[error("{0}")]
    TooLarge(String),
    /// There is no room on the disk.
    #[error("{0}")]
    DiskFull(String),
    /// A backup is not what was written (exit code 5).
    #[error("{0}")]
    BadBackup(String),
    /// A certificate with which nobody could connect (exit code 3).
    #[error("{0}")]
    BadCertificate(String),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
    /// A fault in the program or the machine.
    #[error("{0}")]
    Internal(String),
}

impl From<StoreError> for ServiceError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::SessionEnded => Self::SignInRequired,
            StoreError::TooMany(wait) => Self::TooOften(wait),
            other => Self::Store(other),
        }
    }
}

/// Where an account stands, in words.
fn standing(status: UserStatus) -> &'static str {
    match status {
        UserStatus::Unconfirmed => "not confirmed yet; open the link in the mail that was sent",
        UserStatus::Pending => "waiting for an admin's approval",
        UserStatus::Active => "active",
        UserStatus::Deactivated => "deactivated; ask an admin",
        UserStatus::Rejected => "not approved; ask an admin",
    }
}

/// Whole seconds, rounded up, at least one.
pub fn seconds(duration: Duration) -> u64 {
    (duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(1)
}

impl ServiceError {
    /// An unacceptable value.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid { field, message: message.into() }
    }
}
