//! The drop folder: files that come by themselves are published or put aside, told about, and neither lost nor doubled.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use stockroom::domain::dataset::ImportState;
use stockroom::domain::permission::Role;
use stockroom::services::feeds;
use stockroom::store::{imports, taken_files};

use crate::harness::TestApp;

const FIRST: &str = "Part,Customer,Qty\nA-1,Acme,1\nA-2,Acme,2\nA-3,Acme,3\n";
const SECOND: &str = "Part,Customer,Qty\nA-1,Acme,1\nA-2,Acme,2\nA-3,Acme,4\n";

async fn site() -> TestApp {
    let app = TestApp::start_with(|config| config.feeds.inbox_poll = Duration::from_millis(60)).await;
    let import = app.import("Stock", FIRST, &["owner=Customer", "key=Part"]).await;
    assert_eq!(import["state"], "published", "{import}");
    app
}

/// Waits for a file of this name that is no report, for its report, and until nothing is taken any more.
async fn put_away(app: &TestApp, folder: &str, beginning: &str) -> (PathBuf, Value) {
    let dir = app.data_dir().join(folder);
    for _ in 0..400 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let names = names(&dir);
        let Some(name) = names.iter().find(|name| name.starts_with(beginning) && !name.contains(".report."))
        else {
            continue;
        };
        let report = dir.join(format!("{name}.report.json"));
        if app.services().store.read(taken_files::list_taken).unwrap().is_empty()
            && let Ok(report) = fs::read(report)
        {
            assert!(names.contains(&format!("{name}.report.txt")), "{names:?}");
            return (dir.join(name), serde_json::from_slice(&report).unwrap());
        }
    }
    panic!(
        "no {beginning} in {folder}: {:?}, inbox {:?}",
        names(&dir),
        names(&app.data_dir().join("inbox/stock"))
    );
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn generation(app: &TestApp) -> u64 {
    stockroom::services::datasets::find(app.services(), "stock")
        .unwrap()
        .unwrap()
        .current_generation
        .unwrap()
        .0
}

fn published(app: &TestApp) -> usize {
    let imports = app.services().store.read(|r| imports::list_imports(r, 100)).unwrap();
    imports.iter().filter(|import| import.state == ImportState::Published).count()
}

