//! What the site is told from outside.

use std::path::PathBuf;
use std::time::Duration;

use stockroom::config::admin::AdminPassword;
use stockroom::config::directory::{DirectoryServer, DirectoryTls, Preset};
use stockroom::config::mail::{MailMode, SmtpTls};
use stockroom::config::{Config, Sources, show};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;

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
         AD_SERVER=ldaps://dc.example\nAD_BASE_DN=DC=corp,DC=example\nAD_DOMAIN=corp.example\nAD_BIND_USER=stock@corp.example\nAD_BIND_PASSWORD=p\nAD_ADMIN_GROUP=Stock Admins\nERP_DB_HOST=erp\nCLOUDINARY_CLOUD_NAME=cloud\n\
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
    let directory = config.directory.unwrap();
    assert_eq!(
        (directory.servers[0].address().as_str(), directory.tls),
        ("dc.example:636", DirectoryTls::Implicit)
    );
    assert_eq!(
        (directory.base_dn.as_str(), directory.upn_suffixes),
        ("DC=corp,DC=example", vec!["corp.example".to_owned()])
    );
    assert_eq!(directory.service_account.unwrap().0, "stock@corp.example");
    assert_eq!(directory.admin_group.as_deref(), Some("Stock Admins"));
    assert_eq!(config.later.values["erp.host"], "erp");
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
fn a_directory_is_whole_or_a_problem() {
    let load = |text: &str| Config::load(&dotenv(text)).map(|config| config.directory);
    let whole = "STOCKROOM_DIRECTORY_SERVERS=dc1.corp.example,dc2.corp.example:3890\nAD_BASE_DN=DC=corp,DC=example\n\
                 AD_ADMIN_GROUP=Admins\n";
    assert!(load("").unwrap().is_none());
    let directory = load(whole).unwrap().unwrap();
    assert_eq!(directory.tls, DirectoryTls::StartTls);
    let addresses: Vec<_> = directory.servers.iter().map(DirectoryServer::address).collect();
    assert_eq!(addresses, ["dc1.corp.example:389", "dc2.corp.example:3890"]);
    assert_eq!(directory.lockout_threshold, Some(5));
    for (more, said) in [
        ("STOCKROOM_DIRECTORY_TLS=none", "directory.allow_plain"),
        ("STOCKROOM_DIRECTORY_LOCKOUT_THRESHOLD=2", "3 or more"),
        ("AD_BIND_DN=cn=x", "directory.bind_password"),
        ("AD_BIND_PASSWORD=x", "directory.bind_dn"),
        ("STOCKROOM_DIRECTORY_USER_FILTER=(uid=*)", "{user}"),
        ("STOCKROOM_DIRECTORY_GROUPS=Stock", "=> customer"),
        ("STOCKROOM_DIRECTORY_GROUPS=Stock => boss", "`boss` is no role"),
        ("STOCKROOM_DIRECTORY_PRESET=novell", "active-directory or openldap"),
        ("STOCKROOM_DIRECTORY_SERVER=x", "did you mean"),
    ] {
        let error = load(&format!("{whole}{more}")).unwrap_err();
        assert_eq!(error.problems.len(), 1, "{more}: {error}");
        assert!(error.to_string().contains(said), "{more}: {error}");
    }
    assert!(load("AD_SERVER=dc").unwrap_err().to_string().contains("directory.base_dn"));
    assert!(
        load(&format!("{whole}STOCKROOM_DIRECTORY_TLS=none\nSTOCKROOM_DIRECTORY_ALLOW_PLAIN=true")).is_ok()
    );
    for server in ["ldap://[::1]", "https://dc", "dc:port", "a/b", "[::1]:389"] {
        let text = format!("AD_SERVER={server}\nAD_BASE_DN=DC=x\nAD_ADMIN_GROUP=A");
        assert!(load(&text).is_err(), "{server}");
    }
}

