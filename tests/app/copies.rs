//! Copies of users' files elsewhere: when one is made, what is shown of it, when it goes. The store is a server that does
//! what Cloudinary documents of its upload API; `tests/servers` has a real store of S3.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use md5::Md5;
use reqwest::{Method, StatusCode};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use stockroom::base::hex;
use stockroom::base::secret::SecretString;
use stockroom::config::remote::{CloudinaryConfig, RemoteConfig, RemoteNet, RemoteStore};
use stockroom::domain::file_copy::{CopyState, FileCopy};
use stockroom::domain::job::JobState;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::jobs::chores::purge_all;
use stockroom::services::user_files::copies;
use stockroom::store::{StoreError, file_copies, jobs};

use crate::harness::{Answer, Browser, TestApp, says};

const PATIENCE: Duration = Duration::from_secs(20);
const SECRET: &str = "abcd";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";

/// What the store is asked to do next.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    Good,
    /// Says 503 to everything.
    Away,
    /// Takes everything and says nothing.
    Silent,
    /// Keeps something else than it was sent.
    Forgetful,
}

pub struct Held {
    mood: Mood,
    objects: BTreeMap<String, Vec<u8>>,
    /// Beginnings of uploads in parts.
    begun: BTreeMap<String, Vec<u8>>,
    /// How often something was uploaded to the end.
    puts: usize,
    /// How often nothing was said.
    unanswered: usize,
}

impl Held {
    pub fn set(&mut self, mood: Mood) {
        self.mood = mood;
    }
}

pub type Cloud = Arc<Mutex<Held>>;

fn refuse(status: StatusCode, message: &str) -> Response {
    let body = serde_json::json!({ "error": { "message": message } });
    (axum::http::StatusCode::from_u16(status.as_u16()).unwrap(), body.to_string()).into_response()
}

/// The fields of either kind of form; a file under `file`.
async fn fields(headers: &HeaderMap, body: Bytes) -> BTreeMap<String, Vec<u8>> {
    let kind = headers["content-type"].to_str().unwrap();
    if kind == "application/x-www-form-urlencoded" {
        let pairs = form_urlencoded::parse(&body);
        return pairs.map(|(name, value)| (name.into_owned(), value.into_owned().into_bytes())).collect();
    }
    let boundary = multer::parse_boundary(kind).unwrap();
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
    let mut form = multer::Multipart::new(stream, boundary);
    let mut found = BTreeMap::new();
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        found.insert(name, field.bytes().await.unwrap().to_vec());
    }
    found
}

/// The documented scheme, written down here once more: everything but file, key and signature, by name, joined like a
/// query, then the secret.
fn signature(fields: &BTreeMap<String, Vec<u8>>) -> String {
    let signed = fields.iter().filter(|(name, _)| !matches!(name.as_str(), "file" | "api_key" | "signature"));
    let pairs: Vec<String> =
        signed.map(|(name, value)| format!("{name}={}", String::from_utf8(value.clone()).unwrap())).collect();
    hex::encode(&Sha1::digest(format!("{}{SECRET}", pairs.join("&"))))
}

