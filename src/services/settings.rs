//! Settings made on the settings page, below whatever is said outside: flags, environment and files hold, and the page
//! shows them as locked. They are kept in the store, secrets sealed, and take effect at once: the configuration is
//! replaced as a whole once every problem is known.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde_json::json;

use super::authorize::{Grant, ManageSite};
use super::error::ServiceError;
use super::users::reach;
use super::{Services, audit};
use crate::base::secret::SecretString;
use crate::config::setting::{Control, Setting};
use crate::config::sources::HERE;
use crate::config::{Config, ConfigError, all_settings};
use crate::domain::scope::OwnerScope;
use crate::store::{Read, StoreError, settings as store_settings};

/// What secrets are sealed for.
const SEALED_FOR: &str = "setting";

/// Secrets, and what says where they are sent and as whose: who changes that gives the secret again, or it would be a
/// way to read what the page does not show.
const SENT_TO: &[(&str, &[&str])] = &[
    ("smtp.password", &["smtp.host", "smtp.port", "smtp.tls", "smtp.username"]),
    ("smtp2.password", &["smtp.host"]),
    ("smtp3.password", &["smtp.host"]),
    (
        "directory.bind_password",
        &["directory.servers", "directory.port", "directory.tls", "directory.bind_dn"],
    ),
    ("s3.secret_access_key", &["s3.endpoint", "s3.access_key_id"]),
    ("cloudinary.api_secret", &["cloudinary.cloud_name", "cloudinary.api_key"]),
];

/// What says where mails, sign-ins and files of everybody go.
const OUTBOUND: &[&str] = &["smtp", "directory.", "files.remote", "s3.", "cloudinary."];

fn is_outbound(name: &str) -> bool {
    OUTBOUND.iter().any(|start| name.starts_with(start))
}

/// A setting as the page shows it.
#[derive(Debug, Clone)]
pub struct SettingView {
    /// Which.
    pub setting: &'static Setting,
    /// How it is asked for.
    pub control: Control,
    /// What holds, as text; of a secret only that there is one.
    pub value: Option<String>,
    /// Where that was said; empty for the default.
    pub origin: String,
    /// It was said outside, and is changed only there.
    pub is_locked: bool,
}

/// All settings of the page, in the order of the sections.
pub fn list(services: &Services, _grant: &Grant<ManageSite>) -> Vec<SettingView> {
    let config = services.config();
    let shown: BTreeMap<&str, _> = config.shown.iter().map(|shown| (shown.name, shown)).collect();
    let views = all_settings().filter_map(|setting| {
        let control = setting.control?;
        let shown = shown.get(setting.name);
        let value = shown.and_then(|shown| shown.value.clone());
        let is_locked = value.is_some() && !shown.is_some_and(|shown| shown.is_here);
        let origin = shown.filter(|shown| shown.value.is_some()).map_or("", |shown| &shown.origin).to_owned();
        Some(SettingView { setting, control, value, origin, is_locked })
    });
    views.collect()
}

/// A change as it was asked for.
#[derive(Debug)]
pub struct Change {
    /// Which setting.
    pub setting: &'static Setting,
    /// What the form began with; `None` for a secret, which no form shows.
    pub before: Option<String>,
    /// What it is to be; empty for the default.
    pub after: SecretString,
}

/// What came of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Saved {
    /// It holds; how many settings are different now.
    Done(usize),
    /// Nothing was changed: what is wrong, by setting; an empty name for what is wrong with none of them alone.
    Refused(Vec<(String, String)>),
}

/// Changes settings, all of them or none.
///
/// # Errors
/// Where the store cannot be written.
pub fn save(
    services: &Services,
    grant: &Grant<ManageSite>,
    changes: &[Change],
) -> Result<Saved, ServiceError> {
    // One at a time: what is checked must be what is written.
    let _turn = services.settings_turn.lock().unwrap_or_else(PoisonError::into_inner);
    let known: BTreeMap<&str, SettingView> =
        list(services, grant).into_iter().map(|view| (view.setting.name, view)).collect();
    let mut here: BTreeMap<String, String> =
        services.store.read(|r| stored(services, r))?.into_iter().collect();
    let mut refused = Vec::new();
    let mut noted = serde_json::Map::new();
    for Change { setting, before, after } in changes {
        let Some(view) = known.get(setting.name) else { continue };
        let now = if setting.secret { "" } else { view.value.as_deref().unwrap_or_default() };
        let wanted = after.expose().trim();
        let is_same = match before {
            Some(before) => before == wanted || now == wanted,
            None => wanted.is_empty() && !here.contains_key(setting.name),
        };
        if is_same {
            continue;
        }
        if view.is_locked {
            refused.push((setting.name.to_owned(), format!("is set elsewhere: {}", view.origin)));
        } else if before.as_ref().is_some_and(|before| now != before) {
            let other = if now.is_empty() { "the default" } else { now };
            refused.push((
                setting.name.to_owned(),
                format!("was changed meanwhile, to {other}; look at it again"),
            ));
        }
        let shown = |value: &str| match (value.is_empty(), setting.secret) {
            (true, false) => serde_json::Value::Null,
            (false, false) => value.into(),
            (is_empty, true) => (if is_empty { "none" } else { "a secret" }).into(),
        };
        let kept = if setting.secret && here.contains_key(setting.name) { "a secret" } else { now };
        noted.insert(setting.name.to_owned(), json!({ "before": shown(kept), "after": shown(wanted) }));
        if wanted.is_empty() {
            here.remove(setting.name);
        } else {
            here.insert(setting.name.to_owned(), wanted.to_owned());
        }
    }
    refused.extend(secrets_sent_elsewhere(&services.config(), &noted));
    let sees_all = services.store.read(|r| reach::own(r, grant.by()))? == OwnerScope::All;
    if !sees_all {
        let beyond = noted.keys().filter(|name| is_outbound(name));
        let message =
            "says where what belongs to every owner is sent: an admin who sees every owner changes it";
        refused.extend(beyond.map(|name| (name.clone(), message.to_owned())));
    }
    if !refused.is_empty() {
        return Ok(Saved::Refused(refused));
    }
    if noted.is_empty() {
        return Ok(Saved::Done(0));
    }
    let config = match services.config().with_here(here.clone().into_iter().collect()) {
        Ok(config) => config,
        Err(error) => return Ok(Saved::Refused(problems(error))),
    };
    let now = services.now();
    let count = noted.len();
    let mut records = Vec::new();
    for name in noted.keys() {
        let value = here.get(name).map(|value| sealed(services, name, value)).transpose()?;
        records.push((name.clone(), value));
    }
    services.store.write(|w| {
        for (name, value) in &records {
            match value {
                Some(value) => store_settings::put_setting(w, name, value)?,
                None => {
                    store_settings::delete_setting(w, name)?;
                }
            }
        }
        audit::append(w, now, grant.by(), "settings.change", "site", &json!({ "changes": noted }))
    })?;
    services.reconfigure(config);
    Ok(Saved::Done(count))
}

