//! A run: what a source has is fetched, compared with what is live, and imported where it is another file.

use std::time::Instant;

use super::change::sealed_for;
use crate::base::secret::SecretString;
use crate::domain::feed::{CameBy, Runs, Source, SourceKind};
use crate::domain::ids::SourceId;
use crate::services::error::ServiceError;
use crate::services::feeds::{came_from, renew};
use crate::services::files::{Incoming, StoredFile};
use crate::services::imports::{self, NewImport, Outcome};
use crate::services::{Services, datasets};
use crate::sources::sql::{self, SqlAsk};
use crate::sources::{Ask, Brought, Sink, Steps, Stop, command, http};
use crate::store::{StoreError, sources as store_sources};

/// Runs a source once. What fails is noted with the source; a run that a `stop` ended is to be run again.
///
/// # Errors
/// What may go better at another time.
pub fn run(services: &Services, id: SourceId, stop: &Stop<'_>) -> Result<Outcome, ServiceError> {
    let source = services.store.read(|r| store_sources::find_source(r, id))?;
    let Some(source) = source else { return Ok(Outcome::Finished) };
    let began = Instant::now();
    let outcome = run_once(services, &source, began, stop).map_err(said_to_nobody);
    if outcome.is_err() && stop() {
        // Nothing is wrong with the source: the next start asks it again.
        return Ok(Outcome::Interrupted);
    }
    if let Err(error) = &outcome {
        let (now, message) = (services.now(), error.to_string());
        let noted = note(services, &source, |runs| {
            runs.last = Some(now);
            runs.took_ms = began.elapsed().as_millis() as u64;
            runs.error = Some(message);
        });
        // Where the disk has no room for the note either, the reason is the job's to tell, which waits for room.
        if let Err(unnoted) = noted {
            tracing::warn!("What went wrong with source `{}` could not be noted: {unnoted}", source.name);
        }
    }
    outcome.map(|()| Outcome::Finished)
}

/// A full disk in words for who finds them with the source: nobody sent a file that they could send again.
fn said_to_nobody(error: ServiceError) -> ServiceError {
    match error {
        ServiceError::DiskFull(_) | ServiceError::Store(StoreError::Io(_)) => ServiceError::DiskFull(
            "the disk of the server is full and nothing was kept of what the source sent; free some space: the source \
             is asked again by itself"
                .to_owned(),
        ),
        other => other,
    }
}

/// What a source is known by was found to be of no more use, for good.
///
/// # Errors
/// The store.
pub fn gave_up(services: &Services, id: SourceId, reason: &str) -> Result<(), ServiceError> {
    let Some(source) = services.store.read(|r| store_sources::find_source(r, id))? else { return Ok(()) };
    note(services, &source, |runs| runs.error = Some(reason.to_owned()))
}