async fn answer(
    State(cloud): State<Cloud>,
    Path(action): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let fields = fields(&headers, body).await;
    let text = |name: &str| String::from_utf8(fields.get(name).cloned().unwrap_or_default()).unwrap();
    if cloud.lock().unwrap().mood == Mood::Silent {
        cloud.lock().unwrap().unanswered += 1;
        std::future::pending::<()>().await;
    }
    let mut held = cloud.lock().unwrap();
    if held.mood == Mood::Away {
        return refuse(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
    }
    if text("signature") != signature(&fields) || text("api_key") != "874837483274837" {
        return refuse(StatusCode::UNAUTHORIZED, "Invalid Signature");
    }
    assert_eq!(text("type"), "authenticated", "an address alone must not open it");
    let public_id = text("public_id");
    if action == "destroy" {
        let result = if held.objects.remove(&public_id).is_some() { "ok" } else { "not found" };
        return serde_json::json!({ "result": result }).to_string().into_response();
    }
    let mut bytes = fields["file"].clone();
    if let Some(range) = headers.get("content-range") {
        let range = range.to_str().unwrap().strip_prefix("bytes ").unwrap();
        let (range, total) = range.split_once('/').unwrap();
        let (from, until) = range.split_once('-').unwrap();
        let number = |text: &str| text.parse::<usize>().unwrap();
        let begun = held.begun.entry(headers["x-unique-upload-id"].to_str().unwrap().to_owned()).or_default();
        assert_eq!((begun.len(), number(until) + 1 - number(from)), (number(from), bytes.len()));
        begun.extend_from_slice(&bytes);
        if begun.len() < number(total) {
            return serde_json::json!({ "done": false }).to_string().into_response();
        }
        bytes = std::mem::take(begun);
    }
    held.puts += 1;
    if held.mood == Mood::Forgetful {
        bytes[0] ^= 1;
    }
    let etag = hex::encode(&Md5::digest(&bytes));
    let said = serde_json::json!({ "public_id": public_id, "bytes": bytes.len(), "etag": etag });
    held.objects.insert(public_id, bytes);
    said.to_string().into_response()
}

/// A store on a port of its own, as long as the test's runtime lives.
pub async fn cloud() -> (Cloud, RemoteConfig) {
    let (objects, begun) = (BTreeMap::new(), BTreeMap::new());
    let held = Held { mood: Mood::Good, objects, begun, puts: 0, unanswered: 0 };
    let cloud: Cloud = Arc::new(Mutex::new(held));
    let routes = Router::new()
        .route("/v1_1/demo/raw/{action}", post(answer))
        .layer(DefaultBodyLimit::disable())
        .with_state(Arc::clone(&cloud));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
    let config = RemoteConfig {
        store: RemoteStore::Cloudinary(CloudinaryConfig {
            api_url: format!("http://{address}"),
            cloud_name: "demo".to_owned(),
            api_key: "874837483274837".to_owned(),
            api_secret: SecretString::new(SECRET.to_owned()),
            folder: String::new(),
        }),
        net: RemoteNet { timeout: Duration::from_secs(20), ca_file: None, allow_http: true },
    };
    (cloud, config)
}

pub async fn site(remote: Option<RemoteConfig>) -> (TestApp, Browser) {
    let app = TestApp::start_with(|config| config.remote = remote).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let customer = app.signed_in(Role::Customer, &["Acme"]).await;
    (app, customer)
}

pub async fn send(browser: &mut Browser, name: &str, bytes: &[u8]) -> Answer {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new().text("csrf", token).part("file", part);
    let request = browser.request(Method::POST, "/files/upload").multipart(form);
    let sent = browser.send(request).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    sent
}

/// Asks until it is so.
async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// How far the copies of everybody are, by content.
fn states(app: &TestApp) -> BTreeMap<String, CopyState> {
    let services = app.services();
    let files = services.store.read(stockroom::store::user_files::list_all_files);
    let files: Result<_, StoreError> = files;
    let files = files.unwrap().into_iter();
    files
        .filter_map(|file| Some((file.name.clone(), copies::find_state(services, &file).unwrap()?)))
        .collect()
}

pub fn records(app: &TestApp) -> usize {
    let records: Result<_, StoreError> = app.services().store.read(file_copies::list_all_copies);
    records.unwrap().len()
}

pub fn is_copied(app: &TestApp, name: &str) -> bool {
    matches!(states(app).get(name), Some(CopyState::Copied(_)))
}

pub fn held(cloud: &Cloud) -> Vec<String> {
    cloud.lock().unwrap().objects.keys().cloned().collect()
}

/// The page of the file of one's own that is called so.
async fn file_called(browser: &mut Browser, name: &str) -> String {
    let list = browser.get("/files").await.text;
    let row = list.split("<tr>").find(|row| row.contains(&format!("title=\"{name}\"")));
    let row = row.unwrap_or_else(|| panic!("no {name}: {list}"));
    row.split("href=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

async fn erase(browser: &mut Browser, page: &str) {
    browser.submit(page, &format!("{page}/delete"), &[]).await;
    let erased = browser.post_form(&format!("{page}/erase"), &[]).await;
    assert_eq!(erased.status, StatusCode::SEE_OTHER, "{erased:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_file_is_copied_under_its_users_id_and_its_content_and_goes_with_the_last_of_them() {
    let (cloud, remote) = cloud().await;
    let (app, mut customer) = site(Some(remote)).await;
    // A table is not kept by being sent.
    let table = send(&mut customer, "../stock.csv", b"Part;Customer;Qty\nCM-1;Acme;1\nCM-2;Acme;2\n").await;
    let table = table.header("location").to_owned();
    assert!(customer.get("/files").await.text.contains("Not copied"));
    customer.submit(&table, &format!("{table}/keep"), &[]).await;
    until("the table's copy", || is_copied(&app, "stock.csv")).await;
    send(&mut customer, "a.pdf", PDF).await;
    until("the document's copy", || is_copied(&app, "a.pdf")).await;
    let users: Result<_, StoreError> = app.services().store.read(file_copies::list_all_copies);
    let user = users.unwrap()[0].user_id;
    let key = format!("users/{user}/{}", hex::encode(&Sha256::digest(PDF)));
    assert_eq!(cloud.lock().unwrap().objects.get(&key).map(Vec::as_slice), Some(PDF), "{:?}", held(&cloud));
    assert!(!held(&cloud).iter().any(|key| key.contains("stock.csv")), "names are not told");
    assert_eq!(cloud.lock().unwrap().puts, 2);

    // The same content again, and another name, are the same copy.
    send(&mut customer, "b.pdf", PDF).await;
    let page = file_called(&mut customer, "b.pdf").await;
    customer.submit(&page, &format!("{page}/rename"), &[("name", "c.pdf")]).await;
    let seen = customer.get(&page).await.text;
    assert!(seen.contains("Copied and compared:") && !seen.contains("cloudinary://"), "{seen}");
    assert!(is_copied(&app, "c.pdf"));
    erase(&mut customer, &page).await;
    app.services().ring_job_bell();
    assert!(held(&cloud).contains(&key), "another file of theirs has the content");
    let page = file_called(&mut customer, "a.pdf").await;
    customer.submit(&page, &format!("{page}/delete"), &[]).await;
    assert_eq!(held(&cloud).len(), 2, "it can be brought back");
    customer.post_form(&format!("{page}/erase"), &[]).await;
    until("the copy is deleted", || !held(&cloud).contains(&key)).await;
    until("and forgotten", || records(&app) <= 1).await;
    assert_eq!(cloud.lock().unwrap().puts, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_or_damages_gets_another_try_and_who_looks_after_files_sees_why() {
    let (cloud, remote) = cloud().await;
    cloud.lock().unwrap().mood = Mood::Away;
    let (app, mut customer) = site(Some(remote)).await;
    send(&mut customer, "a.pdf", PDF).await;
    let why = |app: &TestApp| match states(app).remove("a.pdf") {
        Some(CopyState::Retrying { why, .. } | CopyState::Failed { why }) => why,
        _ => String::new(),
    };
    until("the first try fails", || why(&app).contains("503")).await;
    let page = file_called(&mut customer, "a.pdf").await;
    let told = customer.get(&page).await.text;
    assert!(told.contains("Copy delayed") && told.contains("The next try:"), "{told}");
    assert!(!says(&told, "503"), "what is technical is not for them: {told}");
    assert!(!told.contains("Copy again"), "{told}");

    cloud.lock().unwrap().mood = Mood::Forgetful;
    app.advance_minutes(1);
    app.services().ring_job_bell();
    until("the second finds the damage", || why(&app).contains("the copy is damaged: its MD5 is another"))
        .await;

    // The last try is over: who looks after files has it copied again.
    cloud.lock().unwrap().mood = Mood::Away;
    for _ in 0..20 {
        app.advance_minutes(61);
        app.services().ring_job_bell();
        let tries = |app: &TestApp| {
            let copy: Result<_, StoreError> = app.services().store.read(file_copies::list_all_copies);
            let id = copy.unwrap()[0].job.unwrap();
            let job: Result<_, StoreError> = app.services().store.read(|r| jobs::find_job(r, id));
            let job = job.unwrap().unwrap();
            (job.attempts, job.state)
        };
        let (before, state) = tries(&app);
        if state == JobState::Dead {
            break;
        }
        until("the next try", || {
            let (now, state) = tries(&app);
            now > before && state != JobState::Running
        })
        .await;
    }
    until("it is given up", || matches!(states(&app).get("a.pdf"), Some(CopyState::Failed { .. }))).await;
    let mut admin = app.browser();
    admin.login("root@example.com", crate::harness::PASSWORD).await;
    until("that is an event", || app.actions().contains(&"file.copy-fail".to_owned())).await;
    let overview = admin.get("/admin/copies").await.text;
    assert!(overview.contains("Copy failed") && overview.contains("cloudinary://demo"), "{overview}");
    let path = overview.split("href=\"/files/folders/").nth(1).unwrap().split('"').next().unwrap();
    let path = format!("/files/folders/{path}");
    let seen = admin.get(&path).await.text;
    assert!(seen.contains("503") && seen.contains("Copy again"), "{seen}");
    assert!(admin.get(path.rsplit_once('/').unwrap().0).await.text.contains("Copy failed"));
    // Nobody else may ask for it.
    let mut other = app.signed_in(Role::Customer, &["Acme"]).await;
    assert_eq!(other.post_form(&format!("{path}/copy"), &[]).await.status, StatusCode::FORBIDDEN);
    cloud.lock().unwrap().mood = Mood::Good;
    let again = admin.submit(&path, &format!("{path}/copy"), &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{again:?}");
    until("it is copied", || is_copied(&app, "a.pdf")).await;
    assert!(app.actions().contains(&"file.copy-again".to_owned()));
    let seen = admin.get(&path).await.text;
    assert!(seen.contains("Compare the copy") && seen.contains("cloudinary://demo"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_from_before_the_store_are_caught_up_with_and_another_store_gets_them_too() {
    let (app, mut customer) = site(None).await;
    send(&mut customer, "a.pdf", PDF).await;
    let list = customer.get("/files").await.text;
    assert!(!list.contains("<th scope=\"col\">Copy</th>"), "nothing is said of what there is not: {list}");
    assert_eq!(records(&app), 0);
    let (cloud_a, remote_a) = cloud().await;
    let app = restart_with(app, Some(remote_a)).await;
    assert_eq!(copies::catch_up(app.services()).unwrap(), 1);
    assert_eq!(copies::catch_up(app.services()).unwrap(), 0, "it is queued already");
    until("the copy", || is_copied(&app, "a.pdf")).await;
    assert_eq!(copies::catch_up(app.services()).unwrap(), 0);
    assert_eq!(held(&cloud_a).len(), 1);

    // Another account: what is at the first is left there and is not deleted by mistake elsewhere.
    let (cloud_b, mut remote_b) = cloud().await;
    if let RemoteStore::Cloudinary(config) = &mut remote_b.store {
        config.folder = "stock".to_owned();
    }
    let app = restart_with(app, Some(remote_b)).await;
    let mut admin = app.browser();
    admin.login("root@example.com", crate::harness::PASSWORD).await;
    let told = admin.get("/admin/copies").await.text;
    assert!(
        told.contains("1 copy is at cloudinary://demo") && told.contains("where copies went before"),
        "{told}"
    );
    assert!(told.contains("copied to the present store as well") && told.contains("0 (0 B)"), "{told}");
    assert_eq!(copies::catch_up(app.services()).unwrap(), 1);
    until("the copy elsewhere", || held(&cloud_b).len() == 1).await;
    assert!(held(&cloud_b)[0].starts_with("stock/users/"), "{:?}", held(&cloud_b));

    // The user goes, and their copies with them.
    until("it is noted", || is_copied(&app, "a.pdf")).await;
    let told = || app.services().store.read(file_copies::list_all_copies);
    until("it is noted where", || {
        let copies: Result<_, StoreError> = told();
        copies.unwrap()[0].copied.as_ref().is_some_and(|copied| copied.place.contains("stock"))
    })
    .await;
    let told = admin.get("/admin/copies").await.text;
    assert!(!told.contains("where copies went before"), "{told}");
    let copy: Result<_, StoreError> = app.services().store.read(file_copies::list_all_copies);
    let user = copy.unwrap()[0].user_id;
    let question = format!("/admin/customers/{user}/delete");
    let fields = [("confirm_email", "customer1@example.com")];
    let deleted = admin.submit(&question, &question, &fields).await;
    assert_eq!(deleted.status, StatusCode::SEE_OTHER, "{deleted:?}");
    app.services().ring_job_bell();
    until("the copies are gone", || held(&cloud_b).is_empty() && records(&app) == 0).await;
    purge_all(app.services()).unwrap();
}

async fn restart_with(app: TestApp, remote: Option<RemoteConfig>) -> TestApp {
    let TestApp { running, clock, directory } = app;
    let mut config = stockroom::config::Config::clone(&running.services.config());
    running.shutdown().await;
    config.remote = remote;
    let deps = stockroom::app::Deps {
        clock: clock.clone(),
        registry: stockroom::app::registry(),
        worker: crate::harness::worker(),
        ..Default::default()
    };
    let running = stockroom::app::App::start(config, deps).await.unwrap();
    TestApp { running, clock, directory }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_file_goes_in_parts_and_the_store_can_be_tried() {
    let (cloud, remote) = cloud().await;
    let (app, mut customer) = site(Some(remote)).await;
    let large: Vec<u8> = PDF.iter().copied().chain((0..20_000_000_u32).map(|n| (n % 251) as u8)).collect();
    send(&mut customer, "large.pdf", &large).await;
    until("the large copy", || is_copied(&app, "large.pdf")).await;
    assert!(cloud.lock().unwrap().objects.values().any(|bytes| *bytes == large));

    let mut admin = app.browser();
    admin.login("root@example.com", crate::harness::PASSWORD).await;
    let page = admin.get("/admin/copies").await;
    assert!(page.text.contains("1 (19 MiB)"), "{page:?}");
    let tested = admin.submit_on(&page, "/admin/copies/test", &[]).await;
    assert_eq!(tested.status, StatusCode::OK, "{tested:?}");
    assert!(tested.text.contains("The store works.") && tested.text.contains("it is gone"), "{tested:?}");
    assert_eq!(held(&cloud).len(), 1);
    cloud.lock().unwrap().mood = Mood::Away;
    let tested = admin.submit_on(&page, "/admin/copies/test", &[]).await;
    assert_eq!(tested.status, StatusCode::UNPROCESSABLE_ENTITY, "{tested:?}");
    assert!(
        tested.text.contains("This step failed: Put and compare") && tested.text.contains("503"),
        "{tested:?}"
    );
    assert_eq!(app.actions().iter().filter(|action| *action == "file.copy-test").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_says_nothing_does_not_hold_up_the_end_and_the_next_start_goes_on() {
    let (cloud, mut remote) = cloud().await;
    remote.net.timeout = Duration::from_mins(30);
    cloud.lock().unwrap().mood = Mood::Silent;
    let (app, mut customer) = site(Some(remote)).await;
    send(&mut customer, "a.pdf", PDF).await;
    until("it was asked", || cloud.lock().unwrap().unanswered == 1).await;
    assert!(matches!(states(&app).get("a.pdf"), Some(CopyState::Waiting)));
    let remote = app.services().config().remote.clone();
    let ended = tokio::time::timeout(PATIENCE, restart_with(app, remote)).await;
    let app = ended.expect("the server did not end while the store was silent");
    until("it was asked again", || cloud.lock().unwrap().unanswered == 2).await;
    cloud.lock().unwrap().mood = Mood::Good;
    let remote = app.services().config().remote.clone();
    let app = restart_with(app, remote).await;
    until("it is copied", || is_copied(&app, "a.pdf")).await;
    assert_eq!(cloud.lock().unwrap().puts, 1);
    let data = {
        customer.base = app.browser().base;
        customer.get("/account/data").await
    };
    assert!(data.json()["files"][0]["copied_elsewhere_at"].is_string(), "{data:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_says_on_the_settings_page_where_copies_go_and_sees_only_names_in_reach() {
    let (app, mut customer) = site(None).await;
    send(&mut customer, "secret plans.pdf", PDF).await;
    let mut admin = app.browser();
    admin.login("root@example.com", crate::harness::PASSWORD).await;
    let off = admin.get("/admin/copies").await.text;
    assert!(off.contains("Files are copied nowhere") && !off.contains("/admin/copies/test"), "{off}");
    let mut fields = vec![("files-remote_was", ""), ("files-remote", "s3")];
    let half = admin.post_form("/admin/settings", &fields).await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY, "{half:?}");
    assert!(half.text.contains("needs") && half.text.contains("S3: bucket"), "{half:?}");
    // Nothing answers there.
    fields.extend([
        ("s3-endpoint_was", ""),
        ("s3-endpoint", "https://127.0.0.1:1"),
        ("s3-bucket_was", ""),
        ("s3-bucket", "stock"),
        ("s3-access_key_id_was", ""),
        ("s3-access_key_id", "AKIA"),
        ("s3-secret_access_key_was", ""),
        ("s3-secret_access_key", "hush"),
    ]);
    let saved = admin.post_form("/admin/settings", &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{saved:?}");
    assert!(app.services().config().remote.is_some());
    assert!(!admin.get("/admin/settings").await.text.contains("hush"));
    assert_eq!(copies::catch_up(app.services()).unwrap(), 1);
    until("it fails", || matches!(states(&app).get("secret plans.pdf"), Some(CopyState::Retrying { .. })))
        .await;
    let seen = admin.get("/admin/copies").await.text;
    assert!(seen.contains("secret plans.pdf") && seen.contains("no answer from 127.0.0.1:1"), "{seen}");
    let mut narrow = app.signed_in(Role::Admin, &["Other"]).await;
    let seen = narrow.get("/admin/copies").await;
    assert!(seen.text.contains("out of your reach") && !seen.text.contains("secret plans"), "{seen:?}");
    // Another place, with the secret that nobody sees: it is asked for again.
    let moved = admin
        .post_form(
            "/admin/settings",
            &[("s3-endpoint_was", "https://127.0.0.1:1"), ("s3-endpoint", "https://evil.example")],
        )
        .await;
    assert_eq!(moved.status, StatusCode::UNPROCESSABLE_ENTITY, "{moved:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doing_it_twice_changes_nothing_and_what_a_crash_left_unnoted_is_sent_once_more() {
    let (cloud, remote) = cloud().await;
    let (app, mut customer) = site(Some(remote)).await;
    send(&mut customer, "a.pdf", PDF).await;
    let services = app.services();
    until("the copy", || is_copied(&app, "a.pdf")).await;
    let done = || {
        let done: Result<_, StoreError> =
            services.store.read(|r| jobs::list_jobs(r, JobState::Done, jiff::Timestamp::MAX, 100));
        done.unwrap().into_iter().find(|job| job.kind == copies::COPY_JOB)
    };
    until("its job is done", || done().is_some()).await;
    let job = done().unwrap();
    let again: copies::CopyJob = serde_json::from_str(&job.payload).unwrap();
    // On a thread that may block, as the runner has them.
    let make = || {
        let (services, id, again) = (Arc::clone(services), job.id, again.clone());
        let made = tokio::task::spawn_blocking(move || copies::make(&services, id, &again, &|| false));
        async { made.await.unwrap().unwrap() }
    };
    assert_eq!(make().await, copies::Outcome::Done);
    assert_eq!(cloud.lock().unwrap().puts, 1);
    // As it was before the outcome was noted.
    let written: Result<_, StoreError> = services.store.write(|w| {
        let copy = file_copies::find_copy(w, again.user, &again.sha256)?.unwrap();
        file_copies::put_copy(w, &FileCopy { job: Some(job.id), copied: None, ..copy })
    });
    written.unwrap();
    assert_eq!(make().await, copies::Outcome::Done);
    assert_eq!(cloud.lock().unwrap().puts, 2);
    assert_eq!(held(&cloud).len(), 1);
    assert!(is_copied(&app, "a.pdf"));
    let gone = copies::UncopyJob { user: again.user };
    for _ in 0..2 {
        let (services, gone) = (Arc::clone(services), gone.clone());
        let removed = tokio::task::spawn_blocking(move || copies::remove(&services, &gone, &|| false));
        let outcome = removed.await.unwrap().unwrap();
        assert_eq!(outcome, copies::Outcome::Done);
    }
    assert_eq!(held(&cloud).len(), 1, "nothing of it was to go");
}

#[tokio::test(flavor = "multi_thread")]
async fn once_the_store_is_mended_all_that_failed_is_tried_again_at_once() {
    let (cloud, remote) = cloud().await;
    let (app, mut customer) = site(Some(remote)).await;
    send(&mut customer, "gone.pdf", b"%PDF-1.4 gone").await;
    until("the copy of what is to go", || is_copied(&app, "gone.pdf")).await;
    cloud.lock().unwrap().mood = Mood::Away;
    let gone = file_called(&mut customer, "gone.pdf").await;
    erase(&mut customer, &gone).await;
    send(&mut customer, "a.pdf", PDF).await;
    send(&mut customer, "b.pdf", b"%PDF-1.5").await;
    let mut admin = app.browser();
    admin.login("root@example.com", crate::harness::PASSWORD).await;
    let begun = Instant::now();
    while !admin.get("/admin/copies").await.text.contains("<dt>With a problem</dt><dd>3</dd>") {
        assert!(begun.elapsed() < PATIENCE, "{}", admin.get("/admin/copies").await.text);
    }
    let page = admin.get("/admin/copies").await;
    assert!(page.text.contains("Deletion delayed") && page.text.contains("Copy delayed"), "{page:?}");
    cloud.lock().unwrap().mood = Mood::Good;
    let again = admin.submit_on(&page, "/admin/copies/retry", &[]).await;
    assert_eq!(again.header("location"), "/admin/copies?again=3", "{again:?}");
    until("all is done", || is_copied(&app, "a.pdf") && is_copied(&app, "b.pdf")).await;
    until("also the deletion", || records(&app) == 2 && held(&cloud).len() == 2).await;
    assert!(app.actions().contains(&"file.copy-retry".to_owned()));
    assert!(admin.get(again.header("location")).await.text.contains("3 copies are tried again now."));
}
