//! Links, codes and slips: made, opened, checked. Each is good for one thing, once, and for a time; a change of the
//! user's password, status or rights ends all of them, because they carry the credential epoch.
//!
//! A link is a PASETO (v4.local) of the token's id, its subject and its end, sealed for its purpose and for this
//! site's address. It opens nothing without the token in the store, which is what makes it good for once.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::Services;
use super::error::ServiceError;
use super::passwords::Verdict;
use crate::base::ids::{random_bytes, random_password};
use crate::base::secret::SecretString;
use crate::domain::ids::{TokenId, UserId};
use crate::domain::token::{MAX_TRIES, Token, TokenPurpose};
use crate::domain::user::User;
use crate::store::{Read, StoreError, WriteTxn, tokens as store_tokens, users as store_users};

/// Lifetime of an invitation and of a slip, and of a password that the site made up.
pub const INVITE_LIFETIME: SignedDuration = SignedDuration::from_hours(24);
/// Lifetime of the link that confirms an address.
pub const CONFIRM_LIFETIME: SignedDuration = SignedDuration::from_mins(30);
/// Lifetime of a code for a change made while signed in.
pub const CODE_LIFETIME: SignedDuration = SignedDuration::from_mins(10);
/// Requests for a reset of one user that are live at once. A fourth brings no mail, and voids none.
pub const MAX_LIVE: usize = 3;

/// What a link says, beside what it is sealed for: the token's id, whose it is, and its end. Forty bytes, so that links
/// stay short and slips have pictures that old cameras read.
struct Claims {
    id: TokenId,
    subject: UserId,
    expires_at: Timestamp,
}

impl Claims {
    fn to_bytes(&self) -> Vec<u8> {
        let end = self.expires_at.as_microsecond().to_be_bytes();
        [self.id.0.as_bytes().as_slice(), self.subject.0.as_bytes(), &end].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (subject, end) = rest.split_first_chunk::<16>()?;
        Some(Self {
            id: TokenId(uuid::Uuid::from_bytes(*id)),
            subject: UserId(uuid::Uuid::from_bytes(*subject)),
            expires_at: Timestamp::from_microsecond(i64::from_be_bytes(end.try_into().ok()?)).ok()?,
        })
    }
}

/// A new token; `about` is what was typed.
pub fn new(services: &Services, purpose: TokenPurpose, about: &str, lifetime: SignedDuration) -> Token {
    let now = services.now();
    Token {
        id: TokenId::new(now),
        purpose,
        user: None,
        epoch: 0,
        about: about.to_owned(),
        code_hash: None,
        slip_hash: None,
        tries_left: MAX_TRIES,
        proves_address: false,
        created_at: now,
        expires_at: now + lifetime,
    }
}

/// A new token of a user.
pub fn new_for(services: &Services, purpose: TokenPurpose, user: &User, lifetime: SignedDuration) -> Token {
    Token {
        user: Some(user.id),
        epoch: user.credential_epoch,
        ..new(services, purpose, user.email.as_str(), lifetime)
    }
}

/// Lifetime of a link to set a new password, as configured.
pub fn reset_lifetime(services: &Services) -> SignedDuration {
    SignedDuration::try_from(services.config().session.reset_token_ttl).unwrap_or(CONFIRM_LIFETIME)
}

/// A code of six digits.
pub fn new_code() -> SecretString {
    // 2^64 is no multiple of a million; the bias is below one in 10^13.
    let number = u64::from_be_bytes(random_bytes::<8>()) % 1_000_000;
    SecretString::new(format!("{number:06}"))
}

/// The hash of a code for one token. Slow: outside of transactions.
pub fn hash_code(
    services: &Services,
    id: TokenId,
    code: &SecretString,
) -> Result<SecretString, ServiceError> {
    services.passwords.hash(&bound(id, code.expose()))
}

/// A code is good for the request it was made for alone (ASVS 6.6.2).
fn bound(id: TokenId, code: &str) -> SecretString {
    let digits: String = code.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    SecretString::new(format!("{id}:{digits}"))
}

/// A code for a slip, 120 bits in groups of six, and its hash.
pub fn new_slip_code() -> (SecretString, [u8; 32]) {
    let code = random_password();
    let hash = slip_hash(code.expose());
    (code, hash)
}

/// The hash of a slip's code, in whatever case and grouping it is typed.
pub fn slip_hash(code: &str) -> [u8; 32] {
    let bare: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    Sha256::digest(format!("slip:{bare}")).into()
}

fn seal_purpose(services: &Services, purpose: TokenPurpose) -> String {
    let config = services.config();
    let audience = config.server.public_url.as_ref().map_or("", |url| url.origin.as_str());
    format!("link {} {audience}", purpose.word())
}

/// The token as the end of a link.
pub fn seal(services: &Services, token: &Token) -> Result<SecretString, ServiceError> {
    let subject = token.user.ok_or_else(|| ServiceError::Internal("a link for nobody".to_owned()))?;
    let claims = Claims { id: token.id, subject, expires_at: token.expires_at };
    services.keys.seal(&seal_purpose(services, token.purpose), &claims.to_bytes()).map(SecretString::new)
}

/// The whole link, where the site knows its address: it is never taken from a request.
pub fn link(services: &Services, token: &Token, path: &str) -> Result<Option<SecretString>, ServiceError> {
    let Some(url) = &services.config().server.public_url else { return Ok(None) };
    let sealed = seal(services, token)?;
    Ok(Some(SecretString::new(format!("{}{path}?token={}", url.origin, sealed.expose()))))
}

