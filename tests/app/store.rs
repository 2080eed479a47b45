//! What the store refuses, and what it must open for ever.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use stockroom::base::secret::SecretString;
use stockroom::domain::audit::{Actor, AuditEvent};
use stockroom::domain::avatar::{Picture, PictureKind};
use stockroom::domain::backup::{BackupCopy, Drill};
use stockroom::domain::dataset::{Dataset, Generation, Import, ImportState, Publication};
use stockroom::domain::email::{Email, LoginKey, Username};
use stockroom::domain::feed::CameBy;
use stockroom::domain::guard::{ChangeCounts, ImportRules, Judgement};
use stockroom::domain::ids::{AvatarId, DatasetId, GenerationId, ImportId, JobId, UserId};
use stockroom::domain::job::{Job, JobState};
use stockroom::domain::mobile::Mobile;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::domain::second_factor::SecondFactor;
use stockroom::domain::session::{Session, Viewing};
use stockroom::domain::user::{Approval, PersonName, Realm, User, UserStatus};
use stockroom::store::gone_users::GoneUser;
use stockroom::store::migrations::SCHEMA;
use stockroom::store::second_factors::{Enrolment, StoredFactor};
use stockroom::store::throttle::Counter;
use stockroom::store::trusted_browsers::TrustedBrowser;
use stockroom::store::{
    Read, Store, StoreError, WriteTxn, audit, avatars, backups, datasets, devices, gone_users, imports, jobs,
    owners_seen, publications, second_factors, security_questions, sessions, settings, throttle,
    trusted_browsers, users,
};

use crate::{store_plans, store_told};

fn id(number: u128) -> uuid::Uuid {
    uuid::Uuid::from_u128(number)
}

fn at() -> Timestamp {
    "2026-11-21T08:00:00.123456Z".parse().unwrap()
}

fn user() -> User {
    User {
        name: PersonName { first: Some("Ann".to_owned()), last: None },
        mobile: Some(Mobile::parse("+4915123456789", None).unwrap()),
        password_expires_at: Some(at()),
        confirmed_at: Some(at()),
        approval: Some(Approval { by: Some(UserId(id(2))), at: at() }),
        signed_in_at: Some(at()),
        second_factor_at: Some(at()),
        second_factor_required: true,
        made_by: Actor::User(UserId(id(2))),
        avatar: Some(AvatarId(id(9))),
        id: UserId(id(1)),
        email: Email::parse("Ann@Example.com").unwrap(),
        username: Some(Username::parse("ann").unwrap()),
        status: UserStatus::Active,
        realm: Realm::Local,
        roles: [Role::Operator, Role::Auditor].into(),
        owners: OwnerScope::Owners(["A|B".to_owned(), String::new()].into()),
        must_change_password: true,
        credential_epoch: 7,
        created_at: at(),
        updated_at: at(),
        narrowed_to: None,
    }
}

fn gone() -> GoneUser {
    GoneUser { name: "Bob".to_owned(), email: "bob@example.com".to_owned(), deleted_at: at() }
}

fn session() -> Session {
    Session {
        token_hash: [9; 32],
        user_id: UserId(id(1)),
        credential_epoch: 7,
        created_at: at(),
        seen_at: at(),
        address: Some("10.0.0.1".parse().unwrap()),
        user_agent: "test".into(),
        second_factor: SecondFactor::App,
        viewing: Some(Viewing { user: UserId(id(2)), since: at() }),
        visited_before: Some(at()),
    }
}

fn event() -> AuditEvent {
    AuditEvent {
        seq: 1,
        at: at(),
        actor: Actor::User(UserId(id(1))),
        address: Some("10.0.0.1".into()),
        request: Some("7".into()),
        action: "user.add".into(),
        target: "user:1".into(),
        details: "{}".into(),
        previous_hash: [0; 32],
        hash: [5; 32],
    }
}

fn job() -> Job {
    Job {
        id: JobId(id(2)),
        kind: "import".into(),
        payload: "{}".into(),
        state: JobState::Dead,
        attempts: 3,
        max_attempts: 3,
        run_at: at(),
        created_at: at(),
        updated_at: at(),
        last_error: Some("why".into()),
    }
}