#[tokio::test]
async fn a_file_in_the_folder_of_its_dataset_is_published_and_the_same_again_only_renews() {
    let app = site().await;
    let inbox = app.data_dir().join("inbox");
    for _ in 0..100 {
        if inbox.join("stock").is_dir() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    fs::write(inbox.join("stock/day.csv"), SECOND).unwrap();
    let (_, report) = put_away(&app, "done", "day.csv").await;
    assert_eq!(report["outcome"], "published", "{report}");
    assert_eq!(report["rows_published"], 3);
    assert_eq!((generation(&app), published(&app)), (2, 2));
    assert!(names(&inbox.join("stock")).is_empty());
    let mut operator = app.operator().await;
    for page in ["/imports", "/datasets/stock/history"] {
        let text = operator.get(page).await.text;
        assert!(text.contains("Drop folder") && !text.contains("Command line"), "{page}: {text}");
    }
    // The same again: nothing is published, the data were looked at.
    app.advance_minutes(60);
    fs::write(inbox.join("stock/again.csv"), SECOND).unwrap();
    let (_, report) = put_away(&app, "done", "again.csv").await;
    assert_eq!(report["outcome"], "unchanged", "{report}");
    assert_eq!((generation(&app), published(&app)), (2, 2));
    let dataset = stockroom::services::datasets::find(app.services(), "stock").unwrap().unwrap();
    assert_eq!(dataset.checked_at.unwrap(), app.services().now());
    // Of the same name: neither takes the other's place. Without a folder the columns say where it belongs.
    fs::write(inbox.join("day.csv"), FIRST).unwrap();
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if names(&app.data_dir().join("done")).iter().filter(|name| name.starts_with("day.")).count() == 6 {
            break;
        }
    }
    assert_eq!(fs::read_to_string(app.data_dir().join("done/day.csv")).unwrap(), SECOND);
    assert_eq!((generation(&app), published(&app)), (3, 3));
    app.running.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_taken_is_put_aside_with_the_reason() {
    let app = site().await;
    let inbox = app.data_dir().join("inbox");
    fs::create_dir_all(inbox.join("stock")).unwrap();
    fs::create_dir_all(inbox.join("nowhere")).unwrap();
    fs::write(inbox.join("strange.csv"), "Other,Columns\n1,2\n").unwrap();
    let (_, report) = put_away(&app, "failed", "strange.csv").await;
    assert_eq!(report["outcome"], "refused");
    assert!(
        report["reason"].as_str().unwrap().contains("no dataset has these columns: Other, Columns"),
        "{report}"
    );
    fs::write(inbox.join("nowhere/a.csv"), FIRST).unwrap();
    let (_, report) = put_away(&app, "failed", "a.csv").await;
    assert!(report["reason"].as_str().unwrap().contains("there is no dataset `nowhere`"), "{report}");
    // Held back by the guard: the good data stay.
    fs::write(inbox.join("stock/few.csv"), "Part,Customer,Qty\n").unwrap();
    let (_, report) = put_away(&app, "failed", "few.csv").await;
    assert_eq!(report["outcome"], "quarantined", "{report}");
    assert_eq!(generation(&app), 1);
    fs::write(inbox.join("stock/none.csv"), "").unwrap();
    let (_, report) = put_away(&app, "failed", "none.csv").await;
    assert_eq!(report["outcome"], "failed", "{report}");
    // Names are nothing but names.
    let hostile = "-rf <b>$(id)\n;&&.csv";
    fs::write(inbox.join("stock").join(hostile), SECOND).unwrap();
    let (path, report) = put_away(&app, "done", "-rf").await;
    assert_eq!(path.file_name().unwrap().to_str().unwrap(), hostile);
    assert_eq!(report["outcome"], "published", "{report}");
    let long = format!("{}.csv", "x".repeat(250));
    fs::write(inbox.join("stock").join(&long), FIRST).unwrap();
    let (_, report) = put_away(&app, "done", "xxxx").await;
    assert_eq!(report["outcome"], "published", "{report}");
    app.running.shutdown().await;
}

#[tokio::test]
async fn links_pipes_hidden_and_unfinished_files_are_left_alone() {
    let app = site().await;
    let folder = app.data_dir().join("inbox/stock");
    fs::create_dir_all(&folder).unwrap();
    let outside = app.directory.path().join("outside.csv");
    fs::write(&outside, SECOND).unwrap();
    fs::create_dir(app.directory.path().join("elsewhere")).unwrap();
    fs::write(app.directory.path().join("elsewhere/x.csv"), SECOND).unwrap();
    symlink(&outside, folder.join("link.csv")).unwrap();
    fs::hard_link(&outside, folder.join("hard.csv")).unwrap();
    symlink(app.directory.path().join("elsewhere"), app.data_dir().join("inbox/linked")).unwrap();
    for name in [".hidden.csv", "a.csv.part", "b.tmp", "c.crdownload"] {
        fs::write(folder.join(name), SECOND).unwrap();
    }
    std::os::unix::net::UnixListener::bind(folder.join("socket.csv")).unwrap();
    fs::create_dir(folder.join("dir.csv")).unwrap();
    let before = names(&folder);
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert_eq!(names(&folder), before);
    assert_eq!((generation(&app), published(&app)), (1, 1));
    assert!(
        names(&app.data_dir().join("done")).is_empty() && names(&app.data_dir().join("failed")).is_empty()
    );
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_file_that_still_grows_waits_and_two_at_once_come_one_after_the_other() {
    let app = TestApp::start_with(|config| config.feeds.inbox_poll = Duration::from_hours(1)).await;
    let import = app.import("Stock", FIRST, &["owner=Customer", "key=Part"]).await;
    assert_eq!(import["state"], "published", "{import}");
    let folder = app.data_dir().join("inbox/stock");
    fs::create_dir_all(&folder).unwrap();
    let services = app.services().clone();
    let taken = || services.store.read(taken_files::list_taken).unwrap().len();
    let mut watch = feeds::Watch::default();
    fs::write(folder.join("grows.csv"), "Part,Customer,Qty\nA-1,Acme,1\n").unwrap();
    let look = |mut watch: feeds::Watch| {
        let services = services.clone();
        async move {
            tokio::task::spawn_blocking(move || {
                feeds::poll(&services, &mut watch).unwrap();
                watch
            })
            .await
            .unwrap()
        }
    };
    watch = look(watch).await;
    assert_eq!(taken(), 0, "seen once");
    fs::write(folder.join("grows.csv"), FIRST.replace("A-3,Acme,3", "A-3,Acme,9")).unwrap();
    watch = look(watch).await;
    assert_eq!(taken(), 0, "it grew");
    tokio::time::sleep(Duration::from_millis(20)).await;
    fs::write(folder.join("next.csv"), SECOND).unwrap();
    watch = look(watch).await;
    assert_eq!(taken(), 1, "it held still");
    watch = look(watch).await;
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        watch = look(watch).await;
        if taken() == 0 && names(&folder).is_empty() {
            break;
        }
    }
    assert_eq!(names(&folder), Vec::<String>::new());
    assert_eq!((generation(&app), published(&app)), (3, 3));
    let mut operator = app.signed_in(Role::Operator, &[]).await;
    let imports = operator.get("/api/v1/imports").await.json();
    assert!(imports.to_string().contains("next.csv"), "{imports}");
    drop((watch, operator));
    drop(services);
    app.running.shutdown().await;
}

#[tokio::test]
async fn a_crash_between_any_two_steps_loses_nothing_and_imports_nothing_twice() {
    // After the import was begun and before anything was moved; then after the move and before the report.
    let app = TestApp::start_with(|config| config.feeds.inbox_poll = Duration::from_hours(1)).await;
    let import = app.import("Stock", FIRST, &["owner=Customer", "key=Part"]).await;
    assert_eq!(import["state"], "published", "{import}");
    let folder = app.data_dir().join("inbox/stock");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("day.csv"), SECOND).unwrap();
    let services = app.services().clone();
    tokio::task::spawn_blocking(move || {
        let mut watch = feeds::Watch::default();
        feeds::poll(&services, &mut watch).unwrap();
        feeds::poll(&services, &mut watch).unwrap();
    })
    .await
    .unwrap();
    let note = app.services().store.read(taken_files::list_taken).unwrap().pop().expect("it is taken");
    let app = app.restart_after(|_| {}).await;
    let services = app.services().clone();
    for _ in 0..200 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if published(&app) == 2 {
            break;
        }
    }
    let look = || {
        let services = app.services().clone();
        tokio::task::spawn_blocking(move || {
            let mut watch = feeds::Watch::default();
            feeds::poll(&services, &mut watch).unwrap();
            feeds::poll(&services, &mut watch).unwrap();
        })
    };
    look().await.unwrap();
    let done = app.data_dir().join("done");
    assert_eq!(names(&done), ["day.csv", "day.csv.report.json", "day.csv.report.txt"]);
    // The note is still there, as if the process had ended right before it was deleted, or before the reports.
    let late = stockroom::domain::feed::TakenFile { target: Some((true, b"day.csv".to_vec())), ..note };
    for gone in [&["day.csv.report.json", "day.csv.report.txt"][..], &[]] {
        for name in gone {
            fs::remove_file(done.join(name)).unwrap();
        }
        services.store.write(|w| taken_files::put_taken(w, &late)).unwrap();
        look().await.unwrap();
        assert_eq!(names(&done), ["day.csv", "day.csv.report.json", "day.csv.report.txt"]);
    }
    assert_eq!((generation(&app), published(&app)), (2, 2));
    drop(services);
    app.running.shutdown().await;
}

