//! What admins do to customers beyond the form: many at once, deleting, who sees what, a second factor demanded.

use std::fmt::Write;

use jiff::Timestamp;
use reqwest::StatusCode;
use stockroom::domain::ids::UserId;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::{AdminCommand, AdminReply};
use stockroom::services::users::UserView;
use stockroom::services::users::names::known_names;
use stockroom::store::{
    StoreError, sessions as store_sessions, throttle as store_throttle, users as store_users,
};

use crate::harness::{Answer, Browser, PASSWORD, TestApp, stdout, stockroom};

const STOCK: &str = "Part,Customer,On Hand\nA-1,Acme,5\nA-2,Acme,6\nB-1,Zenith,7\nC-1,,1\n";

fn owners(names: &[&str]) -> OwnerScope {
    OwnerScope::Owners(names.iter().map(|name| (*name).to_owned()).collect())
}

fn show(app: &TestApp, login: &str) -> UserView {
    match app.command(AdminCommand::UserShow { login: login.to_owned() }) {
        AdminReply::User(user) => *user,
        other => panic!("{other:?}"),
    }
}

fn is_there(app: &TestApp, login: &str) -> bool {
    matches!(app.command(AdminCommand::UserShow { login: login.to_owned() }), AdminReply::User(_))
}

async fn admin(app: &TestApp) -> Browser {
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut browser = app.browser();
    assert_eq!(browser.login("root@example.com", PASSWORD).await.status, StatusCode::OK);
    browser
}

async fn act(browser: &mut Browser, id: UserId, action: &str, fields: &[(&str, &str)]) -> Answer {
    let fields: Vec<_> = [("confirm", "1")].into_iter().chain(fields.iter().copied()).collect();
    browser.post_form(&format!("/admin/customers/{id}/{action}"), &fields).await
}

/// Asks for something to be done to many, and confirms it.
async fn bulk(browser: &mut Browser, fields: &[(&str, &str)], more: &[(&str, &str)]) -> (Answer, Answer) {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let asked = browser.get(&format!("/admin/customers/bulk?{query}")).await;
    assert_eq!(asked.status, StatusCode::OK, "{asked:?}");
    let seen = asked.text.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let sent: Vec<_> = fields.iter().chain(more).copied().chain([("seen", seen)]).collect();
    let done = browser.post_form("/admin/customers/bulk", &sent).await;
    (asked, done)
}

