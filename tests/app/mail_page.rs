//! The outbox and its pages, with mails that become files. `tests/servers` has the mail servers.

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::StatusCode;
use stockroom::base::secret::SecretString;
use stockroom::config::mail::MailMode;
use stockroom::domain::email::{Email, Mailbox};
use stockroom::domain::ids::MailId;
use stockroom::domain::mail::{Hidden, Letter, Part};
use stockroom::domain::permission::Role;
use stockroom::services::outbox;

use crate::harness::TestApp;

const SECRET: &str = "https://stock.example/set-password/key-4711";

async fn site() -> TestApp {
    TestApp::start_with(|config| {
        let from = Mailbox::parse("Stock <stock@example.com>").unwrap();
        config.mail.mode = MailMode::File { directory: PathBuf::from("mail"), from };
    })
    .await
}

fn post(app: &TestApp) -> MailId {
    let letter = Letter {
        subject: "Welcome <b>Ann</b>".to_owned(),
        parts: vec![
            Part::Text("Hello".to_owned()),
            Part::Link("Choose a password".to_owned(), Hidden::Secret(SecretString::new(SECRET.to_owned()))),
        ],
        expires_at: None,
    };
    let services = app.services();
    let to = Email::parse("ann@example.com").unwrap();
    services.store.write(|w| outbox::post(services, w, "invite", &to, letter)).unwrap().unwrap()
}

fn files(app: &TestApp) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(app.data_dir().join("mail")) else { return Vec::new() };
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "eml"))
        .collect()
}

async fn until_written(app: &TestApp, mails: usize) -> Vec<PathBuf> {
    for _ in 0..600 {
        let written = files(app);
        if written.len() >= mails {
            return written;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no mail was written");
}

#[tokio::test]
async fn a_mail_becomes_a_file_and_the_outbox_never_shows_its_link() {
    let app = site().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let id = post(&app);
    let page = format!("/admin/outbox/{id}");
    let waiting = admin.get(&page).await.text;
    assert!(
        waiting.contains("Waiting") && waiting.contains("••••••") && !waiting.contains("4711"),
        "{waiting}"
    );
    assert!(waiting.contains("Welcome &lt;b&gt;Ann"), "{waiting}");
    app.services().ring_job_bell();
    let written = until_written(&app, 1).await;
    assert!(std::fs::read_to_string(&written[0]).unwrap().contains("key-4711"));
    assert_eq!(written[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let mut sent = String::new();
    for _ in 0..100 {
        sent = admin.get(&page).await.text;
        if sent.contains("badge ok") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(sent.contains("badge ok") && !sent.contains("Send now"), "{sent}");
    // What was sent is not sent again, whatever is asked for.
    for action in ["resend", "discard"] {
        let answer = admin.post_form(&format!("{page}/{action}"), &[]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        assert!(answer.text.contains("was sent already"), "{answer:?}");
    }
    let list = admin.get("/admin/outbox?state=sent").await.text;
    assert!(list.contains("ann@example.com") && !list.contains("4711"), "{list}");
}

#[tokio::test]
async fn a_discarded_mail_is_not_sent_and_its_link_is_gone() {
    let app = site().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let id = post(&app);
    let answer = admin.post_form(&format!("/admin/outbox/{id}/discard"), &[]).await;
    assert_eq!(answer.header("location"), format!("/admin/outbox/{id}?done=discard"));
    app.services().ring_job_bell();
    let again = admin.post_form(&format!("/admin/outbox/{id}/resend"), &[]).await;
    assert!(again.text.contains("has expired"), "{again:?}");
    assert!(files(&app).is_empty());
}

#[tokio::test]
async fn a_test_is_sent_at_once_and_shows_what_came_of_it() {
    let app = site().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let answer = admin.post_form("/admin/outbox/test", &[("to", "ada@example.com")]).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert!(answer.text.contains("The test to ada@example.com was taken"), "{answer:?}");
    let mail = std::fs::read_to_string(&files(&app)[0]).unwrap();
    assert!(mail.contains("To: ada@example.com") && mail.contains("A test from Stockroom"), "{mail}");
    let wrong = admin.post_form("/admin/outbox/test", &[("to", "a@b.c\r\nBcc: x@y.z")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(files(&app).len(), 1, "one line is one address (ASVS 1.3.11)");
}

#[tokio::test]
async fn a_site_without_mail_says_so_and_writes_none() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    assert!(admin.get("/admin/outbox").await.text.contains("Mail is switched off"));
    let answer = admin.post_form("/admin/outbox/test", &[("to", "ada@example.com")]).await;
    assert!(answer.text.contains("switched off"), "{answer:?}");
    let services = app.services();
    let to = Email::parse("ann@example.com").unwrap();
    let letter = Letter { subject: String::new(), parts: Vec::new(), expires_at: None };
    let posted = services.store.write(|w| outbox::post(services, w, "invite", &to, letter)).unwrap();
    assert_eq!(posted, None);
}
