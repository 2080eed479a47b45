//! The disk fails at operation 1, 2, 3, …, until an action is done before its turn comes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use stockroom::domain::column::{Column, ColumnType};
use stockroom::domain::dataset::ImportState;
use stockroom::domain::record::Record;
use stockroom::search::build::Builder;
use stockroom::services::{ServiceError, imports};
use stockroom::store::{StoreError, datasets, imports as store_imports, sessions};

use crate::disk::{Failure, Fault, PowerDisk};
use crate::is_long;
use crate::rng::Rng;
use crate::site::{PASSWORD, Site};

/// Every way to fail: once, or until the disk is well again.
const WAYS: [(Failure, bool); 4] =
    [(Failure::Full, false), (Failure::Full, true), (Failure::Broken, false), (Failure::Broken, true)];

/// Something that a site does.
struct Action {
    /// What is there before.
    prepare: fn(&Site),
    run: fn(&Site) -> Result<(), ServiceError>,
    /// What must be so if anything of it can be seen.
    complete: fn(&Site) -> bool,
    /// Each so many operations only, where one takes long.
    stride: u64,
    /// Whether it is done, whatever failed after that: figures are no reason for it to fail.
    is_done: fn(&Site) -> bool,
}

/// Lets `action` meet each failure at each operation. Returns how often it failed.
fn fail_everywhere(action: &Action) -> u64 {
    let mut failures = 0;
    for (failure, lasts) in WAYS {
        for at in (1..).step_by(action.stride as usize) {
            let name = format!("{failure:?} at operation {at}, lasting: {lasts}");
            if !fail_once(action, Fault { at, failure, lasts }, &name) {
                assert!(at > 1, "{name}: nothing was done that can fail");
                break;
            }
            failures += 1;
        }
    }
    failures
}

