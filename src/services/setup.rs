//! The first start in a browser: a code that only who runs the server can read, good for making the first admin and
//! for nothing else (ASVS 6.3.2). It is kept as a hash in memory; a restart makes a new one.

use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;
use subtle::ConstantTimeEq;

use super::authorize::By;
use super::error::ServiceError;
use super::sign_in::{SignedIn, first_session};
use super::users::{self, NewUser};
use super::{Services, bootstrap, settings};
use crate::base::ids::random_token;
use crate::base::secret::SecretString;
use crate::config::site::parse_name;
use crate::domain::audit::Actor;
use crate::services::sessions::token_hash;

/// The file in the data directory that holds the code, for the owner alone.
pub const CODE_FILE: &str = "setup-code";
/// Wrong codes after which another one is needed.
const MAX_WRONG: u32 = 5;

/// Tells a new code to the person at the console.
type Announce = Box<dyn Fn(&SecretString) + Send + Sync>;

/// The code of a site without an admin.
#[derive(Default)]
pub struct SetupCode(Mutex<Option<Open>>);

struct Open {
    hash: [u8; 32],
    wrong: u32,
    announce: Announce,
}

impl SetupCode {
    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a code where the site has no admin, writes it to [`CODE_FILE`] and announces it; so is the one that takes its
/// place after too many wrong ones. True where the site waits for its first admin.
pub fn open(
    services: &Services,
    announce: impl Fn(&SecretString) + Send + Sync + 'static,
) -> Result<bool, ServiceError> {
    if bootstrap::is_set_up(services)? {
        close(services);
        return Ok(false);
    }
    renew(services, &mut services.setup_code.lock(), Box::new(announce))?;
    Ok(true)
}

/// The code is void: there is an admin.
pub(super) fn close(services: &Services) {
    *services.setup_code.lock() = None;
    // Where it stays, it opens nothing.
    let _ = fs::remove_file(code_path(services));
}

/// Where the code can be read.
pub fn code_path(services: &Services) -> PathBuf {
    services.data_dir().join(CODE_FILE)
}

fn renew(
    services: &Services,
    open: &mut MutexGuard<'_, Option<Open>>,
    announce: Announce,
) -> Result<(), ServiceError> {
    let code = random_token();
    let path = code_path(services);
    let failed = |error| ServiceError::Internal(format!("cannot write `{}`: {error}", path.display()));
    // A new file: the mode of one that lies there already would stay.
    let _ = fs::remove_file(&path);
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| writeln!(file, "{}", code.expose()))
        .map_err(failed)?;
    announce(&code);
    **open = Some(Open { hash: token_hash(code.expose()), wrong: 0, announce });
    Ok(())
}

/// What a code is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeCheck {
    /// It opens the set-up.
    Right,
    /// It does not.
    Wrong,
    /// It does not, and neither does the one it was guessed at any more: a new one was announced.
    Renewed,
}

/// Looks at a code. A right one stays good, a wrong one counts.
pub fn check(services: &Services, code: &str) -> Result<CodeCheck, ServiceError> {
    let mut open = services.setup_code.lock();
    let Some(state) = open.as_mut() else { return Ok(CodeCheck::Wrong) };
    if bool::from(token_hash(code.trim()).ct_eq(&state.hash)) {
        return Ok(CodeCheck::Right);
    }
    state.wrong += 1;
    if state.wrong < MAX_WRONG {
        return Ok(CodeCheck::Wrong);
    }
    tracing::warn!("Too many wrong set-up codes; a new one is on the console and in `{CODE_FILE}`");
    if let Some(Open { announce, .. }) = open.take() {
        renew(services, &mut open, announce)?;
    }
    Ok(CodeCheck::Renewed)
}

/// The site's name and its first admin, as typed on the first page.
#[derive(Debug)]
pub struct FirstAdmin {
    /// What the site is called.
    pub site_name: String,
    /// Who becomes admin and sees everything.
    pub admin: NewUser,
    /// Where the request comes from.
    pub address: Option<IpAddr>,
    /// What the browser calls itself.
    pub user_agent: String,
}

/// Makes the first admin, names the site and signs the admin in, all or nothing.
///
/// # Errors
/// [`ServiceError::Denied`] never; [`ServiceError::NotFound`] for a wrong code; [`ServiceError::Conflict`] where there
/// is an admin already; [`ServiceError::Invalid`] for a name or password that is not acceptable.
pub fn finish(services: &Services, code: &str, first: FirstAdmin) -> Result<SignedIn, ServiceError> {
    if bootstrap::is_set_up(services)? {
        return Err(bootstrap::set_up_already());
    }
    if check(services, code)? != CodeCheck::Right {
        return Err(ServiceError::NotFound("set-up with this code".to_owned()));
    }
    let site_name =
        parse_name(&first.site_name).map_err(|message| ServiceError::invalid("site_name", message))?;
    let by_visitor = By { actor: Actor::Visitor, address: first.address };
    let (user, hash) = users::prepare(services, first.admin, by_visitor)?;
    let now = user.created_at;
    let signed_in = services.store.write(|w| {
        let details = json!({ "site_name": site_name });
        bootstrap::insert_first_admin(w, &user, &hash, by_visitor, details)?;
        settings::put(w, &services.config(), "site.name", &site_name)?;
        first_session(w, now, &user, first.address, &first.user_agent)
    })?;
    close(services);
    settings::apply_stored(services)?;
    Ok(signed_in)
}
