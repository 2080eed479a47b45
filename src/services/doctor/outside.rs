//! What the site asks of others: mail servers, the directory, sources, where copies go. Nothing is sent, imported or
//! changed.

use std::path::Path;

use jiff::Timestamp;

use super::Findings;
use crate::base::secret::SecretString;
use crate::config::Config;
use crate::config::mail::MailMode;
use crate::config::remote::RemoteConfig;
use crate::mail::{self, Conversation};
use crate::remote::Remote;
use crate::services::authorize::{Grant, ManageSite};
use crate::services::{ServiceError, Services, directory as company_directory, sources as feeds};
use crate::store::sources as store_sources;

/// Connects, says EHLO, signs in, and sends nothing.
pub(super) fn mail(config: &Config, data_dir: &Path, findings: &mut Findings) {
    match &config.mail.mode {
        MailMode::Off => findings.skipped("mail is off (`mail.mode`)"),
        MailMode::File { directory, .. } => {
            let directory = data_dir.join(directory);
            findings.ok(format!("mails become files in {}", directory.display()));
        }
        MailMode::Smtp(senders) => {
            for sender in senders {
                let server = format!("{}:{}", sender.host, sender.port);
                match mail::greet(sender, &mut Conversation::default()) {
                    Ok(()) => findings.ok(format!("{server} answers and would take mails")),
                    Err(error) => findings.failed(
                        format!("{server}: {error}"),
                        format!("the section [{}]", sender.section),
                        "look at its host, port, tls, user and password; /admin/outbox shows a whole conversation",
                    ),
                }
            }
        }
    }
}

pub(super) fn directory(config: &Config, now: Timestamp, findings: &mut Findings) {
    let Some(directory) = &config.directory else {
        findings.skipped("no directory is set up (`directory.servers`)");
        return;
    };
    let tested = company_directory::test_alone(directory, now, "", &SecretString::new(String::new()));
    for step in &tested.steps.0 {
        let what = format!("{}: {}", step.part.word(), step.words.replace('\n', " "));
        let place = "the section [directory]";
        if step.is_good {
            findings.ok(what);
        } else if step.is_warning() {
            findings.warn(what, place, "see `directory.tls` in the README");
        } else {
            findings.failed(what, place, "stockroom doctor directory --user NAME tries it step by step");
        }
    }
}

/// Fetches what each source has, looks at its columns, and keeps nothing.
pub(super) fn sources(
    services: &Services,
    grant: &Grant<ManageSite>,
    findings: &mut Findings,
) -> Result<(), ServiceError> {
    let all = services.store.read(store_sources::list_sources)?;
    if all.is_empty() {
        findings.skipped("there are no sources");
    }
    for source in all {
        let name = &source.name;
        if !source.is_enabled {
            findings.skipped(format!("the source `{name}` is switched off"));
            continue;
        }
        let place = format!("the source `{name}`");
        match feeds::test(services, grant, source.id, &|| false) {
            Err(error) => findings.failed(error.to_string(), &place, "look at it at /admin/sources"),
            Ok(tested) => match tested.steps.0.iter().find(|step| !step.is_good) {
                None => findings.ok(format!("the source `{name}` answers with a file that can be read")),
                Some(step) => findings.failed(
                    format!("{}: {}", step.part, step.words),
                    &place,
                    "try it at /admin/sources, which shows every step",
                ),
            },
        }
    }
    Ok(())
}

pub(super) fn remote(config: &Config, now: Timestamp, findings: &mut Findings) {
    let backups = config.backup.remote.as_ref().map(|remote| &remote.to);
    let stores: Vec<&RemoteConfig> = config.remote.iter().chain(backups).collect();
    if stores.is_empty() {
        findings.skipped("nothing is copied elsewhere (`files.remote`, `backup.remote`)");
    }
    for store in stores {
        probe(store, now, findings);
    }
}

fn probe(store: &RemoteConfig, now: Timestamp, findings: &mut Findings) {
    let remote = Remote::new(store.clone());
    match remote.probe(now, &|| false) {
        Ok(()) => findings.ok(format!("{} answers and knows the key", remote.place())),
        Err(error) => findings.failed(
            error.to_string(),
            remote.place(),
            "look at the settings of [s3] or [cloudinary]; copies that wait are at /admin/copies and /admin/system",
        ),
    }
}