fn dataset() -> Dataset {
    Dataset {
        id: DatasetId(id(3)),
        name: "Inventory".into(),
        slug: "inventory".into(),
        created_at: at(),
        current_generation: Some(GenerationId(4)),
        next_generation: GenerationId(5),
        owner_column: Some("Customer".into()),
        profile_json: Some("{}".into()),
        keep_generations: None,
        rules: ImportRules::default(),
        checked_at: Some(at()),
    }
}

fn generation() -> Generation {
    Generation {
        dataset_id: DatasetId(id(3)),
        id: GenerationId(4),
        import_id: ImportId(id(4)),
        rows: 1_000_000,
        published_at: at(),
        profile_json: "{}".into(),
        file_sha256: "ab".into(),
        index_bytes: 77,
    }
}

fn publication() -> Publication {
    Publication {
        dataset_id: DatasetId(id(3)),
        at: at(),
        generation: GenerationId(4),
        before: Some(GenerationId(3)),
        is_roll_back: true,
        by: Some(UserId(id(1))),
    }
}

fn import() -> Import {
    Import {
        id: ImportId(id(4)),
        dataset_id: DatasetId(id(3)),
        dataset_slug: "inventory".into(),
        file_name: "stock.csv".into(),
        file_sha256: "ab".into(),
        file_bytes: 5,
        state: ImportState::Published,
        generation: Some(GenerationId(4)),
        rows_read: 3,
        rows_published: 2,
        rows_rejected: 1,
        problem_count: 1,
        problems_json: "[]".into(),
        untyped_cells: vec![("Qty".into(), 3)],
        error: None,
        created_by: Some(UserId(id(1))),
        came_by: Some(CameBy::Source("ERP".into())),
        created_at: at(),
        updated_at: at(),
        profile_json: Some("{}".into()),
        settings_json: "{}".into(),
        confirm: true,
        judgement: Some(Judgement {
            base: Some(3),
            changes: Some(ChangeCounts::default()),
            findings: Vec::new(),
        }),
        accepted: Some("x".into()),
        worked_ms: 12,
    }
}

fn factor() -> StoredFactor {
    StoredFactor { sealed_seed: "v4.local.x".into(), last_step: 59_000_000, answered: vec![([1; 16], at())] }
}

fn enrolment() -> Enrolment {
    Enrolment { sealed_seed: "v4.local.y".into(), session: [9; 32], begun_at: at() }
}

fn trusted() -> TrustedBrowser {
    TrustedBrowser { device: [3; 32], credential_epoch: 7, trusted_at: at(), user_agent: "test".into() }
}

fn drill() -> Drill {
    Drill {
        at: at(),
        backup: "stockroom-20261121-020000.backup".into(),
        took: Duration::from_millis(1_500),
        built: Some(("inventory".into(), 1_000_000)),
        problem: Some("why".into()),
    }
}

fn backup_copy() -> BackupCopy {
    BackupCopy {
        name: "stockroom-20261121-020000.backup".into(),
        bytes: 5,
        sha256: "ab".into(),
        place: "s3://vault/site".into(),
        etag: "cd".into(),
        at: at(),
    }
}

fn picture() -> Picture {
    Picture { kind: PictureKind::Png, bytes: vec![1, 2, 3] }
}

fn put_second_factor(w: &WriteTxn) -> Result<(), StoreError> {
    let user = user().id;
    second_factors::put_factor(w, user, &factor())?;
    second_factors::put_enrolment(w, user, &enrolment())?;
    second_factors::put_recovery_code(w, user, &[4; 32], at())?;
    trusted_browsers::put_trusted(w, user, &trusted())?;
    security_questions::put_question(w, user, "Who?", &SecretString::new("hash".into()), at())?;
    avatars::put_avatar(w, AvatarId(id(9)), &picture())
}