/// False where the action was done before its turn came to fail.
fn fail_once(action: &Action, fault: Fault, name: &str) -> bool {
    let directory = crate::directory();
    let site = Site::new(directory.path());
    (action.prepare)(&site);
    let before = site.picture().unwrap();

    site.disk.set_fault(fault);
    let outcome = catch_unwind(AssertUnwindSafe(|| (action.run)(&site)));
    let failed = site.disk.heal();
    let outcome = outcome.unwrap_or_else(|_| panic!("{name}: it panicked"));
    if failed == 0 {
        outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
        return false;
    }
    assert!(outcome.is_err() || (action.is_done)(&site), "{name}: no word of it");

    // The same site, without a restart.
    let after = site.picture().unwrap_or_else(|error| panic!("{name}: not read any more: {error}"));
    site.check().unwrap_or_else(|error| panic!("{name}: {error}"));
    if after == before {
        (action.run)(&site).unwrap_or_else(|error| panic!("{name}: not done afterwards: {error}"));
    }
    assert!((action.complete)(&site), "{name}: half of it is there");
    site.check().unwrap_or_else(|error| panic!("{name}: {error}"));
    let done = site.picture().unwrap();

    // Another process: after a power cut that forgets what the failed sync was to write, and after an orderly stop.
    let mut rng = Rng::new(fault.at);
    let cuts = if is_long() { 20 } else { 2 };
    let mut disks: Vec<_> = (0..cuts)
        .map(|_| PowerDisk::holding(site.disk.cut(site.disk.position(), usize::MAX, &mut rng)))
        .collect();
    let Site { services, disk, .. } = site;
    drop(services);
    disks.push(disk);
    for disk in disks {
        fs::write(directory.path().join("open"), b"").unwrap();
        let site = Site::open(directory.path(), &disk).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(site.picture().unwrap(), done, "{name}: another picture after a restart");
        site.check().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    true
}

#[test]
fn a_user_is_added_whole_or_not_at_all_whatever_operation_of_the_disk_fails() {
    let failures = fail_everywhere(&Action {
        is_done: |_| false,
        prepare: |_| {},
        run: |site| site.add_user("ann@example.com"),
        complete: |site| site.users().len() == 2,
        stride: 1,
    });
    println!("{failures} failures while a user was added");
}

#[test]
fn a_sign_in_is_whole_or_not_at_all_whatever_operation_of_the_disk_fails() {
    let failures = fail_everywhere(&Action {
        is_done: |_| false,
        prepare: |_| {},
        run: |site| site.sign_in("admin@example.com", PASSWORD),
        complete: |site| {
            let sessions = site.services.store.read(sessions::list_sessions).unwrap_or_else(failed).len();
            let begun = site.events().unwrap().iter().filter(|event| event.action == "session.begin").count();
            sessions == 1 && begun == 1
        },
        stride: 1,
    });
    println!("{failures} failures of a sign-in");
}

#[test]
fn an_import_begins_whole_or_not_at_all_whatever_operation_of_the_disk_fails() {
    let failures = fail_everywhere(&Action {
        is_done: |site| newest(site).state == ImportState::Published,
        prepare: |_| {},
        run: |site| site.begin_import("Stock", true),
        complete: |site| {
            let count =
                |r: &_| Ok((datasets::list_datasets(r)?.len(), store_imports::list_imports(r, 9)?.len()));
            site.services.store.read(count).unwrap_or_else(failed) == (1, 1)
        },
        stride: 1,
    });
    println!("{failures} failures while an import began");
}

/// Takes the order, makes the generation from the one beside it, and says so.
const WORKER: &str = r#"#!/bin/sh
read -r order
directory=${order#*'"generation":"'}
cp -r "${0%/*}/template" "${directory%%'"'*}"
echo '{"event":"checked","rows_read":1,"rows_rejected":0,"problem_count":0,"problems":[],"untyped":[]}'
echo '{"event":"built","rows":1,"bytes":77,"peak_bytes":null}'
"#;

/// A generation of one row.
fn make_generation(directory: &Path) {
    let column = Column::new("Part", ColumnType::Code);
    let mut builder = Builder::create(directory, &[column]).unwrap();
    let mut record = Record::default();
    record.push_cell("A-1");
    builder.add(&record, &mut Vec::new()).unwrap();
    builder.finish().unwrap();
}

#[test]
fn an_import_publishes_whole_or_not_at_all_whatever_operation_of_the_disk_fails() {
    let failures = fail_everywhere(&Action {
        is_done: |site| newest(site).state == ImportState::Published,
        prepare: |site| {
            let worker = site.services.data_dir().join("worker");
            fs::write(&worker, WORKER).unwrap();
            fs::set_permissions(&worker, fs::Permissions::from_mode(0o700)).unwrap();
            make_generation(&site.services.data_dir().join("template"));
            site.begin_import("Stock", true).unwrap();
        },
        run: |site| {
            let import = newest(site);
            imports::run(&site.services, import.id, import.created_at, &|| false).map(|_| ())
        },
        complete: |site| {
            // It may have failed after a step: the job runs it again.
            let import = newest(site);
            if import.state != ImportState::Published {
                imports::run(&site.services, import.id, import.created_at, &|| false).unwrap();
            }
            let import = newest(site);
            let dataset = site.services.store.read(|r| datasets::find_dataset(r, import.dataset_id));
            let dataset = dataset.unwrap_or_else(failed).unwrap();
            let generations = site.services.store.read(|r| datasets::list_generations(r, dataset.id));
            let generations = generations.unwrap_or_else(failed);
            // Where the store could not say whose a generation is, its directory stays until the next start does this.
            imports::sweep(&site.services).unwrap();
            let index = site.services.data_dir().join("index").join(dataset.id.to_string());
            let published = site.events().unwrap();
            import.state == ImportState::Published
                && generations.len() == 1
                && dataset.current_generation == Some(generations[0].id)
                && import.generation == dataset.current_generation
                && published.iter().filter(|event| event.action == "import.publish").count() == 1
                && fs::read_dir(&index).unwrap().count() == 1
                && index.join(generations[0].id.to_string()).is_dir()
        },
        stride: if is_long() { 1 } else { 6 },
    });
    println!("{failures} failures while an import was published");
}

fn newest(site: &Site) -> stockroom::domain::dataset::Import {
    site.services.store.read(|r| store_imports::list_imports(r, 1)).unwrap_or_else(failed).pop().unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "it takes the place of a closure")]
fn failed<T>(error: StoreError) -> T {
    panic!("{error}")
}

#[test]
fn everything_can_be_read_again_after_a_disk_that_could_not_be_read() {
    let directory = crate::directory();
    let site = Site::large(directory.path());
    let before = site.picture().unwrap();
    let image = site.disk.cut(site.disk.position(), usize::MAX, &mut Rng::new(1));
    drop(site);
    let site = Site::open(directory.path(), &PowerDisk::holding(image)).unwrap();
    for lasts in [false, true] {
        for at in [1, 2, 30] {
            site.disk.set_fault(Fault { at, failure: Failure::Broken, lasts });
            let outcome = site.picture();
            assert!(site.disk.heal() > 0, "at {at}: all of it was in memory");
            assert!(matches!(outcome, Err(StoreError::Io(_))), "at {at}: {outcome:?}");
            let after = site.picture().unwrap_or_else(|error| panic!("at {at}: {error}"));
            assert_eq!(after, before, "at {at}");
        }
    }
}

#[test]
fn a_site_is_made_opened_and_closed_whatever_operation_of_the_disk_fails() {
    for (failure, lasts) in WAYS {
        // Nothing yet; a site that was closed; one whose power was cut; one that is being closed.
        for situation in ["new", "closed", "cut", "closing"] {
            for at in 1.. {
                let name = format!("{situation}: {failure:?} at operation {at}, lasting: {lasts}");
                let directory = crate::directory();
                let mut disk = PowerDisk::new();
                let mut before = None;
                let fault = Fault { at, failure, lasts };
                if situation != "new" {
                    let site = Site::new(directory.path());
                    before = Some(site.picture().unwrap());
                    disk = site.disk.clone();
                    let image = disk.cut(disk.position(), usize::MAX, &mut Rng::new(at));
                    if situation == "closing" {
                        disk.set_fault(fault);
                    }
                    let closed = catch_unwind(AssertUnwindSafe(|| drop(site)));
                    assert!(closed.is_ok(), "{name}: it panicked");
                    if situation == "cut" {
                        fs::write(directory.path().join("open"), b"").unwrap();
                        disk = PowerDisk::holding(image);
                    }
                }
                let mut opened = None;
                if situation != "closing" {
                    disk.set_fault(fault);
                    let outcome = catch_unwind(AssertUnwindSafe(|| Site::open(directory.path(), &disk)));
                    opened = Some(outcome.unwrap_or_else(|_| panic!("{name}: it panicked")));
                }
                let failed = disk.heal();
                match &opened {
                    Some(Ok(_)) => assert_eq!(failed, 0, "{name}: no word of it"),
                    Some(Err(StoreError::Path { .. } | StoreError::Io(_))) => assert!(failed > 0),
                    Some(Err(other)) => panic!("{name}: {other}"),
                    None => {}
                }
                drop(opened);
                let site =
                    Site::open(directory.path(), &disk).unwrap_or_else(|error| panic!("{name}: {error}"));
                match before {
                    Some(before) => assert_eq!(site.picture().unwrap(), before, "{name}"),
                    None => site.init().unwrap_or_else(|error| panic!("{name}: {error}")),
                }
                site.add_user("ann@example.com").unwrap_or_else(|error| panic!("{name}: {error}"));
                site.check().unwrap_or_else(|error| panic!("{name}: {error}"));
                if failed == 0 {
                    // Closing a disk that can only be full need not write anything.
                    assert!(at > 1 || situation == "closing", "{name}: nothing was done that can fail");
                    break;
                }
            }
        }
    }
}
