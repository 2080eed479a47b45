//! An admin who does not see every owner gives nobody more than they see, themselves included.

use reqwest::StatusCode;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::{self, AdminCommand};
use stockroom::services::users::UserView;

use crate::harness::{Browser, PASSWORD, TestApp};

fn owners(names: &[&str]) -> OwnerScope {
    OwnerScope::Owners(names.iter().map(|name| (*name).to_owned()).collect())
}

async fn site() -> (TestApp, Browser, UserView) {
    let app = TestApp::start().await;
    app.import("inventory", "part,owner\nA-1,Acme\nG-1,Globex\n", &["owner=owner"]).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let lim = app.add_user("lim@example.com", Role::Admin, owners(&["Acme"]));
    let mut browser = app.browser();
    browser.login("lim@example.com", PASSWORD).await;
    (app, browser, lim)
}

#[tokio::test]
async fn no_more_is_given_than_is_seen() {
    let (app, mut lim, own) = site().await;
    let page = format!("/admin/customers/{}", own.id);
    let version = ("version", own.version.as_str());
    let base = [version, ("email", "lim@example.com"), ("role", "admin")];
    for wanted in [
        &[("scope", "owners"), ("owner", "Acme"), ("owner", "Globex")][..],
        &[("scope", "all"), ("confirm_all", "ALL")],
    ] {
        let refused = lim.post_form(&page, &[&base, wanted].concat()).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wanted:?}");
        assert!(refused.text.contains("only owners that are your own"), "{wanted:?}: {}", refused.text);
    }
    // A new account, an imported one, an owner for many.
    let fields = [
        ("email", "new@example.com"),
        ("role", "customer"),
        ("way", "slip"),
        ("scope", "all"),
        ("confirm_all", "ALL"),
    ];
    let refused = lim.post_form("/admin/customers", &fields).await;
    assert!(refused.text.contains("only owners that are your own"), "{refused:?}");
    let cust = app.add_user("cust@example.com", Role::Customer, owners(&["Acme"]));
    let asked = format!("/admin/customers/bulk?action=give-owner&bulk_owner=Globex&user={}", cust.id);
    let asked = lim.get(&asked).await.text;
    assert!(asked.contains("not among yours"), "{asked}");
    // What is theirs they manage.
    let fields = [
        ("email", "mine@example.com"),
        ("role", "customer"),
        ("way", "slip"),
        ("scope", "owners"),
        ("owner", "Acme"),
    ];
    let made = lim.post_form("/admin/customers", &fields).await;
    assert!(made.status == StatusCode::OK && made.text.contains("slip-code"), "{made:?}");
    let listed = app.actions();
    assert_eq!(listed.iter().filter(|action| *action == "user.edit").count(), 0, "{listed:?}");
}

#[tokio::test]
async fn accounts_that_see_more_are_not_touched() {
    let (app, mut lim, _) = site().await;
    let oper = app.add_user("oper@example.com", Role::Operator, OwnerScope::All);
    let wide = app.add_user("wide@example.com", Role::Customer, owners(&["Acme", "Globex"]));
    for user in [&oper, &wide] {
        let of_user = format!("/admin/customers/{}", user.id);
        for (action, fields) in [
            ("reset-password", &[("confirm", "1"), ("way", "slip")][..]),
            ("deactivate", &[("confirm", "1")]),
            ("end-sessions", &[("confirm", "1")]),
            ("delete", &[("confirm", "1"), ("confirm_email", user.email.as_str())]),
        ] {
            let refused = lim.post_form(&format!("{of_user}/{action}"), fields).await;
            assert!(refused.status.is_client_error(), "{action}: {refused:?}");
            assert!(refused.text.contains("not among yours"), "{action}: {}", refused.text);
        }
        let fields = [
            ("version", user.version.as_str()),
            ("email", user.email.as_str()),
            ("role", "customer"),
            ("scope", "owners"),
            ("owner", "Acme"),
        ];
        let refused = lim.post_form(&of_user, &fields).await;
        assert!(refused.text.contains("not among yours"), "nothing is taken away either: {}", refused.text);
    }
    for browser in ["oper@example.com", "wide@example.com"] {
        assert_eq!(app.browser().login(browser, PASSWORD).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_admin_who_cannot_sign_in_is_nobody_to_leave_the_site_to() {
    let app = TestApp::start().await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut root = app.browser();
    root.login("root@example.com", PASSWORD).await;
    let fields = [
        ("email", "ghost@example.com"),
        ("role", "admin"),
        ("way", "slip"),
        ("scope", "all"),
        ("confirm_all", "ALL"),
    ];
    assert_eq!(root.post_form("/admin/customers", &fields).await.status, StatusCode::OK);
    let services = std::sync::Arc::clone(app.services());
    let disable = AdminCommand::UserDisable { login: "root@example.com".to_owned() };
    let off = tokio::task::spawn_blocking(move || commands::execute(&services, disable)).await.unwrap();
    assert!(format!("{off:?}").contains("last active admin"), "{off:?}");
}
