//! A forgotten password, with mail and without.

use reqwest::StatusCode;
use stockroom::domain::email::Username;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::domain::user::{User, UserStatus};
use stockroom::services::commands::AdminCommand;
use stockroom::store::{StoreError, users};

use crate::harness::{Answer, Browser, PASSWORD, TestApp};
use crate::mailbox::{Mailbox, with_links, with_mail};
use crate::sign_up::without_secrets;

const NEW: &str = "an entirely new one";

async fn forgot(visitor: &mut Browser, login: &str) -> Answer {
    visitor.submit("/forgot", "/forgot", &[("login", login)]).await
}

async fn set(visitor: &mut Browser, page: &str, password: &str) -> Answer {
    visitor.submit(page, "/reset", &[("new_password", password), ("new_password_again", password)]).await
}

fn edit(app: &TestApp, email: &str, change: impl Fn(&mut User)) {
    let login = stockroom::domain::email::LoginKey::of(email);
    let done: Result<(), StoreError> = app.services().store.write(|w| {
        let mut user = users::find_user_by_login(w, &login)?.unwrap();
        change(&mut user);
        users::update_user(w, &user)
    });
    done.unwrap();
}

async fn site() -> TestApp {
    let app = TestApp::start_with(with_links).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    app
}

#[tokio::test]
async fn a_link_sets_a_new_password_once_and_ends_everything_older() {
    let app = site().await;
    let mut mails = Mailbox::default();
    let mut old = app.browser();
    old.login("ann@example.com", PASSWORD).await;
    let mut visitor = app.browser();
    forgot(&mut visitor, " ANN@example.com ").await;
    let mail = mails.next(&app, "ann@example.com", "A new password").await;
    assert!(mail.text.contains("From the address: 127.0.0.1"), "{}", mail.text);
    forgot(&mut visitor, "ann@example.com").await;
    let other = mails.next(&app, "ann@example.com", "A new password").await;
    assert_eq!(old.me().await, StatusCode::OK, "asking ends nothing");
    let mut reader = app.browser();
    for _ in 0..2 {
        assert_eq!(reader.get(&mail.link()).await.status, StatusCode::OK, "looking uses nothing up");
    }
    let weak = set(&mut reader, &mail.link(), "short").await;
    assert_eq!(weak.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = set(&mut reader, &mail.link(), NEW).await;
    assert_eq!(done.header("location"), "/login?password-set=1", "{done:?}");
    assert_eq!(old.me().await, StatusCode::UNAUTHORIZED);
    for link in [mail.link(), other.link()] {
        assert_eq!(reader.get(&link).await.status, StatusCode::GONE, "used, and older ones void");
    }
    let told = mails.next(&app, "ann@example.com", "was changed").await;
    assert!(told.text.contains("When: 2026-11-21 08:00") && told.text.contains("127.0.0.1"), "{}", told.text);
    assert_eq!(app.browser().login("ann@example.com", NEW).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_code_works_like_the_link_in_the_browser_that_asked() {
    let app = site().await;
    edit(&app, "ann@example.com", |ann| ann.username = Some(Username::parse("annie").unwrap()));
    let mut visitor = app.browser();
    let page = forgot(&mut visitor, "Annie").await.header("location").to_owned();
    let mail = Mailbox::default().next(&app, "ann@example.com", "A new password").await;
    let shown = visitor.get(&page).await;
    let mut elsewhere = app.browser();
    assert_eq!(elsewhere.get(&page).await.status, StatusCode::GONE);
    let wrong = visitor.submit_on(&shown, "/reset/code", &[("code", "12345")]).await;
    assert!(wrong.text.contains("4 tries"), "{wrong:?}");
    let right = visitor.submit_on(&shown, "/reset/code", &[("code", &mail.code())]).await;
    let next = right.header("location").to_owned();
    assert!(next.starts_with("/reset?token="), "{right:?}");
    let again = visitor.submit_on(&shown, "/reset/code", &[("code", &mail.code())]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a code is good for once");
    set(&mut visitor, &next, NEW).await;
    assert_eq!(app.browser().login("annie", NEW).await.status, StatusCode::OK);
    assert_eq!(visitor.get(&mail.link()).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn whoever_it_is_the_answers_are_the_same() {
    let app = site().await;
    app.add_user("off@example.com", Role::Customer, OwnerScope::All);
    app.command(AdminCommand::UserDisable { login: "off@example.com".into() });
    let mut answers = Vec::new();
    for login in ["ann@example.com", "nobody@example.com", "off@example.com", "no address", "+4915123456789"]
    {
        let mut visitor = app.browser();
        let asked = forgot(&mut visitor, login).await;
        let page = visitor.get(asked.header("location")).await;
        app.services().ring_job_bell();
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let mut tries = Vec::new();
        for _ in 0..6 {
            let wrong = visitor.submit_on(&page, "/reset/code", &[("code", "no")]).await;
            tries.push((wrong.status, without_secrets(&wrong.text)));
        }
        let soon = visitor.submit_on(&page, "/reset/resend", &[]).await;
        answers.push((asked.status, without_secrets(&page.text), tries, soon.status));
        app.advance_minutes(60);
    }
    for pair in answers.windows(2) {
        assert_eq!(pair[0], pair[1]);
    }
}

#[tokio::test]
async fn an_account_that_cannot_be_used_is_told_where_it_stands() {
    let app = site().await;
    let mut mails = Mailbox::default();
    for (status, said) in [
        (UserStatus::Deactivated, "switched off"),
        (UserStatus::Pending, "waits for an administrator"),
        (UserStatus::Unconfirmed, "not confirmed yet"),
    ] {
        let email = format!("{status:?}@example.com").to_lowercase();
        app.add_user(&email, Role::Customer, OwnerScope::All);
        edit(&app, &email, |user| user.status = status);
        forgot(&mut app.browser(), &email).await;
        let mail = mails.next(&app, &email, "Your account").await;
        assert!(mail.text.contains(said), "{}", mail.text);
        assert!(!mail.text.contains("token="), "{}", mail.text);
    }
    app.add_user("dir@example.com", Role::Customer, OwnerScope::All);
    edit(&app, "dir@example.com", |user| user.realm = stockroom::domain::user::Realm::Ldap);
    forgot(&mut app.browser(), "dir@example.com").await;
    assert!(mails.next(&app, "dir@example.com", "Your account").await.text.contains("your company"));
}

#[tokio::test]
async fn a_strangers_requests_void_nothing_and_fill_no_mailbox() {
    let app = site().await;
    let mut mails = Mailbox::default();
    forgot(&mut app.browser(), "ann@example.com").await;
    let first = mails.next(&app, "ann@example.com", "A new password").await;
    for _ in 0..5 {
        forgot(&mut app.browser(), "ann@example.com").await;
    }
    mails.next(&app, "ann@example.com", "A new password").await;
    mails.next(&app, "ann@example.com", "A new password").await;
    assert_eq!(mails.rest(&app).await, Vec::<String>::new(), "three are live at once");
    assert_eq!(set(&mut app.browser(), &first.link(), NEW).await.status, StatusCode::SEE_OTHER);
    let mut last = StatusCode::OK;
    for _ in 0..10 {
        last = forgot(&mut app.browser(), "ann@example.com").await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS, "one address asks so often");
}

#[tokio::test]
async fn a_link_is_void_late_altered_elsewhere_and_after_any_change_of_the_account() {
    let app = site().await;
    let mut mails = Mailbox::default();
    forgot(&mut app.browser(), "ann@example.com").await;
    let link = mails.next(&app, "ann@example.com", "A new password").await.link();
    let mut visitor = app.browser();
    assert_eq!(visitor.get(&link.replace("/reset", "/confirm")).await.status, StatusCode::GONE);
    let cut = &link[..link.len() - 3];
    assert_eq!(visitor.get(cut).await.status, StatusCode::GONE);
    app.advance_minutes(30);
    assert_eq!(visitor.get(&link).await.status, StatusCode::GONE);
    forgot(&mut visitor, "ann@example.com").await;
    let link = mails.next(&app, "ann@example.com", "A new password").await.link();
    app.give_password("ann@example.com", "given by the admin");
    assert_eq!(visitor.get(&link).await.status, StatusCode::GONE, "the password changed since");
    forgot(&mut visitor, "ann@example.com").await;
    let link = mails.next(&app, "ann@example.com", "A new password").await.link();
    app.command(AdminCommand::UserDisable { login: "ann@example.com".into() });
    assert_eq!(set_void(&mut visitor, &link).await, StatusCode::GONE, "switched off since");
}

async fn set_void(visitor: &mut Browser, link: &str) -> StatusCode {
    visitor.get("/forgot").await;
    let page = visitor.get("/forgot").await;
    let token = link.split("token=").nth(1).unwrap();
    let csrf =
        page.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields =
        [("csrf", csrf.as_str()), ("token", token), ("new_password", NEW), ("new_password_again", NEW)];
    visitor.cookies.remove("csrf");
    visitor.post_form("/reset", &fields).await.status
}

#[tokio::test]
async fn one_code_that_many_send_at_once_is_right_for_one() {
    let app = site().await;
    let mut visitor = app.browser();
    let page = forgot(&mut visitor, "ann@example.com").await.header("location").to_owned();
    let code = Mailbox::default().next(&app, "ann@example.com", "A new password").await.code();
    let shown = visitor.get(&page).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (mut browser, shown, code) = (visitor.clone(), shown.clone(), code.clone());
        tasks.spawn(async move { browser.submit_on(&shown, "/reset/code", &[("code", &code)]).await.status });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|status| **status == StatusCode::SEE_OTHER).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn without_mail_the_request_waits_for_an_admin_who_gives_a_slip() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let ann = app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut visitor = app.browser();
    for login in ["ann@example.com", "ann@example.com", "nobody@example.com"] {
        let asked = forgot(&mut visitor, login).await;
        let page = visitor.get(asked.header("location")).await;
        assert!(page.text.contains("an admin has been told") && !page.text.contains("token="), "{page:?}");
    }
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let action = format!("/admin/customers/{}/reset-password", ann.id);
    let mut list = root.get("/admin/approvals").await;
    for _ in 0..200 {
        if list.text.contains(&action) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        list = root.get("/admin/approvals").await;
    }
    assert_eq!(list.text.matches("Give a code").count(), 1, "once, and nobody unknown: {list:?}");
    let slip = root.submit(&action, &action, &[]).await;
    let code = slip.text.split("id=\"slip-code\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(root.get("/admin/approvals").await.text.contains("Nothing waits"), "it is answered");
    let next = visitor.submit("/code", "/code", &[("code", &code)]).await.header("location").to_owned();
    visitor.submit(&next, "/welcome", &[("new_password", NEW), ("new_password_again", NEW)]).await;
    assert_eq!(app.browser().login("ann@example.com", NEW).await.status, StatusCode::OK);
    // What needs no answer is taken away, alone or with what is ticked; a second admin does no harm.
    for login in ["ann@example.com", "bob@example.com", "cora@example.com"] {
        if login != "ann@example.com" {
            app.add_user(login, Role::Customer, OwnerScope::All);
        }
        forgot(&mut app.browser(), login).await;
    }
    let requests = |list: &Answer| -> Vec<String> {
        let values = list.text.split("name=\"request\" value=\"").skip(1);
        values.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    for _ in 0..200 {
        list = root.get("/admin/approvals").await;
        if requests(&list).len() == 3 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let waiting = requests(&list);
    assert_eq!(waiting.len(), 3, "{list:?}");
    let dismiss = "/admin/approvals/dismiss";
    let alone = [("only", waiting[0].as_str()), ("request", waiting[1].as_str())];
    let gone = root.submit_on(&list, dismiss, &alone).await;
    assert_eq!(gone.header("location"), "/admin/approvals?done=dismissed&n=1");
    assert_eq!(requests(&root.get("/admin/approvals").await).len(), 2);
    let all: Vec<_> = waiting.iter().map(|id| ("request", id.as_str())).collect();
    let gone = root.submit_on(&list, dismiss, &all).await;
    assert_eq!(gone.header("location"), "/admin/approvals?done=dismissed&n=2");
    let again = root.submit_on(&list, dismiss, &all).await;
    assert_eq!(again.header("location"), "/admin/approvals?done=dismissed&n=0");
    assert_eq!(root.submit_on(&list, dismiss, &[]).await.header("location"), "/admin/approvals?done=none");
    assert!(root.get("/admin/approvals").await.text.contains("Nothing waits"));
}

#[tokio::test]
async fn a_mail_of_a_site_without_an_address_has_a_code_for_any_browser() {
    let app = TestApp::start_with(with_mail).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    forgot(&mut app.browser(), "ann@example.com").await;
    let code = Mailbox::default().next(&app, "ann@example.com", "A new password").await.code();
    let mut elsewhere = app.browser();
    let next = elsewhere.submit("/code", "/code", &[("code", &code)]).await.header("location").to_owned();
    let done = elsewhere.submit(&next, "/reset", &[("new_password", NEW), ("new_password_again", NEW)]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{done:?}");
    assert_eq!(elsewhere.login("ann@example.com", NEW).await.status, StatusCode::OK);
}

#[tokio::test]
async fn links_never_follow_the_host_that_a_request_names() {
    let app = site().await;
    let mut visitor = app.browser();
    let page = visitor.get("/forgot").await;
    let token = page.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("csrf", token), ("login", "ann@example.com")])
        .finish();
    for (header, expected) in [("host", 421), ("x-forwarded-host", 303)] {
        let request = visitor
            .request(reqwest::Method::POST, "/forgot")
            .header(header, "evil.example")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.clone());
        assert_eq!(visitor.send(request).await.status, expected, "{header}");
    }
    let mail = Mailbox::default().next(&app, "ann@example.com", "A new password").await;
    assert!(!mail.text.contains("evil") && mail.text.contains("https://stock.example/reset?token="));
}

#[tokio::test]
async fn a_security_question_is_one_more_thing_after_the_code_and_never_instead() {
    let app = TestApp::start_with(|config| {
        with_links(config);
        config.accounts.security_question = true;
    })
    .await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut ann = app.browser();
    ann.login("ann@example.com", PASSWORD).await;
    let question = [("question", "Who was my first teacher?"), ("answer", "Miss Peregrine")];
    ann.post_form("/account/question", &question).await;
    let mut visitor = app.browser();
    let asked = forgot(&mut visitor, "ann@example.com").await.header("location").to_owned();
    assert!(!visitor.get(&asked).await.text.contains("teacher"), "no visitor learns the question");
    let link = Mailbox::default().next(&app, "ann@example.com", "A new password").await.link();
    assert!(visitor.get(&link).await.text.contains("Who was my first teacher?"));
    let with =
        |answer: &'static str| [("answer", answer), ("new_password", NEW), ("new_password_again", NEW)];
    let wrong = visitor.submit(&link, "/reset", &with("mr nobody")).await;
    assert!(
        wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.text.contains("answer-error"),
        "{wrong:?}"
    );
    let soon = visitor.submit(&link, "/reset", &with("miss peregrine")).await;
    assert_eq!(soon.status, StatusCode::TOO_MANY_REQUESTS, "counted like a wrong password");
    app.advance_minutes(1);
    let done = visitor.submit(&link, "/reset", &with(" miss  PEREGRINE")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{done:?}");
    assert_eq!(app.browser().login("ann@example.com", NEW).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_a_site_for_trying_out_shows_the_link_on_the_page() {
    for is_for_trying in [true, false] {
        let app = if is_for_trying { TestApp::start_for_trying().await } else { TestApp::start().await };
        app.add_user("root@example.com", Role::Admin, OwnerScope::All);
        app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
        let mut visitor = app.browser();
        let asked = forgot(&mut visitor, "ann@example.com").await.header("location").to_owned();
        let mut shown = None;
        for _ in 0..50 {
            let page = visitor.get(&asked).await.text;
            shown = page
                .split("href=\"/reset?token=")
                .nth(1)
                .map(|rest| rest.split('"').next().unwrap().to_owned());
            if shown.is_some() {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(shown.is_some(), is_for_trying);
        let Some(token) = shown else { continue };
        let done = set(&mut visitor, &format!("/reset?token={token}"), NEW).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{done:?}");
        assert_eq!(app.browser().login("ann@example.com", NEW).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn whoever_reads_the_mails_gets_in_while_a_stranger_guesses() {
    let app = site().await;
    let guess = || async { app.browser().login("ann@example.com", "a guess").await.status };
    for _ in 0..6 {
        guess().await;
        app.advance_minutes(2);
    }
    guess().await;
    assert_eq!(app.browser().login("ann@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    let mut visitor = app.browser();
    forgot(&mut visitor, "ann@example.com").await;
    let link = Mailbox::default().next(&app, "ann@example.com", "A new password").await.link();
    set(&mut visitor, &link, NEW).await;
    guess().await;
    guess().await;
    assert_eq!(visitor.login("ann@example.com", NEW).await.status, StatusCode::OK);
}
