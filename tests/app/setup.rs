//! The first start in a browser.

use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Mutex};

use reqwest::StatusCode;
use stockroom::domain::permission::Role;
use stockroom::services::setup;

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

/// What the console shows.
#[derive(Clone, Default)]
struct Console(Arc<Mutex<Vec<String>>>);

impl Console {
    fn of(app: &TestApp) -> Self {
        let console = Self::default();
        let lines = console.clone();
        setup::open(app.services(), move |code| lines.0.lock().unwrap().push(code.expose().clone())).unwrap();
        console
    }

    fn code(&self) -> String {
        self.0.lock().unwrap().last().unwrap().clone()
    }
}

fn token(page: &Answer) -> String {
    let rest = page.text.split("name=\"csrf\" value=\"").nth(1).unwrap_or_default();
    rest.split('"').next().unwrap().to_owned()
}

async fn submit(browser: &mut Browser, code: &str, changes: &[(&str, &str)]) -> Answer {
    let page = browser.get(&format!("/setup?code={code}")).await;
    let token = token(&page);
    let mut fields = vec![
        ("csrf", token.as_str()),
        ("code", code),
        ("site_name", "Acme Warehouse"),
        ("email", "ann@example.com"),
        ("first_name", "Ann"),
        ("password", PASSWORD),
    ];
    for (name, value) in changes {
        fields.retain(|(known, _)| known != name);
        fields.push((name, value));
    }
    browser.post_form("/setup", &fields).await
}

fn actions(app: &TestApp) -> Vec<String> {
    let admin = stockroom::domain::email::LoginKey::of("ann@example.com");
    app.services()
        .store
        .read(|r| {
            assert!(stockroom::store::users::find_user_by_login(r, &admin)?.is_some());
            let mut actions = Vec::new();
            let ascending = stockroom::store::transaction::Order::Ascending;
            stockroom::store::audit::visit_events(r, 0, ascending, &mut |event| {
                actions.push(event?.action);
                Ok(std::ops::ControlFlow::Continue(()))
            })?;
            Ok::<_, stockroom::store::StoreError>(actions)
        })
        .unwrap()
}

#[tokio::test]
async fn from_the_link_on_the_console_to_data_on_the_screen() {
    let app = TestApp::start().await;
    let console = Console::of(&app);
    let file = app.data_dir().join("setup-code");
    assert_eq!(std::fs::read_to_string(&file).unwrap().trim(), console.code());
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(console.code().len(), 43, "256 bits");

    let mut ann = app.browser();
    assert_eq!(ann.get("/").await.header("location"), "/setup");
    assert_eq!(ann.get("/login").await.header("location"), "/setup");
    let plain = ann.get("/setup").await;
    assert!(
        plain.status == StatusCode::OK
            && plain.text.contains("setup-code")
            && !plain.text.contains("site_name")
    );
    for _ in 0..10 {
        assert_eq!(ann.get(&format!("/setup?code={}", console.code())).await.status, StatusCode::OK);
    }
    let done = submit(&mut ann, &console.code(), &[]).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/setup/data"), "{done:?}");
    assert!(!file.exists(), "the code is void");
    assert_eq!(actions(&app), ["site.init", "session.begin"]);

    let data = ann.get("/setup/data").await;
    assert!(data.text.contains("href=\"/imports\"") && data.text.contains("Acme Warehouse"), "{}", data.text);
    assert_eq!(ann.get("/setup").await.header("location"), "/setup/data", "taken up again");
    let sample = ann.post_form("/setup/sample", &[]).await;
    assert_eq!(sample.header("location"), "/inventory");
    let rows = ann.get("/api/v1/datasets/inventory/rows?limit=1").await.json();
    assert!(rows["total"].as_u64().unwrap() > 100, "{rows}");
    assert_eq!(ann.get("/setup/data").await.header("location"), "/inventory", "there is data now");
    ann.post_form("/setup/sample", &[]).await;
    let imports = ann.get("/api/v1/imports").await.json();
    assert_eq!(imports["imports"].as_array().unwrap().len(), 1, "once");
}

#[tokio::test]
async fn a_used_link_is_gone_for_everybody() {
    let app = TestApp::start().await;
    let console = Console::of(&app);
    let code = console.code();
    assert_eq!(submit(&mut app.browser(), &code, &[]).await.status, StatusCode::SEE_OTHER);
    let mut late = app.browser();
    let page = late.get(&format!("/setup?code={code}")).await;
    assert_eq!(page.status, StatusCode::GONE);
    assert!(page.text.contains("href=\"/login\""));
    assert_eq!(late.post_form("/setup", &[("code", &code)]).await.status, StatusCode::GONE);
    assert_eq!(late.get("/setup").await.header("location"), "/login");
    assert_eq!(setup::open(app.services(), |_| panic!("no code is made any more")).ok(), Some(false));
}

#[tokio::test]
async fn asvs_6_3_2_nobody_becomes_admin_without_the_code() {
    let app = TestApp::start().await;
    let console = Console::of(&app);
    let right = console.code();
    let mut mallory = app.browser();
    for wrong in ["", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let answer = submit(&mut mallory, wrong, &[]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(answer.header("set-cookie").is_empty() || !answer.header("set-cookie").contains("sid"));
    }
    assert_ne!(console.code(), right, "five wrong ones: another code is needed");
    let old = mallory.get(&format!("/setup?code={right}")).await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY, "the old one is good for nothing");
    assert!(!old.text.contains(&console.code()));
    assert_eq!(submit(&mut app.browser(), &console.code(), &[]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_is_wrong_is_said_and_what_was_typed_is_kept() {
    let app = TestApp::start().await;
    let code = Console::of(&app).code();
    let mut ann = app.browser();
    let changes = [("email", "ann"), ("password", "too short"), ("site_name", "<b>\"Acme\"</b>")];
    let answer = submit(&mut ann, &code, &changes).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in
        ["Email is not a mail address", "Password is too short", "&lt;b&gt;&quot;Acme&quot;&lt;/b&gt;"]
    {
        assert!(answer.text.contains(text), "{text}: {}", answer.text);
    }
    let turned = submit(&mut ann, &code, &[("site_name", "Stock\u{202e}room")]).await;
    assert!(turned.status == 422 && turned.text.contains("none that turn"), "{}", turned.text);
    assert!(!answer.text.contains("too short\"") && !answer.text.contains("<b>"), "{}", answer.text);
    let forged =
        ann.post_form("/setup", &[("csrf", "x.y"), ("code", &code), ("email", "eve@example.com")]).await;
    assert_eq!(forged.status, StatusCode::UNPROCESSABLE_ENTITY, "a form that is not ours does nothing");
    assert_eq!(submit(&mut ann, &code, &[("role", "customer")]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn the_second_step_is_for_admins() {
    let app = TestApp::start().await;
    app.signed_in(Role::Admin, &[]).await;
    let mut customer = app.signed_in(Role::Customer, &["Acme"]).await;
    assert_eq!(customer.get("/setup/data").await.status, StatusCode::FORBIDDEN);
    assert_eq!(customer.post_form("/setup/sample", &[]).await.status, StatusCode::FORBIDDEN);
    // Left aside, it is found again by those it is for.
    let (mut admin, mut operator) = (app.signed_in(Role::Admin, &[]).await, app.operator().await);
    for path in ["/inventory", "/imports"] {
        assert!(admin.get(path).await.text.contains("href=\"/setup/data\""), "{path}");
        assert!(!operator.get(path).await.text.contains("href=\"/setup/data\""), "{path}");
    }
    assert_eq!(customer.get("/setup").await.header("location"), "/");
}
