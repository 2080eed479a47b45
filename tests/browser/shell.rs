//! What stands around every page: menus, the sheet of keys, and a screen of 320 px.

use crate::crawl::axe;
use crate::site::{ADMIN, OPERATOR, Site, sample};
use crate::tab::{CONTROL, Script};

#[test]
fn the_keys_are_listed_by_key_by_menu_and_without_script() {
    let site = Site::empty();
    let mut tab = site.signed_in(OPERATOR, Script::On);
    tab.go("/account");
    tab.eval("document.querySelector('#first_name').focus()");
    tab.press("/", CONTROL);
    tab.wait_for("document.querySelector('#keys-dialog').open");
    assert_eq!(axe(&tab), Vec::<String>::new());
    tab.press("Escape", 0);
    tab.wait_for("!document.querySelector('#keys-dialog').open");
    assert!(tab.is("document.activeElement.id === 'first_name'"), "the focus goes back");
    tab.click(".user-menu > summary");
    tab.click("[data-keys]");
    tab.wait_for("document.querySelector('#keys-dialog').open");
    tab.click("#keys-dialog button");
    tab.wait_for("!document.querySelector('#keys-dialog').open && document.activeElement.matches('summary')");
    assert_eq!(tab.text_of("location.pathname"), "/account");
    tab.expect_peace();

    let tab = site.signed_in(OPERATOR, Script::Off);
    tab.click(".user-menu > summary");
    tab.click("[data-keys]");
    tab.wait_for_path("/keys");
    assert!(tab.count("document.querySelectorAll('main .keys tr').length") > 5);
}

#[test]
fn a_menu_closes_when_tab_leaves_it() {
    let site = Site::with_sample(100);
    let tab = site.signed_in(ADMIN, Script::On);
    for menu in [".activity-menu", ".user-menu", ".share-menu"] {
        tab.eval(&format!("document.querySelector('{menu} > summary').focus()"));
        tab.press("Enter", 0);
        tab.wait_for(&format!("document.querySelector('{menu}').open"));
        for _ in 0..12 {
            tab.press("Tab", 0);
        }
        tab.wait_for(&format!("!document.querySelector('{menu}').open"));
    }
}

#[test]
fn the_activity_menu_follows_an_import_at_work() {
    let site = Site::empty();
    let mut tab = site.signed_in(OPERATOR, Script::On);
    tab.click(".activity-menu > summary");
    tab.wait_for("document.querySelector('#activity-list').textContent.includes('No import')");
    let file = site.directory.path().join("large.csv");
    std::fs::write(&file, sample(100_000)).unwrap();
    tab.go("/imports");
    tab.choose_file("#file", &file);
    tab.click("[data-send] button");
    tab.wait_for("/^.imports.[0-9a-f-]{36}$/.test(location.pathname) && document.readyState === 'complete'");
    tab.go("/account");
    tab.click(".activity-menu > summary");
    tab.wait_for("document.querySelector('#activity-list li progress')");
    assert_eq!(axe(&tab), Vec::<String>::new());
    // By itself it comes to its end.
    tab.wait_for(
        "document.querySelector('#activity-list').textContent.includes('No import') \
         && document.querySelector('#activity-badge').hidden",
    );
    tab.expect_peace();
}

#[test]
fn nothing_is_wider_than_a_screen_of_320_px() {
    let site = Site::empty();
    for script in [Script::On, Script::Off] {
        let tab = site.signed_in(ADMIN, script);
        tab.look(320, "light");
        for path in
            ["/inventory", "/imports", "/account", "/admin/customers", "/admin/customers/new", "/keys"]
        {
            tab.go(path);
            assert!(
                tab.is("document.documentElement.scrollWidth <= 320"),
                "{path} is {} px wide",
                tab.number("document.documentElement.scrollWidth")
            );
        }
    }
}
