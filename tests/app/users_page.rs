//! Users, as admins manage them in a browser.

use reqwest::StatusCode;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::{AdminCommand, AdminReply};
use stockroom::services::users::UserView;

use crate::harness::{Answer, Browser, PASSWORD, TestApp};

const STOCK: &str = "Part,Customer,On Hand\nA-1,Acme,5\nA-2,Acme,6\nB-1,Zenith <b>,7\n";

fn show(app: &TestApp, login: &str) -> UserView {
    match app.command(AdminCommand::UserShow { login: login.to_owned() }) {
        AdminReply::User(user) => *user,
        other => panic!("{other:?}"),
    }
}

/// A browser signed in as an admin who sees everything, and the admin.
async fn admin(app: &TestApp) -> (Browser, UserView) {
    let user = app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut browser = app.browser();
    assert_eq!(browser.login("root@example.com", PASSWORD).await.status, StatusCode::OK);
    (browser, user)
}

/// The newest events first.
async fn save(browser: &mut Browser, user: &UserView, changes: &[(&str, &str)]) -> Answer {
    let mut fields: Vec<(&str, &str)> = vec![
        ("version", &user.version),
        ("email", user.email.as_str()),
        ("first_name", user.first_name.as_deref().unwrap_or("")),
        ("last_name", user.last_name.as_deref().unwrap_or("")),
        ("role", "customer"),
        ("scope", "owners"),
    ];
    for (name, value) in changes {
        if *name != "owner" {
            fields.retain(|(known, _)| known != name);
        }
        fields.push((name, value));
    }
    browser.post_form(&format!("/admin/customers/{}", user.id), &fields).await
}

#[tokio::test]
async fn a_new_user_is_as_the_form_says() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let (mut root, _) = admin(&app).await;
    let form = root.get("/admin/customers/new").await.text;
    assert!(
        form.contains("value=\"Acme\"") && form.contains("Zenith &lt;b&gt;") && !form.contains("Zenith <b>")
    );
    let fields = [
        ("email", "bob@acme.example"),
        ("first_name", "Bob <script>alert(1)</script>"),
        ("role", "customer"),
        ("scope", "owners"),
        ("owner", "Acme"),
        ("owner", "Zenith <b>"),
        ("status", "admin"),
        ("must_change_password", "0"),
    ];
    let made = root.post_form("/admin/customers", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    let bob = show(&app, "bob@acme.example");
    assert!(!bob.must_change_password && bob.owners.len() == 2 && bob.roles == [Role::Customer].into());
    assert_eq!(app.actions()[0], "user.add");
    let list = root.get("/admin/customers").await.text;
    assert!(list.contains("Bob &lt;script&gt;") && !list.contains("<script>alert"), "{list}");
    let again = root.post_form("/admin/customers", &fields).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "the address is taken");
    assert!(again.text.contains("another user already"), "{}", again.text);
}

#[tokio::test]
async fn everything_wrong_is_said_at_once_and_every_owner_needs_a_yes() {
    let app = TestApp::start().await;
    let (mut root, _) = admin(&app).await;
    let fields = [("email", "bob"), ("username", "a b"), ("scope", "all"), ("owner", "Typed <i>")];
    let answer = root.post_form("/admin/customers", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for text in [
        "Email is not",
        "User name is not",
        "Choose at least one role",
        "Type ALL, or the address",
        "Typed &lt;i&gt;",
    ] {
        assert!(answer.text.contains(text), "{text}: {}", answer.text);
    }
    let fields =
        [("email", "bob@example.com"), ("role", "planner"), ("scope", "all"), ("confirm_all", "ALL")];
    assert_eq!(root.post_form("/admin/customers", &fields).await.status, StatusCode::OK);
    assert!(show(&app, "bob@example.com").all_owners);
}

#[tokio::test]
async fn the_list_is_searched_filtered_and_says_who_sees_nothing() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let (mut root, _) = admin(&app).await;
    let owners = |owner: &str| OwnerScope::Owners([owner.to_owned()].into());
    app.add_user("blind@example.com", Role::Customer, owners("acme"));
    app.add_user("seeing@example.com", Role::Customer, owners("Acme"));
    app.add_user("gone@example.com", Role::Customer, owners("Acme"));
    app.command(AdminCommand::UserDisable { login: "gone@example.com".into() });
    let all = root.get("/admin/customers").await.text;
    assert_eq!(all.matches("Sees 0 rows</span>").count(), 1, "{all}");
    let found = root.get("/admin/customers?q=BLIND").await.text;
    assert!(found.contains("blind@example.com") && !found.contains("seeing@example.com"));
    let off = root.get("/admin/customers?status=deactivated").await.text;
    assert!(off.contains("gone@example.com") && !off.contains("seeing@example.com"));
    let none = root.get("/admin/customers?q=%3Cb%3Ezz").await.text;
    assert!(none.contains("&lt;b&gt;zz") && none.contains("Show all"), "{none}");
}

