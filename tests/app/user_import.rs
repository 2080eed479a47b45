//! Users of another system: the file, the command, and their passwords at sign-in.

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Output;

use reqwest::StatusCode;
use serde_json::{Value, json};
use stockroom::base::secret::SecretString;
use stockroom::domain::audit::AuditEvent;
use stockroom::domain::email::LoginKey;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::{AdminCommand, AdminReply, import_users};
use stockroom::services::users::FirstSignIn;
use stockroom::services::users::import::{ImportOptions, ImportReport};
use stockroom::store::transaction::Order;
use stockroom::store::{audit, users};

use crate::harness::{PASSWORD, TestApp, stderr, stdout, stockroom};

/// `changeme!`: a user name, and the hash as another library makes it.
const HASHES: &[(&str, &str)] = &[
    // Python bcrypt 5.0.0
    ("bcrypt", "$2b$05$1.BBfqvuIB2BBh4WzIpNO.xrXOD1MK8T6O1ohIc2IZKBAOSj/RqXG"),
    // libxcrypt 4.4.33, as PHP writes it
    ("php", "$2y$05$abcdefghijklmnopqrstuuOhDHQ599ECDUnBpxP6ApxdsXcEnljtW"),
    // passlib 1.7.4
    ("passlib", "$pbkdf2-sha256$29000$4vxfy9mbc855z3lvzblXqg$VHo06lEI3Sj6Nipwxx8RA9sfrIRI87dtY3ma8KQq4Gw"),
    // Django 5.2.19
    ("django", "pbkdf2_sha256$20000$seasalt$qGvOLY4OqU3AwIFIbZLCcag6dHA3lbtMIc6pJ29apEQ="),
    // Salt and hash in base64 without padding, the salt used decoded
    ("decoded", "pbkdf2_sha256$390000$xLZMCnQn7qjW030LISFGMw$wmdKegibCSwbuMOl6MQ8UhqKEMUqwdSzLdePUgVveNQ"),
    // Werkzeug 3.1.9
    (
        "werkzeug",
        "pbkdf2:sha256:20000$aRjB1rcGPUE3VdcZ$b0158826a65c056e886dbaa63d62fcef8a456524ffba3c3814d1807cd503999c",
    ),
    (
        "scrypt",
        "scrypt:1024:8:2$L2WQolSxFZHnR5EY$1a418ae4cd3cf79e11d2cf42f3888e5c29940eb789f0c1931a4c9589c88c82412caef29b\
         14a6e75058e90e033f967af2646519cefa2c541bb5b50a5355697f6b",
    ),
    // argon2-cffi 25.1.0
    (
        "argon2id",
        "$argon2id$v=19$m=65536,t=3,p=4$yTC3Ke7NtbPq/rEtHlINWQ$w/h5NEzdMKHSBzWDAfTzWeHO85j1LHfqcX6P93y19Hw",
    ),
    (
        "argon2i",
        "$argon2i$v=19$m=8192,t=2,p=1$g4x4zwVqT4ul6QQvKopoWw$QnwqDtS9Lh9D8DeKfMihqBsz6kt9zcMwFoNUrq1FE10",
    ),
];

fn file_with_every_hash() -> String {
    let rows = HASHES.iter().map(|(name, hash)| format!("{name}@acme.example,{name},\"{hash}\",A|All\n"));
    std::iter::once("E-mail,User Name,Password_Hash,OWNERS\n".to_owned()).chain(rows).collect()
}

async fn run(app: &TestApp, args: &'static [&'static str]) -> Output {
    let directory = app.directory.path().to_owned();
    tokio::task::spawn_blocking(move || stockroom(&directory, args)).await.unwrap()
}

fn write(directory: &Path, text: impl AsRef<[u8]>) -> PathBuf {
    let path = directory.join("users.csv");
    fs::write(&path, text).unwrap();
    path
}

fn imported(app: &TestApp, file: impl AsRef<[u8]>, options: ImportOptions) -> ImportReport {
    match import_users(app.services(), file.as_ref(), options) {
        AdminReply::UserImport(report) => report,
        other => panic!("{other:?}"),
    }
}

