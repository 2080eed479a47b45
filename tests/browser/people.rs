//! Users and accounts: added, signed in for the first time, switched off; own theme, density, sessions.

use stockroom::services::commands::{AdminCommand, AdminReply};

use crate::harness::PASSWORD;
use crate::inventory::{wait_for_grid, wait_for_rows};
use crate::site::{ADMIN, CUSTOMER, OPERATOR, Site, sign_in};
use crate::tab::{Script, Tab};

const NEW_PASSWORD: &str = "nine herons by the weir";

fn site() -> Site {
    let site = Site::empty();
    let stock = "Part,Customer,Qty\nA-1,Acme Foods,5\nB-1,Northwind Traders,6\nB-2,Northwind Traders,7\n";
    site.publish("Inventory", stock, &["owner=Customer"]);
    site
}

fn id_of(site: &Site, email: &str) -> String {
    match site.command(AdminCommand::UserList) {
        AdminReply::Users(users) => {
            users.iter().find(|user| user.email.as_str() == email).unwrap().id.to_string()
        }
        other => panic!("{other:?}"),
    }
}

fn add_user(tab: &Tab<'_>, email: &str, script: Script) -> String {
    tab.go("/admin/customers/new");
    tab.fill("#email", email);
    tab.fill("#owner_q", "north");
    if script == Script::Off {
        tab.click("button[name=find]");
    }
    tab.wait_for(
        "document.querySelector('#owner-results input[value=\"Northwind Traders\"]') \
         && !document.querySelector('#owner-results input[value=\"Acme Foods\"]') \
         && document.readyState === 'complete'",
    );
    assert_eq!(tab.text_of("document.querySelector('#email').value"), email, "what was typed stays");
    tab.click("#owner-results input[value='Northwind Traders']");
    tab.click("form[data-user-form] .actions button.primary");
    tab.wait_for("document.readyState === 'complete' && !document.querySelector('form[data-user-form]')");
    slip_code(tab)
}

/// The code on a slip.
fn slip_code(tab: &Tab<'_>) -> String {
    tab.text_of("document.querySelector('#slip-code').textContent.trim()")
}

/// Types the code of a slip and sets a password with it.
fn use_slip(tab: &Tab<'_>, code: &str, password: &str) {
    tab.go("/login");
    tab.click("main a[href='/code']");
    tab.wait_for_path("/code");
    tab.fill("#code", code);
    tab.click("main form button[type=submit]");
    tab.wait_for_path("/welcome");
    tab.fill("#new_password", password);
    tab.fill("#new_password_again", password);
    tab.click("main form button[type=submit]");
    tab.wait_for("location.pathname === '/login' && document.querySelector('.notice.ok')");
}

#[test]
fn a_user_is_added_sets_a_password_and_sees_their_own_rows() {
    let site = site();
    for (script, email) in [(Script::On, "nora@example.com"), (Script::Off, "nils@example.com")] {
        let mut admin = site.signed_in(ADMIN, script);
        let code = add_user(&admin, email, script);
        admin.expect_peace();
        let mut tab = site.visitor(script);
        use_slip(&tab, &code, NEW_PASSWORD);
        sign_in(&tab, email, NEW_PASSWORD);
        tab.wait_for_path("/inventory");
        wait_for_rows(&tab, 2);
        tab.expect_peace();
        // Switched off, the next click ends at the sign-in.
        let id = id_of(&site, email);
        admin.go(&format!("/admin/customers/{id}"));
        admin.click("a[data-dialog='dialog-deactivate']");
        if script == Script::On {
            admin.wait_for("document.querySelector('#dialog-deactivate').open");
            admin.click("#dialog-deactivate button.danger");
        } else {
            admin.wait_for_path(&format!("/admin/customers/{id}/deactivate"));
            admin.click("main button.danger");
        }
        admin.wait_for("location.search === '?done=deactivate' && document.readyState === 'complete'");
        admin.expect_peace();
        tab.go("/inventory?q=B-1");
        tab.wait_for_path("/login");
    }
}

#[test]
fn users_are_found_while_one_types() {
    let site = site();
    for script in [Script::On, Script::Off] {
        let mut tab = site.signed_in(ADMIN, script);
        tab.go("/admin/customers");
        tab.fill("#users-q", "carl");
        if script == Script::Off {
            tab.press("Enter", 0);
        }
        tab.wait_for("document.querySelectorAll('.users-table tbody tr').length === 1 && location.search.includes('q=carl')");
        assert!(tab.is("document.querySelector('.users-table').textContent.includes('carl@example.com')"));
        tab.expect_peace();
    }
}

#[test]
fn theme_and_density_are_remembered_and_there_before_the_page_is_drawn() {
    let site = site();
    for (script, who) in [(Script::On, CUSTOMER), (Script::Off, OPERATOR)] {
        let mut tab = site.signed_in(who, script);
        tab.go("/account");
        tab.choose("#theme", "dark");
        tab.choose("#density", "compact");
        tab.click("form[action='/account/preferences'] button");
        tab.wait_for("location.pathname === '/account' && document.documentElement.dataset.theme === 'dark'");
        tab.go("/inventory");
        // The markup itself says it: there is no flash of another theme.
        assert_eq!(tab.text_of("document.documentElement.dataset.theme"), "dark");
        assert_eq!(tab.text_of("document.documentElement.dataset.density"), "compact");
        tab.wait_for("document.querySelector('tbody.window tr')");
        if script == Script::On {
            wait_for_grid(&tab);
        }
        let compact = tab.number("document.querySelector('tbody.window tr').offsetHeight");
        assert!(compact < 30.0, "a compact row is {compact} high");
        let dark = tab.text_of("getComputedStyle(document.body).backgroundColor");
        tab.click(".user-menu > summary");
        tab.click("header.top button[name=theme][value=light]");
        tab.wait_for(
            "document.documentElement.dataset.theme === 'light' && document.readyState === 'complete'",
        );
        assert_ne!(tab.text_of("getComputedStyle(document.body).backgroundColor"), dark);
        // Signed out, the sign-in keeps the theme.
        tab.go("/inventory");
        tab.click(".user-menu > summary");
        tab.click("header.top [data-sign-out] button");
        tab.wait_for_path("/login");
        assert_eq!(tab.text_of("document.documentElement.dataset.theme"), "light");
        tab.expect_peace();
    }
}