#[tokio::test]
async fn new_rights_end_sessions_and_a_new_name_does_not() {
    let app = TestApp::start().await;
    let (mut root, _) = admin(&app).await;
    app.add_user("bob@example.com", Role::Customer, OwnerScope::Owners([].into()));
    let mut bob = app.browser();
    bob.login("bob@example.com", PASSWORD).await;
    let renamed = save(&mut root, &show(&app, "bob@example.com"), &[("first_name", "Bob")]).await;
    assert_eq!(renamed.status, StatusCode::SEE_OTHER, "{renamed:?}");
    assert_eq!(bob.me().await, StatusCode::OK);
    let granted =
        save(&mut root, &show(&app, "bob@example.com"), &[("owner", "Acme"), ("owner", " x ")]).await;
    assert_eq!(granted.status, StatusCode::SEE_OTHER);
    assert_eq!(bob.me().await, StatusCode::UNAUTHORIZED, "at once");
    assert!(show(&app, "bob@example.com").owners.contains(" x "), "owners are kept byte for byte");
    assert_eq!(app.actions()[0], "user.edit");
}

#[tokio::test]
async fn what_changed_meanwhile_is_shown_and_not_written_over() {
    let app = TestApp::start().await;
    let (mut root, _) = admin(&app).await;
    app.add_user("bob@example.com", Role::Customer, OwnerScope::Owners([].into()));
    let seen = show(&app, "bob@example.com");
    app.advance_minutes(1);
    assert_eq!(save(&mut root, &seen, &[("first_name", "Theirs")]).await.status, StatusCode::SEE_OTHER);
    let stale = save(&mut root, &seen, &[("first_name", "Mine <b>")]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    for text in ["changed meanwhile by root@example.com", "Theirs", "Mine &lt;b&gt;"] {
        assert!(stale.text.contains(text), "{text}: {}", stale.text);
    }
    assert_eq!(show(&app, "bob@example.com").name.as_deref(), Some("Theirs"));
    let version = stale.text.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let knowing = save(&mut root, &seen, &[("version", version), ("first_name", "Mine")]).await;
    assert_eq!(knowing.status, StatusCode::SEE_OTHER);
    assert_eq!(show(&app, "bob@example.com").name.as_deref(), Some("Mine"));
}

#[tokio::test]
async fn what_two_admins_change_at_once_is_joined_where_it_is_not_the_same_field() {
    let app = TestApp::start().await;
    let (mut root, _) = admin(&app).await;
    let bob = app.add_user("bob@example.com", Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    let path = format!("/admin/customers/{}", bob.id);
    let fields = [("email", "bob@example.com"), ("role", "customer"), ("scope", "owners"), ("owner", "Acme")];
    let with = |more: &[(&'static str, &'static str)]| [&fields[..], more].concat();
    let loaded = root.get(&path).await;
    // The other takes an owner away and gives a name; nothing of it is undone by a new first name.
    app.advance_minutes(1);
    let theirs =
        [("email", "bob@example.com"), ("role", "customer"), ("scope", "owners"), ("last_name", "Theirs")];
    assert_eq!(
        root.submit(&path, &path, &theirs).await.header("location"),
        format!("{path}?done=saved&rights=1")
    );
    app.advance_minutes(1);
    let saved = root.submit_on(&loaded, &path, &with(&[("first_name", "Mine")])).await;
    assert_eq!(saved.header("location"), format!("{path}?done=saved&merged=1"), "{saved:?}");
    let now = show(&app, "bob@example.com");
    assert_eq!(now.name.as_deref(), Some("Mine Theirs"));
    assert!(now.owners.is_empty(), "{now:?}");
    let told = root.get(saved.header("location")).await.text;
    assert!(told.contains("kept beside it") && !told.contains("take effect at once"), "{told}");
    // Both changed the last name: that alone is asked, and the rest is as each left it.
    let stale = root
        .submit_on(&loaded, &path, &with(&[("last_name", "Other"), ("mobile", "+49 151 23456789")]))
        .await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let compared =
        stale.text.split("<table class=\"compare\"").nth(1).unwrap().split("</table>").next().unwrap();
    assert!(compared.contains("Theirs") && compared.contains("Other"), "{compared}");
    assert!(!compared.contains("First name") && !compared.contains("What they see"), "{compared}");
    assert!(stale.text.contains("value=\"Mine\""), "the form has what the other changed: {}", stale.text);
    let version = stale.text.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    assert_eq!(version, show(&app, "bob@example.com").version);
    // A form that does not say what it was made from writes over nothing.
    let blind = root.post_form(&path, &with(&[("version", "0-0"), ("loaded", "{")])).await;
    assert_eq!(blind.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_owner_that_is_chosen_already_is_said_to_be_and_spaces_are_seen() {
    let app = TestApp::start().await;
    app.import(
        "Inventory",
        "Part,Customer,On Hand\nA-1,Acme  Foods,5\nB-1,Zenith,7\nB-2,Zenith,7\n",
        &["owner=Customer"],
    )
    .await;
    let (mut root, _) = admin(&app).await;
    let page = root.get("/admin/customers/owners?owner_q=").await.text;
    assert!(page.contains("Acme ␣Foods") && page.contains("value=\"Acme  Foods\""), "{page}");
    assert!(page.contains("one row") && page.contains("2 rows"), "{page}");
    let said = root.get("/admin/customers/owners?owner_q=zen&owner=Zenith").await.text;
    assert!(said.contains("“Zenith” is chosen already"), "{said}");
    let chosen = root.get("/admin/customers/new?owner=Zenith").await.text;
    let chips = chosen.split("id=\"chosen-owners\"").nth(1).unwrap().split("</ul>").next().unwrap();
    assert!(chips.contains("2 rows"), "{chips}");
}

#[tokio::test]
async fn accounts_are_switched_off_and_on_and_sessions_ended() {
    let app = TestApp::start().await;
    let (mut root, _) = admin(&app).await;
    let id = app.add_user("bob@example.com", Role::Customer, OwnerScope::All).id;
    let mut bob = app.browser();
    bob.login("bob@example.com", PASSWORD).await;
    let path = |action: &str| format!("/admin/customers/{id}/{action}");
    assert!(root.get(&path("deactivate")).await.text.contains("Deactivate bob@example.com?"));
    assert_eq!(bob.me().await, StatusCode::OK, "asking does nothing");
    assert_eq!(root.post_form(&path("deactivate"), &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(bob.me().await, StatusCode::OK, "nor does an answer without a yes");
    root.post_form(&path("end-sessions"), &[("confirm", "1")]).await;
    assert_eq!(bob.me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(bob.login("bob@example.com", PASSWORD).await.status, StatusCode::OK);
    let off = root.post_form(&path("deactivate"), &[("confirm", "1")]).await;
    assert_eq!(off.header("location"), format!("/admin/customers/{id}?done=deactivate"));
    assert_eq!(bob.me().await, StatusCode::UNAUTHORIZED);
    assert_eq!(bob.login("bob@example.com", PASSWORD).await.status, StatusCode::FORBIDDEN);
    root.post_form(&path("activate"), &[("confirm", "1")]).await;
    app.advance_minutes(10);
    assert_eq!(bob.login("bob@example.com", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(root.get(&path("explode")).await.status, StatusCode::NOT_FOUND);
    let events = app.actions();
    for action in ["user.disable", "user.enable", "user.sessions"] {
        assert!(events.iter().any(|event| event == action), "{action}: {events:?}");
    }
}

#[tokio::test]
async fn the_last_admin_stays_and_nobody_switches_themselves_off() {
    let app = TestApp::start().await;
    let (mut root, user) = admin(&app).await;
    let id = user.id;
    let demoted = save(&mut root, &user, &[]).await;
    assert_eq!(demoted.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(demoted.text.contains("last active admin"), "{}", demoted.text);
    app.add_user("second@example.com", Role::Admin, OwnerScope::All);
    for (action, reason) in [("deactivate", "your own account"), ("reset-password", "your own account")] {
        let answer = root.post_form(&format!("/admin/customers/{id}/{action}"), &[("confirm", "1")]).await;
        assert!(answer.status.is_client_error() && answer.text.contains(reason), "{answer:?}");
    }
    assert_eq!(root.me().await, StatusCode::OK);
    assert_eq!(save(&mut root, &show(&app, "root@example.com"), &[]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(
        root.get("/admin/customers").await.header("location"),
        "/login?next=%2Fadmin%2Fcustomers&ended=1",
        "demoted, at once"
    );
}

#[tokio::test]
async fn owners_are_found_as_far_as_the_admin_sees_them() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let (mut root, _) = admin(&app).await;
    let found = root.get("/admin/customers/owners?owner_q=ENI").await.text;
    assert!(
        found.contains("Zenith &lt;b&gt;") && !found.contains("Acme") && !found.contains("<html"),
        "{found}"
    );
    let chosen = root.get("/admin/customers/owners?owner_q=&owner=Acme").await.text;
    assert!(!chosen.contains("value=\"Acme\""), "what is chosen is not offered again: {chosen}");

    let mut limited = app.signed_in(Role::Admin, &["Acme"]).await;
    for path in
        ["/admin/customers/owners?owner_q=", "/admin/customers/owners?owner_q=zen", "/admin/customers/new"]
    {
        assert!(!limited.get(path).await.text.contains("Zenith"), "{path}");
    }
    let typed = limited.get("/admin/customers/owners?owner_q=Exact").await.text;
    assert!(typed.contains("value=\"Exact\""), "an exact name can still be granted: {typed}");
}

#[tokio::test]
async fn an_owner_that_no_row_names_is_granted_and_said_to_be_unknown() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let (mut root, _) = admin(&app).await;
    let found = root.get("/admin/customers/owners?owner_q=Acmee").await.text;
    assert!(found.contains("value=\"Acmee\"") && found.contains("Not in the data"), "{found}");
    let fields = [("email", "bob@acme.example"), ("role", "customer"), ("owner", "Acmee"), ("owner", "Acme")];
    let made = root.post_form("/admin/customers", &fields).await;
    assert_eq!(made.status, StatusCode::OK, "{made:?}");
    assert!(made.text.contains("No row names Acmee as its owner yet"), "{}", made.text);
    let path = format!("/admin/customers/{}", show(&app, "bob@acme.example").id);
    assert_eq!(root.get(&path).await.text.matches("Not in the data").count(), 1);
    // Whoever sees some owners only learns nothing of the others.
    let mut limited = app.signed_in(Role::Admin, &["Acme"]).await;
    for path in [path.as_str(), "/admin/customers/owners?owner_q=Acmee"] {
        assert!(!limited.get(path).await.text.contains("Not in the data"), "{path}");
    }
}

#[tokio::test]
async fn without_script_looking_for_owners_keeps_what_was_typed_and_saves_nothing() {
    let app = TestApp::start().await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let (mut root, _) = admin(&app).await;
    let fields = [
        ("email", "new@example.com"),
        ("role", "auditor"),
        ("owner", "Elsewhere"),
        ("owner_q", "acm"),
        ("find", "1"),
    ];
    let answer = root.post_form("/admin/customers", &fields).await;
    assert_eq!(answer.status, StatusCode::OK);
    for text in [
        "value=\"new@example.com\"",
        "value=\"auditor\" checked",
        "value=\"Elsewhere\" checked",
        "value=\"Acme\"",
    ] {
        assert!(answer.text.contains(text), "{text}: {}", answer.text);
    }
    assert!(matches!(
        app.command(AdminCommand::UserShow { login: "new@example.com".into() }),
        AdminReply::Failed { .. }
    ));
}

#[tokio::test]
async fn old_addresses_of_these_pages_lead_to_the_new_ones() {
    let app = TestApp::start().await;
    let mut visitor = app.browser();
    for (old, new) in [
        ("/admin/users", "/admin/customers"),
        ("/admin/users?q=a%20b&status=active", "/admin/customers?q=a%20b&status=active"),
        ("/admin/users/1/deactivate", "/admin/customers/1/deactivate"),
        ("/admin/users//evil.example", "/admin/customers//evil.example"),
    ] {
        let answer = visitor.get(old).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::PERMANENT_REDIRECT, new),
            "{old}"
        );
    }
}