#[test]
fn the_presets_are_whole_configurations() {
    let directory = tempfile::tempdir().unwrap();
    let password = directory.path().join("pw");
    std::fs::write(&password, "secret\n").unwrap();
    for preset in [Preset::ActiveDirectory, Preset::OpenLdap] {
        let text =
            preset.example().replace("/etc/stockroom/directory-password", &password.display().to_string());
        let sources = Sources { file: Some(("stockroom.toml".into(), text)), ..Sources::default() };
        let directory = Config::load(&sources).unwrap().directory.unwrap();
        assert_eq!((directory.preset, directory.tls), (preset, DirectoryTls::StartTls));
        assert_eq!(directory.groups.len(), 2);
        assert_eq!(directory.groups[0].owners, OwnerScope::All);
        assert_eq!(directory.groups[1].owners, OwnerScope::Owners(["ACME".to_owned()].into()));
        assert_eq!(directory.groups[1].roles, [Role::Customer].into());
    }
    // A DN holds commas, so that a list of groups is one a line.
    let rule = "CN=A\\, B,OU=C => customer, planner; owner: ACME, Inc.; Owner: All";
    let directory =
        Config::load(&dotenv(&format!("AD_SERVER=dc\nAD_BASE_DN=DC=x\nSTOCKROOM_DIRECTORY_GROUPS='{rule}'")));
    let groups = directory.unwrap().directory.unwrap().groups;
    assert_eq!(groups[0].group, "CN=A\\, B,OU=C");
    assert_eq!(groups[0].owners, OwnerScope::Owners(["ACME, Inc.".to_owned(), "All".to_owned()].into()));
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

#[test]
fn the_file_of_defaults_names_every_setting_and_says_what_holds_without_it() {
    let here = tempfile::tempdir().unwrap();
    let output = stockroom_with(here.path(), &["config", "default"], &[]);
    let text = stdout(&output);
    // As it stands, and with every default spoken out, it changes nothing.
    let plain = |text: &str| {
        let sources =
            Sources { file: Some(("stockroom.toml".into(), text.to_owned())), ..Sources::default() };
        let Config {
            shown: _,
            notices: _,
            sources: _,
            data_dir,
            site,
            server,
            session,
            password,
            throttle,
            import,
            ..
        } = Config::load(&sources).unwrap();
        format!("{data_dir:?} {site:?} {server:?} {session:?} {password:?} {throttle:?} {import:?}")
    };
    assert_eq!(plain(&text), plain(""));
    let mut spoken = Vec::new();
    for line in text.lines() {
        let value = line.strip_prefix("# ").and_then(|line| line.split_once(" = "));
        match value {
            Some((key, value)) if !key.contains(' ') && value != "\"\"" && !key.ends_with("_file") => {
                spoken.push(format!("{key} = {value}"));
            }
            _ if line.starts_with('[') => spoken.push(line.to_owned()),
            _ => {}
        }
    }
    let spoken = spoken.join("\n");
    assert_eq!(plain(&spoken), plain(""), "{spoken}");
    assert!(spoken.contains("idle = \"30m\"") && spoken.contains("max_connections = 4096"), "{spoken}");
    for setting in stockroom::config::all_settings() {
        let key = setting.name.rsplit('.').next().unwrap();
        assert!(
            text.contains(&format!("\n# {key} = ")) || text.contains(&format!("\n# {key}_file = ")),
            "{key}"
        );
        assert!(text.contains(setting.help), "{}", setting.help);
    }
}

#[test]
fn the_schema_knows_every_setting_and_no_other() {
    let here = tempfile::tempdir().unwrap();
    let output = stockroom_with(here.path(), &["config", "schema"], &[]);
    let schema: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let mut named = std::collections::BTreeSet::new();
    for (section, of) in schema["properties"].as_object().unwrap() {
        match of["properties"].as_object() {
            None => drop(named.insert(section.clone())),
            Some(keys) => {
                assert_eq!(of["additionalProperties"], false, "{section}");
                named.extend(keys.keys().map(|key| format!("{section}.{key}")));
            }
        }
    }
    let wanted = stockroom::config::all_settings().flat_map(|setting| {
        let file = setting.secret.then(|| format!("{}_file", setting.name));
        [Some(setting.name.to_owned()), file].into_iter().flatten()
    });
    assert_eq!(named, wanted.collect());
    assert_eq!(schema["properties"]["session"]["properties"]["idle"]["default"], "30m");
    assert_eq!(schema["properties"]["server"]["properties"]["max_connections"]["default"], 4096);
    assert_eq!(schema["properties"]["s3"]["properties"]["prefix"].get("default"), None, "none is no prefix");
}