fn check_second_factor(r: &impl Read) -> Result<(), StoreError> {
    let user = user().id;
    assert_eq!(second_factors::find_factor(r, user)?, Some(factor()));
    assert_eq!(second_factors::find_enrolment(r, user)?, Some(enrolment()));
    assert_eq!(second_factors::count_recovery_codes(r, user)?, (1, Some(at())));
    assert_eq!(trusted_browsers::list_trusted(r, user)?, [trusted()]);
    assert_eq!(security_questions::find_question(r, user)?.unwrap().0, "Who?");
    assert_eq!(avatars::find_avatar(r, AvatarId(id(9)))?, Some(picture()));
    Ok(())
}

/// One record of every kind.
fn fill(store: &Store) {
    store
        .write(|w| {
            users::insert_user(w, &user())?;
            users::put_password_hash(
                w,
                user().id,
                &stockroom::base::secret::SecretString::new("hash".into()),
            )?;
            sessions::put_session(w, &session())?;
            put_second_factor(w)?;
            devices::put_device(w, &[3; 32], user().id, at())?;
            throttle::put_counter(w, b"key", Counter { level: 1.5, updated_at: at() })?;
            audit::append_event(w, &event())?;
            jobs::put_job(w, &job())?;
            settings::put_setting(w, "name", "value")?;
            gone_users::put_gone(w, UserId(id(8)), &gone())?;
            owners_seen::put_seen(w, user().id, at())?;
            datasets::put_dataset(w, &dataset())?;
            datasets::put_generation(w, &generation())?;
            publications::add_publication(w, &publication())?;
            imports::put_import(w, &import())?;
            backups::put_drill(w, &drill())?;
            backups::put_copy(w, &backup_copy())?;
            store_plans::fill(w)?;
            store_told::fill(w)
        })
        .unwrap();
}

