//! Everything in the store that is sealed with the site's key: what a new key must be carried over to, and what an old one
//! is kept for. Whoever seals something that stays in the store gives it a line here.

use crate::domain::certificate::CertificateKind;
use crate::domain::ids::{SourceId, UserId, WebhookId};
use crate::services::second_factor::totp;
use crate::services::{settings, sources, tls, webhooks};
use crate::store::{
    Read, StoreError, WriteTxn, certificates, second_factors, settings as store_settings,
    sources as store_sources, users as store_users, webhooks as store_webhooks,
};

/// Where something sealed lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A secret setting that was made on the settings page, by name.
    Setting(String),
    /// The secret of a source, with the source's name.
    Source(SourceId, String),
    /// What messages of a webhook are signed with, with its name; true for the secret before.
    Webhook(WebhookId, String, bool),
    /// The seed of a second factor.
    Factor(UserId),
    /// A seed that is being set up.
    Enrolment(UserId),
    /// The key of a certificate that the site made for itself.
    Certificate(CertificateKind),
}

/// Something sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Where it lies.
    pub place: Place,
    /// As it is kept.
    pub text: String,
}

impl Place {
    /// What it is sealed for.
    pub fn purpose(&self) -> String {
        match self {
            Self::Setting(name) => settings::sealed_for(name),
            Self::Source(id, _) => sources::sealed_for(*id),
            Self::Webhook(id, ..) => webhooks::sealed_for(*id),
            Self::Factor(user) | Self::Enrolment(user) => totp::purpose(*user),
            Self::Certificate(kind) => tls::authority::purpose(*kind),
        }
    }

    /// What must be entered again where no key opens it, and where; `None` for what somebody begins anew by themselves.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn enter_again(&self, r: &impl Read) -> Result<Option<String>, StoreError> {
        Ok(match self {
            Self::Setting(name) => Some(format!("the setting `{name}`: on /admin/settings")),
            Self::Source(_, name) => Some(format!("the secret of the source `{name}`: on /admin/sources")),
            Self::Webhook(_, name, false) => {
                Some(format!("a new secret of the webhook `{name}`: on /admin/webhooks, and then at the other side"))
            }
            Self::Factor(user) => store_users::find_user(r, *user)?.map(|user| {
                format!(
                    "the second factor of {0}: recovery codes still work; else `stockroom user reset-second-factor \
                     {0}`, then it is set up anew",
                    user.email
                )
            }),
            Self::Enrolment(_) | Self::Webhook(_, _, true) | Self::Certificate(CertificateKind::Server) => None,
            Self::Certificate(CertificateKind::Authority) => Some(
                "the site's certificate authority: another one is made at the start; devices trust it after a visit to \
                 /trust"
                    .to_owned(),
            ),
        })
    }

    /// Replaces what lies there, if it still is `before`; true where it was.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn replace(&self, w: &WriteTxn, before: &str, after: &str) -> Result<bool, StoreError> {
        match self {
            Self::Setting(name) => {
                if store_settings::find_setting(w, name)?.as_deref() != Some(before) {
                    return Ok(false);
                }
                store_settings::put_setting(w, name, after)?;
            }
            Self::Source(id, _) => {
                let found = store_sources::find_source(w, *id)?;
                let Some(mut source) = found.filter(|source| source.secret.as_deref() == Some(before)) else {
                    return Ok(false);
                };
                source.secret = Some(after.to_owned());
                store_sources::put_source(w, &source)?;
            }
            Self::Webhook(id, _, is_old) => {
                let Some(mut webhook) = store_webhooks::find_webhook(w, *id)? else { return Ok(false) };
                let place = match (is_old, &mut webhook.old_secret) {
                    (false, _) => &mut webhook.secret,
                    (true, Some((sealed, _))) => sealed,
                    (true, None) => return Ok(false),
                };
                if place != before {
                    return Ok(false);
                }
                after.clone_into(place);
                store_webhooks::put_webhook(w, &webhook)?;
            }
            Self::Factor(user) => {
                let found = second_factors::find_factor(w, *user)?;
                let Some(mut factor) = found.filter(|factor| factor.sealed_seed == before) else {
                    return Ok(false);
                };
                after.clone_into(&mut factor.sealed_seed);
                second_factors::put_factor(w, *user, &factor)?;
            }
            Self::Enrolment(user) => {
                let found = second_factors::find_enrolment(w, *user)?;
                let Some(mut enrolment) = found.filter(|enrolment| enrolment.sealed_seed == before) else {
                    return Ok(false);
                };
                after.clone_into(&mut enrolment.sealed_seed);
                second_factors::put_enrolment(w, *user, &enrolment)?;
            }
            Self::Certificate(kind) => {
                let found = certificates::find_certificate(w, *kind)?;
                let Some(mut kept) = found.filter(|kept| kept.sealed_key == before) else {
                    return Ok(false);
                };
                after.clone_into(&mut kept.sealed_key);
                certificates::put_certificate(w, *kind, &kept)?;
            }
        }
        Ok(true)
    }
}

/// All of it.
///
/// # Errors
/// [`StoreError`].
pub fn list(r: &impl Read) -> Result<Vec<Sealed>, StoreError> {
    let mut found = Vec::new();
    for (name, text) in store_settings::list_settings(r)? {
        if settings::is_secret(&name) {
            found.push(Sealed { place: Place::Setting(name), text });
        }
    }
    for source in store_sources::list_sources(r)? {
        if let Some(text) = source.secret {
            found.push(Sealed { place: Place::Source(source.id, source.name), text });
        }
    }
    for webhook in store_webhooks::list_webhooks(r)? {
        let place = |is_old| Place::Webhook(webhook.id, webhook.name.clone(), is_old);
        found.push(Sealed { place: place(false), text: webhook.secret.clone() });
        let old = webhook.old_secret.as_ref();
        found.extend(old.map(|(sealed, _)| Sealed { place: place(true), text: sealed.clone() }));
    }
    let (factors, enrolments) = second_factors::list_seeds(r)?;
    found.extend(factors.into_iter().map(|(user, text)| Sealed { place: Place::Factor(user), text }));
    for kind in [CertificateKind::Authority, CertificateKind::Server] {
        let kept = certificates::find_certificate(r, kind)?;
        found.extend(kept.map(|kept| Sealed { place: Place::Certificate(kind), text: kept.sealed_key }));
    }
    found.extend(enrolments.into_iter().map(|(user, text)| Sealed { place: Place::Enrolment(user), text }));
    Ok(found)
}
