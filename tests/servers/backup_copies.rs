//! Copies of backups in a real store of S3.

use std::fs;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use stockroom::base::hex;
use stockroom::config::backup::BackupRemote;
use stockroom::config::remote::{RemoteConfig, RemoteStore};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::backups::elsewhere::{self, CopyStanding};
use stockroom::services::backups::{list, schedule};
use stockroom::store::{StoreError, settings};

use crate::harness::{PASSWORD, TestApp};
use crate::moto::{S3Server, config_at};

const PATIENCE: Duration = Duration::from_mins(2);

fn remote(mut to: RemoteConfig) -> BackupRemote {
    if let RemoteStore::S3(s3) = &mut to.store {
        "site/backups".clone_into(&mut s3.prefix);
    }
    BackupRemote { to, keep: 2 }
}

/// A text that no packing makes much smaller than a half.
fn noise(bytes: usize) -> String {
    use std::fmt::Write;
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut text = String::new();
    while text.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let _ = write!(text, "{state:016x}");
    }
    text
}

async fn until(app: &TestApp, is_so: impl Fn(&CopyStanding) -> bool) -> CopyStanding {
    let begun = Instant::now();
    loop {
        let now = elsewhere::standing(app.services()).unwrap().unwrap();
        if is_so(&now) {
            return now;
        }
        assert!(begun.elapsed() < PATIENCE, "{now:?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Makes the backup of the day and waits until it is there.
async fn backed_up(app: &TestApp) {
    assert!(schedule::enqueue_due(app.services()).unwrap());
    let begun = Instant::now();
    while schedule::standing(app.services()).unwrap().is_at_work {
        assert!(begun.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_backup_is_copied_in_parts_and_compared_and_only_what_the_site_put_there_is_deleted() {
    let mut server = S3Server::start();
    let to = remote(server.config());
    let app = TestApp::start_with(|config| {
        config.backup.keep = 3;
        config.backup.remote = Some(to);
    })
    .await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let text = noise(24 << 20);
    let put: Result<(), StoreError> =
        app.services().store.write(|w| settings::put_setting(w, "site.slogan", &text));
    put.unwrap();
    let foreign = ["site/backups/stockroom-20200101-000000.backup", "site/backups/notes.txt"];
    for key in foreign {
        server.write(key, "of another site");
    }
    for day in 1..=3 {
        backed_up(&app).await;
        let now =
            until(&app, |now| now.waiting == 0 && !now.is_at_work && now.copies.len() == day.min(2)).await;
        assert_eq!((now.failure, now.is_late), (None, false), "day {day}");
        app.advance_minutes(24 * 60);
    }
    let there = list(&app.data_dir());
    assert_eq!(there.len(), 3);
    let mut expected: Vec<(String, u64)> =
        there.iter().take(2).map(|backup| (format!("site/backups/{}", backup.name), backup.bytes)).collect();
    assert!(expected[0].1 > 9 << 20, "it is sent in parts");
    expected.extend(foreign.map(|key| (key.to_owned(), 15)));
    expected.sort();
    let mut objects = server.objects();
    objects.sort();
    assert_eq!(objects, expected);
    assert_eq!(server.begun_uploads(), serde_json::json!([]));
    let newest = &there[0];
    let sha256 = hex::encode(&Sha256::digest(fs::read(&newest.path).unwrap()));
    assert_eq!(server.read(&format!("site/backups/{}", newest.name))["metadata"]["sha256"], sha256);
    let actions = app.actions();
    for action in ["backup.copy", "backup.copy.drop"] {
        assert!(actions.contains(&action.to_owned()), "{actions:?}");
    }
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let page = root.get("/admin/system").await;
    assert!(page.text.contains("s3://stockroom-files/site/backups"), "{}", page.text);
    assert!(root.get("/admin/doctor").await.text.contains("2 backups are copied to s3://"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_failed_is_told_and_made_once_the_store_is_back() {
    let mut server = S3Server::start();
    let port = server.port;
    let to = remote(server.config());
    server.kill();
    let app = TestApp::start_with(|config| config.backup.remote = Some(to)).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    backed_up(&app).await;
    let now = until(&app, |now| now.failure.is_some()).await;
    assert_eq!((now.waiting, now.copies.len()), (1, 0));
    assert!(now.failure.unwrap().1.contains("no answer from 127.0.0.1"));
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    assert!(root.get("/admin/system").await.text.contains("The last try to copy one failed"));
    assert!(root.get("/admin/doctor").await.text.contains("copying a backup elsewhere failed"));
    assert_eq!(list(&app.data_dir()).len(), 1, "the backup itself is good");

    // Back at the same port, with another key.
    let mut server = S3Server::start_at(port);
    let TestApp { running, clock, directory } = app;
    let mut config = stockroom::config::Config::clone(&running.services.config());
    running.shutdown().await;
    config.backup.remote = Some(remote(config_at(port, &server.key, &server.secret)));
    let deps = stockroom::app::Deps {
        clock: clock.clone(),
        registry: stockroom::app::registry(),
        worker: crate::harness::worker(),
        ..Default::default()
    };
    let running = stockroom::app::App::start(config, deps).await.unwrap();
    let app = TestApp { running, clock, directory };
    app.advance_minutes(2 * 60);
    app.services().ring_job_bell();
    let now = until(&app, |now| now.waiting == 0 && !now.is_at_work).await;
    assert_eq!((now.copies.len(), now.failure), (1, None));
    assert_eq!(server.objects().len(), 1);
}
