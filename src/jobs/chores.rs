//! What the site does for itself, again and again: writing down when sessions were last seen, throwing out what
//! has expired.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::task::JoinHandle;

use crate::base::shutdown::ShutdownSignal;
use crate::services::audit::verify::Extent;
use crate::services::{
    ServiceError, Services, analytics, api_tokens, audit, backups, directory, feeds, import_rules, imports,
    jobs, keys, live_links, once, outbox, plans, searches, second_factor, sessions, sign_up, tokens,
    user_files, webhooks,
};
use crate::store::{DamagedTable, StoreError, devices, second_factors, throttle, trusted_browsers};

/// How often `seen_at` is written down.
const FLUSH_EVERY: Duration = Duration::from_mins(1);
/// Purge once in so many flushes: hourly.
const PURGE_EVERY: u32 = 60;
/// Read all values against their checksums first after so many flushes, so that a site that is started anew every
/// morning does it too, and then once in a day of them.
const VERIFY_FIRST: u32 = 30;
const VERIFY_EVERY: u32 = 24 * 60;
/// A browser that was not used for this long is unknown again.
const KEEP_DEVICES: SignedDuration = SignedDuration::from_hours(365 * 24);
/// Counters unchanged for this long have drained in any case.
const KEEP_COUNTERS: SignedDuration = SignedDuration::from_hours(48);

/// Runs until a stop is asked for; the last flush is made then.
pub async fn run(services: Arc<Services>, mut stop: ShutdownSignal) {
    let mut turn = 0_u32;
    let site = Arc::clone(&services);
    let mut refreshing: Option<JoinHandle<()>> = None;
    while !stop.is_stopping() {
        tokio::select! {
            () = stop.stopped() => {}
            () = tokio::time::sleep(FLUSH_EVERY) => {}
        }
        turn += 1;
        let purge = turn.is_multiple_of(PURGE_EVERY) && !stop.is_stopping();
        let verify = turn % VERIFY_EVERY == VERIFY_FIRST && !stop.is_stopping();
        let is_last = stop.is_stopping();
        let services = Arc::clone(&services);
        let done = tokio::task::spawn_blocking(move || {
            // A key that is gone must not stop the rest.
            if let Err(error) = audit::each_minute(&services) {
                tracing::error!("The audit log could not be kept; it will be tried again: {error}");
            }
            sessions::flush_seen(&services)?;
            searches::flush(&services, is_last)?;
            user_files::copies::catch_up(&services)?;
            backups::schedule::enqueue_due(&services)?;
            backups::drill::enqueue_due(&services)?;
            backups::elsewhere::enqueue_due(&services)?;
            keys::rotate::go_on(&services, false)?;
            webhooks::alerts::watch(&services)?;
            if purge {
                purge_all(&services)?;
            }
            if verify {
                verify_values(&services)?;
            }
            if verify || purge {
                keep_audit(&services, verify)?;
            }
            Ok::<_, ServiceError>(())
        });
        if let Ok(Err(error)) = done.await {
            tracing::error!("A chore failed and will be tried again: {error}");
        }
        // Apart from the rest: a directory that is slow holds nothing else up, and is asked by one at a time.
        if site.directory().is_some()
            && !stop.is_stopping()
            && refreshing.as_ref().is_none_or(JoinHandle::is_finished)
        {
            let services = Arc::clone(&site);
            refreshing = Some(tokio::task::spawn_blocking(move || refresh_directory(&services)));
        }
    }
}

/// Drops events that are older than they are kept, and checks the rest: what is new each hour, everything once a day.
fn keep_audit(services: &Services, whole: bool) -> Result<(), ServiceError> {
    if let Some(seq) = audit::retention::drop_old(services)? {
        tracing::info!(seq, "Dropped events of the audit log up to {seq}");
    }
    audit::verify::check(services, if whole { Extent::Whole } else { Extent::SinceLast })?;
    Ok(())
}

fn refresh_directory(services: &Services) {
    match directory::refresh(services) {
        Ok(0) => {}
        Ok(ended) => {
            tracing::info!(ended, "Signed out {ended} people whom the directory gives other rights now");
        }
        Err(error) => tracing::error!("Reading people of the directory again failed: {error}"),
    }
}

/// Reads every value of the store against its checksum and tells what is damaged. The site goes on: what is whole can
/// still be read. Returns how many values are damaged.
pub fn verify_values(services: &Services) -> Result<u64, ServiceError> {
    let begun = std::time::Instant::now();
    let damaged = services.store.verify_values()?;
    for table in &damaged {
        let DamagedTable { table, records, first } = table;
        tracing::error!(
            table,
            records,
            "{records} values of table `{table}` are damaged, the first: {first}"
        );
    }
    let records = damaged.iter().map(|table| table.records).sum();
    let milliseconds = begun.elapsed().as_millis() as u64;
    tracing::info!(records, milliseconds, "Read all values against their checksums: {records} are damaged");
    Ok(records)
}

/// Throws out what has expired.
pub fn purge_all(services: &Services) -> Result<(), ServiceError> {
    let now = services.now();
    let sessions = sessions::purge(services)?;
    api_tokens::purge(services)?;
    live_links::purge(services)?;
    once::purge(services)?;
    let jobs = jobs::purge(services)?;
    import_rules::drop_old(services)?;
    let mails = outbox::purge(services)?;
    tokens::purge(services)?;
    webhooks::purge(services)?;
    sign_up::purge(services)?;
    searches::purge(services)?;
    analytics::purge(services)?;
    user_files::purge(services)?;
    plans::purge(services)?;
    imports::sweep_files(services)?;
    feeds::purge(services);
    services.store.write(|w| {
        devices::purge_devices(w, now - KEEP_DEVICES)?;
        second_factors::purge_enrolments(w, now - second_factor::enrol::LIFETIME)?;
        trusted_browsers::purge_trusted(w, now - second_factor::trust::LIFETIME)?;
        throttle::purge_counters(w, now - KEEP_COUNTERS)?;
        Ok::<_, StoreError>(())
    })?;
    tracing::debug!(sessions, jobs, mails, "Threw out {sessions} sessions, {jobs} jobs and {mails} mails");
    Ok(())
}
