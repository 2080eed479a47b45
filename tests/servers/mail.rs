//! Mails through a real server: TLS, passwords, refusals, retries.

use std::time::{Duration, Instant};

use stockroom::base::secret::SecretString;
use stockroom::config::mail::{MailMode, SenderChoice, SmtpSender, SmtpTls};
use stockroom::domain::email::Email;
use stockroom::domain::ids::MailId;
use stockroom::domain::mail::{Hidden, Letter, Mail, MailState, Part};
use stockroom::services::{Services, outbox};
use stockroom::store::{StoreError, outbox as store_outbox};

use crate::harness::TestApp;
use crate::smtp::{SmtpServer, USER};

const PATIENCE: Duration = Duration::from_secs(20);

async fn site(senders: Vec<SmtpSender>) -> TestApp {
    TestApp::start_with(|config| config.mail.mode = MailMode::Smtp(senders)).await
}

fn letter(secret: &str) -> Letter {
    Letter {
        subject: "Für Sie: ein Schlüssel".to_owned(),
        parts: vec![
            Part::Text("Guten Tag <b>Ann</b>".to_owned()),
            Part::Link("Open".to_owned(), Hidden::Secret(SecretString::new(secret.to_owned()))),
        ],
        expires_at: None,
    }
}

fn post(app: &TestApp, to: &str, letter: Letter) -> MailId {
    let services = app.services();
    let id = services.store.write(|w| outbox::post(services, w, "test", &Email::parse(to).unwrap(), letter));
    services.ring_job_bell();
    id.unwrap().unwrap()
}

fn find(services: &Services, id: MailId) -> Mail {
    services
        .store
        .read(|r| store_outbox::find_mail(r, id))
        .unwrap_or_else(|error: StoreError| panic!("{error}"))
        .unwrap()
}