/// What is wrong with changes that would send a secret elsewhere than it was meant for.
fn secrets_sent_elsewhere(
    config: &Config,
    noted: &serde_json::Map<String, serde_json::Value>,
) -> Vec<(String, String)> {
    let mut refused = Vec::new();
    let known = |name: &str| config.shown.iter().find(|shown| shown.name == name && shown.value.is_some());
    for (secret, sent_to) in SENT_TO {
        let Some(shown) = known(secret).filter(|_| !noted.contains_key(*secret)) else { continue };
        // A further sender with a server of its own.
        let own_host = secret.replace("password", "host");
        if !sent_to.contains(&own_host.as_str()) && secret.starts_with("smtp") && known(&own_host).is_some() {
            continue;
        }
        let Some(changed) = sent_to.iter().find(|name| noted.contains_key(**name)) else { continue };
        if shown.is_here {
            let message = "would be sent to another place: type it again, or have it forgotten";
            refused.push(((*secret).to_owned(), message.to_owned()));
        } else {
            let message = format!(
                "decides where a password is sent that is set elsewhere ({}): change it there too",
                shown.origin
            );
            refused.push(((*changed).to_owned(), message));
        }
    }
    refused
}

fn problems(error: ConfigError) -> Vec<(String, String)> {
    error
        .problems
        .into_iter()
        .map(|problem| {
            let is_one = all_settings().any(|setting| setting.name == problem.name);
            if is_one { (problem.name, problem.message) } else { (String::new(), problem.to_string()) }
        })
        .collect()
}

/// What the secret of a setting is sealed for.
pub(super) fn sealed_for(name: &str) -> String {
    format!("{SEALED_FOR} {name}")
}

/// True for a setting that is kept sealed.
pub(super) fn is_secret(name: &str) -> bool {
    all_settings().any(|setting| setting.name == name && setting.secret)
}

/// As it is kept.
fn sealed(services: &Services, name: &str, value: &str) -> Result<String, ServiceError> {
    if is_secret(name) {
        services.keys.seal(&sealed_for(name), value.as_bytes())
    } else {
        Ok(value.to_owned())
    }
}

/// What was set on the page. A secret that does not open any more, because the key is another, is none.
fn stored(services: &Services, r: &impl Read) -> Result<Vec<(String, String)>, ServiceError> {
    let mut settings = Vec::new();
    for (name, value) in store_settings::list_settings(r)? {
        if !is_secret(&name) {
            settings.push((name, value));
            continue;
        }
        match services.keys.open(&sealed_for(&name), &value)? {
            Some(bytes) => settings.push((name, String::from_utf8_lossy(&bytes).into_owned())),
            None => {
                tracing::warn!(
                    "The setting {name} was sealed with another key and is left out: set it again"
                );
            }
        }
    }
    Ok(settings)
}

/// Applies what was set on the page, at start. What does not fit with what is said outside by now is left out and told:
/// a site must start.
///
/// # Errors
/// Where the store cannot be read.
pub fn apply_stored(services: &Services) -> Result<(), ServiceError> {
    let mut here = services.store.read(|r| stored(services, r))?;
    // Also where the last one was taken away.
    if here.is_empty() && services.config().sources.here.is_empty() {
        return Ok(());
    }
    loop {
        let error = match services.config().with_here(here.clone()) {
            Ok(config) => {
                services.reconfigure(config);
                return Ok(());
            }
            Err(error) => error,
        };
        let before = here.len();
        for problem in error.problems {
            tracing::warn!("A setting made on the settings page is left out: {problem}");
            if problem.origin == HERE {
                here.retain(|(name, _)| *name != problem.name);
            }
        }
        if here.len() == before {
            return Ok(());
        }
    }
}

/// Sets one in the caller's transaction, unless it is said outside; [`apply_stored`] comes after it.
pub(super) fn put(
    w: &crate::store::WriteTxn,
    config: &Config,
    name: &'static str,
    value: &str,
) -> Result<(), StoreError> {
    let is_outside =
        config.shown.iter().any(|shown| shown.name == name && shown.value.is_some() && !shown.is_here);
    if is_outside { Ok(()) } else { store_settings::put_setting(w, name, value) }
}
