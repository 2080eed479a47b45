//! Customers: many at once, deleting, who sees what, and approvals, with script and without.

use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::{AdminCommand, AdminReply};

use crate::site::{ADMIN, Site};
use crate::tab::Script;

fn site(users: usize) -> Site {
    let site = Site::empty();
    let stock = "Part,Customer,Qty\nA-1,Acme Foods,5\nB-1,Northwind Traders,6\nB-2,Northwind Traders,7\n";
    site.publish("Inventory", stock, &["owner=Customer"]);
    for n in 0..users {
        site.add_user(&format!("many{n}@example.com"), Role::Customer, OwnerScope::Owners([].into()));
    }
    site
}

fn count_like(site: &Site, part: &str) -> usize {
    match site.command(AdminCommand::UserList) {
        AdminReply::Users(users) => users.iter().filter(|user| user.email.as_str().contains(part)).count(),
        other => panic!("{other:?}"),
    }
}

const READY: &str = "document.readyState === 'complete'";

#[test]
fn rows_that_nobody_sees_are_given_to_somebody() {
    for script in [Script::On, Script::Off] {
        let site = site(3);
        let mut tab = site.signed_in(ADMIN, script);
        tab.go("/admin/customers");
        tab.click("main a[href='/admin/customers/coverage']");
        tab.wait_for_path("/admin/customers/coverage");
        tab.click("a[href*='give=Northwind']");
        tab.wait_for(&format!("location.pathname === '/admin/customers' && {READY}"));
        tab.click("tr:has(a[href]) input[name=user][aria-label*='many1@']");
        if script == Script::On {
            tab.wait_for("document.querySelector('[data-ticked]').textContent.startsWith('1 ')");
        }
        tab.click(".bulk-bar button");
        tab.wait_for(&format!("location.pathname === '/admin/customers/bulk' && {READY}"));
        assert!(tab.is("document.querySelector('h1').textContent.includes('Northwind Traders')"));
        tab.click("main form button.primary");
        tab.wait_for(&format!("location.search.includes('bulk=give-owner&n=1') && {READY}"));
        tab.go("/admin/customers/coverage");
        assert!(!tab.is("!!document.querySelector('a[href*=\"give=Northwind\"]')"));
        tab.expect_peace();
    }
}

#[test]
fn a_page_of_accounts_is_ticked_and_deleted() {
    for script in [Script::On, Script::Off] {
        let site = site(3);
        let mut tab = site.signed_in(ADMIN, script);
        tab.go("/admin/customers?q=many");
        if script == Script::On {
            tab.click("[data-tick-all]");
        } else {
            for n in 0..3 {
                tab.click(&format!("input[name=user][aria-label*='many{n}@']"));
            }
        }
        tab.choose(".bulk-bar select[name=action]", "delete");
        tab.click(".bulk-bar button");
        tab.wait_for(&format!("location.pathname === '/admin/customers/bulk' && {READY}"));
        tab.fill("#confirm_count", "3");
        tab.click("main form button.danger");
        tab.wait_for(&format!("location.search.includes('bulk=delete&n=3') && {READY}"));
        assert_eq!(count_like(&site, "many"), 0);
        tab.expect_peace();
    }
}

#[test]
fn the_list_follows_role_and_owner_as_they_are_chosen() {
    for script in [Script::On, Script::Off] {
        let site = site(3);
        let mut tab = site.signed_in(ADMIN, script);
        tab.go("/admin/customers");
        tab.choose(".users-filter select[name=role]", "operator");
        if script == Script::Off {
            tab.click(".users-filter button");
        }
        tab.wait_for("location.search.includes('role=operator') && document.querySelector('.users-table').textContent.includes('olga@') && !document.querySelector('.users-table').textContent.includes('carl@')");
        tab.go("/admin/customers?role=customer");
        tab.fill(".users-filter input[name=owner]", "acme");
        if script == Script::Off {
            tab.press("Enter", 0);
        }
        tab.wait_for("document.querySelectorAll('.users-table tbody tr').length === 1 && document.querySelector('.users-table').textContent.includes('carl@example.com')");
        tab.expect_peace();
    }
}

#[test]
fn an_account_is_deleted_once_its_address_is_typed() {
    for script in [Script::On, Script::Off] {
        let site = site(1);
        let mut tab = site.signed_in(ADMIN, script);
        tab.go("/admin/customers?q=many0");
        tab.click(".users-table .who a");
        tab.wait_for(&format!("document.querySelector('a[href$=\"/delete\"]') && {READY}"));
        tab.click("a[href$='/delete']");
        let form = if script == Script::On { "#dialog-delete" } else { "main" };
        tab.wait_for(&format!("document.querySelector('{form} #confirm_email') && {READY}"));
        tab.fill(&format!("{form} #confirm_email"), "many0@example.com");
        tab.click(&format!("{form} button.danger"));
        tab.wait_for(&format!("location.search === '?done=delete' && {READY}"));
        assert_eq!(count_like(&site, "many"), 0);
        tab.expect_peace();
    }
}
