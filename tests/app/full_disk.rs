//! A disk that is full while something comes in: it is said so, nothing half stored stays, and what comes once there is
//! room again is taken. A file system of its own in memory is filled to the last byte; imports on one are in
//! [`crate::import_faults`].

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, StatusCode};
use stockroom::config::Config;
use stockroom::config::feeds::Allowed;
use stockroom::domain::feed::Source;
use stockroom::domain::job::{Job, JobState};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::store::{StoreError, jobs, sources};

use crate::copies;
use crate::harness::{Answer, Browser, TestApp, stderr};

/// Space that is left alone, and enough for a site and a file.
const MEGABYTES: u32 = 330;
const BLOCK: usize = 256 << 10;
const BLOCKS: usize = 24;

/// A file system of its own, of this size.
pub struct Disk(tempfile::TempDir);

impl Disk {
    pub fn mount(megabytes: u32) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "stockroom-test"])
            .arg(directory.path())
            .output()
            .expect("`mount` is needed for this test");
        assert!(
            mounted.status.success(),
            "this test fills a disk and must be allowed to mount a tmpfs: run it as root. {}",
            stderr(&mounted)
        );
        Self(directory)
    }

    /// Where the data directory is to be.
    pub fn data_dir(&self) -> PathBuf {
        self.0.path().join("data")
    }

    pub fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    /// Takes all the space there is.
    pub fn fill(&self) {
        let mut file = fs::File::options().create(true).append(true).open(self.filler()).unwrap();
        let mut block = vec![0; 1 << 20];
        while block.len() >= 512 {
            if file.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
    }

    /// Gives back what was taken.
    pub fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).output();
    }
}

/// A document of random bytes, which no compression makes smaller, in blocks.
fn blocks() -> Vec<Vec<u8>> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut block = |_| {
        let mut bytes = Vec::with_capacity(BLOCK);
        while bytes.len() < BLOCK {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            bytes.extend_from_slice(&state.to_le_bytes());
        }
        bytes
    };
    let mut blocks: Vec<Vec<u8>> = (0..BLOCKS).map(&mut block).collect();
    blocks[0][..9].copy_from_slice(b"%PDF-1.7\n");
    blocks
}

/// Sends the document; `halfway` is done after some of it.
async fn send(browser: &mut Browser, halfway: impl Fn() + Send + Sync + 'static) -> Answer {
    let stream = futures_util::stream::iter(blocks().into_iter().enumerate().map(move |(number, block)| {
        if number == BLOCKS / 2 {
            halfway();
        }
        Ok::<_, std::io::Error>(block)
    }));
    let part = reqwest::multipart::Part::stream(reqwest::Body::wrap_stream(stream)).file_name("plan.pdf");
    let token = browser.cookies["csrf"].clone();
    let form = reqwest::multipart::Form::new().text("csrf", token).part("file", part);
    let request = browser.request(Method::POST, "/files/upload").multipart(form);
    browser.send(request).await
}

fn nothing_on_its_way(data_dir: &Path) {
    let incoming = fs::read_dir(data_dir.join("files/incoming")).map_or(0, Iterator::count);
    assert_eq!(incoming, 0, "something half stored stayed");
}

