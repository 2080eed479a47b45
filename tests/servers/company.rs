//! Signing in to a site with accounts of a real directory.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use stockroom::base::secret::SecretString;
use stockroom::config::directory::{DirectoryConfig, DirectoryServer, DirectoryTls};
use stockroom::config::server::Network;
use stockroom::domain::audit::AuditEvent;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::domain::user::{Realm, User};
use stockroom::services::authorize::{Grant, ManageUsers, ReadAudit};
use stockroom::services::second_factor::challenge::Asker;
use stockroom::services::sign_in::{Attempt, Door, sign_in};
use stockroom::services::{ServiceError, audit, directory};
use stockroom::store::{StoreError, users as store_users};

use crate::directories::{Server, password_of};
use crate::harness::{Answer, Browser, PASSWORD, TestApp, stderr, stdout, stockroom};

const LOCAL_ADMIN: &str = "root@here.example";

async fn site(server: &Server) -> TestApp {
    site_with(server, |_| {}).await
}

async fn site_with(server: &Server, change: impl FnOnce(&mut DirectoryConfig)) -> TestApp {
    let mut directory = server.config(DirectoryTls::StartTls);
    change(&mut directory);
    let app = TestApp::start_with(|config| {
        config.directory = Some(directory);
        config.throttle.address_burst = 10_000;
    })
    .await;
    app.add_user(LOCAL_ADMIN, Role::Admin, OwnerScope::All);
    app
}

fn both() -> [&'static Server; 2] {
    [Server::openldap(), Server::active_directory()]
}

fn users(app: &TestApp) -> Vec<User> {
    app.services().store.read(store_users::list_users).unwrap_or_else(|error: StoreError| panic!("{error}"))
}

fn of_directory(app: &TestApp) -> Vec<User> {
    users(app).into_iter().filter(|user| user.realm == Realm::Ldap).collect()
}

fn events(app: &TestApp) -> Vec<AuditEvent> {
    let admin = users(app).into_iter().find(|user| user.email.as_str() == LOCAL_ADMIN).unwrap();
    let grant = Grant::<ReadAudit>::check(&admin, None).unwrap();
    audit::list(app.services(), &grant, None, 100).unwrap()
}

/// Signs in on a page, as a browser does.
async fn sign_in_at(browser: &mut Browser, page: &str, login: &str, password: &str, trap: &str) -> Answer {
    let form = browser.get(page).await;
    let token =
        form.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("csrf", token.as_str()), ("login", login), ("password", password), ("remarks", trap)])
        .finish();
    let request = browser
        .request(Method::POST, page)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body);
    browser.send(request).await
}

/// One attempt from an address of its own, so that only the account is slowed.
fn attempt_from(app: &TestApp, address: Ipv4Addr, login: &str, password: &str) -> Result<(), ServiceError> {
    let (login, password) = (login.to_owned(), SecretString::new(password.to_owned()));
    let services = std::sync::Arc::clone(app.services());
    std::thread::spawn(move || {
        let attempt = Attempt {
            login: &login,
            password: &password,
            address: Some(IpAddr::V4(address)),
            user_agent: "",
            device: None,
            door: Door::Everybody,
            asker: Asker::Program,
        };
        sign_in(&services, &attempt).map(|_| ())
    })
    .join()
    .unwrap()
}

