//! Keys: whether they are there and can be read, and whether all that is sealed opens.

use jiff::SignedDuration;

use super::Findings;
use crate::services::keys::{AUDIT_KEY_FILE, KEYS_DIRECTORY, OLD_KEY_FILE, audit_keys, sealed};
use crate::services::{ServiceError, Services};
use crate::store::StoreError;

/// No link is good for longer, so that nothing needs a key that was replaced before.
const LONGEST: SignedDuration = SignedDuration::from_hours(48);

/// `quick` names nobody.
pub(super) fn check(services: &Services, quick: bool, findings: &mut Findings) -> Result<(), ServiceError> {
    let place = |file: &str| format!("{KEYS_DIRECTORY}/{file}");
    if let Err(error) = services.keys.load() {
        findings.failed(error.to_string(), place("site.key"), "put the file from a backup in its place");
        return Ok(());
    }
    let (mut whole, mut lost) = (0, 0);
    for sealed in services.store.read(sealed::list)? {
        if services.keys.open(&sealed.place.purpose(), &sealed.text)?.is_some() {
            whole += 1;
            continue;
        }
        lost += 1;
        if quick {
            continue;
        }
        let again = services.store.read(|r| sealed.place.enter_again(r))?;
        if let Some(again) = again {
            findings.failed(
                "a secret was sealed with a key that is not here",
                place("site.key"),
                format!("put the key of that time back, or enter it again: {again}"),
            );
        }
    }
    if lost > 0 && quick {
        findings.failed(
            format!("{lost} secrets were sealed with a key that is not here"),
            place("site.key"),
            "put the key of that time back, or enter them again: `stockroom doctor keys` names them",
        );
    }
    if lost == 0 {
        findings.ok(match whole {
            0 => "the site's key can be read; nothing is sealed with it yet".to_owned(),
            n => format!("the site's key opens all {n} secrets that are sealed"),
        });
    }
    if let Some(at) = services.keys.replaced_at()? {
        if services.now().duration_since(at) < LONGEST {
            findings.ok(format!(
                "the site's key was replaced at {at}; the one before goes when nothing needs it"
            ));
        } else {
            findings.warn(
                format!("the site's key was replaced at {at}, and the one before is still there"),
                place(OLD_KEY_FILE),
                "start the server, which drops it, or run `stockroom keys rotate --void-links`",
            );
        }
    }
    match audit_keys(services.data_dir()) {
        Err(error) => findings.failed(
            error.to_string(),
            place(AUDIT_KEY_FILE),
            "put the file from a backup in its place",
        ),
        Ok(keys) if keys.is_empty() => {
            let signed = services
                .store
                .read(|r| Ok::<_, StoreError>(crate::store::audit_heads::last_head(r)?.is_some()))?;
            if signed {
                findings.failed(
                    "the audit log has signed heads and the key they were signed with is not here",
                    place(AUDIT_KEY_FILE),
                    "put the file from a backup in its place",
                );
            }
        }
        Ok(keys) => findings.ok(format!("{} keys check the heads of the audit log", keys.len())),
    }
    Ok(())
}
