//! Settings made on the page: below what is said outside, checked as a whole, audited, at once.

use reqwest::StatusCode;
use stockroom::config::sources::Sources;
use stockroom::config::{Config, accounts::SignupMode};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::authorize::{Grant, ReadAudit};
use stockroom::store::{StoreError, settings as store_settings, users};

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

const PAGE: &str = "/admin/settings";

async fn root(app: &TestApp) -> Browser {
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    root
}

/// Sends the fields with what the page says now about each of them.
async fn change(root: &mut Browser, field: &str, value: &str) -> Answer {
    let page = root.get(PAGE).await.text;
    let mark = format!("name=\"{field}_was\" value=\"");
    let was = page
        .split(&mark)
        .nth(1)
        .unwrap_or_else(|| panic!("no {field}"))
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    root.post_form(PAGE, &[(&format!("{field}_was"), &was), (field, value)]).await
}

#[tokio::test]
async fn a_setting_takes_effect_at_once_stays_over_a_restart_and_is_audited() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    assert_eq!(change(&mut root, "site-name", "Halle 7").await.header("location"), "/admin/settings?saved=1");
    assert!(app.browser().get("/login").await.text.contains("Halle 7"));
    assert_eq!(change(&mut root, "signup-mode", "off").await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        app.browser().get("/register").await.status,
        StatusCode::NOT_FOUND,
        "nobody signs up any more"
    );
    assert_eq!(change(&mut root, "session-idle", "45m").await.status, StatusCode::SEE_OTHER);
    let page = root.get(PAGE).await.text;
    assert!(page.contains("value=\"45m\"") && page.contains("Set here"), "{page}");
    let app = app.restart_after(|_| {}).await;
    root.base = app.browser().base;
    assert!(app.browser().get("/login").await.text.contains("Halle 7"));
    assert_eq!(app.services().config().accounts.signup, SignupMode::Off);
    assert_eq!(app.services().config().session.idle.as_secs(), 45 * 60);
    // Back to the default.
    assert_eq!(change(&mut root, "session-idle", "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(app.services().config().session.idle.as_secs(), 30 * 60);
    let user = app
        .services()
        .store
        .read(|r| users::find_user_by_login(r, &stockroom::domain::email::LoginKey::of("root@example.com")));
    let user: Result<_, StoreError> = user;
    let grant = Grant::<ReadAudit>::check(&user.unwrap().unwrap(), None).unwrap();
    let events = stockroom::services::audit::list(app.services(), &grant, None, 20).unwrap();
    let told: Vec<_> = events.iter().filter(|event| event.action == "settings.change").collect();
    assert_eq!(told.len(), 4);
    assert!(
        told[0].details.contains("\"before\":\"45m\"") && told[0].details.contains("\"after\":null"),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_is_wrong_is_said_and_nothing_is_changed() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    for (field, value, said) in [
        ("session-idle", "soon", "soon"),
        ("session-idle", "1s", "1s"),
        ("password-min_length", "3", "3"),
        ("site-name", "\u{202e}evil", "none that turn"),
        ("site-accent", "#ffcc00", "would do"),
        ("site-time_zone", "Mars/Olympus", "no time zone"),
        ("site-dates", "13/2026", "expected one of"),
        ("site-numbers", "1_234", "expected one of"),
        ("signup-mode", "confirm", "eeds mail; set “Mail server”"),
        ("accounts-country", "Germany", "two letters"),
        ("smtp-host", "mail.example.com", "Needs “Sender” too"),
    ] {
        let refused = change(&mut root, field, value).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}={value}: {refused:?}");
        assert!(refused.text.contains(said), "{field}={value}: {}", refused.text);
    }
    // One wrong field keeps the others from being saved too, and what was typed stays.
    let fields = [
        ("site-name_was", ""),
        ("site-name", "Halle 8"),
        ("session-idle_was", ""),
        ("session-idle", "never"),
    ];
    let refused = root.post_form(PAGE, &fields).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("value=\"Halle 8\""));
    let kept: Result<_, StoreError> = app.services().store.read(store_settings::list_settings);
    assert_eq!(kept.unwrap(), []);
    // Fields that are none, or not for this page, have no effect.
    let answer = root
        .post_form(PAGE, &[("password-memory_kib_was", ""), ("password-memory_kib", "1"), ("x", "y")])
        .await;
    assert_eq!(answer.header("location"), "/admin/settings?saved=0");
}