/// Contents of files that are kept.
fn stored(data_dir: &Path) -> usize {
    let directories = fs::read_dir(data_dir.join("files")).unwrap().flatten();
    let directories = directories.filter(|entry| entry.file_name().len() == 2);
    directories.map(|entry| fs::read_dir(entry.path()).unwrap().count()).sum()
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

async fn site(disk: &Disk, configure: impl FnOnce(&mut Config)) -> (TestApp, Browser) {
    let app = TestApp::start_with(|config| {
        config.data_dir = disk.data_dir();
        configure(config);
    })
    .await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let customer = app.signed_in(Role::Customer, &["Acme"]).await;
    (app, customer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_during_an_upload_to_a_folder_keeps_nothing_of_the_file_and_takes_the_next() {
    let disk = Arc::new(Disk::mount(MEGABYTES));
    let (_app, mut customer) = site(&disk, |_| {}).await;
    let filled = Arc::clone(&disk);
    let refused = send(&mut customer, move || filled.fill()).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert!(refused.text.contains("disk of the server is full"), "{refused:?}");
    assert!(
        refused.text.contains("send the file again") && refused.text.contains("No files yet"),
        "{refused:?}"
    );
    nothing_on_its_way(&disk.data_dir());
    assert_eq!(stored(&disk.data_dir()), 0);
    // Full from the beginning: it is said before anything is written.
    let refused = send(&mut customer, || {}).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert!(refused.text.contains("disk of the server"), "{refused:?}");
    nothing_on_its_way(&disk.data_dir());

    disk.empty();
    let sent = send(&mut customer, || {}).await;
    assert_eq!(sent.header("location"), "/files?sent=1", "{sent:?}");
    assert_eq!(stored(&disk.data_dir()), 1);
    let list = customer.get("/files").await;
    assert!(list.text.contains("plan.pdf") && !list.text.contains("No files yet"), "{list:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fills_up_while_a_source_is_fetched_is_noted_with_the_source_which_goes_on_by_itself() {
    let disk = Arc::new(Disk::mount(MEGABYTES));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/stock.csv", listener.local_addr().unwrap());
    let filled = Arc::clone(&disk);
    std::thread::spawn(move || {
        let mut csv = b"Part,Customer,Qty\n".to_vec();
        for (row, block) in blocks().concat().chunks(64).enumerate() {
            let noise = stockroom::base::hex::encode(block);
            writeln!(csv, "P-{row}-{noise},Acme,{row}").unwrap();
        }
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", csv.len());
        for (number, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|read| read > 2) {}
            let (first, rest) = csv.split_at(csv.len() / 2);
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(first));
            if number == 0 {
                filled.fill();
            }
            let _ = stream.write_all(rest);
        }
    });
    let (app, _) = site(&disk, |config| {
        config.feeds.allow_private = vec![Allowed::Network("127.0.0.1".parse().unwrap(), 32)];
        config.feeds.inbox_poll = Duration::from_millis(60);
    })
    .await;
    let few = "Part,Customer,Qty\nA,Acme,1\n";
    app.import("Stock", few, &["owner=Customer", "key=Part"]).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let fields = [
        ("kind", "http"),
        ("name", "ERP stock"),
        ("dataset", "stock"),
        ("url", url.as_str()),
        ("every", "10"),
        ("enabled", "1"),
    ];
    let made = admin.submit("/admin/sources/new", "/admin/sources/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    until("filled", || disk.filler().exists()).await;
    let incoming = disk.data_dir().join("files/incoming");
    until("nothing half stored stays", || fs::read_dir(&incoming).map_or(0, Iterator::count) == 0).await;
    let source = || -> Source { app.services().store.read(sources::list_sources).unwrap().pop().unwrap() };
    assert_eq!(source().runs.import, None);
    disk.empty();
    // With the source where there was room for that, else with its job.
    let said = || {
        let services = app.services();
        let job = services.store.read(|r| jobs::list_jobs(r, JobState::Queued, Timestamp::MAX, usize::MAX));
        let job: Result<Vec<Job>, StoreError> = job;
        source().runs.error.or_else(|| job.unwrap().into_iter().find_map(|job| job.last_error))
    };
    until("said", || said().is_some()).await;
    let error = said().unwrap();
    assert!(error.contains("disk of the server is full") && error.contains("asked again"), "{error}");
    assert!(!error.contains("send the file"), "nobody sends it: {error}");
    app.advance_minutes(10);
    until("brought", || source().runs.import.is_some() && source().runs.error.is_none()).await;
    nothing_on_its_way(&disk.data_dir());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_queues_no_copy_of_what_was_not_kept_and_the_next_upload_is_copied() {
    let disk = Disk::mount(MEGABYTES);
    let (cloud, remote) = copies::cloud().await;
    let (app, mut customer) = site(&disk, |config| config.remote = Some(remote)).await;
    let table = copies::send(&mut customer, "stock.csv", b"Part;Customer\nCM-1;Acme\nCM-2;Acme\n").await;
    let table = table.header("location").to_owned();
    disk.fill();
    // Either the store still finds room in its own file, or it is all or nothing.
    let kept = customer.post_form(&format!("{table}/keep"), &[]).await;
    if kept.status != StatusCode::SEE_OTHER {
        assert_eq!(kept.status, StatusCode::INSUFFICIENT_STORAGE, "{kept:?}");
        assert!(kept.text.contains("Nothing was changed"), "{kept:?}");
        assert_eq!(copies::records(&app), 0);
    }
    let known = copies::records(&app);
    let refused = send(&mut customer, || {}).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{refused:?}");
    assert_eq!(copies::records(&app), known, "of what is not there no copy is queued");
    nothing_on_its_way(&disk.data_dir());

    disk.empty();
    let kept = customer.post_form(&format!("{table}/keep"), &[]).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{kept:?}");
    let sent = send(&mut customer, || {}).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    until("both are copied", || copies::is_copied(&app, "stock.csv") && copies::is_copied(&app, "plan.pdf"))
        .await;
    assert_eq!(copies::held(&cloud).len(), 2);
}
