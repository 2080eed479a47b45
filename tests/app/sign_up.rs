//! Asking for an account, confirming the address, and what an admin makes of it.

use reqwest::StatusCode;
use stockroom::config::Config;
use stockroom::config::accounts::{Asked, SignupMode, SignupPassword};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::domain::user::{User, UserStatus};
use stockroom::store::{StoreError, security_questions, users};

use crate::harness::{Answer, Browser, PASSWORD, TestApp};
use crate::mailbox::{Mailbox, with_links, with_mail};

const BOB: [(&str, &str); 4] =
    [("first_name", "Bob"), ("last_name", "Ross"), ("email", "bob@acme.example"), ("password", PASSWORD)];

fn confirm_only(config: &mut Config) {
    with_links(config);
    config.accounts.signup = SignupMode::Confirm;
}

async fn sign_up(visitor: &mut Browser, fields: &[(&str, &str)]) -> Answer {
    visitor.submit("/register", "/register", fields).await
}

/// All users with this address, whether they hold it or not.
fn users(app: &TestApp, email: &str) -> Vec<User> {
    let all: Result<_, StoreError> = app.services().store.read(users::list_users);
    all.unwrap().into_iter().filter(|user| user.email.as_str() == email).collect()
}

fn only(app: &TestApp, email: &str) -> User {
    let mut all = users(app, email);
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

#[tokio::test]
async fn an_account_is_asked_for_confirmed_by_a_button_approved_and_used() {
    let app = TestApp::start_with(with_links).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut mails = Mailbox::default();
    let mut visitor = app.browser();
    let mut fields = BOB.to_vec();
    // What the form does not ask for has no effect (ASVS 15.3.3).
    fields.extend([
        ("role", "admin"),
        ("status", "active"),
        ("all_owners", "1"),
        ("mobile", "+4915123456789"),
    ]);
    let sent = sign_up(&mut visitor, &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    let next = visitor.get(sent.header("location")).await;
    assert!(next.text.contains("Look into your mails") && next.text.contains("one-time-code"), "{next:?}");
    let bob = only(&app, "bob@acme.example");
    assert_eq!((bob.status, bob.owners.clone()), (UserStatus::Unconfirmed, OwnerScope::Owners([].into())));
    assert_eq!(bob.roles, [Role::Customer].into());

    let mail = mails.next(&app, "bob@acme.example", "Confirm your address").await;
    // A program that reads mails opens the link, twice, in another browser.
    let mut elsewhere = app.browser();
    for _ in 0..2 {
        let page = elsewhere.get(&mail.link()).await;
        assert!(page.status == StatusCode::OK && page.text.contains("Yes, this is my address"), "{page:?}");
    }
    assert_eq!(only(&app, "bob@acme.example").status, UserStatus::Unconfirmed);
    let confirmed = elsewhere
        .submit(
            &mail.link(),
            "/confirm",
            &[("first_name", "Bob"), ("last_name", "Ross"), ("password", PASSWORD)],
        )
        .await;
    assert!(confirmed.text.contains("Your address is confirmed"), "{confirmed:?}");
    assert!(!elsewhere.cookies.contains_key("sid"), "confirming signs nobody in");
    assert_eq!(elsewhere.get(&mail.link()).await.status, StatusCode::GONE, "good for once");
    mails.next(&app, "bob@acme.example", "waits for approval").await;
    mails.next(&app, "root@example.com", "Somebody waits").await;
    let early = app.browser().login("bob@acme.example", PASSWORD).await;
    assert!(early.status == StatusCode::FORBIDDEN && early.text.contains("waiting for"), "{early:?}");

    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let list = root.get("/admin/approvals").await.text;
    assert!(list.contains("Bob Ross") && list.contains("Confirmed"), "{list}");
    let bob = only(&app, "bob@acme.example");
    let page = format!("/admin/customers/{}", bob.id);
    let fields = [
        ("first_name", "Bob"),
        ("last_name", "Ross"),
        ("email", "bob@acme.example"),
        ("role", "customer"),
        ("scope", "owners"),
        ("owner", "Acme"),
        ("approve", "1"),
    ];
    let approved = root.submit(&page, &page, &fields).await;
    assert_eq!(approved.header("location"), "/admin/approvals?done=approved", "{approved:?}");
    mails.next(&app, "bob@acme.example", "is ready").await;
    let bob = only(&app, "bob@acme.example");
    assert_eq!(
        (bob.status, bob.owners),
        (UserStatus::Active, OwnerScope::Owners(["Acme".to_owned()].into()))
    );
    assert!(bob.approval.is_some_and(|approval| approval.by.is_some()) && bob.confirmed_at.is_some());
    assert_eq!(app.browser().login("bob@acme.example", PASSWORD).await.status, StatusCode::OK);
    let actions = app.actions();
    for action in ["user.sign-up", "user.confirm", "user.approve"] {
        assert!(actions.iter().any(|known| known == action), "{action}: {actions:?}");
    }
}

#[tokio::test]
async fn a_code_confirms_like_the_link_and_only_in_the_browser_that_asked() {
    let app = TestApp::start_with(confirm_only).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut visitor = app.browser();
    let sent = sign_up(&mut visitor, &BOB).await.header("location").to_owned();
    let mail = Mailbox::default().next(&app, "bob@acme.example", "Confirm").await;
    let code = mail.code();
    let mut other = app.browser();
    assert_eq!(other.get(&sent).await.status, StatusCode::GONE, "another browser has nothing to type it for");
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let page = visitor.get(&sent).await;
    let refused = visitor.submit_on(&page, "/register/code", &[("code", wrong)]).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("4 tries"),
        "{refused:?}"
    );
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let done = visitor.submit_on(&page, "/register/code", &[("code", &spaced)]).await;
    assert!(done.text.contains("Your account is ready"), "{done:?}");
    assert_eq!(app.browser().login("bob@acme.example", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(app.browser().get(&mail.link()).await.status, StatusCode::GONE, "one of the two is enough");
}

#[tokio::test]
async fn five_wrong_codes_end_the_code_and_leave_the_link() {
    let app = TestApp::start_with(confirm_only).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut visitor = app.browser();
    let sent = sign_up(&mut visitor, &BOB).await.header("location").to_owned();
    let mail = Mailbox::default().next(&app, "bob@acme.example", "Confirm").await;
    let page = visitor.get(&sent).await;
    for _ in 0..5 {
        visitor.submit_on(&page, "/register/code", &[("code", "no")]).await;
    }
    let late = visitor.submit_on(&page, "/register/code", &[("code", &mail.code())]).await;
    assert!(late.status == StatusCode::UNPROCESSABLE_ENTITY && late.text.contains("any more"), "{late:?}");
    let done = visitor.submit(&mail.link(), "/confirm", &[]).await;
    assert!(done.text.contains("Your account is ready"), "{done:?}");
}

#[tokio::test]
async fn whoever_has_the_address_already_is_told_so_by_mail_and_nobody_else_is() {
    let app = TestApp::start_with(with_links).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut answers = Vec::new();
    for email in ["ann@example.com", "new@example.com", "ANN@example.com"] {
        let mut visitor = app.browser();
        let mut fields = BOB.to_vec();
        fields[2].1 = email;
        let sent = sign_up(&mut visitor, &fields).await;
        let path = sent.header("location").split("request=").next().unwrap().to_owned();
        let next = visitor.get(sent.header("location")).await;
        let wrong = visitor.submit_on(&next, "/register/code", &[("code", "123456")]).await;
        answers.push((
            sent.status,
            path,
            without_secrets(&next.text),
            wrong.status,
            without_secrets(&wrong.text),
        ));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:#?}");
    let mut mails = Mailbox::default();
    mails.next(&app, "ann@example.com", "You have an account").await;
    mails.next(&app, "new@example.com", "Confirm").await;
    assert_eq!(users(&app, "ann@example.com").len(), 1, "nothing is left of the request");
    assert_eq!(app.browser().login("ann@example.com", PASSWORD).await.status, StatusCode::OK);
}

/// A page without what differs each time: tokens and sealed requests.
pub fn without_secrets(page: &str) -> String {
    let mut text = String::new();
    for (at, part) in page.split("value=\"").enumerate() {
        if at == 0 {
            text.push_str(part);
        } else {
            text.push_str(part.split_once('"').map_or(part, |(_, rest)| rest));
        }
    }
    text
}

#[tokio::test]
async fn a_stranger_takes_nobodys_address_by_signing_up_with_it_first() {
    let app = TestApp::start_with(confirm_only).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut mails = Mailbox::default();
    let mut mallory = app.browser();
    let mut theirs = BOB.to_vec();
    theirs[3].1 = "what mallory knows";
    sign_up(&mut mallory, &theirs).await;
    mails.next(&app, "bob@acme.example", "Confirm").await;
    let mut bob = app.browser();
    sign_up(&mut bob, &BOB).await;
    let mail = mails.next(&app, "bob@acme.example", "Confirm").await;
    bob.submit(&mail.link(), "/confirm", &[]).await;
    let user = only(&app, "bob@acme.example");
    assert_eq!(user.status, UserStatus::Active, "the other request is gone");
    assert_eq!(app.browser().login("bob@acme.example", PASSWORD).await.status, StatusCode::OK);
    let theirs = app.browser().login("bob@acme.example", "what mallory knows").await;
    assert_eq!(theirs.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whoever_opens_the_link_of_a_stranger_gives_their_password_nothing() {
    let app = TestApp::start_with(|config| {
        confirm_only(config);
        config.accounts.security_question = true;
    })
    .await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut mails = Mailbox::default();
    let mut theirs = BOB.to_vec();
    theirs[0].1 = "Eve";
    theirs[3].1 = "what mallory knows";
    theirs.extend([("question", "Whose is it?"), ("answer", "mallory's")]);
    theirs.extend([("username", "evil"), ("mobile", "+4915123456789")]);
    let mut mallory = app.browser();
    sign_up(&mut mallory, &theirs).await;
    let mail = mails.next(&app, "bob@acme.example", "Confirm").await;
    assert!(!mail.text.contains("Ross"), "a stranger's words are not mailed: {}", mail.text);
    let mut bob = app.browser();
    sign_up(&mut bob, &BOB).await;
    // Bob waits for a mail, and the first that comes is that of the stranger.
    let page = bob.get(&mail.link()).await;
    assert!(page.text.contains("asked for in another browser") && page.text.contains("new-password"));
    assert!(page.text.contains("value=\"Eve\""), "{page:?}");
    let names = [("first_name", "Bob"), ("last_name", "Ross"), ("username", "bob")];
    for password in ["", "short", "bob@acme.example"] {
        let fields = [&names[..], &[("password", password)]].concat();
        let refused = bob.submit_on(&page, "/confirm", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{password}: {refused:?}");
        assert!(!refused.text.contains("value=\"short\""));
    }
    let fields = [&names[..], &[("password", "my own pass phrase")]].concat();
    let done = bob.submit_on(&page, "/confirm", &fields).await;
    assert!(done.text.contains("Your account is ready"), "{done:?}");
    for (password, expected) in
        [("my own pass phrase", StatusCode::OK), ("what mallory knows", StatusCode::UNAUTHORIZED)]
    {
        let answer = app.browser().login("bob@acme.example", password).await;
        assert_eq!(answer.status, expected, "{password}");
    }
    let user = only(&app, "bob@acme.example");
    assert_eq!((user.name.full().unwrap(), user.mobile.is_none()), ("Bob Ross".to_owned(), true));
    assert_eq!(user.username.unwrap().as_str(), "bob", "nothing of theirs stays");
    let question = app.services().store.read(|r| security_questions::find_question(r, user.id));
    assert!(question.unwrap().is_none(), "nor does their question stay");
}

#[tokio::test]
async fn nobody_asks_for_an_address_or_name_that_only_looks_like_anothers() {
    let app = TestApp::start_with(confirm_only).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut visitor = app.browser();
    for (field, value) in [
        ("email", "bob\u{200b}@acme.example"),
        ("email", "b\u{43e}b@acme.example"),
        ("email", "bob@\u{430}cme.example"),
        ("username", "c\u{430}rl"),
    ] {
        let mut fields: Vec<_> = BOB.iter().copied().filter(|(name, _)| *name != field).collect();
        fields.push((field, value));
        let refused = sign_up(&mut visitor, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{value:?}: {refused:?}");
    }
    let mut fields = BOB.to_vec();
    fields[2].1 = "jürgen@größe.example";
    assert_eq!(sign_up(&mut visitor, &fields).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nobody_chooses_a_user_name_that_reads_as_a_telephone_number_and_numbers_sign_in_as_written() {
    let app = TestApp::start_with(|config| {
        confirm_only(config);
        config.accounts.country = stockroom::domain::mobile::Country::parse("DE");
    })
    .await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut visitor = app.browser();
    let mut fields = BOB.to_vec();
    fields.extend([("username", "015123456789"), ("mobile", "")]);
    let refused = sign_up(&mut visitor, &fields).await;
    assert!(
        refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.text.contains("telephone number"),
        "{refused:?}"
    );
    fields[4] = ("username", "bob.ross");
    fields[5] = ("mobile", "0151 23456789");
    sign_up(&mut visitor, &fields).await;
    let mail = Mailbox::default().next(&app, "bob@acme.example", "Confirm").await;
    visitor.submit(&mail.link(), "/confirm", &[]).await;
    for login in ["+4915123456789", "0151 2345-6789", "0049 151 23456789", "Bob.Ross", " bob@ACME.example"] {
        assert_eq!(app.browser().login(login, PASSWORD).await.status, StatusCode::OK, "{login}");
    }
    assert_eq!(app.browser().login("0151 2345-6780", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_invitation_beats_a_sign_up_that_nobody_confirmed() {
    let app = TestApp::start_with(confirm_only).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut mallory = app.browser();
    sign_up(&mut mallory, &BOB).await;
    let mail = Mailbox::default().next(&app, "bob@acme.example", "Confirm").await;
    app.add_user("bob@acme.example", Role::Operator, OwnerScope::All);
    let late = mallory.submit(&mail.link(), "/confirm", &[]).await;
    assert!(late.text.contains("You have an account already"), "{late:?}");
    let bob = only(&app, "bob@acme.example");
    assert_eq!((bob.roles, bob.status), ([Role::Operator].into(), UserStatus::Active));
}

#[tokio::test]
async fn who_has_the_user_name_is_said_only_after_the_address_is_proved() {
    let app = TestApp::start_with(|config| {
        confirm_only(config);
        config.accounts.country = stockroom::domain::mobile::Country::parse("DE");
    })
    .await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut mails = Mailbox::default();
    for email in ["ann@example.com", "bob@acme.example"] {
        let mut visitor = app.browser();
        let mut fields = BOB.to_vec();
        fields[2].1 = email;
        fields.extend([("username", "Team"), ("mobile", "0151 23456789")]);
        let sent = sign_up(&mut visitor, &fields).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
        let mail = mails.next(&app, email, "Confirm").await;
        let page = visitor.get(&mail.link()).await;
        if email == "ann@example.com" {
            assert!(!page.text.contains("somebody else"), "{page:?}");
            let done = visitor.submit_on(&page, "/confirm", &[]).await;
            assert!(done.text.contains("Your account is ready"), "{done:?}");
            continue;
        }
        assert!(page.text.contains("Team is somebody") && page.text.contains("+4915123456789 belongs"));
        let again = visitor.submit_on(&page, "/confirm", &[("username", "TEAM"), ("mobile", "")]).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{again:?}");
        let fine = visitor.submit_on(&again, "/confirm", &[("username", "team2"), ("mobile", "")]).await;
        assert!(fine.text.contains("Your account is ready"), "{fine:?}");
    }
    let bob = only(&app, "bob@acme.example");
    assert_eq!(bob.username.unwrap().as_str(), "team2");
    assert_eq!(only(&app, "ann@example.com").mobile.unwrap().as_str(), "+4915123456789");
}

#[tokio::test]
async fn without_mail_an_admin_decides_and_is_told_what_is_taken() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut root = app.signed_in(Role::Admin, &[]).await;
    let mut visitor = app.browser();
    let mut fields = BOB.to_vec();
    fields[2].1 = "ann@example.com";
    let sent = sign_up(&mut visitor, &fields).await;
    assert_eq!(sent.header("location"), "/register/sent");
    assert!(visitor.get("/register/sent").await.text.contains("An admin of this site"));
    let list = root.get("/admin/approvals").await.text;
    assert!(list.contains("Not confirmed") && list.contains("is the login of ann@example.com"), "{list}");
    assert!(root.get("/account").await.text.contains("nav-count"), "the navigation says that somebody waits");
    let asker = users(&app, "ann@example.com").into_iter().find(|user| user.status == UserStatus::Pending);
    let page = format!("/admin/customers/{}", asker.unwrap().id);
    let approve = |email: &'static str| {
        [("email", email), ("first_name", "Bob"), ("role", "customer"), ("scope", "owners"), ("approve", "1")]
    };
    let questioned = root.submit(&page, &page, &approve("ann@example.com")).await;
    assert!(questioned.text.contains("Let them in without rows"), "they would see nothing: {questioned:?}");
    let approve = |email| [&approve(email)[..], &[("accept_no_rows", "1")]].concat();
    let taken = root.submit(&page, &page, &approve("ann@example.com")).await;
    assert!(
        taken.status == StatusCode::UNPROCESSABLE_ENTITY && taken.text.contains("another user"),
        "{taken:?}"
    );
    let fine = root.submit(&page, &page, &approve("bob@acme.example")).await;
    assert_eq!(fine.status, StatusCode::SEE_OTHER, "{fine:?}");
    assert_eq!(app.browser().login("bob@acme.example", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(app.browser().login("ann@example.com", PASSWORD).await.status, StatusCode::OK);
    assert!(!root.get("/account").await.text.contains("nav-count"));
}

#[tokio::test]
async fn a_request_is_turned_down_with_a_reason_and_may_be_made_again() {
    let app = TestApp::start_with(with_links).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut mails = Mailbox::default();
    let mut visitor = app.browser();
    sign_up(&mut visitor, &BOB).await;
    let link = mails.next(&app, "bob@acme.example", "Confirm").await.link();
    visitor.submit(&link, "/confirm", &[]).await;
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let action = format!("/admin/customers/{}/reject", only(&app, "bob@acme.example").id);
    let done = root.submit(&action, &action, &[("reason", "We do not <know> you")]).await;
    assert_eq!(done.header("location"), "/admin/approvals?done=rejected", "{done:?}");
    let mail = mails.next(&app, "bob@acme.example", "Your request").await;
    assert!(mail.text.contains("Reason: We do not <know> you"), "{}", mail.text);
    let told = app.browser().login("bob@acme.example", PASSWORD).await;
    assert!(told.status == StatusCode::FORBIDDEN && told.text.contains("not approved"), "{told:?}");
    sign_up(&mut visitor, &BOB).await;
    mails.next(&app, "bob@acme.example", "Confirm").await;
}

#[tokio::test]
async fn a_generated_password_is_mailed_lives_a_day_and_works_once() {
    let app = TestApp::start_with(|config| {
        confirm_only(config);
        config.accounts.signup_password = SignupPassword::Generated;
    })
    .await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut mails = Mailbox::default();
    for (email, hours, expected) in
        [("bob@acme.example", 0, StatusCode::OK), ("late@acme.example", 24, StatusCode::FORBIDDEN)]
    {
        let mut visitor = app.browser();
        assert!(!visitor.get("/register").await.text.contains("type=\"password\""), "none is asked for");
        sign_up(&mut visitor, &[("first_name", "Bob"), ("last_name", "Ross"), ("email", email)]).await;
        let link = mails.next(&app, email, "Confirm").await.link();
        let done = visitor.submit(&link, "/confirm", &[]).await;
        assert!(done.text.contains("on its way"), "{done:?}");
        let password = mails.next(&app, email, "Your password").await.code();
        app.advance_minutes(hours * 60);
        let mut bob = app.browser();
        assert_eq!(bob.login(email, &password).await.status, expected);
        if expected == StatusCode::OK {
            assert_eq!(bob.get("/inventory").await.header("location"), "/change-password");
            let again = app.browser().login(email, &password).await;
            assert!(again.status == StatusCode::FORBIDDEN && again.text.contains("expired"), "{again:?}");
        }
    }
}

#[tokio::test]
async fn links_are_good_once_in_time_unaltered_for_their_purpose_and_at_their_site() {
    let app = TestApp::start_with(confirm_only).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut visitor = app.browser();
    sign_up(&mut visitor, &BOB).await;
    let mail = Mailbox::default().next(&app, "bob@acme.example", "Confirm").await;
    let token = mail.token();
    let mut altered = token.clone().into_bytes();
    let middle = altered.len() / 2;
    altered[middle] = if altered[middle] == b'A' { b'B' } else { b'A' };
    let altered = String::from_utf8(altered).unwrap();
    for (path, token) in
        [("/confirm", altered.as_str()), ("/reset", &token), ("/welcome", &token), ("/confirm", "")]
    {
        assert_eq!(visitor.get(&format!("{path}?token={token}")).await.status, StatusCode::GONE, "{path}");
    }
    app.advance_minutes(30);
    assert_eq!(visitor.get(&mail.link()).await.status, StatusCode::GONE, "half an hour is over");
    app.advance_minutes(-20);
    assert_eq!(visitor.get(&mail.link()).await.status, StatusCode::OK, "the clock was wrong");
    app.advance_minutes(-40);
    assert_eq!(visitor.get(&mail.link()).await.status, StatusCode::GONE, "made in the future");
}

#[tokio::test]
async fn another_mail_comes_after_a_minute_and_a_restart_changes_nothing() {
    let app = TestApp::start_with(confirm_only).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut mails = Mailbox::default();
    let mut visitor = app.browser();
    let sent = sign_up(&mut visitor, &BOB).await.header("location").to_owned();
    let first = mails.next(&app, "bob@acme.example", "Confirm").await;
    let soon = visitor.submit(&sent, "/register/resend", &[]).await;
    assert!(
        soon.status == StatusCode::TOO_MANY_REQUESTS && !soon.header("retry-after").is_empty(),
        "{soon:?}"
    );
    let app = app.restart_after(|_| {}).await;
    visitor.base = app.browser().base;
    app.advance_minutes(1);
    let again = visitor.submit(&sent, "/register/resend", &[]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{again:?}");
    let second = mails.next(&app, "bob@acme.example", "Confirm").await;
    assert_ne!(first.link(), second.link());
    let done = visitor.submit(&first.link(), "/confirm", &[]).await;
    assert!(done.text.contains("ready"), "the first one is still good: {done:?}");
    assert_eq!(visitor.get(&second.link()).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn one_address_signs_up_only_so_often() {
    let app = TestApp::start_with(with_mail).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut visitor = app.browser();
    let mut refused = None;
    for n in 0..11 {
        let email = format!("user{n}@example.com");
        let mut fields = BOB.to_vec();
        fields[2].1 = &email;
        let answer = sign_up(&mut visitor, &fields).await;
        if answer.status == StatusCode::TOO_MANY_REQUESTS {
            refused = Some(n);
            assert!(!answer.header("retry-after").is_empty());
        }
    }
    assert_eq!(refused, Some(10));
    let app = app.restart_after(|_| {}).await;
    visitor.base = app.browser().base;
    let still = sign_up(&mut visitor, &BOB).await;
    assert_eq!(still.status, StatusCode::TOO_MANY_REQUESTS, "a restart forgives nothing");
}

#[tokio::test]
async fn what_is_asked_and_what_is_required_is_configured() {
    let app = TestApp::start_with(|config| {
        with_mail(config);
        config.accounts.first_name = Asked::No;
        config.accounts.last_name = Asked::No;
        config.accounts.username = Asked::Required;
        config.accounts.mobile = Asked::No;
    })
    .await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut visitor = app.browser();
    let page = visitor.get("/register").await.text;
    assert!(!page.contains("first_name") && !page.contains("mobile") && page.contains("name=\"username\""));
    let fields = [("email", "nobody"), ("password", "short"), ("first_name", "Ignored")];
    let wrong = sign_up(&mut visitor, &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for said in ["User name is missing", "Email is not a mail address"] {
        assert!(wrong.text.contains(said), "{said}: {}", wrong.text);
    }
    let fields = [("email", "bob@acme.example"), ("password", "password1234"), ("username", "bob")];
    let weak = sign_up(&mut visitor, &fields).await;
    assert!(weak.status == StatusCode::UNPROCESSABLE_ENTITY && weak.text.contains("guessed"), "{weak:?}");
    assert!(!weak.text.contains("password1234"), "passwords never come back");

    let closed = TestApp::start_with(|config| config.accounts.signup = SignupMode::Off).await;
    closed.add_user("root@example.com", Role::Admin, OwnerScope::All);
    assert_eq!(closed.browser().get("/register").await.status, StatusCode::NOT_FOUND);
    assert!(!closed.browser().get("/login").await.text.contains("/register"));
}

#[tokio::test]
async fn accounts_that_nobody_confirmed_are_thrown_out() {
    let app = TestApp::start_with(with_links).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut visitor = app.browser();
    sign_up(&mut visitor, &BOB).await;
    Mailbox::default().next(&app, "bob@acme.example", "Confirm").await;
    app.advance_minutes(49 * 60);
    stockroom::jobs::chores::purge_all(app.services()).unwrap();
    assert!(users(&app, "bob@acme.example").is_empty());
}

#[tokio::test]
async fn a_security_question_may_be_set_where_the_site_has_them() {
    let app = TestApp::start_with(|config| {
        confirm_only(config);
        config.accounts.security_question = true;
    })
    .await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut visitor = app.browser();
    let mut fields = BOB.to_vec();
    fields.extend([("question", "Who was my first teacher?"), ("answer", "x")]);
    let short = sign_up(&mut visitor, &fields).await;
    assert!(
        short.status == StatusCode::UNPROCESSABLE_ENTITY && short.text.contains("Answer has 3"),
        "{short:?}"
    );
    *fields.last_mut().unwrap() = ("answer", "Miss Peregrine");
    assert_eq!(sign_up(&mut visitor, &fields).await.status, StatusCode::SEE_OTHER);
    let bob = only(&app, "bob@acme.example");
    let right = |answer: &str| {
        let answer = stockroom::base::secret::SecretString::new(answer.to_owned());
        stockroom::services::security_question::verify(app.services(), bob.id, &answer).unwrap()
    };
    assert!(right("miss peregrine") && !right("mister peregrine"));
    let plain = TestApp::start_with(confirm_only).await;
    plain.add_user("root@example.com", Role::Admin, OwnerScope::All);
    assert!(!plain.browser().get("/register").await.text.contains("question"));
}

#[tokio::test]
async fn a_sign_in_after_a_sign_up_tells_nobody_whether_the_address_was_taken() {
    for mail in [true, false] {
        let app = TestApp::start_with(|config| {
            if mail {
                with_links(config);
            }
        })
        .await;
        app.add_user("root@example.com", Role::Admin, OwnerScope::All);
        app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
        let mut answers = Vec::new();
        for email in ["ann@example.com", "new@example.com"] {
            let mut fields = BOB.to_vec();
            (fields[2].1, fields[3].1) = (email, "what a stranger chose");
            sign_up(&mut app.browser(), &fields).await;
            let answer = app.browser().login(email, "what a stranger chose").await;
            answers.push((answer.status, answer.json()["detail"].clone()));
        }
        assert_eq!(answers[0], answers[1]);
    }
}

#[tokio::test]
async fn a_password_that_is_good_once_is_good_once_at_the_same_moment_too() {
    let app = TestApp::start_with(|config| {
        confirm_only(config);
        config.accounts.signup_password = SignupPassword::Generated;
    })
    .await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut mails = Mailbox::default();
    let mut visitor = app.browser();
    sign_up(&mut visitor, &BOB[..3]).await;
    let link = mails.next(&app, "bob@acme.example", "Confirm").await.link();
    visitor.submit(&link, "/confirm", &[]).await;
    let password = mails.next(&app, "bob@acme.example", "Your password").await.code();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (mut browser, password) = (app.browser(), password.clone());
        tasks.spawn(async move { browser.login("bob@acme.example", &password).await.status });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::OK).count(), 1, "{answers:?}");
}