async fn refresh(app: &TestApp) -> usize {
    let services = std::sync::Arc::clone(app.services());
    tokio::task::spawn_blocking(move || directory::refresh(&services)).await.unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_sign_in_makes_an_account_by_the_group_map_and_all_names_mean_it() {
    for server in both() {
        let app = site(server).await;
        for typed in ["alice", "ALICE", "CORP\\alice", "alice@corp.example.test", "alice@example.com"] {
            let mut alice = app.browser();
            let answer = alice.login(typed, &password_of("alice")).await;
            assert_eq!(answer.status, StatusCode::OK, "{typed}: {answer:?}");
            assert_eq!(alice.me().await, StatusCode::OK);
        }
        // Later also by the address that the directory gives them.
        let address = of_directory(&app)[0].email.to_string();
        assert_eq!(app.browser().login(&address, &password_of("alice")).await.status, StatusCode::OK);
        let [alice] = of_directory(&app).try_into().unwrap();
        assert_eq!(alice.roles, [Role::Customer].into());
        assert_eq!(alice.owners, OwnerScope::Owners(["ACME".to_owned()].into()));
        assert_eq!(alice.name.first.as_deref(), Some("Alice"));
        assert!(alice.email.as_str().starts_with("alice@"), "{}", alice.email);
        for (login, role) in [("bert", Role::Operator), ("boss", Role::Admin)] {
            let answer = app.browser().login(login, &password_of(login)).await;
            assert_eq!(answer.json()["user"]["roles"], serde_json::json!([role.as_str()]), "{answer:?}");
            assert_eq!(answer.json()["user"]["all_owners"], true);
        }
        let events = events(&app);
        let made: Vec<_> = events
            .iter()
            .filter(|event| event.action == "user.add" && event.details.contains("ldap"))
            .collect();
        assert_eq!(made.len(), 3);
        assert!(events.iter().all(|event| !event.details.contains("Passw0rd")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_no_group_that_counts_does_not_come_in() {
    for server in both() {
        let app = site(server).await;
        let answer = app.browser().login("carol", &password_of("carol")).await;
        assert_eq!((answer.status, answer.problem().as_str()), (StatusCode::FORBIDDEN, "not-admitted"));
        // Only to who has the password.
        assert_eq!(app.browser().login("carol", "wrong").await.problem(), "wrong-credentials");
        let app =
            site_with(server, |config| config.required_group = Some("Stock-Operators".to_owned())).await;
        assert_eq!(app.browser().login("alice", &password_of("alice")).await.problem(), "not-admitted");
        assert_eq!(app.browser().login("bert", &password_of("bert")).await.status, StatusCode::OK);
        assert_eq!(of_directory(&app).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_password_gets_nobody_in() {
    for server in both() {
        let app = site(server).await;
        assert_eq!(app.browser().login("alice", "").await.problem(), "wrong-credentials");
        let answer = sign_in_at(&mut app.browser(), "/login", "alice", "", "").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(of_directory(&app).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_get_the_answer_of_a_wrong_password() {
    let long = "x".repeat(5000);
    for server in both() {
        let app = site(server).await;
        let plain = |answer: Answer| {
            let mut body = answer.json();
            body.as_object_mut().unwrap().remove("request_id");
            (answer.status, body, answer.header("set-cookie").to_owned())
        };
        let wrong = plain(app.browser().login("alice", "wrong").await);
        assert_eq!(wrong.0, StatusCode::UNAUTHORIZED);
        for name in [
            "*",
            ")(",
            "alice)(uid=*",
            "a\0",
            "\\",
            "\\\\",
            "alice\0",
            "CORP\\*",
            "*@example.com",
            "nobody",
            &long,
        ] {
            app.advance_minutes(1);
            assert_eq!(plain(app.browser().login(name, &password_of("alice")).await), wrong, "{name:?}");
        }
        assert!(of_directory(&app).is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_an_account_here_by_its_name_or_address() {
    let server = Server::active_directory();
    let app = site(server).await;
    // Somebody here has the address that the directory gives to alice, and the name of another there.
    let holder = app.add_user("alice@mail.example", Role::Operator, OwnerScope::All);
    app.command(stockroom::services::commands::AdminCommand::UserAdd {
        email: "someone@here.example".to_owned().try_into().unwrap(),
        first_name: None,
        last_name: None,
        mobile: None,
        username: Some("bert".to_owned().try_into().unwrap()),
        roles: [Role::Customer].into(),
        owners: OwnerScope::Owners([].into()),
        password: SecretString::new(PASSWORD.to_owned()),
        first_sign_in: stockroom::services::users::FirstSignIn::KeepsPassword,
    });
    let answer = app.browser().login("alice", &password_of("alice")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    assert_ne!(answer.json()["user"]["id"], holder.id.to_string());
    let alice = of_directory(&app).pop().unwrap();
    assert!(alice.email.is_nobodys() && alice.username.is_some(), "{alice:?}");
    let added =
        events(&app).into_iter().find(|event| event.action == "user.add" && event.details.contains("ldap"));
    assert!(added.unwrap().details.contains("\"held_by_others\":[\"alice@mail.example\"]"));
    let admin = users(&app).into_iter().find(|user| user.email.as_str() == LOCAL_ADMIN).unwrap();
    let grant = Grant::<ManageUsers>::check(&admin, None).unwrap();
    let entry = directory::account_of(app.services(), &grant, alice.id).unwrap().unwrap();
    assert_eq!(entry.missing, ["alice@mail.example"]);
    let mut browser = app.browser();
    browser.login(LOCAL_ADMIN, PASSWORD).await;
    let page = browser.get(&format!("/admin/customers/{}", alice.id)).await.text;
    assert!(page.contains("Another account here has") && page.contains("alice@mail.example"), "{page}");
    assert!(page.contains("CN=alice,CN=Users,DC=corp,DC=example,DC=test"), "{page}");
    // What comes from there is not changed here.
    assert!(page.contains("none that is free") && !page.contains("data-user-form"), "{page}");
    let reply = app.command(stockroom::services::commands::AdminCommand::UserRole {
        login: "alice".to_owned(),
        roles: [Role::Admin].into(),
        owners: None,
    });
    assert!(format!("{reply:?}").contains("change it there"), "{reply:?}");
    // The local account wins its name: what is typed under it never goes to the directory.
    assert_eq!(app.browser().login("bert", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(app.browser().login("bert", &password_of("bert")).await.problem(), "wrong-credentials");
    app.advance_minutes(60);
    let answer = app.browser().login("CORP\\bert", &password_of("bert")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
    let bert =
        of_directory(&app).into_iter().find(|user| user.name.first.as_deref() == Some("Bert")).unwrap();
    assert!(bert.username.is_none());
    // The address is theirs again once nobody else has it.
    app.command(stockroom::services::commands::AdminCommand::UserList);
    assert_eq!(app.browser().login("CORP\\alice", &password_of("alice")).await.status, StatusCode::OK);
    assert_eq!(of_directory(&app).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_person_keeps_the_account_and_a_new_one_of_that_name_gets_another() {
    let server = Server::active_directory();
    let app = site(server).await;
    let first = app.browser().login("rita", &password_of("rita")).await.json()["user"]["id"].clone();
    let users = "CN=Users,DC=corp,DC=example,DC=test";
    server.modify(&format!(
        "dn: CN=rita,{users}\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: rita.new\n-\n\
         replace: userPrincipalName\nuserPrincipalName: rita.new@corp.example.test\n\n\
         dn: CN=tina,{users}\nchangetype: modify\nreplace: sAMAccountName\nsAMAccountName: rita\n-\n\
         replace: userPrincipalName\nuserPrincipalName: rita@corp.example.test\n"
    ));
    assert_eq!(app.browser().login("rita", &password_of("rita")).await.problem(), "wrong-credentials");
    let second = app.browser().login("CORP\\rita", &password_of("tina")).await;
    assert_eq!(second.problem(), "too-many-tries", "all ways to write a name share a counter: {second:?}");
    app.advance_minutes(1);
    let second = app.browser().login("CORP\\rita", &password_of("tina")).await;
    assert_eq!(second.status, StatusCode::OK, "{second:?}");
    let renamed = app.browser().login("rita.new", &password_of("rita")).await;
    assert_eq!(renamed.json()["user"]["id"], first, "{renamed:?}");
    assert_ne!(second.json()["user"]["id"], first);
    assert_eq!(renamed.json()["user"]["username"], "rita.new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_group_other_rights_or_a_disabled_account_count_within_minutes() {
    let server = Server::openldap();
    let app = site(server).await;
    let group = "dn: cn=Stock-Customers,ou=groups,dc=example,dc=com\nchangetype: modify\n";
    let person = |uid: &str| format!("uid={uid},ou=people,dc=example,dc=com");
    let add = |uid: &str, to: &str| {
        server.modify(&format!(
            "dn: {dn}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: {uid}\ncn: {uid}\nsn: {uid}\n\
             userPassword: Passw0rd!{uid}\n\n\
             dn: cn={to},ou=groups,dc=example,dc=com\nchangetype: modify\nadd: member\nmember: {dn}\n",
            dn = person(uid)
        ));
    };
    let mut browsers = Vec::new();
    for uid in ["leaver", "mover", "gone", "stays"] {
        add(uid, "Stock-Customers");
        let mut browser = app.browser();
        assert_eq!(browser.login(uid, &password_of(uid)).await.status, StatusCode::OK, "{uid}");
        browsers.push(browser);
    }
    server.modify(&format!("{group}delete: member\nmember: {}\n", person("leaver")));
    server.modify(&format!(
        "dn: cn=Stock-Admins,ou=groups,dc=example,dc=com\nchangetype: modify\nadd: member\nmember: {}\n",
        person("mover")
    ));
    server.modify(&format!("dn: {}\nchangetype: delete\n", person("gone")));
    assert_eq!(refresh(&app).await, 0, "not before five minutes");
    app.advance_minutes(5);
    assert_eq!(refresh(&app).await, 3);
    let mut alive = Vec::new();
    for browser in &mut browsers {
        alive.push(browser.me().await == StatusCode::OK);
    }
    assert_eq!(alive, [false, false, false, true]);
    assert_eq!(app.browser().login("leaver", &password_of("leaver")).await.problem(), "not-admitted");
    let mover = app.browser().login("mover", &password_of("mover")).await;
    assert_eq!(mover.json()["user"]["roles"], serde_json::json!(["customer", "admin"]), "{mover:?}");
    assert_eq!(app.browser().login("gone", &password_of("gone")).await.problem(), "wrong-credentials");
    assert!(
        events(&app)
            .iter()
            .any(|event| event.action == "session.revoke" && event.details.contains("no group"))
    );
    assert_eq!(refresh(&app).await, 0, "nobody twice");
    // Nobody is deactivated here: who comes back is who they were.
    assert!(of_directory(&app).iter().all(User::is_active));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_disabled_there_loses_its_session_here() {
    let server = Server::active_directory();
    let app = site(server).await;
    let mut tom = app.browser();
    assert_eq!(tom.login("toni", &password_of("toni")).await.status, StatusCode::OK);
    let entry =
        "dn: CN=toni,CN=Users,DC=corp,DC=example,DC=test\nchangetype: modify\nreplace: userAccountControl\n";
    server.modify(&format!("{entry}userAccountControl: 514\n"));
    app.advance_minutes(5);
    assert_eq!(refresh(&app).await, 1);
    assert_eq!(tom.me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(app.browser().login("toni", &password_of("toni")).await.problem(), "not-admitted");
    server.modify(&format!("{entry}userAccountControl: 512\n"));
    assert_eq!(tom.login("toni", &password_of("toni")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_must_change_the_password_there_is_told_so_once_it_was_right() {
    let app = site(Server::active_directory()).await;
    for (user, problem) in
        [("mona", "change-in-directory"), ("dora", "not-admitted"), ("erna", "not-admitted")]
    {
        assert_eq!(app.browser().login(user, &password_of(user)).await.problem(), problem, "{user}");
        assert_eq!(app.browser().login(user, "wrong").await.problem(), "wrong-credentials", "{user}");
    }
    let mut browser = app.browser();
    app.advance_minutes(60);
    let answer = sign_in_at(&mut browser, "/login", "mona", &password_of("mona"), "").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text.contains("has to be changed where your company keeps it"), "{}", answer.text);
    assert!(of_directory(&app).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_directory_is_down_local_admins_sign_in_and_nobody_is_signed_out() {
    let server = Server::openldap();
    let app = site(server).await;
    let mut alice = app.browser();
    assert_eq!(alice.login("alice", &password_of("alice")).await.status, StatusCode::OK);
    let app = app.restart_after(|_| {}).await;
    drop(app);
    let app = site_with(server, |config| {
        config.servers = vec![DirectoryServer { host: "localhost".to_owned(), port: 1 }];
    })
    .await;
    assert_eq!(app.browser().login(LOCAL_ADMIN, PASSWORD).await.status, StatusCode::OK);
    // Neither the answer nor the time says who is where.
    for login in ["alice", "nobody", LOCAL_ADMIN] {
        let answer = app.browser().login(login, "wrong").await;
        assert_eq!(
            (answer.status, answer.problem().as_str()),
            (StatusCode::UNAUTHORIZED, "directory-away"),
            "{login}"
        );
    }
    let page = sign_in_at(&mut app.browser(), "/login", "somebody", "wrong", "").await;
    assert!(page.text.contains("directory cannot be reached right now"), "{}", page.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_goes_away_ends_nobodys_session() {
    // A server of our own between the site and the directory, which can be switched off.
    let server = Server::openldap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let behind = server.port;
    let relay = tokio::spawn(async move {
        loop {
            let (mut from, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut to = tokio::net::TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
            });
        }
    });
    let app = site_with(server, |config| config.servers[0].port = port).await;
    let mut alice = app.browser();
    assert_eq!(alice.login("alice", &password_of("alice")).await.status, StatusCode::OK);
    relay.abort();
    let _ = relay.await;
    app.advance_minutes(6);
    assert_eq!(refresh(&app).await, 0);
    assert_eq!(alice.me().await, StatusCode::OK);
    assert!(of_directory(&app).iter().all(User::is_active));
    assert_eq!(app.browser().login("alice", &password_of("alice")).await.problem(), "directory-away");
}

#[tokio::test(flavor = "multi_thread")]
async fn guessing_here_never_locks_an_account_there() {
    let server = Server::active_directory();
    let app = site(server).await;
    let mut known = app.browser();
    assert_eq!(known.login("luke", &password_of("luke")).await.status, StatusCode::OK);
    known.cookies.remove("sid");
    // From as many addresses as tries, by every name, for as long as it takes.
    let mut asked = 0;
    for (turn, name) in
        ["luke", "CORP\\luke", "luke@corp.example.test", "LUKE"].iter().cycle().take(40).enumerate()
    {
        let address = Ipv4Addr::new(127, 1, 0, u8::try_from(turn).unwrap());
        match attempt_from(&app, address, name, "wrong") {
            Err(ServiceError::WrongCredentials) => asked += 1,
            Err(ServiceError::Throttled(_)) => {}
            other => panic!("{other:?}"),
        }
        app.clock.advance(jiff::SignedDuration::from_secs(40));
    }
    // Forty times forty seconds are less than the window: three of the five that would lock.
    assert_eq!(asked, 3);
    // A stranger who has the right one has to wait as well, and learns nothing; the owner's own browser gets in.
    let stranger = attempt_from(&app, Ipv4Addr::new(127, 2, 0, 1), "luke", &password_of("luke"));
    assert!(matches!(stranger, Err(ServiceError::Throttled(_))), "{stranger:?}");
    let answer = known.login("luke", &password_of("luke")).await;
    assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_guesses_at_once_are_no_more_and_a_restart_forgives_nothing() {
    let server = Server::active_directory();
    let app = site(server).await;
    let mut tries = Vec::new();
    for turn in 0..30 {
        let services = std::sync::Arc::clone(app.services());
        tries.push(std::thread::spawn(move || {
            let password = SecretString::new("wrong".to_owned());
            let attempt = Attempt {
                login: "oskar",
                password: &password,
                address: Some(IpAddr::V4(Ipv4Addr::new(127, 1, 1, turn))),
                user_agent: "",
                device: None,
                door: Door::Everybody,
                asker: Asker::Program,
            };
            matches!(sign_in(&services, &attempt), Err(ServiceError::WrongCredentials))
        }));
    }
    let asked = tries.into_iter().filter(|_| true).map(|one| usize::from(one.join().unwrap())).sum::<usize>();
    assert!(asked <= 3, "{asked}");
    let app = app.restart_after(|_| {}).await;
    let mut asked = asked;
    for turn in 0..10 {
        app.clock.advance(jiff::SignedDuration::from_secs(120));
        let said = attempt_from(&app, Ipv4Addr::new(127, 1, 2, turn), "oskar", "wrong");
        asked += usize::from(matches!(said, Err(ServiceError::WrongCredentials)));
    }
    assert_eq!(asked, 3);
    // After the directory's window it has forgotten them, and so have we.
    app.advance_minutes(31);
    assert_eq!(app.browser().login("oskar", &password_of("oskar")).await.status, StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_nobody_has_are_slowed_like_those_that_somebody_has() {
    let server = Server::active_directory();
    let app = site(server).await;
    let mut said = Vec::new();
    for name in ["otmar", "nobody-at-all"] {
        let mut answers = Vec::new();
        for turn in 0..6 {
            let mut answer = app.browser().login(name, "wrong").await.json();
            answer.as_object_mut().unwrap().remove("request_id");
            answers.push((turn, answer));
            app.clock.advance(jiff::SignedDuration::from_secs(10));
        }
        said.push(answers);
    }
    assert_eq!(said[0], said[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn admin_login_refuses_who_is_no_admin_exactly_like_a_wrong_password() {
    for server in both() {
        let app = site(server).await;
        app.add_user("operator@here.example", Role::Operator, OwnerScope::All);
        let strip = |answer: &Answer| {
            let text = answer.text.clone();
            let token =
                text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
            let login = text
                .split("name=\"login\"")
                .nth(1)
                .unwrap()
                .split("value=\"")
                .nth(1)
                .unwrap()
                .split('"')
                .next()
                .unwrap();
            text.replace(&token, "").replace(&format!("value=\"{login}\""), "")
        };
        let wrong = sign_in_at(&mut app.browser(), "/admin-login", "boss", "wrong", "").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let before = of_directory(&app).len();
        for (login, password) in [
            ("alice", password_of("alice")),
            ("bert", password_of("bert")),
            ("carol", password_of("carol")),
            ("operator@here.example", PASSWORD.to_owned()),
            ("nobody", "wrong".to_owned()),
        ] {
            let answer = sign_in_at(&mut app.browser(), "/admin-login", login, &password, "").await;
            assert_eq!(answer.status, wrong.status, "{login}");
            assert_eq!(strip(&answer), strip(&wrong), "{login}");
            assert_eq!(
                answer.headers.get_all("set-cookie").iter().count(),
                wrong.headers.get_all("set-cookie").iter().count()
            );
        }
        assert_eq!(of_directory(&app).len(), before, "and no account is made");
        app.advance_minutes(31);
        for (login, password) in [("boss", password_of("boss")), (LOCAL_ADMIN, PASSWORD.to_owned())] {
            for page in ["/admin-login", "/login"] {
                let answer = sign_in_at(&mut app.browser(), page, login, &password, "").await;
                assert_eq!(answer.status, StatusCode::SEE_OTHER, "{login} {page}: {}", answer.text);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_trap_on_both_pages_is_answered_like_a_wrong_password_and_asks_nobody() {
    let server = Server::openldap();
    let app = site(server).await;
    for page in ["/login", "/admin-login"] {
        let form = app.browser().get(page).await.text;
        let trap = form.split("name=\"remarks\"").nth(1).unwrap();
        let trap = &trap[..trap.find('>').unwrap()];
        assert!(trap.contains("tabindex=\"-1\"") && trap.contains("autocomplete=\"off\""), "{trap}");
        assert!(form.contains("class=\"trap\" aria-hidden=\"true\""), "{form}");
        let answer = sign_in_at(&mut app.browser(), page, "boss", &password_of("boss"), "a program").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("or password is wrong"), "{}", answer.text);
    }
    assert!(of_directory(&app).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn over_plain_http_from_another_machine_the_directory_is_not_asked_unless_that_is_wanted() {
    let server = Server::openldap();
    let elsewhere = Ipv4Addr::new(10, 1, 2, 3);
    let app = site(server).await;
    let said = attempt_from(&app, elsewhere, "alice", &password_of("alice"));
    assert!(matches!(said, Err(ServiceError::WrongCredentials)), "{said:?}");
    assert!(of_directory(&app).is_empty());
    let app = site_with(server, |config| config.over_http = true).await;
    attempt_from(&app, elsewhere, "alice", &password_of("alice")).unwrap();
    // Over https nothing is in the way.
    let mut directory = server.config(DirectoryTls::StartTls);
    directory.over_http = false;
    let app = TestApp::start_with(|config| {
        config.directory = Some(directory);
        config.session.cookie_secure = Some(true);
    })
    .await;
    app.add_user(LOCAL_ADMIN, Role::Admin, OwnerScope::All);
    attempt_from(&app, elsewhere, "alice", &password_of("alice")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn before_there_is_an_admin_here_nobody_of_the_directory_comes_in() {
    let directory = Server::openldap().config(DirectoryTls::StartTls);
    let app = TestApp::start_with(|config| config.directory = Some(directory)).await;
    assert_eq!(app.browser().login("boss", &password_of("boss")).await.status, StatusCode::UNAUTHORIZED);
    assert!(users(&app).is_empty());
    // And an admin of the directory is not the last one here.
    let app = site(Server::openldap()).await;
    assert_eq!(app.browser().login("boss", &password_of("boss")).await.status, StatusCode::OK);
    let reply = app
        .command(stockroom::services::commands::AdminCommand::UserDisable { login: LOCAL_ADMIN.to_owned() });
    assert!(format!("{reply:?}").contains("last active admin"), "{reply:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_of_the_directory_is_not_changed_here() {
    let app = site(Server::openldap()).await;
    let mut alice = app.browser();
    alice.login("alice", &password_of("alice")).await;
    let body =
        serde_json::json!({"current_password": password_of("alice"), "new_password": "an entirely new one"});
    let answer = alice.post("/api/v1/auth/password", &body).await;
    assert_eq!(answer.status, StatusCode::CONFLICT);
    assert!(answer.text.contains("company directory's"), "{answer:?}");
    let reply = app.command(stockroom::services::commands::AdminCommand::UserPasswd {
        login: "alice".to_owned(),
        password: SecretString::new("an entirely new one".to_owned()),
        first_sign_in: stockroom::services::users::FirstSignIn::ChangesPassword,
    });
    assert!(format!("{reply:?}").contains("change it there"), "{reply:?}");
    assert!(events(&app).iter().all(|event| !event.action.contains("password")));
    assert_eq!(alice.me().await, StatusCode::OK);
    let page = alice.get("/account").await.text;
    assert!(page.contains("is changed there") && !page.contains("/account/password"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_on_the_settings_page_shows_each_step_in_the_servers_words() {
    for server in both() {
        let app = site(server).await;
        let mut admin = app.browser();
        admin.login(LOCAL_ADMIN, PASSWORD).await;
        let words = |text: &str| text.replace("&quot;", "\"").replace("&#39;", "'");
        let fields = [("user", "boss"), ("password", "wrong")];
        let page = admin.post_form("/admin/directory/test", &fields).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
        let text = words(&page.text);
        for step in ["Name", "Connection", "TLS", "Service account", "Search", "Groups", "User's password"] {
            assert!(text.contains(&format!("<td class=\"who\">{step}</td>")), "{step}: {text}");
        }
        assert!(text.contains("rc=49 (invalidCredentials)") && text.contains("Stock-Admins"), "{text}");
        assert!(text.contains("Administrator") || text.contains("Admin"), "{text}");
        let password = password_of("boss");
        let page = admin
            .post_form("/admin/directory/test", &[("user", "CORP\\boss"), ("password", &password)])
            .await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert!(page.text.contains("Everything works") && !page.text.contains(&password), "{}", page.text);
        let page = admin.post_form("/admin/directory/test", &[("user", "carol"), ("password", "")]).await;
        assert!(page.text.contains("no access here"), "{}", page.text);
        let page = admin.post_form("/admin/directory/test", &[("user", ""), ("password", "")]).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(of_directory(&app).is_empty());
    }
}

#[test]
fn doctor_says_the_same_as_the_page() {
    let server = Server::active_directory();
    let here = tempfile::tempdir().unwrap();
    let file = format!(
        "[directory]\nservers = ['{}']\nbase_dn = 'DC=corp,DC=example,DC=test'\nbind_dn = 'stockroom@corp.example.test'\n\
         bind_password = '{}'\nca_file = '{}'\nadmin_group = 'Stock-Admins'\n",
        server.host,
        password_of("stockroom"),
        server.ca_file().display()
    );
    std::fs::write(here.path().join("stockroom.toml"), file).unwrap();
    std::fs::write(here.path().join("pw"), password_of("boss")).unwrap();
    let output = stockroom(here.path(), &["doctor", "directory", "--user", "boss", "--password-file", "pw"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    assert_eq!(text.lines().filter(|line| line.starts_with("ok ")).count(), 7, "{text}");
    assert!(text.contains("access  admin; all owners"), "{text}");
    assert!(!text.contains("Passw0rd"), "{text}");
    std::fs::write(here.path().join("pw"), "wrong").unwrap();
    let output = stockroom(here.path(), &["doctor", "directory", "--user", "boss", "--password-file", "pw"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stdout(&output).contains("FAILED  user-bind") && stdout(&output).contains("data 52e"),
        "{}",
        stdout(&output)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_directory_holds_up_nobody_whose_password_is_here() {
    // It takes connections and never says a word.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let app = site_with(Server::openldap(), |config| {
        config.servers = vec![DirectoryServer { host: "localhost".to_owned(), port }];
    })
    .await;
    let mut waiting = tokio::task::JoinSet::new();
    for turn in 0..40 {
        let mut browser = app.browser();
        waiting.spawn(async move { browser.login(&format!("somebody{turn}"), "wrong").await.problem() });
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    assert_eq!(app.browser().login(LOCAL_ADMIN, PASSWORD).await.status, StatusCode::OK);
    assert!(waiting.try_join_next().is_none(), "the others still wait");
    for problem in waiting.join_all().await {
        assert_eq!(problem, "directory-away");
    }
    // One after the other they would take minutes.
    assert!(begun.elapsed() < Duration::from_mins(1), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_that_company_accounts_cannot_sign_in_over_plain_http() {
    let directory = Server::openldap().config(DirectoryTls::StartTls);
    let app = TestApp::start_with(|config| {
        config.directory = Some(directory);
        config.server.trusted_proxies = vec![Network::parse("127.0.0.1").unwrap()];
    })
    .await;
    app.add_user(LOCAL_ADMIN, Role::Admin, OwnerScope::All);
    for page in ["/login", "/admin-login"] {
        let mut browser = app.browser();
        let request = browser.request(Method::GET, page).header("x-forwarded-for", "10.1.2.3");
        let elsewhere = browser.send(request).await.text;
        assert!(elsewhere.contains("Company accounts cannot sign in over this connection"), "{elsewhere}");
        let here = browser.get(page).await.text;
        assert!(!here.contains("cannot sign in over") && here.contains("company account"), "{here}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_asked_for_an_account_here_hears_where_it_stands() {
    let app = site(Server::openldap()).await;
    let hash = app.services().passwords.hash(&SecretString::new("a long password here".to_owned())).unwrap();
    let root = users(&app).pop().unwrap();
    let asker = User {
        id: stockroom::domain::ids::UserId::new(app.services().now()),
        email: "asker@here.example".to_owned().try_into().unwrap(),
        username: Some("asker".to_owned().try_into().unwrap()),
        status: stockroom::domain::user::UserStatus::Pending,
        roles: [Role::Customer].into(),
        ..root
    };
    app.services()
        .store
        .write(|w| {
            store_users::insert_user(w, &asker)?;
            store_users::put_password_hash(w, asker.id, &hash)
        })
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    assert_eq!(app.browser().login("asker", "wrong").await.problem(), "wrong-credentials");
    app.advance_minutes(1);
    assert_eq!(app.browser().login("asker", "a long password here").await.problem(), "account-not-active");
}