#[test]
fn other_sessions_of_ones_own_are_ended_from_the_account() {
    let site = site();
    for script in [Script::On, Script::Off] {
        let elsewhere = site.signed_in(CUSTOMER, script);
        let mut tab = site.signed_in(CUSTOMER, script);
        tab.go("/account");
        tab.click("form[action='/account/sessions/end-others'] button");
        tab.wait_for("location.pathname === '/account' && document.querySelector('[role=status].notice.ok') && document.readyState === 'complete'");
        elsewhere.go("/inventory?q=A-1");
        elsewhere.wait_for_path("/login");
        tab.go("/inventory?q=A-1");
        assert_eq!(tab.text_of("location.pathname"), "/inventory");
        tab.expect_peace();
    }
}

#[test]
fn a_new_password_of_ones_own_is_the_one_that_counts() {
    let site = site();
    for (script, who) in [(Script::On, CUSTOMER), (Script::Off, OPERATOR)] {
        let mut tab = site.signed_in(who, script);
        tab.go("/account");
        tab.click("main a[href='/account/password']");
        tab.wait_for_path("/account/password");
        tab.fill("#current_password", "not it at all");
        tab.fill("#new_password", NEW_PASSWORD);
        tab.fill("#new_password_again", NEW_PASSWORD);
        if script == Script::On {
            tab.wait_for("document.querySelector('.strength meter')?.value >= 2");
        }
        tab.click("form[action='/account/password'] button[type=submit]");
        tab.wait_for("document.querySelector('[role=alert]') && document.readyState === 'complete'");
        assert_eq!(tab.text_of("document.querySelector('#new_password').value"), "");
        let complaints = tab.complaints(422);
        assert!(complaints.is_empty(), "{complaints:#?}");
        site.advance_minutes(1);
        tab.fill("#current_password", PASSWORD);
        tab.fill("#new_password", NEW_PASSWORD);
        tab.fill("#new_password_again", NEW_PASSWORD);
        tab.click("form[action='/account/password'] button[type=submit]");
        tab.wait_for("document.querySelector('.notice.ok') && document.readyState === 'complete'");
        let other = site.visitor(script);
        sign_in(&other, who, NEW_PASSWORD);
        other.wait_for_path("/inventory");
        tab.expect_peace();
    }
}

#[test]
fn an_account_is_asked_for_approved_lost_and_found_again_without_mail() {
    let site = site();
    for (script, email) in [(Script::On, "nora@example.com"), (Script::Off, "nils@example.com")] {
        let mut tab = site.visitor(script);
        tab.go("/login");
        tab.click("main a[href='/register']");
        tab.wait_for_path("/register");
        tab.fill("#first_name", "Nora");
        tab.fill("#last_name", "Nord");
        tab.fill("#email", email);
        tab.fill("#password", PASSWORD);
        tab.click("main form button[type=submit]");
        tab.wait_for_path("/register/sent");
        tab.expect_peace();

        let mut admin = site.signed_in(ADMIN, script);
        admin.wait_for("document.querySelector('.nav-count')?.textContent.trim() === '1'");
        admin.go("/admin/approvals");
        admin.click("main td a[data-decide]");
        if script == Script::On {
            admin.wait_for("document.querySelector('#decide-dialog').open");
        } else {
            admin.wait_for(
                "document.querySelector('form[data-user-form]') && document.readyState === 'complete'",
            );
        }
        admin.click("input[name=scope][value=all]");
        admin.fill("#confirm_all", if script == Script::On { "ALL" } else { email });
        admin.click("form[data-user-form] .actions button.primary");
        admin.wait_for("location.search === '?done=approved' && document.readyState === 'complete'");
        admin.expect_peace();

        sign_in(&tab, email, PASSWORD);
        tab.wait_for_path("/inventory");
        wait_for_rows(&tab, 3);
        tab.expect_peace();

        let mut visitor = site.visitor(script);
        visitor.go("/login");
        visitor.click("main a[href='/forgot']");
        visitor.wait_for_path("/forgot");
        visitor.fill("#login", email);
        visitor.click("main form button[type=submit]");
        visitor.wait_for_path("/reset");
        admin.go_until("/admin/approvals", "document.querySelector('main td a[href$=reset-password]')");
        admin.click("main td a[href$=reset-password]");
        admin.wait_for("location.pathname.endsWith('/reset-password') && document.readyState === 'complete'");
        admin.click("main form button[type=submit]");
        admin.wait_for("document.querySelector('#slip-code')");
        use_slip(&visitor, &slip_code(&admin), NEW_PASSWORD);
        sign_in(&visitor, email, NEW_PASSWORD);
        visitor.wait_for_path("/inventory");
        tab.go("/account");
        tab.wait_for_path("/login");
        visitor.expect_peace();
        admin.expect_peace();
    }
}