async fn until(app: &TestApp, id: MailId, is_so: impl Fn(&Mail) -> bool) -> Mail {
    let begun = Instant::now();
    loop {
        let mail = find(app.services(), id);
        if is_so(&mail) {
            return mail;
        }
        assert!(begun.elapsed() < PATIENCE, "{mail:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_goes_out_over_tls_of_either_kind_and_its_secret_is_gone() {
    let server = SmtpServer::start();
    for tls in [SmtpTls::StartTls, SmtpTls::Implicit, SmtpTls::None] {
        let before = server.mails().len();
        let app = site(vec![server.sender(tls)]).await;
        let id = post(&app, "ann@example.com", letter("https://stock.example/key-4711"));
        let taken = server.wait_for(before + 1).pop().unwrap();
        assert!(taken.contains("X-To: ann@example.com"), "{taken}");
        assert!(taken.contains("X-From: stock@example.com"), "{taken}");
        assert_eq!(taken.contains("X-Tls: True"), tls != SmtpTls::None, "{taken}");
        assert_eq!(taken.contains(&format!("X-User: {USER}")), tls != SmtpTls::None, "{taken}");
        assert!(taken.contains("https://stock.example/key-4711"), "{taken}");
        assert!(taken.contains(&format!("Message-ID: <{id}@example.com>")), "{taken}");
        assert!(taken.contains("Auto-Submitted: auto-generated"), "{taken}");
        assert!(taken.contains("multipart/alternative"), "{taken}");
        assert!(taken.contains("&lt;b&gt;Ann"), "{taken}");
        let mail = until(&app, id, |mail| mail.state == MailState::Sent).await;
        assert!(mail.answer.as_deref().unwrap().starts_with("250 2.0.0 taken"), "{mail:?}");
        assert!(mail.letter.is_emptied());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_refused_for_good_is_not_tried_again() {
    let server = SmtpServer::start();
    let app = site(vec![server.sender(SmtpTls::StartTls)]).await;
    let id = post(&app, "refused@example.com", letter("x"));
    let mail = until(&app, id, |mail| mail.state == MailState::Failed).await;
    assert_eq!(mail.attempts, 1);
    assert!(mail.answer.as_deref().unwrap().contains("550"), "{mail:?}");
    assert!(mail.answer.as_deref().unwrap().contains("there is nobody of that name here"), "{mail:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_put_off_is_tried_again_later_with_the_same_id() {
    let server = SmtpServer::start();
    let app = site(vec![server.sender(SmtpTls::StartTls)]).await;
    let id = post(&app, "later@example.com", letter("x"));
    let mail = until(&app, id, |mail| mail.attempts == 1).await;
    assert_eq!(mail.state, MailState::Waiting);
    assert!(mail.answer.as_deref().unwrap().contains("451"), "{mail:?}");
    app.advance_minutes(1);
    app.services().ring_job_bell();
    until(&app, id, |mail| mail.attempts == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_or_not_to_be_trusted_gets_nothing_and_the_mail_waits() {
    let server = SmtpServer::start();
    let mut away = server.sender(SmtpTls::StartTls);
    away.port = 1;
    let mut stranger = server.sender(SmtpTls::StartTls);
    stranger.ca_file = None;
    let mut no_tls = server.sender(SmtpTls::None);
    no_tls.tls = SmtpTls::StartTls;
    let mut wrong_password = server.sender(SmtpTls::Implicit);
    wrong_password.credentials = Some((USER.to_owned(), SecretString::new("wrong".to_owned())));
    for (sender, said) in [
        (away, "refused"),
        (stranger, "certificate"),
        (no_tls, "STARTTLS is not supported"),
        (wrong_password, "535"),
    ] {
        let app = site(vec![sender]).await;
        let id = post(&app, "ann@example.com", letter("x"));
        let mail = until(&app, id, |mail| mail.attempts == 1).await;
        let answer = mail.answer.as_deref().unwrap_or_default().to_owned();
        assert_eq!(mail.state, MailState::Waiting, "{answer}");
        assert!(answer.contains(said), "{said}: {answer}");
        assert!(!answer.contains("wrong\""), "{answer}");
    }
    assert!(server.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_sender_steps_in_and_nobody_sends_more_than_they_may() {
    let server = SmtpServer::start();
    let mut first = server.sender(SmtpTls::StartTls);
    first.hourly_limit = 1;
    let mut second = server.sender(SmtpTls::Implicit);
    second.section = "smtp2";
    second.hourly_limit = 1;
    let app = site(vec![first, second]).await;
    let mut senders = Vec::new();
    for _ in 0..2 {
        let id = post(&app, "ann@example.com", letter("x"));
        senders.extend(until(&app, id, |mail| mail.state == MailState::Sent).await.sender);
    }
    assert_eq!(senders, ["smtp", "smtp2"]);
    let third = post(&app, "ann@example.com", letter("x"));
    let waiting = until(&app, third, |mail| mail.attempts == 1).await;
    assert!(waiting.answer.as_deref().unwrap().contains("within an hour"), "{waiting:?}");
    // A restart forgives nothing, time does.
    let app = app.restart_after(|_| {}).await;
    app.advance_minutes(20);
    app.services().ring_job_bell();
    until(&app, third, |mail| mail.attempts == 2).await;
    assert_eq!(server.mails().len(), 2);
    app.advance_minutes(50);
    app.services().ring_job_bell();
    until(&app, third, |mail| mail.state == MailState::Sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn senders_take_turns_where_that_is_wanted() {
    let server = SmtpServer::start();
    let first = server.sender(SmtpTls::StartTls);
    let mut second = server.sender(SmtpTls::StartTls);
    second.section = "smtp2";
    let app = TestApp::start_with(|config| {
        config.mail.mode = MailMode::Smtp(vec![first, second]);
        config.mail.choice = SenderChoice::Rotate;
    })
    .await;
    let ids = [0; 4].map(|_| post(&app, "ann@example.com", letter("x")));
    server.wait_for(4);
    let mut used = Vec::new();
    for id in ids {
        used.push(until(&app, id, |mail| mail.state == MailState::Sent).await.sender.unwrap());
    }
    assert_eq!(used.iter().filter(|sender| *sender == "smtp2").count(), 2, "{used:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_expired_is_not_sent() {
    let server = SmtpServer::start();
    let mut late = server.sender(SmtpTls::StartTls);
    late.port = 1;
    let app = site(vec![late]).await;
    let mut short = letter("https://stock.example/key-4711");
    short.expires_at = Some(app.services().now() + jiff::SignedDuration::from_mins(30));
    let id = post(&app, "ann@example.com", short);
    until(&app, id, |mail| mail.attempts == 1).await;
    app.advance_minutes(31);
    app.services().ring_job_bell();
    let mail = until(&app, id, |mail| mail.state == MailState::Failed).await;
    assert!(mail.letter.is_emptied() && mail.answer.as_deref().unwrap().contains("expired"), "{mail:?}");
}
