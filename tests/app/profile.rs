//! One's own profile: names, picture, question and data.

use reqwest::{Method, StatusCode};
use serde_json::Value;
use stockroom::base::secret::SecretString;
use stockroom::domain::mobile::Country;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::security_question;
use stockroom::services::users::UserView;

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

async fn save(browser: &mut Browser, username: &str, mobile: &str) -> Answer {
    let fields = [("first_name", "Ann"), ("last_name", "Lee"), ("username", username), ("mobile", mobile)];
    browser.post_form("/account/name", &fields).await
}

#[tokio::test]
async fn names_user_name_and_number_are_ones_own_to_change_and_unique() {
    let app = TestApp::start_with(|config| config.accounts.country = Country::parse("DE")).await;
    let (mut ann, mut bob) =
        (app.signed_in(Role::Customer, &[]).await, app.signed_in(Role::Customer, &[]).await);
    let saved = save(&mut ann, "annlee", "0151 23456789").await;
    assert_eq!(saved.header("location"), "/account?done=name", "{saved:?}");
    let page = ann.get("/account").await.text;
    assert!(page.contains("value=\"+4915123456789\"") && page.contains("value=\"annlee\""), "{page}");
    assert_eq!(app.browser().login("AnnLee", PASSWORD).await.status, StatusCode::OK);
    for (username, mobile, says) in [
        ("ANNLEE", "", "User name is taken"),
        ("bob", "+49 151 23456789", "Mobile number belongs to another account"),
        ("b b", "", "User name"),
        ("bob", "12", "Mobile number is not a telephone number"),
    ] {
        let refused = save(&mut bob, username, mobile).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(says), "{says}: {}", refused.text);
        assert!(refused.text.contains(&format!("value=\"{username}\"")), "what was typed is kept");
    }
    assert_eq!(save(&mut ann, "", "").await.status, StatusCode::SEE_OTHER, "and taken away");
    assert_eq!(save(&mut bob, "annlee", "0151 23456789").await.status, StatusCode::SEE_OTHER, "then free");
}

#[tokio::test]
async fn asvs_7_5_1_what_signs_in_is_changed_with_the_password_once_the_sign_in_is_a_while_ago() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    app.advance_minutes(6);
    let refused = save(&mut ann, "annlee", "").await;
    assert!(refused.text.contains("href=\"#profile_password\""), "{}", refused.text);
    assert_eq!(save(&mut ann, "", "").await.status, StatusCode::SEE_OTHER, "a name needs none");
    let fields = [("username", "annlee"), ("profile_password", PASSWORD)];
    assert_eq!(ann.post_form("/account/name", &fields).await.status, StatusCode::SEE_OTHER);
    let page = ann.get("/account").await.text;
    assert!(page.contains("value=\"Ann\""), "what was not sent stays: {page}");
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture =
        image::RgbImage::from_fn(width, height, |x, y| image::Rgb([(x % 256) as u8, (y % 256) as u8, 90]));
    picture.write_to(&mut std::io::Cursor::new(&mut bytes), image::ImageFormat::Png).unwrap();
    bytes
}

async fn send_picture(browser: &mut Browser, bytes: Vec<u8>) -> Answer {
    let part = reqwest::multipart::Part::bytes(bytes).file_name("me.png");
    let token = browser.cookies["csrf"].clone();
    let form = reqwest::multipart::Form::new().text("csrf", token).part("avatar", part);
    let request = browser.request(Method::POST, "/account/avatar").multipart(form);
    browser.send(request).await
}

fn picture_of(page: &str) -> String {
    page.split("src=\"/avatars/")
        .nth(1)
        .map(|rest| format!("/avatars/{}", rest.split('"').next().unwrap()))
        .unwrap_or_default()
}

