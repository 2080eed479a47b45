//! What users are told by mail of changes to their accounts.

use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

use crate::harness::{PASSWORD, TestApp};
use crate::mailbox::{Mailbox, with_mail};

async fn site() -> TestApp {
    TestApp::start_with(with_mail).await
}

#[tokio::test]
async fn a_new_password_of_ones_own_is_told_with_time_and_address() {
    let app = site().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut ann = app.browser();
    ann.login("ann@example.com", PASSWORD).await;
    let new = "another good passphrase";
    let begun = ann.post_form("/account/password/code", &[("current_password", PASSWORD)]).await;
    let request = begun.header("location").split("request=").nth(1).unwrap().to_owned();
    let mut mails = Mailbox::default();
    let code = mails.next(&app, "ann@example.com", "Your code").await.code();
    let fields = [
        ("request", request.as_str()),
        ("code", code.as_str()),
        ("new_password", new),
        ("new_password_again", new),
    ];
    ann.post_form("/account/password", &fields).await;
    let mail = mails.next(&app, "ann@example.com", "was changed").await.text;
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
    let mail = Mailbox::default().next(&app, "ann@example.com", "Your ").await.text;
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
    let answer = admin.post_form(&format!("/admin/customers/{}", ann.id), &fields).await;
    assert_eq!(answer.status, reqwest::StatusCode::SEE_OTHER, "{answer:?}");
    let mail = Mailbox::default().next(&app, "ann@example.com", "Your ").await.text;
    assert!(mail.contains("To: ann@example.com") && mail.contains("was changed"), "{mail}");
    // What changes nothing of the kind is not told.
    let ann = app.services().store.read(|r| stockroom::store::users::find_user(r, ann.id));
    let ann: Result<_, stockroom::store::StoreError> = ann;
    assert_eq!(ann.unwrap().unwrap().email.as_str(), "ann@elsewhere.example");
}