#[tokio::test]
async fn a_deleted_account_leaves_nothing_but_its_name_in_the_audit_log() {
    let app = TestApp::start().await;
    let mut root = admin(&app).await;
    let bob = app.add_user("bob@example.com", Role::Customer, owners(&["Acme"]));
    let mut browser = app.browser();
    browser.login("bob@example.com", PASSWORD).await;
    browser.post_form("/account/theme", &[("theme", "dark"), ("back", "/account")]).await;
    app.browser().login("bob@example.com", "wrong").await;
    let asked = root.get(&format!("/admin/customers/{}/delete", bob.id)).await.text;
    assert!(asked.contains("Type bob@example.com to confirm"), "{asked}");
    for typed in ["", "bo@example.com", "root@example.com"] {
        let refused = act(&mut root, bob.id, "delete", &[("confirm_email", typed)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(refused.text.contains("type the address"), "{}", refused.text);
    }
    assert_eq!(browser.me().await, StatusCode::OK);
    let gone = act(&mut root, bob.id, "delete", &[("confirm_email", " BOB@example.com ")]).await;
    assert_eq!(gone.header("location"), "/admin/customers?done=delete", "{gone:?}");
    assert_eq!(browser.me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(app.browser().login("bob@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert!(!is_there(&app, "bob@example.com"));
    assert_eq!(root.get(&format!("/admin/customers/{}", bob.id)).await.status, StatusCode::NOT_FOUND);
    let left = app.services().store.read(|r| {
        let counter = [b"u", bob.id.0.as_bytes().as_slice()].concat();
        Ok::<_, StoreError>((
            store_users::find_password_hash(r, bob.id)?.is_some(),
            store_sessions::list_sessions_of(r, bob.id)?.len(),
            store_throttle::find_counter(r, &counter)?.is_some(),
            stockroom::store::devices::last_used(r)?.contains_key(&bob.id),
        ))
    });
    assert_eq!(left.unwrap(), (false, 0, false, false));
    assert!(app.actions().iter().any(|action| action == "user.delete"));
    let names = known_names(app.services(), [bob.id]).unwrap();
    assert!(names[&bob.id].is_gone && names[&bob.id].name == "bob@example.com", "{names:?}");
    // The address is free again, and its next user is somebody else.
    let next = app.add_user("bob@example.com", Role::Customer, owners(&[]));
    assert_ne!(next.id, bob.id);
}

/// Everything that could take the last admin away, and that the site still has one afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_active_local_admin_survives_every_path() {
    let app = TestApp::start().await;
    let mut root = admin(&app).await;
    let id = show(&app, "root@example.com").id;
    let login = "root@example.com".to_owned();
    let fails = |reply: AdminReply| matches!(reply, AdminReply::Failed { .. });
    // On the command line, where nobody is "oneself".
    assert!(fails(app.command(AdminCommand::UserDisable { login: login.clone() })));
    assert!(fails(app.command(AdminCommand::UserDelete { login: login.clone(), typed: login.clone() })));
    let roles = [Role::Customer].into();
    assert!(fails(app.command(AdminCommand::UserRole { login: login.clone(), roles, owners: None })));
    // An admin who is switched off is none.
    app.add_user("second@example.com", Role::Admin, OwnerScope::All);
    let mut second = app.browser();
    second.login("second@example.com", PASSWORD).await;
    app.command(AdminCommand::UserDisable { login: "second@example.com".into() });
    assert!(fails(app.command(AdminCommand::UserDisable { login: login.clone() })));
    app.command(AdminCommand::UserEnable { login: "second@example.com".into() });
    app.advance_minutes(10);
    second.login("second@example.com", PASSWORD).await;
    // On the pages: the form, the buttons, and many at once, which leaves whoever asks.
    let version = show(&app, "root@example.com").version;
    app.command(AdminCommand::UserRole {
        login: "second@example.com".into(),
        roles: [Role::Operator].into(),
        owners: None,
    });
    let fields =
        [("version", version.as_str()), ("email", &login), ("role", "customer"), ("scope", "owners")];
    let demoted = root.post_form(&format!("/admin/customers/{id}"), &fields).await;
    assert_eq!(demoted.status, StatusCode::UNPROCESSABLE_ENTITY, "{demoted:?}");
    for (action, extra) in [("deactivate", ("x", "")), ("delete", ("confirm_email", login.as_str()))] {
        let refused = act(&mut root, id, action, &[extra]).await;
        assert!(refused.status.is_client_error(), "{action}: {refused:?}");
    }
    for action in ["deactivate", "delete"] {
        let all = [("action", action), ("all", "1")];
        let (asked, _) = bulk(&mut root, &all, &[("confirm_count", "1")]).await;
        assert!(asked.text.contains("Your own account"), "{}", asked.text);
        assert_eq!(root.me().await, StatusCode::OK, "{action}");
    }
    assert!(!is_there(&app, "second@example.com"), "others went");
    // A file of users adds and never takes away; one that names the admin is refused.
    let file = app.directory.path().join("users.csv");
    std::fs::write(&file, "email,roles,is_active\nroot@example.com,customer,false\n").unwrap();
    let data_dir = app.data_dir();
    let data = data_dir.to_str().unwrap();
    let output =
        stockroom(app.directory.path(), &["user", "import", file.to_str().unwrap(), "--data-dir", data]);
    assert!(!output.status.success(), "{}", stdout(&output));
    // An admin of the company's directory is not one who counts.
    app.services()
        .store
        .write(|w| {
            let mut of_directory = store_users::find_user(w, id)?.unwrap();
            of_directory.id = UserId::new(app.services().now());
            of_directory.email = "ldap@example.com".to_owned().try_into().unwrap();
            of_directory.realm = stockroom::domain::user::Realm::Ldap;
            store_users::insert_user(w, &of_directory)
        })
        .unwrap_or_else(|error: StoreError| panic!("{error}"));
    assert!(fails(app.command(AdminCommand::UserDisable { login: login.clone() })));
    assert!(fails(app.command(AdminCommand::UserDelete { login: login.clone(), typed: login.clone() })));
    let still = show(&app, &login);
    assert!(
        still.roles.contains(&Role::Admin) && still.status == stockroom::domain::user::UserStatus::Active
    );
    assert_eq!(root.me().await, StatusCode::OK);
}

#[tokio::test]
async fn many_are_dealt_with_at_once_and_those_who_are_not_are_named_with_the_reason() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut root = admin(&app).await;
    let ids: Vec<String> = (0..60)
        .map(|n| app.add_user(&format!("c{n}@example.com"), Role::Customer, owners(&[])).id.to_string())
        .collect();
    let everything = app.add_user("all@example.com", Role::Customer, OwnerScope::All).id.to_string();
    let mut bob = app.browser();
    bob.login("c0@example.com", PASSWORD).await;
    // An owner for a few, of whom one sees all of them already.
    let mut fields = vec![("action", "give-owner"), ("bulk_owner", "Acme"), ("user", everything.as_str())];
    fields.extend(ids.iter().take(3).map(|id| ("user", id.as_str())));
    let (asked, done) = bulk(&mut root, &fields, &[]).await;
    for text in ["Let 3 accounts see the rows of Acme?", "They see every owner", "all@example.com"] {
        assert!(asked.text.contains(text), "{text}: {}", asked.text);
    }
    assert_eq!(done.header("location"), "/admin/customers?bulk=give-owner&n=3&not=1", "{done:?}");
    assert!(show(&app, "c2@example.com").owners.contains("Acme"));
    assert_eq!(bob.me().await, StatusCode::UNAUTHORIZED, "rights change at once");
    let told = root.get(done.header("location")).await.text;
    assert!(told.contains("3 accounts see this owner") && told.contains("it was not done"), "{told}");
    // All that match, over more than a page and more than a transaction.
    let all = [("action", "deactivate"), ("all", "1"), ("role", "customer"), ("q", "c")];
    let (_, done) = bulk(&mut root, &all, &[]).await;
    assert!(done.header("location").contains("n=61&not=0"), "{done:?}");
    assert_eq!(app.actions()[0], "user.disable");
    let (asked, done) = bulk(&mut root, &all, &[]).await;
    assert!(asked.text.contains("there is none to which this can be done"), "{}", asked.text);
    assert!(done.header("location").contains("n=0&not=61"), "{done:?}");
    // What was shown and is not so any more is not done.
    let some = [("action", "activate"), ("user", ids[0].as_str()), ("user", ids[1].as_str())];
    let sent: Vec<_> = some.iter().copied().chain([("seen", "0123")]).collect();
    let changed = root.post_form("/admin/customers/bulk", &sent).await;
    assert_eq!(changed.status, StatusCode::CONFLICT);
    assert!(changed.text.contains("Nothing was done"), "{}", changed.text);
    bulk(&mut root, &some, &[]).await;
    assert_eq!(show(&app, "c1@example.com").status, stockroom::domain::user::UserStatus::Active);
    // Deleting wants the number.
    let wrong =
        bulk(&mut root, &[&[("action", "delete")][..], &some[1..]].concat(), &[("confirm_count", "3")]).await;
    assert_eq!(wrong.1.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(is_there(&app, "c0@example.com"));
    let gone =
        bulk(&mut root, &[&[("action", "delete")][..], &some[1..]].concat(), &[("confirm_count", "2")]).await;
    assert!(gone.1.header("location").contains("bulk=delete&n=2"), "{:?}", gone.1);
    assert!(!is_there(&app, "c0@example.com") && is_there(&app, "c2@example.com"));
}

#[tokio::test]
async fn what_is_missing_for_many_is_said_and_what_was_chosen_stays() {
    let app = TestApp::start().await;
    let mut root = admin(&app).await;
    let bob = app.add_user("bob@example.com", Role::Customer, owners(&[])).id;
    let carl = app.add_user("carl@example.com", Role::Customer, owners(&[])).id;
    let (nobody, no_action, no_owner) =
        ("Tick at least one account.", "Choose what is to be done", "Name the owner.");
    for (query, said, unsaid) in [
        ("", vec![nobody, no_action], no_owner),
        ("action=deactivate", vec![nobody], no_action),
        ("action=explode&all=1", vec![no_action], nobody),
        (&format!("user={bob}"), vec![no_action], nobody),
        (&format!("action=take-owner&user={bob}&q=example&role=customer"), vec![no_owner], nobody),
        ("action=give-owner&all=1", vec![no_owner], no_action),
    ] {
        let answer = root.get(&format!("/admin/customers/bulk?{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}");
        for text in said {
            assert!(answer.text.contains(text), "{query}: {text}: {}", answer.text);
        }
        assert!(!answer.text.contains(unsaid), "{query}: {unsaid}");
    }
    let again = root
        .get(&format!("/admin/customers/bulk?action=take-owner&user={bob}&q=example&role=customer"))
        .await
        .text;
    let ticked = |id: UserId| again.contains(&format!("value=\"{id}\" checked"));
    assert!(ticked(bob) && !ticked(carl), "{again}");
    for kept in ["value=\"take-owner\" selected", "value=\"customer\" selected", "value=\"example\""] {
        assert!(again.contains(kept), "{kept}: {again}");
    }
    assert!(!again.contains("root@example.com</a>"), "the list is the one that was filtered");
}

#[tokio::test]
async fn an_owner_that_no_row_names_is_given_to_many_only_where_it_is_meant() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut root = admin(&app).await;
    let bob = app.add_user("bob@example.com", Role::Customer, owners(&[])).id.to_string();
    let fields =
        |owner: &'static str| [("action", "give-owner"), ("bulk_owner", owner), ("user", bob.as_str())];
    let (asked, refused) = bulk(&mut root, &fields("Acmee"), &[]).await;
    for text in ["Not in the data", "Is one of these meant?", "bulk_owner=Acme&amp;", "2 rows"] {
        assert!(asked.text.contains(text), "{text}: {}", asked.text);
    }
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("say below that it is meant"), "{}", refused.text);
    assert!(show(&app, "bob@example.com").owners.is_empty());
    let (_, meant) = bulk(&mut root, &fields("Acmee"), &[("accept_missing", "1")]).await;
    assert!(meant.header("location").contains("n=1&not=0"), "{meant:?}");
    let (asked, given) = bulk(&mut root, &fields("Zenith"), &[]).await;
    assert!(asked.text.contains("one row") && !asked.text.contains("Not in the data"), "{}", asked.text);
    assert!(given.header("location").contains("n=1&not=0"), "{given:?}");
    // Whoever sees some owners only is not told which others there are.
    let mut limited = app.signed_in(Role::Admin, &["Acme"]).await;
    for owner in ["Zenith", "Nobody"] {
        let asked = limited
            .get(&format!("/admin/customers/bulk?action=give-owner&bulk_owner={owner}&user={bob}"))
            .await
            .text;
        assert!(!asked.contains("Not in the data") && !asked.contains("one row"), "{owner}: {asked}");
    }
}

#[tokio::test]
async fn the_access_of_many_is_reset_with_a_slip_each() {
    let app = TestApp::start().await;
    let mut root = admin(&app).await;
    let ids: Vec<String> = (0..30)
        .map(|n| app.add_user(&format!("c{n}@example.com"), Role::Customer, owners(&[])).id.to_string())
        .collect();
    let mut bob = app.browser();
    bob.login("c0@example.com", PASSWORD).await;
    let mut fields = vec![("action", "reset-access")];
    fields.extend(ids.iter().map(|id| ("user", id.as_str())));
    let me = show(&app, "root@example.com").id.to_string();
    fields.push(("user", me.as_str()));
    let (asked, done) = bulk(&mut root, &fields, &[]).await;
    assert!(asked.text.contains("Reset the access of 30 accounts?"), "{}", asked.text);
    assert!(asked.text.contains("Your own account"), "{}", asked.text);
    assert_eq!(done.status, StatusCode::OK, "{done:?}");
    assert_eq!(done.text.matches("class=\"qr\"").count(), 30);
    assert!(done.text.contains("30 new ways in") && done.text.contains("To one account it was not done"));
    assert_eq!(bob.me().await, StatusCode::UNAUTHORIZED, "what they had is void");
    assert_eq!(app.browser().login("c0@example.com", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert!(app.actions().iter().any(|action| action == "user.reset"));
    let list = root.get("/admin/customers?only=no-password").await.text;
    assert!(list.contains("1–30 of 30") && list.contains("No password yet"), "{list}");
    // Each code is good.
    let code = done.text.split("id=\"slip-code-7\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let mut visitor = app.browser();
    let welcomed = visitor.submit("/code", "/code", &[("code", &code)]).await;
    assert_eq!(welcomed.status, StatusCode::SEE_OTHER, "{welcomed:?}");
    // With mail they get links.
    let app = TestApp::start_with(crate::mailbox::with_mail).await;
    let mut root = admin(&app).await;
    let bob = app.add_user("bob@example.com", Role::Customer, owners(&[])).id.to_string();
    let fields = [("action", "reset-access"), ("user", bob.as_str())];
    let (asked, done) = bulk(&mut root, &fields, &[]).await;
    assert!(asked.text.contains("value=\"slip\""), "{}", asked.text);
    assert!(done.header("location").contains("bulk=reset-access&n=1&not=0"), "{done:?}");
    let (_, slip) = bulk(&mut root, &fields, &[("way", "slip")]).await;
    assert!(slip.text.contains("class=\"qr\""), "{slip:?}");
}

#[tokio::test]
async fn the_list_is_ordered_and_a_page_that_is_not_there_leads_to_the_last() {
    let app = TestApp::start().await;
    let mut root = admin(&app).await;
    for name in ["zoe", "ann"] {
        app.advance_minutes(1);
        app.add_user(&format!("{name}@example.com"), Role::Customer, owners(&[]));
    }
    app.browser().login("zoe@example.com", PASSWORD).await;
    let place = |page: &str, name: &str| page.find(&format!(">{name}@example.com</a>")).unwrap();
    for (sort, first, second) in [
        ("", "ann", "zoe"),
        ("sort=-name", "zoe", "ann"),
        ("sort=added", "zoe", "ann"),
        ("sort=-added", "ann", "zoe"),
        ("sort=-sign-in", "zoe", "ann"),
        ("sort=sign-in", "ann", "zoe"),
    ] {
        let page = root.get(&format!("/admin/customers?{sort}&role=customer")).await.text;
        assert!(place(&page, first) < place(&page, second), "{sort}");
    }
    let page = root.get("/admin/customers?sort=-sign-in&q=example").await.text;
    for kept in [
        "aria-sort=\"descending\"",
        "q=example&amp;sort=sign-in\"",
        "q=example&amp;sort=-sign-in&amp;status=active",
    ] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    assert_eq!(page.matches("not yet").count(), 1, "root and zoe came in: {page}");
    let beyond = root.get("/admin/customers?page=999&role=customer").await;
    assert_eq!(beyond.header("location"), "/admin/customers?role=customer", "{beyond:?}");
    let nobody = root.get("/admin/customers?page=9&q=nobody").await;
    assert_eq!(nobody.header("location"), "/admin/customers?q=nobody", "{nobody:?}");
}

#[tokio::test]
async fn invitations_go_out_again_to_those_who_never_came_in() {
    let app = TestApp::start_with(crate::mailbox::with_mail).await;
    let mut root = admin(&app).await;
    app.add_user("has@example.com", Role::Customer, owners(&[]));
    let fields = [("email", "new@example.com"), ("role", "customer"), ("way", "mail")];
    assert_eq!(root.post_form("/admin/customers", &fields).await.status, StatusCode::SEE_OTHER);
    let all = [("action", "invite"), ("all", "1")];
    let (asked, done) = bulk(&mut root, &all, &[]).await;
    assert!(asked.text.contains("Send the invitation again to one account?"), "{}", asked.text);
    assert!(done.header("location").contains("bulk=invite&n=1&not=2"), "{done:?}");
    assert_eq!(app.actions()[0], "user.invite");
}

#[tokio::test]
async fn the_list_is_filtered_by_role_and_by_owner() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut root = admin(&app).await;
    app.add_user("ann@example.com", Role::Customer, owners(&["Acme"]));
    app.add_user("zoe@example.com", Role::Planner, owners(&["Zenith"]));
    app.add_user("off@example.com", Role::Customer, owners(&["acme gmbh"]));
    let rows = |page: &str, name: &str| page.contains(&format!(">{name}@example.com</a>"));
    for (query, ann, zoe, off) in [
        ("role=planner", false, true, false),
        ("owner=Acme", true, false, false),
        ("owner=ACM", true, false, true),
        ("owner=zen&role=customer", false, false, false),
        ("only=sees-nothing", false, false, true),
    ] {
        let page = root.get(&format!("/admin/customers?{query}")).await.text;
        assert_eq!(
            (rows(&page, "ann"), rows(&page, "zoe"), rows(&page, "off")),
            (ann, zoe, off),
            "{query}: {page}"
        );
    }
    let tabs = root.get("/admin/customers?role=planner").await.text;
    assert!(tabs.contains("/admin/customers?role=planner&amp;status=active"), "{tabs}");
}

#[tokio::test]
async fn a_second_factor_can_be_demanded_of_one_user() {
    let app = TestApp::start().await;
    let mut root = admin(&app).await;
    let bob = app.add_user("bob@example.com", Role::Customer, owners(&[])).id;
    let mut browser = app.browser();
    browser.login("bob@example.com", PASSWORD).await;
    let done = act(&mut root, bob, "require-second-factor", &[]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{done:?}");
    assert!(show(&app, "bob@example.com").second_factor_required);
    let led = browser.get("/inventory").await;
    assert_eq!(led.header("location"), "/account/second-factor", "{led:?}");
    assert_eq!(app.actions()[0], "user.second_factor.require");
    let page = root.get(&format!("/admin/customers/{bob}")).await.text;
    assert!(page.contains("2FA due") && page.contains("an admin requires it"), "{page}");
    act(&mut root, bob, "release-second-factor", &[]).await;
    assert_eq!(browser.get("/inventory").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_account_is_unlocked() {
    let app = TestApp::start().await;
    let mut root = admin(&app).await;
    let bob = app.add_user("bob@example.com", Role::Customer, owners(&[])).id;
    for _ in 0..4 {
        app.browser().login("bob@example.com", "wrong").await;
        app.advance_minutes(1);
    }
    for _ in 0..3 {
        app.browser().login("bob@example.com", "wrong").await;
    }
    assert_eq!(app.browser().login("bob@example.com", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    let page = root.get(&format!("/admin/customers/{bob}")).await.text;
    assert!(page.contains("5 within a day") && page.contains("The next try has to wait"), "{page}");
    let list = root.get("/admin/customers").await.text;
    assert_eq!(list.matches("Wrong passwords: 5").count(), 1, "{list}");
    assert_eq!(act(&mut root, bob, "unlock", &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(app.actions()[0], "user.unlock");
    assert_eq!(app.browser().login("bob@example.com", PASSWORD).await.status, StatusCode::OK);
    assert!(!root.get(&format!("/admin/customers/{bob}")).await.text.contains("within a day"));
}

#[tokio::test]
async fn a_users_page_says_who_made_the_account_and_who_let_it_in() {
    let app = TestApp::start().await;
    let mut root = admin(&app).await;
    let fields = [("email", "bob@example.com"), ("role", "customer")];
    root.post_form("/admin/customers", &fields).await;
    let bob = show(&app, "bob@example.com").id;
    let page = root.get(&format!("/admin/customers/{bob}")).await.text;
    let by_root =
        format!("by <a href=\"/admin/customers/{}\">root@example.com</a>", show(&app, "root@example.com").id);
    assert!(page.contains(&by_root), "{page}");
    let id = show(&app, "root@example.com").id;
    assert!(root.get(&format!("/admin/customers/{id}")).await.text.contains("on the command line"));
    // The admin goes; the name stays.
    app.add_user("other@example.com", Role::Admin, OwnerScope::All);
    let mut other = app.browser();
    other.login("other@example.com", PASSWORD).await;
    act(&mut other, id, "delete", &[("confirm_email", "root@example.com")]).await;
    let page = other.get(&format!("/admin/customers/{bob}")).await.text;
    assert!(page.contains("by root@example.com (deleted)"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_names_rows_nobody_sees_users_who_see_none_and_names_written_twice() {
    let app = TestApp::start().await;
    app.import("Inventory", format!("{STOCK}D-1,=cmd(),2\nE-1,acme ,3\n"), &["owner=Customer"]).await;
    let mut root = admin(&app).await;
    let ann = app.add_user("ann@example.com", Role::Customer, owners(&["Acme"])).id;
    app.add_user("zoe@example.com", Role::Planner, owners(&["Zenith"]));
    app.add_user("lost@example.com", Role::Customer, owners(&["ACME\u{a0}", "<b>"]));
    app.add_user("off@example.com", Role::Customer, owners(&["Zenith"]));
    app.command(AdminCommand::UserDisable { login: "off@example.com".into() });
    let page = root.get("/admin/customers/coverage").await.text;
    for text in [
        "Zenith</strong>",
        "=cmd()</strong>",
        "no owner in the file",
        "lost@example.com",
        "ACME⟨U+00A0⟩",
        "acme␣",
        "&lt;b&gt;",
        "/admin/customers?role=customer&amp;status=active&amp;give=Zenith",
        "/admin/customers/new?owner=Zenith",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    assert!(!page.contains("Acme</strong>") && page.contains(&ann.to_string()), "{page}");
    // The way to act: choose who is to see it.
    let list = root.get("/admin/customers?role=customer&status=active&give=Zenith").await.text;
    assert!(
        list.contains("Who is to see the rows of Zenith?") && list.contains("value=\"Zenith\""),
        "{list}"
    );
    let new = root.get("/admin/customers/new?owner=Zenith").await.text;
    assert!(new.contains("value=\"Zenith\" checked"), "{new}");
    let csv = root.get("/admin/customers/coverage.csv").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    for line in [
        "seen by no customer,Inventory,'=cmd(),1,,",
        "seen by no customer,Inventory,Zenith,1,,",
        "rows without an owner,Inventory,,1,,",
    ] {
        assert!(csv.text.contains(line), "{line}: {}", csv.text);
    }
    // The command line says the same.
    let (directory, data) = (app.directory.path(), app.data_dir());
    let json = stockroom(directory, &["user", "coverage", "--json", "--data-dir", data.to_str().unwrap()]);
    let report: serde_json::Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(report["unseen"].as_array().unwrap().len(), 4, "{report}");
    // Whoever sees some owners only hears of those.
    let mut limited = app.signed_in(Role::Admin, &["Acme"]).await;
    let page = limited.get("/admin/customers/coverage").await.text;
    assert!(
        !page.contains("Zenith</strong>")
            && !page.contains("=cmd()")
            && page.contains("You see the rows of some owners only"),
        "{page}"
    );
}

#[tokio::test]
async fn owners_that_came_since_are_marked_and_those_that_went_can_still_be_chosen() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut root = admin(&app).await;
    let first = root.get("/admin/customers/owners?owner_q=").await.text;
    assert!(!first.contains(">New<"), "there is no last time yet: {first}");
    // Nobody has to choose once before anything is marked: those of the first data are known.
    app.advance_minutes(1);
    app.import("Inventory", format!("{STOCK}E-1,Early,1\n"), &["owner=Customer"]).await;
    let page = root.get("/admin/customers/new").await.text;
    assert!(page.contains("One owner is new since") && page.matches(">New<").count() == 1, "{page}");
    let seen =
        root.post_form("/admin/customers", &[("owners_seen", "1"), ("email", "kept@example.com")]).await;
    assert!(!seen.text.contains(">New<"), "{}", seen.text);
    assert!(seen.text.contains("value=\"kept@example.com\""), "what was typed stays");
    app.advance_minutes(24 * 60);
    app.import("Inventory", "Part,Customer,On Hand\nA-1,Acme,5\nN-1,Newco,6\n", &["owner=Customer"]).await;
    let now: Timestamp = app.services().now();
    let since = now.to_zoned(jiff::tz::TimeZone::UTC).yesterday().unwrap().strftime("%Y-%m-%d").to_string();
    root.login("root@example.com", PASSWORD).await;
    let page = root.get("/admin/customers/owners?owner_q=").await.text;
    assert!(page.contains(&format!("One owner is new since {since}")), "{page}");
    assert_eq!(page.matches(">New<").count(), 1, "{page}");
    assert!(page.contains("value=\"Zenith\"") && page.contains("Not in the current data"), "{page}");
    let again = root.get("/admin/customers/owners?owner_q=").await.text;
    assert!(again.contains(">New<"), "looking changes nothing");
    let typed = root.get("/admin/customers/owners?owner_q=Nobody").await.text;
    assert!(typed.contains("Not in the data") && !typed.contains("current data"), "{typed}");
    root.post_form("/admin/customers", &[("owners_seen", "1")]).await;
    assert!(!root.get("/admin/customers/owners?owner_q=").await.text.contains(">New<"));
}

#[tokio::test(flavor = "multi_thread")]
async fn five_thousand_users_are_listed_filtered_and_reported() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut root = admin(&app).await;
    let mut file = "email,owners\n".to_owned();
    for n in 0..5_000 {
        let owner = if n % 2 == 0 { "Acme" } else { "Elsewhere" };
        writeln!(file, "c{n}@example.com,{owner}").unwrap();
    }
    let path = app.directory.path().join("users.csv");
    std::fs::write(&path, file).unwrap();
    let data = app.data_dir();
    let args = ["user", "import", path.to_str().unwrap(), "--data-dir", data.to_str().unwrap()];
    let output = stockroom(app.directory.path(), &args);
    assert!(output.status.success(), "{output:?}");
    let page = root.get("/admin/customers?owner=Acme&page=2").await.text;
    assert!(page.contains("51–100 of 2,5"), "{page}");
    assert!(root.get("/admin/customers?only=sees-nothing").await.text.contains("of 2,500"));
    let report = root.get("/admin/customers/coverage").await.text;
    assert!(report.contains("All 2,500 of them"), "{report}");
    let all = [
        ("action", "give-owner"),
        ("bulk_owner", "Zenith"),
        ("all", "1"),
        ("owner", "Elsewhere"),
        ("role", "customer"),
    ];
    let (asked, done) = bulk(&mut root, &all, &[]).await;
    assert!(asked.text.contains("and 2,300 more"), "{}", asked.text);
    assert!(done.header("location").contains("n=2500&not=0"), "{done:?}");
}