#[tokio::test]
async fn a_picture_is_written_anew_and_served_as_nothing_but_a_picture() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let mut file = png(640, 480);
    // What stands behind the picture, and in it as a comment, does not come along.
    file.extend_from_slice(b"<script>alert(1)</script>");
    let saved = send_picture(&mut ann, file).await;
    assert_eq!(saved.header("location"), "/account?done=avatar", "{saved:?}");
    let page = ann.get("/account").await.text;
    let path = picture_of(&page);
    assert!(page.matches(&path).count() >= 2, "on the page and in the menu");
    let request = ann.request(Method::GET, &path);
    let answer = request.send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/jpeg");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "sandbox; default-src 'none'");
    assert!(header("cache-control").starts_with("private"));
    let bytes = answer.bytes().await.unwrap();
    let read = image::load_from_memory(&bytes).unwrap();
    assert_eq!((read.width(), read.height()), (256, 256));
    assert!(!bytes.windows(7).any(|window| window == b"<script"));
    // For whoever is signed in, in the list too; for nobody else.
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    assert!(admin.get("/admin/customers").await.text.contains(&path));
    assert_eq!(admin.get(&path).await.status, StatusCode::OK);
    assert!(app.browser().get(&path).await.header("location").starts_with("/login"));
    // A new one has a new address, and the old one is gone.
    send_picture(&mut ann, png(90, 90)).await;
    let new = picture_of(&ann.get("/account").await.text);
    assert_ne!(new, path);
    assert_eq!(ann.get(&path).await.status, StatusCode::NOT_FOUND);
    let removed = ann.post_form("/account/avatar/remove", &[]).await;
    assert_eq!(removed.header("location"), "/account?done=avatar-removed");
    assert_eq!(ann.get(&new).await.status, StatusCode::NOT_FOUND);
    assert_eq!(picture_of(&ann.get("/account").await.text), "");
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_changes_nothing() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    send_picture(&mut ann, png(50, 50)).await;
    let known = picture_of(&ann.get("/account").await.text);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    let mut cut = png(400, 400);
    cut.truncate(600);
    let mut huge = png(8, 8);
    huge[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    for (file, says) in [
        (svg, "no picture that can be read"),
        (b"<html>".to_vec(), "no picture that can be read"),
        (cut, "is damaged"),
        (huge, "Picture"),
        (vec![0x89; 3 << 20], "larger than 2 MiB"),
        (Vec::new(), "Choose a picture"),
    ] {
        let refused = send_picture(&mut ann, file).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{says}");
        assert!(
            refused.text.contains(says) && refused.text.contains("href=\"#avatar\""),
            "{says}: {}",
            refused.text
        );
    }
    assert_eq!(picture_of(&ann.get("/account").await.text), known);
    let mut foreign = ann.clone();
    foreign.cookies.insert("csrf".into(), "x.y".into());
    assert_eq!(send_picture(&mut foreign, png(50, 50)).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn ones_own_data_is_whole_and_holds_no_secret() {
    let app = TestApp::start_with(|config| config.accounts.security_question = true).await;
    let ann = app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut browser = app.browser();
    browser.login("ann@example.com", PASSWORD).await;
    let question = [("question", "Who was my first teacher?"), ("answer", "Miss Peregrine")];
    browser.post_form("/account/question", &question).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    admin.post_form(&format!("/admin/customers/{}/end-sessions", ann.id), &[("confirm", "1")]).await;
    browser.login("ann@example.com", PASSWORD).await;
    let answer = browser.get("/account/data").await;
    assert!(answer.header("content-disposition").starts_with("attachment"));
    let data: Value = answer.json();
    assert_eq!(data["account"]["email"], "ann@example.com");
    assert_eq!(data["preferences"]["theme"], "system");
    assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
    assert_eq!(data["has_security_question"], true);
    let events = data["events"].as_array().unwrap();
    let action = |name: &str| events.iter().find(|event| event["action"] == name).cloned().unwrap();
    assert_eq!(action("session.begin")["address"], "127.0.0.1");
    assert_eq!(action("user.sessions")["by"], "others");
    assert_eq!(action("user.sessions")["address"], Value::Null, "where others sit is theirs");
    let text = answer.text.to_lowercase();
    for secret in ["peregrine", "teacher", "argon2", PASSWORD, "token", "hash"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // Somebody else's is not in it.
    let others = admin.get("/account/data").await.text;
    assert!(!others.contains("session.begin\"") || !others.contains("ann@example.com"));
}

async fn question_site() -> (TestApp, UserView, Browser) {
    let app = TestApp::start_with(|config| config.accounts.security_question = true).await;
    let ann = app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let mut browser = app.browser();
    browser.login("ann@example.com", PASSWORD).await;
    (app, ann, browser)
}

#[tokio::test]
async fn a_security_question_is_set_checked_and_taken_away() {
    let (app, user, mut ann) = question_site().await;
    let right = |answer: &str| {
        let answer = SecretString::new(answer.to_owned());
        security_question::verify(app.services(), user.id, &answer).unwrap()
    };
    assert!(!right(""), "without one nothing is right");
    for (question, answer, says) in [
        ("abc", "Miss Peregrine", "Your question has 5"),
        ("Who was my first teacher?", "x", "Answer has 3"),
        ("Who was my first teacher?", "TEACHER", "Answer stands in the question"),
    ] {
        let refused = ann.post_form("/account/question", &[("question", question), ("answer", answer)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(says), "{says}: {}", refused.text);
        assert!(!refused.text.contains(&format!("value=\"{answer}\"")), "the answer never comes back");
    }
    let question = [("question", " Who was  my first teacher? "), ("answer", "Miss  Peregrine")];
    let saved = ann.post_form("/account/question", &question).await;
    assert_eq!(saved.header("location"), "/account?done=question", "{saved:?}");
    let page = ann.get("/account").await.text;
    assert!(
        page.contains("value=\"Who was my first teacher?\"") && !page.to_lowercase().contains("peregrine")
    );
    assert!(right("miss PEREGRINE ") && !right("mr peregrine"));
    app.advance_minutes(6);
    assert_eq!(ann.post_form("/account/question/remove", &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let removed = ann.post_form("/account/question/remove", &[("question_password", PASSWORD)]).await;
    assert_eq!(removed.header("location"), "/account?done=question-removed");
    assert!(!right("miss peregrine"));
}

#[tokio::test]
async fn without_the_switch_there_is_no_question() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    assert!(!ann.get("/account").await.text.contains("/account/question"));
    let fields = [("question", "Who was my first teacher?"), ("answer", "Miss Peregrine")];
    assert_eq!(ann.post_form("/account/question", &fields).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_language_is_one_that_the_catalogue_has() {
    let app = TestApp::start().await;
    let mut ann = app.signed_in(Role::Customer, &[]).await;
    let chosen = [("theme", "dark"), ("density", "normal"), ("time_zone", ""), ("language", "en")];
    ann.post_form("/account/preferences", &chosen).await;
    assert_eq!(ann.get("/account/data").await.json()["preferences"]["language"], "en");
    let odd = [("theme", "dark"), ("density", "normal"), ("language", "tlh")];
    ann.post_form("/account/preferences", &odd).await;
    assert_eq!(ann.get("/account/data").await.json()["preferences"]["language"], Value::Null);
}
