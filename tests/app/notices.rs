//! What users are told by mail of changes to their accounts.

use std::path::PathBuf;
use std::time::Duration;

use stockroom::config::mail::MailMode;
use stockroom::domain::email::Mailbox;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{PASSWORD, TestApp};

async fn site() -> TestApp {
    TestApp::start_with(|config| {
        let from = Mailbox::parse("Stock <stock@example.com>").unwrap();
        config.mail.mode = MailMode::File { directory: PathBuf::from("mail"), from };
    })
    .await
}

/// The mails, once there are so many.
async fn mails(app: &TestApp, wanted: usize) -> Vec<String> {
    for _ in 0..600 {
        let entries = std::fs::read_dir(app.data_dir().join("mail"));
        let paths: Vec<_> = entries.into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
        let whole: Vec<_> =
            paths.iter().filter(|path| path.extension().is_some_and(|kind| kind == "eml")).collect();
        if whole.len() >= wanted {
            return whole.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no mail came")
}

#[tokio::test]
async fn a_new_password_of_ones_own_is_told_with_time_and_address() {
    let app = site().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut ann = app.browser();
    ann.login("ann@example.com", PASSWORD).await;
    let new = "another good passphrase";
    let fields = [("current_password", PASSWORD), ("new_password", new), ("new_password_again", new)];
    ann.post_form("/account/password", &fields).await;
    let mail = mails(&app, 1).await.remove(0);
    assert!(mail.contains("To: ann@example.com"), "{mail}");
    assert!(mail.contains("Subject: Your password for Stockroom was changed"), "{mail}");
    assert!(mail.contains("When: 2026-11-21 08:00 UTC"), "{mail}");
    assert!(mail.contains("From the address: 127.0.0.1"), "{mail}");
    assert!(!mail.contains(new) && !mail.contains(PASSWORD), "{mail}");
}

#[tokio::test]
async fn a_password_that_an_admin_resets_is_told_without_it_and_without_where_the_admin_is() {
    let app = site().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    app.give_password("ann@example.com", "given by the admin");
    let mail = mails(&app, 1).await.remove(0);
    assert!(mail.contains("Subject: Your password for Stockroom was reset"), "{mail}");
    assert!(!mail.contains("given by") && !mail.contains("From the address"), "{mail}");
}

#[tokio::test]
async fn a_new_address_is_told_at_the_one_before() {
    let app = site().await;
    let ann = app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let fields = [
        ("version", ann.version.as_str()),
        ("email", "ann@elsewhere.example"),
        ("role", "customer"),
        ("scope", "all"),
    ];
    let answer = admin.post_form(&format!("/admin/users/{}", ann.id), &fields).await;
    assert_eq!(answer.status, reqwest::StatusCode::SEE_OTHER, "{answer:?}");
    let mail = mails(&app, 1).await.remove(0);
    assert!(mail.contains("To: ann@example.com") && mail.contains("was changed"), "{mail}");
    // What changes nothing of the kind is not told.
    let ann = app.services().store.read(|r| stockroom::store::users::find_user(r, ann.id));
    let ann: Result<_, stockroom::store::StoreError> = ann;
    assert_eq!(ann.unwrap().unwrap().email.as_str(), "ann@elsewhere.example");
}
