//! What the site is told from outside.

use std::path::PathBuf;
use std::time::Duration;

use stockroom::config::admin::AdminPassword;
use stockroom::config::mail::{MailMode, SmtpTls};
use stockroom::config::{Config, Sources, show};

use crate::harness::{stderr, stdout, stockroom_with};

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn dotenv(text: &str) -> Sources {
    Sources { dotenv: Some((PathBuf::from(".env"), text.to_owned())), ..Sources::default() }
}

#[test]
fn flags_beat_environment_beats_dotenv_beats_file() {
    let mut sources = Sources {
        file: Some(("stockroom.toml".into(), "[session]\nidle = \"11m\"\nabsolute = \"2h\"\n[server]\nlisten = \"127.0.0.1:1\"\nhosts = [\"a\", \"b\"]".into())),
        ..dotenv("STOCKROOM_SESSION_IDLE=12m\nSTOCKROOM_SERVER_LISTEN=127.0.0.1:2")
    };
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.session.idle, Duration::from_mins(12));
    assert_eq!(config.session.absolute, Duration::from_hours(2));
    assert_eq!(config.server.hosts, ["a", "b"]);
    sources.environment = variables(&[("STOCKROOM_SERVER_LISTEN", "127.0.0.1:3")]);
    assert_eq!(Config::load(&sources).unwrap().server.listen.port(), 3);
    sources.flags = variables(&[("server.listen", "127.0.0.1:4")]);
    assert_eq!(Config::load(&sources).unwrap().server.listen.port(), 4);
}

#[test]
fn all_problems_are_told_at_once() {
    let sources = Sources {
        file: Some((
            "stockroom.toml".into(),
            "[sesion]\nidle = \"30m\"\n[server]\nlisten = \"nowhere\"".into(),
        )),
        environment: variables(&[
            ("STOCKROOM_SESSION_IDEL", "1m"),
            ("STOCKROOM_SESSION_IDLE", "soon"),
            ("SMTP_PORT", "99999"),
            ("EMAIL_FROM", "no address"),
        ]),
        ..dotenv("nonsense line")
    };
    let error = Config::load(&sources).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.problems.len(), 7, "{text}");
    assert!(
        text.contains("did you mean `session.idle`?")
            && text.contains("did you mean `STOCKROOM_SESSION_IDLE`?")
    );
    assert!(text.contains(".env, line 1") && text.contains("SMTP_PORT") && text.contains("nowhere"));
}

#[test]
fn names_of_present_systems_are_understood() {
    let config = Config::load(&dotenv(
        "SESSION_HOURS=8\nIDS_SESSION_TTL_MINUTES=20\nIDS_RESET_TOKEN_TTL_MINUTES=45\nSESSION_COOKIE_SECURE=True\n\
         APP_URL=https://stock.example/\nALLOWED_ORIGINS=https://a.example,https://b.example\n\
         MAIL_SERVER=mail.example\nSMTP_USER=stock\nEMAIL_PASSWORD=p$w#d\nEMAIL_BCC=a@b.example;c@d.example\nSENDER_EMAIL=Stock <stock@a.example>\n\
         AD_SERVER=ldaps://dc.example\nERP_DB_HOST=erp\nCLOUDINARY_CLOUD_NAME=cloud\n\
         DATABASE_URL=postgres://x\nIDS_JWT_SECRET=x\nSECRET_KEY=x\nSOMETHING_ELSE=x",
    ))
    .unwrap();
    assert_eq!(config.session.absolute, Duration::from_hours(8));
    assert_eq!(config.session.idle, Duration::from_mins(20));
    assert_eq!(config.session.reset_token_ttl, Duration::from_mins(45));
    assert_eq!(config.session.cookie_secure, Some(true));
    assert_eq!(config.server.public_url.unwrap().origin, "https://stock.example");
    assert_eq!(config.server.allowed_origins.len(), 2);
    let MailMode::Smtp(senders) = &config.mail.mode else { panic!("{:?}", config.mail) };
    assert_eq!((senders[0].host.as_str(), senders[0].port), ("mail.example", 587));
    assert_eq!(senders[0].tls, SmtpTls::StartTls);
    let (user, password) = senders[0].credentials.as_ref().unwrap();
    assert_eq!((user.as_str(), password.expose().as_str()), ("stock", "p$w#d"));
    assert_eq!(senders[0].from.name.as_deref(), Some("Stock"));
    assert_eq!(config.mail.bcc.len(), 2);
    assert_eq!(config.later.values["directory.url"], "ldaps://dc.example");
    assert_eq!(
        config.notices.iter().filter(|notice| notice.contains("retired")).count(),
        3,
        "{:?}",
        config.notices
    );
    assert_eq!(config.notices.len(), 4);
}

#[test]
fn retired_names_are_told_beside_the_problems() {
    let text = "DATABASE_URL=postgres://x\nIDS_JWT_SECRET=x\nSECRET_KEY=x\nSMTP_PORT=99999";
    let error = Config::load(&dotenv(text)).unwrap_err();
    assert_eq!((error.problems.len(), error.notices.len()), (1, 3), "{error}");
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(".env"), text).unwrap();
    let output = stockroom_with(directory.path(), &["config", "check"], &[]);
    assert_eq!(output.status.code(), Some(3));
    for name in ["DATABASE_URL", "IDS_JWT_SECRET", "SECRET_KEY", "SMTP_PORT"] {
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
    }
}

