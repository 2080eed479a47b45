//! The second factor: setting it up, signing in with it on every way in, and what ends it.

use std::path::PathBuf;
use std::time::Duration;

use jiff::SignedDuration;
use reqwest::StatusCode;
use serde_json::json;
use stockroom::config::mail::MailMode;
use stockroom::domain::email::Mailbox;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::users::UserView;
use totp_rs::{Algorithm, Builder, Secret};

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

const ANN: &str = "ann@example.com";
const LOGIN: &str = "/api/v1/auth/login";
const HERE: &str = "/account/second-factor";

/// An authenticator app, which knows the secret as a person types it.
#[derive(Clone)]
pub struct Phone([u8; 20]);

impl Phone {
    fn of(secret: &str) -> Self {
        const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let (mut bits, mut count, mut bytes) = (0_u64, 0, Vec::new());
        for letter in secret.chars().filter(|c| !c.is_whitespace()) {
            bits = bits << 5 | LETTERS.find(letter).unwrap() as u64;
            count += 5;
            if count >= 8 {
                count -= 8;
                bytes.push((bits >> count) as u8);
            }
        }
        Self(bytes.try_into().unwrap())
    }

    /// The code that it shows, or showed so many steps ago.
    fn code(&self, app: &TestApp, steps: i64) -> String {
        let totp = Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_secret(Secret::new_stack(self.0))
            .build()
            .unwrap();
        totp.generate((app.services().now().as_second() + 30 * steps) as u64).to_string()
    }
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> &'t str {
    text.split_once(start).and_then(|(_, rest)| rest.split_once(end)).map_or("", |(found, _)| found)
}

fn next_step(app: &TestApp) {
    app.clock.advance(SignedDuration::from_secs(30));
}