#[tokio::test]
async fn what_was_put_away_long_ago_is_deleted_and_nothing_else() {
    let app = site().await;
    fs::write(app.data_dir().join("inbox/stock/new.csv"), SECOND).unwrap();
    put_away(&app, "done", "new").await;
    fs::write(app.data_dir().join("inbox/stock/bad.csv"), b"").unwrap();
    put_away(&app, "failed", "bad").await;
    // What somebody else put there, with what is no report beside it.
    let done = app.data_dir().join("done");
    for (name, text) in
        [("kept.csv", ""), ("kept.csv.report.json", "{\"taken_at\": 1}"), ("x.report.json", "{")]
    {
        fs::write(done.join(name), text).unwrap();
    }
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("old"), "{\"taken_at\": \"2020-01-01T00:00:00Z\"}").unwrap();
    symlink(elsewhere.path().join("old"), done.join("link.csv.report.json")).unwrap();
    let day = 24 * 60;
    app.advance_minutes(89 * day);
    assert_eq!(feeds::purge(app.services()), 0);
    app.advance_minutes(2 * day);
    assert_eq!(feeds::purge(app.services()), 2);
    assert_eq!(names(&done), ["kept.csv", "kept.csv.report.json", "link.csv.report.json", "x.report.json"]);
    assert_eq!(names(&app.data_dir().join("failed")), Vec::<String>::new());
    app.running.shutdown().await;
}
