//! What waits for an admin, decided one by one and many at once.

use reqwest::StatusCode;
use stockroom::config::Config;
use stockroom::config::accounts::SignupMode;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::domain::user::UserStatus;
use stockroom::services::commands::{AdminCommand, AdminReply};
use stockroom::services::users::UserView;

use crate::harness::{Browser, PASSWORD, TestApp};

const STOCK: &str = "Part,Customer,On Hand\nA-1,Acme,5\nB-1,Zenith,7\n";

fn by_admins(config: &mut Config) {
    config.accounts.signup = SignupMode::Approval;
}

/// A site with an admin and so many who ask for an account.
async fn site(askers: usize) -> (TestApp, Browser) {
    let app = TestApp::start_with(by_admins).await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let mut root = app.browser();
    assert_eq!(root.login("root@example.com", PASSWORD).await.status, StatusCode::OK);
    for n in 0..askers {
        let email = format!("asker{n}@example.com");
        let fields = [("first_name", "Ask"), ("last_name", "Er"), ("email", &email), ("password", PASSWORD)];
        let answer = app.browser().submit("/register", "/register", &fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
        app.advance_minutes(1);
    }
    root.login("root@example.com", PASSWORD).await;
    (app, root)
}

fn users(app: &TestApp) -> Vec<UserView> {
    match app.command(AdminCommand::UserList) {
        AdminReply::Users(users) => {
            users.into_iter().filter(|user| user.email.as_str().starts_with("asker")).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_account_is_let_in_with_role_and_owners_from_the_list() {
    let (app, mut root) = site(1).await;
    let asker = users(&app).remove(0);
    let address = format!("/admin/approvals/{}", asker.id);
    let list = root.get("/admin/approvals").await.text;
    assert!(list.contains(&format!("href=\"{address}\" data-decide")), "{list}");
    let part = root.get(&format!("{address}?part=1")).await.text;
    assert!(part.contains("value=\"Acme\"") && !part.contains("<html"), "{part}");
    let none = root.submit(&address, &address, &[("scope", "owners")]).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.text.contains("Choose at least one role"), "{}", none.text);
    let all = root.submit(&address, &address, &[("role", "customer"), ("scope", "all")]).await;
    assert_eq!(all.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(all.text.contains("Type ALL"), "{}", all.text);
    // Looking for an owner without script decides nothing.
    let found =
        root.submit(&address, &address, &[("role", "customer"), ("owner_q", "zen"), ("find", "1")]).await;
    assert_eq!(found.status, StatusCode::OK);
    assert!(found.text.contains("value=\"Zenith\"") && !found.text.contains("value=\"Acme\""));
    let fields = [("role", "customer"), ("scope", "owners"), ("owner", "Acme")];
    let done = root.submit(&address, &address, &fields).await;
    assert_eq!(done.header("location"), "/admin/approvals?done=approved", "{done:?}");
    let now = users(&app).remove(0);
    assert_eq!((now.status, now.owners.contains("Acme")), (UserStatus::Active, true));
    assert!(now.approval.unwrap().by.is_some());
    assert_eq!(app.actions()[0], "user.approve");
    assert_eq!(app.browser().login("asker0@example.com", PASSWORD).await.status, StatusCode::OK);
    assert_eq!(root.get(&address).await.status, StatusCode::NOT_FOUND, "it waits no longer");
}

#[tokio::test]
async fn many_are_let_in_with_the_same_or_with_owners_of_their_own() {
    let (app, mut root) = site(4).await;
    let asked = users(&app);
    let id = |n: usize| asked[n].id.to_string();
    let bulk = format!("/admin/approvals/bulk?user={}&user={}", id(0), id(1));
    let same = [("user", id(0)), ("user", id(1))];
    let page = root.get(&bulk).await;
    let mut fields: Vec<(&str, String)> = same.to_vec();
    fields.extend([("role", "planner".to_owned()), ("owner", "Acme".to_owned()), ("each", "0".to_owned())]);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = root.submit_on(&page, "/admin/approvals/bulk", &fields).await;
    assert_eq!(done.header("location"), "/admin/approvals?done=approved&n=2", "{done:?}");
    let now = users(&app);
    assert!(now[..2].iter().all(|user| user.status == UserStatus::Active && user.owners.contains("Acme")));
    assert_eq!(now[0].roles, [Role::Planner].into());

    let bulk = format!("/admin/approvals/bulk?user={}&user={}", id(2), id(3));
    let page = root.get(&bulk).await;
    let (two, three) = (format!("owners-{}", id(2)), format!("owners-{}", id(3)));
    let (user2, user3) = (id(2), id(3));
    let mut fields =
        vec![("user", user2.as_str()), ("user", user3.as_str()), ("role", "customer"), ("each", "1")];
    fields.extend([(two.as_str(), "Acme\r\nZenith"), (three.as_str(), "Zenitth")]);
    let wrong = root.submit_on(&page, "/admin/approvals/bulk", &fields).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        wrong.text.contains("No row names Zenitth") && wrong.text.contains("Acme\r\nZenith"),
        "{}",
        wrong.text
    );
    fields.push(("accept_missing", "1"));
    let done = root.submit_on(&page, "/admin/approvals/bulk", &fields).await;
    assert_eq!(done.header("location"), "/admin/approvals?done=approved&n=2", "{done:?}");
    let now = users(&app);
    assert_eq!(now[2].owners.len(), 2);
    assert!(now[3].owners.contains("Zenitth"));
}

#[tokio::test]
async fn who_is_kept_out_by_a_taken_login_keeps_out_nobody_else() {
    let (app, mut root) = site(2).await;
    app.add_user("asker1@example.com", Role::Customer, OwnerScope::Owners([].into()));
    let waiting: Vec<String> = users(&app)
        .iter()
        .filter(|user| user.status == UserStatus::Pending)
        .map(|user| user.id.to_string())
        .collect();
    let page = root.get(&format!("/admin/approvals/bulk?user={}&user={}", waiting[0], waiting[1])).await;
    assert!(page.text.contains("is the login of"), "what is taken is said: {}", page.text);
    let mut fields =
        vec![("user", waiting[0].as_str()), ("user", &waiting[1]), ("role", "customer"), ("each", "0")];
    let questioned = root.submit_on(&page, "/admin/approvals/bulk", &fields).await;
    assert_eq!(questioned.status, StatusCode::UNPROCESSABLE_ENTITY, "they would see nothing");
    assert!(questioned.text.contains("Let them in without rows"), "{}", questioned.text);
    fields.push(("accept_no_rows", "1"));
    let some = root.submit_on(&page, "/admin/approvals/bulk", &fields).await;
    assert_eq!(some.status, StatusCode::CONFLICT);
    assert!(
        some.text.contains("One account is approved") && some.text.contains("login of another user"),
        "{}",
        some.text
    );
    assert!(!some.text.contains(&waiting[0]) && some.text.contains(&waiting[1]));
}

#[tokio::test]
async fn many_are_turned_down_for_one_reason() {
    let (app, mut root) = site(3).await;
    let ids: Vec<String> = users(&app).iter().map(|user| user.id.to_string()).collect();
    let page = root.get(&format!("/admin/approvals/bulk?user={}&user={}", ids[0], ids[1])).await;
    let fields = [("user", ids[0].as_str()), ("user", &ids[1]), ("reason", "Not <known>"), ("reject", "1")];
    let done = root.submit_on(&page, "/admin/approvals/bulk", &fields).await;
    assert_eq!(done.header("location"), "/admin/approvals?done=rejected&n=2", "{done:?}");
    let now = users(&app);
    assert!(now[..2].iter().all(|user| user.status == UserStatus::Rejected));
    assert_eq!(now[2].status, UserStatus::Pending);
    assert_eq!(app.actions()[0], "user.reject");
    assert_eq!(root.get("/admin/approvals/bulk").await.header("location"), "/admin/approvals?done=none");
}