/// Writes down what is new of a source that still is the one that was asked.
fn note(services: &Services, asked: &Source, change: impl FnOnce(&mut Runs)) -> Result<(), ServiceError> {
    services.store.write(|w| {
        if let Some(mut source) = store_sources::find_source(w, asked.id)?
            && is_same(&source, asked)
        {
            change(&mut source.runs);
            store_sources::put_source(w, &source)?;
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}

fn is_same(now: &Source, asked: &Source) -> bool {
    now.kind == asked.kind && now.dataset == asked.dataset
}

fn run_once(
    services: &Services,
    source: &Source,
    began: Instant,
    stop: &Stop<'_>,
) -> Result<(), ServiceError> {
    let dataset = datasets::find(services, &source.dataset)?
        .ok_or_else(|| ServiceError::NotFound(format!("dataset `{}`", source.dataset)))?;
    let last = source.runs.sha256.as_deref();
    // Only then is "nothing is new" a word about what is live: else the file was held back, or somebody went back.
    let is_live = match last {
        Some(sha256) => came_from(services, &dataset, sha256)?,
        None => false,
    };
    let mut incoming = Incoming::create(services.data_dir(), services.config().import.max_upload_bytes)?;
    let mut failed = None;
    let brought = {
        let mut sink = |bytes: &[u8]| {
            incoming.write(bytes).map_err(|error| {
                let words = error.to_string();
                failed = Some(error);
                words
            })
        };
        fetch(services, source, is_live, &mut sink, &mut Steps::default(), stop)?
    };
    if let Some(error) = failed {
        return Err(error);
    }
    let brought = brought.map_err(ServiceError::Internal)?;
    if brought.is_unchanged {
        drop(incoming);
        return unchanged(services, source, began);
    }
    let stored = incoming.finish()?;
    if came_from(services, &dataset, &stored.sha256)? {
        note(services, source, |runs| known(runs, &stored, &brought))?;
        return unchanged(services, source, began);
    }
    let is_same_rows = matches!(source.kind, SourceKind::Sql(_)) && brought.etag == source.runs.etag;
    if (last == Some(stored.sha256.as_str()) || is_same_rows) && source.runs.import.is_some() {
        // It was brought before and is not live: held back, failed, or rolled back by somebody. It stays their decision.
        imports::discard(services, &stored.sha256)?;
        let now = services.now();
        return note(services, source, |runs| {
            runs.last = Some(now);
            runs.took_ms = began.elapsed().as_millis() as u64;
            runs.error = None;
        });
    }
    let now = services.now();
    let new = NewImport {
        dataset: dataset.slug.clone(),
        file_name: file_name(source),
        file: stored.clone(),
        set: Vec::new(),
        confirm: true,
    };
    let came_by = CameBy::Source(source.name.clone());
    let is_own = matches!(source.kind, SourceKind::Sql(_));
    imports::begin_for_feed(services, &new, (came_by, is_own), &|w, import| {
        if let Some(mut known_now) = store_sources::find_source(w, source.id)?
            && is_same(&known_now, source)
        {
            let runs = &mut known_now.runs;
            known(runs, &stored, &brought);
            runs.import = Some(import.id);
            runs.last = Some(now);
            runs.took_ms = began.elapsed().as_millis() as u64;
            runs.error = None;
            store_sources::put_source(w, &known_now)?;
        }
        Ok(())
    })?;
    Ok(())
}

fn known(runs: &mut Runs, stored: &StoredFile, brought: &Brought) {
    runs.bytes = stored.bytes;
    runs.sha256 = Some(stored.sha256.clone());
    runs.etag.clone_from(&brought.etag);
    runs.last_modified.clone_from(&brought.last_modified);
}

fn unchanged(services: &Services, asked: &Source, began: Instant) -> Result<(), ServiceError> {
    let now = services.now();
    services.store.write(|w| {
        if let Some(mut source) = store_sources::find_source(w, asked.id)?
            && is_same(&source, asked)
        {
            source.runs.last = Some(now);
            source.runs.unchanged_at = Some(now);
            source.runs.took_ms = began.elapsed().as_millis() as u64;
            source.runs.error = None;
            store_sources::put_source(w, &source)?;
            renew(w, &source.dataset, now)?;
        }
        Ok::<_, StoreError>(())
    })?;
    Ok(())
}

/// What the import's file is called: the end of the address, or the source's name.
fn file_name(source: &Source) -> String {
    let end = match &source.kind {
        SourceKind::Http { url, .. } => url.split(['?', '#']).next().and_then(|url| url.rsplit('/').next()),
        SourceKind::Command { .. } => None,
        SourceKind::Sql(_) => return format!("{}.csv", source.name),
    };
    end.filter(|end| end.contains('.') && end.len() < 100).unwrap_or(&source.name).to_owned()
}

/// What is kept sealed with a source; the inner error is a sentence.
fn opened_secret(
    services: &Services,
    source: &Source,
) -> Result<Result<Option<SecretString>, String>, ServiceError> {
    let Some(sealed) = &source.secret else { return Ok(Ok(None)) };
    Ok(match services.keys.open(&sealed_for(source.id), sealed)? {
        Some(bytes) => Ok(Some(SecretString::new(String::from_utf8_lossy(&bytes).into_owned()))),
        None => Err("its secret was sealed with another key: type it again".to_owned()),
    })
}

/// Asks the source; the inner error is its own fault.
pub(super) fn fetch(
    services: &Services,
    source: &Source,
    is_live: bool,
    sink: &mut Sink<'_>,
    steps: &mut Steps,
    stop: &Stop<'_>,
) -> Result<Result<Brought, String>, ServiceError> {
    let config = services.config();
    let max_bytes = config.import.max_upload_bytes;
    match &source.kind {
        SourceKind::Http { url, user, headers } => {
            let secret = match opened_secret(services, source)? {
                Ok(secret) => secret,
                Err(words) => return Ok(Err(steps.bad("address", words))),
            };
            let ask = Ask {
                url: url.clone(),
                user: user.clone(),
                secret,
                headers: headers.clone(),
                etag: source.runs.etag.clone().filter(|_| is_live),
                last_modified: source.runs.last_modified.clone().filter(|_| is_live),
                max_bytes,
            };
            Ok(http::fetch(&config.feeds, &ask, sink, steps, stop))
        }
        SourceKind::Sql(query) => {
            let password = if query.secret_name.is_empty() {
                opened_secret(services, source)?
            } else {
                sql::named_secret(&config.feeds, query).map(Some)
            };
            let password = match password {
                Ok(password) => password,
                Err(words) => return Ok(Err(steps.bad("sign-in", words))),
            };
            let ask = SqlAsk {
                source: query.clone(),
                password,
                known: source.runs.etag.clone().filter(|_| is_live),
                max_bytes,
                max_rows: config.import.max_rows,
            };
            Ok(sql::fetch(&config.feeds, &ask, sink, steps, stop))
        }
        SourceKind::Command { name } => match config.feeds.command(name) {
            Some(command) => Ok(command::run(command, config.feeds.timeout, max_bytes, sink, steps, stop)),
            None => {
                Ok(Err(steps.bad("start", format!("the configuration has no command `{name}` any more"))))
            }
        },
    }
}