fn check(store: &Store) {
    store
        .read(|r| {
            assert_eq!(users::find_user_by_login(r, &LoginKey::of("ANN"))?, Some(user()));
            assert_eq!(users::find_password_hash(r, user().id)?.unwrap().expose(), "hash");
            assert_eq!(sessions::list_sessions_of(r, user().id)?, [session()]);
            check_second_factor(r)?;
            assert_eq!(devices::find_device_user(r, &[3; 32])?, Some(user().id));
            assert_eq!(throttle::find_counter(r, b"key")?, Some(Counter { level: 1.5, updated_at: at() }));
            assert_eq!(audit::last_event(r)?, Some(event()));
            assert_eq!(jobs::list_jobs(r, JobState::Dead, Timestamp::MAX, 10)?, [job()]);
            assert_eq!(settings::find_setting(r, "name")?.as_deref(), Some("value"));
            assert_eq!(gone_users::find_gone(r, UserId(id(8)))?, Some(gone()));
            assert_eq!(owners_seen::find_seen(r, user().id)?, Some(at()));
            assert_eq!(datasets::find_dataset_by_slug(r, "inventory")?, Some(dataset()));
            assert_eq!(datasets::list_generations(r, dataset().id)?, [generation()]);
            assert_eq!(publications::list_publications(r, dataset().id, 9)?, [publication()]);
            assert_eq!(imports::list_imports_of(r, dataset().id, 10)?, [import()]);
            assert_eq!(backups::find_drill(r)?, Some(drill()));
            assert_eq!(backups::list_copies(r)?, [backup_copy()]);
            store_plans::check(r)?;
            store_told::check(r)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

fn fixture(schema: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/store/schema-{schema}.redb"))
}

/// The fixture of a schema is made once, when the schema is new, and never again: a released one is frozen.
#[test]
fn a_store_of_every_schema_ever_released_opens() {
    let directory = tempfile::tempdir().unwrap();
    let newest = fixture(SCHEMA);
    if !newest.exists() {
        let store = Store::open(directory.path()).unwrap();
        fill(&store);
        drop(store);
        fs::create_dir_all(newest.parent().unwrap()).unwrap();
        fs::copy(directory.path().join("stockroom.redb"), &newest).unwrap();
        panic!("made `{}`; look at it, commit it and run again", newest.display());
    }
    for schema in 1..=SCHEMA {
        let directory = tempfile::tempdir().unwrap();
        fs::copy(fixture(schema), directory.path().join("stockroom.redb")).unwrap();
        let store = Store::open(directory.path()).unwrap_or_else(|error| panic!("schema {schema}: {error}"));
        check(&store);
    }
}

#[test]
fn every_kind_of_record_comes_back_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    fill(&store);
    check(&store);
    drop(store);
    check(&Store::open(directory.path()).unwrap());
}

#[test]
fn an_empty_missing_or_garbled_file_is_never_taken_for_a_new_site() {
    type Damage = fn(&Path);
    let damage: [(&str, Damage); 5] = [
        ("empty", |path| fs::write(path, b"").unwrap()),
        ("missing", |path| fs::remove_file(path).unwrap()),
        ("text", |path| fs::write(path, b"hello, this is no database").unwrap()),
        ("zeros", |path| fs::write(path, vec![0; 102_400]).unwrap()),
        ("cut", |path| fs::File::options().write(true).open(path).unwrap().set_len(4_096).unwrap()),
    ];
    for (name, damage) in damage {
        let directory = tempfile::tempdir().unwrap();
        fill(&Store::open(directory.path()).unwrap());
        damage(&directory.path().join("stockroom.redb"));
        match Store::open(directory.path()) {
            Err(StoreError::Damaged { path, .. }) => assert!(path.ends_with("stockroom.redb")),
            Err(other) => panic!("{name}: {other}"),
            Ok(_) => panic!("{name}: it opened"),
        }
    }
}

#[test]
fn a_second_opener_is_refused_and_the_first_unaffected() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    assert!(matches!(Store::open(directory.path()), Err(StoreError::InUse(_))));
    fill(&store);
    check(&store);
}

#[test]
fn a_file_that_was_only_begun_when_the_power_went_becomes_a_new_site_unless_somebody_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("stockroom.redb");
    fs::write(&path, vec![0; 102_400]).unwrap();
    let store = Store::open(directory.path()).unwrap();
    fill(&store);
    // As for one who comes while the first one is at it.
    fs::remove_file(directory.path().join("installed")).unwrap();
    assert!(matches!(Store::open(directory.path()), Err(StoreError::InUse(_))));
    check(&store);
    drop(store);
    check(&Store::open(directory.path()).unwrap());
    // A file of another kind is nobody's to empty.
    fs::remove_file(directory.path().join("installed")).unwrap();
    fs::write(&path, b"hello, this is no database").unwrap();
    assert!(matches!(Store::open(directory.path()), Err(StoreError::Damaged { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"hello, this is no database");
}

#[test]
fn a_transaction_that_fails_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let failed: Result<(), StoreError> = store.write(|w| {
        users::insert_user(w, &user())?;
        Err(StoreError::Database("on purpose".into()))
    });
    assert!(failed.is_err());
    store
        .read(|r| {
            assert_eq!(users::list_users(r)?, []);
            assert_eq!(users::find_user_by_login(r, &LoginKey::of("ann"))?, None);
            Ok::<_, StoreError>(())
        })
        .unwrap();
}

#[test]
fn logins_that_are_twins_collide() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    store.write(|w| users::insert_user(w, &user())).unwrap();
    let twin = User {
        id: UserId(id(99)),
        email: Email::parse("other@example.com").unwrap(),
        username: Some(Username::parse("ＡＮＮ").unwrap()),
        mobile: None,
        ..user()
    };
    assert!(matches!(store.write(|w| users::insert_user(w, &twin)), Err(StoreError::Taken { .. })));
    let renamed = User { username: None, ..user() };
    store.write(|w| users::update_user(w, &renamed)).unwrap();
    store.write(|w| users::insert_user(w, &twin)).unwrap();
}

#[test]
fn files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let data_dir = directory.path().join("data");
    drop(Store::open(&data_dir).unwrap());
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data_dir), 0o700);
    assert_eq!(mode(&data_dir.join("stockroom.redb")), 0o600);
    assert_eq!(mode(&data_dir.join("installed")), 0o600);
}

#[test]
fn other_parts_of_a_site_count_as_the_mark() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("files")).unwrap();
    assert!(matches!(Store::open(directory.path()), Err(StoreError::Damaged { .. })));
}

