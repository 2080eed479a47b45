//! The restore drill: the newest backup is restored aside, what it shows is told, and nothing of it stays.

use std::fs;
use std::path::Path;

use reqwest::StatusCode;
use serde_json::Value;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::backups::drill::{self, DrillStanding, standing};
use stockroom::services::backups::{BACKUPS_DIRECTORY, Wanted, create, list};
use stockroom::store::{StoreError, datasets};

use crate::harness::{PASSWORD, TestApp, stderr, stdout, stockroom};

async fn back_up(app: &TestApp) {
    let services = std::sync::Arc::clone(app.services());
    let made = tokio::task::spawn_blocking(move || {
        create(&services, &crate::backups::grant(&services), &Wanted::default(), &|| false)
    });
    made.await.unwrap().unwrap();
}

/// Waits for the end of the drill that was queued.
async fn drilled(app: &TestApp) -> DrillStanding {
    for _ in 0..1200 {
        let now = standing(app.services()).unwrap();
        if !now.is_at_work && now.last.is_some() {
            return now;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("{:?}", standing(app.services()));
}

fn entries(data_dir: &Path) -> usize {
    fs::read_dir(data_dir.join(BACKUPS_DIRECTORY)).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_backup_is_restored_aside_each_month_and_an_index_is_built_from_it() {
    let app = TestApp::start_with(|config| config.backup.every = None).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.import("Stock", "Part,Qty\nA-1,1\nB-2,2\n", &[]).await;
    app.import("More", "Part,Qty\nA-1,1\nB-2,2\nC-3,3\n", &[]).await;
    let due = || drill::enqueue_due(app.services()).unwrap();
    assert!(!due(), "there is nothing to restore yet");
    back_up(&app).await;
    assert!(due());
    let now = drilled(&app).await;
    let last = now.last.unwrap();
    assert_eq!((last.problem, last.built), (None, Some(("stock".to_owned(), 2))), "the smallest one");
    assert_eq!(entries(&app.data_dir()), 1, "nothing of it stays");
    assert_eq!(app.actions()[0], "backup.drill");

    app.advance_minutes(29 * 24 * 60);
    assert!(!due() && !standing(app.services()).unwrap().is_late);
    app.advance_minutes(24 * 60);
    assert!(due());
    drilled(&app).await;
    app.advance_minutes(61 * 24 * 60);
    assert!(standing(app.services()).unwrap().is_late);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let page = root.get("/admin/doctor").await;
    assert!(page.text.contains("the last restore drill was at"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_cannot_be_restored_is_told_to_admins_and_a_better_one_is_tried_soon() {
    let app = TestApp::start_with(|config| config.backup.every = None).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.import("Stock", "Part,Qty\nA-1,1\nB-2,2\n", &[]).await;
    back_up(&app).await;
    let rotten = list(&app.data_dir()).remove(0).path;
    let mut bytes = fs::read(&rotten).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&rotten, bytes).unwrap();
    assert!(drill::enqueue_due(app.services()).unwrap());
    let problem = drilled(&app).await.last.unwrap().problem.unwrap();
    assert!(problem.contains("Take another backup"), "{problem}");
    assert_eq!((app.actions()[0].as_str(), entries(&app.data_dir())), ("backup.drill", 1));
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    for (page, text) in [
        ("/admin/system", "The restore drill"),
        ("/activity", "could not be restored for a trial"),
        ("/admin/doctor", "the last restore drill"),
    ] {
        let shown = root.get(page).await;
        assert!(shown.text.contains(text), "{page}: {}", shown.text);
    }
    assert!(!drill::enqueue_due(app.services()).unwrap());
    app.advance_minutes(24 * 60);
    back_up(&app).await;
    assert!(drill::enqueue_due(app.services()).unwrap());
    assert_eq!(drilled(&app).await.last.unwrap().problem, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_with_other_rows_than_were_published_is_a_drill_that_failed() {
    let app = TestApp::start_with(|config| config.backup.every = None).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.import("Stock", "Part,Qty\nA-1,1\nB-2,2\n", &[]).await;
    let changed = app.services().store.write(|w| {
        let dataset = datasets::list_datasets(w)?.remove(0);
        let mut record = datasets::list_generations(w, dataset.id)?.remove(0);
        record.rows = 3;
        datasets::put_generation(w, &record)
    });
    let _: () = Result::<(), StoreError>::unwrap(changed);
    back_up(&app).await;
    assert!(drill::enqueue_due(app.services()).unwrap());
    let problem = drilled(&app).await.last.unwrap().problem.unwrap();
    assert!(problem.contains("its file of stock gives 2 rows, and 3 were published"), "{problem}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drill_is_made_when_somebody_asks_for_it() {
    let app = TestApp::start_with(|config| config.backup.drill = None).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut limited = app.signed_in(Role::Admin, &["ACME"]).await;
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    assert!(!root.get("/admin/system").await.text.contains("/admin/system/backups/drill"));
    back_up(&app).await;
    assert!(!drill::enqueue_due(app.services()).unwrap(), "none by itself");
    let asked = root.submit("/admin/system", "/admin/system/backups/drill", &[]).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER, "{asked:?}");
    let last = drilled(&app).await.last.unwrap();
    assert_eq!((last.problem, last.built), (None, None), "nothing is published");
    assert!(root.get("/admin/system").await.text.contains("was restored for a trial and is whole"));
    assert_eq!(limited.post_form("/admin/system/backups/drill", &[]).await.status, StatusCode::FORBIDDEN);

    let directory = app.directory.path().to_owned();
    let output = tokio::task::spawn_blocking(move || stockroom(&directory, &["backup", "drill", "--json"]));
    let output = output.await.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let told: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!((&told["problem"], &told["backup"]), (&Value::Null, &last.backup.into()));
}

#[test]
fn a_drill_that_was_killed_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path();
    crate::restore::set_up(dir);
    let none = stockroom(dir, &["backup", "drill"]);
    assert_eq!(none.status.code(), Some(6), "{}", stderr(&none));
    assert!(stockroom(dir, &["backup", "create"]).status.success());
    let mut left_half = 0;
    for round in 0..40 {
        let mut trying = std::process::Command::new(env!("CARGO_BIN_EXE_stockroom"))
            .args(["backup", "drill"])
            .current_dir(dir)
            .env_clear()
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5 * round));
        trying.kill().unwrap();
        trying.wait().unwrap();
        left_half += usize::from(entries(&dir.join("data")) > 1);
        let mut swept = false;
        for _ in 0..40 {
            // A child that builds an index may write for a moment still.
            stockroom::services::backups::sweep(&dir.join("data"));
            swept = entries(&dir.join("data")) == 1;
            if swept {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert!(swept, "round {round}");
    }
    assert!(left_half > 0, "it was killed before it began, or after its end");
    let whole = stockroom(dir, &["backup", "drill"]);
    assert!(whole.status.success(), "{}", stderr(&whole));
    assert_eq!(entries(&dir.join("data")), 1);
}