#[tokio::test]
async fn what_is_said_outside_is_locked_and_two_admins_do_not_overwrite_each_other() {
    let app = TestApp::start_with(|config| {
        let environment = vec![("STOCKROOM_SESSION_IDLE".to_owned(), "20m".to_owned())];
        let said = Config::load(&Sources { environment, ..Sources::default() }).unwrap();
        (config.sources, config.shown, config.session) = (said.sources, said.shown, said.session);
    })
    .await;
    let mut root = root(&app).await;
    let page = root.get(PAGE).await.text;
    assert!(page.contains("class=\"field setting locked\""), "it looks locked: {page}");
    assert!(page.contains("placeholder=\"12h\"") && page.contains("placeholder=\"#6db3f8\""), "{page}");
    assert!(
        !page.contains("placeholder=\"30m\" disabled") && page.contains("Default: the machine's, "),
        "{page}"
    );
    let locked = page.split("id=\"session-idle-origin\"").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(locked.contains("Set elsewhere: environment, STOCKROOM_SESSION_IDLE"), "{locked}");
    let forged = root.post_form(PAGE, &[("session-idle_was", "20m"), ("session-idle", "9h")]).await;
    assert_eq!(forged.header("location"), "/admin/settings?saved=0", "a locked field is no wish: {forged:?}");
    assert_eq!(app.services().config().session.idle.as_secs(), 20 * 60);

    change(&mut root, "site-name", "Halle 7").await;
    let stale = root.post_form(PAGE, &[("site-name_was", ""), ("site-name", "Halle 9")]).await;
    assert_eq!(stale.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(stale.text.contains("changed meanwhile, to Halle 7"), "{}", stale.text);
    let other = root
        .post_form(
            PAGE,
            &[("site-name_was", ""), ("site-name", ""), ("signup-mode_was", ""), ("signup-mode", "off")],
        )
        .await;
    assert_eq!(other.header("location"), "/admin/settings?saved=1", "an untouched field overwrites nothing");
    assert_eq!(app.services().config().site.name, "Halle 7");
}

#[tokio::test]
async fn a_secret_is_sealed_never_shown_replaced_and_forgotten() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    let secret = "correct horse of the mail server";
    let fields = [
        ("smtp-host_was", ""),
        ("smtp-host", "mail.example.com"),
        ("smtp-from_was", ""),
        ("smtp-from", "stock@example.com"),
        ("smtp-username_was", ""),
        ("smtp-username", "stock"),
        ("smtp-password_was", ""),
        ("smtp-password", secret),
    ];
    let saved = root.post_form(PAGE, &fields).await;
    assert_eq!(saved.header("location"), "/admin/settings?saved=4", "{saved:?}");
    assert!(app.services().config().mail.is_on());
    assert_eq!(
        app.services().config().accounts.signup,
        SignupMode::ConfirmAndApproval,
        "mail changes what follows from it"
    );
    let page = root.get(PAGE).await.text;
    assert!(page.contains("There is one") && !page.contains(secret));
    let kept: Result<Vec<_>, StoreError> = app.services().store.read(store_settings::list_settings);
    assert!(kept.unwrap().iter().all(|(_, value)| !value.contains("horse")), "it is sealed");
    let bytes = std::fs::read(app.data_dir().join("stockroom.redb")).unwrap_or_default();
    assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
    let app = app.restart_after(|_| {}).await;
    root.base = app.browser().base;
    assert!(app.services().config().mail.is_on(), "it opens again");
    // Another key opens nothing: the setting is left out, and the site starts.
    let app = app.restart_after(|data| std::fs::remove_file(data.join("keys/site.key")).unwrap()).await;
    root.base = app.browser().base;
    let page = root.get(PAGE).await;
    assert!(page.status == StatusCode::OK && page.text.contains("placeholder=\"None\""), "{page:?}");
}