fn put_many(store: &Store) {
    for chunk in 0..8 {
        let put = |w: &_| {
            (0..60).try_for_each(|number| {
                let name = format!("name-{chunk}-{number}");
                settings::put_setting(w, &name, &format!("value of {name}, and some more to fill the page"))
            })
        };
        store.write(put).unwrap_or_else(|error: StoreError| panic!("{error}"));
    }
}

/// How many values cannot be read or are gone; a wrong one ends the test.
fn count_lost(store: &Store) -> usize {
    let names = (0..8).flat_map(|chunk| (0..60).map(move |number| format!("name-{chunk}-{number}")));
    names
        .filter(|name| {
            let found = store.read(|r| settings::find_setting(r, name));
            match found {
                Ok(Some(value)) => {
                    assert_eq!(value, format!("value of {name}, and some more to fill the page"));
                    false
                }
                Ok(None)
                | Err(StoreError::Record { .. } | StoreError::Damaged { .. } | StoreError::Database(_)) => {
                    true
                }
                Err(other) => panic!("{other}"),
            }
        })
        .count()
}

/// Flips eight bits where there is something, the same ones for the same seed.
fn rot(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut rotten = bytes.to_vec();
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut left = 8;
    while left > 0 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = (state >> 20) as usize % bytes.len();
        if bytes[at] != 0 {
            rotten[at] ^= 1 << (state >> 60 & 7);
            left -= 1;
        }
    }
    rotten
}

#[test]
fn rotten_bits_are_noticed_and_never_end_the_process_or_come_out_as_values() {
    let whole = tempfile::tempdir().unwrap();
    let store = Store::open(whole.path()).unwrap();
    fill(&store);
    put_many(&store);
    assert_eq!((store.verify_values().unwrap(), count_lost(&store)), (Vec::new(), 0));
    drop(store);
    let bytes = fs::read(whole.path().join("stockroom.redb")).unwrap();
    let (mut noticed_by_reading, mut noticed_at_start) = (0, 0);
    for seed in 0..200 {
        for after in ["an orderly stop", "a crash"] {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join("installed"), b"").unwrap();
            fs::write(directory.path().join("stockroom.redb"), rot(&bytes, seed)).unwrap();
            if after == "a crash" {
                fs::write(directory.path().join("open"), b"").unwrap();
            }
            match Store::open(directory.path()) {
                Err(error @ (StoreError::Damaged { .. } | StoreError::Record { .. })) => {
                    let told = error.to_string();
                    assert!(told.contains("damaged") && told.contains("backup"), "seed {seed}: {told}");
                    noticed_at_start += usize::from(after == "a crash");
                }
                Err(other) => panic!("seed {seed} after {after}: {other}"),
                Ok(store) => {
                    let damage = store.verify_values().unwrap();
                    let lost = count_lost(&store);
                    if after == "a crash" {
                        assert_eq!(
                            (lost, damage),
                            (0, Vec::new()),
                            "seed {seed}: the check at the start missed it"
                        );
                    } else {
                        assert!(
                            lost == 0 || !damage.is_empty() || store.verify_values().is_err(),
                            "seed {seed}: {lost} lost"
                        );
                        noticed_by_reading += usize::from(!damage.is_empty());
                    }
                }
            }
        }
    }
    // The rest hit pages that are not in use any more: how many those are changes with every kind of record.
    assert!(noticed_at_start >= 120 && noticed_by_reading >= 30, "{noticed_at_start} {noticed_by_reading}");
}

#[test]
fn an_orderly_stop_is_told_from_one_that_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("open");
    let store = Store::open(directory.path()).unwrap();
    fill(&store);
    assert!(mark.exists());
    assert!(matches!(Store::open(directory.path()), Err(StoreError::InUse(_))));
    assert!(mark.exists(), "one who was refused takes nobody's mark away");
    // As a power cut leaves it: the file as it is on disk, and the mark.
    let cut = tempfile::tempdir().unwrap();
    for name in ["stockroom.redb", "installed", "open"] {
        fs::copy(directory.path().join(name), cut.path().join(name)).unwrap();
    }
    drop(store);
    assert!(!mark.exists());
    let store = Store::open(cut.path()).unwrap();
    check(&store);
    drop(store);
    assert!(!cut.path().join("open").exists());
    check(&Store::open(cut.path()).unwrap());
}