/// The token and the user behind the end of a link, where it is good for `purpose` now.
pub fn open(
    services: &Services,
    r: &impl Read,
    purpose: TokenPurpose,
    sealed: &str,
) -> Result<Option<(Token, User)>, ServiceError> {
    let Some(bytes) = services.keys.open(&seal_purpose(services, purpose), sealed)? else { return Ok(None) };
    let Some(claims) = Claims::from_bytes(&bytes) else { return Ok(None) };
    if claims.expires_at <= services.now() {
        return Ok(None);
    }
    let token = store_tokens::find_token(r, claims.id)?.filter(|token| token.user == Some(claims.subject));
    with_user(services, r, purpose, token)
}

/// The token and the user behind the code of a slip.
pub fn open_slip(
    services: &Services,
    r: &impl Read,
    code: &str,
) -> Result<Option<(Token, User)>, ServiceError> {
    let token = store_tokens::find_token_by_slip(r, &slip_hash(code))?;
    match token.as_ref().map(|token| token.purpose) {
        Some(purpose) => with_user(services, r, purpose, token),
        None => Ok(None),
    }
}

/// The user whose token it is, where both are still as they were.
fn with_user(
    services: &Services,
    r: &impl Read,
    purpose: TokenPurpose,
    token: Option<Token>,
) -> Result<Option<(Token, User)>, ServiceError> {
    let now = services.now();
    let Some(token) = token.filter(|token| token.purpose == purpose && token.is_live(now)) else {
        return Ok(None);
    };
    let Some(id) = token.user else { return Ok(None) };
    let user = store_users::find_user(r, id)?.filter(|user| user.credential_epoch == token.epoch);
    Ok(user.map(|user| (token, user)))
}

/// Deletes a token that is being used, in the transaction of what it does.
///
/// # Errors
/// [`ServiceError::LinkVoid`] where another request used it first.
pub fn use_up(w: &WriteTxn, token: &Token) -> Result<(), ServiceError> {
    if store_tokens::delete_token(w, token)? { Ok(()) } else { Err(ServiceError::LinkVoid) }
}

/// What a code that was typed is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeCheck {
    /// The one that was mailed; it is good for nothing more.
    Right(Box<Token>),
    /// Another.
    Wrong {
        /// Tries that are left.
        left: u8,
    },
    /// There is nothing to type a code for any more.
    Void,
}

/// Checks a code that was typed for the token `id`. A try counts before it is looked at, in a transaction of its own,
/// so that tries at the same moment are no free ones; so does one for a token of nobody, which takes as long.
pub fn check_code(
    services: &Services,
    id: TokenId,
    purpose: TokenPurpose,
    code: &str,
) -> Result<CodeCheck, ServiceError> {
    let now = services.now();
    let counted = services.store.write(|w| {
        let token = store_tokens::find_token(w, id)?;
        let token = token.filter(|token| token.purpose == purpose && token.is_live(now));
        let Some(mut token) = token.filter(|token| token.tries_left > 0) else {
            return Ok::<_, StoreError>(None);
        };
        token.tries_left -= 1;
        store_tokens::put_token(w, &token)?;
        Ok(Some(token))
    })?;
    let Some(token) = counted else { return Ok(CodeCheck::Void) };
    let verdict = services.passwords.verify(&bound(id, code), token.code_hash.as_ref())?;
    if !matches!(verdict, Verdict::Right { .. }) {
        return Ok(if token.tries_left == 0 {
            CodeCheck::Void
        } else {
            CodeCheck::Wrong { left: token.tries_left }
        });
    }
    services.store.write(|w| {
        let token = store_tokens::find_token(w, id)?.filter(|token| token.code_hash.is_some());
        let Some(mut token) = token else { return Ok(CodeCheck::Void) };
        token.code_hash = None;
        token.proves_address = true;
        store_tokens::put_token(w, &token)?;
        Ok(CodeCheck::Right(Box::new(token)))
    })
}

/// How long ago a token was made; zero where a clock went back.
pub fn age(services: &Services, token: &Token) -> Duration {
    services.now().duration_since(token.created_at).max(SignedDuration::ZERO).unsigned_abs()
}

/// Seals the id of a token into a form or address of the visitor who began it: with it codes can be typed for it, and
/// nothing else done.
pub fn seal_request(services: &Services, binding: &str, id: TokenId) -> Result<String, ServiceError> {
    services.keys.seal(&format!("request {binding}"), id.0.as_bytes())
}

/// The id that [`seal_request`] sealed for the same visitor.
pub fn open_request(
    services: &Services,
    binding: &str,
    sealed: &str,
) -> Result<Option<TokenId>, ServiceError> {
    let opened = services.keys.open(&format!("request {binding}"), sealed)?;
    Ok(opened.and_then(|bytes| uuid::Uuid::from_slice(&bytes).ok()).map(TokenId))
}

/// Throws out tokens that ended a while ago; how many there were.
pub fn purge(services: &Services) -> Result<usize, ServiceError> {
    const AT_ONCE: usize = 500;
    let before = services.now() - SignedDuration::from_hours(1);
    let mut purged = 0;
    loop {
        let some = services.store.write(|w| store_tokens::purge_tokens(w, before, AT_ONCE))?;
        purged += some;
        if some < AT_ONCE {
            return Ok(purged);
        }
    }
}
