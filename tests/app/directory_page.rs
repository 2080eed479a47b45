//! The page and the command that say how the company's directory is set up and whether it works. Real directories are
//! asked in `tests/servers`; here there is none, or one that does not answer.

use reqwest::StatusCode;
use stockroom::config::directory::DirectoryConfig;
use stockroom::config::{Config, Sources};
use stockroom::domain::permission::Role;

use crate::harness::{TestApp, stderr, stdout, stockroom};

const FILE: &str = "[directory]\nservers = ['localhost:1']\nbase_dn = 'DC=corp,DC=example'\nadmin_group = 'Admins'\n\
                    bind_dn = 'stock@corp.example'\nbind_password = 'hunter2hunter2'\nupn_suffixes = ['corp.example']\n";

fn load(file: &str) -> Config {
    let sources = Sources { file: Some(("stockroom.toml".into(), file.to_owned())), ..Sources::default() };
    Config::load(&sources).unwrap()
}

async fn site(file: &str) -> TestApp {
    let Config { directory, shown, .. } = load(file);
    TestApp::start_with(|config| (config.directory, config.shown) = (directory, shown)).await
}

fn directory(file: &str) -> DirectoryConfig {
    load(file).directory.unwrap()
}

#[tokio::test]
async fn without_a_directory_the_page_shows_how_to_set_one_up() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let page = admin.get("/admin/directory").await;
    assert_eq!(page.status, StatusCode::OK);
    for text in
        ["No directory is set up", "preset = &quot;active-directory&quot;", "preset = &quot;openldap&quot;"]
    {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    let login = app.browser().get("/login").await.text;
    assert!(login.contains("Email, user name or mobile") && !login.contains("company account"), "{login}");
}

#[tokio::test]
async fn the_settings_are_shown_with_where_they_come_from_and_without_secrets() {
    let app = site(FILE).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let page = admin.get("/admin/directory").await.text;
    for text in ["directory.base_dn", "DC=corp,DC=example", "stockroom.toml, directory.base_dn", "[redacted]"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("hunter2") && !page.contains("not encrypted"), "{page}");
    assert!(app.browser().get("/login").await.text.contains("company account"));
    let plain = site(&format!("{FILE}tls = 'none'\nallow_plain = true\nover_http = true\n")).await;
    let page = plain.signed_in(Role::Admin, &[]).await.get("/admin/directory").await.text;
    assert!(page.contains("The connection to the directory is not encrypted"), "{page}");
    assert!(page.contains("directory.over_http): everybody"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_shows_each_step_and_what_was_typed_but_the_password() {
    let app = site(FILE).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let fields = [("user", "CORP\\ann<b>"), ("password", "hunter3hunter3")];
    let page = admin.post_form("/admin/directory/test", &fields).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in [
        "This step failed: Connection",
        "localhost is ",
        "port 1: ",
        "refused",
        "value=\"CORP\\ann&lt;b&gt;\"",
    ] {
        assert!(page.text.contains(text), "{text}: {}", page.text);
    }
    assert!(!page.text.contains("hunter"), "{}", page.text);
    let mut operator = app.signed_in(Role::Operator, &[]).await;
    assert_eq!(operator.post_form("/admin/directory/test", &fields).await.status, StatusCode::FORBIDDEN);
}

#[test]
fn doctor_says_the_same_without_a_site_or_a_server() {
    let here = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| stockroom(here.path(), args);
    let output = run(&["doctor", "directory"]);
    assert!(
        !output.status.success() && stderr(&output).contains("no directory is set up"),
        "{}",
        stderr(&output)
    );
    std::fs::write(here.path().join("stockroom.toml"), format!("{FILE}tls = 'none'\nallow_plain = true\n"))
        .unwrap();
    let output = run(&["doctor", "directory", "--user", "ann"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("ok      resolve       localhost is "), "{}", stdout(&output));
    assert!(stdout(&output).contains("FAILED  connect"), "{}", stdout(&output));
    assert!(stderr(&output).contains("warning: directory.tls is none"), "{}", stderr(&output));
    assert!(!here.path().join("data").exists());
    assert_eq!(run(&["doctor", "directory", "--password-file", "x"]).status.code(), Some(2));
    assert_eq!(directory(FILE).servers.len(), 1);
}