fn logo(width: u32, height: u32) -> Vec<u8> {
    let picture =
        image::RgbaImage::from_fn(width, height, |x, _| image::Rgba([(x % 256) as u8, 40, 200, 128]));
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::DynamicImage::from(picture).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn send_logo(root: &mut Browser, file: Vec<u8>) -> Answer {
    let page = root.get(PAGE).await.text;
    let token = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let form = reqwest::multipart::Form::new()
        .text("csrf", token)
        .part("logo", reqwest::multipart::Part::bytes(file).file_name("logo.png"));
    let request = root.request(reqwest::Method::POST, "/admin/settings/logo").multipart(form);
    root.send(request).await
}

#[tokio::test]
async fn a_logo_is_written_anew_shown_to_visitors_and_taken_away() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    let refused =
        send_logo(&mut root, b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec()).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY
            && refused.text.contains("no picture that can be read")
    );
    assert_eq!(send_logo(&mut root, logo(2000, 200)).await.header("location"), "/admin/settings?saved=1");
    let page = app.browser().get("/login").await.text;
    let address = page.split("class=\"logo\" src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let shown = app.browser().get(&address).await;
    assert_eq!((shown.status, shown.header("content-type")), (StatusCode::OK, "image/png"));
    assert!(shown.header("content-security-policy").contains("sandbox"));
    let app = app.restart_after(|_| {}).await;
    root.base = app.browser().base;
    assert_eq!(app.browser().get(&address).await.status, StatusCode::OK, "it stays over a restart");
    send_logo(&mut root, logo(100, 20)).await;
    assert_eq!(
        app.browser().get(&address).await.status,
        StatusCode::NOT_FOUND,
        "another has another address"
    );
    let removed = root.submit(PAGE, "/admin/settings/logo/remove", &[]).await;
    assert_eq!(removed.header("location"), "/admin/settings?saved=1");
    assert!(!app.browser().get("/login").await.text.contains("class=\"logo\""));
}

#[tokio::test]
async fn an_admin_of_single_owners_sends_nothing_of_everybody_anywhere() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    let mut narrow = app.signed_in(Role::Admin, &["Acme"]).await;
    for (field, value) in [
        ("smtp-host", "mail.evil.example"),
        ("directory-servers", "ldap.evil.example"),
        ("files-remote", "s3"),
        ("s3-endpoint", "https://evil.example"),
    ] {
        let refused = change(&mut narrow, field, value).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.text.contains("an admin who sees every owner"), "{field}: {}", refused.text);
        let page = root.get(PAGE).await.text;
        assert!(!page.contains("evil.example"), "{field}");
    }
    let other = change(&mut narrow, "site-name", "Stock of Acme").await;
    assert_eq!(other.status, StatusCode::SEE_OTHER, "{other:?}");
}

#[tokio::test]
async fn a_secret_goes_nowhere_else_without_being_typed_again() {
    let app = TestApp::start().await;
    let mut root = root(&app).await;
    let fields = [
        ("smtp-host_was", ""),
        ("smtp-host", "127.0.0.1"),
        ("smtp-from_was", ""),
        ("smtp-from", "stock@example.com"),
        ("smtp-username_was", ""),
        ("smtp-username", "svc"),
        ("smtp-password_was", ""),
        ("smtp-password", "S3cr3t!"),
    ];
    assert_eq!(root.post_form(PAGE, &fields).await.header("location"), "/admin/settings?saved=4");
    for (field, value) in [("smtp-host", "127.0.0.2"), ("smtp-port", "2525"), ("smtp-username", "other")] {
        let refused = change(&mut root, field, value).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(refused.text.contains("type it again"), "{field}: {}", refused.text);
    }
    // Who knows the secret may say where it goes, and it can be forgotten.
    let port = [
        ("smtp-port_was", ""),
        ("smtp-port", "2525"),
        ("smtp-password_was", ""),
        ("smtp-password", "S3cr3t!"),
    ];
    assert_eq!(root.post_form(PAGE, &port).await.header("location"), "/admin/settings?saved=2");
    // In the clear it goes to this machine at most.
    let plain = [
        ("smtp-host_was", "127.0.0.1"),
        ("smtp-host", "mail.example.com"),
        ("smtp-tls_was", ""),
        ("smtp-tls", "none"),
        ("smtp-password_was", ""),
        ("smtp-password", "S3cr3t!"),
    ];
    let refused = root.post_form(PAGE, &plain).await;
    assert!(refused.text.contains("unencrypted"), "{}", refused.text);
}