fn problems(app: &TestApp, file: impl AsRef<[u8]>) -> Vec<String> {
    let report = imported(app, file, ImportOptions::default());
    assert!(!report.written || report.problems.is_empty());
    report.problems.iter().map(ToString::to_string).collect()
}

fn stored_hash(app: &TestApp, login: &str) -> Option<String> {
    app.services()
        .store
        .read(|r| {
            let user = users::find_user_by_login(r, &LoginKey::of(login))?.unwrap();
            users::find_password_hash(r, user.id)
        })
        .unwrap()
        .map(|hash| hash.expose().clone())
}

fn events(app: &TestApp) -> Vec<AuditEvent> {
    let mut events = Vec::new();
    app.services()
        .store
        .read(|r| {
            audit::visit_events(r, 0, Order::Ascending, &mut |event| {
                events.push(event?);
                Ok(ControlFlow::Continue(()))
            })
        })
        .unwrap();
    events
}

fn list(app: &TestApp) -> Vec<String> {
    match app.command(AdminCommand::UserList) {
        AdminReply::Users(users) => users.iter().map(|user| user.email.as_str().to_owned()).collect(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn users_come_along_beside_a_running_server_and_sign_in_as_before() {
    let app = TestApp::start().await;
    write(app.directory.path(), file_with_every_hash());
    let dry = run(&app, &["user", "import", "users.csv", "--dry-run"]).await;
    assert!(dry.status.success(), "{}", stderr(&dry));
    assert!(
        stdout(&dry).contains("line 2: bcrypt@acme.example (bcrypt)  active  customer"),
        "{}",
        stdout(&dry)
    );
    assert!(stdout(&dry).contains("9 users would be added; nothing was written"), "{}", stdout(&dry));
    assert_eq!(list(&app), [""; 0]);

    let done = run(&app, &["user", "import", "users.csv", "--json"]).await;
    assert!(done.status.success(), "{}", stderr(&done));
    let report: Value = serde_json::from_str(&stdout(&done)).unwrap();
    assert_eq!(report["written"], true);
    assert_eq!(report["users"][0]["owners"], json!(["A", "All"]));
    assert_eq!(report["users"][0]["all_owners"], false, "a customer who is called All");

    for (name, hash) in HASHES {
        assert_eq!(stored_hash(&app, name).as_deref(), Some(*hash));
        let wrong = app.browser().login(name, "changeme?").await;
        assert_eq!(wrong.status, StatusCode::UNAUTHORIZED, "{name}");
        assert_eq!(stored_hash(&app, name).as_deref(), Some(*hash), "a wrong password changes nothing");
        app.advance_minutes(60);
        for _ in 0..2 {
            let mut browser = app.browser();
            assert_eq!(browser.login(name, "changeme!").await.status, StatusCode::OK, "{name}");
            assert_eq!(browser.me().await, StatusCode::OK);
            let now = stored_hash(&app, name).unwrap();
            assert!(now.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{name}");
        }
    }
    let again = run(&app, &["user", "import", "users.csv"]).await;
    assert_eq!(again.status.code(), Some(1));
    assert!(
        stdout(&again).contains("line 2, email: bcrypt@acme.example is the login of another user already")
    );
    assert!(stderr(&again).contains("nobody was added"), "{}", stderr(&again));
    assert!(run(&app, &["audit", "verify"]).await.status.success());
}

#[test]
fn the_command_works_without_a_server_and_takes_standard_input() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("pw"), PASSWORD).unwrap();
    let init = ["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"];
    assert!(stockroom(directory.path(), &init).status.success());
    let file = write(directory.path(), "email;roles;is_active\nbob@acme.example;Operator | planner;no\n");
    let piped = std::process::Command::new(env!("CARGO_BIN_EXE_stockroom"))
        .args(["user", "import", "-"])
        .current_dir(directory.path())
        .env_clear()
        .stdin(fs::File::open(file).unwrap())
        .output()
        .unwrap();
    assert!(piped.status.success(), "{}", stderr(&piped));
    assert!(stdout(&piped).contains("1 user added"), "{}", stdout(&piped));
    assert!(stdout(&piped).contains("1 of them cannot sign in until an admin sets a password"));
    let bob = stdout(&stockroom(directory.path(), &["user", "show", "bob@acme.example"]));
    assert!(bob.contains("deactivated  planner,operator  sees no rows"), "{bob}");
    assert_eq!(stockroom(directory.path(), &["user", "import", "none.csv"]).status.code(), Some(6));
}

#[tokio::test]
async fn every_column_is_kept_or_named() {
    let app = TestApp::start().await;
    let file = "Email,First Name,Last Name,mobile,last_login,created_at,must_change,all owners,Shoe size\n\
        eve@example.com,Eve,Adams,+41 79 000 00 00,2024-01-01,2020-02-29 12:30,1,ALL,38\n";
    let report = imported(&app, file, ImportOptions::default());
    assert!(report.written, "{report:?}");
    assert!(report.notices[0].contains("\"Shoe size\""), "{:?}", report.notices);
    assert_eq!(report.notices.len(), 1, "{:?}", report.notices);
    let eve = &report.users[0].user;
    assert_eq!(eve.name.as_deref(), Some("Eve Adams"));
    assert_eq!(eve.created_at.to_string(), "2020-02-29T12:30:00Z");
    assert_eq!(eve.mobile.as_ref().unwrap().as_str(), "+41790000000");
    assert_eq!(eve.signed_in_at.unwrap().to_string(), "2024-01-01T00:00:00Z");
    assert!(eve.must_change_password && eve.all_owners);
    assert_eq!(eve.roles, [Role::Customer].into());
}

#[tokio::test]
async fn any_problem_keeps_everybody_out_and_says_where_it_is() {
    let app = TestApp::start().await;
    app.add_user("Taken@example.com", Role::Customer, OwnerScope::All);
    let file = "email,username,password_hash,owners,all_owners,roles,is_active,must_change,created_at\n\
        good@example.com,good,,A,,,,,\n\
        nobody,bad name,$2b$99$x,,,,,,\n\
        taken@EXAMPLE.com,,,,,,,,\n\
        twin@example.com,GOOD,,,,,,,\n\
        Good@Example.com,,,,,,,,\n\
        a@b.example,,secret,A,All,king,maybe,x,31.3.2024\n\
        short@example.com,a\n\
        late@example.com,,,,yes,,,,2031-01-01\n";
    let problems = problems(&app, file);
    for expected in [
        "line 3, email: is not a mail address",
        "line 4, email: taken@EXAMPLE.com is the login of another user already",
        "line 5, username: good is the login of line 2 already",
        "line 6, email: good@example.com is the login of line 2 already",
        "line 7, password_hash: is no hash that can be verified here",
        "line 7, all_owners: stands beside owners",
        "line 7, roles: names a role that there is not",
        "line 7, is_active: is neither yes nor no",
        "line 7, must_change: is neither yes nor no",
        "line 7, created_at: is no date",
        "line 8: has 2 cells where the first line has 9",
        "line 9, all_owners: is not the word All",
        "line 9, created_at: lies in the future",
    ] {
        assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{expected}: {problems:#?}");
    }
    assert_eq!(list(&app), ["Taken@example.com"]);
}

#[tokio::test]
async fn existing_users_are_left_out_only_when_asked() {
    let app = TestApp::start().await;
    app.add_user("ann@example.com", Role::Customer, OwnerScope::All);
    let file = "email,roles\nANN@example.com,admin\nbob@example.com,\n";
    let options = ImportOptions { skip_existing: true, ..ImportOptions::default() };
    let report = imported(&app, file, options);
    assert!(report.written && report.users.len() == 1, "{report:?}");
    assert_eq!((report.skipped[0].line, report.skipped[0].email.as_str()), (2, "ANN@example.com"));
    let AdminReply::User(ann) = app.command(AdminCommand::UserShow { login: "ann@example.com".into() })
    else {
        panic!("ann is there");
    };
    assert_eq!(ann.roles, [Role::Customer].into(), "not changed");
}

#[tokio::test]
async fn plain_passwords_need_the_switch_and_must_be_changed() {
    let app = TestApp::start().await;
    let file = "email,password\nann@example.com, pass \nbob@example.com,\n";
    assert!(problems(&app, file)[0].contains("--plain-passwords"));
    let options = ImportOptions { plain_passwords: true, ..ImportOptions::default() };
    let report = imported(&app, file, options);
    assert!(report.written && report.users[0].user.must_change_password, "{report:?}");
    assert!(stored_hash(&app, "ann@example.com").unwrap().starts_with("$argon2id$"));
    let mut ann = app.browser();
    assert_eq!(ann.login("ann@example.com", " pass ").await.status, StatusCode::OK);
    assert_eq!(
        ann.get("/api/v1/datasets").await.status,
        StatusCode::FORBIDDEN,
        "only a new password opens the rest"
    );
    assert_eq!(stored_hash(&app, "bob@example.com"), None);
    // Who has no password is answered like anybody with a wrong one, and an admin can give one.
    let none = app.browser().login("bob@example.com", "").await;
    app.advance_minutes(60);
    let wrong = app.browser().login("ann@example.com", "wrong password").await;
    app.advance_minutes(60);
    assert_eq!((none.status, &none.json()["type"]), (wrong.status, &wrong.json()["type"]));
    app.command(AdminCommand::UserPasswd {
        login: "bob@example.com".into(),
        password: SecretString::new(PASSWORD.to_owned()),
        first_sign_in: FirstSignIn::KeepsPassword,
    });
    assert_eq!(app.browser().login("bob@example.com", PASSWORD).await.status, StatusCode::OK);
}

#[tokio::test]
async fn accounts_that_are_off_or_must_change_stay_so_with_the_hash_of_another_system() {
    let app = TestApp::start().await;
    let hash = HASHES[0].1;
    let file = format!(
        "email,password_hash,is_active,must_change\noff@example.com,{hash},0,0\nnew@example.com,{hash},1,1\n"
    );
    assert!(imported(&app, file, ImportOptions::default()).written);
    assert_eq!(app.browser().login("off@example.com", "changeme!").await.status, StatusCode::FORBIDDEN);
    assert_eq!(stored_hash(&app, "off@example.com").as_deref(), Some(hash));
    app.advance_minutes(60);
    let mut new = app.browser();
    assert_eq!(new.login("new@example.com", "changeme!").await.status, StatusCode::OK);
    assert_eq!(new.get("/api/v1/datasets").await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn hostile_files_do_no_harm() {
    let app = TestApp::start().await;
    let formula = "email,first_name,owners\nann@example.com,\"=HYPERLINK(\"\"http://x\"\")\",|A | B||\n";
    let report = imported(&app, formula, ImportOptions::default());
    assert!(report.written);
    assert_eq!(
        report.users[0].user.name.as_deref(),
        Some("=HYPERLINK(\"http://x\")"),
        "text, and nothing else"
    );
    assert_eq!(report.users[0].user.owners, ["A".to_owned(), "B".to_owned()].into());

    for (file, expected) in [
        ("email,first_name\nb@b.example,a\0b\n".to_owned(), "line 2, first_name: has at most"),
        ("email,first_name\nb@b.example,\u{202e}b\n".to_owned(), "line 2, first_name: has at most"),
        ("email,owners\nb@b.example,a\0b\n".to_owned(), "line 2, owners: holds a control character"),
        ("email\nb@b.example\0\n".to_owned(), "line 2, email: is not a mail address"),
        (format!("email,owners\nb@b.example,{}\n", "x".repeat(1 << 20)), "line 2: cell 2 is longer than"),
        (
            "email,owners\nb@b.example,\"never closed\nc@b.example,A\n".to_owned() + &"x\n".repeat(5_000),
            "line 2: cell 2",
        ),
        ("email\n".to_owned() + &"x".repeat(17 << 20), "line 1: the file is larger than"),
        (
            "email\n".to_owned()
                + &(0..10_001).map(|n| format!("u{n}@b.example")).collect::<Vec<_>>().join("\n"),
            "line 10002: is user",
        ),
    ] {
        let problems = problems(&app, &file);
        assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{expected}: {problems:?}");
    }
    assert_eq!(list(&app), ["ann@example.com"]);
}

#[tokio::test]
async fn secrets_are_told_to_nobody() {
    let app = TestApp::start().await;
    let hash = HASHES[0].1;
    // Also where cells slipped by a column, and in a file without names.
    let files = [
        format!("email,password,password_hash\nann@example.com,plain-secret,{hash}\n"),
        format!(
            "email,username,roles,owners\n{hash},{hash},{hash},A\nplain-secret,plain-secret,plain-secret,\n"
        ),
        format!("{hash},plain-secret\n"),
        format!("email,password_hash\nann@example.com,{hash}x\n"),
    ];
    for file in files {
        let report =
            imported(&app, &file, ImportOptions { plain_passwords: true, ..ImportOptions::default() });
        assert!(!report.problems.is_empty());
        let told = format!("{report:?}{}", serde_json::to_string(&report).unwrap());
        assert!(!told.contains("plain-secret") && !told.contains("$2b$"), "{told}");
    }
    let report = imported(
        &app,
        format!("email,password,password_hash\nann@example.com,plain-secret,\nbob@example.com,,{hash}\n"),
        ImportOptions { plain_passwords: true, ..ImportOptions::default() },
    );
    assert!(report.written);
    let events = events(&app);
    let told = format!("{report:?}{events:?}");
    assert!(!told.contains("plain-secret") && !told.contains("$2b$") && !told.contains("$argon2"), "{told}");
    let actions: Vec<_> = events.iter().map(|event| event.action.as_str()).collect();
    assert_eq!(actions, ["user.import", "user.import"], "one event a user");
}

#[tokio::test]
async fn the_dry_run_says_how_many_rows_each_user_will_see() {
    let app = TestApp::start().await;
    app.import("inventory", "Part,Owner\n1,A\n2,A\n3,B\n", &["owner=Owner"]).await;
    let file = "email,owners\nann@example.com,A|C\nbob@example.com,\n";
    let report = imported(&app, file, ImportOptions { dry_run: true, ..ImportOptions::default() });
    assert_eq!(report.users[0].rows, Some(2));
    assert_eq!(report.users[0].owners_without_rows, ["C"]);
    assert_eq!(report.users[1].rows, Some(0));
    assert!(!report.written && list(&app).len() == 1);
}

#[tokio::test]
async fn on_the_page_the_file_is_shown_first_and_imported_with_a_second_button() {
    let app = TestApp::start().await;
    let mut root = app.signed_in(Role::Admin, &[]).await;
    let hash = HASHES[0].1;
    let page = root.get("/admin/customers/import").await;
    let shown =
        send(&mut root, &page, format!("email,password_hash,owners\nann@example.com,{hash},Acme|Zenith\n"))
            .await;
    assert_eq!(shown.status, StatusCode::OK, "{shown:?}");
    assert!(shown.text.contains("ann@example.com") && shown.text.contains("Acme, Zenith"), "{shown:?}");
    assert!(!shown.text.contains(hash), "hashes are nobody's to see");
    assert_eq!(app.browser().login("ann@example.com", "changeme!").await.status, StatusCode::UNAUTHORIZED);
    let mut other = app.signed_in(Role::Admin, &[]).await;
    let sealed = shown.text.split("name=\"file\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let theirs = other.post_form("/admin/customers/import/run", &[("file", sealed)]).await;
    assert_eq!(theirs.status, StatusCode::GONE, "another admin's file");
    let done = root.submit_on(&shown, "/admin/customers/import/run", &[]).await;
    assert_eq!(done.header("location"), "/admin/customers?imported=1", "{done:?}");
    app.advance_minutes(10);
    assert_eq!(app.browser().login("ann@example.com", "changeme!").await.status, StatusCode::OK);
    let again = root.submit_on(&shown, "/admin/customers/import/run", &[]).await;
    assert_eq!(again.status, StatusCode::GONE, "nothing of the file stays");
    let page = root.get("/admin/customers/import").await;
    let wrong = send(&mut root, &page, "email,roles\nann@example.com,king\n".to_owned()).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("names a role that there is not") && !wrong.text.contains("/run"),
        "{wrong:?}"
    );
}

async fn send(
    browser: &mut crate::harness::Browser,
    page: &crate::harness::Answer,
    csv: String,
) -> crate::harness::Answer {
    let token =
        page.text.split("name=\"csrf\" value=\"").last().unwrap().split('"').next().unwrap().to_owned();
    let file = reqwest::multipart::Part::bytes(csv.into_bytes()).file_name("users.csv");
    let form = reqwest::multipart::Form::new().text("csrf", token).part("file", file);
    let request = browser.request(reqwest::Method::POST, "/admin/customers/import").multipart(form);
    browser.send(request).await
}