#[test]
fn a_problem_quotes_what_was_written_and_not_our_unit() {
    let message = |text: &str| Config::load(&dotenv(text)).unwrap_err().problems.remove(0).message;
    assert_eq!(message("SESSION_HOURS=abc"), "`abc` is not a number of hours");
    assert_eq!(message("IDS_SESSION_TTL_MINUTES=30m"), "`30m` is not a number of minutes");
    assert_eq!(
        message("SESSION_HOURS=99999"),
        "`99999` is out of bounds; expected 1m to 90d (this name is in hours)"
    );
    assert!(message("STOCKROOM_SESSION_IDLE=soon").starts_with("`soon` is not a duration"));
    assert!(Config::load(&dotenv("SESSION_HOURS=8\nSTOCKROOM_SESSION_ABSOLUTE=8h")).is_ok());
}

#[test]
fn a_mail_server_is_whole_or_a_problem() {
    let mail = |text: &str| Config::load(&dotenv(text)).map(|config| config.mail.mode);
    let senders = |text: &str| match mail(text).unwrap() {
        MailMode::Smtp(senders) => senders,
        other => panic!("{other:?}"),
    };
    assert!(matches!(mail("").unwrap(), MailMode::Off));
    assert!(mail("SMTP_HOST=a").unwrap_err().to_string().contains("smtp.from"));
    assert!(mail("SMTP_HOST=a\nSMTP_USER=u@b.c").unwrap_err().to_string().contains("smtp.password"));
    assert!(mail("STOCKROOM_MAIL_MODE=smtp").unwrap_err().to_string().contains("smtp.host"));
    let one = &senders("SMTP_HOST=a\nSMTP_FROM=s@b.c\nSMTP_PASSWORD=p\nSMTP_PORT=465")[0];
    assert_eq!((one.tls, one.credentials.as_ref().unwrap().0.as_str()), (SmtpTls::Implicit, "s@b.c"));
    assert_eq!(senders("SMTP_HOST=a\nSMTP_FROM=s@b.c\nMAIL_USE_TLS=0")[0].port, 25);
    // Another account at the same server takes over how it is reached; another server gets no password of the first.
    let first = "SMTP_HOST=a\nSMTP_FROM=s@b.c\nSMTP_PASSWORD=p\nSMTP_PORT=2525\n";
    let same = senders(&format!("{first}STOCKROOM_SMTP2_FROM=t@b.c"));
    assert_eq!(
        (same[1].port, same[1].from.address.as_str(), same[1].credentials.is_some()),
        (2525, "t@b.c", true)
    );
    let other = senders(&format!("{first}STOCKROOM_SMTP2_HOST=b"));
    assert_eq!((other[1].port, other[1].credentials.is_some()), (587, false));
}

#[test]
fn two_names_that_disagree_are_a_problem() {
    assert!(Config::load(&dotenv("SMTP_HOST=a\nMAIL_SERVER=a\nSMTP_FROM=a@b.c")).is_ok());
    let error = Config::load(&dotenv("SMTP_HOST=a\nMAIL_SERVER=b")).unwrap_err().to_string();
    assert!(error.contains("MAIL_SERVER") && error.contains("SMTP_HOST"), "{error}");
}

#[test]
fn the_first_admins_password_comes_in_three_ways() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pw");
    std::fs::write(&file, "from a file\n").unwrap();
    let load = |text: String| Config::load(&dotenv(&text)).unwrap().admin.password.unwrap();
    let from_file = load(format!("ADMIN_EMAIL=a@b.c\nADMIN_PASSWORD_FILE={}", file.display()));
    assert!(matches!(from_file, AdminPassword::File(password) if password.expose() == "from a file"));
    let hash = load("ADMIN_EMAIL=a@b.c\nADMIN_PASSWORD_HASH=$argon2id$v=19$m=1".into());
    assert!(matches!(hash, AdminPassword::Hash(hash) if hash.expose() == "$argon2id$v=19$m=1"));
    let plain = load("ADMIN_EMAIL=a@b.c\nADMIN_PASSWORD=plain".into());
    assert!(matches!(plain, AdminPassword::Plain(_)));
    assert!(Config::load(&dotenv("ADMIN_PASSWORD=x")).unwrap_err().to_string().contains("ADMIN_EMAIL"));
}

#[test]
fn secrets_are_never_shown() {
    let sources =
        dotenv("SMTP_PASSWORD=hunter2hunter2\nSMTP_HOST=mail.example\nSMTP_USER=stock@mail.example");
    let text = show::to_text(&show::show(&sources), true);
    assert!(
        !text.contains("hunter2") && text.contains("smtp.password = [redacted]    # .env, SMTP_PASSWORD"),
        "{text}"
    );
    assert!(!format!("{:?}", Config::load(&sources).unwrap()).contains("hunter2"));
}

#[test]
fn a_wrong_configuration_ends_with_exit_code_3_before_anything_starts() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join(".env"), "STOCKROOM_SESSION_IDLE=never\nSTOCKROOM_NOPE=1\n")
        .unwrap();
    let output = stockroom_with(directory.path(), &["serve"], &[("STOCKROOM_SERVER_LISTEN", "x")]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(stderr(&output).matches("\n  ").count(), 3, "{}", stderr(&output));
    assert!(!directory.path().join("data").exists());
    std::fs::write(directory.path().join(".env"), "SMTP_HOST=mail.example\nSMTP_FROM=stock@mail.example\n")
        .unwrap();
    let output = stockroom_with(directory.path(), &["config", "show", "--origin"], &[]);
    assert!(stdout(&output).contains("smtp.host = mail.example"), "{}", stdout(&output));
    assert_eq!(stockroom_with(directory.path(), &["config", "check"], &[]).status.code(), Some(0));
}