/// Sets it up; the phone and the recovery codes.
pub async fn enrol(app: &TestApp, browser: &mut Browser) -> (Phone, Vec<String>) {
    assert_eq!(
        browser
            .post_form(&format!("{HERE}/begin"), &[("current_password", PASSWORD)])
            .await
            .header("location"),
        HERE
    );
    let page = browser.get(HERE).await.text;
    let phone = Phone::of(between(&page, "id=\"totp-secret\">", "<"));
    let done = browser.post_form(&format!("{HERE}/confirm"), &[("code", &phone.code(app, 0))]).await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
    let list = between(&done.text, "id=\"recovery-codes\">", "</ol>");
    let codes: Vec<String> =
        list.split("<code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 10);
    next_step(app);
    (phone, codes)
}

/// A site with a user who has one.
async fn site_with(
    configure: impl FnOnce(&mut stockroom::config::Config),
) -> (TestApp, UserView, Browser, Phone, Vec<String>) {
    let app = TestApp::start_with(configure).await;
    // Without an admin the sign-in page is the set-up.
    app.add_user("first@example.com", Role::Admin, OwnerScope::All);
    let user = app.add_user(ANN, Role::Customer, OwnerScope::All);
    let mut ann = app.browser();
    ann.login(ANN, PASSWORD).await;
    let (phone, codes) = enrol(&app, &mut ann).await;
    (app, user, ann, phone, codes)
}

async fn site() -> (TestApp, UserView, Browser, Phone, Vec<String>) {
    site_with(|_| {}).await
}

async fn challenge(browser: &mut Browser, login: &str) -> String {
    let answer = browser.login(login, PASSWORD).await;
    assert_eq!(
        (answer.status, answer.problem().as_str()),
        (StatusCode::UNAUTHORIZED, "second-factor-required")
    );
    assert!(!browser.cookies.contains_key("sid"), "nobody is signed in before the code");
    answer.json()["challenge"].as_str().unwrap().to_owned()
}

async fn answer(browser: &mut Browser, challenge: &str, code: &str) -> Answer {
    browser.post(LOGIN, &json!({ "challenge": challenge, "code": code })).await
}

/// The form for the password on the page; what it is answered with.
async fn page_login(browser: &mut Browser, login: &str) -> Answer {
    for cookie in ["sid", "csrf"] {
        browser.cookies.remove(cookie);
    }
    let form = browser.get("/login").await.text;
    let token = between(&form, "name=\"csrf\" value=\"", "\"");
    browser.post_form("/login", &[("csrf", token), ("login", login), ("password", PASSWORD)]).await
}

fn fields(page: &Answer) -> [(String, String); 2] {
    ["csrf", "challenge"].map(|name| {
        (name.to_owned(), between(&page.text, &format!("name=\"{name}\" value=\""), "\"").to_owned())
    })
}

async fn page_code(browser: &mut Browser, page: &Answer, extra: &[(&str, &str)]) -> Answer {
    let known = fields(page);
    let mut all: Vec<(&str, &str)> =
        known.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    all.extend(extra);
    browser.post_form("/login/code", &all).await
}

#[tokio::test]
async fn it_is_on_only_once_a_code_has_proved_the_app() {
    let app = TestApp::start().await;
    app.add_user(ANN, Role::Customer, OwnerScope::All);
    let (mut ann, mut other) = (app.browser(), app.browser());
    ann.login(ANN, PASSWORD).await;
    other.login(ANN, PASSWORD).await;
    // Also right after signing in: a browser left open for a moment must not lock its owner out.
    let unproved = ann.post_form(&format!("{HERE}/begin"), &[]).await;
    assert_eq!(unproved.status, StatusCode::UNPROCESSABLE_ENTITY, "{unproved:?}");
    ann.post_form(&format!("{HERE}/begin"), &[("current_password", PASSWORD)]).await;
    let page = ann.get(HERE).await;
    assert!(page.text.contains("<svg class=\"qr\"") && !page.text.contains("style="), "{}", page.text);
    assert!(page.text.contains("href=\"otpauth://totp/Stockroom:ann%40example.com?secret="));
    let secret = between(&page.text, "id=\"totp-secret\">", "<").to_owned();
    assert_eq!(secret.split(' ').count(), 8, "160 bits in groups: {secret}");
    assert_eq!(ann.get(HERE).await.text.matches(&secret).count(), 1, "a reload shows the same");
    assert!(!other.get(HERE).await.text.contains(&secret), "another session does not see it");
    assert_eq!(app.browser().login(ANN, PASSWORD).await.status, StatusCode::OK, "it is not on yet");

    let wrong = ann.post_form(&format!("{HERE}/confirm"), &[("code", "000000")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains(&secret) && wrong.text.contains("href=\"#code\""), "{}", wrong.text);
    let phone = Phone::of(&secret);
    let soon = ann.post_form(&format!("{HERE}/confirm"), &[("code", &phone.code(&app, 0))]).await;
    assert!(soon.text.contains("Too many tries"), "wrong codes are slowed here too");
    app.advance_minutes(1);
    let before = ann.cookies["sid"].clone();
    let done = ann.post_form(&format!("{HERE}/confirm"), &[("code", &phone.code(&app, 0))]).await;
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
    assert_ne!(ann.cookies["sid"], before, "the session has a new name");
    assert_eq!((ann.me().await, other.me().await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    assert!(!done.text.contains(&secret), "the secret is not shown again");
    assert!(ann.get("/account").await.text.contains("10 of 10 left"));
    challenge(&mut app.browser(), ANN).await;
}

#[tokio::test]
async fn setting_it_up_needs_the_password_again_once_the_sign_in_is_a_while_ago() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    app.advance_minutes(6);
    let begin = format!("{HERE}/begin");
    assert!(ann.get(HERE).await.text.contains("name=\"current_password\""));
    let none = ann.post_form(&begin, &[]).await;
    assert!(none.text.contains("Type your current password"), "{}", none.text);
    let wrong = ann.post_form(&begin, &[("current_password", "not this one")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!ann.get(HERE).await.text.contains("totp-secret"));
    app.advance_minutes(1);
    let right = ann.post_form(&begin, &[("current_password", PASSWORD)]).await;
    assert_eq!(right.header("location"), HERE, "{right:?}");
    // What waits for too long is not gone on with.
    let page = ann.get(HERE).await.text;
    let phone = Phone::of(between(&page, "id=\"totp-secret\">", "<"));
    for _ in 0..2 {
        app.advance_minutes(14);
        ann.get("/account").await;
    }
    app.advance_minutes(3);
    let late = ann.post_form(&format!("{HERE}/confirm"), &[("code", &phone.code(&app, 0))]).await;
    assert!(late.text.contains("took too long"), "{}", late.text);
}

#[tokio::test]
async fn the_page_asks_for_a_code_and_signs_in_with_it() {
    let (app, user, mut ann, phone, _) = site().await;
    for wrong in ["/account", "/login/code"] {
        let answer = app.browser().get(wrong).await;
        assert!(answer.header("location").starts_with("/login"), "{answer:?}");
    }
    let mut browser = app.browser();
    let page = page_login(&mut browser, ANN).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(!browser.cookies.contains_key("sid"));
    assert!(
        page.text.contains("inputmode=\"numeric\"") && page.text.contains("autocomplete=\"one-time-code\"")
    );
    assert!(!page.text.contains(ANN) && !page.text.contains(&user.id.to_string()), "who it is stands sealed");
    let missing = page_code(&mut browser, &page, &[]).await;
    assert!(missing.text.contains("Type the code"), "{}", missing.text);
    let wrong =
        page_code(&mut browser, &missing, &[("code", "123456"), ("next", "/keys"), ("trust", "1")]).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("value=\"/keys\"")
            && wrong.text.contains("checked")
            && !wrong.text.contains("123456")
    );
    let soon = page_code(&mut browser, &wrong, &[("code", &phone.code(&app, 0))]).await;
    assert_eq!(soon.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!soon.header("retry-after").is_empty());
    app.advance_minutes(1);
    let code = phone.code(&app, 0);
    let typed = format!("{} {}", &code[..3], &code[3..]);
    let done = page_code(&mut browser, &soon, &[("code", &typed), ("next", "/keys")]).await;
    assert_eq!((done.status, done.header("location")), (StatusCode::SEE_OTHER, "/keys"));
    assert!(browser.get("/account").await.text.matches("With a code").count() >= 2, "both sessions had one");
    assert_eq!(ann.me().await, StatusCode::OK);
}

#[tokio::test]
async fn asvs_6_5_1_a_code_is_good_once_also_in_fifty_posts_at_the_same_moment() {
    let (app, _, _, phone, _) = site().await;
    let mut first = app.browser();
    let sealed = challenge(&mut first, ANN).await;
    let code = phone.code(&app, 0);
    let posts: Vec<_> = (0..50)
        .map(|_| {
            let (mut browser, sealed, code) = (app.browser(), sealed.clone(), code.clone());
            tokio::spawn(async move { answer(&mut browser, &sealed, &code).await.status })
        })
        .collect();
    let mut good = 0;
    for post in posts {
        good += usize::from(post.await.unwrap() == StatusCode::OK);
    }
    assert_eq!(good, 1);
    // Nor is it later, with another challenge, nor the one before it.
    app.clock.advance(SignedDuration::from_secs(29));
    for code in [code, phone.code(&app, -1)] {
        let fresh = challenge_when_free(&app, ANN).await;
        let status = answer(&mut app.browser(), &fresh, &code).await.status;
        assert_ne!(status, StatusCode::OK);
    }
}

/// A challenge as soon as the throttle allows one, without the clock leaving the step.
async fn challenge_when_free(app: &TestApp, login: &str) -> String {
    let mut browser = app.browser();
    let answer = browser.login(login, PASSWORD).await;
    answer.json()["challenge"].as_str().unwrap_or("none").to_owned()
}

#[tokio::test]
async fn a_challenge_is_answered_once_and_for_ten_minutes() {
    let (app, _, _, phone, codes) = site().await;
    let mut browser = app.browser();
    let sealed = challenge(&mut browser, ANN).await;
    app.advance_minutes(9);
    assert_eq!(answer(&mut browser, &sealed, &phone.code(&app, 0)).await.status, StatusCode::OK);
    next_step(&app);
    let again = answer(&mut app.browser(), &sealed, &phone.code(&app, 0)).await;
    assert_eq!(again.problem(), "challenge-over", "with another good code");
    let left = browser.get("/account").await.text;
    assert!(left.contains("10 of 10 left"));
    let by_recovery = answer(&mut app.browser(), &sealed, &codes[0]).await;
    assert_eq!(by_recovery.problem(), "challenge-over");
    assert!(browser.get("/account").await.text.contains("10 of 10 left"), "nothing was used up by it");

    let mut browser = app.browser();
    let sealed = challenge(&mut browser, ANN).await;
    app.advance_minutes(10);
    let late = answer(&mut browser, &sealed, &phone.code(&app, 0)).await;
    assert_eq!(late.problem(), "challenge-over");
    let sealed = challenge(&mut browser, ANN).await;
    app.clock.advance(-SignedDuration::from_hours(1));
    let set_back = answer(&mut browser, &sealed, &phone.code(&app, 0)).await;
    assert_eq!(set_back.problem(), "challenge-over", "a clock set back lengthens nothing");
}

#[tokio::test]
async fn a_challenge_opens_for_nobody_else_and_nothing_else() {
    let (app, _, _, phone, _) = site().await;
    let other = app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    let mut bob = app.browser();
    bob.login("bob@example.com", PASSWORD).await;
    let (bobs_phone, _) = enrol(&app, &mut bob).await;

    // Of another user: Ann's code with Bob's challenge, and the other way.
    let bobs = challenge(&mut app.browser(), "bob@example.com").await;
    assert_eq!(answer(&mut app.browser(), &bobs, &phone.code(&app, 0)).await.problem(), "wrong-code");
    let anns = challenge(&mut app.browser(), ANN).await;
    assert_eq!(answer(&mut app.browser(), &anns, &bobs_phone.code(&app, 0)).await.problem(), "wrong-code");
    app.advance_minutes(1);

    // Altered, and sealed for something else.
    let sealed = challenge(&mut app.browser(), ANN).await;
    let code = phone.code(&app, 0);
    let seal = |purpose: &str| app.services().keys.seal(purpose, other.id.to_string().as_bytes()).unwrap();
    for bad in [
        // In the middle: the last letter has bits that mean nothing.
        format!("{}{}{}", &sealed[..60], if &sealed[60..61] == "A" { "B" } else { "A" }, &sealed[61..]),
        sealed.replace("v4", "v3"),
        String::new(),
        seal("sign-in"),
        seal(&format!("totp-seed:{}", other.id)),
    ] {
        let refused = answer(&mut app.browser(), &bad, &code).await;
        assert_eq!(refused.problem(), "challenge-over", "{bad}");
    }

    // The page's are bound to the browser that typed the password; a program's are not for the page.
    let (mut here, mut there) = (app.browser(), app.browser());
    let page = page_login(&mut here, ANN).await;
    let foreign = page_login(&mut there, "bob@example.com").await;
    let [_, (_, stolen)] = fields(&page);
    let [(_, own_token), _] = fields(&foreign);
    for challenge in [&stolen, &sealed] {
        let fields = [("csrf", own_token.as_str()), ("challenge", challenge), ("code", &code)];
        let refused = there.post_form("/login/code", &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains("Begin again with your password"), "{}", refused.text);
    }
    assert_eq!(answer(&mut app.browser(), &stolen, &code).await.problem(), "challenge-over");
    let mut without = here.clone();
    without.cookies.remove("flow");
    let stale = page_code(&mut without, &page, &[("code", &code)]).await;
    assert!(stale.text.contains("open for too long"), "{}", stale.text);
    assert_eq!(page_code(&mut here, &page, &[("code", &code)]).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn what_changes_the_account_voids_the_challenge() {
    let (app, user, mut ann, phone, _) = site().await;
    let sealed = challenge(&mut app.browser(), ANN).await;
    let fields = [
        ("current_password", PASSWORD),
        ("new_password", "an entirely new one"),
        ("new_password_again", "an entirely new one"),
    ];
    let changed = ann.post_form("/account/password", &fields).await;
    assert_eq!(changed.header("location"), "/account?done=password", "{changed:?}");
    let over = answer(&mut app.browser(), &sealed, &phone.code(&app, 0)).await;
    assert_eq!(over.problem(), "challenge-over");
    assert!(ann.get("/account").await.text.contains("With a code"), "the session still had one");

    let again = app.browser().login(ANN, "an entirely new one").await;
    let sealed = again.json()["challenge"].as_str().unwrap().to_owned();
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    admin.post_form(&format!("/admin/customers/{}/deactivate", user.id), &[("confirm", "1")]).await;
    let refused = answer(&mut app.browser(), &sealed, &phone.code(&app, 0)).await;
    assert_ne!(refused.status, StatusCode::OK);
}

#[tokio::test]
async fn asvs_6_6_3_wrong_codes_are_counted_over_a_restart_and_for_the_account() {
    let (app, _, _, phone, _) = site().await;
    let sealed = challenge(&mut app.browser(), ANN).await;
    for _ in 0..3 {
        assert_eq!(answer(&mut app.browser(), &sealed, "000000").await.problem(), "wrong-code");
        app.clock.advance(SignedDuration::from_secs(4));
    }
    assert_eq!(answer(&mut app.browser(), &sealed, "000000").await.problem(), "wrong-code");
    let app = app.restart_after(|_| {}).await;
    let held = answer(&mut app.browser(), &sealed, &phone.code(&app, 0)).await;
    assert_eq!(held.problem(), "too-many-tries", "a restart forgives nothing");
    assert_eq!(
        app.browser().login(ANN, PASSWORD).await.problem(),
        "too-many-tries",
        "password and code share one counter"
    );
    app.clock.advance(SignedDuration::from_secs(8));
    let done = answer(&mut app.browser(), &sealed, &phone.code(&app, 0)).await;
    assert_eq!(done.status, StatusCode::OK, "the challenge goes on over a restart: {done:?}");
}

#[tokio::test]
async fn no_step_is_used_twice_however_the_clock_is_set() {
    let (app, _, _, phone, codes) = site().await;
    let code = phone.code(&app, 0);
    let sealed = challenge(&mut app.browser(), ANN).await;
    assert_eq!(answer(&mut app.browser(), &sealed, &code).await.status, StatusCode::OK);
    app.clock.advance(-SignedDuration::from_secs(45));
    let sealed = challenge(&mut app.browser(), ANN).await;
    assert_eq!(answer(&mut app.browser(), &sealed, &code).await.problem(), "wrong-code");
    app.clock.advance(SignedDuration::from_secs(2));
    let before = phone.code(&app, 0);
    assert_eq!(answer(&mut app.browser(), &sealed, &before).await.problem(), "wrong-code");
    // A clock far behind keeps the app's codes out, and a recovery code still gets in.
    app.clock.advance(-SignedDuration::from_hours(400 * 24));
    let sealed = challenge(&mut app.browser(), ANN).await;
    assert_eq!(answer(&mut app.browser(), &sealed, &phone.code(&app, 0)).await.problem(), "wrong-code");
    app.advance_minutes(1);
    assert_eq!(answer(&mut app.browser(), &sealed, &codes[0]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_recovery_code_signs_its_own_user_in_once() {
    let (app, _, mut ann, phone, codes) = site().await;
    app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    let mut bob = app.browser();
    bob.login("bob@example.com", PASSWORD).await;
    let (_, bobs) = enrol(&app, &mut bob).await;
    let mut here = app.browser();
    let sealed = challenge(&mut here, ANN).await;
    assert_eq!(answer(&mut here, &sealed, &bobs[0]).await.problem(), "wrong-code", "CVE-2025-64175");
    app.advance_minutes(1);
    let typed = codes[4].replace('-', " ").to_lowercase();
    assert_eq!(answer(&mut here, &sealed, &typed).await.status, StatusCode::OK);
    let page = here.get("/account").await.text;
    assert!(page.contains("9 of 10 left") && page.contains("A recovery code"), "{page}");
    let sealed = challenge(&mut app.browser(), ANN).await;
    assert_eq!(answer(&mut app.browser(), &sealed, &codes[4]).await.problem(), "wrong-code");
    app.advance_minutes(1);

    // A new set voids the old one, and takes a code.
    let path = format!("{HERE}/codes");
    let refused = ann.post_form(&path, &[("code", "000000")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    app.advance_minutes(1);
    let shown = ann.post_form(&path, &[("code", &phone.code(&app, 0))]).await;
    assert_eq!(shown.text.matches("<li><code>").count(), 10, "{}", shown.text);
    assert!(!shown.text.contains(&codes[5]));
    let sealed = challenge(&mut app.browser(), ANN).await;
    assert_eq!(answer(&mut app.browser(), &sealed, &codes[5]).await.problem(), "wrong-code");
    app.advance_minutes(1);
    let new = between(&shown.text, "<li><code>", "<").to_owned();
    assert_eq!(answer(&mut app.browser(), &sealed, &new).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_trusted_browser_is_asked_for_no_code_for_thirty_days() {
    let (app, _, _, phone, _) = site().await;
    let mut home = app.browser();
    let page = page_login(&mut home, ANN).await;
    page_code(&mut home, &page, &[("code", &phone.code(&app, 0)), ("trust", "1")]).await;
    assert!(home.get("/account").await.text.contains("asked for no code until"));
    let again = page_login(&mut home, ANN).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{again:?}");
    assert!(home.get("/account").await.text.contains("A browser that is trusted"));
    challenge(&mut app.browser(), ANN).await;
    // The cookie of another user in that browser opens nothing.
    app.add_user("bob@example.com", Role::Customer, OwnerScope::All);
    let mut bob = app.browser();
    bob.login("bob@example.com", PASSWORD).await;
    enrol(&app, &mut bob).await;
    let mut shared = app.browser();
    shared.cookies.insert("device".into(), home.cookies["device"].clone());
    challenge(&mut shared, "bob@example.com").await;

    app.clock.advance(SignedDuration::from_hours(29 * 24 + 23));
    assert_eq!(page_login(&mut home, ANN).await.status, StatusCode::SEE_OTHER);
    app.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(page_login(&mut home, ANN).await.status, StatusCode::OK, "thirty days have passed");
}

#[tokio::test]
async fn trust_ends_by_the_user_by_a_new_password_and_with_all_other_sessions() {
    let (app, user, mut ann, phone, _) = site().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let mut password = PASSWORD.to_owned();
    for way in ["one", "all", "others", "sessions", "password"] {
        app.clock.advance(SignedDuration::from_mins(1));
        let mut home = app.browser();
        let form = home.get("/login").await.text;
        let token = between(&form, "name=\"csrf\" value=\"", "\"").to_owned();
        let sign_in = [("csrf", token.as_str()), ("login", ANN), ("password", &password)];
        let page = home.post_form("/login", &sign_in).await;
        let done = page_code(&mut home, &page, &[("code", &phone.code(&app, 0)), ("trust", "1")]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{way}: {done:?}");
        assert_eq!(home.clone().login(ANN, &password).await.status, StatusCode::OK, "{way}");
        match way {
            "one" => {
                let page = ann.get("/account").await.text;
                let id = between(&page, "/account/second-factor/trusted/", "/end\"").to_owned();
                ann.post_form(&format!("{HERE}/trusted/{id}/end"), &[]).await;
            }
            "all" => drop(ann.post_form(&format!("{HERE}/trusted/end"), &[]).await),
            "others" => drop(ann.post_form("/account/sessions/end-others", &[]).await),
            "sessions" => {
                admin
                    .post_form(&format!("/admin/customers/{}/end-sessions", user.id), &[("confirm", "1")])
                    .await;
                let answer = ann.login(ANN, PASSWORD).await;
                let sealed = answer.json()["challenge"].as_str().unwrap().to_owned();
                next_step(&app);
                assert_eq!(
                    self::answer(&mut ann, &sealed, &phone.code(&app, 0)).await.status,
                    StatusCode::OK
                );
            }
            _ => {
                let fields = [
                    ("current_password", PASSWORD),
                    ("new_password", "an entirely new one"),
                    ("new_password_again", "an entirely new one"),
                ];
                ann.post_form("/account/password", &fields).await;
                "an entirely new one".clone_into(&mut password);
            }
        }
        app.advance_minutes(1);
        let asked = home.login(ANN, &password).await;
        assert_eq!(asked.problem(), "second-factor-required", "{way}");
    }
    // Ending all others from a browser that is trusted keeps the trust in that one.
    let mut here = app.browser();
    let form = here.get("/login").await.text;
    let token = between(&form, "name=\"csrf\" value=\"", "\"").to_owned();
    let page =
        here.post_form("/login", &[("csrf", token.as_str()), ("login", ANN), ("password", &password)]).await;
    page_code(&mut here, &page, &[("code", &phone.code(&app, 0)), ("trust", "1")]).await;
    here.post_form("/account/sessions/end-others", &[]).await;
    assert_eq!(here.login(ANN, &password).await.status, StatusCode::OK);
}

#[tokio::test]
async fn switching_it_off_takes_the_password_and_a_code() {
    let (app, _, mut ann, phone, codes) = site().await;
    let path = format!("{HERE}/off");
    let code = phone.code(&app, 0);
    for (fields, says) in [
        (vec![("code", code.as_str())], "Type your current password"),
        (vec![("current_password", PASSWORD)], "Type the code"),
        (vec![("current_password", "wrong"), ("code", code.as_str())], "not your current password"),
        (vec![("current_password", PASSWORD), ("code", "000000")], "This code is wrong"),
    ] {
        app.advance_minutes(1);
        let refused = ann.post_form(&path, &fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(says), "{says}: {}", refused.text);
    }
    challenge(&mut app.browser(), ANN).await;
    app.advance_minutes(1);
    let mut other = app.browser();
    let sealed = challenge(&mut other, ANN).await;
    answer(&mut other, &sealed, &codes[1]).await;
    let off = ann.post_form(&path, &[("current_password", PASSWORD), ("recovery_code", &codes[2])]).await;
    assert_eq!(off.header("location"), "/account?done=second-factor-off", "{off:?}");
    assert_eq!((ann.me().await, other.me().await), (StatusCode::OK, StatusCode::UNAUTHORIZED));
    assert_eq!(app.browser().login(ANN, PASSWORD).await.status, StatusCode::OK);
    // Set up anew, the old secret and the old codes are void.
    let (new, _) = enrol(&app, &mut ann).await;
    assert_ne!(new.0, phone.0);
    for old in [phone.code(&app, 0), codes[3].clone()] {
        let sealed = challenge(&mut app.browser(), ANN).await;
        assert_eq!(answer(&mut app.browser(), &sealed, &old).await.problem(), "wrong-code");
        app.advance_minutes(1);
    }
}

#[tokio::test]
async fn asvs_6_3_3_who_must_have_one_sets_it_up_before_anything_else() {
    let app = TestApp::start_with(|config| config.second_factor.required_roles = [Role::Admin].into()).await;
    app.add_user("ada@example.com", Role::Admin, OwnerScope::All);
    let mut ada = app.browser();
    let page = page_login(&mut ada, "ada@example.com").await;
    assert_eq!(page.header("location"), HERE, "{page:?}");
    for path in ["/account", "/inventory", "/admin/customers", "/account/data", "/avatars/x"] {
        assert_eq!(ada.get(path).await.header("location"), HERE, "{path}");
    }
    assert_eq!(ada.post_form("/admin/customers", &[]).await.header("location"), HERE);
    assert_eq!(ada.get("/api/v1/datasets").await.problem(), "must-set-up-second-factor");
    assert_eq!(ada.me().await, StatusCode::OK);
    let card = ada.get(HERE).await.text;
    assert!(
        card.contains("Your role needs a second factor") && card.contains("action=\"/logout\""),
        "{card}"
    );
    assert!(!card.contains("href=\"/account"), "there is nowhere else to go");
    let (phone, _) = enrol(&app, &mut ada).await;
    assert_eq!(ada.get("/admin/customers").await.status, StatusCode::OK);
    // Switched off, it is asked for again: the way to a new phone.
    let off = [("current_password", PASSWORD), ("code", &phone.code(&app, 0))];
    ada.post_form(&format!("{HERE}/off"), &off).await;
    assert_eq!(ada.get("/admin/customers").await.header("location"), HERE);
    // Others are not asked.
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    assert_eq!(ann.get("/account").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_admin_resets_it_and_everybody_is_told() {
    let from = Mailbox::parse("Stock <stock@example.com>").unwrap();
    let mode = MailMode::File { directory: PathBuf::from("mail"), from };
    let (app, user, mut ann, _, codes) = site_with(|config| config.mail.mode = mode).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let list = admin.get("/admin/customers").await.text;
    assert_eq!(list.matches(">2FA<").count(), 1, "{list}");
    let path = format!("/admin/customers/{}/reset-second-factor", user.id);
    assert!(admin.get(&format!("/admin/customers/{}", user.id)).await.text.contains(&path));
    assert!(admin.get(&path).await.text.contains("Make sure who is asking"));
    assert_eq!(ann.post_form(&path, &[("confirm", "1")]).await.status, StatusCode::FORBIDDEN);
    let done = admin.post_form(&path, &[("confirm", "1")]).await;
    assert!(done.header("location").ends_with("?done=reset-second-factor"), "{done:?}");
    assert_eq!(ann.me().await, StatusCode::UNAUTHORIZED);
    let again = admin.post_form(&path, &[("confirm", "1")]).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    assert_eq!(ann.login(ANN, PASSWORD).await.status, StatusCode::OK, "the password alone");
    let mails = mails(&app, 2).await;
    assert!(
        mails.iter().any(|mail| mail.contains("Subject: A second factor is on for Stockroom")),
        "{mails:#?}"
    );
    let reset =
        mails.iter().find(|mail| mail.contains("Subject: Your second factor for Stockroom was reset"));
    assert!(!reset.unwrap().contains("From the address"), "where the admin is is not told");
    // What was noted holds no secret.
    let data = ann.get("/account/data").await.text;
    assert!(data.contains("user.second_factor.reset") && data.contains("user.second_factor.on"), "{data}");
    assert!(codes.iter().all(|code| !data.contains(code.as_str())));

    // On, a recovery code, off: each is told.
    let (phone, codes) = enrol(&app, &mut ann).await;
    let sealed = challenge(&mut app.browser(), ANN).await;
    answer(&mut app.browser(), &sealed, &codes[0]).await;
    let off = [("current_password", PASSWORD), ("code", &phone.code(&app, 0))];
    ann.post_form(&format!("{HERE}/off"), &off).await;
    let mails = self::mails(&app, 5).await;
    for subject in
        ["Subject: A recovery code was used", "Subject: Your second factor for Stockroom was switched off"]
    {
        assert_eq!(mails.iter().filter(|mail| mail.contains(subject)).count(), 1, "{subject}");
    }
    let recovery = mails.iter().find(|mail| mail.contains("Subject: A recovery code was used")).unwrap();
    assert!(recovery.contains("From the address: 127.0.0.1"), "{recovery}");
    assert!(mails.iter().all(|mail| codes.iter().all(|code| !mail.contains(code.as_str()))));
}

/// The mails, once there are so many.
async fn mails(app: &TestApp, wanted: usize) -> Vec<String> {
    for _ in 0..600 {
        let entries = std::fs::read_dir(app.data_dir().join("mail"));
        let paths = entries.into_iter().flatten().map(|entry| entry.unwrap().path());
        let whole: Vec<_> = paths.filter(|path| path.extension().is_some_and(|kind| kind == "eml")).collect();
        if whole.len() >= wanted {
            return whole.iter().map(|path| std::fs::read_to_string(path).unwrap()).collect();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no mail came")
}

#[tokio::test]
async fn neither_seed_nor_code_lies_in_the_store_as_it_is() {
    let (app, _, _, phone, codes) = site().await;
    let app = app
        .restart_after(|data| {
            let store = std::fs::read(data.join("stockroom.redb")).unwrap();
            let holds = |bytes: &[u8]| store.windows(bytes.len()).any(|window| window == bytes);
            assert!(!holds(&phone.0), "the seed is sealed");
            assert!(
                codes.iter().all(|code| !holds(code.as_bytes()) && !holds(code.replace('-', "").as_bytes()))
            );
        })
        .await;
    let sealed = challenge(&mut app.browser(), ANN).await;
    assert_eq!(answer(&mut app.browser(), &sealed, &phone.code(&app, 0)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_admin_with_a_second_factor_may_have_a_shorter_password() {
    let app = TestApp::start().await;
    app.add_user("ada@example.com", Role::Admin, OwnerScope::All);
    let mut ada = app.browser();
    ada.login("ada@example.com", PASSWORD).await;
    let fields = [
        ("current_password", PASSWORD),
        ("new_password", "rain on tents"),
        ("new_password_again", "rain on tents"),
    ];
    let refused = ada.post_form("/account/password", &fields).await;
    assert!(refused.text.contains("at least 15 characters"), "{}", refused.text);
    enrol(&app, &mut ada).await;
    let done = ada.post_form("/account/password", &fields).await;
    assert_eq!(done.header("location"), "/account?done=password", "{done:?}");
}

#[tokio::test]
async fn asvs_6_4_3_a_forgotten_password_takes_the_second_factor_too() {
    let (app, _, _, phone, _) = site_with(crate::mailbox::with_links).await;
    let mut mails = crate::mailbox::Mailbox::default();
    let mut visitor = app.browser();
    visitor.submit("/forgot", "/forgot", &[("login", ANN)]).await;
    let link = mails.next(&app, ANN, "A new password").await.link();
    let new = [("new_password", "an entirely new one"), ("new_password_again", "an entirely new one")];
    let without = visitor.submit(&link, "/reset", &new).await;
    assert!(
        without.status == StatusCode::UNPROCESSABLE_ENTITY && without.text.contains("code"),
        "{without:?}"
    );
    app.advance_minutes(5);
    let code = phone.code(&app, 0);
    let fields = [new[0], new[1], ("code", code.as_str())];
    let done = visitor.submit(&link, "/reset", &fields).await;
    assert_eq!(done.header("location"), "/login?password-set=1", "{done:?}");
    let asked = app.browser().login(ANN, "an entirely new one").await;
    assert_eq!(asked.problem(), "second-factor-required", "and the sign-in asks again: {asked:?}");
}
